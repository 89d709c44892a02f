// Lists that no compiler made: good ones with some words changed, and random commands, half of them with a
// checksum that is right. Whatever they say: the run ends, nothing outside of the window is touched, AXI's
// rules hold, and the next start runs a good program as if nothing had been, to the cycle.
//
// What of a list is whose:
//   the hardware's  everything above, for every list; the codes BAD_LIST, BAD_CHECKSUM, BAD_COMMAND,
//   OUT_OF_WINDOW,
//                   BAD_JOB for what it sees; the watchdog for what stands still
//   the compiler's  that a job's loops, lines, chunks and weights fit each other and the buffers, and that
//   its reads
//                   bring what it waits for. Wrong ones give wrong outputs or a run that stands still. The
//                   engine asserts them in simulation; here its assertions are off where a job, or a read's
//                   length, is damaged
//   the host's      a job whose loops run for years is no silence: CONTROL.ABORT ends it
#include <map>

#include "tests/random_count.hpp"
#include "tests/sim/system_check.hpp"

namespace weft {
namespace {

constexpr uint32_t kWatchdog = 20'000;
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
    if (!HasFailure())
      fmt::print("  {}: {} lists, a good program after each{}\n", GetParam().first, runs, codes);
  }

  void Run(uint64_t seed) {
    SCOPED_TRACE(fmt::format("seed {}, {}", seed, what_));
    System& system = check_.system;
    system.Assertions(asserts_);
    SystemCheck::Start start = check_.GoodStart();
    start.watchdog = kWatchdog;
    check_.Go(start);
    system.later_after = kEndless;
    system.later = [&] { weft_abort(&system.bus()); };
    try {
      const int code = system.Wait(kEndless + kWatchdog + 10'000);
      codes_[weft_code_name(code)]++;
      EXPECT_EQ((check_.Register(WEFT_STATUS) & WEFT_STATUS_DONE) != 0, code == int(WEFT_CODE_OK));
    } catch (const std::exception& error) {
      FAIL() << error.what();
    }
    system.Assertions(true);
    check_.ExpectGood();
  }

  // Changes a word; what it is decides whether the engine's assertions are to hold.
  void Damage(Random& random, int64_t index) {
    const uint32_t before = check_.Word(index);
    uint32_t after = before;
    while (after == before) {
      switch (random.Int(0, 4)) {
        case 0:
          after = before ^ (1U << random.Int(0, 31));
          break;
        case 1:
          after = before + uint32_t(random.Int(-3, 3));
          break;
        case 2:
          after = uint32_t(random.Int(0, 255));
          break;
        case 3:
          after = random.Pick(std::array{0U, 1U, 0xffffU, 0x10000U, 0xffffffU, 0x80000000U, 0xffffffffU});
          break;
        default:
          after = uint32_t(random.Int(0, UINT32_MAX));
          break;
      }
    }
    what_ += fmt::format(" word {} {:#x} -> {:#x},", index, before, after);
    asserts_ = asserts_ && EngineIsSafe(index);
    check_.SetWord(index, after);
  }
  // Words that the engine and the buffers' contents do not depend on: the header, where outputs go, where
  // reads of data begin.
  [[nodiscard]] bool EngineIsSafe(int64_t index) const {
    if (index < kListHeader) return true;
    const std::vector<Command>& commands = check_.good.program().commands;
    const std::vector<int64_t> at = check_.CommandsAt();
    size_t i = 0;
    while (i + 1 < at.size() && at[i + 1] <= index) i++;
    const int64_t word = index - at[i];
    if (commands[i].op == Command::Op::kJob) {
      const bool adds = check_.good.program().stores.at(size_t(commands[i].job)).add.has_value();
      return word > kJobWords && word <= kJobWords + (adds ? 5 : 10);
    }
    return commands[i].op == Command::Op::kRead && commands[i].read != Command::Read::kList &&
           (word == 1 || word == 5);
  }
  void Begin() {
    check_.Load();
    asserts_ = true;
    what_.clear();
  }

  SystemCheck check_{GetParam().first, {4, 15}, GetParam().second};
  std::map<std::string, int64_t> codes_;
  bool asserts_ = true;
  std::string what_;
};
INSTANTIATE_TEST_SUITE_P(Configs, RandomLists,
                         testing::Values(Case{"2x2", 0}, Case{"4x4", 0}, Case{"4x4", 0.3}),
                         [](const auto& info) {
                           return fmt::format("c{}{}", info.param.first,
                                              info.param.second > 0 ? "_paused" : "");
                         });

TEST_P(RandomLists, OneWordChanged) {
  const int64_t count = RandomCount(25);
  for (int64_t i = 0; i < count && !HasFailure(); i++) {
    const auto seed = uint64_t(i + 1000);
    Random random(seed);
    Begin();
    const int64_t words = check_.Words();
    // Where the engine's assertions hold, in half of the cases.
    int64_t index = random.Int(0, words - 1);
    for (const bool safe = i % 2 == 0; safe && !EngineIsSafe(index);) index = random.Int(0, words - 1);
    Damage(random, index);
    if (i / 2 % 2 == 0) check_.FixChecksum(words);
    Run(seed);
  }
}

TEST_P(RandomLists, WordsChanged) {
  const int64_t count = RandomCount(15);
  for (int64_t i = 0; i < count && !HasFailure(); i++) {
    const auto seed = uint64_t(i + 2000);
    Random random(seed);
    Begin();
    const int64_t words = check_.Words();
    for (int64_t n = random.Int(2, 8); n > 0; n--) Damage(random, random.Int(kListHeader, words - 1));
    if (i % 2 == 0) check_.FixChecksum(words);
    Run(seed);
  }
}

// Commands that are well formed one by one: reads of all kinds in and around the window, jobs that were good
// once.
TEST_P(RandomLists, RandomCommands) {
  const int64_t count = RandomCount(20);
  for (int64_t i = 0; i < count && !HasFailure(); i++) {
    const auto seed = uint64_t(i + 3000);
    Random random(seed);
    Begin();
    asserts_ = false;
    std::vector<std::vector<uint32_t>> jobs;
    for (size_t c = 0; c < check_.good.program().commands.size(); c++) {
      const Command& command = check_.good.program().commands[c];
      if (command.op != Command::Op::kJob) continue;
      jobs.emplace_back();
      for (int64_t w = 0; w < command.size(); w++)
        jobs.back().push_back(check_.Word(check_.CommandsAt()[c] + w));
    }
    const int64_t limit = 2 * kListBlock;  // what is read without being asked for
    int64_t word = kListHeader;
    const auto bus = uint32_t(check_.config.bus_bytes);
    while (word < limit - 1 && !(word > 60 && random.Chance(12))) {
      std::vector<uint32_t> command;
      if (random.Chance(5)) {
        command = jobs[size_t(random.Int(0, int64_t(jobs.size()) - 1))];
        for (int64_t n = random.Int(0, 2); n > 0; n--)
          command[size_t(random.Int(1, int64_t(command.size()) - 1))] = uint32_t(random.Int(0, 40));
      } else {
        const auto window = int64_t(check_.good.program().window_bytes);
        const auto kind = uint32_t(random.Chance(30) ? random.Int(5, 7) : random.Int(0, 4));
        command = {
            1U | kind << 8,
            uint32_t(random.Chance(40) ? random.Int(0, UINT32_MAX) : random.Int(0, window / bus - 1) * bus),
            uint32_t(random.Chance(2) ? 0 : random.Int(0, 12)),
            uint32_t(random.Chance(20) ? random.Int(0, 0xffffff) : random.Int(1, 20)),
            uint32_t(random.Int(0, 5)),
            uint32_t(random.Int(0, 16)) * bus,
            uint32_t(random.Chance(8) ? random.Int(1, 3) : 0)};
      }
      for (const uint32_t w : command)
        if (word < limit - 1) check_.SetWord(word++, w);
    }
    check_.SetWord(word++, 3);
    check_.SetWord(2, uint32_t(word));
    if (i % 2 == 0) check_.FixChecksum(word);
    what_ = fmt::format("{} words", word);
    Run(seed);
  }
}

}  // namespace
}  // namespace weft
