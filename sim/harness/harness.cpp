// SPDX-License-Identifier: Apache-2.0
#include "sim/harness/harness.hpp"

#include <algorithm>
#include <cstring>

#include "compiler/chain.hpp"
#include "compiler/geometry.hpp"
#include "sw_model/error.hpp"

namespace weft {

namespace {

// A chain as one list of jobs, and the layer of each.
struct JobList {
  explicit JobList(const std::vector<ChainPart>& chain) : parts(chain) {
    for (size_t i = 0; i < parts.size(); i++) {
      all.Add(*parts[i].jobs);
      layers.resize(all.jobs.size(), i);
    }
  }
  [[nodiscard]] const ChainPart& PartOf(size_t job) const { return parts[layers[job]]; }
  [[nodiscard]] const std::string& LayerName(size_t job) const {
    return PartOf(std::min(job, layers.size() - 1)).layer->name;
  }

  const std::vector<ChainPart>& parts;
  Chain all;
  std::vector<size_t> layers;
};

}  // namespace

// The read stream: the pieces of the schedule as bus words, each for one of the engine's streams.
class Harness::ReadChannel {
 public:
  enum class Stream { kParams, kWeights, kLines };

  ReadChannel(const JobList& list, const Config& config)
      : list_(list), config_(config), schedule_(MakeSchedule(list.all.jobs, config, list.all.layer_starts)) {
    Load();
  }

  [[nodiscard]] bool exhausted() const { return exhausted_; }
  [[nodiscard]] Stream stream() const { return stream_; }
  [[nodiscard]] const uint8_t* word() const { return data_.data() + position_; }
  [[nodiscard]] bool last() const { return position_ + size_t(config_.bus_bytes) == data_.size(); }
  [[nodiscard]] int64_t bytes() const { return bytes_; }
  // The next word is asked for when the outputs of this many jobs are written.
  [[nodiscard]] size_t after_jobs() const { return after_jobs_; }

  void Next() {
    after_jobs_ = 0;
    position_ += size_t(config_.bus_bytes);
    bytes_ += config_.bus_bytes;
    if (position_ == data_.size()) Load();
  }

 private:
  // The next stretch of data for one stream: a line, the parameters or the weights of a column group.
  void Load() {
    position_ = 0;
    for (data_.clear(); data_.empty() && piece_ < schedule_.size();) {
      const Transfer& t = schedule_[piece_];
      const Job& job = list_.all.jobs[size_t(t.job)];
      const ChainPart& layer = list_.PartOf(size_t(t.job));
      const int part = part_++;
      if (t.kind == Transfer::Kind::kLines) {
        stream_ = Stream::kLines;
        LoadLine(job, *layer.in, t.first + part);
        if (t.after_stores && part == 0) after_jobs_ = size_t(t.job);
      } else if (part % 2 == 0) {
        stream_ = Stream::kParams;
        data_ = PackParameters(job, t.first + part / 2, *layer.layer, config_);
      } else {
        stream_ = Stream::kWeights;
        data_ = PackWeights(job, t.first + part / 2, *layer.layer, config_);
      }
      const int parts = t.kind == Transfer::Kind::kLines ? t.count : 2 * t.count;
      if (part_ == parts) {
        piece_++;
        part_ = 0;
      }
    }
    exhausted_ = data_.empty();
  }

  void LoadLine(const Job& job, const TensorI8& in, int line) {
    const Job::Lines& l = job.lines;
    data_.assign(size_t(LinePitch(l.offset, int64_t{l.offset} + l.bytes, config_)),
                 0xa5);  // what pads a line to whole words must not matter
    if (l.bytes == 0) return;
    const int n = l.image0 + line / l.count, y = l.y0 + line % l.count;
    std::memcpy(data_.data(), in.data.data() + in.index(n, y, 0, 0) + size_t(l.offset), size_t(l.bytes));
  }

