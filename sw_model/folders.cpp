// SPDX-License-Identifier: Apache-2.0
#include "sw_model/folders.hpp"

#include <dlfcn.h>
#include <link.h>

namespace weft {
namespace {

// The file with this code: the program, or a library that a program has loaded, as Python does.
std::filesystem::path OwnFile() {
  Dl_info unused{};
  link_map* map = nullptr;
  const auto* here = reinterpret_cast<const void*>(&FindFolder);
  if (dladdr1(here, &unused, reinterpret_cast<void**>(&map), RTLD_DL_LINKMAP) != 0 && map->l_name[0] != '\0')
    return map->l_name;
  std::error_code failed;
  return std::filesystem::read_symlink("/proc/self/exe", failed);
}

}  // namespace

std::filesystem::path FindFolder(const char* beside, const char* built, const char* installed) {
  namespace fs = std::filesystem;
  std::error_code failed;
  const fs::path own = OwnFile();
  if (!own.empty() && fs::is_directory(own.parent_path() / beside, failed)) return own.parent_path() / beside;
  if (fs::is_directory(built, failed) || !fs::is_directory(installed, failed)) return built;
  return installed;
}

}  // namespace weft
