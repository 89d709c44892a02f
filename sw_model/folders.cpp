// SPDX-License-Identifier: Apache-2.0
#include "sw_model/folders.hpp"

namespace weft {

std::filesystem::path FindFolder(const char* beside, const char* built, const char* installed) {
  namespace fs = std::filesystem;
  std::error_code failed;
  const fs::path program = fs::read_symlink("/proc/self/exe", failed);
  if (!failed && fs::is_directory(program.parent_path() / beside, failed))
    return program.parent_path() / beside;
  if (fs::is_directory(built, failed) || !fs::is_directory(installed, failed)) return built;
  return installed;
}

}  // namespace weft
