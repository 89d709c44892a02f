// SPDX-License-Identifier: Apache-2.0
// How the signals of one waveform file are named in another one.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

// Renames: each line "GLOB_A -> GLOB_B". In GLOB_A a * stands for any text (dots too) and a ? for one
// character; what they stood for goes where GLOB_B has them, in the same order. The first line that fits a
// name renames it.
class NameMap {
 public:
  struct Line {
    int number;  // in the file, from 1
    std::string from, to;
  };
  struct Renamed {
    std::string name;
    const Line* line;  // that fits; null: every name is itself
  };

  NameMap() = default;                                // every name is itself
  static NameMap Load(const std::filesystem::path&);  // throws Error
  static NameMap Parse(std::string_view text, const std::string& file);

  [[nodiscard]] std::optional<Renamed> Rename(std::string_view name) const;  // nothing: no line fits
  [[nodiscard]] const std::vector<Line>& lines() const { return lines_; }

 private:
  std::vector<Line> lines_;
  bool is_identity_ = true;
};

}  // namespace weft
