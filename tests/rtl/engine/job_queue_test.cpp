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
  constexpr int kJobs = 3000, kBytes = 4 * weft_list_pkg::JOB_WORDS;
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
    int seq_next = -latency::kJobNext;
    const auto visible = [&](size_t job, int t, int late) { return job < written && t >= taken[job] + late; };
    for (int t = 0; run < kJobs; t++) {
      ASSERT_LT(t, 100 * kJobs);
      m->valid_i = Active(random, pattern.source);
      PutBytes(m->job_i, jobs.back());
      const bool walk_valid = visible(walked, t, latency::kJobToWalker),
                 seq_valid = visible(run, t, latency::kJobToSequencer) && t >= seq_next + latency::kJobNext;
      m->walk_next_i = walk_valid && Active(random, 50);
      m->seq_next_i = seq_valid && run < walked && Active(random, pattern.sink);
      m.Settle();
      ASSERT_EQ(m->ready_o, written - run < 2 && written == walked) << "cycle " << t;
      ASSERT_EQ(m->walk_valid_o, walk_valid) << "cycle " << t;
      ASSERT_EQ(m->seq_valid_o, seq_valid) << "cycle " << t;
      if (m->walk_valid_o) {
        ASSERT_EQ(GetBytes(m->walk_job_o, kBytes), jobs[walked]) << "job " << walked;
      }
      if (m->seq_valid_o) {
        ASSERT_EQ(GetBytes(m->seq_job_o, kBytes), jobs[run]) << "job " << run;
      }
      if (m->walk_next_i) walked++;
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
