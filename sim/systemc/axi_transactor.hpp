// SPDX-License-Identifier: Apache-2.0
// weft_top's AXI4 master as TLM-2.0: every burst is one transaction, many are in flight.
//
//   AR -> a transaction -> R: in the order of AR
//   AW and W -> a transaction, when its last beat is there -> B: of each ID in the order of AW
//
// A thread carries out each transaction. The words of a burst follow each other as memory_width allows. The
// first word of a read, and the response of a write, is there at the first clock edge after the memory has
// returned and the delay that it annotated has passed. An error response becomes SLVERR, of a read on all of
// its beats.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "sim/harness/system_model.hpp"
#include "sim/systemc/memory_port.hpp"

namespace weft {

class AxiTransactor {
 public:
  AxiTransactor(const Config& config, const sc_core::sc_time& period, int memory_width, MemoryPort* memory);

  // Before the clock edge that is now: drives the pins from what the memory has answered, and takes what the
  // hardware hands over.
  void Drive(SystemPins* pins);
  [[nodiscard]] bool idle() const {
    return reads_.empty() && writes_.empty() && addresses_.empty() && beats_.empty();
  }

 private:
  struct Burst {
    bool write = false;
    uint64_t address = 0;
    int id = 0;
    std::vector<uint8_t> data, enables;  // enables: empty, if all bytes are written
    bool returned = false, ok = false;
    sc_core::sc_time at, from;  // when the memory returned; when its delay has passed
    [[nodiscard]] bool Answered(const sc_core::sc_time& now) const {
      return returned && now > at && now >= from;
    }
  };
  struct WriteAddress {
    uint64_t address;
    int id;
    size_t beats;
  };
  struct Beat {
    std::vector<uint8_t> data;
    uint64_t strobes;
  };
  // A thread that carries out one burst after the other.
  struct Worker {
    sc_core::sc_event go;
    Burst* burst = nullptr;
  };
  void DriveReads(SystemPins* pins, const sc_core::sc_time& now);
  void DriveWrites(SystemPins* pins, const sc_core::sc_time& now);
  void Confirm(SystemPins* pins, const sc_core::sc_time& now);
  void Issue(Burst* burst);
  void Serve(Worker* worker);

  size_t bus_;
  sc_core::sc_time pace_;  // of words
  MemoryPort& memory_;
  std::deque<std::unique_ptr<Burst>> reads_, writes_;  // in the order of their addresses
  std::unique_ptr<Burst> taken_;                       // whose last word is on the pins
  size_t word_ = 0;                                    // of the first read burst
  bool offered_ = false;                               // a word that stays until it is taken
  sc_core::sc_time read_from_, write_from_;            // when the next word can go
  std::deque<WriteAddress> addresses_;
  std::deque<Beat> beats_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<Worker*> free_;
};

}  // namespace weft
