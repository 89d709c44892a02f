// SPDX-License-Identifier: Apache-2.0
// What `weft waves` is asked for, in both of its forms.
#pragma once

#include <cstdint>
#include <string>

#include "sim/cli/conv_layer.hpp"
#include "sim/cli/options.hpp"

namespace weft::cli {

struct WavesOptions {
  std::string model;  // empty: a layer, `conv`
  ModelFlags model_flags;
  InputFlags input;  // the first images are run
  ConvOptions conv;
  std::string config = "8x8", memory, out = "waves", json;
  std::string vectors, engine = "rtl";  // the latter: golden writes vectors only
  int batch = 1;                        // images of a model
  int64_t window = 48;
  bool time = false, system = false;
};

// ", row 1 (bits 15:8)": which part of a signal of lanes of so many bits (0: not said) is meant; "" for all.
std::string LaneText(int lane, const std::string& lane_is, int bits);

// The form for weft_top. Returns the exit status.
int SystemWaves(const WavesOptions& options);

}  // namespace weft::cli
