// SPDX-License-Identifier: Apache-2.0
// Lists that no compiler made: good ones with some words changed, and random commands, half of them with a
// checksum that is right. Whatever they say: the run ends, nothing outside of the window is touched, AXI's
// rules hold, and the next start runs a good program as if nothing had been, to the cycle. How it ends and
// what it reads and writes before is what sw_model/cycles/list_outcome.hpp says of the list.
//
// docs/program.md has which check is whose. What is the compiler's the engine asserts in simulation; here its
// assertions are off where a job, or a read's length, is damaged. A job whose loops run for years is no
// silence: the host aborts it.
#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "sw_model/cycles/list_outcome.hpp"
#include "tests/random_count.hpp"
#include "tests/sim/harness/system_check.hpp"

namespace weft {
namespace {

constexpr uint32_t kWatchdog = 20'000;
constexpr int64_t kMostWork = 1 << 17;
constexpr int64_t kEndless =
    300'000;  // cycles after which the host aborts; the good program takes 4,000 to 12,000

// A configuration, and the probability of pauses, with which the memory does writes in any order.
using Case = std::pair<const char*, double>;

class RandomLists : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override { check_.ExpectGood(); }
  void TearDown() override {
    std::string codes;
    int64_t runs = 0;
    for (const auto& [code, count] : codes_) codes += fmt::format(", {} {}", count, code), runs += count;
    if (ShardOf(runs).whole()) {
      EXPECT_GT(followed_, runs * 8 / 10);
    }
    if (!HasFailure() && !IsSkipped())
      fmt::print(
          "  {}: {} lists, a good program after each{}; the model follows {} and knows the code of {}\n",
          GetParam().first, runs, codes, followed_, determined_);
  }

