// SPDX-License-Identifier: Apache-2.0
// What tests of read_dma drive it with: an AXI slave that answers in order, some time later, and streams that
// take what comes. Every cycle is checked: nothing else is read, nothing comes to another stream or out of
// order.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <string>

#include "tests/rtl/testbench.hpp"

namespace weft::rtl {

enum Stream { kLines, kWeights, kList, kTables, kResidual, kDepthwise, kParams, kDwParams, kStreams };

struct ReadCommand {
  uint32_t kind, offset, params, words, count, pitch, wait;  // words of the bus
};
inline std::string Show(const ReadCommand& c) {
  return fmt::format("{} times {} + {} words from {:x} on, {:x} apart, for stream {}, behind job {}", c.count,
                     c.params, c.words, c.offset, c.pitch, c.kind, c.wait);
}

// read_dma of the parameters P, the slave, and what is still to come of the commands that were given.
template <class P>
class ReadDmaBench {
 public:
  static constexpr uint32_t kBus = P::BUS_BYTES;
  ReadDmaBench(uint64_t seed, Pattern pattern) : random(seed), pattern_(pattern), seed_(seed) {
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
    Put(m->r_data_i, 0, 32,
        m->r_valid_i ? WordAt(flight_.front().addr) : uint32_t(random.Int(0, UINT32_MAX)));
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
  void Give(const ReadCommand& c, uint32_t good = UINT32_MAX, int64_t most_cycles = INT64_MAX) {
    const auto noise = [&](int bits) { return uint32_t(random.Int(0, (int64_t{1} << bits) - 1)); };
    const std::array<uint32_t, weft_list_pkg::READ_WORDS> words = {
        weft_list_pkg::OP_READ | c.kind << 8 | noise(21) << 11,
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
  void Expect(const ReadCommand& c, uint32_t requests) {
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
  // What the memory holds: different from word to word.
  static uint32_t WordAt(uint64_t addr) { return uint32_t(addr / kBus * 0x9e37'79b9U); }
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
      if (!streams[size_t(s)][0] || failed) continue;
      ASSERT_TRUE(m->r_valid_i || waits_ > 0) << "stream " << s << " without a word, " << Where();
      ASSERT_FALSE(want_.empty()) << "a word too many, " << Where();
      ASSERT_EQ(s, want_.front().stream) << "of the word at " << want_.front().addr << ", " << Where();
      ASSERT_EQ(Get(m->data_o, 0, 32), WordAt(want_.front().addr)) << Where();
      ASSERT_EQ(m->line_last_o, want_.front().last) << Where();
      if (!streams[size_t(s)][1]) continue;
      taken = true;
      want_.pop_front();
    }
    ASSERT_LE(valid, 1) << "a word for two streams, " << Where();
    const bool beat = m->r_valid_i && m->r_ready_o;
    r_held_ = m->r_valid_i && !beat;
    if (running_ && !failed) {
      waits_ += int(beat) - int(taken);
      ASSERT_TRUE(waits_ == 0 || waits_ == 1) << waits_ << " words wait for their streams, " << Where();
    } else {
      ASSERT_TRUE(m->r_ready_o || waits_ > 0 || failed) << "what comes too late is not dropped, " << Where();
      waits_ = 0;
    }
    if (!beat) return;
    beats++;
    flight_.front().addr += kBus;
    if (--flight_.front().left == 0) flight_.pop_front();
  }

  Pattern pattern_;
  uint64_t seed_;
  bool running_ = false, held_ = false, r_held_ = false;
  int waits_ = 0;  // words that the bus has given and no stream has taken
  uint64_t held_addr_ = 0, held_words_ = 0;
  std::deque<Burst> flight_;
  std::deque<Word> want_;
  std::deque<Request> requests_;
};

// Inside of `size` bytes, the last word at times at their very end.
template <class P>
ReadCommand Draw(Random& random, uint32_t size) {
  ReadCommand c{};
  constexpr uint32_t kBus = P::BUS_BYTES;
  c.kind = uint32_t(random.Int(0, weft_list_pkg::KINDS - 1));
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

}  // namespace weft::rtl
