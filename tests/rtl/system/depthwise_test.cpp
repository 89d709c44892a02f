// SPDX-License-Identifier: Apache-2.0
// depthwise: random jobs that follow each other, with a memory beside it. Each output's sums come a fixed
// time after it began, step by step, with bias, multiplier and shift of their channels.
#include "models/depthwise.hpp"

#include "tests/rtl/system/depthwise_job.hpp"
#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

template <class P>
class Depthwise : public testing::Test {};
TYPED_TEST_SUITE(Depthwise, models::depthwise, ParameterNames);

struct Output {
  std::vector<int32_t> acc, mult;  // of the column group's channels
  std::vector<int8_t> shift;
  int cols;
  bool final;
};

TYPED_TEST(Depthwise, GivesSumsStepByStep) {
  using P = TypeParam;
  constexpr int kJobs = 40, kSteps = (P::COLS + P::LANES - 1) / P::LANES, kCredits = 16;
  int64_t outputs = 0, together = 0;
  for (const Pattern pattern : kPatterns) {
    SCOPED_TRACE(ToString(pattern));
    Testbench<P> m;
    Random random(1);
    std::vector<DepthwiseJob> jobs;
    std::vector<DepthwiseData> data;
    std::deque<std::vector<uint8_t>> weights, params;
    std::deque<Output> want;
    const auto stream = [](const std::vector<uint8_t>& bytes, auto* words) {
      for (size_t i = 0; i < bytes.size(); i += P::BUS_BYTES)
        words->push_back({bytes.begin() + int64_t(i), bytes.begin() + int64_t(i) + P::BUS_BYTES});
    };
    for (int i = 0; i < kJobs; i++) {
      const DepthwiseJob& j =
          jobs.emplace_back(DrawDepthwise(random, P::ROWS, P::DEPTH, P::COLS, P::TAPS, kSteps));
      const DepthwiseData& d = data.emplace_back(random, j, P::COLS);
      stream(d.WeightBytes(j, P::TAPS, P::BUS_BYTES), &weights);
      stream(d.ParameterBytes(j, P::LANES, P::BUS_BYTES), &params);
      for (int n = 0; n < j.images * j.out_rows; n++)
        for (int g = 0; g < j.groups; g++)
          for (int x = 0; x < j.out_cols; x++) {
            const bool last = g == j.groups - 1;
            Output& o = want.emplace_back();
            o.cols = last ? j.last_group : P::COLS;
            o.final = last && x == j.out_cols - 1 && n == j.images * j.out_rows - 1;
            for (int c = 0; c < P::COLS; c++) {
              const auto k = size_t(g * P::COLS + c);
              o.acc.push_back(d.Sum(j, n / j.out_rows, n % j.out_rows, x, g, c));
              o.mult.push_back(d.mult[k]), o.shift.push_back(d.shift[k]);
            }
          }
    }
    std::vector<std::vector<uint8_t>> ring(P::DEPTH, std::vector<uint8_t>(P::COLS));
    std::deque<std::vector<uint8_t>> reads;
    std::deque<std::pair<int64_t, Output>> begun, stepping;  // in the cycle of valid_o, of the first step
    std::deque<int64_t> leaving;                             // outputs that are taken in the cycle
    m->load_i = m->filling_i = m->take_i = m->weight_valid_i = m->param_valid_i = m->emit_ready_i = 0;
    m->empty_i = 1;
    m.Reset();
    int job = -1, walks = -1, pass = 0, group = 0, pixel = 0, credits = kCredits, timer = 0, landing = -1;
    std::vector<uint8_t> landing_bytes;
    bool filling = false;
    for (int64_t t = 0; !want.empty() || !stepping.empty() || filling || job < kJobs - 1 || !leaving.empty();
         t++) {
      ASSERT_LT(t, 3'000'000) << "no progress: job " << job;
      while (!leaving.empty() && leaving.front() <= t) leaving.pop_front(), credits++;
      // Jobs, and the streams of their weights and parameters.
      m.Settle();
      const bool load = !filling && job + 1 < kJobs && m->room_o && random.Chance(3);
      m->load_i = load, m->filling_i = filling;
      if (load) {
        std::array<uint32_t, weft_list_pkg::STORE_WORDS> s{};
        for (uint32_t& word : s) word = uint32_t(random.Int(0, UINT32_MAX));
        jobs[size_t(job + 1)].Put(&s, P::TAPS, kSteps);
        std::memcpy(&m->store_i, s.data(), sizeof s);
      }
      const bool turn = random.Chance(2);
      m->weight_valid_i = turn && !weights.empty() && Active(random, pattern.source);
      m->param_valid_i = !turn && !params.empty() && Active(random, pattern.source);
      if (m->weight_valid_i) PutBytes(m->stream_i, weights.front());
      if (m->param_valid_i) PutBytes(m->stream_i, params.front());
      // The next pixel, and the memory.
      m->take_i = filling && m->ready_o && Active(random, pattern.source);
      if (m->take_i)
        m->cols_i = uint8_t(group == jobs[size_t(job)].groups - 1 ? jobs[size_t(job)].last_group : P::COLS);
      m->emit_ready_i = credits > 0 && timer == 0 && Active(random, pattern.sink);
      m->empty_i = credits == kCredits;
      if (reads.size() == weft_pkg::RAM_LATENCY) {
        PutBytes(m->read_data_i, reads.front());
        reads.pop_front();
      }
      m.Settle();
      reads.push_back(ring[m->read_entry_o]);
      if (landing >= 0) ring[size_t(landing)] = landing_bytes;
      landing = m->take_i ? int(m->fill_entry_o) : -1;
      // Outputs.
      timer = std::max(timer - 1, 0);
      if (m->begin_o) walks++;
      if (m->emit_o) {
        ASSERT_TRUE(m->emit_ready_i);
        ASSERT_FALSE(want.empty()) << "an output too many";
        ASSERT_EQ(m->emit_cols_o, want.front().cols) << "job " << walks;
        ASSERT_EQ(m->emit_final_o, want.front().final) << "job " << walks;
        begun.emplace_back(t + weft_pkg::DW_PRODUCT_LATENCY, std::move(want.front()));
        want.pop_front();
        credits--, outputs++;
        timer = kSteps - 1;
        together += filling && job > walks;
      }
      const bool due = !begun.empty() && begun.front().first == t;
      ASSERT_EQ(m->valid_o, due) << "cycle " << t;
      if (due) {
        stepping.emplace_back(t + weft_pkg::ADD_SUM_LATENCY, std::move(begun.front().second));
        begun.pop_front();
      }
      if (!stepping.empty() && stepping.front().first <= t) {
        const auto& [first, o] = stepping.front();
        const int step = int(t - first);
        for (int l = 0; l < P::LANES && step * P::LANES + l < P::COLS; l++) {
          const auto c = size_t(step * P::LANES + l);
          ASSERT_EQ(int32_t(Get(m->acc_o, 32 * l, 32)), o.acc[c])
              << "channel " << c << ", " << Show(jobs[size_t(walks)]);
          ASSERT_EQ(int32_t(Get(m->mult_o, 32 * l, 32)), o.mult[c]) << "channel " << c;
          ASSERT_EQ(Get(m->shift_o, 6 * l, 6), uint64_t(o.shift[c]) & 63) << "channel " << c;
        }
        if (step == kSteps - 1) {
          stepping.pop_front();
          leaving.push_back(std::max(t + random.Int(1, 30), leaving.empty() ? 0 : leaving.back()));
        }
      }
      bool ends = false;
      if (m->take_i) {
        const DepthwiseJob& j = jobs[size_t(job)];
        const auto begin = data[size_t(job)].inner.begin() + (int64_t{pixel} * j.groups + group) * P::COLS;
        landing_bytes = {begin, begin + P::COLS};
        const int end = std::min(pass + P::ROWS, j.pixels());
        if (++pixel == end) {
          pixel = pass;
          if (++group == j.groups) group = 0, pixel = pass = end, ends = end == j.pixels();
        }
      }
      const bool weight = m->weight_valid_i && m->weight_ready_o,
                 param = m->param_valid_i && m->param_ready_o;
      m.Clock();
      if (weight) weights.pop_front();
      if (param) params.pop_front();
      if (ends) filling = false;
      if (load) job++, filling = true, pass = pixel = group = 0;
    }
    for (int t = 0; !m->idle_o; t++) {
      ASSERT_LT(t, 3);
      m->empty_i = 1;
      m.Clock();
    }
    ASSERT_EQ(walks, kJobs - 1);
  }
  EXPECT_GT(together, 50) << "no job is filled while another is walked over";
  Compared(fmt::format("{} outputs of {} jobs", outputs, kJobs * int(kPatterns.size())));
}

}  // namespace
}  // namespace weft::rtl
