// SPDX-License-Identifier: Apache-2.0
// Random networks on weft_top: one start for each stretch of operators that the hardware runs, every operator
// bit for bit against the golden model and the whole cycle for cycle against the cycle model; with pauses of
// the memory bit for bit. `make long` runs 20 times as many.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "sim/backends/network_backend.hpp"
#include "sw_model/memory.hpp"
#include "tests/random_count.hpp"
#include "tests/random_graph.hpp"
#include "tests/sim/backends/engine_check.hpp"

namespace weft {
namespace {

class RandomGraphs : public testing::TestWithParam<const char*> {
 protected:
  // The images are the graph's own and `more` random ones.
  void Run(uint64_t seed, int more, double stalls, bool check = true, const RandomGraphLimits& limits = {}) {
    Random random(seed + 2000000);
    const RandomGraph r = MakeRandomGraph(seed, limits);
    const Memory memory = RandomMemory(random, config_);
    SCOPED_TRACE(fmt::format("seed {}, {} images, memory {}:{}, stalls {}", seed, 1 + more, memory.width,
                             memory.latency, stalls));
    TensorI8 images({1 + more, r.input.shape.h, r.input.shape.w, r.input.shape.c});
    random.Fill(images.data, false);
    std::copy(r.input.data.begin(), r.input.data.end(), images.data.begin());
    BackendOptions options;
    options.engine = "rtl";
    options.config = GetParam();
    options.memory = fmt::format("{}:{}", memory.width, memory.latency);
    options.stalls = stalls;
    options.seed = seed;
    options.check = check;  // every operator, and without stalls the sum of all cycles and bytes
    const CompiledNetwork network = CompileNetwork(r.graph, 1 + more, config_, {.keep_all = check});
    const NetworkResult result = MakeNetworkBackend(options, config_)->Run(network, images);
    for (size_t i = 0; i < result.nodes.size(); i++) {
      const LayerStats& node = result.nodes[i];
      EXPECT_EQ(node.mismatches.value_or(0), 0) << r.graph.nodes[i].name;
      compared_ += node.mismatches ? 1 : 0;
      if (stalls == 0) {
        EXPECT_EQ(node.cycles, node.predicted_cycles) << r.graph.nodes[i].name;
      }
      cycles_ += node.cycles;
    }
    // The first image's scores also where the operators' own comparison does not look.
    const TensorI8& scores = r.values[size_t(r.graph.output())];
    EXPECT_TRUE(std::equal(scores.data.begin(), scores.data.end(), result.output.data.begin()));
    graphs_++;
    operators_ += int64_t(r.graph.nodes.size());
    for (const SegmentProgram& p : network.programs)
      fused_ += std::ranges::count_if(p.layer_depthwise, [](int node) { return node >= 0; });
    for (const Segment& segment : network.segments) segment.on_host() ? on_host_ += segment.count : starts_++;
  }
  void TearDown() override {
    if (ShardOf(graphs_).whole()) {
      EXPECT_GT(starts_, 0);
      EXPECT_GT(compared_, 0);
    }
    if (!HasFailure() && !IsSkipped())
      fmt::print(
          "  {}: {} networks, {} operators ({} on the host), {} starts, {} cycles; {} fused depthwise "
          "convolutions; "
          "{} operators compared: 0 differences\n",
          GetParam(), graphs_, operators_, on_host_, starts_, cycles_, fused_, compared_);
  }

  Config config_ = Config::Load(GetParam());
  int64_t graphs_ = 0, operators_ = 0, on_host_ = 0, starts_ = 0, cycles_ = 0, compared_ = 0;
  int64_t fused_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Configs, RandomGraphs,
                         testing::Values("2x2", "2x2_small", "3x6", "4x4", "5x7", "8x8", "8x16"),
                         [](const auto& info) { return fmt::format("c{}", info.param); });

// Another seed for each configuration, so that none of the networks runs twice.
uint64_t FirstSeed(const std::string& config) {
  uint64_t seed = 0;
  for (const char c : config) seed = seed * 131 + uint64_t(c);
  return seed * 1000003;
}

TEST_P(RandomGraphs, EqualTheModels) {
  const RandomCases cases = ShardOf(RandomCount(7));
  if (cases.count() == 0) GTEST_SKIP() << cases.Text();
  for (int64_t i = cases.first; i < cases.end && !HasFailure(); i++)
    Run(FirstSeed(GetParam()) + uint64_t(i), i % 4 == 3 ? 1 : 0, 0);
}

TEST_P(RandomGraphs, WithPauses) {
  const RandomCases cases = ShardOf(RandomCount(3));
  if (cases.count() == 0) GTEST_SKIP() << cases.Text();
  for (int64_t i = cases.first; i < cases.end && !HasFailure(); i++)
    Run(FirstSeed(GetParam()) + 500000 + uint64_t(i), 0, std::array{0.1, 0.5, 0.8}[size_t(i) % 3],
        i % 2 == 0);  // without the comparison tensors share their places
}

// Convolutions with a depthwise one behind them, on maps that fill the inner tensor's buffer; `make long`
// runs 2,000 networks in all.
TEST_P(RandomGraphs, WithDepthwise) {
  const bool small = config_.DepthwiseEntries() < 64;
  const RandomGraphLimits limits{.min_nodes = 10,
                                 .max_nodes = 20,
                                 .max_size = small ? 6 : 40,
                                 .max_channels = small ? 12 : 40,
                                 .max_macs = small ? 100'000 : 3'000'000,
                                 .depthwise = true};
  const int64_t count = RandomCount(20);
  for (int64_t i = 0; i < count && !HasFailure(); i++)
    Run(FirstSeed(GetParam()) + 900000 + uint64_t(i), i % 4 == 3 ? 2 : 0, i % 8 == 6 ? 0.5 : 0, i % 8 != 6,
        limits);
  if (config_.depthwise_taps == 0) EXPECT_EQ(fused_, 0);
  else EXPECT_GT(fused_, 0);
}

// An output that nobody reads is not waited for: nothing else may be written to its place, or whichever the
// memory does last stays.
TEST(DeadOutputs, KeepTheirPlace) {
  Random random(1);
  Graph graph;
  graph.tensors = {{"x", {1, 2, 2, 4}}, {"dead", {1, 2, 2, 4}}, {"y", {1, 2, 2, 4}}};
  for (const int output : {1, 2}) {
    Node conv{.name = "conv", .op = Op::kConv, .inputs = {0}, .output = output};
    conv.conv.filters = TensorI8({4, 1, 1, 4});
    random.Fill(conv.conv.filters.data, false);
    conv.conv.bias.assign(4, 0);
    conv.conv.requant.multiplier.assign(4, 1 << 30);
    conv.conv.requant.shift.assign(4, -6);
    graph.nodes.push_back(conv);
  }
  graph.outputs = {{.tensor = 2}};
  TensorI8 x({1, 2, 2, 4});
  random.Fill(x.data, false);
  const TensorI8 expected = golden::Conv(x, graph.nodes[1].conv);
  const Config config = Config::Load("2x2");
  const CompiledNetwork network = CompileNetwork(graph, 1, config);
  for (uint64_t seed = 1; seed <= 8; seed++) {
    BackendOptions options;
    options.engine = "rtl";
    options.config = "2x2";
    options.memory = "4:300";
    options.stalls = seed % 2 == 0 ? 0.5 : 0;
    options.seed = seed;
    EXPECT_EQ(MakeNetworkBackend(options, config)->Run(network, x).output.data, expected.data)
        << "seed " << seed;
  }
}

}  // namespace
}  // namespace weft
