// SPDX-License-Identifier: Apache-2.0
// weft run: a network on images, with accuracy, cycles and comparison with the golden model.
#include "sim/cli/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <climits>
#include <memory>
#include <optional>
#include <utility>

#include "compiler/model_reader.hpp"
#include "compiler/network_file.hpp"
#include "sim/backends/network_run.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/figures.hpp"
#include "sim/cli/io.hpp"
#include "sim/cli/options.hpp"
#include "sim/cli/outputs.hpp"
#include "sim/cli/predictions.hpp"
#include "sim/cli/report.hpp"
#include "sw_model/error.hpp"

namespace weft::cli {
namespace {

constexpr int kTopInJson = 5;

void CheckOptions(const RunOptions& options, const Hardware* hardware, const CompiledNetwork& network) {
  if (hardware != nullptr && (hardware->config.Register0() != network.config.Register0() ||
                              hardware->config.Register1() != network.config.Register1()))
    throw Error(
        "{}: it is compiled for {} ({}), and the board is {}: run the model, or compile it for the board",
        options.model, network.config.name, network.config.Key(), hardware->config.Key());
  if (!options.backend.options.trace_file.empty())
    throw Error("{}: --trace runs the layers one by one; give it the ONNX model", options.model);
  options.model_flags.RefuseFor(options.model);
  if (options.has_config && Config::Load(options.backend.options.config).Key() != network.config.Key())
    throw Error("{}: it is compiled for {} ({}); leave --config out, or compile it with --config {}",
                options.model, network.config.name, network.config.Key(), options.backend.options.config);
  if (options.batch != 0 && options.batch != network.batch)
    throw Error("{}: it is compiled for {} images at once; leave --batch out, or compile it with --batch {}",
                options.model, network.batch, options.batch);
}

NetworkToRun LoadNetwork(const RunOptions& options, const Hardware* hardware) {
  if (std::optional<CompiledNetwork> file = ReadNetworkFile(options.model)) {
    CheckOptions(options, hardware, *file);
    return {.compiled = std::move(*file), .is_file = true};
  }
  return {.compiled = {
              .config = hardware != nullptr ? hardware->config : Config::Load(options.backend.options.config),
              .batch = std::max(options.batch, 1),
              .graph = ReadModel(options.model, options.model_flags.Parsed())}};
}

std::optional<std::vector<int>> LoadMatchingLabels(const RunOptions& options, int images) {
  if (options.labels.empty()) return {};
  if (options.backend.options.engine == "cycles")
    throw Error("--labels needs the engine rtl or golden: the engine cycles computes no data");
  return LoadLabels(options.labels, images);
}

// What becomes of a run's tensors.
struct Results {
  Predictions predictions;
  Outputs outputs;
  std::optional<Dump> dump;

