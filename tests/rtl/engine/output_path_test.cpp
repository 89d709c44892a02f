// SPDX-License-Identifier: Apache-2.0
// output_path: the sums of random tiles come out as the golden model's pixels, in order, with their channels
// and the mark of a job's last one; places and parameters come back.
#include "models/output_path.hpp"

#include <bit>

#include "sw_model/cycles/latency.hpp"
#include "sw_model/golden/golden.hpp"
#include "tests/rtl/engine/chains.hpp"
#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

template <class P>
class OutputPath : public testing::Test {};
TYPED_TEST_SUITE(OutputPath, models::output_path, ParameterNames);

struct Channel {
  int32_t bias = 0, mult = 0;
  int shift = 0;
};
// A tile: its record and its sums. Groups of a job take turns, tile by tile.
struct Tile {
  bool ends_job = false, last = false, onnx = false;
  int rows = 0, cols = 0, zp = 0, lo = 0, hi = 0;
  int64_t pool = 1, param = 0;  // param: entry, since the reset
  std::vector<int64_t> sums;
};
struct Pixel {
  std::vector<int8_t> bytes;
  int cols = 0;
  bool final = false;
};

template <class P>
struct Work {
  static constexpr int kSteps = P::COLS / P::LANES;
  std::vector<Tile> tiles;
  std::vector<Channel> channels;  // COLS of every group
  std::vector<Pixel> pixels;

  explicit Work(Random& random, int jobs) {
    for (int j = 0; j < jobs; j++) AddJob(random);
  }

 private:
  void AddJob(Random& random) {
    const int groups = int(random.Int(1, 2)), count = int(random.Int(1, 4));
    // With several groups a tile holds whole pooling windows; else windows may lie over tiles.
    const int64_t pool = random.Chance(2) ? 1 : random.Int(1, groups > 1 ? P::ROWS : 2 * P::ROWS);
    const int64_t all =
        groups > 1 ? count * (P::ROWS / pool * pool) : std::max<int64_t>(1, count * P::ROWS / pool) * pool;
    const bool onnx = random.Chance(2);
    const int64_t first_param = int64_t(channels.size()) / P::LANES;
    for (int i = 0; i < groups * P::COLS; i++) {
      channels.push_back({int32_t(random.Int(-100000, 100000)),
                          int32_t(random.Int(1 << 30, INT32_MAX) & (onnx ? -128 : -1)),
                          int(random.Int(-14, 2))});
    }
    const int zp = int(random.Int(-128, 127)), lo = int(random.Int(-128, 0)), hi = int(random.Int(1, 127));
    int64_t left = all;
    while (left > 0) {
      const int64_t rows = std::min<int64_t>(left, groups > 1 ? P::ROWS / pool * pool : P::ROWS);
      left -= rows;
      for (int g = 0; g < groups; g++) {
        Tile& tile = tiles.emplace_back();
        tile.last = left == 0;
        tile.ends_job = tile.last && g + 1 == groups;
        tile.rows = int(rows);
        tile.cols = int(random.Int(1, P::COLS));
        tile.onnx = onnx, tile.zp = zp, tile.lo = lo, tile.hi = hi, tile.pool = pool;
        tile.param = first_param + int64_t{g} * kSteps;
        for (int i = 0; i < P::ROWS * P::COLS; i++)
          tile.sums.push_back(SignExtend(uint64_t(random.Int(0, INT64_MAX)), std::min<int>(P::ACC_W, 24)));
        Expect(tile, size_t(g * P::COLS) + size_t(first_param * P::LANES));
      }
    }
  }
  void Expect(const Tile& tile, size_t first_channel) {
    for (int r = 0; r < tile.rows; r++) {
      if (window_ == 0) pixels.push_back({std::vector<int8_t>(P::COLS, -128), tile.cols, false});
      Pixel& pixel = pixels.back();
      pixel.cols = tile.cols;
      for (int c = 0; c < P::COLS; c++) {
        const Channel& ch = channels[first_channel + size_t(c)];
        const auto acc = int32_t(uint32_t(tile.sums[size_t(r * P::COLS + c)]) + uint32_t(ch.bias));
        const int8_t y = golden::Requantize(acc, ch.mult, ch.shift, tile.zp, tile.lo, tile.hi,
                                            tile.onnx ? Rounding::kOnnx : Rounding::kTflite);
        pixel.bytes[size_t(c)] = std::max(pixel.bytes[size_t(c)], y);
      }
      window_ = window_ + 1 == tile.pool ? 0 : window_ + 1;
    }
    if (tile.ends_job) pixels.back().final = true;
  }
  int64_t window_ = 0;
};

// The parameters as bus words: an entry's biases, multipliers and shifts, filled up.
template <class P>
std::vector<std::vector<uint8_t>> BusWords(const std::vector<Channel>& channels) {
  constexpr int kSteps = P::COLS / P::LANES, kBeats = (9 * P::LANES + P::BUS_BYTES - 1) / P::BUS_BYTES;
  std::vector<std::vector<uint8_t>> words;
  for (size_t group = 0; group < channels.size() / P::COLS; group++)
    for (int step = 0; step < kSteps; step++) {
      std::vector<uint8_t> entry(size_t(kBeats * P::BUS_BYTES));
      for (int l = 0; l < P::LANES; l++) {  // lane l serves the columns l*N .. l*N+N-1
        const Channel& ch = channels[group * P::COLS + size_t(l * kSteps + step)];
        std::memcpy(&entry[size_t(4 * l)], &ch.bias, 4);
        std::memcpy(&entry[size_t(4 * (P::LANES + l))], &ch.mult, 4);
        entry[size_t(8 * P::LANES + l)] = uint8_t(ch.shift);
      }
      for (int b = 0; b < kBeats; b++)
        words.emplace_back(entry.begin() + b * P::BUS_BYTES, entry.begin() + (b + 1) * P::BUS_BYTES);
    }
  return words;
}

