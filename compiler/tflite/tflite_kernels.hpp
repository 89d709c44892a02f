// SPDX-License-Identifier: Apache-2.0
// The integer arithmetic of TensorFlow Lite's reference kernels where it is not the golden model's: functions
// of one and of two values as tables, and what is neither. Each equals the kernel of the file that it names
// bit for bit.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "sw_model/layer.hpp"
#include "sw_model/tensor.hpp"

namespace weft::tflite_kernels {

// real = scale * (q - zero_point), all as int8
struct Quantisation {
  float scale = 1.0F;
  int zero_point = 0;
  bool operator==(const Quantisation&) const = default;
};

struct Clamp {
  int lo = -128, hi = 127;
  bool operator==(const Clamp&) const = default;
};

// What a fused activation with the bounds lo and hi leaves of the codes (kernel_util.cc,
// CalculateActivationRangeQuantized).
Clamp ActivationRange(float lo, float hi, const Quantisation& out);

// ---- functions of one value

TableI8 Unchanged();
TableI8 Rescale(const Quantisation& in, const Quantisation& out);  // reference/requantize.h

TableI8 Logistic(
    const Quantisation& in);           // reference/integer_ops/logistic.h; to scale 1/256, zero point -128
TableI8 Tanh(const Quantisation& in);  // reference/integer_ops/tanh.h; to scale 1/128, zero point 0
TableI8 HardSwish(const Quantisation& in, const Quantisation& out);                 // reference/hard_swish.h
TableI8 LeakyRelu(const Quantisation& in, float alpha, const Quantisation& out);    // reference/leaky_relu.h
TableI8 Relu(const Quantisation& in, const Quantisation& out, float lo, float hi);  // activations.cc

// ---- functions of two values

using Function2 = std::function<int(int8_t, int8_t)>;
Function2 Add(const Quantisation& a, const Quantisation& b, const Quantisation& out, Clamp clamp);
Function2 Sub(const Quantisation& a, const Quantisation& b, const Quantisation& out, Clamp clamp);  // sub.cc
Function2 Mul(const Quantisation& a, const Quantisation& b, const Quantisation& out, Clamp clamp);  // mul.h
Function2 Prelu(const Quantisation& a, const Quantisation& alpha, const Quantisation& out);         // prelu.h

PairLayer PairTable(const Function2& function);
TableI8 TableOfFirst(const Function2& function, int8_t second);
TableI8 TableOfSecond(const Function2& function, int8_t first);

// ---- whole maps

// reference/softmax.h over the channels of each pixel, to scale 1/256, zero point -128.
TensorI8 Softmax(const TensorI8& in, float scale, float beta);

struct Resize {
  int h, w;  // of the output
  bool align_corners, half_pixel_centers;
};
TensorI8 ResizeNearest(const TensorI8& in, const Resize& resize);   // reference/resize_nearest_neighbor.h
TensorI8 ResizeBilinear(const TensorI8& in, const Resize& resize);  // reference/resize_bilinear.h, integers

// The multiplier and shift with which a sum over `count` values becomes their mean (reference/reduce.h,
// QuantizedMeanOrSum).
void MeanMultiplier(const Quantisation& in, const Quantisation& out, int64_t count, int32_t* multiplier,
                    int* shift);

}  // namespace weft::tflite_kernels
