// SPDX-License-Identifier: Apache-2.0
// row_feeder: beat i of a chunk gives row r the byte (pixel r's address + chunk's address + i), r cycles
// after row 0; bytes outside the image are the padding value.
#include "models/row_feeder.hpp"

#include <bit>

#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

template <class P>
class RowFeeder : public testing::Test {};
TYPED_TEST_SUITE(RowFeeder, models::row_feeder, ParameterNames);

struct Pixel {
  int address = 0, x = 0, y = 0;
};

TYPED_TEST(RowFeeder, GivesEveryRowItsBytes) {
  using P = TypeParam;
  constexpr int kChunks = 6000, kAddrW = std::countr_zero(unsigned{P::LINE_BYTES}),
                kPosW = weft_list_pkg::POS_W;
  constexpr int kBeatToRow = weft_pkg::ACT_LATENCY;  // as beat_feeder.sv waits with weights and control
  int64_t compared = 0, padding = 0;
  for (const int gap : {0, 1, 8}) {  // idle cycles between chunks, at most
    SCOPED_TRACE(fmt::format("gap {}", gap));
    Testbench<P> m;
    Random random{uint64_t(gap + 1)};
    std::vector<uint8_t> memory(P::LINE_BYTES);
    for (uint8_t& byte : memory) byte = uint8_t(random.Int(0, 255));

    std::deque<Pixel> fifo;
    std::vector<Pixel> pixels(P::ROWS);
    std::deque<int> addresses(kLineLatency, 0);
    struct Due {
      int cycle;
      std::vector<uint8_t> bytes;  // of the rows
    };
    std::deque<Due> due;
    int wait = 3, index = 0, length = 0, chunks = 0, pops = 0, popped = 0;
    Pixel chunk;
    int x_lim = 0, y_lim = 0, zp = 0;
    for (int t = 0; chunks < kChunks || t < due.back().cycle + P::ROWS; t++) {
      const bool beat = index < length;
      m->beat_index_i = uint8_t(beat ? index : random.Int(0, P::WORD - 1));
      if (beat) {
        Due& d = due.emplace_back(Due{t + kBeatToRow, {}});
        for (const Pixel& p : pixels) {
          const int x = p.x + chunk.x + index, y = p.y + chunk.y;
          const bool inside = x >= 0 && x < x_lim && y >= 0 && y < y_lim;
          padding += inside ? 0 : 1;
          d.bytes.push_back(inside ? memory[size_t(p.address + chunk.address + index) % P::LINE_BYTES]
                                   : uint8_t(zp));
        }
        index++;
      }
      const bool start = wait <= 0 && index == length && chunks < kChunks;
      const bool new_tile = chunks == 0 || random.Chance(3);
      m->start_i = start;
      m->new_tile_i = new_tile;
      wait--;
      if (start) {
        if (new_tile) {
          for (Pixel& p : pixels) {
            p = {int(random.Int(0, P::LINE_BYTES - 1)), int(random.Int(-P::WORD, 2 * P::WORD)),
                 int(random.Int(-1, 4))};
            fifo.push_back(p);
          }
          pops += P::ROWS;
          x_lim = int(random.Int(1, 4 * P::WORD)), y_lim = int(random.Int(2, 6)),
          zp = int(random.Int(0, 255));
        }
        chunk = {int(random.Int(0, P::LINE_BYTES - 1)), int(random.Int(0, P::WORD)), int(random.Int(0, 1))};
        length = int(random.Int(1, P::WORD)), index = 0;
        wait = P::ROWS - 1 + int(random.Int(0, gap));
        chunks++;
        m->start_addr_i = uint64_t(chunk.address);
        m->start_x_i = uint64_t(chunk.x) & Mask(kPosW);
        m->start_y_i = uint64_t(chunk.y) & Mask(kPosW);
        m->x_lim_i = uint64_t(x_lim);
        m->y_lim_i = uint64_t(y_lim);
        m->zp_i = uint8_t(zp);
      }
      const Pixel head = fifo.empty() ? Pixel{} : fifo.front();
      Put(m->pixel_i, 0, kAddrW, uint64_t(head.address));
      Put(m->pixel_i, kAddrW, kPosW, uint64_t(head.x) & Mask(kPosW));
      Put(m->pixel_i, kAddrW + kPosW, kPosW, uint64_t(head.y) & Mask(kPosW));
      // The line buffer: the word that holds the address and the one after it, even one first.
      const int read = addresses.front() / P::WORD * P::WORD;
      for (int i = 0; i < 2 * P::WORD; i++)
        Put(m->rdata_i, 8 * ((read + i) % (2 * P::WORD)), 8, memory[size_t((read + i) % P::LINE_BYTES)]);
      m.Settle();
      if (m->pixel_pop_o) {
        ASSERT_FALSE(fifo.empty()) << "a pixel too many, cycle " << t;
        fifo.pop_front();
        popped++;
      }
      addresses.pop_front();
      addresses.push_back(int(m->raddr_o));
      // Rows, each as late as it is low.
      for (const Due& d : due) {
        const int row = t - d.cycle;
        if (row < 0 || row >= P::ROWS) continue;
        ASSERT_EQ(Get(m->act_o, 8 * row, 8), d.bytes[size_t(row)])
            << "row " << row << " cycle " << t << " chunk " << chunks;
        compared++;
      }
      while (due.size() > 1 && due.front().cycle + P::ROWS <= t) due.pop_front();
      m.Clock();
    }
    EXPECT_EQ(popped, pops);
  }
  EXPECT_GT(padding, compared / 10);
  Compared(fmt::format("{} bytes, {} of them padding", compared, padding));
}

}  // namespace
}  // namespace weft::rtl
