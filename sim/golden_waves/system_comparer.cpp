// SPDX-License-Identifier: Apache-2.0
#include "sim/golden_waves/system_comparer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "sw_model/error.hpp"

namespace weft {
namespace {

constexpr int64_t kBefore = -1;          // a cycle before the run
constexpr int64_t kCountedAfter = 1000;  // cycles after the first difference

uint64_t Bits(const uint8_t* bytes, size_t size, int lsb, int bits) {
  uint64_t value = 0;
  for (int b = 0; b < bits; b++) {
    const auto byte = size_t(lsb + b) / 8;
    if (byte < size) value |= uint64_t(bytes[byte] >> ((lsb + b) % 8) & 1) << b;
  }
  return value;
}

std::string NumberText(uint64_t value, const SystemField& field) {
  if (field.is_signed)
    return fmt::format("{}", int64_t(value) - (int64_t(value >> (field.bits - 1) & 1) << field.bits));
  return field.bits >= 24 ? fmt::format("{:#x}", value) : fmt::format("{}", value);
}

}  // namespace

SystemComparer::SystemComparer(const SystemModel& model, const Config& config, SystemPredictor* predictor,
                               int64_t begin, int64_t end)
    : predictor_(*predictor), record_begin_(begin), record_end_(end) {
  window_.begin = begin;
  begins_ = Find(model, {{"weft_top.u_core.u_control", "begins_o"}, 1});
  for (SystemStream& stream : SystemStreams(config)) {
    Watch w;
    if (!stream.valid.name.empty()) w.valid = Find(model, {stream.valid, 1});
    if (!stream.ready.name.empty()) w.ready = Find(model, {stream.ready, 1});
    for (const auto& taker : stream.takers) w.takers.push_back(Find(model, {taker.ready, 1}));
    for (const auto& field : stream.fields) w.fields.push_back(Find(model, field));
    w.ready_before.resize(w.takers.size());
    w.ready_earlier.resize(w.takers.size());
    w.ready_first.resize(w.takers.size());
    w.stream = std::move(stream);
    watches_.push_back(std::move(w));
  }
}

SystemComparer::Signal SystemComparer::Find(const SystemModel& model, const SystemField& field) {
  const SystemSignal& signal = field.signal;
  const uint8_t* data = model.Find(signal.scope, signal.name);
  if (data == nullptr)
    throw Error("the RTL model has no signal {}.{}; build it again", signal.scope, signal.name);
  const auto [slot, added] = slots_.try_emplace(signal.scope + "." + signal.name, recorded_.size());
  if (added) {
    window_.signals.push_back({signal.scope, signal.name, field.bits * field.lanes, {}, {}});
    recorded_.push_back(data);
  }
  // Of a signal that several streams use, the finest view.
  WaveSignal& recorded = window_.signals[slot->second];
  if (added || field.lanes > recorded.lanes || (field.lanes == recorded.lanes && field.is_signed)) {
    recorded.lanes = field.lanes;
    recorded.lane_is = field.lane_is;
    recorded.is_signed = field.is_signed;
  }
  return {data, slot->second};
}

void SystemComparer::Cycle(int64_t now) {
  if (begins_before_) origin_ = now;
  begins_before_ = begins_.data[0] != 0 && !origin_;
  const int64_t cycle = origin_ ? now - *origin_ : kBefore;
  if (first_ && cycle > first_->cycle + kCountedAfter) throw Stopped{};
  const bool records = cycle >= record_begin_ && cycle < record_end_;
  if (records) Record();
  candidates_.clear();
  // What is left after the end is the interrupt.
  for (size_t i = 0; i < watches_.size(); i++)
    if (!ended_ || watches_[i].stream.id == SystemStreamId::kInterrupt) Compare(i, cycle);
  ended_ = ended_ || watches_[size_t(SystemStreamId::kDone)].next > 0;
  differences_ += int64_t(candidates_.size());
  if (first_ || candidates_.empty()) return;
  // The first one in the dataflow that is its giver's; else the last one that is held back: it holds back
  // those before it.
  const auto given = std::ranges::find(candidates_, false, &Candidate::of_taker);
  first_ = given != candidates_.end() ? given->difference : candidates_.back().difference;
}

bool SystemComparer::Hands(const Watch& w) {
  switch (w.stream.kind) {
    case SystemStream::Kind::kHandshake:
      return w.valid.data[0] != 0 && w.ready.data[0] != 0;
    case SystemStream::Kind::kPulse:
      return w.valid.data[0] != 0;
    case SystemStream::Kind::kRise:
      return w.valid.data[0] != 0 && !w.valid_before;
    case SystemStream::Kind::kSample:
      return false;
    case SystemStream::Kind::kChange:
      break;
  }
  return Bits(w.fields[0].data, 8, 0, w.stream.fields[0].bits) != w.value_before;
}

const SystemTransfer& SystemComparer::Ahead(Watch* w) {
  if (!w->ahead) w->ahead = predictor_.Next(w->stream.id);
  return *w->ahead;
}

void SystemComparer::Compare(size_t index, int64_t cycle) {
  Watch& w = watches_[index];
  const std::vector<int64_t>& times = predictor_.Times(w.stream.id);
  const bool has_next = w.next < int64_t(times.size());
  const bool due = has_next && cycle == times[size_t(w.next)];
  const bool hands = w.stream.kind == SystemStream::Kind::kSample ? due : Hands(w);
  if (due && cycle >= record_begin_ && cycle < record_end_) RecordTransfer(&w);
  if (hands && tap) {
    std::vector<const uint8_t*> fields;
    for (const Signal& field : w.fields) fields.push_back(field.data);
    tap(index, cycle, fields);
  }
  if (hands && has_next) {
    if (cycle < times[size_t(w.next)]) BlameFor(index, cycle, false);
    CompareFields(index, cycle, Ahead(&w));
    w.ahead.reset();
    w.next++;
  } else if (hands || due) {
    BlameFor(index, cycle, due);
  } else if (has_next && w.stream.kind == SystemStream::Kind::kHandshake && w.valid.data[0] != 0) {
    CompareFields(index, cycle, Ahead(&w));  // it is offered
  }
  w.valid_before = w.valid.data != nullptr && w.valid.data[0] != 0;
  w.offered = w.valid_before && !hands;
  for (size_t i = 0; i < w.takers.size(); i++) {
    w.ready_first[i] = w.ready_earlier[i];
    w.ready_earlier[i] = w.ready_before[i];
    w.ready_before[i] = Ready(w.stream.takers[i], w.takers[i]);
  }
  if (w.stream.kind == SystemStream::Kind::kChange)
    w.value_before = Bits(w.fields[0].data, 8, 0, w.stream.fields[0].bits);
}

void SystemComparer::CompareFields(size_t index, int64_t cycle, const SystemTransfer& transfer) {
  const Watch& w = watches_[index];
  for (size_t f = 0; f < transfer.values.size(); f++) {
    const SystemField& field = w.stream.fields[f];
    const SystemValue& value = transfer.values[f];
    const auto size = std::min(value.bytes.size(), size_t(field.bits * field.lanes + 7) / 8);
    bool equal = true;
    for (size_t i = 0; i < size; i++)
      equal = equal && ((value.bytes[i] ^ w.fields[f].data[i]) & value.mask[i]) == 0;
    if (equal) continue;
    for (int lane = 0; lane < field.lanes; lane++) {
      const auto bits = [&](const uint8_t* bytes) {
        return Bits(bytes, size, lane * field.bits, field.bits);
      };
      const uint64_t expected = bits(value.bytes.data()), got = bits(w.fields[f].data);
      if (((expected ^ got) & bits(value.mask.data())) == 0) continue;
      SystemDifference d;
      d.cycle = cycle;
      d.module = field.module.empty() ? w.stream.module : field.module;
      d.scope = field.signal.scope;
      d.signal = field.signal.name;
      d.lane = field.lanes > 1 ? lane : -1;
      d.lane_is = field.lane_is;
      d.lane_bits = field.bits;
      d.expected = NumberText(expected, field);
      d.got = NumberText(got, field);
      Add(index, false, d);
      return;
    }
  }
}

// A transfer that is late, or one that comes before its time or not at all in the models.
void SystemComparer::BlameFor(size_t index, int64_t cycle, bool late) {
  Watch& w = watches_[index];
  const SystemStream& s = w.stream;
  const std::vector<int64_t>& times = predictor_.Times(s.id);
  SystemDifference d;
  d.cycle = cycle;
  d.module = s.module;
  const SystemSignal signal = s.kind == SystemStream::Kind::kChange ? s.fields[0].signal : s.valid;
  d.scope = signal.scope;
  d.signal = signal.name;
  const bool has_next = w.next < int64_t(times.size());
  const bool timed = has_next && times[size_t(w.next)] != SystemPredictor::kAnyTime;
  d.expected = late    ? "a transfer in this cycle"
               : timed ? fmt::format("the transfer in cycle {}", times[size_t(w.next)])
                       : "no more transfer";
  d.got = late ? "none" : "a transfer";
  // A taker is to blame for what is late though it was offered, and for what it takes before its time.
  const bool taken_early = !late && has_next && cycle >= predictor_.Offered(s.id, w.next);
  const bool offered = s.offers_late || s.kind == SystemStream::Kind::kPulse || taken_early ||
                       (late ? w.valid.data != nullptr && w.valid.data[0] != 0 : w.offered);
  // Of several takers the first one that is not ready; of an early transfer the first one that has just
  // become it, else the last one.
  std::optional<size_t> taker;
  for (size_t i = 0; offered && i < w.takers.size(); i++) {
    if (s.takers[i].of_sums && !(has_next && predictor_.Adds(Ahead(&w).place.job))) continue;
    const bool ready = Ready(s.takers[i], w.takers[i]);
    const bool to_blame =
        late ? !ready : ready && !(w.ready_before[i] && w.ready_earlier[i] && w.ready_first[i]);
    if (to_blame || (taken_early && i + 1 == w.takers.size())) {
      taker = i;
      break;
    }
  }
  if (taker) {
    const SystemStream::Taker& t = s.takers[*taker];
    d.module = t.module;
    d.scope = t.ready.scope;
    d.signal = t.ready.name;
  }
  Add(index, taker.has_value(), d);
}

void SystemComparer::Add(size_t index, bool of_taker, SystemDifference d) {
  Watch& w = watches_[index];
  const auto count = int64_t(predictor_.Times(w.stream.id).size());
  d.stream = w.stream.name;
  d.transfer = w.next;
  d.transfers = count;
  if (w.next < count) d.place = Ahead(&w).place;
  candidates_.push_back({index, of_taker, std::move(d)});
}

void SystemComparer::Finish() {
  candidates_.clear();
  for (size_t i = 0; i < watches_.size(); i++)
    if (watches_[i].next < int64_t(predictor_.Times(watches_[i].stream.id).size()))
      BlameFor(i, std::max(kBefore, predictor_.Times(watches_[i].stream.id)[size_t(watches_[i].next)]), true);
  differences_ += int64_t(candidates_.size());
  if (!first_ && !candidates_.empty()) first_ = candidates_.front().difference;
}

void SystemComparer::CompareNumber(const std::string& stream, const std::string& module,
                                   const SystemSignal& signal, const std::string& lane_is, int lane,
                                   int64_t expected, int64_t got) {
  if (numbers_.empty() || numbers_.back().name != stream) numbers_.push_back({stream, 0});
  numbers_.back().transfers++;
  if (expected == got) return;
  differences_++;
  if (first_) return;
  SystemDifference d;
  d.cycle = predictor_.cycles().cycles;
  d.module = module;
  d.stream = stream;
  d.scope = signal.scope;
  d.signal = signal.name;
  d.lane = lane;
  d.lane_is = lane_is;
  d.expected = fmt::format("{}", expected);
  d.got = fmt::format("{}", got);
  first_ = d;
}

std::vector<SystemStreamCount> SystemComparer::Counts() const {
  std::vector<SystemStreamCount> counts;
  for (const Watch& w : watches_) counts.push_back({w.stream.name, w.next});
  counts.insert(counts.end(), numbers_.begin(), numbers_.end());
  return counts;
}

void SystemComparer::Record() {
  for (size_t i = 0; i < window_.signals.size(); i++) {
    WaveSignal& signal = window_.signals[i];
    std::string bits(size_t(signal.bits), '0');
    for (int b = 0; b < signal.bits; b++)
      if ((recorded_[i][b / 8] >> (b % 8) & 1) != 0) bits[size_t(signal.bits - 1 - b)] = '1';
    signal.rtl.push_back(bits);
    signal.golden.emplace_back(size_t(signal.bits), 'x');
  }
}

// The transfer that is due in this cycle.
void SystemComparer::RecordTransfer(Watch* w) {
  for (const Signal* signal : {&w->valid, &w->ready})
    if (signal->data != nullptr) PutGolden(signal->recorded, SystemValue::Number(1));
  const SystemTransfer& transfer = Ahead(w);
  for (size_t f = 0; f < transfer.values.size(); f++) PutGolden(w->fields[f].recorded, transfer.values[f]);
}

void SystemComparer::PutGolden(size_t recorded, const SystemValue& value) {
  WaveSignal& signal = window_.signals[recorded];
  for (int b = 0; b < signal.bits && size_t(b / 8) < value.bytes.size(); b++)
    if ((value.mask[size_t(b / 8)] >> (b % 8) & 1) != 0)
      signal.golden.back()[size_t(signal.bits - 1 - b)] =
          (value.bytes[size_t(b / 8)] >> (b % 8) & 1) != 0 ? '1' : '0';
}

}  // namespace weft
