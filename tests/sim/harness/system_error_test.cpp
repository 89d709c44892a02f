// SPDX-License-Identifier: Apache-2.0
// What can go wrong from outside: the memory's answers, the list, the registers. Every error gives its code
// and an interrupt in bounded cycles, nothing outside of the window is touched (the memory and
// rtl/system/axi_rules.sv would say so), and the next start runs a good program as if nothing had been.
#include "sw_model/error.hpp"
#include "tests/random_count.hpp"
#include "tests/sim/harness/system_check.hpp"

namespace weft {
namespace {

constexpr int64_t kBound =
    200'000;  // cycles in which every run of these tests ends; the good program takes 4,000 to 40,000

class SystemErrors : public testing::TestWithParam<const char*> {
 protected:
  SystemErrors() : check_(GetParam(), {2, 20}) {}
  void SetUp() override { good_ = check_.ExpectGood(); }
  void TearDown() override {
    if (!HasFailure()) fmt::print("  {}: {} errors, good programs in between\n", GetParam(), errors_);
  }

  // Runs what `damage` leaves in memory: the code, which must also be in STATUS, and the good program again.
  template <typename Damage>
  void Expect(uint32_t code, const std::string& what, const Damage& damage) {
    SCOPED_TRACE(what);
    check_.Load();
    SystemCheck::Start start = check_.GoodStart();
    damage(start);
    Go(code, start);
  }
  void Go(uint32_t code, const SystemCheck::Start& start) {
    check_.Go(start);
    try {
      EXPECT_EQ(CodeName(check_.system.Wait(kBound)), CodeName(int(code)));
    } catch (const std::exception& error) {
      FAIL() << error.what();
    }
    const uint32_t status = check_.Register(WEFT_STATUS);
    EXPECT_EQ(status & WEFT_STATUS_BUSY, 0U);
    EXPECT_EQ((status & WEFT_STATUS_DONE) != 0, code == WEFT_CODE_OK);
    EXPECT_EQ((status & WEFT_STATUS_ERROR) != 0, code != WEFT_CODE_OK);
    error_offset_ =
        (uint64_t{check_.Register(WEFT_ERROR_ADDR_HI)} << 32 | check_.Register(WEFT_ERROR_ADDR_LO)) -
        start.base;
    check_.system.memory().base = check_.system.memory().base & ~uint64_t{0xfff};
    check_.ExpectGood();
    errors_++;
  }
  // The same for a list in which some words are changed and the checksum is right.
  void ExpectList(uint32_t code, const std::string& what,
                  const std::vector<std::pair<int64_t, uint32_t>>& words) {
    Expect(code, what, [&](SystemCheck::Start&) {
      for (const auto& [index, word] : words) check_.SetWord(index, word);
      check_.FixChecksum();
    });
  }
  // The first command of a kind: where it begins.
  int64_t Find(ListOp op, ReadKind read = ReadKind::kLines) {
    const std::vector<Command>& commands = check_.good.program().commands;
    for (size_t i = 0; i < commands.size(); i++)
      if (commands[i].op == op && (op != ListOp::kRead || commands[i].read == read))
        return check_.CommandsAt()[i];
    ADD_FAILURE() << "the good program has no such command";
    return 0;
  }

