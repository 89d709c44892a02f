// SPDX-License-Identifier: Apache-2.0
// Every operator that the reader knows, where it runs, and what it may be.
#include <algorithm>

#include "compiler/onnx/onnx_handlers.hpp"
#include "compiler/onnx/onnx_reader.hpp"

namespace weft {

using namespace onnx_handlers;

using namespace operator_row;

namespace {

constexpr const char* kCopy = "hardware: a copy, where it is one of rows, columns or channels; else host";
constexpr const char* kView =
    "nowhere where the order of weights or of memory follows it; else a copy, or host";
constexpr const char* kPool = "hardware; host with dilation";

}  // namespace

const std::vector<OnnxOperator>& OnnxOperators() {
  static const std::vector<OnnxOperator> kOperators = {
      {"Abs", Elementwise, false, kTable, "any"},
      {"Add", Add, false, kTwo, "any broadcasting; a constant behind a convolution becomes its bias"},
      {"AveragePool", AveragePool, false,
       "hardware without clipped windows and where its rounding is proven equal; else host", "any window"},
      {"BatchNormalization", BatchNormalization, false, kHost, "of constants"},
      {"Cast", Alias, false, kNothing, "of constants, or of sums of integers to float"},
      {"Ceil", Elementwise, false, kTable, "any"},
      {"Celu", Elementwise, false, kTable, "any"},
      {"Clip", Clip, true, kTable, "constant bounds; behind a convolution or a sum its clamp"},
      {"Concat", Concat, true, "hardware: copies; host with constants", "any axis"},
      {"Constant", ConstantValue, false, kNothing, "numbers"},
      {"ConstantOfShape", ConstantOfShape, false, kNothing, "any"},
      {"Conv", Conv, false, "hardware; host with float weights", "one or two dimensions, any attributes"},
      {"ConvTranspose", ConvTranspose, false,
       "hardware with one stride for both axes, one group, no dilation; else host", "no output_shape"},
      {"DepthToSpace", DepthToSpace, true, kCopy, "both modes"},
      {"Div", Elementwise, false, kTwo, "any broadcasting"},
      {"Dropout", Alias, true, kNothing, "any"},
      {"Elu", Elementwise, false, kTable, "any"},
      {"Erf", Elementwise, false, kTable, "any"},
      {"Exp", Elementwise, false, kTable, "any"},
      {"Expand", Expand, true, kCopy, "a constant shape"},
      {"Flatten", Flatten, true, kView, "any axis"},
      {"Floor", Elementwise, false, kTable, "any"},
      {"Gather", Gather, true, kCopy, "constant indices"},
      {"Gelu", Elementwise, false, kTable, "any"},
      {"Gemm", Gemm, false, "hardware; host with float weights", "alpha 1, beta 1, transA 0"},
      {"GlobalAveragePool", GlobalAveragePool, false, "hardware", "any"},
      {"GlobalMaxPool", GlobalMaxPool, true, "hardware", "any"},
      {"HardSigmoid", Elementwise, false, kTable, "any"},
      {"HardSwish", Elementwise, false, kTable, "any"},
      {"Identity", Alias, true, kNothing, "any"},
      {"LeakyRelu", Elementwise, false, kTable, "any"},
      {"Log", Elementwise, false, kTable, "any"},
      {"MatMul", MatMul, false, "hardware with constant weights of two dimensions; else host", "matrices"},
      {"Max", Elementwise, false, kTwo, "any broadcasting"},
      {"MaxPool", MaxPool, true, kPool, "any window; no indices"},
      {"Mean", Elementwise, false, kTwo, "any broadcasting"},
      {"Min", Elementwise, false, kTwo, "any broadcasting"},
      {"Mish", Elementwise, false, kTable, "any"},
      {"Mul", Mul, false, kTwo, "any broadcasting"},
      {"Neg", Elementwise, false, kTable, "any"},
      {"PRelu", Elementwise, false, "hardware with one slope: a table of 256 codes; else host", "any"},
      {"Pad", Pad, true, kCopy, "any mode, constant pads"},
      {"Pow", Elementwise, false, kTwo, "any broadcasting"},
      {"QuickGelu", Elementwise, false, kTable, "any"},
      {"Reciprocal", Elementwise, false, kTable, "any"},
      {"ReduceMax", ReduceMax, true, "hardware over height and width; else host", "constant axes"},
      {"ReduceMean", ReduceMean, false, "as AveragePool over height and width; else host", "constant axes"},
      {"ReduceMin", ReduceMin, true, kHost, "constant axes"},
      {"ReduceSum", ReduceSum, false, kHost, "constant axes"},
      {"Relu", Relu, false, kTable, "any; behind a convolution or a sum its clamp"},
      {"Reshape", Reshape, true, kView, "a constant shape, or one that follows from the input's"},
      {"Resize", Resize, true, "hardware: copies, for nearest with whole factors; else host",
       "nearest and linear"},
      {"Round", Elementwise, false, kTable, "any"},
      {"Selu", Elementwise, false, kTable, "any"},
      {"Shape", onnx_handlers::Shape, true, kNothing, "any"},
      {"Sigmoid", Elementwise, false, kTable, "any"},
      {"Sign", Elementwise, false, kTable, "any"},
      {"Slice", Slice, true, kCopy, "constant bounds"},
      {"Softmax", Softmax, false, kHost, "any axis"},
      {"Softplus", Elementwise, false, kTable, "any"},
      {"Softsign", Elementwise, false, kTable, "any"},
      {"SpaceToDepth", SpaceToDepth, true, "hardware: a convolution", "any"},
      {"Split", Split, true, kCopy, "constant sizes"},
      {"Sqrt", Elementwise, false, kTable, "any"},
      {"Squeeze", Squeeze, true, kView, "constant axes"},
      {"Sub", Elementwise, false, kTwo, "any broadcasting"},
      {"Sum", Elementwise, false, kTwo, "any broadcasting"},
      {"Tanh", Elementwise, false, kTable, "any"},
      {"ThresholdedRelu", Elementwise, false, kTable, "any"},
      {"Tile", Tile, true, kCopy, "constant repeats"},
      {"Transpose", Transpose, true, kView, "any order"},
      {"Unsqueeze", Unsqueeze, true, kView, "constant axes"},
      {"Upsample", Upsample, true, "hardware: copies, for nearest with whole factors; else host",
       "nearest and linear"},
  };
  return kOperators;
}

std::vector<OperatorRow> OnnxOperatorRows() {
  std::vector<OperatorRow> rows = {
      {"DequantizeLinear", kNothing, "int8, uint8; of weights also int32, along any axis"},
      {"QuantizeLinear", "a table of 256 codes behind another code, else part of what computes its input",
       "int8 and uint8, one scale"}};
  for (const OnnxOperator& known : OnnxOperators()) rows.push_back({known.name, known.runs, known.holds});
  for (const auto& [name, op] : OnnxIntegerOperators())
    rows.push_back({name, fmt::format("as {}", op), "as that"});
  std::ranges::sort(rows, {}, &OperatorRow::name);
  return rows;
}

}  // namespace weft
