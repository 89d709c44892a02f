// SPDX-License-Identifier: Apache-2.0
// What the array multiplies where: from a place in the run (job, tile, row, column, beat) to the layer's
// pixel, tap and channel, and to the values there. Says nothing of when.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "compiler/job.hpp"

namespace weft {

// Where in the network a sample belongs; -1 where that has no meaning.
struct WavePlace {
  int job = -1;
  int64_t tile = -1;
  int group = -1;
  int row = -1, col = -1;  // of the array: pixel of the tile, channel of the group
  int64_t beat = -1;       // of the tile: index into the reduction
};

// The pixel and the tap of a place, in the words of the layer.
struct WavePixel {
  int n, y, x;  // of the convolution's output, before pooling
};
struct WaveTap {
  int ky, kx, c;
};

class WaveOperands {
 public:
  // `in` and `layer` as the engine gets them (vertically interleaved where it needs that).
  WaveOperands(const std::vector<Job>& jobs, const ConvLayer& layer, const TensorI8& in, const Config& config)
      : jobs_(jobs), layer_(layer), in_(in), config_(config) {}

  [[nodiscard]] WavePixel PixelOf(const WavePlace& place) const;
  [[nodiscard]] WaveTap TapOf(const WavePlace& place) const;
  [[nodiscard]] int ChannelOf(const WavePlace& place) const;
  // Operands of a beat.
  [[nodiscard]] int ActOf(const WavePlace& place) const;
  [[nodiscard]] int WgtOf(const WavePlace& place) const;

  // A pixel's window: its address from the job's first line on, its x in bytes and y in lines of what is
  // streamed.
  struct Position {
    int64_t addr, x, y;
  };
  [[nodiscard]] Position PositionOf(const Job& job, const WavePixel& pixel) const;
  [[nodiscard]] static WaveTap Tap(const Job& job, int64_t beat);
  // Where in the input a beat's byte is; false if it is padding.
  [[nodiscard]] bool Inside(const Job& job, int group, const WavePixel& pixel, const WaveTap& tap,
                            size_t* index) const;
  [[nodiscard]] int Wgt(const Job& job, int group, int col, const WaveTap& tap) const;

 private:
  const std::vector<Job>& jobs_;
  const ConvLayer& layer_;
  const TensorI8& in_;
  const Config& config_;
};

}  // namespace weft