  SystemCheck check_;
  CycleResult good_;
  uint64_t error_offset_ = 0;
  int errors_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Configs, SystemErrors, testing::Values("2x2", "4x4", "5x7"),
                         [](const auto& info) { return fmt::format("c{}", info.param); });

const std::array<const char*, 6> kPhases = {"lines", "weights", "list", "tables", "residual", "parameters"};

struct ReadBeat {
  int64_t number;  // of all
  uint64_t offset;
};

// The read beats of a run by what they are for: of each kind its beats in the order of the reads.
std::array<std::vector<ReadBeat>, 6> BeatsByPhase(const Program& program, const Config& config) {
  std::array<std::vector<ReadBeat>, 6> phases;
  int64_t beat = 0;
  uint64_t offset = 0;
  const auto add = [&](size_t phase, int64_t words) {
    for (int64_t i = 0; i < words; i++, offset += uint64_t(config.bus_bytes))
      phases[phase].push_back({beat++, offset});
  };
  add(2, std::min<int64_t>(program.list_bytes, kListFirstBytes) / config.bus_bytes);
  for (const Command& c : program.commands)
    for (uint32_t i = 0; c.op == ListOp::kRead && i < c.count; i++) {
      offset = c.offset + uint64_t{i} * c.pitch;
      add(5, c.param_words);
      add(size_t(c.read), c.words);
    }
  return phases;
}

TEST_P(SystemErrors, OfReads) {
  const auto phases = BeatsByPhase(check_.good.program(), check_.config);
  size_t beats = 0;
  for (size_t phase = 0; phase < phases.size(); phase++) {
    const std::vector<ReadBeat>& of = phases[phase];
    ASSERT_GE(of.size(), 4U) << kPhases[phase];
    beats += of.size();
    for (const ReadBeat& beat : {of.front(), of[1], of[of.size() / 2], of.back()}) {
      Expect(WEFT_CODE_READ_ERROR, fmt::format("{}, read beat {}", kPhases[phase], beat.number),
             [&](auto&) { check_.system.memory().faults.read_beat = beat.number; });
      EXPECT_EQ(error_offset_, beat.offset) << kPhases[phase] << ", read beat " << beat.number;
    }
  }
  EXPECT_EQ(int64_t(beats) * check_.config.bus_bytes, good_.bytes_read);
  Expect(WEFT_CODE_OK, "a read beat that there is none of",
         [&](auto&) { check_.system.memory().faults.read_beat = int64_t(beats); });
}

TEST_P(SystemErrors, OfWrites) {
  const int64_t beats = check_.system.memory().written_beats();
  ASSERT_GE(beats, 100);
  for (int64_t beat = 0; beat < beats; beat += beat < 4 || beat > beats - 5 ? 1 : beats / 20)
    Expect(WEFT_CODE_WRITE_ERROR, fmt::format("write beat {} of {}", beat, beats),
           [&](auto&) { check_.system.memory().faults.write_beat = beat; });
  Expect(WEFT_CODE_WRITE_ERROR, "the last beat",
         [&](auto&) { check_.system.memory().faults.write_beat = beats - 1; });
  Expect(WEFT_CODE_OK, "a write beat that there is none of",
         [&](auto&) { check_.system.memory().faults.write_beat = beats; });
}

// An error ends the run while the memory pauses on every channel: what was offered must stay.
TEST_P(SystemErrors, UnderPauses) {
  SystemCheck paused(GetParam(), {4, 5}, 0.7, 3);
  paused.ExpectGood();
  const int64_t writes = paused.system.memory().written_beats();
  Random random(11);
  for (int i = 0; i < 40 && !HasFailure(); i++) {
    paused.Load();
    AxiFaults& faults = paused.system.memory().faults;
    const bool write = i % 4 != 0;
    (write ? faults.write_beat : faults.read_beat) = random.Int(0, writes - 1);
    SCOPED_TRACE(
        fmt::format("{} beat {}", write ? "write" : "read", write ? faults.write_beat : faults.read_beat));
    paused.Go(paused.GoodStart());
    EXPECT_EQ(CodeName(paused.system.Wait(kBound)), write ? "WRITE_ERROR" : "READ_ERROR");
    paused.ExpectGood();
    errors_++;
  }
}

TEST_P(SystemErrors, OfTheHeader) {
  for (int word = 0; word < kHeaderWords; word++) {
    const bool checked = word != kHeaderChecksum;  // by the hardware, before the sum
    for (const uint32_t flip : {1U, 0x100U, 0x80000000U}) {
      Expect(checked ? WEFT_CODE_BAD_LIST : WEFT_CODE_BAD_CHECKSUM,
             fmt::format("header word {} ^ {:#x}", word, flip),
             [&](auto&) { check_.SetWord(word, check_.Word(word) ^ flip); });
      if (checked)
        ExpectList(WEFT_CODE_BAD_LIST, fmt::format("header word {} ^ {:#x}, summed again", word, flip),
                   {{word, check_.Word(word) ^ flip}});
    }
  }
}

TEST_P(SystemErrors, OfTheChecksum) {
  // In words that nothing else looks at: the upper half of an opcode's word.
  for (const int64_t at : {check_.CommandsAt().front(), check_.CommandsAt().back()})
    Expect(WEFT_CODE_BAD_CHECKSUM, fmt::format("word {}", at),
           [&](auto&) { check_.SetWord(at, check_.Word(at) ^ 0x10000); });
}

TEST_P(SystemErrors, UnknownCommands) {
  const std::vector<int64_t> at = check_.CommandsAt();
  for (const size_t command : {size_t{0}, size_t{1}, at.size() / 2, at.size() - 1})
    for (const uint32_t opcode : {0U, 4U, 0xffU}) {
      ExpectList(WEFT_CODE_BAD_COMMAND, fmt::format("command {} has opcode {}", command, opcode),
                 {{at[command], opcode}});
      check_.Load();
    }
  // Every opcode, in front of the end.
  SystemCheck one(GetParam(), {4, 5}, 0, 1, 1);
  for (uint32_t opcode = 0; opcode < 256; opcode++) {
    if (opcode >= 1 && opcode <= 3) continue;
    one.Load();
    one.SetWord(one.CommandsAt().back(), opcode);
    one.FixChecksum();
    one.Go(one.GoodStart());
    EXPECT_EQ(CodeName(one.system.Wait(kBound)), "BAD_COMMAND") << "opcode " << opcode;
    errors_++;
  }
  one.ExpectGood();
  const int64_t lines = Find(ListOp::kRead);
  for (const uint32_t kind : {6U, 7U})
    ExpectList(WEFT_CODE_BAD_COMMAND, fmt::format("a read for nobody: {}", kind), {{lines, 1 | kind << 8}});
  ExpectList(WEFT_CODE_BAD_COMMAND, "a read of no words", {{lines + kReadBusWords, 0}});
  // Both counts of words together are more than the hardware counts.
  const int64_t groups = Find(ListOp::kRead, ReadKind::kGroups);
  ExpectList(WEFT_CODE_BAD_COMMAND, "a read of 2^24 words",
             {{groups + kReadParamWords, 1}, {groups + kReadBusWords, 0xffffff}});
  ExpectList(WEFT_CODE_BAD_COMMAND, "a read of 2^24 + 1 words",
             {{groups + kReadParamWords, 2}, {groups + kReadBusWords, 0xffffff}});
}

TEST_P(SystemErrors, ReadsOutsideOfTheWindow) {
  const auto window = uint32_t(check_.good.program().window_bytes);
  for (const auto read :
       {ReadKind::kLines, ReadKind::kGroups, ReadKind::kList, ReadKind::kTables, ReadKind::kResidual}) {
    const int64_t at = Find(ListOp::kRead, read);
    for (const uint32_t offset :
         {window, window - uint32_t(check_.config.bus_bytes), 0x80000000U, 0xffffffc0U, 2U}) {
      if (offset + 64 == 0x80000000U) continue;
      // A read of one word may begin with the window's last one.
      const bool fits = check_.Word(at + kReadParamWords) + check_.Word(at + kReadBusWords) == 1 &&
                        check_.Word(at + kReadCount) == 0 && offset < window && offset != 2;
      if (fits) continue;
      ExpectList(WEFT_CODE_OUT_OF_WINDOW, fmt::format("kind {}, offset {:#x}", int(read), offset),
                 {{at + kReadOffset, offset}});
      EXPECT_EQ(error_offset_, offset);
      check_.Load();
    }
  }
  const int64_t lines = Find(ListOp::kRead);
  ASSERT_GT(check_.Word(lines + kReadCount), 0U);
  ExpectList(WEFT_CODE_OUT_OF_WINDOW, "the second line", {{lines + kReadPitch, window}});
  ExpectList(WEFT_CODE_OUT_OF_WINDOW, "a long line", {{lines + kReadBusWords, 0xffffff}});
}

TEST_P(SystemErrors, StoresOutsideOfTheWindow) {
  const auto window = uint32_t(check_.good.program().window_bytes);
  const int64_t at = Find(ListOp::kJob) + 1 + kJobWords;
  const uint32_t channels = check_.Word(at - kJobWords + kJobCols);
  for (const uint32_t offset : {window - channels + 1, window, window - 1, 0x80000000U, 0xffffffffU}) {
    ExpectList(WEFT_CODE_OUT_OF_WINDOW, fmt::format("offset {:#x}", offset), {{at, offset}});
    EXPECT_EQ(error_offset_, offset);
  }
  for (const int step : {kStoreGroup, kStoreX, kStoreY})
    ExpectList(WEFT_CODE_OUT_OF_WINDOW, fmt::format("step {}", step), {{at + step, window}});
}

// Jobs whose outputs are not those that their stores wait for.
TEST_P(SystemErrors, OfJobs) {
  const int64_t job = Find(ListOp::kJob) + 1, store = job + kJobWords;
  ExpectList(WEFT_CODE_BAD_JOB, "a store of one pixel less",
             {{store + kStoreTotal, check_.Word(store + kStoreTotal) - 1}});
  ExpectList(WEFT_CODE_BAD_JOB, "a store of a group less",
             {{store + kStoreGroups, check_.Word(store + kStoreGroups) - 1}});
  ExpectList(WEFT_CODE_BAD_JOB, "a job of a group less",
             {{job + kJobGroupLast, check_.Word(job + kJobGroupLast) - 1}});
  ExpectList(WEFT_CODE_BAD_JOB, "no channels", {{job + kJobCols, 0}, {job + kJobColsLast, 0}});
  ExpectList(WEFT_CODE_BAD_JOB, "a store of a pixel more",
             {{store + kStoreTotal, check_.Word(store + kStoreTotal) + 1}});
}

// Outputs without a store: the list ends while the engine still works. That such a job has one is the
// compiler's to see to; the hardware's that the next start finds nothing of it.
TEST_P(SystemErrors, JobsThatNobodyStores) {
  for (const Memory memory : {Memory{1, 1}, Memory{4, 1}, Memory{4, 60}})
    for (const bool drains : {true, false}) {
      SystemCheck one(GetParam(), memory, 0, 1, 1);
      one.system.Assertions(false);
      one.ExpectGood();
      one.Load();
      for (size_t i = 0; i < one.good.program().commands.size(); i++) {
        if (one.good.program().commands[i].op != ListOp::kJob) continue;
        const int64_t at = one.CommandsAt()[i];
        one.SetWord(at, one.Word(at) & 0xff);
        if (!drains) {
          uint32_t flags = one.Word(at + 1 + kJobFlags);
          kJobFlagsDrains.Set(&flags, 0);
          one.SetWord(at + 1 + kJobFlags, flags);
        }
      }
      one.FixChecksum();
      one.Go(one.GoodStart());
      EXPECT_EQ(CodeName(one.system.Wait(kBound)), "OK");
      one.ExpectGood();
      errors_++;
    }
}

// A list whose next words nobody reads.
TEST_P(SystemErrors, ListsThatAreCutShort) {
  SystemCheck one(GetParam(), {2, 20}, 0, 1, 1);  // one layer: its list is read at once
  ASSERT_LE(one.good.program().list_bytes, uint32_t(kListFirstBytes));
  one.Load();
  const int64_t bytes = one.Words() * 4;
  for (int64_t cut = one.config.bus_bytes; cut < bytes; cut += one.config.bus_bytes) {
    if (cut + one.config.bus_bytes > bytes) continue;  // its last word is in this bus word
    one.Load();
    SystemCheck::Start start = one.GoodStart();
    start.list_bytes = uint32_t(cut);
    start.watchdog = 0;
    one.Go(start);
    EXPECT_EQ(CodeName(one.system.Wait(kBound)), "BAD_LIST") << "LIST_BYTES " << cut;
    errors_++;
    if (cut % 64 == 0) one.ExpectGood();
  }
  one.ExpectGood();
  Expect(WEFT_CODE_BAD_COMMAND, "LIST_BYTES 0", [](auto& start) { start.list_bytes = 0; });
}

// A gap in the list: some word of it is taken for another one. What that gives depends on the words.
TEST_P(SystemErrors, ListsWithAGap) {
  const auto gap = [&](const std::string& what, const auto& damage) {
    SCOPED_TRACE(what);
    check_.Load();
    SystemCheck::Start start = check_.GoodStart();
    damage(start);
    check_.Go(start);
    EXPECT_NE(CodeName(check_.system.Wait(kBound)), "OK");
    check_.ExpectGood();
    errors_++;
  };
  for (const uint32_t bytes : {32U, 64U, 256U, uint32_t{kListFirstBytes} - 64U})
    gap(fmt::format("LIST_BYTES {}", bytes), [&](auto& start) { start.list_bytes = bytes; });
  const std::vector<Command>& commands = check_.good.program().commands;
  for (size_t i = 0; i < commands.size(); i++) {
    if (commands[i].op != ListOp::kRead || commands[i].read != ReadKind::kList) continue;
    if (check_.Words() * 4 <= commands[i].offset + uint32_t(check_.config.bus_bytes))
      continue;  // all that is left
    gap(fmt::format("command {}", i), [&](auto&) {
      check_.SetWord(check_.CommandsAt()[i] + kReadBusWords, 1);
      check_.FixChecksum();
    });
  }
}

TEST_P(SystemErrors, OfTheRegisters) {
  const uint64_t base = check_.system.memory().base, window = check_.good.program().window_bytes;
  for (const uint64_t off : {1, 2, 3})
    Expect(WEFT_CODE_OUT_OF_WINDOW, fmt::format("a window at base + {}", off), [&](auto& start) {
      check_.system.memory().base += off;
      start.base += off, start.list_address += off;
    });
  // A multiple of the bus is enough, though the driver asks for 4 KiB.
  for (const uint64_t off :
       {uint64_t(check_.config.bus_bytes), uint64_t{4096} - uint64_t(check_.config.bus_bytes)})
    Expect(WEFT_CODE_OK, fmt::format("a window at base + {}", off), [&](auto& start) {
      check_.system.memory().base += off;
      start.base += off, start.list_address += off;
    });
  for (const uint64_t address :
       {base - 64, uint64_t{0}, base + window, base + 2, base + (uint64_t{1} << 32), uint64_t{0xffffffffc0}})
    Expect(WEFT_CODE_OUT_OF_WINDOW, fmt::format("a list at {:#x}", address),
           [&](auto& start) { start.list_address = address; });
  const uint64_t list = check_.good.program().list_bytes;
  for (const uint64_t bytes : {uint64_t{0}, uint64_t{4}, list / 2, list, window / 2, window - 64})
    Expect(WEFT_CODE_OUT_OF_WINDOW, fmt::format("a window of {} bytes of {}", bytes, window),
           [&](auto& start) {
             start.window_bytes = bytes;
             check_.system.memory().bytes.resize(size_t(bytes));  // nothing is there any more
           });
}

// A memory that stops answering: the watchdog or an abort gives the interrupt; the core is busy until the
// memory comes back.
TEST_P(SystemErrors, MemoriesThatHang) {
  const auto phases = BeatsByPhase(check_.good.program(), check_.config);
  const auto hang = [&](bool writes, int64_t beat, bool watchdog) {
    Expect(watchdog ? WEFT_CODE_WATCHDOG : WEFT_CODE_ABORTED,
           fmt::format("{} beat {}, {}", writes ? "write" : "read", beat, watchdog ? "watchdog" : "abort"),
           [&](auto& start) {
             AxiFaults& faults = check_.system.memory().faults;
             (writes ? faults.write_beat : faults.read_beat) = beat;
             faults.hangs = true;
             start.watchdog = watchdog ? 1000 : 0;
             if (!watchdog) {
               check_.system.later_after = 60'000;
               check_.system.later = [&] { weft_abort(&check_.system.bus()); };
             }
             check_.system.on_interrupt = [&] {
               check_.system.Step(500);
               EXPECT_NE(check_.Register(WEFT_STATUS) & WEFT_STATUS_BUSY, 0U);
               check_.system.memory().faults.hangs = false;
               check_.system.memory().faults.read_beat = check_.system.memory().faults.write_beat = -1;
               check_.system.on_interrupt = nullptr;
             };
           });
  };
  for (const auto& phase : phases)
    for (const ReadBeat& beat : {phase.front(), phase[phase.size() / 2], phase.back()})
      hang(false, beat.number, true);
  for (const int64_t beat : {0, 1, 40}) hang(true, beat, true);
  hang(false, phases[0][5].number, false);
  hang(true, 3, false);
}

// The watchdog counts silence, not time: slow is not silent.
TEST_P(SystemErrors, SlowIsNotSilent) {
  Expect(WEFT_CODE_OK, "300 cycles", [](auto& start) { start.watchdog = 300; });
}

TEST_P(SystemErrors, Starts) {
  check_.Load();
  check_.Go(check_.GoodStart());
  for (int i = 0; i < 20; i++) {
    check_.system.Step(i * 7);
    for (const uint32_t offset : {WEFT_CONTROL, WEFT_LIST_ADDR_LO, WEFT_LIST_BYTES, WEFT_WATCHDOG,
                                  WEFT_WINDOW_BASE_LO, WEFT_WINDOW_BASE_HI, WEFT_WINDOW_SIZE_LO}) {
      EXPECT_THROW(check_.system.bus().write(check_.system.bus().context, offset, WEFT_CONTROL_START), Error)
          << offset;
      errors_++;
    }
  }
  EXPECT_EQ(check_.system.Wait(kBound), int(WEFT_CODE_OK));
  EXPECT_EQ(check_.Register(WEFT_CYCLES_LO), good_.cycles);  // as if nobody had asked
  check_.ExpectGood();
}

class RandomAborts : public testing::TestWithParam<const char*> {
 protected:
  // What `cut` does to runs at random cycles, under random memories; `code` is what it gives.
  template <typename Cut>
  void Run(uint64_t first_seed, uint32_t code, const Cut& cut) {
    const RandomCases cases = ShardOf(RandomCount(4));
    if (cases.count() == 0) GTEST_SKIP() << cases.Text();
    int64_t cuts = 0, ended = 0;
    for (int64_t i = cases.first; i < cases.end && !HasFailure(); i++) {
      const uint64_t seed = first_seed + uint64_t(i);
      Random random(seed);
      SystemCheck check(GetParam(), RandomMemory(random, Config::Load(GetParam())), i % 2 == 0 ? 0 : 0.4,
                        seed);
      const int64_t cycles = check.ExpectGood().cycles;
      for (int j = 0; j < 12 && !HasFailure(); j++) {
        const int64_t after = random.Chance(3) ? random.Int(0, 60) : random.Int(0, cycles + 20);
        SCOPED_TRACE(fmt::format("seed {}, after {} of {} cycles", seed, after, cycles));
        check.Load();
        check.Go(check.GoodStart());
        const int got = cut(check, after);
        (got == int(code) ? cuts : ended)++;
        if (got != int(code)) {
          EXPECT_EQ(CodeName(got), "OK");
        }
        check.ExpectGood();
      }
    }
    if (cases.whole()) {
      EXPECT_GT(cuts, cases.count() * 6);
    }
    if (!HasFailure()) fmt::print("  {}: {} runs cut short, {} ended before\n", GetParam(), cuts, ended);
  }
};
INSTANTIATE_TEST_SUITE_P(Configs, RandomAborts, testing::Values("2x2", "3x6", "4x4", "5x7"),
                         [](const auto& info) { return fmt::format("c{}", info.param); });

TEST_P(RandomAborts, Abort) {
  Run(100, WEFT_CODE_ABORTED, [](SystemCheck& check, int64_t after) {
    check.system.later_after = after;
    check.system.later = [&] { weft_abort(&check.system.bus()); };
    return check.system.Wait(2'000'000);
  });
}

// A reset of the core gives no code; it must end by itself, and leave nothing of the run behind.
TEST_P(RandomAborts, SoftReset) {
  Run(200, 1000, [](SystemCheck& check, int64_t after) {
    check.system.Step(after);
    check.system.bus().write(check.system.bus().context, WEFT_CONTROL, WEFT_CONTROL_SOFT_RESET);
    int64_t polls = 0;
    while ((check.Register(WEFT_STATUS) & WEFT_STATUS_BUSY) != 0)
      if (++polls > 100'000) {
        ADD_FAILURE() << "busy for ever";
        break;
      }
    EXPECT_EQ(check.Register(WEFT_STATUS), WEFT_STATUS_IDLE);
    EXPECT_EQ(check.Register(WEFT_IRQ_STATUS), 0U);
    return 1000;
  });
}

}  // namespace
}  // namespace weft
