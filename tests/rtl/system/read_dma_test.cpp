// SPDX-License-Identifier: Apache-2.0
// read_dma on an AXI slave that answers in order, some time later: every word that a command asks for comes
// to its stream, in the order of the commands, and nothing else is read. Bad commands are refused with their
// code and offset; runs that are cut short leave nothing to the next one.
#include "models/read_dma.hpp"

#include "driver/weft_regs.h"
#include "tests/rtl/system/read_dma_bench.hpp"

namespace weft::rtl {
namespace {

template <class P>
class ReadDma : public testing::Test {};
TYPED_TEST_SUITE(ReadDma, models::read_dma, ParameterNames);

TYPED_TEST(ReadDma, BringsEveryWordToItsStream) {
  using P = TypeParam;
  int64_t commands = 0, beats = 0, bursts = 0, most = 0;
  for (const Pattern pattern : kPatterns) {
    SCOPED_TRACE(ToString(pattern));
    ReadDmaBench<P> b(1, pattern);
    for (int i = 0; i < 250; i++, commands++) {
      const ReadCommand c = Draw<P>(b.random, b.size);
      ASSERT_NO_FATAL_FAILURE(b.Give(c)) << Show(c);
      if (b.random.Chance(20)) {
        ASSERT_NO_FATAL_FAILURE(b.Finish());
      }
    }
    ASSERT_NO_FATAL_FAILURE(b.Finish());
    beats += b.beats, bursts += b.bursts, most = std::max(most, b.most_in_flight);
  }
  EXPECT_GT(beats, bursts);
  EXPECT_EQ(most, P::OUTSTANDING) << "the bus is never full";
  Compared(fmt::format("{} words of {} commands in {} bursts", beats, commands, bursts));
}

// Requests of one word, too.
TYPED_TEST(ReadDma, TakesAWordACycle) {
  using P = TypeParam;
  for (const uint32_t words : {1U, 2U, 3U * P::MAX_BEATS}) {
    ReadDmaBench<P> b(2, {100, 100});
    b.most_latency = 0;
    const ReadCommand c{kLines, 0, 0, words, 300, words * P::BUS_BYTES, 0};
    const int64_t begin = b.cycles;
    ASSERT_NO_FATAL_FAILURE(b.Give(c));
    ASSERT_NO_FATAL_FAILURE(b.Finish());
    EXPECT_LE(b.cycles - begin, 300 * words + 16) << words << " words";
  }
}

// A read waits until so many jobs are stored, modulo 2^16, and holds back those behind it.
TYPED_TEST(ReadDma, WaitsForStoredJobs) {
  using P = TypeParam;
  int64_t waits = 0;
  for (const Pattern pattern : {kPatterns[0], kPatterns[3]}) {
    ReadDmaBench<P> b(3, pattern);
    for (const uint16_t stored : {0, 1, 100, 0x7fff, 0x8000, 0xfffe, 0xffff}) {
      for (const int missing : {1, 2, 3, 0x4000, 0x8000}) {  // those: it does not begin
        b.job_stored = stored;
        ReadCommand c = Draw<P>(b.random, b.size);
        c.wait = uint16_t(stored + missing);
        ASSERT_NO_FATAL_FAILURE(b.Give(c));
        c = Draw<P>(b.random, b.size);
        c.wait = stored;
        ASSERT_NO_FATAL_FAILURE(b.Give(c));
        const int64_t bursts = b.bursts;
        for (int t = 0; t < 60; t++) ASSERT_NO_FATAL_FAILURE(b.Cycle());
        ASSERT_EQ(b.bursts, bursts) << b.Where();
        b.job_stored = uint16_t(stored + missing - 1);
        for (int t = 0; t < 20; t++) ASSERT_NO_FATAL_FAILURE(b.Cycle());
        ASSERT_EQ(b.bursts, bursts) << b.Where();
        b.job_stored = uint16_t(stored + missing);
        ASSERT_NO_FATAL_FAILURE(missing == 0x8000 ? b.Stop() : b.Finish());  // those behind it: 2^15 behind
        waits++;
      }
      for (const int behind : {0, 1, 0x7ffe, 0x7fff}) {  // those: it begins
        b.job_stored = stored;
        ReadCommand c = Draw<P>(b.random, b.size);
        c.wait = uint16_t(stored - behind);
        ASSERT_NO_FATAL_FAILURE(b.Give(c));
        ASSERT_NO_FATAL_FAILURE(b.Finish());
      }
    }
  }
  Compared(fmt::format("{} reads that wait", waits));
}

// A command waits behind one that is held back.
TYPED_TEST(ReadDma, OneCommandWaits) {
  using P = TypeParam;
  ReadDmaBench<P> b(4, {100, 100});
  for (int i = 0; i < 2; i++) {
    ReadCommand c = Draw<P>(b.random, b.size);
    c.wait = i == 0 ? 1 : 0;
    ASSERT_NO_FATAL_FAILURE(b.Give(c));
    b.m.Settle();
    ASSERT_FALSE(b.m->command_ready_o) << "command " << i;
    ASSERT_NO_FATAL_FAILURE(b.Cycle());
    b.m.Settle();
    ASSERT_EQ(b.m->command_ready_o, i == 0) << "command " << i;
  }
  ASSERT_FALSE(b.m->command_ready_o);
  ASSERT_EQ(b.bursts, 0);
  b.job_stored = 1;
  ASSERT_NO_FATAL_FAILURE(b.Finish());
}

// Exact to the byte at the end of any window, up to 4 GiB.
TYPED_TEST(ReadDma, ReadsNothingOutsideOfTheWindow) {
  using P = TypeParam;
  constexpr uint32_t kBus = P::BUS_BYTES;
  int64_t inside = 0, outside = 0;
  for (const Pattern pattern : {kPatterns[0], kPatterns[3]}) {
    ReadDmaBench<P> b(5, pattern);
    if (P::ADDR_W == 32) b.base = 0;  // 4 GiB of it
    for (const uint32_t size : {8 * kBus, 0x10'0000U, 0x8000'0000U, 0xffff'ffffU - (kBus - 1), 0xffff'ffffU})
      for (const uint32_t words : {1U, 2U, P::MAX_BEATS + 3U})
        for (const int64_t beyond : {-int64_t{kBus}, int64_t{-1}, int64_t{0}, int64_t{1}, int64_t{kBus}}) {
          const uint32_t bytes = words * kBus;
          if (bytes + kBus > size) continue;
          ReadCommand c{
              uint32_t(b.random.Int(0, weft_list_pkg::KINDS - 1)), 0, words / 2, words - words / 2, 1, 0, 0};
          c.offset = (size / kBus - words) * kBus;
          const int64_t end = int64_t{c.offset} + bytes + beyond;
          if (end > UINT32_MAX) continue;
          b.Window(uint32_t(end));
          const bool legal = beyond >= 0;
          ASSERT_NO_FATAL_FAILURE(b.Give(c, legal ? 1 : 0));
          if (legal) {
            ASSERT_NO_FATAL_FAILURE(b.Finish()) << Show(c);
            inside++;
            continue;
          }
          for (int t = 0; t < 40; t++) ASSERT_NO_FATAL_FAILURE(b.Cycle());
          ASSERT_TRUE(b.failed) << Show(c) << " in " << size << " bytes, " << b.Where();
          ASSERT_EQ(b.code, WEFT_CODE_OUT_OF_WINDOW);
          ASSERT_EQ(b.error_offset, c.offset);
          ASSERT_NO_FATAL_FAILURE(b.Stop());
          outside++;
        }
  }
  Compared(fmt::format("{} reads up to the end of a window, {} beyond", inside, outside));
}

// What is refused: no words, too many, a stream that does not exist, a begin between two bus words, the
// request that leaves the window. What was asked for before it still comes; nothing of it or behind it is
// read.
TYPED_TEST(ReadDma, RefusesBadCommands) {
  using P = TypeParam;
  constexpr uint32_t kBus = P::BUS_BYTES, kMost = (1 << 24) - 1;
  int64_t refused = 0;
  for (const Pattern pattern : kPatterns) {
    SCOPED_TRACE(ToString(pattern));
    ReadDmaBench<P> b(6, pattern);
    for (int i = 0; i < 120; i++, refused++) {
      for (int before = int(b.random.Int(0, 4)); before > 0; before--)
        ASSERT_NO_FATAL_FAILURE(b.Give(Draw<P>(b.random, b.size)));
      if (b.random.Chance(2)) {
        ASSERT_NO_FATAL_FAILURE(b.Finish());
      }
      ReadCommand c = Draw<P>(b.random, b.size / 2);
      uint8_t code = WEFT_CODE_BAD_COMMAND;
      uint32_t offset = c.offset, good = 0;
      switch (i % 8) {
        case 0:
          c.words = 0;
          break;
        case 1:
          c.words = 0, c.params = 0;
          break;
        case 2:
          c.words = kMost, c.params = 1;
          break;
        case 3:
          c.params = kMost, c.words = kMost;
          break;
        case 4:
          c.kind = uint32_t(b.random.Int(weft_list_pkg::KINDS, 7));
          break;
        case 5:
          offset = c.offset += uint32_t(b.random.Int(1, kBus - 1)), code = WEFT_CODE_OUT_OF_WINDOW;
          break;
        case 6:  // unaligned and of no words: the command is bad
          offset = c.offset += uint32_t(b.random.Int(1, kBus - 1)), c.words = 0;
          break;
        case 7:  // some of its requests are good
          good = uint32_t(b.random.Int(1, 5));
          c.count = good + uint32_t(b.random.Int(1, 5));
          c.pitch = 2 * (c.words + c.params) * kBus;
          c.offset = b.size / kBus * kBus - (good - 1) * c.pitch - (c.words + c.params) * kBus;
          if (b.random.Chance(3)) good = 1, c.offset = 0, c.pitch += uint32_t(b.random.Int(1, kBus - 1));
          offset = c.offset + good * c.pitch, code = WEFT_CODE_OUT_OF_WINDOW;
          break;
      }
      ASSERT_NO_FATAL_FAILURE(b.Give(c, good));
      for (int t = 0; !b.failed; t++) {
        ASSERT_LT(t, 100'000) << "not refused: " << Show(c) << ", " << b.Where();
        ASSERT_NO_FATAL_FAILURE(b.Cycle());
      }
      ASSERT_EQ(b.code, code) << Show(c) << ", " << b.Where();
      ASSERT_EQ(b.error_offset, offset) << Show(c) << ", " << b.Where();
      for (int t = int(b.random.Int(0, 20)); t > 0; t--) ASSERT_NO_FATAL_FAILURE(b.Cycle());
      ASSERT_NO_FATAL_FAILURE(b.Stop());
    }
  }
  Compared(fmt::format("{} bad commands", refused));
}

TYPED_TEST(ReadDma, TellsTheBeatThatFails) {
  using P = TypeParam;
  int64_t errors = 0;
  for (const Pattern pattern : kPatterns) {
    SCOPED_TRACE(ToString(pattern));
    ReadDmaBench<P> b(7, pattern);
    for (int i = 0; i < 40; i++, errors++) {
      std::vector<uint32_t> offsets;  // of each word
      const int commands = int(b.random.Int(1, 5));
      std::vector<ReadCommand> given;
      for (int k = 0; k < commands; k++) {
        const ReadCommand c = given.emplace_back(Draw<P>(b.random, b.size));
        for (uint32_t n = 0; n < c.count; n++)
          for (uint32_t w = 0; w < c.words + c.params; w++)
            offsets.push_back(c.offset + n * c.pitch + w * P::BUS_BYTES);
      }
      const auto which = size_t(b.random.Int(0, int64_t(offsets.size()) - 1));
      b.error_beat = b.beats + int64_t(which);
      for (const ReadCommand& c : given)
        if (!b.failed) {
          ASSERT_NO_FATAL_FAILURE(b.Give(c));
        }
      for (int t = 0; !b.failed; t++) {
        ASSERT_LT(t, 100'000) << b.Where();
        ASSERT_NO_FATAL_FAILURE(b.Cycle());
      }
      ASSERT_EQ(b.code, WEFT_CODE_READ_ERROR) << b.Where();
      ASSERT_EQ(b.error_offset, offsets[which]) << "word " << which << ", " << b.Where();
      ASSERT_NO_FATAL_FAILURE(b.Stop());
    }
  }
  Compared(fmt::format("{} beats that fail", errors));
}

// Cut short at any time: what AXI has begun is finished and dropped, the next run has only its own words.
TYPED_TEST(ReadDma, ForgetsARunThatIsCutShort) {
  using P = TypeParam;
  int64_t cut = 0, under_way = 0, addresses = 0;
  for (const Pattern pattern : kPatterns) {
    SCOPED_TRACE(ToString(pattern));
    ReadDmaBench<P> b(8, pattern);
    for (int i = 0; i < 60; i++, cut++) {
      for (int k = int(b.random.Int(1, 6)); k > 0; k--)
        ASSERT_NO_FATAL_FAILURE(b.Give(Draw<P>(b.random, b.size), UINT32_MAX, 200));
      if (i == 0) {  // the longest request there is
        b.Window(0x7fff'ffff);
        ASSERT_NO_FATAL_FAILURE(b.Give({kWeights, 0, 0, (1 << 24) - 1, 1, 0, 0}, 1, 3000));
        for (int t = 0; t < 1000; t++) ASSERT_NO_FATAL_FAILURE(b.Cycle());
      }
      for (int t = int(b.random.Int(0, 60)); t > 0; t--) ASSERT_NO_FATAL_FAILURE(b.Cycle());
      under_way += b.in_flight();
      addresses += b.m->ar_valid_o;
      ASSERT_NO_FATAL_FAILURE(b.Stop());
      b.Window(1 << 20);
      for (int k = int(b.random.Int(1, 3)); k > 0; k--)
        ASSERT_NO_FATAL_FAILURE(b.Give(Draw<P>(b.random, b.size)));
      ASSERT_NO_FATAL_FAILURE(b.Finish());
      ASSERT_NO_FATAL_FAILURE(b.Stop());
    }
  }
  EXPECT_GT(under_way, 30);
  EXPECT_GT(addresses, 10);
  Compared(fmt::format("{} runs cut short, {} with bursts in flight, {} with an address that waits", cut,
                       under_way, addresses));
}

}  // namespace
}  // namespace weft::rtl
