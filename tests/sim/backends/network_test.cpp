// SPDX-License-Identifier: Apache-2.0
// The demo network on images of Fashion-MNIST (Debian's package dataset-fashion-mnist): every layer on the
// RTL equals the golden model, and the predictions are the known ones.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "compiler/onnx/onnx_reader.hpp"
#include "sim/backends/backend.hpp"
#include "sim/cli/io.hpp"

namespace weft {
namespace {

const char* const kLabels = "/usr/share/datasets/fashion-mnist/t10k-labels-idx1-ubyte.gz";
const char* const kImages = "/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz";

struct Network {
  Graph graph = ReadOnnx(WEFT_MODELS "/fashion_cnn.onnx", Rounding::kTflite);
  TensorI8 images(int count) const { return LoadImages({kImages}, FormatOf(graph), {.limit = count}); }
};

std::vector<int> Predictions(const NetworkResult& result, int images) {
  const auto classes = result.scores.size() / size_t(images);
  std::vector<int> predictions;
  for (auto first = result.scores.begin(); first != result.scores.end(); first += std::ptrdiff_t(classes))
    predictions.push_back(int(std::max_element(first, first + std::ptrdiff_t(classes)) - first));
  return predictions;
}

class DemoNetwork : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kImages)) GTEST_SKIP() << "install dataset-fashion-mnist";
  }
};
class DemoNetworkOnRtl : public DemoNetwork, public testing::WithParamInterface<const char*> {};
INSTANTIATE_TEST_SUITE_P(Configs, DemoNetworkOnRtl, testing::Values("5x7", "8x8", "8x16"),
                         [](const auto& info) { return fmt::format("c{}", info.param); });

// The first 20 test images and the logits of the first one, computed from models/fashion_cnn.onnx with the
// integer model of scripts/quantize.py (run()), which shares no code with this one. Another training run of
// scripts/train.py gives others.
const std::vector<int> kPredictions = {9, 2, 1, 1, 6, 1, 4, 6, 5, 7, 4, 5, 7, 3, 4, 1, 2, 6, 8, 0};
const std::vector<int8_t> kLogits = {-58, -81, -84, -72, -80, -20, -88, -6, -54, 64};

TEST_P(DemoNetworkOnRtl, EqualsTheGoldenModelInEveryLayer) {
  const Network network;
  constexpr int kCount = 3;
  BackendOptions options;
  options.engine = "rtl";
  options.config = GetParam();
  options.check = true;  // outputs of every layer, and its cycles against the cycle model
  const auto engine = MakeLayerBackend(options);
  const NetworkResult rtl = RunNetwork(network.graph, network.images(kCount), engine.get());
  int64_t macs = 0, cycles = 0;
  for (size_t i = 0; i < rtl.nodes.size(); i++) {
    EXPECT_EQ(rtl.nodes[i].mismatches, 0) << "layer " << network.graph.nodes[i].name;
    EXPECT_EQ(rtl.nodes[i].cycles, rtl.nodes[i].predicted_cycles) << "layer " << network.graph.nodes[i].name;
    macs += rtl.nodes[i].macs;
    cycles += rtl.nodes[i].cycles;
  }
  options.engine = "golden";
  const NetworkResult golden =
      RunNetwork(network.graph, network.images(kCount), MakeLayerBackend(options).get());
  EXPECT_EQ(rtl.output, golden.output);
  EXPECT_EQ(std::vector<int8_t>(rtl.output.data.begin(), rtl.output.data.begin() + 10), kLogits);
  fmt::print("  {}: {} layers, {} images, {} MACs in {} cycles: 0 differences\n", GetParam(),
             rtl.nodes.size(), kCount, macs, cycles);
}

// All 10,000 images: as many are right as in scripts/quantize.py, whose integer model shares no code with
// this one.
TEST_F(DemoNetwork, IsAsGoodAsItsReference) {
  const Network network;
  constexpr int kCount = 10000;
  BackendOptions options;
  options.engine = "golden";
  const NetworkResult golden =
      RunNetwork(network.graph, network.images(kCount), MakeLayerBackend(options).get());
  const std::vector<int> predictions = Predictions(golden, kCount), labels = LoadLabels(kLabels);
  EXPECT_EQ(std::vector<int>(predictions.begin(), predictions.begin() + 20), kPredictions);
  int right = 0;
  for (size_t i = 0; i < kCount; i++) right += predictions[i] == labels[i] ? 1 : 0;
  EXPECT_EQ(fmt::format("{:.2f}", right / 100.0), network.graph.metadata.at("int8_accuracy"));
  fmt::print("  {} of {} images right, as in the model's metadata\n", right, kCount);
}

}  // namespace
}  // namespace weft
