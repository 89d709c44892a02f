// SPDX-License-Identifier: Apache-2.0
// systolic_array: acc(r,c) = sum over t of act[r][t] * wgt[t][c]; row k of the sums is at the top of the
// drain chains after k shifts, column c c cycles after column 0.
#include "models/systolic_array.hpp"

#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

template <class P>
class SystolicArray : public testing::Test {};
TYPED_TEST_SUITE(SystolicArray, models::systolic_array, ParameterNames);

struct Beat {
  bool valid = false, first = false, last = false, shift = false;
  std::vector<int8_t> act, wgt;  // of all rows, of all columns
};
struct Read {
  int cycle, column;
  int64_t sum;
  int tile, row;
};

TYPED_TEST(SystolicArray, MultipliesMatrices) {
  using P = TypeParam;
  constexpr int kTiles = 1500;
  int64_t compared = 0;
  for (const int gaps : {0, 20, 80}) {  // percent of cycles without a beat
    SCOPED_TRACE(fmt::format("{} % idle", gaps));
    Random random{uint64_t(gaps + 1)};
    std::vector<Beat> beats;
    std::vector<Read> reads;
    std::vector<int64_t> acc(size_t(P::ROWS * P::COLS));
    int drained = 0;  // cycle from which the drain registers may be written
    const auto add = [&](bool valid) -> Beat& {
      Beat& beat = beats.emplace_back();
      beat.valid = valid;
      for (int r = 0; r < P::ROWS; r++) beat.act.push_back(int8_t(random.Int(-128, 127)));
      for (int c = 0; c < P::COLS; c++) beat.wgt.push_back(int8_t(random.Int(-128, 127)));
      return beat;
    };
    for (int tile = 0; tile < kTiles; tile++) {
      const int length = int(random.Int(1, 20)),
                pace = int(random.Int(2, 4));  // cycles for which a row is read
      const bool clears = tile == 0 || !random.Chance(5);
      for (int i = 0; i < length; i++) {
        while (Active(random, gaps) || (i == length - 1 && int(beats.size()) < drained)) add(false);
        Beat& beat = add(true);
        beat.first = i == 0 && clears;
        beat.last = i == length - 1;
        for (int r = 0; r < P::ROWS; r++)
          for (int c = 0; c < P::COLS; c++) {
            int64_t& sum = acc[size_t(r * P::COLS + c)];
            sum = SignExtend(uint64_t((beat.first ? 0 : sum) + beat.act[size_t(r)] * beat.wgt[size_t(c)]),
                             P::ACC_W);
          }
      }
      const int last = int(beats.size()) - 1;
      for (int k = 0; k < P::ROWS; k++)
        for (int c = 0; c < P::COLS; c++)
          for (int held = 0; held < pace; held++)
            reads.push_back({last + k * pace + held + c + weft_pkg::MULT_LATENCY + kLastToDrain, c,
                             acc[size_t(k * P::COLS + c)], tile, k});
      drained = last + P::ROWS * pace;
      for (int k = 1; k < P::ROWS; k++) {  // shifts go with whatever is there
        while (int(beats.size()) <= last + k * pace) add(false);
        beats[size_t(last + k * pace)].shift = true;
      }
    }
    while (int(beats.size()) < drained + 40) add(false);

    Testbench<P> m;
    std::stable_sort(reads.begin(), reads.end(),
                     [](const Read& a, const Read& b) { return a.cycle < b.cycle; });
    auto next = reads.begin();
    const auto at = [&](int t) -> const Beat& {
      static const Beat idle{false, false, false, false, std::vector<int8_t>(64), std::vector<int8_t>(64)};
      return t >= 0 && t < int(beats.size()) ? beats[size_t(t)] : idle;
    };
    for (int t = 0; t < int(beats.size()); t++) {
      for (; next != reads.end() && next->cycle == t; ++next, compared++)
        ASSERT_EQ(GetSigned(m->drain_o, P::ACC_W * next->column, P::ACC_W), next->sum)
            << "tile " << next->tile << " row " << next->row << " column " << next->column << " cycle " << t;
      for (int r = 0; r < P::ROWS; r++) Put(m->act_i, 8 * r, 8, uint8_t(at(t - r).act[size_t(r)]));
      for (int c = 0; c < P::COLS; c++) Put(m->wgt_i, 8 * c, 8, uint8_t(at(t).wgt[size_t(c)]));
      const Beat& ctl = at(t - weft_pkg::MULT_LATENCY);
      m->ctl_i = uint8_t(ctl.valid << weft_pkg::CTL_VALID | ctl.first << weft_pkg::CTL_FIRST |
                         ctl.last << weft_pkg::CTL_LAST | ctl.shift << weft_pkg::CTL_SHIFT);
      m.Clock();
    }
    ASSERT_EQ(next, reads.end());
  }
  Compared(fmt::format("{} sums of {} tiles", compared, 3 * kTiles));
}

}  // namespace
}  // namespace weft::rtl
