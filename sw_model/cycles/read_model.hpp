// SPDX-License-Identifier: Apache-2.0
// The read side of the cycle model: when every line, weight word and parameter entry arrives in its buffer.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "compiler/schedule.hpp"
#include "sw_model/cycles/cycle_observer.hpp"
#include "sw_model/memory.hpp"

namespace weft {

// One of the engine's input buffers as a ring: words arrive in order and wait for room.
class RingModel {
 public:
  explicit RingModel(int64_t capacity) : capacity_(capacity) {}
  // From cycle `time` on everything below `freed` (a running count) is free. Both grow from call to call.
  void Free(int64_t time, int64_t freed) { events_.push_back({time, freed}); }
  // The earliest cycle at which a word that ends at `end` (a running count) may be taken; negative if nothing
  // that is known to happen makes room for it. `end` grows from call to call.
  int64_t RoomFor(int64_t end);
  // How far words may go without another event.
  [[nodiscard]] int64_t limit() const { return freed_ + capacity_; }

 private:
  struct Event {
    int64_t time, freed;
  };
  int64_t capacity_, freed_ = 0, time_ = 0;
  std::vector<Event> events_;
  size_t next_ = 0;
};

// What the engine gets: jobs, lines, weights and parameters. Times are cycles since the start; all queries
// are in the order of the jobs. Throws Error if what is asked for can never come.
class Supply {
 public:
  Supply(const std::vector<Job>& jobs, const Config& config, const Memory& memory);
  virtual ~Supply() = default;

  // Cycle in which the engine, which has room from `room` on, takes a job.
  virtual int64_t Accept(int job, int64_t room) = 0;
  // Cycle from which the sequencer sees that `lines` lines (since the start) have arrived.
  int64_t LinesSeen(int64_t count);
  // ... that weight words up to `words` within a column group have arrived, and the group's parameters.
  int64_t WeightsSeen(int job, int group, int64_t words);
  int64_t ParametersSeen(int job, int group);
  // All outputs of the jobs before `job` are written at this cycle.
  virtual void Stored(int job, int64_t time) = 0;
  // Reads what nobody waited for; the cycle in which all is done.
  virtual int64_t Finish(int64_t stored) = 0;
  [[nodiscard]] int64_t bytes() const { return bus_words_ * config_.bus_bytes; }

  RingModel lines, weights, params;  // in bus words, weight words, parameter entries

 protected:
  // Units of a column group (weight words that share bus words) from `first` on, at the pace of the memory;
  // the first one is complete at `time`.
  struct Stretch {
    int64_t first, time;
  };
  struct Group {
    bool loaded = false;
    int64_t params_time = 0;
    std::vector<Stretch> stretches;
  };
  virtual bool Step() = 0;  // reads the next line, column group or what else there is; false: all is read
  Group& At(int job, int group) { return groups_[first_group_[size_t(job)] + size_t(group)]; }
  // Bus words of a unit.
  [[nodiscard]] int64_t Slices() const { return std::max(1, config_.Cpad() / config_.bus_bytes); }

  const Config& config_;
  int64_t read_cycles_;
  std::vector<int64_t> line_times_;  // when each line was complete
  int64_t line_words_ = 0, weight_words_ = 0, param_entries_ = 0, bus_words_ = 0;

 private:
  std::vector<size_t> first_group_;
  std::vector<Group> groups_;
};

// The harness's streams: all jobs are there at once, and the pieces of the schedule follow each other without
// a gap.
class ReadModel : public Supply {
 public:
  ReadModel(const std::vector<Job>& jobs, const Config& config, const Memory& memory,
            const std::vector<int>& layer_starts = {}, CycleObserver* observer = nullptr);

  int64_t Accept(int /*job*/, int64_t room) override { return room; }
  void Stored(int job, int64_t time) override { stored_jobs_ = job, stored_ = time; }
  int64_t Finish(int64_t stored) override;

 private:
  bool Step() override;
  void ReadLine(int j, int line);
  void ReadGroup(int j, int group);
  int64_t Take(int64_t earliest);  // one bus word, returns its cycle

  const std::vector<Job>& jobs_;
  CycleObserver* observer_;
  std::vector<Transfer> schedule_;
  size_t piece_ = 0;
  int part_ = 0;
  int64_t latency_, next_time_;
  int stored_jobs_ = 0;
  int64_t stored_ = 0;
};

}  // namespace weft
