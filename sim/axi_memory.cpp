#include "sim/axi_memory.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "sw_model/error.hpp"

namespace weft {

size_t AxiMemory::Index(uint64_t address) const {
  const uint64_t index = address - base;
  if (address < base || index + uint64_t(config_.bus_bytes) > bytes.size() ||
      index % uint64_t(config_.bus_bytes) != 0)
    throw Error("the hardware uses address {:#x}, outside of its memory", address);
  return size_t(index);
}

void AxiMemory::CheckHeld(const char* channel, const Offer& now, bool valid, bool ready, Offer* before) {
  if (before->stalled &&
      (!valid || now.address != before->address || now.more != before->more || now.data != before->data))
    throw Error("the hardware withdraws or changes what it offered on {}", channel);
  *before = now;
  before->stalled = valid && !ready;
}

void AxiMemory::Clear() {
  faults = {};
  read_beats_ = written_beats_ = confirmed_beats_ = bytes_confirmed_ = 0;
}

void AxiMemory::Drive(int64_t t, SystemPins* pins) {
  const auto bus = size_t(config_.bus_bytes);
  const int pace = timing_.ReadCycles(config_);

  // Reads.
  r_offered_ = r_offered_ ||
               (!bursts_.empty() && t >= std::max(bursts_.front().from, read_time_) && !pauses_.Paused() &&
                !(faults.hangs && faults.read_beat >= 0 && read_beats_ >= faults.read_beat));
  pins->r_valid = r_offered_;
  if (r_offered_) {
    const Burst& burst = bursts_.front();
    pins->r_data = &bytes[Index(burst.address)];
    pins->r_last = burst.beats == 1;
    pins->r_error = !faults.hangs && read_beats_ == faults.read_beat;
    if (pins->r_ready) {
      r_offered_ = false;
      read_beats_++;
      read_time_ = t + pace;
      bursts_.front().address += bus;
      if (--bursts_.front().beats == 0) bursts_.pop_front();
    }
  }
  pins->ar_ready = !pauses_.Paused();
  if (pins->ar_valid || ar_.stalled)
    CheckHeld("AR", {false, pins->ar_addr, pins->ar_len, {}}, pins->ar_valid, pins->ar_ready, &ar_);
  if (pins->ar_valid && pins->ar_ready) {
    const uint64_t last = pins->ar_addr + uint64_t(pins->ar_len) * bus;
    if (pins->ar_addr >> 12 != last >> 12)
      throw Error("a burst from {:#x} crosses a 4 KiB boundary", pins->ar_addr);
    bursts_.push_back({pins->ar_addr, pins->ar_len + 1, t + timing_.latency});
    if (on_access) on_access(false, pins->ar_addr - base, last - base + bus);
  }

  // Writes.
  pins->aw_ready = !pauses_.Paused();
  if (pins->aw_valid || aw_.stalled)
    CheckHeld("AW", {false, pins->aw_addr, pins->aw_len, {}}, pins->aw_valid, pins->aw_ready, &aw_);
  if (pins->aw_valid && pins->aw_ready) write_addresses_.push_back({pins->aw_addr, t});
  pins->w_ready = t >= write_time_ && !pauses_.Paused();
  if (pins->w_valid || w_.stalled)
    CheckHeld("W", {false, 0, pins->w_strb, pins->w_data}, pins->w_valid, pins->w_ready, &w_);
  if (pins->aw_valid && pins->aw_len != 0) throw Error("a write burst of more than one beat");
  if (pins->w_valid && pins->w_ready) {
    if (!pins->w_last) throw Error("a write beat that is not its burst's last");
    write_beats_.push_back(
        {{pins->w_data.begin(), pins->w_data.begin() + std::ptrdiff_t(bus)}, pins->w_strb, t});
    write_time_ = t + pace;
  }
  while (!write_beats_.empty() && !write_addresses_.empty()) {
    const Beat& beat = write_beats_.front();
    const bool error = written_beats_++ == faults.write_beat && !faults.hangs;
    uint8_t* to = &bytes[Index(write_addresses_.front().address)];
    for (size_t i = 0; i < bus && !error; i++) {
      if ((beat.strobe >> i & 1) == 0) continue;
      to[i] = beat.data[i];
      const uint64_t offset = write_addresses_.front().address - base + i;
      if (on_access) on_access(true, offset, offset + 1);
    }
    responses_.push_back({std::max(beat.time, write_addresses_.front().time) + timing_.latency,
                          std::popcount(beat.strobe), error});
    write_beats_.pop_front();
    write_addresses_.pop_front();
  }
  // The core takes a response at once.
  pins->b_valid = !responses_.empty() && t >= responses_.front().from && !pauses_.Paused() &&
                  !(faults.hangs && faults.write_beat >= 0 && confirmed_beats_ >= faults.write_beat);
  if (pins->b_valid) {
    pins->b_error = responses_.front().error;
    bytes_confirmed_ += responses_.front().bytes;
    confirmed_beats_++;
    responses_.pop_front();
  }
}

}  // namespace weft
