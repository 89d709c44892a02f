// SPDX-License-Identifier: Apache-2.0
// command_reader: random lists, piece by piece as the bus brings them. Every read and job comes once, whole
// and in its order; a list that is damaged ends with its code, and nothing more is given.
#include "models/command_reader.hpp"

#include <numeric>

#include "driver/weft_regs.h"
#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

namespace list = weft_list_pkg;
using Words = std::vector<uint32_t>;

template <class P>
class CommandReader : public testing::Test {};
TYPED_TEST_SUITE(CommandReader, models::command_reader, ParameterNames);

// What the list holds, and where in it each command begins.
struct List {
  Words words;
  std::vector<Words> reads;  // their words
  struct Job {
    bool stores, adds;
    Words job, store;
    size_t reads;  // those before it
  };
  std::vector<Job> jobs;
  std::vector<size_t> begins;
  std::vector<size_t> jobs_before;  // of each read
};

uint32_t Any(Random& random) { return uint32_t(random.Int(0, UINT32_MAX)); }
void Fill(Words* words, size_t multiple, Random& random) {
  while (words->size() % multiple != 0) words->push_back(Any(random));
}

template <class P>
List Header() {
  List l;
  l.words = {uint32_t{list::LIST_VERSION} << 24 | 0x544657, 0, uint32_t(P::CONFIG0), uint32_t(P::CONFIG1)};
  return l;
}
void AddRead(List* l, Random& random) {
  l->begins.push_back(l->words.size());
  Words read = {list::OP_READ | Any(random) << 8};
  while (read.size() < list::READ_WORDS) read.push_back(Any(random));
  l->words.insert(l->words.end(), read.begin(), read.end());
  l->reads.push_back(read);
  l->jobs_before.push_back(l->jobs.size());
}
void AddJob(List* l, bool stores, bool adds, Random& random) {
  l->begins.push_back(l->words.size());
  List::Job j{stores, adds, {}, {}, l->reads.size()};
  for (int i = 0; i < list::JOB_WORDS; i++) j.job.push_back(Any(random));
  for (int i = 0; i < (adds ? list::STORE_WORDS : list::STORE_PLAIN_WORDS); i++)
    j.store.push_back(Any(random));
  if (adds) j.store[list::STORE_ADD] |= uint32_t{list::ADD_RESIDUAL} << list::STORE_ADD_KIND_LSB;
  l->words.push_back(list::OP_JOB | uint32_t{stores} << 8 | uint32_t{adds} << 9 | Any(random) << 10);
  l->words.insert(l->words.end(), j.job.begin(), j.job.end());
  l->words.insert(l->words.end(), j.store.begin(), j.store.end());
  Fill(&l->words, list::LIST_ALIGN, random);
  l->jobs.push_back(j);
}
// END, what is behind it in its block, and the checksum.
template <class P>
void AddEnd(List* l, int words_behind, Random& random) {
  l->begins.push_back(l->words.size());
  l->words.push_back(list::OP_END | Any(random) << 8);
  Fill(&l->words, list::LIST_ALIGN, random);
  for (int i = 0; i < words_behind; i++) l->words.push_back(Any(random));
  Fill(&l->words, P::BUS_BYTES / 4, random);
  l->words[1] = 0;
  l->words[1] = -std::accumulate(l->words.begin(), l->words.end(), 0U);
}
template <class P>
List Draw(Random& random, int most) {
  List l = Header<P>();
  for (int64_t i = random.Int(0, most); i > 0; i--)
    if (random.Chance(3)) AddJob(&l, !random.Chance(3), random.Chance(2), random);
    else AddRead(&l, random);
  AddEnd<P>(&l, int(random.Int(0, 70)), random);
  return l;
}

