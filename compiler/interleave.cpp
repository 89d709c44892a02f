// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "compiler/job.hpp"
#include "sw_model/golden/golden.hpp"

namespace weft {

bool NeedsInterleave(const ConvLayer& layer, const Shape& in, const Config& config) {
  const int run = layer.window.dilation_w == 1 ? layer.window.kw * in.c : in.c;
  const Padding& pad = layer.window.pad;
  const bool whole = std::min({pad.top, pad.bottom, pad.left, pad.right}) >= 0;
  return layer.groups == 1 && layer.window.kh > 1 && run < config.rows && whole;
}

ConvLayer InterleaveLayer(const ConvLayer& layer) {
  ConvLayer out = layer;
  const Shape& f = layer.filters.shape;
  out.filters.shape = {f.n, 1, f.w, f.h * f.c};
  if (!layer.filters.data.empty()) out.filters = TensorI8(out.filters.shape);
  for (int k = 0; k < f.n && !out.filters.data.empty(); k++)
    for (int ky = 0; ky < f.h; ky++)
      for (int kx = 0; kx < f.w; kx++)
        for (int c = 0; c < f.c; c++) out.filters.at(k, 0, kx, ky * f.c + c) = layer.filters.at(k, ky, kx, c);
  out.window.kh = 1;
  out.window.stride_h = 1;
  out.window.dilation_h = 1;
  out.window.pad.top = out.window.pad.bottom = 0;
  return out;
}

Shape InterleavedShape(const ConvLayer& layer, const Shape& in) {
  return {in.n, golden::ConvShape(in, layer).h, in.w, in.c * layer.window.kh};
}

TensorI8 InterleaveInput(const ConvLayer& layer, const TensorI8& in) {
  const Window& w = layer.window;
  TensorI8 out(InterleavedShape(layer, in.shape), int8_t(layer.input_zp));
  for (int n = 0; n < in.shape.n; n++)
    for (int oy = 0; oy < out.shape.h; oy++)
      for (int ky = 0; ky < w.kh; ky++) {
        const int y = oy * w.stride_h - w.pad.top + ky * w.dilation_h;
        if (y < 0 || y >= in.shape.h) continue;
        for (int x = 0; x < in.shape.w; x++)
          for (int c = 0; c < in.shape.c; c++) out.at(n, oy, x, ky * in.shape.c + c) = in.at(n, y, x, c);
      }
  return out;
}

}  // namespace weft
