// SPDX-License-Identifier: Apache-2.0
// The golden waveforms of a chunk: its start, its beats, and what leaves the array when a tile ends.
#include <algorithm>
#include <bit>

#include "sim/golden_waves/wave_predictor.hpp"
#include "sw_model/cycles/cycle_model.hpp"
#include "sw_model/cycles/latency.hpp"
#include "sw_model/error.hpp"
#include "sw_model/golden/golden.hpp"

namespace weft {

void WavePredictor::ExpandChunk(const ChunkEvent& c, bool fine) {
  using enum StreamId;
  const Job& job = jobs_[size_t(c.job)];
  const Base& base = bases_[size_t(c.job)];
  const int64_t valid = Valid(c.job, c.tile), length = job.reduction.length();
  const bool ends_group = c.first_beat + c.beats == length;
  const bool last_tile = c.tile + 1 == job.tiles(config_);
  const bool ends_job = ends_group && c.group + 1 == job.groups && last_tile;
  const WavePlace place{c.job, c.tile, c.group, -1, -1, c.first_beat};
  const WaveTap tap = operands_.Tap(job, c.first_beat);
  const int64_t x = (tap.kx - job.reduction.kx0) * job.word(kJobKxAddr) + tap.c - job.reduction.c0 +
                    c.group * job.channel_step;
  const int64_t dy = tap.ky - job.reduction.ky0;
  const int64_t weights = base.weights + c.group * GroupWeightWords(job, config_);
  Put(c.start, kPendLen, 0, c.beats, place);
  Put(c.start, kPendRows, 0, valid, place);
  Put(c.start, kPendCols, 0, job.ChannelsOf(c.group), place);
  Put(c.start, kPendWeight, 0, weights + c.first_beat, place);
  Put(c.start, kPendDrains, 0, ends_group && job.drains(), place);
  Put(c.start, kPendEndsJob, 0, ends_job, place);
  Put(c.start, kPendLastTile, 0, last_tile, place);
  Put(c.start, kStart, 0, 1, place);
  Put(c.start, kStartNewTile, 0, c.chunk == 0 && c.group == 0, place);
  Put(c.start, kStartAddr, 0, dy * job.word(kJobKyAddr) + x, place);
  Put(c.start, kStartX, 0, x, place);
  Put(c.start, kStartY, 0, dy * job.word(kJobKyY), place);
  if (c.chunk == 0 && c.group == 0) {
    const TileLines lines = LinesOfTile(job, c.tile, config_);
    Put(c.start, kTileRows, 0, valid, place);
    Put(c.start, kTileFinal, 0, c.tile + 1 == job.tiles(config_), place);
    Put(c.start, kTileNeed, 0, base.lines + lines.need, place);
    Put(c.start, kTileFree, 0, base.words + lines.free * job.word(kJobPitch), place);
    const int addr_bits = std::bit_width(unsigned(config_.line_buffer_bytes)) - 1, pos_bits = 20;
    for (int r = 0; r < config_.rows; r++) {
      const WavePlace pixel{c.job, c.tile, -1, r, -1, -1};
      const WaveOperands::Position at = PositionOf(c.job, operands_.PixelOf(pixel));
      const int64_t mask = (int64_t{1} << pos_bits) - 1;
      const int64_t addr = at.addr & ((int64_t{1} << addr_bits) - 1);
      Put(c.start + 1 + r, kPixel, 0,
          (at.y & mask) << (addr_bits + pos_bits) | (at.x & mask) << addr_bits | addr, pixel);
    }
  }
  for (int w = 0; w < kJobWords && ends_job; w++)
    Put(c.start, kSeqJob, w, job.words[size_t(w)], {.job = c.job});
  if (ends_group && job.drains()) {
    reserved_ += config_.rows;
    const int64_t param =
        (base.params + int64_t{c.group} * config_.Steps()) & (config_.ParamEntries() * 4 - 1);
    Put(c.start, kPendParam, 0, param, place);
    Put(c.start, kTilePush, 0, 1, place);
    const int col_bits = std::bit_width(unsigned(config_.cols)),
              row_bits = std::bit_width(unsigned(config_.rows));
    const int64_t info = (((int64_t{ends_job} << 1 | int64_t{last_tile}) << row_bits | valid) << col_bits |
                          job.ChannelsOf(c.group))
                             << 11 |
                         param;
    Put(c.start, kTileInfo, 0, info << 42 | job.word(kJobOut) << 17 | job.word(kJobPool), place);
  }
  const int64_t idle_pes = IdlePes(c);
  for (int64_t i = 0; i < c.beats; i++) {
    WavePlace beat = place;
    beat.beat += i;
    const bool first = beat.beat == 0 && job.clears(), last = ends_group && i + 1 == c.beats;
    Put(c.start + 1 + i, kBeatValid, 0, 1, beat);
    Put(c.start + 1 + i, kBeatFirst, 0, first, beat);
    if (last && job.drains()) Put(c.start + 1 + i, kBeatLast, 0, 1, beat);
    if (last_tile && i + 1 == c.beats) Put(c.start + 1 + i, kBeatFrees, 0, 1, beat);
    Put(c.start + 1 + i, kBeatGroup, 0, ends_group, beat);
    Put(c.start + 1 + i, kBeatIndex, 0, i, beat);
    if (idle_pes > 0) Put(c.start + latency::kEdge + i, kEdgePes, 0, idle_pes, beat);
    const int64_t weight = weights + beat.beat;
    Put(c.start + 1 + i, kBeatWeight, 0, weight, beat);
    Put(c.start + latency::kWeightAddr + i, kWeightAddr, 0, weight, beat);
    const int ctl = 1 | int{first} << 1 | int{last && job.drains()} << 2;
    Put(c.start + latency::kCtl + i, kCtl, 0, ctl, beat);
    for (beat.row = 0; fine && beat.row < config_.rows; beat.row++)
      for (beat.col = 0; beat.col < config_.cols; beat.col++)
        Put(c.start + latency::kCtl + i + beat.row + beat.col + latency::kNext, kPeCtl,
            beat.row * config_.cols + beat.col, ctl, beat);
  }
  if (c.chunk == 0) {
    act_.assign(size_t(config_.rows * length), 0);
    wgt_.assign(size_t(length * config_.cols), 0);
    if (job.clears()) std::fill(sums_.begin(), sums_.end(), 0);
  }
  ExpandReads(c, fine);
  ExpandBeats(c, fine);
  if (ends_group) ExpandTileEnd(c, fine);
}

// The line buffer's reads, and the bytes that they give each row.
void WavePredictor::ExpandReads(const ChunkEvent& c, bool fine) {
  using enum StreamId;
  const Job& job = jobs_[size_t(c.job)];
  const WaveTap tap = operands_.Tap(job, c.first_beat);
  const int64_t offset = (tap.ky - job.reduction.ky0) * job.word(kJobKyAddr) +
                         (tap.kx - job.reduction.kx0) * job.word(kJobKxAddr) + tap.c - job.reduction.c0 +
                         c.group * job.channel_step;
  for (int r = 0; r < config_.rows; r++) {
    WavePlace place{c.job, c.tile, c.group, r, -1, c.first_beat};
    const WavePixel pixel = operands_.PixelOf(place);
    const int64_t addr = PositionOf(c.job, pixel).addr + offset;
    Put(c.start + latency::kReadAddr + r, kReadAddr, 0, addr, place);
    for (int64_t i = 0; i < c.beats; i++, place.beat++) {
      size_t index = 0;
      const bool inside = operands_.Inside(job, c.group, pixel, operands_.Tap(job, place.beat), &index);
      const int act = inside ? in_.data[index] : layer_.input_zp;
      act_[size_t(r * int64_t{job.reduction.length()} + place.beat)] = int8_t(act);
      Put(c.start + latency::kAct + i + r, kAct, r, act, place);
      if (fine && inside)
        Put(c.start + latency::kLineData + r, kLineData, int((addr + i) & (2 * config_.Word() - 1)), act,
            place);
    }
  }
}

void WavePredictor::ExpandBeats(const ChunkEvent& c, bool fine) {
  using enum StreamId;
  const Job& job = jobs_[size_t(c.job)];
  const int64_t length = job.reduction.length();
  for (int64_t i = 0; i < c.beats; i++) {
    const int64_t beat = c.first_beat + i;
    const WaveTap tap = operands_.Tap(job, beat);
    int8_t* wgt = &wgt_[size_t(beat * config_.cols)];
    for (int col = 0; col < config_.cols; col++) {
      wgt[col] = int8_t(operands_.Wgt(job, c.group, col, tap));
      Put(c.start + latency::kAct + i, kWgt, col, wgt[col], {c.job, c.tile, c.group, -1, col, beat});
    }
    const bool last = beat + 1 == length;
    for (int r = 0; r < config_.rows; r++) {
      const int act = act_[size_t(r * length + beat)];
      for (int col = 0; col < config_.cols; col++) {
        const size_t pe = size_t(r * config_.cols + col);
        sums_[pe] += act * wgt[col];
        if (!fine && !last) continue;
        const WavePlace place{c.job, c.tile, c.group, r, col, beat};
        const int64_t time = c.start + latency::kCtl + i + r + col;
        if (fine) {
          const int64_t in = c.start + latency::kAct + i + r + col + latency::kNext;
          Put(in, kPeAct, int(pe), act, place);
          Put(in, kPeWgt, int(pe), wgt[col], place);
          Put(time, kProduct, int(pe), act * wgt[col], place);
        }
        Put(time + latency::kAcc, kAcc, int(pe), sums_[pe], place);
      }
    }
  }
}

void WavePredictor::ExpandTileEnd(const ChunkEvent& last, bool fine) {
  using enum StreamId;
  const Job& job = jobs_[size_t(last.job)];
  if (!job.drains()) return;
  const int64_t end = last.start + last.beats - 1 + latency::kCtl;  // the last control at row 0
  const int steps = config_.Steps();
  WavePlace place{last.job, last.tile, last.group, -1, -1, last.first_beat + last.beats - 1};
  for (int r = 0; r < config_.rows; r++) {
    place.row = r;
    if (r > 0) Put(end + r * steps, kShift, 0, 1, place);
    for (int c = 0; c < config_.cols; c++) {
      place.col = c;
      const size_t pe = size_t(r * config_.cols + c);
      Put(end + latency::kChain + r + c, kChain, int(pe), sums_[pe], place);
      // On its way up through the rows above, one a shift.
      for (int above = r - 1; fine && above >= 0; above--) {
        const int64_t time = end + int64_t{r - above} * steps + latency::kChain + above + c;
        Put(time - 1, kChainIn, above * config_.cols + c, sums_[pe], place);
        Put(time, kChain, above * config_.cols + c, sums_[pe], place);
      }
    }
  }
  ExpandOutputs(last, end + latency::kAhead + int64_t{config_.lanes - 1} * steps);
}

// Every sum on its way out: lane l takes column l*steps + j in step j.
void WavePredictor::ExpandOutputs(const ChunkEvent& last, int64_t ahead) {
  using enum StreamId;
  const Job& job = jobs_[size_t(last.job)];
  const Requant& q = layer_.requant;
  const int steps = config_.Steps(), channels = job.ChannelsOf(last.group);
  const int64_t valid = Valid(last.job, last.tile);
  const bool ends_job = last.group + 1 == job.groups && last.tile + 1 == job.tiles(config_);
  std::vector<int8_t> pixel(size_t(config_.cols));
  for (int r = 0; r < config_.rows; r++) {
    WavePlace place{last.job, last.tile, last.group, r, -1, -1};
    for (int j = 0; j < steps; j++) {
      const int64_t time = ahead + r * steps + j;
      Put(time, kAheadValid, 0, 1, place);
      if (r == 0 && j == 0) Put(time, kAheadFirst, 0, 1, place);
      Put(time, kAheadRow, 0, r, place);
      Put(time, kAheadStep, 0, j, place);
      Put(time + 1, kRowValid, 0, r < valid, place);
      Put(time + 1, kParamAddr, 0, bases_[size_t(last.job)].params + int64_t{last.group} * steps + j, place);
      Put(time + latency::kBias, kZp, 0, q.output_zp, place);
      Put(time + latency::kScaled, kClampLo, 0, q.clamp_lo, place);
      Put(time + latency::kScaled, kClampHi, 0, q.clamp_hi, place);
      for (int lane = 0; lane < config_.lanes; lane++) {
        place.col = lane * steps + j;
        const bool real = place.col < channels;
        const size_t k = size_t(job.FirstChannel(last.group) + place.col);
        const int32_t bias = real ? bias_[k] : 0, mult = real ? q.multiplier[k] : 0,
                      shift = real ? q.shift[k] : 0;
        const int64_t sum = sums_[size_t(r * config_.cols + place.col)];
        const auto acc = int32_t(uint32_t(sum) + uint32_t(bias));
        const int8_t scaled = golden::Requantize(acc, mult, shift, q.output_zp, -128, 127, q.rounding);
        const auto clamped = int8_t(std::clamp<int>(scaled, q.clamp_lo, q.clamp_hi));
        pixel[size_t(place.col)] = clamped;
        Put(time + latency::kSum, kSum, lane, sum, place);
        Put(time + latency::kSum, kParamBias, lane, bias, place);
        Put(time + latency::kSum, kParamMult, lane, mult, place);
        Put(time + latency::kSum, kParamShift, lane, shift, place);
        Put(time + latency::kBias, kBiasAcc, lane, acc, place);
        Put(time + latency::kScaled, kScaled, lane, scaled, place);
        Put(time + latency::kClamped, kClamped, lane, clamped, place);
      }
      place.col = -1;
    }
    const int64_t time = ahead + (r + 1) * steps - 1;
    Put(time + latency::kGather, kGatherValid, 0, 1, place);
    auto put_pixel = [&](int64_t cycle, StreamId id, const std::vector<int8_t>& bytes) {
      for (place.col = 0; place.col < config_.cols; place.col++)
        Put(cycle, id, place.col, bytes[size_t(place.col)], place);
      place.col = -1;
    };
    put_pixel(time + latency::kGather, kGathered, pixel);
    const RowEvent& event = rows_[ended_row_++];
    if (r >= valid) continue;
    for (size_t c = 0; c < pixel.size(); c++)
      pooled_[c] = pool_count_ == 0 ? pixel[c] : std::max(pooled_[c], pixel[c]);
    pool_count_ = (pool_count_ + 1) % job.word(kJobPool);
    if (event.pop < 0) continue;
    if (event.pop - last.start >= kRing)
      throw Error("an output waits for {} cycles: too long for waveforms", event.pop - last.start);
    Put(time + latency::kPool, kPoolValid, 0, 1, place);
    put_pixel(time + latency::kPool, kPooled, pooled_);
    put_pixel(event.pop, kOutData, pooled_);
    Put(event.pop, kOutCols, 0, channels, place);
    Put(event.pop, kOutFinal, 0, ends_job && r + 1 == valid, place);
  }
}

}  // namespace weft
