// SPDX-License-Identifier: Apache-2.0
// weft quantize: a float network to int8, by onnxruntime in the project's Python environment.
#include <filesystem>
#include <string>
#include <vector>

#include "sim/cli/commands.hpp"
#include "sim/cli/script.hpp"
#include "sw_model/error.hpp"

namespace weft::cli {
namespace {

[[noreturn]] void RunQuantize(const std::vector<std::string>& arguments) {
  for (const char* file : {WEFT_PYTHON, WEFT_QUANTIZE_SCRIPT})
    if (!std::filesystem::exists(file))
      throw Error(
          "quantize needs {}, which is not there: scripts/bootstrap.sh python makes Weft's Python "
          "environment",
          file);
  BecomeScript(WEFT_PYTHON, WEFT_QUANTIZE_SCRIPT, arguments);
}

}  // namespace

void AddQuantizeCommand(CLI::App* app, int*) {
  CLI::App* command = app->add_subcommand("quantize", "Quantise a float ONNX network to int8 (onnxruntime)");
  command->prefix_command();   // the script has the options
  command->set_help_flag("");  // --help too
  command->callback([command] { RunQuantize(command->remaining()); });
}

}  // namespace weft::cli
