// weft conv: one convolution layer on an engine.
#include <fmt/format.h>

#include <memory>

#include "sim/cli_commands.hpp"
#include "sim/cli_conv_layer.hpp"
#include "sim/cli_options.hpp"
#include "sim/cli_report.hpp"
#include "sim/io.hpp"
#include "sw_model/error.hpp"
#include "sw_model/golden.hpp"

namespace weft::cli {
namespace {

struct Options {
  ConvOptions conv;
  EngineFlags engine;
  std::string json, output;
};

void Print(std::FILE* stream, const ConvCase& c, const Shape& out, const LayerStats& stats,
           const EngineOptions& engine) {
  fmt::print(stream, "input {}, filters {}x{}x{}, output {}, batch {}\n", ShapeText(c.input.shape),
             c.layer.filters.shape.n, c.layer.window.kh, c.layer.window.kw, ShapeText(out), out.n);
  fmt::print(stream, "MACs: {}\n", stats.macs);
  if (engine.engine != "golden")
    fmt::print(stream, "cycles: {}\nutilisation: {}\n", stats.cycles, PercentText(stats.utilisation));
  if (stats.predicted_cycles > 0) fmt::print(stream, "predicted cycles: {}\n", stats.predicted_cycles);
  for (const auto& [cause, cycles] : stats.stalls) fmt::print(stream, "  {}: {:.0f}\n", cause, cycles);
  if (engine.check) fmt::print(stream, "{} outputs compared, {} mismatches\n", out.size(), stats.mismatches);
}

int Conv(Options options) {
  const EngineOptions engine = ParsedEngine(options.engine);
  options.conv.seed = engine.seed;
  if (engine.engine == "cycles" && !options.output.empty())
    throw Error("--output needs the engine rtl or golden: the engine cycles computes no data");
  const ConvCase c = MakeConvCase(options.conv);
  const Shape shape = golden::OutputShape(c.input.shape, c.layer);
  LayerStats stats;
  const TensorI8 out = MakeEngine(engine)->Run(c.layer, c.input, stats);
  if (!options.output.empty()) SaveNpy(options.output, out);

  Print(TableStream(options.json), c, shape, stats, engine);
  Json json = StatsJson(stats, engine.engine != "golden");
  json["outputs"] = shape.size();
  json["output_shape"] = {shape.n, shape.h, shape.w, shape.c};
  WriteJson(options.json, json);
  return stats.mismatches == 0 ? 0 : 1;
}

void AddShapeFlags(CLI::App* command, ConvOptions* o) {
  command->add_option("--in", o->in, "input HEIGHTxWIDTHxCHANNELS");
  command->add_option("--filters", o->filters, "COUNTxHEIGHTxWIDTH");
  command->add_option_function<int>(
      "--batch", [o](int n) { o->batch = n, o->has_batch = true; }, "images");
  command->add_option("--stride", o->stride, "S or SHxSW");
  command->add_option("--pad", o->pad, "P or TOP,BOTTOM,LEFT,RIGHT");
  command->add_option("--dilation", o->dilation, "D or DHxDW");
  command->add_option("--groups", o->groups, "groups of channels");
  command->add_option("--pool", o->pool,
                      "max-pool FHxFW[:STRIDE] after it; the stride is the window's size by default");
  command->add_flag("--relu", o->relu, "clamp at the output zero point");
  command->add_flag("--floor", o->floor, "allow a stride that does not fit: drop the remainder");
}

void AddArrayFlags(CLI::App* command, ConvOptions* o) {
  command->add_option("--input", o->input_file,
                      "int8 [H, W, C] or [N, H, W, C] (.npy) instead of random data");
  command->add_option("--weights", o->weights_file, "int8 [K, FH, FW, C / groups] (.npy)");
  command->add_option("--bias", o->bias_file, "int32 [K] (.npy)");
  command->add_option("--multiplier", o->multiplier_file, "int32 [K] (.npy)");
  command->add_option("--shift", o->shift_file,
                      "int32 [K] (.npy): sums are multiplied by multiplier * 2^(shift-31)");
  command->add_option("--input-zp", o->input_zp, "zero point of --input");
  command->add_option("--output-zp", o->output_zp, "zero point of the output");
  command->add_option("--clamp", o->clamp, "LO:HI of the output");
}

}  // namespace

void AddConvCommand(CLI::App* app, int* status) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app->add_subcommand("conv", "Run one convolution layer, on random data or on arrays");
  AddShapeFlags(command, &options->conv);
  AddArrayFlags(command, &options->conv);
  AddEngineFlags(command, &options->engine);
  AddTraceFlags(command, &options->engine);
  command->add_option("--output", options->output, "write the output (.npy)");
  command->add_option("--json", options->json, "write JSON to a file, or to stdout with -");
  command->callback([options, status] { *status = Conv(*options); });
}

}  // namespace weft::cli
