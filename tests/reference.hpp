// SPDX-License-Identifier: Apache-2.0
// A second opinion on golden.hpp: the formulas of layer.hpp as plain loops over wide integers, sharing no
// code with it. Layers must be well formed; nothing is checked here.
#pragma once

#include <algorithm>
#include <cstdint>

#include "sw_model/layer.hpp"
#include "sw_model/tensor.hpp"

namespace weft::reference {

using Wide = __int128;

// floor(a / 2^bits) and round(a / 2^bits), half towards +infinity or away from zero.
inline Wide FloorShift(Wide a, int bits) {
  const Wide unit = Wide{1} << bits;
  return a >= 0 ? a / unit : -((-a + unit - 1) / unit);
}
inline Wide RoundHalfUp(Wide a, int bits) {
  return bits == 0 ? a : FloorShift(a + (Wide{1} << (bits - 1)), bits);
}
inline Wide RoundHalfAway(Wide a, int bits) { return a >= 0 ? RoundHalfUp(a, bits) : -RoundHalfUp(-a, bits); }

// The value of a modulo 2^32 that an int32 can hold.
inline Wide Wrap32(Wide a) { return a - (FloorShift(a + (Wide{1} << 31), 32) << 32); }

// acc * multiplier * 2^(shift - 31), rounded twice; acc * 2^shift wraps when it shifts left.
inline int64_t Multiply(int32_t acc, int32_t multiplier, int shift) {
  const Wide x = Wrap32(Wide{acc} << std::max(shift, 0));
  const Wide high = std::min<Wide>(RoundHalfUp(x * multiplier, 31), INT32_MAX);
  return int64_t(RoundHalfAway(high, std::max(-shift, 0)));
}

// a / 2^bits, half to even; a to 24 significant bits, as a float32 has them.
inline Wide RoundHalfEven(Wide a, int bits) {
  const Wide floor = FloorShift(a, bits), twice = 2 * (a - (floor << bits)), unit = Wide{1} << bits;
  return floor + (twice > unit || (twice == unit && floor % 2 != 0) ? 1 : 0);
}
inline Wide ToFloat32(Wide a) {
  int bits = 0;
  while ((a < 0 ? -a : a) >> bits >= 1 << 24) ++bits;
  return RoundHalfEven(a, bits) << bits;
}

// acc * multiplier * 2^(shift - 31), every step in float32.
inline int64_t MultiplyFloat32(int32_t acc, int32_t multiplier, int shift) {
  const Wide y = RoundHalfEven(ToFloat32(ToFloat32(acc) * multiplier), 31 - shift);
  return int64_t(std::min<Wide>(std::max<Wide>(y, INT32_MIN), INT32_MAX));
}

inline int8_t Requantize(int32_t acc, const Requant& r, int k) {
  const auto multiply = r.rounding == Rounding::kTflite ? Multiply : MultiplyFloat32;
  const int64_t y = multiply(acc, r.multiplier[size_t(k)], r.shift[size_t(k)]) + r.output_zp;
  return int8_t(std::min<int64_t>(std::max<int64_t>(y, r.clamp_lo), r.clamp_hi));
}

inline int OutputSize(int in, int filter, int stride, int dilation, int pad_before, int pad_after) {
  return (in + pad_before + pad_after - dilation * (filter - 1) - 1) / stride + 1;
}

inline TensorI32 Accumulate(const TensorI8& in, const ConvLayer& l) {
  const Window& w = l.window;
  const Shape f = l.filters.shape;
  TensorI32 acc({in.shape.n, OutputSize(in.shape.h, f.h, w.stride_h, w.dilation_h, w.pad.top, w.pad.bottom),
                 OutputSize(in.shape.w, f.w, w.stride_w, w.dilation_w, w.pad.left, w.pad.right), f.n});
  size_t i = 0;
  for (int n = 0; n < acc.shape.n; ++n)
    for (int oy = 0; oy < acc.shape.h; ++oy)
      for (int ox = 0; ox < acc.shape.w; ++ox)
        for (int k = 0; k < f.n; ++k) {
          const int group = k / (f.n / l.groups);
          int64_t sum = l.bias[size_t(k)];
          for (int ky = 0; ky < f.h; ++ky)
            for (int kx = 0; kx < f.w; ++kx)
              for (int c = 0; c < f.c; ++c) {
                const int y = oy * w.stride_h - w.pad.top + ky * w.dilation_h;
                const int x = ox * w.stride_w - w.pad.left + kx * w.dilation_w;
                const bool inside = y >= 0 && y < in.shape.h && x >= 0 && x < in.shape.w;
                const int act = inside ? in.at(n, y, x, group * f.c + c) : l.input_zp;
                sum += int64_t{act - l.input_zp} * l.filters.at(k, ky, kx, c);
              }
          acc.data[i++] = int32_t(Wrap32(sum));
        }
  return acc;
}

inline TensorI8 MaxPool(const TensorI8& in, const Window& w) {
  TensorI8 out({in.shape.n, OutputSize(in.shape.h, w.kh, w.stride_h, 1, w.pad.top, w.pad.bottom),
                OutputSize(in.shape.w, w.kw, w.stride_w, 1, w.pad.left, w.pad.right), in.shape.c});
  size_t i = 0;
  for (int n = 0; n < out.shape.n; ++n)
    for (int oy = 0; oy < out.shape.h; ++oy)
      for (int ox = 0; ox < out.shape.w; ++ox)
        for (int c = 0; c < out.shape.c; ++c) {
          int largest = -1000;
          for (int ky = 0; ky < w.kh; ++ky)
            for (int kx = 0; kx < w.kw; ++kx) {
              const int y = oy * w.stride_h - w.pad.top + ky, x = ox * w.stride_w - w.pad.left + kx;
              if (y >= 0 && y < in.shape.h && x >= 0 && x < in.shape.w)
                largest = std::max<int>(largest, in.at(n, y, x, c));
            }
          out.data[i++] = int8_t(largest);
        }
  return out;
}

inline TensorI8 Conv(const TensorI8& in, const ConvLayer& l) {
  const TensorI32 acc = Accumulate(in, l);
  TensorI8 out(acc.shape);
  for (size_t i = 0; i < acc.data.size(); ++i)
    out.data[i] = Requantize(acc.data[i], l.requant, int(i % size_t(acc.shape.c)));
  return l.max_pool ? MaxPool(out, *l.max_pool) : out;
}

}  // namespace weft::reference
