// SPDX-License-Identifier: Apache-2.0
// Operators that are cut in a way of their own: additions whose residual does not fit its buffer, and
// averages over padding. On the RTL, bit for bit against the golden model and cycle for cycle against the
// cycle model.
#include "tests/random_count.hpp"
#include "tests/sim/backends/small_graph.hpp"

namespace weft {
namespace {

class Residuals : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Configs, Residuals, testing::Values("2x2", "4x4"),
                         [](const auto& info) { return fmt::format("c{}", info.param); });

// Two convolutions of one input, and their sum.
TEST_P(Residuals, OfConvolutions) {
  struct Case {
    Shape in;
    int outputs;
    Window window;
  };
  for (const Case& c : {Case{{1, 4, 4, 8}, 512, Conv(4, 4)}, Case{{1, 1, 1, 32}, 2048, Conv(1, 1)},
                        Case{{1, 4, 200, 4}, 64, Conv(1, 1)}, Case{{1, 64, 64, 2}, 128, Conv(1, 1)},
                        Case{{1, 5, 6, 3}, 700, Conv(3, 3, 1, 1, 1)}, Case{{1, 3, 1, 8}, 1500, Conv(1, 1)}}) {
    SCOPED_TRACE(fmt::format("{}x{}x{}", c.in.h, c.in.w, c.outputs));
    SmallGraph sums(c.in);
    const int a = sums.Conv(0, c.outputs, c.window), b = sums.Conv(0, c.outputs, c.window);
    sums.Add(a, b);
    sums.Check(GetParam());
  }
}

// A reduction in pieces, and a pixel that is longer than the line buffer.
TEST_P(Residuals, OfPieces) {
  for (const Shape& in : {Shape{1, 3, 3, 1100}, Shape{1, 2, 2, 5000}}) {
    SCOPED_TRACE(fmt::format("{}x{}x{}", in.h, in.w, in.c));
    SmallGraph sums(in);
    const int a = sums.Conv(0, 40, Conv(2, 2)), b = sums.Conv(0, 40, Conv(2, 2));
    sums.Add(a, b);
    sums.Check(GetParam(), 2);
  }
  SmallGraph sums({1, 1, 1, 9});
  const int a = sums.Conv(0, 6000, Conv(1, 1)), b = sums.Conv(0, 6000, Conv(1, 1));
  sums.Add(sums.Add(a, b), a);
  sums.Check(GetParam(), 2);
}

// The input itself is the residual; so is a convolution's input that another layer reads, too.
TEST_P(Residuals, OfInputs) {
  for (const Shape& in : {Shape{1, 1, 1, 512}, Shape{1, 3, 50, 64}, Shape{1, 2, 2, 1030}}) {
    SCOPED_TRACE(fmt::format("{}x{}x{}", in.h, in.w, in.c));
    SmallGraph sums(in);
    const int a = sums.Conv(0, in.c, Conv(1, 1), in.c);
    sums.Add(sums.Add(0, a), a);
    sums.Check(GetParam());
  }
}

class Averages : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Configs, Averages, testing::Values("2x2", "4x4", "5x7", "8x8"),
                         [](const auto& info) { return fmt::format("c{}", info.param); });

Window Padded(int kh, int kw, int stride_h, int stride_w, const Padding& pad) {
  return {kh, kw, stride_h, stride_w, 1, 1, pad, true};
}

TEST_P(Averages, OverPadding) {
  struct Case {
    Shape in;
    Window window;
    size_t layers;
  };
  const Case cases[] = {
      {{1, 7, 9, 5}, Padded(3, 3, 1, 1, {1, 1, 1, 1}), 9},
      {{1, 11, 8, 3}, Padded(5, 5, 2, 2, {2, 2, 2, 2}), 9},
      {{1, 9, 9, 20}, Padded(5, 5, 1, 1, {2, 2, 2, 2}), 25},
      {{1, 6, 6, 4}, Padded(2, 2, 1, 1, {0, 1, 0, 1}), 4},  // SAME of TFLite
      {{1, 8, 8, 7}, Padded(3, 3, 2, 2, {0, 1, 0, 1}), 4},
      {{1, 9, 5, 1}, Padded(3, 1, 2, 1, {1, 1, 0, 0}), 3},   // one channel
      {{1, 2, 30, 6}, Padded(4, 3, 1, 1, {1, 2, 1, 1}), 6},  // higher than the map
      {{1, 1, 1, 9}, Padded(3, 3, 1, 1, {1, 1, 1, 1}), 1},   // one pixel, which counts alone
      {{1, 5, 5, 6}, Padded(3, 3, 3, 3, {1, 0, 1, 0}), 4},
  };
  for (const Case& c : cases)
    for (const int images : {1, 3}) {
      SCOPED_TRACE(fmt::format("{}x{}x{}, {}x{}", c.in.h, c.in.w, c.in.c, c.window.kh, c.window.kw));
      SmallGraph graph(c.in);
      graph.AveragePool(0, c.window);
      EXPECT_EQ(Lower(graph.graph).at(0).layers.size(), c.layers);
      graph.Check(GetParam(), images);
    }
}

// In the middle of a network, where what is around must wait for all of it.
TEST_P(Averages, BetweenOtherLayers) {
  SmallGraph graph({1, 8, 9, 4});
  const int a = graph.Conv(0, 10, Conv(3, 3, 1, 1, 1));
  const int pool = graph.AveragePool(a, Padded(3, 3, 1, 1, {1, 1, 1, 1}));
  graph.Add(pool, graph.Conv(pool, 10, Conv(1, 1)));
  graph.Check(GetParam(), 2);
}

TEST_P(Averages, Random) {
  const RandomCases cases = ShardOf(RandomCount(12));
  if (cases.count() == 0) GTEST_SKIP() << cases.Text();
  for (int64_t i = cases.first; i < cases.end && !HasFailure(); i++) {
    Random random(uint64_t(i) + 77);
    const Shape in{1, int(random.Int(1, 12)), int(random.Int(1, 12)), int(random.Int(1, 24))};
    const auto axis = [&](int size, int* filter, int* stride, int* before, int* after) {
      *filter = int(random.Int(1, 6));
      *stride = int(random.Int(1, 3));
      *before = int(random.Int(0, *filter - 1));
      *after = int(random.Int(std::max(0, *filter - size - *before), *filter - 1));
    };
    Window w;
    w.floor = true;
    axis(in.h, &w.kh, &w.stride_h, &w.pad.top, &w.pad.bottom);
    axis(in.w, &w.kw, &w.stride_w, &w.pad.left, &w.pad.right);
    SCOPED_TRACE(fmt::format("case {}", i));
    SmallGraph graph(in);
    graph.AveragePool(0, w);
    if (!Lower(graph.graph).at(0).on_host()) graph.Check(GetParam(), int(random.Int(1, 2)));
  }
}

// Too many regions, or windows whose factor would not be exact.
TEST(AverageRegions, OnTheHost) {
  SmallGraph many({1, 9, 9, 2});
  many.AveragePool(0, Padded(7, 7, 1, 1, {3, 3, 3, 3}));
  EXPECT_TRUE(Lower(many.graph).at(0).on_host());
  SmallGraph large({1, 60, 60, 1});
  large.AveragePool(0, Padded(50, 50, 9, 9, {1, 1, 1, 1}));
  EXPECT_TRUE(Lower(large.graph).at(0).on_host());
}

}  // namespace
}  // namespace weft
