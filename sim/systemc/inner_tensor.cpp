// SPDX-License-Identifier: Apache-2.0
#include "sim/systemc/inner_tensor.hpp"

#include <algorithm>
#include <array>

#include "compiler/depthwise.hpp"

namespace weft {
namespace {
constexpr size_t kLanes = 8;  // channels at once
}

InnerTensor::InnerTensor(const Config& config, const uint32_t* store,
                         const std::vector<std::vector<uint8_t>>& groups)
    : config_(config),
      lanes_(size_t(config.AddLanes())),
      param_bytes_(size_t(DepthwiseParameterBusWords(config)) / size_t(config.AddSteps()) *
                   size_t(config.bus_bytes)),
      entry_bytes_((size_t(config.cols) + kLanes - 1) / kLanes * kLanes),
      walk_(*DepthwiseWalk::Decode(store)),
      code_(OutputCode::OfStore(store)),
      padding_(entry_bytes_, int8_t(walk_.pad)),
      pixels_(size_t(walk_.images) * size_t(walk_.image_entries()) * entry_bytes_),
      taps_(size_t(walk_.kh) * size_t(walk_.kw)) {
  for (const std::vector<uint8_t>& group : groups) {
    scales_.push_back(ScalesOf(group));
    weights_.push_back(WeightsOf(group));
  }
}

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
  for (int ky = 0, tap = 0; ky < walk_.kh; ky++) {
    const int y = row * walk_.stride_y - walk_.top + ky, left = col * walk_.stride_x - walk_.left;
    const int64_t line = (int64_t{image} * walk_.rows + y) * walk_.cols;
    for (int kx = 0; kx < walk_.kw; kx++, tap++) {
      const int x = left + kx;
      const bool inside = y >= 0 && y < walk_.rows && x >= 0 && x < walk_.cols;
      taps_[size_t(tap)] = inside ? At(line + x, g) : padding_.data();
    }
  }
  for (size_t c = 0; c < size_t(count); c += kLanes) {
    const int32_t* weights = &weights_[size_t(g)][c];
    std::array<uint32_t, kLanes> sums{};
    for (const int8_t* tap : taps_) {
      for (size_t l = 0; l < kLanes; l++) sums[l] += uint32_t(tap[c + l] * weights[l]);
      weights += entry_bytes_;
    }
    scales_[size_t(g)].Requantize<kLanes>(sums.data(), c, code_, out + c);
  }
}

LaneScales InnerTensor::ScalesOf(const std::vector<uint8_t>& group) const {
  LaneScales scales(entry_bytes_);
  for (size_t c = 0; c < size_t(config_.cols); c++)
    scales.Decode(c, &group[c / lanes_ * param_bytes_], lanes_, c % lanes_);
  return scales;
}

// Tap after tap, each with as many lanes as an entry has bytes.
std::vector<int32_t> InnerTensor::WeightsOf(const std::vector<uint8_t>& group) const {
  const auto cols = size_t(config_.cols), unit = size_t(config_.depthwise_taps),
             params = size_t(config_.AddSteps()) * param_bytes_,
             row = size_t(
                       DepthwiseWeightBusWords({.kh = 1, .kw = config_.depthwise_taps, .pad = {}}, config_)) *
                   size_t(config_.bus_bytes);
  std::vector<int32_t> weights(taps_.size() * entry_bytes_);
  for (size_t tap = 0; tap < taps_.size(); tap++) {
    const size_t kw = size_t(walk_.kw), ky = tap / kw, running = kw - 1 - tap % kw;
    const uint8_t* from =
        &group[params + (ky * size_t(walk_.phases) + running / unit) * row + running % unit * cols];
    for (size_t c = 0; c < cols; c++) weights[tap * entry_bytes_ + c] = int8_t(from[c]);
  }
  return weights;
}

}  // namespace weft
