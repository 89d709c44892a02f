// SPDX-License-Identifier: Apache-2.0
#include "sw_model/cycles/cycle_model.hpp"

#include <algorithm>
#include <deque>
#include <utility>

#include "compiler/schedule.hpp"
#include "sw_model/cycles/cycle_observer.hpp"
#include "sw_model/cycles/latency.hpp"
#include "sw_model/cycles/list_model.hpp"
#include "sw_model/cycles/read_model.hpp"
#include "sw_model/cycles/store_model.hpp"

namespace weft {
namespace {

// The harness's memory: takes an output as soon as it is through with the one before.
class DirectStore : public StoreModel {
 public:
  DirectStore(const Config& config, const Memory& memory) : StoreModel(config), memory_(memory) {}
  [[nodiscard]] int64_t done() const override { return write_free_; }

 private:
  int64_t Take(int64_t valid, int /*job*/, int channels) override {
    const int64_t pop = std::max(valid, write_free_);
    write_free_ = pop + memory_.WriteCycles(channels);
    bytes_ += channels;
    return pop;
  }
  const Memory& memory_;
  int64_t write_free_ = 0;
};

class CycleModel {
 public:
  CycleModel(const std::vector<Job>& jobs, const Config& config, const std::vector<int>& layer_starts,
             CycleObserver* observer, Supply* read, StoreModel* store)
      : jobs_(jobs),
        config_(config),
        observer_(observer),
        layer_starts_(layer_starts),
        read_(*read),
        store_(*store),
        drain_cycles_(int64_t{config.rows} * config.Steps()) {}

  CycleResult Run() {
    for (size_t j = 0, layer = 0; j < jobs_.size(); j++) {
      RunJob(int(j));
      read_.Stored(int(j) + 1, store_.done());
      if (layer + 1 >= layer_starts_.size() || j + 1 != size_t(layer_starts_[layer + 1])) continue;
      layer_ends_.push_back({store_.done(), {}});
      layer++;
    }
    // What is left: the last outputs.
    const int64_t end = read_.Finish(store_.done());
    const int64_t empty = store_.Empty();
    Spend(kDrain, std::min(empty + 1, end));
    Spend(kFill, end);
    layer_ends_.push_back({end, counts_});
    return {end, counts_, read_.bytes(), store_.bytes(), std::move(layer_ends_)};
  }

 private:
  // Idle cycles from the first one without a beat up to `until` (exclusive) have this cause: a condition that
  // holds from cycle x on lets a beat be decided in x, so it explains the idle cycles up to x.
  void Spend(Cause cause, int64_t until) {
    if (until <= idle_from_) return;
    counts_[cause] += until - idle_from_;
    EndLayers(until, cause);
    if (observer_ != nullptr) observer_->Idle(cause, idle_from_, until);
    idle_from_ = until;
  }

  // The counts of layers that end by the cycle `until`, the last cycles before which have this cause.
  void EndLayers(int64_t until, Cause cause) {
    for (; layers_ended_ < layer_ends_.size() && layer_ends_[layers_ended_].end <= until; layers_ended_++) {
      LayerEnd& layer = layer_ends_[layers_ended_];
      layer.counts = counts_;
      layer.counts[cause] -= until - layer.end;
    }
  }

  // From which cycle on the conditions of the pending chunk hold.
  struct Conditions {
    int64_t job = 0, tile = 0, lines = 0, weights = 0, drain = 0, room = 0;
  };

  // Starts a chunk of `len` beats as soon as it can, and accounts for the cycles before it.
  void Start(const Conditions& c, int64_t len) {
    const int64_t ready = std::max({start_ + 1, c.job, c.tile, c.lines, c.weights, c.drain, c.room});
    const int64_t begin = std::max({ready + 1, start_ + config_.rows, start_ + beats_});
    if (begin + 1 > idle_from_) {
      if (c.job + 1 > idle_from_) {
        if (!tile_starts_.empty()) Spend(kDrain, std::min(store_.Empty(), c.job) + 1);
        Spend(kFill, c.job + 1);
      }
      Spend(kFeed, start_ + config_.rows + 1);
      Spend(kFill, c.tile + 1);
      Spend(kWaitLines, c.lines + 1);
      Spend(kWaitWeights, c.weights + 1);
      Spend(kDrain, c.drain + 1);
      Spend(kStore, c.room + 1);
      Spend(kFill, begin + 1);
    }
    start_ = begin;
    beats_ = len;
    counts_[kMac] += len;
    idle_from_ = begin + len + 1;
    EndLayers(idle_from_, kMac);
  }

