// SPDX-License-Identifier: Apache-2.0
// response_ring: bursts retire in the order of their issue, whatever the order of the responses across IDs.
#include "models/response_ring.hpp"

#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

template <class P>
class ResponseRing : public testing::Test {};
TYPED_TEST_SUITE(ResponseRing, models::response_ring, ParameterNames);

TYPED_TEST(ResponseRing, RetiresInOrder) {
  using P = TypeParam;
  struct Burst {
    int id;
    bool final, answered, fresh;
  };
  int64_t retired = 0, full = 0, overtaken = 0;
  for (const Pattern pattern : kPatterns) {
    SCOPED_TRACE(ToString(pattern));
    Testbench<P> m;
    Random random(1);
    std::deque<Burst> want;
    int64_t issued = 0;
    for (int t = 0; t < 10000; t++) {
      const bool issue = want.size() < P::SLOTS && Active(random, pattern.source);
      const bool final = random.Chance(4);
      // The oldest burst of each ID that has no response, and one of those; not the one of the last cycle.
      std::vector<size_t> open;
      std::vector<bool> seen(size_t{1} << P::ID_W);
      for (size_t i = 0; i < want.size(); i++) {
        if (want[i].answered || seen[size_t(want[i].id)]) continue;
        seen[size_t(want[i].id)] = true;
        if (!want[i].fresh) open.push_back(i);
      }
      const bool response = !open.empty() && Active(random, pattern.sink);
      const size_t which = response ? open[size_t(random.Int(0, int64_t(open.size()) - 1))] : 0;
      m->issue_i = issue;
      m->issue_final_i = final;
      m->response_i = response;
      if (response) m->response_id_i = want[which].id;
      m.Settle();
      ASSERT_EQ(m->full_o, want.size() == P::SLOTS) << "cycle " << t;
      ASSERT_EQ(m->idle_o, want.empty()) << "cycle " << t;
      const bool retire = !want.empty() && want.front().answered;
      ASSERT_EQ(m->retire_o, retire) << "cycle " << t;
      if (retire) {
        ASSERT_EQ(m->retire_final_o, want.front().final) << "cycle " << t;
      }
      const int id = int(issued % (1 << P::ID_W));
      ASSERT_EQ(m->issue_id_o, id) << "cycle " << t;
      m.Clock();
      full += want.size() == P::SLOTS;
      if (response) want[which].answered = true, overtaken += which > 0;
      if (retire) want.pop_front(), retired++;
      for (Burst& burst : want) burst.fresh = false;
      if (issue) want.push_back({id, final, false, true}), issued++;
    }
  }
  EXPECT_GT(full, 100);
  EXPECT_GT(overtaken, 1000);
  Compared(fmt::format("{} bursts, {} responses before an older one's, full in {} cycles", retired, overtaken,
                       full));
}

TYPED_TEST(ResponseRing, AssertsItsContract) {
  Testbench<TypeParam> m;
  m->issue_i = 0;
  m->response_i = 1, m->response_id_i = 0;
  EXPECT_THROW(m.Clock(), std::runtime_error) << "a response to nothing";
  Testbench<TypeParam> early;
  early->issue_i = 1;
  early->response_i = 0;
  early.Clock();
  early->issue_i = 0;
  early->response_i = 1, early->response_id_i = 0;
  EXPECT_THROW(early.Clock(), std::runtime_error) << "a response in the cycle after the issue";
  Testbench<TypeParam> full;
  full->issue_i = 1;
  full->response_i = 0;
  full.Clock(TypeParam::SLOTS);
  EXPECT_THROW(full.Clock(), std::runtime_error) << "one burst too many";
}

}  // namespace
}  // namespace weft::rtl
