// SPDX-License-Identifier: Apache-2.0
// line_buffer: a ring of bus words; any 2*WORD bytes from a multiple of WORD on are read as an even and an
// odd word.
#include "models/line_buffer.hpp"

#include <bit>
#include <tuple>

#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

template <class P>
class LineBuffer : public testing::Test {};
TYPED_TEST_SUITE(LineBuffer, models::line_buffer, ParameterNames);

struct Reading {
  std::vector<int> bytes;  // -1: not part of a line that is there
  bool operator==(const Reading& other) const {
    for (size_t i = 0; i < bytes.size(); i++)
      if (bytes[i] >= 0 && other.bytes[i] >= 0 && bytes[i] != other.bytes[i]) return false;
    return true;
  }
};

template <class P>
Reading ReadPort(Testbench<P>& m) {
  Reading r;
  for (const uint8_t byte : GetBytes(m->rdata_o, 2 * P::WORD)) r.bytes.push_back(byte);
  return r;
}

// Both words are the zeroth, then the second: only the odd one need differ.
template <class P>
int ReadLatency() {
  Testbench<P> m;
  m->freed_i = 0;
  m->wide_i = 0;
  m->valid_i = 1;
  m->last_i = 0;
  for (int i = 0; i < P::BYTES / P::BUS_BYTES;) {
    m.Settle();
    const bool taken = m->ready_o;
    PutBytes(m->data_i, std::vector<uint8_t>(P::BUS_BYTES, uint8_t(i)));
    m.Clock();
    i += taken ? 1 : 0;
  }
  m->valid_i = 0;
  return MeasureLatency(
      m, [&] { m->raddr_i = 0; }, [&] { m->raddr_i = 2 * P::WORD; },
      [&] { return GetBytes(m->rdata_o, P::WORD); });
}

TYPED_TEST(LineBuffer, HoldsLinesUntilTheyAreFreed) {
  using P = TypeParam;
  constexpr int64_t kWords = P::BYTES / P::BUS_BYTES, kStreamed = 40 * kWords;
  const int latency = ReadLatency<P>();
  EXPECT_EQ(latency, kLineLatency);
  int64_t compared = 0, full = 0;
  for (const Pattern pattern : kPatterns) {
    SCOPED_TRACE(ToString(pattern));
    Testbench<P> m;
    m->wide_i = 0;
    Random random(1);
    std::vector<uint8_t> ring(P::BYTES);
    std::deque<int64_t> line_ends;  // in bus words, of lines taken but not yet counted as complete
    int64_t taken = 0, lines = 0, complete = 0, readable = 0, freed = 0, stalled = 0;
    Pipeline<Reading> reads(latency);
    std::vector<uint8_t> word(P::BUS_BYTES);
    for (int t = 0; taken < kStreamed; t++) {
      ASSERT_LT(t, 200 * kStreamed) << "no progress";
      if (Active(random, pattern.sink) && random.Chance(16)) freed += random.Int(0, readable - freed);
      m->freed_i = uint64_t(freed) & Mask(int(std::bit_width(uint64_t(kWords)) + 1));
      m->valid_i = Active(random, pattern.source);
      const bool last = random.Chance(4) || taken - freed == kWords - 1;
      for (uint8_t& byte : word) byte = uint8_t(random.Int(0, 255));
      PutBytes(m->data_i, word);
      m->last_i = last;
      const auto address = int(random.Int(0, P::BYTES - 1));
      m->raddr_i = uint64_t(address);
      Reading want;
      want.bytes.assign(2 * P::WORD, -1);
      for (int i = 0; i < 2 * P::WORD; i++) {
        const int at = (address / P::WORD * P::WORD + i) % P::BYTES;
        const int64_t bus_word = freed + (at / P::BUS_BYTES - freed % kWords + kWords) % kWords;
        if (bus_word < readable) want.bytes[size_t(at % (2 * P::WORD))] = ring[size_t(at)];
        compared += bus_word < readable ? 1 : 0;
      }
      reads.Expect(want);
      m.Settle();
      const bool take = m->valid_i && m->ready_o;
      stalled = m->valid_i && !m->ready_o && taken - freed < kWords ? stalled + 1 : 0;
      ASSERT_LE(stalled, 4) << "there is room, but ready is low";
      if (take) {
        std::copy(word.begin(), word.end(), ring.begin() + taken % kWords * P::BUS_BYTES);
        taken++;
        if (last) line_ends.push_back(taken);
        ASSERT_LE(taken - freed, kWords) << "a word is taken for which there is no room, cycle " << t;
        full += taken - freed == kWords ? 1 : 0;
      }
      readable = complete;  // a word lands one cycle after it is counted
      m.Clock();
      reads.Check([&] { return ReadPort(m); },
                  [&](const Reading& a, const Reading& b) {
                    return fmt::format("{} wanted, {} got", fmt::join(a.bytes, " "), fmt::join(b.bytes, " "));
                  });
      for (; lines != m->lines_o; lines++) {
        ASSERT_FALSE(line_ends.empty()) << "a line is counted before its last word, cycle " << t;
        complete = line_ends.front();
        line_ends.pop_front();
      }
      if (testing::Test::HasFailure()) return;
    }
    m->valid_i = 0;
    m.Clock(4);
    EXPECT_EQ(m->lines_o, lines + int64_t(line_ends.size()));
  }
  EXPECT_GT(full, 50);
  Compared(fmt::format("{} bytes read, buffer full {} times", compared, full));
}

