// SPDX-License-Identifier: Apache-2.0
// Tensors as pictures. A picture's grey is an int8 code moved up by 128, as it is: whoever shows it may
// stretch and colour it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sw_model/tensor.hpp"

namespace weft {

struct Picture {
  int width = 0, height = 0;
  int channels = 1;  // bytes of a pixel: 1 grey, 3 RGB, 2 and 4 with opacity
  std::vector<uint8_t> pixels;
};

// One channel of one image of a map.
Picture MapPicture(const TensorI8& map, int image, int channel);
// All channels of an image whose map is a single pixel, `width` beside each other.
Picture VectorPicture(const TensorI8& map, int image, int width);
// An image as it goes into a network: in colour if it has three channels, else its first channel.
Picture ImagePicture(const TensorI8& images, int image);

// Filters with gaps of a pixel between them. Those of one input channel, or of three (in colour), lie in rows
// of up to `wide`; of others each column is a filter and each row an input channel. At most `most` filters
// and channels are shown.
struct FilterSheet {
  Picture picture;
  int filters = 0, channels = 0;  // that are shown
  bool colour = false, matrix = false;
};
FilterSheet FilterPicture(const TensorI8& filters, int most, int wide);

// A PNG file as a "data:" address.
std::string DataUri(const Picture& picture);

}  // namespace weft
