// SPDX-License-Identifier: Apache-2.0
// What the nodes of a network are that the reader makes. Their values are compared with the framework's in
// tests/oracle/tflite_random.py.
#include "compiler/tflite/tflite_reader.hpp"

#include <gtest/gtest.h>

#include "compiler/model_reader.hpp"
#include "sw_model/golden/golden.hpp"
#include "tests/compiler/tflite/tflite_builder.hpp"

namespace weft {
namespace {

using schema::BuiltinOperator;

std::vector<Op> Ops(const Graph& graph) {
  std::vector<Op> ops;
  for (const Node& node : graph.nodes) ops.push_back(node.op);
  return ops;
}

schema::Conv2DOptionsT ConvOptions(int stride = 1, schema::Padding padding = schema::Padding::SAME) {
  schema::Conv2DOptionsT options;
  options.stride_h = options.stride_w = stride;
  options.padding = padding;
  return options;
}

TEST(TfliteReader, ConvolutionHasSamePaddingAtTheEnd) {
  TfliteBuilder net;
  const int x = net.Input({1, 6, 8, 2}, 0.5F, 3);
  schema::Conv2DOptionsT options = ConvOptions(2);
  options.activation = schema::Activation::RELU6;
  net.Op(BuiltinOperator::CONV_2D,
         {x, net.Filters({4, 3, 3, 2}, {0.25F, 0.5F, 1.0F, 2.0F}, 0), net.Integers({1, 2, 3, 4})},
         net.Tensor("y", {1, 3, 4, 4}, 2.0F, -7), options);
  const Graph graph = ParseTflite(net.Bytes());
  ASSERT_EQ(Ops(graph), std::vector{Op::kConv});
  const ConvLayer& conv = graph.nodes[0].conv;
  EXPECT_EQ(conv.window.pad, (Padding{.top = 0, .bottom = 1, .left = 0, .right = 1}));
  EXPECT_EQ(conv.window.stride_h, 2);
  EXPECT_EQ(conv.input_zp, 3);
  EXPECT_EQ(conv.bias, (std::vector<int32_t>{1, 2, 3, 4}));
  EXPECT_EQ(conv.requant.output_zp, -7);
  EXPECT_EQ(conv.requant.clamp_lo, -7);
  EXPECT_EQ(conv.requant.clamp_hi, -7 + 3);
  EXPECT_EQ(conv.requant.multiplier, std::vector<int32_t>(4, 1 << 30));
  EXPECT_EQ(conv.requant.shift, (std::vector<int>{-3, -2, -1, 0}));
  EXPECT_EQ(graph.nodes[0].name, "y");
  EXPECT_EQ(graph.tensors[1].axes, "NHWC");
  EXPECT_EQ(graph.tensors[1].zero_point, -7);
}

TEST(TfliteReader, DepthwiseChannelReadsItsGroup) {
  TfliteBuilder net;
  const int x = net.Input({1, 5, 5, 2});
  schema::DepthwiseConv2DOptionsT options;
  options.stride_h = options.stride_w = 1;
  options.padding = schema::Padding::VALID;
  options.depth_multiplier = 3;
  const int filters = net.Filters({1, 1, 2, 6}, {0.5F}, 3);  // -3 -2 -1 0 1 2, 3 -3 -2 -1 0 1
  net.Op(BuiltinOperator::DEPTHWISE_CONV_2D, {x, filters}, net.Tensor("y", {1, 5, 4, 6}), options);
  const Graph graph = ParseTflite(net.Bytes());
  const ConvLayer& conv = graph.nodes.at(0).conv;
  EXPECT_EQ(conv.groups, 2);
  EXPECT_EQ(conv.filters.shape, (Shape{6, 1, 2, 1}));
  EXPECT_EQ(conv.filters.data, (std::vector<int8_t>{-3, 3, -2, -3, -1, -2, 0, -1, 1, 0, 2, 1}));
}

// Of one scale or one a filter, as tflite-micro has it: the product of two scales is not rounded to float32.
TEST(TfliteReader, FullyConnectedMultipliesItsScalesInDouble) {
  const float in = 0.1F, weight = 0.3F;
  const auto expected = [](double factor) {
    int32_t m = 0;
    int shift = 0;
    golden::QuantizeMultiplier(factor, &m, &shift);
    return m;
  };
  ASSERT_NE(expected(double(in * weight)), expected(double(in) * double(weight)));
  for (const size_t scales : {1, 2}) {
    TfliteBuilder net;
    const int x = net.Input({1, 4}, in);
    net.Op(BuiltinOperator::FULLY_CONNECTED, {x, net.Filters({2, 4}, std::vector<float>(scales, weight), 0)},
           net.Tensor("y", {1, 2}, 1.0F), schema::FullyConnectedOptionsT{});
    EXPECT_EQ(ParseTflite(net.Bytes()).nodes.at(0).conv.requant.multiplier.at(0),
              expected(double(in) * double(weight)));
  }
}

TEST(TfliteReader, ReshapeBeforeFullyConnectedMakesNoNode) {
  TfliteBuilder net;
  const int x = net.Input({1, 2, 3, 4});
  const int flat = net.Op(BuiltinOperator::RESHAPE, {x, net.Integers({-1, 24})}, net.Tensor("flat", {1, 24}),
                          schema::ReshapeOptionsT{});
  net.Op(BuiltinOperator::FULLY_CONNECTED, {flat, net.Filters({5, 24}, {0.5F}, 0)}, net.Tensor("y", {1, 5}),
         schema::FullyConnectedOptionsT{});
  const Graph graph = ParseTflite(net.Bytes());
  ASSERT_EQ(Ops(graph), std::vector{Op::kConv});
  EXPECT_EQ(graph.nodes[0].conv.filters.shape, (Shape{5, 2, 3, 4}));
  EXPECT_EQ(graph.tensors[1].axes, "NC");
}

// As Keras writes Flatten of a free batch: the sizes are computed.
TEST(TfliteReader, ComputedSizesAreFollowed) {
  TfliteBuilder net;
  const int x = net.Input({1, 2, 2, 3});
  const auto size = [&](const char* name, TfliteBuilder::Dims dims) {
    return net.Tensor(name, std::move(dims), 0, 0, schema::TensorType::INT32);
  };
  const int shape = net.Op(BuiltinOperator::SHAPE, {x}, size("shape", {4}));
  schema::StridedSliceOptionsT options;
  options.shrink_axis_mask = 1;
  const int batch =
      net.Op(BuiltinOperator::STRIDED_SLICE, {shape, net.Integers({0}), net.Integers({1}), net.Integers({1})},
             size("batch", {}), options);
  schema::PackOptionsT pack;
  pack.values_count = 2;
  const int sizes = net.Op(BuiltinOperator::PACK, {batch, net.Integers({12})}, size("sizes", {2}), pack);
  const int flat = net.Op(BuiltinOperator::RESHAPE, {x, sizes}, net.Tensor("flat", {1, 1}),
                          schema::ReshapeOptionsT{});  // free in the file
  net.Op(BuiltinOperator::FULLY_CONNECTED, {flat, net.Filters({5, 12}, {0.5F}, 0)}, net.Tensor("y", {1, 5}),
         schema::FullyConnectedOptionsT{});
  EXPECT_EQ(Ops(ParseTflite(net.Bytes())), std::vector{Op::kConv});
}

TEST(TfliteReader, EndsOfOtherTypesAreThoseOfTheModel) {
  TfliteBuilder net;
  const int x = net.Input({1, 4, 4, 2}, 0.5F, 0, schema::TensorType::FLOAT32);
  const int q = net.Op(BuiltinOperator::QUANTIZE, {x}, net.Tensor("q", {1, 4, 4, 2}, 0.25F, 5));
  const int y = net.Op(BuiltinOperator::RELU, {q}, net.Tensor("y", {1, 4, 4, 2}, 0.25F, 5));
  net.Op(BuiltinOperator::DEQUANTIZE, {y}, net.Tensor("z", {1, 4, 4, 2}, 0, 0, schema::TensorType::FLOAT32));
  const Graph floats = ParseTflite(net.Bytes());
  EXPECT_EQ(floats.input_type, ElementType::kFloat32);
  EXPECT_EQ(floats.tensors[size_t(floats.input)].zero_point, 5);
  ASSERT_EQ(floats.outputs.size(), 1U);
  EXPECT_EQ(floats.outputs[0].type, ElementType::kFloat32);
  EXPECT_EQ(floats.outputs[0].name, "z");
  EXPECT_EQ(Ops(floats), std::vector{Op::kTable});

  TfliteBuilder bytes;
  const int u = bytes.Input({1, 4, 4, 2}, 0.25F, 133, schema::TensorType::UINT8);
  const int v = bytes.Op(BuiltinOperator::QUANTIZE, {u}, bytes.Tensor("v", {1, 4, 4, 2}, 0.25F, 5));
  const int w = bytes.Op(BuiltinOperator::RELU, {v}, bytes.Tensor("w", {1, 4, 4, 2}, 0.25F, 5));
  bytes.Op(BuiltinOperator::QUANTIZE, {w},
           bytes.Tensor("o", {1, 4, 4, 2}, 0.25F, 133, schema::TensorType::UINT8));
  const Graph codes = ParseTflite(bytes.Bytes());
  EXPECT_EQ(codes.input_type, ElementType::kUint8);
  EXPECT_TRUE(codes.tensors[size_t(codes.input)].is_unsigned);
  EXPECT_EQ(codes.tensors[size_t(codes.input)].zero_point, 5);
  EXPECT_EQ(codes.outputs.at(0).type, ElementType::kUint8);
  EXPECT_EQ(Ops(codes), std::vector{Op::kTable});  // both QUANTIZEs change nothing
}

// Keras' models of grey images take [1, 28, 28] and expand it, or take it flat.
TEST(TfliteReader, InputTakesTheShapeOfItsMap) {
  const auto input_of = [](TfliteBuilder::Dims dims) {
    TfliteBuilder net;
    const int x = net.Input(std::move(dims));
    const int map = net.Op(BuiltinOperator::RESHAPE, {x, net.Integers({1, 6, 8, 1})},
                           net.Tensor("map", {1, 6, 8, 1}), schema::ReshapeOptionsT{});
    net.Op(BuiltinOperator::CONV_2D, {map, net.Filters({2, 3, 3, 1}, {0.5F}, 0)},
           net.Tensor("y", {1, 6, 8, 2}), ConvOptions());
    const Graph graph = ParseTflite(net.Bytes());
    EXPECT_EQ(Ops(graph), std::vector{Op::kConv});
    return graph.tensors.at(size_t(graph.input));
  };
  EXPECT_EQ(input_of({1, 6, 8}).shape, (Shape{1, 6, 8, 1}));
  EXPECT_EQ(input_of({1, 6, 8}).axes, "NHW");
  EXPECT_EQ(input_of({1, 48}).shape, (Shape{1, 6, 8, 1}));
  EXPECT_TRUE(input_of({1, 48}).is_flat);
}

// The multipliers hold values of which no rounding is left: y = x.
TEST(TfliteReader, ShuffledChannelsAreAConvolution) {
  TfliteBuilder net;
  const int x = net.Input({1, 2, 2, 6});
  const int split = net.Op(BuiltinOperator::RESHAPE, {x, net.Integers({1, 2, 2, 2, 3})},
                           net.Tensor("split", {1, 2, 2, 2, 3}), schema::ReshapeOptionsT{});
  const int swapped = net.Op(BuiltinOperator::TRANSPOSE, {split, net.Integers({0, 1, 2, 4, 3})},
                             net.Tensor("swapped", {1, 2, 2, 3, 2}));
  net.Op(BuiltinOperator::RESHAPE, {swapped, net.Integers({1, 2, 2, 6})}, net.Tensor("y", {1, 2, 2, 6}),
         schema::ReshapeOptionsT{});
  const Graph graph = ParseTflite(net.Bytes());
  ASSERT_EQ(Ops(graph), std::vector{Op::kConv});
  TensorI8 in(Shape{1, 2, 2, 6});
  for (size_t i = 0; i < in.data.size(); ++i) in.data[i] = int8_t(i * 11 - 128);
  const TensorI8 out = golden::Conv(in, graph.nodes[0].conv);
  for (size_t i = 0; i < in.data.size(); ++i) {
    constexpr size_t kFrom[] = {0, 3, 1, 4, 2, 5};
    EXPECT_EQ(out.data[i], in.data[i / 6 * 6 + kFrom[i % 6]]);
  }
}

TEST(TfliteReader, SameTensorAsTwoOutputs) {
  TfliteBuilder net;
  const int x = net.Input({1, 2, 2, 3});
  const int y = net.Op(BuiltinOperator::RELU, {x}, net.Tensor("y", {1, 2, 2, 3}));
  const int flat = net.Op(BuiltinOperator::RESHAPE, {y, net.Integers({1, 12})}, net.Tensor("flat", {1, 12}),
                          schema::ReshapeOptionsT{});
  net.graph().outputs = {flat, y};
  const Graph graph = ParseTflite(net.Bytes());
  ASSERT_EQ(graph.outputs.size(), 2U);
  EXPECT_EQ(graph.outputs[0].name, "flat");
  EXPECT_EQ(graph.tensors[size_t(graph.outputs[0].tensor)].shape, (Shape{1, 1, 1, 12}));
  EXPECT_EQ(graph.tensors[size_t(graph.outputs[1].tensor)].shape, (Shape{1, 2, 2, 3}));
  EXPECT_EQ(graph.tensors[size_t(graph.outputs[1].tensor)].axes, "NHWC");
}

TEST(TfliteReader, FormatIsToldByContent) {
  TfliteBuilder net;
  const int x = net.Input({1, 4, 4, 2});
  net.Op(BuiltinOperator::RELU, {x}, net.Tensor("y", {1, 4, 4, 2}));
  const std::string bytes = net.Bytes();
  EXPECT_TRUE(IsTflite(bytes));
  EXPECT_FALSE(IsTflite("\x08\x07\x12\x03onnx"));
  EXPECT_EQ(ParseModel(bytes).nodes.size(), 1U);
}

}  // namespace
}  // namespace weft
