// SPDX-License-Identifier: Apache-2.0
// inner_ends: which loops of a nest step, for all combinations of last turns.
#include "models/inner_ends.hpp"

#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

template <class P>
class InnerEnds : public testing::Test {};
TYPED_TEST_SUITE(InnerEnds, models::inner_ends, ParameterNames);

TYPED_TEST(InnerEnds, TellsWhichLoopsHaveAllInnerOnesAtTheirEnds) {
  using P = TypeParam;
  VerilatedContext context;
  typename P::Model m(&context);  // without a clock, so not in a Testbench
  for (uint64_t i = 0; i <= Mask(P::LOOPS) + 1; i++) {
    const auto last = uint32_t(i & Mask(P::LOOPS));
    m.last_i = decltype(m.last_i)(last);
    m.eval();
    for (int n = 0; n <= P::LOOPS; n++)
      ASSERT_EQ(m.inner_o >> n & 1, (last & Mask(n)) == Mask(n)) << "loop " << n << ", last turns " << last;
  }
  m.final();
  KeepCoverage(&context);
}

}  // namespace
}  // namespace weft::rtl
