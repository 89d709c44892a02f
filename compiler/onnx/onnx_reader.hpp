// SPDX-License-Identifier: Apache-2.0
// Reads a quantised network from an ONNX file: with QuantizeLinear and DequantizeLinear around float
// operators (QDQ), or with operators that have both inside (QLinearConv and its like). Codes are int8 or
// uint8, which becomes int8 by moving values and zero points down by 128; weights have one scale or one a
// filter, and any zero points. onnx_operators.cpp lists the operators.
//
// What stands between DequantizeLinear and QuantizeLinear is an expression of real numbers (onnx_expr.hpp).
// From it become (onnx_emitter.hpp):
//   Conv, ConvTranspose, Gemm, MatMul       kConv, the clamp from Relu or Clip; filters in the order of
//   memory,
//                                           so that Flatten and Transpose cost nothing
//   an average                              kConv where its rounding is proven equal, else kHost
//   functions of one tensor, a Relu, a      kTable
//   change of scale
//   functions of two tensors                kPair, or kAdd with TensorFlow Lite's rounding
//   selections: Slice, Pad, Resize, ...     kSlice, kPad, kUpsample, kDepthToSpace, or kConv with filters of
//   one 1 everything else                         kHost: in float32, as the file has it
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "compiler/graph/graph.hpp"

namespace weft {

// Throws Error, one sentence that names each operator, for anything that is damaged or not supported.
std::string ReadModelFile(const std::filesystem::path& path);  // its bytes, unread
// `rounding`: whose bits. Values that the file keeps in other files are read from `folder`, refused without
// one.
Graph ReadOnnx(const std::filesystem::path& path, Rounding rounding = Rounding::kOnnx);
Graph ParseOnnx(std::string_view file_contents, Rounding rounding = Rounding::kOnnx,
                const std::filesystem::path& folder = {});

}  // namespace weft
