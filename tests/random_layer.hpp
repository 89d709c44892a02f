// SPDX-License-Identifier: Apache-2.0
// Random convolution layers that are well formed, for every test that compares two ways of computing one.
// The same seed and limits give the same layer on every machine.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "sw_model/golden/golden.hpp"
#include "sw_model/layer.hpp"
#include "sw_model/tensor.hpp"

namespace weft {

struct RandomLimits {
  int max_n = 2, max_h = 12, max_w = 12, max_c = 12, max_k = 12;
  int max_filter = 5, max_stride = 3, max_dilation = 2, max_pad = 3;
  bool allow_groups = true;        // depthwise among them
  bool allow_unequal_pads = true;  // top, bottom, left, right each on its own
  bool allow_floor = true;
  bool allow_pool = true;      // a fused max-pool
  bool allow_pool_pad = true;  // ... with padding, which the engine does not fuse
  bool allow_extreme = true;   // one layer in eight: corner multipliers, shifts, biases, data at the ends of
                               // int8; one in eight: outputs that are the low bytes of the accumulators
};

struct RandomLayer {
  Shape in;
  TensorI8 input;
  ConvLayer layer;
};

// Uniform integers; the standard's distributions differ from one library to the next.
class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed * 0x9E3779B97F4A7C15ULL + 1) {}
  int64_t Int(int64_t lo, int64_t hi) { return lo + int64_t(engine_() % uint64_t(hi - lo + 1)); }
  bool Chance(int one_in) { return Int(1, one_in) == 1; }
  double Real(double lo, double hi) { return lo + (hi - lo) * double(engine_() >> 11) * 0x1p-53; }
  template <typename T, size_t N>
  T Pick(const std::array<T, N>& choices) {
    return choices[size_t(Int(0, int64_t{N} - 1))];
  }
  void Fill(std::vector<int8_t>& data, bool ends) {
    for (int8_t& v : data) v = int8_t(ends ? Pick(std::array{-128, -127, 127, 0}) : Int(-128, 127));
  }

 private:
  std::mt19937_64 engine_;
};

// One axis of a window: the filter is made smaller and the stride 1 where they do not fit the map.
struct RandomAxis {
  int filter, stride, dilation, before, after;
  [[nodiscard]] int Slack(int in) const { return in + before + after - dilation * (filter - 1) - 1; }
};
inline RandomAxis FitAxis(RandomAxis a, int in, bool floor) {
  while (a.Slack(in) < 0) --(a.dilation > 1 ? a.dilation : a.filter);
  if (a.Slack(in) % a.stride != 0 && !floor) a.stride = 1;
  return a;
}
inline Window MakeWindow(const RandomAxis& h, const RandomAxis& w, bool floor) {
  return {
      h.filter, w.filter, h.stride, w.stride, h.dilation, w.dilation, {h.before, h.after, w.before, w.after},
      floor};
}

inline Window RandomConvWindow(Random& random, const Shape& in, const RandomLimits& limits) {
  const bool floor = limits.allow_floor && random.Chance(2);
  const int pad = int(random.Int(0, limits.max_pad));
  const auto axis = [&](int size) {
    const bool unequal = limits.allow_unequal_pads && random.Chance(2);
    const int before = unequal ? int(random.Int(0, limits.max_pad)) : pad;
    const int after = unequal ? int(random.Int(0, limits.max_pad)) : pad;
    const int dilation = random.Chance(3) ? int(random.Int(1, limits.max_dilation)) : 1;
    return FitAxis({int(random.Int(1, limits.max_filter)), int(random.Int(1, limits.max_stride)), dilation,
                    before, after},
                   size, floor);
  };
  const RandomAxis h = axis(in.h), w = axis(in.w);
  return MakeWindow(h, w, floor);
}

