// SPDX-License-Identifier: Apache-2.0
// sequencer: every chunk of every tile of compiled jobs once and in order, none before what it needs is
// there, and for each cycle without a beat a reason that is true.
#include "models/sequencer.hpp"

#include <bit>
#include <functional>

#include "compiler/job.hpp"
#include "sw_model/causes.hpp"
#include "sw_model/cycles/latency.hpp"
#include "tests/rtl/engine/chunks.hpp"
#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

template <class P>
class Sequencer : public testing::Test {};
TYPED_TEST_SUITE(Sequencer, models::sequencer, ParameterNames);

// How far the world around the sequencer is: everything moves at random, never more than what the buffers
// hold.
struct Supply {
  int64_t lines = 0, weights = 0, params = 0, room = 0, tiles = 0;
  bool pending = false;  // the next chunk's job is there, and the sequencer has worked out its first chunk
};

template <class P>
struct Run {
  const std::vector<Job>& jobs;
  const Config& config;
  Pattern pattern;
  Testbench<P> m{};
  Random random{7};
  CauseCounts causes{};
  int64_t beats = 0, starts = 0;

  void operator()();
};

template <class P>
void Run<P>::operator()() {
  constexpr int64_t kSteps = P::COLS / P::LANES, kLines = Mask(weft_list_pkg::DIM_W);
  constexpr int64_t kSeenToPending = latency::kJobLoaded;
  constexpr size_t kBeatToEdge = latency::kEdge - 1;  // the first beat is in the cycle after the start
  const std::vector<Chunk> chunks = ChunksOf<P>(jobs, config);
  const auto& last = chunks.back();
  // What there is to load; of weights and parameters, what fits beside those of the job that runs.
  int64_t all_lines = 0;
  std::vector<int64_t> weights_before{0}, params_before{0};
  for (const Job& job : jobs) {
    all_lines += job.streamed_lines();
    weights_before.push_back(weights_before.back() + GroupWeightWords(job, config) * job.groups);
    params_before.push_back(params_before.back() + (job.drains() ? kSteps * job.groups : 0));
  }
  Supply now, before;  // in this cycle, in the cycle before
  now.room = before.room = P::OUT_DEPTH;
  size_t next = 0, tile_chunk = 0,
         job = 0;  // next chunk to start; first chunk of the next tile; job at the head
  int64_t start = -1000, last_drain = -1000, freed = 0;
  int64_t reserved = 0;  // pixels on their way to the store
  Chunk run;             // the chunk whose beats run
  int64_t beat = 0;      // its beats that have passed
  bool running = false;
  std::deque<int> edges(kBeatToEdge, 0);  // idle PEs of this cycle's beat and those before, latest first
  int64_t seen = random.Int(0, 3);        // when the job at the head comes to the queue's output
  for (int64_t t = 0; next < chunks.size() || running || reserved > 0 || edges.front() + edges.back() > 0;
       t++) {
    ASSERT_LT(t, 400 * int64_t(chunks.size()) * P::WORD + 10000)
        << "no progress at chunk " << next << " of " << chunks.size();
    // The world moves.
    const Chunk& pending = chunks[std::min(next, chunks.size() - 1)];
    const int64_t used_weights =
        pending.last_tile ? pending.weight / P::WEIGHT_PACK * P::WEIGHT_PACK : weights_before[job];
    const int64_t used_params = pending.last_tile ? pending.param : params_before[job];
    const int64_t all_weights = std::min(weights_before.back(), used_weights + config.WeightWords());
    const int64_t all_params = std::min(params_before.back(), used_params + config.ParamEntries());
    if (Active(random, pattern.source)) {
      now.lines += random.Int(0, std::min<int64_t>(all_lines - now.lines, 2));
      now.weights += random.Int(0, std::min<int64_t>(all_weights - now.weights, 2 * P::WORD)) /
                     P::WEIGHT_PACK * P::WEIGHT_PACK;
      now.params += random.Int(0, std::min<int64_t>(all_params - now.params, 4));
    }
    if (pattern.source == 100) now = {all_lines, all_weights, all_params, now.room, now.tiles, false};
    const auto back = Active(random, pattern.sink) ? random.Int(0, std::min<int64_t>(reserved, 2)) : 0;
    const Chunk& head = chunks[std::min(next, chunks.size() - 1)];
    while (tile_chunk < chunks.size() && !chunks[tile_chunk].new_tile) tile_chunk++;
    const bool tile_there =
        tile_chunk < chunks.size() && (pattern.source == 100 || Active(random, 90) || now.tiles > 0);
    now.tiles = tile_there ? 1 : 0;
    const Chunk& tile = chunks[std::min(tile_chunk, chunks.size() - 1)];
    // A job is held until it is passed on; before that, anything.
    m->job_valid_i = job < jobs.size() && t >= seen;
    now.pending = job < jobs.size() && t >= seen + kSeenToPending;
    if (m->job_valid_i) {
      std::memcpy(&m->job_i, jobs[job].words.data(), sizeof jobs[job].words);
    } else {
      for (int i = 0; i < weft_list_pkg::JOB_WORDS; i++)
        Put(m->job_i, 32 * i, 32, uint64_t(random.Int(0, UINT32_MAX)));
    }
    m->tile_valid_i = tile_there;
    m->tile_rows_i = uint8_t(tile.rows);
    m->tile_final_i = tile.tile + 1 == jobs[tile.job].tiles(config);
    m->tile_need_i = uint32_t(tile.need & kLines);
    m->tile_free_i = uint16_t(uint64_t(tile.free) & Mask(P::LINE_PTR_W));
    m->lines_i = uint32_t(now.lines & kLines);
    m->weight_arrived_i = uint16_t(uint64_t(now.weights) & Mask(P::WEIGHT_PTR_W));
    m->param_arrived_i = uint16_t(uint64_t(now.params) & Mask(P::PARAM_PTR_W));
    m->room_i = uint8_t(back);
    m.Settle();

    // Beats: they follow a start without a gap.
    ASSERT_EQ(m->beat_valid_o, running) << "cycle " << t;
    if (running) {
      ASSERT_EQ(m->beat_index_o, beat) << "cycle " << t;
      ASSERT_EQ(m->beat_weight_o, uint64_t(run.weight + beat) & Mask(P::WEIGHT_PTR_W)) << "cycle " << t;
      ASSERT_EQ(m->beat_first_o, run.first && beat == 0) << "cycle " << t;
      ASSERT_EQ(m->beat_last_o, run.drains && beat + 1 == run.length) << "cycle " << t;
      ASSERT_EQ(m->beat_frees_o, run.last_tile && beat + 1 == run.length) << "cycle " << t;
      ASSERT_EQ(m->beat_group_o, run.end_group) << "cycle " << t;
      if (m->beat_last_o) {
        ASSERT_GE(t - last_drain, kSteps * P::ROWS) << "tiles drain into each other, cycle " << t;
        last_drain = t;
      }
      beats++;
    }
    edges.push_front(running ? P::ROWS * P::COLS - run.rows * run.cols : 0);
    if (t > 0) {  // two cycles before that, the reset had not taken effect
      ASSERT_EQ(m->edge_o, edges[kBeatToEdge]) << "cycle " << t;
    }
    edges.pop_back();

    // Causes: true in the cycle before.
    const bool waits_for_drain = head.drains && last_drain + kSteps * P::ROWS > start;
    causes[m->cause_o]++;
    const int cause = m->cause_o;
    ASSERT_EQ(cause == kMac, running) << "cycle " << t;
    ASSERT_NE(cause, kEdge) << "cycle " << t;
    if (cause == kFeed) {
      ASSERT_LT(t - start, P::ROWS + 1) << "cycle " << t;
    }
    if (cause == kWaitLines) {
      ASSERT_LT(before.lines, head.need) << "cycle " << t;
    }
    if (cause == kWaitWeights) {
      ASSERT_TRUE(before.weights < head.weight + head.length ||
                  (head.drains && before.params < head.param + kSteps))
          << "cycle " << t;
    }
    if (cause == kStore) {
      ASSERT_LT(before.room, P::ROWS) << "cycle " << t;
    }
    if (!running && !before.pending) {
      ASSERT_EQ(cause, before.room == P::OUT_DEPTH ? kFill : kDrain) << "no job, cycle " << t;
    } else if (cause == kDrain) {
      ASSERT_TRUE(waits_for_drain) << "cycle " << t;
    } else if (cause == kFill && (before.tiles > 0 || !head.new_tile)) {
      ASSERT_TRUE(m->start_o) << "nothing is missing, cycle " << t;
    }

    // Lines: those that a chunk still reads, and all before it starts, are not free; rows are read up to ROWS
    // cycles after.
    const int64_t moved = int64_t((uint64_t(m->line_freed_o) - uint64_t(freed)) & Mask(P::LINE_PTR_W));
    freed += moved;
    const int64_t may_free = start >= 0 && t <= start + P::ROWS ? chunks[next - 1].free
                             : next < chunks.size() && next > 0
                                 ? (chunks[next - 1].end_job ? chunks[next - 1].end : chunks[next - 1].free)
                             : next > 0 ? last.end
                                        : 0;
    ASSERT_LE(freed, may_free) << "lines are freed too early, cycle " << t << " chunk " << next;

    // Starts.
    const bool starts_now = m->start_o;
    ASSERT_EQ(m->tile_pop_o, starts_now && head.new_tile) << "cycle " << t;
    ASSERT_EQ(m->job_next_o, starts_now && head.end_job) << "cycle " << t;
    ASSERT_EQ(m->tile_push_o, starts_now && head.drains) << "cycle " << t;
    if (starts_now) {
      ASSERT_LT(next, chunks.size()) << "a start too many, cycle " << t;
      const std::string where = fmt::format("cycle {} chunk {} job {} tile {}", t, next, head.job, head.tile);
      ASSERT_GE(t - start, P::ROWS) << where;
      ASSERT_TRUE(before.pending) << where << ": the job is missing";
      ASSERT_TRUE(!running || beat + 1 == run.length) << where << ": the chunk before is not done";
      ASSERT_EQ(m->start_new_tile_o, head.new_tile) << where;
      ASSERT_EQ(uint64_t(m->start_addr_o),
                uint64_t(head.address) & Mask(std::countr_zero(unsigned{P::LINE_BYTES})))
          << where;
      ASSERT_EQ(SignExtend(m->start_x_o, weft_list_pkg::POS_W), head.x) << where;
      ASSERT_EQ(SignExtend(m->start_y_o, weft_list_pkg::POS_W), head.y) << where;
      ASSERT_GE(before.lines, head.new_tile ? head.need : 0) << where << ": lines are missing";
      ASSERT_GE(before.weights, head.weight + head.length) << where << ": weights are missing";
      if (head.drains) {
        ASSERT_GE(before.params, head.param + kSteps) << where << ": parameters are missing";
        ASSERT_GE(now.room, P::ROWS) << where << ": no room for the outputs";
        const Job& j = jobs[head.job];
        constexpr int kRowW = std::bit_width(unsigned{P::ROWS}), kColW = std::bit_width(unsigned{P::COLS}),
                      kDimW = weft_list_pkg::DIM_W;
        ASSERT_EQ(Get(m->tile_info_o, 0, kDimW), j.words[kJobPool]) << where;
        ASSERT_EQ(Get(m->tile_info_o, kDimW, 25), j.words[kJobOut]) << where;
        ASSERT_EQ(Get(m->tile_info_o, kDimW + 25, P::PARAM_PTR_W),
                  uint64_t(head.param) & Mask(P::PARAM_PTR_W))
            << where;
        ASSERT_EQ(Get(m->tile_info_o, kDimW + 25 + P::PARAM_PTR_W, kColW), unsigned(head.cols)) << where;
        ASSERT_EQ(Get(m->tile_info_o, kDimW + 25 + P::PARAM_PTR_W + kColW, kRowW), unsigned(head.rows))
            << where;
        ASSERT_EQ(Get(m->tile_info_o, kDimW + 25 + P::PARAM_PTR_W + kColW + kRowW, 2),
                  unsigned(head.end_job) << 1 | unsigned(head.last_tile))
            << where;
      }
      starts++;
    }
    m.Clock();

    // After the edge.
    before = now;
    if (running && ++beat == run.length) running = false;
    now.room += back;
    reserved -= back;
    if (starts_now) {
      run = head;
      beat = 0;
      running = true;
      start = t;
      if (head.new_tile) tile_chunk++, now.tiles = 0;
      if (head.drains) now.room -= P::ROWS, reserved += P::ROWS;
      if (head.end_job) {
        job++;
        seen = t + latency::kJobNext + (pattern.source == 100 || Active(random, 50) ? 0 : random.Int(0, 40));
      }
      next++;
    }
  }
  m.Clock(2 * P::ROWS);
  EXPECT_EQ(uint64_t(m->line_freed_o), uint64_t(last.end) & Mask(P::LINE_PTR_W)) << "lines are left over";
}

