// SPDX-License-Identifier: Apache-2.0
#include "sim/report/picture.hpp"

#include <stb/stb_image_write.h>

#include <algorithm>

#include "sw_model/error.hpp"

namespace weft {
namespace {

uint8_t Grey(int8_t code) { return uint8_t(code + 128); }

std::string Base64(const std::vector<uint8_t>& bytes) {
  constexpr const char* kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t count = std::min<size_t>(bytes.size() - i, 3);
    uint32_t group = 0;
    for (size_t k = 0; k < 3; k++) group = group << 8 | (k < count ? bytes[i + k] : 0);
    for (size_t k = 0; k < 4; k++) text += k <= count ? kDigits[group >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

}  // namespace

Picture MapPicture(const TensorI8& map, int image, int channel) {
  Picture p{.width = map.shape.w, .height = map.shape.h, .channels = 1, .pixels = {}};
  for (int y = 0; y < p.height; y++)
    for (int x = 0; x < p.width; x++) p.pixels.push_back(Grey(map.at(image, y, x, channel)));
  return p;
}

Picture VectorPicture(const TensorI8& map, int image, int width) {
  const int channels = map.shape.c;
  width = std::min(width, channels);
  Picture p{.width = width, .height = (channels + width - 1) / width, .channels = 2, .pixels = {}};
  p.pixels.resize(size_t(2) * size_t(p.width) * size_t(p.height));
  for (int c = 0; c < channels; c++) {
    p.pixels[size_t(2 * c)] = Grey(map.at(image, 0, 0, c));
    p.pixels[size_t(2 * c + 1)] = 255;
  }
  return p;
}

Picture ImagePicture(const TensorI8& images, int image) {
  if (images.shape.c != 3) return MapPicture(images, image, 0);
  Picture p{.width = images.shape.w, .height = images.shape.h, .channels = 3, .pixels = {}};
  for (int y = 0; y < p.height; y++)
    for (int x = 0; x < p.width; x++)
      for (int c = 0; c < 3; c++) p.pixels.push_back(Grey(images.at(image, y, x, c)));
  return p;
}

FilterSheet FilterPicture(const TensorI8& filters, int most, int wide) {
  const Shape& s = filters.shape;
  FilterSheet sheet;
  sheet.colour = s.c == 3;
  sheet.matrix = s.c != 1 && s.c != 3;
  sheet.filters = std::min(s.n, most);
  sheet.channels = std::min(s.c, most);
  const int gap = s.h * s.w > 1 ? 1 : 0, colours = sheet.colour ? 3 : 1;
  const int columns = sheet.matrix ? sheet.filters : std::min(sheet.filters, wide);
  const int cells = sheet.matrix ? sheet.filters * sheet.channels : sheet.filters;
  const int rows = (cells + columns - 1) / columns;
  Picture& p = sheet.picture;
  p.width = columns * (s.w + gap) - gap;
  p.height = rows * (s.h + gap) - gap;
  p.channels = colours + 1;  // with opacity: gaps are clear
  p.pixels.resize(size_t(p.width) * size_t(p.height) * size_t(p.channels));
  for (int cell = 0; cell < cells; cell++)
    for (int y = 0; y < s.h; y++)
      for (int x = 0; x < s.w; x++) {
        const int k = sheet.matrix ? cell % columns : cell, c = sheet.matrix ? cell / columns : 0;
        const int to_y = cell / columns * (s.h + gap) + y, to_x = cell % columns * (s.w + gap) + x;
        uint8_t* pixel = &p.pixels[(size_t(to_y) * size_t(p.width) + size_t(to_x)) * size_t(p.channels)];
        for (int i = 0; i < colours; i++) pixel[i] = Grey(filters.at(k, y, x, c + i));
        pixel[colours] = 255;
      }
  return sheet;
}

std::string DataUri(const Picture& picture) {
  std::vector<uint8_t> file;
  const auto append = [](void* to, void* data, int size) {
    const auto* bytes = static_cast<const uint8_t*>(data);
    static_cast<std::vector<uint8_t>*>(to)->insert(static_cast<std::vector<uint8_t>*>(to)->end(), bytes,
                                                   bytes + size);
  };
  if (stbi_write_png_to_func(append, &file, picture.width, picture.height, picture.channels,
                             picture.pixels.data(), picture.width * picture.channels) == 0)
    throw Error("a picture of {} x {} pixels cannot be written as PNG", picture.width, picture.height);
  return "data:image/png;base64," + Base64(file);
}

}  // namespace weft
