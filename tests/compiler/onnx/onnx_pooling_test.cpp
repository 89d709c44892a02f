// SPDX-License-Identifier: Apache-2.0
// Pooling, fully connected layers and softmax: what they become, and that the numbers are those of ONNX.
#include <gtest/gtest.h>

#include <algorithm>

#include "compiler/onnx/onnx_reader.hpp"
#include "sw_model/golden/golden.hpp"
#include "tests/compiler/onnx/onnx_builder.hpp"

namespace weft {
namespace {

// input [0, c, h, w] -> Q, DQ -> ... ; scale 0.5, zero point 3
struct Net : OnnxBuilder {
  explicit Net(const Ints& input) {
    Input("x", input);
    x = Requantise("x", 0.5F, 3);
  }
  std::string Conv(const std::string& in, const std::string& out, const Ints& weights) {
    Op("Conv", {in, Weights(out + "_w", weights, {0.25F})}, out);
    return Requantise(out, 2.0F, -7);
  }
  onnx::NodeProto* MaxPool(const std::string& in, const std::string& out, int64_t kernel, int64_t stride) {
    onnx::NodeProto* pool = Op("MaxPool", {in}, out);
    Set(pool, "kernel_shape", Ints{kernel, kernel});
    Set(pool, "strides", Ints{stride, stride});
    return pool;
  }
  Graph Finish(const std::string& output) {
    Output(output);
    return ParseOnnx(Bytes(), Rounding::kTflite);
  }
  std::string x;
};

Shape OutShape(const Graph& graph) { return graph.tensors.at(size_t(graph.output())).shape; }

TensorI8 Ramp(const Shape& shape) {
  TensorI8 tensor(shape);
  for (size_t i = 0; i < tensor.data.size(); ++i) tensor.data[i] = int8_t(int(i * 37 % 256) - 128);
  return tensor;
}

// ---- max-pool

TEST(OnnxMaxPool, JoinsTheConvolutionBeforeIt) {
  for (const int64_t kernel : {2, 3}) {  // 3 with stride 2 overlaps
    Net net({0, 1, 9, 9});
    net.MaxPool(net.Conv(net.x, "c", {1, 1, 3, 3}), "p", kernel, 2);
    const Graph graph = net.Finish(net.Requantise("p", 2.0F, -7));
    ASSERT_EQ(graph.nodes.size(), 1U);
    ASSERT_TRUE(graph.nodes[0].conv.max_pool);
    EXPECT_EQ(graph.nodes[0].conv.max_pool->kh, kernel);
    EXPECT_EQ(graph.nodes[0].conv.max_pool->stride_w, 2);
    EXPECT_EQ(graph.nodes[0].output, graph.output());
    EXPECT_EQ(OutShape(graph), (Shape{1, 3, 3, 1}));
  }
}

TEST(OnnxMaxPool, BetweenConvAndQuantizeLinearJoinsToo) {
  Net net({0, 1, 8, 8});
  net.Op("Conv", {net.x, net.Weights("w", {1, 1, 3, 3}, {0.25F})}, "c");
  net.Op("Relu", {"c"}, "r");
  net.MaxPool("r", "p", 2, 2);
  const Graph graph = net.Finish(net.Requantise("p", 2.0F, -7));
  ASSERT_EQ(graph.nodes.size(), 1U);
  EXPECT_TRUE(graph.nodes[0].conv.max_pool);
  EXPECT_EQ(graph.nodes[0].conv.requant.clamp_lo, -7);
  EXPECT_EQ(OutShape(graph), (Shape{1, 3, 3, 1}));
}

TEST(OnnxMaxPool, WithPaddingIsANodeOfItsOwn) {
  Net net({0, 1, 8, 8});
  onnx::NodeProto* pool = net.MaxPool(net.Conv(net.x, "c", {1, 1, 3, 3}), "p", 3, 1);
  Set(pool, "pads", Ints{1, 1, 1, 1});
  const Graph graph = net.Finish("p");
  ASSERT_EQ(graph.nodes.size(), 2U);
  EXPECT_EQ(graph.nodes[1].op, Op::kMaxPool);
  EXPECT_EQ(OutShape(graph), (Shape{1, 6, 6, 1}));
}

TEST(OnnxMaxPool, OfTheInputIsANodeOfItsOwn) {
  Net net({0, 1, 8, 8});
  net.MaxPool(net.x, "p", 2, 2);
  const Graph graph = net.Finish("p");
  ASSERT_EQ(graph.nodes.size(), 1U);
  EXPECT_EQ(graph.nodes[0].op, Op::kMaxPool);
}

TEST(OnnxMaxPool, StaysApartWhenTheConvolutionHasAnotherReader) {
  Net net({0, 1, 8, 8});
  const std::string c = net.Conv(net.x, "c", {1, 1, 1, 1});
  net.MaxPool(c, "p", 2, 2);
  net.Output("p");
  const Graph graph = net.Finish(net.Conv(c, "d", {1, 1, 1, 1}));
  ASSERT_EQ(graph.nodes.size(), 3U);
  EXPECT_FALSE(graph.nodes[0].conv.max_pool);
}

TEST(OnnxMaxPool, StaysApartWhenTheConvolutionIsTheOutput) {
  Net net({0, 1, 8, 8});
  const std::string c = net.Conv(net.x, "c", {1, 1, 1, 1});
  net.MaxPool(c, "p", 2, 2);
  net.Output("p");
  const Graph graph = net.Finish(c);
  ASSERT_EQ(graph.nodes.size(), 2U);
  EXPECT_FALSE(graph.nodes[0].conv.max_pool);
}

TEST(OnnxMaxPool, CeilModeIsAcceptedWhereItChangesNothing) {
  Net net({0, 1, 8, 8});
  Set(net.MaxPool(net.x, "p", 2, 2), "ceil_mode", int64_t{1});
  EXPECT_EQ(OutShape(net.Finish("p")), (Shape{1, 4, 4, 1}));
}

// ---- average pooling

TEST(OnnxAveragePool, WithEqualScalesIsANode) {
  Net net({0, 2, 6, 6});
  onnx::NodeProto* pool = net.Op("AveragePool", {net.x}, "p");
  Set(pool, "kernel_shape", Ints{3, 3});
  Set(pool, "pads", Ints{1, 1, 1, 1});
  const Graph graph = net.Finish(net.Requantise("p", 0.5F, 3));
  ASSERT_EQ(graph.nodes.size(), 1U);
  EXPECT_EQ(graph.nodes[0].op, Op::kAveragePool);
  EXPECT_EQ(OutShape(graph), (Shape{1, 6, 6, 2}));
}

TEST(OnnxAveragePool, GlobalWithOtherScalesIsADepthwiseConvolution) {
  Net net({0, 3, 4, 5});
  net.Op("GlobalAveragePool", {net.x}, "p");
  const Graph graph = net.Finish(net.Requantise("p", 0.125F, 10));
  ASSERT_EQ(graph.nodes.size(), 1U);
  EXPECT_EQ(graph.nodes[0].conv.groups, 3);
  const TensorI8 in = Ramp({2, 4, 5, 3});
  const TensorI8 out = golden::Conv(in, graph.nodes[0].conv);
  for (int n = 0; n < 2; ++n)
    for (int c = 0; c < 3; ++c) {
      double sum = 0;
      for (int y = 0; y < 4; ++y)
        for (int x = 0; x < 5; ++x) sum += 0.5 * (in.at(n, y, x, c) - 3);
      EXPECT_NEAR(out.at(n, 0, 0, c), std::clamp(sum / 20 / 0.125 + 10, -128.0, 127.0), 0.51);
    }
}

TEST(OnnxAveragePool, ThatCountsItsPaddingIsADepthwiseConvolution) {
  Net net({0, 1, 6, 6});
  onnx::NodeProto* pool = net.Op("AveragePool", {net.x}, "p");
  Set(pool, "kernel_shape", Ints{3, 3});
  Set(pool, "pads", Ints{1, 1, 1, 1});
  Set(pool, "count_include_pad", int64_t{1});
  const Graph graph = net.Finish(net.Requantise("p", 0.5F, 3));
  ASSERT_EQ(graph.nodes.size(), 1U);
  EXPECT_EQ(graph.nodes[0].op, Op::kConv);
}

// ---- fully connected layers

// sum over f of (in in ONNX's order - zero point) * weight, the order being c, y, x
int32_t Reference(const TensorI8& in, int k, int filters, bool filters_first) {
  const Shape& s = in.shape;
  const int features = s.h * s.w * s.c;
  int32_t sum = 0;
  for (int f = 0; f < features; ++f) {
    const int act = in.at(0, f / s.w % s.h, f % s.w, f / s.w / s.h) - 3;
    sum += act * WeightValue(size_t(filters_first ? k * features + f : f * filters + k));
  }
  return sum;
}

void ExpectDense(const Graph& graph, const Shape& in_shape, int filters, bool filters_first, int32_t bias) {
  ASSERT_EQ(graph.nodes.size(), 1U);
  const ConvLayer& layer = graph.nodes[0].conv;
  EXPECT_EQ(layer.filters.shape, (Shape{filters, in_shape.h, in_shape.w, in_shape.c}));
  EXPECT_EQ(OutShape(graph), (Shape{1, 1, 1, filters}));
  const TensorI8 in = Ramp(in_shape);
  const TensorI32 acc = golden::Accumulate(in, layer);
  for (int k = 0; k < filters; ++k)
    ASSERT_EQ(acc.at(0, 0, 0, k), Reference(in, k, filters, filters_first) + bias) << "k=" << k;
}

TEST(OnnxDense, FlattenAndGemmWithBothOrdersOfWeights) {
  for (const bool filters_first : {true, false}) {
    Net net({0, 3, 4, 5});
    net.Op("Flatten", {net.x}, "f");
    const Ints dims = filters_first ? Ints{7, 60} : Ints{60, 7};
    const std::vector<float> scales(7, 0.25F);
    const std::string w = net.Weights("w", dims, scales, filters_first ? 0 : 1);
    onnx::NodeProto* gemm = net.Op("Gemm", {"f", w, net.Floats("b", {7}, std::vector<float>(7, 1.0F))}, "g");
    Set(gemm, "transB", int64_t{filters_first});
    ExpectDense(net.Finish(net.Requantise("g", 8.0F, 0)), {1, 4, 5, 3}, 7, filters_first, 8);
  }
}

TEST(OnnxDense, FlattenBetweenItsOwnQuantizeLinears) {
  Net net({0, 3, 4, 5});
  net.Op("Flatten", {net.x}, "f");
  net.Op("MatMul", {net.Requantise("f", 0.5F, 3), net.Weights("w", {60, 7}, {0.25F})}, "g");
  ExpectDense(net.Finish(net.Requantise("g", 8.0F, 0)), {1, 4, 5, 3}, 7, false, 0);
}

TEST(OnnxDense, FlattenOfTheInputBeforeItsQuantizeLinear) {
  OnnxBuilder net;
  net.Input("x", {0, 3, 4, 5});
  net.Op("Flatten", {"x"}, "f");
  net.Op("MatMul", {net.Requantise("f", 0.5F, 3), net.Weights("w", {60, 7}, {0.25F})}, "g");
  net.Output(net.Requantise("g", 8.0F, 0));
  ExpectDense(ParseOnnx(net.Bytes()), {1, 4, 5, 3}, 7, false, 0);
}

TEST(OnnxDense, FlattenBeforeQuantizeLinear) {
  for (const std::string op : {"Conv", "GlobalAveragePool", "Add"}) {
    Net net({0, 3, 4, 5});
    if (op == "Conv") net.Op("Conv", {net.x, net.Weights("v", {6, 3, 4, 5}, {0.25F})}, "p");
    if (op == "GlobalAveragePool") net.Op(op, {net.x}, "p");
    if (op == "Add") net.Op(op, {net.x, net.x}, "p");
    net.Op("Flatten", {"p"}, "f");
    const int64_t features = op == "Conv" ? 6 : op == "Add" ? 60 : 3;
    net.Op("MatMul", {net.Requantise("f", 0.25F, 3), net.Weights("w", {features, 2}, {0.25F})}, "m");
    const Graph graph = net.Finish(net.Requantise("m", 8.0F, 0));
    ASSERT_EQ(graph.nodes.size(), 2U) << op;
    EXPECT_EQ(OutShape(graph), (Shape{1, 1, 1, 2})) << op;
    EXPECT_EQ(int64_t(graph.nodes[1].conv.filters.data.size()), 2 * features) << op;
  }
}

TEST(OnnxDense, ReshapeMatMulAddRelu) {
  for (const Ints& shape : {Ints{1, 60}, Ints{0, -1}, Ints{-1, 60}, Ints{1, -1}}) {
    Net net({1, 3, 4, 5});
    net.Op("Reshape", {net.x, net.Shape("shape", shape)}, "f");
    net.Op("MatMul", {"f", net.Weights("w", {60, 7}, {0.25F})}, "m");
    net.Op("Add", {net.Floats("b", {7}, std::vector<float>(7, -0.5F)), "m"}, "a");
    net.Op("Relu", {"a"}, "r");
    const Graph graph = net.Finish(net.Requantise("r", 8.0F, -128));
    ExpectDense(graph, {1, 4, 5, 3}, 7, false, -4);
  }
}

TEST(OnnxDense, SqueezeOfOnePixel) {
  Net net({1, 6, 1, 1});
  net.Op("Squeeze", {net.x, net.Shape("axes", {-1, 2})}, "s");
  net.Op("MatMul", {"s", net.Weights("w", {6, 2}, {0.25F})}, "m");
  ExpectDense(net.Finish(net.Requantise("m", 8.0F, 0)), {1, 1, 1, 6}, 2, false, 0);
}

TEST(OnnxDense, InputOfTwoDimensions) {
  Net net({0, 6});
  net.Op("MatMul", {net.x, net.Weights("w", {6, 2}, {0.25F})}, "m");
  ExpectDense(net.Finish(net.Requantise("m", 8.0F, 0)), {1, 1, 1, 6}, 2, false, 0);
}

// ---- softmax

TEST(OnnxSoftmax, IsTheLastNode) {
  Net net({0, 6});
  net.Op("MatMul", {net.x, net.Weights("w", {6, 2}, {0.25F})}, "m");
  Set(net.Op("Softmax", {net.Requantise("m", 8.0F, 0)}, "s"), "axis", int64_t{-1});
  const Graph graph = net.Finish("s");
  ASSERT_EQ(graph.nodes.size(), 2U);
  EXPECT_EQ(graph.nodes[1].op, Op::kSoftmax);
  EXPECT_EQ(graph.nodes[1].output, graph.output());
}

TEST(OnnxSoftmax, TakesTheScaleOfItsQuantizeLinear) {
  Net net({0, 6});
  net.Op("Softmax", {net.x}, "s");
  const Graph graph = net.Finish(net.Requantise("s", 0.25F, -100));
  EXPECT_EQ(graph.tensors.at(size_t(graph.output())).scale, 0.25F);
  EXPECT_EQ(graph.tensors.at(size_t(graph.output())).zero_point, -100);
}

}  // namespace
}  // namespace weft
