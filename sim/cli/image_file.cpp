// SPDX-License-Identifier: Apache-2.0
#include "sim/cli/image_file.hpp"

#include <stb/stb_image.h>

#include <cctype>
#include <cstring>
#include <memory>
#include <string_view>

#include "sim/cli/resize.hpp"
#include "sw_model/error.hpp"

namespace weft {
namespace {

using Bytes = std::vector<uint8_t>;
constexpr int64_t kMostPixels = int64_t{1} << 26;

bool StartsWith(const Bytes& file, std::string_view magic) {
  return file.size() >= magic.size() && std::memcmp(file.data(), magic.data(), magic.size()) == 0;
}

bool IsPnm(const Bytes& file) {
  return (StartsWith(file, "P5") || StartsWith(file, "P6")) && file.size() > 2 && std::isspace(file[2]) != 0;
}

// The largest value of a PGM or PPM: the third number of its header, between which comments stand. 0: there
// is none.
int MostOfPnm(const Bytes& file) {
  size_t at = 2;
  int number = 0;
  for (int count = 0; count < 3; count++) {
    while (at < file.size() && (std::isspace(file[at]) != 0 || file[at] == '#'))
      if (file[at] == '#')
        while (at < file.size() && file[at] != '\n') at++;
      else at++;
    number = 0;
    for (; at < file.size() && std::isdigit(file[at]) != 0 && number < 100'000; at++)
      number = 10 * number + (file[at] - '0');
  }
  return number;
}

const char* Kind(int channels) { return channels == 1 ? "grey" : "RGB"; }

// The colours of an image whose last channel is its transparency.
Bytes Opaque(const Bytes& pixels, int channels, const std::string& path) {
  Bytes colours;
  for (size_t i = 0; i < pixels.size(); i++)
    if (i % size_t(channels) != size_t(channels) - 1) colours.push_back(pixels[i]);
    else if (pixels[i] != 255)
      throw Error("{}: the image has transparent pixels: put it onto a background first", path);
  return colours;
}

void CheckChannels(int channels, int wanted, const std::string& path) {
  if (channels == wanted) return;
  if (wanted != 1 && wanted != 3)
    throw Error("{}: the image is {} and the network takes {} channels: give it arrays (.npy)", path,
                Kind(channels), wanted);
  throw Error("{}: the image is {} and the network takes {} images: convert it to {}", path, Kind(channels),
              Kind(wanted), wanted == 1 ? "grey" : "RGB (three equal channels)");
}

}  // namespace

bool IsImageFile(const Bytes& file) {
  return StartsWith(file, "\x89PNG") || StartsWith(file, "\xFF\xD8\xFF") || StartsWith(file, "BM") ||
         IsPnm(file);
}

Bytes ReadImage(const Bytes& file, const Shape& wanted, bool resize, const std::string& path) {
  int width = 0, height = 0, channels = 0;
  if (stbi_info_from_memory(file.data(), int(file.size()), &width, &height, &channels) == 0)
    throw Error("{}: the image is damaged", path);
  if (int64_t{width} * height > kMostPixels)
    throw Error("{}: the image has {} x {} pixels; at most {} are read", path, height, width, kMostPixels);
  if (IsPnm(file) && MostOfPnm(file) != 255)
    throw Error("{}: its largest value is {}; images with 255 are supported", path, MostOfPnm(file));
  const int colours = channels % 2 == 0 ? channels - 1 : channels;
  if ((height != wanted.h || width != wanted.w) && !resize)
    throw Error(
        "{}: the image is {} x {} x {} (height, width, channels) and the network takes {} x {} x {}: "
        "--resize brings it to this size",
        path, height, width, colours, wanted.h, wanted.w, wanted.c);
  CheckChannels(colours, wanted.c, path);
  const std::unique_ptr<stbi_uc, void (*)(void*)> loaded(
      stbi_load_from_memory(file.data(), int(file.size()), &width, &height, &channels, 0), stbi_image_free);
  if (!loaded) throw Error("{}: the image is damaged", path);
  Bytes pixels(loaded.get(), loaded.get() + size_t(width) * size_t(height) * size_t(channels));
  if (channels != colours) pixels = Opaque(pixels, channels, path);
  return Resized(pixels, {1, height, width, colours}, wanted);
}

}  // namespace weft