template <class Model, class P>
void PutRecord(Model* m, const Tile& tile) {
  constexpr int kRowW = std::bit_width(unsigned{P::ROWS}), kColW = std::bit_width(unsigned{P::COLS});
  constexpr int kPtrW = std::countr_zero(unsigned{P::ENTRIES}) + 2;
  int at = 0;
  const auto field = [&](int width, int64_t value) {
    Put(m->tile_info_i, at, width, uint64_t(value) & Mask(width));
    at += width;
  };
  field(weft_list_pkg::DIM_W, tile.pool);
  field(8, tile.zp);
  field(8, tile.lo);
  field(8, tile.hi);
  field(1, tile.onnx);
  field(kPtrW, tile.param);
  field(kColW, tile.cols);
  field(kRowW, tile.rows);
  field(1, tile.last);
  field(1, tile.ends_job);
}

template <class P>
void RunTiles(Pattern pattern, int64_t* compared) {
  constexpr int kSteps = P::COLS / P::LANES;
  constexpr int kPtrW = std::countr_zero(unsigned{P::ENTRIES}) + 2;
  Random random(uint64_t(pattern.source * 1000 + pattern.sink));
  const Work<P> work(random, 60);
  const auto words = BusWords<P>(work.channels);
  Testbench<P> m;
  Chains<P> chains;
  size_t word = 0, decided = 0, drained = 0, out = 0;  // so far
  std::deque<int64_t> last_beats;                      // when decided tiles give their last beat
  int64_t last = latency::kNever, room = P::OUT_DEPTH, arrived = 0;
  bool param_valid = false;
  for (int64_t t = 0; out < work.pixels.size() || room < P::OUT_DEPTH; t++) {
    ASSERT_LT(t, 400 * int64_t(work.tiles.size()) * kSteps * P::ROWS) << "no progress at pixel " << out;
    if (!param_valid) param_valid = word < words.size() && Active(random, pattern.source);
    m->param_valid_i = param_valid;
    if (param_valid) PutBytes(m->param_data_i, words[word]);
    m->out_ready_i = Active(random, pattern.sink);
    // A tile is decided when its parameters are there and there is room; it may still run for some cycles.
    const bool push = decided < work.tiles.size() && arrived >= work.tiles[decided].param + kSteps &&
                      room >= P::ROWS && last_beats.size() < 4 && Active(random, pattern.source);
    m->tile_push_i = push;
    if (push) {
      PutRecord<typename P::Model, P>(&*m, work.tiles[decided]);
      last = std::max(last + kSteps * P::ROWS, t + 1 + random.Int(0, 4));
      last_beats.push_back(last);
      decided++;
      room -= P::ROWS;
    }
    const bool drains = !last_beats.empty() && last_beats.front() == t;
    m->last_i = drains;
    if (drains) {
      last_beats.pop_front();
      chains.LoadNext(work.tiles[drained++].sums);
    }
    m.Settle();
    if (m->out_valid_o && m->out_ready_i) {
      ASSERT_LT(out, work.pixels.size()) << "a pixel too many, cycle " << t;
      const Pixel& want = work.pixels[out];
      for (int c = 0; c < P::COLS; c++, ++*compared)
        ASSERT_EQ(GetSigned(m->out_data_o, 8 * c, 8), want.bytes[size_t(c)])
            << "pixel " << out << " channel " << c << " cycle " << t;
      ASSERT_EQ(m->out_cols_o, want.cols) << "pixel " << out;
      ASSERT_EQ(m->out_final_o, want.final) << "pixel " << out;
      out++;
    }
    room += m->room_o;
    ASSERT_LE(room, P::OUT_DEPTH) << "more places than there are, cycle " << t;
    if (param_valid && m->param_ready_o) word++, param_valid = false;
    arrived += int64_t((uint64_t(m->param_arrived_o) - uint64_t(arrived)) & Mask(kPtrW));
    chains.Clock(drains, m->shift_o);
    m.Clock();
    for (int c = 0; c < P::COLS; c++) Put(m->chain_i, P::ACC_W * c, P::ACC_W, uint64_t(chains.top(c)));
  }
  EXPECT_EQ(word, words.size()) << "parameters are left over: their places do not come back";
  EXPECT_FALSE(m->out_valid_o);
}

TYPED_TEST(OutputPath, GivesTheGoldenPixels) {
  int64_t compared = 0;
  for (const Pattern pattern : kPatterns) {
    SCOPED_TRACE(ToString(pattern));
    RunTiles<TypeParam>(pattern, &compared);
    if (this->HasFailure()) return;
  }
  Compared(fmt::format("{} bytes", compared));
}

}  // namespace
}  // namespace weft::rtl
