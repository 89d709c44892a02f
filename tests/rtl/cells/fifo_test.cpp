// SPDX-License-Identifier: Apache-2.0
// fifo: a queue of DEPTH words; what is pushed can be popped from the next cycle on.
#include "models/fifo.hpp"

#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

template <class P>
class Fifo : public testing::Test {};
TYPED_TEST_SUITE(Fifo, models::fifo, ParameterNames);

TYPED_TEST(Fifo, EqualsAQueue) {
  using P = TypeParam;
  int64_t popped = 0, full = 0;
  for (const Pattern pattern : kPatterns) {
    SCOPED_TRACE(ToString(pattern));
    Testbench<P> m;
    Random random(1);
    std::deque<uint64_t> want;
    for (int t = 0; t < 10000; t++) {
      const bool push = want.size() < P::DEPTH && Active(random, pattern.source);
      const bool pop = !want.empty() && Active(random, pattern.sink);
      const uint64_t data = uint64_t(random.Int(0, INT64_MAX)) & Mask(P::WIDTH);
      m->push_i = push;
      m->pop_i = pop;
      m->data_i = data;
      m.Clock();
      if (pop) want.pop_front(), popped++;
      if (push) want.push_back(data);
      full += want.size() == P::DEPTH ? 1 : 0;
      ASSERT_EQ(m->valid_o, !want.empty()) << "cycle " << t;
      ASSERT_EQ(m->count_o, want.size()) << "cycle " << t;
      if (!want.empty()) {
        ASSERT_EQ(m->data_o, want.front()) << "cycle " << t;
      }
    }
  }
  EXPECT_GT(full, 100);
  Compared(fmt::format("{} words popped, full in {} cycles", popped, full));
}

TYPED_TEST(Fifo, AssertsItsContract) {
  Testbench<TypeParam> m;
  m->pop_i = 1;
  EXPECT_THROW(m.Clock(), std::runtime_error) << "popped while empty";
  Testbench<TypeParam> full;
  full->push_i = 1;
  full.Clock(TypeParam::DEPTH);
  EXPECT_THROW(full.Clock(), std::runtime_error) << "pushed while full";
}

}  // namespace
}  // namespace weft::rtl
