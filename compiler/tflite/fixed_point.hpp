// SPDX-License-Identifier: Apache-2.0
// Fixed-point functions as gemmlowp defines them (fixedpoint.h), which TensorFlow Lite's integer kernels of
// sigmoid, tanh and softmax are made of. An int32 `raw` with i integer bits stands for raw * 2^(i - 31).
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

namespace weft::fixed_point {

constexpr int32_t kMost = std::numeric_limits<int32_t>::max();  // one, with 0 integer bits
constexpr int32_t kLeast = std::numeric_limits<int32_t>::min();

// round(a * b / 2^31), half away from zero: the product of i and j integer bits has i + j.
constexpr int32_t Multiply(int32_t a, int32_t b) {
  if (a == kLeast && b == kLeast) return kMost;
  const int64_t product = int64_t{a} * b;
  const int64_t nudge = product >= 0 ? int64_t{1} << 30 : 1 - (int64_t{1} << 30);
  return int32_t((product + nudge) / (int64_t{1} << 31));
}

// x / 2^exponent, rounded half away from zero.
constexpr int32_t DivideByPowerOfTwo(int32_t x, int exponent) {
  const auto mask = int32_t((int64_t{1} << exponent) - 1);
  const int32_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return (x >> exponent) + ((x & mask) > threshold ? 1 : 0);
}

constexpr int32_t ShiftLeftSaturating(int32_t x, int bits) {
  return int32_t(std::clamp<int64_t>(int64_t{x} * (int64_t{1} << bits), kLeast, kMost));
}

// exp(a) for a in [-1/4, 0), both without integer bits: the Taylor series around -1/8.
constexpr int32_t ExpOnLastQuarter(int32_t a) {
  constexpr int32_t kExpOfMinusEighth = 1895147668, kThird = 715827883;
  const int32_t x = a + (1 << 28);
  const int32_t x2 = Multiply(x, x), x3 = Multiply(x2, x), x4 = Multiply(x2, x2);
  const int32_t tail =
      DivideByPowerOfTwo(Multiply(DivideByPowerOfTwo(x4, 2) + x3, kThird) + x2, 1);  // x2/2 + x3/6 + x4/24
  return kExpOfMinusEighth + Multiply(kExpOfMinusEighth, x + tail);
}

// exp(a) without integer bits, for a <= 0 with so many (at most 5).
constexpr int32_t ExpOfNegative(int32_t a, int integer_bits) {
  // exp(-2^k) for k = -2, -1, ..., 4
  constexpr int32_t kFactors[] = {1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242};
  if (a == 0) return kMost;
  const int fraction_bits = 31 - integer_bits;
  const int32_t quarter = 1 << (fraction_bits - 2);
  const int32_t last = (a & (quarter - 1)) - quarter;  // a modulo 1/4, in [-1/4, 0)
  int32_t result = ExpOnLastQuarter(ShiftLeftSaturating(last, integer_bits));
  const int32_t rest = last - a;  // a multiple of 1/4
  for (int k = -2; k <= 4 && k < integer_bits; ++k)
    if ((rest & (1 << (fraction_bits + k))) != 0) result = Multiply(result, kFactors[k + 2]);
  return result;
}

// With d = (1 + a) / 2, for a in [0, 1] without integer bits: 1/d with 2 integer bits, by Newton's method.
constexpr int32_t ReciprocalOfMean(int32_t a) {
  constexpr int32_t k48Over17 = 1515870810, kMinus32Over17 = -1010580540, kOne = 1 << 29;
  const int64_t sum = int64_t{a} + kMost;
  const auto d = int32_t((sum + 1) / 2);
  int32_t x = k48Over17 + Multiply(d, kMinus32Over17);
  for (int i = 0; i < 3; ++i) x += ShiftLeftSaturating(Multiply(x, kOne - Multiply(d, x)), 2);
  return x;
}

// 1 / (1 + a) and (1 - a) / (1 + a), for a in [0, 1]; no integer bits.
constexpr int32_t OneOverOnePlus(int32_t a) { return ShiftLeftSaturating(ReciprocalOfMean(a), 1); }
constexpr int32_t OneMinusOverOnePlus(int32_t a) {
  return ShiftLeftSaturating(ReciprocalOfMean(a) - (1 << 29), 2);
}

// 1 / (1 + exp(-a)) and tanh(a) without integer bits, for a with 4.
constexpr int32_t Logistic(int32_t a) {
  if (a == 0) return 1 << 30;
  const int32_t positive = OneOverOnePlus(ExpOfNegative(a > 0 ? -a : a, 4));
  return a > 0 ? positive : kMost - positive;
}
constexpr int32_t Tanh(int32_t a) {
  if (a == 0) return 0;
  const int32_t positive = OneMinusOverOnePlus(ExpOfNegative(a > 0 ? -a : a, 5));  // of twice a
  return a > 0 ? positive : -positive;
}

}  // namespace weft::fixed_point
