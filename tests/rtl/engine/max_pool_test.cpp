// SPDX-License-Identifier: Apache-2.0
// max_pool: the maximum over count consecutive pixels, channel by channel.
#include "models/max_pool.hpp"

#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

template <class P>
class MaxPool : public testing::Test {
 protected:
  // One window; `busy` percent of the cycles bring a pixel.
  void Window(const std::vector<std::vector<int8_t>>& pixels, int busy = 100) {
    for (size_t i = 0; i < pixels.size(); i++) {
      while (!Active(random_, busy)) Idle();
      m_->valid_i = 1;
      m_->count_i = uint32_t(pixels.size());
      for (int c = 0; c < P::COLS; c++) Put(m_->data_i, 8 * c, 8, uint8_t(pixels[i][size_t(c)]));
      if (i + 1 == pixels.size()) {
        auto& want = due_.emplace_back(pixels[0]);
        for (const auto& pixel : pixels)
          for (size_t c = 0; c < want.size(); c++) want[c] = std::max(want[c], pixel[c]);
      }
      Clock();
    }
  }
  void Idle() {
    m_->valid_i = 0;
    for (int c = 0; c < P::COLS; c++) Put(m_->data_i, 8 * c, 8, 0x7f);
    Clock();
  }
  void Done() {
    for (int i = 0; i < kLongestLatency; i++) Idle();
    EXPECT_TRUE(due_.empty()) << due_.size() << " windows are missing";
    Compared(fmt::format("{} maxima", compared_));
  }

  Testbench<P> m_;
  Random random_{1};

 private:
  void Clock() {
    m_.Clock();
    if (!m_->valid_o) return;
    ASSERT_FALSE(due_.empty()) << "a window too many";
    for (int c = 0; c < P::COLS; c++, compared_++)
      ASSERT_EQ(int8_t(Get(m_->data_o, 8 * c, 8)), due_.front()[size_t(c)])
          << "maximum " << compared_ << " channel " << c;
    due_.pop_front();
  }
  std::deque<std::vector<int8_t>> due_;
  int64_t compared_ = 0;
};
TYPED_TEST_SUITE(MaxPool, models::max_pool, ParameterNames);

TYPED_TEST(MaxPool, EveryPairOfValues) {
  for (int a = -128; a < 128; a++)
    for (int b = -128; b < 128; b++) {
      std::vector<int8_t> first(TypeParam::COLS, int8_t(a)), second(TypeParam::COLS, int8_t(b));
      first[0] = int8_t(b), second[0] = int8_t(a);  // channels do not mix
      this->Window({first, second});
    }
  this->Done();
}

TYPED_TEST(MaxPool, EveryWindowOfUpToFourPixelsOfFourValues) {
  constexpr std::array<int8_t, 4> kValues = {-128, -1, 0, 127};
  for (int count = 1; count <= 4; count++)
    for (int code = 0; code < 1 << (2 * count); code++) {
      std::vector<std::vector<int8_t>> pixels;
      for (int i = 0; i < count; i++) {
        auto& pixel = pixels.emplace_back(TypeParam::COLS, kValues[size_t(code >> (2 * i) & 3)]);
        pixel[1] = kValues[size_t(3 - (code >> (2 * i) & 3))];
      }
      this->Window(pixels);
    }
  this->Done();
}

TYPED_TEST(MaxPool, RandomWindowsWithGaps) {
  for (const int busy : {100, 50, 10})
    for (int i = 0; i < 1000; i++) {
      std::vector<std::vector<int8_t>> pixels(size_t(this->random_.Chance(3) ? 1 : this->random_.Int(1, 12)));
      for (auto& pixel : pixels) {
        pixel.resize(TypeParam::COLS);
        this->random_.Fill(pixel, false);
      }
      this->Window(pixels, busy);
    }
  this->Done();
}

}  // namespace
}  // namespace weft::rtl
