// SPDX-License-Identifier: Apache-2.0
#include "sim/systemc/inner_tensor.hpp"

#include <algorithm>
#include <array>

#include "compiler/depthwise.hpp"

namespace weft {
namespace {
constexpr int kLanes = 8;  // requantised at once
}

InnerTensor::InnerTensor(const Config& config, const uint32_t* store,
                         const std::vector<std::vector<uint8_t>>& groups)
    : config_(config),
      steps_(size_t(config.AddSteps())),
      lanes_(size_t(config.AddLanes())),
      param_bytes_(size_t(DepthwiseParameterBusWords(config)) / steps_ * size_t(config.bus_bytes)),
      weight_bytes_(
          size_t(DepthwiseWeightBusWords({.kh = 1, .kw = config.depthwise_taps, .pad = {}}, config)) *
          size_t(config.bus_bytes)),
      walk_(*DepthwiseWalk::Decode(store)),
      code_(OutputCode::OfStore(store)),
      groups_(groups),
      pixels_(size_t(walk_.images) * size_t(walk_.image_entries()) * size_t(config.cols)) {}

bool InnerTensor::Pixel(const int8_t* y, int count, bool final, const Put& put) {
  const int64_t all = int64_t{walk_.images} * walk_.rows * walk_.cols;
  const int64_t pass = std::min<int64_t>(config_.rows, all - pass_first_);
  std::copy_n(y, count, At(pass_first_ + in_pass_, group_));
  channels_ = count;
  if (++in_pass_ == pass) {
    in_pass_ = 0;
    if (++group_ == walk_.groups) group_ = 0, pass_first_ += pass;
  }
  return !final || Walk(put);
}

bool InnerTensor::Walk(const Put& put) {
  for (int g = 0; g < walk_.groups; g++) scales_.push_back(ScalesOf(g));
  for (int image = 0; image < walk_.images; image++)
    for (int row = 0; row < walk_.out_rows; row++)
      for (int g = 0; g < walk_.groups; g++)
        for (int col = 0; col < walk_.out_cols; col++) {
          std::array<int8_t, 64> out{};
          const int count = g + 1 == walk_.groups ? channels_ : config_.cols;
          Output(image, row, g, col, count, out.data());
          const bool last = image + 1 == walk_.images && row + 1 == walk_.out_rows && g + 1 == walk_.groups &&
                            col + 1 == walk_.out_cols;
          if (!put(out.data(), count, last)) return false;
        }
  return true;
}

// One pixel of a column group: its sums channel beside channel, then each requantised.
void InnerTensor::Output(int image, int row, int g, int col, int count, int8_t* out) {
  const auto cols = size_t(config_.cols), taps = size_t(config_.depthwise_taps);
  const uint8_t* weights = &groups_[size_t(g)][steps_ * param_bytes_];
  std::array<int8_t, 64> padding;
  padding.fill(int8_t(walk_.pad));
  std::array<int32_t, 64> sums{};
  for (int ky = 0; ky < walk_.kh; ky++)
    for (int kx = 0; kx < walk_.kw; kx++) {
      const int y = row * walk_.stride_y - walk_.top + ky, x = col * walk_.stride_x - walk_.left + kx;
      const bool inside = y >= 0 && y < walk_.rows && x >= 0 && x < walk_.cols;
      const int64_t pixel = (int64_t{image} * walk_.rows + y) * walk_.cols + x;
      const int8_t* values = inside ? At(pixel, g) : padding.data();
      const auto running = size_t(walk_.kw - 1 - kx);
      const size_t entry = size_t(ky * walk_.phases) + running / taps;
      const uint8_t* w = &weights[entry * weight_bytes_ + running % taps * cols];
      for (size_t c = 0; c < cols; c++) sums[c] += values[c] * int8_t(w[c]);
    }
  for (size_t c = 0; c < size_t(count); c += kLanes)
    scales_[size_t(g)].Requantize<kLanes>(reinterpret_cast<const uint32_t*>(&sums[c]), c, code_, out + c);
}

LaneScales InnerTensor::ScalesOf(int g) const {
  LaneScales scales(64);
  for (size_t c = 0; c < size_t(config_.cols); c++)
    scales.Decode(c, &groups_[size_t(g)][c / lanes_ * param_bytes_], lanes_, c % lanes_);
  return scales;
}

}  // namespace weft
