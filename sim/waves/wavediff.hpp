// SPDX-License-Identifier: Apache-2.0
// Compares two waveform files, at clock edges or transfer by transfer.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "sim/waves/wave_samples.hpp"
#include "sim/waves/wave_value.hpp"

namespace weft {

struct WavediffOptions {
  static constexpr int64_t kNoEnd = std::numeric_limits<int64_t>::max();

  std::filesystem::path a, b;
  std::filesystem::path map;  // empty: equal names are compared
  // Names in A, whole or their last part. An empty clock: clk, clk_i, clock or clock_i.
  std::string clock, valid, ready;
  int64_t from = 0, to = kNoEnd;  // cycles of A, both included
  std::optional<int64_t> shift;   // cycle n of A belongs to cycle n + shift of B
  Unknown unknown = Unknown::kIsAValue;
  size_t limit = 20;  // of WavediffResult::first
  int lane_bits = 0;  // of the lanes that packed signals are shown as; 0: whole
};

// A signal that differs.
struct SignalDifference {
  std::string a, b;        // its names
  int64_t cycle, cycle_b;  // of its first difference
  uint64_t time, time_b;   // of the edges there, in units of the files' time scales
  std::string value, value_b;
  int64_t count = 0;  // samples in which it differs
};

// What one of the files has.
struct WavediffSide {
  std::string clock, valid, ready;  // names; empty: none
  int timescale = -12;
  WaveEdges edges;  // of the whole file
  int64_t samples_alone = 0;
  // Not compared: signals that the other file does not have, or whose name an earlier one has; reals, strings
  // and events.
  std::vector<std::string> only, again;
  uint32_t left_out = 0;
};

// A sample is a clock edge or a transfer. Values are of signals in samples.
struct WavediffResult {
  WavediffSide a, b;
  bool transfers = false;
  size_t signals = 0;                    // compared
  int64_t samples = 0;                   // compared
  int64_t window = 0;                    // samples that there are in the window, compared or not
  int64_t values = 0;                    // compared
  int64_t unknown = 0;                   // values, not compared: x or z (Unknown); in both files in any case
  int64_t values_differing = 0;          // of `values`
  int64_t differing_by_unknown = 0;      // of `values_differing`: where both files know a bit it is the same
  size_t signals_differing = 0;          // of `signals`
  std::vector<SignalDifference> first;   // their first differences, in order of cycle
  std::vector<std::string> other_width;  // "y (8 bits, 9 in B)": they differ
  std::vector<std::string> never_known;  // not compared: without a value that was

  // Values, signals of another width, edges or transfers that one file has alone.
  [[nodiscard]] int64_t differences() const {
    return values_differing + int64_t(other_width.size()) + a.samples_alone + b.samples_alone;
  }
  [[nodiscard]] double share() const { return double(samples) / double(window); }  // of the window, compared
};

// Throws Error for files that cannot be read and whenever there is nothing to compare: no signal, edge,
// transfer, cycle, time or known value in common, a line of the map without a signal.
WavediffResult DiffWaves(const WavediffOptions& options);

}  // namespace weft
