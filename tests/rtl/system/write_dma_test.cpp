// SPDX-License-Identifier: Apache-2.0
// write_dma on an AXI slave that answers in any order across IDs: pixels at random places, byte by byte;
// marks that are counted when their rows are written; one beat a cycle; the first output that is not as
// announced ends it; runs that are cut short, after which the bus has what it began and nothing of the next
// run.
#include "models/write_dma.hpp"

#include <algorithm>
#include <bit>
#include <map>
#include <utility>

#include "driver/weft_regs.h"
#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

template <class P>
class WriteDma : public testing::Test {};
TYPED_TEST_SUITE(WriteDma, models::write_dma, ParameterNames);

// A job of one image: `groups` column groups of `cols` channels, pixels `step_x` bytes apart.
struct StoreJob {
  uint32_t offset, step_x, pitch;
  int cols, groups, width, height, pass;
  int mark = 0;  // rows from mark to mark, 0: only the job's end is one
  [[nodiscard]] uint32_t At(int group, int pixel) const {
    return offset + uint32_t(group * cols) + uint32_t(pixel % width) * step_x +
           uint32_t(pixel / width) * pitch;
  }
};

template <class P>
class Bench {
 public:
  static constexpr uint64_t kBase = 0x7000;
  static constexpr uint32_t kSize = 1 << 23;
  Bench(uint64_t seed, Pattern pattern) : random(seed), pattern_(pattern) {
    Put(m->base_i, 0, P::ADDR_W, kBase);
    m->size_i = kSize;
    m->store_valid_i = m->pixel_valid_i = m->b_valid_i = m->b_error_i = 0;
    m->aw_ready_i = m->w_ready_i = 0;
    m.Clock(2);
    m->run_i = m->running_i = 1;
  }

  Testbench<P> m;
  Random random;
  std::map<uint64_t, uint8_t> bytes;  // written
  int64_t bursts = 0, beats = 0, reported = 0, cycles = 0, first_beat = -1, last_beat = -1;
  std::vector<std::vector<uint64_t>>
      marks;        // bytes that are written when each is counted, those before it apart
  int latency = 0;  // of responses, at least
  bool in_order = false;
  bool may_fail = false, failed = false;  // error_o; then with
  uint8_t code = 0;
  uint32_t error_offset = 0;
  int64_t bad_pixel = -1;     // of a job, the output that is not as announced,
  int bad_cols = -1;          // ... in its channels; else in being the last one
  bool bad_response = false;  // the next one

  // A cycle of the slave, which takes what it wants of AW and W.
  void Cycle() {
    m->aw_ready_i = Active(random, pattern_.sink);
    m->w_ready_i = Active(random, pattern_.sink);
    std::vector<size_t> open;
    std::vector<uint8_t> seen(size_t{1} << P::ID_W);
    for (size_t i = 0; i < flight_.size() && (!in_order || i < 1); i++)
      if (std::exchange(seen[flight_[i].id], 1) == 0 && flight_[i].left == 0 && cycles >= flight_[i].from)
        open.push_back(i);
    m->b_valid_i = !open.empty() && Active(random, pattern_.sink);
    m->b_error_i = bad_response;
    if (m->b_valid_i) {
      const size_t which = open[size_t(random.Int(0, int64_t(open.size()) - 1))];
      m->b_id_i = flight_[which].id;
      flight_.erase(flight_.begin() + int64_t(which));
    }
    m.Settle();
    if (m->aw_valid_o && m->aw_ready_i) {
      const uint64_t addr = Get(m->aw_addr_o, 0, P::ADDR_W);
      ASSERT_EQ(addr % P::BUS_BYTES, 0U);
      ASSERT_LT(m->aw_len_o, P::MAX_BEATS);
      ASSERT_EQ(addr / 4096, (addr + uint64_t{m->aw_len_o} * P::BUS_BYTES) / 4096);
      flight_.push_back({uint32_t(m->aw_id_o), addr, m->aw_len_o + 1, m->aw_len_o + 1, 0});
      bursts++;
    }
    if (m->w_valid_o && m->w_ready_i) {
      waiting_.push_back({GetBytes(m->w_data_o, P::BUS_BYTES), m->w_strb_o, m->w_last_o != 0});
      if (first_beat < 0) first_beat = cycles;
      last_beat = cycles;
      beats++;
    }
    for (Burst& b : flight_)
      for (; b.left > 0 && !waiting_.empty(); waiting_.pop_front(), b.addr += P::BUS_BYTES) {
        ASSERT_EQ(waiting_.front().last, --b.left == 0);
        for (uint64_t i = 0; i < P::BUS_BYTES; i++) {
          if ((waiting_.front().strobe >> i & 1) == 0) continue;
          ASSERT_TRUE(bytes.emplace(b.addr + i, waiting_.front().data[i]).second) << "written twice";
        }
        b.from = cycles + latency;
      }
    reported += m->written_o;
    m.Clock();
    cycles++;
    ASSERT_LE(m->stored_o, marks.size());
    for (; counted_ < m->stored_o; counted_++)
      for (const uint64_t at : marks[counted_]) ASSERT_TRUE(bytes.contains(at)) << "mark " << counted_;
    if (m->b_valid_i) bad_response = false;
    if (!m->error_o) return;
    ASSERT_TRUE(may_fail) << "code " << int{m->code_o} << " at " << m->error_offset_o << ", cycle " << cycles;
    if (std::exchange(failed, true)) return;
    code = m->code_o, error_offset = m->error_offset_o;
  }
  [[nodiscard]] bool busy() const { return !flight_.empty() || !waiting_.empty(); }
  [[nodiscard]] bool inside_a_burst() const {  // one has had some of its beats
    return std::any_of(flight_.begin(), flight_.end(),
                       [](const Burst& b) { return b.left > 0 && b.left < b.beats; });
  }

