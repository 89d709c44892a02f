// SPDX-License-Identifier: Apache-2.0
// The golden model against worked examples, against a second implementation (tests/reference.hpp), and the
// fast model against both.
#include "sw_model/golden/golden.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <numeric>

#include "sw_model/error.hpp"
#include "sw_model/golden/golden_fast.hpp"
#include "tests/random_layer.hpp"
#include "tests/reference.hpp"

namespace weft {
namespace {

constexpr int32_t kMin = std::numeric_limits<int32_t>::min(), kMax = std::numeric_limits<int32_t>::max();

// A layer whose requantisation passes acc on, saturated: multiplier 2^30 and shift 1 are the factor 1.
ConvLayer PlainLayer(int k, int filter, int channels, const Window& window = {}) {
  ConvLayer layer;
  layer.filters = TensorI8({k, filter, filter, channels}, 1);
  layer.bias.assign(size_t(k), 0);
  layer.window = window;
  layer.window.kh = layer.window.kw = filter;
  layer.requant.multiplier.assign(size_t(k), 1 << 30);
  layer.requant.shift.assign(size_t(k), 1);
  return layer;
}
Window Strided(int stride, int pad = 0, bool floor = false) {
  return {1, 1, stride, stride, 1, 1, {pad, pad, pad, pad}, floor};
}
Window Pooling(int filter, int stride, int pad = 0, bool floor = false) {
  Window w = Strided(stride, pad, floor);
  w.kh = w.kw = filter;
  return w;
}
TensorI8 Filled(Shape shape, std::vector<int8_t> data) {
  TensorI8 t(shape);
  t.data = std::move(data);
  return t;
}

// `call` throws an Error of one line in which every one of `parts` occurs.
template <typename Call>
void ExpectRefusal(Call call, const std::vector<std::string>& parts) {
  try {
    call();
    ADD_FAILURE() << "accepted; wanted a refusal that names " << testing::PrintToString(parts);
  } catch (const Error& error) {
    const std::string text = error.what();
    EXPECT_EQ(text.find('\n'), std::string::npos) << text;
    for (const std::string& part : parts) EXPECT_THAT(text, testing::HasSubstr(part));
  }
}

// g++ 12.2 for AVX-512 takes the constant {1, 1, 1, 1, 1, 1, 0, 0} for eight ones when a Window is passed by
// value (it drops the last 8 bytes, zeros, from a comparison), unless -mmove-max=128 -mstore-max=128.
[[gnu::noinline]] int TopPadding(Window window) { return window.pad.top; }
TEST(Toolchain, PassesAWindowByValue) {
  EXPECT_EQ(TopPadding({}), 0) << "add -mmove-max=128 -mstore-max=128";
}

// ---- the worked examples of CS231n ------------------------------------------------------------------------

TEST(Lecture, SixFiltersOfFiveByFive) {
  const ConvLayer layer = PlainLayer(6, 5, 3);
  EXPECT_EQ(golden::OutputShape({1, 32, 32, 3}, layer), (Shape{1, 28, 28, 6}));
  EXPECT_EQ(golden::Macs({1, 32, 32, 3}, layer), 28 * 28 * 6 * 75);
  const TensorI8 out = golden::Conv(TensorI8({1, 32, 32, 3}, 1), layer);
  EXPECT_EQ(out, TensorI8({1, 28, 28, 6}, 75));  // 5 * 5 * 3 ones
  EXPECT_EQ(ConvFast(TensorI8({1, 32, 32, 3}, 1), layer), out);
}

TEST(Lecture, ThreeByThreeOnSevenBySeven) {
  EXPECT_EQ(golden::OutputSize(7, 3, 1, 1, 0, 0, false), 5);
  EXPECT_EQ(golden::OutputSize(7, 3, 2, 1, 0, 0, false), 3);
  EXPECT_EQ(golden::OutputSize(7, 3, 1, 1, 1, 1, false), 7);
  ExpectRefusal(
      [] { golden::OutputSize(7, 3, 3, 1, 0, 0, false); },
      {"the filter 3 with stride 3 does not fit the padded input of 7: 4 is not a multiple of 3; change the "
       "padding or ask for floor"});
  EXPECT_EQ(golden::OutputSize(7, 3, 3, 1, 0, 0, true), 2);
  EXPECT_EQ(golden::OutputSize(7, 3, 3, 1, 1, 1, false), 3);
}

TEST(Lecture, ZeroPaddingThatKeepsTheSize) {
  for (const int filter : {3, 5, 7})
    EXPECT_EQ(golden::OutputSize(7, filter, 1, 1, (filter - 1) / 2, (filter - 1) / 2, false), 7) << filter;
}

TEST(Lecture, TenFiltersHave760Parameters) {
  const ConvLayer layer = PlainLayer(10, 5, 3, Strided(1, 2));
  EXPECT_EQ(golden::OutputShape({1, 32, 32, 3}, layer), (Shape{1, 32, 32, 10}));
  EXPECT_EQ(golden::Parameters(layer), 760);
}

TEST(Lecture, OneByOneConvolution) {
  const ConvLayer layer = PlainLayer(32, 1, 64);
  EXPECT_EQ(golden::OutputShape({1, 56, 56, 64}, layer), (Shape{1, 56, 56, 32}));
  EXPECT_EQ(golden::Conv(TensorI8({1, 56, 56, 64}, 1), layer), TensorI8({1, 56, 56, 32}, 64));
}

TEST(Lecture, MaxPoolOfFourByFour) {
  const TensorI8 in = Filled({1, 4, 4, 1}, {1, 1, 2, 4, 5, 6, 7, 8, 3, 2, 1, 0, 1, 2, 3, 4});
  const TensorI8 want = Filled({1, 2, 2, 1}, {6, 8, 3, 4});
  EXPECT_EQ(golden::MaxPool(in, Pooling(2, 2)), want);
  EXPECT_EQ(MaxPoolFast(in, Pooling(2, 2)), want);
  ConvLayer layer = PlainLayer(1, 1, 1);
  layer.max_pool = Pooling(2, 2);
  EXPECT_EQ(golden::Conv(in, layer), want);
}

// ---- the requantiser --------------------------------------------------------------------------------------

void ExpectSameRequantization(int32_t acc, int32_t multiplier, int shift) {
  const int64_t want = reference::Multiply(acc, multiplier, shift);
  const int64_t got = golden::MultiplyByQuantizedMultiplier(acc, multiplier, shift);
  ASSERT_EQ(got, want) << fmt::format("acc {} multiplier {} shift {}", acc, multiplier, shift);
}

TEST(Requantizer, Corners) {
  for (const int32_t acc : {kMin, kMin + 1, -(1 << 30) - 1, -(1 << 30), 1 - (1 << 30), -3, -2, -1, 0, 1, 2, 3,
                            (1 << 30) - 1, 1 << 30, (1 << 30) + 1, kMax - 1, kMax})
    for (const int32_t multiplier :
         {0, 1, 2, (1 << 30) - 1, 1 << 30, (1 << 30) + 1, kMax - 1, kMax, -1, kMin})
      for (int shift = -31; shift <= 30; ++shift) ExpectSameRequantization(acc, multiplier, shift);
}

TEST(Requantizer, WorkedExamples) {
  const auto multiply = golden::MultiplyByQuantizedMultiplier;
  EXPECT_EQ(multiply(7, 1 << 30, 0), 4);            // 3.5, the first rounding is half up
  EXPECT_EQ(multiply(-7, 1 << 30, 0), -3);          // -3.5
  EXPECT_EQ(multiply(3, 1 << 30, 1), 3);            // the factor 1
  EXPECT_EQ(multiply(6, 1 << 30, -1), 2);           // 1.5, the second rounding is half away from zero
  EXPECT_EQ(multiply(-6, 1 << 30, -1), -2);         // -1.5
  EXPECT_EQ(multiply(5, 1 << 30, -1), 2);           // 1.25: 2.5 -> 3, 1.5 -> 2, rounded twice
  EXPECT_EQ(multiply(kMin, kMin, 0), kMax);         // the one product that saturates
  EXPECT_EQ(multiply(3, 1 << 30, 30), -(1 << 29));  // 3 * 2^30 wraps to -2^30
  EXPECT_EQ(multiply(1 << 20, kMax, 12), 0);        // 2^32 wraps to 0
  EXPECT_EQ(golden::Requantize(kMax, kMax, 0, 127, -128, 127), 127);  // the zero point does not wrap
  EXPECT_EQ(golden::Requantize(kMin, kMax, 0, -128, -128, 127), -128);
}

TEST(Requantizer, AMillionAtRandom) {
  Random random(1);
  for (int i = 0; i < 1'000'000; ++i) {
    const auto acc = int32_t(random.Int(kMin, kMax) >> random.Int(0, 31));
    ExpectSameRequantization(acc, int32_t(random.Int(0, kMax)), int(random.Int(-31, 30)));
  }
}

// Every acc around each place where the int8 result changes.
TEST(Requantizer, EveryBoundary) {
  Random random(2);
  int compared = 0;
  for (int i = 0; i < 200; ++i) {
    Requant r;
    r.multiplier = {int32_t(random.Int(1 << 30, kMax))};
    r.shift = {int(random.Int(-15, 0))};
    r.output_zp = int(random.Int(-128, 127));
    const double factor = std::ldexp(r.multiplier[0], r.shift[0] - 31);
    for (int y = -129; y <= 128; ++y) {
      const auto boundary = int32_t((y + 0.5 - r.output_zp) / factor);
      for (int32_t acc = boundary - 3; acc <= boundary + 3; ++acc, ++compared)
        ASSERT_EQ(golden::Requantize(acc, r.multiplier[0], r.shift[0], r.output_zp, -128, 127),
                  reference::Requantize(acc, r, 0))
            << fmt::format("acc {} multiplier {} shift {} zp {}", acc, r.multiplier[0], r.shift[0],
                           r.output_zp);
    }
  }
  RecordProperty("compared", compared);
}

// gemmlowp's nudge and C's truncating division are one addition and one arithmetic shift:
//   v >= 0: trunc((v + 2^30) / 2^31) = floor((v + 2^30) / 2^31)
//   v < 0:  trunc((v + 1 - 2^30) / 2^31) = ceil(...) = floor((v + 1 - 2^30 + 2^31 - 1) / 2^31) = floor((v +
//   2^30) / 2^31)
TEST(Requantizer, NudgedDivisionIsAShift) {
  constexpr int64_t kHalf = int64_t{1} << 30;
  const auto nudged = [](int64_t v) { return (v + (v >= 0 ? kHalf : 1 - kHalf)) / (2 * kHalf); };
  const auto shifted = [](int64_t v) { return (v + kHalf) >> 31; };
  for (int64_t multiple = -70; multiple <= 70; ++multiple)
    for (int64_t d = -3; d <= 3; ++d)
      ASSERT_EQ(nudged(multiple * kHalf + d), shifted(multiple * kHalf + d)) << multiple * kHalf + d;
  Random random(3);
  for (int i = 0; i < 1'000'000; ++i) {
    const int64_t v = random.Int(kMin, kMax) * random.Int(kMin + 1, kMax);
    ASSERT_EQ(nudged(v), shifted(v)) << v;
  }
}

TEST(Requantizer, QuantizeMultiplier) {
  const auto quantize = [](double factor) {
    int32_t multiplier = -1;
    int shift = -1;
    golden::QuantizeMultiplier(factor, &multiplier, &shift);
    return std::pair(multiplier, shift);
  };
  EXPECT_EQ(quantize(0), std::pair(0, 0));
  EXPECT_EQ(quantize(0.5), std::pair(1 << 30, 0));
  EXPECT_EQ(quantize(1), std::pair(1 << 30, 1));
  EXPECT_EQ(quantize(0.75 / 1024), std::pair(3 << 29, -10));
  EXPECT_EQ(quantize(1 - 0x1p-40), std::pair(1 << 30, 1));  // the fraction rounds up to 1
  EXPECT_EQ(quantize(0x1p-32), std::pair(1 << 30, -31));
  EXPECT_EQ(quantize(0x1p-33), std::pair(0, 0));  // TFLite: too small to matter
  EXPECT_EQ(quantize(0x1p29), std::pair(1 << 30, 30));
  Random random(4);
  for (int i = 0; i < 1000; ++i) {
    const double factor = std::exp2(random.Real(-30, 29));
    const auto [multiplier, shift] = quantize(factor);
    EXPECT_GE(multiplier, 1 << 30);
    EXPECT_NEAR(std::ldexp(multiplier, shift - 31) / factor, 1, 0x1p-31) << factor;
  }
  ExpectRefusal([&] { quantize(-0.5); }, {"-0.5"});
  ExpectRefusal([&] { quantize(std::nan("")); }, {"nan"});
  ExpectRefusal([&] { quantize(0x1p30); }, {"1073741824"});
  ExpectRefusal([&] { quantize(0x1p30 * (1 - 0x1p-40)); }, {"below 1073741824"});
  ExpectRefusal([] { golden::MultiplyByQuantizedMultiplier(1, 1, 31); }, {"shift is 31", "-31 to 30"});
  ExpectRefusal([] { golden::MultiplyByQuantizedMultiplier(1, 1, -32); }, {"shift is -32", "-31 to 30"});
}

// ---- convolution ------------------------------------------------------------------------------------------

void ExpectAllAgree(const RandomLayer& r, uint64_t seed, size_t* compared) {
  SCOPED_TRACE(fmt::format("seed {} {}", seed, Describe(r.in, r.layer)));
  const TensorI8 want = reference::Conv(r.input, r.layer);
  ASSERT_EQ(want.shape, golden::OutputShape(r.in, r.layer));
  EXPECT_EQ(FirstDifference(want, golden::Conv(r.input, r.layer)), "") << "golden";
  EXPECT_EQ(FirstDifference(want, ConvFast(r.input, r.layer)), "") << "fast";
  EXPECT_EQ(FirstDifference(reference::Accumulate(r.input, r.layer), golden::Accumulate(r.input, r.layer)),
            "")
      << "accumulators";
  *compared += want.data.size();
}

TEST(Convolution, RandomLayers) {
  size_t compared = 0;
  for (uint64_t seed = 0; seed < 3000 && !HasFailure(); ++seed)
    ExpectAllAgree(MakeRandomLayer(seed), seed, &compared);
  fmt::print("{} outputs of 3000 layers, 0 differences\n", compared);
}

TEST(Convolution, RandomWideLayers) {  // more than one block of the fast model's channels
  const RandomLimits limits{.max_n = 3, .max_h = 9, .max_w = 9, .max_c = 80, .max_k = 80, .max_filter = 4};
  size_t compared = 0;
  for (uint64_t seed = 0; seed < 150 && !HasFailure(); ++seed)
    ExpectAllAgree(MakeRandomLayer(seed, limits), seed, &compared);
  fmt::print("{} outputs of 150 layers, 0 differences\n", compared);
}

TEST(Convolution, RandomLargeWindows) {
  const RandomLimits limits{.max_n = 1,
                            .max_h = 24,
                            .max_w = 24,
                            .max_c = 4,
                            .max_k = 4,
                            .max_filter = 13,
                            .max_stride = 6,
                            .max_dilation = 4,
                            .max_pad = 9};
  size_t compared = 0;
  for (uint64_t seed = 0; seed < 300 && !HasFailure(); ++seed)
    ExpectAllAgree(MakeRandomLayer(seed, limits), seed, &compared);
  fmt::print("{} outputs of 300 layers, 0 differences\n", compared);
}

TEST(Convolution, ManyImages) {  // more than the fast model takes at once
  RandomLimits limits{.max_n = 1, .max_h = 5, .max_w = 5};
  size_t compared = 0;
  for (uint64_t seed = 0; seed < 20 && !HasFailure(); ++seed) {
    RandomLayer r = MakeRandomLayer(seed, limits);
    r.in.n = 301;
    r.input = TensorI8(r.in);
    Random(seed).Fill(r.input.data, false);
    ExpectAllAgree(r, seed, &compared);
  }
}

TEST(Convolution, MapTooLargeForOneChunk) {
  RandomLayer r = MakeRandomLayer(5, {.max_n = 1, .allow_groups = false, .allow_pool = false});
  r.in = {3, 90, 91, r.in.c};
  r.layer.window.floor = true;
  r.input = TensorI8(r.in);
  Random(5).Fill(r.input.data, false);
  size_t compared = 0;
  ExpectAllAgree(r, 5, &compared);
}

// The largest sums there are: 255 * 128 a tap, either sign, and 255 * 127, whose sums are odd.
TEST(Convolution, LargestSumsStayExact) {
  for (const int channels : {511, 512, 513, 1024, 1027, 70000 / 4})
    for (const int8_t wgt : {int8_t{-128}, int8_t{127}})
      for (const int act : {-128, 127})
        for (const int groups : {1, channels}) {
          if (groups != 1 && channels > 1024) continue;
          RandomLayer r;
          r.in = {1, 2, 2, channels};
          r.input = TensorI8(r.in, int8_t(act));
          r.layer = PlainLayer(groups == 1 ? 3 : channels, 2, channels / groups);
          std::fill(r.layer.filters.data.begin(), r.layer.filters.data.end(), wgt);
          r.layer.groups = groups;
          r.layer.input_zp = -act - 1;
          r.layer.bias[0] = kMax;  // wraps
          r.layer.bias[1] = 1 << 30;
          r.layer.bias[2] = kMin;
          LowByteRequant(r.layer.requant);
          size_t compared = 0;
          ExpectAllAgree(r, 0, &compared);
        }
}

TEST(Convolution, SumsWrapModulo32Bits) {
  ConvLayer layer = PlainLayer(1, 1, 1);
  layer.bias = {kMax};
  const TensorI8 in({1, 1, 1, 1}, 1);
  EXPECT_EQ(golden::Accumulate(in, layer).data[0], kMin);
  EXPECT_EQ(golden::Conv(in, layer).data[0], 0);  // kMin * 2 wraps to 0
  EXPECT_EQ(ConvFast(in, layer).data[0], 0);
}

TEST(Convolution, PaddingIsTheInputZeroPoint) {
  ConvLayer layer = PlainLayer(1, 3, 1, Strided(1, 1));
  layer.input_zp = 100;
  const TensorI8 in({1, 1, 1, 1}, 103);
  EXPECT_EQ(golden::Conv(in, layer).data[0], 3);
  EXPECT_EQ(ConvFast(in, layer).data[0], 3);
}

TEST(Convolution, ReluAndRelu6Clamp) {
  ConvLayer layer = PlainLayer(1, 1, 1);
  layer.requant.output_zp = layer.requant.clamp_lo = -10;
  layer.requant.clamp_hi = 50;
  const TensorI8 in = Filled({1, 1, 5, 1}, {-100, -1, 0, 1, 100});
  const TensorI8 want = Filled({1, 1, 5, 1}, {-10, -10, -10, -9, 50});
  EXPECT_EQ(golden::Conv(in, layer), want);
  EXPECT_EQ(ConvFast(in, layer), want);
}

TEST(RandomLayers, SpreadOverTheRange) {
  RandomLimits limits;
  limits.allow_extreme = false;
  size_t inner = 0, all = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    RandomLayer r = MakeRandomLayer(seed, limits);
    r.layer.requant.output_zp = 0;
    r.layer.requant.clamp_lo = -128;
    r.layer.requant.clamp_hi = 127;
    for (const int8_t y : ConvFast(r.input, r.layer).data)
      inner += y > -128 && y < 127 && std::abs(y) > 4 ? 1 : 0;
    all += golden::OutputShape(r.in, r.layer).size();
  }
  EXPECT_GT(double(inner) / double(all), 0.6);
}

// ---- pooling and softmax ----------------------------------------------------------------------------------

TEST(MaxPool, PaddingNeverWins) {
  const TensorI8 in({1, 3, 3, 2}, -128);
  EXPECT_EQ(golden::MaxPool(in, Pooling(3, 1, 1)), in);
  EXPECT_EQ(MaxPoolFast(in, Pooling(3, 1, 1)), in);
}

TEST(MaxPool, RandomWindows) {
  for (uint64_t seed = 0; seed < 500; ++seed) {
    Random random(seed);
    const Shape shape{int(random.Int(1, 3)), int(random.Int(1, 9)), int(random.Int(1, 9)),
                      int(random.Int(1, 40))};
    TensorI8 in(shape);
    random.Fill(in.data, false);
    const Window w = RandomPoolWindow(random, shape, {});
    const TensorI8 want = reference::MaxPool(in, w);
    ASSERT_EQ(FirstDifference(want, golden::MaxPool(in, w)), "") << "seed " << seed << " " << Describe(w);
    ASSERT_EQ(FirstDifference(want, MaxPoolFast(in, w)), "") << "seed " << seed << " " << Describe(w);
  }
}

TEST(AveragePool, RoundsHalfAwayFromZero) {
  const auto average = [](std::vector<int8_t> data) {
    const int size = int(data.size());
    Window w;
    w.kw = size;
    return int{golden::AveragePool(Filled({1, 1, size, 1}, std::move(data)), w).data[0]};
  };
  EXPECT_EQ(average({1, 2}), 2);
  EXPECT_EQ(average({-1, -2}), -2);
  EXPECT_EQ(average({1, 1, 0}), 1);
  EXPECT_EQ(average({1, 0, 0}), 0);
  EXPECT_EQ(average({-1, -1, 0}), -1);
  EXPECT_EQ(average({-128, -128, -128}), -128);
  EXPECT_EQ(average({127, 127, 127, 126}), 127);
}

TEST(AveragePool, RandomWindows) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    Random random(seed);
    const Shape shape{int(random.Int(1, 2)), int(random.Int(1, 9)), int(random.Int(1, 9)),
                      int(random.Int(1, 5))};
    TensorI8 in(shape);
    random.Fill(in.data, false);
    const Window w = RandomPoolWindow(random, shape, {});
    const TensorI8 got = golden::AveragePool(in, w, -100, 90);
    size_t i = 0;
    for (int n = 0; n < got.shape.n; ++n)
      for (int oy = 0; oy < got.shape.h; ++oy)
        for (int ox = 0; ox < got.shape.w; ++ox)
          for (int c = 0; c < got.shape.c; ++c) {
            int sum = 0, count = 0;
            for (int ky = 0; ky < w.kh; ++ky)
              for (int kx = 0; kx < w.kw; ++kx) {
                const int y = oy * w.stride_h - w.pad.top + ky, x = ox * w.stride_w - w.pad.left + kx;
                if (y < 0 || y >= shape.h || x < 0 || x >= shape.w) continue;
                sum += in.at(n, y, x, c);
                ++count;
              }
            const double want =
                std::clamp(std::round(double(sum) / count), -100.0, 90.0);  // half away from zero
            ASSERT_EQ(got.data[i++], int8_t(want))
                << fmt::format("seed {} {} n {} y {} x {} c {} sum {} count {}", seed, Describe(w), n, oy, ox,
                               c, sum, count);
          }
  }
}

