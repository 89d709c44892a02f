// SPDX-License-Identifier: Apache-2.0
// What a program writes, step by step as weft_top does it: outputs, fragments of bus words, beats, bursts.
// Each step is made of the one before, in its order; none says when.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "compiler/residual.hpp"
#include "compiler/schedule.hpp"
#include "compiler/segment.hpp"
#include "sw_model/config.hpp"
#include "sw_model/golden/golden.hpp"

namespace weft {

// A segment's program, with the golden value of every tensor of its graph.
struct SystemCase {
  const SegmentProgram& segment;
  const std::vector<TensorI8>& tensors;
  const Config& config;
  [[nodiscard]] const Program& program() const { return segment.program; }
};

// Where in the network a transfer belongs; -1 where that has no meaning.
struct SystemPlace {
  int layer = -1, job = -1;
  int n = -1, y = -1, x = -1, k = -1;  // of the layer's output, k its first channel
  int line = -1, group = -1;           // of the job: what is read
};

// Some channels of one pixel, as the adder hands them to memory.
struct SystemOutput {
  SystemPlace place;
  int wy = 0, wx = 0;  // of an engine's output: where in the pooling window behind the addition
  int channels = 0;
  bool final = false;  // the last one of its job
};

// All outputs of all jobs. `pixels`: those of the engine, before what residual_add does to them.
class SystemOutputs {
 public:
  SystemOutputs(const SystemCase& c, bool pixels) : case_(c), pixels_(pixels) {}
  bool Next(SystemOutput* output);
  bool NextSum(SystemOutput* output) {  // the next one that residual_add computes
    while (Next(output))
      if (StoreOf(*output).add) return true;
    return false;
  }
  bool NextWithResidual(SystemOutput* output) {
    while (Next(output))
      if (StoreOf(*output).adds_residual()) return true;
    return false;
  }

 private:
  [[nodiscard]] const Store& StoreOf(const SystemOutput& output) const {
    return case_.program().stores[size_t(output.place.job)];
  }
  SystemCase case_;
  bool pixels_;
  int job_ = -1, layer_ = 0, pixel_ = 0;
  std::optional<OutputCursor> cursor_;
};

// A layer's outputs before an addition, and after it.
class SystemValues {
 public:
  explicit SystemValues(const SystemCase& c);
  [[nodiscard]] std::vector<int8_t> Pixel(const SystemOutput& o) const;
  [[nodiscard]] std::vector<int8_t> Output(const SystemOutput& o) const;
  [[nodiscard]] uint32_t Offset(const SystemOutput& o) const;  // in the window
  // Of a pixel that something is added to: what that is, where it is in the job's residual lines, the sum of
  // both their table entries, and what the adder makes of it.
  [[nodiscard]] std::vector<int8_t> Residual(const SystemOutput& o) const;
  [[nodiscard]] uint32_t ResidualOffset(const SystemOutput& o) const;
  [[nodiscard]] std::vector<int32_t> TableSums(const SystemOutput& o) const;
  [[nodiscard]] std::vector<int8_t> Sums(const SystemOutput& o) const;

 private:
  SystemCase case_;
  struct Sum {
    TensorI8 engine;                         // before the addition
    std::array<golden::TableI32, 2> tables;  // of the engine's and the residual's codes
  };
  std::vector<Sum> sums_;  // of each layer, empty if it does not add
};

struct SystemFragment {
  SystemPlace place;
  uint64_t word = 0;  // address in bus words
  std::array<uint8_t, 64> data{};
  uint64_t strobe = 0;
  bool final = false;
  bool same = false, next = false;  // the word of the job's fragment before, the one behind that
};

class SystemFragments {
 public:
  SystemFragments(const SystemCase& c, const SystemValues& values, uint64_t base)
      : config_(c.config), values_(values), base_(base), outputs_(c, false) {}
  bool Next(SystemFragment* fragment);

 private:
  const Config& config_;
  const SystemValues& values_;
  uint64_t base_;
  SystemOutputs outputs_;
  SystemOutput output_;
  std::vector<int8_t> bytes_;
  uint64_t offset_ = 0;
  size_t done_ = 0;           // bytes of this output
  bool has_before_ = false;   // a fragment of this job was before
  uint64_t before_word_ = 0;  // ... its word
};

// A beat is a fragment that holds all that its word gets. The last one of a burst says what burst it is.
struct SystemBeat : SystemFragment {
  bool last = false;
  uint64_t burst_word = 0;
  int burst_len = 0;
};

class SystemBeats {
 public:
  SystemBeats(const SystemCase& c, const SystemValues& values, uint64_t base);
  bool Next(SystemBeat* beat);

 private:
  SystemFragments fragments_;
  SystemFragment ahead_;
  bool has_ahead_;
  uint64_t max_beats_, burst_word_ = 0;
  int burst_len_ = -1;  // -1: the next beat begins one
};

}  // namespace weft
