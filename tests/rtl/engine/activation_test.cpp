// SPDX-License-Identifier: Apache-2.0
// activation: y = clamp(x, lo, hi).
#include "models/activation.hpp"

#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

template <class P>
class Activation : public testing::Test {};
TYPED_TEST_SUITE(Activation, models::activation, ParameterNames);

TYPED_TEST(Activation, EveryValueInEveryRange) {
  Testbench<TypeParam> m;
  const auto set = [&](int x, int lo, int hi) {
    m->x_i = uint8_t(x);
    m->lo_i = uint8_t(lo);
    m->hi_i = uint8_t(hi);
  };
  const int latency = MeasureLatency(
      m, [&] { set(0, -128, 127); }, [&] { set(1, -128, 127); }, [&] { return m->y_o; });
  int64_t compared = 0;
  std::vector<int> want(size_t(latency), 0);  // the range of a clamp changes with its item
  for (int lo = -128; lo < 128; lo++)
    for (int hi = lo; hi < 128; hi++)
      for (int x = -128; x < 128; x++) {
        set(x, lo, hi);
        want[size_t(compared % latency)] = std::clamp(x, lo, hi);
        m.Clock();
        compared++;
        if (compared < latency) continue;
        ASSERT_EQ(int8_t(m->y_o), want[size_t(compared % latency)]) << "clamp of item " << compared - latency;
      }
  Compared(fmt::format("{} clamps", compared));
}

}  // namespace
}  // namespace weft::rtl
