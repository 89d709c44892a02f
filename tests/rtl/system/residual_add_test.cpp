// SPDX-License-Identifier: Apache-2.0
// residual_add: random jobs, each with tables and a residual of its own, whose sums and pooled maxima are
// computed by the golden model from where each pixel is; jobs without a residual, which is 0 then; jobs
// without an addition, that pass; lines that are freed, so that a small buffer holds many; depthwise
// convolutions of the pixels; runs that are cut short.
#include "models/residual_add.hpp"

#include <bit>
#include <optional>

#include "tests/rtl/system/depthwise_job.hpp"
#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

namespace list = weft_list_pkg;

template <class P>
class ResidualAdd : public testing::Test {};
TYPED_TEST_SUITE(ResidualAdd, models::residual_add, ParameterNames);

// A job as its store words tell it: windows of kh x kw pixels, in each image rows x cols of them.
struct AddJob {
  bool adds;
  int images, rows, cols, kh, kw, stride_h, stride_w;
  int groups, per_group, last_group, pass;
  int mult, shift, zp, lo, hi;
  int before, behind;  // bytes of a line that are not the job's
  bool alone = false;  // without a residual
  Rounding rounding = Rounding::kTflite;
  [[nodiscard]] int windows() const { return images * rows * cols; }
  [[nodiscard]] int channels() const { return (groups - 1) * per_group + last_group; }
  [[nodiscard]] int step() const {
    return std::min(stride_h, kh);
  }  // lines; what lies between is not streamed
  [[nodiscard]] int lines() const { return (rows - 1) * step() + kh; }  // of an image
  [[nodiscard]] int pitch(int bus) const {
    const int bytes = before + ((cols - 1) * stride_w + kw) * channels() + behind;
    return (bytes + bus - 1) / bus * bus;
  }
  [[nodiscard]] int rows_at_once() const {  // of windows, under one pass; each column group walks over them
    return std::min((pass - 1 + cols - 1) / cols + 1, images * rows);
  }
};
std::string Show(const AddJob& j) {
  return fmt::format(
      "{} images of {}x{} windows of {}x{} by {}x{}, {} groups of {} (the last of {}), passes of {}{}",
      j.images, j.rows, j.cols, j.kh, j.kw, j.stride_h, j.stride_w, j.groups, j.per_group, j.last_group,
      j.pass,
      !j.adds   ? ", no addition"
      : j.alone ? ", no residual"
                : "");
}

struct Pixel {
  std::vector<uint8_t> data;  // COLS of them
  int cols;
  bool final;
};

template <class P>
class Bench {
 public:
  static constexpr int kBus = P::BUS_BYTES, kCols = P::COLS;
  static constexpr int kSteps = (P::COLS + P::LANES - 1) / P::LANES;
  Bench(uint64_t seed, Pattern pattern) : random(seed), pattern_(pattern), seed_(seed) { Restart(); }
  Testbench<P> m;
  Random random;
  int64_t cycles = 0, outputs = 0, lines = 0;
  bool new_tables = true;  // now and then

  void Restart() {
    m->store_valid_i = m->table_valid_i = m->residual_valid_i = m->pixel_valid_i = m->out_ready_i = 0;
    m->residual_last_i = m->weight_valid_i = m->param_valid_i = 0;
    stores_.clear(), pixels_.clear(), want_.clear(), residual_.clear(), tables_.clear();
    weights_.clear(), params_.clear();
    held_.reset();
    inner_ = false;
    m.Reset();
  }
  std::string Where() const { return fmt::format("output {}, cycle {}, seed {}", outputs, cycles, seed_); }

