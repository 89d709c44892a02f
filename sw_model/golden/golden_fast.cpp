// SPDX-License-Identifier: Apache-2.0
// How it is fast, and still exact:
//
// 1. Sums in float. A product (act - input_zp) * wgt is an integer of magnitude at most 255 * 128 = 32640, so
// a sum of
//    514 of them stays within 2^24 and every step is exact, fused or not, in any order. Compilers turn the
//    loop into fused multiply-adds on every machine. Each 512 taps the sum moves to a uint32_t, which wraps
//    as the layer asks.
// 2. No im2col. The map is copied once, as float, zero point subtracted and zeros around it. Then tap t of
// the window
//    at a pixel is base[pixel] + offset[t], for any stride, dilation and group.
// 3. A tile of kPixels x kLanes sums lives in registers: each tap loads kLanes filter values and multiplies
// them by one
//    value of each pixel. Depthwise layers use the same tile, lane by lane: channel = base + offset[t] +
//    lane.
#include "sw_model/golden/golden_fast.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <vector>

#include "sw_model/golden/golden.hpp"

namespace weft {
namespace {

constexpr int kPixels = 8;
constexpr int kLanes = 32;  // output channels
constexpr size_t kExactTaps = 512;
static_assert(kExactTaps * 255 * 128 < (1 << 24));

constexpr size_t kMapFloats = size_t{1} << 18;  // images are taken together up to this many floats,
constexpr size_t kMinPixels = 128;              // and at least as many as give this many pixels

using Sums = std::array<std::array<float, kLanes>, kPixels>;
using Accumulators = std::array<std::array<uint32_t, kLanes>, kPixels>;
using Bases = std::array<const float*, kPixels>;

// One block of output channels: at most kLanes channels of one group, or of a depthwise layer.
struct Block {
  int first_k, count;
  int first_c;                 // its first input channel
  std::vector<float> filters;  // [tap][lane]
  alignas(64) std::array<uint32_t, kLanes> bias{};
  alignas(64) std::array<int32_t, kLanes> multiplier{};
  alignas(64) std::array<uint32_t, kLanes> left{}, right{};
  alignas(64) std::array<float, kLanes> scale{};
};

// ---- the inner loops --------------------------------------------------------------------------------------

// Not inlined: here and in Requantize, the sums and pointers all fit in registers (1.5 and 3 times the
// speed).
template <bool kDepthwise>
[[gnu::noinline]] void AddTaps(const Bases& base, std::span<const int> offset, const float* filters,
                               Sums& sums) {
  const Bases x = base;
  Sums s{};
  for (size_t t = 0; t < offset.size(); ++t) {
    for (int p = 0; p < kPixels; ++p)
      for (int k = 0; k < kLanes; ++k)
        s[p][k] += x[p][offset[t] + (kDepthwise ? k : 0)] * filters[t * kLanes + k];
  }
  sums = s;
}

template <bool kDepthwise>
void Accumulate(const Bases& base, std::span<const int> offset, const Block& block, Accumulators& acc) {
  acc.fill(block.bias);
  for (size_t t = 0; t < offset.size(); t += kExactTaps) {
    Sums sums;
    AddTaps<kDepthwise>(base, offset.subspan(t, std::min(kExactTaps, offset.size() - t)),
                        &block.filters[t * kLanes], sums);
    for (int p = 0; p < kPixels; ++p)
      for (int k = 0; k < kLanes; ++k) acc[p][k] += uint32_t(int32_t(sums[p][k]));
  }
}

// golden::Requantize on every lane. The multiplier is not negative, so the doubling product cannot saturate;
// (ab + 2^30) >> 31 equals golden's nudged division. Clamping before the zero point keeps the sum in 32 bits.
[[gnu::noinline]] void Requantize(const std::array<uint32_t, kLanes>& acc, const Block& block,
                                  const Requant& r, std::array<int8_t, kLanes>& out) {
  const int zp = r.output_zp, lo = r.clamp_lo - zp, hi = r.clamp_hi - zp;
  alignas(64) std::array<int32_t, kLanes> y;
  for (int k = 0; k < kLanes; ++k) {
    const auto x = int32_t(acc[k] << block.left[k]);
    y[k] = int32_t((int64_t{x} * block.multiplier[k] + (int64_t{1} << 30)) >> 31);
  }
  for (int k = 0; k < kLanes; ++k) {
    const auto mask = int32_t((uint32_t{1} << block.right[k]) - 1);
    const int32_t threshold = (mask >> 1) + (y[k] < 0 ? 1 : 0);
    const int32_t rounded = (y[k] >> block.right[k]) + ((y[k] & mask) > threshold ? 1 : 0);
    y[k] = std::min(std::max(rounded, lo), hi) + zp;
  }
  for (int k = 0; k < kLanes; ++k) out[k] = int8_t(y[k]);
}

// The same as ONNX Runtime rounds it. The bounds are whole numbers: clamping before rounding is as good.
[[gnu::noinline]] void RequantizeOnnx(const std::array<uint32_t, kLanes>& acc, const Block& block,
                                      const Requant& r, std::array<int8_t, kLanes>& out) {
  const int zp = r.output_zp;
  const auto lo = float(r.clamp_lo - zp), hi = float(r.clamp_hi - zp);
  alignas(64) std::array<int32_t, kLanes> y;
  for (int k = 0; k < kLanes; ++k) {
    const float product = float(int32_t(acc[k])) * block.scale[k];
    y[k] = int32_t(std::nearbyint(std::min(std::max(product, lo), hi))) + zp;
  }
  for (int k = 0; k < kLanes; ++k) out[k] = int8_t(y[k]);
}

// ---- layouts ----------------------------------------------------------------------------------------------

struct Map {
  int h, w, c;  // of one padded image
  [[nodiscard]] size_t size() const { return size_t(h) * size_t(w) * size_t(c); }
};

// Images [first, first + count) as float, less the zero point, into `map`, whose border is zero already.
void FillMap(const TensorI8& in, const ConvLayer& layer, int first, int count, const Map& m,
             std::vector<float>& map) {
  const size_t row = size_t(in.shape.w) * size_t(in.shape.c);
  const auto zp = float(layer.input_zp);
  for (int n = 0; n < count; ++n) {
    for (int y = 0; y < in.shape.h; ++y) {
      const int8_t* from = &in.data[in.index(first + n, y, 0, 0)];
      float* to = &map[size_t(n) * m.size() +
                       (size_t(y + layer.window.pad.top) * size_t(m.w) + size_t(layer.window.pad.left)) *
                           size_t(m.c)];
      for (size_t i = 0; i < row; ++i) to[i] = float(from[i]) - zp;
    }
  }
}

// The place of each tap relative to the window's first, in the order of the filters: ky, kx, c.
std::vector<int> TapOffsets(const ConvLayer& layer, const Map& m) {
  const Window& w = layer.window;
  std::vector<int> offset;
  for (int ky = 0; ky < w.kh; ++ky)
    for (int kx = 0; kx < w.kw; ++kx)
      for (int c = 0; c < layer.filters.shape.c; ++c)
        offset.push_back((ky * w.dilation_h * m.w + kx * w.dilation_w) * m.c + c);
  return offset;
}

Block MakeBlock(const ConvLayer& layer, int first_k, int count, int first_c) {
  const size_t taps = layer.filters.data.size() / size_t(layer.filters.shape.n);
  Block block{first_k, count, first_c, std::vector<float>(taps * kLanes), {}, {}, {}, {}, {}};
  const int8_t* filters = &layer.filters.data[size_t(first_k) * taps];
  for (size_t t = 0; t < taps; ++t)
    for (size_t lane = 0; lane < size_t(count); ++lane)
      block.filters[t * kLanes + lane] = float(filters[lane * taps + t]);
  for (int lane = 0; lane < count; ++lane) {
    const auto k = size_t(first_k + lane);
    block.bias[lane] = uint32_t(layer.bias[k]);
    block.multiplier[lane] = layer.requant.multiplier[k];
    block.left[lane] = uint32_t(std::max(layer.requant.shift[k], 0));
    block.right[lane] = uint32_t(std::max(-layer.requant.shift[k], 0));
    block.scale[lane] = std::ldexp(float(layer.requant.multiplier[k]), layer.requant.shift[k] - 31);
  }
  return block;
}

// ---- the loops around them --------------------------------------------------------------------------------

// All pixels of one block of channels; `out` is the first pixel's channel block.first_k, pixels `channels`
// apart.
template <bool kDepthwise>
void ConvBlock(std::span<const float* const> pixels, std::span<const int> offset, const Block& block,
               const Requant& requant, int channels, int8_t* out) {
  for (size_t first = 0; first < pixels.size(); first += kPixels) {
    const size_t count = std::min<size_t>(kPixels, pixels.size() - first);
    Bases base;
    for (size_t p = 0; p < kPixels; ++p) base[p] = pixels[first + std::min(p, count - 1)] + block.first_c;
    alignas(64) Accumulators acc;
    Accumulate<kDepthwise>(base, offset, block, acc);
    for (size_t p = 0; p < count; ++p) {
      alignas(64) std::array<int8_t, kLanes> y;
      if (requant.rounding == Rounding::kTflite) Requantize(acc[p], block, requant, y);
      else RequantizeOnnx(acc[p], block, requant, y);
      std::copy_n(y.data(), block.count, out + (first + p) * size_t(channels));
    }
  }
}

// Where the window of each output pixel begins.
std::vector<const float*> PixelBases(const Shape& conv, int images, const Window& w, const Map& m,
                                     const float* map) {
  std::vector<const float*> bases;
  bases.reserve(size_t(images) * size_t(conv.h) * size_t(conv.w));
  for (int n = 0; n < images; ++n)
    for (int oy = 0; oy < conv.h; ++oy)
      for (int ox = 0; ox < conv.w; ++ox)
        bases.push_back(map + size_t(n) * m.size() +
                        (size_t(oy) * size_t(w.stride_h) * size_t(m.w) + size_t(ox) * size_t(w.stride_w)) *
                            size_t(m.c));
  return bases;
}

template <bool kDepthwise>
void ConvImages(std::span<const float* const> pixels, std::span<const int> offset, const ConvLayer& layer,
                int8_t* out) {
  const int channels = layer.filters.shape.n;
  const int group_k = kDepthwise ? channels : channels / layer.groups;
  for (int k = 0; k < channels;) {
    const int count = std::min(kLanes, group_k - k % group_k);
    const int first_c = kDepthwise ? k : k / group_k * layer.filters.shape.c;
    ConvBlock<kDepthwise>(pixels, offset, MakeBlock(layer, k, count, first_c), layer.requant, channels,
                          out + k);
    k += count;
  }
}

}  // namespace

TensorI8 ConvFast(const TensorI8& in, const ConvLayer& layer) {
  golden::Check(in, layer);
  const Window& w = layer.window;
  const Shape conv = golden::ConvShape(in.shape, layer);
  const Map m{in.shape.h + w.pad.top + w.pad.bottom, in.shape.w + w.pad.left + w.pad.right, in.shape.c};
  const size_t pixels = size_t(conv.h) * size_t(conv.w);
  const size_t batch = std::max({kMapFloats / m.size(), kMinPixels / pixels, size_t{1}});
  const int images = int(std::min(batch, size_t(in.shape.n)));

  std::vector<float> map(size_t(images) * m.size() +
                         kLanes);  // a depthwise tile may read past the last channel
  const std::vector<int> offset = TapOffsets(layer, m);
  const bool depthwise = layer.groups == conv.c && layer.filters.shape.c == 1;
  TensorI8 out(conv);
  for (int n = 0; n < in.shape.n; n += images) {
    const int count = std::min(images, in.shape.n - n);
    FillMap(in, layer, n, count, m, map);
    const std::vector<const float*> bases = PixelBases(conv, count, w, m, map.data());
    int8_t* to = &out.data[size_t(n) * pixels * size_t(conv.c)];
    if (depthwise) ConvImages<true>(bases, offset, layer, to);
    else ConvImages<false>(bases, offset, layer, to);
  }
  return layer.max_pool ? MaxPoolFast(out, *layer.max_pool) : out;
}

TensorI8 MaxPoolFast(const TensorI8& in, const Window& w) {
  const Shape shape = golden::PoolShape(in, w);
  const auto channels = size_t(in.shape.c);
  TensorI8 out(shape, -128);
  int8_t* to = out.data.data();
  for (int n = 0; n < shape.n; ++n) {
    for (int oy = 0; oy < shape.h; ++oy) {
      for (int ox = 0; ox < shape.w; ++ox, to += channels) {
        const int top = oy * w.stride_h - w.pad.top, left = ox * w.stride_w - w.pad.left;
        for (int y = std::max(top, 0); y < std::min(top + w.kh, in.shape.h); ++y) {
          for (int x = std::max(left, 0); x < std::min(left + w.kw, in.shape.w); ++x) {
            const int8_t* from = &in.data[in.index(n, y, x, 0)];
            for (size_t c = 0; c < channels; ++c) to[c] = std::max(to[c], from[c]);
          }
        }
      }
    }
  }
  return out;
}

}  // namespace weft
