// SPDX-License-Identifier: Apache-2.0
// crc32: zlib's CRC of any bytes, with pauses; behind bytes and their CRC the residue, and not behind other
// ones.
#include "models/crc32.hpp"

#include <zlib.h>

#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

template <class P>
class Crc32 : public testing::Test {};
TYPED_TEST_SUITE(Crc32, models::crc32, ParameterNames);

template <class P>
uint32_t Feed(Testbench<P>& m, Random& random, const std::vector<uint8_t>& bytes) {
  for (const uint8_t byte : bytes) {
    while (!Active(random, 70)) {
      m->data_i = uint8_t(random.Int(0, 255));
      m.Clock();
    }
    m->valid_i = 1;
    m->data_i = byte;
    m.Clock();
    m->valid_i = 0;
  }
  return ~m->crc_o;
}

template <class P>
void Clear(Testbench<P>& m, bool valid) {
  m->clear_i = 1;
  m->valid_i = valid;
  m.Clock();
  m->clear_i = m->valid_i = 0;
}

TYPED_TEST(Crc32, IsThatOfZlib) {
  Testbench<TypeParam> m;
  Random random(1);
  int64_t compared = 0;
  for (int round = 0; round < 300; round++) {
    std::vector<uint8_t> bytes(size_t(random.Int(0, 40)));
    for (uint8_t& byte : bytes) byte = uint8_t(random.Int(0, 255));
    Clear(m, random.Int(0, 1) != 0);
    const auto want = uint32_t(crc32_z(0, bytes.empty() ? Z_NULL : bytes.data(), bytes.size()));
    ASSERT_EQ(Feed(m, random, bytes), bytes.empty() ? 0 : want) << "round " << round;
    ASSERT_FALSE(m->good_o) << "round " << round;
    std::vector<uint8_t> behind;
    for (int i = 0; i < 4; i++) behind.push_back(uint8_t((bytes.empty() ? 0 : want) >> 8 * i));
    const bool damaged = random.Int(0, 3) == 0;
    if (damaged) behind[size_t(random.Int(0, 3))] ^= uint8_t(1 << random.Int(0, 7));
    Feed(m, random, behind);
    ASSERT_EQ(m->good_o, !damaged) << "round " << round;
    compared += int64_t(bytes.size());
  }
  Compared(fmt::format("{} bytes", compared));
}

}  // namespace
}  // namespace weft::rtl
