// SPDX-License-Identifier: Apache-2.0
// weft quantize: a float network to int8, by onnxruntime in the project's Python environment.
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "sim/cli/commands.hpp"
#include "sw_model/error.hpp"

namespace weft::cli {
namespace {

// Ends in the script, whose exit status becomes that of `weft`.
[[noreturn]] void RunScript(const std::vector<std::string>& arguments) {
  const std::string python = WEFT_PYTHON, script = WEFT_QUANTIZE_SCRIPT;
  for (const std::string& file : {python, script})
    if (!std::filesystem::exists(file))
      throw Error(
          "quantize needs {}, which is not there: scripts/bootstrap.sh python makes Weft's Python "
          "environment",
          file);
  std::vector<const char*> argv = {python.c_str(), script.c_str()};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  argv.push_back(nullptr);
  execv(python.c_str(), const_cast<char* const*>(argv.data()));
  throw Error("{}: cannot be run: {}", python, std::strerror(errno));
}

}  // namespace

void AddQuantizeCommand(CLI::App* app, int*) {
  CLI::App* command = app->add_subcommand("quantize", "Quantise a float ONNX network to int8 (onnxruntime)");
  command->prefix_command();   // the script has the options
  command->set_help_flag("");  // --help too
  command->callback([command] { RunScript(command->remaining()); });
}

}  // namespace weft::cli
