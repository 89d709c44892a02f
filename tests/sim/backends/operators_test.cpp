// SPDX-License-Identifier: Apache-2.0
// Operators that become sums of tables, and those that move data, each alone and behind a convolution: on the
// RTL, bit for bit against the golden model and cycle for cycle against the cycle model.
#include <cmath>

#include "compiler/table_layers.hpp"
#include "tests/random_count.hpp"
#include "tests/sim/backends/small_graph.hpp"

namespace weft {
namespace {

class Operators : public testing::TestWithParam<const char*> {
 protected:
  // The node reads the input, then a convolution of it.
  void Check(const Shape& in, Node node, size_t layers) {
    SCOPED_TRACE(fmt::format("{} of {}x{}x{}", OpName(node.op), in.h, in.w, in.c));
    SmallGraph alone(in);
    node.inputs[0] = 0;
    alone.Append(node);
    EXPECT_EQ(Lower(alone.graph).at(0).layers.size(), layers);
    alone.Check(GetParam(), 2);
    SmallGraph behind(in);
    node.inputs[0] = behind.Conv(0, in.c, Conv(3, 3, 1, 1, 1));
    behind.Append(node);
    behind.Check(GetParam());
  }
};
INSTANTIATE_TEST_SUITE_P(Configs, Operators, testing::Values("2x2", "4x4", "8x8"),
                         [](const auto& info) { return fmt::format("c{}", info.param); });

Node TableNode(int (*f)(int)) {
  Node node{.op = Op::kTable, .inputs = {0}};
  for (int x = -128; x <= 127; x++) node.table.table[uint8_t(x)] = int8_t(std::clamp(f(x), -128, 127));
  return node;
}

TEST_P(Operators, Tables) {
  const auto magnitude = [](int x) { return std::abs(x); };
  const auto halved = [](int x) { return x >= 0 ? x / 2 : -(-x / 2); };
  for (const Shape& in : {Shape{1, 5, 6, 9}, Shape{1, 1, 1, 40}, Shape{1, 3, 20, 1}}) {
    Check(in, TableNode(magnitude), 1);
    Check(in, TableNode(halved), 1);
  }
}

// A table behind a convolution costs no layer of its own, and a max-pool behind it none either.
TEST_P(Operators, TablesOnTheWay) {
  SmallGraph graph({1, 8, 8, 6});
  Node table = TableNode([](int x) { return x < 0 ? x / 4 : x; });
  table.inputs = {graph.Conv(0, 12, Conv(3, 3, 1, 1, 1))};
  const int activated = graph.Append(table);
  EXPECT_EQ(Lower(graph.graph).at(0).layers.size(), 1U);
  graph.Append({.op = Op::kMaxPool, .inputs = {activated}, .pool = {2, 2, 2, 2, 1, 1, {}, false}});
  EXPECT_EQ(Lower(graph.graph).at(0).layers.size(), 1U);
  graph.Check(GetParam(), 2);
}

// A sum before and behind a table, and tables of what two layers read.
TEST_P(Operators, TablesAndSums) {
  SmallGraph graph({1, 6, 7, 5});
  Node table = TableNode([](int x) { return 20 - x; });
  table.inputs = {graph.Add(graph.Conv(0, 5, Conv(1, 1)), 0)};
  const int turned = graph.Append(table);
  const int conv = graph.Conv(turned, 5, Conv(3, 3, 1, 1, 1));
  table.inputs = {conv};
  graph.Add(graph.Append(table), turned);
  table.inputs = {conv};
  graph.Add(graph.Append(table), 0);
  graph.Check(GetParam(), 2);
}

Node PairNode(const std::function<double(int, int)>& f) {
  Node node{.op = Op::kPair, .inputs = {0, 0}};
  for (int a = 0; a < 256; a++)
    for (int b = 0; b < 256; b++)
      node.pair.table.push_back(int8_t(std::clamp(std::nearbyint(f(int8_t(a), int8_t(b))), -128.0, 127.0)));
  return node;
}

TEST_P(Operators, Pairs) {
  const Node difference = PairNode([](int a, int b) { return 0.7137 * a - 0.4171 * b + 3; });
  Check({1, 5, 6, 9}, difference, 1);
  const Node mean = PairNode([](int a, int b) { return (a + b) / 2.0; });  // halves go to even
  EXPECT_EQ(FindSum(mean.pair.table).value().output.rounding, Rounding::kOnnx);
  Check({1, 5, 6, 9}, mean, 1);
  SmallGraph graph({1, 6, 5, 10});
  const int a = graph.Conv(0, 7, Conv(3, 3, 1, 1, 1)), b = graph.Conv(0, 7, Conv(1, 1));
  for (const std::vector<int>& inputs : {std::vector<int>{a, b}, std::vector<int>{b, a}}) {
    Node node = difference;
    node.inputs = inputs;
    graph.Append(node);
  }
  graph.Check(GetParam(), 2);
}

// The second operand is not the first one's shape, or the function is no sum.
TEST(PairsOnTheHost, OtherFunctionsAndShapes) {
  SmallGraph product({1, 4, 4, 3});
  product.Append(PairNode([](int a, int b) { return a * b / 127.0; }));
  EXPECT_TRUE(Lower(product.graph).at(0).on_host());
  SmallGraph pixel({1, 4, 4, 3});
  Node sum = PairNode([](int a, int b) { return 0.6137 * a + 0.4171 * b; });
  sum.inputs = {0, pixel.AveragePool(0, golden::GlobalWindow({1, 4, 4, 3}))};
  pixel.Append(sum);
  const std::vector<Segment> segments = Lower(pixel.graph);
  ASSERT_EQ(segments.size(), 2U);
  EXPECT_TRUE(segments[1].on_host());
}

TEST_P(Operators, Slices) {
  struct Case {
    Shape in;
    SliceLayer slice;
    size_t layers;
  };
  for (const Case& c :
       {Case{{1, 9, 8, 5}, {{2, 1, 0}, {4, 6, 5}, {1, 1, 1}}, 1},       // rows and columns
        Case{{1, 9, 8, 5}, {{1, 0, 0}, {3, 4, 5}, {3, 2, 1}}, 1},       // ... apart
        Case{{1, 4, 5, 32}, {{0, 0, 16}, {4, 5, 16}, {1, 1, 1}}, 1},    // a half of the channels
        Case{{1, 4, 5, 48}, {{0, 1, 8}, {4, 3, 24}, {1, 1, 1}}, 3},     // blocks of 8
        Case{{1, 4, 5, 12}, {{1, 2, 5}, {3, 2, 6}, {1, 1, 1}}, 1},      // channels anywhere
        Case{{1, 4, 5, 12}, {{0, 0, 1}, {2, 3, 4}, {2, 2, 3}}, 1},      // one of each three
        Case{{1, 4, 5, 12}, {{0, 0, 11}, {4, 5, 1}, {1, 1, 1}}, 1},     // one
        Case{{1, 1, 1, 100}, {{0, 0, 30}, {1, 1, 60}, {1, 1, 1}}, 6}})  // of a vector
    Check(c.in, {.op = Op::kSlice, .inputs = {0}, .slice = c.slice}, c.layers);
}

TEST_P(Operators, DepthToSpace) {
  for (const bool channel_first : {false, true})
    for (const auto& [in, block] : {std::pair(Shape{1, 4, 5, 12}, 2), std::pair(Shape{1, 3, 3, 36}, 2),
                                    std::pair(Shape{1, 3, 2, 27}, 3), std::pair(Shape{1, 2, 2, 4}, 2)})
      Check(in,
            {.op = Op::kDepthToSpace,
             .inputs = {0},
             .depth_to_space = {.block = block, .channel_first = channel_first}},
            size_t(block * block));
}

TEST_P(Operators, MirroredBorders) {
  for (const PadMode mode : {PadMode::kEdge, PadMode::kReflect, PadMode::kSymmetric}) {
    Check({1, 5, 6, 9}, {.op = Op::kPad, .inputs = {0}, .pad = {.pad = {1, 2, 2, 1}, .mode = mode}}, 16);
    Check({1, 4, 7, 3}, {.op = Op::kPad, .inputs = {0}, .pad = {.pad = {0, 0, 3, 3}, .mode = mode}}, 7);
  }
  SmallGraph wide({1, 9, 9, 2});
  wide.Append({.op = Op::kPad, .inputs = {0}, .pad = {.pad = {4, 4, 4, 4}, .mode = PadMode::kReflect}});
  EXPECT_TRUE(Lower(wide.graph).at(0).on_host());
}

TEST_P(Operators, Joins) {
  for (int axis = 0; axis < 3; axis++) {
    SmallGraph graph({1, 5, 6, 7});
    Node join{.op = Op::kConcat, .inputs = {0, graph.Conv(0, 7, Conv(3, 3, 1, 1, 1)), 0}};
    join.concat.axis = axis;
    join.concat.inputs = {TableNode([](int x) { return x; }).table,
                          TableNode([](int x) { return std::abs(x); }).table,
                          TableNode([](int x) { return 2 * x - 3; }).table};
    graph.Append(join);
    graph.Check(GetParam(), 2);
  }
}

// Outputs that are read, too, one that is the input, and the host between two starts: every tensor that the
// network gives or the host reads stays in memory.
TEST_P(Operators, SeveralOutputsAndTheHost) {
  SmallGraph graph({1, 6, 5, 4});
  const int conv = graph.Conv(0, 8, Conv(3, 3, 1, 1, 1));
  Node table = TableNode([](int x) { return std::abs(x); });
  table.inputs = {conv};
  const int activated = graph.Append(table);
  Node host{.op = Op::kHost, .inputs = {activated, conv}};
  host.host = {.what = "Xor", .shape = {1, 6, 5, 8}, .run = [](const std::vector<const TensorI8*>& in) {
                 TensorI8 out = *in.at(0);
                 for (size_t i = 0; i < out.data.size(); i++) out.data[i] ^= in.at(1)->data.at(i);
                 return out;
               }};
  const int mixed = graph.Append(host);
  const int last = graph.Add(graph.Conv(mixed, 8, Conv(1, 1)), activated);
  graph.graph.outputs = {{.tensor = last}, {.tensor = activated}, {.tensor = conv}, {.tensor = 0}};
  const std::vector<Segment> segments = Lower(graph.graph);
  ASSERT_EQ(segments.size(), 3U);
  EXPECT_EQ(segments[0].layers.size(), 2U);  // the convolution's outputs are an output: nothing is fused
  EXPECT_TRUE(segments[1].on_host());
  EXPECT_EQ(segments[2].layers.size(), 1U);

  const Config config = Config::Load(GetParam());
  TensorI8 x({2, 6, 5, 4});
  Random(3).Fill(x.data, false);
  BackendOptions options;
  options.engine = "golden";
  const NetworkResult expected = RunNetwork(graph.graph, x, MakeLayerBackend(options).get());
  options.engine = "rtl";
  options.config = GetParam();
  for (const bool keep_all : {false, true}) {
    const CompiledNetwork network = CompileNetwork(graph.graph, 2, config, {.keep_all = keep_all});
    for (const int tensor : {conv, activated}) EXPECT_TRUE(network.programs[0].outputs[size_t(tensor)]);
    EXPECT_TRUE(network.programs[2].outputs[size_t(last)]);
    EXPECT_EQ(MakeNetworkBackend(options, config)->Run(network, x).output, expected.output);
  }
}

}  // namespace
}  // namespace weft
