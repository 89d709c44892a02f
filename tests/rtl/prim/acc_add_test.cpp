// SPDX-License-Identifier: Apache-2.0
// acc_add: sum = (first ? 0 : acc) + add, modulo 2^WIDTH; every sum of small ones, carries through all bits
// of wide ones.
#include "models/acc_add.hpp"

#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

template <class P>
class AccAdd : public testing::Test {};
TYPED_TEST_SUITE(AccAdd, models::acc_add, ParameterNames);

TYPED_TEST(AccAdd, Adds) {
  constexpr int kWidth = TypeParam::WIDTH;
  VerilatedContext context;
  typename TypeParam::Model m(&context);
  int64_t compared = 0;
  const auto add = [&](bool first, uint64_t acc, uint64_t value) {
    m.first_i = first;
    Put(m.acc_i, 0, kWidth, acc);
    Put(m.add_i, 0, kWidth, value);
    m.eval();
    if (testing::Test::HasFailure()) return;  // the first difference is enough
    EXPECT_EQ(Get(m.sum_o, 0, kWidth), ((first ? 0 : acc) + value) & Mask(kWidth))
        << fmt::format("first {}, acc {:x}, add {:x}", first, acc, value);
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
