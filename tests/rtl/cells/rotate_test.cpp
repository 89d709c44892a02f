// SPDX-License-Identifier: Apache-2.0
// rotate: q byte b = d byte (offset + b) mod BYTES, one cycle later.
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
  std::vector<uint8_t> window(P::BYTES);
  int64_t compared = 0;
  for (int t = 0; t < kCycles; t++) {
    for (auto& byte : window) byte = uint8_t(random.Int(0, 255));
    const int offset = t < P::BYTES ? t : int(random.Int(0, P::BYTES - 1));  // every offset, then any
    PutBytes(m->d_i, window);
    m->offset_i = uint32_t(offset);
    m.Clock();
    for (int b = 0; b < P::OUT; b++, compared++)
      ASSERT_EQ(Get(m->q_o, 8 * b, 8), window[size_t((offset + b) % P::BYTES)])
          << "cycle " << t << " offset " << offset << " byte " << b;
  }
  Compared(fmt::format("{} bytes of {} windows", compared, kCycles));
}

// The rotation is a pipeline: what was rotated stays while the inputs change, up to the next edge.
TYPED_TEST(Rotate, InputsDoNotReachTheOutputWithoutAnEdge) {
  using P = TypeParam;
  Testbench<P> m;
  std::vector<uint8_t> window(P::BYTES);
  for (size_t i = 0; i < window.size(); i++) window[i] = uint8_t(i);
  PutBytes(m->d_i, window);
  m->offset_i = 5;
  m.Clock();
  m->offset_i = 2;
  PutBytes(m->d_i, std::vector<uint8_t>(P::BYTES));
  m.Settle();
  for (int b = 0; b < P::OUT; b++)
    ASSERT_EQ(Get(m->q_o, 8 * b, 8), uint64_t(5 + b) % P::BYTES) << "byte " << b;
}

}  // namespace
}  // namespace weft::rtl
