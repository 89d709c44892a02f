// SPDX-License-Identifier: Apache-2.0
// add_steps: the sum of each byte of a pixel and of its residual, requantised and clamped as the golden model
// does, with the latency that the steps make, pixel after pixel and with pauses.
#include "models/add_steps.hpp"

#include "sw_model/golden/golden.hpp"
#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

template <class P>
class AddSteps : public testing::Test {};
TYPED_TEST_SUITE(AddSteps, models::add_steps, ParameterNames);

TYPED_TEST(AddSteps, EqualsTheGoldenModelByteByByte) {
  using P = TypeParam;
  constexpr int kSteps = (P::COLS + P::LANES - 1) / P::LANES;
  // load, the other steps, tables and sum, requantisation, clamp, byte to pixel
  constexpr int kLatency = 1 + (kSteps - 1) + 3 + weft_pkg::REQUANT_LATENCY + 1 + 2;
  constexpr int kPixels = 1500;
  Testbench<P> m;
  Random random(1);
  m->valid_i = m->table_valid_i = m->outside_i = 0;
  m.Reset();
  int64_t bytes = 0, clamped = 0;
  for (const Pattern pattern : kPatterns) {
    SCOPED_TRACE(ToString(pattern));
    std::vector<int32_t> tables(512);
    for (int32_t& t : tables) t = int32_t(random.Int(-(1 << 28), 1 << 28));
    for (size_t next = 0; next < tables.size();) {
      m->table_valid_i = 1;
      for (size_t i = 0; i < P::BUS_BYTES / 4; i++)
        Put(m->table_data_i, int(32 * i), 32, uint32_t(tables[next + i]));
      m.Settle();
      if (m->table_ready_o) next += P::BUS_BYTES / 4;
      m.Clock();
    }
    m->table_valid_i = 0;
    m.Clock(P::BUS_BYTES / 4 + 1);
    const Rounding rounding = random.Chance(2) ? Rounding::kOnnx : Rounding::kTflite;
    auto mult = int32_t(random.Int(1 << 30, INT32_MAX));
    if (rounding == Rounding::kOnnx) mult &= ~0x7f;  // 24 bits
    const auto shift = int(random.Int(-24, -18)), zp = int(random.Int(-128, 127));
    const auto lo = int(random.Int(-128, 0)), hi = int(random.Int(lo, 127));
    m->onnx_i = rounding == Rounding::kOnnx, m->mult_i = uint32_t(mult), m->shift_i = uint8_t(shift & 63),
    m->zp_i = uint8_t(zp);
    m->lo_i = uint8_t(lo), m->hi_i = uint8_t(hi);
    std::deque<std::pair<int64_t, std::vector<uint8_t>>> want;  // in the cycle
    int sent = 0, busy = 0;
    for (int64_t t = 0; sent < kPixels || !want.empty(); t++) {
      ASSERT_LT(t, 100 * kPixels * kSteps);
      m->valid_i = sent < kPixels && busy == 0 && Active(random, pattern.source);
      std::vector<uint8_t> pixel(P::COLS), residual(P::COLS);
      for (uint8_t& b : pixel) b = uint8_t(random.Int(0, 255));
      for (uint8_t& b : residual) b = uint8_t(random.Int(0, 255));
      PutBytes(m->pixel_i, pixel);
      PutBytes(m->residual_i, residual);
      busy = m->valid_i ? kSteps - 1 : std::max(0, busy - 1);
      if (m->valid_i) {
        std::vector<uint8_t> y;
        for (size_t c = 0; c < P::COLS; c++) {
          const int32_t sum = tables[pixel[c]] + tables[256 + residual[c]];
          y.push_back(uint8_t(golden::Requantize(sum, mult, shift, zp, lo, hi, rounding)));
          clamped += int8_t(y.back()) == lo || int8_t(y.back()) == hi;
        }
        want.emplace_back(t + kLatency, y);
        sent++;
      }
      m.Clock();
      const bool due = !want.empty() && want.front().first == t + 1;
      ASSERT_EQ(m->valid_o, due) << "cycle " << t;
      if (!due) continue;
      ASSERT_EQ(GetBytes(m->pixel_o, P::COLS), want.front().second) << "cycle " << t;
      bytes += P::COLS;
      want.pop_front();
    }
  }
  EXPECT_GT(clamped, bytes / 100);
  EXPECT_LT(clamped, bytes);
  Compared(fmt::format("{} bytes, {} of them clamped", bytes, clamped));
}

