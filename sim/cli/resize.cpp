// SPDX-License-Identifier: Apache-2.0
#include "sim/cli/resize.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace weft {
namespace {

constexpr int kFraction = 22;  // bits of a weight

// The pixels of one line that make one of the new line.
struct Taps {
  size_t first = 0;
  std::vector<int32_t> weights;  // they add up to about 2^22
};

// Half rounds up; positive values only.
int Rounded(double value) { return int(std::floor(value + 0.5)); }

std::vector<Taps> MakeTaps(int from, int to) {
  const double scale = double(from) / to, width = std::max(scale, 1.0);
  std::vector<Taps> taps(static_cast<size_t>(to));
  for (int i = 0; i < to; i++) {
    const double centre = (i + 0.5) * scale;
    const int first = std::max(Rounded(centre - width), 0), end = std::min(Rounded(centre + width), from);
    std::vector<double> weights;
    double sum = 0;
    for (int x = first; x < end; x++) {
      weights.push_back(std::max(1 - std::abs((x - centre + 0.5) * (1 / width)), 0.0));
      sum += weights.back();
    }
    taps[size_t(i)].first = size_t(first);
    for (const double weight : weights)
      taps[size_t(i)].weights.push_back(Rounded(weight / sum * (1 << kFraction)));
  }
  return taps;
}

// Along the middle one of three axes, outer x from x inner.
std::vector<uint8_t> ResizedAxis(const std::vector<uint8_t>& pixels, int from, int to, size_t inner) {
  if (from == to) return pixels;
  const std::vector<Taps> taps = MakeTaps(from, to);
  const size_t outer = pixels.size() / size_t(from) / inner;
  std::vector<uint8_t> resized;
  resized.reserve(outer * size_t(to) * inner);
  for (size_t o = 0; o < outer; o++)
    for (const Taps& t : taps) {
      const uint8_t* const line = &pixels[(o * size_t(from) + t.first) * inner];
      for (size_t i = 0; i < inner; i++) {
        int32_t sum = 1 << (kFraction - 1);
        for (size_t x = 0; x < t.weights.size(); x++) sum += line[x * inner + i] * t.weights[x];
        resized.push_back(uint8_t(std::clamp(sum >> kFraction, 0, 255)));
      }
    }
  return resized;
}

}  // namespace

std::vector<uint8_t> Resized(const std::vector<uint8_t>& pixels, const Shape& from, const Shape& to) {
  const auto c = size_t(from.c);
  return ResizedAxis(ResizedAxis(pixels, from.w, to.w, c), from.h, to.h, size_t(to.w) * c);
}

}  // namespace weft
