// SPDX-License-Identifier: Apache-2.0
// output_walk: the pixels of random jobs, with and without pooling windows, compared with loops over passes,
// column groups, windows and their pixels; each offset from where the pixel is, not from the pixel before.
#include "models/output_walk.hpp"

#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

template <class P>
class OutputWalk : public testing::Test {};
TYPED_TEST_SUITE(OutputWalk, models::output_walk, ParameterNames);

// Counts, and the distances between the first pixels of neighbours, modulo 2^32.
struct Walk {
  uint32_t offset, group, image, y, x, window_y, window_x;
  int64_t groups, images, rows, cols, window_rows, window_cols, pass;
};
std::string Show(const Walk& w) {
  return fmt::format("{} groups, {} images of {}x{} windows of {}x{}, passes of {}", w.groups, w.images,
                     w.rows, w.cols, w.window_rows, w.window_cols, w.pass);
}

struct Pixel {
  uint32_t offset;
  bool row_end, last_row, group_last, pass_end, job_end;
  bool operator==(const Pixel&) const = default;
};
std::string Show(const Pixel& p) {
  return fmt::format("{:08x}{}{}{}{}{}", p.offset, p.row_end ? " row_end" : "", p.last_row ? " last_row" : "",
                     p.group_last ? " group_last" : "", p.pass_end ? " pass_end" : "",
                     p.job_end ? " job_end" : "");
}

// The first `most` pixels.
std::vector<Pixel> Pixels(const Walk& w, size_t most) {
  std::vector<Pixel> pixels;
  const int64_t total = w.images * w.rows * w.cols;
  for (int64_t first = 0; first < total; first += w.pass) {
    const int64_t end = std::min(first + w.pass, total);
    for (int64_t g = 0; g < w.groups; g++)
      for (int64_t n = first; n < end; n++) {
        const int64_t x = n % w.cols, y = n / w.cols % w.rows, image = n / w.cols / w.rows;
        for (int64_t wy = 0; wy < w.window_rows; wy++)
          for (int64_t wx = 0; wx < w.window_cols; wx++) {
            if (pixels.size() == most) return pixels;
            const bool done = wy == w.window_rows - 1 && wx == w.window_cols - 1;
            const bool row = done && x == w.cols - 1, group = g == w.groups - 1, pass = done && n == end - 1;
            pixels.push_back({w.offset + uint32_t(g) * w.group + uint32_t(image) * w.image +
                                  uint32_t(y) * w.y + uint32_t(x) * w.x + uint32_t(wy) * w.window_y +
                                  uint32_t(wx) * w.window_x,
                              row, y == w.rows - 1, group, pass, pass && group && end == total});
          }
      }
  }
  return pixels;
}

template <class P>
class Bench {
 public:
  Bench(uint64_t seed, Pattern pattern) : random(seed), pattern_(pattern), seed_(seed) {
    m->load_i = m->take_i = 0;
    Scribble();
    m.Clock(2);
  }
  Testbench<P> m;
  Random random;
  int64_t cycles = 0, compared = 0;

  // Loads a job and walks over it, or over its first pixels. What is not part of a job's words is random.
  void Run(const Walk& w, size_t most = SIZE_MAX) {
    ASSERT_FALSE(m->walks_o) << "cycle " << cycles << ", seed " << seed_;
    const auto cols = uint32_t(w.cols - 1), rows = uint32_t(w.rows - 1);
    const uint32_t across = cols * w.x, window_across = uint32_t(w.window_cols - 1) * w.window_x;
    const uint32_t down = uint32_t(w.window_rows - 1) * w.window_y;
    Store(weft_list_pkg::STORE_GROUP, w.group);
    Store(weft_list_pkg::STORE_COLS, cols);
    Store(weft_list_pkg::STORE_ROWS, rows);
    Store(weft_list_pkg::STORE_PASS, uint32_t(w.pass));
    Store(weft_list_pkg::STORE_TOTAL, uint32_t(w.images * w.rows * w.cols));
    Store(weft_list_pkg::STORE_GROUPS, uint32_t(w.groups - 1));
    m->window_cols_i = uint16_t(w.window_cols - 1);
    m->window_pixels_i = uint32_t(w.window_rows * w.window_cols);
    m->offset_i = w.offset;
    m->window_x_i = w.window_x;
    m->window_y_i = w.window_y - window_across;
    m->x_i = w.x - window_across - down;
    m->y_i = w.y - across - window_across - down;
    m->image_i = w.image - rows * w.y - across - window_across - down;
    m->load_i = 1;
    Cycle();
    m->load_i = 0;
    Scribble();
    const std::vector<Pixel> want = Pixels(w, most);
    for (size_t i = 0; i < want.size();) {
      m->take_i = Active(random, pattern_.sink);
      m.Settle();
      const Pixel got{m->offset_o,          m->row_end_o != 0,  m->last_row_o != 0,
                      m->group_last_o != 0, m->pass_end_o != 0, m->job_end_o != 0};
      ASSERT_TRUE(m->walks_o) << "pixel " << i << " of " << want.size() << ", cycle " << cycles << ", seed "
                              << seed_ << ": " << Show(w);
      ASSERT_EQ(got, want[i]) << Show(got) << " got, " << Show(want[i]) << " expected: pixel " << i << " of "
                              << want.size() << ", cycle " << cycles << ", seed " << seed_ << ": " << Show(w);
      i += m->take_i ? 1 : 0;
      compared++;
      Cycle();
    }
    m->take_i = 0;
    m.Settle();
    ASSERT_EQ(m->walks_o, !want.back().job_end)
        << "cycle " << cycles << ", seed " << seed_ << ": " << Show(w);
  }
  void Idle() {
    for (int t = int(random.Int(0, 3)); t > 0; t--) {
      Cycle();
      ASSERT_FALSE(m->walks_o) << "cycle " << cycles << ", seed " << seed_;
    }
  }

