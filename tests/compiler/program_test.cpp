// SPDX-License-Identifier: Apache-2.0
// Programs of sizes that would take too long to run, and the order of their layers.
#include "compiler/program.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <utility>

#include "compiler/program_builder.hpp"
#include "compiler/segment.hpp"
#include "sw_model/cycles/cycle_model.hpp"
#include "sw_model/error.hpp"
#include "sw_model/golden/golden.hpp"
#include "tests/random_count.hpp"
#include "tests/random_layer.hpp"

namespace weft {
namespace {

// The hardware compares the marks that are counted with those that a read waits for modulo 2^16.
TEST(Program, ManyJobsDoNotConfuseWaits) {
  Config config;
  config.name = "tiny";
  config.rows = config.cols = 2;
  config.lanes = 1;
  config.bus_bytes = 4;
  config.line_buffer_bytes = 16;
  config.weight_buffer_bytes = 64;
  config.Check();
  ConvLayer layer;
  layer.name = "wide";
  layer.filters.shape = {2, 1, 1, 16};
  layer.bias.assign(2, 0);
  layer.requant.multiplier.assign(2, 1 << 30);
  layer.requant.shift.assign(2, 0);
  const Shape in{1, 300, 300, 16};  // a line buffer of one pixel: a job for each
  const PreparedLayer prepared = PrepareLayer(layer, in, config);
  ProgramBuilder builder(config, false);
  const int x = builder.AddTensor(prepared.in), y = builder.AddTensor(golden::OutputShape(in, layer));
  builder.AddLayer(prepared, x, {.tensor = y}, false);
  const Program program = builder.Build();

  uint32_t given = 0, reads = 0;
  for (const Command& c : program.commands) {
    if (c.op == ListOp::kJob) given += c.marks;
    if (c.op != ListOp::kRead) continue;
    reads++;
    ASSERT_LE(given - c.wait, 1U << 14) << "read " << reads;
    ASSERT_LE(c.wait, given) << "read " << reads;
  }
  EXPECT_GT(given, 1U << 16);
  EXPECT_GT(CountCycles(program, config, Memory{4, 40}).cycles, 0);
}

// x -> convolution -> a;  x -> `join` (two layers or more) -> b;  a + b.
Graph SumWith(const Node& join, bool join_first) {
  Graph graph;
  graph.tensors = {{"x", {1, 4, 4, 4}}, {"a", {1, 4, 4, 8}}, {"b", {1, 4, 4, 8}}, {"sum", {1, 4, 4, 8}}};
  Node conv{.name = "conv", .op = Op::kConv, .inputs = {0}, .output = 1};
  conv.conv.filters = TensorI8({8, 3, 3, 4});
  conv.conv.window = {.kh = 3, .kw = 3, .pad = {1, 1, 1, 1}};
  Node add{.name = "add", .op = Op::kAdd, .inputs = {1, 2}, .output = 3};
  if (join_first) std::swap(add.inputs[0], add.inputs[1]);
  graph.nodes = {conv, join, add};
  graph.outputs = {{.tensor = 3}};
  return graph;
}

// An addition may move the layer of its other operand, but never so that somebody reads what is not whole
// yet.
TEST(Lower, EveryLayerReadsWhatIsWhole) {
  Node concat{.name = "concat", .op = Op::kConcat, .inputs = {0, 0}, .output = 2};
  concat.concat.inputs.resize(2);
  Node pointwise{.name = "pointwise", .op = Op::kConv, .inputs = {0}, .output = 2};
  pointwise.conv.filters = TensorI8({8, 1, 1, 4});
  for (const Node& join : {concat, pointwise})
    for (const bool first : {false, true}) {
      const std::vector<Segment> segments = Lower(SumWith(join, first));
      ASSERT_EQ(segments.size(), 1U);
      const std::vector<LoweredLayer>& layers = segments[0].layers;
      int additions = 0;
      for (size_t l = 0; l < layers.size(); l++) {
        additions += layers[l].add ? 1 : 0;
        for (size_t later = l; later < layers.size(); later++) {
          const int written = layers[later].out.tensor;
          EXPECT_NE(layers[l].in, written) << join.name << ", layer " << l;
          if (layers[l].add) {
            EXPECT_NE(layers[l].add->residual, written) << join.name << ", layer " << l;
          }
        }
      }
      EXPECT_EQ(additions, 1) << join.name;
    }
}

// Sums, and tables that are no factor, are the host's then; what is before and behind them is not.
TEST(Lower, LeavesSumsToTheHost) {
  Node pointwise{.name = "pointwise", .op = Op::kConv, .inputs = {0}, .output = 2};
  pointwise.conv.filters = TensorI8({8, 1, 1, 4});
  Graph graph = SumWith(pointwise, false);
  Node table{.name = "table", .op = Op::kTable, .inputs = {3}, .output = 4};
  for (size_t i = 0; i < table.table.table.size(); i++) table.table.table[i] = int8_t(i % 3);
  Node unchanged{.name = "unchanged", .op = Op::kTable, .inputs = {4}, .output = 5};
  for (size_t i = 0; i < 256; i++) unchanged.table.table[i] = int8_t(i);
  graph.tensors.insert(graph.tensors.end(), {{"t", {1, 4, 4, 8}}, {"u", {1, 4, 4, 8}}});
  graph.nodes.insert(graph.nodes.end(), {table, unchanged});
  graph.outputs = {{.tensor = 5}};
  const std::vector<Segment> with = Lower(graph), without = Lower(graph, false);
  ASSERT_EQ(with.size(), 1U);
  EXPECT_FALSE(with[0].on_host());
  ASSERT_EQ(without.size(), 3U);
  EXPECT_EQ(without[0].layers.size(), 2U);  // the convolutions
  EXPECT_TRUE(without[1].on_host());
  EXPECT_EQ(without[1].count, 2);  // the sum and the table
  EXPECT_EQ(without[2].layers.size(), 1U);
  for (const Segment& segment : without)
    for (const LoweredLayer& layer : segment.layers) EXPECT_FALSE(layer.add) << layer.conv.name;
}

// convolution + addition + max-pool is one layer, unless windows overlap or somebody else reads the sum.
TEST(Lower, PoolsAfterAnAddition) {
  const auto layers = [](const Window& pool, bool read_twice) {
    Node pointwise{.name = "pointwise", .op = Op::kConv, .inputs = {0}, .output = 2};
    pointwise.conv.filters = TensorI8({8, 1, 1, 4});
    Graph graph = SumWith(pointwise, false);
    graph.tensors.push_back({"pooled", {1, 2, 2, 8}});
    graph.nodes.push_back({.name = "pool", .op = Op::kMaxPool, .inputs = {3}, .output = 4, .pool = pool});
    graph.outputs = {{.tensor = 4}};
    if (read_twice) {
      graph.tensors.push_back({"rescaled", {1, 4, 4, 8}});
      graph.nodes.push_back({.name = "rescale", .op = Op::kTable, .inputs = {3}, .output = 5});
    }
    return Lower(graph).at(0).layers;
  };
  Window apart;
  apart.kh = apart.kw = apart.stride_h = apart.stride_w = 2;
  const std::vector<LoweredLayer> fused = layers(apart, false);
  ASSERT_EQ(fused.size(), 2U);
  EXPECT_TRUE(fused[1].add && fused[1].conv.max_pool);
  EXPECT_EQ(fused[1].out.tensor, 4);
  EXPECT_EQ(layers(apart, true).size(), 4U);
  Window overlapping = apart;
  overlapping.kw = 3;
  EXPECT_EQ(layers(overlapping, false).size(), 3U);
  Window padded = apart;
  padded.pad.left = padded.pad.right = 1;
  EXPECT_EQ(layers(padded, false).size(), 3U);
}

// On the smallest configurations that there are, additions of all shapes become programs that run to their
// end: the cycle model finds what would wait for ever.
TEST(Lower, RandomResidualsFit) {
  int split = 0, cut = 0, pooled = 0, pool_split = 0;
  const RandomCases cases = ShardOf(RandomCount(400));
  if (cases.count() == 0) GTEST_SKIP() << cases.Text();
  for (int64_t i = cases.first; i < cases.end; i++) {
    Random random(uint64_t(i) + 1);
    Config config;
    config.name = "tiny";
    config.rows = int(random.Int(2, 40));
    config.cols = int(random.Int(2, 40));
    config.lanes = 1;
    config.bus_bytes = 4 << random.Int(0, 3);
    config.line_buffer_bytes = int(std::bit_ceil(unsigned(4 * config.Word())) << random.Int(0, 4));
    config.weight_buffer_bytes = (16 * std::max(config.Cpad(), config.bus_bytes)) << random.Int(0, 5);
    config.Check();
    const bool deep = random.Chance(2);
    const Shape out{1, int(random.Int(1, 4)), int(random.Int(1, deep ? 3 : 60)),
                    int(random.Int(1, deep ? 600 : 40))};
    const int in = int(random.Int(1, random.Chance(4) ? 500 : 40));
    Graph graph;
    graph.tensors = {{"x", {1, out.h, out.w, in}}, {"r", out}, {"y", out}, {"sum", out}};
    for (const int output : {1, 2}) {
      Node conv{.name = "conv", .op = Op::kConv, .inputs = {0}, .output = output};
      conv.conv.name = "conv";
      conv.conv.filters.shape = {out.c, 1, 1, in};
      conv.conv.bias.assign(size_t(out.c), 0);
      conv.conv.requant.multiplier.assign(size_t(out.c), 1 << 30);
      conv.conv.requant.shift.assign(size_t(out.c), 0);
      graph.nodes.push_back(conv);
    }
    graph.nodes.push_back({.name = "add", .op = Op::kAdd, .inputs = {1, 2}, .output = 3});
    graph.outputs = {{.tensor = 3}};
    const bool pools = random.Chance(3);
    if (pools) {
      Window pool;
      pool.kh = pool.stride_h = int(random.Int(1, out.h));
      pool.kw = pool.stride_w = int(random.Int(1, out.w));
      pool.floor = true;
      graph.tensors.push_back({"pooled", golden::OutputShape(out, pool, out.c)});
      graph.nodes.push_back({.name = "pool", .op = Op::kMaxPool, .inputs = {3}, .output = 4, .pool = pool});
      graph.outputs = {{.tensor = 4}};
    }
    const int images = int(random.Int(1, out.w * out.c < 200 && random.Chance(2) ? 70 : 2));
    SCOPED_TRACE(
        fmt::format("{}: {} images of {}x{}x{} from {}", config.Key(), images, out.h, out.w, out.c, in));
    const std::vector<Segment> segments = Lower(graph);
    ASSERT_EQ(segments.size(), 1U);
    try {
      const Program p = CompileSegment(graph, segments[0], images, config, {.with_data = false}).program;
      EXPECT_GT(CountCycles(p, config, Memory{4, 10}).cycles, 0);
      if (pools) {
        pooled++;
        pool_split += p.layers.back().name == "pool" ? 1 : 0;
        continue;
      }
      split += p.layers.size() == 3 ? 1 : 0;
      cut += p.layers.size() == 2 && p.layers[0].jobs != p.layers[1].jobs ? 1 : 0;
    } catch (const Error& error) {
      ADD_FAILURE() << error.what();
    }
  }
  if (cases.whole()) {
    EXPECT_GT(split, 20);
    EXPECT_GT(cut, 10);
    EXPECT_GT(pool_split, 10);
    EXPECT_GT(pooled - pool_split, 10);
  }
  fmt::print("  {} sums, {} in jobs of their own size, {} in a layer of their own\n", cases.count(), cut,
             split);
}

// A first layer that the host interleaves is cut into other jobs than one that reads its input in place: here
// into pieces, whose sums cannot be pooled.
TEST(Lower, InterleavedLayersFitToo) {
  Config config;
  config.name = "tiny";
  config.rows = 6;
  config.cols = 8;
  config.lanes = 1;
  config.bus_bytes = 4;
  config.line_buffer_bytes = 64;
  config.weight_buffer_bytes = 8192;
  config.Check();
  const Shape map{1, 17, 4, 1};
  Node conv{.name = "conv", .op = Op::kConv, .inputs = {0}, .output = 1};
  conv.conv.name = "conv";
  conv.conv.filters.shape = {1, 3, 3, 1};
  conv.conv.window = {.kh = 3, .kw = 3, .pad = {1, 1, 1, 1}};
  conv.conv.bias.assign(1, 0);
  conv.conv.requant.multiplier.assign(1, 1 << 30);
  conv.conv.requant.shift.assign(1, 0);
  Window pool;
  pool.kh = 3;
  pool.stride_h = 5;
  pool.floor = true;
  Graph graph;
  graph.tensors = {{"x", map}, {"y", map}, {"sum", map}, {"pooled", golden::OutputShape(map, pool, 1)}};
  graph.nodes = {conv,
                 {.name = "add", .op = Op::kAdd, .inputs = {0, 1}, .output = 2},
                 {.name = "pool", .op = Op::kMaxPool, .inputs = {2}, .output = 3, .pool = pool}};
  graph.outputs = {{.tensor = 3}};
  const std::vector<Segment> segments = Lower(graph);
  ASSERT_EQ(segments.size(), 1U);
  const SegmentProgram p = CompileSegment(graph, segments[0], 1, config, {.with_data = false});
  EXPECT_TRUE(p.inputs.at(0).interleaved);
  EXPECT_EQ(p.program.layers.size(), 2U);
  EXPECT_GT(CountCycles(p.program, config, Memory{1, 135}).cycles, 0);
}

}  // namespace
}  // namespace weft
