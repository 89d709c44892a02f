// SPDX-License-Identifier: Apache-2.0
// What sw_model/cycles/list_outcome.hpp says of good lists, of single kinds of damage, and of 10^5 lists that
// no compiler made (`make long`: 2 million). That the hardware does what it says: system_fuzz_test.cpp.
#include <map>
#include <set>

#include "driver/weft_regs.h"
#include "sw_model/cycles/list_outcome.hpp"
#include "tests/random_count.hpp"
#include "tests/sw_model/cycles/list_damage.hpp"

namespace weft {
namespace {

using Codes = std::set<uint32_t>;

class Lists : public testing::TestWithParam<const char*> {
 protected:
  void Load() {
    memory_.assign(program().window_bytes, 0xa5);
    std::memcpy(memory_.data(), program().image.data(), program().image.size());
  }
  [[nodiscard]] const Program& program() const { return good_.program(); }
  [[nodiscard]] ListStart Start() const {
    return {uint32_t(program().window_bytes), 0, program().list_bytes};
  }
  ListOutcome Predict(const ListStart& start) {
    return PredictOutcome(memory_, start, config_, int64_t{1} << 16);
  }
  // Of the good list with one word changed.
  ListOutcome With(int64_t index, uint32_t word) {
    Load();
    list_.SetWord(index, word);
    list_.FixChecksum(program());
    return Predict(Start());
  }
  // The first command of a kind that is one of several.
  int64_t Find(ListOp op, ReadKind read = ReadKind::kLines) {
    Load();
    for (size_t c = 0;; c++) {
      const Command& command = program().commands.at(c);
      if (command.op == op && command.read == read && (op == ListOp::kJob || command.count > 1))
        return CommandsAt(program())[c];
    }
  }

