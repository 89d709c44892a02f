// SPDX-License-Identifier: Apache-2.0
// Which function translates which operator.
#include "compiler/tflite/tflite_translator.hpp"

namespace weft {

using schema::BuiltinOperator;

TfliteTranslator::Method TfliteTranslator::Find(BuiltinOperator code) {
  using T = TfliteTranslator;
  switch (code) {
    case BuiltinOperator::ADD:
      return &T::Add;
    case BuiltinOperator::AVERAGE_POOL_2D:
      return &T::AveragePool;
    case BuiltinOperator::CONCATENATION:
      return &T::Concatenation;
    case BuiltinOperator::CONV_2D:
      return &T::Conv2d;
    case BuiltinOperator::DEPTHWISE_CONV_2D:
      return &T::DepthwiseConv2d;
    case BuiltinOperator::DEPTH_TO_SPACE:
      return &T::DepthToSpace;
    case BuiltinOperator::DEQUANTIZE:
      return &T::Dequantize;
    case BuiltinOperator::FULLY_CONNECTED:
      return &T::FullyConnected;
    case BuiltinOperator::LOGISTIC:
      return &T::Logistic;
    case BuiltinOperator::MAX_POOL_2D:
      return &T::MaxPool;
    case BuiltinOperator::MUL:
      return &T::Mul;
    case BuiltinOperator::RELU:
    case BuiltinOperator::RELU_N1_TO_1:
    case BuiltinOperator::RELU6:
    case BuiltinOperator::RELU_0_TO_1:
      return &T::Relu;
    case BuiltinOperator::RESHAPE:
    case BuiltinOperator::SQUEEZE:
    case BuiltinOperator::EXPAND_DIMS:
      return &T::Reshape;
    case BuiltinOperator::RESIZE_BILINEAR:
    case BuiltinOperator::RESIZE_NEAREST_NEIGHBOR:
      return &T::Resize;
    case BuiltinOperator::SOFTMAX:
      return &T::Softmax;
    case BuiltinOperator::SPACE_TO_DEPTH:
      return &T::SpaceToDepth;
    case BuiltinOperator::TANH:
      return &T::Tanh;
    case BuiltinOperator::PAD:
    case BuiltinOperator::PADV2:
      return &T::Pad;
    case BuiltinOperator::TRANSPOSE:
      return &T::Transpose;
    case BuiltinOperator::MEAN:
      return &T::Mean;
    case BuiltinOperator::SUM:
      return &T::Sum;
    case BuiltinOperator::SUB:
      return &T::Sub;
    case BuiltinOperator::STRIDED_SLICE:
      return &T::StridedSlice;
    case BuiltinOperator::SPLIT:
    case BuiltinOperator::SPLIT_V:
      return &T::Split;
    case BuiltinOperator::PRELU:
      return &T::Prelu;
    case BuiltinOperator::MAXIMUM:
      return &T::Maximum;
    case BuiltinOperator::MINIMUM:
      return &T::Minimum;
    case BuiltinOperator::SLICE:
      return &T::Slice;
    case BuiltinOperator::TRANSPOSE_CONV:
      return &T::TransposeConv;
    case BuiltinOperator::SHAPE:
      return &T::ShapeNumbers;
    case BuiltinOperator::REDUCE_MAX:
      return &T::ReduceMax;
    case BuiltinOperator::PACK:
      return &T::Pack;
    case BuiltinOperator::LEAKY_RELU:
      return &T::LeakyRelu;
    case BuiltinOperator::MIRROR_PAD:
      return &T::Pad;
    case BuiltinOperator::QUANTIZE:
      return &T::Quantize;
    case BuiltinOperator::HARD_SWISH:
      return &T::HardSwish;
    case BuiltinOperator::CUSTOM:
      break;
  }
  return nullptr;
}

bool TfliteTranslator::Supports(BuiltinOperator code) { return Find(code) != nullptr; }

}  // namespace weft