  // Gives a job's descriptor and its pixels, at most `most_cycles` long; what it writes is added to `want`.
  void Run(const StoreJob& job, std::map<uint64_t, uint8_t>* want, int64_t most_cycles) {
    std::array<uint32_t, weft_list_pkg::STORE_WORDS> words{};
    words[weft_list_pkg::STORE_OFFSET] = job.offset;
    words[weft_list_pkg::STORE_GROUP] = uint32_t(job.cols);
    words[weft_list_pkg::STORE_X] = job.step_x;
    words[weft_list_pkg::STORE_Y] = job.pitch - uint32_t(job.width - 1) * job.step_x;
    words[weft_list_pkg::STORE_COLS] = uint32_t(job.width - 1);
    words[weft_list_pkg::STORE_ROWS] = uint32_t(job.height - 1);
    words[weft_list_pkg::STORE_PASS] = uint32_t(job.pass);
    words[weft_list_pkg::STORE_TOTAL] = uint32_t(job.width * job.height);
    words[weft_list_pkg::STORE_GROUPS] =
        uint32_t(job.groups - 1) | uint32_t(job.mark) << weft_list_pkg::STORE_GROUPS_MARK_LSB;
    AddMarks(job);
    std::memcpy(&m->store_i, words.data(), sizeof words);
    m->store_valid_i = 1;
    const int64_t begin = cycles;
    for (bool taken = false; !taken;) {
      m.Settle();
      taken = m->store_ready_o != 0;
      Cycle();
    }
    m->store_valid_i = 0;
    const int pixels = job.width * job.height;
    int64_t given = 0;
    for (int first = 0; first < pixels; first += job.pass)
      for (int group = 0; group < job.groups; group++)
        for (int pixel = first; pixel < std::min(first + job.pass, pixels); pixel++) {
          if (failed) return;
          while (!Active(random, pattern_.source)) Cycle();
          auto data = std::vector<uint8_t>(P::COLS);
          for (uint8_t& byte : data) byte = uint8_t(random.Int(0, 255));
          const bool bad = given++ == bad_pixel;
          for (int c = 0; c < job.cols && (bad_pixel < 0 || given <= bad_pixel); c++)
            (*want)[kBase + job.At(group, pixel) + uint32_t(c)] = data[size_t(c)];
          PutBytes(m->pixel_data_i, data);
          m->pixel_cols_i = bad && bad_cols >= 0 ? bad_cols : job.cols;
          m->pixel_final_i = (pixel == pixels - 1 && group == job.groups - 1) != (bad && bad_cols < 0);
          m->pixel_valid_i = 1;
          for (bool taken = false; !taken;) {
            if (cycles - begin >= most_cycles) {
              m->pixel_valid_i = 0;
              return;
            }
            if (failed) return;
            m.Settle();
            taken = m->pixel_ready_o != 0;
            Cycle();
          }
          m->pixel_valid_i = 0;
        }
  }
  void Finish() {
    for (int t = 0; !m->quiet_o; t++) {
      ASSERT_LT(t, 10000);
      Cycle();
    }
    Cycle();  // counted
    ASSERT_FALSE(busy());
  }
  // The run ends, the bus finishes what it has begun, and the next run can begin.
  void Stop() {
    m->run_i = m->running_i = m->pixel_valid_i = 0;
    for (int t = 0; t < 10 || !m->idle_o || m->aw_valid_o || m->w_valid_o; t++) {
      ASSERT_LT(t, 10000);
      ASSERT_NO_FATAL_FAILURE(Cycle());
    }
    ASSERT_FALSE(busy()) << "a burst is not finished";
    ASSERT_EQ(m->stored_o, 0);
    may_fail = failed = false;
    marks.clear();
    counted_ = 0;
    m->run_i = m->running_i = 1;
  }

