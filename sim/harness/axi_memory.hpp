// SPDX-License-Identifier: Apache-2.0
// An AXI memory: reads of one ID, in order; writes of many IDs, each ID's in order. With the timing that
// sw_model/cycles/list_model.hpp predicts, where all writes are done and confirmed in order; or with pauses,
// where they are in any order that AXI allows. Errors on request.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include "sim/harness/pauses.hpp"
#include "sim/harness/system_model.hpp"
#include "sw_model/memory.hpp"

namespace weft {

// What goes wrong: the response to the n-th read beat, or to the burst with the n-th write beat, is an error
// (negative: none).
struct AxiFaults {
  int64_t read_beat = -1, write_beat = -1;
  bool hangs = false;  // no answers from there on, instead
};

class AxiMemory {
 public:
  AxiMemory(const Config& config, const Memory& timing, double stalls, uint64_t seed)
      : config_(config), timing_(timing), pauses_(stalls, seed) {}

  uint64_t base = 0;
  std::vector<uint8_t> bytes;  // from `base` on
  AxiFaults faults;
  // Told of every burst that is asked for and of every byte that is written, as offsets from `base`.
  std::function<void(bool write, uint64_t begin, uint64_t end)> on_access;

  // Before a cycle's clock edge: drives the pins from the state and what the core shows; takes what is handed
  // over in this cycle.
  void Drive(int64_t cycle, SystemPins* pins);
  [[nodiscard]] const Memory& timing() const { return timing_; }
  [[nodiscard]] int64_t bytes_confirmed() const { return bytes_confirmed_; }  // written, and answered
  [[nodiscard]] int64_t read_beats() const { return read_beats_; }
  [[nodiscard]] int64_t written_beats() const { return written_beats_; }
  [[nodiscard]] int64_t written_bursts() const { return written_bursts_; }
  // Of those, how many have written a byte that another one in flight writes too: which is last is open.
  [[nodiscard]] int64_t conflicts() const { return conflicts_; }
  // Whether a write burst has had some of its beats, but not all.
  [[nodiscard]] bool inside_a_burst() const { return !burst_beats_.empty(); }
  void Clear();  // counts and faults; throws Error if anything is in flight

 private:
  size_t Index(uint64_t address) const;  // throws Error outside of the memory

  struct Burst {
    uint64_t address;
    int beats;
    int64_t from;
  };
  struct WriteAddress {
    uint64_t address;
    uint8_t id;
    size_t beats;
    int64_t time;
  };
  struct Beat {
    std::vector<uint8_t> data;
    uint64_t strobe;
    bool last;
    int64_t time;
  };
  struct WriteBurst {
    WriteAddress to;
    std::vector<Beat> beats;
    int64_t first_beat;  // of all that were written
    int64_t from;        // can be confirmed
    bool done;
    [[nodiscard]] int64_t end_beat() const { return first_beat + int64_t(beats.size()); }
  };
  static bool Conflict(const WriteBurst& a, const WriteBurst& b, uint64_t bus);
  void Complete(int64_t from);
  void Perform(WriteBurst* burst);
  void Confirm(int64_t cycle, SystemPins* pins);
  Config config_;
  Memory timing_;
  Pauses pauses_;
  std::deque<Burst> bursts_;
  int64_t read_time_ = 0, write_time_ = 0;  // from when on the next word can go
  std::deque<WriteAddress> write_addresses_;
  std::deque<Beat> write_beats_;   // of those whose address is here too,
  std::vector<Beat> burst_beats_;  // ... these are a burst that is not complete
  std::deque<WriteBurst> writes_;  // complete, not confirmed; in the order of the addresses
  // Whether a valid that was not taken is still there, with all that came with it; throws Error if not.
  struct Offer {
    bool stalled = false;
    uint64_t address = 0, more = 0;
    std::array<uint8_t, 64> data{};
  };
  static void CheckHeld(const char* channel, const Offer& now, bool valid, bool ready, Offer* before);
  Offer ar_, aw_, w_;
  int64_t read_beats_ = 0, written_beats_ = 0, written_bursts_ = 0, conflicts_ = 0, bytes_confirmed_ = 0;
  bool r_offered_ = false;  // a valid stays until it is taken
};

}  // namespace weft
