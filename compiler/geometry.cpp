// SPDX-License-Identifier: Apache-2.0
#include "compiler/geometry.hpp"

#include <algorithm>

#include "sw_model/golden/golden.hpp"

namespace weft {
namespace {

// Of the part of the map that negative padding leaves.
Shape PooledShape(const Shape& in, const ConvLayer& layer) {
  Window w = layer.window;
  Shape part = in;
  part.h += std::min(w.pad.top, 0) + std::min(w.pad.bottom, 0);
  part.w += std::min(w.pad.left, 0) + std::min(w.pad.right, 0);
  w.pad = {std::max(w.pad.top, 0), std::max(w.pad.bottom, 0), std::max(w.pad.left, 0),
           std::max(w.pad.right, 0)};
  const Shape conv = golden::OutputShape(part, w, layer.filters.shape.n);
  return layer.max_pool ? golden::OutputShape(conv, *layer.max_pool, conv.c) : conv;
}

}  // namespace

Geometry::Geometry(const Shape& in_shape, const ConvLayer& layer)
    : in(in_shape),
      window(layer.window),
      pool(layer.max_pool.value_or(Window{})),
      out(PooledShape(in_shape, layer)) {}

Geometry Geometry::Unpooled() const {
  Geometry g = *this;
  g.out.h = (in.h + window.pad.top + window.pad.bottom - window.dilation_h * (window.kh - 1) - 1) /
                window.stride_h +
            1;
  g.out.w = (in.w + window.pad.left + window.pad.right - window.dilation_w * (window.kw - 1) - 1) /
                window.stride_w +
            1;
  g.pool = Window{};
  return g;
}

InputBox Geometry::InputOf(const Region& r) const {
  const int last_x =
      FirstX(r.ox0 + r.cols - 1) + (pool.kw - 1) * window.stride_w + (window.kw - 1) * window.dilation_w + 1;
  return {std::clamp(FirstY(r.oy0), 0, in.h), std::clamp(FirstY(r.oy0 + r.rows - 1) + Span(), 0, in.h),
          std::clamp(FirstX(r.ox0), 0, in.w), std::clamp(last_x, 0, in.w)};
}

int64_t Geometry::Pitch(const Region& region, const Config& config) const {
  const InputBox box = InputOf(region);
  return LinePitch(int64_t{box.x0} * in.c, int64_t{box.x1} * in.c, config);
}

int64_t Geometry::LinesNeeded(const Region& r, const Config& config) const {
  const InputBox box = InputOf(r);
  const int height = box.y1 - box.y0;
  const int64_t row_pixels = int64_t{r.cols} * WindowPixels();
  const int64_t total = int64_t{r.images} * r.rows * row_pixels;
  // Line of the job at which a row of outputs begins (extra = 0) or ends (extra = span); rows run through all
  // images.
  auto line = [&](int64_t row, int extra) {
    const int y = FirstY(r.oy0 + int(row % r.rows)) - box.y0 + extra;
    return row / r.rows * height + std::clamp(y, 0, height);
  };
  int64_t need = 0;
  for (int64_t p = 0; p < total; p += config.rows) {
    const int64_t last = std::min<int64_t>(p + config.rows, total) - 1;
    const int64_t before = std::max<int64_t>(p - config.rows, 0);
    need = std::max(need, line(last / row_pixels, Span()) - line(before / row_pixels, 0));
  }
  return need;
}

bool Geometry::LinesFit(const Region& region, const Config& config) const {
  const InputBox box = InputOf(region);
  const int64_t all = int64_t{region.images} * (box.y1 - box.y0);
  const int64_t pitch = Pitch(region, config);
  if (all * pitch <= config.line_buffer_bytes) return true;
  return LinesNeeded(region, config) * pitch <= config.line_buffer_bytes;
}

}  // namespace weft
