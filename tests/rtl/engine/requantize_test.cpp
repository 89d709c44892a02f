// SPDX-License-Identifier: Apache-2.0
// requantize: y = sat8(MultiplyByQuantizedMultiplier(acc, mult, shift) + zp), one item a cycle.
#include "models/requantize.hpp"

#include "sw_model/golden/golden.hpp"
#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

struct Item {
  int32_t acc, mult;
  int shift, zp;
  int y;
  bool operator==(const Item& other) const { return y == other.y; }
};

template <class P>
class Requantize : public testing::Test {
 protected:
  void Set(int64_t acc, int64_t mult, int64_t shift, int64_t zp) {
    m_->acc_i = uint32_t(acc);
    m_->mult_i = uint32_t(mult);
    m_->shift_i = uint8_t(shift & 63);
    m_->zp_i = uint8_t(zp);
  }
  void Item_(int64_t acc, int64_t mult, int64_t shift, int64_t zp) {
    Set(acc, mult, shift, zp);
    Item item{int32_t(acc), int32_t(mult), int(shift), int(zp), 0};
    item.y = golden::Requantize(item.acc, item.mult, item.shift, item.zp, -128, 127);
    items_.Expect(item);
    m_.Clock();
    items_.Check(
        [&] {
          return Item{0, 0, 0, 0, int8_t(m_->y_o)};
        },
        [](const Item& want, const Item& got) {
          return fmt::format("acc {} mult {} shift {} zp {}: {} wanted, {} got", want.acc, want.mult,
                             want.shift, want.zp, want.y, got.y);
        });
  }
  void Done() {
    for (int i = 0; i < weft_pkg::REQUANT_LATENCY; i++) Item_(0, 0, 0, 0);
    Compared(fmt::format("{} items", items_.count()));
  }
  Testbench<P> m_;
  Pipeline<Item> items_{weft_pkg::REQUANT_LATENCY};
};
TYPED_TEST_SUITE(Requantize, models::requantize, ParameterNames);

TYPED_TEST(Requantize, HasTheLatencyOfThePackage) {
  EXPECT_EQ(MeasureLatency(
                this->m_, [&] { this->Set(0, 0, 0, 0); }, [&] { this->Set(0, 0, 0, 5); },
                [&] { return this->m_->y_o; }),
            weft_pkg::REQUANT_LATENCY)
      << "from zp_i";
  EXPECT_EQ(MeasureLatency(
                this->m_, [&] { this->Set(0, 1 << 30, 1, 0); }, [&] { this->Set(5, 1 << 30, 1, 0); },
                [&] { return this->m_->y_o; }),
            weft_pkg::REQUANT_LATENCY)
      << "from acc_i";
}

TYPED_TEST(Requantize, Corners) {
  for (const int64_t acc : {INT32_MIN,
                            INT32_MIN + 1,
                            -(1 << 30) - 1,
                            -(1 << 30),
                            -65536,
                            -32769,
                            -32768,
                            -129,
                            -128,
                            -3,
                            -2,
                            -1,
                            0,
                            1,
                            2,
                            3,
                            127,
                            128,
                            32767,
                            32768,
                            65535,
                            65536,
                            1 << 30,
                            (1 << 30) + 1,
                            INT32_MAX - 1,
                            INT32_MAX})
    for (const int64_t mult : {0, 1, 2, 32767, 32768, 65535, 65536, (1 << 30) - 1, 1 << 30, (1 << 30) + 1,
                               INT32_MAX - 1, INT32_MAX})
      for (int shift = -31; shift <= 30; shift++)
        for (const int zp : {-128, -1, 0, 127}) this->Item_(acc, mult, shift, zp);
  this->Done();
}

// Shifts that bring the result near the int8 range, so that rounding shows.
TYPED_TEST(Requantize, AMillionAtRandom) {
  Random random(1);
  for (int i = 0; i < 1000000; i++) {
    const int bits = int(random.Int(1, 32));
    const int64_t acc = random.Int(-(int64_t{1} << (bits - 1)), (int64_t{1} << (bits - 1)) - 1);
    const int64_t near = 7 - bits + random.Int(0, 3);
    const int64_t shift = random.Chance(4) ? random.Int(-31, 30) : std::clamp<int64_t>(near, -31, 30);
    this->Item_(acc, random.Chance(4) ? random.Int(0, INT32_MAX) : random.Int(1 << 30, INT32_MAX), shift,
                random.Int(-128, 127));
  }
  this->Done();
}

// Every right shift at every boundary between two results of int8: halves are rounded away from zero.
TYPED_TEST(Requantize, EveryHalf) {
  for (int right = 0; right <= 24; right++)
    for (int y = -129; y <= 128; y++)
      for (int off = -1; off <= 1; off++) {
        const int64_t acc = (int64_t{2 * y + 1} << right) / 2 + off;  // y + 1/2 in units of 2^right
        this->Item_(acc, 1 << 30, 1 - right, 0);                      // acc * 2^-right, rounded twice
        if (right > 0) this->Item_(acc, INT32_MAX, -right, 0);
      }
  this->Done();
}

}  // namespace
}  // namespace weft::rtl
