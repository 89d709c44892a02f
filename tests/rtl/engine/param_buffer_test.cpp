// SPDX-License-Identifier: Apache-2.0
// param_buffer: a ring of entries of biases, multipliers and shifts for LANES channels.
#include "models/param_buffer.hpp"

#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

template <class P>
class ParamBuffer : public testing::Test {};
TYPED_TEST_SUITE(ParamBuffer, models::param_buffer, ParameterNames);

// Of a buffer that is full of entries which all differ.
template <class P>
int ReadLatency() {
  Testbench<P> m;
  m->freed_i = 0;
  m->valid_i = 1;
  for (int t = 0; t < 100 * P::ENTRIES; t++) {
    PutBytes(m->data_i, std::vector<uint8_t>(P::BUS_BYTES, uint8_t(t)));
    m.Clock();
  }
  return MeasureLatency(
      m, [&] { m->raddr_i = 0; }, [&] { m->raddr_i = 1; }, [&] { return Get(m->bias_o, 0, 32); });
}

TYPED_TEST(ParamBuffer, HoldsEntriesUntilTheyAreFreed) {
  using P = TypeParam;
  constexpr int kBeats = (9 * P::LANES + P::BUS_BYTES - 1) / P::BUS_BYTES;
  constexpr int64_t kStreamed = 60 * P::ENTRIES * kBeats;
  constexpr uint64_t kPointer = 4 * P::ENTRIES - 1;
  const auto u32 = [](const std::vector<uint8_t>& bytes, int at) {
    uint32_t value = 0;
    std::memcpy(&value, &bytes[size_t(at)], 4);
    return value;
  };
  const int latency = ReadLatency<P>();
  EXPECT_EQ(latency, kParamLatency);
  int64_t compared = 0, full = 0;
  for (const Pattern pattern : kPatterns) {
    SCOPED_TRACE(ToString(pattern));
    Testbench<P> m;
    Random random(1);
    std::vector<std::vector<uint8_t>> ring(P::ENTRIES);
    std::vector<uint8_t> entry, bus(P::BUS_BYTES);
    int64_t taken = 0, arrived = 0, freed = 0, stalled = 0;
    std::deque<std::vector<uint8_t>> due;
    for (int t = 0; taken < kStreamed; t++) {
      ASSERT_LT(t, 200 * kStreamed) << "no progress";
      if (Active(random, pattern.sink) && random.Chance(8 * kBeats)) freed += random.Int(0, arrived - freed);
      m->freed_i = uint64_t(freed) & kPointer;
      m->valid_i = Active(random, pattern.source);
      for (uint8_t& byte : bus) byte = uint8_t(random.Int(0, 255));
      PutBytes(m->data_i, bus);
      m.Settle();
      const bool take = m->valid_i && m->ready_o;
      stalled = m->valid_i && !m->ready_o && taken / kBeats - freed < P::ENTRIES ? stalled + 1 : 0;
      ASSERT_LE(stalled, 4) << "there is room, but ready is low";
      due.emplace_back();
      if (arrived > freed) {
        const int64_t read = random.Int(freed, arrived - 1) % P::ENTRIES;
        m->raddr_i = uint64_t(read);
        due.back() = ring[size_t(read)];
      }
      if (take) {
        entry.insert(entry.end(), bus.begin(), bus.end());
        taken++;
        if (taken % kBeats == 0) {
          ring[size_t((taken / kBeats - 1) % P::ENTRIES)] = entry;
          entry.clear();
        }
        ASSERT_LE(taken, (freed + P::ENTRIES) * kBeats)
            << "a word is taken for which there is no room, cycle " << t;
        full += taken == (freed + P::ENTRIES) * kBeats ? 1 : 0;
      }
      m.Clock();
      arrived += int64_t((uint64_t(m->arrived_o) - uint64_t(arrived)) & kPointer);
      ASSERT_LE(arrived, taken / kBeats) << "an entry counts before all its bytes are there, cycle " << t;
      ASSERT_GE(arrived, taken / kBeats - 4) << "entries do not arrive, cycle " << t;
      if (due.size() < size_t(latency)) continue;
      if (const std::vector<uint8_t>& want = due.front(); !want.empty())
        for (int l = 0; l < P::LANES; l++, compared++) {
          ASSERT_EQ(Get(m->bias_o, 32 * l, 32), u32(want, 4 * l)) << "lane " << l << " cycle " << t;
          ASSERT_EQ(Get(m->mult_o, 32 * l, 32), u32(want, 4 * (P::LANES + l)))
              << "lane " << l << " cycle " << t;
          ASSERT_EQ(Get(m->shift_o, 6 * l, 6), want[size_t(8 * P::LANES + l)] & 63)
              << "lane " << l << " cycle " << t;
        }
      due.pop_front();
    }
  }
  EXPECT_GT(full, 50);
  Compared(fmt::format("{} channels' parameters, buffer full {} times", compared, full));
}

}  // namespace
}  // namespace weft::rtl
