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
  std::optional<Rounding> rounding;  // none: that of the file's framework
};

// Values that a model keeps in other files are read from `folder`, refused without one. Both throw Error, one
// sentence, for anything that is damaged or not supported.
Graph ParseModel(std::string_view file_contents, const ModelOptions& options = {},
                 const std::filesystem::path& folder = {});
Graph ReadModel(const std::filesystem::path& path, const ModelOptions& options = {});

}  // namespace weft
