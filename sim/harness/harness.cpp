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
      const Job& job = list_.all.jobs[t.job];
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

// One run of a chain: what the engine is given and what it gives, cycle by cycle.
class Harness::ChainRun {
 public:
  ChainRun(const std::vector<ChainPart>& parts, Harness* harness)
      : harness_(*harness),
        config_(harness->config_),
        memory_(harness->options_.memory),
        parts_(parts),
        list_(parts),
        jobs_(list_.all.jobs),
        read_(list_, config_),
        read_cycles_(memory_.ReadCycles(config_)),
        read_time_(memory_.latency),
        written_(jobs_.size() + 1) {
    for (const ChainPart& part : parts) result_.outputs.emplace_back(part.out);
    for (const Job& job : jobs_) cursors_.emplace_back(job, config_);
    SkipSilentJobs();
  }

  ChainResult Run(CycleProbe* probe) {
    Reset();
    before_ = harness_.model_->Counts();
    if (probe != nullptr) probe->Attach(*harness_.model_);
    for (; job_out_ < jobs_.size() || t_ < write_time_; t_++) {
      if (probe != nullptr && !probe->Cycle(t_)) break;
      EndLayers();
      SetPins();
      const bool taken = TakesWord();
      if (pins_.job_valid && pins_.job_ready) job_in_++, progress_ = t_;
      if (pins_.out_valid && pins_.out_ready) TakeOutput();
      harness_.Cycle(&pins_);
      if (taken) NextWord();
      CheckProgress();
    }
    while (ends().size() < parts_.size()) ends().push_back({t_, Counts()});
    result_.cycles.cycles = t_;
    result_.cycles.counts = Counts();
    result_.cycles.bytes_read = read_.bytes();
    return std::move(result_);
  }

 private:
  using Stream = ReadChannel::Stream;

  // Nothing in the array is reset: its control flushes itself in as many cycles as it is wide and high.
  void Reset() {
    RtlModel& model = *harness_.model_;
    pins_.reset = true;
    for (int i = 0; i < config_.rows + config_.cols + 16; i++) model.Cycle(&pins_);
    pins_.reset = false;
    model.Cycle(&pins_);
    model.Cycle(&pins_);  // the buffers' ready bits are up
    pins_.count = true;
  }

  [[nodiscard]] CauseCounts Counts() const { return Difference(harness_.model_->Counts(), before_); }
  [[nodiscard]] std::vector<LayerEnd>& ends() { return result_.cycles.layers; }

  // The layers whose outputs are all written by now.
  void EndLayers() {
    while (ends().size() < parts_.size()) {
      const size_t next = ends().size() + 1;
      const size_t jobs = next < parts_.size() ? size_t(list_.all.layer_starts[next]) : jobs_.size();
      if (job_out_ < jobs || t_ < written_[jobs]) return;
      ends().push_back({t_, Counts()});
    }
  }

  void SetPins() {
    pins_.job_valid = job_in_ < jobs_.size() && !harness_.pauses_.Paused();
    if (pins_.job_valid) pins_.job = jobs_[job_in_].words.data();
    const size_t after = read_.after_jobs();
    const bool stored = after == 0 || (job_out_ >= after && t_ >= written_[after] + memory_.latency);
    const bool reads = !read_.exhausted() && t_ >= read_time_ && stored && !harness_.pauses_.Paused();
    pins_.line_valid = reads && read_.stream() == Stream::kLines;
    pins_.weight_valid = reads && read_.stream() == Stream::kWeights;
    pins_.param_valid = reads && read_.stream() == Stream::kParams;
    if (reads) {
      pins_.line = pins_.weight = pins_.param = read_.word();
      pins_.line_last = read_.last();
    }
    pins_.out_ready = t_ >= write_time_ && !harness_.pauses_.Paused();
  }

  [[nodiscard]] bool TakesWord() const {
    return (pins_.line_valid && pins_.line_ready) || (pins_.weight_valid && pins_.weight_ready) ||
           (pins_.param_valid && pins_.param_ready);
  }

  void NextWord() {
    read_.Next();
    read_time_ = t_ + read_cycles_;
    progress_ = t_;
  }

  // A pixel of a column group.
  void TakeOutput() {
    const std::string& layer = list_.LayerName(job_out_);
    if (job_out_ == jobs_.size())
      throw Error("layer {}: the engine gives more outputs than the layer has", layer);
    OutputCursor& cursor = cursors_[job_out_];
    const Job& job = jobs_[job_out_];
    const int channels = job.ChannelsOf(cursor.group());
    if (pins_.out_cols != channels)
      throw Error("layer {}: the engine gives {} channels where {} are due", layer, pins_.out_cols, channels);
    std::memcpy(&result_.outputs[list_.layers[job_out_]].at(cursor.image(), cursor.y(), cursor.x(),
                                                            job.FirstChannel(cursor.group())),
                pins_.out.data(), size_t(channels));
    result_.cycles.bytes_written += channels;
    write_time_ = t_ + memory_.WriteCycles(channels);
    cursor.Next();
    if (pins_.out_final != cursor.done())
      throw Error("layer {}: the engine marks the wrong output as its job's last", layer);
    SkipSilentJobs();
    progress_ = t_;
  }

  // Jobs without outputs, or without further ones, are written with the last one.
  void SkipSilentJobs() {
    while (job_out_ < jobs_.size() && cursors_[job_out_].done()) written_[++job_out_] = write_time_;
  }

  void CheckProgress() const {
    if (t_ - progress_ > 2000000 + memory_.latency)
      throw Error("layer {}: the engine has made no progress for {} cycles", list_.LayerName(job_out_),
                  t_ - progress_);
  }

  Harness& harness_;
  const Config& config_;
  const Memory& memory_;
  const std::vector<ChainPart>& parts_;
  const JobList list_;
  const std::vector<Job>& jobs_;
  ReadChannel read_;
  ChainResult result_;
  EnginePins pins_;
  std::vector<OutputCursor> cursors_;   // one a job
  CauseCounts before_{};                // what the model has counted before this run
  size_t job_in_ = 0, job_out_ = 0;     // the next job that is given, whose next output comes
  int64_t t_ = 0;                       // cycle
  int64_t read_cycles_;                 // from one word of the memory to the next
  int64_t read_time_, write_time_ = 0;  // from when on the memory can
  int64_t progress_ = 0;                // when something was taken last
  std::vector<int64_t> written_;        // when the outputs of so many jobs are
};

ChainResult Harness::RunChain(const std::vector<ChainPart>& parts, CycleProbe* probe) {
  return ChainRun(parts, this).Run(probe);
}

}  // namespace weft
