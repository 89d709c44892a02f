// SPDX-License-Identifier: Apache-2.0
// burst_former: fragments of bus words as beats and bursts, compared with a list that is made fragment by
// fragment; isolated words at one a cycle.
#include "models/burst_former.hpp"

#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

template <class P>
class BurstFormer : public testing::Test {};
TYPED_TEST_SUITE(BurstFormer, models::burst_former, ParameterNames);

struct Fragment {
  uint64_t word;
  std::vector<uint8_t> data;
  uint64_t strobe;
  bool same, next, final;
};
struct Beat {
  std::vector<uint8_t> data;  // 0 where nothing is written
  uint64_t strobe;
  bool last;
  uint64_t first_word;  // and the next two: of the burst that it ends
  size_t beats;
  bool final;
};

// A fragment after the one before: of its word, of the next one, or anywhere. Not of bytes that are written
// already, if it is of the same word.
template <class P>
Fragment Draw(Random& random, const Fragment* before, int percent_isolated) {
  const uint64_t all = Mask(P::BUS_BYTES);
  Fragment f{};
  const bool fresh = before == nullptr || before->final;
  const uint64_t room = fresh ? all : all & ~before->strobe;
  const bool isolated = Active(random, percent_isolated);
  const bool same = !isolated && !fresh && room != 0 && random.Chance(3);
  f.word = same ? before->word
           : before != nullptr && !isolated && !random.Chance(12)
               ? (before->word + 1) & Mask(P::WORD_W)
               : uint64_t(random.Int(0, INT64_MAX)) & Mask(P::WORD_W);
  f.same = !fresh && f.word == before->word;
  f.next = !fresh && f.word == ((before->word + 1) & Mask(P::WORD_W));
  while ((f.strobe & (f.same ? room : all)) == 0 || (f.same && (f.strobe & ~room) != 0))
    f.strobe = random.Chance(2) ? (f.same ? room : all) : uint64_t(random.Int(1, int64_t(all)));
  for (int i = 0; i < P::BUS_BYTES; i++) f.data.push_back(uint8_t(random.Int(0, 255)));
  f.final = random.Chance(20);
  return f;
}

// The beats and bursts of a list that ends with a final fragment.
template <class P>
std::vector<Beat> Form(const std::vector<Fragment>& fragments) {
  std::vector<Beat> beats;
  uint64_t first_word = 0;
  size_t count = 0;
  for (size_t i = 0; i < fragments.size(); i++) {
    const Fragment& f = fragments[i];
    const bool fresh = i == 0 || fragments[i - 1].final;
    const bool merges = !fresh && f.word == fragments[i - 1].word;
    const bool follows = !fresh && f.word == fragments[i - 1].word + 1 && f.word % P::MAX_BEATS != 0;
    if (!merges && !follows) first_word = f.word, count = 0;
    if (!merges) beats.push_back({std::vector<uint8_t>(P::BUS_BYTES), 0, false, 0, 0, false}), count++;
    Beat& beat = beats.back();
    for (int b = 0; b < P::BUS_BYTES; b++)
      if ((f.strobe >> b & 1) != 0) beat.data[size_t(b)] = f.data[size_t(b)];
    beat.strobe |= f.strobe;
    const bool ends = f.final || i + 1 == fragments.size() ||
                      (fragments[i + 1].word != f.word &&
                       (fragments[i + 1].word != f.word + 1 || fragments[i + 1].word % P::MAX_BEATS == 0));
    beat.last = ends, beat.first_word = first_word, beat.beats = count, beat.final = f.final;
  }
  return beats;
}

TYPED_TEST(BurstFormer, EqualsAListThatIsMadeFragmentByFragment) {
  using P = TypeParam;
  int64_t beats = 0, bursts = 0, longest = 0, merged = 0;
  for (const Pattern pattern : kPatterns) {
    SCOPED_TRACE(ToString(pattern));
    Random random(1);
    std::vector<Fragment> fragments;
    for (int i = 0; i < 6000; i++)
      fragments.push_back(Draw<P>(random, fragments.empty() ? nullptr : &fragments.back(), i / 1000 * 6));
    fragments.back().final = true;
    const std::vector<Beat> want = Form<P>(fragments);
    merged += int64_t(fragments.size() - want.size());
    Testbench<P> m;
    m->fragment_valid_i = 0;
    for (size_t given = 0, got = 0, t = 0; got < want.size(); t++) {
      ASSERT_LT(t, 100 * fragments.size());
      if (!m->fragment_valid_i && given < fragments.size() && Active(random, pattern.source)) {
        const Fragment& f = fragments[given];
        m->fragment_valid_i = 1;
        m->fragment_word_i = f.word;
        PutBytes(m->fragment_data_i, f.data);
        m->fragment_strobe_i = f.strobe;
        m->fragment_same_i = f.same;
        m->fragment_next_i = f.next;
        m->fragment_final_i = f.final;
      }
      if (!m->fragment_valid_i) m->fragment_same_i = m->fragment_next_i = 0;
      m->beat_ready_i = Active(random, pattern.sink);
      m.Settle();
      if (m->beat_valid_o && m->beat_ready_i) {
        const Beat& b = want[got++];
        std::vector<uint8_t> data = GetBytes(m->beat_data_o, P::BUS_BYTES);
        for (int i = 0; i < P::BUS_BYTES; i++)
          if ((b.strobe >> i & 1) == 0) data[size_t(i)] = 0;
        ASSERT_EQ(data, b.data) << "beat " << got;
        ASSERT_EQ(m->beat_strobe_o, b.strobe) << "beat " << got;
        ASSERT_EQ(m->beat_last_o, b.last) << "beat " << got;
        beats++;
        if (b.last) {
          ASSERT_EQ(m->burst_word_o, b.first_word) << "beat " << got;
          ASSERT_EQ(m->burst_len_o + 1U, b.beats) << "beat " << got;
          ASSERT_EQ(m->burst_final_o, b.final) << "beat " << got;
          bursts++, longest += b.beats == P::MAX_BEATS;
        }
      }
      const bool take = m->fragment_valid_i && m->fragment_ready_o;
      m.Clock();
      if (take) m->fragment_valid_i = 0, given++;
    }
  }
  EXPECT_GT(longest, 5);
  EXPECT_GT(merged, 1000);
  Compared(fmt::format("{} beats of {} fragments more in {} bursts, {} of them as long as can be", beats,
                       merged, bursts, longest));
}

TYPED_TEST(BurstFormer, IsolatedWordsPassAtOneACycle) {
  using P = TypeParam;
  Testbench<P> m;
  m->fragment_valid_i = m->beat_ready_i = 1;
  m->fragment_same_i = m->fragment_next_i = m->fragment_final_i = 0;
  m->fragment_strobe_i = 1;
  for (int i = 0; i < 100; i++) {
    m->fragment_word_i = uint64_t(2 * i) & Mask(P::WORD_W);
    m.Settle();
    ASSERT_TRUE(m->fragment_ready_o);
    ASSERT_EQ(m->beat_valid_o, i > 0);
    if (i > 0) {
      ASSERT_TRUE(m->beat_last_o);
      ASSERT_EQ(m->burst_word_o, uint64_t(2 * (i - 1)) & Mask(P::WORD_W));
    }
    m.Clock();
  }
}

TYPED_TEST(BurstFormer, AssertsItsContract) {
  Testbench<TypeParam> m;
  m->fragment_valid_i = m->fragment_same_i = 1;
  m->fragment_next_i = 0;
  EXPECT_THROW(m.Clock(), std::runtime_error) << "the same word as none";
}

}  // namespace
}  // namespace weft::rtl
