// SPDX-License-Identifier: Apache-2.0
// The networks of models/ on all test images of Fashion-MNIST (Debian's package dataset-fashion-mnist): the
// golden model's logits are those of scripts/quantize.py, whose integer model shares no code with this one.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <ostream>

#include "compiler/onnx/onnx_reader.hpp"
#include "sim/backends/backend.hpp"
#include "sim/cli/io.hpp"

namespace weft {
namespace {

const char* const kLabels = "/usr/share/datasets/fashion-mnist/t10k-labels-idx1-ubyte.gz";
const char* const kImages = "/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz";

struct Model {
  const char* name;
  int64_t macs;           // of one image
  std::map<Op, int> ops;  // how many nodes there are of each
};
void PrintTo(const Model& model, std::ostream* os) { *os << model.name; }

class Models : public testing::TestWithParam<Model> {
 protected:
  const Graph graph_ = ReadOnnx(fmt::format("{}/{}.onnx", WEFT_MODELS, GetParam().name), Rounding::kTflite);
};

TEST_P(Models, HaveTheirLayers) {
  std::map<Op, int> ops;
  for (const Node& node : graph_.nodes) ++ops[node.op];
  EXPECT_EQ(ops, GetParam().ops);
  BackendOptions options;
  options.engine = "golden";
  const TensorI8 image(graph_.tensors[size_t(graph_.input)].shape);
  LayerStats total;
  for (const LayerStats& s : RunNetwork(graph_, image, MakeLayerBackend(options).get()).nodes)
    Accumulate(s, &total);
  EXPECT_EQ(total.macs, GetParam().macs);
}

TEST_P(Models, EqualTheirReference) {
  if (!std::filesystem::exists(kImages)) GTEST_SKIP() << "install dataset-fashion-mnist";
  constexpr int kBatch = 500;
  const TensorI8 images = LoadImages({kImages}, FormatOf(graph_), {});
  const std::vector<int> labels = LoadLabels(kLabels);
  BackendOptions options;
  options.engine = "golden";
  const auto engine = MakeLayerBackend(options);
  uLong crc = crc32(0, nullptr, 0);
  int right = 0;
  for (int first = 0; first < images.shape.n; first += kBatch) {
    TensorI8 batch(Shape{kBatch, images.shape.h, images.shape.w, images.shape.c});
    std::copy_n(images.data.begin() + std::ptrdiff_t(images.index(first, 0, 0, 0)), batch.data.size(),
                batch.data.begin());
    const NetworkResult result = RunNetwork(graph_, batch, engine.get());
    const std::vector<int8_t>& logits = result.output.data;
    crc = crc32(crc, reinterpret_cast<const Bytef*>(logits.data()), uInt(logits.size()));
    for (int n = 0; n < kBatch; ++n) {
      const auto scores = logits.begin() + std::ptrdiff_t(n) * result.output.shape.c;
      const auto best = std::max_element(scores, scores + result.output.shape.c);
      right += best - scores == labels[size_t(first + n)] ? 1 : 0;
    }
  }
  EXPECT_EQ(fmt::format("{:08x}", crc), graph_.metadata.at("logits_crc32"));
  EXPECT_EQ(fmt::format("{:.2f}", 100.0 * right / images.shape.n), graph_.metadata.at("int8_accuracy"));
  fmt::print("  {}: {} of {} images right, all logits as in the model's metadata\n", GetParam().name, right,
             images.shape.n);
}

const std::vector<Model> kModels = {
    {"allconv", 8196096 + 10 * 8 * 8, {{Op::kPad, 1}, {Op::kConcat, 1}, {Op::kConv, 10}}},
    {"fashion_small", 523712, {{Op::kConv, 4}}},
    {"mobilenet_tiny", 2081024, {{Op::kPad, 1}, {Op::kConcat, 1}, {Op::kConv, 18}, {Op::kAveragePool, 1}}},

    {"resnet8",
     12501632,
     {{Op::kPad, 1}, {Op::kConcat, 1}, {Op::kConv, 10}, {Op::kAdd, 3}, {Op::kAveragePool, 1}}},
};
INSTANTIATE_TEST_SUITE_P(Each, Models, testing::ValuesIn(kModels),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace weft
