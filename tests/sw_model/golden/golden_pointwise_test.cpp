// SPDX-License-Identifier: Apache-2.0
// The operators without filters against what TFLite's kernels computed (tflite_vectors.inc), against their
// formulas written out in wide integers (tests/reference.hpp), against real arithmetic, and their refusals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "sw_model/error.hpp"
#include "sw_model/golden/golden.hpp"
#include "tests/random_layer.hpp"
#include "tests/reference.hpp"

namespace weft {
namespace {

TensorI8 RandomTensor(Random& random, const Shape& shape) {
  TensorI8 t(shape);
  random.Fill(t.data, random.Chance(8));
  return t;
}
Shape RandomShape(Random& random) {
  return {int(random.Int(1, 3)), int(random.Int(1, 6)), int(random.Int(1, 6)), int(random.Int(1, 9))};
}
float RandomScale(Random& random) { return float(std::exp2(random.Real(-9, 3))); }

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

// ---- addition

// reference_integer_ops::Add, one element, its parameters from the scales each time; no tables.
int8_t AddOne(int8_t x1, float s1, int zp1, int8_t x2, float s2, int zp2, float s, int zp, int lo, int hi) {
  const double twice_max = 2.0 * double(s1 > s2 ? s1 : s2);
  const auto scaled = [](int64_t value, double factor) {  // round(round(value * fraction) * 2^exponent)
    int exponent = 0;
    int64_t fixed = std::llround(std::frexp(factor, &exponent) * 2147483648.0);
    if (fixed == int64_t{1} << 31) {
      fixed /= 2;
      ++exponent;
    }
    const reference::Wide high = reference::RoundHalfUp(reference::Wide{value} * fixed, 31);
    return exponent < -31 ? 0 : int64_t(reference::RoundHalfAway(high, -exponent));
  };
  const int64_t sum = scaled((int64_t{x1} - zp1) * 1048576, double(s1) / twice_max) +
                      scaled((int64_t{x2} - zp2) * 1048576, double(s2) / twice_max);
  const int64_t y = scaled(sum, twice_max / (1048576.0 * double(s))) + zp;
  return int8_t(y < lo ? lo : y > hi ? hi : y);
}

TEST(Add, EqualsTheFormulaForEveryPairOfInputs) {
  int64_t compared = 0, clamped = 0;
  for (uint64_t seed = 0; seed < 40; ++seed) {
    Random random(seed);
    const float s1 = RandomScale(random), s2 = random.Chance(4) ? s1 : RandomScale(random);
    const auto s = float(double(std::max(s1, s2)) * random.Real(0.4, 2.5));
    const int zp1 = int(random.Int(-128, 127)), zp2 = int(random.Int(-128, 127)),
              zp = int(random.Int(-128, 127));
    const int lo = random.Chance(2) ? zp : -128,
              hi = random.Chance(3) ? int(std::min<int64_t>(127, lo + random.Int(0, 60))) : 127;
    TensorI8 a({1, 256, 256, 1}), b(a.shape);
    for (int i = 0; i < 65536; ++i) {
      a.data[size_t(i)] = int8_t(i / 256 - 128);
      b.data[size_t(i)] = int8_t(i % 256 - 128);
    }
    const TensorI8 got = golden::Add(a, b, golden::MakeAdd(s1, zp1, s2, zp2, s, zp, lo, hi));
    for (size_t i = 0; i < got.data.size(); ++i, ++compared) {
      const int8_t want = AddOne(a.data[i], s1, zp1, b.data[i], s2, zp2, s, zp, lo, hi);
      ASSERT_EQ(got.data[i], want) << "seed " << seed << " x1 " << int(a.data[i]) << " x2 " << int(b.data[i]);
      const double real = (double(s1) * (a.data[i] - zp1) + double(s2) * (b.data[i] - zp2)) / double(s) + zp;
      ASSERT_NEAR(got.data[i], std::clamp(real, double(lo), double(hi)), 0.502) << "seed " << seed;
      clamped += got.data[i] == lo || got.data[i] == hi ? 1 : 0;
    }
  }
  EXPECT_GT(clamped, compared / 20);
  EXPECT_LT(clamped, compared * 9 / 10);
}

TEST(Add, ParametersOfKnownScales) {
  const AddLayer layer = golden::MakeAdd(0.5F, 3, 0.125F, -4, 1.0F, 7, 7, 100);
  EXPECT_EQ(layer, (AddLayer{.zp1 = 3,
                             .zp2 = -4,
                             .mult1 = 1 << 30,  // 0.5 / 1
                             .mult2 = 1 << 30,  // 0.125 / 1
                             .mult_out = 1 << 30,
                             .shift1 = 0,
                             .shift2 = -2,
                             .shift_out = -19,  // 1 / 2^20
                             .zp_out = 7,
                             .clamp_lo = 7,
                             .clamp_hi = 100}));
  const TensorI8 a({1, 1, 1, 1}, 13), b({1, 1, 1, 1}, 8);  // 5 and 1.5
  EXPECT_EQ(golden::Add(a, b, layer).data[0], 14);         // 6.5 rounds away from zero
  const golden::TableI32 table = golden::AddTable(3, 1 << 30, 0);
  EXPECT_EQ(table[13], 5 << 20);
  EXPECT_EQ(table[uint8_t(int8_t{-128})], -(131 << 19));
}

// Corner parameters that no pair of scales gives: with them too, Add is the formula over the tables.
TEST(Add, CornerMultipliers) {
  for (const int32_t mult : {0, 1, 1 << 30, INT32_MAX})
    for (const int shift : {0, -1, -30, -31}) {
      const golden::TableI32 table = golden::AddTable(-128, mult, shift);
      for (int x = -128; x <= 127; ++x)
        ASSERT_EQ(table[uint8_t(x)], reference::Multiply((x + 128) << 20, mult, shift))
            << "mult " << mult << " shift " << shift << " x " << x;
    }
}

// ---- change of scale

TEST(Rescale, EqualsTheFormulaForEveryInput) {
  std::array<int, 256> seen{};
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    Random random(seed);
    const float s_in = RandomScale(random), s_out = float(double(s_in) * std::exp2(random.Real(-3, 3)));
    const int zp_in = int(random.Int(-128, 127)), zp_out = int(random.Int(-128, 127));
    const int lo = random.Chance(2) ? zp_out : -128, hi = random.Chance(2) ? int(random.Int(lo, 127)) : 127;
    const RescaleLayer layer = golden::MakeRescale(s_in, zp_in, s_out, zp_out, lo, hi);
    TensorI8 in({1, 16, 16, 1});
    for (int i = 0; i < 256; ++i) in.data[size_t(i)] = int8_t(i);
    const TensorI8 got = golden::Table(in, {golden::RescaleTable(layer)});
    for (int i = 0; i < 256; ++i) {
      const int x = int8_t(i) - zp_in;
      const int64_t y = reference::Multiply(x, layer.multiplier, layer.shift) + zp_out;
      ASSERT_EQ(got.data[size_t(i)], std::min<int64_t>(std::max<int64_t>(y, lo), hi)) << "seed " << seed;
      const double real = std::clamp(x * double(s_in) / double(s_out) + zp_out, double(lo), double(hi));
      ASSERT_NEAR(got.data[size_t(i)], real, 1.001) << "seed " << seed << " x " << x;  // rounded twice
      ++seen[uint8_t(got.data[size_t(i)])];
    }
  }
  for (const int count : seen) EXPECT_GT(count, 100);
}

TEST(Rescale, WithEqualScalesOnlyClampsAndMoves) {
  const RescaleLayer layer = golden::MakeRescale(0.3F, 5, 0.3F, 5, 5, 127);  // Relu
  EXPECT_EQ(layer.multiplier, RescaleLayer{}.multiplier);
  EXPECT_EQ(layer.shift, RescaleLayer{}.shift);
  const TableI8 table = golden::RescaleTable(layer);
  for (int x = -128; x <= 127; ++x) ASSERT_EQ(table[uint8_t(x)], std::max(x, 5));
}

// ---- TFLite itself

struct Quantisation {
  float scale;
  int zero_point;
};
struct TfliteAdd {
  Quantisation a, b, out;
  bool relu;
  uint32_t crc;  // of the outputs for all pairs of inputs, from (-128, -128) on, the second one first
};
struct TfliteRescale {
  Quantisation in, out;
  bool relu;     // RELU, else QUANTIZE
  uint32_t crc;  // of the outputs for all inputs, from -128 on
};
#include "tests/sw_model/golden/tflite_vectors.inc"

uint32_t Crc(const TensorI8& t) {
  return uint32_t(crc32(0, reinterpret_cast<const Bytef*>(t.data.data()), uInt(t.data.size())));
}

TEST(Tflite, AddIsItsReferenceKernel) {
  TensorI8 a({1, 256, 256, 1}), b(a.shape);
  for (int i = 0; i < 65536; ++i) {
    a.data[size_t(i)] = int8_t(i / 256 - 128);
    b.data[size_t(i)] = int8_t(i % 256 - 128);
  }
  int compared = 0;
  for (const TfliteAdd& v : kTfliteAdds) {
    const AddLayer layer = golden::MakeAdd(v.a.scale, v.a.zero_point, v.b.scale, v.b.zero_point, v.out.scale,
                                           v.out.zero_point, v.relu ? v.out.zero_point : -128, 127);
    EXPECT_EQ(Crc(golden::Add(a, b, layer)), v.crc) << "vector " << compared;
    ++compared;
  }
  EXPECT_EQ(compared, 60);
}

TEST(Tflite, RescaleIsItsReferenceKernels) {
  TensorI8 in({1, 16, 16, 1});
  for (int i = 0; i < 256; ++i) in.data[size_t(i)] = int8_t(i - 128);
  int compared = 0;
  for (const TfliteRescale& v : kTfliteRescales) {
    const RescaleLayer layer = golden::MakeRescale(v.in.scale, v.in.zero_point, v.out.scale, v.out.zero_point,
                                                   v.relu ? v.out.zero_point : -128, 127);
    EXPECT_EQ(Crc(golden::Table(in, {golden::RescaleTable(layer)})), v.crc) << "vector " << compared;
    ++compared;
  }
  EXPECT_EQ(compared, 120);
}

// ---- joins and borders

TEST(Concat, RandomMaps) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    Random random(seed);
    const Shape shape = RandomShape(random);
    std::vector<TensorI8> inputs;
    ConcatLayer layer{.inputs = {}, .axis = int(random.Int(0, 2))};
    for (int64_t i = random.Int(1, 4); i > 0; --i) {
      std::array<int, 3> sizes{shape.h, shape.w, shape.c};
      sizes[size_t(layer.axis)] = int(random.Int(1, 9));
      inputs.push_back(RandomTensor(random, {shape.n, sizes[0], sizes[1], sizes[2]}));
      for (int8_t& y : layer.inputs.emplace_back().table) y = int8_t(random.Int(-128, 127));
    }
    std::vector<const TensorI8*> pointers;
    for (const TensorI8& in : inputs) pointers.push_back(&in);
    const TensorI8 got = golden::Concat(pointers, layer);
    size_t compared = 0;
    std::array<int, 3> first{0, 0, 0};
    for (size_t i = 0; i < inputs.size(); ++i) {
      const Shape& s = inputs[i].shape;
      for (int n = 0; n < s.n; ++n)
        for (int y = 0; y < s.h; ++y)
          for (int x = 0; x < s.w; ++x)
            for (int c = 0; c < s.c; ++c, ++compared)
              ASSERT_EQ(got.at(n, first[0] + y, first[1] + x, first[2] + c),
                        layer.inputs[i].table[uint8_t(inputs[i].at(n, y, x, c))])
                  << "seed " << seed;
      first[size_t(layer.axis)] += std::array{s.h, s.w, s.c}[size_t(layer.axis)];
    }
    ASSERT_EQ(got.data.size(), compared);
  }
}

