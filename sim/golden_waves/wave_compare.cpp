// SPDX-License-Identifier: Apache-2.0
#include "sim/golden_waves/wave_compare.hpp"

#include <algorithm>
#include <chrono>

#include "sim/golden_waves/wave_lanes.hpp"
#include "sw_model/error.hpp"

namespace weft {
namespace {

constexpr int64_t kCountedAfter = 1000;  // cycles after the first difference

int64_t Masked(int64_t value, int bits) { return bits == 64 ? value : value & ((int64_t{1} << bits) - 1); }

int64_t Extended(int64_t masked, int bits, bool is_signed) {
  return is_signed && bits < 64 && (masked >> (bits - 1) & 1) != 0 ? masked - (int64_t{1} << bits) : masked;
}

class Comparer : public CycleProbe {
 public:
  struct Recording {
    int64_t begin = 0, end = 0;  // cycles to keep
    int row = 0, col = 0;        // the processing element to keep
  };

  Comparer(WavePredictor* predictor, const Config& config, int64_t fine_from, const Recording& recording)
      : predictor_(*predictor),
        config_(config),
        specs_(WaveStreams(config)),
        fine_from_(fine_from),
        recording_(recording) {
    expected_.assign(specs_.size(), 0);
    places_.resize(specs_.size());
  }

  void Attach(const RtlModel& model) override {
    for (const StreamSpec& spec : specs_) {
      data_.push_back(FindLanes(model, spec, config_));
      sampled_.emplace_back(data_.back().size(), false);
    }
    StartRecording();
  }

  bool Cycle(int64_t cycle) override {
    if (first_ && cycle > first_->cycle + kCountedAfter) return false;
    const bool fine = fine_from_ >= 0 && cycle >= fine_from_;
    candidate_.reset();
    for (size_t i = 0; i < specs_.size(); i++)
      if (specs_[i].kind == StreamKind::kPulse) expected_[i] = 0, places_[i] = {};
    const bool records = cycle >= recording_.begin && cycle < recording_.end;
    if (records) RecordRtl();
    for (const WaveSample& sample : predictor_.Cycle(cycle, fine)) {
      const StreamSpec& spec = specs_[size_t(sample.id)];
      if (spec.kind == StreamKind::kSample) {
        Compare(cycle, sample);
        if (records) RecordGolden(spec, sample.lane, sample.value);
      } else {
        expected_[size_t(sample.id)] = sample.value;
        places_[size_t(sample.id)] = sample.place;
      }
    }
    for (size_t i = 0; i < specs_.size(); i++) {
      if (specs_[i].kind == StreamKind::kSample) continue;
      Compare(cycle, {StreamId(i), 0, expected_[i], places_[i]});
      if (records) RecordGolden(specs_[i], 0, expected_[i]);
    }
    if (candidate_ && !first_) first_ = candidate_;
    return true;
  }

  // One for each lane of each signal.
  [[nodiscard]] std::vector<bool> streams() const {
    std::vector<bool> sampled;
    for (size_t i = 0; i < data_.size(); i++)
      if (!specs_[i].fine || fine_from_ >= 0)
        sampled.insert(sampled.end(), sampled_[i].begin(), sampled_[i].end());
    return sampled;
  }
  [[nodiscard]] int64_t samples() const { return samples_; }
  [[nodiscard]] int64_t differences() const { return differences_; }
  [[nodiscard]] const std::optional<WaveDifference>& first() const { return first_; }
  [[nodiscard]] const WaveWindow& window() const { return window_; }
  [[nodiscard]] const StreamSpec& Spec(StreamId id) const { return specs_[size_t(id)]; }

