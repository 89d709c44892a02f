// SPDX-License-Identifier: Apache-2.0
// Runs a network on any number of images, batch by batch.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sim/backends/network_backend.hpp"

namespace weft {

// A model, which is compiled for each size of a batch, or a file that `weft compile` has written, which runs
// as it is.
struct NetworkToRun {
  CompiledNetwork compiled;  // without segments: not yet
  bool is_file = false;
  bool keeps_all = false;  // compiled so that all its tensors stay
};

struct RunTotals {
  int images = 0, starts = 0;
  std::vector<LayerStats> layers;  // one for each Graph::nodes
  LayerStats all;
  std::string note;  // a sentence about the figures, empty: none
};

// Told of each batch when it has run, and how many images have.
using BatchDone = std::function<void(const NetworkResult& batch, int images_done)>;

// A start of the RTL ends after BackendOptions::most_cycles, or after ten times what the cycle model counts
// if a file's list may be anything; then it throws Error.
RunTotals RunBatches(const NetworkToRun& network, const TensorI8& images, const BackendOptions& options,
                     const BatchDone& done);
// The same on a backend that is there, as on a board.
RunTotals RunBatches(const NetworkToRun& network, const TensorI8& images, const BackendOptions& options,
                     NetworkBackend* backend, const BatchDone& done);

}  // namespace weft
