// SPDX-License-Identifier: Apache-2.0
// bias: acc = sum + bias modulo 2^32.
#include "models/bias.hpp"

#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

template <class P>
class Bias : public testing::Test {};
TYPED_TEST_SUITE(Bias, models::bias, ParameterNames);

TYPED_TEST(Bias, AddsModulo32Bits) {
  constexpr int kWidth = TypeParam::ACC_W;
  constexpr int64_t kLeast = -(int64_t{1} << (kWidth - 1));
  Testbench<TypeParam> m;
  const auto set = [&](int64_t sum, int64_t bias) {
    m->sum_i = uint32_t(uint64_t(sum) & Mask(kWidth));
    m->bias_i = uint32_t(bias);
  };
  Pipeline<uint32_t> sums(MeasureLatency(
      m, [&] { set(0, 0); }, [&] { set(0, 1); }, [&] { return m->acc_o; }));
  const auto add = [&](int64_t sum, int64_t bias) {
    set(sum, bias);
    sums.Expect(uint32_t(sum) + uint32_t(bias));
    m.Clock();
    sums.Check([&] { return m->acc_o; },
               [&](uint32_t want, uint32_t got) {
                 return fmt::format("{} wanted, {} got", int32_t(want), int32_t(got));
               });
  };
  for (const int64_t sum : {kLeast, int64_t{-1}, int64_t{0}, int64_t{1}, -kLeast - 1})
    for (const int64_t bias : {INT32_MIN, -1, 0, 1, INT32_MAX}) add(sum, bias);
  Random random(1);
  for (int i = 0; i < 100000; i++) add(random.Int(kLeast, -kLeast - 1), random.Int(INT32_MIN, INT32_MAX));
  Compared(fmt::format("{} sums", sums.count()));
}

}  // namespace
}  // namespace weft::rtl
