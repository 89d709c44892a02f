// SPDX-License-Identifier: Apache-2.0
// depthwise_fir: the slots of random column groups, with pauses, give the sums of the filter windows that end
// at their columns, each computed from the bytes under it, MULT_LOGIC_LATENCY cycles after its slot.
#include "models/depthwise_fir.hpp"

#include <algorithm>
#include <optional>

#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

template <class P>
class DepthwiseFir : public testing::Test {};
TYPED_TEST_SUITE(DepthwiseFir, models::depthwise_fir, ParameterNames);

TYPED_TEST(DepthwiseFir, GivesTheSumOfEachWindow) {
  using P = TypeParam;
  int64_t sums = 0, largest = 0;
  for (const Pattern pattern : kPatterns) {
    SCOPED_TRACE(ToString(pattern));
    Testbench<P> m;
    Random random(1);
    std::deque<std::optional<std::vector<int32_t>>> want;
    const auto cycle = [&](const std::optional<std::vector<int32_t>>& output) {
      want.push_back(output);
      m.Clock();
      if (want.size() < weft_pkg::MULT_LOGIC_LATENCY) return;
      const auto due = std::move(want.front());
      want.pop_front();
      ASSERT_EQ(m->valid_o, due.has_value());
      for (int c = 0; due && c < P::COLS; c++, sums++) {
        ASSERT_EQ(GetSigned(m->data_o, weft_pkg::DW_SUM_W * c, weft_pkg::DW_SUM_W), (*due)[size_t(c)])
            << "channel " << c;
        largest = std::max(largest, int64_t{std::abs((*due)[size_t(c)])});
      }
    };
    for (int group = 0; group < 60; group++) {
      const int kh = group == 0 ? 7 : int(random.Int(1, 7));
      const int kw = group == 0 ? weft_pkg::DW_MAX_KW : int(random.Int(1, weft_pkg::DW_MAX_KW));
      const int columns = kw - 1 + int(random.Int(1, 6)), phases = (kw + P::TAPS - 1) / P::TAPS;
      const bool ends = group == 0 || random.Chance(4);
      std::vector<int8_t> x(size_t(columns * kh * P::COLS)), w(size_t(kh * kw * P::COLS));
      random.Fill(x, ends), random.Fill(w, ends);
      if (group == 0) std::ranges::fill(x, int8_t{-128}), std::ranges::fill(w, int8_t{-128});
      SCOPED_TRACE(fmt::format("{}x{} over {} columns", kh, kw, columns));
      for (int column = 0; column < columns; column++)
        for (int ky = 0; ky < kh; ky++)
          for (int phase = 0; phase < phases; phase++) {
            std::optional<std::vector<int32_t>> output;
            if (ky == kh - 1 && phase == 0 && column >= kw - 1 && random.Chance(2)) {  // some are not needed
              output.emplace();
              for (int c = 0; c < P::COLS; c++) {
                int32_t sum = 0;
                for (int y = 0; y < kh; y++)
                  for (int k = 0; k < kw; k++)
                    sum += x[size_t(((column - kw + 1 + k) * kh + y) * P::COLS + c)] *
                           w[size_t((y * kw + k) * P::COLS + c)];
                output->push_back(sum);
              }
            }
            do {
              m->slot_i = Active(random, pattern.source);
              std::vector<uint8_t> bytes(P::COLS), weights(size_t(P::TAPS * P::COLS));
              for (size_t c = 0; c < P::COLS; c++) {
                bytes[c] =
                    uint8_t(m->slot_i ? x[size_t((column * kh + ky) * P::COLS) + c] : random.Int(0, 255));
                for (int t = 0; t < P::TAPS; t++) {
                  const int k = kw - 1 - phase * P::TAPS - t;
                  weights[size_t(t * P::COLS) + c] =
                      uint8_t(!m->slot_i ? random.Int(0, 255)
                              : k < 0    ? 0
                                         : w[size_t((ky * kw + k) * P::COLS) + c]);
                }
              }
              PutBytes(m->data_i, bytes);
              PutBytes(m->weights_i, weights);
              m->phase_i = uint8_t(m->slot_i ? phase : random.Int(0, 7));
              m->first_i = m->slot_i ? column == 0 && ky == 0 : random.Chance(2);
              m->last_i = m->slot_i ? ky == kh - 1 : random.Chance(2);
              m->emit_i = m->slot_i ? output.has_value() : random.Chance(2);
              ASSERT_NO_FATAL_FAILURE(cycle(m->slot_i ? output : std::nullopt));
            } while (!m->slot_i);
          }
    }
  }
  EXPECT_EQ(largest, 7 * weft_pkg::DW_MAX_KW * 128 * 128) << "the largest sum of a filter did not come";
  Compared(fmt::format("{} sums", sums));
}

}  // namespace
}  // namespace weft::rtl
