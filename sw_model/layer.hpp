// SPDX-License-Identifier: Apache-2.0
// What a layer is: the vocabulary that the golden model, the compiler and the RTL harness share.
#pragma once

#include <array>
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
  Padding pad;  // of layers that the compiler makes it can be negative: so much of the map is left out
  bool floor =
      false;  // a stride that leaves part of the map unread: drop the remainder (true) or refuse (false)
  bool operator==(const Window&) const = default;
};

// Whose kernels a requantisation equals, bit for bit.
enum class Rounding : uint8_t {
  kTflite,  // TensorFlow Lite's reference kernels: fixed point, rounded twice, half away from zero
  kOnnx     // ONNX Runtime's integer kernels: float32, rounded half to even at each step
};

// acc -> int8, per output channel k:
//   y = clamp(M(acc, multiplier[k], shift[k]) + output_zp, clamp_lo, clamp_hi)
//   kTflite: M = MultiplyByQuantizedMultiplier
//   kOnnx:   M = rint(f32(f32(acc) * scale)), scale = multiplier * 2^(shift - 31) a float32: the multiplier
//   is
//            0, or at least 2^30 with its 7 lowest bits 0
struct Requant {
  Rounding rounding = Rounding::kTflite;
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

// ---- layers without filters: multipliers, shifts, zero points and clamps are those of Requant

// Any function of one int8:   y = table[uint8_t(x)]
using TableI8 = std::array<int8_t, 256>;
struct TableLayer {
  TableI8 table{};
};

// One such function: another scale, zero point or clamp; a Relu of its own too.
//   y = clamp(MultiplyByQuantizedMultiplier(x - input_zp, multiplier, shift) + output_zp, clamp_lo, clamp_hi)
struct RescaleLayer {
  int input_zp = 0;
  int32_t multiplier = 1 << 30;  // with shift 1 the factor 1
  int shift = 1;
  int output_zp = 0;
  int clamp_lo = -128, clamp_hi = 127;
  bool operator==(const RescaleLayer&) const = default;
};

// The sum of two maps of one shape. With M = MultiplyByQuantizedMultiplier:
//   t1 = M((x1 - zp1) << 20, mult1, shift1), t2 likewise
//   y = clamp(M(t1 + t2, mult_out, shift_out) + zp_out, clamp_lo, clamp_hi)
struct AddLayer {
  int zp1 = 0, zp2 = 0;
  int32_t mult1 = 0, mult2 = 0, mult_out = 0;
  int shift1 = 0, shift2 = 0, shift_out = 0;  // -31..0: no scale grows
  int zp_out = 0;
  int clamp_lo = -128, clamp_hi = 127;
  bool operator==(const AddLayer&) const = default;
};

// Maps one after the other along an axis, equal in the others; each goes through a table first.
struct ConcatLayer {
  std::vector<TableLayer> inputs;  // one a map; y = x where its scale is the output's
  int axis = 2;                    // 0, 1, 2: h, w, c
};

// Any function of two:   y = table[256 * uint8_t(x1) + uint8_t(x2)]
// The maps have one shape, or the second one is a single pixel for each image that all pixels of the first
// one meet.
struct PairLayer {
  std::vector<int8_t> table;  // 65,536
};

// A part of a map: along each of h, w, c so many from `begin` on, `step` apart.
struct SliceLayer {
  std::array<int, 3> begin{0, 0, 0}, size{1, 1, 1}, step{1, 1, 1};
};

// y[oy][ox][c] = x[oy / block][ox / block][f], c < C / block^2, with (dy, dx) = (oy, ox) modulo block:
//   f = (dy * block + dx) * (C / block^2) + c, or with `channel_first` f = (c * block + dy) * block + dx
struct DepthToSpaceLayer {
  int block = 1;
  bool channel_first = false;  // ONNX calls it CRD, and the other order DCR
};

// What a border holds: one value; the pixel at the edge; the map mirrored at the middle of the pixels at its
// edge, or at their outer side, so that they are there twice.
enum class PadMode : uint8_t { kConstant, kEdge, kReflect, kSymmetric };
struct PadLayer {
  Padding pad;    // of kReflect less than the map, of kSymmetric at most as much
  int value = 0;  // of kConstant: -128..127, the zero point as a rule
  PadMode mode = PadMode::kConstant;
};

// Nearest neighbour: y[oy][ox] = x[oy / factor_h][ox / factor_w]
struct UpsampleLayer {
  int factor_h = 1, factor_w = 1;
};

}  // namespace weft
