// SPDX-License-Identifier: Apache-2.0
// Sums, joins, borders, enlargements and clamps of their own: what they become, and that the numbers are
// those of ONNX.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "compiler/onnx/onnx_reader.hpp"
#include "sw_model/golden/golden.hpp"
#include "tests/compiler/onnx/onnx_builder.hpp"

namespace weft {
namespace {

const TableI8 kUnchanged = golden::RescaleTable({});

// input [0, c, h, w] -> Q, DQ -> ... ; scale 0.5, zero point 3
struct Net : OnnxBuilder {
  explicit Net(const Ints& input) {
    Input("x", input);
    x = Requantise("x", 0.5F, 3);
  }
  std::string Conv(const std::string& in, const std::string& out, const Ints& weights, float scale, int zp) {
    Op("Conv", {in, Weights(out + "_w", weights, {0.25F})}, out);
    return Requantise(out, scale, zp);
  }
  Graph Finish(const std::string& output) {
    Output(output);
    return ParseOnnx(Bytes(), Rounding::kTflite);
  }
  std::string x;
};

const TensorInfo& Info(const Graph& graph, int tensor) { return graph.tensors.at(size_t(tensor)); }
Shape OutShape(const Graph& graph) { return Info(graph, graph.output()).shape; }

// The last node, which makes the output; there are `count` of them.
Node Last(const Graph& graph, size_t count, Op op) {
  EXPECT_EQ(graph.nodes.size(), count);
  EXPECT_EQ(graph.nodes.back().op, op) << OpName(graph.nodes.back().op);
  EXPECT_EQ(graph.nodes.back().output, graph.output());
  EXPECT_EQ(OutputShape(graph, graph.nodes.back()), OutShape(graph));
  return graph.nodes.back();
}

TensorI8 Ramp(const Shape& shape, int step = 37) {
  TensorI8 tensor(shape);
  for (size_t i = 0; i < tensor.data.size(); ++i) tensor.data[i] = int8_t(int(i * size_t(step) % 256) - 128);
  return tensor;
}

double Real(const TensorInfo& info, int8_t q) { return double(info.scale) * (q - info.zero_point); }

// A real number in the output's steps, which an int8 may differ from by half a step.
double Steps(const TensorInfo& info, double real) {
  return std::clamp(real / double(info.scale) + info.zero_point, -128.0, 127.0);
}

// ---- addition

TEST(OnnxAdd, OfTwoMaps) {
  for (const std::string clamp : {"", "Relu", "Clip"}) {
    Net net({0, 3, 4, 5});
    const std::string c = net.Conv(net.x, "c", {3, 3, 1, 1}, 0.125F, -20);
    net.Op("Add", {c, net.x}, "a");
    std::string last = "a";
    if (clamp == "Relu") net.Op("Relu", {"a"}, last = "r");
    if (clamp == "Clip") net.Op("Clip", {"a", "", net.Floats("hi", {}, {6})}, last = "r");
    const Graph graph = net.Finish(net.Requantise(last, 0.75F, 10));
    const Node node = Last(graph, 2, Op::kAdd);
    EXPECT_EQ(node.name, "a");
    EXPECT_EQ(node.inputs, (std::vector<int>{graph.nodes[0].output, graph.input}));
    EXPECT_EQ(node.add, golden::MakeAdd(0.125F, -20, 0.5F, 3, 0.75F, 10, clamp == "Relu" ? 10 : -128,
                                        clamp == "Clip" ? 18 : 127));
    const TensorI8 a = Ramp({1, 4, 5, 3}), b = Ramp({1, 4, 5, 3}, 91);
    const TensorI8 out = golden::Add(a, b, node.add);
    for (size_t i = 0; i < out.data.size(); ++i) {
      double sum =
          Real(Info(graph, node.inputs[0]), a.data[i]) + Real(Info(graph, node.inputs[1]), b.data[i]);
      if (clamp == "Relu") sum = std::max(sum, 0.0);
      if (clamp == "Clip") sum = std::min(sum, 6.0);
      EXPECT_NEAR(out.data[i], Steps(Info(graph, graph.output()), sum), 0.501);
    }
  }
}

TEST(OnnxAdd, OfATensorAndItself) {
  Net net({0, 2, 3, 3});
  net.Op("Add", {net.x, net.x}, "a");
  const Graph graph = net.Finish(net.Requantise("a", 1.0F, 3));
  const Node node = Last(graph, 1, Op::kAdd);
  const TensorI8 x = Ramp({1, 3, 3, 2});
  EXPECT_EQ(golden::Add(x, x, node.add), x);  // twice the value, twice the scale
}

TEST(OnnxAdd, OfFlatTensors) {
  Net net({0, 6});
  net.Op("Add", {net.x, net.x}, "a");
  net.Op("MatMul", {net.Requantise("a", 1.0F, 3), net.Weights("w", {6, 2}, {0.25F})}, "m");
  const Graph graph = net.Finish(net.Requantise("m", 8.0F, 0));
  ASSERT_EQ(graph.nodes.size(), 2U);
  EXPECT_EQ(graph.nodes[0].op, Op::kAdd);
}

TEST(OnnxAdd, KeepsAMaxPoolOutOfAConvolutionThatItReads) {
  Net net({0, 2, 4, 4});
  const std::string c = net.Conv(net.x, "c", {2, 2, 1, 1}, 2.0F, -7);
  onnx::NodeProto* pool = net.Op("MaxPool", {c}, "p");
  Set(pool, "kernel_shape", Ints{1, 1});
  net.Op("Add", {c, "p"}, "a");
  const Graph graph = net.Finish(net.Requantise("a", 4.0F, 0));
  Last(graph, 3, Op::kAdd);
  EXPECT_FALSE(graph.nodes[0].conv.max_pool);
}

// ---- join

TEST(OnnxConcat, RescalesOnlyWhatHasAnotherScale) {
  Net net({0, 3, 4, 5});
  const std::string c = net.Conv(net.x, "c", {2, 3, 1, 1}, 2.0F, -7);
  Set(net.Op("Concat", {net.x, c, net.x}, "j"), "axis", int64_t{1});
  const Graph graph = net.Finish(net.Requantise("j", 0.5F, 3));
  const Node node = Last(graph, 2, Op::kConcat);
  EXPECT_EQ(OutShape(graph), (Shape{1, 4, 5, 8}));
  ASSERT_EQ(node.concat.inputs.size(), 3U);
  EXPECT_EQ(node.concat.inputs[0].table, kUnchanged);
  EXPECT_EQ(node.concat.inputs[1].table, golden::RescaleTable(golden::MakeRescale(2.0F, -7, 0.5F, 3)));
  EXPECT_EQ(node.concat.inputs[2].table, kUnchanged);
  const TensorI8 a = Ramp({1, 4, 5, 3}), b = Ramp({1, 4, 5, 2}, 91);
  const TensorI8 out = golden::Concat({&a, &b, &a}, node.concat);
  for (int y = 0; y < 4; ++y)
    for (int x = 0; x < 5; ++x) {
      for (int k = 0; k < 3; ++k) EXPECT_EQ(out.at(0, y, x, k), a.at(0, y, x, k));
      for (int k = 0; k < 2; ++k)
        EXPECT_EQ(out.at(0, y, x, 3 + k), std::clamp((b.at(0, y, x, k) + 7) * 4 + 3, -128, 127));
      for (int k = 0; k < 3; ++k) EXPECT_EQ(out.at(0, y, x, 5 + k), a.at(0, y, x, k));
    }
}

TEST(OnnxConcat, WithReluClampsEachInput) {
  Net net({0, 3, 4, 5});
  Set(net.Op("Concat", {net.x, net.x}, "j"), "axis", int64_t{-3});
  net.Op("Relu", {"j"}, "r");
  const Node node = Last(net.Finish(net.Requantise("r", 0.5F, 3)), 1, Op::kConcat);
  for (const TableLayer& input : node.concat.inputs) EXPECT_EQ(std::ranges::min(input.table), 3);
}

// ---- border and enlargement

TEST(OnnxPad, OfHeightAndWidth) {
  for (const bool quantised : {false, true}) {
    Net net({0, 2, 3, 4});
    std::vector<std::string> inputs = {net.x, net.Shape("pads", {0, 0, 1, 2, 0, 0, 3, 4})};
    if (quantised) {
      net.Integers("v", onnx::TensorProto::INT8, {}, {-20});
      inputs.push_back(net.Requantise("v", 0.25F, -8));  // its QuantizeLinear must go
      inputs.back() = "value";
      auto* nodes = net.model().mutable_graph()->mutable_node();
      nodes->DeleteSubrange(nodes->size() - 2, 2);
      net.Op("DequantizeLinear", {"v", "v_scale", "v_zp"}, "value");  // 0.25 * (-20 + 8) = -3
    }
    net.Op("Pad", inputs, "p");
    const Graph graph = net.Finish(net.Requantise("p", 0.5F, 3));
    const Node node = Last(graph, 1, Op::kPad);
    EXPECT_EQ(node.pad.pad, (Padding{.top = 1, .bottom = 3, .left = 2, .right = 4}));
    EXPECT_EQ(node.pad.value, quantised ? 3 - 6 : 3);
    EXPECT_EQ(OutShape(graph), (Shape{1, 7, 10, 2}));
  }
}

TEST(OnnxPad, OfOldOpsetsHasAttributes) {
  Net net({0, 2, 3, 4});
  onnx::NodeProto* pad = net.Op("Pad", {net.x}, "p");
  Set(pad, "pads", Ints{0, 0, 0, 0, 0, 0, 1, 0});
  Set(pad, "value", 1.25F);  // 2.5 steps: half to even
  const Node node = Last(net.Finish(net.Requantise("p", 0.5F, 3)), 1, Op::kPad);
  EXPECT_EQ(node.pad.pad, (Padding{.top = 0, .bottom = 1, .left = 0, .right = 0}));
  EXPECT_EQ(node.pad.value, 5);
}

TEST(OnnxResize, ByWholeFactors) {
  enum { kScales, kSizes, kOpset10, kUpsample };
  for (const int form : {kScales, kSizes, kOpset10, kUpsample}) {
    Net net({1, 2, 3, 4});
    const std::string scales = net.Floats("s", {4}, {1, 1, 2, 3});
    onnx::NodeProto* node = nullptr;
    if (form == kScales) node = net.Op("Resize", {net.x, "", scales}, "u");
    if (form == kSizes) node = net.Op("Resize", {net.x, "", "", net.Shape("z", {1, 2, 6, 12})}, "u");
    if (form == kOpset10) node = net.Op("Resize", {net.x, scales}, "u");
    if (form == kUpsample) node = net.Op("Upsample", {net.x, scales}, "u");
    if (form == kScales) {
      Set(node, "coordinate_transformation_mode", std::string("asymmetric"));
      Set(node, "nearest_mode", std::string("floor"));
    }
    const Graph graph = net.Finish(net.Requantise("u", 0.5F, 3));
    const Node up = Last(graph, 1, Op::kUpsample);
    EXPECT_EQ(up.upsample.factor_h, 2);
    EXPECT_EQ(up.upsample.factor_w, 3);
    EXPECT_EQ(OutShape(graph), (Shape{1, 6, 12, 2}));
  }
}

// With half_pixel ONNX reads x at (y + 1/2) / factor - 1/2, rounded; halves go down or up.
TEST(OnnxResize, HalfPixelReadsThePixelsOfOnnx) {
  for (const bool up : {false, true})
    for (int64_t factor = 2; factor <= 9; ++factor) {
      Net net({1, 2, 3, 4});
      const std::string sizes = net.Shape("z", {1, 2, 3 * factor, 4});
      onnx::NodeProto* resize = net.Op("Resize", {net.x, "", "", sizes}, "u");
      Set(resize, "coordinate_transformation_mode", std::string("half_pixel"));
      Set(resize, "nearest_mode", std::string(up ? "round_prefer_ceil" : "round_prefer_floor"));
      const Node node = Last(net.Finish("u"), 1, Op::kUpsample);
      const TensorI8 in = Ramp({1, 3, 4, 2}), out = golden::Upsample(in, node.upsample);
      for (int y = 0; y < 3 * int(factor); ++y) {
        const double from = (y + 0.5) / double(factor) - 0.5;
        const int row = int(up ? std::floor(from + 0.5) : std::ceil(from - 0.5));
        for (int x = 0; x < 4; ++x)
          for (int c = 0; c < 2; ++c)
            ASSERT_EQ(out.at(0, y, x, c), in.at(0, row, x, c)) << "factor " << factor;
      }
    }
}

// ---- clamps and changes of scale of their own

TEST(OnnxRelu, OfAQuantisedTensor) {
  Net net({0, 2, 3, 4});
  net.Op("Relu", {net.x}, "r");
  const Graph graph = net.Finish(net.Requantise("r", 0.25F, -128));
  const Node node = Last(graph, 1, Op::kTable);
  for (int x = -128; x <= 127; ++x)
    EXPECT_EQ(node.table.table[uint8_t(x)], std::clamp(2 * (x - 3) - 128, -128, 127));
}

TEST(OnnxClip, OfAQuantisedTensor) {
  Net net({0, 2, 3, 4});
  onnx::NodeProto* clip = net.Op("Clip", {net.x}, "r");
  Set(clip, "min", 0.0F);
  Set(clip, "max", 6.0F);
  const Node node = Last(net.Finish(net.Requantise("r", 0.5F, 3)), 1, Op::kTable);
  for (int x = -128; x <= 127; ++x) EXPECT_EQ(node.table.table[uint8_t(x)], std::clamp(x, 3, 15));
}

TEST(OnnxRescale, AfterAPoolOrAFlatten) {
  Net net({0, 2, 4, 4});
  onnx::NodeProto* pool = net.Op("MaxPool", {net.x}, "p");
  Set(pool, "kernel_shape", Ints{2, 2});
  const Graph graph = net.Finish(net.Requantise("p", 1.0F, 0));
  EXPECT_EQ(Last(graph, 2, Op::kTable).table.table,
            golden::RescaleTable(golden::MakeRescale(0.5F, 3, 1.0F, 0)));
  EXPECT_EQ(Info(graph, graph.output()).scale, 1.0F);

  Net flat({0, 2, 4, 4});
  flat.Op("Flatten", {flat.x}, "f");
  flat.Op("MatMul", {flat.Requantise("f", 0.25F, 3), flat.Weights("w", {32, 2}, {0.25F})}, "m");
  const Graph dense = flat.Finish(flat.Requantise("m", 8.0F, 0));
  EXPECT_EQ(dense.nodes.at(0).op, Op::kTable);
  EXPECT_EQ(Last(dense, 2, Op::kConv).conv.filters.shape, (Shape{2, 4, 4, 2}));
}

// ---- a block of a residual network, whole

TEST(OnnxResidual, BlockWithGlobalAveragePool) {
  Net net({0, 4, 6, 6});
  net.Op("Conv", {net.x, net.Weights("w1", {4, 4, 3, 3}, {0.0625F})}, "c1");
  Set(net.model().mutable_graph()->mutable_node(net.model().graph().node_size() - 1), "pads",
      Ints{1, 1, 1, 1});
  net.Op("Relu", {"c1"}, "r1");
  net.Op("Add", {net.x, net.Requantise("r1", 1.0F, -128)}, "a");
  net.Op("Relu", {"a"}, "r2");
  net.Op("GlobalAveragePool", {net.Requantise("r2", 1.0F, -128)}, "g");
  net.Op("Flatten", {net.Requantise("g", 1.0F, -128)}, "f");
  Set(net.Op("Gemm", {"f", net.Weights("w2", {3, 4}, {0.25F})}, "m"), "transB", int64_t{1});
  const Graph graph = net.Finish(net.Requantise("m", 8.0F, 0));
  std::vector<Op> ops;
  for (const Node& node : graph.nodes) ops.push_back(node.op);
  EXPECT_EQ(ops, (std::vector<Op>{Op::kConv, Op::kAdd, Op::kAveragePool, Op::kConv}));
  EXPECT_EQ(graph.nodes[1].add.clamp_lo, -128);
  EXPECT_EQ(graph.nodes[2].pool.kh, 6);
}

}  // namespace
}  // namespace weft