// Chunk words of WIDE bytes, one a cycle, at any address; bus words before and behind them.
TYPED_TEST(LineBuffer, TakesWideWords) {
  using P = TypeParam;
  if constexpr (P::WIDE > 0) {
    constexpr int kWords = P::BYTES / P::WORD, kBusWords = P::BYTES / P::BUS_BYTES;
    Testbench<P> m;
    Random random(2);
    std::vector<std::vector<uint8_t>> ring(kWords);
    int64_t compared = 0, streamed = 0;
    m->valid_i = m->wide_i = m->last_i = 0;
    m->freed_i = 0;
    m.Reset();
    for (int round = 0; round < 50; round++) {
      for (std::vector<uint8_t>& word : ring) word.clear();
      std::deque<std::tuple<int, int, std::vector<uint8_t>>> late;
      Pipeline<Reading> reads(kLineLatency);
      for (int t = 0; t < 200; t++) {
        m->wide_i = random.Chance(2);
        const int written = int(random.Int(0, kWords - 1)), read = int(random.Int(0, kWords - 1));
        std::vector<uint8_t> data(P::WIDE);
        for (uint8_t& byte : data) byte = uint8_t(random.Int(0, 255));
        PutBytes(m->wide_data_i, data);
        m->wide_addr_i = uint16_t(written * P::WORD);
        m->raddr_i = uint16_t(read * P::WORD);
        Reading want;
        want.bytes.assign(2 * P::WORD, -1);
        for (const int word : {read, (read + 1) % kWords})
          for (size_t i = 0; i < ring[size_t(word)].size(); i++, compared++)
            want.bytes[size_t(word % 2 * P::WORD) + i] = ring[size_t(word)][i];
        reads.Expect(want);
        m.Clock();
        reads.Check([&] { return ReadPort(m); },
                    [](const Reading& a, const Reading& b) {
                      return fmt::format("{} wanted, {} got", fmt::join(a.bytes, " "),
                                         fmt::join(b.bytes, " "));
                    });
        if (m->wide_i) ring[size_t(written)].clear();  // it lands a cycle later
        if (m->wide_i) late.emplace_back(t, written, data);
        while (!late.empty() && std::get<0>(late.front()) < t) {
          ring[size_t(std::get<1>(late.front()))] = std::get<2>(late.front());
          late.pop_front();
        }
      }
      // Some bus words, which are read at once and freed.
      m->wide_i = 0;
      for (int i = int(random.Int(1, kBusWords / 2)); i > 0;) {
        m->valid_i = 1;
        m.Settle();
        const bool taken = m->ready_o;
        std::vector<uint8_t> word(P::BUS_BYTES, uint8_t(random.Int(0, 255)));
        PutBytes(m->data_i, word);
        m.Clock();
        m->valid_i = 0;
        if (!taken) continue;
        i--;
        const auto at = int(streamed++ % kBusWords) * P::BUS_BYTES;
        m->raddr_i = uint16_t(at);
        m.Clock(1 + kLineLatency);
        const auto got = GetBytes(m->rdata_o, 2 * P::WORD);
        for (int k = 0; k < P::BUS_BYTES; k++)
          ASSERT_EQ(got[size_t(at % (2 * P::WORD) + k)], word[size_t(k)]);
      }
      m->freed_i = uint64_t(streamed) & Mask(int(std::bit_width(uint64_t(kBusWords)) + 1));
      m.Clock();
    }
    m->valid_i = m->wide_i = 1;
    EXPECT_THROW(m.Clock(2), std::runtime_error) << "both at once";
    Compared(fmt::format("{} bytes of wide words, {} bus words", compared, streamed));
  }
}

}  // namespace
}  // namespace weft::rtl
