// SPDX-License-Identifier: Apache-2.0
#include "sw_model/cycles/read_model.hpp"

#include <algorithm>
#include <iterator>

#include "sw_model/error.hpp"

namespace weft {

int64_t RingModel::RoomFor(int64_t end) {
  while (end > limit()) {
    if (next_ == events_.size()) return -1;
    freed_ = events_[next_].freed;
    time_ = events_[next_].time;
    next_++;
  }
  return time_;
}

Supply::Supply(const std::vector<Job>& jobs, const Config& config, const Memory& memory)
    : lines(config.line_buffer_bytes / config.bus_bytes),
      weights(config.WeightWords()),
      params(config.ParamEntries()),
      config_(config),
      read_cycles_(memory.ReadCycles(config)) {
  size_t groups = 0;
  for (const Job& job : jobs) {
    first_group_.push_back(groups);
    groups += size_t(job.groups);
  }
  groups_.resize(groups);
}

int64_t Supply::LinesSeen(int64_t count) {
  if (count == 0) return 0;
  while (int64_t(line_times_.size()) < count)
    if (!Step()) throw Error("the jobs wait for line {}, which is never read", count);
  return line_times_[size_t(count - 1)] + 1;  // the count is a register
}

int64_t Supply::WeightsSeen(int job, int group, int64_t words) {
  const Group& g = At(job, group);
  while (!g.loaded)
    if (!Step()) throw Error("job {} waits for weights that are never read", job);
  const int64_t unit = (words - 1) / config_.WeightPack();
  const auto behind = std::ranges::upper_bound(g.stretches, unit, {}, &Stretch::first);
  const Stretch& stretch = *std::prev(behind);
  return stretch.time + (unit - stretch.first) * Slices() * read_cycles_ + 1;
}

int64_t Supply::ParametersSeen(int job, int group) {
  const Group& g = At(job, group);
  while (!g.loaded)
    if (!Step()) throw Error("job {} waits for parameters that are never read", job);
  return g.params_time + 2;  // gathered into an entry, written, counted
}

ReadModel::ReadModel(const std::vector<Job>& jobs, const Config& config, const Memory& memory,
                     const std::vector<int>& layer_starts, CycleObserver* observer)
    : Supply(jobs, config, memory),
      jobs_(jobs),
      observer_(observer),
      schedule_(MakeSchedule(jobs, config, layer_starts)),
      latency_(memory.latency),
      next_time_(memory.latency) {}

int64_t ReadModel::Finish(int64_t stored) {
  while (Step()) {
  }
  return stored;
}

bool ReadModel::Step() {
  if (piece_ == schedule_.size()) return false;
  const Transfer& t = schedule_[piece_];
  if (t.after_stores && part_ == 0) {
    if (stored_jobs_ < t.job) throw Error("job {} waits for outputs that come after it", t.job);
    next_time_ = std::max(next_time_, stored_ + latency_);
  }
  if (t.kind == Transfer::Kind::kLines) ReadLine(t.job, t.first + part_);
  else ReadGroup(t.job, t.first + part_);
  if (++part_ == t.count) {
    piece_++;
    part_ = 0;
  }
  return true;
}

int64_t ReadModel::Take(int64_t earliest) {
  if (earliest < 0) throw Error("the jobs wait for each other: a buffer is full and nothing will free it");
  const int64_t time = std::max(next_time_, earliest);
  next_time_ = time + read_cycles_;
  bus_words_++;
  return time;
}

// Words that need no new event follow each other at the pace of the memory, so they are taken in one step.
void ReadModel::ReadLine(int j, int line) {
  const int64_t pitch = jobs_[size_t(j)].words[kJobPitch];
  int64_t left = pitch, time = 0;
  while (left > 0) {
    time = Take(lines.RoomFor(++line_words_));
    const int64_t more = std::min(--left, lines.limit() - line_words_);
    if (observer_ != nullptr) observer_->LineRead(j, line, pitch - left - 1, more + 1, time, read_cycles_);
    left -= more;
    line_words_ += more;
    bus_words_ += more;
    time += more * read_cycles_;
    next_time_ += more * read_cycles_;
  }
  line_times_.push_back(time);
}

void ReadModel::ReadGroup(int j, int g) {
  const Job& job = jobs_[size_t(j)];
  Group* group = &At(j, g);
  const int64_t beats = config_.ParamBeats();
  const int64_t param_words = ParameterBusWords(job, config_);
  for (int64_t n = 0; n < param_words; n++) {
    if (n % beats == 0) param_entries_++;  // an entry's first bus word needs the room
    group->params_time = Take(params.RoomFor(param_entries_));
    if (observer_ != nullptr) observer_->ParametersRead(j, g, n, 1, group->params_time, read_cycles_);
  }
  const int64_t slices = Slices(), pack = config_.WeightPack();
  const int64_t words = GroupWeightWords(job, config_);
  for (int64_t done = 0; done < words;) {
    const int64_t time = Take(weights.RoomFor(weight_words_ + done + pack));
    group->stretches.push_back({done / pack, time + (slices - 1) * read_cycles_});
    // The rest of this weight word, and all that follow without a new event.
    const int64_t fit = std::min(words, (weights.limit() - weight_words_) / pack * pack);
    const int64_t bus_words = (fit - done) / pack * slices - 1;
    if (observer_ != nullptr)
      observer_->WeightsRead(j, g, done / pack * slices, bus_words + 1, time, read_cycles_);
    next_time_ += bus_words * read_cycles_;
    bus_words_ += bus_words;
    done = fit;
  }
  weight_words_ += words;
  group->loaded = true;
}

}  // namespace weft
