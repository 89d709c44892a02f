// SPDX-License-Identifier: Apache-2.0
// Weft's side of the memory: transactions through its initiator socket, and the direct memory interface where
// the memory grants it.
#pragma once

#include <cstdint>
#include <tlm>
#include <vector>

namespace weft {

// What a transaction took: time that the memory waited, and time that it annotated.
struct MemoryAnswer {
  bool ok = false;
  sc_core::sc_time waited, annotated;
};

// The AXI ID of a transaction, for interconnects that look at it; others ignore it.
struct AxiId : tlm::tlm_extension<AxiId> {
  int id = 0;
  tlm::tlm_extension_base* clone() const override { return new AxiId(*this); }
  void copy_from(const tlm::tlm_extension_base& other) override { *this = static_cast<const AxiId&>(other); }
};

class MemoryPort {
 public:
  using Forward = tlm::tlm_fw_transport_if<>;
  // `socket` is asked when a simulation runs: it has to be bound then.
  explicit MemoryPort(tlm::tlm_initiator_socket<>* socket) : socket_(*socket) {}

  // One transaction; `enables` (a byte for each of the data's, or nothing) says which bytes are written. May
  // wait.
  MemoryAnswer Transport(bool write, uint64_t address, uint8_t* data, size_t bytes,
                         uint8_t* enables = nullptr, int id = 0);
  // The memory itself at this address, for so many bytes; nothing where it is not granted.
  uint8_t* Direct(bool write, uint64_t address, size_t bytes);
  void Invalidate(uint64_t begin, uint64_t end);
  [[nodiscard]] size_t regions() const { return regions_.size(); }

 private:
  tlm::tlm_initiator_socket<>& socket_;
  std::vector<tlm::tlm_dmi> regions_;
  bool refused_ = false;  // the last request for direct access; asked again when a transaction allows it
};

}  // namespace weft
