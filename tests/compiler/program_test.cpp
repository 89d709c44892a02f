// Programs of sizes that would take too long to run, and the order of their layers.
#include "compiler/program.hpp"

#include <gtest/gtest.h>

#include <utility>

#include "compiler/lower.hpp"
#include "sw_model/cycle_model.hpp"
#include "sw_model/golden.hpp"

namespace weft {
namespace {

// The hardware compares stored jobs with those that a read waits for modulo 2^16.
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
  layer.filters.shape = {20000, 1, 1, 16};
  layer.bias.assign(20000, 0);
  layer.requant.multiplier.assign(20000, 1 << 30);
  layer.requant.shift.assign(20000, 0);
  const Shape in{1, 1, 8, 16};
  const PreparedLayer prepared = PrepareLayer(layer, in, config);
  ProgramBuilder builder(config, false);
  const int x = builder.AddTensor(prepared.in), y = builder.AddTensor(golden::OutputShape(in, layer));
  builder.AddLayer(prepared, x, {.tensor = y}, false);
  const Program program = builder.Build();

  uint32_t given = 0, reads = 0;
  for (const Command& c : program.commands) {
    if (c.op == Command::Op::kJob) given += program.jobs[size_t(c.job)].rows > 0 ? 1 : 0;
    if (c.op != Command::Op::kRead) continue;
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
  graph.output = 3;
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

// convolution + addition + max-pool is one layer, unless windows overlap or somebody else reads the sum.
TEST(Lower, PoolsAfterAnAddition) {
  const auto layers = [](const Window& pool, bool read_twice) {
    Node pointwise{.name = "pointwise", .op = Op::kConv, .inputs = {0}, .output = 2};
    pointwise.conv.filters = TensorI8({8, 1, 1, 4});
    Graph graph = SumWith(pointwise, false);
    graph.tensors.push_back({"pooled", {1, 2, 2, 8}});
    graph.nodes.push_back({.name = "pool", .op = Op::kMaxPool, .inputs = {3}, .output = 4, .pool = pool});
    graph.output = 4;
    if (read_twice) {
      graph.tensors.push_back({"rescaled", {1, 4, 4, 8}});
      graph.nodes.push_back({.name = "rescale", .op = Op::kRescale, .inputs = {3}, .output = 5});
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

}  // namespace
}  // namespace weft