// The pixel of a line of `size` pixels that numpy.pad shows at a position; -1: none.
int PaddedFrom(PadMode mode, int at, int size) {
  std::vector<int> line(size_t(size), 0);
  std::iota(line.begin(), line.end(), 0);
  if (at >= 0 && at < size) return line[size_t(at)];
  if (mode == PadMode::kConstant) return -1;
  if (mode == PadMode::kEdge) return at < 0 ? line.front() : line.back();
  std::vector<int> mirror(line.rbegin(), line.rend());  // before the line, and behind it
  if (mode == PadMode::kReflect) {
    if (at < 0) mirror.pop_back();
    else mirror.erase(mirror.begin());
  }
  return at < 0 ? mirror.at(mirror.size() - size_t(-at)) : mirror.at(size_t(at - size));
}

TEST(Pad, RandomBorders) {
  for (uint64_t seed = 0; seed < 1000; ++seed) {
    Random random(seed);
    const TensorI8 in = RandomTensor(random, RandomShape(random));
    PadLayer layer;
    layer.value = int(random.Int(-128, 127));
    layer.mode =
        random.Pick(std::array{PadMode::kConstant, PadMode::kEdge, PadMode::kReflect, PadMode::kSymmetric});
    const auto border = [&](int size) {
      const int most = layer.mode == PadMode::kReflect     ? size - 1
                       : layer.mode == PadMode::kSymmetric ? size
                                                           : 3;
      return int(random.Int(0, std::min(most, 3)));
    };
    layer.pad = {border(in.shape.h), border(in.shape.h), border(in.shape.w), border(in.shape.w)};
    const TensorI8 got = golden::Pad(in, layer);
    const Shape& s = got.shape;
    ASSERT_EQ(s, (Shape{in.shape.n, in.shape.h + layer.pad.top + layer.pad.bottom,
                        in.shape.w + layer.pad.left + layer.pad.right, in.shape.c}));
    for (int n = 0; n < s.n; ++n)
      for (int y = 0; y < s.h; ++y)
        for (int x = 0; x < s.w; ++x)
          for (int c = 0; c < s.c; ++c) {
            const int from_y = PaddedFrom(layer.mode, y - layer.pad.top, in.shape.h),
                      from_x = PaddedFrom(layer.mode, x - layer.pad.left, in.shape.w);
            ASSERT_EQ(got.at(n, y, x, c),
                      from_y >= 0 && from_x >= 0 ? in.at(n, from_y, from_x, c) : layer.value)
                << "seed " << seed << " n " << n << " y " << y << " x " << x << " c " << c;
          }
  }
}