// Sums from outside, each with a multiplier and a shift of its own, a step's LANES after the other.
TYPED_TEST(AddSteps, ScalesSumsFromOutside) {
  using P = TypeParam;
  constexpr int kSteps = (P::COLS + P::LANES - 1) / P::LANES, kPixels = 1500;
  constexpr int kLatency = weft_pkg::ADD_SUM_LATENCY + weft_pkg::SCALE_LATENCY + kSteps;
  Testbench<P> m;
  Random random(2);
  m->valid_i = m->table_valid_i = 0;
  m->outside_i = 1;
  m.Reset();
  int64_t bytes = 0;
  for (const Rounding rounding : {Rounding::kTflite, Rounding::kOnnx}) {
    const auto zp = int(random.Int(-128, 127)), lo = int(random.Int(-128, 0)), hi = int(random.Int(lo, 127));
    m->onnx_i = rounding == Rounding::kOnnx, m->zp_i = uint8_t(zp), m->lo_i = uint8_t(lo),
    m->hi_i = uint8_t(hi);
    struct Step {
      std::vector<int32_t> acc, mult, shift;
    };
    std::deque<std::pair<int64_t, Step>> steps;
    std::deque<std::pair<int64_t, std::vector<uint8_t>>> want;  // in the cycle
    int sent = 0, busy = 0;
    for (int64_t t = 0; sent < kPixels || !want.empty(); t++) {
      ASSERT_LT(t, 100 * kPixels * kSteps);
      m->valid_i = sent < kPixels && busy == 0 && random.Chance(2);
      busy = m->valid_i ? kSteps - 1 : std::max(0, busy - 1);
      if (m->valid_i) {
        std::vector<uint8_t> y;
        for (int s = 0; s < kSteps; s++) {
          Step step;
          for (int l = 0; l < P::LANES; l++) {
            step.acc.push_back(int32_t(random.Int(-(1 << 28), 1 << 28)));
            step.mult.push_back(int32_t(random.Int(1 << 30, INT32_MAX)) &
                                (rounding == Rounding::kOnnx ? ~0x7f : ~0));
            step.shift.push_back(int32_t(random.Int(-24, -18)));
            if (y.size() < P::COLS)
              y.push_back(uint8_t(golden::Requantize(step.acc.back(), step.mult.back(), step.shift.back(), zp,
                                                     lo, hi, rounding)));
          }
          steps.emplace_back(t + weft_pkg::ADD_SUM_LATENCY + s, step);
        }
        want.emplace_back(t + kLatency, y);
        sent++;
      }
      const bool step = !steps.empty() && steps.front().first == t;
      for (int l = 0; l < P::LANES; l++) {
        const auto lane = size_t(l);
        Put(m->outside_acc_i, 32 * l, 32,
            step ? uint32_t(steps.front().second.acc[lane]) : uint32_t(random.Int(0, UINT32_MAX)));
        Put(m->outside_mult_i, 32 * l, 32,
            step ? uint32_t(steps.front().second.mult[lane]) : uint32_t(random.Int(0, INT32_MAX)));
        Put(m->outside_shift_i, 6 * l, 6,
            step ? uint32_t(steps.front().second.shift[lane]) & 63 : uint32_t(random.Int(0, 63)));
      }
      if (step) steps.pop_front();
      m.Clock();
      const bool due = !want.empty() && want.front().first == t + 1;
      ASSERT_EQ(m->valid_o, due) << "cycle " << t;
      if (!due) continue;
      ASSERT_EQ(GetBytes(m->pixel_o, P::COLS), want.front().second) << "cycle " << t;
      bytes += P::COLS;
      want.pop_front();
    }
  }
  Compared(fmt::format("{} bytes", bytes));
}

TYPED_TEST(AddSteps, AssertsItsContract) {
  using P = TypeParam;
  if ((P::COLS + P::LANES - 1) / P::LANES < 2) return;  // a pixel a cycle
  Testbench<P> m;
  m->table_valid_i = 0;
  m->valid_i = 1;
  m.Clock();
  EXPECT_THROW(m.Clock(), std::runtime_error) << "a pixel too soon";
}

}  // namespace
}  // namespace weft::rtl
