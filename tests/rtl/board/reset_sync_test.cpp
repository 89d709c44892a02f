// SPDX-License-Identifier: Apache-2.0
// reset_sync: 0 from the beginning, and at once, without a clock, when ok_i falls; 1 after CYCLES edges with
// ok_i.
#include "models/reset_sync.hpp"

#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

template <class P>
class ResetSync : public testing::Test {};
TYPED_TEST_SUITE(ResetSync, models::reset_sync, ParameterNames);

TYPED_TEST(ResetSync, FallsAtOnceAndRisesLater) {
  Testbench<TypeParam> m;
  Random random(1);
  m->ok_i = 0;
  m.Settle();
  for (int round = 0; round < 100; round++) {
    ASSERT_EQ(m->rst_no, 0) << "round " << round;
    m.Clock(random.Int(0, 3));
    ASSERT_EQ(m->rst_no, 0) << "round " << round;
    m->ok_i = 1;
    m.Settle();
    // Sometimes not long enough.
    const int cycles = random.Int(0, 2 * TypeParam::CYCLES);
    for (int i = 1; i <= cycles; i++) {
      m.Clock();
      ASSERT_EQ(m->rst_no, i >= TypeParam::CYCLES) << "round " << round << " edge " << i;
    }
    m->ok_i = 0;
    m.Settle();
  }
}

}  // namespace
}  // namespace weft::rtl
