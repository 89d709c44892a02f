// SPDX-License-Identifier: Apache-2.0
// ONNX Runtime's rounding: the golden model's float32 against whole numbers (tests/reference.hpp).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "sw_model/error.hpp"
#include "sw_model/golden/golden.hpp"
#include "tests/random_layer.hpp"
#include "tests/reference.hpp"

namespace weft {
namespace {

constexpr int32_t kMin = std::numeric_limits<int32_t>::min(), kMax = std::numeric_limits<int32_t>::max();

void ExpectSameFloat32(int32_t acc, int32_t multiplier, int shift) {
  const int64_t want = reference::MultiplyFloat32(acc, multiplier, shift);
  const int64_t got = golden::MultiplyByFloatScale(acc, multiplier, shift);
  ASSERT_EQ(got, want) << fmt::format("acc {} multiplier {} shift {}", acc, multiplier, shift);
}

TEST(FloatScale, WorkedExamples) {
  const auto multiply = golden::MultiplyByFloatScale;
  EXPECT_EQ(multiply(7, 1 << 30, 0), 4);                          // 3.5 to even
  EXPECT_EQ(multiply(5, 1 << 30, 0), 2);                          // 2.5
  EXPECT_EQ(multiply(-5, 1 << 30, 0), -2);                        // -2.5
  EXPECT_EQ(multiply(1, 1 << 30, 0), 0);                          // 0.5
  EXPECT_EQ(multiply(3, 1 << 30, -1), 1);                         // 0.75
  EXPECT_EQ(multiply((1 << 24) + 1, 1 << 30, 1), 1 << 24);        // the sum has 25 bits
  EXPECT_EQ(multiply((1 << 24) + 3, 1 << 30, 1), (1 << 24) + 4);  // ... and goes to even
  EXPECT_EQ(multiply(kMax, 1 << 30, 1), kMax);                    // 2^31 saturates
  EXPECT_EQ(multiply(kMin, 1 << 30, 30), kMin);
  EXPECT_EQ(multiply(kMax, 1 << 30, -31), 0);  // exactly 1/2 once the sum is rounded
  EXPECT_EQ(multiply(kMax, (1 << 30) + 128, -31), 1);
  EXPECT_EQ(multiply(kMin, 0, 0), 0);
}

TEST(FloatScale, SumsAtTheEdgesOfFloat32) {
  for (int bits = 0; bits <= 31; ++bits)
    for (int64_t off = -300; off <= 300; ++off)
      for (const int64_t acc : {(int64_t{1} << bits) + off, -(int64_t{1} << bits) + off})
        for (const int32_t multiplier : {0, 1 << 30, (1 << 30) + 128, 0x55555580, kMax - 127})
          for (int shift = -31; shift <= 30; ++shift)
            if (acc >= kMin && acc <= kMax) ExpectSameFloat32(int32_t(acc), multiplier, shift);
}

TEST(FloatScale, AMillionAtRandom) {
  Random random(5);
  for (int i = 0; i < 1'000'000; ++i) {
    const auto acc = int32_t(random.Int(kMin, kMax) >> random.Int(0, 31));
    ExpectSameFloat32(acc, int32_t(random.Int(1 << 30, kMax)) / 128 * 128, int(random.Int(-31, 30)));
  }
}

// The multipliers around each place where the int8 result of a sum changes: products next to k + 1/2.
TEST(FloatScale, EveryBoundary) {
  Random random(6);
  for (int y = -129; y <= 128; ++y)
    for (int i = 0; i < 2000; ++i) {
      auto acc = int32_t(random.Int(1, kMax) >> random.Int(0, 30));
      if (acc == 0) continue;
      if (y < 0) acc = -acc;
      int32_t multiplier = 0;
      int shift = 0;
      golden::FloatMultiplier(float((y + 0.5) / acc), &multiplier, &shift);
      for (int off = -2; off <= 2; ++off)
        ExpectSameFloat32(acc, std::clamp(multiplier + 128 * off, 1 << 30, kMax - 127), shift);
    }
}

TEST(FloatScale, FloatMultiplier) {
  Random random(7);
  for (int i = 0; i < 100'000; ++i) {
    const auto scale = float(std::exp2(random.Real(-149, 29.9)));
    int32_t multiplier = -1;
    int shift = -1;
    golden::FloatMultiplier(scale, &multiplier, &shift);
    if (scale >= 0x1p-32F) {
      ASSERT_EQ(std::ldexp(float(multiplier), shift - 31), scale);
      ASSERT_TRUE(multiplier >= 1 << 30 && multiplier % 128 == 0) << multiplier;
      ASSERT_TRUE(shift >= -31 && shift <= 30) << shift;
    } else {  // no sum reaches a half
      ASSERT_EQ(multiplier, 0);
      ASSERT_EQ(std::nearbyint(-0x1p31F * scale), 0);
    }
  }
}

TEST(FloatScale, RefusesMultipliersOfOtherBits) {
  ConvLayer layer;
  layer.filters = TensorI8({2, 1, 1, 1});
  layer.bias = {0, 0};
  layer.requant = {.rounding = Rounding::kOnnx, .multiplier = {1 << 30, 0}, .shift = {0, 0}};
  golden::Check({1, 1, 1, 1}, layer);
  for (const int32_t multiplier : {1, 128, (1 << 30) - 128, (1 << 30) + 64, kMax}) {
    layer.requant.multiplier[1] = multiplier;
    try {
      golden::Check({1, 1, 1, 1}, layer);
      ADD_FAILURE() << "accepted: " << multiplier;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(),
                  testing::HasSubstr("the multiplier of channel 1 is " + std::to_string(multiplier)));
    }
  }
}

}  // namespace
}  // namespace weft
