// SPDX-License-Identifier: Apache-2.0
// weft report: a network on images as one HTML page to look at.
#include <fmt/format.h>

#include <algorithm>
#include <climits>
#include <filesystem>
#include <memory>
#include <numeric>
#include <optional>
#include <utility>

#include "compiler/model_reader.hpp"
#include "compiler/network_file.hpp"
#include "sim/backends/network_run.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/figures.hpp"
#include "sim/cli/framework.hpp"
#include "sim/cli/io.hpp"
#include "sim/cli/options.hpp"
#include "sim/cli/outputs.hpp"
#include "sim/cli/predictions.hpp"
#include "sim/cli/report.hpp"
#include "sim/report/network_svg.hpp"
#include "sim/report/report_data.hpp"
#include "sim/report/report_page.hpp"
#include "sim/report/tensor_report.hpp"
#include "sim/report/timeline.hpp"
#include "sw_model/error.hpp"

namespace weft::cli {
namespace {

constexpr int kImagesShown = 64, kTop = 5;

struct Options {
  std::string model, labels, json, output, framework = "auto";
  InputFlags input;
  ModelFlags model_flags;
  int limit = 0, batch = 0;  // 0: not given
  bool has_config = false;
  BackendFlags backend;
  FigureFlags figures;
};

// What a run of all images gives.
struct Results {
  Results(const Graph& graph, int images)
      : predictions(graph), outputs(graph, "", true), tensors(graph, images) {}
  Predictions predictions;
  Outputs outputs;
  TensorReport tensors;
  RunTotals totals;
};

Results RunAll(const TensorI8& images, const BackendOptions& options, const NetworkToRun& network) {
  Results results(network.compiled.graph, images.shape.n);
  ProgressBar progress(images.shape.n);
  results.totals = RunBatches(network, images, options, [&](const NetworkResult& batch, int images_done) {
    if (!batch.tensors.empty()) {
      results.predictions.Add(batch);
      results.outputs.Add(batch);
      results.tensors.Add(batch);
    }
    progress.Show(images_done);
  });
  return results;
}

std::vector<Stage> StagesOf(const CompiledNetwork& network) {
  std::vector<std::vector<LoweredLayer>> layers;
  for (const SegmentProgram& p : network.programs) layers.push_back(p.layers);
  return FindStages(network.graph, network.segments, layers);
}

// The network, its file's contents as `model`, and for what it is compiled: a compiled file for what it was.
CompiledNetwork LoadNetwork(const Options& options) {
  const Config config = Config::Load(options.backend.options.config);
  std::optional<CompiledNetwork> file = ReadNetworkFile(options.model);
  if (!file) {
    const std::vector<uint8_t> bytes = ReadBytes(options.model);
    return {.config = config,
            .batch = std::max(options.batch, 1),
            .model = {bytes.begin(), bytes.end()},
            .graph = ReadModel(options.model, options.model_flags.Parsed())};
  }
  options.model_flags.RefuseFor(options.model);
  if (options.has_config && config.Key() != file->config.Key())
    throw Error("{}: it is compiled for {} ({}); leave --config out", options.model, file->config.name,
                file->config.Key());
  if (options.batch > 0) file->batch = options.batch;
  return std::move(*file);
}

FrameworkComparison CompareOutputs(const Options& options, const std::string& model, const Graph& graph,
                                   const TensorI8& images, const std::vector<NpyArray>& outputs) {
  if (options.framework == "off") return {.name = {}, .reason = "--framework off"};
  if (options.framework != "auto") return CompareWithFile(options.framework, graph, images.shape.n, outputs);
  return CompareWithFramework(model, graph, images, outputs);
}

Json HeaderJson(const Options& options, const Config& config, const Memory& memory, int images, int batch) {
  return {{"weft", WEFT_RELEASE},
          {"model", std::filesystem::path(options.model).filename().string()},
          {"engine", options.backend.options.engine},
          {"config",
           {{"name", config.name},
            {"key", config.Key()},
            {"rows", config.rows},
            {"cols", config.cols},
            {"bus_bytes", config.bus_bytes}}},
          {"memory", {{"width", memory.width}, {"latency", memory.latency}}},
          {"images", images},
          {"batch", batch}};
}

void AddClasses(const std::vector<int>& labels, const Graph& graph, const Predictions& predictions,
                Json* report) {
  predictions.AddTo(report, kTop);
  if (const auto names = graph.metadata.find("labels"); names != graph.metadata.end())
    (*report)["class_names"] = names->second;
  if (labels.empty()) return;
  if (predictions.empty()) throw Error("--labels needs a network that ends in one pixel of class scores");
  (*report)["labels"] = labels;
  (*report)["accuracy"] = predictions.Accuracy(labels);
}

// Those that are shown: misclassified ones first, each kind in the images' order.
std::vector<int> ChooseImages(const std::vector<int>& labels, const Predictions& predictions, int images) {
  std::vector<int> numbers(static_cast<size_t>(images));
  std::iota(numbers.begin(), numbers.end(), 0);
  if (!labels.empty())
    std::stable_partition(numbers.begin(), numbers.end(),
                          [&](int i) { return predictions.Best(i, 1).at(0).label != labels[size_t(i)]; });
  numbers.resize(size_t(std::min(images, kImagesShown)));
  return numbers;
}

void PrintFramework(std::FILE* stream, const FrameworkComparison& c) {
  if (c.name.empty()) fmt::print(stream, "not compared with the model's framework: {}\n", c.reason);
  else
    fmt::print(stream, "{}: {} of {} output values of {} image{} differ\n", c.name, c.differing, c.values,
               c.images, c.images == 1 ? "" : "s");
}

int Report(const Options& options) {
  BackendOptions backend = ParsedBackend(options.backend);
  const double clock = ClockFor(options.figures, backend.engine);
  const bool has_cycles = backend.engine != "golden", has_data = backend.engine != "cycles";
  if (!has_data && !options.labels.empty())
    throw Error("--labels needs the engine rtl or golden: the engine cycles computes no data");
  backend.check = backend.check || backend.engine == "rtl";
  backend.all_tensors = has_data;
  CompiledNetwork loaded = LoadNetwork(options);
  const std::string model = std::move(loaded.model);
  const Config config = loaded.config;
  const Memory memory = Memory::Parse(backend.memory, config);
  const TensorI8 images =
      ImagesToRun(options.input, loaded.graph, options.limit, has_data ? 0 : loaded.batch);
  const int batch = std::min(loaded.batch, images.shape.n);
  std::vector<int> labels;
  if (!options.labels.empty()) labels = LoadLabels(options.labels, images.shape.n);
  const NetworkToRun to_run{
      .compiled = CompileNetwork(
          std::move(loaded.graph), batch, config,
          {.keep_all = has_data, .with_data = has_data, .read_cycles = memory.ReadCycles(config)}),
      .keeps_all = has_data};
  const CompiledNetwork& network = to_run.compiled;
  const std::vector<Stage> stages = StagesOf(network);
  Json segments = has_cycles ? TimelineJson(network, memory) : Json::array();
  const Results results = RunAll(images, backend, to_run);
  const RunTotals& totals = results.totals;

  Json report = HeaderJson(options, config, memory, images.shape.n, batch);
  report.update(TimesJson(clock, totals.all.cycles, totals.starts, images.shape.n));
  report.update(StatsJson(totals.all, has_cycles));
  report["starts"] = totals.starts;
  report["compulsory_bytes"] = CompulsoryBytes(network.graph, totals.starts, images.shape.n);
  report["metadata"] = network.graph.metadata;
  report["input"] = network.graph.input;
  report.update(NetworkJson(network.graph, stages));
  for (size_t i = 0; i < totals.layers.size(); i++)
    report["layers"][i].update(StatsJson(totals.layers[i], has_cycles));
  report["tensors"] = results.tensors.ToJson();
  report["segments"] = std::move(segments);
  FrameworkComparison framework{.name = {}, .reason = "the engine cycles computes no outputs"};
  if (has_data) {
    framework = CompareOutputs(options, model, network.graph, images, results.outputs.arrays());
    AddClasses(labels, network.graph, results.predictions, &report);
    report["inputs"] = ImagesJson(images, ChooseImages(labels, results.predictions, images.shape.n));
  }
  report["framework"] = ToJson(framework);
  WriteBytes(options.output, ReportPage(report, report.at("model"), NetworkSvg(network.graph, stages, true)));
  WriteJson(options.json, report);
  fmt::print(TableStream(options.json), "{}: {} image{}, {} operators{}\n", options.output, images.shape.n,
             images.shape.n == 1 ? "" : "s", totals.layers.size(),
             totals.all.mismatches ? fmt::format(", {} outputs compared, {} mismatches",
                                                 totals.all.outputs_compared, *totals.all.mismatches)
                                   : "");
  PrintFramework(TableStream(options.json), framework);
  return totals.all.mismatches.value_or(0) == 0 && framework.differing == 0 ? 0 : 1;
}

}  // namespace

void AddReportCommand(CLI::App* app, int* status) {
  const auto options = std::make_shared<Options>();
  options->backend.options.engine = "rtl";
  CLI::App* command = app->add_subcommand(
      "report", "Show a network on images as one HTML page: pictures, cycles, what was compared");
  command
      ->add_option("MODEL", options->model, "quantised network (.onnx or .tflite), or a compiled one (.weft)")
      ->required();
  AddInputFlags(command, &options->input);
  AddModelFlags(command, &options->model_flags);
  command->add_option("--limit", options->limit, "use only the first N images")
      ->check(CLI::Range(1, INT_MAX));
  command->add_option("--batch", options->batch, "images that run together and share the array's rows")
      ->check(CLI::Range(1, kMostImages));
  command
      ->add_option(
          "--framework", options->framework,
          "compare the outputs with the model's own framework: auto (where it is installed), off, or "
          "a .npy with its outputs")
      ->capture_default_str();
  command->add_option("--labels", options->labels, "the images' classes: IDX, .npy or text");
  command->add_option("-o,--output", options->output, "the page (.html)")->required()->check(CanBeWritten());
  command->add_option("--json", options->json, "write the page's data as JSON to a file, or to stdout with -")
      ->check(CanBeWritten());
  AddBackendFlags(command, &options->backend);
  command->get_option("--engine")->required(false)->capture_default_str();
  AddClockFlag(command, &options->figures);
  command->callback([options, status, command] {
    options->has_config = command->count("--config") > 0;
    *status = Report(*options);
  });
}

}  // namespace weft::cli