 private:
  void AddMarks(const StoreJob& job) {
    for (int row = 0; row < job.height; row++) {
      if (row == 0 || (job.mark > 0 && row % job.mark == 0)) marks.emplace_back();
      for (int pixel = row * job.width; pixel < (row + 1) * job.width; pixel++)
        for (int group = 0; group < job.groups; group++)
          for (int c = 0; c < job.cols; c++)
            marks.back().push_back(kBase + job.At(group, pixel) + uint32_t(c));
    }
  }

  struct Burst {
    uint32_t id;
    uint64_t addr;
    int beats, left;  // all, and those to come
    int64_t from;
  };
  struct Beat {
    std::vector<uint8_t> data;
    uint64_t strobe;
    bool last;
  };
  Pattern pattern_;
  size_t counted_ = 0;  // marks
  std::deque<Burst> flight_;
  std::deque<Beat> waiting_;
};

// Pixels side by side, or apart; begins behind `offset`.
template <class P>
StoreJob Draw(Random& random, uint32_t offset) {
  StoreJob j{};
  j.cols = int(random.Chance(2) ? P::COLS : random.Int(1, P::COLS));
  j.groups = int(random.Chance(2) ? 1 : random.Int(1, 4));
  j.width = int(random.Int(1, 40)), j.height = int(random.Int(1, 5)), j.pass = int(random.Int(1, 9));
  if (random.Chance(2)) j.mark = int(random.Int(1, 6));
  j.offset = offset + uint32_t(random.Int(0, 20));
  j.step_x = uint32_t(j.cols * j.groups + (random.Chance(3) ? random.Int(0, 30) : 0));
  j.pitch = uint32_t(j.width) * j.step_x + uint32_t(random.Chance(2) ? random.Int(0, 9) : 0);
  return j;
}
uint32_t End(const StoreJob& j) { return j.offset + uint32_t(j.height) * j.pitch; }

TYPED_TEST(WriteDma, WritesEveryByteOnce) {
  using P = TypeParam;
  int64_t jobs = 0, bytes = 0, beats = 0, bursts = 0;
  for (const Pattern pattern : kPatterns) {
    SCOPED_TRACE(ToString(pattern));
    Bench<P> b(3, pattern);
    std::map<uint64_t, uint8_t> want;
    uint32_t offset = 0;
    for (int i = 0; i < 60; i++, jobs++) {
      const StoreJob job = Draw<P>(b.random, offset);
      ASSERT_NO_FATAL_FAILURE(b.Run(job, &want, INT64_MAX));
      offset = End(job);
      if (b.random.Chance(3)) {
        ASSERT_NO_FATAL_FAILURE(b.Finish());
        ASSERT_EQ(b.m->stored_o, b.marks.size());
        ASSERT_EQ(b.bytes, want) << "after job " << i;
      }
    }
    ASSERT_NO_FATAL_FAILURE(b.Finish());
    ASSERT_EQ(b.bytes, want);
    ASSERT_EQ(b.reported, int64_t(want.size()));
    bytes += int64_t(want.size()), beats += b.beats, bursts += b.bursts;
  }
  EXPECT_GT(beats, bursts);
  Compared(fmt::format("{} bytes of {} jobs in {} bursts of {} beats", bytes, jobs, bursts, beats));
}

