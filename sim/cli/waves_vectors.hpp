// SPDX-License-Identifier: Apache-2.0
// weft waves --dump-vectors: a folder of vectors with a manifest that says what each file holds.
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>

#include "sim/cli/report.hpp"
#include "sim/golden_waves/vectors.hpp"

namespace weft::cli {

class VectorManifest {
 public:
  VectorManifest(std::filesystem::path folder, const Config& config, const Memory& memory);
  // Of the next run: a layer, or a start.
  [[nodiscard]] std::filesystem::path Folder(const std::string& name) const;
  // `top`: the module that ran. `rounding`: of a layer.
  void Add(const VectorFiles& files, const char* top, std::optional<Rounding> rounding = {});
  // Writes manifest.json, and says so. `complete`: all runs are in it.
  void Write(std::FILE* stream, bool complete);

 private:
  std::filesystem::path folder_;
  Json json_;
  int64_t transfers_ = 0;
};

}  // namespace weft::cli
