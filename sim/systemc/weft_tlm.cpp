// SPDX-License-Identifier: Apache-2.0
#include "sim/systemc/weft_tlm.hpp"

#include "sim/systemc/lt_inside.hpp"
#include "sim/systemc/rtl_inside.hpp"
#include "sw_model/error.hpp"

namespace weft {
namespace {

constexpr uint64_t kMapBytes = WEFT_REGS_BYTES, kConstantBytes = sizeof(ConstantRegisters);

// Which bytes of a transaction count, or why none do.
tlm::tlm_response_status CheckShape(const tlm::tlm_generic_payload& payload) {
  const uint64_t address = payload.get_address(), bytes = payload.get_data_length();
  if (address >= kMapBytes) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  if (bytes == 0 || payload.get_data_ptr() == nullptr || bytes > kMapBytes - address ||
      payload.get_streaming_width() < bytes)
    return tlm::TLM_BURST_ERROR_RESPONSE;
  const uint8_t* enables = payload.get_byte_enable_ptr();
  if (enables == nullptr) return tlm::TLM_OK_RESPONSE;
  if (payload.get_byte_enable_length() == 0) return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
  for (unsigned i = 0; i < payload.get_byte_enable_length(); i++)
    if (enables[i] != TLM_BYTE_ENABLED && enables[i] != TLM_BYTE_DISABLED)
      return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
  return tlm::TLM_OK_RESPONSE;
}

bool Enabled(const tlm::tlm_generic_payload& payload, uint64_t byte) {
  const uint8_t* enables = payload.get_byte_enable_ptr();
  return enables == nullptr || enables[byte % payload.get_byte_enable_length()] == TLM_BYTE_ENABLED;
}

}  // namespace

WeftTlm::WeftTlm(const sc_core::sc_module_name& name, const WeftTlmOptions& options)
    : sc_module(name), port_(&memory), period_(options.period), constants_(ConstantsOf(options.config)) {
  options.config.Check();
  const int width = options.memory_width == 0 ? options.config.bus_bytes : options.memory_width;
  if (width < 1 || width > options.config.bus_bytes)
    throw Error("a memory of {} bytes a cycle on a bus of {}", width, options.config.bus_bytes);
  switch (options.inside) {
    case WeftTlmOptions::Inside::kLooselyTimed:
      inside_ = std::make_unique<LtInside>("lt", options.config, options.period, width, &port_);
      break;
    case WeftTlmOptions::Inside::kCycleAccurate:
      inside_ = std::make_unique<RtlInside>("rtl", options.config, options.period, width, &port_);
      break;
    case WeftTlmOptions::Inside::kPins:
      if (options.pins == nullptr) throw Error("there is no model with pins");
      inside_ =
          std::make_unique<RtlInside>("pins", options.config, options.period, width, &port_, options.pins);
      break;
  }
  inside_->irq(irq);
  registers.register_b_transport(this, &WeftTlm::Transport);
  registers.register_get_direct_mem_ptr(this, &WeftTlm::DirectRegisters);
  registers.register_transport_dbg(this, &WeftTlm::Debug);
  memory.register_invalidate_direct_mem_ptr(this, &WeftTlm::Invalidate);
}

WeftTlm::~WeftTlm() = default;

// A transaction is its words one after the other; bytes of a word alone are an access with strobes.
void WeftTlm::Transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  payload.set_dmi_allowed(false);
  tlm::tlm_response_status status = CheckShape(payload);
  const uint64_t begin = payload.get_address(), end = begin + payload.get_data_length();
  if (status == tlm::TLM_OK_RESPONSE && !payload.is_write() && !payload.is_read()) {
    payload.set_response_status(tlm::TLM_OK_RESPONSE);  // TLM_IGNORE_COMMAND
    return;
  }
  for (uint64_t word = begin / 4 * 4; status == tlm::TLM_OK_RESPONSE && word < end; word += 4) {
    RegisterAccess access{payload.is_write(), uint32_t(word), 0, 0};
    uint8_t* bytes = payload.get_data_ptr();
    for (uint64_t lane = 0; lane < 4; lane++) {
      const uint64_t at = word + lane;
      if (at < begin || at >= end || !Enabled(payload, at - begin)) continue;
      access.strobes |= uint8_t(1U << lane);
      access.data |= uint32_t{bytes[at - begin]} << 8 * lane;
    }
    if (access.strobes == 0) continue;
    if (!inside_->Access(&access, &delay)) status = tlm::TLM_GENERIC_ERROR_RESPONSE;
    if (access.write) continue;
    for (uint64_t lane = 0; lane < 4; lane++)
      if ((access.strobes >> lane & 1) != 0) bytes[word + lane - begin] = uint8_t(access.data >> 8 * lane);
  }
  if (payload.is_read() && begin < kConstantBytes) payload.set_dmi_allowed(true);
  payload.set_response_status(status);
}

// Reads of what never changes; all other registers act, or change by themselves.
bool WeftTlm::DirectRegisters(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi) {
  const bool constant = payload.get_address() < kConstantBytes;
  dmi.set_start_address(constant ? 0 : kConstantBytes);
  dmi.set_end_address(constant ? kConstantBytes - 1 : sc_dt::uint64(-1));
  if (!constant || !payload.is_read()) {
    if (constant) dmi.allow_write();
    else dmi.allow_read_write();
    return false;
  }
  dmi.set_dmi_ptr(reinterpret_cast<unsigned char*>(constants_.data()));
  dmi.allow_read();
  dmi.set_read_latency(period_);
  return true;
}

unsigned WeftTlm::Debug(tlm::tlm_generic_payload& payload) {
  const uint64_t begin = payload.get_address();
  if (!payload.is_read() || begin >= kMapBytes) return 0;
  unsigned done = 0;
  for (; done < payload.get_data_length() && begin + done < kMapBytes; done++) {
    const uint64_t at = begin + done;
    uint32_t word = 0;
    if (!inside_->Peek(uint32_t(at / 4 * 4), &word)) break;
    payload.get_data_ptr()[done] = uint8_t(word >> at % 4 * 8);
  }
  return done;
}

}  // namespace weft
