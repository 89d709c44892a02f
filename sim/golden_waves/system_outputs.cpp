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
  while (!cursor_ || cursor_->done()) {
    if (++job_ == int(program.jobs.size())) return false;
    cursor_.emplace(program.jobs[size_t(job_)], case_.config);
    while (layer_ + 1 < int(program.layers.size()) && program.layers[size_t(layer_) + 1].first_job <= job_)
      layer_++;
  }
  const Job& job = program.jobs[size_t(job_)];
  const Window& pool = program.stores[size_t(job_)].pool;
  const bool adds = program.stores[size_t(job_)].add.has_value();
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
  pixel_ = pixels_ && adds ? (pixel_ + 1) % job.window : 0;
  if (pixel_ == 0) cursor_->Next();
  output->final = pixel_ == 0 && cursor_->done();
  return true;
}

SystemValues::SystemValues(const SystemCase& c) : case_(c) {
  for (const LoweredLayer& layer : c.segment.layers) {
    Sum& sum = sums_.emplace_back();
    if (!layer.add) continue;  // the engine's outputs are the layer's
    ConvLayer conv = layer.conv;
    conv.max_pool.reset();  // behind the addition
    sum.engine = ConvFast(c.tensors[size_t(layer.in)], conv);
    const AddLayer& add = layer.add->add;
    sum.tables = {golden::AddTable(add.zp1, add.mult1, add.shift1),
                  golden::AddTable(add.zp2, add.mult2, add.shift2)};
    if (!layer.add->outputs_first) std::swap(sum.tables[0], sum.tables[1]);
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
  return store.add ? InWindow(sums_[size_t(o.place.layer)].engine, o, store.pool) : Output(o);
}

std::vector<int8_t> SystemValues::Residual(const SystemOutput& o) const {
  const std::optional<int> tensor = case_.segment.layers[size_t(o.place.layer)].add->residual;
  if (!tensor) return std::vector<int8_t>(size_t(o.channels));
  return InWindow(case_.tensors[size_t(*tensor)], o, case_.program().stores[size_t(o.place.job)].pool);
}

uint32_t SystemValues::ResidualOffset(const SystemOutput& o) const {
  const Job& job = case_.program().jobs[size_t(o.place.job)];
  const Store& store = case_.program().stores[size_t(o.place.job)];
  const int channels = store.residual.shape.c;
  const ResidualBox box = ResidualOf(job, store.pool, channels, case_.config);
  const int64_t line =
      int64_t{o.place.n - job.lines.image0} * box.rows + (o.place.y - job.oy0) * box.step + o.wy;
  const int64_t x = (o.place.x - job.ox0) * store.pool.stride_w + o.wx;
  return uint32_t(box.first + line * box.pitch + x * channels + (o.place.k - job.k0));
}

std::vector<int32_t> SystemValues::TableSums(const SystemOutput& o) const {
  const auto& tables = sums_[size_t(o.place.layer)].tables;
  const std::vector<int8_t> pixel = Pixel(o), residual = Residual(o);
  std::vector<int32_t> sums;
  for (size_t i = 0; i < pixel.size(); i++)
    sums.push_back(
        int32_t(uint32_t(tables[0][uint8_t(pixel[i])]) + uint32_t(tables[1][uint8_t(residual[i])])));
  return sums;
}

std::vector<int8_t> SystemValues::Sums(const SystemOutput& o) const {
  const AddLayer& add = case_.segment.layers[size_t(o.place.layer)].add->add;
  std::vector<int8_t> sums;
  for (const int32_t sum : TableSums(o))
    sums.push_back(
        golden::Requantize(sum, add.mult_out, add.shift_out, add.zp_out, add.clamp_lo, add.clamp_hi));
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
  fragment->final = output_.final && done_ == bytes_.size();
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
