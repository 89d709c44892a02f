// SPDX-License-Identifier: Apache-2.0
// Vertical interleaving: the layer that comes out computes the same outputs from the input that comes out.
#include <gtest/gtest.h>

#include "compiler/job.hpp"
#include "tests/random_layer.hpp"

namespace weft {
namespace {

TEST(Interleave, SameOutputs) {
  RandomLimits limits;
  limits.allow_groups = false;
  limits.max_filter = 7;
  int64_t outputs = 0;
  for (uint64_t seed = 1; seed <= 500; seed++) {
    const RandomLayer r = MakeRandomLayer(seed, limits);
    SCOPED_TRACE(Describe(r.in, r.layer));
    const ConvLayer layer = InterleaveLayer(r.layer);
    const TensorI8 input = InterleaveInput(r.layer, r.input);
    EXPECT_EQ(input.shape, InterleavedShape(r.layer, r.in));
    EXPECT_EQ(layer.window.kh, 1);
    const TensorI8 want = golden::Conv(r.input, r.layer);
    ASSERT_EQ(FirstDifference(want, golden::Conv(input, layer)), "");
    outputs += int64_t(want.data.size());
  }
  fmt::print("  {} outputs, 0 differences\n", outputs);
}

TEST(Interleave, OnlyWhereRunsAreShort) {
  const Config config{"8x8", 8, 8, 4, 65536, 131072, 8, 32};
  const auto needs = [&](int kh, int kw, int c, int dilation_w = 1, int groups = 1) {
    ConvLayer layer;
    layer.window = {kh, kw, 1, 1, 1, dilation_w, {}, false};
    layer.groups = groups;
    return NeedsInterleave(layer, {1, 9, 9, c}, config);
  };
  EXPECT_TRUE(needs(3, 3, 1));
  EXPECT_TRUE(needs(3, 7, 1));
  EXPECT_FALSE(needs(3, 8, 1)) << "a run fills the rows";
  EXPECT_FALSE(needs(1, 3, 1)) << "one line";
  EXPECT_FALSE(needs(3, 3, 3));
  EXPECT_TRUE(needs(3, 3, 3, 2)) << "with dilation a run is one pixel";
  EXPECT_FALSE(needs(3, 3, 4, 1, 4)) << "groups";
}

}  // namespace
}  // namespace weft
