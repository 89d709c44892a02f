// job_queue: two jobs deep, two readers, each in its own time; a place is free when both have passed it.
#include "models/job_queue.hpp"

#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

template <class P>
class JobQueue : public testing::Test {};
TYPED_TEST_SUITE(JobQueue, models::job_queue, ParameterNames);

TYPED_TEST(JobQueue, BothReadersSeeEveryJobInOrder) {
  constexpr int kJobs = 3000, kBytes = 4 * weft_pkg::JOB_WORDS;
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
    for (int t = 0; run < kJobs; t++) {
      ASSERT_LT(t, 100 * kJobs);
      m->valid_i = Active(random, pattern.source);
      PutBytes(m->job_i, jobs.back());
      m->walk_next_i = walked < written && Active(random, 50);
      m->seq_next_i = run < walked && Active(random, pattern.sink);
      m.Settle();
      ASSERT_EQ(m->ready_o, written - run < 2);
      ASSERT_EQ(m->walk_valid_o, walked < written);
      ASSERT_EQ(m->seq_valid_o, run < written);
      if (m->walk_valid_o) {
        ASSERT_EQ(GetBytes(m->walk_job_o, kBytes), jobs[walked]) << "job " << walked;
      }
      if (m->seq_valid_o) {
        ASSERT_EQ(GetBytes(m->seq_job_o, kBytes), jobs[run]) << "job " << run;
      }
      walked += m->walk_next_i;
      run += m->seq_next_i;
      if (m->valid_i && m->ready_o) {
        written++;
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
