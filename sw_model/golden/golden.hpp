// SPDX-License-Identifier: Apache-2.0
// The golden model: what every layer computes, bit for bit, written as the specification.
// Every function throws Error with one sentence when shapes do not fit.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sw_model/layer.hpp"
#include "sw_model/tensor.hpp"

namespace weft::golden {

// Size of one output axis: (in + pad_before + pad_after - dilation*(filter-1) - 1) / stride + 1.
// Throws when the window is larger than the padded input, or when the stride leaves a part of the map itself
// unread and `floor` is false: a remainder of up to pad_after lines is padding and is dropped.
int OutputSize(int in, int filter, int stride, int dilation, int pad_before, int pad_after, bool floor);
Shape OutputShape(const Shape& in, const Window& window, int channels);
Shape OutputShape(const Shape& in, const ConvLayer& layer);  // after the fused max-pool
Shape ConvShape(const Shape& in, const ConvLayer& layer);    // before it
Shape PoolShape(const TensorI8& in, const Window& window);   // of a pooling layer; checks the window too
int64_t Macs(const Shape& in, const ConvLayer& layer);       // padding taps counted, as is usual
int64_t Parameters(const ConvLayer& layer);                  // weights + biases

// Checks that a layer is well formed for this input (channel counts, vector lengths, ranges); throws Error if
// not.
void Check(const Shape& in, const ConvLayer& layer);
void Check(const TensorI8& in, const ConvLayer& layer);  // and that the tensor holds what its shape says

// The steps of a convolution layer.
TensorI32 Accumulate(const TensorI8& in, const ConvLayer& layer);  // conv + bias, modulo 2^32
int32_t MultiplyByQuantizedMultiplier(int32_t acc, int32_t multiplier,
                                      int shift);  // TFLite reference, double rounding
// ONNX Runtime's MlasRequantizeOutput: rint(f32(f32(acc) * scale)), scale = multiplier * 2^(shift - 31),
// saturated to int32.
int32_t MultiplyByFloatScale(int32_t acc, int32_t multiplier, int shift);
int8_t Requantize(int32_t acc, int32_t multiplier, int shift, int zp, int lo, int hi,
                  Rounding rounding = Rounding::kTflite);
int8_t Requantize(int32_t acc, const Requant& requant, size_t channel);
// A float32 scale as a multiplier and a shift, for MultiplyByFloatScale. Throws Error for one that is
// negative, not finite or 2^30 and above; one that no accumulator can show becomes 0.
void FloatMultiplier(float scale, int32_t* multiplier, int* shift);
TensorI8 MaxPool(const TensorI8& in, const Window& window);  // padding never wins
TensorI8 Conv(const TensorI8& in, const ConvLayer& layer);   // the whole layer, fused max-pool included

// Average over the taps inside the map, rounded half away from zero (TFLite reference).
TensorI8 AveragePool(const TensorI8& in, const Window& window, int clamp_lo = -128, int clamp_hi = 127);

Window GlobalWindow(const Shape& in);  // the whole map, for a global AveragePool

// ---- operators without filters

using TableI32 = std::array<int32_t, 256>;

// TFLite's reference_ops::Requantize (reference/requantize.h), and its ReluX for int8, which has the same
// formula.
RescaleLayer MakeRescale(float scale_in, int zp_in, float scale_out, int zp_out, int clamp_lo = -128,
                         int clamp_hi = 127);
TableI8 RescaleTable(const RescaleLayer& layer);

// TFLite's reference_integer_ops::Add (reference/integer_ops/add.h) with the parameters of add.cc's Prepare.
AddLayer MakeAdd(float scale1, int zp1, float scale2, int zp2, float scale_out, int zp_out,
                 int clamp_lo = -128, int clamp_hi = 127);
TableI32 AddTable(int zp, int32_t multiplier, int shift);  // what one input adds to the sum
Shape AddShape(const Shape& a, const Shape& b);
TensorI8 Add(const TensorI8& a, const TensorI8& b, const AddLayer& layer);

TensorI8 Table(const TensorI8& in, const TableLayer& layer);

Shape PairShape(const Shape& a, const Shape& b);
TensorI8 Pair(const TensorI8& a, const TensorI8& b, const PairLayer& layer);

Shape SliceShape(const Shape& in, const SliceLayer& layer);
TensorI8 Slice(const TensorI8& in, const SliceLayer& layer);

Shape DepthToSpaceShape(const Shape& in, const DepthToSpaceLayer& layer);
TensorI8 DepthToSpace(const TensorI8& in, const DepthToSpaceLayer& layer);

// TFLite's reference_ops::Concatenation, with inputs of other scales by RescaleTable.
Shape ConcatShape(const std::vector<Shape>& inputs, int axis);
TensorI8 Concat(const std::vector<const TensorI8*>& inputs, const ConcatLayer& layer);

// TFLite's reference_ops::Pad and MirrorPad over y and x.
Shape PadShape(const Shape& in, const PadLayer& layer);
TensorI8 Pad(const TensorI8& in, const PadLayer& layer);

// TFLite's reference_ops::ResizeNearestNeighbor with whole factors; with them its half_pixel_centers is the
// same.
Shape UpsampleShape(const Shape& in, const UpsampleLayer& layer);
TensorI8 Upsample(const TensorI8& in, const UpsampleLayer& layer);

// Float softmax over the channels of each pixel: exp(s*(q - max)) / sum.
std::vector<float> Softmax(const TensorI8& logits, float scale);

// The real factor as TFLite's QuantizeMultiplier does: factor = multiplier * 2^(shift-31), multiplier in
// [2^30, 2^31) or 0.
void QuantizeMultiplier(double factor, int32_t* multiplier, int* shift);

}  // namespace weft::golden
