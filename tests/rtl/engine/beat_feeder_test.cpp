// SPDX-License-Identifier: Apache-2.0
// beat_feeder: a beat's weight address and control leave as late as its activations need them; its weights
// are freed in whole bus words.
#include "models/beat_feeder.hpp"

#include "sw_model/cycles/latency.hpp"
#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

template <class P>
class BeatFeeder : public testing::Test {};
TYPED_TEST_SUITE(BeatFeeder, models::beat_feeder, ParameterNames);

struct Beat {
  bool valid = false, first = false, last = false, frees = false, group = false;
  uint64_t weight = 0;
};

TYPED_TEST(BeatFeeder, WeightsAndControlComeInTime) {
  using P = TypeParam;
  constexpr auto kToWeight = size_t(latency::kWeightAddr - latency::kBeat);
  constexpr auto kToControl = size_t(latency::kCtl - latency::kBeat);
  constexpr int kCycles = 20000;
  int64_t freed_moves = 0;
  for (const int percent : {100, 50, 10}) {
    SCOPED_TRACE(fmt::format("beats in {} %", percent));
    Testbench<P> m;
    Random random{uint64_t(percent)};
    std::deque<Beat> beats(kToControl);  // the latest one first
    uint64_t freed = 0;
    for (int t = 0; t < kCycles; t++) {
      Beat beat;
      beat.valid = Active(random, percent);
      beat.weight = uint64_t(random.Int(0, INT64_MAX)) & Mask(P::PTR_W);
      if (beat.valid) {
        beat.first = random.Chance(5);
        beat.last = random.Chance(5);
        beat.frees = random.Chance(3);
        beat.group = random.Chance(2);
      }
      m->valid_i = beat.valid;
      m->first_i = beat.first;
      m->last_i = beat.last;
      m->frees_i = beat.frees;
      m->group_i = beat.group;
      m->weight_i = uint32_t(beat.weight);
      beats.push_front(beat);
      m.Settle();
      const Beat& read = beats[kToWeight];
      const Beat& control = beats[kToControl];
      ASSERT_EQ(m->raddr_o, read.weight) << "cycle " << t;
      ASSERT_EQ(m->ctl_o, control.valid << weft_pkg::CTL_VALID | control.first << weft_pkg::CTL_FIRST |
                              control.last << weft_pkg::CTL_LAST)
          << "cycle " << t;
      ASSERT_EQ(m->freed_o, freed) << "cycle " << t;
      if (read.frees) {
        const uint64_t pack = P::PACK, end = read.weight + (read.group ? pack : 1);
        freed = end / pack * pack & Mask(P::PTR_W);
        freed_moves++;
      }
      m.Clock();
      beats.pop_back();
    }
  }
  EXPECT_GT(freed_moves, 1000);
  Compared(fmt::format("{} cycles, {} chunks freed", 3 * kCycles, freed_moves));
}

}  // namespace
}  // namespace weft::rtl
