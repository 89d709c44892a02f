// SPDX-License-Identifier: Apache-2.0
// The seam between the system harness and a Verilated weft_top; a library for each configuration, like the
// engine's (sim/harness/rtl_model.hpp).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "sw_model/causes.hpp"
#include "sw_model/config.hpp"

namespace weft {

// The ports of weft_top. Outputs are those before the next clock edge; none of them depends on an input of
// the same cycle.
struct SystemPins {
  bool reset = false;
  // Registers (AXI4-Lite)
  bool s_aw_valid = false, s_w_valid = false, s_b_ready = false, s_ar_valid = false, s_r_ready = false;
  uint32_t s_aw_addr = 0, s_w_data = 0, s_ar_addr = 0;
  uint8_t s_w_strb = 0xf;
  bool s_aw_ready = false, s_w_ready = false, s_b_valid = false, s_ar_ready = false, s_r_valid = false;
  uint32_t s_r_data = 0, s_b_resp = 0, s_r_resp = 0;
  bool irq = false;
  // Memory (AXI4)
  bool ar_ready = false, aw_ready = false, w_ready = false;
  bool r_valid = false, r_last = false, r_error = false, b_valid = false, b_error = false;
  uint8_t b_id = 0;
  const uint8_t* r_data = nullptr;  // bus_bytes bytes, while r_valid
  bool ar_valid = false, r_ready = false, aw_valid = false, w_valid = false;
  uint64_t ar_addr = 0, aw_addr = 0;
  uint8_t ar_len = 0, aw_len = 0, aw_id = 0;
  bool w_last = false;
  std::array<uint8_t, 64> w_data{};
  uint64_t w_strb = 0;
};

class SystemModel {
 public:
  virtual ~SystemModel() = default;
  // A cycle: first its inputs, then its clock edge, which fills in the outputs after it.
  virtual void Settle(const SystemPins& pins) = 0;
  virtual void Edge(SystemPins* pins) = 0;
  [[nodiscard]] virtual CauseCounts Counts() const = 0;  // of the run so far, without this cycle
  // Memory of a signal of rtl/system.vlt, little endian; null if there is none of this name. Scopes begin
  // with weft_top.
  [[nodiscard]] virtual const uint8_t* Find(const std::string& scope, const std::string& name) const = 0;
  // Off: what the RTL asserts of jobs that the compiler makes does not hold for others.
  virtual void Assertions(bool on) = 0;
};

using SystemModelPtr = std::unique_ptr<SystemModel, void (*)(SystemModel*)>;

// Throws Error that names the command which builds the model if it is not there.
SystemModelPtr LoadSystemModel(const Config& config);

}  // namespace weft
