// SPDX-License-Identifier: Apache-2.0
#include "sim/harness/axi_memory.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

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
  if (!bursts_.empty() || !write_addresses_.empty() || !write_beats_.empty() || !burst_beats_.empty() ||
      !writes_.empty())
    throw Error("the hardware has left bursts that are not finished");
  faults = {};
  read_beats_ = written_beats_ = written_bursts_ = conflicts_ = bytes_confirmed_ = 0;
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
    CheckHeld("AW", {false, pins->aw_addr, uint64_t{pins->aw_id} << 8 | pins->aw_len, {}}, pins->aw_valid,
              pins->aw_ready, &aw_);
  if (pins->aw_valid && pins->aw_ready) {
    const uint64_t last = pins->aw_addr + uint64_t(pins->aw_len) * bus;
    if (pins->aw_addr >> 12 != last >> 12)
      throw Error("a write burst from {:#x} crosses a 4 KiB boundary", pins->aw_addr);
    write_addresses_.push_back({pins->aw_addr, pins->aw_id, size_t{pins->aw_len} + 1, t});
  }
  pins->w_ready = t >= write_time_ && !pauses_.Paused();
  if (pins->w_valid || w_.stalled)
    CheckHeld("W", {false, uint64_t{pins->w_last}, pins->w_strb, pins->w_data}, pins->w_valid, pins->w_ready,
              &w_);
  if (pins->w_valid && pins->w_ready) {
    write_beats_.push_back(
        {{pins->w_data.begin(), pins->w_data.begin() + std::ptrdiff_t(bus)}, pins->w_strb, pins->w_last, t});
    write_time_ = t + pace;
  }
  while (!write_beats_.empty() && !write_addresses_.empty()) {
    const size_t beats = write_addresses_.front().beats;
    burst_beats_.push_back(std::move(write_beats_.front()));
    write_beats_.pop_front();
    if (burst_beats_.back().last != (burst_beats_.size() == beats))
      throw Error("beat {} of a write burst of {} {} the last one", burst_beats_.size(), beats,
                  burst_beats_.back().last ? "says that it is" : "does not say that it is");
    if (burst_beats_.size() == beats)
      Complete(std::max(burst_beats_.back().time, write_addresses_.front().time) + timing_.latency);
  }
  Confirm(t, pins);
}

bool AxiMemory::Conflict(const WriteBurst& a, const WriteBurst& b, uint64_t bus) {
  if (a.to.address > b.to.address) return Conflict(b, a, bus);
  const size_t ahead = size_t((b.to.address - a.to.address) / bus);
  for (size_t i = 0; i < b.beats.size() && ahead + i < a.beats.size(); i++)
    if ((a.beats[ahead + i].strobe & b.beats[i].strobe) != 0) return true;
  return false;
}

// The burst whose beats are all here. With pauses it is done now or when it is confirmed, which some have to
// wait long for.
void AxiMemory::Complete(int64_t from) {
  const auto count = int64_t(burst_beats_.size());
  writes_.push_back({write_addresses_.front(), std::move(burst_beats_), written_beats_, from, false});
  write_addresses_.pop_front();
  burst_beats_.clear();
  written_beats_ += count;
  written_bursts_++;
  WriteBurst& burst = writes_.back();
  if (pauses_.Pick(8) == 7) burst.from += int64_t(pauses_.Pick(300));
  for (size_t i = 0; i + 1 < writes_.size(); i++)
    if (Conflict(writes_[i], burst, uint64_t(config_.bus_bytes))) {
      conflicts_++;
      break;
    }
  if (pauses_.Pick(2) != 0) return;
  for (WriteBurst& before : writes_)
    if (before.to.id == burst.to.id) Perform(&before);
}

void AxiMemory::Perform(WriteBurst* burst) {
  const auto bus = size_t(config_.bus_bytes);
  if (burst->done) return;
  burst->done = true;
  for (size_t b = 0; b < burst->beats.size(); b++) {
    const Beat& beat = burst->beats[b];
    uint8_t* to = &bytes[Index(burst->to.address + b * bus)];
    const bool error = burst->first_beat + int64_t(b) == faults.write_beat && !faults.hangs;
    for (size_t i = 0; i < bus && !error; i++) {
      if ((beat.strobe >> i & 1) == 0) continue;
      to[i] = beat.data[i];
      const uint64_t offset = burst->to.address + b * bus - base + i;
      if (on_access) on_access(true, offset, offset + 1);
    }
  }
}

// The core takes a response at once: that of the oldest burst of some ID, without pauses of all.
void AxiMemory::Confirm(int64_t t, SystemPins* pins) {
  pins->b_valid = false;
  if (writes_.empty()) return;
  std::vector<size_t> oldest;
  std::array<bool, 256> seen{};
  for (size_t i = 0; i < writes_.size(); i++) {
    const WriteBurst& burst = writes_[i];
    if (faults.hangs && faults.write_beat >= 0 && burst.end_beat() > faults.write_beat) break;
    if (!std::exchange(seen[burst.to.id], true) && t >= burst.from) oldest.push_back(i);
  }
  pins->b_valid = !oldest.empty() && !pauses_.Paused();
  if (!pins->b_valid) return;
  const auto burst = writes_.begin() + std::ptrdiff_t(oldest[pauses_.Pick(oldest.size())]);
  Perform(&*burst);
  pins->b_id = burst->to.id;
  pins->b_error =
      !faults.hangs && faults.write_beat >= burst->first_beat && faults.write_beat < burst->end_beat();
  for (const Beat& beat : burst->beats) bytes_confirmed_ += std::popcount(beat.strobe);
  writes_.erase(burst);
}

}  // namespace weft