TEST(Softmax, OfKnownLogits) {
  const std::vector<float> p = golden::Softmax(Filled({1, 1, 1, 3}, {10, 20, 30}), 0.1F);
  const double sum = 1 + std::exp(-1.0) + std::exp(-2.0);
  EXPECT_NEAR(p[0], std::exp(-2.0) / sum, 1e-6);
  EXPECT_NEAR(p[1], std::exp(-1.0) / sum, 1e-6);
  EXPECT_NEAR(p[2], 1 / sum, 1e-6);
}

TEST(Softmax, EachPixelSumsToOne) {
  TensorI8 in({2, 3, 3, 10});
  Random(6).Fill(in.data, false);
  const std::vector<float> p = golden::Softmax(in, 0.5F);
  ASSERT_EQ(p.size(), in.data.size());
  for (size_t pixel = 0; pixel < p.size(); pixel += 10)
    EXPECT_NEAR(std::accumulate(&p[pixel], &p[pixel] + 10, 0.0), 1, 1e-5) << pixel / 10;
}

TEST(Softmax, LargeScalesDoNotOverflow) {
  const std::vector<float> p = golden::Softmax(Filled({1, 1, 1, 2}, {-128, 127}), 1e30F);
  EXPECT_EQ(p[0], 0);
  EXPECT_EQ(p[1], 1);
}

