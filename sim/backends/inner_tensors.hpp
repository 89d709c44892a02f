// SPDX-License-Identifier: Apache-2.0
// The inner tensors of fused depthwise convolutions, which are never in memory: what the engine of a
// Verilated weft_top hands to residual_add.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "compiler/lower.hpp"
#include "compiler/schedule.hpp"
#include "sim/backends/network_backend.hpp"
#include "sim/harness/system.hpp"
#include "sw_model/tensor.hpp"

namespace weft {

class InnerTensors : public SystemProbe {
 public:
  // Of a run of a network's program. None if the model does not show the engine's outputs, as a netlist does
  // not.
  InnerTensors(const CompiledNetwork& network, const SegmentProgram& program, const SystemModel& model);

  // By their number in the graph; none of a program whose jobs are not known.
  [[nodiscard]] const std::map<int, TensorI8>& tensors() const { return tensors_; }

  void Cycle(int64_t cycle) override;

 private:
  void NextJob();  // with outputs

  const CompiledNetwork& network_;
  const SegmentProgram& program_;
  const uint8_t *valid_ = nullptr, *ready_ = nullptr, *final_ = nullptr, *data_ = nullptr;
  std::map<int, TensorI8> tensors_;
  std::map<int, int> tensor_of_job_;
  int job_ = -1;
  std::optional<OutputCursor> cursor_;  // of a job whose outputs are an inner tensor
};

}  // namespace weft
