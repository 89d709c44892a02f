// SPDX-License-Identifier: Apache-2.0
// A picture of a report, read back.
#pragma once

#include <stb/stb_image.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace weft {

struct Decoded {
  int width = 0, height = 0, channels = 0;
  std::vector<uint8_t> pixels;
};

inline std::vector<uint8_t> FromBase64(const std::string& text) {
  const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::vector<uint8_t> bytes;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    if (c == '=') break;
    bits = bits << 6 | uint32_t(digits.find(c));
    count += 6;
    if (count >= 8) bytes.push_back(uint8_t(bits >> (count -= 8) & 255));
  }
  return bytes;
}

// Of a "data:" address; of anything else, and of a damaged file, a picture of no pixels.
inline Decoded Decode(const std::string& uri) {
  const std::string head = "data:image/png;base64,";
  Decoded d;
  if (!uri.starts_with(head)) return d;
  const std::vector<uint8_t> file = FromBase64(uri.substr(head.size()));
  const std::unique_ptr<stbi_uc, void (*)(void*)> pixels(
      stbi_load_from_memory(file.data(), int(file.size()), &d.width, &d.height, &d.channels, 0),
      stbi_image_free);
  if (pixels)
    d.pixels.assign(pixels.get(), pixels.get() + size_t(d.width) * size_t(d.height) * size_t(d.channels));
  return d;
}

}  // namespace weft
