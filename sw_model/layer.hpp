// What a layer is: the vocabulary that the golden model, the compiler and the RTL harness share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sw_model/tensor.hpp"

namespace weft {

struct Padding {
  int top = 0, bottom = 0, left = 0, right = 0;
  bool operator==(const Padding&) const = default;
};

// A sliding window over a feature map, of a convolution or a pooling layer.
struct Window {
  int kh = 1, kw = 1;
  int stride_h = 1, stride_w = 1;
  int dilation_h = 1, dilation_w = 1;
  Padding pad;
  bool floor =
      false;  // a stride that leaves part of the map unread: drop the remainder (true) or refuse (false)
};

// acc -> int8, per output channel k, as TFLite's reference kernels do (double rounding):
//   y = clamp(MultiplyByQuantizedMultiplier(acc, multiplier[k], shift[k]) + output_zp, clamp_lo, clamp_hi)
struct Requant {
  std::vector<int32_t> multiplier;      // Q0.31, >= 0, one for each output channel
  std::vector<int> shift;               // -31..30, positive = left, one for each output channel
  int output_zp = 0;                    // -128..127
  int clamp_lo = -128, clamp_hi = 127;  // ReLU: clamp_lo = output_zp; ReLU6: clamp_hi = zp of 6.0 too
};

// Convolution + bias + requantisation + clamp, then a max-pool if there is one. A fully connected layer is a
// convolution whose filters are as large as its input map.
//   acc[n][oy][ox][k] = bias[k] + sum over ky, kx, c of (x[n][oy*stride_h - top + ky*dilation_h][...][c] -
//   input_zp) * filters[k][ky][kx][c]
// with x = input_zp outside the map. All sums are modulo 2^32, as int32 hardware and the frameworks' kernels
// compute them.
struct ConvLayer {
  std::string name;
  TensorI8 filters;           // KRSC, c = input channels / groups
  std::vector<int32_t> bias;  // one for each output channel
  Window window;              // kh, kw equal filters.shape.h, .w
  int groups = 1;
  int input_zp = 0;  // -128..127
  Requant requant;
  std::optional<Window> max_pool;  // dilation 1
};

}  // namespace weft