  void Add(const NetworkResult& batch) {
    if (batch.output.data.empty()) return;  // the cycle model's
    predictions.Add(batch);
    outputs.Add(batch);
    if (dump) dump->Add(batch);
  }
};

RunTotals RunAll(const TensorI8& images, const BackendOptions& options, const NetworkToRun& network,
                 const Hardware* hardware, Results* results) {
  ProgressBar progress(images.shape.n);
  const BatchDone done = [&](const NetworkResult& batch, int images_done) {
    results->Add(batch);
    progress.Show(images_done);
  };
  const auto on_board = [&] {
    const auto backend = MakeBoardBackend(options, hardware->config, hardware->board);
    return RunBatches(network, images, options, backend.get(), done);
  };
  RunTotals totals = hardware != nullptr ? on_board() : RunBatches(network, images, options, done);
  if (!totals.note.empty()) fmt::print(stderr, "{}\n", totals.note);
  return totals;
}

Json OutputsJson(const Outputs& outputs, int images) {
  Json json = Json::array();
  for (const Outputs::Entry& o : outputs.Entries(images))
    json.push_back({{"name", o.name},
                    {"shape", o.shape},
                    {"type", TypeName(o.type)},
                    {"file", o.file.empty() ? Json(nullptr) : Json(o.file)}});
  return json;
}

Json TimesOf(const RunOptions& options, const RunTotals& totals) {
  return TimesJson(ParseClock(options.figures.clock), totals.all.cycles, totals.starts, totals.images);
}

// Hardware on a board counts the cycles of a start, not of each operator.
bool CountsOperators(const RunOptions& options) {
  return options.backend.options.engine == "rtl" || options.backend.options.engine == "cycles";
}

Json ToJson(const RunOptions& options, const Graph& graph, const RunTotals& totals, const Results& results,
            std::optional<double> accuracy) {
  const bool has_cycles = options.backend.options.engine != "golden";
  Json json = {
      {"model", options.model}, {"engine", options.backend.options.engine}, {"images", totals.images}};
  if (accuracy) json["accuracy"] = *accuracy;
  json.update(StatsJson(totals.all, has_cycles));
  json.update(TimesOf(options, totals));
  json["layers"] = Json::array();
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    Json layer = {{"name", graph.nodes[i].name}, {"op", OpName(graph.nodes[i].op)}};
    layer.update(StatsJson(totals.layers[i], CountsOperators(options)));
    json["layers"].push_back(layer);
  }
  results.predictions.AddTo(&json, options.top > 0 ? options.top : kTopInJson);
  json["outputs"] = OutputsJson(results.outputs, totals.images);
  if (!options.dump.empty()) json["dump"] = options.dump;
  return json;
}

void PrintLayers(std::FILE* stream, const RunOptions& options, const Graph& graph, const RunTotals& totals) {
  std::vector<std::vector<std::string>> rows = {
      {"layer", "op", "MACs", "cycles/image", "utilisation", "mismatches"}};
  const auto add = [&](const std::string& name, const std::string& op, const LayerStats& s, bool counted) {
    rows.push_back({name, op, std::to_string(s.macs / totals.images),
                    counted ? std::to_string(s.cycles / totals.images) : "-",
                    s.cycles > 0 ? PercentText(s.utilisation) : "-", MismatchText(s)});
  };
  for (size_t i = 0; i < graph.nodes.size(); ++i)
    add(ShortName(graph.nodes[i].name), OpName(graph.nodes[i].op), totals.layers[i],
        CountsOperators(options));
  add("total", "", totals.all, true);
  PrintTable(stream, rows);
}

void PrintComparison(std::FILE* stream, const RunTotals& totals) {
  const auto compared = std::count_if(totals.layers.begin(), totals.layers.end(),
                                      [](const LayerStats& s) { return s.mismatches.has_value(); });
  fmt::print(stream, "outputs compared: {}, {} of {} operators\nmismatches: {}\n",
             totals.all.outputs_compared, compared, totals.layers.size(), *totals.all.mismatches);
}

// Where the outputs are, or how to get those that are more than classes.
void PrintOutputs(std::FILE* stream, const RunOptions& options, int images, const Results& results) {
  for (const Outputs::Entry& o : results.outputs.Entries(images)) {
    const std::string what =
        fmt::format("output {}: {} {}", ShortName(o.name), TypeName(o.type), fmt::join(o.shape, " x "));
    if (!o.file.empty()) fmt::print(stream, "{}, written to {}\n", what, o.file);
    else if (results.predictions.empty())
      fmt::print(stream, "{}{}\n", what,
                 options.backend.options.engine == "cycles" ? "" : "; --output FILE.npy writes it");
  }
  if (!results.dump) return;
  fmt::print(stream, "{} tensors written to {}\n", results.dump->count(), options.dump);
  if (const int inside = results.dump->inside(); inside > 0)
    fmt::print(
        stream,
        "{} of them are not in the RTL's memory when it has ended (inside a fused job, or overwritten): "
        "these are the golden model's (tensors.json)\n",
        inside);
}

void CheckTensorOptions(const RunOptions& options, const BackendOptions& backend) {
  for (const auto& [option, value] : {std::pair("--output", options.output), {"--dump", options.dump}})
    if (!value.empty() && backend.engine == "cycles")
      throw Error("{} needs the engine rtl or golden: the engine cycles computes no data", option);
  if (!options.dump.empty() && !backend.trace_file.empty())
    throw Error(
        "--dump shows what lies in memory; --trace runs layers one by one, without one: use one of the two");
}

}  // namespace

