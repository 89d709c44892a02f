// SPDX-License-Identifier: Apache-2.0
// Which depthwise convolutions become part of the convolution before them, how its jobs are cut for them, and
// what is read for them.
#include "compiler/depthwise.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>

#include "compiler/list.hpp"
#include "compiler/network_file.hpp"
#include "sw_model/cycles/cycle_model.hpp"
#include "tests/random_layer.hpp"

namespace weft {
namespace {

ConvLayer Layer(const Shape& filters, const Window& window, int groups) {
  Random random(uint64_t(filters.n) * 31 + uint64_t(filters.h));
  ConvLayer layer;
  layer.name = "layer";
  layer.filters = TensorI8(filters);
  random.Fill(layer.filters.data, false);
  layer.window = window;
  layer.groups = groups;
  layer.input_zp = 3;
  layer.bias.assign(size_t(filters.n), 1000);
  layer.requant.multiplier.assign(size_t(filters.n), 1 << 30);
  layer.requant.shift.assign(size_t(filters.n), -8);
  return layer;
}

Window Square(int size, int stride, int pad) {
  return {.kh = size, .kw = size, .stride_h = stride, .stride_w = stride, .pad = {pad, pad, pad, pad}};
}

// x -> 1x1 convolution to `channels` -> depthwise 3x3.
Graph Pair(int size, int channels, const Window& window = Square(3, 1, 1)) {
  const Shape in{1, size, size, 8}, inner{1, size, size, channels};
  Node first{.name = "first", .op = Op::kConv, .inputs = {0}, .output = 1};
  first.conv = Layer({channels, 1, 1, 8}, Window{}, 1);
  Node second{.name = "second", .op = Op::kConv, .inputs = {1}, .output = 2};
  second.conv = Layer({channels, window.kh, window.kw, 1}, window, channels);
  Graph graph;
  graph.tensors = {{"x", in}, {"inner", inner}, {"y", golden::OutputShape(inner, second.conv)}};
  graph.nodes = {first, second};
  graph.outputs = {{.tensor = 2}};
  return graph;
}

size_t Fused(const Graph& graph) {
  size_t fused = 0;
  for (const Segment& segment : Lower(graph))
    fused += size_t(
        std::ranges::count_if(segment.layers, [](const LoweredLayer& l) { return l.depthwise.has_value(); }));
  return fused;
}

TEST(Depthwise, FollowsTheConvolutionBeforeIt) {
  const std::vector<Segment> segments = Lower(Pair(8, 12));
  ASSERT_EQ(segments.size(), 1U);
  ASSERT_EQ(segments[0].layers.size(), 1U);
  const LoweredLayer& layer = segments[0].layers[0];
  ASSERT_TRUE(layer.depthwise);
  EXPECT_EQ(layer.node, 0);
  EXPECT_EQ(layer.depthwise->node, 1);
  EXPECT_EQ(layer.in, 0);
  EXPECT_EQ(layer.out.tensor, 2);
  EXPECT_EQ(segments[0].count, 2);
}

TEST(Depthwise, IsALayerOfItsOwnWhereItsInputIsReadTwice) {
  Graph graph = Pair(8, 12);
  graph.outputs.push_back({.tensor = 1});  // by the user
  EXPECT_EQ(Fused(graph), 0U);
  graph = Pair(8, 12);
  graph.tensors.push_back({"pooled", {1, 8, 8, 12}});
  graph.nodes.push_back(
      {.name = "pool", .op = Op::kMaxPool, .inputs = {1}, .output = 3, .pool = Square(1, 1, 0)});
  EXPECT_EQ(Fused(graph), 0U);
}

TEST(Depthwise, IsALayerOfItsOwnWhereTheUnitCannot) {
  const auto fused = [](const std::function<void(Graph*)>& change) {
    Graph graph = Pair(16, 12);
    change(&graph);
    return Fused(graph);
  };
  const auto window = [&](const std::function<void(Window*)>& change) {
    return fused([&](Graph* g) {
      change(&g->nodes[1].conv.window);
      const Window& w = g->nodes[1].conv.window;
      g->nodes[1].conv.filters = TensorI8({12, w.kh, w.kw, 1});
    });
  };
  EXPECT_EQ(window([](Window*) {}), 1U);
  EXPECT_EQ(window([](Window* w) { w->kh = 7; }), 1U);
  EXPECT_EQ(window([](Window* w) { w->kh = 8; }), 0U);
  EXPECT_EQ(window([](Window* w) { w->kw = 6; }), 1U);
  EXPECT_EQ(window([](Window* w) { w->kw = 7; }), 0U);
  EXPECT_EQ(window([](Window* w) { w->stride_h = w->stride_w = 3; }), 1U);
  EXPECT_EQ(window([](Window* w) { w->stride_w = 4; }), 0U);  // longer than the filter
  EXPECT_EQ(window([](Window* w) { w->dilation_w = 2; }), 0U);
  EXPECT_EQ(window([](Window* w) { w->pad.left = 3; }), 0U);
  EXPECT_EQ(window([](Window* w) { w->pad.bottom = 2; }), 1U);
  EXPECT_EQ(fused([](Graph* g) { g->nodes[1].conv.max_pool = Square(2, 2, 0); }), 0U);
  EXPECT_EQ(fused([](Graph* g) { g->nodes[0].conv.max_pool = Square(2, 2, 0); }), 0U);
  EXPECT_EQ(fused([](Graph* g) { g->nodes[0].conv.groups = 2; }), 0U);
  EXPECT_EQ(fused([](Graph* g) { g->nodes[1].conv.filters = TensorI8({24, 3, 3, 1}); }), 0U);  // multiplier 2
}

// A table behind the depthwise convolution is part of that where it is a layer.
TEST(Depthwise, LeavesASumToTheLayer) {
  Graph graph = Pair(8, 12);
  graph.tensors.push_back({"z", graph.tensors[2].shape});
  Node table{.name = "table", .op = Op::kTable, .inputs = {2}, .output = 3};
  for (int i = 0; i < 256; i++) table.table.table[size_t(i)] = int8_t(i * 7);
  graph.nodes.push_back(table);
  graph.outputs = {{.tensor = 3}};
  const std::vector<Segment> segments = Lower(graph);
  ASSERT_EQ(segments[0].layers.size(), 2U);
  EXPECT_FALSE(segments[0].layers[0].depthwise);
  EXPECT_TRUE(segments[0].layers[1].add);
}

TEST(Depthwise, NeedsTheUnit) {
  for (const int taps : {0, 1, 3}) {
    Config config = Config::Load("8x8");
    config.depthwise_taps = taps;
    const CompiledNetwork network = CompileNetwork(Pair(16, 32), 1, config);
    const SegmentProgram& p = network.programs.at(0);
    EXPECT_EQ(p.layer_node, taps == 0 ? std::vector({0, 1}) : std::vector({0}));
    EXPECT_EQ(p.layer_depthwise, taps == 0 ? std::vector({-1, -1}) : std::vector({1}));
    EXPECT_EQ(p.outputs[1].has_value(),
              false);  // keep_all is off, so the inner tensor's place is gone either way
    EXPECT_GT(CountCycles(p.program, config, Memory::Parse("", config)).cycles, 0);
  }
}

// Of buffers of all sizes: jobs of so many column groups that the rows under a row of windows fit; none that
// wait for each other. Where not even one column group fits there are two layers.
TEST(Depthwise, JobsFitTheBuffer) {
  Config config = Config::Load("8x8");
  int fused = 0, several = 0, apart = 0;
  for (const int bytes : {2048, 4096, 8192, 16384})
    for (const int size : {5, 9, 17, 30})
      for (const int channels : {8, 40, 100})
        for (const Window& window : {Square(3, 1, 1), Square(3, 2, 1), Square(5, 1, 2), Square(6, 3, 0)}) {
          if (size < window.kh) continue;
          config.line_buffer_bytes = bytes;
          Window floor = window;
          floor.floor = true;
          const Graph graph = Pair(size, channels, floor);
          const CompiledNetwork network = CompileNetwork(graph, 2, config);
          const SegmentProgram& p = network.programs.at(0);
          if (p.layer_depthwise.size() == 2) {
            apart++;
            continue;
          }
          fused++;
          several += p.program.jobs.size() > 1 ? 1 : 0;
          for (const Job& job : p.program.jobs) {
            const int64_t entries =
                (int64_t{window.kh} * size + window.pad.left + config.rows - 1) * job.groups;
            EXPECT_LE(entries, config.DepthwiseEntries());
          }
          EXPECT_GT(CountCycles(p.program, config, Memory::Parse("", config)).cycles, 0);
        }
  EXPECT_GT(fused, 20);
  EXPECT_GT(several, 5);
  EXPECT_GT(apart, 5);
}

// Rows that no window reaches are not computed: they would come after the last output.
TEST(Depthwise, LeavesUnusedRowsOut) {
  Window window = Square(3, 2, 0);
  window.floor = true;
  const Config config = Config::Load("8x8");
  const CompiledNetwork network = CompileNetwork(Pair(8, 12, window), 1, config);
  const SegmentProgram& p = network.programs.at(0);
  ASSERT_EQ(p.layer_depthwise, std::vector({1}));
  EXPECT_EQ(p.program.jobs.at(0).rows, 7);
  EXPECT_EQ(p.program.stores.at(0).depthwise->rows, 7);
  EXPECT_EQ(p.program.stores.at(0).depthwise->out_rows, 3);
}

TEST(Depthwise, PacksWeightsByRunningSum) {
  const Config config = Config::Load("5x7");  // one tap, seven channels a group
  const Window window{.kh = 2, .kw = 3, .pad = {}};
  const ConvLayer layer = Layer({9, 2, 3, 1}, window, 9);
  Job job;
  job.channels = 9;
  job.groups = 2;
  job.per_group = 7;
  const auto bus = size_t(config.bus_bytes);
  for (int g = 0; g < 2; g++) {
    const std::vector<uint8_t> bytes = PackDepthwise(job, g, layer, config);
    const size_t params = size_t(DepthwiseParameterBusWords(config)) * bus;
    ASSERT_EQ(bytes.size(), params + size_t(DepthwiseWeightBusWords(window, config)) * bus);
    const size_t entry = 8;  // seven bytes in a bus word
    for (int c = 0; c < 7; c++)
      for (int ky = 0; ky < 2; ky++)
        for (int kx = 0; kx < 3; kx++) {
          const int k = 7 * g + c;
          const size_t at = params + (size_t(ky) * 3 + size_t(2 - kx)) * entry + size_t(c);
          EXPECT_EQ(int8_t(bytes[at]), k < 9 ? layer.filters.at(k, ky, kx, 0) : 0)
              << k << " " << ky << " " << kx;
        }
    for (int c = 0; c < 7 && 7 * g + c < 9; c++) {  // one lane: an entry a channel, its bias first
      int32_t bias = 0, sum = 0;
      std::memcpy(&bias, &bytes[size_t(c) * params / 7], 4);
      for (int ky = 0; ky < 2; ky++)
        for (int kx = 0; kx < 3; kx++) sum += layer.filters.at(7 * g + c, ky, kx, 0);
      EXPECT_EQ(bias, 1000 - 3 * sum);
    }
  }
}

TEST(Depthwise, WordsSayTheWalk) {
  Random random(5);
  for (int i = 0; i < 200; i++) {
    DepthwiseWalk walk;
    walk.kh = int(random.Int(1, 7));
    walk.kw = int(random.Int(1, 6));
    walk.stride_y = int(random.Int(1, std::min(4, walk.kh)));
    walk.stride_x = int(random.Int(1, std::min(4, walk.kw)));
    walk.phases = (walk.kw + 2) / 3;
    walk.top = int(random.Int(0, walk.kh - 1));
    walk.left = int(random.Int(0, walk.kw - 1));
    walk.pad = int(random.Int(-128, 127));
    walk.images = int(random.Int(1, 3));
    walk.rows = int(random.Int(walk.kh, 40));
    walk.cols = int(random.Int(walk.kw, 40));
    walk.groups = int(random.Int(1, 9));
    walk.out_rows = (walk.rows + walk.top - walk.kh) / walk.stride_y + 1;
    walk.out_cols = (walk.cols + walk.left - walk.kw) / walk.stride_x + 1;
    walk.weights = walk.groups * walk.kh * walk.phases;
    walk.params = walk.groups * 4;
    std::array<uint32_t, kStoreWords> words{};
    words[kStoreGroups] = uint32_t(walk.groups - 1);
    words[kStoreRows] = uint32_t(walk.out_rows - 1);
    words[kStoreCols] = uint32_t(walk.out_cols - 1);
    walk.Encode(words.data());
    ASSERT_EQ(DepthwiseWalk::Decode(words.data()), walk);
    for (const int word : {kStoreDwRowEntries, kStoreDwRowStep, kStoreDwCorner, kStoreDwImageStep,
                           kStoreDwWindowEntries, kStoreDwImageEntries, kStoreDwTotal}) {
      std::array<uint32_t, kStoreWords> damaged = words;
      damaged[size_t(word)]++;
      EXPECT_FALSE(DepthwiseWalk::Decode(damaged.data())) << word;
    }
  }
}

}  // namespace
}  // namespace weft
