// SPDX-License-Identifier: Apache-2.0
// Compares a run of the RTL with the golden and cycle models, signal by signal and cycle by cycle, and finds
// where they part.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/golden_waves/wave_predictor.hpp"
#include "sim/harness/harness.hpp"
#include "sim/waves/wave_files.hpp"

namespace weft {

// One sample that differs.
struct WaveDifference {
  int64_t cycle = 0;
  WaveSample expected;
  int64_t got = 0;
  std::string scope, signal;  // "conv_engine.u_feeder", "act_o"
  int lane = -1;              // which part of the signal; -1: all of it
  std::string lane_is;        // ... "row": StreamSpec::lane_is
  int lane_bits = 0;
  std::string module;  // file in rtl/
  // In the words of the network; -1 where it has no meaning.
  int job = -1, k = -1, n = -1, y = -1, x = -1, ky = -1, kx = -1, c = -1;
  std::vector<std::pair<std::string, int64_t>> fed_by;  // what it is made of, name and value
};

struct WaveReport {
  int64_t samples = 0, differences = 0, cycles = 0;
  std::vector<bool> streams;  // whether a sample of each was compared: some have none in some layers
  double seconds = 0, plain_seconds = 0;  // of the run with and without the comparison
  std::optional<WaveDifference> first;
  WaveWindow window;  // around the first difference, or the start of the run
  std::optional<WaveFocus> focus;
  std::string stopped;  // why the run did not end, if it did not
};

struct WaveOptions {
  Memory memory;
  int64_t window = 48;      // cycles kept for the files
  bool keep_window = true;  // of a run without a difference
  bool time = false;        // run once more without comparing, to tell what comparing costs
};

// Runs one layer in both. Counts differences until 1,000 cycles after the first one; then runs once more up
// to there with every beat of every processing element compared, which names the first wrong signal exactly,
// and keeps the window.
WaveReport CompareWaves(const ConvLayer& layer, const TensorI8& in, const Config& config,
                        const WaveOptions& options);

}  // namespace weft