 private:
  void Compare(int64_t cycle, const WaveSample& sample) {
    const StreamSpec& spec = specs_[size_t(sample.id)];
    const WaveLane& lane = data_[size_t(sample.id)][size_t(sample.lane)];
    const auto got = int64_t(ReadBits(lane.data, lane.lsb, spec.bits));
    sampled_[size_t(sample.id)][size_t(sample.lane)] = true;
    samples_++;
    if (got == Masked(sample.value, spec.bits)) return;
    differences_++;
    // The first cycle counts; in it the signal that comes first in the dataflow.
    if (first_ || (candidate_ && candidate_->expected.id <= sample.id)) return;
    WaveDifference d;
    d.cycle = cycle;
    d.expected = sample;
    d.expected.value = Extended(Masked(sample.value, spec.bits), spec.bits, spec.is_signed);
    d.got = Extended(got, spec.bits, spec.is_signed);
    d.scope = ScopeOf(spec, sample.lane, config_);
    d.signal = NameOf(spec, sample.lane, config_);
    d.lane = spec.lanes > 1 && !HasInstances(spec) ? sample.lane : -1;
    d.lane_is = spec.lane_is;
    d.lane_bits = spec.bits;
    d.module = ModuleOf(spec, sample.lane, config_);
    candidate_ = d;
  }

  // Whole signals for the waveform files; of the array only one processing element.
  void StartRecording() {
    window_.begin = recording_.begin;
    for (const StreamSpec& spec : specs_) {
      auto& slots = slots_.emplace_back(size_t(spec.lanes), -1);
      for (int lane = 0; lane < spec.lanes; lane++) {
        const bool instance = HasInstances(spec);
        const bool pe = spec.scope.find("{row}") != std::string::npos;
        if (pe && lane != recording_.row * config_.cols + recording_.col) continue;
        if (lane > 0 && !instance) {
          slots[size_t(lane)] = slots[0];
          continue;
        }
        slots[size_t(lane)] = int(window_.signals.size());
        const int packed = instance ? 1 : spec.lanes;
        window_.signals.push_back({ScopeOf(spec, lane, config_),
                                   NameOf(spec, lane, config_),
                                   spec.signal_bits,
                                   {},
                                   {},
                                   packed,
                                   spec.lane_is,
                                   spec.is_signed});
        sources_.push_back(data_[slots_.size() - 1][size_t(lane)].data);
      }
    }
  }

  void RecordRtl() {
    for (size_t i = 0; i < window_.signals.size(); i++) {
      WaveSignal& signal = window_.signals[i];
      std::string bits(size_t(signal.bits), '0');
      for (int b = 0; b < signal.bits; b++)
        if ((sources_[i][b / 8] >> (b % 8) & 1) != 0) bits[size_t(signal.bits - 1 - b)] = '1';
      signal.rtl.push_back(bits);
      signal.golden.emplace_back(size_t(signal.bits), 'x');
    }
  }

  void RecordGolden(const StreamSpec& spec, int lane, int64_t value) {
    const int slot = slots_[size_t(spec.id)][size_t(lane)];
    if (slot < 0) return;
    WaveSignal& signal = window_.signals[size_t(slot)];
    const int lsb = HasInstances(spec) ? 0 : lane * spec.bits;
    for (int b = 0; b < spec.bits; b++)
      signal.golden.back()[size_t(signal.bits - 1 - lsb - b)] = (value >> b & 1) != 0 ? '1' : '0';
  }

