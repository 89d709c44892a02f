// SPDX-License-Identifier: Apache-2.0
// uart_rx: bytes of a sender whose clock is a little off, at any phase, with pauses or none; edges that come
// a little early or late; spikes, missing stop bits, a line that is held at 0.
#include "models/uart_rx.hpp"

#include "tests/rtl/board/uart_line.hpp"
#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

template <class P>
class UartRx : public testing::Test {
 protected:
  // A cycle with this level; keeps what is received.
  void Cycle(bool level) {
    m_->rx_i = level;
    m_.Clock();
    if (m_->valid_o) received_.push_back(m_->data_o);
  }
  void Idle(int cycles) {
    for (int i = 0; i < cycles; i++) Cycle(true);
  }
  // A byte of a sender whose bits take `bit` cycles, from `phase` of a cycle on. Each edge is up to `jitter`
  // cycles away from its place.
  void Send(uint8_t byte, double bit, double phase = 0, double jitter = 0, bool stop = true) {
    const auto cycles = int(10 * bit + phase + 0.5);
    for (int t = 0; t < cycles; t++) {
      const double shift = jitter == 0 ? 0 : jitter * (random_.Int(0, 200) - 100) / 100;
      Cycle(LevelAt(byte, (t - phase + (t > jitter ? shift : 0)) / bit, stop));
    }
  }
  void SetUp() override { Idle(3); }

  Testbench<P> m_;
  Random random_{1};
  std::vector<uint8_t> received_, sent_;
};
TYPED_TEST_SUITE(UartRx, models::uart_rx, ParameterNames);

TYPED_TEST(UartRx, TakesBytesOfClocksThatDiffer) {
  // Up to 3 % of both together, and a cycle or two of the synchroniser, which are much where a bit is 4.
  const double most = TypeParam::DIV >= 16 ? 0.03 : 0.01;
  for (const double off : {-most, 0.0, most})
    for (const int pause : {0, 1, 3 * TypeParam::DIV})
      for (int n = 0; n < 64; n++) {
        const auto byte = uint8_t(n < 8 ? 0xff >> n : 37 * n + 11);
        this->sent_.push_back(byte);
        this->Send(byte, TypeParam::DIV * (1 + off), pause == 0 ? 0 : n % 4 / 4.0);
        this->Idle(pause);
      }
  this->Idle(2 * TypeParam::DIV);
  EXPECT_EQ(this->received_, this->sent_);
  Compared(fmt::format("{} bytes", this->sent_.size()));
}

TYPED_TEST(UartRx, TakesJitter) {
  for (int n = 0; n < 256; n++) {
    this->sent_.push_back(uint8_t(n));
    this->Send(uint8_t(n), TypeParam::DIV, 0, TypeParam::DIV / 8.0);
    this->Idle(TypeParam::DIV);
  }
  EXPECT_EQ(this->received_, this->sent_);
  Compared(fmt::format("{} bytes", this->sent_.size()));
}

TYPED_TEST(UartRx, DropsWhatIsNoByte) {
  // A spike shorter than half a bit begins nothing: the byte right behind it is whole.
  for (int i = 0; i < TypeParam::DIV / 2 - 1; i++) this->Cycle(false);
  this->Idle(TypeParam::DIV);
  this->Send(0x5a, TypeParam::DIV);
  // A byte without its stop bit, whatever is in it, and a line that stays at 0 for longer than bytes.
  this->Send(0xff, TypeParam::DIV, 0, 0, false);
  this->Idle(TypeParam::DIV);
  this->Send(0x00, TypeParam::DIV, 0, 0, false);
  for (int i = 0; i < 35 * TypeParam::DIV; i++) this->Cycle(false);
  this->Idle(1);
  this->Send(0xa5, TypeParam::DIV);
  this->Idle(TypeParam::DIV);
  EXPECT_EQ(this->received_, (std::vector<uint8_t>{0x5a, 0xa5}));
}

}  // namespace
}  // namespace weft::rtl