TEST(Upsample, RandomFactors) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    Random random(seed);
    const TensorI8 in = RandomTensor(random, RandomShape(random));
    const UpsampleLayer layer{int(random.Int(1, 4)), int(random.Int(1, 4))};
    const TensorI8 got = golden::Upsample(in, layer);
    ASSERT_EQ(got.shape,
              (Shape{in.shape.n, in.shape.h * layer.factor_h, in.shape.w * layer.factor_w, in.shape.c}));
    // each input pixel fills a block
    for (int n = 0; n < in.shape.n; ++n)
      for (int y = 0; y < in.shape.h; ++y)
        for (int x = 0; x < in.shape.w; ++x)
          for (int c = 0; c < in.shape.c; ++c)
            for (int dy = 0; dy < layer.factor_h; ++dy)
              for (int dx = 0; dx < layer.factor_w; ++dx)
                ASSERT_EQ(got.at(n, y * layer.factor_h + dy, x * layer.factor_w + dx, c), in.at(n, y, x, c))
                    << "seed " << seed;
  }
}

TEST(AveragePool, GlobalIsTheRoundedMean) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    Random random(seed);
    const TensorI8 in = RandomTensor(random, RandomShape(random));
    const TensorI8 got = golden::AveragePool(in, golden::GlobalWindow(in.shape));
    ASSERT_EQ(got.shape, (Shape{in.shape.n, 1, 1, in.shape.c}));
    for (int n = 0; n < in.shape.n; ++n)
      for (int c = 0; c < in.shape.c; ++c) {
        double sum = 0;
        for (int y = 0; y < in.shape.h; ++y)
          for (int x = 0; x < in.shape.w; ++x) sum += in.at(n, y, x, c);
        ASSERT_EQ(got.at(n, 0, 0, c), std::round(sum / (in.shape.h * in.shape.w))) << "seed " << seed;
      }
  }
}

