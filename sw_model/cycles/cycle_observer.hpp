// SPDX-License-Identifier: Apache-2.0
// What the cycle model decides, as it decides it: for those who want more than the totals (the waveforms of
// `weft waves`). All times are cycles since the start.
#pragma once

#include <cstdint>

#include "sw_model/causes.hpp"

namespace weft {

class CycleObserver {
 public:
  virtual ~CycleObserver() = default;
  // The queue takes a job.
  virtual void JobAccepted(int job, int64_t time) = 0;
  // The walker hands over the last pixel of a tile; its record can be seen from `record` on.
  virtual void TileWalked(int job, int64_t tile, int64_t last_pixel, int64_t record) = 0;
  // Chunk `chunk` of a tile and column group starts: beats at start+1 .. start+beats.
  virtual void ChunkStarted(int job, int64_t tile, int group, int64_t chunk, int64_t start,
                            int64_t beats) = 0;
  // Cycles [from, until) have no beat, for this reason.
  virtual void Idle(Cause cause, int64_t from, int64_t until) = 0;
  // A row of a tile reaches the output queue; it gives an output (taken in cycle `pop`), or none (`pop` < 0).
  virtual void RowDrained(int job, int64_t tile, int group, int row, int64_t time, int64_t pop) = 0;
  // The buffers take `count` bus words in cycles time, time + pace, ...; `done` words of this line or column
  // group came before.
  virtual void LineRead(int job, int line, int64_t done, int64_t count, int64_t time, int64_t pace) = 0;
  virtual void ParametersRead(int job, int group, int64_t done, int64_t count, int64_t time,
                              int64_t pace) = 0;
  virtual void WeightsRead(int job, int group, int64_t done, int64_t count, int64_t time, int64_t pace) = 0;
};

}  // namespace weft