  // A job's descriptor, tables, residual lines, pixels, and the outputs that they make. Tables are in place
  // before a job begins: they are loaded when all outputs of those before are out.
  void Give(const AddJob& j) {
    std::array<std::array<uint32_t, 256>, 2> tables;
    if (j.adds) {
      if (!tables_known_ || (new_tables && random.Chance(2))) {
        ASSERT_NO_FATAL_FAILURE(Finish());
        const bool small = random.Chance(2);  // else the sum wraps
        for (auto& table : tables_of_)
          for (uint32_t& entry : table)
            entry = uint32_t(small ? random.Int(-(1 << 20), 1 << 20) : random.Int(INT32_MIN, INT32_MAX));
        for (const auto& table : tables_of_) tables_.insert(tables_.end(), table.begin(), table.end());
        tables_known_ = true;
      }
      tables = tables_of_;
    }
    // As in a list, a residual's lines wait until the outputs before are out.
    while (j.adds && !j.alone && inner_ && !want_.empty()) ASSERT_NO_FATAL_FAILURE(Cycle());
    const int pitch = j.pitch(kBus);
    std::vector<std::vector<uint8_t>> residual(size_t(j.adds && !j.alone ? j.images * j.lines() : 0));
    for (auto& line : residual) {
      line.resize(size_t(pitch));
      for (uint8_t& byte : line) byte = uint8_t(random.Int(0, 255));
      for (int w = 0; w < pitch; w += kBus)
        residual_.push_back({{line.begin() + w, line.begin() + w + kBus}, w + kBus == pitch});
    }
    const bool sums = j.adds && P::RESIDUAL_ADD != 0;  // without it, all kinds pass
    const int passes = P::DW_TAPS == 0 && random.Chance(2) ? list::ADD_DEPTHWISE
                                                           : list::ADD_NONE;  // without depthwise, both
    std::array<uint32_t, list::STORE_WORDS> s{};
    for (uint32_t& word : s) word = uint32_t(random.Int(0, UINT32_MAX));
    s[list::STORE_ADD] = uint32_t(!j.adds   ? passes
                                  : j.alone ? list::ADD_ALONE
                                            : list::ADD_RESIDUAL)
                             << list::STORE_ADD_KIND_LSB |
                         (uint32_t(j.shift) & 0x3f) << list::STORE_ADD_SHIFT_LSB |
                         (uint32_t(j.hi) & 0xff) << 16 | (uint32_t(j.lo) & 0xff) << 8 |
                         (uint32_t(j.zp) & 0xff);
    s[list::STORE_ADD_SCALE] = uint32_t(j.mult) | uint32_t{j.rounding == Rounding::kOnnx}
                                                      << list::STORE_ADD_SCALE_ROUNDING_BIT;
    if (j.adds) {
      s[list::STORE_WINDOW] = uint32_t(j.kh - 1) << 16 | uint32_t(j.kw - 1);
      s[list::STORE_POOL] = uint32_t(j.kh * j.kw);
    }
    if (j.adds && !j.alone) {
      const int across = ((j.cols - 1) * j.stride_w + j.kw - 1) * j.channels(), down = (j.kh - 1) * pitch;
      const int right = (j.kw - 1) * j.channels();
      s[list::STORE_GROUP] = uint32_t(j.per_group);
      s[list::STORE_COLS] = uint32_t(j.cols - 1);
      s[list::STORE_ROWS] = uint32_t(j.rows - 1);
      s[list::STORE_PASS] = uint32_t(j.pass);
      s[list::STORE_TOTAL] = uint32_t(j.windows());
      s[list::STORE_GROUPS] = uint32_t(j.groups - 1);
      s[list::STORE_RES_OFFSET] = uint32_t(j.before);
      s[list::STORE_RES_WINDOW_X] = uint32_t(j.channels());
      s[list::STORE_RES_WINDOW_Y] = uint32_t(pitch - right);
      s[list::STORE_RES_X] = uint32_t(j.stride_w * j.channels() - right - down);
      s[list::STORE_RES_Y] = uint32_t(j.step() * pitch - across - down);
      s[list::STORE_RES_IMAGE] = uint32_t(pitch - across);
      s[list::STORE_RES_LINES] = uint32_t(j.step());
      s[list::STORE_RES_WORDS] = uint32_t(j.step() * pitch / kBus);
      s[list::STORE_RES_LAST_WORDS] = uint32_t(j.kh * pitch / kBus);
    }
    stores_.push_back(s);
    for (int first = 0; first < j.windows(); first += j.pass)
      for (int g = 0; g < j.groups; g++)
        for (int n = first; n < std::min(first + j.pass, j.windows()); n++) {
          const int x = n % j.cols, y = n / j.cols % j.rows, image = n / j.cols / j.rows;
          const int cols = g == j.groups - 1 ? j.last_group : j.per_group;
          const bool last = g == j.groups - 1 && n == j.windows() - 1;
          std::vector<int8_t> best(size_t(cols), int8_t{-128});
          for (int k = 0; k < j.kh * j.kw; k++) {
            const int wy = k / j.kw, wx = k % j.kw;
            Pixel pixel{{}, cols, last && k == j.kh * j.kw - 1};
            for (int c = 0; c < kCols; c++) pixel.data.push_back(uint8_t(random.Int(0, 255)));
            if (!sums) {
              want_.push_back(pixel);
            } else {
              const uint8_t* line =
                  j.alone ? nullptr : residual[size_t(image * j.lines() + y * j.step() + wy)].data();
              const int at = j.before + (x * j.stride_w + wx) * j.channels() + g * j.per_group;
              for (int c = 0; c < cols; c++) {
                const uint8_t r = j.alone ? 0 : line[at + c];
                const uint32_t sum = tables[0][pixel.data[size_t(c)]] + tables[1][r];
                best[size_t(c)] = std::max(best[size_t(c)], golden::Requantize(int32_t(sum), j.mult, j.shift,
                                                                               j.zp, j.lo, j.hi, j.rounding));
              }
            }
            pixels_.push_back(std::move(pixel));
          }
          if (sums) want_.push_back({{best.begin(), best.end()}, cols, last});
        }
  }
  void Give(const DepthwiseJob& j) {
    const DepthwiseData data(random, j, kCols);
    std::array<uint32_t, list::STORE_WORDS> s{};
    for (uint32_t& word : s) word = uint32_t(random.Int(0, UINT32_MAX));
    j.Put(&s, P::DW_TAPS, kSteps);
    stores_.push_back(s);
    const auto put = [](const std::vector<uint8_t>& bytes, auto* words) {
      for (size_t i = 0; i < bytes.size(); i += kBus)
        words->push_back({bytes.begin() + int64_t(i), bytes.begin() + int64_t(i) + kBus});
    };
    put(data.WeightBytes(j, P::DW_TAPS, kBus), &weights_);
    put(data.ParameterBytes(j, P::LANES, kBus), &params_);
    for (int first = 0; first < j.pixels(); first += P::ROWS)
      for (int g = 0; g < j.groups; g++)
        for (int n = first; n < std::min(first + P::ROWS, j.pixels()); n++) {
          const bool last = g == j.groups - 1;
          const auto begin = data.inner.begin() + (int64_t{n} * j.groups + g) * kCols;
          pixels_.push_back(
              {{begin, begin + kCols}, last ? j.last_group : kCols, last && n == j.pixels() - 1});
        }
    for (int image = 0; image < j.images; image++)
      for (int y = 0; y < j.out_rows; y++)
        for (int g = 0; g < j.groups; g++)
          for (int x = 0; x < j.out_cols; x++) {
            const bool last = g == j.groups - 1;
            Pixel pixel{{},
                        last ? j.last_group : kCols,
                        last && x == j.out_cols - 1 && y == j.out_rows - 1 && image == j.images - 1};
            for (int c = 0; c < pixel.cols; c++)
              pixel.data.push_back(uint8_t(data.Output(j, image, y, x, g, c)));
            want_.push_back(std::move(pixel));
          }
    inner_ = true;
  }
  // A cycle of all sources and of the sink.
  void Cycle() {
    m->store_valid_i = !stores_.empty() && Active(random, pattern_.source);
    if (m->store_valid_i) std::memcpy(&m->store_i, stores_.front().data(), sizeof stores_.front());
    // One of the streams that have something to come.
    const std::array<bool, 4> waits = {!tables_.empty(), !residual_.empty(), !weights_.empty(),
                                       !params_.empty()};
    int turn = int(random.Int(0, 3));
    for (int i = 0; i < 3 && !waits[size_t(turn)]; i++) turn = (turn + 1) % 4;
    const bool offers = waits[size_t(turn)] && Active(random, pattern_.source);
    m->table_valid_i = offers && turn == 0;
    m->residual_valid_i = offers && turn == 1;
    m->weight_valid_i = offers && turn == 2;
    m->param_valid_i = offers && turn == 3;
    m->residual_last_i = !residual_.empty() && residual_.front().last;
    if (m->table_valid_i)
      for (size_t i = 0; i < kBus / 4; i++) Put(m->data_i, int(32 * i), 32, tables_[i]);
    if (m->residual_valid_i) PutBytes(m->data_i, residual_.front().bytes);
    if (m->weight_valid_i) PutBytes(m->data_i, weights_.front());
    if (m->param_valid_i) PutBytes(m->data_i, params_.front());
    tables_wait_ =
        tables_.empty() ? std::max(tables_wait_ - 1, 0) : kBus / 4 + 1;  // a word gives entries one by one
    m->pixel_valid_i =
        !pixels_.empty() && tables_wait_ == 0 && (pixel_held_ || Active(random, pattern_.source));
    if (m->pixel_valid_i) {
      PutBytes(m->pixel_data_i, pixels_.front().data);
      m->pixel_cols_i = pixels_.front().cols;
      m->pixel_final_i = pixels_.front().final;
    }
    m->out_ready_i = Active(random, pattern_.sink);
    m.Settle();
    if (m->out_valid_o) {
      const std::vector<uint8_t> got = GetBytes(m->out_data_o, kCols);
      if (held_) {
        ASSERT_EQ(got, *held_) << "an output is not held until it is taken, " << Where();
      }
      held_ = got;
      ASSERT_FALSE(want_.empty()) << "an output too many, " << Where();
      const Pixel& want = want_.front();
      ASSERT_EQ(m->out_cols_o, want.cols) << Where();
      ASSERT_EQ(m->out_final_o, want.final) << Where();
      for (int c = 0; c < want.cols; c++)
        ASSERT_EQ(int8_t(got[size_t(c)]), int8_t(want.data[size_t(c)])) << "column " << c << ", " << Where();
    } else {
      ASSERT_FALSE(held_) << "an output is withdrawn, " << Where();
    }
    pixel_held_ = m->pixel_valid_i && !m->pixel_ready_o;
    const bool store = m->store_valid_i && m->store_ready_o, entry = m->table_valid_i && m->table_ready_o;
    const bool word = m->residual_valid_i && m->residual_ready_o,
               pixel = m->pixel_valid_i && m->pixel_ready_o;
    const bool out = m->out_valid_o && m->out_ready_i;
    const bool weight = m->weight_valid_i && m->weight_ready_o, param = m->param_valid_i && m->param_ready_o;
    m.Clock();
    cycles++;
    if (store) stores_.pop_front();
    if (entry) tables_.erase(tables_.begin(), tables_.begin() + kBus / 4);
    if (word) {
      lines += residual_.front().last ? 1 : 0;
      residual_.pop_front();
    }
    if (weight) weights_.pop_front();
    if (param) params_.pop_front();
    if (pixel) pixels_.pop_front();
    if (out) want_.pop_front(), held_.reset(), outputs++;
    idle_ = store || entry || word || weight || param || pixel || out ? 0 : idle_ + 1;
    ASSERT_LT(idle_, 2000) << "nothing moves: " << pixels_.size() << " pixels, " << residual_.size()
                           << " residual words, " << want_.size() << " outputs to come, " << Where();
  }
  void Finish() {
    while (!want_.empty()) ASSERT_NO_FATAL_FAILURE(Cycle());
    // (Rows of an inner tensor that no filter window needs come behind the last output.)
    ASSERT_TRUE((inner_ || pixels_.empty()) && stores_.empty()) << Where();
    while (!pixels_.empty()) ASSERT_NO_FATAL_FAILURE(Cycle());
    while (!residual_.empty()) ASSERT_NO_FATAL_FAILURE(Cycle());
    inner_ = false;
    for (int t = 0; t < 30; t++) ASSERT_NO_FATAL_FAILURE(Cycle());  // nothing more comes
  }
  void Cycles(int64_t count) {
    while (count-- > 0 && !want_.empty()) ASSERT_NO_FATAL_FAILURE(Cycle());
  }
  [[nodiscard]] bool busy() const { return !want_.empty(); }
  // The next start: tables of the last one are not its own.
  void Forget() {
    Restart();
    tables_known_ = false;
  }

