// SPDX-License-Identifier: Apache-2.0
// Compares a run of weft_top with the models, stream by stream and transfer by transfer, and finds where they
// part: `weft waves --system`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/network_file.hpp"
#include "sim/golden_waves/system_outputs.hpp"
#include "sim/golden_waves/vectors.hpp"
#include "sim/waves/wave_files.hpp"
#include "sw_model/memory.hpp"

namespace weft {

// The first transfer that differs.
struct SystemDifference {
  int64_t cycle = 0;      // since the start
  std::string module;     // file in rtl/
  std::string stream;     // "read addresses"
  int64_t transfer = 0;   // of the stream, from 0
  int64_t transfers = 0;  // that the stream has
  std::string scope, signal;
  int lane = -1;        // which part of the signal; -1: all of it
  std::string lane_is;  // ... "column": SystemField::lane_is
  int lane_bits = 0;
  std::string expected, got;
  std::string layer;
  SystemPlace place;
};

struct SystemStreamCount {
  std::string name;
  int64_t transfers = 0;  // compared
};

struct SystemReport {
  std::vector<SystemStreamCount> streams;
  int64_t transfers = 0, differences = 0, cycles = 0;
  int64_t window_bytes = 0;               // compared at the end
  double seconds = 0, plain_seconds = 0;  // of the run with and without the comparison
  std::optional<SystemDifference> first;
  WaveWindow window;  // around the first difference, or the start of the run
  std::optional<WaveFocus> focus;
  std::string stopped;  // why the run did not end, if it did not
  // Whether there is a cycle in the window: a fault may keep the run from beginning.
  [[nodiscard]] bool ran() const { return !window.signals.empty() && !window.signals[0].rtl.empty(); }
};

struct SystemWaveOptions {
  Memory memory;
  int64_t window = 48;             // cycles kept for the files
  bool time = false;               // run once more without comparing, to tell what comparing costs
  VectorFiles* vectors = nullptr;  // where to write the streams to: of SystemVectorStreams
};

// Runs one segment in both, with the golden values of all tensors of its graph. Counts differences until
// 1,000 cycles after the first one; then runs once more up to there to keep the window around it. Throws
// Error if the run breaks off before anything differs.
SystemReport CompareSystem(const CompiledNetwork& network, size_t segment,
                           const std::vector<TensorI8>& tensors, const SystemWaveOptions& options);

}  // namespace weft
