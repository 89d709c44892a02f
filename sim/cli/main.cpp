// SPDX-License-Identifier: Apache-2.0
// weft: the accelerator's command line.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include "sim/cli/commands.hpp"

namespace {

constexpr int kFailed = 2;

int Refuse(const std::string& sentence) {
  fmt::print(stderr, "weft: {}\n", sentence);
  return kFailed;
}

std::vector<std::string> CommandNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  return names;
}

int Run(int argc, char** argv) {
  CLI::App app(
      "Weft, an int8 CNN accelerator: run networks and layers on its RTL, its golden model or its cycle "
      "model");
  app.require_subcommand(0, 1);
  app.set_version_flag("--version", "weft " WEFT_RELEASE);
  int status = kFailed;
  weft::cli::AddInfoCommand(&app, &status);
  weft::cli::AddCompileCommand(&app, &status);
  weft::cli::AddExportCommand(&app, &status);
  weft::cli::AddRunCommand(&app, &status);
  weft::cli::AddBoardCommand(&app, &status);
  weft::cli::AddReportCommand(&app, &status);
  weft::cli::AddConvCommand(&app, &status);
  weft::cli::AddOperatorsCommand(&app, &status);
  weft::cli::AddQuantizeCommand(&app, &status);
  weft::cli::AddBenchCommand(&app, &status);
  weft::cli::AddTuneCommand(&app, &status);
  weft::cli::AddSweepCommand(&app, &status);
  weft::cli::AddWavesCommand(&app, &status);
  weft::cli::AddWavediffCommand(&app, &status);
  weft::cli::AddHelpCommands(&app, &status);
  const std::vector<std::string> commands = CommandNames(app);
  if (argc > 1 && argv[1][0] != '-' && std::ranges::count(commands, argv[1]) == 0)
    return Refuse(fmt::format("there is no command '{}'; there are {} (weft --help tells more)", argv[1],
                              fmt::join(commands, ", ")));
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    return Refuse(error.what());
  }
  if (app.get_subcommands().empty())
    return Refuse(fmt::format("say what to do: {} (weft --help tells more)", fmt::join(commands, ", ")));
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return Run(argc, argv);
  } catch (const std::bad_alloc&) {
    return Refuse("this does not fit in memory");
  } catch (const std::exception& error) {
    return Refuse(error.what());
  }
}
