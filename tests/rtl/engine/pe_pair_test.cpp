// SPDX-License-Identifier: Apache-2.0
// pe_pair: the products and sums of two columns out of one multiplier; both leave as acc0 and floor(sum /
// 2^9).
#include "models/pe_pair.hpp"

#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

constexpr uint32_t kValid = 1 << weft_pkg::CTL_VALID, kFirst = 1 << weft_pkg::CTL_FIRST,
                   kLast = 1 << weft_pkg::CTL_LAST, kShift = 1 << weft_pkg::CTL_SHIFT;
constexpr int kToDrain = weft_pkg::MULT_LATENCY + kLastToDrain;

// What weft_pkg::pair_weights makes of two weights.
uint32_t PairWeights(int wgt1, int wgt0) {
  return (uint32_t(wgt1) & 63) << 17 | (uint32_t(wgt1 - (wgt0 < 0 ? 1 : 0)) & 511) << 8 |
         (uint32_t(wgt0) & 255);
}

struct Sums {
  int64_t acc0 = 0, acc1 = 0;
  bool operator==(const Sums&) const = default;
};

// As systolic_array takes them at the top of the columns.
template <class P>
Sums Drained(const typename P::Model& m) {
  const int64_t acc0 = GetSigned(m.drain_o, 0, P::ACC_W);
  return {acc0, SignExtend(Get(m.drain_o, P::ACC_W, P::ACC_W) - uint64_t(acc0 >> 9), P::ACC_W)};
}

template <class P>
class PePair : public testing::Test {};
TYPED_TEST_SUITE(PePair, models::pe_pair, ParameterNames);

TYPED_TEST(PePair, PassesDataOn) {
  Testbench<TypeParam> m;
  Random random(1);
  std::deque<std::pair<uint32_t, uint32_t>> before;  // of the column to the right: two cycles later
  for (int t = 0; t < 1000; t++) {
    m->act_i = uint8_t(random.Int(0, 255));
    m->wgt_i = uint32_t(random.Int(0, (1 << weft_pkg::PAIR_WGT_W) - 1));
    m->ctl_i = uint8_t(random.Int(0, 15));
    before.emplace_back(m->act_i, m->ctl_i);
    m.Clock();
    ASSERT_EQ(m->wgt_o, m->wgt_i);
    if (before.size() < 2) continue;
    ASSERT_EQ(m->act_o, before.front().first);
    ASSERT_EQ(m->ctl_o, before.front().second);
    before.pop_front();
  }
}

// Every activation with every two weights, each a sum of its own, read from the drain register.
TYPED_TEST(PePair, EveryTwoProducts) {
  Testbench<TypeParam> m;
  std::array<Sums, kToDrain> due;
  int64_t compared = 0;
  m->ctl_i = kValid | kFirst | kLast;
  const auto multiply = [&](int act, int wgt1, int wgt0) {
    m->act_i = uint8_t(act);
    m->wgt_i = PairWeights(wgt1, wgt0);
    const auto at = size_t(compared % kToDrain);
    m.Clock();
    if (compared >= kToDrain - 1) {
      const Sums want = due[(at + 1) % kToDrain], got = Drained<TypeParam>(*m);
      ASSERT_EQ(got, want) << fmt::format("{} and {} wanted, {} and {} got", want.acc0, want.acc1, got.acc0,
                                          got.acc1);
    }
    due[at] = {act * wgt0, act * wgt1};
    compared++;
  };
  for (int act = -128; act < 128; act++)
    for (int wgt1 = -128; wgt1 < 128; wgt1++) {
      for (int wgt0 = -128; wgt0 < 128; wgt0++) multiply(act, wgt1, wgt0);
      if (testing::Test::HasFatalFailure()) return;
    }
  for (int i = 1; i < kToDrain; i++) multiply(0, 0, 0);  // the last ones come out
  Compared(fmt::format("{} pairs of products", compared - kToDrain + 1));
}

// Random control as in pe's test; a tile begins anew before acc0 could wrap, while acc1 wraps freely.
TYPED_TEST(PePair, SumsAndDrains) {
  constexpr int kWidth = TypeParam::ACC_W, kCycles = 100000;
  constexpr int64_t kMost = int64_t{1} << (kWidth - 1);
  int wraps = 0;
  for (const int busy : {100, 60, 10}) {
    SCOPED_TRACE(fmt::format("valid in {} % of the cycles", busy));
    Testbench<TypeParam> m;
    Random random{uint64_t(busy)};
    const auto operand = [&] { return random.Chance(3) ? -128 : int(random.Int(-128, 127)); };
    std::deque<Sums> products;
    Sums sums, drain;
    int64_t sum1 = 0;  // acc1 without a limit
    bool started = false, drained = false;
    uint32_t ctl_before = 0;
    for (int t = 0; t < kCycles; t++) {
      const int act = operand(), wgt0 = operand(), wgt1 = operand();
      m->act_i = uint8_t(act);
      m->wgt_i = PairWeights(wgt1, wgt0);
      products.push_back({act * wgt0, act * wgt1});
      Sums product;
      uint32_t ctl = 0;
      if (products.size() > weft_pkg::MULT_LATENCY) {
        product = products.front();
        products.pop_front();
        if (Active(random, busy)) {
          const bool full = std::abs(sums.acc0 + product.acc0) >= kMost;
          ctl = kValid | (!started || full || random.Chance(500) ? kFirst : 0U) |
                (random.Chance(10) ? kLast : 0U);
          started = true;
        }
      }
      if ((ctl & kLast) == 0 && random.Chance(5)) ctl |= kShift;
      m->ctl_i = uint8_t(ctl);
      const Sums below{SignExtend(uint64_t(random.Int(0, INT64_MAX)), kWidth),
                       SignExtend(uint64_t(random.Int(0, INT64_MAX)), kWidth)};
      Put(m->drain_i, 0, kWidth, uint64_t(below.acc0));
      Put(m->drain_i, kWidth, kWidth, uint64_t(below.acc1) + uint64_t(below.acc0 >> 9));
      m.Clock();
      // The drain register follows the control one cycle later than the multiplier.
      if ((ctl_before & kLast) != 0) drain = sums, drained = true;
      else if ((ctl_before & kShift) != 0) drain = below;
      if ((ctl & kValid) != 0) {
        const bool first = (ctl & kFirst) != 0;
        sum1 = (first ? 0 : sum1) + product.acc1;
        sums = {(first ? 0 : sums.acc0) + product.acc0, SignExtend(uint64_t(sum1), kWidth)};
        wraps += sum1 != sums.acc1;
      }
      ctl_before = ctl;
      if (drained) {
        ASSERT_EQ(Drained<TypeParam>(*m), drain) << "cycle " << t;
      }
    }
  }
  if (kWidth <= 20) {
    EXPECT_GT(wraps, 0);
  }
  Compared(fmt::format("{} cycles, {} with acc1 wrapped", 3 * kCycles, wraps));
}

}  // namespace
}  // namespace weft::rtl