// Isolated words: a pixel and a beat a cycle, each a burst. Side by side: as many beats as words.
TYPED_TEST(WriteDma, OneBeatACycle) {
  using P = TypeParam;
  const int cols = std::min(P::COLS, P::BUS_BYTES);
  for (const bool isolated : {true, false}) {
    Bench<P> b(3, {100, 100});
    b.latency = 40, b.in_order = true;
    std::map<uint64_t, uint8_t> want;
    const uint32_t step = isolated ? 2 * P::BUS_BYTES : uint32_t(cols);
    const StoreJob job{0, step, 1000 * step, cols, 1, 1000, 1, 8};
    ASSERT_NO_FATAL_FAILURE(b.Run(job, &want, INT64_MAX));
    ASSERT_NO_FATAL_FAILURE(b.Finish());
    ASSERT_EQ(b.bytes, want);
    const int64_t words = (1000 * cols + P::BUS_BYTES - 1) / P::BUS_BYTES;
    EXPECT_EQ(b.beats, isolated ? 1000 : words);
    EXPECT_EQ(b.bursts, isolated ? 1000 : (words + P::MAX_BEATS - 1) / P::MAX_BEATS);
    if (isolated) {
      EXPECT_EQ(b.last_beat - b.first_beat + 1, 1000);
    }
    EXPECT_LT(b.cycles, P::BUS_BYTES % cols == 0 ? 1070 : 2070);
  }
}

// An output beyond the window, if only by a byte; one that comes as the last and is not, or the other way;
// one of no channels or too many. It and what comes behind it are not written.
TYPED_TEST(WriteDma, EndsAtTheFirstBadOutput) {
  using P = TypeParam;
  int64_t ends = 0, exact = 0;
  for (const Pattern pattern : kPatterns) {
    SCOPED_TRACE(ToString(pattern));
    Bench<P> b(4, pattern);
    for (int i = 0; i < 120; i++, ends++) {
      StoreJob job = Draw<P>(b.random, 0);
      const int pixels = job.width * job.height, outputs = job.groups * pixels;
      uint8_t code = WEFT_CODE_BAD_JOB;
      b.bytes.clear();
      b.bad_pixel = b.random.Chance(3) ? outputs - 1 : b.random.Int(0, outputs - 1);
      b.bad_cols = -1;
      int where = 0, group = 0, pixel = 0;  // of the bad one
      for (int first = 0; first < pixels; first += job.pass)
        for (int g = 0; g < job.groups; g++)
          for (int n = first; n < std::min(first + job.pass, pixels); n++)
            if (where++ == b.bad_pixel) group = g, pixel = n;
      uint32_t offset = job.At(group, pixel);
      switch (i % 4) {
        case 0:
          break;
        case 1:
          b.bad_cols = 0;
          break;
        case 2:
          b.bad_cols = P::COLS + 1;
          if (Mask(std::bit_width(unsigned{P::COLS})) < uint64_t(b.bad_cols)) b.bad_cols = 0;  // has no bits
          break;
        case 3:  // the one that reaches farthest, by a byte
          code = WEFT_CODE_OUT_OF_WINDOW;
          b.bad_pixel = -1;
          uint32_t end = 0;
          for (int first = 0, n_th = 0; first < pixels; first += job.pass)
            for (int g = 0; g < job.groups; g++)
              for (int n = first; n < std::min(first + job.pass, pixels); n++, n_th++)
                if (job.At(g, n) + uint32_t(job.cols) > end) {
                  end = job.At(g, n) + uint32_t(job.cols);
                  b.bad_pixel = n_th, offset = job.At(g, n);
                }
          b.m->size_i = end;  // all of it is inside
          const int64_t bad = std::exchange(b.bad_pixel, -1);
          std::map<uint64_t, uint8_t> want;
          ASSERT_NO_FATAL_FAILURE(b.Run(job, &want, INT64_MAX));
          ASSERT_NO_FATAL_FAILURE(b.Finish());
          ASSERT_EQ(b.bytes, want);
          exact++;
          b.bytes.clear();
          b.m->size_i = end - 1;
          b.bad_pixel = bad, b.bad_cols = job.cols;
      }
      std::map<uint64_t, uint8_t> want;
      b.may_fail = true;
      ASSERT_NO_FATAL_FAILURE(b.Run(job, &want, INT64_MAX));
      for (int t = 0; !b.failed; t++) {
        ASSERT_LT(t, 10000) << "output " << b.bad_pixel << " of " << outputs << " is taken, case " << i % 4;
        ASSERT_NO_FATAL_FAILURE(b.Cycle());
      }
      ASSERT_EQ(b.code, code) << "output " << b.bad_pixel << " of " << outputs << ", case " << i % 4;
      ASSERT_EQ(b.error_offset, offset)
          << "output " << b.bad_pixel << " of " << outputs << ", case " << i % 4;
      for (int t = 0; t < 200; t++) ASSERT_NO_FATAL_FAILURE(b.Cycle());
      ASSERT_NO_FATAL_FAILURE(b.Stop());
      for (const auto& [address, byte] : b.bytes) {
        ASSERT_TRUE(want.contains(address)) << "the bad output is written";
        ASSERT_EQ(want.at(address), byte);
      }
      b.m->size_i = Bench<P>::kSize;
      b.bad_pixel = -1;
    }
  }
  Compared(fmt::format("{} bad outputs, {} jobs that end with the window", ends, exact));
}

