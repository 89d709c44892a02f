// SPDX-License-Identifier: Apache-2.0
// residual_lines: the bytes of each pixel's residual in the order of the walk, with pooling windows, column
// groups and passes over several rows; a pixel waits for the lines of its row, and lines make room as rows
// are done. Jobs without lines are between them.
#include "models/residual_lines.hpp"

#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

constexpr int kLatency = 4;

// A job with an addition: `images` of rows x cols outputs, each the maximum of a pooling window, in column
// groups.
struct AddJob {
  int images, rows, cols, pass;
  int window_rows, window_cols, stride_y, stride_x;
  int channels, pitch;  // bytes of a pixel, of a line
  bool alone;           // without lines
  [[nodiscard]] int ImageLines() const { return alone ? 0 : (rows - 1) * stride_y + window_rows; }
};

template <class P>
AddJob Draw(Random& random) {
  for (;;) {
    AddJob j{};
    j.images = int(random.Int(1, 3)), j.rows = int(random.Int(1, 5)), j.cols = int(random.Int(1, 6));
    j.window_rows = int(random.Int(1, 3)), j.window_cols = int(random.Int(1, 3));
    j.stride_y = int(random.Int(1, j.window_rows)), j.stride_x = int(random.Int(1, j.window_cols));
    j.channels = int(random.Int(1, 3 * P::COLS));
    j.alone = random.Chance(4);
    j.pass = int(random.Int(1, j.cols));
    const int width = (j.cols - 1) * j.stride_x + j.window_cols;
    j.pitch = (width * j.channels + P::BUS_BYTES - 1) / P::BUS_BYTES * P::BUS_BYTES;
    // A pass touches two rows of outputs, of one image or of two.
    if ((j.stride_y + 2 * j.window_rows) * j.pitch <= P::BYTES) return j;
  }
}

template <class P>
void PutStore(Testbench<P>& m, const AddJob& j) {
  namespace list = weft_list_pkg;
  const auto put = [&](int word, int64_t value) { Put(m->store_i, 32 * word, 32, uint32_t(value)); };
  for (int w = 0; w < list::STORE_WORDS; w++) put(w, 0x5a5a5a5a);
  const int row = ((j.cols - 1) * j.stride_x + j.window_cols - 1) * j.channels;  // to the last pixel of a row
  put(list::STORE_GROUP, P::COLS);
  put(list::STORE_COLS, j.cols - 1);
  put(list::STORE_ROWS, j.rows - 1);
  put(list::STORE_PASS, j.pass);
  put(list::STORE_TOTAL, j.images * j.rows * j.cols);
  put(list::STORE_GROUPS, (j.channels + P::COLS - 1) / P::COLS - 1);
  put(list::STORE_RES_OFFSET, 0);
  put(list::STORE_RES_WINDOW_X, j.channels);
  put(list::STORE_RES_WINDOW_Y, j.pitch - (j.window_cols - 1) * j.channels);
  put(list::STORE_RES_X, (j.stride_x - (j.window_cols - 1)) * j.channels - (j.window_rows - 1) * j.pitch);
  put(list::STORE_RES_Y, (j.stride_y - (j.window_rows - 1)) * j.pitch - row);
  put(list::STORE_RES_IMAGE, j.pitch - row);
  put(list::STORE_RES_LINES, j.stride_y);
  put(list::STORE_RES_WORDS, j.stride_y * j.pitch / P::BUS_BYTES);
  put(list::STORE_RES_LAST_WORDS, j.window_rows * j.pitch / P::BUS_BYTES);
  put(list::STORE_WINDOW, (j.window_rows - 1) << 16 | (j.window_cols - 1));
  put(list::STORE_POOL, j.window_rows * j.window_cols);
}

struct Residual {
  int64_t lines;  // of the job, that must have come
  int64_t at;     // byte of the job's lines
  int bytes;      // that are the group's channels
};

// Pass by pass: all column groups of the pass' outputs, each all pixels of its pooling window.
template <class P>
std::vector<Residual> Walk(const AddJob& j) {
  std::vector<Residual> walk;
  const int total = j.images * j.rows * j.cols;
  for (int first = 0; first < total; first += j.pass)
    for (int c = 0; c < j.channels; c += P::COLS)
      for (int p = first; p < std::min(total, first + j.pass); p++) {
        const int x = p % j.cols, y = p / j.cols % j.rows, image = p / (j.cols * j.rows);
        const int line = image * j.ImageLines() + y * j.stride_y;
        for (int wy = 0; wy < j.window_rows; wy++)
          for (int wx = 0; wx < j.window_cols; wx++)
            walk.push_back({j.alone ? 0 : line + j.window_rows,
                            int64_t{line + wy} * j.pitch + (x * j.stride_x + wx) * j.channels + c,
                            std::min(P::COLS, j.channels - c)});
      }
  return walk;
}

template <class P>
class ResidualLines : public testing::Test {};
TYPED_TEST_SUITE(ResidualLines, models::residual_lines, ParameterNames);

