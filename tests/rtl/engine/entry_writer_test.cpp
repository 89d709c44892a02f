// SPDX-License-Identifier: Apache-2.0
// entry_writer: bus words become entries, each given once with its place, and counted in the cycle in which
// it is written; none without room.
#include "models/entry_writer.hpp"

#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

template <class P>
class EntryWriter : public testing::Test {};
TYPED_TEST_SUITE(EntryWriter, models::entry_writer, ParameterNames);

TYPED_TEST(EntryWriter, GathersEntriesWhileThereIsRoom) {
  using P = TypeParam;
  constexpr int kBeats = (P::BYTES + P::BUS_BYTES - 1) / P::BUS_BYTES;
  constexpr int64_t kStreamed = 100 * P::ENTRIES * kBeats;
  constexpr uint64_t kPointer = 4 * P::ENTRIES - 1;
  int64_t entries = 0, full = 0;
  for (const Pattern pattern : kPatterns) {
    SCOPED_TRACE(ToString(pattern));
    Testbench<P> m;
    Random random(1);
    std::vector<uint8_t> entry, bus(P::BUS_BYTES);
    int64_t taken = 0, written = 0, freed = 0, stalled = 0;
    for (int t = 0; taken < kStreamed; t++) {
      ASSERT_LT(t, 200 * kStreamed) << "no progress";
      if (Active(random, pattern.sink) && random.Chance(4 * kBeats)) freed += random.Int(0, written - freed);
      m->freed_i = uint64_t(freed) & kPointer;
      m->valid_i = Active(random, pattern.source);
      for (uint8_t& byte : bus) byte = uint8_t(random.Int(0, 255));
      PutBytes(m->data_i, bus);
      m.Settle();
      const bool take = m->valid_i && m->ready_o, room = taken / kBeats - freed < P::ENTRIES;
      ASSERT_TRUE(room || !take) << "taken without room";
      stalled = m->valid_i && !m->ready_o && room ? stalled + 1 : 0;
      ASSERT_LE(stalled, 4) << "there is room, but ready is low";
      full += !room;
      if (take && taken++ % kBeats == 0) entry.clear();
      if (take) entry.insert(entry.end(), bus.begin(), bus.end());
      m.Clock();
      const bool last = take && taken % kBeats == 0;
      ASSERT_EQ(m->we_o, last) << "cycle " << t;
      ASSERT_EQ(m->arrived_o, uint64_t(written) & kPointer) << "cycle " << t;
      if (!last) continue;
      ASSERT_EQ(m->waddr_o, written % P::ENTRIES);
      ASSERT_EQ(GetBytes(m->entry_o, P::BYTES), std::vector(entry.begin(), entry.begin() + P::BYTES));
      written++;
    }
    entries += written;
  }
  EXPECT_GT(full, 0);
  Compared(fmt::format("{} entries, {} cycles without room", entries, full));
}

}  // namespace
}  // namespace weft::rtl
