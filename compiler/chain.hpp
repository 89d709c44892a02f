// SPDX-License-Identifier: Apache-2.0
// Layers back to back in one list of jobs: the next layer's weights load while a layer runs, and its input
// lines are read as soon as the rows that they are have been stored.
#pragma once

#include <vector>

#include "compiler/job.hpp"
#include "sw_model/config.hpp"
#include "sw_model/layer.hpp"

namespace weft {

// What the engine is given: the layer itself, or its vertically interleaved form.
struct PreparedLayer {
  ConvLayer layer;
  Shape in;
  bool interleaved = false;
  std::vector<Job> jobs;
};
PreparedLayer PrepareLayer(const ConvLayer& layer, const Shape& in, const Config& config,
                           const JobLimits& limits = {});
// ... that reads its input as it is.
PreparedLayer PrepareInPlace(const ConvLayer& layer, const Shape& in, const Config& config,
                             const JobLimits& limits = {});

struct Chain {
  std::vector<Job> jobs;
  std::vector<int> layer_starts;  // each layer's first job

  void Add(const std::vector<Job>& layer);
};

// Bytes that a list of jobs reads and writes.
struct Traffic {
  int64_t read = 0, written = 0;
};
Traffic CountTraffic(const std::vector<Job>& jobs, const Config& config);

}  // namespace weft
