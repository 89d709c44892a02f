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

}  // namespace weft
