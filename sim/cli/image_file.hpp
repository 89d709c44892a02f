// SPDX-License-Identifier: Apache-2.0
// Files of one image: PNG, JPEG, BMP, PGM and PPM (binary).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sw_model/tensor.hpp"

namespace weft {

[[nodiscard]] bool IsImageFile(const std::vector<uint8_t>& file);

// The image as pixels of the wanted size: HWC, one (grey) or three (RGB) channels. A channel of transparency
// is left out if all of the image is opaque. With `resize` the image is brought to the wanted height and
// width (resize.hpp). Throws Error, which begins with `path`, for damaged files and images that do not fit.
std::vector<uint8_t> ReadImage(const std::vector<uint8_t>& file, const Shape& wanted, bool resize,
                               const std::string& path);

}  // namespace weft