inline Window RandomPoolWindow(Random& random, const Shape& in, const RandomLimits& limits) {
  const bool floor = limits.allow_floor && random.Chance(2);
  const auto axis = [&](int size) {
    const int filter = int(random.Int(1, std::min(3, size)));
    const int pad = limits.allow_pool_pad ? std::min(limits.max_pad, filter - 1) : 0;
    const int before = int(random.Int(0, pad)),
              after = limits.allow_unequal_pads ? int(random.Int(0, pad)) : before;
    return FitAxis({filter, int(random.Int(1, limits.max_stride)), 1, before, after}, size, floor);
  };
  const RandomAxis h = axis(in.h), w = axis(in.w);
  return MakeWindow(h, w, floor);
}

inline double RootMeanSquare(const std::vector<int8_t>& data, int zp) {
  double sum = 0;
  for (const int8_t v : data) sum += double(v - zp) * double(v - zp);
  return std::sqrt(sum / double(data.size()));
}

// Multipliers that spread the outputs over the int8 range: one standard deviation of acc becomes 20 to 90
// steps.
inline void SpreadRequant(Random& random, const TensorI8& input, ConvLayer& layer) {
  const size_t channels = layer.bias.size();
  const double taps = double(layer.filters.data.size()) / double(channels);
  const double spread = std::max(1.0, std::sqrt(taps) * RootMeanSquare(input.data, layer.input_zp) *
                                          RootMeanSquare(layer.filters.data, 0));
  for (size_t k = 0; k < channels; ++k) {
    golden::QuantizeMultiplier(random.Real(20, 90) / spread, &layer.requant.multiplier[k],
                               &layer.requant.shift[k]);
    layer.bias[k] = int32_t(random.Int(int64_t(-spread), int64_t(spread)));
  }
}

inline void ExtremeRequant(Random& random, ConvLayer& layer) {
  for (size_t k = 0; k < layer.bias.size(); ++k) {
    layer.requant.multiplier[k] = int32_t(random.Pick(
        std::array<int64_t, 6>{0, 1, 1 << 30, (1 << 30) + 1, INT32_MAX, random.Int(0, INT32_MAX)}));
    layer.requant.shift[k] = int(random.Pick(std::array<int64_t, 6>{-31, 30, 0, 1, -1, random.Int(-31, 30)}));
    layer.bias[k] = int32_t(random.Pick(std::array<int64_t, 6>{INT32_MIN, INT32_MAX, 1 << 30, -(1 << 30), 0,
                                                               random.Int(INT32_MIN, INT32_MAX)}));
  }
}

// The output is the low byte of acc: acc * 2^24 wraps, then 128 / 2^31 moves the top byte down. Any error in
// a sum shows.
inline void LowByteRequant(Requant& requant) {
  std::fill(requant.multiplier.begin(), requant.multiplier.end(), 128);
  std::fill(requant.shift.begin(), requant.shift.end(), 24);
  requant.output_zp = 0;
  requant.clamp_lo = -128;
  requant.clamp_hi = 127;
}

// ONNX Runtime's rounding, with multipliers that it may have.
inline void OnnxRequant(Requant& requant) {
  requant.rounding = Rounding::kOnnx;
  for (int32_t& m : requant.multiplier) m = m < 1 << 30 ? 0 : m / 128 * 128;
}

inline void RandomClamp(Random& random, Requant& requant) {
  requant.output_zp =
      int(random.Chance(4) ? random.Pick(std::array{-128, 127, 0, 1}) : random.Int(-128, 127));
  if (random.Chance(2)) requant.clamp_lo = requant.output_zp;                       // ReLU
  if (random.Chance(3)) requant.clamp_hi = int(random.Int(requant.clamp_lo, 127));  // ReLU6, or anything
}

