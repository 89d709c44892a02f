// SPDX-License-Identifier: Apache-2.0
#include "compiler/table_layers.hpp"

#include <algorithm>

#include "sw_model/golden/golden.hpp"

namespace weft {
namespace {

constexpr int kCodes = 256;

int64_t FloorDivide(int64_t a, int64_t b) { return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0); }
int64_t CeilDivide(int64_t a, int64_t b) { return -FloorDivide(-a, b); }

// The multipliers for which golden::Requantize gives every entry of a table, with this shift and these zero
// points:
//   h = floor(e * multiplier / 2^31 + 1/2), e = (x - input_zp) * 2^left
//   y = h / 2^right rounded half away from zero, + output_zp
class MultiplierRange {
 public:
  MultiplierRange(int shift, int input_zp, int output_zp)
      : left_(std::max(shift, 0)), right_(std::max(-shift, 0)), input_zp_(input_zp), output_zp_(output_zp) {}

  // Narrows it to those that give at least or at most y; false if none is left.
  bool AtLeast(int x, int y) {
    const int64_t q = y - output_zp_, h = (q << right_) - half() + (right_ > 0 && q <= 0 ? 1 : 0);
    return Narrow(x, (2 * h - 1) << 30, true);
  }
  bool AtMost(int x, int y) {
    const int64_t q = y - output_zp_, h = (q << right_) + half() - (right_ > 0 && q >= 0 ? 1 : 0);
    return Narrow(x, ((2 * h + 1) << 30) - 1, false);
  }
  [[nodiscard]] int32_t middle() const { return int32_t((lowest_ + highest_) / 2); }

 private:
  [[nodiscard]] int64_t half() const { return right_ > 0 ? int64_t{1} << (right_ - 1) : 0; }
  // e * multiplier >= or <= product
  bool Narrow(int x, int64_t product, bool at_least) {
    const int64_t e = int64_t{x - input_zp_} << left_;
    if (e == 0) return at_least ? product <= 0 : product >= 0;
    if (at_least == (e > 0)) lowest_ = std::max(lowest_, CeilDivide(product, e));
    else highest_ = std::min(highest_, FloorDivide(product, e));
    return lowest_ <= highest_;
  }

  int left_, right_, input_zp_, output_zp_;
  int64_t lowest_ = 0, highest_ = INT32_MAX;
};

std::optional<int32_t> FindMultiplier(const TableI8& table, const RescaleLayer& r) {
  MultiplierRange range(r.shift, r.input_zp, r.output_zp);
  for (int i = 0; i < kCodes; i++) {
    const int x = int8_t(97 * i), y = table[uint8_t(x)];  // far apart, so that a wrong guess shows early
    // A clamped value may lie beyond.
    if ((y > r.clamp_lo && !range.AtLeast(x, y)) || (y < r.clamp_hi && !range.AtMost(x, y))) return {};
  }
  return range.middle();
}

// The summands as a system of difference constraints: with S = first[a] - minus_second[b] each entry y of the
// table asks for
//   (y - zp - 1/2) * 2^fraction <= S <= (y - zp + 1/2) * 2^fraction
// or only for one of both, where a clamp does the rest; which of the two bounds belong to it depends on the
// rounding. Bellman-Ford lowers summands, all 0 at first, until nothing is violated; what as many sweeps as
// there are summands do not solve has no solution.
class SumSolver {
 public:
  explicit SumSolver(const std::vector<int8_t>& table, Rounding rounding)
      : onnx_(rounding == Rounding::kOnnx), least_(table.size()), most_(table.size()) {
    const auto [lowest, highest] = std::ranges::minmax(table);
    lowest_ = lowest;
    highest_ = highest;
    const int32_t half = 1 << (fraction() - 1), far = 1024 * 2 * half - 1;  // codes to either side
    for (size_t i = 0; i < table.size(); i++) {
      const int32_t y = table[i] - zp(), middle = y * 2 * half;
      const int inside = onnx_ && y % 2 != 0 ? 1 : 0;  // half to even
      least_[i] = table[i] == lowest_ ? -far : middle - half + inside;
      most_[i] = table[i] == highest_ ? far : middle + half - (onnx_ ? inside : 1);
    }
  }

  bool Solve() {
    for (int sweep = 0; sweep <= 2 * kCodes; sweep++) {
      bool lowered = false;
      for (int a = 0; a < kCodes; a++) {
        lowered |= LowerFirst(a);
        if (first_[size_t(a)] < -kFar) return false;
        lowered |= LowerSecond(a);
      }
      if (!lowered) return true;
    }
    return false;
  }