template <class P>
class Bench {
 public:
  Bench(uint64_t seed, Pattern pattern) : random(seed), pattern_(pattern), seed_(seed) { Restart(); }
  Testbench<P> m;
  Random random;
  int64_t cycles = 0, reads = 0, jobs = 0;  // the latter two since the restart
  int64_t words = 0;                        // bus words taken
  bool ended = false;
  bool blocked = false;  // no job is taken
  uint8_t code = 0;

  void Restart() {
    m->list_valid_i = m->read_ready_i = m->job_ready_i = m->quiet_i = m->reads_quiet_i = 0;
    m.Reset();
    reads = jobs = words = 0;
    ended = held_ = false;
  }
  std::string Where() const { return fmt::format("cycle {}, seed {}", cycles, seed_); }
  static int64_t BusWords(const List& l) { return int64_t(l.words.size() / (P::BUS_BYTES / 4)); }

  // A cycle: the list's next word, if there is one before `end`, and whoever takes reads and jobs.
  void Cycle(const List& l, int64_t end, bool all_quiet) {
    const bool coming = words < end;
    m->list_valid_i = coming && Active(random, pattern_.source);
    if (m->list_valid_i)
      std::memcpy(&m->list_data_i, &l.words[size_t(words) * (P::BUS_BYTES / 4)], P::BUS_BYTES);
    else
      for (int i = 0; i < P::BUS_BYTES / 4; i++) Put(m->list_data_i, 32 * i, 32, Any(random));
    m->read_ready_i = Active(random, pattern_.sink);
    m->job_ready_i = !blocked && Active(random, pattern_.sink);
    // The bus is silent between two blocks, but not while a word is still to come that was asked for.
    m->reads_quiet_i = !coming;
    m->quiet_i = !coming && all_quiet;
    m.Settle();
    if (m->list_valid_i && m->list_ready_o) words++;
    if (m->read_valid_o && m->read_ready_i) {
      ASSERT_LT(size_t(reads), l.reads.size()) << "a read too many, " << Where();
      for (int i = 0; i < list::READ_WORDS; i++)
        ASSERT_EQ(Get(m->read_o, 32 * i, 32), l.reads[size_t(reads)][size_t(i)])
            << "word " << i << " of read " << reads << ", " << Where();
      ASSERT_GE(offered_, l.jobs_before[size_t(reads)]) << "read " << reads << " before a job, " << Where();
      reads++;
    }
    if (held_) {
      ASSERT_TRUE(m->job_valid_o) << "a job is withdrawn, " << Where();
    }
    if (m->job_valid_o) {
      ASSERT_LT(size_t(jobs), l.jobs.size()) << "a job too many, " << Where();
      const List::Job& want = l.jobs[size_t(jobs)];
      offered_ = size_t(jobs) + 1;
      ASSERT_GE(size_t(reads), want.reads) << "job " << jobs << " before a read, " << Where();
      ASSERT_EQ(m->job_stores_o, want.stores) << "job " << jobs << ", " << Where();
      for (size_t i = 0; i < want.job.size(); i++)
        ASSERT_EQ(Get(m->job_o, int(32 * i), 32), want.job[i])
            << "word " << i << " of job " << jobs << ", " << Where();
      for (size_t i = 0; i < want.store.size() && want.stores; i++)
        ASSERT_EQ(Get(m->store_o, int(32 * i), 32), want.store[i])
            << "store word " << i << " of job " << jobs << ", " << Where();
      ASSERT_EQ(Get(m->store_o, 32 * list::STORE_ADD + list::STORE_ADD_KIND_LSB, 1), want.adds)
          << "whether job " << jobs << " adds, " << Where();
      if (m->job_ready_i) jobs++;
    } else {
      offered_ = size_t(jobs);
    }
    held_ = m->job_valid_o && !m->job_ready_i;
    const bool quiet = m->quiet_i;
    m.Clock();
    cycles++;
    ASSERT_FALSE(m->end_o && m->error_o) << Where();
    ASSERT_FALSE(ended && (m->end_o || m->error_o)) << "it ends twice, " << Where();
    if (m->end_o || m->error_o) {
      ended = true, code = m->code_o;
      ASSERT_EQ(m->end_o != 0, code == WEFT_CODE_OK) << Where();
      if (m->end_o || code == WEFT_CODE_BAD_CHECKSUM) {
        ASSERT_TRUE(quiet) << "the end does not wait for reads and writes, " << Where();
      }
    }
  }
  // From its begin to its end, at most `most_cycles` long; of its bus words the first `end`.
  void Run(const List& l, int64_t end, int64_t most_cycles = INT64_MAX) {
    const int64_t begin = cycles;
    int64_t quiet_for = random.Int(0, 40);  // cycles in which the last outputs are still under way
    while (!ended && cycles - begin < most_cycles) {
      ASSERT_LT(cycles - begin, 1000 + 40 * int64_t(l.words.size())) << "no end, " << Where();
      if (words == end && quiet_for > 0) quiet_for--;
      ASSERT_NO_FATAL_FAILURE(Cycle(l, end, quiet_for == 0));
    }
  }
  // Nothing more is given, whatever still comes.
  void StaysEnded(const List& l) {
    const int64_t had = reads + jobs;
    const uint32_t commands = m->commands_o;
    for (int t = 0; t < 60; t++) {
      ASSERT_NO_FATAL_FAILURE(Cycle(l, BusWords(l), random.Chance(2)));
      ASSERT_EQ(reads + jobs, had) << "after the end, " << Where();
      ASSERT_EQ(m->commands_o, commands) << "after the end, " << Where();
    }
  }
  void RunsToItsEnd(const List& l) {
    ASSERT_NO_FATAL_FAILURE(Run(l, BusWords(l)));
    ASSERT_EQ(code, WEFT_CODE_OK) << Where();
    ASSERT_EQ(size_t(reads), l.reads.size()) << Where();
    ASSERT_EQ(size_t(jobs), l.jobs.size()) << Where();
    ASSERT_EQ(m->commands_o, l.begins.size()) << Where();
    ASSERT_NO_FATAL_FAILURE(StaysEnded(l));
  }

