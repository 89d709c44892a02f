// SPDX-License-Identifier: Apache-2.0
#include "sw_model/golden/onnx_tables.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>

namespace weft::golden {
namespace {

// The code of `value`, which has the zero point of the file's codes inside.
int8_t Saturated(float value, const Codes& out) {
  const float code = std::nearbyint(value) - float(out.Offset());
  return int8_t(std::clamp(code, -128.0F, 127.0F));
}

float Polynomial(float x, std::span<const float> highest_first) {
  float sum = highest_first[0];
  for (const float c : highest_first.subspan(1)) sum = std::fma(sum, x, c);
  return sum;
}

}  // namespace

float Dequantise(int8_t code, const Codes& codes) { return float(code - codes.zero_point) * codes.scale; }

int8_t Quantise(float real, const Codes& codes) {
  const float lowest = float(-128 - codes.zero_point), highest = float(127 - codes.zero_point);
  const float steps = real / codes.scale;
  const float inside = steps > lowest ? std::min(steps, highest) : lowest;  // NaN becomes the lowest
  return int8_t(int(std::nearbyint(inside)) + codes.zero_point);
}

TableI8 TableOf(const std::function<float(float)>& f, const Codes& in, const Codes& out) {
  TableI8 table{};
  for (int x = -128; x <= 127; ++x) table[uint8_t(x)] = Quantise(f(Dequantise(int8_t(x), in)), out);
  return table;
}

int8_t QLinearAdd(int8_t a, const Codes& ca, int8_t b, const Codes& cb, const Codes& out,
                  bool first_is_scalar) {
  const float ra = ca.scale / out.scale, rb = cb.scale / out.scale;
  const auto file = [](int code, const Codes& codes) { return float(code + codes.Offset()); };
  const float zeros = std::fma(file(ca.zero_point, ca), ra, file(cb.zero_point, cb) * rb);
  const float fixed = file(out.zero_point, out) - zeros;
  if (first_is_scalar) return Saturated(std::fma(file(b, cb), rb, std::fma(file(a, ca), ra, fixed)), out);
  return Saturated(std::fma(file(a, ca), ra, std::fma(file(b, cb), rb, fixed)), out);
}

int8_t QLinearMul(int8_t a, const Codes& ca, int8_t b, const Codes& cb, const Codes& out) {
  const float ratio = ca.scale * cb.scale / out.scale;
  const float product = float((a - ca.zero_point) * (b - cb.zero_point)) * ratio;
  return Saturated(product + float(out.zero_point + out.Offset()), out);
}

int8_t QLinearAverage(float sum, int count, const Codes& out) {
  const float mean = sum / float(count);
  return Saturated(mean / out.scale + float(out.zero_point + out.Offset()), out);
}

float GlobalAverageScale(float scale_in, float scale_out, int count) {
  return scale_in / (scale_out * float(count));
}

std::vector<int8_t> QLinearSoftmax(const std::vector<int8_t>& values, const Codes& in, const Codes& out) {
  // The largest exponent is as large as a sum of so many can be; all others are shifted with it.
  constexpr double kReserve = 5;
  const double most = double(std::numeric_limits<float>::max() / float(values.size()));
  const double shift = std::max(0.0, std::log(most) - kReserve) / double(in.scale);
  std::array<float, 256> exponentials{};  // of 255 - i steps below the largest
  for (int i = 0; i < 256; ++i)
    exponentials[size_t(i)] = float(std::exp((double(i) - 255 + shift) * double(in.scale)));
  const int largest = *std::max_element(values.begin(), values.end());
  const auto exponential = [&](int8_t v) { return exponentials[size_t(255 - (largest - v))]; };
  float sum = 0;
  for (const int8_t v : values) sum += exponential(v);
  const float steps = std::floor(1.0F / out.scale);
  std::vector<int8_t> codes;
  for (const int8_t v : values) {
    const int code = int(std::nearbyint(exponential(v) * steps / sum)) + out.zero_point;
    codes.push_back(int8_t(std::min(code, 127)));
  }
  return codes;
}

float Sigmoid(float x) {
  constexpr std::array kAlpha{4.37031012579801e-11F, 1.15627324459942e-07F, 6.08574864600143e-05F,
                              8.51377133304701e-03F, 2.48287947061529e-01F};
  constexpr std::array kBeta{6.10247389755681e-13F, 5.76102136993427e-09F, 6.29106785017040e-06F,
                             1.70198817374094e-03F, 1.16817656904453e-01F, 9.93151921023180e-01F};
  const float inside = std::clamp(x, -18.0F, 18.0F);
  const float square = inside * inside;
  const float p = inside * Polynomial(square, kAlpha), q = Polynomial(square, kBeta);
  return std::max(p / q + 0.5F, 0.0F);
}

float Tanh(float x) {
  constexpr std::array kAlpha{-2.76076847742355e-16F, 2.00018790482477e-13F, -8.60467152213735e-11F,
                              5.12229709037114e-08F,  1.48572235717979e-05F, 6.37261928875436e-04F,
                              4.89352455891786e-03F};
  constexpr std::array kBeta{1.19825839466702e-06F, 1.18534705686654e-04F, 2.26843463243900e-03F,
                             4.89352518554385e-03F};
  const float inside = std::clamp(x, -9.0F, 9.0F);
  const float square = inside * inside;
  return inside * Polynomial(square, kAlpha) / Polynomial(square, kBeta);
}

}  // namespace weft::golden
