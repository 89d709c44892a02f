// SPDX-License-Identifier: Apache-2.0
// Reads a network, whatever the format of its file: TensorFlow Lite where the content has that identifier,
// else ONNX.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "compiler/graph/graph.hpp"

namespace weft {

struct ModelOptions {
  struct Size {
    int height, width;
  };
  std::optional<Rounding> rounding = {};  // none: that of the file's framework
  std::optional<Size> size = {};          // of images, for an ONNX model that leaves it free
};

const char* RoundingName(Rounding rounding);  // "tflite", "onnx"
std::optional<Rounding> RoundingOfName(std::string_view name);

// The model as it is with options.size, which is none then.
std::string WithOptionalSize(std::string contents, ModelOptions* options);

// Values that a model keeps in other files are read from `folder`, refused without one. Both throw Error, one
// sentence, for anything that is damaged or not supported.
Graph ParseModel(std::string_view file_contents, const ModelOptions& options = {},
                 const std::filesystem::path& folder = {});
Graph ReadModel(const std::filesystem::path& path, const ModelOptions& options = {});

}  // namespace weft
