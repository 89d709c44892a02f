// SPDX-License-Identifier: Apache-2.0
// What every stream of SystemStreams carries, transfer by transfer, and in which cycle. The cycle model of
// the program says when; what follows from the program, from the window before the start and from the golden
// values of the network's tensors.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "sim/golden_waves/system_outputs.hpp"
#include "sim/golden_waves/system_reads.hpp"
#include "sim/golden_waves/system_signals.hpp"
#include "sw_model/cycles/cycle_model.hpp"
#include "sw_model/memory.hpp"

namespace weft {

// A field's bits, little endian, and those of them that matter. Both empty: none does.
struct SystemValue {
  std::vector<uint8_t> bytes, mask;
  static SystemValue Number(uint64_t value);
  static SystemValue Bytes(const void* bytes, size_t count,
                           size_t known);  // those behind `known` do not matter
};

struct SystemTransfer {
  SystemPlace place;
  std::vector<SystemValue> values;  // of the stream's fields
};

struct SystemStart {
  uint64_t base = 0;
  uint32_t watchdog = 0;
  std::vector<uint8_t> window;  // before the start
};

class SystemPredictor : private SystemObserver {
 public:
  static constexpr int64_t kAnyTime = INT64_MIN;
  SystemPredictor(const SystemCase& c, const Memory& memory, const SystemStart& start);
  // Cycles since the start of each of a stream's transfers. kAnyTime: once, in no certain cycle.
  [[nodiscard]] const std::vector<int64_t>& Times(SystemStreamId id) const { return times_[size_t(id)]; }
  // From which cycle on a transfer is offered; where that is not known, the cycle itself.
  [[nodiscard]] int64_t Offered(SystemStreamId id, int64_t transfer) const;
  // A stream's next transfer, which there must be.
  SystemTransfer Next(SystemStreamId id);
  [[nodiscard]] bool Adds(int job) const { return case_.program().stores[size_t(job)].add.has_value(); }
  [[nodiscard]] const CycleResult& cycles() const { return cycles_; }
  const std::vector<uint8_t>& FinalWindow() { return words_.Final(); }

 private:
  struct Burst {
    SystemBeat last;
    int64_t index;
  };
  void Happens(SystemEvent event, int64_t time, int64_t offered) override {
    events_[size_t(event)].push_back(time);
    offers_[size_t(event)].push_back(offered);
  }
  void MakeTimes();
  Burst NextBurst(SystemStreamId id);
  [[nodiscard]] SystemTransfer Start(SystemStreamId id) const;
  SystemTransfer Command(SystemStreamId id);
  SystemTransfer Job(SystemStreamId id);
  SystemTransfer Read(SystemStreamId id);
  SystemTransfer Word(SystemStreamId id);
  SystemTransfer Output(SystemStreamId id);
  SystemTransfer Sum(SystemStreamId id);
  SystemTransfer Beat(SystemStreamId id);
  SystemTransfer WriteBurst(SystemStreamId id);

  SystemCase case_;
  SystemStart start_;
  std::array<std::vector<int64_t>, size_t(SystemEvent::kEvents)> events_, offers_;
  std::array<std::vector<int64_t>, kSystemStreams> times_;
  std::array<int64_t, kSystemStreams> next_{};
  CycleResult cycles_;
  SystemValues values_;
  SystemWords words_;
  // Where each stream stands.
  struct Sources {
    SystemCommands reads, commands, jobs, engine_jobs, add_stores, write_stores;
    SystemRequests requests;
    SystemBursts bursts, addresses;
    SystemOutputs pixels, residuals, pairs, table_sums, sums, outputs, walk;
    SystemFragments fragments;
    SystemBeats beats, writes;
    SystemBeats issued, write_addresses, retired, stored;
  };
  std::unique_ptr<Sources> at_;
  SystemOutput table_output_;  // of which the table sums of a step come next
  int table_step_ = 0;
};

}  // namespace weft
