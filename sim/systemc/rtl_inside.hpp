// SPDX-License-Identifier: Apache-2.0
// Weft cycle by cycle: weft_top behind SystemModel's pins, in one clocked process with its transactors.
#pragma once

#include <deque>

#include "sim/systemc/axi_transactor.hpp"
#include "sim/systemc/inside.hpp"
#include "sim/systemc/pin_model.hpp"

namespace weft {

class RtlInside : public Inside {
 public:
  SC_HAS_PROCESS(RtlInside);
  // The Verilated model of this configuration, or `pins`.
  RtlInside(const sc_core::sc_module_name& name, const Config& config, const sc_core::sc_time& period,
            int memory_width, MemoryPort* memory, PinModel* pins = nullptr);

  bool Access(RegisterAccess* access, sc_core::sc_time* delay) override;
  bool Peek(uint32_t /*offset*/, uint32_t* /*data*/) override { return false; }

 private:
  struct Request {
    RegisterAccess* access;
    sc_core::sc_time since;
    bool begun = false, ok = false;
    sc_core::sc_event over;
  };
  void Tick();      // method: a clock edge of the C++ model
  void TickPins();  // thread: of the signals
  void Clock();
  void Drive();
  void DriveRegisters();
  void TakeAnswer();
  bool Sleeps();  // nothing changes any more until somebody asks for something

  SystemModelPtr model_;
  PinModel* pin_model_;
  sc_core::sc_time period_;
  AxiTransactor memory_;
  SystemPins pins_;
  std::deque<Request*> requests_;
  bool address_taken_ = false, data_taken_ = false, answered_ = false;
  int quiet_ = 0;  // edges without anything to see
  CauseCounts counts_{};
  bool sleeps_ = false;
  sc_core::sc_event wake_;
};

}  // namespace weft
