// SPDX-License-Identifier: Apache-2.0
#include "sw_model/golden/golden.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>

#include "sw_model/error.hpp"

namespace weft::golden {
namespace {

constexpr int kMaxDimension = 65536;
constexpr int64_t kMaxElements = int64_t{1} << 31;

std::string ToString(const Shape& s) { return fmt::format("{}x{}x{}x{}", s.n, s.h, s.w, s.c); }

// ---- refusals ---------------------------------------------------------------------------------------------

void CheckRange(std::string_view what, int64_t value, int64_t lo, int64_t hi) {
  if (value < lo || value > hi) throw Error("{} is {}: choose one from {} to {}", what, value, lo, hi);
}

// At most 2^16 in each dimension and 2^31 in all: the partial products below stay under 2^47.
void CheckShape(std::string_view what, const Shape& s) {
  int64_t elements = 1;
  for (const int size : {s.n, s.h, s.w, s.c}) {
    if (size < 1 || size > kMaxDimension)
      throw Error("{} is {}: make every dimension at least 1 and at most {}", what, ToString(s),
                  kMaxDimension);
    elements *= size;
    if (elements > kMaxElements)
      throw Error("{} is {}: make it smaller than {} elements in all", what, ToString(s), kMaxElements);
  }
}

template <typename T>
void CheckTensor(std::string_view what, const Tensor<T>& t) {
  CheckShape(what, t.shape);
  if (t.data.size() != t.shape.size())
    throw Error("{} has {} values: give it the {} of its shape {}", what, t.data.size(), t.shape.size(),
                ToString(t.shape));
}

void CheckLength(std::string_view what, size_t length, int channels) {
  if (length != size_t(channels))
    throw Error("there are {} {}: give {}, one for each output channel", length, what, channels);
}

// With pads smaller than the filter, every window holds at least one tap of the map.
void CheckPool(const Window& w) {
  CheckRange("the filter size", std::min(w.kh, w.kw), 1, kMaxDimension);
  if (w.dilation_h != 1 || w.dilation_w != 1)
    throw Error("the pooling window has dilation {}x{}: set it to 1x1", w.dilation_h, w.dilation_w);
  const int pad_h = std::max(w.pad.top, w.pad.bottom), pad_w = std::max(w.pad.left, w.pad.right);
  if (pad_h >= w.kh || pad_w >= w.kw)
    throw Error("the pooling window {}x{} has padding {}x{}: make the padding smaller than the window", w.kh,
                w.kw, pad_h, pad_w);
}

// As FloatMultiplier gives them: the leading bit in its place, and no more than 24.
bool IsFloatMultiplier(int32_t multiplier) {
  return multiplier == 0 || (multiplier >= 1 << 30 && multiplier % 128 == 0);
}

void CheckRequant(const Requant& r, int channels) {
  CheckLength("multipliers", r.multiplier.size(), channels);
  CheckLength("shifts", r.shift.size(), channels);
  for (int k = 0; k < channels; ++k) {
    const auto i = size_t(k);
    if (r.multiplier[i] < 0)
      throw Error("the multiplier of channel {} is {}: choose one from 0 to {}", k, r.multiplier[i],
                  std::numeric_limits<int32_t>::max());
    if (r.rounding == Rounding::kOnnx && !IsFloatMultiplier(r.multiplier[i]))
      throw Error(
          "the multiplier of channel {} is {}: ONNX Runtime's rounding takes a float32's, 0 or a multiple of "
          "128 from {} on",
          k, r.multiplier[i], 1 << 30);
    if (r.shift[i] < -31 || r.shift[i] > 30)
      throw Error("the shift of channel {} is {}: choose one from -31 to 30", k, r.shift[i]);
  }
  CheckRange("the output zero point", r.output_zp, -128, 127);
  CheckRange("the lower clamp", r.clamp_lo, -128, 127);
  CheckRange("the upper clamp", r.clamp_hi, r.clamp_lo, 127);
}

void CheckLayer(const Shape& in, const ConvLayer& layer) {
  const Shape& filters = layer.filters.shape;
  CheckShape("the input", in);
  CheckTensor("the filter tensor", layer.filters);
  CheckRange("the number of groups", layer.groups, 1, in.c);
  if (in.c % layer.groups != 0 || filters.n % layer.groups != 0)
    throw Error("{} groups do not divide {} input and {} output channels: choose a divisor of both",
                layer.groups, in.c, filters.n);
  if (filters.c != in.c / layer.groups)
    throw Error("the filters have {} channels: give them {}, the input's {} in {} groups", filters.c,
                in.c / layer.groups, in.c, layer.groups);
  if (layer.window.kh != filters.h || layer.window.kw != filters.w)
    throw Error("the window is {}x{} and the filters are {}x{}: make them equal", layer.window.kh,
                layer.window.kw, filters.h, filters.w);
  CheckLength("biases", layer.bias.size(), filters.n);
  CheckRange("the input zero point", layer.input_zp, -128, 127);
  CheckRequant(layer.requant, filters.n);
  const Shape conv = OutputShape(in, layer.window, filters.n);
  if (layer.max_pool) {
    CheckPool(*layer.max_pool);
    OutputShape(conv, *layer.max_pool, filters.n);
  }
}

// ---- one output value each --------------------------------------------------------------------------------

// The taps of the window at output position `o` that lie inside the map, of one axis: positions [first,
// last).
struct Taps {
  int first, last;
};
Taps TapsInside(int o, int stride, int pad_before, int filter, int in) {
  const int start = o * stride - pad_before;
  return {std::max(start, 0), std::min(start + filter, in)};
}

bool Inside(int position, int size) { return position >= 0 && position < size; }

uint32_t AccumulateOne(const TensorI8& in, const ConvLayer& layer, int n, int oy, int ox, int k) {
  const Window& w = layer.window;
  const Shape& filters = layer.filters.shape;
  const int first_channel = k / (filters.n / layer.groups) * filters.c;  // of the group that k belongs to
  auto acc = uint32_t(layer.bias[size_t(k)]);
  for (int ky = 0; ky < w.kh; ++ky) {
    for (int kx = 0; kx < w.kw; ++kx) {
      const int y = oy * w.stride_h - w.pad.top + ky * w.dilation_h;
      const int x = ox * w.stride_w - w.pad.left + kx * w.dilation_w;
      if (!Inside(y, in.shape.h) || !Inside(x, in.shape.w)) continue;  // x = input_zp: adds nothing
      for (int c = 0; c < filters.c; ++c) {
        const int act = in.at(n, y, x, first_channel + c) - layer.input_zp;
        acc += uint32_t(act * layer.filters.at(k, ky, kx, c));
      }
    }
  }
  return acc;
}

// Calls visit(n, oy, ox, c) for each element of `shape`, in the order of memory.
template <typename Visit>
void ForEach(const Shape& shape, Visit visit) {
  for (int n = 0; n < shape.n; ++n)
    for (int y = 0; y < shape.h; ++y)
      for (int x = 0; x < shape.w; ++x)
        for (int c = 0; c < shape.c; ++c) visit(n, y, x, c);
}

// (a * b) / 2^31, rounded to nearest: gemmlowp's SaturatingRoundingDoublingHighMul.
int32_t SaturatingRoundingDoublingHighMul(int32_t a, int32_t b) {
  constexpr int32_t kMin = std::numeric_limits<int32_t>::min();
  if (a == kMin && b == kMin) return std::numeric_limits<int32_t>::max();
  const int64_t product = int64_t{a} * b;
  const int64_t nudge = product >= 0 ? (int64_t{1} << 30) : 1 - (int64_t{1} << 30);
  return int32_t((product + nudge) / (int64_t{1} << 31));
}

// x / 2^exponent, rounded to nearest, half away from zero: gemmlowp's RoundingDivideByPOT.
int32_t RoundingDivideByPot(int32_t x, int exponent) {
  const auto mask = int32_t((uint32_t{1} << exponent) - 1);
  const int32_t remainder = x & mask;
  const int32_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return (x >> exponent) + (remainder > threshold ? 1 : 0);
}

int32_t ShiftLeftWrapping(int32_t x, int shift) { return int32_t(uint32_t(x) << shift); }

int64_t DivideRoundingHalfAwayFromZero(int64_t sum, int64_t count) {
  return (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
}

}  // namespace

// ---- shapes -----------------------------------------------------------------------------------------------

int OutputSize(int in, int filter, int stride, int dilation, int pad_before, int pad_after, bool floor) {
  CheckRange("the input size", in, 1, kMaxDimension);
  CheckRange("the filter size", filter, 1, kMaxDimension);
  CheckRange("the stride", stride, 1, kMaxDimension);
  CheckRange("the dilation", dilation, 1, kMaxDimension);
  CheckRange("the padding", std::min(pad_before, pad_after), 0, kMaxDimension);
  CheckRange("the padding", std::max(pad_before, pad_after), 0, kMaxDimension);
  const int64_t padded = int64_t{in} + pad_before + pad_after;
  const int64_t span = int64_t{dilation} * (filter - 1) + 1;
  const std::string dilated = dilation == 1 ? "" : fmt::format(" with dilation {}", dilation);
  if (span > padded)
    throw Error(
        "the filter {}{} covers {} and the padded input is only {}: add padding or use a smaller filter",
        filter, dilated, span, padded);
  // What is left over may be padding, but not a part of the map.
  if ((padded - span) % stride > pad_after && !floor)
    throw Error(
        "the filter {}{} with stride {} does not fit the padded input of {}: {} is not a multiple of {}; "
        "change "
        "the padding or ask for floor",
        filter, dilated, stride, padded, padded - span, stride);
  return int((padded - span) / stride + 1);
}

Shape OutputShape(const Shape& in, const Window& w, int channels) {
  CheckShape("the input", in);
  const int h = OutputSize(in.h, w.kh, w.stride_h, w.dilation_h, w.pad.top, w.pad.bottom, w.floor);
  const int width = OutputSize(in.w, w.kw, w.stride_w, w.dilation_w, w.pad.left, w.pad.right, w.floor);
  const Shape out{in.n, h, width, channels};
  CheckShape("the output", out);
  const int64_t padded_h = int64_t{in.h} + w.pad.top + w.pad.bottom;
  const int64_t padded_w = int64_t{in.w} + w.pad.left + w.pad.right;
  if (padded_h * padded_w * in.c > kMaxElements)
    throw Error("the padded input is {}x{}x{}: make it smaller than {} elements in all", padded_h, padded_w,
                in.c, kMaxElements);
  return out;
}

Shape ConvShape(const Shape& in, const ConvLayer& layer) {
  return OutputShape(in, layer.window, layer.filters.shape.n);
}

Shape OutputShape(const Shape& in, const ConvLayer& layer) {
  const Shape conv = ConvShape(in, layer);
  return layer.max_pool ? OutputShape(conv, *layer.max_pool, conv.c) : conv;
}

Shape PoolShape(const TensorI8& in, const Window& w) {
  CheckTensor("the input", in);
  CheckPool(w);
  return OutputShape(in.shape, w, in.shape.c);
}

int64_t Macs(const Shape& in, const ConvLayer& layer) {
  const Shape& filters = layer.filters.shape;
  CheckShape("the filter tensor", filters);
  return int64_t(ConvShape(in, layer).size()) * filters.h * filters.w * filters.c;
}

int64_t Parameters(const ConvLayer& layer) { return int64_t(layer.filters.data.size() + layer.bias.size()); }

void Check(const Shape& in, const ConvLayer& layer) {
  try {
    CheckLayer(in, layer);
  } catch (const Error& error) {
    if (layer.name.empty()) throw;
    throw Error("layer {}: {}", layer.name, error.what());
  }
}

void Check(const TensorI8& in, const ConvLayer& layer) {
  CheckTensor("the input", in);
  Check(in.shape, layer);
}

// ---- convolution ------------------------------------------------------------------------------------------

TensorI32 Accumulate(const TensorI8& in, const ConvLayer& layer) {
  Check(in, layer);
  TensorI32 acc(ConvShape(in.shape, layer));
  ForEach(acc.shape, [&](int n, int oy, int ox, int k) {
    acc.at(n, oy, ox, k) = int32_t(AccumulateOne(in, layer, n, oy, ox, k));
  });
  return acc;
}

int32_t MultiplyByQuantizedMultiplier(int32_t acc, int32_t multiplier, int shift) {
  if (shift < -31 || shift > 30) throw Error("the shift is {}: choose one from -31 to 30", shift);
  const int left = std::max(shift, 0), right = std::max(-shift, 0);
  const int32_t high = SaturatingRoundingDoublingHighMul(ShiftLeftWrapping(acc, left), multiplier);
  return RoundingDivideByPot(high, right);
}

int32_t MultiplyByFloatScale(int32_t acc, int32_t multiplier, int shift) {
  const float scale = std::ldexp(float(multiplier), shift - 31);  // exact: 24 bits
  const float product = float(acc) * scale;
  constexpr float kLimit = 2147483648.0F;
  if (product >= kLimit) return INT32_MAX;
  return product < -kLimit ? INT32_MIN : int32_t(std::nearbyint(product));
}

int8_t Requantize(int32_t acc, int32_t multiplier, int shift, int zp, int lo, int hi, Rounding rounding) {
  const int64_t y = rounding == Rounding::kTflite ? MultiplyByQuantizedMultiplier(acc, multiplier, shift)
                                                  : MultiplyByFloatScale(acc, multiplier, shift);
  return int8_t(std::clamp<int64_t>(y + zp, lo, hi));
}

int8_t Requantize(int32_t acc, const Requant& r, size_t k) {
  return Requantize(acc, r.multiplier[k], r.shift[k], r.output_zp, r.clamp_lo, r.clamp_hi, r.rounding);
}

TensorI8 Conv(const TensorI8& in, const ConvLayer& layer) {
  const TensorI32 acc = Accumulate(in, layer);
  TensorI8 out(acc.shape);
  ForEach(out.shape, [&](int n, int y, int x, int k) {
    out.at(n, y, x, k) = Requantize(acc.at(n, y, x, k), layer.requant, size_t(k));
  });
  return layer.max_pool ? MaxPool(out, *layer.max_pool) : out;
}

// ---- pooling ----------------------------------------------------------------------------------------------

TensorI8 MaxPool(const TensorI8& in, const Window& w) {
  TensorI8 out(PoolShape(in, w));
  ForEach(out.shape, [&](int n, int oy, int ox, int c) {
    const Taps ys = TapsInside(oy, w.stride_h, w.pad.top, w.kh, in.shape.h);
    const Taps xs = TapsInside(ox, w.stride_w, w.pad.left, w.kw, in.shape.w);
    int8_t largest = in.at(n, ys.first, xs.first, c);
    for (int y = ys.first; y < ys.last; ++y)
      for (int x = xs.first; x < xs.last; ++x) largest = std::max(largest, in.at(n, y, x, c));
    out.at(n, oy, ox, c) = largest;
  });
  return out;
}

TensorI8 AveragePool(const TensorI8& in, const Window& w, int clamp_lo, int clamp_hi) {
  CheckRange("the lower clamp", clamp_lo, -128, 127);
  CheckRange("the upper clamp", clamp_hi, clamp_lo, 127);
  TensorI8 out(PoolShape(in, w));
  ForEach(out.shape, [&](int n, int oy, int ox, int c) {
    const Taps ys = TapsInside(oy, w.stride_h, w.pad.top, w.kh, in.shape.h);
    const Taps xs = TapsInside(ox, w.stride_w, w.pad.left, w.kw, in.shape.w);
    int64_t sum = 0;
    for (int y = ys.first; y < ys.last; ++y)
      for (int x = xs.first; x < xs.last; ++x) sum += in.at(n, y, x, c);
    const int64_t count = int64_t{ys.last - ys.first} * (xs.last - xs.first);
    out.at(n, oy, ox, c) =
        int8_t(std::clamp<int64_t>(DivideRoundingHalfAwayFromZero(sum, count), clamp_lo, clamp_hi));
  });
  return out;
}

Window GlobalWindow(const Shape& in) {
  Window w;
  w.kh = in.h;
  w.kw = in.w;
  return w;
}

// ---- the rest ---------------------------------------------------------------------------------------------

std::vector<float> Softmax(const TensorI8& logits, float scale) {
  CheckTensor("the input", logits);
  if (!std::isfinite(scale) || scale <= 0)
    throw Error("the softmax scale is {}: give a positive number", scale);
  const auto channels = size_t(logits.shape.c);
  std::vector<float> out(logits.data.size());
  for (size_t pixel = 0; pixel < out.size(); pixel += channels) {
    const int8_t* q = &logits.data[pixel];
    const int largest = *std::max_element(q, q + channels);
    double sum = 0;
    for (size_t c = 0; c < channels; ++c) sum += std::exp(double{scale} * (q[c] - largest));
    for (size_t c = 0; c < channels; ++c)
      out[pixel + c] = float(std::exp(double{scale} * (q[c] - largest)) / sum);
  }
  return out;
}

void QuantizeMultiplier(double factor, int32_t* multiplier, int* shift) {
  if (!(factor >= 0) || factor >= double(1 << 30))
    throw Error("the rescale factor is {}: choose scales whose ratio is from 0 to below {}", factor, 1 << 30);
  int exponent = 0;
  const double fraction =
      std::frexp(factor, &exponent);  // factor = fraction * 2^exponent, fraction in [1/2, 1)
  int64_t fixed = std::llround(fraction * double(int64_t{1} << 31));
  if (fixed == int64_t{1} << 31) {
    fixed /= 2;
    ++exponent;
  }
  if (exponent < -31) fixed = exponent = 0;  // smaller than any accumulator can show
  if (exponent > 30)
    throw Error("the rescale factor is {}: choose scales whose ratio is below {}", factor, 1 << 30);
  *multiplier = int32_t(fixed);
  *shift = exponent;
}

void FloatMultiplier(float scale, int32_t* multiplier, int* shift) {
  if (!(scale >= 0) || scale >= float(1 << 30))
    throw Error("the rescale factor is {}: choose scales whose ratio is from 0 to below {}", scale, 1 << 30);
  int exponent = 0;
  const double fraction = std::frexp(double(scale), &exponent);  // at most 24 bits
  const bool shows = exponent >= -31;                            // else no sum reaches a half
  *multiplier = shows ? int32_t(std::ldexp(fraction, 31)) : 0;
  *shift = shows ? exponent : 0;
}

}  // namespace weft::golden