  // Damages the good list and runs what comes out.
  template <typename Make>
  void Run(uint64_t seed, const Make& make) {
    Random random(seed);
    check_.Load();
    ListDamage damage(check_.good.program(), check_.config, check_.list(), &random);
    make(damage, random);
    SCOPED_TRACE(fmt::format("seed {},{}", seed, damage.what()));
    System& system = check_.system;
    system.Assertions(damage.engine_is_safe());
    SystemCheck::Start start = check_.GoodStart();
    start.watchdog = kWatchdog;
    const ListOutcome outcome = PredictOutcome(
        system.memory().bytes, {uint32_t(start.window_bytes), 0, start.list_bytes}, check_.config, kMostWork);
    ByteRanges reads, writes;
    system.memory().on_access = [&](bool write, uint64_t begin, uint64_t end) {
      (write ? writes : reads).Add(begin, end);
    };
    check_.Go(start);
    system.later_after = kEndless;
    system.later = [&] { weft_abort(&system.bus()); };
    try {
      const int code = system.Wait(kEndless + kWatchdog + 10'000);
      codes_[weft_code_name(code)]++;
      EXPECT_EQ((check_.Register(WEFT_STATUS) & WEFT_STATUS_DONE) != 0, code == int(WEFT_CODE_OK));
      const uint32_t offset = check_.Register(WEFT_ERROR_ADDR_LO) - uint32_t(start.base);
      const uint32_t command = check_.Register(WEFT_ERROR_COMMAND);
      EXPECT_TRUE(outcome.Allows(uint32_t(code), offset, command))
          << weft_code_name(code) << " at " << offset << " after " << command
          << " commands; the model: " << outcome.Text();
    } catch (const std::exception& error) {
      FAIL() << error.what();
    }
    system.memory().on_access = nullptr;
    reads.Merge();
    writes.Merge();
    for (const ByteRanges::Range& r : reads.ranges())
      EXPECT_TRUE(outcome.reads.Contains(r.begin, r.end)) << "reads " << r.begin << ".." << r.end;
    for (const ByteRanges::Range& r : writes.ranges())
      EXPECT_TRUE(outcome.writes.Contains(r.begin, r.end)) << "writes " << r.begin << ".." << r.end;
    followed_ += outcome.open ? 0 : 1;
    determined_ += outcome.Codes().size() <= 2 ? 1 : 0;  // with the watchdog
    system.Assertions(true);
    check_.ExpectGood();
  }

  SystemCheck check_{GetParam().first, {4, 15}, GetParam().second};
  std::map<std::string, int64_t> codes_;
  int64_t followed_ = 0, determined_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Configs, RandomLists,
                         testing::Values(Case{"2x2", 0}, Case{"2x2_small", 0}, Case{"3x6", 0}, Case{"4x4", 0},
                                         Case{"4x4", 0.3}),
                         [](const auto& info) {
                           return fmt::format("c{}{}", info.param.first,
                                              info.param.second > 0 ? "_paused" : "");
                         });

TEST_P(RandomLists, OneWordChanged) {
  const RandomCases cases = ShardOf(RandomCount(25));
  if (cases.count() == 0) GTEST_SKIP() << cases.Text();
  for (int64_t i = cases.first; i < cases.end && !HasFailure(); i++)
    Run(uint64_t(i + 1000), [&](ListDamage& damage, Random& random) {
      // Where the engine's assertions hold, in half of the cases.
      int64_t index = random.Int(0, damage.words() - 1);
      while (i % 2 == 0 && !damage.EngineIsSafe(index)) index = random.Int(0, damage.words() - 1);
      damage.ChangeWord(index);
      if (i / 2 % 2 == 0) damage.FixChecksum();
    });
}

// Each word of a command of each kind by one, which is enough to be noticed if anybody looks.
TEST_P(RandomLists, EachWordByOne) {
  const std::vector<Command>& commands = check_.good.program().commands;
  std::set<std::tuple<ListOp, ReadKind, int>> seen;
  uint64_t seed = 5000;
  const auto behind = [&](const Command& c) {
    const Store& store = check_.good.program().stores.at(size_t(std::max(c.job, 0)));
    return c.op != ListOp::kJob ? 0 : store.add ? 1 : store.depthwise ? 2 : 0;
  };
  for (size_t c = 0; c < commands.size(); c++)
    if (seen.emplace(commands[c].op, commands[c].read, behind(commands[c])).second)
      for (int64_t w = 0; w < commands[c].size() && !HasFailure(); w++)
        Run(seed++, [&](ListDamage& damage, Random&) {
          const int64_t index = check_.CommandsAt()[c] + w;
          damage.SetWord(index, check_.Word(index) + 1);
          damage.FixChecksum();
        });
}

TEST_P(RandomLists, WordsChanged) {
  const RandomCases cases = ShardOf(RandomCount(15));
  if (cases.count() == 0) GTEST_SKIP() << cases.Text();
  for (int64_t i = cases.first; i < cases.end && !HasFailure(); i++)
    Run(uint64_t(i + 2000), [&](ListDamage& damage, Random& random) {
      for (int64_t n = random.Int(2, 8); n > 0; n--)
        damage.ChangeWord(random.Int(kHeaderWords, damage.words() - 1));
      if (i % 2 == 0) damage.FixChecksum();
    });
}

TEST_P(RandomLists, RandomCommands) {
  const RandomCases cases = ShardOf(RandomCount(20));
  if (cases.count() == 0) GTEST_SKIP() << cases.Text();
  for (int64_t i = cases.first; i < cases.end && !HasFailure(); i++)
    Run(uint64_t(i + 3000), [&](ListDamage& damage, Random&) {
      damage.RandomCommands();
      if (i % 2 == 0) damage.FixChecksum();
    });
}

TEST_P(RandomLists, CommandsMovedOrMissing) {
  const RandomCases cases = ShardOf(RandomCount(10));
  if (cases.count() == 0) GTEST_SKIP() << cases.Text();
  for (int64_t i = cases.first; i < cases.end && !HasFailure(); i++)
    Run(uint64_t(i + 4000), [&](ListDamage& damage, Random&) {
      i % 3 == 0 ? damage.Truncate() : damage.MoveCommands();
      damage.FixChecksum();
    });
}

}  // namespace
}  // namespace weft