 private:
  struct Word {
    std::vector<uint8_t> bytes;
    bool last;
  };
  Pattern pattern_;
  uint64_t seed_;
  std::deque<std::array<uint32_t, list::STORE_WORDS>> stores_;
  std::deque<Pixel> pixels_, want_;
  std::deque<Word> residual_;
  std::deque<uint32_t> tables_;
  std::deque<std::vector<uint8_t>> weights_, params_;
  std::array<std::array<uint32_t, 256>, 2> tables_of_{};
  bool tables_known_ = false, pixel_held_ = false;
  bool inner_ = false;  // an inner tensor may be in the buffer
  std::optional<std::vector<uint8_t>> held_;
  int idle_ = 0, tables_wait_ = 0;
};

// One that the compiler would make: the lines of all windows that a pass touches fit the buffer.
template <class P>
AddJob Draw(Random& random) {
  for (;;) {
    AddJob j{};
    j.adds = !random.Chance(4);
    j.alone = random.Chance(4);
    j.images = random.Chance(2) ? 1 : int(random.Int(1, 3));
    j.rows = int(random.Int(1, 5)), j.cols = int(random.Int(1, 5));
    const bool pools = random.Chance(2);
    j.kh = pools ? int(random.Int(1, 3)) : 1, j.kw = pools ? int(random.Int(1, 3)) : 1;
    j.stride_h = int(random.Int(1, 3)), j.stride_w = int(random.Int(1, 3));
    j.groups = random.Chance(2) ? 1 : int(random.Int(1, 3));
    j.per_group = random.Chance(2) ? P::COLS : int(random.Int(1, P::COLS));
    j.last_group = random.Chance(2) ? j.per_group : int(random.Int(1, j.per_group));
    j.pass = random.Chance(3) ? j.windows() : int(random.Int(1, 6));
    j.mult = random.Chance(4) ? random.Pick(std::array{INT32_MAX, 1 << 30, 0, 1})
                              : int(random.Int(1 << 30, INT32_MAX));
    if (random.Chance(2)) {
      j.rounding = Rounding::kOnnx;
      j.mult &= ~0x7f;  // 24 bits
    }
    j.shift = random.Chance(4) ? int(random.Int(-31, 30)) : int(random.Int(-16, -8));
    j.zp = random.Chance(4) ? random.Pick(std::array{-128, 127, 0}) : int(random.Int(-128, 127));
    j.lo = random.Chance(2) ? -128 : int(random.Int(-128, 127));
    j.hi = random.Chance(2) ? 127 : int(random.Int(j.lo, 127));
    j.before = int(random.Int(0, 2 * P::COLS)), j.behind = int(random.Int(0, 9));
    if (!j.adds || j.alone || j.rows_at_once() * j.kh * j.pitch(P::BUS_BYTES) <= P::BYTES) return j;
  }
}
template <class P>
AddJob Plain(bool adds, int windows) {  // one row after the other
  return {adds, 1, windows, 1, 1, 1, 1, 1, 1, P::COLS, P::COLS, windows, 1 << 30, -12, 0, -128, 127, 0, 0};
}

