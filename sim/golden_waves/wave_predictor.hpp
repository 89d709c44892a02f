// SPDX-License-Identifier: Apache-2.0
// What every stream of WaveStreams carries in which cycle, from the golden and the cycle model: the golden
// waveforms.
//
// The cycle model runs first and says when (its events are kept); the values then follow cycle by cycle from
// the layer itself: activations from the input tensor, weights from the filters, sums by multiplying them,
// outputs by the golden functions.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "compiler/schedule.hpp"
#include "sim/golden_waves/wave_operands.hpp"
#include "sim/golden_waves/wave_signals.hpp"
#include "sw_model/cycles/cycle_observer.hpp"
#include "sw_model/memory.hpp"

namespace weft {

struct WaveSample {
  StreamId id;
  int lane = 0;
  int64_t value = 0;
  WavePlace place;
};

class WavePredictor : private CycleObserver {
 public:
  // `in` and `layer` as the engine gets them (vertically interleaved where it needs that).
  WavePredictor(const std::vector<Job>& jobs, const ConvLayer& layer, const TensorI8& in,
                const Config& config, const Memory& memory);

  // All samples of one cycle, in no order; to be called for cycle 0, 1, 2, ... `fine`: those of every beat in
  // every processing element too. Pulses and levels come as samples where they change (levels) or are not 0
  // (pulses).
  const std::vector<WaveSample>& Cycle(int64_t cycle, bool fine);
  [[nodiscard]] int64_t cycles() const { return cycles_; }

  [[nodiscard]] const WaveOperands& operands() const { return operands_; }

 private:
  struct ChunkEvent {
    int job, group;
    int64_t tile, chunk, start, beats, first_beat;
  };
  struct RowEvent {
    int job, group, row;
    int64_t tile, time, pop;
  };
  struct TileEvent {
    int job;
    int64_t tile, last_pixel, record;
  };
  struct ReadEvent {
    int job, index;  // line or column group
    int64_t done, count, time, pace;
  };
  struct IdleEvent {
    Cause cause;
    int64_t from, until;
  };

  void JobAccepted(int job, int64_t time) override;
  void TileWalked(int job, int64_t tile, int64_t last_pixel, int64_t record) override;
  void ChunkStarted(int job, int64_t tile, int group, int64_t chunk, int64_t start, int64_t beats) override;
  void Idle(Cause cause, int64_t from, int64_t until) override;
  void RowDrained(int job, int64_t tile, int group, int row, int64_t time, int64_t pop) override;
  void LineRead(int job, int line, int64_t done, int64_t count, int64_t time, int64_t pace) override;
  void ParametersRead(int job, int group, int64_t done, int64_t count, int64_t time, int64_t pace) override;
  void WeightsRead(int job, int group, int64_t done, int64_t count, int64_t time, int64_t pace) override;

  void Put(int64_t cycle, StreamId id, int lane, int64_t value, const WavePlace& place = {});
  void SetLevel(StreamId id, int64_t value);  // in the current cycle
  void PredictWalk();                         // times of all pixels, from the starts of all tiles
  void PredictFrees();                        // when the buffers' words are freed
  void ExpandWalk(int64_t cycle);
  void ExpandChunk(const ChunkEvent& chunk, bool fine);
  void ExpandReads(const ChunkEvent& chunk, bool fine);
  void ExpandBeats(const ChunkEvent& chunk, bool fine);
  void ExpandTileEnd(const ChunkEvent& last, bool fine);
  void ExpandOutputs(const ChunkEvent& last, int64_t ahead);
  void ExpandLevels(int64_t cycle);
  void ExpandJobs(size_t seen, size_t out);
  void ExpandCounts(int64_t cycle, Cause cause);
  [[nodiscard]] int64_t IdlePes(const ChunkEvent& chunk) const;
  void ExpandSpace(int64_t cycle);
  void ExpandBuffers(int64_t cycle);

  [[nodiscard]] int64_t Valid(int job, int64_t tile) const;  // pixels of a tile that count
  // With the address of the line buffer, as the walker gives it.
  [[nodiscard]] WaveOperands::Position PositionOf(int job, const WavePixel& pixel) const;

  const std::vector<Job>& jobs_;
  const ConvLayer& layer_;
  const TensorI8& in_;
  const Config& config_;
  WaveOperands operands_;
  int64_t cycles_ = 0;

  // What the cycle model said.
  std::vector<int64_t> accepted_, ended_;
  std::vector<int64_t> walked_;  // the walker's last pixel of each job
  std::vector<TileEvent> tiles_;
  std::vector<int64_t> tile_starts_, pixel_times_;
  std::vector<ChunkEvent> chunks_;
  std::vector<RowEvent> rows_;
  std::vector<ReadEvent> line_reads_, param_reads_, weight_reads_;
  std::vector<IdleEvent> idles_;

  // Lines, bus words, weight words and parameter entries of all jobs before this one.
  struct Base {
    int64_t lines = 0, words = 0, weights = 0, params = 0;
  };
  std::vector<Base> bases_;
  std::vector<int32_t> bias_;  // with the input zero point folded in

  // Where the expansion has come to.
  struct Ring {  // an input buffer: words taken and freed
    size_t event = 0;
    int64_t word = 0, taken = 0;
    std::vector<std::pair<int64_t, int64_t>> frees;  // cycle from which the register shows it, running count
    size_t free = 0;
    int64_t freed = 0;
  };
  bool TakeWord(Ring* ring, const std::vector<ReadEvent>& events, int64_t cycle, const ReadEvent** event,
                int64_t* word);
  int64_t FreedBefore(Ring* ring, int64_t cycle);
  Ring line_ring_, weight_ring_, param_ring_;
  int64_t lines_done_ = 0;
  std::vector<int64_t> entries_landed_;  // cycles in which parameter entries can be seen
  size_t entry_ = 0;
  size_t next_chunk_ = 0, next_pixel_ = 0, next_idle_ = 0, jobs_in_ = 0, jobs_seen_ = 0, jobs_out_ = 0,
         records_ = 0, tiles_out_ = 0;
  size_t rows_in_ = 0, rows_out_ = 0;
  size_t ended_row_ = 0;          // rows_ index of the tile end that is expanded next
  int64_t waiting_ = 0;           // outputs in the queue
  size_t gone_ = 0, popped_ = 0;  // rows_ index: looked at for pixels that give no output, for outputs
  size_t shown_job_ = SIZE_MAX;   // the sequencer's, whose words have been compared
  int64_t space_ = 0, reserved_ = 0;
  CauseCounts counts_{};
  size_t edge_chunk_ = 0;  // whose idle PEs are counted
  int64_t pool_count_ = 0;
  std::vector<int64_t> sums_;      // rows x cols, kept from job to job
  std::vector<int8_t> pooled_;     // cols
  std::vector<int8_t> act_, wgt_;  // of this tile and group: rows x beats, beats x cols
  std::vector<int64_t> levels_;

  static constexpr int64_t kRing = 1 << 16;  // cycles that are predicted ahead at most
  std::vector<std::vector<WaveSample>> ring_;
  std::vector<bool> early_;  // by StreamId: an odd column of a pair is a cycle early
  std::vector<WaveSample> current_;
};

}  // namespace weft
