#include "sim/harness.hpp"

#include <algorithm>
#include <cstring>

#include "compiler/geometry.hpp"
#include "sw_model/error.hpp"

namespace weft {

// The read stream: the pieces of the schedule as bus words, each for one of the engine's streams.
class Harness::ReadChannel {
 public:
  enum class Stream { kParams, kWeights, kLines };

  ReadChannel(const std::vector<Job>& jobs, const ConvLayer& layer, const TensorI8& in, const Config& config)
      : jobs_(jobs), layer_(layer), in_(in), config_(config), schedule_(MakeSchedule(jobs, config)) {
    Load();
  }

  [[nodiscard]] bool exhausted() const { return exhausted_; }
  [[nodiscard]] Stream stream() const { return stream_; }
  [[nodiscard]] const uint8_t* word() const { return data_.data() + position_; }
  [[nodiscard]] bool last() const { return position_ + size_t(config_.bus_bytes) == data_.size(); }
  [[nodiscard]] int64_t bytes() const { return bytes_; }

  void Next() {
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
      const Job& job = jobs_[size_t(t.job)];
      const int part = part_++;
      if (t.kind == Transfer::Kind::kLines) {
        stream_ = Stream::kLines;
        LoadLine(job, t.first + part);
      } else if (part % 2 == 0) {
        stream_ = Stream::kParams;
        data_ = PackParameters(job, t.first + part / 2, layer_, config_);
      } else {
        stream_ = Stream::kWeights;
        data_ = PackWeights(job, t.first + part / 2, layer_, config_);
      }
      const int parts = t.kind == Transfer::Kind::kLines ? t.count : 2 * t.count;
      if (part_ == parts) {
        piece_++;
        part_ = 0;
      }
    }
    exhausted_ = data_.empty();
  }

  void LoadLine(const Job& job, int line) {
    const Job::Lines& l = job.lines;
    data_.assign(size_t(LinePitch(l.bytes, config_)), 0xa5);  // what pads a line to whole words must not matter
    if (l.bytes == 0) return;
    const int n = l.image0 + line / l.count, y = l.y0 + line % l.count;
    std::memcpy(data_.data(), in_.data.data() + in_.index(n, y, 0, 0) + size_t(l.offset), size_t(l.bytes));
  }

  const std::vector<Job>& jobs_;
  const ConvLayer& layer_;
  const TensorI8& in_;
  const Config& config_;
  std::vector<Transfer> schedule_;
  size_t piece_ = 0, position_ = 0;
  int part_ = 0;
  bool exhausted_ = false;
  Stream stream_ = Stream::kLines;
  std::vector<uint8_t> data_;
  int64_t bytes_ = 0;
};

Harness::Harness(const Config& config, const HarnessOptions& options, RtlModelPtr model)
    : config_(config), options_(options), model_(std::move(model)), random_(options.seed * 2 + 1) {}

uint64_t Harness::Random() {  // xorshift64*: the pauses must be the same everywhere
  random_ ^= random_ >> 12;
  random_ ^= random_ << 25;
  random_ ^= random_ >> 27;
  return random_ * 0x2545f4914f6cdd1dULL;
}

void Harness::Cycle(EnginePins* pins) {
  if (!options_.trace_file.empty()) {
    if (now_ == options_.trace_begin) model_->StartTrace(options_.trace_file);
    if (now_ == options_.trace_end && now_ > options_.trace_begin) model_->StopTrace();
  }
  model_->Cycle(pins);
  now_++;
}

RunResult Harness::Run(const std::vector<Job>& jobs, const ConvLayer& layer, const TensorI8& in, const Shape& out,
                       CycleProbe* probe) {
  RunResult result;
  result.output = TensorI8(out);
  EnginePins pins;
  pins.reset = true;
  // Nothing in the array is reset: its control flushes itself in as many cycles as it is wide and high.
  for (int i = 0; i < config_.rows + config_.cols + 16; i++) model_->Cycle(&pins);
  pins.reset = false;
  model_->Cycle(&pins);
  model_->Cycle(&pins);  // the buffers' ready bits are up
  pins.count = true;

  ReadChannel read(jobs, layer, in, config_);
  size_t job_in = 0, job_out = 0;
  std::vector<OutputCursor> cursors;
  for (const Job& job : jobs) cursors.emplace_back(job, config_);
  auto skip_silent = [&] {
    while (job_out < jobs.size() && cursors[job_out].done()) job_out++;
  };
  skip_silent();

  const CauseCounts before = model_->Counts();
  const int read_cycles = options_.memory.ReadCycles(config_);
  int64_t read_time = options_.memory.latency, write_time = 0, progress = 0;
  int64_t t = 0;
  if (probe != nullptr) probe->Attach(*model_);
  for (; job_out < jobs.size() || t < write_time; t++) {
    if (probe != nullptr && !probe->Cycle(t)) break;
    pins.job_valid = job_in < jobs.size() && !Paused();
    if (pins.job_valid) pins.job = jobs[job_in].words.data();
    const bool reads = !read.exhausted() && t >= read_time && !Paused();
    using Stream = ReadChannel::Stream;
    pins.line_valid = reads && read.stream() == Stream::kLines;
    pins.weight_valid = reads && read.stream() == Stream::kWeights;
    pins.param_valid = reads && read.stream() == Stream::kParams;
    if (reads) {
      pins.line = pins.weight = pins.param = read.word();
      pins.line_last = read.last();
    }
    pins.out_ready = t >= write_time && !Paused();

    if (pins.job_valid && pins.job_ready) job_in++, progress = t;
    const bool taken = (pins.line_valid && pins.line_ready) || (pins.weight_valid && pins.weight_ready) ||
                       (pins.param_valid && pins.param_ready);
    const bool gives = pins.out_valid && pins.out_ready;
    if (gives) {
      if (job_out == jobs.size()) throw Error("layer {}: the engine gives more outputs than the layer has", layer.name);
      OutputCursor& cursor = cursors[job_out];
      const Job& job = jobs[job_out];
      const int channels = job.ChannelsOf(cursor.group());
      if (pins.out_cols != channels)
        throw Error("layer {}: the engine gives {} channels where {} are due", layer.name, pins.out_cols, channels);
      std::memcpy(&result.output.at(cursor.image(), cursor.y(), cursor.x(), job.FirstChannel(cursor.group())),
                  pins.out.data(), size_t(channels));
      result.bytes_written += channels;
      write_time = t + options_.memory.WriteCycles(channels);
      cursor.Next();
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
      throw Error("layer {}: the engine has made no progress for {} cycles", layer.name, t - progress);
  }
  result.cycles = t;
  const CauseCounts after = model_->Counts();
  for (size_t i = 0; i < kCauses; i++) result.counts[i] = after[i] - before[i];
  result.bytes_read = read.bytes();
  return result;
}

}  // namespace weft
