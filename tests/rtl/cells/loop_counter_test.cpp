// SPDX-License-Identifier: Apache-2.0
// loop_counter: tells the last turn of a loop, turn after turn and loop after loop.
#include "models/loop_counter.hpp"

#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

template <class P>
class LoopCounter : public testing::Test {};
TYPED_TEST_SUITE(LoopCounter, models::loop_counter, ParameterNames);

TYPED_TEST(LoopCounter, TellsTheLastTurnOfEveryLoop) {
  using P = TypeParam;
  constexpr int kCycles = 100000;
  constexpr auto kLongest = int64_t(Mask(P::WIDTH));
  int64_t compared = 0, loops = 0;
  for (const int percent : {100, 50, 10}) {  // cycles with a step
    SCOPED_TRACE(fmt::format("steps in {} %", percent));
    Testbench<P> m;
    Random random{uint64_t(percent)};
    int64_t last = 0, turn = 0;
    bool load = true;
    for (int t = 0; t < kCycles; t++) {
      // Another length also before the loop is done, and for some cycles, of which the last one counts.
      if (load) last = random.Int(0, random.Chance(8) ? kLongest : std::min<int64_t>(kLongest, 9));
      m->load_i = load;
      m->step_i = Active(random, percent);
      m->last_index_i = decltype(m->last_index_i)(last);
      if (load) {
        turn = 0;
      } else if (m->step_i) {
        loops += turn == last;
        turn = turn == last ? 0 : turn + 1;
      }
      m.Clock();
      ASSERT_EQ(m->last_o, turn == last) << "cycle " << t << " turn " << turn << " of 0 .. " << last;
      compared++;
      load = random.Chance(load ? 2 : 100);
    }
  }
  EXPECT_GT(loops, 1000);
  Compared(fmt::format("{} cycles, {} loops", compared, loops));
}

TYPED_TEST(LoopCounter, RunsTheLongestLoop) {
  using P = TypeParam;
  constexpr auto kLongest = int64_t(Mask(P::WIDTH));
  Testbench<P> m;
  m->load_i = 1;
  m->step_i = 0;
  m->last_index_i = decltype(m->last_index_i)(kLongest);
  m.Clock();
  m->load_i = 0;
  m->step_i = 1;
  for (int loop = 0; loop < 2; loop++)
    for (int64_t turn = 0; turn <= kLongest; turn++, m.Clock())
      ASSERT_EQ(m->last_o, turn == kLongest) << "loop " << loop << " turn " << turn;
}

}  // namespace
}  // namespace weft::rtl
