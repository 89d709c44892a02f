// SPDX-License-Identifier: Apache-2.0
// How outputs go to memory: in as few bursts as the order of the pixels allows, done in any order across IDs;
// errors and aborts inside of a burst.
#include <set>

#include "tests/random_count.hpp"
#include "tests/sim/harness/system_check.hpp"

namespace weft {
namespace {

constexpr int64_t kBound = 200'000;
constexpr int64_t kBurstBytes = 256;  // a burst stays in such a block

class SystemWrites : public testing::TestWithParam<const char*> {
 protected:
  Config config_ = Config::Load(GetParam());

  // A pointwise layer of `groups` column groups.
  [[nodiscard]] std::vector<LayerSpec> Layer(int height, int width, int groups) const {
    return {{"pointwise", {1, height, width, 5}, config_.cols * groups, Conv(1, 1)}};
  }
  [[nodiscard]] int64_t MaxBeats() const { return std::min<int64_t>(16, kBurstBytes / config_.bus_bytes); }
};
INSTANTIATE_TEST_SUITE_P(Configs, SystemWrites, testing::Values("2x2", "4x4", "5x7", "8x8", "8x16"),
                         [](const auto& info) { return fmt::format("c{}", info.param); });

// One column group: rows follow each other in memory, each of whole bus words, so all words are written once
// and only the blocks' boundaries end a burst.
TEST_P(SystemWrites, OneColumnGroupIsWrittenInLongBursts) {
  for (const auto& [height, width] : std::vector<std::pair<int, int>>{{1, 1}, {1, 3}, {4, 5}, {9, 13}}) {
    SystemCheck check(GetParam(), {config_.bus_bytes, 20}, 0, 1, Layer(height, width, 1));
    ASSERT_EQ(check.good.program().jobs.size(), 1U);
    check.ExpectGood();
    const int64_t bus = config_.bus_bytes;
    const int64_t first = check.good.program().stores[0].out.offset / bus;
    const int64_t words = height * ((width * config_.cols + bus - 1) / bus);
    EXPECT_EQ(check.system.memory().written_beats(), words) << height << " x " << width;
    EXPECT_EQ(check.system.memory().written_bursts(),
              (first + words - 1) / MaxBeats() - first / MaxBeats() + 1)
        << height << " x " << width;
  }
}

// Two column groups of whole bus words: a tile's pixels of the first one, then of the second one. Every word
// is isolated but a tile's last one, which the next tile's first follows.
TEST_P(SystemWrites, IsolatedWordsAreBurstsOfTheirOwn) {
  if (config_.cols != config_.bus_bytes) return;
  const int64_t tiles = 7, rows = config_.rows;
  SystemCheck check(GetParam(), {config_.bus_bytes, 20}, 0, 1, Layer(int(tiles), int(rows), 2));
  ASSERT_EQ(check.good.program().jobs.size(), 1U);
  check.ExpectGood();
  const int64_t first = check.good.program().stores[0].out.offset / config_.bus_bytes;
  int64_t bursts = 2 * rows * tiles;
  for (int64_t tile = 1; tile < tiles; tile++)
    if ((first + 2 * rows * tile) % MaxBeats() != 0) bursts--;
  EXPECT_EQ(check.system.memory().written_beats(), 2 * rows * tiles);
  EXPECT_EQ(check.system.memory().written_bursts(), bursts);
}

// An error in any beat of a burst ends the run.
TEST_P(SystemWrites, ErrorsInsideOfABurst) {
  for (const double stalls : {0.0, 0.4}) {
    SystemCheck check(GetParam(), {config_.bus_bytes, 20}, stalls, 3, Layer(4, 9, 1));
    check.ExpectGood();
    const int64_t beats = check.system.memory().written_beats();
    ASSERT_GT(beats, 2 * check.system.memory().written_bursts());
    for (int64_t beat = 0; beat < beats; beat++) {
      SCOPED_TRACE(fmt::format("beat {} of {}, stalls {}", beat, beats, stalls));
      check.Load();
      check.system.memory().faults.write_beat = beat;
      check.Go(check.GoodStart());
      EXPECT_EQ(CodeName(check.system.Wait(kBound)), "WRITE_ERROR");
      check.ExpectGood();
    }
  }
}

// An abort or a soft reset between two beats of a burst: the burst is finished (or Clear would throw), and
// what is in memory is right as far as it goes.
TEST_P(SystemWrites, AbortsInsideOfABurst) {
  int64_t cuts = 0, partly = 0;
  const RandomCases cases = ShardOf(RandomCount(4));
  if (cases.count() == 0) GTEST_SKIP() << cases.Text();
  for (int64_t i = cases.first; i < cases.end && !HasFailure(); i++) {
    SystemCheck check(GetParam(), {1 + int(i % 2), 20}, i % 4 < 2 ? 0 : 0.3, uint64_t(i) + 1,
                      Layer(6, 11, 1));
    check.ExpectGood();
    for (int nth = 1; nth < 60 && !HasFailure(); nth += 5) {
      SCOPED_TRACE(fmt::format("seed {}, in cycle {} inside of a burst", i, nth));
      check.Load();
      check.Go(check.GoodStart());
      for (int cycles = 0, seen = 0; seen < nth && cycles < kBound; cycles++) {
        check.system.Step(1);
        seen += check.system.memory().inside_a_burst() ? 1 : 0;
      }
      ASSERT_TRUE(check.system.memory().inside_a_burst());
      if (nth % 2 == 0) {
        weft_abort(&check.system.bus());
        EXPECT_EQ(CodeName(check.system.Wait(kBound)), "ABORTED");
      } else {
        check.system.bus().write(check.system.bus().context, WEFT_CONTROL, WEFT_CONTROL_SOFT_RESET);
        for (int polls = 0; (check.Register(WEFT_STATUS) & WEFT_STATUS_BUSY) != 0; polls++)
          ASSERT_LT(polls, 100'000);
      }
      // Each byte is the output's or what was there before.
      const TensorI8 got = check.system.Read(check.good.program().stores[0].out);
      int64_t written = 0;
      for (size_t b = 0; b < got.data.size(); b++) {
        if (got.data[b] == int8_t(0xa5)) continue;
        ASSERT_EQ(got.data[b], check.good.expected.data[b]) << "byte " << b;
        written++;
      }
      partly += written > 0 && written < int64_t(got.data.size()) ? 1 : 0;
      cuts++;
      check.ExpectGood();
    }
  }
  if (cases.whole()) {
    EXPECT_GT(partly, cuts / 2);
  }
  if (!HasFailure()) fmt::print("  {}: {} runs cut short inside of a burst\n", GetParam(), cuts);
}

// Layers that wait for each other's outputs, under a memory that does writes in any order across IDs.
TEST_P(SystemWrites, LayersWaitForWritesInAnyOrder) {
  const int cols = config_.cols;
  const std::vector<LayerSpec> specs = {
      {"one", {1, 5, 9, 5}, cols, Conv(1, 1)},
      {"two", {1, 5, 9, cols}, 2 * cols + 1, Conv(1, 1)},
      {"three", {1, 5, 9, 2 * cols + 1}, cols, Conv(1, 1)},
      {"four", {1, 5, 9, cols}, cols, Conv(3, 3, 1, 1, 1)},
  };
  const RandomCases cases = ShardOf(RandomCount(6));
  if (cases.count() == 0) GTEST_SKIP() << cases.Text();
  for (int64_t i = cases.first; i < cases.end && !HasFailure(); i++) {
    SCOPED_TRACE(fmt::format("seed {}", i));
    SystemCheck check(GetParam(), {config_.bus_bytes, i % 2 == 0 ? 1 : 100}, i % 3 == 0 ? 0.8 : 0.3,
                      uint64_t(i), specs);
    check.ExpectGood();
  }
}

}  // namespace
}  // namespace weft
