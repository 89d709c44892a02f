// SPDX-License-Identifier: Apache-2.0
#include "sim/golden_waves/system_predictor.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

#include "driver/weft.h"
#include "sw_model/cycles/latency.hpp"

namespace weft {
namespace {

// Cycles inside residual_add: from a pixel to its residual beside it, from there to the tables' first sum.
constexpr int64_t kToPair = 4, kPairToTables = latency::RAM_LATENCY + 2;

SystemValue Words(const uint32_t* words, size_t count, size_t known) {
  return SystemValue::Bytes(words, 4 * count, 4 * known);
}

// A job's store words: without an addition only those before it, and that there is none.
SystemValue StoreWords(const SystemCommand& c) {
  uint32_t words[kStoreWords] = {};
  const size_t known = c.command.adds ? kStoreWords : kStorePlainWords;
  std::memcpy(words, &c.words[1 + kJobWords], 4 * known);
  SystemValue value = Words(words, kStoreWords, known);
  uint32_t adds[kStoreWords] = {};
  kStoreAddKind.Set(adds, kStoreAddKind.mask());
  if (!c.command.adds) std::memcpy(&value.mask[4 * known], &adds[known], 4 * (kStoreWords - known));
  return value;
}

SystemValue Masked(const std::array<uint8_t, 64>& data, uint64_t strobe, int bus) {
  SystemValue value = SystemValue::Bytes(data.data(), size_t(bus), size_t(bus));
  for (size_t i = 0; i < size_t(bus); i++)
    if ((strobe >> i & 1) == 0) value.mask[i] = 0;
  return value;
}

// The event that is a stream's transfer, of those that wait for room.
std::optional<SystemEvent> EventOf(SystemStreamId id) {
  switch (id) {
    case SystemStreamId::kCommand:
      return SystemEvent::kCommand;
    case SystemStreamId::kJob:
      return SystemEvent::kJob;
    case SystemStreamId::kEngineJob:
      return SystemEvent::kEngineJob;
    case SystemStreamId::kAddStore:
      return SystemEvent::kAddStore;
    case SystemStreamId::kWriteStore:
      return SystemEvent::kWriteStore;
    case SystemStreamId::kBurst:
      return SystemEvent::kBurst;
    case SystemStreamId::kList:
      return SystemEvent::kList;
    case SystemStreamId::kTables:
      return SystemEvent::kTables;
    case SystemStreamId::kResidual:
      return SystemEvent::kResidual;
    case SystemStreamId::kParams:
      return SystemEvent::kParams;
    case SystemStreamId::kWeights:
      return SystemEvent::kWeights;
    case SystemStreamId::kLines:
      return SystemEvent::kLines;
    case SystemStreamId::kPixel:
      return SystemEvent::kPixel;
    case SystemStreamId::kOutput:
      return SystemEvent::kOutput;
    case SystemStreamId::kFragment:
      return SystemEvent::kFragment;
    case SystemStreamId::kBeat:
      return SystemEvent::kBeat;
    default:
      return std::nullopt;
  }
}

}  // namespace

SystemValue SystemValue::Number(uint64_t value) { return Bytes(&value, sizeof value, sizeof value); }

SystemValue SystemValue::Bytes(const void* bytes, size_t count, size_t known) {
  SystemValue value;
  const auto* first = static_cast<const uint8_t*>(bytes);
  value.bytes.assign(first, first + count);
  value.mask.assign(count, 0);
  std::fill_n(value.mask.begin(), known, 0xff);
  return value;
}

SystemPredictor::SystemPredictor(const SystemCase& c, const Memory& memory, const SystemStart& start)
    : case_(c),
      start_(start),
      cycles_(CountCycles(c.program(), c.config, memory, this)),
      values_(c),
      words_(c, values_, start.window) {
  using Op = ListOp;
  using Of = SystemOutputs::Of;
  const Program& p = c.program();
  at_ = std::make_unique<Sources>(Sources{SystemCommands(p, Op::kRead),
                                          SystemCommands(p, Op::kRead),
                                          SystemCommands(p, Op::kJob),
                                          SystemCommands(p, Op::kJob),
                                          SystemCommands(p, Op::kJob),
                                          SystemCommands(p, Op::kJob),
                                          SystemRequests(c),
                                          SystemBursts(c, start.base),
                                          SystemBursts(c, start.base),
                                          SystemOutputs(c, Of::kEngine),
                                          SystemOutputs(c, Of::kEngine),
                                          SystemOutputs(c, Of::kEngine),
                                          SystemOutputs(c, Of::kEngine),
                                          SystemOutputs(c, Of::kSums),
                                          SystemOutputs(c, Of::kMemory),
                                          SystemOutputs(c, Of::kMemory),
                                          SystemFragments(c, values_, start.base),
                                          SystemBeats(c, values_, start.base),
                                          SystemBeats(c, values_, start.base),
                                          SystemBeats(c, values_, start.base),
                                          SystemBeats(c, values_, start.base),
                                          SystemBeats(c, values_, start.base),
                                          SystemBeats(c, values_, start.base)});
  MakeTimes();
}

void SystemPredictor::MakeTimes() {
  using enum SystemStreamId;
  const auto times = [&](SystemStreamId id) -> std::vector<int64_t>& { return times_[size_t(id)]; };
  const auto event = [&](SystemEvent e) -> const std::vector<int64_t>& { return events_[size_t(e)]; };
  const auto later = [](std::vector<int64_t> from, int64_t cycles) {
    for (int64_t& time : from) time += cycles;
    return from;
  };
  times(kStart) = times(kBusy) = times(kCoreStart) = {kAnyTime};
  times(kBegin) = {0};
  times(kCommand) = event(SystemEvent::kCommand);
  times(kRead).assign(times(kCommand).begin() + 1, times(kCommand).end());
  times(kJob) = event(SystemEvent::kJob);
  times(kEngineJob) = event(SystemEvent::kEngineJob);
  times(kAddStore) = event(SystemEvent::kAddStore);
  times(kWriteStore) = event(SystemEvent::kWriteStore);
  times(kRequest) = event(SystemEvent::kRequest);
  times(kBurst) = event(SystemEvent::kBurst);
  times(kAddress) = later(times(kBurst), 1);
  times(kList) = event(SystemEvent::kList);
  times(kTables) = event(SystemEvent::kTables);
  times(kResidual) = event(SystemEvent::kResidual);
  times(kParams) = event(SystemEvent::kParams);
  times(kWeights) = event(SystemEvent::kWeights);
  times(kLines) = event(SystemEvent::kLines);
  times(kPixel) = event(SystemEvent::kPixel);
  SystemOutputs pixels(case_, SystemOutputs::Of::kEngine);
  SystemOutput pixel;
  for (size_t n = 0; pixels.Next(&pixel); n++) {
    const Store& store = case_.program().stores[size_t(pixel.place.job)];
    if (store.add) times(kPair).push_back(times(kPixel).at(n) + kToPair);
    if (store.residual) times(kResidualWalk).push_back(times(kPixel).at(n));
  }
  for (const int64_t time : times(kPair))
    for (int step = 0; step < case_.config.AddSteps(); step++)
      times(kTableSum).push_back(time + kPairToTables + step);
  times(kSum) = event(SystemEvent::kSum);
  times(kOutput) = event(SystemEvent::kOutput);
  times(kWalk) = event(SystemEvent::kPlaced);
  times(kFragment) = event(SystemEvent::kFragment);
  times(kBeat) = event(SystemEvent::kBeat);
  times(kIssue) = event(SystemEvent::kIssue);
  times(kWriteAddress) = later(times(kIssue), 1);
  times(kWrite) = event(SystemEvent::kWrite);
  times(kRetire) = event(SystemEvent::kRetire);
  SystemBeats bursts(case_, values_, start_.base);
  SystemBeat beat;
  for (size_t n = 0; bursts.Next(&beat); n += beat.last ? 1 : 0)
    if (beat.final) times(kStored).push_back(times(kRetire).at(n) + 1);
  times(kListEnd) = {cycles_.cycles - 1};
  times(kDone) = {cycles_.cycles};
  times(kInterrupt) = {cycles_.cycles + 1};
}

int64_t SystemPredictor::Offered(SystemStreamId id, int64_t transfer) const {
  if (id == SystemStreamId::kRead) return Offered(SystemStreamId::kCommand, transfer + 1);
  const std::optional<SystemEvent> event = EventOf(id);
  return event ? offers_[size_t(*event)][size_t(transfer)] : Times(id)[size_t(transfer)];
}

SystemTransfer SystemPredictor::Next(SystemStreamId id) {
  using enum SystemStreamId;
  SystemTransfer transfer = [&]() -> SystemTransfer {
    switch (id) {
      case kStart:
      case kCoreStart:
        return Start(id);
      case kRead:
      case kCommand:
        return Command(id);
      case kJob:
      case kEngineJob:
      case kAddStore:
      case kWriteStore:
        return Job(id);
      case kRequest:
      case kBurst:
      case kAddress:
        return Read(id);
      case kPixel:
      case kOutput:
      case kWalk:
        return Output(id);
      case kResidualWalk:
      case kPair:
      case kTableSum:
      case kSum:
        return Sum(id);
      case kFragment:
      case kBeat:
      case kWrite:
        return Beat(id);
      case kIssue:
      case kWriteAddress:
      case kRetire:
      case kStored:
        return WriteBurst(id);
      case kDone: {
        using V = SystemValue;
        return {{},
                {V::Number(WEFT_CODE_OK), V::Number(uint64_t(cycles_.cycles)),
                 V::Number(uint64_t(cycles_.bytes_read)), V::Number(uint64_t(cycles_.bytes_written))}};
      }
      case kListEnd:
        return {{}, {SystemValue::Number(WEFT_CODE_OK)}};
      case kBusy:
      case kBegin:
      case kInterrupt:
        return {};
      default:
        return Word(id);
    }
  }();
  next_[size_t(id)]++;
  return transfer;
}

SystemTransfer SystemPredictor::Start(SystemStreamId id) const {
  using V = SystemValue;
  const Program& p = case_.program();
  const V bytes = V::Number(p.list_bytes), base = V::Number(start_.base),
          watchdog = V::Number(start_.watchdog);
  if (id == SystemStreamId::kStart) return {{}, {base, bytes, base, V::Number(p.window_bytes), watchdog}};
  return {{}, {base, V::Number(p.window_bytes), V::Number(0), bytes, watchdog}};
}

SystemTransfer SystemPredictor::Command(SystemStreamId id) {
  SystemCommand c;
  const bool first = id == SystemStreamId::kCommand && next_[size_t(id)] == 0;
  if (first) c = FirstRead(case_.program(), case_.config);
  else (id == SystemStreamId::kRead ? at_->reads : at_->commands).Next(&c);
  SystemTransfer t{{}, {Words(c.words.data(), kReadWords, kReadWords)}};
  t.place.job = c.command.job;
  return t;
}

SystemTransfer SystemPredictor::Job(SystemStreamId id) {
  using enum SystemStreamId;
  SystemCommand c;
  const bool engine = id == kJob || id == kEngineJob;
  SystemCommands& from = id == kJob         ? at_->jobs
                         : id == kEngineJob ? at_->engine_jobs
                         : id == kAddStore  ? at_->add_stores
                                            : at_->write_stores;
  do from.Next(&c);
  while (!engine && case_.program().jobs[size_t(c.command.job)].rows == 0);
  const bool stores = case_.program().jobs[size_t(c.command.job)].rows > 0;
  SystemTransfer t;
  t.place.job = c.command.job;
  if (engine) t.values.push_back(Words(&c.words[1], kJobWords, kJobWords));
  if (id == kJob) t.values.push_back(SystemValue::Number(stores ? 1 : 0));
  if (id != kEngineJob) t.values.push_back(stores ? StoreWords(c) : SystemValue{});
  return t;
}

SystemTransfer SystemPredictor::Read(SystemStreamId id) {
  using V = SystemValue;
  if (id == SystemStreamId::kRequest) {
    SystemRequest r;
    at_->requests.Next(&r);
    return {r.place, {V::Number(start_.base + r.offset), V::Number(r.all_words())}};
  }
  SystemBurst b;
  (id == SystemStreamId::kBurst ? at_->bursts : at_->addresses).Next(&b);
  return {b.place, {V::Number(b.address), V::Number(uint64_t(b.len))}};
}

SystemTransfer SystemPredictor::Word(SystemStreamId id) {
  using enum SystemStreamId;
  SystemWord w;
  words_.Next(*EventOf(id), &w);
  const auto bus = size_t(case_.config.bus_bytes);
  SystemTransfer t{w.place, {SystemValue::Bytes(w.data.data(), bus, bus)}};
  if (id == kResidual || id == kLines) t.values.push_back(SystemValue::Number(w.last ? 1 : 0));
  return t;
}

SystemTransfer SystemPredictor::Output(SystemStreamId id) {
  using enum SystemStreamId;
  using V = SystemValue;
  SystemOutput o;
  (id == kPixel ? at_->pixels : id == kOutput ? at_->outputs : at_->walk).Next(&o);
  const V final = V::Number(o.final ? 1 : 0);
  if (id == kWalk) return {o.place, {V::Number(values_.Offset(o)), final}};
  std::vector<int8_t> bytes = id == kPixel ? values_.Pixel(o) : values_.Output(o);
  bytes.resize(size_t(case_.config.cols));
  return {o.place,
          {V::Bytes(bytes.data(), bytes.size(), size_t(o.channels)), V::Number(uint64_t(o.channels)), final}};
}

SystemTransfer SystemPredictor::Sum(SystemStreamId id) {
  using enum SystemStreamId;
  using V = SystemValue;
  SystemOutput o;
  const auto cols = size_t(case_.config.cols);
  const auto bytes = [&](std::vector<int8_t> values) {
    values.resize(cols);
    return V::Bytes(values.data(), cols, size_t(o.channels));
  };
  if (id == kResidualWalk) {
    at_->residuals.NextWithResidual(&o);
    return {o.place, {V::Number(values_.ResidualOffset(o)), V::Number(o.final ? 1 : 0)}};
  }
  if (id == kPair) {
    at_->pairs.NextAdded(&o);
    return {o.place, {bytes(values_.Pixel(o)), bytes(values_.Residual(o))}};
  }
  if (id == kSum) {
    at_->sums.NextSum(&o);
    return {o.place, {bytes(values_.Sums(o))}};
  }
  // Of a step the sums of so many lanes.
  if (table_step_ == 0) at_->table_sums.NextAdded(&table_output_);
  const auto lanes = size_t(SystemAddLanes(case_.config)), first = size_t(table_step_) * lanes;
  std::vector<int32_t> sums = values_.TableSums(table_output_);
  const size_t known = std::min(lanes, sums.size() - std::min(first, sums.size()));
  sums.resize(lanes * size_t(case_.config.AddSteps()));
  table_step_ = (table_step_ + 1) % case_.config.AddSteps();
  return {table_output_.place, {V::Bytes(&sums[first], 4 * lanes, 4 * known)}};
}

SystemTransfer SystemPredictor::Beat(SystemStreamId id) {
  using enum SystemStreamId;
  using V = SystemValue;
  const int bus = case_.config.bus_bytes;
  if (id == kFragment) {
    SystemFragment f;
    at_->fragments.Next(&f);
    return {f.place,
            {V::Number(f.word), Masked(f.data, f.strobe, bus), V::Number(f.strobe), V::Number(f.same ? 1 : 0),
             V::Number(f.next ? 1 : 0), V::Number(f.final ? 1 : 0)}};
  }
  SystemBeat b;
  (id == kBeat ? at_->beats : at_->writes).Next(&b);
  SystemTransfer t{b.place, {Masked(b.data, b.strobe, bus), V::Number(b.strobe), V::Number(b.last ? 1 : 0)}};
  if (id == kWrite) return t;
  if (b.last) {
    t.values.push_back(V::Number(b.burst_word));
    t.values.push_back(V::Number(uint64_t(b.burst_len)));
    t.values.push_back(V::Number(b.final ? 1 : 0));
  } else {
    t.values.resize(t.values.size() + 3);
  }
  return t;
}

// The next burst of one of the streams that have one transfer a burst; of kStored those that end a job.
SystemPredictor::Burst SystemPredictor::NextBurst(SystemStreamId id) {
  using enum SystemStreamId;
  SystemBeats& from = id == kIssue          ? at_->issued
                      : id == kWriteAddress ? at_->write_addresses
                      : id == kRetire       ? at_->retired
                                            : at_->stored;
  Burst burst{{}, next_[size_t(id)]};
  do from.Next(&burst.last);
  while (!(id == kStored ? burst.last.final : burst.last.last));
  return burst;
}

SystemTransfer SystemPredictor::WriteBurst(SystemStreamId id) {
  using enum SystemStreamId;
  using V = SystemValue;
  const Burst burst = NextBurst(id);
  const SystemBeat& b = burst.last;
  const V final = V::Number(b.final ? 1 : 0),
          write_id = V::Number(uint64_t(burst.index % (1 << kWriteIdBits)));
  switch (id) {
    case kIssue:
      return {b.place, {final, write_id}};
    case kWriteAddress:
      return {b.place,
              {V::Number(b.burst_word * uint64_t(case_.config.bus_bytes)), V::Number(uint64_t(b.burst_len)),
               write_id}};
    case kRetire:
      return {b.place, {final}};
    default:
      return {b.place, {V::Number(uint64_t(burst.index + 1) & 0xffff)}};
  }
}

}  // namespace weft
