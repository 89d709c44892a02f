// SPDX-License-Identifier: Apache-2.0
// depthwise_walk: random jobs, one filled while the one before is walked over. Pixels go to entries of a
// ring; each slot reads the pixel that lies under its filter window, or padding, and its weights. When a pass
// and a row of outputs may begin is compared cycle by cycle.
#include "models/depthwise_walk.hpp"

#include "sw_model/cycles/latency.hpp"
#include "tests/rtl/system/depthwise_job.hpp"
#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

template <class P>
class DepthwiseWalk : public testing::Test {};
TYPED_TEST_SUITE(DepthwiseWalk, models::depthwise_walk, ParameterNames);

constexpr int kEntriesOfRing = weft_pkg::DW_ENTRIES;

struct Slot {
  int64_t pixel;  // of all jobs', column groups told apart; -1: padding
  int weight, phase, param;
  bool first, last, emits, group_last, final;
};

// A job's slots, row by row.
std::vector<std::vector<Slot>> Slots(const DepthwiseJob& j, int taps, int steps, int64_t base) {
  std::vector<std::vector<Slot>> rows;
  const int phases = j.phases(taps);
  for (int image = 0; image < j.images; image++)
    for (int oy = 0; oy < j.out_rows; oy++) {
      rows.emplace_back();
      for (int g = 0; g < j.groups; g++)
        for (int xi = 0; xi < (j.out_cols - 1) * j.stride_w + j.kw; xi++)
          for (int ky = 0; ky < j.kh; ky++)
            for (int phase = 0; phase < phases; phase++) {
              const int x = xi - j.left, y = oy * j.stride_h - j.top + ky;
              const bool inside = x >= 0 && x < j.cols && y >= 0 && y < j.rows;
              const int window = xi - (j.kw - 1);  // the one that ends here
              const bool emits = ky == j.kh - 1 && phase == 0 && window >= 0 && window % j.stride_w == 0;
              const bool last = g == j.groups - 1;
              const bool final = emits && last && window / j.stride_w == j.out_cols - 1 &&
                                 oy == j.out_rows - 1 && image == j.images - 1;
              const int64_t pixel = base + int64_t{(image * j.rows + y) * j.cols + x} * j.groups + g;
              rows.back().push_back({inside ? pixel : -1, (g * j.kh + ky) * phases + phase, phase, g * steps,
                                     xi == 0 && ky == 0, ky == j.kh - 1, emits, last, final});
            }
    }
  return rows;
}