  WavePredictor& predictor_;
  const Config& config_;
  std::vector<StreamSpec> specs_;
  int64_t fine_from_;
  Recording recording_;
  std::vector<std::vector<WaveLane>> data_;  // of the streams
  std::vector<std::vector<bool>> sampled_;   // ... whether something was compared
  std::vector<int64_t> expected_;            // of pulses and levels in this cycle
  std::vector<WavePlace> places_;
  int64_t samples_ = 0, differences_ = 0;
  std::optional<WaveDifference> candidate_, first_;
  WaveWindow window_;
  std::vector<std::vector<int>> slots_;  // stream, lane -> window_.signals
  std::vector<const uint8_t*> sources_;
};

// Puts a difference into the words of the network, and names what fed it.
void Explain(const WavePredictor& predictor, const WaveCase& s, WaveDifference* d) {
  const WavePlace& p = d->expected.place;
  d->job = p.job;
  if (p.job < 0) return;
  const WaveOperands& operands = predictor.operands();
  if (p.tile >= 0 && p.row >= 0) {
    const WavePixel pixel = operands.PixelOf(p);
    d->n = pixel.n, d->y = pixel.y, d->x = pixel.x;
  }
  if (p.group >= 0 && p.col >= 0) d->k = operands.ChannelOf(p);
  if (p.beat >= 0 && p.group >= 0) {
    const WaveTap tap = operands.TapOf(p);
    d->ky = tap.ky, d->kx = tap.kx, d->c = tap.c;
  }
  const bool fed = p.beat >= 0 && p.group >= 0;
  if (fed && p.row >= 0) d->fed_by.emplace_back("act", operands.ActOf(p));
  if (fed && p.col >= 0) d->fed_by.emplace_back("wgt", operands.WgtOf(p));
  const bool real = d->k >= 0 && p.col < s.jobs[size_t(p.job)].ChannelsOf(p.group);
  if (p.beat < 0 && real) {  // on the output path
    d->fed_by.emplace_back("bias", s.layer.bias[size_t(d->k)]);
    d->fed_by.emplace_back("mult", s.layer.requant.multiplier[size_t(d->k)]);
    d->fed_by.emplace_back("shift", s.layer.requant.shift[size_t(d->k)]);
    d->fed_by.emplace_back("output_zp", s.layer.requant.output_zp);
    d->fed_by.emplace_back("clamp_lo", s.layer.requant.clamp_lo);
    d->fed_by.emplace_back("clamp_hi", s.layer.requant.clamp_hi);
  }
}

}  // namespace

WaveReport CompareWaves(const ConvLayer& layer, const TensorI8& in, const Config& config,
                        const WaveOptions& options) {
  const WaveCase s = PrepareWaves(layer, in, config, options.memory);
  WaveReport report;
  auto run = [&](Comparer* comparer) {
    HarnessOptions harness_options;
    harness_options.memory = options.memory;
    Harness harness(config, harness_options, LoadRtlModel(config, comparer != nullptr));
    try {
      report.cycles = harness.Run(s.jobs, s.layer, s.in, s.out, comparer).cycles;
    } catch (const Error& e) {
      report.stopped = e.what();
    }
  };

  using Clock = std::chrono::steady_clock;
  auto since = [](Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  if (options.time) {
    const auto start = Clock::now();
    run(nullptr);
    report.plain_seconds = since(start);
  }
  const auto start = Clock::now();
  WavePredictor predictor(s.jobs, s.layer, s.in, config, options.memory);
  Comparer all(&predictor, config, -1, {0, options.keep_window ? options.window : 0, 0, 0});
  run(&all);
  report.seconds = since(start);
  report.streams = all.streams();
  report.samples = all.samples();
  report.differences = all.differences();
  report.window = all.window();
  if (!all.first()) {
    if (!report.stopped.empty()) throw Error("{}", report.stopped);
    return report;
  }

  // Once more, up to the difference: a beat that went wrong in the array shows in its sum only at the end of
  // the tile.
  const WavePlace& place = all.first()->expected.place;
  const int64_t reach =
      place.job < 0 ? 0 : int64_t{s.jobs[size_t(place.job)].reduction.length()} * config.rows;
  const int64_t fine_from = std::max<int64_t>(0, all.first()->cycle - 4 * reach - 500);
  WavePredictor again(s.jobs, s.layer, s.in, config, options.memory);
  Comparer exact(&again, config, fine_from, {0, 0, 0, 0});
  run(&exact);
  report.first = exact.first() ? exact.first() : all.first();
  Explain(again, s, &*report.first);

  const WavePlace& at = report.first->expected.place;
  const int64_t begin = std::max<int64_t>(0, report.first->cycle - options.window / 2);
  WavePredictor last(s.jobs, s.layer, s.in, config, options.memory);
  Comparer recorder(&last, config, fine_from,
                    {begin, begin + options.window, std::max(at.row, 0), std::max(at.col, 0)});
  run(&recorder);
  report.window = recorder.window();
  for (size_t i = 0; i < report.window.signals.size(); i++)
    if (report.window.signals[i].scope == report.first->scope &&
        report.window.signals[i].name == report.first->signal)
      report.focus = {i, report.first->cycle, "", report.first->lane};
  return report;
}

}  // namespace weft