int RunNetwork(const RunOptions& options, const Hardware* hardware) {
  BackendOptions backend = hardware != nullptr ? options.backend.options : ParsedBackend(options.backend);
  if (options.most_cycles > 0 && (backend.engine != "rtl" || !backend.trace_file.empty()))
    throw Error("--most-cycles needs the engine rtl, without --trace");
  CheckTensorOptions(options, backend);
  ClockFor(options.figures, backend.engine);  // before a long run
  backend.all_tensors = !options.dump.empty();
  const NetworkToRun network = LoadNetwork(options, hardware);
  const Graph& graph = network.compiled.graph;
  const TensorI8 images =
      ImagesToRun(options.input, graph, options.limit,
                  options.backend.options.engine == "cycles" ? network.compiled.batch : 0);
  const auto labels = LoadMatchingLabels(options, images.shape.n);
  backend.most_cycles = options.most_cycles;
  RemoveOldTrace(backend);
  Results results{Predictions(graph), Outputs(graph, options.output), {}};
  if (!options.dump.empty()) results.dump.emplace(graph, options.dump, images.shape.n);
  const RunTotals totals = RunAll(images, backend, network, hardware, &results);
  CheckTrace(backend);
  if (backend.check && !totals.all.mismatches)
    throw Error("{}: --check has compared nothing: no operator of this network runs on the engine {}",
                options.model, backend.engine);
  if (labels && results.predictions.empty())
    throw Error("--labels needs a network that ends in one pixel of class scores");
  std::optional<double> accuracy;
  if (labels) accuracy = results.predictions.Accuracy(*labels);
  results.outputs.Write();
  if (results.dump) results.dump->WriteManifest();

  std::FILE* stream = TableStream(options.json, options.figures.csv);
  results.predictions.Print(stream, std::max(options.top, 1), labels);
  if (backend.engine != "golden") PrintLayers(stream, options, graph, totals);
  fmt::print(stream, "images: {}\n", totals.images);
  if (accuracy) fmt::print(stream, "accuracy: {}\n", PercentText(*accuracy));
  PrintTimes(stream, TimesOf(options, totals));
  PrintOutputs(stream, options, totals.images, results);
  if (backend.check) PrintComparison(stream, totals);
  const Json json = ToJson(options, graph, totals, results, accuracy);
  WriteJson(options.json, json);
  WriteCsv(options.figures.csv, json);
  return totals.all.mismatches.value_or(0) == 0 ? 0 : 1;
}

void AddRunFlags(CLI::App* command, RunOptions* options) {
  command
      ->add_option("MODEL", options->model, "quantised network (.onnx or .tflite), or a compiled one (.weft)")
      ->required();
  AddModelFlags(command, &options->model_flags);
  AddInputFlags(command, &options->input);
  command->add_option("--limit", options->limit, "use only the first N images")
      ->check(CLI::Range(1, INT_MAX));
  command->add_option("--batch", options->batch, "images that run together and share the array's rows")
      ->check(CLI::Range(1, kMostImages));
  command->add_option("--labels", options->labels, "the images' classes: IDX, .npy or text");
  command
      ->add_option("--output", options->output,
                   "write the model's outputs, of all images, in its own types and axes: a .npy, or of "
                   "several outputs a .npz or a .npy with {name} in its name")
      ->check(CanBeWritten());
  command->add_option(
      "--dump", options->dump,
      "write every tensor of the network to a folder, and tensors.json, which describes them");
  command->add_option("--top", options->top, "best classes of an image (5 in JSON, 1 in the table)")
      ->check(CLI::Range(1, INT_MAX));
  command->add_option("--json", options->json, "write JSON to a file, or to stdout with -")
      ->check(CanBeWritten());
  AddFigureFlags(command, &options->figures);
}

void AddRunCommand(CLI::App* app, int* status) {
  const auto options = std::make_shared<RunOptions>();
  CLI::App* command = app->add_subcommand("run", "Run a network on images");
  AddRunFlags(command, options.get());
  AddBackendFlags(command, &options->backend);
  AddTraceFlags(command, &options->backend);
  command
      ->add_option("--most-cycles", options->most_cycles,
                   "stop a start of the RTL after so many cycles (ten times what the cycle model counts)")
      ->check(CLI::Range(int64_t{1}, INT64_MAX / 4));
  command->callback([options, status, command] {
    options->has_config = command->count("--config") > 0;
    *status = RunNetwork(*options);
  });
}

}  // namespace weft::cli
