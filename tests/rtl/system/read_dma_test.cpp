// SPDX-License-Identifier: Apache-2.0
// read_dma on an AXI slave that answers in order, some time later: every word that a command asks for comes
// to its stream, in the order of the commands, and nothing else is read. Bad commands are refused with their
// code and offset; runs that are cut short leave nothing to the next one.
#include "models/read_dma.hpp"

#include "driver/weft_regs.h"
#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

namespace list = weft_list_pkg;

template <class P>
class ReadDma : public testing::Test {};
TYPED_TEST_SUITE(ReadDma, models::read_dma, ParameterNames);

enum Stream { kLines, kWeights, kList, kTables, kResidual, kDepthwise, kParams, kDwParams, kStreams };

struct Command {
  uint32_t kind, offset, params, words, count, pitch, wait;  // words of the bus
};
std::string Show(const Command& c) {
  return fmt::format("{} times {} + {} words from {:x} on, {:x} apart, for stream {}, behind job {}", c.count,
                     c.params, c.words, c.offset, c.pitch, c.kind, c.wait);
}

template <class P>
class Bench {
 public:
  static constexpr uint32_t kBus = P::BUS_BYTES;
  Bench(uint64_t seed, Pattern pattern) : random(seed), pattern_(pattern), seed_(seed) {
    base = P::ADDR_W > 32 ? 0xf'edcb'f000 : 0x7000;
    Window(1 << 20);
    m->command_valid_i = m->ar_ready_i = m->r_valid_i = m->r_last_i = m->r_error_i = 0;
    m->stored_i = 0;
    m.Clock(2);
    Run(true);
  }

  Testbench<P> m;
  Random random;
  uint64_t base;
  uint32_t size = 0;
  int64_t cycles = 0, beats = 0, bursts = 0, most_in_flight = 0;
  bool failed = false;  // error_o has been high
  uint8_t code = 0;
  uint32_t error_offset = 0;
  int64_t error_beat = -1;  // the beat that is answered with an error
  int most_latency = 30;
  uint16_t job_stored = 0;

  void Window(uint32_t bytes) {
    size = m->size_i = bytes;
    Put(m->base_i, 0, P::ADDR_W, base);
  }
  void Run(bool on) {
    if (!on) {
      if (m->ar_valid_o && !held_) BeginBurst();  // that is finished still
      want_.clear(), requests_.clear();
    }
    m->run_i = running_ = on;
  }
  std::string Where() const { return fmt::format("cycle {}, seed {}", cycles, seed_); }
  [[nodiscard]] bool asked() const { return !want_.empty(); }
  [[nodiscard]] bool in_flight() const { return !flight_.empty(); }

