// SPDX-License-Identifier: Apache-2.0
#include "sim/golden_waves/wave_predictor.hpp"

#include <algorithm>

#include "sw_model/cycles/cycle_model.hpp"
#include "sw_model/cycles/latency.hpp"
#include "sw_model/error.hpp"

namespace weft {

WavePredictor::WavePredictor(const std::vector<Job>& jobs, const ConvLayer& layer, const TensorI8& in,
                             const Config& config, const Memory& memory)
    : jobs_(jobs), layer_(layer), in_(in), config_(config), operands_(jobs, layer, in, config) {
  Base base;
  for (const Job& job : jobs) {
    bases_.push_back(base);
    base.lines += job.freed_lines();
    base.words += job.freed_bus_words();
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
  for (const StreamSpec& spec : WaveStreams(config)) early_.push_back(spec.early);
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
    if (tile.tile == 0) {
      time = accepted_[size_t(tile.job)] + latency::kJobWalked;
      walked_.push_back(time);
    }
    for (int64_t r = 0; r < rows; r++) {
      const int64_t makes_room = int64_t(i) * rows + r - depth;
      time++;
      if (makes_room >= 0)
        time = std::max(time, tile_starts_[size_t(makes_room / rows)] + 1 + makes_room % rows + 1);
      pixel_times_.push_back(time);
    }
    walked_.back() = time;
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
  if (early_[size_t(id)]) {
    const int col = lane % config_.cols;
    if (col % 2 == 1 && config_.IsPaired(col)) cycle--;
  }
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

}  // namespace weft
