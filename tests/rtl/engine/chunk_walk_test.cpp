// SPDX-License-Identifier: Apache-2.0
// chunk_walk: every chunk of every tile of compiled jobs once and in order, whenever it is started.
#include "models/chunk_walk.hpp"

#include "sw_model/cycles/latency.hpp"
#include "tests/rtl/engine/chunks.hpp"
#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

template <class P>
class ChunkWalk : public testing::Test {};
TYPED_TEST_SUITE(ChunkWalk, models::chunk_walk, ParameterNames);

// Starts the chunks of `jobs` in `percent` of the cycles in which one may start. Returns how many.
template <class P>
int64_t Walk(const std::vector<Job>& jobs, const Config& config, int percent) {
  constexpr int kAddrW = std::countr_zero(unsigned{P::LINE_BYTES});
  const std::vector<Chunk> chunks = ChunksOf<P>(jobs, config);
  Testbench<P> m;
  Random random{uint64_t(percent)};
  size_t next = 0, job = 0;
  int64_t seen = random.Int(0, 3);  // when the job at the head comes to the queue's output
  int64_t ready = latency::kNever;  // since when the pending chunk and its tile are there; kNever: not yet
  for (int64_t t = 0; next < chunks.size(); t++) {
    if (t > 1000 * int64_t(chunks.size()) + 1000) {
      ADD_FAILURE() << "no progress at chunk " << next << " of " << chunks.size();
      break;
    }
    const Chunk& want = chunks[next];
    m->job_valid_i = job < jobs.size() && t >= seen;
    if (m->job_valid_i) {
      std::memcpy(&m->job_i, jobs[job].words.data(), sizeof jobs[job].words);
    } else {
      for (int i = 0; i < weft_list_pkg::JOB_WORDS; i++)
        Put(m->job_i, 32 * i, 32, uint64_t(random.Int(0, UINT32_MAX)));
    }
    // A tile's record is held from some cycle on until the tile's first chunk starts; before that, anything.
    const bool tile_there = ready != latency::kNever || !want.new_tile || Active(random, 50);
    m->tile_rows_i = uint32_t(tile_there ? want.rows : random.Int(0, P::ROWS));
    m->tile_final_i = tile_there ? want.last_tile : random.Chance(2);
    m->start_i = 0;
    m.Settle();
    const bool pending = m->valid_o;
    if (pending) {
      EXPECT_TRUE(m->job_valid_i) << "a chunk without a job, cycle " << t;
      EXPECT_EQ(m->begins_tile_o, want.new_tile) << "cycle " << t << " chunk " << next;
      EXPECT_EQ(m->len_o, want.length) << "cycle " << t << " chunk " << next;
    }
    // It may start from the second cycle on in which all is there: conditions are registered.
    const bool start = pending && ready != latency::kNever && Active(random, percent);
    if (start) {
      const std::string where = fmt::format("cycle {} chunk {} job {} tile {}", t, next, want.job, want.tile);
      EXPECT_EQ(m->addr_o, uint64_t(want.address) & Mask(kAddrW)) << where;
      EXPECT_EQ(SignExtend(m->x_o, weft_list_pkg::POS_W), want.x) << where;
      EXPECT_EQ(SignExtend(m->y_o, weft_list_pkg::POS_W), want.y) << where;
      EXPECT_EQ(m->rows_o, want.rows) << where;
      EXPECT_EQ(m->cols_o, want.cols) << where;
      EXPECT_EQ(m->weight_o, uint64_t(want.weight) & Mask(P::WEIGHT_PTR_W)) << where;
      EXPECT_EQ(m->weight_end_o, uint64_t(want.weight + want.length) & Mask(P::WEIGHT_PTR_W)) << where;
      if (want.drains) {
        EXPECT_EQ(m->param_o, uint64_t(want.param) & Mask(P::PARAM_PTR_W)) << where;
        EXPECT_EQ(m->param_end_o, uint64_t(want.param + P::COLS / P::LANES) & Mask(P::PARAM_PTR_W)) << where;
      }
      if (jobs[want.job].clears()) {
        EXPECT_EQ(m->begins_group_o, want.first) << where;
      }
      EXPECT_EQ(m->ends_group_o, want.end_group) << where;
      EXPECT_EQ(m->drains_o, want.drains) << where;
      EXPECT_EQ(m->ends_job_o, want.end_job) << where;
      EXPECT_EQ(m->last_tile_o, want.last_tile) << where;
    }
    if (testing::Test::HasFailure()) break;
    m->start_i = start;
    m.Clock();
    if (!start) {
      if (pending && tile_there && ready == latency::kNever) ready = t;
      continue;
    }
    ready = latency::kNever;
    if (want.end_job) {
      job++;
      seen = t + latency::kJobNext + (Active(random, 50) ? 0 : random.Int(0, 40));
    }
    next++;
  }
  return int64_t(next);
}

TYPED_TEST(ChunkWalk, RunsTheJobsOfRandomLayers) {
  using P = TypeParam;
  const int cpad = int(std::bit_ceil(unsigned{P::COLS}));
  const Config config = ConfigOf<P>(P::WEIGHT_PACK > 1 ? cpad * P::WEIGHT_PACK : 4);
  RandomLimits limits;
  limits.allow_pool_pad = false;
  limits.max_h = limits.max_w = 8;
  limits.max_c = 2 * P::COLS;
  limits.max_k = 3 * P::COLS;
  int64_t chunks = 0;
  for (const int percent : {100, 50, 10})
    for (uint64_t seed = 1; seed <= 40; seed++) {
      const RandomLayer layer = MakeRandomLayer(seed, limits);
      SCOPED_TRACE(fmt::format("starts in {} %, {}", percent, Describe(layer.in, layer.layer)));
      chunks += Walk<P>(CompileConv(layer.in, layer.layer, config), config, percent);
      if (this->HasFailure()) return;
    }
  Compared(fmt::format("{} chunks", chunks));
}

}  // namespace
}  // namespace weft::rtl
