// SPDX-License-Identifier: Apache-2.0
// pixel_walker: the pixels of compiled jobs in order, tile by tile, with the lines that each tile needs and
// no longer needs.
#include "models/pixel_walker.hpp"

#include <bit>

#include "compiler/job.hpp"
#include "compiler/schedule.hpp"
#include "tests/job_pixels.hpp"
#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

template <class P>
class PixelWalker : public testing::Test {};
TYPED_TEST_SUITE(PixelWalker, models::pixel_walker, ParameterNames);

TYPED_TEST(PixelWalker, WalksTheJobsOfRandomLayers) {
  using P = TypeParam;
  constexpr int kLayers = 150, kPosW = weft_list_pkg::POS_W;
  constexpr int kAddrW = std::countr_zero(unsigned{P::LINE_BYTES});
  constexpr int64_t kPointer = 4 * P::LINE_BYTES / P::BUS_BYTES - 1;
  const Config config{"test", P::ROWS, 4, 2, P::LINE_BYTES, 1024, P::BUS_BYTES, 32};
  config.Check();
  RandomLimits limits;
  limits.max_c = 8;
  limits.allow_pool_pad = false;
  int64_t pixels = 0, tiles = 0, jobs = 0;
  for (const Pattern pattern : kPatterns) {
    SCOPED_TRACE(ToString(pattern));
    Testbench<P> m;
    m->job_valid_i = m->tile_pop_i = m->pixel_pop_i = 0;
    Random random(1);
    int64_t lines = 0, words = 0;
    for (int seed = 1; seed <= kLayers; seed++) {
      const RandomLayer layer = MakeRandomLayer(uint64_t(seed), limits);
      SCOPED_TRACE(Describe(layer.in, layer.layer));
      for (const Job& job : CompileConv(layer.in, layer.layer, config)) {
        const std::vector<WalkedPixel> want = PixelsOf(job);
        ASSERT_EQ(int64_t(want.size()), job.pixels);
        std::memcpy(&m->job_i, job.words.data(), sizeof job.words);
        const int64_t base = words * P::BUS_BYTES;
        size_t next = 0;
        bool offered = false, passed = false;  // the job; all of its pixels are on their way
        for (int64_t tile = 0; tile < job.tiles(config); tile++) {
          const auto step = [&] {
            offered = offered || Active(random, pattern.source);
            m->job_valid_i = offered && !passed;
            m.Settle();
            if (m->job_next_o) passed = true;
            m.Clock();
            m->job_valid_i = offered && !passed;
            m.Settle();
          };
          for (int idle = 0; !m->tile_valid_o; idle++) {
            ASSERT_LT(idle, 2000) << "no tile " << tile;
            step();
          }
          while (!Active(random, pattern.sink)) step();
          const int64_t first = tile * P::ROWS, count = std::min<int64_t>(P::ROWS, job.pixels - first);
          const TileLines due = LinesOfTile(job, tile, config);
          ASSERT_EQ(m->tile_rows_o, count) << "tile " << tile;
          ASSERT_EQ(m->tile_final_o, tile + 1 == job.tiles(config)) << "tile " << tile;
          ASSERT_EQ(m->tile_need_o, (lines + due.need) & ((1 << weft_list_pkg::DIM_W) - 1))
              << "tile " << tile;
          ASSERT_EQ(m->tile_free_o, (words + due.free * job.words[kJobPitch]) & kPointer) << "tile " << tile;
          m->tile_pop_i = 1;
          step();
          m->tile_pop_i = 0;
          for (int r = 0; r < P::ROWS; r++) {
            const WalkedPixel& p = want[next];
            ASSERT_EQ(Get(m->pixel_o, 0, kAddrW), uint64_t(base + p.address) & Mask(kAddrW))
                << "tile " << tile << " row " << r;
            ASSERT_EQ(GetSigned(m->pixel_o, kAddrW, kPosW), p.x) << "tile " << tile << " row " << r;
            ASSERT_EQ(GetSigned(m->pixel_o, kAddrW + kPosW, kPosW), p.y) << "tile " << tile << " row " << r;
            if (next + 1 < want.size()) next++;  // the last tile is filled up with copies
            m->pixel_pop_i = 1;
            step();
            m->pixel_pop_i = 0;
            pixels++;
          }
          tiles++;
        }
        ASSERT_TRUE(passed) << "the walker has not passed its job";
        ASSERT_FALSE(m->tile_valid_o) << "a tile too many";
        lines += job.freed_lines();
        words += job.freed_bus_words();
        jobs++;
      }
    }
  }
  Compared(fmt::format("{} pixels, {} tiles, {} jobs", pixels, tiles, jobs));
}

// Runs ahead to the end of a job and into the next one while nobody takes its tiles, then stops.
TYPED_TEST(PixelWalker, RunsFourTilesAhead) {
  using P = TypeParam;
  const Config config{"test", P::ROWS, 4, 2, P::LINE_BYTES, 1024, P::BUS_BYTES, 32};
  RandomLayer layer = MakeRandomLayer(1);
  layer.layer = ConvLayer{};
  layer.layer.filters = TensorI8({1, 1, 1, 1});
  layer.layer.bias = {0};
  layer.layer.requant.multiplier = {0};
  layer.layer.requant.shift = {0};
  const Job job = CompileConv({1, 1, 1, 1}, layer.layer, config).at(0);
  Testbench<P> m;
  std::memcpy(&m->job_i, job.words.data(), sizeof job.words);
  m->tile_pop_i = m->pixel_pop_i = 0;
  m->job_valid_i = 1;
  int passed = 0;
  for (int t = 0; t < 200; t++) {
    m.Settle();
    passed += m->job_next_o;
    m.Clock();
  }
  EXPECT_EQ(passed, 4 * std::bit_ceil(unsigned{P::ROWS}) / P::ROWS);
}

}  // namespace
}  // namespace weft::rtl