TYPED_TEST(ResidualAdd, AddsToEveryPixel) {
  using P = TypeParam;
  int64_t jobs = 0, outputs = 0, lines = 0;
  for (const Pattern pattern : kPatterns) {
    SCOPED_TRACE(ToString(pattern));
    Bench<P> b(1, pattern);
    // Corners: one pixel; one that passes; jobs that follow each other at once.
    for (const bool adds : {true, false, true, true, false, false, true})
      ASSERT_NO_FATAL_FAILURE(b.Give(Plain<P>(adds, 1)));
    ASSERT_NO_FATAL_FAILURE(b.Finish());
    for (int i = 0; i < 80; i++, jobs++) {
      const AddJob j = Draw<P>(b.random);
      SCOPED_TRACE(Show(j));
      ASSERT_NO_FATAL_FAILURE(b.Give(j));
      if (b.random.Chance(6)) {
        ASSERT_NO_FATAL_FAILURE(b.Finish());
      }
    }
    ASSERT_NO_FATAL_FAILURE(b.Finish());
    outputs += b.outputs, lines += b.lines;
  }
  Compared(fmt::format("{} outputs of {} jobs, {} residual lines", outputs, jobs, lines));
}

template <class P>
DepthwiseJob DrawFor(Random& random) {
  int word = P::BUS_BYTES;
  while (word < P::COLS) word *= 2;
  return DrawDepthwise(random, P::ROWS, P::BYTES / word, P::COLS, P::DW_TAPS, Bench<P>::kSteps);
}

