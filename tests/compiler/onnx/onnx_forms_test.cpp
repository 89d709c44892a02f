// SPDX-License-Identifier: Apache-2.0
// The forms in which networks are quantised: operators with integers inside, zero points of weights, QDQ
// pairs around constants, other orders of axes. The bits are compared with ONNX Runtime's in tests/oracle.
#include <gtest/gtest.h>

#include "compiler/onnx/onnx_reader.hpp"
#include "sw_model/error.hpp"
#include "sw_model/golden/golden.hpp"
#include "sw_model/golden/onnx_tables.hpp"
#include "tests/compiler/onnx/onnx_builder.hpp"

namespace weft {
namespace {

using onnx::TensorProto;

// x [1, 2, 4, 4] uint8 -> QLinearConv with 3 filters of 1 x 1
struct Integers : OnnxBuilder {
  Integers(int weight_type, int weight_zero, const std::vector<int>& weights,
           const Ints& dims = {1, 2, 4, 4}) {
    Input("x", dims, TensorProto::UINT8);
    Integers_("w", weight_type, {3, 2, 1, 1}, weights);
    Op("QLinearConv",
       {"x", Floats("xs", {}, {0.5F}), Integers_("xz", TensorProto::UINT8, {}, {130}), "w",
        Floats("ws", {}, {0.25F}), Integers_("wz", weight_type, {}, {weight_zero}), Floats("ys", {}, {1.0F}),
        Integers_("yz", TensorProto::UINT8, {}, {7}),
        Integers_("b", TensorProto::INT32, {3}, {4, -5, 1 << 30})},
       "y");
    Output("y");
  }
  std::string Integers_(const std::string& name, int type, const Ints& dims, const std::vector<int>& values) {
    return OnnxBuilder::Integers(name, type, dims, values);
  }
};

TEST(OnnxForms, QLinearConvBecomesALayer) {
  const Graph graph = ParseOnnx(Integers(TensorProto::INT8, 0, {1, 2, 3, 4, 5, 6}).Bytes());
  ASSERT_EQ(graph.nodes.size(), 1U);
  const ConvLayer& conv = graph.nodes[0].conv;
  EXPECT_EQ(conv.input_zp, 2);
  EXPECT_EQ(conv.requant.output_zp, 7 - 128);
  EXPECT_EQ(conv.requant.rounding, Rounding::kOnnx);
  EXPECT_EQ(conv.bias, (std::vector<int32_t>{4, -5, 1 << 30}));
  EXPECT_EQ(conv.filters.data, (std::vector<int8_t>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(graph.input_type, ElementType::kUint8);
  EXPECT_EQ(graph.outputs.at(0).type, ElementType::kUint8);
  EXPECT_EQ(graph.outputs.at(0).name, "y");
}

// 0 is a free dimension.
TEST(OnnxForms, AFreeHeightAndWidthAreGiven) {
  const auto model = [](const Ints& dims) {
    return Integers(TensorProto::INT8, 0, {1, 2, 3, 4, 5, 6}, dims).Bytes();
  };
  const Graph graph = ParseOnnx(WithInputSize(model({0, 2, 0, 0}), 5, 3));
  EXPECT_EQ(graph.tensors.at(size_t(graph.input)).shape, (Shape{1, 5, 3, 2}));
  EXPECT_EQ(graph.tensors.at(size_t(graph.output())).shape, (Shape{1, 5, 3, 3}));
  EXPECT_THROW(ParseOnnx(model({0, 2, 0, 0})), Error);
  EXPECT_THROW(WithInputSize(model({1, 2, 4, 4}), 4, 4), Error);
  EXPECT_THROW(WithInputSize(model({1, 2, 0, 4}), 4, 4), Error);
  EXPECT_THROW(WithInputSize("", 4, 4), Error);
}

TEST(OnnxForms, UnsignedWeightsWithTheMiddleAsZeroAreInt8) {
  const Graph graph = ParseOnnx(Integers(TensorProto::UINT8, 128, {0, 127, 128, 129, 254, 255}).Bytes());
  ASSERT_EQ(graph.nodes.size(), 1U);
  EXPECT_EQ(graph.nodes[0].conv.filters.data, (std::vector<int8_t>{-128, -1, 0, 1, 126, 127}));
}

// 255 - 0 is 127 + 127 + 1, 0 - 255 is -128 - 127: filters of three and of two parts, over channels that are
// there as often.
TEST(OnnxForms, WeightsOfNineBitsAreSums) {
  for (const int zero : {0, 255}) {
    const Graph graph = ParseOnnx(Integers(TensorProto::UINT8, zero, {0, 1, 100, 200, 254, 255}).Bytes());
    ASSERT_EQ(graph.nodes.size(), 2U);
    TensorI8 in(graph.tensors.at(size_t(graph.input)).shape);
    for (size_t i = 0; i < in.data.size(); ++i) in.data[i] = int8_t(int(i * 37 % 256) - 128);
    const TensorI8 repeated = golden::Conv(in, graph.nodes[0].conv);
    const TensorI32 sums = golden::Accumulate(repeated, graph.nodes[1].conv);
    const int weights[3][2] = {{0, 1}, {100, 200}, {254, 255}};
    const int bias[3] = {4, -5, 1 << 30};
    for (int y = 0; y < 4; ++y)
      for (int x = 0; x < 4; ++x)
        for (int k = 0; k < 3; ++k) {
          int sum = bias[k];
          for (int c = 0; c < 2; ++c) sum += (in.at(0, y, x, c) - 2) * (weights[k][c] - zero);
          ASSERT_EQ(sums.at(0, y, x, k), sum);
        }
  }
}

TEST(OnnxForms, FloatWeightsBehindQuantizeLinear) {
  OnnxBuilder net;
  net.Input("x", {0, 1, 4, 4});
  const std::string x = net.Requantise("x", 0.5F, 3);
  net.Floats("w", {2, 1, 1, 1}, {0.25F, -0.625F});  // -2.5 steps: half to even
  net.Op("Conv", {x, net.Requantise("w", 0.25F, 0)}, "c");
  net.Output(net.Requantise("c", 1.0F, 0));
  const Graph graph = ParseOnnx(net.Bytes());
  ASSERT_EQ(graph.nodes.size(), 1U);
  EXPECT_EQ(graph.nodes[0].conv.filters.data, (std::vector<int8_t>{1, -2}));
}

// As Brevitas writes them: codes of -128 do not occur.
TEST(OnnxForms, ClippedCodesOfConstantsStayCodes) {
  OnnxBuilder net;
  net.Input("x", {0, 1, 4, 4});
  const std::string x = net.Requantise("x", 0.5F, 3);
  net.Floats("w", {2, 1, 1, 1}, {-32, 0.5F});  // -128 steps
  net.Floats("s", {}, {0.25F});
  net.Integers("z", TensorProto::INT8, {}, {0});
  net.Op("QuantizeLinear", {"w", "s", "z"}, "q");
  net.Op("Clip",
         {"q", net.Integers("lo", TensorProto::INT8, {}, {-127}),
          net.Integers("hi", TensorProto::INT8, {}, {127})},
         "clipped");
  net.Op("DequantizeLinear", {"clipped", "s", "z"}, "d");
  net.Op("Conv", {x, "d"}, "c");
  net.Output(net.Requantise("c", 1.0F, 0));
  const Graph graph = ParseOnnx(net.Bytes());
  ASSERT_EQ(graph.nodes.size(), 1U);
  EXPECT_EQ(graph.nodes[0].op, Op::kConv);
  EXPECT_EQ(graph.nodes[0].conv.filters.data, (std::vector<int8_t>{-127, 2}));
}

TEST(OnnxForms, TheHostComputesFloatOperatorsBeforeTheFirstCodes) {
  OnnxBuilder net;
  net.Input("x", {0, 2, 1, 2});
  net.Op("Conv", {"x", net.Floats("w", {1, 2, 1, 1}, {2, -1})}, "c");
  net.Op("Relu", {"c"}, "r");
  const std::string r = net.Requantise("r", 0.5F, -128);
  net.Op("Conv", {r, net.Weights("v", {1, 1, 1, 1}, {0.25F})}, "d");
  net.Output(net.Requantise("d", 1.0F, 0));
  const Graph graph = ParseOnnx(net.Bytes());
  ASSERT_TRUE(graph.real_input.has_value());
  EXPECT_EQ(graph.real_input->info.shape, (Shape{1, 1, 2, 2}));
  EXPECT_EQ(graph.real_input->info.name, "x");
  EXPECT_EQ(graph.tensors.at(size_t(graph.input)).shape, (Shape{1, 1, 2, 1}));
  EXPECT_EQ(graph.nodes.size(), 1U);
  // Two pixels: 2 * 3 - 1.25 = 4.75 is 9.5 steps, half to even 10; 2 * 1 - 7 is below 0.
  EXPECT_EQ(graph.real_input->run({3, 1.25F, 1, 7}), (std::vector<int8_t>{10 - 128, -128}));
}

TEST(OnnxForms, CodesAndAFloatInputDoNotMix) {
  OnnxBuilder net;
  net.Input("x", {0, 1, 2, 2});
  net.Op("Conv", {"x", net.Floats("w", {1, 1, 1, 1}, {2})}, "c");
  net.Op("Add", {"c", net.Requantise("x", 0.5F, 0)}, "a");
  net.Output(net.Requantise("a", 1.0F, 0));
  try {
    ParseOnnx(net.Bytes());
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "Add 'a': its inputs are codes and the float32 input 'x': put QuantizeLinear behind that");
  }
}

TEST(OnnxForms, ATransposedInputKeepsItsAxes) {
  OnnxBuilder net;
  net.Input("x", {0, 4, 5, 3});
  Set(net.Op("Transpose", {net.Requantise("x", 0.5F, 3)}, "t"), "perm", Ints{0, 3, 1, 2});
  net.Op("Conv", {"t", net.Weights("w", {2, 3, 1, 1}, {0.25F})}, "c");
  Set(net.Op("Transpose", {net.Requantise("c", 1.0F, 0)}, "u"), "perm", Ints{0, 2, 3, 1});
  net.Output("u");
  const Graph graph = ParseOnnx(net.Bytes());
  ASSERT_EQ(graph.nodes.size(), 1U);
  EXPECT_EQ(graph.tensors.at(size_t(graph.input)).shape, (Shape{1, 4, 5, 3}));
  EXPECT_EQ(graph.tensors.at(size_t(graph.input)).axes, "NHWC");
  EXPECT_EQ(graph.tensors.at(size_t(graph.output())).axes, "NHWC");
}

TEST(OnnxForms, FunctionsOfOneTensorAreATable) {
  OnnxBuilder net;
  net.Input("x", {0, 2, 3, 3});
  const std::string x = net.Requantise("x", 0.0625F, 3);
  net.Op("Sigmoid", {x}, "s");
  net.Op("Mul", {x, "s"}, "m");
  net.Output(net.Requantise("m", 0.05F, -100));
  const Graph graph = ParseOnnx(net.Bytes());
  ASSERT_EQ(graph.nodes.size(), 1U);
  ASSERT_EQ(graph.nodes[0].op, Op::kTable);
  const golden::Codes in{.scale = 0.0625F, .zero_point = 3}, out{.scale = 0.05F, .zero_point = -100};
  for (int q = -128; q <= 127; ++q) {
    const float real = golden::Dequantise(int8_t(q), in);
    EXPECT_EQ(graph.nodes[0].table.table[uint8_t(q)], golden::Quantise(real * golden::Sigmoid(real), out));
  }
}

TEST(OnnxForms, ASumHasTheRuleOfTheKernel) {
  OnnxBuilder net;
  net.Input("x", {0, 2, 3, 3});
  const std::string x = net.Requantise("x", 0.5F, 3);
  const std::string y = net.Requantise(x, 0.3F, -7);
  net.Op("Add", {y, x}, "a");
  net.Output(net.Requantise("a", 0.7F, 9));
  const Graph graph = ParseOnnx(net.Bytes());
  ASSERT_EQ(graph.nodes.size(), 2U);
  const Node& node = graph.nodes[1];
  ASSERT_EQ(node.op, Op::kPair);
  const golden::Codes cx{.scale = 0.5F, .zero_point = 3}, cy{.scale = 0.3F, .zero_point = -7},
      out{.scale = 0.7F, .zero_point = 9};
  EXPECT_EQ(node.inputs, (std::vector<int>{graph.nodes[0].output, graph.input}));
  for (int a = -128; a <= 127; ++a)
    for (int b = -128; b <= 127; ++b)
      ASSERT_EQ(node.pair.table[size_t(256 * uint8_t(a) + uint8_t(b))],
                golden::QLinearAdd(int8_t(a), cy, int8_t(b), cx, out));
}

TEST(OnnxForms, AChannelShuffleIsAConvolutionOfOnes) {
  OnnxBuilder net;
  net.Input("x", {0, 6, 2, 3});
  net.Op("Reshape", {net.Requantise("x", 0.5F, 3), net.Shape("s", {0, 2, 3, 2, 3})}, "r");
  Set(net.Op("Transpose", {"r"}, "t"), "perm", Ints{0, 2, 1, 3, 4});
  net.Op("Reshape", {"t", net.Shape("u", {0, 6, 2, 3})}, "v");
  net.Output(net.Requantise("v", 0.5F, 3));
  const Graph graph = ParseOnnx(net.Bytes());
  ASSERT_EQ(graph.nodes.size(), 1U);
  ASSERT_EQ(graph.nodes[0].op, Op::kConv);
  TensorI8 in(Shape{1, 2, 3, 6});
  for (size_t i = 0; i < in.data.size(); ++i) in.data[i] = int8_t(int(i * 41 % 256) - 128);
  const TensorI8 out = golden::Conv(in, graph.nodes[0].conv);
  for (int c = 0; c < 6; ++c) EXPECT_EQ(out.at(0, 1, 2, c), in.at(0, 1, 2, c % 2 * 3 + c / 2));
}

}  // namespace
}  // namespace weft
