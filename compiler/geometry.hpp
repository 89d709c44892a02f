// SPDX-License-Identifier: Apache-2.0
// The geometry of a layer in the engine's terms: which lines and columns a region of outputs reads, and
// whether they fit.
#pragma once

#include <algorithm>
#include <cstdint>

#include "sw_model/config.hpp"
#include "sw_model/layer.hpp"

namespace weft {

// A rectangle of outputs (after pooling) of some images.
struct Region {
  int image0 = 0, images = 1;
  int oy0 = 0, rows = 1, ox0 = 0, cols = 1;
};

// Lines [y0, y1) and columns [x0, x1) of the input.
struct InputBox {
  int y0, y1, x0, x1;
};

struct Geometry {
  Shape in;       // what the engine reads
  Window window;  // of the convolution
  Window pool;    // 1x1 where there is none
  Shape out;      // after pooling

  Geometry(const Shape& in_shape, const ConvLayer& layer);
  // The same convolution without its pooling.
  [[nodiscard]] Geometry Unpooled() const;

  [[nodiscard]] int WindowPixels() const { return pool.kh * pool.kw; }
  // Lines under one row of outputs, and lines from one row to the next.
  [[nodiscard]] int Span() const {
    return (pool.kh - 1) * window.stride_h + (window.kh - 1) * window.dilation_h + 1;
  }
  [[nodiscard]] int RowStep() const { return pool.stride_h * window.stride_h; }
  // Where the window of an output begins, negative in the padding.
  [[nodiscard]] int FirstY(int oy) const { return oy * RowStep() - window.pad.top; }
  [[nodiscard]] int FirstX(int ox) const { return ox * pool.stride_w * window.stride_w - window.pad.left; }

  [[nodiscard]] InputBox InputOf(const Region& region) const;
  // Bytes that a line of the region takes in the line buffer.
  [[nodiscard]] int64_t Pitch(const Region& region, const Config& config) const;
  // The most lines that the line buffer must hold at once: a tile's lines are freed when the next tile
  // starts, so from the row of the first pixel of the tile before to the row of a tile's last pixel.
  [[nodiscard]] int64_t LinesNeeded(const Region& region, const Config& config) const;
  [[nodiscard]] bool LinesFit(const Region& region, const Config& config) const;
};

constexpr int64_t CeilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }
constexpr int64_t RoundUp(int64_t a, int64_t b) { return CeilDiv(a, b) * b; }

// Bytes [begin, end) of a line as streamed: the bus words that hold them, at least one.
inline int64_t LineBegin(int64_t begin, const Config& config) {
  return begin / config.bus_bytes * config.bus_bytes;
}
inline int64_t LinePitch(int64_t begin, int64_t end, const Config& config) {
  return std::max<int64_t>(config.bus_bytes, RoundUp(end, config.bus_bytes) - LineBegin(begin, config));
}

}  // namespace weft
