// SPDX-License-Identifier: Apache-2.0
// delay: q(t) = d(t - CYCLES), zero until then.
#include "models/delay.hpp"

#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

template <class P>
class Delay : public testing::Test {};
TYPED_TEST_SUITE(Delay, models::delay, ParameterNames);

TYPED_TEST(Delay, EveryValueComesLater) {
  using P = TypeParam;
  constexpr int kCount = 10000;
  Testbench<P> m;
  Random random(1);
  std::vector<uint64_t> d(kCount);
  for (int t = 0; t < kCount; t++) {
    d[size_t(t)] = uint64_t(random.Int(INT64_MIN / 2, INT64_MAX / 2)) & Mask(P::WIDTH);
    m->d_i = d[size_t(t)];
    m.Settle();
    if (P::RESET || t >= P::CYCLES) {
      ASSERT_EQ(m->q_o, t < P::CYCLES ? 0 : d[size_t(t - P::CYCLES)]) << "cycle " << t;
    }
    m.Clock();
  }
  Compared(fmt::format("{} values", kCount));
}

TYPED_TEST(Delay, DelaysAgainAfterAReset) {
  using P = TypeParam;
  Testbench<P> m;
  m->d_i = Mask(P::WIDTH);
  m.Clock(P::CYCLES + 1);
  ASSERT_EQ(m->q_o, Mask(P::WIDTH));
  m.Reset();
  for (int t = 0; t < 3 * P::CYCLES; t++, m.Clock()) {
    m->d_i = uint64_t(t) & Mask(P::WIDTH);
    m.Settle();
    if (P::RESET && t < P::CYCLES) {
      ASSERT_EQ(m->q_o, 0U) << "cycle " << t;  // all stages are cleared
    }
    if (t >= P::CYCLES) {
      ASSERT_EQ(m->q_o, uint64_t(t - P::CYCLES) & Mask(P::WIDTH)) << "cycle " << t;
    }
  }
}

}  // namespace
}  // namespace weft::rtl
