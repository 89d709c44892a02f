// SPDX-License-Identifier: Apache-2.0
// pe: acc += act * wgt; acc moves to the drain register after a last beat, the drain chain moves on a shift.
#include "models/pe.hpp"

#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

constexpr uint32_t kValid = 1 << weft_pkg::CTL_VALID, kFirst = 1 << weft_pkg::CTL_FIRST,
                   kLast = 1 << weft_pkg::CTL_LAST, kShift = 1 << weft_pkg::CTL_SHIFT;

template <class P>
class Pe : public testing::Test {};
TYPED_TEST_SUITE(Pe, models::pe, ParameterNames);

TYPED_TEST(Pe, PassesDataOnAfterOneCycle) {
  Testbench<TypeParam> m;
  Random random(1);
  for (int t = 0; t < 1000; t++) {
    m->act_i = uint8_t(random.Int(0, 255));
    m->wgt_i = uint8_t(random.Int(0, 255));
    m->ctl_i = uint8_t(random.Int(0, 15));
    m.Clock();
    ASSERT_EQ(m->act_o, m->act_i);
    ASSERT_EQ(m->wgt_o, m->wgt_i);
    ASSERT_EQ(m->ctl_o, m->ctl_i);
  }
}

// Every product, each a sum of its own, read from the drain register.
TYPED_TEST(Pe, EveryProduct) {
  Testbench<TypeParam> m;
  Pipeline<int64_t> sums(weft_pkg::MULT_LATENCY + kLastToDrain);
  m->ctl_i = kValid | kFirst | kLast;
  const auto multiply = [&](int act, int wgt) {
    m->act_i = uint8_t(act);
    m->wgt_i = uint8_t(wgt);
    sums.Expect(act * wgt);
    m.Clock();
    sums.Check([&] { return GetSigned(m->drain_o, 0, TypeParam::ACC_W); },
               [&](int64_t want, int64_t got) { return fmt::format("{} wanted, {} got", want, got); });
  };
  for (int act = -128; act < 128; act++)
    for (int wgt = -128; wgt < 128; wgt++) multiply(act, wgt);
  for (int i = 1; i < weft_pkg::MULT_LATENCY + kLastToDrain; i++) multiply(0, 0);  // the last ones come out
  Compared(fmt::format("{} products", sums.count()));
}

// Random control: tiles that begin with a first beat or go on from the tile before, gaps, shifts between.
TYPED_TEST(Pe, SumsAndDrains) {
  constexpr int kWidth = TypeParam::ACC_W, kCycles = 100000;
  for (const int busy : {100, 60, 10}) {
    SCOPED_TRACE(fmt::format("valid in {} % of the cycles", busy));
    Testbench<TypeParam> m;
    Random random{uint64_t(busy)};
    Pipeline<int> products(weft_pkg::MULT_LATENCY);
    std::deque<int> in_flight;
    int64_t acc = 0, drain = 0;
    bool started = false, drained = false;
    uint32_t ctl_before = 0;
    for (int t = 0; t < kCycles; t++) {
      const int act = int(random.Int(-128, 127)), wgt = int(random.Int(-128, 127));
      m->act_i = uint8_t(act);
      m->wgt_i = uint8_t(wgt);
      in_flight.push_back(act * wgt);
      uint32_t ctl = 0;
      if (t > weft_pkg::MULT_LATENCY && Active(random, busy)) {
        ctl = kValid | (!started || random.Chance(20) ? kFirst : 0U) | (random.Chance(10) ? kLast : 0U);
        started = true;
      }
      if ((ctl & kLast) == 0 && random.Chance(5)) ctl |= kShift;
      m->ctl_i = uint8_t(ctl);
      const uint64_t below = uint64_t(random.Int(0, INT64_MAX)) & Mask(kWidth);
      m->drain_i = uint32_t(below);
      m.Clock();
      // The drain register follows the control one cycle later than the accumulator.
      if ((ctl_before & kLast) != 0) drain = acc, drained = true;
      else if ((ctl_before & kShift) != 0) drain = SignExtend(below, kWidth);
      if (in_flight.size() > weft_pkg::MULT_LATENCY) {
        const int product = in_flight.front();
        in_flight.pop_front();
        if ((ctl & kValid) != 0)
          acc = SignExtend(uint64_t(((ctl & kFirst) != 0 ? 0 : acc) + product), kWidth);
      }
      ctl_before = ctl;
      if (drained) {
        ASSERT_EQ(GetSigned(m->drain_o, 0, kWidth), drain) << "cycle " << t;
      }
    }
  }
  Compared(fmt::format("{} cycles", 3 * kCycles));
}

}  // namespace
}  // namespace weft::rtl
