// SPDX-License-Identifier: Apache-2.0
// Every operator that the reader knows, which function translates it, where it runs, and what it may be.
#include <algorithm>

#include "compiler/tflite/tflite_translator.hpp"

namespace weft {

using namespace operator_row;

namespace {

constexpr const char* kHardware = "hardware";
constexpr const char* kConvolution = "hardware: a convolution";
constexpr const char* kCopy = "hardware: a copy";
constexpr const char* kPool = "hardware, over padding as up to 25 layers; host over more than 2,048 pixels";
constexpr const char* kMean = "hardware: a convolution of ones";
constexpr const char* kResize = "hardware: copies, with whole factors; else host";
constexpr const char* kSum =
    "hardware: the adder; host for other shapes than a map with a map, a number or a number a channel";
constexpr const char* kProduct = "hardware with a constant: a table, or a convolution; else host";
constexpr const char* kTranspose = "hardware where only channels move; nowhere where nothing does; else host";
constexpr const char* kView = "nowhere; host where what follows sees a map of another shape";

}  // namespace

const std::vector<TfliteTranslator::Known>& TfliteTranslator::KnownOperators() {
  using B = schema::BuiltinOperator;
  using T = TfliteTranslator;
  static const std::vector<Known> kOperators = {
      {B::ADD, &T::Add, kSum, "any broadcasting; a fused activation"},
      {B::AVERAGE_POOL_2D, &T::AveragePool, kPool, "any window; a fused activation"},
      {B::CONCATENATION, &T::Concatenation, kCopy, "any axis of an image; no fused activation"},
      {B::CONV_2D, &T::Conv2d, kHardware, "any stride, padding, dilation; grouped; a fused activation"},
      {B::DEPTHWISE_CONV_2D, &T::DepthwiseConv2d, kHardware,
       "any multiplier of channels; a fused activation. Behind a convolution that nobody else reads [part of "
       "that](architecture.md#a-depthwise-convolution-behind-another-one), else on the array"},
      {B::DEPTH_TO_SPACE, &T::DepthToSpace, kCopy, "any block"},
      {B::DEQUANTIZE, &T::Dequantize, kNothing, "at the outputs of the model"},
      {B::EXPAND_DIMS, &T::Reshape, kView, "any axis"},
      {B::FULLY_CONNECTED, &T::FullyConnected, kHardware,
       "constant int8 weights, one scale or one a filter; a fused activation"},
      {B::HARD_SWISH, &T::HardSwish, kTable, "any"},
      {B::LEAKY_RELU, &T::LeakyRelu, kTable, "any"},
      {B::LOGISTIC, &T::Logistic, kTable, "output scale 1/256, zero point -128"},
      {B::MAXIMUM, &T::Maximum, kTwo, "one scale and zero point for all"},
      {B::MAX_POOL_2D, &T::MaxPool, kHardware, "any window; a fused activation"},
      {B::MEAN, &T::Mean, kMean, "over height, width or both"},
      {B::MINIMUM, &T::Minimum, kTwo, "one scale and zero point for all"},
      {B::MIRROR_PAD, &T::Pad, kCopy, "both modes, height and width"},
      {B::MUL, &T::Mul, kProduct, "any broadcasting; a fused activation"},
      {B::PACK, &T::Pack, kNothing, "numbers of a shape"},
      {B::PAD, &T::Pad, kCopy, "height, width, channels"},
      {B::PADV2, &T::Pad, kCopy, "height, width, channels; a constant value"},
      {B::PRELU, &T::Prelu, kTwo, "any broadcasting"},
      {B::QUANTIZE, &T::Quantize, kTable, "int8; float32 or uint8 at the ends of the model"},
      {B::REDUCE_MAX, &T::ReduceMax, kHardware, "over height, width or both"},
      {B::RELU, &T::Relu, kTable, "any"},
      {B::RELU6, &T::Relu, kTable, "any"},
      {B::RELU_0_TO_1, &T::Relu, kTable, "any"},
      {B::RELU_N1_TO_1, &T::Relu, kTable, "any"},
      {B::RESHAPE, &T::Reshape, kView, "any shape within an image"},
      {B::RESIZE_BILINEAR, &T::Resize, kHost, "align_corners, half_pixel_centers"},
      {B::RESIZE_NEAREST_NEIGHBOR, &T::Resize, kResize, "align_corners, half_pixel_centers"},
      {B::SHAPE, &T::ShapeNumbers, kNothing, "any"},
      {B::SLICE, &T::Slice, kCopy, "constant begins and sizes"},
      {B::SOFTMAX, &T::Softmax, kHost, "up to 4096 channels; output scale 1/256, zero point -128"},
      {B::SPACE_TO_DEPTH, &T::SpaceToDepth, kConvolution, "any block"},
      {B::SPLIT, &T::Split, kCopy, "any axis of an image"},
      {B::SPLIT_V, &T::Split, kCopy, "any axis of an image"},
      {B::SQUEEZE, &T::Reshape, kView, "any axes"},
      {B::STRIDED_SLICE, &T::StridedSlice, kCopy, "constant bounds, positive steps"},
      {B::SUB, &T::Sub, kTwo, "any broadcasting; a fused activation"},
      {B::SUM, &T::Sum, kMean, "over height, width or both"},
      {B::TANH, &T::Tanh, kTable, "output scale 1/128, zero point 0"},
      {B::TRANSPOSE, &T::Transpose, kTranspose, "axes of an image"},
      {B::TRANSPOSE_CONV, &T::TransposeConv, kHardware,
       "one stride for both axes, up to 16; a fused activation"},
  };
  return kOperators;
}

TfliteTranslator::Method TfliteTranslator::Find(schema::BuiltinOperator code) {
  const auto known = std::ranges::find(KnownOperators(), code, &Known::code);
  return known == KnownOperators().end() ? nullptr : known->method;
}

bool TfliteTranslator::Supports(schema::BuiltinOperator code) { return Find(code) != nullptr; }

std::vector<OperatorRow> TfliteTranslator::Operators() {
  std::vector<OperatorRow> rows;
  for (const Known& known : KnownOperators())
    rows.push_back({schema::EnumNameBuiltinOperator(known.code), known.runs, known.holds});
  return rows;
}

}  // namespace weft
