// SPDX-License-Identifier: Apache-2.0
// Reads a quantised network from a TensorFlow Lite file.
//
// Accepted: full integer quantisation to int8, as TensorFlow's converter writes it with a representative data
// set; the model's input and outputs may be int8, uint8 or float32 (QUANTIZE and DEQUANTIZE there). Each
// operator becomes nodes that compute what TensorFlow Lite's reference kernel for int8 computes, bit for bit:
//   CONV_2D, DEPTHWISE_CONV_2D,       kConv; the multipliers are QuantizeMultiplier(s_in * s_filter[k] /
//   s_out), FULLY_CONNECTED                   the clamp is that of the fused activation MEAN, SUM kConv with
//   filters of ones TRANSPOSE_CONV                    kConv, kDepthToSpace, kSlice SPACE_TO_DEPTH, PAD of
//   channels,  kConv with filters of a single 1 TRANSPOSE of channels MUL by a number a channel kConv,
//   depthwise, where the number less its zero point is int8 MAX_POOL_2D, AVERAGE_POOL_2D,     kMaxPool,
//   kAveragePool; kTable for a fused activation REDUCE_MAX ADD of two maps                   kAdd ADD, SUB of
//   a number a channel    kConv that makes a map of the numbers, kPair ADD, SUB, MUL, PRELU, MAXIMUM, kPair
//   for two maps or a map and a pixel, kTable with one number, else kHost MINIMUM RELU, RELU6, RELU_N1_TO_1,
//   kTable RELU_0_TO_1, LEAKY_RELU, TANH, LOGISTIC, HARD_SWISH, QUANTIZE CONCATENATION kConcat PAD, PADV2,
//   MIRROR_PAD            kPad SLICE, STRIDED_SLICE, SPLIT,      kSlice SPLIT_V DEPTH_TO_SPACE kDepthToSpace
//   RESIZE_NEAREST_NEIGHBOR           kUpsample by whole factors, else kHost
//   RESIZE_BILINEAR, SOFTMAX, other   kHost
//   TRANSPOSE
//   RESHAPE, SQUEEZE, EXPAND_DIMS     none; kHost where the map that follows has another shape
//   SHAPE, PACK                       none: sizes
#pragma once

#include <string_view>

#include "compiler/graph/graph.hpp"

namespace weft {

bool IsTflite(std::string_view file_contents);  // by the identifier in its first bytes

// Throws Error, one sentence that names the operator, for anything that is damaged or not supported.
Graph ParseTflite(std::string_view file_contents);

}  // namespace weft
