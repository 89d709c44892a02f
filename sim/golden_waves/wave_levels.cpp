// SPDX-License-Identifier: Apache-2.0
// The golden waveforms of what stays from cycle to cycle: counters, fill levels, who is busy with what.
#include <algorithm>

#include "sim/golden_waves/wave_predictor.hpp"
#include "sw_model/cycles/cycle_model.hpp"
#include "sw_model/cycles/latency.hpp"

namespace weft {

// Registers that keep their value: who is busy with what.
void WavePredictor::ExpandLevels(int64_t cycle) {
  using enum StreamId;
  auto count = [&](size_t* next, size_t size, auto time) {
    while (*next < size && time(*next) <= cycle) ++*next;
    return *next;
  };
  const size_t in = count(&jobs_in_, accepted_.size(), [&](size_t i) { return accepted_[i] + 1; });
  const size_t seen = count(&jobs_seen_, accepted_.size(), [&](size_t i) {
    return std::max(accepted_[i] + latency::kJobToSequencer, i > 0 ? ended_[i - 1] + latency::kJobNext : 0);
  });
  const size_t out = count(&jobs_out_, ended_.size(), [&](size_t i) { return ended_[i] + 1; });
  SetLevel(kJobReady, in - out < 2 && (in == 0 || cycle > walked_[in - 1]));
  ExpandJobs(seen, out);
  const size_t records = count(&records_, tiles_.size(), [&](size_t i) { return tiles_[i].record; });
  const size_t tiles = count(&tiles_out_, tile_starts_.size(), [&](size_t i) { return tile_starts_[i] + 1; });
  SetLevel(kTileValid, records > tiles);
  for (; rows_in_ < rows_.size() && rows_[rows_in_].time < cycle; rows_in_++)
    waiting_ += rows_[rows_in_].pop >= 0;
  for (; rows_out_ < rows_.size() && rows_[rows_out_].pop < cycle; rows_out_++) {
    if (rows_[rows_out_].pop < 0 && rows_[rows_out_].time >= cycle) break;
    waiting_ -= rows_[rows_out_].pop >= 0;
  }
  SetLevel(kOutValid, waiting_ > 0);
  while (next_idle_ < idles_.size() && idles_[next_idle_].until <= cycle) next_idle_++;
  const bool idle = next_idle_ < idles_.size() && idles_[next_idle_].from <= cycle;
  const Cause cause = idle ? idles_[next_idle_].cause : kMac;
  SetLevel(kCause, cause);
  ExpandCounts(cycle, cause);
  ExpandSpace(cycle);
}

// Jobs that the sequencer has seen and ended; the words of its job once it sees them (and once more at its
// end).
void WavePredictor::ExpandJobs(size_t seen, size_t out) {
  using enum StreamId;
  SetLevel(kJobValid, seen > out);
  if (seen == out || out == shown_job_) return;
  shown_job_ = out;
  for (int w = 0; w < kJobWords; w++)
    current_.push_back({kSeqJob, w, jobs_[out].words[size_t(w)], {.job = int(out)}});
}

void WavePredictor::ExpandCounts(int64_t cycle, Cause cause) {
  for (int i = 0; i < kCauses; i++) current_.push_back({StreamId::kCounts, i, counts_[size_t(i)], {}});
  counts_[cause]++;
  while (edge_chunk_ < chunks_.size() &&
         chunks_[edge_chunk_].start + latency::kEdge + chunks_[edge_chunk_].beats <= cycle)
    edge_chunk_++;
  if (edge_chunk_ < chunks_.size() && chunks_[edge_chunk_].start + latency::kEdge <= cycle)
    counts_[kEdge] += IdlePes(chunks_[edge_chunk_]);
}

int64_t WavePredictor::IdlePes(const ChunkEvent& c) const {
  return int64_t{config_.rows} * config_.cols -
         Valid(c.job, c.tile) * jobs_[size_t(c.job)].ChannelsOf(c.group);
}

// Places for outputs: a tile takes ROWS of them when its last chunk starts; they come back one by one.
void WavePredictor::ExpandSpace(int64_t cycle) {
  SetLevel(StreamId::kSpace, space_);
  space_ -= reserved_;
  reserved_ = 0;
  for (; gone_ < rows_.size() && rows_[gone_].time <= cycle; gone_++) {
    if (rows_[gone_].pop >= 0) continue;
    current_.push_back({StreamId::kPixelGone, 0, 1, {}});
    space_++;
  }
  for (; popped_ < rows_.size() && rows_[popped_].pop <= cycle; popped_++) {
    if (rows_[popped_].pop < 0 && rows_[popped_].time > cycle) break;
    if (rows_[popped_].pop >= 0) space_++;
  }
}

// Whether the stream took a bus word in the cycle before this one.
bool WavePredictor::TakeWord(Ring* ring, const std::vector<ReadEvent>& events, int64_t cycle,
                             const ReadEvent** event, int64_t* word) {
  if (ring->event == events.size()) return false;
  const ReadEvent& e = events[ring->event];
  if (e.time + ring->word * e.pace != cycle - 1) return false;
  *event = &e;
  *word = e.done + ring->word;
  ring->taken++;
  if (++ring->word == e.count) ring->event++, ring->word = 0;
  return true;
}

// What the freed register showed in the cycle before.
int64_t WavePredictor::FreedBefore(Ring* ring, int64_t cycle) {
  while (ring->free < ring->frees.size() && ring->frees[ring->free].first <= cycle - 1)
    ring->freed = ring->frees[ring->free++].second;
  return ring->freed;
}

void WavePredictor::ExpandBuffers(int64_t cycle) {
  using enum StreamId;
  const ReadEvent* event = nullptr;
  int64_t word = 0;
  if (TakeWord(&line_ring_, line_reads_, cycle, &event, &word)) {
    current_.push_back({kLineWrite, 0, 1, {.job = event->job}});
    current_.push_back({kLineWriteAddr, 0, (line_ring_.taken - 1) * config_.bus_bytes, {.job = event->job}});
    lines_done_ += word + 1 == jobs_[size_t(event->job)].word(kJobPitch);
  }
  if (TakeWord(&weight_ring_, weight_reads_, cycle, &event, &word)) {
    current_.push_back({kWeightWrite, 0, 1, {.job = event->job}});
    current_.push_back({kWeightWriteAddr, 0, weight_ring_.taken - 1, {.job = event->job}});
  }
  if (TakeWord(&param_ring_, param_reads_, cycle, &event, &word) && (word + 1) % config_.ParamBeats() == 0) {
    current_.push_back({kParamWrite, 0, 1, {.job = event->job}});
    current_.push_back(
        {kParamWriteAddr, 0, param_ring_.taken / config_.ParamBeats() - 1, {.job = event->job}});
    entries_landed_.push_back(cycle + 1);
  }
  while (entry_ < entries_landed_.size() && entries_landed_[entry_] <= cycle) entry_++;

  const int64_t slices = std::max(1, config_.Cpad() / config_.bus_bytes), pack = config_.WeightPack();
  const int64_t weights = weight_ring_.taken / slices * pack;
  SetLevel(kLineReady, line_ring_.taken - FreedBefore(&line_ring_, cycle) <
                           config_.line_buffer_bytes / config_.bus_bytes);
  SetLevel(kWeightReady, weights - FreedBefore(&weight_ring_, cycle) < config_.WeightWords() - pack + 1);
  SetLevel(kParamReady, param_ring_.taken / config_.ParamBeats() - FreedBefore(&param_ring_, cycle) <
                            config_.ParamEntries());
  SetLevel(kLines, lines_done_);
  SetLevel(kWeightArrived, weights);
  SetLevel(kParamArrived, int64_t(entry_));
  SetLevel(kLineFreed, FreedBefore(&line_ring_, cycle + 1));
  SetLevel(kWeightFreed, FreedBefore(&weight_ring_, cycle + 1));
  SetLevel(kParamFreed, FreedBefore(&param_ring_, cycle + 1));
}

}  // namespace weft
