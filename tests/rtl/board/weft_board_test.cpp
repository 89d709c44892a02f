// SPDX-License-Identifier: Apache-2.0
// weft_board: what is asked over the pins reaches the memory and the registers, and its answer comes back;
// the LEDs say so.
#include "models/weft_board.hpp"

#include "driver/weft_regs.h"
#include "tests/rtl/board/loader_frames.hpp"
#include "tests/rtl/board/uart_line.hpp"
#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

namespace p = loader_pkg;

template <class P>
class WeftBoard : public testing::Test {
 protected:
  void SetUp() override {
    m_->rx_i = 1;
    m_.Reset();
    m_.Clock(10 * P::DIV);
  }

  // A cycle; takes the bytes from the line, each bit in its middle.
  void Cycle(bool level) {
    m_->rx_i = level;
    m_.Clock();
    leds_of_line_ += (m_->leds_o >> 1 & 1) == (level ? 0 : 1) ? 1 : 0;
    leds_of_answer_ += (m_->leds_o >> 2 & 1) != 0 ? 1 : 0;
    cycles_++;
    if (bit_ < 0 && m_->tx_o == 0) bit_ = 0, until_ = P::DIV / 2;
    if (bit_ < 0 || --until_ > 0) return;
    if (bit_ > 0 && bit_ < 9) byte_ = uint8_t(byte_ >> 1 | m_->tx_o << 7);
    if (bit_ == 9) answered_.push_back(byte_);
    bit_ = bit_ == 9 ? -1 : bit_ + 1;
    until_ = P::DIV;
  }
  // Sends, and gives what has been answered when it has been quiet for a while.
  Bytes Ask(const Bytes& request) {
    answered_.clear();
    for (const uint8_t byte : request)
      for (int t = 0; t < 10 * P::DIV; t++) Cycle(LevelAt(byte, double(t) / P::DIV));
    for (int quiet = 0; quiet < 40 * P::DIV; quiet++) {
      Cycle(true);
      if (bit_ >= 0) quiet = 0;
    }
    return answered_;
  }

  Testbench<P> m_;
  Bytes answered_;
  int bit_ = -1, until_ = 0;  // of the answer's byte; cycles to the next one's middle
  uint8_t byte_ = 0;
  int64_t cycles_ = 0, leds_of_line_ = 0, leds_of_answer_ = 0;
};
TYPED_TEST_SUITE(WeftBoard, models::weft_board, ParameterNames);

TYPED_TEST(WeftBoard, AnswersOverItsPins) {
  const Bytes data = {1, 2, 4, 8, 0xfe, 0xfd, 0xfb};
  const uint32_t address = TypeParam::MEM_BYTES - 9, bytes = uint32_t(data.size());
  EXPECT_EQ(this->Ask(Request(p::OP_INFO, 1, 0, 0)), Answer(p::STATUS_OK, 1, TypeParam::MEM_BYTES));
  EXPECT_EQ(this->Ask(Request(p::OP_WRITE_MEMORY, 2, address, bytes, &data)), Answer(p::STATUS_OK, 2, 0));
  EXPECT_EQ(this->Ask(Request(p::OP_READ_MEMORY, 3, address, bytes)), Answer(p::STATUS_OK, 3, bytes, &data));
  EXPECT_EQ(this->Ask(Request(p::OP_READ_REGISTER, 4, WEFT_ID, 0)), Answer(p::STATUS_OK, 4, WEFT_ID_VALUE));
  EXPECT_EQ(this->Ask(Request(p::OP_READ_REGISTER, 5, 0x1000, 0)), Answer(p::STATUS_REFUSED, 5, 0));
}

TYPED_TEST(WeftBoard, ShowsTheLineWithLeds) {
  this->Ask(Request(p::OP_INFO, 1, 0, 0));
  EXPECT_EQ(this->leds_of_line_, this->cycles_);
  EXPECT_GE(this->leds_of_answer_, 9 * TypeParam::DIV * int64_t(this->answered_.size()));
  EXPECT_LT(this->leds_of_answer_, this->cycles_ / 2);
}

}  // namespace
}  // namespace weft::rtl