TYPED_TEST(DepthwiseWalk, ReadsWhatLiesUnderEachWindow) {
  using P = TypeParam;
  constexpr int kJobs = 150;
  int64_t slots = 0, waited = 0, full = 0, together = 0;
  for (const Pattern pattern : kPatterns) {
    SCOPED_TRACE(ToString(pattern));
    Testbench<P> m;
    Random random(1);
    m->fill_load_i = m->walk_load_i = m->take_i = 0;
    m.Reset();
    std::vector<int64_t> ring(P::DEPTH, -2);
    std::vector<DepthwiseJob> jobs;
    std::vector<int64_t> bases = {0};  // entries before a job
    for (int i = 0; i < kJobs; i++) {
      jobs.push_back(DrawDepthwise(random, P::ROWS, P::DEPTH, 2, i % 2 == 0 ? 3 : 1, P::STEPS));
      bases.push_back(bases.back() + int64_t{jobs.back().pixels()} * jobs.back().groups);
    }
    const auto taps = [](int job) { return job % 2 == 0 ? 3 : 1; };
    const auto put = [&](auto& port, int job) {
      std::array<uint32_t, weft_list_pkg::STORE_WORDS> s{};
      for (uint32_t& word : s) word = uint32_t(random.Int(0, UINT32_MAX));
      jobs[size_t(job)].Put(&s, taps(job), P::STEPS);
      std::memcpy(&port, s.data(), sizeof s);
    };
    // Fill: the job, the pixel of the pass, the column group; walk: the job, the row, the slot.
    int fill = -1, walk = -1, pass_first = 0, group = 0, pixel = 0;
    bool filling = false, runs = false, walking = false;
    int64_t begin = -9, row_end = -9, freed = 0, freed_next = 0, freed_at = 0, done = 0;
    size_t row = 0, at = 0;
    std::vector<std::vector<Slot>> rows;
    bool room = false;
    int weight_base = 0, param_base = 0;
    for (int64_t t = 0; fill < kJobs - 1 || filling || walking || walk < fill; t++) {
      ASSERT_LT(t, 3'000'000) << "no progress: job " << walk << ", row " << row;
      if (t == freed_at) freed = freed_next;
      const bool fill_load = !filling && fill + 1 < kJobs && fill < walk + 1 && random.Chance(3);
      const bool walk_load = !walking && walk < fill && random.Chance(3);
      m->fill_load_i = fill_load, m->walk_load_i = walk_load;
      if (fill_load) put(m->fill_store_i, fill + 1);
      if (walk_load) put(m->walk_store_i, walk + 1);
      m->there_i = Active(random, pattern.source);
      m->emit_ready_i = Active(random, pattern.sink);
      m->weight_base_i = uint16_t(weight_base), m->param_base_i = uint16_t(param_base);
      m->take_i = 0;
      m.Settle();
      if (filling) {
        ASSERT_EQ(m->room_o, room) << "of job " << fill << ", pass from pixel " << pass_first << ", cycle "
                                   << t;
        full += !room && t > begin + latency::kDwPass - 1;
      }
      m->take_i = filling && m->room_o && Active(random, pattern.source);
      m.Settle();

      // The walk's slot.
      const bool expects = runs && (!rows[row][at].emits || m->emit_ready_i);
      ASSERT_EQ(m->slot_o, expects) << "job " << walk << ", row " << row << ", slot " << at << ", cycle "
                                    << t;
      bool row_ends = false;
      if (expects) {
        const Slot& want = rows[row][at];
        const std::string where = fmt::format("slot {} of row {}, {}", at, row, Show(jobs[size_t(walk)]));
        ASSERT_EQ(m->outside_o, want.pixel < 0) << where;
        if (want.pixel >= 0) {
          ASSERT_EQ(ring[size_t(m->entry_o)], want.pixel) << where;
        }
        ASSERT_EQ(m->weight_o, (weight_base + want.weight) % kEntriesOfRing) << where;
        ASSERT_EQ(m->phase_o, want.phase) << where;
        ASSERT_EQ(m->first_o, want.first) << where;
        ASSERT_EQ(m->last_o, want.last) << where;
        ASSERT_EQ(m->emit_o, want.emits) << where;
        ASSERT_EQ(m->group_last_o, want.group_last) << where;
        ASSERT_EQ(m->final_o, want.final) << where;
        if (want.emits) {
          ASSERT_EQ(m->param_o, (param_base + want.param) % kEntriesOfRing) << where;
        }
        slots++;
        together += filling && fill > walk;
        row_ends = ++at == rows[row].size();
      }
      // What begins in the next cycle.
      bool starts = false;
      if (walking && !runs) {
        const DepthwiseJob& j = jobs[size_t(walk)];
        const int64_t needs = bases[size_t(walk)] + j.Needs(int(row) / j.out_rows, int(row) % j.out_rows);
        starts = t >= row_end + 2 && m->there_i && done >= needs;
        waited += t >= row_end + 2 && !starts;
      }
      bool pass_ends = false;
      if (m->take_i) {
        const DepthwiseJob& j = jobs[size_t(fill)];
        const int64_t id = bases[size_t(fill)] + int64_t{pixel} * j.groups + group;
        ASSERT_EQ(m->fill_entry_o, uint64_t(id) % P::DEPTH) << "job " << fill;
        ASSERT_EQ(m->fill_last_o, group == j.groups - 1) << "job " << fill;
        ring[size_t(id) % P::DEPTH] = id;
        const int end = std::min(pass_first + P::ROWS, j.pixels());
        if (++pixel == end) {
          pixel = pass_first;
          if (++group == j.groups) group = 0, pass_ends = true, pixel = pass_first = end;
        }
      }
      room = false;
      if (filling && !pass_ends && t >= begin + latency::kDwPass - 1) {
        const DepthwiseJob& j = jobs[size_t(fill)];
        room = bases[size_t(fill)] + int64_t{std::min(pass_first + P::ROWS, j.pixels())} * j.groups - freed <=
               P::DEPTH;
      }
      m.Clock();
      if (pass_ends) {
        begin = t;
        done = bases[size_t(fill)] + int64_t{pass_first} * jobs[size_t(fill)].groups;
        if (pass_first == jobs[size_t(fill)].pixels()) filling = false;
      }
      if (fill_load) {
        fill++, filling = true, pass_first = pixel = group = 0, begin = t;
      }
      if (starts) runs = true;
      if (row_ends) {
        const DepthwiseJob& j = jobs[size_t(walk)];
        freed_next = bases[size_t(walk)] + j.Frees(int(row) / j.out_rows, int(row) % j.out_rows);
        runs = false, at = 0, row_end = t, freed_at = t + 2;
        walking = ++row < rows.size();
        ASSERT_EQ(m->ends_o, !walking);
      }
      if (walk_load) {
        walk++, walking = true, row = 0, row_end = t;
        weight_base = int(random.Int(0, kEntriesOfRing - 1)),
        param_base = int(random.Int(0, kEntriesOfRing - 1));
        rows = Slots(jobs[size_t(walk)], taps(walk), P::STEPS, bases[size_t(walk)]);
        ASSERT_FALSE(m->ends_o);
      }
    }
  }
  EXPECT_GT(waited, 1000);
  EXPECT_GT(full, 1000);
  EXPECT_GT(together, 1000) << "no job is filled while another is walked over";
  Compared(fmt::format("{} slots of {} jobs, {} cycles without entries, {} without room", slots,
                       kJobs * int(kPatterns.size()), waited, full));
}

}  // namespace
}  // namespace weft::rtl