TYPED_TEST(Sequencer, RunsTheJobsOfRandomLayers) {
  using P = TypeParam;
  const Config config = ConfigOf<P>(P::LINE_BYTES >> (P::LINE_PTR_W - 2));
  RandomLimits limits;
  limits.allow_pool_pad = false;
  limits.max_h = limits.max_w = 8;
  limits.max_c = 2 * P::COLS;
  limits.max_k = 3 * P::COLS;
  CauseCounts total{};
  int64_t starts = 0, beats = 0, cycles = 0;
  for (const Pattern pattern : kPatterns)
    for (uint64_t seed = 1; seed <= 25; seed++) {
      const RandomLayer layer = MakeRandomLayer(seed, limits);
      SCOPED_TRACE(ToString(pattern) + ", " + Describe(layer.in, layer.layer));
      const std::vector<Job> jobs = CompileConv(layer.in, layer.layer, config);
      Run<P> run{jobs, config, pattern};
      run();
      if (this->HasFatalFailure()) return;
      for (size_t i = 0; i < kCauses; i++) total[i] += run.causes[i], cycles += run.causes[i];
      if (pattern.source == 100) {
        EXPECT_EQ(run.causes[kWaitLines], 0);
        EXPECT_EQ(run.causes[kWaitWeights], 0);
      }
      starts += run.starts;
      beats += run.beats;
    }
  EXPECT_EQ(total[kMac], beats);
  for (const Cause cause : {kMac, kFill, kDrain, kWaitLines, kWaitWeights, kStore, kFeed})
    EXPECT_GT(total[cause], 0) << kCauseNames[cause] << " never occurs";
  Compared(fmt::format("{} starts, {} beats, {} cycles", starts, beats, cycles));
}

}  // namespace
}  // namespace weft::rtl
