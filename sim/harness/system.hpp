// SPDX-License-Identifier: Apache-2.0
// weft_top with its memory: loads a program, starts it through the driver (driver/weft.h), waits, gives the
// outputs.
#pragma once

#include <functional>
#include <vector>

#include "compiler/program.hpp"
#include "driver/weft.h"
#include "sim/harness/axi_memory.hpp"
#include "sim/harness/machine.hpp"
#include "sim/harness/system_model.hpp"
#include "sw_model/cycles/cycle_model.hpp"
#include "sw_model/error.hpp"

namespace weft {

struct SystemOptions {
  Memory memory;
  // Probability that a channel pauses in a cycle, each for itself; with pauses writes are done in any order.
  double stalls = 0;
  uint64_t seed = 1;  // of the pauses
};

// A run that had not ended after the cycles it was given.
class Timeout : public Error {
 public:
  using Error::Error;
};

// Looks at weft_top in every cycle, when its inputs are there and before its clock edge.
class SystemProbe {
 public:
  virtual ~SystemProbe() = default;
  virtual void Cycle(int64_t cycle) = 0;  // since the system was made
};

class System : public Machine {
 public:
  System(const Config& config, const SystemOptions& options);
  void Load(const Program& program) override;
  void Write(const Place& place, const TensorI8& tensor) override;
  [[nodiscard]] TensorI8 Read(const Place& place) const override;
  // Throws Timeout after `most_cycles`.
  CycleResult Run(const Program& program, int64_t most_cycles = INT64_MAX / 2) override;

  // For tests: the window and what goes wrong in it; a run of whatever is there, which must end in so many
  // cycles, with its code.
  AxiMemory& memory() { return memory_; }
  int RunList(uint32_t list_bytes, uint64_t window_bytes, uint32_t watchdog, int64_t most_cycles);
  [[nodiscard]] uint32_t Watchdog() const;  // of Run
  int Wait(int64_t most_cycles);            // ... of one that was started by hand
  void Step(int64_t cycles);
  [[nodiscard]] int64_t now() const { return now_; }    // cycles since it was made
  void Assertions(bool on) { model_->Assertions(on); }  // of the RTL; those of the memory stay
  const weft_bus& bus() const { return bus_; }
  [[nodiscard]] const SystemModel& model() const { return *model_; }
  SystemProbe* probe = nullptr;
  // After so many cycles of waiting for an interrupt, `later` is called once; `on_interrupt` when it is
  // there.
  int64_t later_after = -1;
  std::function<void()> later, on_interrupt;

 private:
  uint32_t ReadRegister(uint32_t offset);
  void WriteRegister(uint32_t offset, uint32_t value);
  void WaitForInterrupt();
  void Cycle();

  Config config_;
  SystemModelPtr model_;
  AxiMemory memory_;
  SystemPins pins_;
  weft_bus bus_;
  int64_t now_ = 0, interrupt_ = 0, deadline_ = INT64_MAX;
  std::vector<int64_t> layer_bytes_;  // written up to the end of each layer
  std::vector<LayerEnd> layer_ends_;  // when they were
};

}  // namespace weft