  const JobList& list_;
  const Config& config_;
  std::vector<Transfer> schedule_;
  size_t piece_ = 0, position_ = 0, after_jobs_ = 0;
  int part_ = 0;
  bool exhausted_ = false;
  Stream stream_ = Stream::kLines;
  std::vector<uint8_t> data_;
  int64_t bytes_ = 0;
};

Harness::Harness(const Config& config, const HarnessOptions& options, RtlModelPtr model)
    : config_(config), options_(options), model_(std::move(model)), pauses_(options.stalls, options.seed) {}

void Harness::Cycle(EnginePins* pins) {
  if (!options_.trace_file.empty()) {
    if (now_ == options_.trace_begin) model_->StartTrace(options_.trace_file);
    if (now_ == options_.trace_end && now_ > options_.trace_begin) model_->StopTrace();
  }
  model_->Cycle(pins);
  now_++;
}

RunResult Harness::Run(const std::vector<Job>& jobs, const ConvLayer& layer, const TensorI8& in,
                       const Shape& out, CycleProbe* probe) {
  ChainResult r = RunChain({{&layer, &in, out, &jobs}}, probe);
  return {std::move(r.cycles), std::move(r.outputs[0])};
}

ChainResult Harness::RunChain(const std::vector<ChainPart>& parts, CycleProbe* probe) {
  const JobList list(parts);
  const std::vector<Job>& jobs = list.all.jobs;
  ChainResult result;
  for (const ChainPart& part : parts) result.outputs.emplace_back(part.out);
  EnginePins pins;
  pins.reset = true;
  // Nothing in the array is reset: its control flushes itself in as many cycles as it is wide and high.
  for (int i = 0; i < config_.rows + config_.cols + 16; i++) model_->Cycle(&pins);
  pins.reset = false;
  model_->Cycle(&pins);
  model_->Cycle(&pins);  // the buffers' ready bits are up
  pins.count = true;

  ReadChannel read(list, config_);
  size_t job_in = 0, job_out = 0;
  std::vector<OutputCursor> cursors;
  for (const Job& job : jobs) cursors.emplace_back(job, config_);
  const CauseCounts before = model_->Counts();
  const int read_cycles = options_.memory.ReadCycles(config_);
  int64_t read_time = options_.memory.latency, write_time = 0, progress = 0;
  int64_t t = 0;
  std::vector<int64_t> written(jobs.size() + 1);  // when the outputs of so many jobs are
  auto skip_silent = [&] {
    while (job_out < jobs.size() && cursors[job_out].done()) written[++job_out] = write_time;
  };
  skip_silent();
  auto counts = [&] { return Difference(model_->Counts(), before); };
  auto layer_end = [&](size_t layer) {
    return size_t(layer + 1 < parts.size() ? list.all.layer_starts[layer + 1] : int(jobs.size()));
  };
  std::vector<LayerEnd>& ends = result.cycles.layers;
  if (probe != nullptr) probe->Attach(*model_);
  for (; job_out < jobs.size() || t < write_time; t++) {
    if (probe != nullptr && !probe->Cycle(t)) break;
    while (ends.size() < parts.size() && job_out >= layer_end(ends.size()) &&
           t >= written[layer_end(ends.size())])
      ends.push_back({t, counts()});
    pins.job_valid = job_in < jobs.size() && !pauses_.Paused();
    if (pins.job_valid) pins.job = jobs[job_in].words.data();
    const size_t after = read.after_jobs();
    const bool stored = after == 0 || (job_out >= after && t >= written[after] + options_.memory.latency);
    const bool reads = !read.exhausted() && t >= read_time && stored && !pauses_.Paused();
    using Stream = ReadChannel::Stream;
    pins.line_valid = reads && read.stream() == Stream::kLines;
    pins.weight_valid = reads && read.stream() == Stream::kWeights;
    pins.param_valid = reads && read.stream() == Stream::kParams;
    if (reads) {
      pins.line = pins.weight = pins.param = read.word();
      pins.line_last = read.last();
    }
    pins.out_ready = t >= write_time && !pauses_.Paused();

    if (pins.job_valid && pins.job_ready) job_in++, progress = t;
    const bool taken = (pins.line_valid && pins.line_ready) || (pins.weight_valid && pins.weight_ready) ||
                       (pins.param_valid && pins.param_ready);
    const bool gives = pins.out_valid && pins.out_ready;
    if (gives) {
      if (job_out == jobs.size())
        throw Error("layer {}: the engine gives more outputs than the layer has", list.LayerName(job_out));
      OutputCursor& cursor = cursors[job_out];
      const Job& job = jobs[job_out];
      const int channels = job.ChannelsOf(cursor.group());
      if (pins.out_cols != channels)
        throw Error("layer {}: the engine gives {} channels where {} are due", list.LayerName(job_out),
                    pins.out_cols, channels);
      std::memcpy(&result.outputs[list.layers[job_out]].at(cursor.image(), cursor.y(), cursor.x(),
                                                           job.FirstChannel(cursor.group())),
                  pins.out.data(), size_t(channels));
      result.cycles.bytes_written += channels;
      write_time = t + options_.memory.WriteCycles(channels);
      cursor.Next();
      if (pins.out_final != cursor.done())
        throw Error("layer {}: the engine marks the wrong output as its job's last", list.LayerName(job_out));
      skip_silent();
      progress = t;
    }
    Cycle(&pins);
    if (taken) {
      read.Next();
      read_time = t + read_cycles;
      progress = t;
    }
    if (t - progress > 2000000 + options_.memory.latency)
      throw Error("layer {}: the engine has made no progress for {} cycles", list.LayerName(job_out),
                  t - progress);
  }
  while (ends.size() < parts.size()) ends.push_back({t, counts()});
  result.cycles.cycles = t;
  result.cycles.counts = counts();
  result.cycles.bytes_read = read.bytes();
  return result;
}

}  // namespace weft
