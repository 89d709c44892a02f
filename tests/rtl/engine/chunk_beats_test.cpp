// SPDX-License-Identifier: Apache-2.0
// chunk_beats: a chunk gives its beats from the cycle after its start on, without a gap to the next chunk.
#include "models/chunk_beats.hpp"

#include "sw_model/cycles/latency.hpp"
#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

template <class P>
class ChunkBeats : public testing::Test {};
TYPED_TEST_SUITE(ChunkBeats, models::chunk_beats, ParameterNames);

struct Chunk {
  int64_t length = 0, rows = 0, cols = 0;
  bool clears = false, drains = false, frees = false, group = false;
  uint64_t weight = 0;
};

TYPED_TEST(ChunkBeats, EveryBeatOnceAndInOrder) {
  using P = TypeParam;
  constexpr size_t kBeatToIdle = latency::kEdge - latency::kBeat;
  int64_t beats = 0, joined = 0;
  for (const int percent : {100, 50, 10}) {  // starts as soon as one may come
    SCOPED_TRACE(fmt::format("starts in {} %", percent));
    Testbench<P> m;
    Random random{uint64_t(percent)};
    Chunk run;
    int64_t left = 0;
    std::deque<int64_t> idle(kBeatToIdle + 1, 0);
    for (int t = 0; t < 30000; t++) {
      const bool start = left <= 1 && Active(random, percent);
      Chunk next{random.Int(1, P::WORD), random.Int(1, P::ROWS), random.Int(1, P::COLS)};
      next.clears = random.Chance(2);
      next.drains = random.Chance(2);
      next.frees = random.Chance(2);
      next.group = random.Chance(2);
      next.weight = uint64_t(random.Int(0, INT64_MAX)) & Mask(P::WEIGHT_PTR_W);
      m->start_i = start;
      m->len_i = uint32_t(next.length);
      m->rows_i = uint32_t(next.rows);
      m->cols_i = uint32_t(next.cols);
      m->clears_i = next.clears;
      m->drains_i = next.drains;
      m->frees_i = next.frees;
      m->group_i = next.group;
      m->weight_i = uint32_t(next.weight);
      m.Settle();
      const bool valid = left > 0, last = left == 1;
      ASSERT_EQ(m->left_o, left) << "cycle " << t;
      ASSERT_EQ(m->valid_o, valid) << "cycle " << t;
      ASSERT_EQ(m->last_o, last && run.drains) << "cycle " << t;
      ASSERT_EQ(m->frees_o, last && run.frees) << "cycle " << t;
      if (valid) {
        const int64_t index = run.length - left;
        ASSERT_EQ(m->index_o, index) << "cycle " << t;
        ASSERT_EQ(m->weight_o, (run.weight + uint64_t(index)) & Mask(P::WEIGHT_PTR_W)) << "cycle " << t;
        ASSERT_EQ(m->first_o, index == 0 && run.clears) << "cycle " << t;
        ASSERT_EQ(m->group_o, run.group) << "cycle " << t;
        beats++;
      }
      idle.push_front(valid ? P::ROWS * P::COLS - run.rows * run.cols : 0);
      idle.pop_back();
      if (t >= int(kBeatToIdle)) {
        ASSERT_EQ(m->idle_pes_o, idle.back()) << "cycle " << t;
      }
      m.Clock();
      joined += start && last;
      if (start) run = next, left = next.length;
      else if (left > 0) left--;
    }
  }
  EXPECT_GT(joined, 500);
  Compared(fmt::format("{} beats, {} chunks without a gap before them", beats, joined));
}

}  // namespace
}  // namespace weft::rtl
