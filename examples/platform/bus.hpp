// SPDX-License-Identifier: Apache-2.0
// A simple bus: every initiator reaches every target by address. It takes no time of its own, passes on
// direct access, and writes a line of text for each transaction.
#pragma once

#include <fmt/format.h>
#include <tlm_utils/multi_passthrough_initiator_socket.h>
#include <tlm_utils/multi_passthrough_target_socket.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <systemc>
#include <tlm>
#include <vector>

namespace platform {

class Bus : public sc_core::sc_module {
 public:
  explicit Bus(const sc_core::sc_module_name& name) : sc_module(name) {
    initiators_.register_b_transport(this, &Bus::Transport);
    initiators_.register_get_direct_mem_ptr(this, &Bus::Direct);
    initiators_.register_transport_dbg(this, &Bus::Debug);
    targets_.register_invalidate_direct_mem_ptr(this, &Bus::Invalidate);
  }

  // Before the simulation begins.
  template <typename Socket>
  void AddInitiator(const std::string& name, Socket* socket) {
    names_.push_back(name);
    socket->bind(initiators_);
  }
  template <typename Socket>
  void AddTarget(uint64_t base, uint64_t bytes, Socket* socket) {
    map_.push_back({base, bytes});
    targets_.bind(*socket);
  }

  std::ostream* log = nullptr;
  void Trace(sc_core::sc_trace_file* file) const {
    sc_core::sc_trace(file, address, "bus.address");
    sc_core::sc_trace(file, write, "bus.write");
    sc_core::sc_trace(file, length, "bus.length");
    sc_core::sc_trace(file, initiator, "bus.initiator");
    sc_core::sc_trace(file, transactions, "bus.transactions");
  }
  // Of the transaction that was last, for sc_trace.
  sc_core::sc_signal<sc_dt::uint64, sc_core::SC_UNCHECKED_WRITERS> address{"address"};
  sc_core::sc_signal<bool, sc_core::SC_UNCHECKED_WRITERS> write{"write"};
  sc_core::sc_signal<unsigned, sc_core::SC_UNCHECKED_WRITERS> length{"length"}, initiator{"initiator"},
      transactions{"transactions"};

 private:
  struct Range {
    uint64_t base, bytes;
  };

  // The target of an address; -1: there is none.
  [[nodiscard]] int Find(uint64_t at) const {
    for (size_t i = 0; i < map_.size(); i++)
      if (at >= map_[i].base && at - map_[i].base < map_[i].bytes) return int(i);
    return -1;
  }

  void Transport(int from, tlm::tlm_generic_payload& p, sc_core::sc_time& delay) {
    const uint64_t at = p.get_address();
    const sc_core::sc_time asked = sc_core::sc_time_stamp() + delay;
    address.write(at);
    write.write(p.is_write());
    length.write(p.get_data_length());
    initiator.write(unsigned(from));
    transactions.write(++count_);
    if (const int to = Find(at); to >= 0) {
      p.set_address(at - map_[size_t(to)].base);
      targets_[to]->b_transport(p, delay);
      p.set_address(at);
    } else {
      p.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    }
    if (log == nullptr) return;
    *log << fmt::format("{:>14} {:>14} {:8} {:5} {:#012x} {:4} {}\n", asked.to_string(),
                        (sc_core::sc_time_stamp() + delay).to_string(), names_[size_t(from)],
                        p.is_write() ? "write" : "read", at, p.get_data_length(), p.get_response_string());
  }

  bool Direct(int /*from*/, tlm::tlm_generic_payload& p, tlm::tlm_dmi& dmi) {
    const uint64_t at = p.get_address();
    const int to = Find(at);
    if (to < 0) return false;
    const Range& range = map_[size_t(to)];
    p.set_address(at - range.base);
    const bool granted = targets_[to]->get_direct_mem_ptr(p, dmi);
    p.set_address(at);
    dmi.set_start_address(range.base + std::min<uint64_t>(dmi.get_start_address(), range.bytes - 1));
    dmi.set_end_address(range.base + std::min<uint64_t>(dmi.get_end_address(), range.bytes - 1));
    return granted;
  }

  unsigned Debug(int /*from*/, tlm::tlm_generic_payload& p) {
    const uint64_t at = p.get_address();
    const int to = Find(at);
    if (to < 0) return 0;
    p.set_address(at - map_[size_t(to)].base);
    const unsigned done = targets_[to]->transport_dbg(p);
    p.set_address(at);
    return done;
  }

  void Invalidate(int to, sc_dt::uint64 begin, sc_dt::uint64 end) {
    const Range& range = map_[size_t(to)];
    for (unsigned i = 0; i < initiators_.size(); i++)
      initiators_[int(i)]->invalidate_direct_mem_ptr(range.base + begin,
                                                     range.base + std::min<uint64_t>(end, range.bytes - 1));
  }

  tlm_utils::multi_passthrough_target_socket<Bus> initiators_{"initiators"};
  tlm_utils::multi_passthrough_initiator_socket<Bus> targets_{"targets"};
  unsigned count_ = 0;
  std::vector<std::string> names_;  // of the initiators
  std::vector<Range> map_;          // of the targets
};

}  // namespace platform