  void RunJob(int j) {
    const Job& job = jobs_[j];
    // When the walker has given its last pixel of the job before, and the sequencer passed the one before
    // that.
    const int64_t accepted = read_.Accept(j, std::max(walk_ + 1, j >= 2 ? ends_[j - 2] + 1 : 0));
    if (observer_ != nullptr) observer_->JobAccepted(j, accepted);
    walk_ = accepted + latency::kJobWalked;  // the walker's first pixel is in the cycle after this
    seen_ = std::max(accepted + latency::kJobToSequencer, start_ + latency::kJobNext) + latency::kJobLoaded;
    const int64_t tiles = job.tiles(config_);
    for (int64_t tile = 0; tile < tiles; tile++)
      for (int group = 0; group < job.groups; group++) RunTile(j, tile, group);
    ends_.push_back(start_);
    line_base_ += job.freed_lines();
    word_base_ += job.freed_bus_words();
    read_.lines.Free(start_ + config_.rows + latency::kLinesFreed, word_base_);
  }

  void RunTile(int j, int64_t tile, int group) {
    const Job& job = jobs_[j];
    const int64_t rows = config_.rows;
    const int64_t valid = std::min(rows, job.pixels - tile * rows);
    Conditions c;
    c.job = seen_;
    TileLines lines{};
    if (group == 0) {
      lines = LinesOfTile(job, tile, config_);
      c.tile = WalkTile();
      if (observer_ != nullptr) observer_->TileWalked(j, tile, walk_, c.tile);
      c.lines = read_.LinesSeen(line_base_ + lines.need);
    }
    // Chunks: `runs` runs of `chunks` chunks, the first `rem` of a run one longer.
    const int64_t runs = (int64_t{job.words[kJobKyLast]} + 1) * (int64_t{job.words[kJobKxLast]} + 1);
    const int64_t chunks = int64_t{job.words[kJobChunkLast]} + 1;
    const int64_t len = job.words[kJobChunkLen], rem = job.words[kJobChunkRem];
    const int64_t total = runs * chunks;
    const bool last_tile = tile + 1 == job.tiles(config_);
    int64_t words = 0;
    for (int64_t i = 0; i < total; i++) {
      const int64_t beats = len + (i % chunks < rem ? 1 : 0);
      words += beats;
      if (tile == 0) c.weights = read_.WeightsSeen(j, group, words);
      if (i + 1 == total && job.drains()) {
        c.weights = std::max(c.weights, tile == 0 ? read_.ParametersSeen(j, group) : 0);
        c.drain = last_drain_ + drain_cycles_ - beats - 1;
        c.room = store_.RoomFor(rows);
      }
      Start(c, beats);
      if (observer_ != nullptr) observer_->ChunkStarted(j, tile, group, i, start_, beats);
      if (i == 0 && group == 0) {
        tile_starts_.push_back(start_);
        if (tile_starts_.size() > kKept) tile_starts_.pop_front(), tiles_dropped_++;
        read_.lines.Free(start_ + latency::kLinesFreed, word_base_ + lines.free * job.words[kJobPitch]);
        c.tile = c.lines = 0;
      }
      if (last_tile) FreeWeights(job, words, i + 1 == total);
      if (tile > 0 && !last_tile && i + 2 < total && observer_ == nullptr &&
          layers_ended_ == layer_ends_.size()) {
        // nothing can wait until the last chunk
        const int64_t skipped = total - 2 - i;
        SkipChunks(skipped, chunks, rem, len, i + 1);
        i += skipped;
      }
    }
    counts_[kEdge] += int64_t{job.reduction.length()} * (rows * config_.cols - valid * job.ChannelsOf(group));
    if (!job.drains()) return;
    last_drain_ = start_ + beats_;
    if (last_tile) {
      param_base_ += config_.Steps();
      read_.params.Free(last_drain_ + latency::kParamsFreed + config_.cols + (rows - 1) * config_.Steps(),
                        param_base_);
    }
    Drain(j, tile, group, valid);
  }

  // The chunk that started last is the last one to read its weights: `words` of its group so far.
  void FreeWeights(const Job& job, int64_t words, bool ends_group) {
    const int64_t pack = config_.WeightPack(), whole = words / pack * pack;
    read_.weights.Free(start_ + beats_ + latency::kWeightsFreed,
                       weight_base_ + (ends_group ? GroupWeightWords(job, config_) : whole));
    if (ends_group) weight_base_ += GroupWeightWords(job, config_);
  }

  // Chunks first .. first+count-1 of a tile that follow each other at the pace of the read port.
  void SkipChunks(int64_t count, int64_t chunks, int64_t rem, int64_t len, int64_t first) {
    auto longer = [&](int64_t i) {
      return i / chunks * rem + std::min(i % chunks, rem);
    };  // of the first i chunks
    const int64_t beats = count * len + longer(first + count) - longer(first);
    const int64_t last = len + ((first + count - 1) % chunks < rem ? 1 : 0);
    const int64_t rows = config_.rows;
    if (len < rows) {  // one chunk a run: the port is slower than the beats
      const int64_t pause = rows - len;
      counts_[kFeed] += count * pause;
      start_ += count * rows;
    } else {
      start_ += beats_ + beats - last;
    }
    counts_[kMac] += beats;
    beats_ = last;
    idle_from_ = start_ + beats_ + 1;
  }

