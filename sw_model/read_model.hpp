// The read side of the cycle model: when every line, weight word and parameter entry arrives in its buffer.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/schedule.hpp"
#include "sw_model/cycle_observer.hpp"
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
  explicit Supply(const Config& config)
      : lines(config.line_buffer_bytes / config.bus_bytes),
        weights(config.WeightWords()),
        params(config.ParamEntries()) {}
  virtual ~Supply() = default;

  // Cycle in which the engine, which has room from `room` on, takes a job.
  virtual int64_t Accept(int job, int64_t room) = 0;
  virtual void Ended(int job, int64_t time) = 0;  // its last chunk starts
  // Cycle from which the sequencer sees that `lines` lines (since the start) have arrived.
  virtual int64_t LinesSeen(int64_t lines) = 0;
  // ... that weight words up to `words` within a column group have arrived, and the group's parameters.
  virtual int64_t WeightsSeen(int job, int group, int64_t words) = 0;
  virtual int64_t ParametersSeen(int job, int group) = 0;
  // All outputs of the jobs before `job` are written at this cycle.
  virtual void Stored(int job, int64_t time) = 0;
  // Reads what nobody waited for; the cycle in which all is done.
  virtual int64_t Finish(int64_t stored) = 0;
  [[nodiscard]] virtual int64_t bytes() const = 0;

  RingModel lines, weights, params;  // in bus words, weight words, parameter entries
};

// The harness's streams: all jobs are there at once, and the pieces of the schedule follow each other without
// a gap.
class ReadModel : public Supply {
 public:
  ReadModel(const std::vector<Job>& jobs, const Config& config, const Memory& memory,
            const std::vector<int>& layer_starts = {}, CycleObserver* observer = nullptr);

  int64_t Accept(int /*job*/, int64_t room) override { return room; }
  void Ended(int /*job*/, int64_t /*time*/) override {}
  int64_t LinesSeen(int64_t count) override;
  int64_t WeightsSeen(int job, int group, int64_t words) override;
  int64_t ParametersSeen(int job, int group) override;
  void Stored(int job, int64_t time) override { stored_jobs_ = job, stored_ = time; }
  int64_t Finish(int64_t stored) override;
  [[nodiscard]] int64_t bytes() const override { return bus_words_ * config_.bus_bytes; }

 private:
  struct Stretch {
    int64_t first_word,
        time;  // weight words from first_word on (in the group), the first one's bus word taken at time
  };
  struct Group {
    bool loaded = false;
    int64_t params_time = 0;
    std::vector<Stretch> stretches;
  };
  bool Step();  // reads the next line or column group
  void ReadLine(int j, int line);
  void ReadGroup(int j, int group);
  int64_t Take(int64_t earliest);  // one bus word, returns its cycle
  Group& At(int job, int group) { return groups_[first_group_[size_t(job)] + size_t(group)]; }

  const std::vector<Job>& jobs_;
  const Config& config_;
  CycleObserver* observer_;
  std::vector<Transfer> schedule_;
  size_t piece_ = 0;
  int part_ = 0;
  int64_t latency_, read_cycles_, next_time_;
  int stored_jobs_ = 0;
  int64_t stored_ = 0;
  std::vector<size_t> first_group_;
  std::vector<Group> groups_;
  std::vector<int64_t> line_times_;
  int64_t line_words_ = 0, weight_words_ = 0, param_entries_ = 0, bus_words_ = 0;
};

}  // namespace weft
