// SPDX-License-Identifier: Apache-2.0
// accumulator: sum = (first ? 0 : acc) + add, modulo 2^WIDTH, kept if enabled; every sum of small ones,
// carries through all bits of wide ones.
#include "models/accumulator.hpp"

#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

template <class P>
class Accumulator : public testing::Test {};
TYPED_TEST_SUITE(Accumulator, models::accumulator, ParameterNames);

TYPED_TEST(Accumulator, Adds) {
  constexpr int kWidth = TypeParam::WIDTH;
  VerilatedContext context;
  typename TypeParam::Model m(&context);
  int64_t compared = 0;
  const auto clock = [&](bool enabled, bool first, uint64_t value) {  // a cycle; the sum before its edge
    m.en_i = enabled;
    m.first_i = first;
    Put(m.add_i, 0, kWidth, value);
    m.clk_i = 0;
    m.eval();
    const uint64_t sum = Get(m.sum_o, 0, kWidth);
    m.clk_i = 1;
    m.eval();
    return sum;
  };
  const auto add = [&](bool first, uint64_t acc, uint64_t value) {
    if (testing::Test::HasFailure()) return;  // the first difference is enough
    const uint64_t expected = ((first ? 0 : acc) + value) & Mask(kWidth);
    const std::string what = fmt::format("first {}, acc {:x}, add {:x}", first, acc, value);
    EXPECT_EQ(clock(true, true, acc), acc) << what;
    EXPECT_EQ(clock(false, first, value), expected) << what;
    EXPECT_EQ(Get(m.acc_o, 0, kWidth), acc) << what << ", not enabled";
    EXPECT_EQ(clock(true, first, value), expected) << what;
    EXPECT_EQ(Get(m.acc_o, 0, kWidth), expected) << what;
    compared++;
  };
  Random random(1);
  const auto operand = [&] {  // runs of ones and zeros
    const uint64_t bits = uint64_t(random.Int(0, INT64_MAX)) >> random.Int(0, 62);
    return (random.Chance(2) ? ~bits : bits) & Mask(kWidth);
  };
  for (const bool first : {false, true}) {
    if (kWidth <= 8) {
      for (uint64_t acc = 0; acc <= Mask(kWidth); acc++)
        for (uint64_t value = 0; value <= Mask(kWidth); value++) add(first, acc, value);
    } else {
      for (int i = 0; i < 100000; i++) add(first, operand(), operand());
    }
  }
  KeepCoverage(&context);
  Compared(fmt::format("{} sums", compared));
}

}  // namespace
}  // namespace weft::rtl
