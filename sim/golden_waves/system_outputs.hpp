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
  bool mark = false;   // behind it is a mark, for which reads may wait
};

// All outputs of all jobs: those of the engine, what residual_add computes of them, or those that it hands to
// memory. A sum and its pixels before pooling are a pixel of the engine's; a depthwise convolution's are
// outputs.
class SystemOutputs {
 public:
  enum class Of { kEngine, kSums, kMemory };
  SystemOutputs(const SystemCase& c, Of of) : case_(c), of_(of) {}
  bool Next(SystemOutput* output);
  bool NextAdded(SystemOutput* output) {  // the next one that something is added to
    while (Next(output))
      if (StoreOf(*output).add) return true;
    return false;
  }
  bool NextSum(SystemOutput* output) {  // the next one that residual_add computes
    while (Next(output))
      if (StoreOf(*output).add || StoreOf(*output).depthwise) return true;
    return false;
  }
  bool NextWithResidual(SystemOutput* output) {
    while (Next(output))
      if (StoreOf(*output).residual) return true;
    return false;
  }

 private:
  [[nodiscard]] const Store& StoreOf(const SystemOutput& output) const {
    return case_.program().stores[size_t(output.place.job)];
  }
  // Outputs of a depthwise convolution: row by row, of a row column group by column group.
  struct Walk {
    int image = 0, row = 0, group = 0, col = 0;
  };
  void NextOfWalk(const Job& job, const Store& store, SystemOutput* output);

  SystemCase case_;
  Of of_;
  int job_ = -1, layer_ = 0, pixel_ = 0;
  std::optional<OutputCursor> cursor_;
  std::optional<Walk> walk_;  // of the job, if it has a depthwise convolution and outputs are to come
};

// A layer's outputs before an addition or a depthwise convolution, and after it.
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
  [[nodiscard]] const SumLayer& SumOf(const SystemOutput& o) const {
    return case_.segment.layers[size_t(o.place.layer)].add->sum;
  }
  std::vector<TensorI8> engine_;  // of each layer what the engine gives, empty if nothing follows
};

struct SystemFragment {
  SystemPlace place;
  uint64_t word = 0;  // address in bus words
  std::array<uint8_t, 64> data{};
  uint64_t strobe = 0;
  bool final = false;               // behind it is a mark
  bool same = false, next = false;  // the word of the job's fragment before, the one behind that
};

class SystemFragments {
 public:
  SystemFragments(const SystemCase& c, const SystemValues& values, uint64_t base)
      : config_(c.config), values_(values), base_(base), outputs_(c, SystemOutputs::Of::kMemory) {}
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