 private:
  void Cycle() {
    m.Clock();
    cycles++;
  }
  void Store(int word, uint32_t value) { Put(m->store_i, 32 * word, 32, value); }
  void Scribble() {
    for (int w = 0; w < weft_list_pkg::STORE_WORDS; w++) Store(w, uint32_t(random.Int(0, UINT32_MAX)));
    for (auto* port : {&m->offset_i, &m->window_x_i, &m->window_y_i, &m->x_i, &m->y_i, &m->image_i})
      *port = uint32_t(random.Int(0, UINT32_MAX));
  }
  Pattern pattern_;
  uint64_t seed_;
};

Walk Draw(Random& random) {
  Walk w{};
  for (uint32_t* step : {&w.offset, &w.group, &w.image, &w.y, &w.x, &w.window_y, &w.window_x})
    *step = uint32_t(random.Int(0, random.Chance(3) ? UINT32_MAX : 2000));
  w.groups = random.Chance(3) ? 1 : random.Int(1, 4);
  w.images = random.Chance(2) ? 1 : random.Int(1, 3);
  w.rows = random.Int(1, 4), w.cols = random.Int(1, 6);
  const bool pools = random.Chance(2);
  w.window_rows = pools ? random.Int(1, 3) : 1, w.window_cols = pools ? random.Int(1, 3) : 1;
  const int64_t total = w.images * w.rows * w.cols;
  switch (random.Int(0, 3)) {  // passes: all pixels in one, the last one full or with one pixel, any
    case 0:
      w.pass = total + random.Int(0, 2);
      break;
    case 1:
      w.pass = std::max<int64_t>(total - 1, 1);
      break;
    default:
      w.pass = random.Int(1, 9);
  }
  return w;
}

TYPED_TEST(OutputWalk, GivesEveryPixelItsPlace) {
  int64_t jobs = 0, pixels = 0;
  for (const Pattern pattern : kPatterns) {
    SCOPED_TRACE(ToString(pattern));
    Bench<TypeParam> b(1, pattern);
    for (int64_t rows = 1; rows <= 2; rows++)  // corners: one or two of everything
      for (int bits = 0; bits < 64; bits++, jobs++) {
        const auto one_or_two = [&](int bit) { return int64_t{1} + (bits >> bit & 1); };
        ASSERT_NO_FATAL_FAILURE(b.Run({0x100, 8, 0x1000, 0x200, 0x20, 0x40, 4, one_or_two(0), one_or_two(1),
                                       rows, one_or_two(2), one_or_two(3), one_or_two(4), one_or_two(5)}));
      }
    for (int i = 0; i < 300; i++, jobs++) {
      ASSERT_NO_FATAL_FAILURE(b.Run(Draw(b.random)));
      ASSERT_NO_FATAL_FAILURE(b.Idle());
    }
    pixels += b.compared;
  }
  Compared(fmt::format("{} pixels of {} jobs", pixels, jobs));
}

// Counts of all their bits: the first pixels, the last ones of one that can be walked to its end.
TYPED_TEST(OutputWalk, CountsFarEnough) {
  Bench<TypeParam> b(2, {100, 100});
  constexpr int64_t kMost = 1 << weft_list_pkg::PIXELS_W;
  for (const Walk& w : {Walk{5, 1, 2, 3, 4, 6, 7, 1, 1, 1, kMost - 1, 1, 1, kMost - 1},
                        Walk{5, 1, 2, 3, 4, 6, 7, 1, 1, kMost - 1, 1, 1, 1, kMost - 1},
                        Walk{5, 1, 2, 3, 4, 6, 7, 3, 1, 1, 1, 2, (1 << 16) - 1, 1}}) {
    ASSERT_NO_FATAL_FAILURE(b.Run(w, 3000));
    b.m.Reset();
  }
  ASSERT_NO_FATAL_FAILURE(b.Run({0, 3, 0, 0, 0, 0, 0, 1 << 16, 1, 1, 1, 1, 1, 1}));
  ASSERT_NO_FATAL_FAILURE(b.Run({0, 0, 0, 1 << 16, 1, 0, 0, 1, 1, 4, 1 << 16, 1, 1, 1 << 17}));
  ASSERT_NO_FATAL_FAILURE(b.Run({0, 0, 1 << 17, 1, 0, 0, 0, 1, 2, 1 << 17, 1, 1, 1, 100'000}));
  ASSERT_NO_FATAL_FAILURE(b.Run({0, 0, 0, 0, 0, 1 << 15, 1, 2, 1, 1, 1, 3, 1 << 15, 1}));
  Compared(fmt::format("{} pixels", b.compared));
}

TYPED_TEST(OutputWalk, ForgetsAJobThatIsCutShort) {
  int64_t cut = 0;
  Bench<TypeParam> b(3, {100, 60});
  for (int i = 0; i < 500; i++) {
    const Walk w = Draw(b.random);
    const size_t all = Pixels(w, SIZE_MAX).size();
    const auto most = size_t(b.random.Int(1, int64_t(all)));
    cut += most < all ? 1 : 0;
    ASSERT_NO_FATAL_FAILURE(b.Run(w, most));
    b.m->rst_ni = 0;
    b.m.Clock();
    ASSERT_FALSE(b.m->walks_o);
    b.m->rst_ni = 1;
    ASSERT_NO_FATAL_FAILURE(b.Idle());
    ASSERT_NO_FATAL_FAILURE(b.Run(Draw(b.random)));
  }
  EXPECT_GT(cut, 300);
  Compared(fmt::format("{} pixels, {} jobs cut short", b.compared, cut));
}

}  // namespace
}  // namespace weft::rtl
