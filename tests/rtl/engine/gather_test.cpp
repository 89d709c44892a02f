// SPDX-License-Identifier: Apache-2.0
// gather: lane l at beat j is channel l*N + j of a pixel.
#include "models/gather.hpp"

#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

template <class P>
class Gather : public testing::Test {};
TYPED_TEST_SUITE(Gather, models::gather, ParameterNames);

TYPED_TEST(Gather, CollectsPixels) {
  using P = TypeParam;
  constexpr int kSteps = P::COLS / P::LANES, kPixels = 2000;
  int64_t compared = 0;
  for (const int busy : {100, 50, 10}) {
    SCOPED_TRACE(fmt::format("valid in {} % of the cycles", busy));
    Testbench<P> m;
    Random random{uint64_t(busy)};
    std::deque<std::vector<uint8_t>> due;
    auto pixel = std::vector<uint8_t>(P::COLS);
    int step = 0, pixels = 0;
    for (int idle = 0; pixels < kPixels || idle < kLongestLatency;) {
      const bool valid = pixels < kPixels && Active(random, busy);
      m->valid_i = valid;
      // between beats the step is the next one's
      m->step_i = uint8_t(step);
      for (int l = 0; l < P::LANES; l++) {
        const auto value = uint8_t(random.Int(0, 255));
        Put(m->data_i, 8 * l, 8, value);
        if (valid) pixel[size_t(l * kSteps + step)] = value;
      }
      if (valid && ++step == kSteps) {
        due.push_back(pixel);
        step = 0;
        pixels++;
      }
      m.Clock();
      idle = pixels == kPixels ? idle + 1 : 0;
      if (!m->valid_o) continue;
      ASSERT_FALSE(due.empty()) << "a pixel too many";
      ASSERT_EQ(GetBytes(m->data_o, P::COLS), due.front()) << "pixel " << compared / P::COLS;
      due.pop_front();
      compared += P::COLS;
    }
    ASSERT_TRUE(due.empty()) << due.size() << " pixels are missing";
  }
  Compared(fmt::format("{} channels", compared));
}

}  // namespace
}  // namespace weft::rtl
