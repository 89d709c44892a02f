// SPDX-License-Identifier: Apache-2.0
// weft: the accelerator's command line.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <new>

#include "sim/cli/commands.hpp"

namespace {

constexpr int kFailed = 2;

int Refuse(const char* sentence) {
  fmt::print(stderr, "weft: {}\n", sentence);
  return kFailed;
}

int Run(int argc, char** argv) {
  CLI::App app(
      "Weft, an int8 CNN accelerator: run networks and layers on its RTL, its golden model or its cycle "
      "model");
  app.require_subcommand(0, 1);
  int status = kFailed;
  weft::cli::AddInfoCommand(&app, &status);
  weft::cli::AddCompileCommand(&app, &status);
  weft::cli::AddExportCommand(&app, &status);
  weft::cli::AddRunCommand(&app, &status);
  weft::cli::AddConvCommand(&app, &status);
  weft::cli::AddQuantizeCommand(&app, &status);
  weft::cli::AddBenchCommand(&app, &status);
  weft::cli::AddWavesCommand(&app, &status);
  weft::cli::AddWavediffCommand(&app, &status);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    return Refuse(error.what());
  }
  if (app.get_subcommands().empty())
    return Refuse(
        "say what to do: info, compile, export, run, quantize, conv, bench, waves or wavediff (weft --help tells "
        "more)");
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
