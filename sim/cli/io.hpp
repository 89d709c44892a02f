// SPDX-License-Identifier: Apache-2.0
// Files of images and labels. Every function throws Error with one sentence that names the file.
// docs/inputs.md describes them to users.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "compiler/graph/graph.hpp"
#include "sim/cli/npy.hpp"
#include "sw_model/tensor.hpp"

namespace weft {

// What a network takes: real = scale * (q - zero_point).
struct InputFormat {
  Shape shape;  // n is not used
  float scale = 1.0F;
  int zero_point = 0;
  ElementType type = ElementType::kFloat32;  // of the model's input
  std::string axes = "NCHW";                 // the file's order
  bool is_flat = false;                      // the file has one axis for height, width and channels
  Rounding rounding = Rounding::kOnnx;  // of real / scale: half to even, or with kTflite half away from zero
  const RealInput* real_input = nullptr;  // instead of scale and zero point
  Shape codes = {};                       // what it makes
};
InputFormat FormatOf(const Graph& graph);

enum class Layout { kOfShape, kHwc, kChw };  // of arrays; kOfShape: as their shape says

// What the values of files stand for, and how many of them are wanted.
struct InputOptions {
  Layout layout = Layout::kOfShape;
  std::optional<float> scale = {};         // nothing: 1/255 for pixels, 1 for arrays of floats
  std::vector<float> mean = {}, std = {};  // of real values: none, one, or one a channel
  bool resize = false;
  int limit = 0;  // 0: all

  [[nodiscard]] bool Scales() const { return scale || !mean.empty() || !std.empty(); }
};

// Images, in order, as one batch. A path is a file, a folder (its images and arrays, sorted by name) or
// @LIST, a text with a path a line.
//   PNG, JPEG, BMP, PGM, PPM, IDX (gzipped or not) and uint8 .npy are pixels: real = (pixel * scale - mean) /
//   std.
//     Of a model that takes uint8 they are its codes, unless a scale, mean or std is given.
//   float32 and float64 .npy are real values: real = (value * scale - mean) / std
//   int8 .npy are codes q (of a model that takes uint8: by 128 less)
// q = clamp(round(real / scale) + zero_point, -128, 127). A file most of whose values saturate is a warning
// on stderr.
TensorI8 LoadImages(const std::vector<std::filesystem::path>& paths, const InputFormat& format,
                    const InputOptions& options);

// The same of one array, which errors call `name`; `warning` is the sentence about saturation, or empty.
TensorI8 LoadArray(const NpyArray& array, const std::string& name, const InputFormat& format,
                   const InputOptions& options, std::string* warning);

// How the elements of an array lie: so many images of C order HWC, or CHW.
struct ArrayForm {
  int64_t images = 1;
  bool chw = false;
};
ArrayForm FormOf(const std::vector<int64_t>& array_shape, const InputFormat& format, Layout layout,
                 const std::string& path);

// One label an image, of an IDX file (gzipped or not), a .npy array or a text with an integer a line.
std::vector<int> LoadLabels(const std::filesystem::path& path);
std::vector<int> LoadLabels(const std::filesystem::path& path,
                            int images);  // so many; throws if there are fewer

}  // namespace weft