TYPED_TEST(WriteDma, TellsOfAWriteThatFails) {
  using P = TypeParam;
  for (const Pattern pattern : kPatterns) {
    SCOPED_TRACE(ToString(pattern));
    Bench<P> b(6, pattern);
    for (int i = 0; i < 20; i++) {
      std::map<uint64_t, uint8_t> want;
      b.bytes.clear();
      b.may_fail = b.bad_response = true;
      const StoreJob job = Draw<P>(b.random, 0);
      ASSERT_NO_FATAL_FAILURE(b.Run(job, &want, INT64_MAX));
      for (int t = 0; !b.failed; t++) {
        ASSERT_LT(t, 10000) << "an error response is ignored";
        ASSERT_NO_FATAL_FAILURE(b.Cycle());
      }
      ASSERT_EQ(b.code, WEFT_CODE_WRITE_ERROR);
      ASSERT_TRUE(want.contains(b.kBase + b.error_offset)) << "not an output that was taken";
      ASSERT_NO_FATAL_FAILURE(b.Stop());
    }
  }
}

TYPED_TEST(WriteDma, FinishesWhatItBeganAndForgetsTheRest) {
  using P = TypeParam;
  int64_t cut = 0, inside = 0, dropped = 0;
  for (const Pattern pattern : kPatterns) {
    SCOPED_TRACE(ToString(pattern));
    Bench<P> b(5, pattern);
    for (int i = 0; i < 60; i++, cut++) {
      std::map<uint64_t, uint8_t> want;
      b.bytes.clear();
      b.reported = 0;
      StoreJob job = Draw<P>(b.random, 0);
      ASSERT_NO_FATAL_FAILURE(b.Run(job, &want, b.random.Int(1, 600)));
      inside += b.inside_a_burst();
      ASSERT_NO_FATAL_FAILURE(b.Stop());
      for (const auto& [address, byte] : b.bytes) ASSERT_EQ(want.at(address), byte);
      dropped += int64_t(want.size() - b.bytes.size());
      // The next run.
      want.clear(), b.bytes.clear();
      job = Draw<P>(b.random, 0);
      ASSERT_NO_FATAL_FAILURE(b.Run(job, &want, INT64_MAX));
      ASSERT_NO_FATAL_FAILURE(b.Finish());
      ASSERT_EQ(b.bytes, want);
      ASSERT_EQ(b.m->stored_o, b.marks.size());
      ASSERT_NO_FATAL_FAILURE(b.Stop());
    }
  }
  EXPECT_GT(inside, 10);
  EXPECT_GT(dropped, 1000);
  Compared(fmt::format("{} runs cut short, {} inside of a burst, {} bytes dropped", cut, inside, dropped));
}

}  // namespace
}  // namespace weft::rtl
