// SPDX-License-Identifier: Apache-2.0
#include "compiler/tflite/tflite_kernels.hpp"

#include <bit>
#include <cmath>

#include "compiler/tflite/fixed_point.hpp"
#include "sw_model/error.hpp"
#include "sw_model/golden/golden.hpp"

namespace weft::tflite_kernels {
namespace {

using golden::MultiplyByQuantizedMultiplier;

struct Multiplier {
  int32_t value = 0;
  int shift = 0;
  explicit Multiplier(double factor) { golden::QuantizeMultiplier(factor, &value, &shift); }
  [[nodiscard]] int32_t operator()(int32_t x) const { return MultiplyByQuantizedMultiplier(x, value, shift); }
};

int Saturate(int64_t x, Clamp clamp = {}) { return int(std::clamp<int64_t>(x, clamp.lo, clamp.hi)); }

template <typename Function>
TableI8 MakeTable(Function function) {
  TableI8 table{};
  for (int x = -128; x <= 127; ++x) table[uint8_t(x)] = int8_t(function(x));
  return table;
}

// An input of a sigmoid, a tanh or an exponential: scale * x with so many integer bits, where they hold it
// (quantization_util.cc, CalculateInputRadius).
struct Argument {
  Multiplier multiplier{0};
  int radius = 0;  // |x| up to which the multiplication fits
  Argument(double scale, int integer_bits) {
    const double factor = std::ldexp(scale, 31 - integer_bits);
    if (factor >= double(1 << 30)) return;
    multiplier = Multiplier(factor);
    const double most = std::ldexp(double((1 << integer_bits) - 1), 31 - integer_bits - multiplier.shift);
    radius = int(std::floor(std::min(most, 1024.0)));
  }
};

// Sigmoid and tanh: the argument with 4 integer bits; beyond them the result is saturated.
template <typename Function>
TableI8 Saturating(const Quantisation& in, Function function) {
  const Argument argument(double(in.scale), 4);
  return MakeTable([&](int q) {
    const int x = q - in.zero_point;
    if (x <= -argument.radius) return -128;
    if (x >= argument.radius) return 127;
    return Saturate(function(argument.multiplier(x)));
  });
}

// ---- int16, as HardSwish computes

int16_t Saturate16(int64_t x) { return int16_t(std::clamp<int64_t>(x, INT16_MIN, INT16_MAX)); }

int16_t RoundingHigh(int16_t a, int16_t b) {  // round(a * b / 2^15)
  const int32_t product = int32_t{a} * b;
  return Saturate16((product + (product >= 0 ? 1 << 14 : 1 - (1 << 14))) / (1 << 15));
}

int16_t TruncatingHigh(int16_t a, int16_t b) { return Saturate16(int32_t{a} * b / (1 << 15)); }

struct Multiplier16 {
  int16_t value = 0;
  int shift = 0;
  explicit Multiplier16(float factor) {
    const Multiplier wide{double(factor)};
    shift = wide.shift;
    value = wide.value >= INT32_MAX - (1 << 15) ? INT16_MAX : int16_t((wide.value + (1 << 15)) >> 16);
  }
};

}  // namespace

Clamp ActivationRange(float lo, float hi, const Quantisation& out) {
  const auto code = [&](float real) { return double(out.zero_point) + double(std::round(real / out.scale)); };
  return {int(std::clamp(code(lo), -128.0, 127.0)), int(std::clamp(code(hi), -128.0, 127.0))};
}

TableI8 Logistic(const Quantisation& in) {
  return Saturating(
      in, [](int32_t x) { return fixed_point::DivideByPowerOfTwo(fixed_point::Logistic(x), 23) - 128; });
}

TableI8 Tanh(const Quantisation& in) {
  return Saturating(in, [](int32_t x) { return fixed_point::DivideByPowerOfTwo(fixed_point::Tanh(x), 24); });
}

TableI8 HardSwish(const Quantisation& in, const Quantisation& out) {
  const float fine = (1.0F / 128.0F) * in.scale;  // of the input times 128
  const Multiplier16 to_output(fine / out.scale), to_gate(fine / (3.0F / 32768.0F));
  if (to_output.shift > 0 || to_output.shift < -15)
    throw Error("the ratio of its scales is {}: choose scales whose ratio is from 2^-8 to below 128",
                in.scale / out.scale);
  return MakeTable([&](int q) {
    const auto x = int16_t((q - in.zero_point) * (1 << 7));
    int16_t gate = x;  // min(max(x + 3, 0), 6) / 6, at first from -1 to 1
    if (to_gate.shift > 0) gate = Saturate16(int64_t{gate} << std::min(to_gate.shift - 1, 16));
    gate = RoundingHigh(gate, to_gate.value);
    if (to_gate.shift > 0) gate = Saturate16(int64_t{gate} * 2);
    if (to_gate.shift < 0)
      gate = int16_t(fixed_point::DivideByPowerOfTwo(gate, std::min(-to_gate.shift, 30)));
    gate = int16_t((gate + (1 << 15)) >> 1);
    const int16_t product = TruncatingHigh(gate, RoundingHigh(x, to_output.value));
    return Saturate(fixed_point::DivideByPowerOfTwo(product, -to_output.shift) + out.zero_point);
  });
}

TableI8 LeakyRelu(const Quantisation& in, float alpha, const Quantisation& out) {
  const Multiplier same(double(in.scale / out.scale));
  const Multiplier scaled(double(std::abs(in.scale * alpha / out.scale)));
  return MakeTable([&](int q) {
    const int x = q - in.zero_point;
    const int64_t y = x >= 0 ? same(x) : std::signbit(alpha) ? scaled(-x) : scaled(x);
    return Saturate(out.zero_point + y);
  });
}

TableI8 Unchanged() {
  return MakeTable([](int q) { return q; });
}

TableI8 Rescale(const Quantisation& in, const Quantisation& out) {
  return golden::RescaleTable(golden::MakeRescale(in.scale, in.zero_point, out.scale, out.zero_point));
}

TableI8 Relu(const Quantisation& in, const Quantisation& out, float lo, float hi) {
  const Clamp clamp = ActivationRange(lo, hi, out);
  return golden::RescaleTable(
      golden::MakeRescale(in.scale, in.zero_point, out.scale, out.zero_point, clamp.lo, clamp.hi));
}

// ---- functions of two values ------------------------------------------------------------------------------

namespace {

// With the parameters of an addition; `sign` -1 takes the second one off.
Function2 SumOrDifference(const Quantisation& a, const Quantisation& b, const Quantisation& out, Clamp clamp,
                          int sign) {
  const AddLayer layer = golden::MakeAdd(a.scale, a.zero_point, b.scale, b.zero_point, out.scale,
                                         out.zero_point, clamp.lo, clamp.hi);
  const TableI32 first = golden::AddTable(layer.zp1, layer.mult1, layer.shift1);
  const TableI32 second = golden::AddTable(layer.zp2, layer.mult2, layer.shift2);
  return [=](int8_t x, int8_t y) -> int {
    return golden::Requantize(first[uint8_t(x)] + sign * second[uint8_t(y)], layer.mult_out, layer.shift_out,
                              layer.zp_out, clamp.lo, clamp.hi);
  };
}

}  // namespace

Function2 Add(const Quantisation& a, const Quantisation& b, const Quantisation& out, Clamp clamp) {
  return SumOrDifference(a, b, out, clamp, 1);
}

Function2 Sub(const Quantisation& a, const Quantisation& b, const Quantisation& out, Clamp clamp) {
  return SumOrDifference(a, b, out, clamp, -1);
}

Function2 Mul(const Quantisation& a, const Quantisation& b, const Quantisation& out, Clamp clamp) {
  const Multiplier multiplier(double(a.scale) * double(b.scale) / double(out.scale));
  return [=](int8_t x, int8_t y) {
    return Saturate(int64_t{multiplier((x - a.zero_point) * (y - b.zero_point))} + out.zero_point, clamp);
  };
}

Function2 Prelu(const Quantisation& a, const Quantisation& alpha, const Quantisation& out) {
  const Multiplier same(double(a.scale) / double(out.scale));
  const Multiplier scaled(double(a.scale) * double(alpha.scale) / double(out.scale));
  return [=](int8_t x, int8_t y) {
    const int value = x - a.zero_point;
    const int64_t result = value >= 0 ? same(value) : scaled(value * (y - alpha.zero_point));
    return Saturate(result + out.zero_point);
  };
}

PairLayer PairTable(const Function2& function) {
  PairLayer layer{std::vector<int8_t>(65536)};
  for (int x = -128; x <= 127; ++x)
    for (int y = -128; y <= 127; ++y)
      layer.table[256 * size_t(uint8_t(x)) + uint8_t(y)] = int8_t(function(int8_t(x), int8_t(y)));
  return layer;
}

TableI8 TableOfFirst(const Function2& function, int8_t second) {
  return MakeTable([&](int x) { return function(int8_t(x), second); });
}
TableI8 TableOfSecond(const Function2& function, int8_t first) {
  return MakeTable([&](int y) { return function(first, int8_t(y)); });
}

// ---- whole maps -------------------------------------------------------------------------------------------

namespace {

// exp(scale * beta * difference) for the differences 0, -1, ..., -255 to the largest value, without integer
// bits; 0 for those that are too far away.
std::array<int32_t, 256> Exponentials(float scale, float beta) {
  constexpr int kIntegerBits = 5;
  const Argument argument(double(beta) * double(scale), kIntegerBits);
  std::array<int32_t, 256> exponentials{};
  for (int d = 0; d < int(exponentials.size()); ++d)
    if (d <= argument.radius)
      exponentials[size_t(d)] = fixed_point::ExpOfNegative(argument.multiplier(-d), kIntegerBits);
  return exponentials;
}

}  // namespace

TensorI8 Softmax(const TensorI8& in, float scale, float beta) {
  constexpr int kSumBits = 12;  // integer bits of a sum of exponentials
  const std::array<int32_t, 256> exponentials = Exponentials(scale, beta);
  TensorI8 out(in.shape);
  const auto depth = size_t(in.shape.c);
  for (size_t pixel = 0; pixel < in.data.size(); pixel += depth) {
    const int8_t* q = &in.data[pixel];
    const int largest = *std::max_element(q, q + depth);
    uint32_t sum = 0;
    for (size_t c = 0; c < depth; ++c)
      sum += uint32_t(fixed_point::DivideByPowerOfTwo(exponentials[size_t(largest - q[c])], kSumBits));
    const int zeros = std::countl_zero(sum);
    const auto reciprocal = fixed_point::OneOverOnePlus(int32_t((sum << zeros) - (uint32_t{1} << 31)));
    const int exponent = kSumBits - zeros + 31 - 8;
    for (size_t c = 0; c < depth; ++c) {
      const int32_t product = fixed_point::Multiply(reciprocal, exponentials[size_t(largest - q[c])]);
      out.data[pixel + c] =
          int8_t(Saturate(int64_t{fixed_point::DivideByPowerOfTwo(product, exponent)} - 128));
    }
  }
  return out;
}

namespace {

int NearestPosition(int to, int in, int out, const Resize& r) {
  const float scale = r.align_corners && out > 1 ? float(in - 1) / float(out - 1) : float(in) / float(out);
  const float at = (float(to) + (r.half_pixel_centers ? 0.5F : 0.0F)) * scale;
  return std::clamp(int(r.align_corners ? std::round(at) : std::floor(at)), 0, in - 1);
}

// Where an output lies between two inputs, in units of 1/1024.
struct Between {
  int lower, upper, fraction;  // fraction from `lower` on; it can be negative before the first one
};
Between LinearPosition(int to, int in, int out, const Resize& r) {
  const bool corners = r.align_corners && out > 1;
  const int spans = corners ? out - 1 : out;
  const int scale = (1024 * (corners ? in - 1 : in) + spans / 2) / spans;
  const int at = to * scale + (r.half_pixel_centers ? scale / 2 - 512 : 0);
  const int lower = std::max(at / 1024, 0);
  return {lower, std::min((at + 1023) / 1024, in - 1), at - 1024 * lower};
}

}  // namespace

TensorI8 ResizeNearest(const TensorI8& in, const Resize& r) {
  TensorI8 out(Shape{in.shape.n, r.h, r.w, in.shape.c});
  for (int n = 0; n < in.shape.n; ++n)
    for (int y = 0; y < r.h; ++y)
      for (int x = 0; x < r.w; ++x)
        std::copy_n(
            &in.at(n, NearestPosition(y, in.shape.h, r.h, r), NearestPosition(x, in.shape.w, r.w, r), 0),
            in.shape.c, &out.at(n, y, x, 0));
  return out;
}

TensorI8 ResizeBilinear(const TensorI8& in, const Resize& r) {
  TensorI8 out(Shape{in.shape.n, r.h, r.w, in.shape.c});
  for (int n = 0; n < in.shape.n; ++n)
    for (int y = 0; y < r.h; ++y)
      for (int x = 0; x < r.w; ++x) {
        const Between v = LinearPosition(y, in.shape.h, r.h, r), h = LinearPosition(x, in.shape.w, r.w, r);
        for (int c = 0; c < in.shape.c; ++c) {
          const int64_t sum =
              int64_t{in.at(n, v.lower, h.lower, c)} * (1024 - v.fraction) * (1024 - h.fraction) +
              int64_t{in.at(n, v.upper, h.lower, c)} * v.fraction * (1024 - h.fraction) +
              int64_t{in.at(n, v.lower, h.upper, c)} * (1024 - v.fraction) * h.fraction +
              int64_t{in.at(n, v.upper, h.upper, c)} * v.fraction * h.fraction;
          out.at(n, y, x, c) = int8_t((sum + (sum > 0 ? 1 << 19 : -(1 << 19))) / (1 << 20));
        }
      }
  return out;
}

void MeanMultiplier(const Quantisation& in, const Quantisation& out, int64_t count, int32_t* multiplier,
                    int* shift) {
  const Multiplier whole(double(in.scale) / double(out.scale));
  const int bits = std::min({int(std::bit_width(uint64_t(count))) - 1, 32, 31 + whole.shift});
  *multiplier = int32_t((int64_t{whole.value} << bits) / count);
  *shift = whole.shift - bits;
}

}  // namespace weft::tflite_kernels
