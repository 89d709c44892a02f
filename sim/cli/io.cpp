// SPDX-License-Identifier: Apache-2.0
#include "sim/cli/io.hpp"

#include <fmt/format.h>
#include <stb/stb_image.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <memory>
#include <optional>

#include "sw_model/error.hpp"

namespace weft {
namespace {

constexpr size_t kMaxBytes = INT32_MAX;
using Bytes = std::vector<uint8_t>;

bool StartsWith(const Bytes& bytes, std::string_view magic) {
  return bytes.size() >= magic.size() && std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
}

template <typename T>
std::vector<T> Items(const NpyArray& array) {
  std::vector<T> items(array.size());
  std::memcpy(items.data(), array.bytes.data(), array.bytes.size());
  return items;
}

// [H, W, C] or [N, H, W, C] as a Shape.
Shape ImageShape(const NpyArray& array, const std::string& what) {
  const std::vector<int64_t>& s = array.shape;
  if (s.size() != 3 && s.size() != 4)
    throw Error("{}: an array of {} dimensions; [H, W, C] or [N, H, W, C] is needed", what, s.size());
  const size_t first = s.size() - 3;
  return {first == 0 ? 1 : int(s[0]), int(s[first]), int(s[first + 1]), int(s[first + 2])};
}

// ---- IDX

struct Idx {
  std::vector<int64_t> shape;
  Bytes data;
};

std::optional<Idx> ParseIdx(const Bytes& file, const std::string& path) {
  if (file.size() < 4 || file[0] != 0 || file[1] != 0 || file[2] != 8 || file[3] < 1 || file[3] > 4)
    return {};
  const size_t rank = file[3], start = 4 + 4 * rank;
  if (file.size() < start) throw Error("{}: the IDX header is cut off", path);
  Idx idx;
  uint64_t elements = 1;
  for (size_t i = 0; i < rank; ++i) {
    const uint8_t* b = &file[4 + 4 * i];
    idx.shape.push_back(int64_t{b[0]} << 24 | int64_t{b[1]} << 16 | int64_t{b[2]} << 8 | int64_t{b[3]});
    elements *= uint64_t(idx.shape.back());
    if (elements > kMaxBytes) throw Error("{}: the IDX header tells a size that is too large", path);
  }
  if (file.size() - start != elements)
    throw Error("{}: it should hold {} bytes of data and holds {}", path, elements, file.size() - start);
  idx.data.assign(file.begin() + long(start), file.end());
  return idx;
}

// ---- Images

// In float, as ONNX Runtime's QuantizeLinear.
int8_t Quantise(float real, const InputFormat& format) {
  const float q = std::nearbyint(real / format.scale) + float(format.zero_point);
  if (std::isnan(q)) throw Error("an input value is not a number");
  return int8_t(std::clamp(q, -128.0F, 127.0F));
}

class ImageBatch {
 public:
  ImageBatch(const InputFormat& format, int limit) : format_(format), limit_(limit) {
    for (int pixel = 0; pixel < 256; ++pixel)
      of_pixel_[size_t(pixel)] = Quantise(float(pixel) / 255.0F, format);
    batch_.shape = format.shape;
    batch_.shape.n = 0;
  }

  [[nodiscard]] bool IsFull() const { return limit_ > 0 && batch_.shape.n >= limit_; }
  void Add(const std::filesystem::path& path);
  TensorI8 Take() { return std::move(batch_); }

 private:
  void AddPng(const Bytes& file, const std::string& path);
  void AddIdx(const Idx& idx, const std::string& path);
  void AddNpy(const NpyArray& array, const std::string& path);
  void CheckShape(const Shape& found, const std::string& path) const;
  void WarnIfSaturated(const std::vector<float>& reals, const std::string& path) const;

  // Adds `count` images of the format's size; value(i) is element i of them.
  template <typename Value>
  void Append(int64_t count, Value value) {
    if (limit_ > 0) count = std::min<int64_t>(count, limit_ - batch_.shape.n);
    const size_t image = size_t(format_.shape.h) * size_t(format_.shape.w) * size_t(format_.shape.c);
    for (size_t i = 0; i < size_t(count) * image; ++i) batch_.data.push_back(value(i));
    batch_.shape.n += int(count);
  }

