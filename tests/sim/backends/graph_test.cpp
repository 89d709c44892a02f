// SPDX-License-Identifier: Apache-2.0
// Random networks: what tests/random_graph.hpp promises of them, and the executor on them.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "sim/backends/backend.hpp"
#include "sw_model/golden/golden.hpp"
#include "tests/random_graph.hpp"
#include "tests/random_layer.hpp"

namespace weft {
namespace {

constexpr uint64_t kSeeds = 300;

std::unique_ptr<LayerBackend> Engine(const std::string& name, bool check = false) {
  BackendOptions options;
  options.engine = name;
  options.check = check;
  return MakeLayerBackend(options);
}

TEST(RandomGraph, IsWellFormed) {
  const RandomGraphLimits limits;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    const RandomGraph r = MakeRandomGraph(seed);
    const Graph& g = r.graph;
    ASSERT_GE(g.nodes.size(), size_t(limits.min_nodes)) << "seed " << seed;
    ASSERT_LE(g.nodes.size(), size_t(limits.max_nodes)) << "seed " << seed;
    ASSERT_EQ(g.tensors.size(), g.nodes.size() + 1);
    ASSERT_EQ(r.values.size(), g.tensors.size());
    std::vector<bool> made(g.tensors.size(), false), read(g.tensors.size(), false);
    made[size_t(g.input)] = true;
    for (const Node& node : g.nodes) {
      for (const int input : node.inputs) {
        ASSERT_TRUE(made.at(size_t(input))) << "seed " << seed << " " << node.name << " reads too early";
        read[size_t(input)] = true;
      }
      made.at(size_t(node.output)) = true;
      const Shape& out = g.tensors[size_t(node.output)].shape;
      ASSERT_EQ(OutputShape(g, node), out) << "seed " << seed << " " << node.name;
      ASSERT_LE(std::max(out.h, out.w), limits.max_size) << "seed " << seed << " " << node.name;
      ASSERT_LE(out.c, limits.max_channels) << "seed " << seed << " " << node.name;
      if (node.op == Op::kConv) golden::Check(g.tensors[size_t(node.inputs[0])].shape, node.conv);
    }
    read[size_t(g.output())] = true;
    ASSERT_EQ(std::count(read.begin(), read.end(), false), 0) << "seed " << seed << ": a dead end";
  }
}

TEST(RandomGraph, HasEveryOperatorAndEveryFormOfConvolution) {
  std::map<std::string, int> seen;
  size_t nodes = 0;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    const Graph g = MakeRandomGraph(seed).graph;
    nodes += g.nodes.size();
    for (const Node& node : g.nodes) {
      const Shape& in = g.tensors[size_t(node.inputs[0])].shape;
      ++seen[OpName(node.op)];
      if (node.op == Op::kAveragePool && node.pool == golden::GlobalWindow(in)) ++seen["global"];
      if (node.op == Op::kConcat)
        for (const TableLayer& input : node.concat.inputs)
          ++seen[input.table == golden::RescaleTable({}) ? "joined" : "rescaled"];
      if (node.op != Op::kConv) continue;
      const ConvLayer& layer = node.conv;
      const Window& w = layer.window;
      if (layer.groups > 1) ++seen[layer.groups == in.c ? "depthwise" : "grouped"];
      if (w.kh == 1 && w.kw == 1) ++seen["1x1"];
      if (w.stride_h > 1) ++seen["strided"];
      if (w.dilation_h > 1) ++seen["dilated"];
      if (w.pad != Padding{}) ++seen["padded"];
      if (layer.max_pool) ++seen["fused max-pool"];
      if (layer.requant.clamp_lo == layer.requant.output_zp) ++seen["relu"];
      if (layer.requant.clamp_hi < 127) ++seen["relu6"];
    }
  }
  for (const char* what :
       {"conv",   "max_pool",       "average_pool", "add",       "concat",  "pad", "upsample", "table",
        "global", "joined",         "rescaled",     "depthwise", "grouped", "1x1", "strided",  "dilated",
        "padded", "fused max-pool", "relu",         "relu6"})
    EXPECT_GE(seen[what], 30) << what;
  EXPECT_EQ(seen["softmax"], 0);
  EXPECT_GT(nodes, kSeeds * 12);
  for (const auto& [what, count] : seen) fmt::print("  {} {}\n", count, what);
}