// Depthwise convolutions one after the other, and between other jobs.
TYPED_TEST(ResidualAdd, ConvolvesDepthwise) {
  using P = TypeParam;
  if constexpr (P::DW_TAPS == 0) return;
  else {
    int64_t jobs = 0, outputs = 0;
    for (const Pattern pattern : kPatterns) {
      SCOPED_TRACE(ToString(pattern));
      Bench<P> b(6, pattern);
      for (int i = 0; i < 60; i++, jobs++) {
        if (b.random.Chance(4)) {
          ASSERT_NO_FATAL_FAILURE(b.Give(Draw<P>(b.random)));
        } else {
          const DepthwiseJob j = DrawFor<P>(b.random);
          SCOPED_TRACE(Show(j));
          ASSERT_NO_FATAL_FAILURE(b.Give(j));
        }
        if (b.random.Chance(6)) {
          ASSERT_NO_FATAL_FAILURE(b.Finish());
        }
      }
      ASSERT_NO_FATAL_FAILURE(b.Finish());
      outputs += b.outputs;
    }
    Compared(fmt::format("{} outputs of {} jobs", outputs, jobs));
  }
}

// Every code of both operands.
TYPED_TEST(ResidualAdd, LooksUpEveryCode) {
  using P = TypeParam;
  Bench<P> b(2, {100, 100});
  for (int i = 0; i < 40; i++) ASSERT_NO_FATAL_FAILURE(b.Give(Plain<P>(true, 256)));
  ASSERT_NO_FATAL_FAILURE(b.Finish());
  Compared(fmt::format("{} outputs", b.outputs));
}

