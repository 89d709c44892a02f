// SPDX-License-Identifier: Apache-2.0
// weight_buffer: a ring of weight words of COLS bytes, padded to a power of two; several bus words make one
// or one holds several.
#include "models/weight_buffer.hpp"

#include <bit>

#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

template <class P>
class WeightBuffer : public testing::Test {};
TYPED_TEST_SUITE(WeightBuffer, models::weight_buffer, ParameterNames);

// Of a buffer that is full of words which all differ.
template <class P>
int ReadLatency() {
  Testbench<P> m;
  m->freed_i = 0;
  m->valid_i = 1;
  for (int i = 0; i < P::BYTES / P::BUS_BYTES;) {
    m.Settle();
    const bool taken = m->ready_o;
    PutBytes(m->data_i, std::vector<uint8_t>(P::BUS_BYTES, uint8_t(i)));
    m.Clock();
    i += taken ? 1 : 0;
  }
  m->valid_i = 0;
  const int distance = std::max(1, P::BUS_BYTES / P::COLS);
  return MeasureLatency(
      m, [&] { m->raddr_i = 0; }, [&] { m->raddr_i = uint64_t(distance); },
      [&] { return GetBytes(m->wgt_o, P::COLS); });
}

TYPED_TEST(WeightBuffer, HoldsWordsUntilTheyAreFreed) {
  using P = TypeParam;
  constexpr int kCpad = int(std::bit_ceil(unsigned{P::COLS})), kPack = std::max(1, P::BUS_BYTES / kCpad);
  constexpr int64_t kWords = P::BYTES / kCpad, kBusWords = P::BYTES / P::BUS_BYTES,
                    kStreamed = 40 * kBusWords;
  constexpr uint64_t kPointer = uint64_t(4 * kWords - 1);
  int64_t compared = 0, full = 0;
  const int latency = ReadLatency<P>();
  for (const Pattern pattern : kPatterns) {
    SCOPED_TRACE(ToString(pattern));
    Testbench<P> m;
    Random random(1);
    std::vector<uint8_t> ring(P::BYTES);
    int64_t taken = 0, arrived = 0, before = 0, readable = 0, freed = 0, stalled = 0;
    std::deque<std::vector<uint8_t>> due;
    std::vector<uint8_t> bus(P::BUS_BYTES);
    for (int t = 0; taken < kStreamed; t++) {
      ASSERT_LT(t, 200 * kStreamed) << "no progress";
      if (Active(random, pattern.sink) && random.Chance(16))
        freed += random.Int(0, readable - freed) / kPack * kPack;
      m->freed_i = uint64_t(freed) & kPointer;
      m->valid_i = Active(random, pattern.source);
      for (uint8_t& byte : bus) byte = uint8_t(random.Int(0, 255));
      PutBytes(m->data_i, bus);
      m.Settle();
      const bool take = m->valid_i && m->ready_o;
      stalled =
          m->valid_i && !m->ready_o && taken * P::BUS_BYTES - freed * kCpad < P::BYTES ? stalled + 1 : 0;
      ASSERT_LE(stalled, 4) << "there is room, but ready is low";
      // A word that is there, else nothing is compared.
      std::vector<uint8_t> want;
      if (readable > freed) {
        const int64_t word = random.Int(freed, readable - 1) % kWords;
        m->raddr_i = uint64_t(word);
        want.assign(ring.begin() + word * kCpad, ring.begin() + word * kCpad + P::COLS);
      }
      due.push_back(want);
      if (take) {
        std::copy(bus.begin(), bus.end(), ring.begin() + taken % kBusWords * P::BUS_BYTES);
        taken++;
        ASSERT_LE(taken * P::BUS_BYTES - freed * kCpad, P::BYTES)
            << "a word is taken for which there is no room, cycle " << t;
        full += taken * P::BUS_BYTES - freed * kCpad == P::BYTES ? 1 : 0;
      }
      readable = before;
      before = arrived;
      m.Clock();
      arrived += int64_t((uint64_t(m->arrived_o) - uint64_t(arrived)) & kPointer);
      ASSERT_LE(arrived * kCpad, taken * P::BUS_BYTES)
          << "a word counts before all its bytes are there, cycle " << t;
      ASSERT_GE(arrived, taken * P::BUS_BYTES / kCpad - 4 * kPack) << "words do not arrive, cycle " << t;
      const std::vector<uint8_t> got = GetBytes(m->wgt_o, P::COLS);
      if (due.size() < size_t(latency)) continue;
      if (!due.front().empty()) {
        ASSERT_EQ(due.front(), got) << "cycle " << t;
        compared++;
      }
      due.pop_front();
    }
  }
  EXPECT_GT(full, 50);
  EXPECT_GT(compared, 1000);
  Compared(fmt::format("{} words read {} cycles after their address, buffer full {} times", compared, latency,
                       full));
}

}  // namespace
}  // namespace weft::rtl