  // A cycle of the slave and of the streams.
  void Cycle() {
    m->stored_i = job_stored;
    m->ar_ready_i = Active(random, pattern_.source);
    m->r_valid_i =
        !flight_.empty() && cycles >= flight_.front().from && (r_held_ || Active(random, pattern_.source));
    m->r_last_i = m->r_valid_i ? flight_.front().left == 1 : random.Chance(2);
    m->r_error_i = m->r_valid_i ? beats == error_beat : random.Chance(2);
    m->line_ready_i = Active(random, pattern_.sink);
    m->weight_ready_i = Active(random, pattern_.sink);
    m->list_ready_i = Active(random, pattern_.sink);
    m->table_ready_i = Active(random, pattern_.sink);
    m->residual_ready_i = Active(random, pattern_.sink);
    m->param_ready_i = Active(random, pattern_.sink);
    m->dw_weight_ready_i = Active(random, pattern_.sink);
    m->dw_param_ready_i = Active(random, pattern_.sink);
    m.Settle();
    ASSERT_EQ(m->idle_o, !m->ar_valid_o && flight_.empty()) << Where();
    if (!want_.empty() && !failed) {
      ASSERT_FALSE(m->quiet_o) << want_.size() << " words are still to come, " << Where();
    }
    Address();
    if (testing::Test::HasFatalFailure()) return;
    Data();
    if (testing::Test::HasFatalFailure()) return;
    m.Clock();
    cycles++;
    if (m->error_o && !failed) {
      failed = true;
      code = m->code_o, error_offset = m->error_offset_o;
    }
  }
  // Gives a command, whose first `good` requests are then expected. Gives up after `most_cycles`.
  void Give(const Command& c, uint32_t good = UINT32_MAX, int64_t most_cycles = INT64_MAX) {
    const auto noise = [&](int bits) { return uint32_t(random.Int(0, (int64_t{1} << bits) - 1)); };
    const std::array<uint32_t, list::READ_WORDS> words = {list::OP_READ | c.kind << 8 | noise(21) << 11,
                                                          c.offset,
                                                          c.params | noise(8) << 24,
                                                          c.words | noise(8) << 24,
                                                          (c.count - 1) | noise(8) << 24,
                                                          c.pitch,
                                                          c.wait | noise(16) << 16,
                                                          noise(32)};
    std::memcpy(&m->command_i, words.data(), sizeof words);
    for (int64_t t = 0; t < most_cycles; t++) {
      ASSERT_LT(t, 200'000) << "a command is not taken: " << Show(c) << ", " << Where();
      m->command_valid_i = Active(random, pattern_.source);
      m.Settle();
      const bool taken = m->command_valid_i && m->command_ready_o;
      ASSERT_NO_FATAL_FAILURE(Cycle());
      m->command_valid_i = 0;
      if (taken) return Expect(c, std::min(good, c.count));
    }
  }
  void Finish() {
    for (int64_t t = 0; !want_.empty() || !m->idle_o; t++) {
      ASSERT_LT(t, 200'000) << want_.size() << " words do not come, " << Where();
      ASSERT_NO_FATAL_FAILURE(Cycle());
      ASSERT_FALSE(failed) << "code " << int{code} << " at " << error_offset << ", " << Where();
    }
    ASSERT_NO_FATAL_FAILURE(Cycle());
    ASSERT_TRUE(m->quiet_o) << Where();
  }
  // The run ends; the slave answers what it was asked for, and the next run can begin.
  void Stop() {
    Run(false);
    m->command_valid_i = 0;
    const int64_t asked_for = bursts + (m->ar_valid_o ? 1 : 0);
    for (int t = 0; t < 3 || !m->idle_o; t++) {
      ASSERT_LT(t, 100'000) << Where();
      ASSERT_NO_FATAL_FAILURE(Cycle());
      ASSERT_FALSE(m->error_o) << Where();
    }
    ASSERT_LE(bursts, asked_for) << "a burst is begun after the run, " << Where();
    ASSERT_TRUE(m->quiet_o) << Where();
    failed = false, error_beat = -1;
    Run(true);
  }

 private:
  struct Burst {
    uint64_t addr;
    int left;
    int64_t from;
  };
  struct Word {
    Stream stream;
    uint64_t addr;
    bool last;
  };
  struct Request {  // its words that no burst was asked for
    uint64_t addr;
    uint64_t words;
    uint16_t wait;
  };
  void Expect(const Command& c, uint32_t requests) {
    constexpr size_t kMost = 100'000;  // words: a longer command is cut short
    uint32_t offset = c.offset;
    for (uint32_t i = 0; i < requests && want_.size() < kMost; i++, offset += c.pitch) {
      uint64_t addr = base + offset;
      requests_.push_back({addr, uint64_t{c.params} + c.words, uint16_t(c.wait)});
      for (uint32_t w = 0; w < c.params; w++, addr += kBus)
        want_.push_back({c.kind == kDepthwise ? kDwParams : kParams, addr, w == c.params - 1});
      for (uint32_t w = 0; w < c.words && want_.size() < kMost; w++, addr += kBus)
        want_.push_back({Stream(c.kind), addr, w == c.words - 1});
    }
  }
  // A burst is offered: the next one of what was asked for.
  void BeginBurst() {
    const uint64_t addr = Get(m->ar_addr_o, 0, P::ADDR_W), words = uint64_t{m->ar_len_o} + 1;
    ASSERT_TRUE(running_) << "a burst is begun after the run, " << Where();
    ASSERT_FALSE(requests_.empty()) << fmt::format("nobody asked for {:x}", addr) << ", " << Where();
    Request& r = requests_.front();
    ASSERT_EQ(addr, r.addr) << Where();
    const uint64_t block = uint64_t{P::MAX_BEATS} * kBus, room = (block - addr % block) / kBus;
    ASSERT_EQ(words, std::min(r.words, room)) << Where();
    ASSERT_LE(addr + words * kBus, base + size) << Where();
    ASSERT_LT(uint16_t(job_stored - r.wait), 1 << 15) << "job " << r.wait << " is not stored, " << Where();
    r.addr += words * kBus, r.words -= words;
    if (r.words == 0) requests_.pop_front();
    held_ = true;
    held_addr_ = addr, held_words_ = words;
  }
  void Address() {
    const uint64_t addr = Get(m->ar_addr_o, 0, P::ADDR_W), words = uint64_t{m->ar_len_o} + 1;
    if (m->ar_valid_o && !held_) BeginBurst();
    if (testing::Test::HasFatalFailure()) return;
    if (held_) {
      ASSERT_TRUE(m->ar_valid_o && held_addr_ == addr && held_words_ == words)
          << "an address is not held until it is taken, " << Where();
    }
    held_ = m->ar_valid_o && !m->ar_ready_i;
    if (m->ar_valid_o && m->ar_ready_i) {
      const int64_t from = cycles + 1 + (most_latency > 0 ? random.Int(0, most_latency) : 0);
      flight_.push_back({addr, int(words), from});
      bursts++;
    }
    const auto under_way = int64_t(flight_.size()) + (held_ ? 1 : 0);
    most_in_flight = std::max(most_in_flight, under_way);
    ASSERT_LE(under_way, P::OUTSTANDING) << Where();
  }
  void Data() {
    const std::array<std::array<bool, 2>, kStreams> streams = {
        {{m->line_valid_o != 0, m->line_ready_i != 0},
         {m->weight_valid_o != 0, m->weight_ready_i != 0},
         {m->list_valid_o != 0, m->list_ready_i != 0},
         {m->table_valid_o != 0, m->table_ready_i != 0},
         {m->residual_valid_o != 0, m->residual_ready_i != 0},
         {m->dw_weight_valid_o != 0, m->dw_weight_ready_i != 0},
         {m->param_valid_o != 0, m->param_ready_i != 0},
         {m->dw_param_valid_o != 0, m->dw_param_ready_i != 0}}};
    int valid = 0;
    bool taken = false;
    for (int s = 0; s < kStreams && running_; s++) {
      valid += streams[size_t(s)][0];
      taken |= streams[size_t(s)][0] && streams[size_t(s)][1];
      if (!streams[size_t(s)][0] || failed) continue;
      ASSERT_TRUE(m->r_valid_i) << "stream " << s << " without a word, " << Where();
      ASSERT_FALSE(want_.empty()) << "a word too many, " << Where();
      ASSERT_EQ(s, want_.front().stream) << "of the word at " << want_.front().addr << ", " << Where();
      ASSERT_EQ(flight_.front().addr, want_.front().addr) << Where();
      ASSERT_EQ(m->line_last_o, want_.front().last) << Where();
    }
    ASSERT_LE(valid, 1) << "a word for two streams, " << Where();
    const bool beat = m->r_valid_i && m->r_ready_o;
    r_held_ = m->r_valid_i && !beat;
    if (running_) {
      ASSERT_EQ(beat, taken) << "a beat without a stream, " << Where();
    } else {
      ASSERT_TRUE(m->r_ready_o) << "what comes too late is not dropped, " << Where();
    }
    if (!beat) return;
    if (running_ && !failed) want_.pop_front();
    beats++;
    flight_.front().addr += kBus;
    if (--flight_.front().left == 0) flight_.pop_front();
  }

  Pattern pattern_;
  uint64_t seed_;
  bool running_ = false, held_ = false, r_held_ = false;
  uint64_t held_addr_ = 0, held_words_ = 0;
  std::deque<Burst> flight_;
  std::deque<Word> want_;
  std::deque<Request> requests_;
};

// Inside of `size` bytes, the last word at times at their very end.
template <class P>
Command Draw(Random& random, uint32_t size) {
  Command c{};
  constexpr uint32_t kBus = P::BUS_BYTES;
  c.kind = uint32_t(random.Int(0, list::KINDS - 1));
  const uint32_t most = random.Chance(4) ? 3 * P::MAX_BEATS : 6;
  c.words = uint32_t(random.Int(1, most));
  c.params = random.Chance(2) ? 0 : uint32_t(random.Int(1, 6));
  c.count = uint32_t(random.Chance(3) ? 1 : random.Int(1, 9));
  const uint32_t words = c.words + c.params,
                 step = words + uint32_t(random.Chance(2) ? 0 : random.Int(0, 300));
  c.pitch = step * kBus;
  const uint32_t bytes = ((c.count - 1) * step + words) * kBus, room = (size - bytes) / kBus;
  c.offset = uint32_t(random.Chance(5) ? room : random.Chance(5) ? 0 : random.Int(0, room)) * kBus;
  if (random.Chance(4)) {  // downwards, or one place again and again
    c.offset += random.Chance(2) ? (c.count - 1) * c.pitch : 0;
    c.pitch = c.offset >= (c.count - 1) * c.pitch ? -c.pitch : 0;
  }
  return c;
}

TYPED_TEST(ReadDma, BringsEveryWordToItsStream) {
  using P = TypeParam;
  int64_t commands = 0, beats = 0, bursts = 0, most = 0;
  for (const Pattern pattern : kPatterns) {
    SCOPED_TRACE(ToString(pattern));
    Bench<P> b(1, pattern);
    for (int i = 0; i < 250; i++, commands++) {
      const Command c = Draw<P>(b.random, b.size);
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
    Bench<P> b(2, {100, 100});
    b.most_latency = 0;
    const Command c{kLines, 0, 0, words, 300, words * P::BUS_BYTES, 0};
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
    Bench<P> b(3, pattern);
    for (const uint16_t stored : {0, 1, 100, 0x7fff, 0x8000, 0xfffe, 0xffff}) {
      for (const int missing : {1, 2, 3, 0x4000, 0x8000}) {  // those: it does not begin
        b.job_stored = stored;
        Command c = Draw<P>(b.random, b.size);
        c.wait = uint16_t(stored + missing);
        ASSERT_NO_FATAL_FAILURE(b.Give(c));
        for (int i = 0; i < 3; i++) {
          c = Draw<P>(b.random, b.size);
          c.wait = stored;
          ASSERT_NO_FATAL_FAILURE(b.Give(c));
        }
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
        Command c = Draw<P>(b.random, b.size);
        c.wait = uint16_t(stored - behind);
        ASSERT_NO_FATAL_FAILURE(b.Give(c));
        ASSERT_NO_FATAL_FAILURE(b.Finish());
      }
    }
  }
  Compared(fmt::format("{} reads that wait", waits));
}

// Commands wait behind one that waits: eight, and the one that is held back.
TYPED_TEST(ReadDma, QueuesCommands) {
  using P = TypeParam;
  Bench<P> b(4, {100, 100});
  for (int i = 0; i < 9; i++) {
    Command c = Draw<P>(b.random, b.size);
    c.wait = i == 0 ? 1 : 0;
    b.m.Settle();
    ASSERT_TRUE(b.m->command_ready_o) << "command " << i;
    ASSERT_NO_FATAL_FAILURE(b.Give(c));
  }
  b.m.Settle();
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
    Bench<P> b(5, pattern);
    if (P::ADDR_W == 32) b.base = 0;  // 4 GiB of it
    for (const uint32_t size : {8 * kBus, 0x10'0000U, 0x8000'0000U, 0xffff'ffffU - (kBus - 1), 0xffff'ffffU})
      for (const uint32_t words : {1U, 2U, P::MAX_BEATS + 3U})
        for (const int64_t beyond : {-int64_t{kBus}, int64_t{-1}, int64_t{0}, int64_t{1}, int64_t{kBus}}) {
          const uint32_t bytes = words * kBus;
          if (bytes + kBus > size) continue;
          Command c{uint32_t(b.random.Int(0, 4)), 0, words / 2, words - words / 2, 1, 0, 0};
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
    Bench<P> b(6, pattern);
    for (int i = 0; i < 120; i++, refused++) {
      for (int before = int(b.random.Int(0, 4)); before > 0; before--)
        ASSERT_NO_FATAL_FAILURE(b.Give(Draw<P>(b.random, b.size)));
      if (b.random.Chance(2)) {
        ASSERT_NO_FATAL_FAILURE(b.Finish());
      }
      Command c = Draw<P>(b.random, b.size / 2);
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
          c.kind = uint32_t(b.random.Int(list::KINDS, 7));
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
    Bench<P> b(7, pattern);
    for (int i = 0; i < 40; i++, errors++) {
      std::vector<uint32_t> offsets;  // of each word
      const int commands = int(b.random.Int(1, 5));
      std::vector<Command> given;
      for (int k = 0; k < commands; k++) {
        const Command c = given.emplace_back(Draw<P>(b.random, b.size));
        for (uint32_t n = 0; n < c.count; n++)
          for (uint32_t w = 0; w < c.words + c.params; w++)
            offsets.push_back(c.offset + n * c.pitch + w * P::BUS_BYTES);
      }
      const auto which = size_t(b.random.Int(0, int64_t(offsets.size()) - 1));
      b.error_beat = b.beats + int64_t(which);
      for (const Command& c : given)
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
    Bench<P> b(8, pattern);
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
