// SPDX-License-Identifier: Apache-2.0
// A job whose outputs go through a depthwise convolution, for the tests of residual_add and depthwise_walk:
// its store words, the bus words of its weights and parameters, and the sums, computed from where each pixel
// is.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "tests/rtl/testbench.hpp"

namespace weft::rtl {

struct DepthwiseJob {
  int images, rows, cols;  // the inner tensor
  int kh, kw, stride_h, stride_w, top, left, out_rows, out_cols;
  int groups, last_group;
  int pad, zp, lo, hi;
  Rounding rounding = Rounding::kTflite;

  [[nodiscard]] int image_pixels() const { return rows * cols; }
  [[nodiscard]] int pixels() const { return images * image_pixels(); }
  [[nodiscard]] int row_entries() const { return cols * groups; }
  [[nodiscard]] int phases(int taps) const { return (kw + taps - 1) / taps; }
  [[nodiscard]] int weights(int taps) const { return groups * kh * phases(taps); }
  [[nodiscard]] int corner() const { return -(top * cols + left) * groups; }
  [[nodiscard]] int row_step() const { return stride_h * row_entries(); }
  [[nodiscard]] int window_entries() const { return kh * row_entries() + left * groups; }

  // Entries, from the job's first one, that the walk needs for a row of outputs; that it frees behind it.
  [[nodiscard]] int Needs(int image, int row) const {
    const int bottom = std::min(row * stride_h - top + kh, rows);
    return image * image_pixels() * groups + bottom * row_entries();
  }
  [[nodiscard]] int Frees(int image, int row) const {
    if (row == out_rows - 1) return (image + 1) * image_pixels() * groups;
    const int y = (row + 1) * stride_h - top;
    return image * image_pixels() * groups + (y > 0 ? y * row_entries() - left * groups : 0);
  }
  // The end of the pass that brings the last one of so many entries.
  [[nodiscard]] int PassEnd(int entries, int pass) const {
    const int n = (entries + groups - 1) / groups;
    return std::min((n + pass - 1) / pass * pass, pixels()) * groups;
  }
  // Whether a buffer of so many entries is enough, which the compiler sees to.
  [[nodiscard]] bool Fits(int pass, int depth) const {
    int freed = 0;
    for (int image = 0; image < images; image++)
      for (int row = 0; row < out_rows; row++) {
        if (PassEnd(Needs(image, row), pass) - freed > depth) return false;
        freed = Frees(image, row);
      }
    return true;
  }

