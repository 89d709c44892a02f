// SPDX-License-Identifier: Apache-2.0
#include "sim/systemc/memory_port.hpp"

#include <algorithm>

namespace weft {

MemoryAnswer MemoryPort::Transport(bool write, uint64_t address, uint8_t* data, size_t bytes,
                                   uint8_t* enables, int id) {
  // The payload would free its extension when an exception ends it.
  struct Payload : tlm::tlm_generic_payload {
    AxiId axi;
    Payload() { set_extension(&axi); }
    ~Payload() override { clear_extension(&axi); }
  } payload;
  payload.axi.id = id;
  payload.set_command(write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
  payload.set_address(address);
  payload.set_data_ptr(data);
  payload.set_data_length(unsigned(bytes));
  payload.set_streaming_width(unsigned(bytes));
  payload.set_byte_enable_ptr(enables);
  payload.set_byte_enable_length(enables != nullptr ? unsigned(bytes) : 0);
  payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  const sc_core::sc_time begin = sc_core::sc_time_stamp();
  MemoryAnswer answer;
  socket_->b_transport(payload, answer.annotated);
  answer.waited = sc_core::sc_time_stamp() - begin;
  answer.ok = payload.is_response_ok();
  if (payload.is_dmi_allowed()) refused_ = false;
  return answer;
}

uint8_t* MemoryPort::Direct(bool write, uint64_t address, size_t bytes) {
  const auto granted = [&](tlm::tlm_dmi& region) {
    return address >= region.get_start_address() && address <= region.get_end_address() &&
           bytes - 1 <= region.get_end_address() - address &&
           (write ? region.is_write_allowed() : region.is_read_allowed());
  };
  auto region = std::ranges::find_if(regions_, granted);
  if (region == regions_.end()) {
    if (refused_) return nullptr;
    tlm::tlm_generic_payload payload;
    payload.set_command(write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
    payload.set_address(address);
    tlm::tlm_dmi dmi;
    refused_ = !socket_->get_direct_mem_ptr(payload, dmi);
    if (refused_ || !granted(dmi)) return nullptr;
    region = regions_.insert(regions_.end(), dmi);
  }
  return region->get_dmi_ptr() + (address - region->get_start_address());
}

void MemoryPort::Invalidate(uint64_t begin, uint64_t end) {
  refused_ = false;
  std::erase_if(regions_, [&](const tlm::tlm_dmi& region) {
    return region.get_start_address() <= end && region.get_end_address() >= begin;
  });
}

}  // namespace weft
