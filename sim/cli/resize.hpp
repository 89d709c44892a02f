// SPDX-License-Identifier: Apache-2.0
// Resizing as Pillow does it, to the bit: Image.resize(size, BILINEAR) of its src/libImaging/Resample.c.
#pragma once

#include <cstdint>
#include <vector>

#include "sw_model/tensor.hpp"

namespace weft {

// Pixels are HWC of `from`, a triangle filter as wide as a pixel of the smaller image: first along the width,
// then along the height, each rounded to 8 bits. `to` has as many channels; n is not used.
std::vector<uint8_t> Resized(const std::vector<uint8_t>& pixels, const Shape& from, const Shape& to);

}  // namespace weft