  // With TensorFlow Lite's rounding S is doubled: the multiplier of 1/2 then rounds nothing.
  [[nodiscard]] SumLayer Sum() const {
    SumLayer sum;
    const uint32_t times = onnx_ ? 1 : 2;
    for (size_t i = 0; i < kCodes; i++) {
      sum.first[i] = int32_t(times * uint32_t(first_[i]));
      sum.second[i] = int32_t(0 - times * uint32_t(minus_second_[i]));
    }
    sum.output = {.multiplier = 1 << 30,
                  .shift = (onnx_ ? 1 : 0) - fraction(),
                  .output_zp = zp(),
                  .clamp_lo = lowest_,
                  .clamp_hi = highest_,
                  .rounding = onnx_ ? Rounding::kOnnx : Rounding::kTflite};
    return sum;
  }

 private:
  static constexpr int32_t kFar = 1 << 30;

  // Bits of a summand behind the point: sums of 1,024 codes fit the 24 bits of a float32, or 31 bits doubled.
  [[nodiscard]] int fraction() const { return onnx_ ? 14 : 19; }
  // Without it half goes to even; above the lowest code half goes up, away from zero.
  [[nodiscard]] int zp() const { return onnx_ ? 0 : -128; }
  bool LowerFirst(int a) {
    const int32_t* const most = &most_[size_t(kCodes * a)];
    const int32_t before = first_[size_t(a)];
    int32_t value = before;
    for (size_t b = 0; b < kCodes; b++) value = std::min(value, minus_second_[b] + most[b]);
    first_[size_t(a)] = value;
    return value < before;
  }
  bool LowerSecond(int a) {
    const int32_t* const least = &least_[size_t(kCodes * a)];
    const int32_t value = first_[size_t(a)];
    int32_t changed = 0;
    for (size_t b = 0; b < kCodes; b++) {
      const int32_t lower = std::min(minus_second_[b], value - least[b]);
      changed |= lower ^ minus_second_[b];
      minus_second_[b] = lower;
    }
    return changed != 0;
  }

  bool onnx_;
  int lowest_ = 0, highest_ = 0;       // entries
  std::vector<int32_t> least_, most_;  // of S, for each entry
  TableI32 first_{}, minus_second_{};  // <= 0
};

bool Gives(const SumLayer& sum, const std::vector<int8_t>& table) {
  const RescaleLayer& r = sum.output;
  for (size_t i = 0; i < table.size(); i++) {
    const auto s = int32_t(uint32_t(sum.first[i / kCodes]) + uint32_t(sum.second[i % kCodes]));
    if (golden::Requantize(s, r.multiplier, r.shift, r.output_zp, r.clamp_lo, r.clamp_hi, r.rounding) !=
        table[i])
      return false;
  }
  return true;
}

}  // namespace

// Shifts from 0 on round once, those below twice, as TensorFlow Lite does for factors below 1/2.
std::optional<RescaleLayer> FindRescale(const TableI8& table) {
  constexpr int kMostShift = 8;  // with larger factors every step leaves int8
  RescaleLayer r;
  if (table == golden::RescaleTable(r)) return r;
  for (int x = -128; x < 127; x++)
    if (table[uint8_t(x)] > table[uint8_t(x + 1)]) return {};
  r.clamp_lo = table[uint8_t(-128)];
  r.clamp_hi = table[127];
  for (int i = 0; i <= 2 * kMostShift; i++) {
    r.shift = i <= kMostShift ? i : kMostShift - i;
    for (r.input_zp = -128; r.input_zp <= 127; r.input_zp++) {
      const int zp = table[uint8_t(r.input_zp)];  // what 0 gives, but for the clamp
      const int first = zp == r.clamp_lo ? -128 : zp, last = zp == r.clamp_hi ? 127 : zp;
      for (r.output_zp = first; r.output_zp <= last; r.output_zp++)
        if (const auto multiplier = FindMultiplier(table, r)) {
          r.multiplier = *multiplier;
          return r;
        }
    }
  }
  return {};
}

// Twice the value: the multiplier of 1/2 then rounds nothing.
SumLayer SumOfTable(const TableI8& table) {
  SumLayer sum;
  std::ranges::transform(table, sum.first.begin(), [](int8_t y) { return 2 * y; });
  sum.output.shift = 0;
  return sum;
}

std::optional<SumLayer> FindSum(const std::vector<int8_t>& table) {
  for (const Rounding rounding : {Rounding::kTflite, Rounding::kOnnx}) {
    SumSolver solver(table, rounding);
    if (!solver.Solve()) continue;
    const SumLayer sum = solver.Sum();
    if (Gives(sum, table)) return sum;
  }
  return {};
}

}  // namespace weft