// Outputs that are all at one end of int8 would compare equal whatever computed them.
TEST(RandomGraph, ValuesSpread) {
  int tested = 0, narrow = 0;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    const RandomGraph r = MakeRandomGraph(seed);
    for (const Node& node : r.graph.nodes) {
      const std::vector<int8_t>& data = r.values[size_t(node.output)].data;
      if (data.size() < 64) continue;
      std::array<int, 256> count{};
      for (const int8_t v : data) ++count[uint8_t(v)];
      const auto distinct = 256 - std::count(count.begin(), count.end(), 0);
      const int most = *std::max_element(count.begin(), count.end());
      ++tested;
      narrow += distinct < 12 || most > int(data.size()) * 9 / 10 ? 1 : 0;
    }
    const std::vector<int8_t>& scores = r.values[size_t(r.graph.output())].data;
    const auto [least, most] = std::minmax_element(scores.begin(), scores.end());
    EXPECT_GE(*most - *least, 16) << "seed " << seed;
  }
  EXPECT_GT(tested, int(kSeeds) * 5);
  EXPECT_LT(narrow, tested / 50);
  fmt::print("  {} tensors of at least 64 values, {} with little spread\n", tested, narrow);
}

TEST(RandomGraph, ScoresDependOnTheInput) {
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    const RandomGraph r = MakeRandomGraph(seed);
    TensorI8 other = r.input;
    Random(seed + 1).Fill(other.data, false);
    EXPECT_NE(RunNetwork(r.graph, other, Engine("golden").get()).output, r.values[size_t(r.graph.output())])
        << "seed " << seed;
  }
}

TEST(RandomGraph, SameSeedSameGraph) {
  const RandomGraph a = MakeRandomGraph(7), b = MakeRandomGraph(7), c = MakeRandomGraph(8);
  EXPECT_EQ(a.values, b.values);
  EXPECT_NE(a.values, c.values);
}

TEST(Runner, EqualsTheGoldenValues) {
  size_t nodes = 0;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    const RandomGraph r = MakeRandomGraph(seed);
    const NetworkResult result = RunNetwork(r.graph, r.input, Engine("golden", true).get());
    ASSERT_EQ(result.output, r.values[size_t(r.graph.output())]) << "seed " << seed;
    for (size_t i = 0; i < result.nodes.size(); ++i) {  // the host's own operators have nothing beside them
      const std::optional<int64_t>& mismatches = result.nodes[i].mismatches;
      ASSERT_EQ(mismatches.has_value(), r.graph.nodes[i].op == Op::kConv) << "seed " << seed;
      ASSERT_EQ(mismatches.value_or(0), 0) << "seed " << seed;
      nodes += mismatches ? 1 : 0;
    }
  }
  fmt::print("  {} networks, {} convolutions, 0 differences\n", kSeeds, nodes);
}

// A batch is its images one after the other.
TEST(Runner, BatchesOfImages) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const RandomGraph r = MakeRandomGraph(seed);
    TensorI8 batch(Shape{2, r.input.shape.h, r.input.shape.w, r.input.shape.c});
    Random(seed + 1).Fill(batch.data, false);
    std::copy(r.input.data.begin(), r.input.data.end(),
              batch.data.begin() + std::ptrdiff_t(r.input.data.size()));
    const NetworkResult result = RunNetwork(r.graph, batch, Engine("golden").get());
    const std::vector<int8_t>& scores = r.values[size_t(r.graph.output())].data;
    ASSERT_EQ(result.output.data.size(), 2 * scores.size());
    EXPECT_TRUE(
        std::equal(scores.begin(), scores.end(), result.output.data.begin() + std::ptrdiff_t(scores.size())))
        << "seed " << seed;
  }
}

TEST(RandomGraph, IsSmallEnoughForTheRtl) {
  int64_t most = 0, sum = 0;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    const RandomGraph r = MakeRandomGraph(seed);
    int64_t cycles = 0;
    for (const LayerStats& node : RunNetwork(r.graph, r.input, Engine("cycles").get()).nodes)
      cycles += node.cycles;
    EXPECT_GT(cycles, 0);
    EXPECT_LT(cycles, 100000) << "seed " << seed;
    most = std::max(most, cycles);
    sum += cycles;
  }
  fmt::print("  {} cycles on average, {} at most, for the convolutions on 8x8\n", sum / int64_t(kSeeds),
             most);
}

}  // namespace
}  // namespace weft
