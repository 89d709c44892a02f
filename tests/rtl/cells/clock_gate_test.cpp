// SPDX-License-Identifier: Apache-2.0
// clock_gate: an edge of clk_o for every edge of clk_i with wake_i or reset at most CYCLES cycles ago, and no
// other.
#include "models/clock_gate.hpp"

#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

template <class P>
class ClockGate : public testing::Test {};
TYPED_TEST_SUITE(ClockGate, models::clock_gate, ParameterNames);

TYPED_TEST(ClockGate, RunsWhileAwakeAndSomeCyclesLonger) {
  using P = TypeParam;
  constexpr int kCount = 10000;
  Testbench<P> m;
  Random random(1);
  int asleep = 0;  // cycles since wake_i or reset
  int edges = 0;
  for (int t = 0; t < kCount; t++) {
    m->rst_ni = random.Int(0, 99) != 0;
    m->wake_i = random.Int(0, 2 * P::CYCLES) == 0;
    asleep = m->wake_i || !m->rst_ni ? 0 : asleep + 1;
    m.Settle();
    ASSERT_EQ(m->clk_o, 0) << "cycle " << t;
    m->clk_i = 1;
    m.Settle();
    ASSERT_EQ(m->clk_o, asleep <= P::CYCLES) << "cycle " << t;
    m->wake_i = !m->wake_i;  // too late: no edge but that of clk_i
    m.Settle();
    ASSERT_EQ(m->clk_o, asleep <= P::CYCLES) << "cycle " << t;
    m->wake_i = !m->wake_i;
    edges += m->clk_o;
    m->clk_i = 0;
    m.Settle();
  }
  Compared(fmt::format("{} cycles, {} with an edge", kCount, edges));
}

}  // namespace
}  // namespace weft::rtl