  InputFormat format_;
  int limit_;
  std::array<int8_t, 256> of_pixel_{};
  TensorI8 batch_;
};

void ImageBatch::CheckShape(const Shape& found, const std::string& path) const {
  const Shape& s = format_.shape;
  if (found.h != s.h || found.w != s.w || found.c != s.c)
    throw Error("{}: the image is {} x {} x {} (height, width, channels) and the network takes {} x {} x {}",
                path, found.h, found.w, found.c, s.h, s.w, s.c);
}

void ImageBatch::AddPng(const Bytes& file, const std::string& path) {
  int width = 0, height = 0, channels = 0;
  if (stbi_info_from_memory(file.data(), int(file.size()), &width, &height, &channels) == 0)
    throw Error("{}: the image is damaged", path);
  if (channels == 2 || channels == 4) throw Error("{}: images with transparency are not supported", path);
  CheckShape({1, height, width, channels}, path);
  const std::unique_ptr<stbi_uc, void (*)(void*)> pixels(
      stbi_load_from_memory(file.data(), int(file.size()), &width, &height, &channels, 0), stbi_image_free);
  if (!pixels) throw Error("{}: the image is damaged", path);
  Append(1, [&](size_t i) { return of_pixel_[pixels.get()[i]]; });
}

void ImageBatch::AddIdx(const Idx& idx, const std::string& path) {
  if (idx.shape.size() != 3) throw Error("{}: this IDX file holds no images", path);
  CheckShape({1, int(idx.shape[1]), int(idx.shape[2]), 1}, path);
  Append(idx.shape[0], [&](size_t i) { return of_pixel_[idx.data[i]]; });
}

// A network's input is float for most tools; pixels of 0..255 in an array of floats are a mistake.
void ImageBatch::WarnIfSaturated(const std::vector<float>& reals, const std::string& path) const {
  const auto least = float(-128 - format_.zero_point) * format_.scale;
  const auto most = float(127 - format_.zero_point) * format_.scale;
  const auto is_beyond = [&](float real) {
    return real < least - format_.scale / 2 || real > most + format_.scale / 2;
  };
  const auto beyond = std::count_if(reals.begin(), reals.end(), is_beyond);
  const auto zeros = std::count(reals.begin(), reals.end(), 0.0F);  // the background of many images
  if (2 * beyond <= std::ptrdiff_t(reals.size()) - zeros) return;
  fmt::print(
      stderr,
      "{}: {} of {} values are beyond {:.4g} to {:.4g} and saturate: float32 is the network's real input; "
      "give pixels of 0 to 255 as uint8, or scale them (by 1/255)\n",
      path, beyond, reals.size(), least, most);
}

void ImageBatch::AddNpy(const NpyArray& array, const std::string& path) {
  const Shape shape = ImageShape(array, path);
  CheckShape(shape, path);
  if (array.dtype == "|i1") {
    Append(shape.n, [&](size_t i) { return int8_t(array.bytes[i]); });
  } else if (array.dtype == "|u1") {
    Append(shape.n, [&](size_t i) { return of_pixel_[array.bytes[i]]; });
  } else if (array.dtype == "<f4") {
    const std::vector<float> reals = Items<float>(array);
    WarnIfSaturated(reals, path);
    Append(shape.n, [&](size_t i) { return Quantise(reals[i], format_); });
  } else {
    throw Error("{}: an array of '{}' is not an image; use int8, uint8 or float32", path, array.dtype);
  }
}

void ImageBatch::Add(const std::filesystem::path& path) {
  const Bytes file = ReadBytes(path);
  if (StartsWith(file, kNpyMagic)) return AddNpy(ParseNpy(file, path.string()), path.string());
  if (StartsWith(file, "\x89PNG")) return AddPng(file, path.string());
  const std::optional<Idx> idx = ParseIdx(file, path.string());
  if (!idx) throw Error("{}: neither an IDX file of images, nor a PNG, nor a .npy array", path.string());
  AddIdx(*idx, path.string());
}

std::vector<int> ParseTextLabels(const Bytes& file, const std::string& path) {
  std::vector<int> labels;
  const char* at = reinterpret_cast<const char*>(file.data());
  const char* const end = at + file.size();
  const auto is_space = [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; };
  while ((at = std::find_if_not(at, end, is_space)) != end) {
    int label = 0;
    const auto [rest, error] = std::from_chars(at, end, label);
    if (error != std::errc{} || (rest != end && !is_space(*rest)))
      throw Error("{}: neither an IDX file of labels, nor a .npy array, nor a text with an integer a line",
                  path);
    labels.push_back(label);
    at = rest;
  }
  return labels;
}

}  // namespace

TensorI8 LoadImages(const std::vector<std::filesystem::path>& paths, const InputFormat& format, int limit) {
  ImageBatch batch(format, limit);
  for (const std::filesystem::path& path : paths)
    if (!batch.IsFull()) batch.Add(path);
  TensorI8 images = batch.Take();
  if (images.shape.n == 0) throw Error("the input files hold no image");
  return images;
}

std::vector<int> LoadLabels(const std::filesystem::path& path) {
  const Bytes file = ReadBytes(path);
  if (StartsWith(file, kNpyMagic)) {
    const std::vector<int32_t> labels = AsInt32(ParseNpy(file, path.string()), path.string());
    return {labels.begin(), labels.end()};
  }
  const std::optional<Idx> idx = ParseIdx(file, path.string());
  if (!idx) return ParseTextLabels(file, path.string());
  if (idx->shape.size() != 1) throw Error("{}: this IDX file holds no labels", path.string());
  return {idx->data.begin(), idx->data.end()};
}

}  // namespace weft
