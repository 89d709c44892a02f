// SPDX-License-Identifier: Apache-2.0
// add_tables: both tables as they are streamed, every entry of them through every lane, and new tables after
// that.
#include "models/add_tables.hpp"

#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

constexpr int kLatency = 3, kEntries = 256;

template <class P>
class AddTables : public testing::Test {};
TYPED_TEST_SUITE(AddTables, models::add_tables, ParameterNames);

TYPED_TEST(AddTables, EveryEntryOfBothTablesInEveryLane) {
  using P = TypeParam;
  constexpr int kSummands = P::BUS_BYTES / 4;
  Testbench<P> m;
  Random random(1);
  m->table_valid_i = 0;
  m.Reset();
  int64_t compared = 0, fastest = INT64_MAX;
  for (const Pattern pattern : kPatterns) {
    SCOPED_TRACE(ToString(pattern));
    std::vector<uint32_t> summands(2 * kEntries);
    for (uint32_t& s : summands) s = uint32_t(random.Int(INT32_MIN, INT32_MAX));
    int64_t cycles = 0;
    for (size_t next = 0; next < summands.size(); cycles++) {
      ASSERT_LT(cycles, 100'000);
      m->table_valid_i = Active(random, pattern.source);
      for (int i = 0; i < kSummands; i++)
        Put(m->table_data_i, 32 * i, 32, m->table_valid_i ? summands[next + size_t(i)] : ~0U);
      m.Settle();
      if (m->table_valid_i && m->table_ready_o) next += kSummands;
      m.Clock();
    }
    fastest = std::min(fastest, cycles);
    m->table_valid_i = 0;
    m.Clock(kSummands + 1);
    Pipeline<std::vector<uint32_t>> sums(kLatency);
    for (int i = 0; i < 4 * kEntries; i++) {
      std::vector<uint32_t> want;
      for (int l = 0; l < P::LANES; l++) {
        const auto x = uint64_t(i + l) % kEntries, r = uint64_t(random.Int(0, kEntries - 1));
        Put(m->x_i, 8 * l, 8, x);
        Put(m->r_i, 8 * l, 8, i < kEntries ? x : r);
        want.push_back(summands[x] + summands[kEntries + (i < kEntries ? x : r)]);
      }
      sums.Expect(want);
      m.Clock();
      sums.Check(
          [&] {
            std::vector<uint32_t> got;
            for (int l = 0; l < P::LANES; l++) got.push_back(uint32_t(Get(m->sum_o, 32 * l, 32)));
            return got;
          },
          [](const auto& want, const auto& got) {
            return fmt::format("{:x} wanted, {:x} got", fmt::join(want, " "), fmt::join(got, " "));
          });
      compared += P::LANES;
    }
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_LE(fastest, 2 * kEntries + 1) << "a summand a cycle";
  Compared(fmt::format("{} sums of {} tables", compared, 2 * kPatterns.size()));
}

}  // namespace
}  // namespace weft::rtl
