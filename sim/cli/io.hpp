// SPDX-License-Identifier: Apache-2.0
// Files of images and labels. Every function throws Error with one sentence that names the file.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "sim/cli/npy.hpp"
#include "sw_model/tensor.hpp"

namespace weft {

// Quantisation of an input: real = scale * (q - zero_point).
struct InputFormat {
  Shape shape;  // n is not used
  float scale = 1.0F;
  int zero_point = 0;
};

// Images of any of these files, in order, at most `limit` (0: all), as one batch:
//   IDX, gzipped or not    uint8 [N, H, W]: pixel v stands for v / 255
//   PNG, grey or RGB       the same
//   .npy [H, W, C] or [N, H, W, C]    int8 as it is, uint8 as pixels, float32 as real values
// q = clamp(round_half_even(real / scale) + zero_point, -128, 127). Sizes must be those of the format.
TensorI8 LoadImages(const std::vector<std::filesystem::path>& paths, const InputFormat& format, int limit);

// One label an image, of an IDX file (gzipped or not), a .npy array or a text with an integer a line.
std::vector<int> LoadLabels(const std::filesystem::path& path);

}  // namespace weft
