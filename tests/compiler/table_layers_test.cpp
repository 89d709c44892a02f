// SPDX-License-Identifier: Apache-2.0
// Tables as what the hardware computes: found where there is such a form, equal in every entry, and not found
// where there is none.
#include "compiler/table_layers.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "sw_model/golden/golden.hpp"
#include "tests/random_count.hpp"
#include "tests/random_layer.hpp"

namespace weft {
namespace {

int8_t Saturated(double y) { return int8_t(std::clamp(std::nearbyint(y), -128.0, 127.0)); }

TableI8 TableOf(const std::function<double(int)>& f) {
  TableI8 table{};
  for (int x = -128; x <= 127; x++) table[uint8_t(x)] = Saturated(f(x));
  return table;
}

std::vector<int8_t> PairsOf(const std::function<double(int, int)>& f) {
  std::vector<int8_t> table;
  for (int a = 0; a < 256; a++)
    for (int b = 0; b < 256; b++) table.push_back(Saturated(f(int8_t(a), int8_t(b))));
  return table;
}

// All pairs of codes, as two maps.
std::vector<int8_t> PairsOf(const SumLayer& sum) {
  TensorI8 a({1, 256, 256, 1}), b = a;
  for (size_t i = 0; i < a.data.size(); i++) {
    a.data[i] = int8_t(i / 256);
    b.data[i] = int8_t(i % 256);
  }
  return golden::Sum(a, b, sum).data;
}

TEST(FindRescale, EveryRescaleOfTflite) {
  const RandomCases cases = ShardOf(RandomCount(2000));
  if (cases.count() == 0) GTEST_SKIP() << cases.Text();
  for (int64_t seed = cases.first; seed < cases.end; seed++) {
    Random random(uint64_t(seed) + 1);
    const auto ratio = float(std::exp2(random.Real(-4, 4)));
    const int lo = int(random.Int(-128, 127)), hi = int(random.Int(lo, 127));
    const bool clamps = random.Chance(2);
    const TableI8 table = golden::RescaleTable(golden::MakeRescale(ratio, int(random.Int(-128, 127)), 1.0F,
                                                                   int(random.Int(-128, 127)),
                                                                   clamps ? lo : -128, clamps ? hi : 127));
    const auto found = FindRescale(table);
    ASSERT_TRUE(found) << "seed " << seed;
    ASSERT_EQ(golden::RescaleTable(*found), table) << "seed " << seed;
  }
}

// Rounded once, in float32.
TEST(FindRescale, NearlyEveryRescaleOfOnnx) {
  int found = 0;
  constexpr int kCount = 500;
  for (int seed = 0; seed < kCount; seed++) {
    Random random(uint64_t(seed) + 1);
    const auto ratio = float(std::exp2(random.Real(-4, 4)));
    const int zp_in = int(random.Int(-128, 127)), zp_out = int(random.Int(-128, 127));
    const TableI8 table =
        TableOf([&](int x) { return std::nearbyint(float(x - zp_in) * ratio) + float(zp_out); });
    const auto rescale = FindRescale(table);
    if (!rescale) continue;
    found++;
    ASSERT_EQ(golden::RescaleTable(*rescale), table) << "seed " << seed;
  }
  EXPECT_GT(found, kCount * 98 / 100);
}

TEST(FindRescale, NothingElse) {
  EXPECT_FALSE(FindRescale(TableOf([](int x) { return -x; })));
  EXPECT_FALSE(FindRescale(TableOf([](int x) { return std::abs(x); })));
  EXPECT_FALSE(FindRescale(TableOf([](int x) { return 127 * std::tanh(x / 50.0); })));
  EXPECT_FALSE(FindRescale(TableOf([](int x) { return x < 0 ? x / 10.0 : x; })));
  const auto constant = FindRescale(TableOf([](int) { return 7; }));
  ASSERT_TRUE(constant);
  EXPECT_EQ(golden::RescaleTable(*constant), TableOf([](int) { return 7; }));
}

TEST(SumOfTable, IsTheTable) {
  for (uint64_t seed = 0; seed < 20; seed++) {
    Random random(seed);
    const TableI8 table = TableOf([&](int) { return double(random.Int(-128, 127)); });
    const std::vector<int8_t> pairs = PairsOf(SumOfTable(table));
    for (size_t i = 0; i < pairs.size(); i++) ASSERT_EQ(pairs[i], table[i / 256]) << "seed " << seed;
  }
}

// rint(a*ra + (b*rb + fx)): sums and differences, with a clamp too.
TEST(FindSum, SumsInFloat) {
  const RandomCases cases = ShardOf(RandomCount(200));
  if (cases.count() == 0) GTEST_SKIP() << cases.Text();
  for (int64_t seed = cases.first; seed < cases.end; seed++) {
    Random random{uint64_t(seed)};
    const auto ra = float(std::exp2(random.Real(-4, 1))), sign = random.Chance(3) ? -1.0F : 1.0F;
    const float rb = sign * float(std::exp2(random.Real(-4, 1)));
    const float fx = float(random.Int(-128, 127)) -
                     (ra * float(random.Int(-128, 127)) + rb * float(random.Int(-128, 127)));
    const double least = random.Chance(3) ? double(random.Int(-128, 127)) : -128;
    const std::vector<int8_t> table = PairsOf([&](int a, int b) {
      const float second = float(b) * rb + fx, sum = float(a) * ra + second;
      return std::max<double>(std::nearbyint(sum), least);
    });
    const auto sum = FindSum(table);
    ASSERT_TRUE(sum) << "seed " << seed;
    ASSERT_EQ(PairsOf(*sum), table) << "seed " << seed;
  }
}

TEST(FindSum, SumsOfTflite) {
  for (uint64_t seed = 0; seed < 30; seed++) {
    Random random(seed);
    const AddLayer add =
        golden::MakeAdd(float(random.Real(0.1, 2)), int(random.Int(-128, 127)), float(random.Real(0.1, 2)),
                        int(random.Int(-128, 127)), float(random.Real(0.5, 2)), int(random.Int(-128, 127)));
    const std::vector<int8_t> table = PairsOf(golden::MakeSum(add));
    const auto sum = FindSum(table);
    ASSERT_TRUE(sum) << "seed " << seed;
    ASSERT_EQ(PairsOf(*sum), table) << "seed " << seed;
  }
}

// Powers of two meet halves again and again, which go to even.
TEST(FindSum, SumsOfPowersOfTwo) {
  for (const double ra : {1.0, 0.5, 0.25, 0.125})
    for (const double rb : {0.5, -0.5, 0.25, 2.0})
      for (const int zp : {-3, 0, 4}) {
        const std::vector<int8_t> table = PairsOf([&](int a, int b) { return a * ra + b * rb + zp; });
        const auto sum = FindSum(table);
        ASSERT_TRUE(sum) << ra << " " << rb;
        ASSERT_EQ(PairsOf(*sum), table) << ra << " " << rb;
      }
}

// Any two functions of one byte, below a common rounding.
TEST(FindSum, OfCurves) {
  const std::vector<int8_t> table =
      PairsOf([](int a, int b) { return 60.3 * std::sin(a / 30.0) + 0.01 * b * b - 40.7; });
  const auto sum = FindSum(table);
  ASSERT_TRUE(sum);
  EXPECT_EQ(PairsOf(*sum), table);
}

TEST(FindSum, NothingElse) {
  EXPECT_FALSE(FindSum(PairsOf([](int a, int b) { return a * b / 127.0; })));
  EXPECT_FALSE(FindSum(PairsOf([](int a, int b) { return (a + 128) * (b + 128) / 512.0 - 128; })));
  EXPECT_FALSE(FindSum(PairsOf([](int a, int b) { return std::max(a, b); })));
  EXPECT_FALSE(FindSum(PairsOf([](int a, int b) { return std::hypot(a, b) - 64; })));
}

}  // namespace
}  // namespace weft
