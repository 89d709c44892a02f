// SPDX-License-Identifier: Apache-2.0
// What `weft waves` is asked for, in both of its forms.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "sim/cli/conv_layer.hpp"

namespace weft::cli {

struct WavesOptions {
  std::string model;  // empty: a layer, `conv`
  std::vector<std::filesystem::path> inputs;
  ConvOptions conv;
  std::string config = "8x8", memory, out = "waves", json;
  int batch = 1;  // images of a model
  int64_t window = 48;
  bool time = false, system = false;
};

// The form for weft_top. Returns the exit status.
int SystemWaves(const WavesOptions& options);

}  // namespace weft::cli
