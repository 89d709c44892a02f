// SPDX-License-Identifier: Apache-2.0
// The whole engine: random layers, layers that must be cut into jobs, every kind of window, under random
// memories and pauses, bit for bit against the golden model and cycle for cycle against the cycle model.
#include "sw_model/error.hpp"
#include "tests/random_count.hpp"
#include "tests/sim/backends/engine_check.hpp"

namespace weft {
namespace {

class Engine : public testing::TestWithParam<const char*> {
 protected:
  void TearDown() override {
    if (!HasFailure() && !IsSkipped()) fmt::print("  {}: {}\n", GetParam(), check_.tally().Text());
  }
  [[nodiscard]] const Config& config() const { return check_.config(); }
  // Sizes that take a few thousand cycles on an array of this size.
  [[nodiscard]] RandomLimits Small() const {
    RandomLimits limits;
    limits.max_h = limits.max_w = config().rows * config().cols < 30 ? 6 : 9;
    limits.max_c = 5 + config().cols / 4;
    limits.max_k = 2 * config().cols + 1;
    limits.max_filter = 4;
    limits.allow_pool_pad = false;
    return limits;
  }
  EngineCheck check_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Configs, Engine, testing::Values("2x2", "4x4", "5x7", "8x8", "8x16"),
                         [](const auto& info) { return fmt::format("c{}", info.param); });

TEST_P(Engine, RandomLayers) {
  const RandomCases cases = ShardOf(RandomLayers(2000));
  if (cases.count() == 0) GTEST_SKIP() << cases.Text();
  for (int64_t i = cases.first; i < cases.end && !HasFailure(); i++) {
    const auto seed = uint64_t(i) + 1;
    Random random(seed + 1000000);
    const Memory memory = RandomMemory(random, config());
    RandomLimits limits = Small();
    if (cases.all > 1000 && random.Chance(10)) {
      limits = RandomLimits{};
      limits.allow_pool_pad = false;
    }
    const RandomLayer r = MakeRandomLayer(seed, limits);
    check_.interleave = !random.Chance(4);
    check_.use_reference = random.Chance(4);
    check_.Run(r.input, r.layer, memory, 0, seed);
  }
}

TEST_P(Engine, RandomLayersWithPauses) {
  const RandomCases cases = ShardOf(RandomLayers(2000) / 10);
  if (cases.count() == 0) GTEST_SKIP() << cases.Text();
  for (int64_t i = cases.first; i < cases.end && !HasFailure(); i++)
    for (const double stalls : {0.1, 0.5, 0.9}) {
      const auto seed = uint64_t(i + 5000001);
      Random random(seed);
      const Memory memory = RandomMemory(random, config());
      const RandomLayer r = MakeRandomLayer(seed, Small());
      check_.interleave = !random.Chance(4);
      check_.Run(r.input, r.layer, memory, stalls, seed);
    }
}

TEST_P(Engine, EveryKindOfLayer) {
  const LayerSpec specs[] = {
      {"1x1", {1, 6, 6, 9}, 10, Conv(1, 1)},
      {"fully connected", {1, 1, 1, 200}, 33, Conv(1, 1)},
      {"filter as large as the map", {2, 5, 4, 6}, 11, Conv(5, 4)},
      {"pad 1 keeps 7x7", {1, 7, 7, 5}, 6, Conv(3, 3, 1, 1, 1)},
      {"1x7", {1, 3, 12, 5}, 9, Conv(1, 7)},
      {"7x1", {1, 12, 3, 5}, 9, Conv(7, 1)},
      {"1x13 of one channel", {1, 2, 30, 1}, 4, Conv(1, 13)},
      {"11x11 stride 4", {1, 23, 23, 3}, 8, Conv(11, 11, 4, 4)},
      {"11x11 wider than the map", {1, 6, 6, 2}, 5, Conv(11, 11, 1, 1, 5)},
      {"stride 1x4", {1, 7, 13, 5}, 6, Conv(3, 3, 1, 4)},
      {"stride 4x1", {1, 13, 7, 5}, 6, Conv(3, 3, 4, 1)},
      {"stride 2x3", {1, 11, 11, 4}, 6, Conv(3, 3, 2, 3, 1)},
      {"stride 3 beyond the filter", {1, 12, 12, 4}, 6, Conv(2, 2, 3, 3)},
      {"dilation 2", {1, 10, 10, 4}, 6, Conv(3, 3, 1, 1, 2, 2, 2)},
      {"dilation 3x1", {1, 10, 7, 4}, 6, Conv(3, 3, 1, 1, 1, 3, 1)},
      {"dilation 1x3", {1, 7, 10, 4}, 6, Conv(3, 3, 1, 1, 1, 1, 3)},
      {"batch of 5", {5, 5, 4, 3}, 7, Conv(3, 3, 1, 1, 1)},
      {"batch of 9 pixels", {9, 1, 1, 40}, 12, Conv(1, 1)},
      {"groups of 2", {1, 6, 6, 8}, 12, Conv(3, 3, 1, 1, 1), 4},
      {"2 groups of many channels", {1, 4, 4, 40}, 40, Conv(3, 3), 2},
      {"depthwise", {1, 8, 8, 19}, 19, Conv(3, 3, 1, 1, 1), 19},
      {"depthwise, 2 a channel", {2, 6, 6, 7}, 14, Conv(3, 3, 2, 2, 1), 7},
      {"max-pool 2x2", {1, 8, 8, 5}, 6, Conv(3, 3, 1, 1, 1), 1, Pool(2, 2)},
      {"max-pool 3x3", {1, 9, 9, 5}, 6, Conv(3, 3, 1, 1, 1), 1, Pool(3, 3)},
      {"max-pool 3x3 stride 2", {2, 9, 9, 5}, 6, Conv(3, 3, 1, 1, 1), 1, Pool(3, 2)},
      {"max-pool 3x3 stride 2, many channels", {1, 7, 7, 5}, 50, Conv(3, 3, 1, 1, 1), 1, Pool(3, 2)},
      {"max-pool 2x2 stride 1", {1, 6, 6, 5}, 6, Conv(1, 1), 1, Pool(2, 1)},
      {"max-pool 1x1 stride 2", {1, 6, 6, 5}, 6, Conv(3, 3), 1, Pool(1, 2)},
      {"max-pool of a depthwise layer", {1, 8, 8, 9}, 9, Conv(3, 3, 1, 1, 1), 9, Pool(2, 2)},
      {"one pixel, one channel", {1, 1, 1, 1}, 1, Conv(1, 1)},
      {"all padding but one tap", {1, 1, 1, 3}, 5, Conv(3, 3, 1, 1, 2)},
  };
  check_.use_reference = true;
  for (const LayerSpec& spec : specs)
    for (uint64_t seed = 1; seed <= 3; seed++) {
      const RandomLayer r = MakeLayer(spec, seed);
      Random random(seed);
      check_.interleave = seed != 2;
      check_.Run(r.input, r.layer, RandomMemory(random, config()), seed == 3 ? 0.3 : 0.0, seed);
    }
}

// Layers that the small buffers hold only in parts.
class SmallBuffers : public Engine {};
INSTANTIATE_TEST_SUITE_P(Configs, SmallBuffers, testing::Values("2x2", "5x7"),
                         [](const auto& info) { return fmt::format("c{}", info.param); });

TEST_P(SmallBuffers, BandsSplitsAndPieces) {
  const int bytes = config().line_buffer_bytes, words = config().WeightWords(), cols = config().cols;
  const LayerSpec specs[] = {
      {"bands", {1, 4, 96, bytes / 128}, cols, Conv(3, 3, 1, 1, 1)},
      {"bands of a batch, pooled", {2, 6, 52, bytes / 128}, cols, Conv(2, 2), 1, Pool(2, 2)},
      {"splits", {1, 3, 3, words / 12}, 8 * cols + 1, Conv(2, 2)},
      {"splits, window across tiles", {1, 4, 4, 8}, 3 * cols, Conv(1, 1), 1, Pool(3, 1)},
      {"bands and splits", {1, 3, 80, bytes / 128}, 20 * cols, Conv(3, 3, 2, 2)},
      {"pieces: filter rows", {1, 4, 4, words / 8}, cols + 1, Conv(3, 3, 1, 1, 1)},
      {"pieces: filter rows, stride and dilation", {2, 7, 7, words / 8}, cols, Conv(3, 3, 2, 2, 1, 2, 2)},
      {"pieces: channels", {1, 2, 2, words + 5}, cols + 1, Conv(2, 2, 1, 1, 1)},
      {"pieces: fully connected", {1, 1, 1, 3 * words}, 2 * cols, Conv(1, 1)},
      {"pieces, pooled", {1, 4, 4, words / 4 + 3}, cols, Conv(3, 3, 1, 1, 1), 1, Pool(2, 2)},
      {"pieces: channels, pooled", {1, 3, 3, words + 1}, 2, Conv(2, 2), 1, Pool(2, 2)},
      {"pieces, max-pool 1x1 stride 2", {1, 3, 5, words + 1}, 2, Conv(1, 1), 1, Pool(1, 2)},
      {"pieces of groups", {1, 3, 3, 2 * words}, 2 * cols, Conv(2, 2), 2},
      {"depthwise, a pixel longer than the lines", {1, 2, 1, bytes + 8}, bytes + 8, Conv(1, 1), bytes + 8},
      {"... and padding", {1, 1, 1, bytes + 8}, bytes + 8, Conv(2, 1, 1, 1, 1), bytes + 8},
  };
  for (const LayerSpec& spec : specs)
    for (uint64_t seed = 1; seed <= 2; seed++) {
      const RandomLayer r = MakeLayer(spec, seed);
      Random random(seed);
      check_.Run(r.input, r.layer,
                 seed == 1 ? Memory{config().bus_bytes, 40} : RandomMemory(random, config()),
                 seed == 2 ? 0.2 : 0.0, seed);
    }
  EXPECT_GE(check_.tally().bands, 4);
  EXPECT_GE(check_.tally().splits, 4);
  EXPECT_GE(check_.tally().pieces, 8);
  fmt::print(
      "  {} layers in bands of columns, {} in several jobs of channels, {} in pieces of the reduction\n",
      check_.tally().bands, check_.tally().splits, check_.tally().pieces);
}

// ---- the worked examples of CS231n
// ------------------------------------------------------------------------------

class Lecture : public testing::Test {
 protected:
  // multiplier 2^30 and shift 1 are the factor 1: the output is acc, saturated
  static ConvLayer Plain(int k, int filter, int channels, const Window& window) {
    ConvLayer layer;
    layer.name = "lecture";
    layer.filters = TensorI8({k, filter, filter, channels}, 1);
    layer.bias.assign(size_t(k), 0);
    layer.window = window;
    layer.requant.multiplier.assign(size_t(k), 1 << 30);
    layer.requant.shift.assign(size_t(k), 1);
    return layer;
  }
  TensorI8 Run(const TensorI8& in, const ConvLayer& layer) { return check_.Run(in, layer, {8, 40}); }
  EngineCheck check_{"8x8"};
};

TEST_F(Lecture, SixFiltersOfFiveByFive) {
  EXPECT_EQ(Run(TensorI8({1, 32, 32, 3}, 1), Plain(6, 5, 3, Conv(5, 5))), TensorI8({1, 28, 28, 6}, 75));
}

TEST_F(Lecture, ThreeByThreeOnSevenBySeven) {
  const TensorI8 in({1, 7, 7, 1}, 2);
  Window window = Conv(3, 3);
  window.floor = false;
  EXPECT_EQ(Run(in, Plain(1, 3, 1, window)), TensorI8({1, 5, 5, 1}, 18));
  window.stride_h = window.stride_w = 2;
  EXPECT_EQ(Run(in, Plain(1, 3, 1, window)), TensorI8({1, 3, 3, 1}, 18));
  window.stride_h = window.stride_w = 3;
  EXPECT_THROW(Run(in, Plain(1, 3, 1, window)), Error);
  const TensorI8 same = Run(in, Plain(1, 3, 1, Conv(3, 3, 1, 1, 1)));
  EXPECT_EQ(same.shape, (Shape{1, 7, 7, 1}));
  EXPECT_EQ(same.at(0, 0, 0, 0), 8);
  EXPECT_EQ(same.at(0, 0, 3, 0), 12);
  EXPECT_EQ(same.at(0, 3, 3, 0), 18);
}

TEST_F(Lecture, TenFiltersHave760Parameters) {
  const ConvLayer layer = Plain(10, 5, 3, Conv(5, 5, 1, 1, 2));
  EXPECT_EQ(golden::Parameters(layer), 760);
  EXPECT_EQ(Run(TensorI8({1, 32, 32, 3}, 1), layer).shape, (Shape{1, 32, 32, 10}));
}

TEST_F(Lecture, OneByOneConvolution) {
  EXPECT_EQ(Run(TensorI8({1, 56, 56, 64}, 1), Plain(32, 1, 64, Conv(1, 1))), TensorI8({1, 56, 56, 32}, 64));
}

TEST_F(Lecture, MaxPoolOfFourByFour) {
  TensorI8 in({1, 4, 4, 1}), want({1, 2, 2, 1});
  in.data = {1, 1, 2, 4, 5, 6, 7, 8, 3, 2, 1, 0, 1, 2, 3, 4};
  want.data = {6, 8, 3, 4};
  ConvLayer layer = Plain(1, 1, 1, Conv(1, 1));
  layer.max_pool = Pool(2, 2);
  EXPECT_EQ(Run(in, layer), want);
}

}  // namespace
}  // namespace weft
