// SPDX-License-Identifier: Apache-2.0
#include "sim/cli/io.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstring>
#include <optional>
#include <sstream>

#include "sim/cli/image_file.hpp"
#include "sw_model/error.hpp"

namespace weft {
namespace {

constexpr size_t kMaxBytes = INT32_MAX;
using Bytes = std::vector<uint8_t>;

bool StartsWith(const Bytes& bytes, std::string_view magic) {
  return bytes.size() >= magic.size() && std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
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

// A file's values that the input's codes cannot hold.
struct Saturation {
  size_t values = 0, zeros = 0, beyond = 0;  // the background of many images is 0
  [[nodiscard]] bool IsTooMuch() const { return 2 * beyond > values - zeros; }
};

class ImageBatch {
 public:
  ImageBatch(const InputFormat& format, const InputOptions& options);
  [[nodiscard]] bool IsFull() const { return options_.limit > 0 && batch_.shape.n >= options_.limit; }
  void Add(const std::filesystem::path& path);
  void AddNpy(const NpyArray& array, const std::string& path);
  [[nodiscard]] std::string Warning() const;
  TensorI8 Take();

 private:
  struct Code {
    int8_t q = 0;
    bool is_beyond = false;
    float real = 0;
  };

  void AddPixels(int64_t count, bool chw, const uint8_t* pixels, const std::string& path);
  void AddIdx(const Idx& idx, const std::string& path);
  template <typename T>
  void AddReals(const NpyArray& array, const ArrayForm& form, const std::string& path);
  [[nodiscard]] float Real(float scaled, size_t channel) const;  // (scaled - mean) / std
  [[nodiscard]] Code Quantised(float real) const;
  void Note(const Saturation& saturation, const std::string& advice, const std::string& path);

  // Adds `count` images; value(i, k) is element i of them, of channel k.
  template <typename Value>
  void Append(int64_t count, bool chw, Value value) {
    if (options_.limit > 0) count = std::min<int64_t>(count, options_.limit - batch_.shape.n);
    const size_t pixels = size_t(format_.shape.h) * size_t(format_.shape.w), c = size_t(format_.shape.c);
    batch_.data.reserve(batch_.data.size() + size_t(count) * pixels * c);
    for (size_t n = 0; n < size_t(count); ++n)
      for (size_t p = 0; p < pixels; ++p)
        for (size_t k = 0; k < c; ++k) Push(value(n * pixels * c + (chw ? k * pixels + p : p * c + k), k));
    batch_.shape.n += int(count);
  }

  void Push(const Code& code) {
    if (format_.real_input != nullptr) reals_.push_back(code.real);
    else batch_.data.push_back(code.q);
  }

  InputFormat format_;
  InputOptions options_;
  std::vector<std::array<Code, 256>> of_pixel_;  // one a channel
  TensorI8 batch_;
  std::vector<float> reals_;  // of images whose codes RealInput makes
  std::string warning_;
  int more_warnings_ = 0;
};

void CheckFactors(const char* option, const std::vector<float>& factors, int channels) {
  if (factors.size() > 1 && factors.size() != size_t(channels))
    throw Error("{}: {} values, and the network's input has {} channels", option, factors.size(), channels);
}

ImageBatch::ImageBatch(const InputFormat& format, const InputOptions& options)
    : format_(format), options_(options), of_pixel_(size_t(format.shape.c)) {
  CheckFactors("--mean", options.mean, format.shape.c);
  CheckFactors("--std", options.std, format.shape.c);
  const bool are_codes = format.type == ElementType::kUint8 && !options.Scales();
  for (size_t k = 0; k < of_pixel_.size(); ++k)
    for (int pixel = 0; pixel < 256; ++pixel) {
      const auto value = float(pixel);
      of_pixel_[k][size_t(pixel)] =
          are_codes ? Code{int8_t(pixel - 128)}
                    : Quantised(Real(options.scale ? value * *options.scale : value / 255.0F, k));
    }
  batch_.shape = format.shape;
  batch_.shape.n = 0;
}

float ImageBatch::Real(float scaled, size_t channel) const {
  if (!options_.Scales()) return scaled;
  const auto of_channel = [&](const std::vector<float>& factors, float otherwise) {
    return factors.empty() ? otherwise : factors[factors.size() == 1 ? 0 : channel];
  };
  return (scaled - of_channel(options_.mean, 0)) / of_channel(options_.std, 1);
}

// In float32, as the frameworks' own operators.
ImageBatch::Code ImageBatch::Quantised(float real) const {
  if (format_.real_input != nullptr) return {.real = real};
  const float steps = real / format_.scale;
  const float rounded = format_.rounding == Rounding::kTflite ? std::round(steps) : std::nearbyint(steps);
  const float q = rounded + float(format_.zero_point);
  const auto least = float(-128 - format_.zero_point) * format_.scale;
  const auto most = float(127 - format_.zero_point) * format_.scale;
  return {int8_t(std::clamp(q, -128.0F, 127.0F)),
          real < least - format_.scale / 2 || real > most + format_.scale / 2};
}

void ImageBatch::Note(const Saturation& saturation, const std::string& advice, const std::string& path) {
  if (!saturation.IsTooMuch()) return;
  if (!warning_.empty()) {
    more_warnings_++;
    return;
  }
  warning_ = fmt::format("{}: {} of {} values ({:.1f} %) are beyond {:.4g} to {:.4g} and saturate: {}", path,
                         saturation.beyond, saturation.values,
                         100 * double(saturation.beyond) / double(saturation.values),
                         float(-128 - format_.zero_point) * format_.scale,
                         float(127 - format_.zero_point) * format_.scale, advice);
}

void ImageBatch::AddPixels(int64_t count, bool chw, const uint8_t* pixels, const std::string& path) {
  Saturation saturation;
  Append(count, chw, [&](size_t i, size_t k) {
    const Code code = of_pixel_[k][pixels[i]];
    saturation.values++;
    saturation.zeros += pixels[i] == 0 && !code.is_beyond ? 1 : 0;
    saturation.beyond += code.is_beyond ? 1 : 0;
    return code;
  });
  Note(saturation, "--scale, --mean and --std say what pixels stand for", path);
}

void ImageBatch::AddIdx(const Idx& idx, const std::string& path) {
  if (idx.shape.size() != 3) throw Error("{}: this IDX file holds no images", path);
  const Shape& s = format_.shape;
  if (idx.shape[1] != s.h || idx.shape[2] != s.w || s.c != 1)
    throw Error("{}: the image is {} x {} x 1 (height, width, channels) and the network takes {} x {} x {}",
                path, idx.shape[1], idx.shape[2], s.h, s.w, s.c);
  AddPixels(idx.shape[0], false, idx.data.data(), path);
}

template <typename T>
void ImageBatch::AddReals(const NpyArray& array, const ArrayForm& form, const std::string& path) {
  Saturation saturation;
  Append(form.images, form.chw, [&](size_t i, size_t k) {
    T item;
    std::memcpy(&item, &array.bytes[i * sizeof(T)], sizeof(T));
    const auto value = float(item);
    if (std::isnan(value)) throw Error("{}: its value number {} is not a number", path, i);
    const Code code = Quantised(Real(value * options_.scale.value_or(1), k));
    saturation.values++;
    saturation.zeros += value == 0 && !code.is_beyond ? 1 : 0;
    saturation.beyond += code.is_beyond ? 1 : 0;
    return code;
  });
  Note(saturation,
       "floats are the network's real input; give pixels of 0 to 255 as uint8, or scale them (--scale, "
       "--mean, "
       "--std)",
       path);
}

void ImageBatch::AddNpy(const NpyArray& array, const std::string& path) {
  const ArrayForm form = FormOf(array.shape, format_, options_.layout, path);
  if (array.dtype == "|u1") return AddPixels(form.images, form.chw, array.bytes.data(), path);
  if (array.dtype == "<f4") return AddReals<float>(array, form, path);
  if (array.dtype == "<f8") return AddReals<double>(array, form, path);
  if (array.dtype != "|i1")
    throw Error("{}: an array of '{}' is not an image; use int8, uint8, float32 or float64", path,
                array.dtype);
  if (options_.Scales())
    throw Error("{}: int8 arrays are the input's codes: leave --scale, --mean and --std out", path);
  if (format_.real_input != nullptr)
    throw Error("{}: int8 arrays are codes, and the network's input is float32 up to its {}", path,
                format_.real_input->what);
  Append(form.images, form.chw, [&](size_t i, size_t) { return Code{int8_t(array.bytes[i])}; });
}

void ImageBatch::Add(const std::filesystem::path& path) {
  const Bytes file = ReadBytes(path);
  const std::string name = path.string();
  if (StartsWith(file, kNpyMagic)) return AddNpy(ParseNpy(file, name), name);
  if (IsImageFile(file))
    return AddPixels(1, false, ReadImage(file, format_.shape, options_.resize, name).data(), name);
  const std::optional<Idx> idx = ParseIdx(file, name);
  if (!idx)
    throw Error("{}: neither an IDX file of images, nor a PNG, JPEG, BMP, PGM, PPM or .npy file", name);
  AddIdx(*idx, name);
}

std::string ImageBatch::Warning() const {
  return warning_ + (more_warnings_ > 0 ? fmt::format("; so do {} more files", more_warnings_) : "");
}

TensorI8 ImageBatch::Take() {
  if (format_.real_input == nullptr) return std::move(batch_);
  TensorI8 codes(format_.codes);
  codes.shape.n = batch_.shape.n;
  codes.data.clear();
  const size_t size = format_.shape.size();
  for (size_t first = 0; first < reals_.size(); first += size) {
    const std::vector<int8_t> image =
        format_.real_input->run({reals_.begin() + long(first), reals_.begin() + long(first + size)});
    codes.data.insert(codes.data.end(), image.begin(), image.end());
  }
  return codes;
}

// ---- Folders and lists

bool IsInput(const std::filesystem::path& path) {
  std::string ending = path.extension().string();
  std::ranges::transform(ending, ending.begin(), [](unsigned char c) { return char(std::tolower(c)); });
  constexpr std::array kEndings = {".png", ".jpg", ".jpeg", ".bmp", ".pgm", ".ppm", ".npy"};
  return std::ranges::count(kEndings, ending) > 0;
}

std::vector<std::filesystem::path> FolderFiles(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code failed;
  for (std::filesystem::directory_iterator at(folder, failed), end; !failed && at != end;
       at.increment(failed))
    if (IsInput(at->path())) files.push_back(at->path());
  if (failed) throw Error("{}: {}", folder.string(), failed.message());
  if (files.empty())
    throw Error("{}: this folder holds no file that ends in png, jpg, jpeg, bmp, pgm, ppm or npy",
                folder.string());
  std::ranges::sort(files);
  return files;
}

std::vector<std::filesystem::path> ListFiles(const std::filesystem::path& list) {
  const Bytes bytes = ReadBytes(list);
  std::istringstream text(std::string(bytes.begin(), bytes.end()));
  std::vector<std::filesystem::path> files;
  for (std::string line; std::getline(text, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty()) files.emplace_back(line);
  }
  if (files.empty()) throw Error("{}: this list names no file", list.string());
  return files;
}

std::vector<std::filesystem::path> FilesOf(const std::filesystem::path& path) {
  std::error_code failed;
  if (std::filesystem::is_directory(path, failed)) return FolderFiles(path);
  if (path.string().starts_with('@')) return ListFiles(path.string().substr(1));
  return {path};
}

// ---- Labels

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

InputFormat FormatOf(const Graph& graph) {
  const TensorInfo& codes = graph.tensors[size_t(graph.input)];
  const TensorInfo& input = graph.real_input ? graph.real_input->info : codes;
  return {.shape = input.shape,
          .scale = input.scale,
          .zero_point = input.zero_point,
          .type = graph.input_type,
          .axes = input.axes,
          .is_flat = input.is_flat,
          .rounding = graph.input_rounding,
          .real_input = graph.real_input ? &*graph.real_input : nullptr,
          .codes = codes.shape};
}

TensorI8 LoadImages(const std::vector<std::filesystem::path>& paths, const InputFormat& format,
                    const InputOptions& options) {
  ImageBatch batch(format, options);
  for (const std::filesystem::path& path : paths)
    for (const std::filesystem::path& file : FilesOf(path))
      if (!batch.IsFull()) batch.Add(file);
  if (const std::string warning = batch.Warning(); !warning.empty()) fmt::print(stderr, "{}\n", warning);
  TensorI8 images = batch.Take();
  if (images.shape.n == 0) throw Error("the input files hold no image");
  return images;
}

TensorI8 LoadArray(const NpyArray& array, const std::string& name, const InputFormat& format,
                   const InputOptions& options, std::string* warning) {
  ImageBatch batch(format, options);
  batch.AddNpy(array, name);
  *warning = batch.Warning();
  return batch.Take();
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

std::vector<int> LoadLabels(const std::filesystem::path& path, int images) {
  std::vector<int> labels = LoadLabels(path);
  if (int(labels.size()) < images)
    throw Error("{}: {} labels for {} images", path.string(), labels.size(), images);
  labels.resize(size_t(images));
  return labels;
}

}  // namespace weft
