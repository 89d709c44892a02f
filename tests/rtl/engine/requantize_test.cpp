// SPDX-License-Identifier: Apache-2.0
// requantize: y = sat8(M(acc, mult, shift) + zp), M as golden.hpp has it for each rounding, one item a cycle.
#include "models/requantize.hpp"

#include <cmath>

#include "sw_model/golden/golden.hpp"
#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

struct Item {
  int32_t acc, mult;
  int shift, zp;
  Rounding rounding;
  int y;
  bool operator==(const Item& other) const { return y == other.y; }
};

template <class P>
class Requantize : public testing::Test {
 protected:
  void Set(int64_t acc, int64_t mult, int64_t shift, int64_t zp, Rounding rounding = Rounding::kTflite) {
    m_->onnx_i = rounding == Rounding::kOnnx;
    m_->acc_i = uint32_t(acc);
    m_->mult_i = uint32_t(mult);
    m_->shift_i = uint8_t(shift & 63);
    m_->zp_i = uint8_t(zp);
  }
  void Item_(int64_t acc, int64_t mult, int64_t shift, int64_t zp, Rounding rounding = Rounding::kTflite) {
    Set(acc, mult, shift, zp, rounding);
    Item item{int32_t(acc), int32_t(mult), int(shift), int(zp), rounding, 0};
    item.y = golden::Requantize(item.acc, item.mult, item.shift, item.zp, -128, 127, rounding);
    items_.Expect(item);
    m_.Clock();
    items_.Check([&] { return Item{0, 0, 0, 0, {}, int8_t(m_->y_o)}; },
                 [](const Item& want, const Item& got) {
                   return fmt::format("{}acc {} mult {} shift {} zp {}: {} wanted, {} got",
                                      want.rounding == Rounding::kOnnx ? "onnx " : "", want.acc, want.mult,
                                      want.shift, want.zp, want.y, got.y);
                 });
  }
  void Done() {
    for (int i = 0; i < weft_pkg::REQUANT_LATENCY; i++) Item_(0, 0, 0, 0);
    Compared(fmt::format("{} items", items_.count()));
  }
  // ONNX Runtime's rounding; the multiplier becomes one that it may have.
  void Onnx(int64_t acc, int64_t mult, int64_t shift, int64_t zp) {
    Item_(acc, mult < 1 << 30 ? 0 : mult / 128 * 128, shift, zp, Rounding::kOnnx);
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
                this->m_, [&] { this->Set(1, 1 << 30, 0, 0, Rounding::kTflite); },
                [&] { this->Set(1, 1 << 30, 0, 0, Rounding::kOnnx); }, [&] { return this->m_->y_o; }),
            weft_pkg::REQUANT_LATENCY)
      << "from onnx_i";
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
        for (const int zp : {-128, -1, 0, 127}) {
          this->Item_(acc, mult, shift, zp);
          this->Onnx(acc, mult, shift, zp);
        }
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
    const int64_t mult = random.Chance(4) ? random.Int(0, INT32_MAX) : random.Int(1 << 30, INT32_MAX);
    const int64_t zp = random.Int(-128, 127);
    this->Item_(acc, mult, shift, zp);
    this->Onnx(acc, mult, shift, zp);
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

// Where float32 rounds the sum: around every number of 25 to 32 bits whose 24 upper bits are the first, the
// last or any.
TYPED_TEST(Requantize, SumsOfMoreThan24Bits) {
  Random random(2);
  for (int dropped = 1; dropped <= 8; dropped++)
    for (int i = 0; i < 400; i++) {
      const int64_t upper = i < 2   ? (1 << 23) + i
                            : i < 4 ? (1 << 24) + 1 - i
                                    : random.Int(1 << 23, (1 << 24) - 1);
      const int64_t half = (2 * upper + 1) << (dropped - 1);
      for (int off = -2; off <= 2; off++)
        for (const int sign : {-1, 1}) {
          const int64_t acc = sign * (half + off);
          if (acc < INT32_MIN || acc > INT32_MAX) continue;
          for (int up = 0; up < 9; up++)  // the result has 0 to 8 bits
            this->Onnx(acc, random.Int(1 << 30, INT32_MAX), up - 24 - dropped, random.Int(-128, 127));
        }
    }
  this->Done();
}

// Every boundary between two results: with random sums the multipliers whose products are next to k + 1/2.
// Their distance is a sum's part of a unit; half a unit of the product's 24th bit is where float32's rounding
// begins to show.
TYPED_TEST(Requantize, EveryBoundaryOfOnnx) {
  Random random(3);
  for (int k = -257; k <= 256; k++)
    for (int bits = 1; bits <= 32; bits++)
      for (int i = 0; i < 16; i++) {
        int64_t acc =
            std::min<int64_t>(random.Int(int64_t{1} << (bits - 1), (int64_t{1} << bits) - 1), INT32_MAX);
        if (k < 0) acc = -acc;
        int exponent = 0;
        std::frexp((k + 0.5) / double(float(acc)), &exponent);
        if (exponent < -31 || exponent > 30) continue;
        const auto nearest = int64_t(std::ldexp((k + 0.5) / double(float(acc)), 31 - exponent)) / 128 * 128;
        for (int off = -3; off <= 3; off++) this->Onnx(acc, nearest + 128 * off, exponent, 0);
      }
  this->Done();
}

// Products of 48 bits that are exactly half a unit of the 24th bit from k + 1/2, or one unit of the 48th
// beside it.
TYPED_TEST(Requantize, ProductsAtTheEdgeOfTheTie) {
  Random random(4);
  int64_t found = 0;
  for (int e = -1; e <= 7; e++)
    for (int i = 0; i < 4000; i++) {
      // k + 1/2 + side * 2^(e - 24) in units of 2^(e - 24 - spare) is the product of two numbers of 24 bits,
      // if it has such factors.
      const int64_t k = e < 0 ? 0 : random.Int(int64_t{1} << e, (int64_t{2} << e) - 1);
      const int side = random.Chance(2) ? 1 : -1;
      const int64_t edge = ((2 * k + 1) << (23 - e)) + side;  // 25 bits
      const int64_t a = random.Int(3, 4095) | 1;
      if (edge % a != 0 || edge / a >= 1 << 24) continue;
      int exponent = 0;
      const double mantissa = std::frexp(double(edge / a), &exponent);
      for (const int sign : {-1, 1})
        this->Onnx(sign * a, int64_t(std::ldexp(mantissa, 31)), exponent + e - 24, 0);
      found++;
    }
  EXPECT_GT(found, 20);
  this->Done();
}

}  // namespace
}  // namespace weft::rtl
