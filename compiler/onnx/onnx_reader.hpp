// SPDX-License-Identifier: Apache-2.0
// Reads a quantised network from an ONNX file.
//
// Accepted: the QDQ form that ONNX Runtime's static quantiser writes, with int8 weights and int8 or uint8
// activations (uint8 becomes int8 by moving values and zero points down by 128). Operators: Conv, Gemm,
// MatMul + Add, Add, Relu, Clip, MaxPool, AveragePool, GlobalAveragePool, Concat (channels), Pad (constant,
// height and width), Resize and Upsample (nearest, whole factors), Flatten, Reshape, Squeeze, Softmax (last),
// Identity, Dropout, Constant.
//
// How they become a Graph:
//   Conv, Relu or Clip         one kConv node: multiplier[k] = QuantizeMultiplier(s_in * s_w[k] / s_out), the
//                              clamp from Relu or Clip
//   Flatten, Gemm or MatMul    one kConv node: filters as large as the map, weights from CHW to HWC order
//   MaxPool                    inside the convolution before it if nothing else reads that and it has no
//                              padding, else one kMaxPool node
//   AveragePool                one kAveragePool node if its scale does not change, padding does not count
//                              and no clamp follows, else one kConv node: depthwise, equal weights, the
//                              division by the area in the multiplier
//   Add, Relu or Clip          one kAdd node: two maps of one shape
//   Concat, Relu or Clip       one kConcat node: inputs of other scales are rescaled in it
//   Pad; Resize, Upsample      one kPad or kUpsample node: the scale stays
//   Relu or Clip elsewhere,    one kTable node
//   a change of scale
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "compiler/graph/graph.hpp"

namespace weft {

// Throws Error, one sentence that names the operator, for anything that is damaged or not supported.
std::string ReadModelFile(const std::filesystem::path& path);  // its bytes, unread
Graph ReadOnnx(const std::filesystem::path& path);
Graph ParseOnnx(std::string_view file_contents);

}  // namespace weft