// ---- refusals ---------------------------------------------------------------------------------------------

struct BadLayer {
  const char* name;
  void (*spoil)(Shape&, ConvLayer&);
  std::vector<std::string> sentence;
};
void PrintTo(const BadLayer& bad, std::ostream* out) { *out << bad.name; }

class Refusal : public testing::TestWithParam<BadLayer> {};

TEST_P(Refusal, NamesTheNumbers) {
  Shape in{1, 7, 7, 4};
  ConvLayer layer = PlainLayer(6, 3, 4, Strided(1, 1));
  layer.name = "conv1";
  golden::Check(in, layer);
  GetParam().spoil(in, layer);
  std::vector<std::string> parts = GetParam().sentence;
  parts.emplace_back("layer conv1: ");
  ExpectRefusal([&] { golden::Check(in, layer); }, parts);
  if (in.h > 0 && in.h < 100) {
    const TensorI8 input(in);
    ExpectRefusal([&] { golden::Conv(input, layer); }, parts);
    ExpectRefusal([&] { golden::Accumulate(input, layer); }, parts);
    ExpectRefusal([&] { ConvFast(input, layer); }, parts);
  }
}

using S = Shape;
using L = ConvLayer;
INSTANTIATE_TEST_SUITE_P(
    All, Refusal,
    testing::Values(
        BadLayer{"HugeInput", [](S& in, L&) { in.h = in.w = 99999999; }, {"1x99999999x99999999x4", "65536"}},
        BadLayer{"LargeInput", [](S& in, L&) { in.h = in.w = 65536; }, {"1x65536x65536x4", "2147483648"}},
        BadLayer{"EmptyInput", [](S& in, L&) { in.h = 0; }, {"1x0x7x4", "at least 1"}},
        BadLayer{"NegativeInput", [](S& in, L&) { in.h = in.w = -7; }, {"1x-7x-7x4"}},
        BadLayer{"InputChannels", [](S& in, L&) { in.c = 5; }, {"filters have 4 channels", "give them 5"}},
        BadLayer{"FilterShape", [](S&, L& l) { l.filters.shape.n = 1 << 20; }, {"1048576x3x3x4", "65536"}},
        BadLayer{"FilterData", [](S&, L& l) { l.filters.data.pop_back(); }, {"215 values", "216", "6x3x3x4"}},
        BadLayer{"NoGroups", [](S&, L& l) { l.groups = 0; }, {"groups is 0", "1 to 4"}},
        BadLayer{"ThreeGroups", [](S&, L& l) { l.groups = 3; }, {"3 groups", "4 input and 6 output"}},
        BadLayer{"FourGroups", [](S&, L& l) { l.groups = 4; }, {"4 groups", "4 input and 6 output"}},
        BadLayer{"TwoGroups", [](S&, L& l) { l.groups = 2; }, {"filters have 4 channels", "give them 2"}},
        BadLayer{"WindowSize", [](S&, L& l) { l.window.kw = 5; }, {"3x5", "3x3"}},
        BadLayer{"Biases", [](S&, L& l) { l.bias.push_back(0); }, {"7 biases", "give 6"}},
        BadLayer{
            "Multipliers", [](S&, L& l) { l.requant.multiplier.pop_back(); }, {"5 multipliers", "give 6"}},
        BadLayer{"Shifts", [](S&, L& l) { l.requant.shift.clear(); }, {"0 shifts", "give 6"}},
        BadLayer{
            "Multiplier", [](S&, L& l) { l.requant.multiplier[2] = -5; }, {"channel 2 is -5", "2147483647"}},
        BadLayer{"ShiftLeft", [](S&, L& l) { l.requant.shift[3] = 31; }, {"channel 3 is 31", "-31 to 30"}},
        BadLayer{"ShiftRight", [](S&, L& l) { l.requant.shift[4] = -32; }, {"channel 4 is -32", "-31 to 30"}},
        BadLayer{"InputZp", [](S&, L& l) { l.input_zp = 128; }, {"input zero point is 128", "-128 to 127"}},
        BadLayer{"OutputZp", [](S&, L& l) { l.requant.output_zp = -129; }, {"-129", "-128 to 127"}},
        BadLayer{"ClampLow", [](S&, L& l) { l.requant.clamp_lo = -200; }, {"lower clamp is -200"}},
        BadLayer{"ClampHigh", [](S&, L& l) { l.requant.clamp_hi = 200; }, {"upper clamp is 200"}},
        BadLayer{"ClampOrder",
                 [](S&, L& l) { l.requant.clamp_lo = 5, l.requant.clamp_hi = 4; },
                 {"is 4", "5 to 127"}},
        BadLayer{"Stride", [](S&, L& l) { l.window.stride_h = 0; }, {"stride is 0", "1 to 65536"}},
        BadLayer{"Dilation", [](S&, L& l) { l.window.dilation_w = -1; }, {"dilation is -1", "1 to 65536"}},
        BadLayer{"NegativePad", [](S&, L& l) { l.window.pad.left = -1; }, {"padding is -1", "0 to 65536"}},
        BadLayer{"HugePad", [](S&, L& l) { l.window.pad.top = 2147483647; }, {"padding is 2147483647"}},
        BadLayer{"WideMap",
                 [](S&, L& l) {
                   l.window.pad = {65536, 65536, 65536, 65536}, l.window.stride_h = l.window.stride_w = 60000,
                   l.window.floor = true;
                 },
                 {"padded input is 131079x131079x4", "2147483648"}},
        BadLayer{"FilterTooLarge",
                 [](S&, L& l) { l.window.dilation_h = 5; },
                 {"filter 3 with dilation 5 covers 11", "padded input is only 9"}},
        BadLayer{"StrideLeavesARest",
                 [](S&, L& l) { l.window.stride_h = 4; },
                 {"filter 3 with stride 4", "padded input of 9: 6 is not a multiple of 4"}},
        BadLayer{"PoolDilation",
                 [](S&, L& l) { l.max_pool = Pooling(2, 1), l.max_pool->dilation_h = 2; },
                 {"2x1", "1x1"}},
        BadLayer{"PoolPadding", [](S&, L& l) { l.max_pool = Pooling(2, 1, 2); }, {"2x2", "padding smaller"}},
        BadLayer{"PoolEmpty", [](S&, L& l) { l.max_pool = Pooling(0, 1); }, {"filter size is 0"}},
        BadLayer{"PoolTooLarge", [](S&, L& l) { l.max_pool = Pooling(8, 1); }, {"covers 8", "only 7"}},
        BadLayer{"PoolRest",
                 [](S&, L& l) { l.max_pool = Pooling(2, 2); },
                 {"padded input of 7: 5 is not a multiple of 2"}}),
    [](const auto& info) { return info.param.name; });

