// Reads a quantised network from an ONNX file.
//
// Accepted: the QDQ form that ONNX Runtime's static quantiser writes, with int8 weights and int8 or uint8
// activations (uint8 becomes int8 by moving values and zero points down by 128). Operators: Conv, Gemm,
// MatMul + Add, Relu, Clip, MaxPool, AveragePool, GlobalAveragePool, Flatten, Reshape, Squeeze, Softmax
// (last), Identity, Dropout, Constant.
//
// How they become a Graph:
//   Conv, Relu/Clip, QuantizeLinear   one kConv node, multiplier[k] = QuantizeMultiplier(s_in * s_w[k] /
//   s_out), the clamp from Relu/Clip Flatten, Gemm                     one kConv node with filters as large
//   as the map, weights re-ordered from CHW to HWC MaxPool                           inside the convolution
//   before it when nothing else reads that and it has no padding AveragePool, equal scales         one
//   kAveragePool node AveragePool, other scales         one kConv node, depthwise, all weights 1, the
//   division by the window's area in the multiplier
#pragma once

#include <filesystem>
#include <string_view>

#include "compiler/graph.hpp"

namespace weft {

// Throws Error, one sentence that names the operator, for anything that is damaged or not supported.
Graph ReadOnnx(const std::filesystem::path& path);
Graph ParseOnnx(std::string_view file_contents);

}  // namespace weft
