// SPDX-License-Identifier: Apache-2.0
// drain: the sums of a tile leave LANES a cycle, row 0 first, lane l with the columns l*N .. l*N+N-1.
#include "models/drain.hpp"

#include "tests/rtl/engine/chains.hpp"
#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

template <class P>
class Drain : public testing::Test {};
TYPED_TEST_SUITE(Drain, models::drain, ParameterNames);

TYPED_TEST(Drain, EverySumLeavesOnceInOrder) {
  using P = TypeParam;
  constexpr int kSteps = P::COLS / P::LANES, kTiles = 2000;
  int64_t compared = 0;
  for (const int slack : {0, 1, 3, 50}) {  // cycles beyond N*ROWS from tile to tile, at most
    SCOPED_TRACE(fmt::format("slack {}", slack));
    Testbench<P> m;
    Random random{uint64_t(slack + 1)};
    Chains<P> chains;
    std::deque<std::vector<int64_t>> due;  // LANES sums each
    std::deque<int> ahead;                 // cycles in which sums were announced
    int wait = 5, tiles = 0, beat = 0;
    for (int t = 0; tiles < kTiles || !due.empty(); t++) {
      ASSERT_LT(t, kTiles * (kSteps * P::ROWS + slack) + 200) << "outputs are missing";
      const bool last = wait == 0 && tiles < kTiles;
      if (last) {
        std::vector<int64_t> sums(size_t(P::ROWS * P::COLS));
        for (int64_t& sum : sums) sum = SignExtend(uint64_t(random.Int(0, INT64_MAX)), P::ACC_W);
        chains.LoadNext(sums);
        for (int k = 0; k < P::ROWS; k++)
          for (int j = 0; j < kSteps; j++) {
            auto& lanes = due.emplace_back();
            for (int l = 0; l < P::LANES; l++) lanes.push_back(sums[size_t(k * P::COLS + l * kSteps + j)]);
          }
        wait = kSteps * P::ROWS + int(random.Int(0, slack));
        tiles++;
      }
      wait--;
      m->last_i = last;
      m.Settle();
      chains.Clock(last, m->shift_o);
      m.Clock();
      for (int c = 0; c < P::COLS; c++) Put(m->chain_i, P::ACC_W * c, P::ACC_W, uint64_t(chains.top(c)));
      m.Settle();
      if (m->ahead_valid_o) {
        const int row = beat / kSteps % P::ROWS, step = beat % kSteps;
        ASSERT_EQ(m->ahead_row_o, row) << "cycle " << t;
        ASSERT_EQ(m->ahead_step_o, step) << "cycle " << t;
        ASSERT_EQ(m->ahead_first_o, row == 0 && step == 0) << "cycle " << t;
        ahead.push_back(t);
        beat++;
      }
      if (!ahead.empty() && ahead.front() + kRecordLatency + kParamLatency == t) {  // what is read in between
        ahead.pop_front();
        ASSERT_FALSE(due.empty()) << "cycle " << t;
        for (int l = 0; l < P::LANES; l++, compared++)
          ASSERT_EQ(GetSigned(m->sums_o, P::ACC_W * l, P::ACC_W), due.front()[size_t(l)])
              << "cycle " << t << " lane " << l << ", " << due.size() << " beats before the end";
        due.pop_front();
      }
    }
    m.Clock(100);
    EXPECT_FALSE(m->ahead_valid_o);
    EXPECT_EQ(beat, kTiles * kSteps * P::ROWS);
  }
  Compared(fmt::format("{} sums", compared));
}

TYPED_TEST(Drain, AssertsThatTilesAreFarEnoughApart) {
  using P = TypeParam;
  Testbench<P> m;
  m->last_i = 1;
  m.Clock();
  m->last_i = 0;
  m.Clock(P::COLS / P::LANES * P::ROWS - 2);
  m->last_i = 1;
  EXPECT_THROW(m.Clock(), std::runtime_error);
}

}  // namespace
}  // namespace weft::rtl
