// SPDX-License-Identifier: Apache-2.0
// weft sweep: many networks, configurations and memories as jobs of their own; scripts/sweep/ does it.
#include <filesystem>
#include <string>
#include <vector>

#include "sim/cli/commands.hpp"
#include "sim/cli/script.hpp"
#include "sw_model/error.hpp"
#include "sw_model/folders.hpp"

namespace weft::cli {
namespace {

[[noreturn]] void RunSweep(std::vector<std::string> arguments) {
  namespace fs = std::filesystem;
  const fs::path script = FindFolder(WEFT_SWEEP_DIRS) / "sweep.py";
  const fs::path python = fs::exists(WEFT_PYTHON) ? WEFT_PYTHON : "/usr/bin/python3";
  for (const fs::path& file : {script, python})
    if (!fs::exists(file)) throw Error("sweep needs {}, which is not there", file.string());
  arguments.insert(arguments.begin(), {"--weft", fs::read_symlink("/proc/self/exe").string()});
  BecomeScript(python, script, arguments);
}

}  // namespace

void AddSweepCommand(CLI::App* app, int*) {
  CLI::App* command =
      app->add_subcommand("sweep", "Networks x configurations x memories x seeds: a job each, one table");
  command->prefix_command();   // the script has the options
  command->set_help_flag("");  // --help too
  command->callback([command] { RunSweep(command->remaining()); });
}

}  // namespace weft::cli
