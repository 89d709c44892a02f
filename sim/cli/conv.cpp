// SPDX-License-Identifier: Apache-2.0
// weft conv: one convolution layer on a backend.
#include <fmt/format.h>

#include <memory>

#include "sim/cli/commands.hpp"
#include "sim/cli/conv_layer.hpp"
#include "sim/cli/figures.hpp"
#include "sim/cli/io.hpp"
#include "sim/cli/options.hpp"
#include "sim/cli/planes.hpp"
#include "sim/cli/report.hpp"
#include "sw_model/error.hpp"
#include "sw_model/golden/golden.hpp"

namespace weft::cli {
namespace {

struct Options {
  ConvOptions conv;
  BackendFlags backend;
  FigureFlags figures;
  std::string json, output;
  bool print = false;
};

void Print(std::FILE* stream, const ConvCase& c, const Shape& out, const LayerStats& stats,
           const BackendOptions& backend) {
  fmt::print(stream, "input {}, filters {}x{}x{}, output {}, batch {}\n", ShapeText(c.input.shape),
             c.layer.filters.shape.n, c.layer.window.kh, c.layer.window.kw, ShapeText(out), out.n);
  fmt::print(stream, "parameters: {} ({} weights, {} biases)\nMACs: {}\n",
             c.layer.filters.data.size() + c.layer.bias.size(), c.layer.filters.data.size(),
             c.layer.bias.size(), stats.macs);
  if (backend.engine != "golden")
    fmt::print(stream, "cycles: {}\nutilisation: {}\n", stats.cycles, PercentText(stats.utilisation));
  if (stats.predicted_cycles > 0) fmt::print(stream, "predicted cycles: {}\n", stats.predicted_cycles);
  for (const auto& [cause, cycles] : stats.stalls) fmt::print(stream, "  {}: {:.0f}\n", cause, cycles);
  if (stats.mismatches)
    fmt::print(stream, "{} outputs compared, {} mismatches\n", stats.outputs_compared, *stats.mismatches);
}

int Conv(Options options) {
  const BackendOptions backend = ParsedBackend(options.backend);
  options.conv.seed = backend.seed;
  if (backend.engine == "cycles" && (options.print || !options.output.empty()))
    throw Error("--output and --print need the engine rtl or golden: the engine cycles computes no data");
  const double clock = ClockFor(options.figures, backend.engine);
  const ConvCase c = MakeConvCase(options.conv);
  const Shape shape = golden::OutputShape(c.input.shape, c.layer);
  LayerStats stats;
  RemoveOldTrace(backend);
  const TensorI8 out = MakeLayerBackend(backend)->Run(c.layer, c.input, stats);
  CheckTrace(backend);
  if (!options.output.empty()) SaveNpy(options.output, out);

  const Json times = TimesJson(clock, stats.cycles, 1, shape.n);
  Print(TableStream(options.json, options.figures.csv), c, shape, stats, backend);
  PrintTimes(TableStream(options.json, options.figures.csv), times);
  if (options.print) PrintPlanes(TableStream(options.json, options.figures.csv), out);
  Json json = StatsJson(stats, backend.engine != "golden");
  json.update(times);
  json["outputs"] = shape.size();
  json["output_shape"] = {shape.n, shape.h, shape.w, shape.c};
  WriteJson(options.json, json);
  WriteCsv(options.figures.csv, json);
  return stats.mismatches.value_or(0) == 0 ? 0 : 1;
}

}  // namespace

void AddConvCommand(CLI::App* app, int* status) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app->add_subcommand("conv", "Run one convolution layer, on random data or on arrays");
  AddConvLayerFlags(command, &options->conv);
  AddBackendFlags(command, &options->backend);
  AddTraceFlags(command, &options->backend);
  AddFigureFlags(command, &options->figures);
  command
      ->add_option("--output", options->output,
                   "write the output: int8 [H, W, K], or [N, H, W, K] of a batch (.npy)")
      ->check(CanBeWritten());
  command->add_flag("--print", options->print, "print the output, a plane a channel");
  command->add_option("--json", options->json, "write JSON to a file, or to stdout with -")
      ->check(CanBeWritten());
  command->callback([options, status] { *status = Conv(*options); });
}

}  // namespace weft::cli
