// SPDX-License-Identifier: Apache-2.0
// weft compile: a network as a file that runs as it is.
#include <fmt/format.h>

#include <fstream>
#include <memory>
#include <optional>

#include "compiler/network_file.hpp"
#include "compiler/onnx/onnx_reader.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/options.hpp"
#include "sim/cli/report.hpp"
#include "sw_model/error.hpp"
#include "sw_model/memory.hpp"

namespace weft::cli {
namespace {

struct Options {
  std::string model, output, config = "8x8", memory;
  int batch = 1;
  ModelFlags model_flags;
};

CompiledNetwork Compiled(const Options& options) {
  const Config config = Config::Load(options.config);
  const ModelOptions model_options = options.model_flags.Parsed();
  std::string model = ReadModelFile(options.model);
  try {
    return CompileModel(std::move(model), options.batch, config, model_options,
                        Memory::Parse(options.memory, config).ReadCycles(config));
  } catch (const Error& error) {
    throw Error("{}: {}", options.model, error.what());
  }
}

void Compile(const Options& options) {
  std::optional<Activity> activity(std::in_place, fmt::format("compiling {} for {} image(s) at once on {}",
                                                              options.model, options.batch, options.config));
  const CompiledNetwork network = Compiled(options);
  const std::string contents = NetworkFile(network);
  std::ofstream file(options.output, std::ios::binary);
  file << contents;
  if (!file.flush()) throw Error("{}: cannot be written", options.output);
  activity.reset();
  fmt::print("{}: {} bytes, {} image(s) at once on {}\n", options.output, contents.size(), options.batch,
             network.config.name);
  for (size_t s = 0; s < network.segments.size(); s++) {
    const Segment& segment = network.segments[s];
    const Program& program = network.programs[s].program;
    if (segment.on_host()) fmt::print("  host: {} operator(s)\n", segment.count);
    else
      fmt::print("  one start: {} operator(s), {} jobs, list {} bytes, image {} bytes, window {} bytes\n",
                 segment.count, program.jobs.size(), program.list_bytes, program.image.size(),
                 program.window_bytes);
  }
}

}  // namespace

void AddCompileCommand(CLI::App* app, int* status) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app->add_subcommand("compile", "Compile a network into a file that runs as it is");
  command->add_option("MODEL", options->model, "quantised network (.onnx or .tflite)")->required();
  command->add_option("-o,--output", options->output, "the file to write (.weft)")
      ->required()
      ->check(CanBeWritten());
  command->add_option("--config", options->config, "hardware configuration: a name, or a file")
      ->capture_default_str();
  command->add_option("--memory", options->memory,
                      "memory WIDTH:LATENCY that it is to run on, bytes a cycle and cycles");
  command->add_option("--batch", options->batch, "images that run together and share the array's rows")
      ->capture_default_str()
      ->check(CLI::Range(1, kMostImages));
  AddModelFlags(command, &options->model_flags);
  command->callback([options, status] {
    Compile(*options);
    *status = 0;
  });
}

}  // namespace weft::cli
