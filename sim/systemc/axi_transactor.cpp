// SPDX-License-Identifier: Apache-2.0
#include "sim/systemc/axi_transactor.hpp"

#include <array>
#include <utility>

namespace weft {

AxiTransactor::AxiTransactor(const Config& config, const sc_core::sc_time& period, int memory_width,
                             MemoryPort* memory)
    : bus_(size_t(config.bus_bytes)),
      pace_(((config.bus_bytes + memory_width - 1) / memory_width) * period),
      memory_(*memory) {}

void AxiTransactor::Drive(SystemPins* pins) {
  const sc_core::sc_time& now = sc_core::sc_time_stamp();
  DriveReads(pins, now);
  DriveWrites(pins, now);
  Confirm(pins, now);
}

void AxiTransactor::DriveReads(SystemPins* pins, const sc_core::sc_time& now) {
  offered_ = offered_ || (!reads_.empty() && now >= read_from_ && reads_.front()->Answered(now));
  pins->r_valid = offered_;
  if (offered_) {
    Burst& burst = *reads_.front();
    pins->r_data = &burst.data[word_ * bus_];
    pins->r_last = (word_ + 1) * bus_ == burst.data.size();
    pins->r_error = !burst.ok;
    if (pins->r_ready) {
      offered_ = false;
      read_from_ = now + pace_;
      if (pins->r_last) taken_ = std::move(reads_.front()), reads_.pop_front(), word_ = 0;
      else word_++;
    }
  }
  pins->ar_ready = true;
  if (pins->ar_valid) {
    Burst& burst = *reads_.emplace_back(std::make_unique<Burst>());
    burst.address = pins->ar_addr;
    burst.data.resize((size_t{pins->ar_len} + 1) * bus_);
    Issue(&burst);
  }
}

void AxiTransactor::DriveWrites(SystemPins* pins, const sc_core::sc_time& now) {
  pins->aw_ready = true;
  if (pins->aw_valid) addresses_.push_back({pins->aw_addr, pins->aw_id, size_t{pins->aw_len} + 1});
  pins->w_ready = now >= write_from_;
  if (pins->w_valid && pins->w_ready) {
    beats_.push_back({{pins->w_data.begin(), pins->w_data.begin() + std::ptrdiff_t(bus_)}, pins->w_strb});
    write_from_ = now + pace_;
  }
  while (!addresses_.empty() && beats_.size() >= addresses_.front().beats) {
    const WriteAddress to = addresses_.front();
    addresses_.pop_front();
    Burst& burst = *writes_.emplace_back(std::make_unique<Burst>());
    burst.write = true;
    burst.address = to.address;
    burst.id = to.id;
    bool all = true;
    for (size_t b = 0; b < to.beats; b++, beats_.pop_front()) {
      const Beat& beat = beats_.front();
      burst.data.insert(burst.data.end(), beat.data.begin(), beat.data.end());
      for (size_t i = 0; i < bus_; i++) {
        const bool enabled = (beat.strobes >> i & 1) != 0;
        burst.enables.push_back(enabled ? TLM_BYTE_ENABLED : TLM_BYTE_DISABLED);
        all = all && enabled;
      }
    }
    if (all) burst.enables.clear();
    Issue(&burst);
  }
}

// One response a cycle: the oldest burst of an ID, of those that the memory has done the first.
void AxiTransactor::Confirm(SystemPins* pins, const sc_core::sc_time& now) {
  pins->b_valid = false;
  std::array<bool, 256> seen{};
  for (auto burst = writes_.begin(); burst != writes_.end(); ++burst) {
    if (std::exchange(seen[size_t((*burst)->id)], true) || !(*burst)->Answered(now)) continue;
    pins->b_valid = true;
    pins->b_id = uint8_t((*burst)->id);
    pins->b_error = !(*burst)->ok;
    writes_.erase(burst);
    return;
  }
}

void AxiTransactor::Issue(Burst* burst) {
  if (free_.empty()) {
    Worker* worker = workers_.emplace_back(std::make_unique<Worker>()).get();
    worker->burst = burst;
    sc_core::sc_spawn([this, worker] { Serve(worker); });
    return;
  }
  Worker* worker = free_.back();
  free_.pop_back();
  worker->burst = burst;
  worker->go.notify(sc_core::SC_ZERO_TIME);
}

void AxiTransactor::Serve(Worker* worker) {
  while (true) {
    Burst& burst = *worker->burst;
    const MemoryAnswer answer =
        memory_.Transport(burst.write, burst.address, burst.data.data(), burst.data.size(),
                          burst.enables.empty() ? nullptr : burst.enables.data(), burst.id);
    burst.ok = answer.ok;
    burst.at = sc_core::sc_time_stamp();
    burst.from = burst.at + answer.annotated;
    burst.returned = true;
    free_.push_back(worker);
    sc_core::wait(worker->go);
  }
}

}  // namespace weft
