// SPDX-License-Identifier: Apache-2.0
#include "sim/golden_waves/system_outputs.hpp"

#include <algorithm>
#include <utility>

#include "compiler/residual.hpp"
#include "sim/golden_waves/system_signals.hpp"
#include "sw_model/golden/golden_fast.hpp"

namespace weft {

bool SystemOutputs::Next(SystemOutput* output) {
  const Program& program = case_.program();
  while (!walk_ && (!cursor_ || cursor_->done())) {
    if (++job_ == int(program.jobs.size())) return false;
    cursor_.emplace(program.jobs[size_t(job_)], case_.config);
    if (program.stores[size_t(job_)].depthwise && of_ != Of::kEngine) {
      walk_ = Walk{};  // not emplace: clang 14 does not know yet that it is an aggregate
      cursor_.reset();
    }
    while (layer_ + 1 < int(program.layers.size()) && program.layers[size_t(layer_) + 1].first_job <= job_)
      layer_++;
  }
  const Job& job = program.jobs[size_t(job_)];
  const Window& pool = program.stores[size_t(job_)].pool;
  const bool adds = program.stores[size_t(job_)].add.has_value();
  if (walk_) {
    NextOfWalk(job, program.stores[size_t(job_)], output);
    return true;
  }
  output->place = {};
  output->place.layer = layer_;
  output->place.job = job_;
  output->place.n = cursor_->image();
  output->place.y = cursor_->y();
  output->place.x = cursor_->x();
  output->place.k = job.FirstChannel(cursor_->group());
  output->channels = job.ChannelsOf(cursor_->group());
  output->wy = pixel_ / pool.kw;
  output->wx = pixel_ % pool.kw;
  pixel_ = of_ != Of::kMemory && adds ? (pixel_ + 1) % job.window : 0;
  const int64_t row = int64_t{output->place.n - job.lines.image0} * job.rows + output->place.y - job.oy0;
  output->mark = pixel_ == 0 && cursor_->group() == job.groups - 1 &&
                 cursor_->x() == job.ox0 + job.cols - 1 &&
                 EndsWithMark(job, program.stores[size_t(job_)], row);
  if (pixel_ == 0) cursor_->Next();
  output->final = pixel_ == 0 && cursor_->done();
  return true;
}

void SystemOutputs::NextOfWalk(const Job& job, const Store& store, SystemOutput* output) {
  const DepthwiseWalk& depthwise = *store.depthwise;
  Walk& at = *walk_;
  output->place = {};
  output->place.layer = layer_;
  output->place.job = job_;
  output->place.n = job.lines.image0 + at.image;
  output->place.y = at.row;
  output->place.x = at.col;
  output->place.k = job.FirstChannel(at.group);
  output->channels = job.ChannelsOf(at.group);
  output->wy = output->wx = 0;
  output->mark = false;
  if (++at.col == depthwise.out_cols) at.col = 0, at.group++;
  if (at.group == depthwise.groups) {
    output->mark = EndsWithMark(job, store, int64_t{at.image} * depthwise.out_rows + at.row);
    at.group = 0, at.row++;
  }
  if (at.row == depthwise.out_rows) at.row = 0, at.image++;
  output->final = at.image == depthwise.images;
  if (output->final) walk_.reset();
}

SystemValues::SystemValues(const SystemCase& c) : case_(c) {
  for (const LoweredLayer& layer : c.segment.layers) {
    TensorI8& engine = engine_.emplace_back();
    if (!layer.add && !layer.depthwise) continue;  // the engine's outputs are the layer's
    ConvLayer conv = layer.conv;
    conv.max_pool.reset();  // behind an addition
    engine = ConvFast(c.tensors[size_t(layer.in)], conv);
  }
}

namespace {

// The channels of an output at its place in a pooling window behind an addition.
std::vector<int8_t> InWindow(const TensorI8& tensor, const SystemOutput& o, const Window& pool) {
  const int8_t* first =
      &tensor.at(o.place.n, o.place.y * pool.stride_h + o.wy, o.place.x * pool.stride_w + o.wx, o.place.k);
  return {first, first + o.channels};
}

}  // namespace

std::vector<int8_t> SystemValues::Pixel(const SystemOutput& o) const {
  const Store& store = case_.program().stores[size_t(o.place.job)];
  return store.add || store.depthwise ? InWindow(engine_[size_t(o.place.layer)], o, store.pool) : Output(o);
}

std::vector<int8_t> SystemValues::Residual(const SystemOutput& o) const {
  const std::optional<int> tensor = case_.segment.layers[size_t(o.place.layer)].add->residual;
  if (!tensor) return std::vector<int8_t>(size_t(o.channels));
  return InWindow(case_.tensors[size_t(*tensor)], o, case_.program().stores[size_t(o.place.job)].pool);
}

uint32_t SystemValues::ResidualOffset(const SystemOutput& o) const {
  const Job& job = case_.program().jobs[size_t(o.place.job)];
  const Store& store = case_.program().stores[size_t(o.place.job)];
  const int channels = store.residual->shape.c;
  const ResidualBox box = ResidualOf(job, store.pool, channels, case_.config);
  const int64_t line =
      int64_t{o.place.n - job.lines.image0} * box.rows + (o.place.y - job.oy0) * box.step + o.wy;
  const int64_t x = (o.place.x - job.ox0) * store.pool.stride_w + o.wx;
  return uint32_t(box.first + line * box.pitch + x * channels + (o.place.k - job.k0));
}

std::vector<int32_t> SystemValues::TableSums(const SystemOutput& o) const {
  const SumLayer& sum = SumOf(o);
  const std::vector<int8_t> pixel = Pixel(o), residual = Residual(o);
  std::vector<int32_t> sums;
  for (size_t i = 0; i < pixel.size(); i++)
    sums.push_back(
        int32_t(uint32_t(sum.first[uint8_t(pixel[i])]) + uint32_t(sum.second[uint8_t(residual[i])])));
  return sums;
}

std::vector<int8_t> SystemValues::Sums(const SystemOutput& o) const {
  if (case_.program().stores[size_t(o.place.job)].depthwise) return Output(o);
  const RescaleLayer& r = SumOf(o).output;
  std::vector<int8_t> sums;
  for (const int32_t sum : TableSums(o))
    sums.push_back(
        golden::Requantize(sum, r.multiplier, r.shift, r.output_zp, r.clamp_lo, r.clamp_hi, r.rounding));
  return sums;
}

std::vector<int8_t> SystemValues::Output(const SystemOutput& o) const {
  const Target& to = case_.segment.layers[size_t(o.place.layer)].out;
  const int8_t* first =
      &case_.tensors[size_t(to.tensor)].at(o.place.n, o.place.y * to.factor_h + to.phase_y,
                                           o.place.x * to.factor_w + to.phase_x, to.channel + o.place.k);
  return {first, first + o.channels};
}

uint32_t SystemValues::Offset(const SystemOutput& o) const {
  return case_.program().stores[size_t(o.place.job)].At(o.place.n, o.place.y, o.place.x, o.place.k);
}

bool SystemFragments::Next(SystemFragment* fragment) {
  if (done_ == bytes_.size()) {
    if (!outputs_.Next(&output_)) return false;
    bytes_ = values_.Output(output_);
    offset_ = base_ + values_.Offset(output_);
    done_ = 0;
  }
  const auto bus = uint64_t(config_.bus_bytes);
  *fragment = {};
  fragment->place = output_.place;
  fragment->place.k += int(done_);
  fragment->word = offset_ / bus;
  for (; done_ < bytes_.size() && offset_ / bus == fragment->word; done_++, offset_++) {
    fragment->data[offset_ % bus] = uint8_t(bytes_[done_]);
    fragment->strobe |= uint64_t{1} << offset_ % bus;
  }
  fragment->final = output_.mark && done_ == bytes_.size();
  fragment->same = has_before_ && fragment->word == before_word_;
  fragment->next = has_before_ && fragment->word == before_word_ + 1;
  has_before_ = !fragment->final;
  before_word_ = fragment->word;
  return true;
}

SystemBeats::SystemBeats(const SystemCase& c, const SystemValues& values, uint64_t base)
    : fragments_(c, values, base),
      has_ahead_(fragments_.Next(&ahead_)),
      max_beats_(uint64_t(SystemMaxBeats(c.config))) {}

bool SystemBeats::Next(SystemBeat* beat) {
  if (!has_ahead_) return false;
  static_cast<SystemFragment&>(*beat) = ahead_;
  while ((has_ahead_ = fragments_.Next(&ahead_)) && !beat->final && ahead_.word == beat->word) {
    for (size_t i = 0; i < beat->data.size(); i++)
      if ((ahead_.strobe >> i & 1) != 0) beat->data[i] = ahead_.data[i];
    beat->strobe |= ahead_.strobe;
    beat->final = ahead_.final;
  }
  if (burst_len_ < 0) burst_word_ = beat->word;
  burst_len_++;
  beat->last = beat->final || ahead_.word != beat->word + 1 || ahead_.word % max_beats_ == 0;
  beat->burst_word = burst_word_;
  beat->burst_len = burst_len_;
  if (beat->last) burst_len_ = -1;
  return true;
}

}  // namespace weft
