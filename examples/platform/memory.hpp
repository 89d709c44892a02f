// SPDX-License-Identifier: Apache-2.0
// A memory of a virtual platform: it answers a transaction with a delay, or waits; grants direct access, or
// not; and goes wrong on request.
#pragma once

#include <tlm_utils/simple_target_socket.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <systemc>
#include <tlm>
#include <vector>

namespace platform {

class Memory : public sc_core::sc_module {
 public:
  Memory(const sc_core::sc_module_name& name, size_t bytes, const sc_core::sc_time& latency)
      : sc_module(name), latency(latency), bytes_(bytes, 0xa5) {
    socket.register_b_transport(this, &Memory::Transport);
    socket.register_get_direct_mem_ptr(this, &Memory::Direct);
    socket.register_transport_dbg(this, &Memory::Debug);
  }
  tlm_utils::simple_target_socket<Memory> socket{"socket"};

  sc_core::sc_time latency;  // of every transaction, and what this one takes besides:
  std::function<sc_core::sc_time(const tlm::tlm_generic_payload&)> more;
  bool waits = false;                   // it takes its time instead of annotating it
  bool grants = true;                   // direct access
  uint64_t bad_begin = 0, bad_end = 0;  // addresses that answer with an error
  int64_t transactions = 0;

  // Direct access from before is over: the bytes move elsewhere, and what was theirs is overwritten.
  void Move() {
    std::vector<uint8_t> moved = bytes_;
    bytes_.swap(moved);
    old_ = std::move(moved);
    std::fill(old_.begin(), old_.end(), 0x5a);
    socket->invalidate_direct_mem_ptr(0, bytes_.size() - 1);
  }
  // Whether anybody has written where the bytes were before.
  [[nodiscard]] bool old_untouched() const {
    return std::all_of(old_.begin(), old_.end(), [](uint8_t byte) { return byte == 0x5a; });
  }

 private:
  void Transport(tlm::tlm_generic_payload& p, sc_core::sc_time& delay) {
    transactions++;
    delay += more ? latency + more(p) : latency;
    if (waits) {
      sc_core::wait(delay);
      delay = sc_core::SC_ZERO_TIME;
    }
    p.set_dmi_allowed(grants);
    const uint64_t begin = p.get_address(), length = p.get_data_length();
    if (begin >= bytes_.size() || length > bytes_.size() - begin ||
        (begin < bad_end && begin + length > bad_begin)) {
      p.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
      return;
    }
    if (p.get_streaming_width() < length) {
      p.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
      return;
    }
    const uint8_t* enables = p.get_byte_enable_ptr();
    for (uint64_t i = 0; i < length; i++) {
      if (enables != nullptr && enables[i % p.get_byte_enable_length()] != TLM_BYTE_ENABLED) continue;
      if (p.is_write()) bytes_[begin + i] = p.get_data_ptr()[i];
      if (p.is_read()) p.get_data_ptr()[i] = bytes_[begin + i];
    }
    p.set_response_status(tlm::TLM_OK_RESPONSE);
  }

  bool Direct(tlm::tlm_generic_payload& p, tlm::tlm_dmi& dmi) {
    const bool bad = bad_end > bad_begin;  // then none, to be asked for every access
    dmi.set_start_address(0);
    dmi.set_end_address(bytes_.size() - 1);
    if (!grants || bad || p.get_address() >= bytes_.size()) return false;
    dmi.set_dmi_ptr(bytes_.data());
    dmi.allow_read_write();
    dmi.set_read_latency(latency);
    dmi.set_write_latency(latency);
    return true;
  }

  unsigned Debug(tlm::tlm_generic_payload& p) {
    const uint64_t begin = std::min<uint64_t>(p.get_address(), bytes_.size());
    const auto length = unsigned(std::min<uint64_t>(p.get_data_length(), bytes_.size() - begin));
    if (p.is_write()) std::memcpy(&bytes_[begin], p.get_data_ptr(), length);
    if (p.is_read()) std::memcpy(p.get_data_ptr(), &bytes_[begin], length);
    return length;
  }

  std::vector<uint8_t> bytes_, old_;
};

}  // namespace platform