TEST(Refusals, TensorsThatDoNotMatchTheirShape) {
  const ConvLayer layer = PlainLayer(1, 1, 2);
  TensorI8 in({1, 2, 2, 2});
  in.data.pop_back();
  const std::vector<std::string> parts = {"7 values", "the 8", "1x2x2x2"};
  ExpectRefusal([&] { golden::Conv(in, layer); }, parts);
  ExpectRefusal([&] { ConvFast(in, layer); }, parts);
  ExpectRefusal([&] { golden::MaxPool(in, Pooling(2, 2)); }, parts);
  ExpectRefusal([&] { MaxPoolFast(in, Pooling(2, 2)); }, parts);
  ExpectRefusal([&] { golden::AveragePool(in, Pooling(2, 2)); }, parts);
  ExpectRefusal([&] { golden::Softmax(in, 1); }, parts);
  in.shape = {-1, 2, 2, -2};
  ExpectRefusal([&] { golden::MaxPool(in, Pooling(2, 2)); }, {"-1x2x2x-2"});
}

TEST(Refusals, PoolingAndSoftmaxArguments) {
  const TensorI8 in({1, 5, 5, 1});
  ExpectRefusal([&] { golden::MaxPool(in, Pooling(2, 2)); },
                {"filter 2 with stride 2", "3 is not a multiple of 2"});
  ExpectRefusal([&] { golden::AveragePool(in, Pooling(6, 1)); }, {"covers 6", "only 5"});
  ExpectRefusal([&] { golden::AveragePool(in, Pooling(3, 1), -129); }, {"lower clamp is -129"});
  ExpectRefusal([&] { golden::AveragePool(in, Pooling(3, 1), 3, 2); }, {"upper clamp is 2", "3 to 127"});
  ExpectRefusal([&] { golden::Softmax(in, 0); }, {"scale is 0"});
  ExpectRefusal([&] { golden::Softmax(in, -1); }, {"scale is -1"});
  ExpectRefusal([&] { golden::Softmax(in, std::numeric_limits<float>::infinity()); }, {"scale is inf"});
}

TEST(Refusals, ShapesOnly) {
  const ConvLayer layer = PlainLayer(6, 5, 3);
  ExpectRefusal([&] { golden::Macs({1, 99999999, 99999999, 3}, layer); }, {"99999999", "65536"});
  ExpectRefusal(
      [&] {
        golden::OutputShape({65536, 32, 32, 3}, PlainLayer(60000, 5, 3));
      },
      {"output", "65536x28x28x60000"});
  ExpectRefusal([] { golden::OutputSize(0, 1, 1, 1, 0, 0, false); }, {"input size is 0"});
  ExpectRefusal([] { golden::OutputSize(5, 65536, 1, 65536, 0, 0, false); }, {"covers 4294901761", "only 5"});
  ExpectRefusal([] { golden::OutputSize(2, 3, 1, 1, 0, 0, true); }, {"covers 3", "only 2"});
}

}  // namespace
}  // namespace weft