  Config config_ = Config::Load(GetParam());
  GoodProgram good_{config_, true};
  std::vector<uint8_t> memory_;
  ListWords list_{&memory_};
};
INSTANTIATE_TEST_SUITE_P(Configs, Lists, testing::Values("2x2", "2x2_small", "4x4", "5x7", "8x8"),
                         [](const auto& info) { return fmt::format("c{}", info.param); });

// A good list reads what its layers read, and writes every byte of their outputs and nothing else.
TEST_P(Lists, GoodOnes) {
  Load();
  const ListOutcome outcome = Predict(Start());
  EXPECT_EQ(outcome.Codes(), (Codes{WEFT_CODE_OK, WEFT_CODE_WATCHDOG})) << outcome.Text();
  ByteRanges outputs;
  for (size_t j = 0; j < program().jobs.size(); j++) {
    const Job& job = program().jobs[j];
    const Store& store = program().stores[j];
    const int rows = store.depthwise ? store.depthwise->out_rows : job.rows;
    const int cols = store.depthwise ? store.depthwise->out_cols : job.cols;
    for (int n = 0; n < job.lines.images; n++)
      for (int y = 0; y < rows; y++)
        for (int x = 0; x < cols; x++) {
          const uint32_t at = store.At(job.lines.image0 + n, job.oy0 + y, job.ox0 + x, job.k0);
          outputs.Add(at, at + uint32_t(job.channels));
        }
  }
  outputs.Merge();
  EXPECT_EQ(outcome.writes.ranges(), outputs.ranges());
  EXPECT_TRUE(outcome.reads.Contains(0, program().list_bytes));
}

// One error each, and where it is.
TEST_P(Lists, SingleErrors) {
  const auto window = uint32_t(program().window_bytes);
  const auto expect = [](const ListOutcome& outcome, const Codes& codes, uint32_t code, uint32_t offset,
                         int64_t commands) {
    EXPECT_EQ(outcome.Codes(), codes) << outcome.Text();
    EXPECT_TRUE(outcome.Allows(code, offset, commands)) << outcome.Text();
    EXPECT_FALSE(outcome.Allows(code, offset + 1, commands)) << outcome.Text();
  };
  for (const int word : {kHeaderMagic, kHeaderConfig0, kHeaderConfig1})
    expect(With(word, 7), {WEFT_CODE_BAD_LIST}, WEFT_CODE_BAD_LIST, 0, 0);
  Load();
  list_.SetWord(kHeaderChecksum, 1);
  EXPECT_EQ(Predict(Start()).Codes(), (Codes{WEFT_CODE_BAD_CHECKSUM, WEFT_CODE_WATCHDOG}));

  const int64_t read = Find(ListOp::kRead), job = Find(ListOp::kJob), store = job + 1 + kJobWords;
  expect(With(kHeaderWords, 4), {WEFT_CODE_BAD_COMMAND}, WEFT_CODE_BAD_COMMAND, 0, 1);
  EXPECT_TRUE(With(read + kReadOffset, window).Allows(WEFT_CODE_OUT_OF_WINDOW, window, 5));
  EXPECT_TRUE(With(read + kReadOffset, 2).Allows(WEFT_CODE_OUT_OF_WINDOW, 2, 5));
  EXPECT_TRUE(With(read + kReadBusWords, 0).Codes().contains(WEFT_CODE_BAD_COMMAND));
  const Codes out = {WEFT_CODE_OUT_OF_WINDOW, WEFT_CODE_WATCHDOG};
  for (const uint32_t offset : {window, window - 1, 0x80000000U, 0xffffffffU}) {
    const ListOutcome outcome = With(store, offset);
    EXPECT_EQ(outcome.Codes(), out) << outcome.Text();
    EXPECT_EQ(outcome.writes.Bytes(), 0U);  // the job's first output ends the run
  }
  EXPECT_EQ(With(store + kStoreTotal, list_.Word(store + kStoreTotal) - 1).Codes(),
            (Codes{WEFT_CODE_BAD_JOB, WEFT_CODE_WATCHDOG}));

  Load();
  ListStart start = Start();
  start.list_bytes = 0;
  EXPECT_EQ(Predict(start).Codes(), Codes{WEFT_CODE_BAD_COMMAND});
  start.list_bytes = uint32_t(config_.bus_bytes);
  EXPECT_EQ(Predict(start).Codes(), Codes{WEFT_CODE_BAD_LIST});
  start = Start();
  start.list_offset = UINT32_MAX;
  EXPECT_EQ(Predict(start).Codes(), Codes{WEFT_CODE_OUT_OF_WINDOW});
  start = Start();
  start.window_bytes = 0;
  EXPECT_EQ(Predict(start).Codes(), Codes{WEFT_CODE_OUT_OF_WINDOW});
}

// Which check is whose (docs/program.md): each word of a job and of a read, one more than it should be. What
// the hardware does not notice is the compiler's to get right.
TEST_P(Lists, WhoseCheckIsWhose) {
  const auto notices = [&](uint32_t code, int64_t at) {
    Load();
    const Codes codes = With(at, list_.Word(at) + 1).Codes();
    return codes.contains(code) && !codes.contains(WEFT_CODE_OK);
  };
  const int64_t job = Find(ListOp::kJob) + 1, store = job + kJobWords;
  for (int64_t w = 0; w < kJobWords; w++) {
    const bool loop = w >= kJobWalk && w < kJobXlim && (w - kJobWalk) % kJobWalkWords == kJobWalkLast;
    if (w == kJobPool && config_.rows % 2 != 0) continue;  // windows of two pixels in tiles of five
    EXPECT_EQ(notices(WEFT_CODE_BAD_JOB, job + w),
              loop || w == kJobPool || w == kJobGroupLast || w == kJobCols)
        << "word " << w;
  }
  for (int64_t w = 0; w < kStorePlainWords; w++)
    EXPECT_EQ(notices(WEFT_CODE_BAD_JOB, store + w), w == kStoreTotal || w == kStoreGroups)
        << "store word " << w;
  const int64_t read = Find(ListOp::kRead, ReadKind::kGroups);
  ASSERT_GT(list_.Word(read + kReadCount), 0U);
  for (int64_t w = 1; w < kReadWords; w++)
    EXPECT_EQ(notices(WEFT_CODE_OUT_OF_WINDOW, read + w), w == kReadOffset || w == kReadPitch)
        << "word " << w;
}

// A list that reads itself over and over: the model ends though the hardware does not.
TEST_P(Lists, ThatReadThemselves) {
  Load();
  int64_t at = kHeaderWords;
  const auto bus = uint32_t(config_.bus_bytes);
  for (int i = 0; i < 8; i++)  // a block of reads of the block itself
    for (const uint32_t word : {1U | 2U << 8, 0U, 0U, 1024U / bus, 0xffffffU, 0U, 0U, 0U})
      list_.SetWord(at++, word);
  EXPECT_TRUE(Predict(Start()).open || Predict(Start()).Codes().contains(WEFT_CODE_BAD_COMMAND));
}

// Of what the model follows: the codes, and that whatever it allows is inside of the window.
TEST_P(Lists, Random) {
  const RandomCases cases = ShardOf(RandomCount(25'000));
  if (cases.count() == 0) GTEST_SKIP() << cases.Text();
  std::map<uint32_t, int64_t> codes;
  int64_t open = 0, determined = 0, writes = 0;
  for (int64_t i = cases.first; i < cases.end && !HasFailure(); i++) {
    const auto seed = uint64_t(i) + 10'000'000;
    Random random(seed);
    Load();
    ListDamage damage(program(), config_, list_, &random);
    switch (i % 5) {
      case 0:
        damage.ChangeWord(random.Int(0, damage.words() - 1));
        break;
      case 1:
        for (int64_t n = random.Int(2, 8); n > 0; n--)
          damage.ChangeWord(random.Int(kHeaderWords, damage.words() - 1));
        break;
      case 2:
        damage.RandomCommands();
        break;
      case 3:
        damage.MoveCommands();
        break;
      default:
        damage.Truncate();
        break;
    }
    if (!random.Chance(4)) damage.FixChecksum();
    ListStart start = Start();
    if (random.Chance(10)) start.list_bytes = uint32_t(random.Int(0, start.list_bytes));
    if (random.Chance(10)) start.window_bytes = uint32_t(random.Int(0, start.window_bytes));
    const ListOutcome outcome = Predict(start);
    SCOPED_TRACE(fmt::format("seed {},{}: {}", seed, damage.what(), outcome.Text()));
    EXPECT_FALSE(outcome.endings.empty() && !outcome.open);
    for (const ByteRanges* ranges : {&outcome.reads, &outcome.writes})
      for (const ByteRanges::Range& r : ranges->ranges()) {
        EXPECT_LT(r.begin, r.end);
        EXPECT_LE(r.end, start.window_bytes);
      }
    for (const uint32_t code : outcome.Codes()) codes[code]++;
    open += outcome.open ? 1 : 0;
    determined += !outcome.open && outcome.Codes().size() <= 2 ? 1 : 0;  // with the watchdog
    writes += int64_t(outcome.writes.Bytes());
  }
  if (cases.whole()) {
    EXPECT_LT(open, cases.count() / 30);
    EXPECT_GT(determined, cases.count() / 2);
    for (const uint32_t code :
         {WEFT_CODE_OK, WEFT_CODE_BAD_LIST, WEFT_CODE_BAD_CHECKSUM, WEFT_CODE_BAD_COMMAND,
          WEFT_CODE_OUT_OF_WINDOW, WEFT_CODE_WATCHDOG, WEFT_CODE_BAD_JOB})
      EXPECT_GT(codes[code], 0) << "code " << code;
  }
  if (!HasFailure())
    fmt::print("  {}: {} lists, {} with one code (and the watchdog), {} not followed, {} bytes written\n",
               GetParam(), cases.count(), determined, open, writes);
}

}  // namespace
}  // namespace weft