  void Put(std::array<uint32_t, weft_list_pkg::STORE_WORDS>* store, int taps, int steps) const {
    namespace list = weft_list_pkg;
    auto& s = *store;
    const auto byte = [](int value) { return uint32_t(value) & 0xff; };
    s[list::STORE_COLS] = uint32_t(out_cols - 1);
    s[list::STORE_ROWS] = uint32_t(out_rows - 1);
    s[list::STORE_GROUPS] = uint32_t(groups - 1);
    s[list::STORE_ADD] = uint32_t{list::ADD_DEPTHWISE} << list::STORE_ADD_KIND_LSB |
                         byte(hi) << list::STORE_ADD_CLAMP_HI_LSB | byte(lo) << list::STORE_ADD_CLAMP_LO_LSB |
                         byte(zp) << list::STORE_ADD_ZP_LSB;
    s[list::STORE_DW_COUNTS] = uint32_t(weights(taps)) << list::STORE_DW_COUNTS_WEIGHTS_LSB |
                               uint32_t(groups * steps) << list::STORE_DW_COUNTS_PARAMS_LSB |
                               uint32_t{rounding == Rounding::kOnnx} << list::STORE_ADD_SCALE_ROUNDING_BIT;
    s[list::STORE_DW_SHAPE] = uint32_t(kh - 1) << list::STORE_DW_SHAPE_KY_LAST_LSB |
                              uint32_t(kw - 1) << list::STORE_DW_SHAPE_KX_LAST_LSB |
                              uint32_t(phases(taps) - 1) << list::STORE_DW_SHAPE_PHASE_LAST_LSB |
                              uint32_t(stride_w - 1) << list::STORE_DW_SHAPE_STRIDE_X_LAST_LSB |
                              uint32_t(stride_h - 1) << list::STORE_DW_SHAPE_STRIDE_Y_LAST_LSB |
                              byte(pad) << list::STORE_DW_SHAPE_PAD_LSB;
    s[list::STORE_DW_ROW_ENTRIES] = uint32_t(row_entries());
    s[list::STORE_DW_ROW_STEP] = uint32_t(row_step());
    s[list::STORE_DW_CORNER] = uint32_t(corner());
    s[list::STORE_DW_IMAGE_STEP] = uint32_t(image_pixels() * groups - (out_rows - 1) * row_step());
    s[list::STORE_DW_WINDOW_ENTRIES] = uint32_t(window_entries());
    s[list::STORE_DW_IMAGE_ENTRIES] = uint32_t(image_pixels() * groups);
    s[list::STORE_DW_TOTAL] = uint32_t(pixels());
    s[list::STORE_DW_INNER] = uint32_t(cols) << list::STORE_DW_INNER_COLS_LSB |
                              uint32_t(images - 1) << list::STORE_DW_INNER_IMAGES_LAST_LSB;
    s[list::STORE_DW_MAP] = uint32_t(left) << list::STORE_DW_MAP_LEFT_LSB |
                            uint32_t(top) << list::STORE_DW_MAP_TOP_LSB |
                            uint32_t(rows) << list::STORE_DW_MAP_ROWS_LSB;
    s[list::STORE_POOL] = 1;
  }
};

inline std::string Show(const DepthwiseJob& j) {
  return fmt::format(
      "{} images of {}x{} under {}x{} by {}x{}, padding {} above and {} left, outputs {}x{}, {} groups, {} "
      "in the last",
      j.images, j.rows, j.cols, j.kh, j.kw, j.stride_h, j.stride_w, j.top, j.left, j.out_rows, j.out_cols,
      j.groups, j.last_group);
}

// One that the compiler would make, for a buffer of `depth` entries, passes of `pass` pixels and `channels` a
// column group.
inline DepthwiseJob DrawDepthwise(Random& random, int pass, int depth, int channels, int taps, int steps) {
  for (;;) {
    DepthwiseJob j{};
    j.images = random.Chance(2) ? 1 : int(random.Int(1, 3));
    j.rows = int(random.Int(1, 9)), j.cols = int(random.Int(1, 9));
    const bool usual = random.Chance(2);
    j.kh = usual ? 3 : int(random.Int(1, 7)), j.kw = usual ? 3 : int(random.Int(1, 6));
    j.stride_h = random.Chance(2) ? 1 : int(random.Int(1, 4)),
    j.stride_w = random.Chance(2) ? 1 : int(random.Int(1, 4));
    j.top = int(random.Int(0, j.kh - 1)), j.left = int(random.Int(0, j.kw - 1));
    const int high = j.rows + j.top + int(random.Int(0, j.kh - 1)) - j.kh;
    const int wide = j.cols + j.left + int(random.Int(0, j.kw - 1)) - j.kw;
    if (high < 0 || wide < 0) continue;
    j.out_rows = high / j.stride_h + 1, j.out_cols = wide / j.stride_w + 1;
    j.groups = random.Chance(2) ? 1 : int(random.Int(1, 4));
    j.last_group = random.Chance(2) ? channels : int(random.Int(1, channels));
    j.pad = int(random.Int(-128, 127));
    j.zp = random.Chance(4) ? random.Pick(std::array{-128, 127, 0}) : int(random.Int(-128, 127));
    j.lo = random.Chance(2) ? -128 : int(random.Int(-128, 127));
    j.hi = random.Chance(2) ? 127 : int(random.Int(j.lo, 127));
    if (random.Chance(2)) j.rounding = Rounding::kOnnx;
    if (j.Fits(pass, depth) && j.weights(taps) <= 256 && j.groups * steps <= 256) return j;
  }
}

// What such a job computes with, of all column groups.
struct DepthwiseData {
  int channels;                        // of a column group
  std::vector<int8_t> inner, weights;  // [pixel][group][channel], [group][ky][kx][channel]
  std::vector<int32_t> bias, mult;     // [group][channel]
  std::vector<int8_t> shift;

