// SPDX-License-Identifier: Apache-2.0
// cycle_counters: one counter a cause, idle PE cycles whenever they come, only while count_i is high.
#include "models/cycle_counters.hpp"

#include "sw_model/causes.hpp"
#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

static_assert(int{kMac} == weft_pkg::CAUSE_MAC && int{kFill} == weft_pkg::CAUSE_FILL &&
              int{kDrain} == weft_pkg::CAUSE_DRAIN && int{kWaitLines} == weft_pkg::CAUSE_LINES &&
              int{kWaitWeights} == weft_pkg::CAUSE_WEIGHTS && int{kStore} == weft_pkg::CAUSE_STORE &&
              int{kEdge} == weft_pkg::CAUSE_EDGE && int{kFeed} == weft_pkg::CAUSE_FEED &&
              int{kCauses} == weft_pkg::CAUSES);

template <class P>
class CycleCounters : public testing::Test {};
TYPED_TEST_SUITE(CycleCounters, models::cycle_counters, ParameterNames);

TYPED_TEST(CycleCounters, CountEveryCycleOnce) {
  constexpr int kCycles = 50000;
  Testbench<TypeParam> m;
  Random random(1);
  CauseCounts want{};
  int64_t total = 0;
  for (int t = 0; t < kCycles; t++) {
    auto cause = int(random.Int(0, kCauses - 1));
    if (cause == kEdge) cause = kMac;
    const int edge = random.Chance(2) ? int(random.Int(0, 127)) : 0;  // of an earlier beat: at any cause
    m->count_i = random.Chance(2);
    m->cause_i = uint8_t(cause);
    m->edge_i = uint8_t(edge);
    if (m->count_i) {
      want[size_t(cause)]++;
      want[kEdge] += edge;
      total++;
    }
    m.Clock();
    for (int i = 0; i < kCauses; i++)
      ASSERT_EQ(Get(m->counts_o, weft_pkg::COUNT_W * i, weft_pkg::COUNT_W), want[size_t(i)])
          << kCauseNames[i] << " cycle " << t;
  }
  int64_t sum = 0;
  for (int i = 0; i < kCauses; i++) sum += i == kEdge ? 0 : want[size_t(i)];
  EXPECT_EQ(sum, total);
  m.Reset();
  for (int i = 0; i < kCauses; i++) EXPECT_EQ(Get(m->counts_o, weft_pkg::COUNT_W * i, weft_pkg::COUNT_W), 0U);
  Compared(fmt::format("{} counts", kCycles * kCauses));
}

}  // namespace
}  // namespace weft::rtl
