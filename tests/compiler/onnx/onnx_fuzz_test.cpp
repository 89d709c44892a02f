// SPDX-License-Identifier: Apache-2.0
// Damaged files: every outcome is an Error or a graph that is sound. Run it under the sanitizers too (preset
// asan).
#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "compiler/onnx/onnx_reader.hpp"
#include "sw_model/error.hpp"
#include "sw_model/golden/golden.hpp"
#include "tests/compiler/onnx/onnx_builder.hpp"

namespace weft {
namespace {

std::string DemoModel() {
  std::ifstream file(WEFT_MODELS "/fashion_cnn.onnx", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// One of every operator, so small that most bytes are structure and not weights.
std::string EveryOperator() {
  OnnxBuilder net;
  net.Input("x", {0, 2, 9, 9});
  net.Op("Conv",
         {net.Requantise("x", 0.5F, 3), net.Weights("w", {2, 2, 2, 2}, {0.5F, 0.25F}),
          net.Int32Bias("b", {1, 2}, {0.25F, 0.125F})},
         "c");
  net.Op("Clip", {"c", net.Floats("lo", {}, {0}), net.Floats("hi", {}, {6})}, "clip");
  onnx::NodeProto* pool = net.Op("MaxPool", {net.Requantise("clip", 0.5F, -128)}, "pool");
  Set(pool, "kernel_shape", Ints{2, 2});
  Set(pool, "strides", Ints{2, 2});
  onnx::NodeProto* average = net.Op("AveragePool", {"pool"}, "average");
  Set(average, "kernel_shape", Ints{2, 2});
  Set(average, "auto_pad", std::string("SAME_UPPER"));
  net.Op("Pad", {net.Requantise("average", 0.5F, -128), net.Shape("pads", {0, 0, 1, 0, 0, 0, 0, 1})}, "pad");
  net.Op("Resize", {"pad", "", net.Floats("scales", {4}, {1, 1, 2, 3})}, "resize");
  Set(net.Op("Concat", {"resize", net.Requantise("resize", 0.25F, 5)}, "concat"), "axis", int64_t{1});
  const std::string joined = net.Requantise("concat", 0.5F, -128);
  onnx::NodeProto* narrow = net.Op("Conv", {joined, net.Weights("n", {2, 4, 1, 1}, {0.5F})}, "narrow");
  Set(narrow, "strides", Ints{1, 1});
  net.Op("Add", {net.Requantise("narrow", 1.0F, 9), "resize"}, "residual");
  net.Op("Relu", {"residual"}, "residual_relu");
  net.Op("Clip", {net.Requantise("residual_relu", 0.5F, 0), net.Floats("low", {}, {-4})}, "late_clip");
  net.Op("GlobalAveragePool", {net.Requantise("late_clip", 0.5F, -128)}, "global");
  net.Op("Flatten", {net.Requantise("global", 0.25F, -128)}, "flat");
  net.Op("Reshape", {"flat", net.Shape("shape", {0, -1})}, "shaped");
  net.Op("MatMul", {"shaped", net.Weights("m", {2, 3}, {0.5F})}, "product");
  net.Op("Add", {"product", net.Floats("a", {3}, {1, 2, 3})}, "sum");
  net.Op("Relu", {"sum"}, "relu");
  net.Op("Gemm", {net.Requantise("relu", 0.5F, 0), net.Weights("g", {3, 4}, {0.5F})}, "gemm");
  net.Op("Softmax", {net.Requantise("gemm", 0.5F, 0)}, "soft");
  net.Output("soft");
  return net.Bytes();
}

void ExpectSound(const Graph& graph) {
  ASSERT_FALSE(graph.nodes.empty());
  for (const Node& node : graph.nodes) {
    const TensorInfo& in = graph.tensors.at(size_t(node.inputs.at(0)));
    ASSERT_EQ(OutputShape(graph, node), graph.tensors.at(size_t(node.output)).shape);
    if (node.op == Op::kConv) golden::Check(in.shape, node.conv);
    const TensorI8 one({1, 1, 1, 1});  // the parameters are checked when a layer runs
    if (node.op == Op::kAdd) golden::Add(one, one, node.add);
    if (node.op == Op::kConcat)
      golden::Concat(std::vector<const TensorI8*>(node.inputs.size(), &one), node.concat);
  }
}

// True if the reader accepts it.
bool Try(const std::string& bytes) {
  try {
    ExpectSound(ParseOnnx(bytes));
    return true;
  } catch (const Error& error) {
    EXPECT_EQ(std::string_view(error.what()).find('\n'), std::string_view::npos) << error.what();
    return false;
  }
}

class OnnxFuzz : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { ASSERT_TRUE(Try(model_)) << "the undamaged model must be accepted"; }
  const std::string model_ = GetParam() == "demo" ? DemoModel() : EveryOperator();
};

TEST_P(OnnxFuzz, CutOff) {
  const size_t step = std::max<size_t>(model_.size() / 200, 1);
  for (size_t size = 0; size < model_.size(); size += step) Try(model_.substr(0, size));
}

TEST_P(OnnxFuzz, OneByteChanged) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 2000; ++i) {
    std::string damaged = model_;
    damaged[random() % damaged.size()] = char(random());
    Try(damaged);
  }
}

TEST_P(OnnxFuzz, SomeBytesChanged) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 1000; ++i) {
    std::string damaged = model_;
    const size_t start = random() % damaged.size();
    for (int k = 0; k < 4; ++k) damaged[(start + random() % 32) % damaged.size()] = char(random());
    Try(damaged);
  }
}

TEST(OnnxFuzzNoise, RandomBytes) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 500; ++i) {
    std::string noise(random() % 200, '\0');
    for (char& c : noise) c = char(random());
    Try(noise);
  }
}

INSTANTIATE_TEST_SUITE_P(Models, OnnxFuzz, testing::Values("demo", "every_operator"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace weft
