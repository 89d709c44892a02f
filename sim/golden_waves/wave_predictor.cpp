// SPDX-License-Identifier: Apache-2.0
#include "sim/golden_waves/wave_predictor.hpp"

#include <algorithm>
#include <bit>

#include "sw_model/cycles/cycle_model.hpp"
#include "sw_model/cycles/latency.hpp"
#include "sw_model/error.hpp"
#include "sw_model/golden/golden.hpp"

namespace weft {

WavePredictor::WavePredictor(const std::vector<Job>& jobs, const ConvLayer& layer, const TensorI8& in,
                             const Config& config, const Memory& memory)
    : jobs_(jobs), layer_(layer), in_(in), config_(config), operands_(jobs, layer, in, config) {
  Base base;
  for (const Job& job : jobs) {
    bases_.push_back(base);
    base.lines += job.word(kJobLines);
    base.words += job.word(kJobBusWords);
    base.weights += GroupWeightWords(job, config) * job.groups;
    base.params += job.drains() ? int64_t{config.Steps()} * job.groups : 0;
  }
  bases_.push_back(base);
  const size_t taps = layer.filters.shape.size() / size_t(layer.filters.shape.n);
  for (size_t k = 0; k < layer.bias.size(); k++) {
    uint32_t sum = 0;
    for (size_t t = 0; t < taps; t++) sum += uint32_t(int32_t{layer.filters.data[k * taps + t]});
    bias_.push_back(int32_t(uint32_t(layer.bias[k]) - uint32_t(layer.input_zp) * sum));
  }
  space_ = config.OutDepth();
  cycles_ = CountCycles(jobs, config, memory, this).cycles;
  PredictWalk();
  PredictFrees();
  sums_.resize(size_t(config.rows) * size_t(config.cols));
  pooled_.resize(size_t(config.cols));
  levels_.assign(size_t(StreamId::kStreamIds), -1);
  ring_.resize(size_t(kRing));
}

// ---- What the cycle model says
// ------------------------------------------------------------------------------------------

void WavePredictor::JobAccepted(int, int64_t time) { accepted_.push_back(time); }

void WavePredictor::TileWalked(int job, int64_t tile, int64_t last_pixel, int64_t record) {
  tiles_.push_back({job, tile, last_pixel, record});
}

void WavePredictor::ChunkStarted(int job, int64_t tile, int group, int64_t chunk, int64_t start,
                                 int64_t beats) {
  const bool begins = chunk == 0;
  if (begins && group == 0) tile_starts_.push_back(start);
  const int64_t first = begins ? 0 : chunks_.back().first_beat + chunks_.back().beats;
  chunks_.push_back({job, group, tile, chunk, start, beats, first});
  const Job& j = jobs_[size_t(job)];
  if (tile + 1 == j.tiles(config_) && group + 1 == j.groups && first + beats == j.reduction.length())
    ended_.push_back(start);
}

void WavePredictor::Idle(Cause cause, int64_t from, int64_t until) { idles_.push_back({cause, from, until}); }

void WavePredictor::RowDrained(int job, int64_t tile, int group, int row, int64_t time, int64_t pop) {
  rows_.push_back({job, group, row, tile, time, pop});
}

void WavePredictor::LineRead(int job, int line, int64_t done, int64_t count, int64_t time, int64_t pace) {
  line_reads_.push_back({job, line, done, count, time, pace});
}
void WavePredictor::ParametersRead(int job, int group, int64_t done, int64_t count, int64_t time,
                                   int64_t pace) {
  param_reads_.push_back({job, group, done, count, time, pace});
}
void WavePredictor::WeightsRead(int job, int group, int64_t done, int64_t count, int64_t time, int64_t pace) {
  weight_reads_.push_back({job, group, done, count, time, pace});
}

// Pixel n is handed over one cycle after pixel n-1, but not before pixel n-depth has left; a new job takes a
// while to load.
void WavePredictor::PredictWalk() {
  const int64_t rows = config_.rows, depth = config_.WalkDepth();
  int64_t time = -1;
  for (size_t i = 0; i < tiles_.size(); i++) {
    const TileEvent& tile = tiles_[i];
    if (tile.tile == 0) time = std::max(accepted_[size_t(tile.job)], time) + latency::kJobWalked;
    for (int64_t r = 0; r < rows; r++) {
      const int64_t makes_room = int64_t(i) * rows + r - depth;
      time++;
      if (makes_room >= 0)
        time = std::max(time, tile_starts_[size_t(makes_room / rows)] + 1 + makes_room % rows + 1);
      pixel_times_.push_back(time);
    }
    if (time != tile.last_pixel) throw Error("the walk of job {} does not follow the cycle model", tile.job);
  }
}

void WavePredictor::PredictFrees() {
  const int64_t steps = config_.Steps(), rows = config_.rows;
  for (const ChunkEvent& c : chunks_) {
    const Job& job = jobs_[size_t(c.job)];
    const Base &base = bases_[size_t(c.job)], &next = bases_[size_t(c.job) + 1];
    if (c.chunk == 0 && c.group == 0)
      line_ring_.frees.emplace_back(
          c.start + latency::kLinesFreed - 1,
          base.words + LinesOfTile(job, c.tile, config_).free * job.word(kJobPitch));
    if (c.tile + 1 != job.tiles(config_)) continue;
    const int64_t words = c.first_beat + c.beats, pack = config_.WeightPack();
    const bool ends_group = words == job.reduction.length();
    weight_ring_.frees.emplace_back(c.start + c.beats + latency::kWeightsFreed - 1,
                                    base.weights + c.group * GroupWeightWords(job, config_) +
                                        (ends_group ? GroupWeightWords(job, config_) : words / pack * pack));
    if (!ends_group) continue;
    if (job.drains())
      param_ring_.frees.emplace_back(
          c.start + c.beats + latency::kParamsFreed - 1 + config_.cols + (rows - 1) * steps,
          base.params + (c.group + 1) * steps);
    if (c.group + 1 == job.groups)
      line_ring_.frees.emplace_back(c.start + rows + latency::kLinesFreed - 1, next.words);
  }
}

// ---- Cycle by cycle
// -----------------------------------------------------------------------------------------------------

int64_t WavePredictor::Valid(int job, int64_t tile) const {
  return std::min<int64_t>(config_.rows, jobs_[size_t(job)].pixels - tile * config_.rows);
}

WaveOperands::Position WavePredictor::PositionOf(int job, const WavePixel& pixel) const {
  WaveOperands::Position at = operands_.PositionOf(jobs_[size_t(job)], pixel);
  at.addr += bases_[size_t(job)].words * config_.bus_bytes;
  return at;
}

void WavePredictor::Put(int64_t cycle, StreamId id, int lane, int64_t value, const WavePlace& place) {
  ring_[size_t(cycle % kRing)].push_back({id, lane, value, place});
}

const std::vector<WaveSample>& WavePredictor::Cycle(int64_t cycle, bool fine) {
  while (next_chunk_ < chunks_.size() && chunks_[next_chunk_].start <= cycle)
    ExpandChunk(chunks_[next_chunk_++], fine);
  current_.swap(ring_[size_t(cycle % kRing)]);
  ring_[size_t(cycle % kRing)].clear();
  ExpandWalk(cycle);
  ExpandLevels(cycle);
  ExpandBuffers(cycle);
  return current_;
}

void WavePredictor::SetLevel(StreamId id, int64_t value) {
  if (levels_[size_t(id)] == value) return;
  levels_[size_t(id)] = value;
  current_.push_back({id, 0, value, {}});
}

void WavePredictor::ExpandWalk(int64_t cycle) {
  using enum StreamId;
  if (next_pixel_ == pixel_times_.size() || pixel_times_[next_pixel_] != cycle) return;
  const TileEvent& tile = tiles_[next_pixel_ / size_t(config_.rows)];
  const WavePlace place{tile.job, tile.tile, -1, int(next_pixel_ % size_t(config_.rows)), -1, -1};
  const WaveOperands::Position at = PositionOf(tile.job, operands_.PixelOf(place));
  const Job& job = jobs_[size_t(tile.job)];
  const bool first = tile.tile == 0 && place.row == 0;
  const bool last = tile.tile + 1 == job.tiles(config_) && place.row + 1 == config_.rows;
  for (int w = 0; w < kJobWords && (first || last); w++)
    current_.push_back({kWalkJob, w, job.words[size_t(w)], {.job = tile.job}});
  current_.push_back({kPixelPush, 0, 1, place});
  current_.push_back({kPixelAddr, 0, at.addr, place});
  current_.push_back({kPixelX, 0, at.x, place});
  current_.push_back({kPixelY, 0, at.y, place});
  next_pixel_++;
}

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

// Registers that keep their value: who is busy with what.
void WavePredictor::ExpandLevels(int64_t cycle) {
  using enum StreamId;
  auto count = [&](size_t* next, size_t size, auto time) {
    while (*next < size && time(*next) <= cycle) ++*next;
    return *next;
  };
  const size_t in = count(&jobs_in_, accepted_.size(), [&](size_t i) { return accepted_[i] + 1; });
  const size_t seen = count(&jobs_seen_, accepted_.size(), [&](size_t i) {
    return std::max(accepted_[i], i > 0 ? ended_[i - 1] : 0) + latency::kJobSeen;
  });
  const size_t out = count(&jobs_out_, ended_.size(), [&](size_t i) { return ended_[i] + 1; });
  SetLevel(kJobReady, in - out < 2);
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
