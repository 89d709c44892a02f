// SPDX-License-Identifier: Apache-2.0
// Compares two waveform files, at clock edges or transfer by transfer.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

// Renames: each line "GLOB_A -> GLOB_B". In GLOB_A a * stands for any text (dots too) and a ? for one
// character; what they stood for goes where GLOB_B has them, in the same order. The first line that fits a
// name renames it.
class NameMap {
 public:
  NameMap() = default;                                // every name is itself
  static NameMap Load(const std::filesystem::path&);  // throws Error
  static NameMap Parse(std::string_view text, const std::string& file);

  bool Rename(std::string_view name, std::string* renamed) const;  // false: no line fits

 private:
  struct Line {
    std::string from, to;
  };
  std::vector<Line> lines_;
  bool is_identity_ = true;
};

struct WavediffOptions {
  std::filesystem::path a, b;
  std::filesystem::path map;  // empty: equal names are compared
  // Names in A, whole or their last part. An empty clock: clk, clk_i, clock or clock_i.
  std::string clock, valid, ready;
  int64_t from = 0, to = std::numeric_limits<int64_t>::max();  // cycles of A, both included
  int64_t shift = 0;                                           // cycle n of A belongs to cycle n + shift of B
  bool x_is_any = false;                                       // what A does not know is no difference either
  size_t limit = 20;                                           // of WavediffResult::first
};

// A signal that differs.
struct SignalDifference {
  std::string a, b;        // its names
  int64_t cycle, cycle_b;  // of its first difference
  uint64_t time, time_b;   // of the edges there, in units of the files' time scales
  std::string value, value_b;
  int64_t count = 0;  // samples in which it differs
};

struct WavediffResult {
  size_t signals = 0;                   // compared
  int64_t samples = 0;                  // compared: clock edges or transfers
  int64_t values = 0;                   // compared: of signals in samples, without those that B does not know
  int64_t differences = 0;              // of `values`
  size_t differing = 0;                 // signals
  std::vector<SignalDifference> first;  // their first differences, in order of cycle
  std::vector<std::string> only_a, only_b, other_width;  // not compared; names as in A (or B)
  int64_t samples_a = 0, samples_b = 0;                  // that the other file does not have
  std::string clock_a, clock_b;
  int timescale_a = -12, timescale_b = -12;
  bool transfers = false;  // samples are transfers: one too many is a difference
  bool equal() const { return differences == 0 && !(transfers && samples_a + samples_b > 0); }
};

// Throws Error: files that cannot be read, no signals in common, no such clock.
WavediffResult DiffWaves(const WavediffOptions& options);

}  // namespace weft
