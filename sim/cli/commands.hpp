// SPDX-License-Identifier: Apache-2.0
// The subcommands of `weft`. Each function adds one; when it ran, `*status` is the exit status: 0, or 1 when
// outputs differed.
#pragma once

#include <CLI/CLI.hpp>

namespace weft::cli {

void AddInfoCommand(CLI::App* app, int* status);
void AddCompileCommand(CLI::App* app, int* status);
void AddExportCommand(CLI::App* app, int* status);
void AddRunCommand(CLI::App* app, int* status);
void AddBoardCommand(CLI::App* app, int* status);
void AddReportCommand(CLI::App* app, int* status);
void AddConvCommand(CLI::App* app, int* status);
void AddOperatorsCommand(CLI::App* app, int* status);
void AddQuantizeCommand(CLI::App* app, int* status);
void AddBenchCommand(CLI::App* app, int* status);
void AddTuneCommand(CLI::App* app, int* status);
void AddSweepCommand(CLI::App* app, int* status);
void AddWavesCommand(CLI::App* app, int* status);
void AddWavediffCommand(CLI::App* app, int* status);
void AddHelpCommands(CLI::App* app, int* status);  // completion, man

}  // namespace weft::cli
