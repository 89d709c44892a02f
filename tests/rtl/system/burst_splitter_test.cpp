// SPDX-License-Identifier: Apache-2.0
// burst_splitter: requests as AXI bursts, compared with a list of them that is cut beat by beat; one burst a
// cycle.
#include "models/burst_splitter.hpp"

#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

struct Burst {
  uint64_t addr;
  int beats;
  bool last;  // of its request
  bool operator==(const Burst&) const = default;
};
void PrintTo(const Burst& b, std::ostream* out) {
  *out << fmt::format("{:x} {} beats{}", b.addr, b.beats, b.last ? ", last" : "");
}

// Beat by beat: a new burst begins at every multiple of MAX_BEATS beats.
template <class P>
std::vector<Burst> Cut(uint64_t addr, int64_t words) {
  std::vector<Burst> bursts;
  for (; words > 0; words--, addr += P::BUS_BYTES) {
    if (bursts.empty() || addr % (uint64_t{P::MAX_BEATS} * P::BUS_BYTES) == 0)
      bursts.push_back({addr, 0, false});
    bursts.back().beats++;
  }
  bursts.back().last = true;
  return bursts;
}

template <class P>
class BurstSplitter : public testing::Test {};
TYPED_TEST_SUITE(BurstSplitter, models::burst_splitter, ParameterNames);

// Requests that begin and end at, before and behind the boundaries of bursts and of 4 KiB.
template <class P>
std::pair<uint64_t, int64_t> Draw(Random& random) {
  const int64_t window = int64_t{P::MAX_BEATS} * P::BUS_BYTES, page = random.Int(0, 1) ? 4096 : window;
  int64_t words = random.Int(0, 3) ? random.Int(1, 2 * P::MAX_BEATS) : random.Int(1, 5 * P::MAX_BEATS);
  words = std::min(words, int64_t(Mask(P::WORDS_W)));
  const auto top = int64_t(Mask(P::ADDR_W - 1) / uint64_t(page)) - 8;
  const int64_t addr = random.Int(1, top) * page + random.Int(-2, 2) * P::BUS_BYTES;
  return {uint64_t(addr), words};
}

TYPED_TEST(BurstSplitter, EqualsTheRequestsCutBeatByBeat) {
  using P = TypeParam;
  constexpr int kRequests = 3000;
  int64_t bursts = 0, beats = 0, longest = 0;
  for (const Pattern pattern : kPatterns) {
    SCOPED_TRACE(ToString(pattern));
    Testbench<P> m;
    Random random(1);
    std::deque<Burst> want;
    m->req_valid_i = 0;
    for (int taken = 0, t = 0; taken < kRequests || !want.empty(); t++) {
      ASSERT_LT(t, 1000 * kRequests);
      if (!m->req_valid_i && taken < kRequests && Active(random, pattern.source)) {
        const auto [addr, words] = Draw<P>(random);
        m->req_valid_i = 1;
        Put(m->req_addr_i, 0, P::ADDR_W, addr);
        m->req_words_i = words;
      }
      m->burst_ready_i = Active(random, pattern.sink);
      m.Settle();
      const bool burst = m->burst_valid_o && m->burst_ready_i;
      ASSERT_EQ(m->burst_valid_o, !want.empty()) << "cycle " << t << ": at once, and one a cycle";
      ASSERT_EQ(m->req_ready_o, want.empty() || (burst && want.front().last)) << "cycle " << t;
      if (m->burst_valid_o) {
        ASSERT_EQ((Burst{Get(m->burst_addr_o, 0, P::ADDR_W), m->burst_len_o + 1, want.front().last}),
                  want.front())
            << "cycle " << t;
      }
      if (burst) {
        const uint64_t end = want.front().addr + uint64_t(want.front().beats) * P::BUS_BYTES - 1;
        ASSERT_EQ(want.front().addr / 4096, end / 4096) << "across 4 KiB";
        bursts++, beats += want.front().beats, longest += want.front().beats == P::MAX_BEATS;
        want.pop_front();
      }
      const bool take = m->req_valid_i && m->req_ready_o;
      if (take) {
        for (const Burst& b : Cut<P>(Get(m->req_addr_i, 0, P::ADDR_W), m->req_words_i)) want.push_back(b);
        taken++;
      }
      m.Clock();
      if (take) m->req_valid_i = 0;
    }
  }
  EXPECT_GT(longest, 1000);
  Compared(fmt::format("{} bursts of {} beats, {} of them as long as can be", bursts, beats, longest));
}

TYPED_TEST(BurstSplitter, CutsTheLargestRequest) {
  using P = TypeParam;
  Testbench<P> m;
  const uint64_t words = Mask(std::min(P::WORDS_W, 20))
                         << std::max(P::WORDS_W - 20, 0);  // all ones at the top
  m->req_valid_i = m->burst_ready_i = 1;
  Put(m->req_addr_i, 0, P::ADDR_W, P::BUS_BYTES);
  m->req_words_i = words;
  m.Clock();
  m->req_valid_i = 0;
  uint64_t beats = 0;
  while (m->burst_valid_o) {
    ASSERT_EQ(Get(m->burst_addr_o, 0, P::ADDR_W), (beats + 1) * P::BUS_BYTES & Mask(P::ADDR_W));
    beats += m->burst_len_o + 1u;
    ASSERT_LE(beats, words);
    m.Clock();
  }
  EXPECT_EQ(beats, words);
}

TYPED_TEST(BurstSplitter, AssertsItsContract) {
  Testbench<TypeParam> none;
  none->req_valid_i = 1, none->req_words_i = 0;
  Put(none->req_addr_i, 0, TypeParam::ADDR_W, 0);
  EXPECT_THROW(none.Clock(), std::runtime_error) << "no words";
  Testbench<TypeParam> odd;
  odd->req_valid_i = 1, odd->req_words_i = 1;
  Put(odd->req_addr_i, 0, TypeParam::ADDR_W, 1);
  EXPECT_THROW(odd.Clock(), std::runtime_error) << "not aligned";
}

}  // namespace
}  // namespace weft::rtl
