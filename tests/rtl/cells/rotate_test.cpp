// SPDX-License-Identifier: Apache-2.0
// rotate: q byte b = d byte (offset + b) mod BYTES, from a cycle after valid until a cycle after the next
// one.
#include "models/rotate.hpp"

#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

template <class P>
class Rotate : public testing::Test {};
TYPED_TEST_SUITE(Rotate, models::rotate, ParameterNames);

TYPED_TEST(Rotate, TheByteAtTheOffsetComesFirst) {
  using P = TypeParam;
  constexpr int kCycles = 20000;
  Testbench<P> m;
  Random random(1);
  std::vector<uint8_t> due;  // the bytes that are there; none before the first valid
  int64_t compared = 0;
  for (int t = 0; t < kCycles; t++) {
    std::vector<uint8_t> window(P::BYTES), want(P::OUT);
    for (auto& byte : window) byte = uint8_t(random.Int(0, 255));
    const int offset = t < P::BYTES ? t : int(random.Int(0, P::BYTES - 1));  // every offset, then any
    for (int b = 0; b < P::OUT; b++) want[size_t(b)] = window[size_t((offset + b) % P::BYTES)];
    PutBytes(m->d_i, window);
    m->offset_i = uint32_t(offset);
    m->valid_i = t < P::BYTES || random.Chance(2);
    m.Settle();  // the inputs do not reach the output without an edge
    for (int b = 0; b < int(due.size()); b++, compared++)
      ASSERT_EQ(Get(m->q_o, 8 * b, 8), due[size_t(b)]) << "cycle " << t << " byte " << b;
    if (m->valid_i) due = want;
    m.Clock();
  }
  Compared(fmt::format("{} bytes of {} windows", compared, kCycles - 1));
}

}  // namespace
}  // namespace weft::rtl
