// SPDX-License-Identifier: Apache-2.0
// Where the files are that Weft reads when it runs.
#pragma once

#include <filesystem>

namespace weft {

// The first of these folders that is there: `beside`, from the folder of the program or library that this is
// in (PREFIX/bin: so what is installed can be moved); `built`, in the tree that it was built in; `installed`.
// If there is none, `built`.
std::filesystem::path FindFolder(const char* beside, const char* built, const char* installed);

}  // namespace weft