// ---- refusals

TEST(PointwiseRefusals, Parameters) {
  const TensorI8 in({1, 2, 2, 2});
  const float inf = std::numeric_limits<float>::infinity();
  ExpectRefusal([&] { golden::MakeAdd(0, 0, 1, 0, 1, 0); }, {"first scale is 0"});
  ExpectRefusal([&] { golden::MakeAdd(1, 0, inf, 0, 1, 0); }, {"second scale is inf"});
  ExpectRefusal([&] { golden::MakeAdd(1, 0, 1, 0, 1e-7F, 0); }, {"output factor", "below 1"});
  ExpectRefusal([&] { golden::MakeRescale(1, 0, -1, 0); }, {"output scale is -1"});
  ExpectRefusal([&] { golden::AddTable(128, 1, 0); }, {"input zero point is 128"});
  ExpectRefusal([&] { golden::AddTable(0, -1, 0); }, {"multiplier is -1"});
  ExpectRefusal([&] { golden::AddTable(0, 1, 1); }, {"shift of the multiplier is 1", "-31 to 0"});
  ExpectRefusal([&] { golden::Add(in, in, AddLayer{.clamp_lo = 3, .clamp_hi = 2}); }, {"upper clamp is 2"});
  ExpectRefusal([&] { golden::Add(in, in, AddLayer{.mult_out = -5}); }, {"output multiplier is -5"});
  ExpectRefusal([&] { golden::RescaleTable({.shift = 31}); }, {"shift", "31", "30"});
  ExpectRefusal([&] { golden::RescaleTable({.output_zp = -129}); }, {"output zero point is -129"});
  ExpectRefusal([&] { golden::Pad(in, PadLayer{{-1, 0, 0, 0}, 0}); }, {"padding is -1"});
  ExpectRefusal(
      [&] {
        golden::Pad(in, PadLayer{{0, 2, 0, 0}, 0, PadMode::kReflect});
      },
      {"padding is 2", "0 to 1"});
  ExpectRefusal(
      [&] {
        golden::Pad(in, PadLayer{{0, 3, 0, 0}, 0, PadMode::kSymmetric});
      },
      {"padding is 3", "0 to 2"});
  ExpectRefusal([&] { golden::Concat({&in}, {.inputs = {{}}, .axis = 3}); }, {"axis is 3", "0 to 2"});
  ExpectRefusal([&] { golden::Pad(in, PadLayer{{}, 200}); }, {"padding's value is 200"});
  ExpectRefusal([&] { golden::Pad(in, PadLayer{{65535, 0, 0, 0}, 0}); }, {"65537", "at most 65536"});
  ExpectRefusal([&] { golden::Upsample(in, UpsampleLayer{0, 1}); }, {"factor is 0"});
  ExpectRefusal([&] { golden::Upsample(in, UpsampleLayer{65536, 1}); }, {"131072"});
}

