// SPDX-License-Identifier: Apache-2.0
// job_queue: two jobs deep, two readers, each in its own time; a place is free when both have passed it. A
// reader sees a job from two cycles after the job before it was passed on, and after it was taken: the walker
// two cycles, the sequencer three.
#include "models/job_queue.hpp"

#include "sw_model/cycles/latency.hpp"
#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

template <class P>
class JobQueue : public testing::Test {};
TYPED_TEST_SUITE(JobQueue, models::job_queue, ParameterNames);

TYPED_TEST(JobQueue, BothReadersSeeEveryJobInOrder) {
  constexpr int kJobs = 3000, kBytes = 4 * weft_list_pkg::JOB_WORDS, kToSee = latency::kJobSeen;
  for (const Pattern pattern : kPatterns) {
    SCOPED_TRACE(ToString(pattern));
    Testbench<TypeParam> m;
    Random random(1);
    std::vector<std::vector<uint8_t>> jobs(1, std::vector<uint8_t>(kBytes));
    const auto fill = [&] {
      for (uint8_t& byte : jobs.back()) byte = uint8_t(random.Int(0, 255));
    };
    fill();
    size_t written = 0, walked = 0, run = 0;  // the sequencer (run) is never ahead of the walker
    std::vector<int> taken;                   // cycle of each job
    int walk_next = -kToSee, seq_next = -kToSee;
    const auto visible = [&](size_t job, int next, int t, int late) {
      return job < written && t >= std::max(taken[job] + late, next) + kToSee;
    };
    for (int t = 0; run < kJobs; t++) {
      ASSERT_LT(t, 100 * kJobs);
      m->valid_i = Active(random, pattern.source);
      PutBytes(m->job_i, jobs.back());
      const bool walk_valid = visible(walked, walk_next, t, 0),
                 seq_valid = visible(run, seq_next, t, latency::kJobToSequencer);
      m->walk_next_i = walk_valid && Active(random, 50);
      m->seq_next_i = seq_valid && run < walked && Active(random, pattern.sink);
      m.Settle();
      // The place before the walker's job is free again when that one has gone there.
      const bool next_free = written == 0 || (written <= walked ? t >= taken.back() + kToSee : false) ||
                             (written == walked + 1 && walk_valid);
      ASSERT_EQ(m->ready_o, written - run < 2 && next_free) << "cycle " << t;
      ASSERT_EQ(m->walk_valid_o, walk_valid) << "cycle " << t;
      ASSERT_EQ(m->seq_valid_o, seq_valid) << "cycle " << t;
      if (m->walk_valid_o) {
        ASSERT_EQ(GetBytes(m->walk_job_o, kBytes), jobs[walked]) << "job " << walked;
      }
      if (m->seq_valid_o) {
        ASSERT_EQ(GetBytes(m->seq_job_o, kBytes), jobs[run]) << "job " << run;
      }
      if (m->walk_next_i) walked++, walk_next = t;
      if (m->seq_next_i) run++, seq_next = t;
      if (m->valid_i && m->ready_o) {
        written++;
        taken.push_back(t);
        jobs.emplace_back(kBytes);
        fill();
      }
      m.Clock();
    }
  }
  Compared(fmt::format("{} jobs, each seen by two readers", kJobs * kPatterns.size()));
}

}  // namespace
}  // namespace weft::rtl