inline RandomLayer MakeRandomLayer(uint64_t seed, const RandomLimits& limits = {}) {
  Random random(seed);
  RandomLayer r;
  ConvLayer& layer = r.layer;
  layer.name = fmt::format("random{}", seed);

  int channels = int(random.Int(1, limits.max_c)), filters = int(random.Int(1, limits.max_k));
  if (limits.allow_groups && random.Chance(3)) {
    const int most = std::min(limits.max_c, limits.max_k);
    layer.groups = int(random.Int(1, most));
    const bool depthwise = random.Chance(2);
    channels = depthwise ? layer.groups : layer.groups * int(random.Int(1, limits.max_c / layer.groups));
    filters = depthwise && random.Chance(2) ? layer.groups
                                            : layer.groups * int(random.Int(1, limits.max_k / layer.groups));
  }
  r.in = {int(random.Int(1, limits.max_n)), int(random.Int(1, limits.max_h)),
          int(random.Int(1, limits.max_w)), channels};
  layer.window = RandomConvWindow(random, r.in, limits);

  const bool extreme = limits.allow_extreme && random.Chance(8);
  r.input = TensorI8(r.in);
  layer.filters = TensorI8({filters, layer.window.kh, layer.window.kw, channels / layer.groups});
  random.Fill(r.input.data, extreme);
  random.Fill(layer.filters.data, extreme);
  layer.input_zp = int(random.Chance(4) ? random.Pick(std::array{-128, 127, 0}) : random.Int(-128, 127));
  layer.bias.resize(size_t(filters));
  layer.requant.multiplier.resize(size_t(filters));
  layer.requant.shift.resize(size_t(filters));
  RandomClamp(random, layer.requant);
  if (extreme) ExtremeRequant(random, layer);
  else SpreadRequant(random, r.input, layer);
  const bool low_byte = limits.allow_extreme && random.Chance(8);
  if (low_byte) LowByteRequant(layer.requant);
  if (limits.allow_pool && random.Chance(3))
    layer.max_pool = RandomPoolWindow(random, golden::ConvShape(r.in, layer), limits);
  if (!low_byte && random.Chance(3)) OnnxRequant(layer.requant);
  return r;
}

// ---- what a failure says ----------------------------------------------------------------------------------

inline std::string Describe(const Window& w) {
  return fmt::format("{}x{} stride {}x{} dilation {}x{} pad {},{},{},{}{}", w.kh, w.kw, w.stride_h,
                     w.stride_w, w.dilation_h, w.dilation_w, w.pad.top, w.pad.bottom, w.pad.left, w.pad.right,
                     w.floor ? " floor" : "");
}
inline std::string Describe(const Shape& s) { return fmt::format("{}x{}x{}x{}", s.n, s.h, s.w, s.c); }
inline std::string Describe(const Shape& in, const ConvLayer& layer) {
  return fmt::format("layer {}: {} * {} filters {} groups {} zp {} -> {} clamp {}..{}{}{}", layer.name,
                     Describe(in), layer.filters.shape.n, Describe(layer.window), layer.groups,
                     layer.input_zp, layer.requant.output_zp, layer.requant.clamp_lo, layer.requant.clamp_hi,
                     layer.requant.rounding == Rounding::kOnnx ? " onnx" : "",
                     layer.max_pool ? " max-pool " + Describe(*layer.max_pool) : "");
}

// For GoogleTest.
inline void PrintTo(const Shape& s, std::ostream* out) { *out << Describe(s); }
template <typename T>
void PrintTo(const Tensor<T>& t, std::ostream* out) {
  *out << Describe(t.shape) << ":";
  for (size_t i = 0; i < std::min<size_t>(t.data.size(), 32); ++i) *out << ' ' << int64_t{t.data[i]};
}

// Empty when the tensors are equal, else the first difference: n, y, x, k and both values.
template <typename T>
std::string FirstDifference(const Tensor<T>& want, const Tensor<T>& got) {
  if (want.shape != got.shape)
    return fmt::format("shape {} wanted, {} got", Describe(want.shape), Describe(got.shape));
  if (want.data == got.data) return "";
  const auto i =
      size_t(std::mismatch(want.data.begin(), want.data.end(), got.data.begin()).first - want.data.begin());
  const auto c = size_t(want.shape.c), w = size_t(want.shape.w), h = size_t(want.shape.h);
  size_t differences = 0;
  for (size_t j = i; j < want.data.size(); ++j) differences += want.data[j] != got.data[j] ? 1 : 0;
  return fmt::format("n {} y {} x {} k {}: {} wanted, {} got; {} of {} outputs differ", i / (c * w * h),
                     i / (c * w) % h, i / c % w, i % c, want.data[i], got.data[i], differences,
                     want.data.size());
}

}  // namespace weft