TEST(PointwiseRefusals, Shapes) {
  const TensorI8 in({1, 2, 2, 2}), wide({1, 2, 3, 2});
  TensorI8 cut = in;
  cut.data.pop_back();
  ExpectRefusal([&] { golden::Add(in, wide, {}); }, {"1x2x2x2", "1x2x3x2"});
  ExpectRefusal(
      [&] {
        golden::Concat({&in, &wide}, {.inputs = {{}, {}}});
      },
      {"1x2x2x2", "1x2x3x2", "more than one axis"});
  ExpectRefusal([&] { golden::Concat({&in}, {.inputs = {{}, {}}}); }, {"1 inputs and 2 tables"});
  ExpectRefusal([&] { golden::Concat({}, {}); }, {"0 inputs"});
  const std::vector<std::string> parts = {"7 values", "the 8", "1x2x2x2"};
  ExpectRefusal([&] { golden::Add(in, cut, {}); }, parts);
  ExpectRefusal([&] { golden::Table(cut, {}); }, parts);
  ExpectRefusal([&] { golden::Concat({&cut}, {.inputs = {{}}}); }, parts);
  ExpectRefusal([&] { golden::Pad(cut, {}); }, parts);
  ExpectRefusal([&] { golden::Upsample(cut, {}); }, parts);
}

}  // namespace
}  // namespace weft