TYPED_TEST(ResidualLines, GivesEachPixelItsResidual) {
  using P = TypeParam;
  constexpr int kJobs = 60;
  int64_t pixels = 0, waited = 0, full = 0;
  for (const Pattern pattern : kPatterns) {
    SCOPED_TRACE(ToString(pattern));
    Testbench<P> m;
    Random random(1);
    std::vector<AddJob> jobs;
    std::vector<std::vector<uint8_t>> lines;  // of each job
    for (int i = 0; i < kJobs; i++) {
      jobs.push_back(Draw<P>(random));
      lines.emplace_back(size_t(jobs.back().images * jobs.back().ImageLines() * jobs.back().pitch));
      for (uint8_t& b : lines.back()) b = uint8_t(random.Int(0, 255));
    }
    struct Pair {
      std::vector<uint8_t> pixel, residual;
    };
    std::deque<std::pair<int64_t, Pair>> want;
    size_t job = 0, sent_job = 0, next = 0, sent = 0;  // the job that is walked, the one whose lines are sent
    int64_t lines_before = 0, lines_sent = 0;          // of earlier jobs; of all jobs, whole ones
    std::vector<Residual> walk;
    bool active = false, alone = false;
    m->load_i = m->take_i = m->line_valid_i = m->alone_i = m->inner_i = m->inner_take_i = 0;
    m.Reset();
    for (int64_t t = 0; job < kJobs || !want.empty(); t++) {
      ASSERT_LT(t, 20'000'000) << "no progress: job " << job << ", pixel " << next;
      // The lines of all jobs, one after the other.
      while (sent_job < kJobs && lines[sent_job].empty()) sent_job++;
      const bool line = sent_job < kJobs && Active(random, pattern.source);
      m->line_valid_i = line;
      if (line) {
        const auto begin = lines[sent_job].begin() + int64_t(sent);
        PutBytes(m->line_data_i, std::vector<uint8_t>(begin, begin + P::BUS_BYTES));
        m->line_last_i = (sent + P::BUS_BYTES) % size_t(jobs[sent_job].pitch) == 0;
      }
      // Where jobs with and without lines meet, no pixel is on its way.
      const bool load =
          !active && job < kJobs && (want.empty() || jobs[job].alone == alone) && random.Chance(3);
      m->load_i = load && !jobs[job].alone;
      m->alone_i = load && jobs[job].alone;
      if (load) {
        PutStore(m, jobs[job]);
        alone = jobs[job].alone;
        walk = Walk<P>(jobs[job]);
        next = 0;
      }
      m.Settle();
      m->take_i = active && m->there_o && Active(random, pattern.sink);
      waited += active && !m->there_o;
      if (m->take_i) {
        const Residual& r = walk[next];
        ASSERT_GE(lines_sent, lines_before + r.lines) << "lines that have not come, job " << job;
        Pair pair{std::vector<uint8_t>(P::COLS), {}};
        for (uint8_t& b : pair.pixel) b = uint8_t(random.Int(0, 255));
        PutBytes(m->pixel_i, pair.pixel);
        if (jobs[job].alone) pair.residual.resize(P::COLS);
        else pair.residual.assign(lines[job].begin() + r.at, lines[job].begin() + r.at + r.bytes);
        want.emplace_back(t + kLatency, pair);
        next++;
      }
      m.Settle();
      full += line && !m->line_ready_o;
      if (line && m->line_ready_o) {
        sent += P::BUS_BYTES;
        lines_sent += m->line_last_i;
        if (sent == lines[sent_job].size()) sent = 0, sent_job++;
      }
      if (load) active = true;
      if (active && !load && next == walk.size()) {
        active = false;
        lines_before += jobs[job].images * jobs[job].ImageLines();
        job++;
      }
      m.Clock();
      const bool due = !want.empty() && want.front().first == t + 1;
      ASSERT_EQ(m->valid_o, due) << "cycle " << t;
      if (!due) continue;
      const Pair& pair = want.front().second;
      ASSERT_EQ(GetBytes(m->pixel_o, P::COLS), pair.pixel) << "cycle " << t;
      ASSERT_EQ(GetBytes(m->residual_o, int(pair.residual.size())), pair.residual) << "cycle " << t;
      pixels++;
      want.pop_front();
    }
  }
  EXPECT_GT(waited, 100);
  EXPECT_GT(full, 100);
  Compared(fmt::format("{} pixels of {} jobs, {} cycles without lines, {} without room", pixels,
                       kJobs * int(kPatterns.size()), waited, full));
}

// Entries of an inner tensor, at random places, while no lines are there.
TYPED_TEST(ResidualLines, HoldsEntriesOfAnInnerTensor) {
  using P = TypeParam;
  if constexpr (P::INNER != 0) {
    int word = P::BUS_BYTES;
    while (word < P::COLS) word *= 2;
    const int entries = P::BYTES / word;
    Testbench<P> m;
    Random random(2);
    m->load_i = m->take_i = m->line_valid_i = m->alone_i = 0;
    m->inner_i = 1;
    m.Reset();
    std::vector<std::vector<uint8_t>> ring{size_t(entries)};
    std::deque<std::vector<uint8_t>> due;  // empty: nobody knows
    int64_t compared = 0;
    int landing = -1;  // the entry that was written a cycle ago, and its bytes
    std::vector<uint8_t> landing_bytes;
    for (int t = 0; t < 20000; t++) {
      m->inner_take_i = random.Chance(2);
      const int written = int(random.Int(0, entries - 1)), read = int(random.Int(0, entries - 1));
      std::vector<uint8_t> pixel(P::COLS);
      for (uint8_t& byte : pixel) byte = uint8_t(random.Int(0, 255));
      PutBytes(m->pixel_i, pixel);
      m->inner_waddr_i = uint16_t(written), m->inner_raddr_i = uint16_t(read);
      due.push_back(ring[size_t(read)]);
      m.Clock();
      if (landing >= 0) ring[size_t(landing)] = landing_bytes;
      landing = m->inner_take_i ? written : -1;
      landing_bytes = pixel;
      if (landing >= 0) ring[size_t(landing)].clear();
      if (due.size() < weft_pkg::RAM_LATENCY) continue;
      if (!due.front().empty()) {
        ASSERT_EQ(GetBytes(m->inner_o, P::COLS), due.front()) << "cycle " << t;
        compared++;
      }
      due.pop_front();
    }
    EXPECT_GT(compared, 5000);
    Compared(fmt::format("{} entries", compared));
  }
}

}  // namespace
}  // namespace weft::rtl
