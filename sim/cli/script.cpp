// SPDX-License-Identifier: Apache-2.0
#include "sim/cli/script.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "sw_model/error.hpp"

namespace weft::cli {

void BecomeScript(const std::filesystem::path& python, const std::filesystem::path& script,
                  const std::vector<std::string>& arguments) {
  std::vector<const char*> argv = {python.c_str(), script.c_str()};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  argv.push_back(nullptr);
  execv(python.c_str(), const_cast<char* const*>(argv.data()));
  throw Error("{}: cannot be run: {}", python.string(), std::strerror(errno));
}

}  // namespace weft::cli