  // The pixel walker's next tile: the cycle from which its record can be seen.
  int64_t WalkTile() {
    // Pixel n waits until pixel n - depth has left; those leave one a cycle from their tile's start on.
    const int64_t rows = config_.rows, depth = config_.WalkDepth();
    const int64_t first = tiles_walked_ * rows - depth;  // the pixel that makes room for this tile's first
    int64_t last = walk_ + rows;
    for (int64_t n = std::max<int64_t>(first, 0); n < first + rows; n = (n / rows + 1) * rows) {
      const int64_t left = tile_starts_[n / rows - tiles_dropped_] + 1 + n % rows;
      last = std::max(last, left + 1 + (first + rows - 1 - n));
    }
    tiles_walked_++;
    walk_ = last;
    return last + latency::kTileRecord;
  }

  // The tile's pixels on their way to the store.
  void Drain(int j, int64_t tile, int group, int64_t valid) {
    const Job& job = jobs_[j];
    store_.Reserve(config_.rows);
    const int64_t first = start_ + beats_ + latency::kLastToPixel + config_.cols;
    for (int64_t row = 0; row < config_.rows; row++) {
      const int64_t time = first + row * config_.Steps();
      bool gives = row < valid;
      if (gives && job.words[kJobPool] > 1) {
        pool_count_ = (pool_count_ + 1) % job.words[kJobPool];
        gives = pool_count_ == 0;
      }
      int64_t pop = -1;
      if (gives) pop = store_.Write(time, j, job.ChannelsOf(group));
      else store_.Absorb(time);
      if (observer_ != nullptr) observer_->RowDrained(j, tile, group, int(row), time, pop);
    }
  }

  static constexpr size_t kKept = 16;  // tile starts that the walker may still look back to

  const std::vector<Job>& jobs_;
  const Config& config_;
  CycleObserver* observer_;
  const std::vector<int>& layer_starts_;
  Supply& read_;
  StoreModel& store_;
  int64_t drain_cycles_;
  CauseCounts counts_{};
  int64_t start_ = latency::kNever, beats_ = 0;  // the chunk that started last
  int64_t idle_from_ = 0;                        // the first cycle after its beats
  int64_t last_drain_ = latency::kNever;         // last beat of the tile that drained last
  int64_t seen_ = 0;                             // from when on its first chunk is pending
  std::vector<int64_t> ends_;                    // start of each job's last chunk
  int64_t walk_ = -1;                            // the walker's last pixel
  int64_t tiles_walked_ = 0, tiles_dropped_ = 0;
  std::deque<int64_t> tile_starts_;
  int64_t line_base_ = 0, word_base_ = 0, weight_base_ = 0, param_base_ = 0;
  int64_t pool_count_ = 0;
  std::vector<LayerEnd> layer_ends_;  // of the layers whose jobs have run
  size_t layers_ended_ = 0;           // ... of which the cycles have passed
};

}  // namespace

CycleResult CyclesOfLayer(const CycleResult& chain, size_t layer) {
  const LayerEnd before = layer > 0 ? chain.layers[layer - 1] : LayerEnd{}, &own = chain.layers[layer];
  CycleResult result;
  result.cycles = own.end - before.end;
  result.counts = Difference(own.counts, before.counts);
  return result;
}

CycleResult CountCycles(const std::vector<Job>& jobs, const Config& config, const Memory& memory,
                        CycleObserver* observer) {
  return CountCycles(jobs, config, memory, {}, observer);
}

CycleResult CountCycles(const std::vector<Job>& jobs, const Config& config, const Memory& memory,
                        const std::vector<int>& layer_starts, CycleObserver* observer) {
  ReadModel read(jobs, config, memory, layer_starts, observer);
  DirectStore store(config, memory);
  return CycleModel(jobs, config, layer_starts, observer, &read, &store).Run();
}

CycleResult CountCycles(const Program& program, const Config& config, const Memory& memory,
                        SystemObserver* observer, CycleObserver* engine_observer) {
  std::vector<int> layer_starts;
  for (const ProgramLayer& layer : program.layers) layer_starts.push_back(layer.first_job);
  WriteModel store(program, config, memory, observer);
  ListModel read(program, config, memory, &store, observer);
  return CycleModel(program.jobs, config, layer_starts, engine_observer, &read, &store).Run();
}

}  // namespace weft
