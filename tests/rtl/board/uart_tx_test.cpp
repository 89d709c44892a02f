// SPDX-License-Identifier: Apache-2.0
// uart_tx: the line's level in every cycle of every byte, with pauses or none.
#include "models/uart_tx.hpp"

#include "tests/rtl/board/uart_line.hpp"
#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

template <class P>
class UartTx : public testing::Test {};
TYPED_TEST_SUITE(UartTx, models::uart_tx, ParameterNames);

TYPED_TEST(UartTx, SendsEveryBitForItsTime) {
  Testbench<TypeParam> m;
  Random random(1);
  constexpr int kBytes = 300, kDiv = TypeParam::DIV;
  int sent = 0, back_to_back = 0;
  while (sent < kBytes) {
    const bool pause = random.Int(0, 3) == 0;
    for (int i = pause ? random.Int(1, 2 * kDiv) : 0; i > 0; i--) {
      m->valid_i = 0;
      m->data_i = uint8_t(random.Int(0, 255));
      m.Clock();
      ASSERT_EQ(m->tx_o, 1) << "while nothing is sent";
    }
    const auto byte = uint8_t(sent < 256 ? sent : random.Int(0, 255));
    ASSERT_EQ(m->ready_o, 1) << "byte " << sent;
    m->valid_i = 1;
    m->data_i = byte;
    m.Clock();
    for (int t = 0; t < 10 * kDiv; t++) {
      ASSERT_EQ(m->tx_o, LevelAt(byte, double(t) / kDiv)) << "byte " << sent << " cycle " << t;
      ASSERT_EQ(m->ready_o, 0) << "byte " << sent << " cycle " << t;
      m->data_i = uint8_t(random.Int(0, 255));  // it has been taken
      m->valid_i = random.Int(0, 1);
      m.Clock();
    }
    back_to_back += pause ? 0 : 1;
    sent++;
  }
  EXPECT_GT(back_to_back, kBytes / 2);
  Compared(fmt::format("{} cycles", 10 * kDiv * sent));
}

}  // namespace
}  // namespace weft::rtl
