// SPDX-License-Identifier: Apache-2.0
// Commands of `weft` that are Python scripts.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace weft::cli {

// Becomes `python`, running the script with these arguments: its exit status is that of `weft`. Throws Error
// if it cannot be run.
[[noreturn]] void BecomeScript(const std::filesystem::path& python, const std::filesystem::path& script,
                               const std::vector<std::string>& arguments);

}  // namespace weft::cli