 private:
  Pattern pattern_;
  uint64_t seed_;
  bool held_ = false;
  size_t offered_ = 0;
};

TYPED_TEST(CommandReader, GivesEveryCommandOnce) {
  using P = TypeParam;
  int64_t lists = 0, commands = 0, words = 0;
  for (const Pattern pattern : kPatterns) {
    SCOPED_TRACE(ToString(pattern));
    Bench<P> b(1, pattern);
    for (int i = 0; i < 45; i++, lists++) {
      List l = Header<P>();
      switch (i) {
        case 0:
          AddEnd<P>(&l, 0, b.random);
          break;
        case 1:
          AddRead(&l, b.random), AddEnd<P>(&l, 0, b.random);
          break;
        case 2:
          AddJob(&l, true, false, b.random), AddEnd<P>(&l, 0, b.random);
          break;
        case 3:
          AddJob(&l, true, true, b.random), AddEnd<P>(&l, 1, b.random);
          break;
        case 4:  // two jobs, the second of which has words of the first behind its own
          AddJob(&l, true, true, b.random), AddJob(&l, true, false, b.random), AddEnd<P>(&l, 0, b.random);
          break;
        default:
          l = Draw<P>(b.random, i < 40 ? 12 : 120);
      }
      b.Restart();
      ASSERT_NO_FATAL_FAILURE(b.RunsToItsEnd(l));
      commands += int64_t(l.begins.size()), words += int64_t(l.words.size());
    }
  }
  Compared(fmt::format("{} commands of {} lists of {} words", commands, lists, words));
}

