// SPDX-License-Identifier: Apache-2.0
// Weft in a virtual platform: a target socket for its registers, an initiator socket for its memory, an
// interrupt. What is inside is chosen at construction; docs/systemc.md says which time each of them keeps.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <memory>
#include <systemc>
#include <tlm>

#include "sim/systemc/inside.hpp"
#include "sim/systemc/memory_port.hpp"
#include "sim/systemc/pin_model.hpp"
#include "sw_model/config.hpp"

namespace weft {

struct WeftTlmOptions {
  Config config;
  enum class Inside {
    kLooselyTimed,   // golden model and cycle model
    kCycleAccurate,  // the Verilated weft_top of this configuration
    kPins,           // ... as a SystemC module: `pins`
  } inside = Inside::kLooselyTimed;
  sc_core::sc_time period{10, sc_core::SC_NS};
  int memory_width = 0;  // bytes a cycle, reads and writes each; 0: the bus width of the configuration
  PinModel* pins = nullptr;
};

class WeftTlm : public sc_core::sc_module {
 public:
  WeftTlm(const sc_core::sc_module_name& name, const WeftTlmOptions& options);
  ~WeftTlm() override;

  tlm_utils::simple_target_socket<WeftTlm> registers{"registers"};
  tlm_utils::simple_initiator_socket<WeftTlm> memory{"memory"};
  sc_core::sc_out<bool> irq{"irq"};  // level, until IRQ_STATUS is cleared

  [[nodiscard]] const MemoryPort& memory_port() const { return port_; }

 private:
  void Transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  bool DirectRegisters(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi);
  unsigned Debug(tlm::tlm_generic_payload& payload);
  void Invalidate(sc_dt::uint64 begin, sc_dt::uint64 end) { port_.Invalidate(begin, end); }

  MemoryPort port_;
  std::unique_ptr<Inside> inside_;
  sc_core::sc_time period_;
  ConstantRegisters constants_;
};

}  // namespace weft
