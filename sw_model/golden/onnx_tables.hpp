// SPDX-License-Identifier: Apache-2.0
// What ONNX Runtime's CPU kernels compute, bit for bit, between codes of eight bits: the rules that become
// tables. All arithmetic is float32, rounded to nearest even at each step, where nothing else is said.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "sw_model/layer.hpp"

namespace weft::golden {

// real = scale * (q - zero_point). Codes are int8 here; a file's uint8 codes and zero points are by 128
// larger, and some rules below round differently for them.
struct Codes {
  float scale = 1.0F;
  int zero_point = 0;
  bool is_unsigned = false;
  bool operator==(const Codes&) const = default;
  [[nodiscard]] int Offset() const { return is_unsigned ? 128 : 0; }
};

// DequantizeLinear, and MlasQuantizeLinear of core/mlas/lib/quantize.cpp.
float Dequantise(int8_t code, const Codes& codes);
int8_t Quantise(float real, const Codes& codes);

// Between DequantizeLinear and QuantizeLinear an operator without an integer kernel works on float32.
TableI8 TableOf(const std::function<float(float)>& f, const Codes& in, const Codes& out);

// core/mlas/lib/intrinsics/avx2/qladd_avx2.cpp: rint(a * ra + (b * rb + fx)) of the file's codes, both sums
// fused multiply-adds, with ra = sa / sy, rb = sb / sy, fx = zy - (za * ra + zb * rb), this sum fused too, as
// compilers make it. An `a` that is one number for all of b is added before b.
int8_t QLinearAdd(int8_t a, const Codes& ca, int8_t b, const Codes& cb, const Codes& out,
                  bool first_is_scalar = false);

// core/mlas/lib/qlmul.cpp: rint((a - za) * (b - zb) * (sa * sb / sy) + zy).
int8_t QLinearMul(int8_t a, const Codes& ca, int8_t b, const Codes& cb, const Codes& out);

// contrib_ops/cpu/quantization/qlinear_pool.cc: rint((sum / count) / sy + zy).
int8_t QLinearAverage(float sum, int count, const Codes& out);

// core/mlas/lib/qlgavgpool.cpp: rint(sum * scale) + zy, the sum one of integers.
float GlobalAverageScale(float scale_in, float scale_out, int count);

// contrib_ops/cpu/quantization/qlinear_softmax.cc, over `values`.
std::vector<int8_t> QLinearSoftmax(const std::vector<int8_t>& values, const Codes& in, const Codes& out);

// core/mlas/lib/logistic.cpp and tanh.cpp, with fused multiply-adds.
float Sigmoid(float x);
float Tanh(float x);

}  // namespace weft::golden