// One piece a cycle: a bus word, of wider ones 16 bytes.
TYPED_TEST(CommandReader, TakesAPieceACycle) {
  using P = TypeParam;
  Bench<P> b(2, {100, 100});
  List l = Header<P>();
  for (int i = 0; i < 50; i++) {
    AddRead(&l, b.random);
    if (i % 5 == 0) AddJob(&l, true, i % 2 == 0, b.random);
  }
  AddEnd<P>(&l, 0, b.random);
  const int64_t begin = b.cycles;
  while (!b.ended) ASSERT_NO_FATAL_FAILURE(b.Cycle(l, b.BusWords(l), true));
  const auto pieces = int64_t(l.words.size() * 4 / std::min(P::BUS_BYTES, 4 * list::LIST_ALIGN));
  EXPECT_GE(b.cycles - begin, pieces);
  EXPECT_LE(b.cycles - begin, pieces + 8);
}

// A job that is not taken holds the list back, which has room for the blocks that are on their way: the one
// that is looked at and the two behind it.
TYPED_TEST(CommandReader, HasRoomForTheBlocksThatAreAskedFor) {
  using P = TypeParam;
  Bench<P> b(3, {100, 100});
  List l = Header<P>();
  AddJob(&l, true, true, b.random);
  AddJob(&l, true, true, b.random);
  while (l.words.size() < 6 * list::LIST_BLOCK_BYTES / 4) AddRead(&l, b.random);
  AddEnd<P>(&l, 0, b.random);
  b.blocked = true;
  for (int t = 0; t < 2000; t++) ASSERT_NO_FATAL_FAILURE(b.Cycle(l, b.BusWords(l), false));
  EXPECT_GE(b.words * P::BUS_BYTES, 3 * list::LIST_BLOCK_BYTES);
  EXPECT_LT(b.words, b.BusWords(l));
  EXPECT_EQ(b.reads, 0);
  b.blocked = false;
  ASSERT_NO_FATAL_FAILURE(b.RunsToItsEnd(l));
}

TYPED_TEST(CommandReader, ChecksTheHeaderFirst) {
  using P = TypeParam;
  int64_t bad = 0;
  for (const Pattern pattern : {kPatterns[0], kPatterns[3]}) {
    Bench<P> b(4, pattern);
    for (const int word : {0, 2, 3})
      for (int bit = 0; bit < 32; bit++, bad++) {
        List l = Draw<P>(b.random, 5);
        l.words[size_t(word)] ^= 1U << bit;
        l.words[1] ^= 1U << bit;  // whatever the checksum says
        b.Restart();
        ASSERT_NO_FATAL_FAILURE(b.Run(l, b.BusWords(l)));
        ASSERT_EQ(b.code, WEFT_CODE_BAD_LIST) << "word " << word << ", bit " << bit << ", " << b.Where();
        ASSERT_EQ(b.reads + b.jobs + b.m->commands_o, 0U) << b.Where();
        ASSERT_NO_FATAL_FAILURE(b.StaysEnded(l));
      }
  }
  Compared(fmt::format("{} bad headers", bad));
}

TYPED_TEST(CommandReader, EndsAtACommandThatDoesNotExist) {
  using P = TypeParam;
  Bench<P> b(5, {60, 80});
  for (int opcode = 0; opcode < 256; opcode++) {
    if (opcode >= list::OP_READ && opcode <= list::OP_END) continue;
    List l = Draw<P>(b.random, 8);
    const auto which = size_t(b.random.Int(0, int64_t(l.begins.size()) - 1));
    uint32_t& word = l.words[l.begins[which]];
    word = (word & ~0xffU) | uint32_t(opcode);
    b.Restart();
    ASSERT_NO_FATAL_FAILURE(b.Run(l, b.BusWords(l)));
    ASSERT_EQ(b.code, WEFT_CODE_BAD_COMMAND) << "opcode " << opcode << ", " << b.Where();
    ASSERT_EQ(b.m->commands_o, which + 1) << b.Where();
    const auto taken = size_t(b.reads + b.jobs);
    ASSERT_LE(taken, which) << b.Where();
    ASSERT_GE(taken + 1, which) << "one job may not be taken yet, " << b.Where();
  }
}

