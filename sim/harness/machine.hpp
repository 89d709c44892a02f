// SPDX-License-Identifier: Apache-2.0
// What runs a program: a weft_top with its memory window, simulated or on a board.
#pragma once

#include "compiler/program.hpp"
#include "driver/weft.h"
#include "sw_model/cycles/cycle_model.hpp"
#include "sw_model/tensor.hpp"

namespace weft {

class Machine {
 public:
  virtual ~Machine() = default;
  // Fills the window: the program's image, and memory for its tensors.
  virtual void Load(const Program& program) = 0;
  virtual void Write(const Place& place, const TensorI8& tensor) = 0;
  [[nodiscard]] virtual TensorI8 Read(const Place& place) const = 0;
  // Runs the program that is loaded. Throws Error unless it ends with OK, a simulation also after
  // `most_cycles`. CycleResult::layers is empty if the machine does not tell them apart.
  virtual CycleResult Run(const Program& program, int64_t most_cycles) = 0;
};

// A tensor's place in the window, for the driver.
weft_place DriverPlace(const Place& place);
// What a run that ended with `code` has counted. Throws Error unless that is OK: it says where the hardware
// stopped.
CycleResult ReadCounters(const weft_bus& bus, int code);

}  // namespace weft