// A pixel every COLS/LANES cycles, but not more than 8 or 16 at once; one that passes each cycle.
TYPED_TEST(ResidualAdd, TakesAPixelEverySoManyCycles) {
  using P = TypeParam;
  constexpr int kPixels = 500;
  for (const bool adds : {true, false}) {
    Bench<P> b(3, {100, 100});
    b.new_tables = false;
    ASSERT_NO_FATAL_FAILURE(b.Give(Plain<P>(true, 1)));
    ASSERT_NO_FATAL_FAILURE(b.Finish());
    ASSERT_NO_FATAL_FAILURE(b.Give(Plain<P>(adds, kPixels)));
    const int64_t begin = b.cycles;
    while (b.busy()) ASSERT_NO_FATAL_FAILURE(b.Cycle());
    const int latency = 5 + Bench<P>::kSteps + 3 + weft_pkg::REQUANT_LATENCY + 2 + 3;
    const int words = P::COLS > P::BUS_BYTES ? (P::COLS + P::BUS_BYTES - 1) / P::BUS_BYTES : 1;
    const double each =
        adds ? std::max({double(Bench<P>::kSteps), latency / (P::DW_TAPS > 0 ? 16.0 : 8.0), double(words)})
             : 1.0;
    EXPECT_LE(b.cycles - begin, int(kPixels * each) + 60) << (adds ? "added" : "passed");
  }
}

// More lines than their counter can count; the ring of bus words has long been used again then.
TYPED_TEST(ResidualAdd, CountsLinesForEver) {
  using P = TypeParam;
  Bench<P> b(4, {100, 100});
  constexpr int kLines = (1 << weft_list_pkg::DIM_W) + 1000, kRows = 1 << 14;
  for (int i = 0; i * kRows < kLines; i++) {
    AddJob j = Plain<P>(true, kRows);
    j.per_group = j.last_group = 1;
    ASSERT_NO_FATAL_FAILURE(b.Give(j));
    ASSERT_NO_FATAL_FAILURE(b.Finish());
  }
  Compared(fmt::format("{} residual lines", b.lines));
}

TYPED_TEST(ResidualAdd, ForgetsARunThatIsCutShort) {
  using P = TypeParam;
  int64_t cut = 0;
  for (const Pattern pattern : kPatterns) {
    SCOPED_TRACE(ToString(pattern));
    Bench<P> b(5, pattern);
    for (int i = 0; i < 25; i++) {
      for (int k = 0; k < 3; k++) {
        if constexpr (P::DW_TAPS > 0)
          if (b.random.Chance(2)) {
            ASSERT_NO_FATAL_FAILURE(b.Give(DrawFor<P>(b.random)));
            continue;
          }
        ASSERT_NO_FATAL_FAILURE(b.Give(Draw<P>(b.random)));
      }
      ASSERT_NO_FATAL_FAILURE(b.Cycles(b.random.Int(1, 300)));
      cut += b.busy();
      b.Forget();
      for (int k = 0; k < 2; k++) ASSERT_NO_FATAL_FAILURE(b.Give(Draw<P>(b.random)));
      ASSERT_NO_FATAL_FAILURE(b.Finish());
    }
  }
  EXPECT_GT(cut, 30);
  Compared(fmt::format("{} runs cut short", cut));
}

}  // namespace
}  // namespace weft::rtl