  DepthwiseData(Random& random, const DepthwiseJob& j, int cols) : channels(cols) {
    const bool ends = random.Chance(4);
    const size_t all = size_t(j.groups * cols);
    inner.resize(size_t(j.pixels()) * all), weights.resize(size_t(j.kh * j.kw) * all);
    random.Fill(inner, ends), random.Fill(weights, ends);
    for (size_t c = 0; c < all; c++) {
      bias.push_back(
          int32_t(random.Chance(4) ? random.Int(INT32_MIN / 2, INT32_MAX / 2) : random.Int(-100000, 100000)));
      mult.push_back(random.Chance(4) ? random.Pick(std::array{INT32_MAX, 1 << 30, 0})
                                      : int32_t(random.Int(1 << 30, INT32_MAX)));
      if (j.rounding == Rounding::kOnnx) mult.back() &= ~0x7f;  // 24 bits
      shift.push_back(int8_t(random.Chance(4) ? random.Int(-31, 30) : random.Int(-14, -6)));
    }
  }
  // With its bias.
  [[nodiscard]] int32_t Sum(const DepthwiseJob& j, int image, int oy, int ox, int group, int c) const {
    const int all = j.groups * channels, k = group * channels + c;
    int32_t sum = bias[size_t(k)];
    for (int ky = 0; ky < j.kh; ky++)
      for (int kx = 0; kx < j.kw; kx++) {
        const int y = oy * j.stride_h - j.top + ky, x = ox * j.stride_w - j.left + kx;
        const bool inside = y >= 0 && y < j.rows && x >= 0 && x < j.cols;
        const int a = inside ? inner[size_t(((image * j.rows + y) * j.cols + x) * all + k)] : j.pad;
        sum += a * weights[size_t(((group * j.kh + ky) * j.kw + kx) * channels + c)];
      }
    return sum;
  }
  [[nodiscard]] int8_t Output(const DepthwiseJob& j, int image, int oy, int ox, int group, int c) const {
    const auto k = size_t(group * channels + c);
    return golden::Requantize(Sum(j, image, oy, ox, group, c), mult[k], shift[k], j.zp, j.lo, j.hi,
                              j.rounding);
  }
  // The bytes of the streams, each entry filled up to a bus word.
  [[nodiscard]] std::vector<uint8_t> WeightBytes(const DepthwiseJob& j, int taps, int bus) const {
    std::vector<uint8_t> bytes;
    for (int row = 0; row < j.groups * j.kh; row++)
      for (int phase = 0; phase < j.phases(taps); phase++) {
        for (int t = 0; t < taps; t++)
          for (int c = 0; c < channels; c++) {
            const int kx = j.kw - 1 - (phase * taps + t);
            bytes.push_back(kx < 0 ? 0 : uint8_t(weights[size_t((row * j.kw + kx) * channels + c)]));
          }
        bytes.resize((bytes.size() + size_t(bus) - 1) / size_t(bus) * size_t(bus));
      }
    return bytes;
  }
  [[nodiscard]] std::vector<uint8_t> ParameterBytes(const DepthwiseJob& j, int lanes, int bus) const {
    std::vector<uint8_t> bytes;
    const auto put = [&](int32_t value, int count) {
      for (int i = 0; i < count; i++) bytes.push_back(uint8_t(value >> (8 * i)));
    };
    for (int g = 0; g < j.groups; g++)
      for (int first = 0; first < channels; first += lanes) {
        const auto at = [&](int lane) { return size_t(g * channels + std::min(first + lane, channels - 1)); };
        for (int lane = 0; lane < lanes; lane++) put(bias[at(lane)], 4);
        for (int lane = 0; lane < lanes; lane++) put(mult[at(lane)], 4);
        for (int lane = 0; lane < lanes; lane++) put(shift[at(lane)], 1);
        bytes.resize((bytes.size() + size_t(bus) - 1) / size_t(bus) * size_t(bus));
      }
    return bytes;
  }
};

}  // namespace weft::rtl
