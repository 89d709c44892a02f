// SPDX-License-Identifier: Apache-2.0
// ram_fifo: a queue of DEPTH words and a few more; what is pushed can be popped QUEUE_LATENCY cycles later.
#include "models/ram_fifo.hpp"

#include "rtl/weft_pkg.hpp"
#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

template <class P>
class RamFifo : public testing::Test {};
TYPED_TEST_SUITE(RamFifo, models::ram_fifo, ParameterNames);

// A word is at the head from QUEUE_LATENCY cycles after its push on, and from the cycle after the pop before.
TYPED_TEST(RamFifo, EqualsAQueueWithItsLatency) {
  using P = TypeParam;
  int64_t popped = 0, full = 0, empty = 0;
  for (const Pattern pattern : kPatterns) {
    SCOPED_TRACE(ToString(pattern));
    Testbench<P> m;
    Random random(1);
    struct Word {
      uint64_t data;
      int time;
    };
    std::deque<Word> want;
    for (int t = 0; t < 10000; t++) {
      const bool there = !want.empty() && want.front().time <= t;
      ASSERT_EQ(m->valid_o, there) << "cycle " << t;
      ASSERT_EQ(m->empty_o, want.empty()) << "cycle " << t;
      ASSERT_LE(m->count_o, want.size()) << "cycle " << t;
      if (there) {
        ASSERT_EQ(m->data_o, want.front().data) << "cycle " << t;
      }
      full += m->count_o == P::DEPTH ? 1 : 0;
      empty += want.empty() ? 1 : 0;
      const bool push = m->count_o < P::DEPTH && Active(random, pattern.source);
      const bool pop = there && Active(random, pattern.sink);
      const uint64_t data = uint64_t(random.Int(0, INT64_MAX)) & Mask(P::WIDTH);
      m->push_i = push;
      m->pop_i = pop;
      m->data_i = data;
      m.Clock();
      if (pop) want.pop_front(), popped++;
      if (push) want.push_back({data, t + weft_pkg::QUEUE_LATENCY});
    }
  }
  EXPECT_GT(full, 100);
  EXPECT_GT(empty, 10);
  Compared(fmt::format("{} words popped, full in {} cycles, empty in {}", popped, full, empty));
}

TYPED_TEST(RamFifo, AssertsItsContract) {
  Testbench<TypeParam> m;
  m->pop_i = 1;
  EXPECT_THROW(m.Clock(), std::runtime_error) << "popped while empty";
  Testbench<TypeParam> full;
  full->push_i = 1;
  EXPECT_THROW(full.Clock(2 * TypeParam::DEPTH + 16), std::runtime_error) << "pushed while full";
}

}  // namespace
}  // namespace weft::rtl
