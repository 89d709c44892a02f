// SPDX-License-Identifier: Apache-2.0
// The engine's outputs for a depthwise convolution of residual_add, and what that makes of them when all are
// there (rtl/system/depthwise.sv), bit for bit.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "compiler/depthwise_walk.hpp"
#include "sim/systemc/requantizer.hpp"
#include "sw_model/config.hpp"

namespace weft {

class InnerTensor {
 public:
  // The store words of a job whose addition is such a convolution, and the column groups that are streamed to
  // it.
  InnerTensor(const Config& config, const uint32_t* store, const std::vector<std::vector<uint8_t>>& groups);

  // Gets an output: its channels, how many, whether it is the last one. Says whether that is right.
  using Put = std::function<bool(const int8_t* channels, int count, bool final)>;
  // The next output of the engine; with the final one `put` gets all of the convolution.
  bool Pixel(const int8_t* y, int count, bool final, const Put& put);

 private:
  int8_t* At(int64_t pixel, int group) {
    return &pixels_[size_t(pixel * walk_.groups + group) * entry_bytes_];
  }
  bool Walk(const Put& put);
  void Output(int image, int row, int g, int col, int count, int8_t* out);
  [[nodiscard]] LaneScales ScalesOf(const std::vector<uint8_t>& group) const;
  [[nodiscard]] std::vector<int32_t> WeightsOf(const std::vector<uint8_t>& group) const;

  const Config& config_;
  size_t lanes_, param_bytes_;  // of an entry of parameters: its channels, its bytes
  size_t entry_bytes_;          // of the inner tensor: a column group's channels at a pixel, and spare ones
  DepthwiseWalk walk_;
  OutputCode code_;
  std::vector<LaneScales> scales_;             // of each column group
  std::vector<std::vector<int32_t>> weights_;  // of each column group
  std::vector<int8_t> padding_;                // an entry outside of the tensor
  std::vector<int8_t> pixels_;                 // entry after entry
  std::vector<const int8_t*> taps_;            // the entries of a pixel's window
  int64_t pass_first_ = 0, in_pass_ = 0;
  int group_ = 0, channels_ = 0;
};

}  // namespace weft