TYPED_TEST(CommandReader, AddsUpAllWords) {
  using P = TypeParam;
  int64_t lists = 0;
  for (const Pattern pattern : kPatterns) {
    SCOPED_TRACE(ToString(pattern));
    Bench<P> b(6, pattern);
    for (int i = 0; i < 40; i++, lists++) {
      List l = Draw<P>(b.random, 10);
      const size_t last = l.words.size() - 1;  // the words from END's own fill on mean nothing else
      const size_t where = i < 3   ? 1
                           : i < 6 ? last
                                   : size_t(b.random.Int(int64_t(l.begins.back()) + 1, int64_t(last)));
      l.words[where] += 1U << b.random.Int(0, 31);
      b.Restart();
      ASSERT_NO_FATAL_FAILURE(b.Run(l, b.BusWords(l)));
      ASSERT_EQ(b.code, WEFT_CODE_BAD_CHECKSUM) << "word " << where << ", " << b.Where();
      ASSERT_EQ(b.m->commands_o, l.begins.size()) << b.Where();
      ASSERT_NO_FATAL_FAILURE(b.StaysEnded(l));
    }
  }
  Compared(fmt::format("{} wrong checksums", lists));
}

// The list's last word has been read and there was no END: all whole commands are given, then it ends.
TYPED_TEST(CommandReader, EndsWhereTheWordsDo) {
  using P = TypeParam;
  int64_t lists = 0;
  for (const Pattern pattern : kPatterns) {
    SCOPED_TRACE(ToString(pattern));
    Bench<P> b(7, pattern);
    for (int i = 0; i < 60; i++) {
      const List l = Draw<P>(b.random, 10);
      const int64_t bus = P::BUS_BYTES / 4;
      const int64_t end = int64_t(l.begins.back()) / bus;  // the word that END begins in does not come
      const int64_t cut = i == 0 ? 1 : b.random.Int(1, std::max<int64_t>(1, end));
      if (cut > end) continue;  // header and END in one word
      lists++;
      b.Restart();
      ASSERT_NO_FATAL_FAILURE(b.Run(l, cut));
      ASSERT_EQ(b.code, WEFT_CODE_BAD_LIST) << b.Where();
      const auto here = size_t(cut * bus);
      size_t begun = 0;
      while (begun < l.begins.size() && l.begins[begun] < here) begun++;
      ASSERT_EQ(b.m->commands_o, begun) << b.Where();
      size_t whole = 0;
      while (whole + 1 < l.begins.size() && l.begins[whole + 1] <= here) whole++;
      ASSERT_LE(size_t(b.reads + b.jobs), whole) << b.Where();
      ASSERT_GE(size_t(b.reads + b.jobs) + 1, whole) << "one job may not be taken yet, " << b.Where();
    }
  }
  Compared(fmt::format("{} lists without END", lists));
}

TYPED_TEST(CommandReader, ForgetsAListThatIsCutShort) {
  using P = TypeParam;
  int64_t cut = 0;
  for (const Pattern pattern : kPatterns) {
    SCOPED_TRACE(ToString(pattern));
    Bench<P> b(8, pattern);
    for (int i = 0; i < 40; i++) {
      List l = Draw<P>(b.random, 20);
      b.Restart();
      ASSERT_NO_FATAL_FAILURE(b.Run(l, b.BusWords(l), b.random.Int(1, int64_t(l.words.size()))));
      cut += b.ended ? 0 : 1;
      b.Restart();
      l = Draw<P>(b.random, 6);
      ASSERT_NO_FATAL_FAILURE(b.RunsToItsEnd(l));
    }
  }
  EXPECT_GT(cut, 50);
  Compared(fmt::format("{} lists cut short", cut));
}

}  // namespace
}  // namespace weft::rtl
