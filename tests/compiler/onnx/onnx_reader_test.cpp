// SPDX-License-Identifier: Apache-2.0
// What each accepted form of ONNX becomes.
#include "compiler/onnx/onnx_reader.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "sw_model/golden/golden.hpp"
#include "tests/compiler/onnx/onnx_builder.hpp"

namespace weft {
namespace {

constexpr float kIn = 0.5F, kWeight = 0.25F, kOut = 2.0F;
constexpr int kInZp = 3, kOutZp = -7;

// input [0, c, h, w] -> Q, DQ -> `body` -> Q, DQ -> output
struct Net : OnnxBuilder {
  explicit Net(const Ints& input) {
    Input("x", input);
    x = Requantise("x", kIn, kInZp);
  }
  onnx::NodeProto* Conv(const std::string& in, const std::string& out, const Ints& weights) {
    return Op("Conv", {in, Weights(out + "_w", weights, {kWeight})}, out);
  }
  Graph Finish(const std::string& last, float scale = kOut, int zero_point = kOutZp) {
    Output(Requantise(last, scale, zero_point));
    return ParseOnnx(Bytes(), Rounding::kTflite);
  }
  std::string x;
};

ConvLayer Only(const Graph& graph) {
  EXPECT_EQ(graph.nodes.size(), 1U);
  EXPECT_EQ(graph.nodes.at(0).op, Op::kConv);
  EXPECT_EQ(graph.nodes.at(0).output, graph.output());
  return graph.nodes.at(0).conv;
}

Shape OutShape(const Graph& graph) { return graph.tensors.at(size_t(graph.output())).shape; }

double Factor(const ConvLayer& layer, size_t k) {
  return std::ldexp(double(layer.requant.multiplier.at(k)), layer.requant.shift.at(k) - 31);
}

TEST(OnnxReader, ConvBecomesALayerWithReorderedFilters) {
  Net net({0, 2, 8, 6});
  net.Conv(net.x, "c", {4, 2, 3, 5});
  const Graph graph = net.Finish("c");
  const ConvLayer layer = Only(graph);
  EXPECT_EQ(layer.name, "c");
  EXPECT_EQ(layer.filters.shape, (Shape{4, 3, 5, 2}));
  for (int k = 0; k < 4; ++k)
    for (int c = 0; c < 2; ++c)
      for (int y = 0; y < 3; ++y)
        for (int x = 0; x < 5; ++x)
          ASSERT_EQ(layer.filters.at(k, y, x, c), WeightValue(size_t(((k * 2 + c) * 3 + y) * 5 + x)));
  EXPECT_EQ(layer.input_zp, kInZp);
  EXPECT_EQ(layer.requant.output_zp, kOutZp);
  EXPECT_EQ(layer.requant.clamp_lo, -128);
  EXPECT_EQ(layer.requant.clamp_hi, 127);
  EXPECT_DOUBLE_EQ(Factor(layer, 0), 0.5 * 0.25 / 2.0);
  EXPECT_EQ(layer.bias, std::vector<int32_t>(4, 0));
  EXPECT_TRUE(layer.window.floor);
  EXPECT_EQ(OutShape(graph), (Shape{1, 6, 2, 4}));
  const TensorInfo& in = graph.tensors.at(size_t(graph.input));
  EXPECT_EQ(in.shape, (Shape{1, 8, 6, 2}));
  EXPECT_EQ(in.scale, kIn);
  EXPECT_EQ(in.zero_point, kInZp);
}

TEST(OnnxReader, ScalesPerChannel) {
  Net net({1, 1, 4, 4});
  net.Op("Conv", {net.x, net.Weights("w", {3, 1, 1, 1}, {1.0F, 0.5F, 0.125F}, -4)}, "c");
  const ConvLayer layer = Only(net.Finish("c"));
  EXPECT_DOUBLE_EQ(Factor(layer, 0), 0.25);
  EXPECT_DOUBLE_EQ(Factor(layer, 1), 0.125);
  EXPECT_DOUBLE_EQ(Factor(layer, 2), 0.03125);
}

TEST(OnnxReader, BiasOfInt32IsTakenAsItIs) {
  Net net({1, 1, 4, 4});
  net.Op("Conv",
         {net.x, net.Weights("w", {2, 1, 1, 1}, {kWeight}),
          net.Int32Bias("b", {2147483647, -5}, {0.125F, 0.125F})},
         "c");
  EXPECT_EQ(Only(net.Finish("c")).bias, (std::vector<int32_t>{2147483647, -5}));
}

TEST(OnnxReader, BiasOfOtherUnitsIsConverted) {
  Net net({1, 1, 4, 4});
  net.Op("Conv",
         {net.x, net.Weights("w", {2, 1, 1, 1}, {kWeight}), net.Int32Bias("b", {10, -5}, {0.25F, 0.0625F})},
         "c");
  EXPECT_EQ(Only(net.Finish("c")).bias, (std::vector<int32_t>{20, -2}));
}

TEST(OnnxReader, FloatBiasIsRoundedHalfToEven) {
  Net net({1, 1, 4, 4});
  const std::string bias =
      net.Floats("b", {4}, {0.0625F, 0.1875F, -0.1875F, 1.0F});  // 0.5, 1.5, -1.5, 8 units
  net.Op("Conv", {net.x, net.Weights("w", {4, 1, 1, 1}, {kWeight}), bias}, "c");
  EXPECT_EQ(Only(net.Finish("c")).bias, (std::vector<int32_t>{0, 2, -2, 8}));
}

TEST(OnnxReader, StridesDilationsPadsAndGroups) {
  Net net({1, 4, 20, 21});
  onnx::NodeProto* conv = net.Conv(net.x, "c", {6, 2, 3, 3});
  Set(conv, "strides", Ints{2, 3});
  Set(conv, "dilations", Ints{4, 5});
  Set(conv, "pads", Ints{1, 2, 3, 4});  // top, left, bottom, right
  Set(conv, "group", int64_t{2});
  Set(conv, "kernel_shape", Ints{3, 3});
  const Graph graph = net.Finish("c");
  const ConvLayer layer = Only(graph);
  EXPECT_EQ(layer.window.stride_h, 2);
  EXPECT_EQ(layer.window.stride_w, 3);
  EXPECT_EQ(layer.window.dilation_h, 4);
  EXPECT_EQ(layer.window.dilation_w, 5);
  EXPECT_EQ(layer.window.pad, (Padding{.top = 1, .bottom = 3, .left = 2, .right = 4}));
  EXPECT_EQ(layer.groups, 2);
  EXPECT_EQ(OutShape(graph), (Shape{1, (24 - 9) / 2 + 1, (27 - 11) / 3 + 1, 6}));
}

struct AutoPad {
  std::string mode;
  Padding pad;
};

class OnnxAutoPad : public testing::TestWithParam<AutoPad> {};

TEST_P(OnnxAutoPad, GivesThePadding) {
  Net net({1, 1, 8, 8});
  onnx::NodeProto* conv = net.Conv(net.x, "c", {1, 1, 3, 4});  // rows: 1 in all at stride 2; columns: 2
  Set(conv, "strides", Ints{2, 2});
  Set(conv, "auto_pad", GetParam().mode);
  EXPECT_EQ(Only(net.Finish("c")).window.pad, GetParam().pad);
}

INSTANTIATE_TEST_SUITE_P(
    Modes, OnnxAutoPad,
    testing::Values(AutoPad{"NOTSET", {}}, AutoPad{"VALID", {}},
                    AutoPad{"SAME_UPPER", {.top = 0, .bottom = 1, .left = 1, .right = 1}},
                    AutoPad{"SAME_LOWER", {.top = 1, .bottom = 0, .left = 1, .right = 1}}),
    [](const auto& info) { return info.param.mode; });

TEST(OnnxReader, ReluAndClipBecomeTheClamp) {
  Net relu({1, 1, 4, 4});
  relu.Conv(relu.x, "c", {1, 1, 1, 1});
  relu.Op("Relu", {"c"}, "r");
  EXPECT_EQ(Only(relu.Finish("r")).requant.clamp_lo, kOutZp);

  Net clip({1, 1, 4, 4});
  clip.Conv(clip.x, "c", {1, 1, 1, 1});
  clip.Op("Clip", {"c", clip.Floats("lo", {}, {-3}), clip.Floats("hi", {}, {6})},
          "r");  // -1.5 -> -2 (even), 3
  const Requant requant = Only(clip.Finish("r")).requant;
  EXPECT_EQ(requant.clamp_lo, kOutZp - 2);
  EXPECT_EQ(requant.clamp_hi, kOutZp + 3);
}

TEST(OnnxReader, ClipOfOldOpsetsHasAttributes) {
  Net net({1, 1, 4, 4});
  net.Conv(net.x, "c", {1, 1, 1, 1});
  onnx::NodeProto* clip = net.Op("Clip", {"c"}, "r");
  Set(clip, "min", 0.0F);
  Set(clip, "max", 6.0F);
  const ConvLayer layer = Only(net.Finish("r"));
  EXPECT_EQ(layer.requant.clamp_lo, kOutZp);
  EXPECT_EQ(layer.requant.clamp_hi, kOutZp + 3);
}

TEST(OnnxReader, ReluOfValuesThatAreNeverNegativeIsNothing) {
  Net net({1, 1, 4, 4});
  net.Conv(net.x, "c", {1, 1, 1, 1});
  net.Op("Relu", {net.Requantise("c", 0.5F, -128)}, "r");
  Only(net.Finish("r", 0.5F, -128));
}

TEST(OnnxReader, UnsignedActivationsMoveBy128) {
  OnnxBuilder net;
  net.Input("x", {1, 1, 4, 4});
  const std::string x = net.Requantise("x", kIn, 131, true);
  net.Op("Conv", {x, net.Weights("w", {1, 1, 1, 1}, {kWeight})}, "c");
  net.Op("Relu", {"c"}, "r");
  net.Output(net.Requantise("r", kOut, 0, true));
  const Graph graph = ParseOnnx(net.Bytes());
  const ConvLayer layer = Only(graph);
  EXPECT_EQ(layer.input_zp, 3);
  EXPECT_EQ(layer.requant.output_zp, -128);
  EXPECT_EQ(layer.requant.clamp_lo, -128);
  EXPECT_EQ(graph.tensors.at(size_t(graph.input)).zero_point, 3);
}

TEST(OnnxReader, QuantizeLinearWithoutZeroPointIsUnsigned) {
  OnnxBuilder net;
  net.Input("x", {1, 1, 4, 4});
  net.Floats("s", {}, {kIn});
  net.Op("QuantizeLinear", {"x", "s"}, "q");
  net.Op("DequantizeLinear", {"q", "s"}, "d");
  net.Op("Conv", {"d", net.Weights("w", {1, 1, 1, 1}, {kWeight})}, "c");
  net.Output(net.Requantise("c", kOut, 0));
  EXPECT_EQ(Only(ParseOnnx(net.Bytes())).input_zp, -128);
}

TEST(OnnxReader, InputAndOutputMayBeInt8) {
  OnnxBuilder net;
  net.Input("x", {0, 1, 4, 4}, onnx::TensorProto::INT8);
  net.Op("DequantizeLinear",
         {"x", net.Floats("s", {}, {kIn}), net.Integers("z", onnx::TensorProto::INT8, {}, {kInZp})}, "d");
  net.Op("Conv", {"d", net.Weights("w", {1, 1, 1, 1}, {kWeight})}, "c");
  net.Requantise("c", kOut, kOutZp);
  net.Output("c_q");
  const Graph graph = ParseOnnx(net.Bytes());
  EXPECT_EQ(Only(graph).input_zp, kInZp);
  EXPECT_EQ(graph.tensors.at(size_t(graph.input)).scale, kIn);
}

TEST(OnnxReader, TellsWhatTheFileSaysOfItself) {
  Net net({1, 1, 4, 4});
  net.Conv(net.x, "c", {1, 1, 1, 1});
  auto* entry = net.model().add_metadata_props();
  entry->set_key("labels");
  entry->set_value("cat,dog");
  EXPECT_EQ(net.Finish("c").metadata.at("labels"), "cat,dog");
}

}  // namespace
}  // namespace weft
