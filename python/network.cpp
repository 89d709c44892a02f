// SPDX-License-Identifier: Apache-2.0
#include "python/network.hpp"

#include <memory>
#include <set>

#include "compiler/model_reader.hpp"
#include "compiler/onnx/onnx_reader.hpp"
#include "sim/cli/io.hpp"
#include "sim/cli/outputs.hpp"
#include "sw_model/error.hpp"
#include "sw_model/memory.hpp"

namespace weft::python {
namespace {

// Refuses what the command line would refuse when it runs the network.
void CheckMemory(const std::string& memory, const Config& config) {
  cli::BackendFlags flags;
  flags.options.engine = "cycles";
  flags.options.memory = memory;
  cli::ParsedBackend(flags);
  Memory::Parse(memory, config);
}

// Fills in a run as its batches come.
class Collector {
 public:
  Collector(const Graph& graph, bool tensors, Run* run) : graph_(graph), run_(*run) {
    for (const Port& port : graph.outputs) run_.outputs.emplace_back(PortName(graph, port), NpyArray{});
    if (tensors) arrays_.resize(graph.tensors.size());
  }

  void Add(const NetworkResult& batch, int images_done) {
    if (batch.output.data.empty()) return;  // the cycle model's
    for (size_t i = 0; i < run_.outputs.size(); i++)
      AddBatch(graph_, batch, graph_.outputs[i].tensor, graph_.outputs[i].type, images_done,
               &run_.outputs[i].second);
    for (size_t t = 0; t < arrays_.size(); t++)
      if (!batch.tensors[t].data.empty())
        AddBatch(graph_, batch, int(t), TypeOf(graph_.tensors[t]), images_done, &arrays_[t]);
    origins_ = batch.origins;
  }

  void Finish() {
    if (!run_.outputs.empty() && run_.outputs[0].second.bytes.empty()) run_.outputs.clear();
    for (size_t t = 0; t < arrays_.size(); t++) {
      if (arrays_[t].bytes.empty()) continue;
      const TensorInfo& info = graph_.tensors[t];
      TensorOfRun& tensor = run_.tensors.emplace_back(
          TensorOfRun{Unique(info.name), info.axes, OriginName(origins_[t]), std::move(arrays_[t]), {}, {}});
      if (info.is_real) continue;
      tensor.scale = info.scale;
      tensor.zero_point = FileZeroPoint(info);
    }
  }

 private:
  // A model may have two tensors of one name, or of none.
  std::string Unique(const std::string& name) {
    std::string unique = name;
    for (int number = 2; !names_.insert(unique).second; number++) unique = fmt::format("{}~{}", name, number);
    return unique;
  }

  const Graph& graph_;
  Run& run_;
  std::set<std::string> names_;
  std::vector<NpyArray> arrays_;  // one a tensor
  std::vector<Origin> origins_;
};

}  // namespace

Network::Network(std::string path, const Options& options)
    : path_(std::move(path)), memory_(options.memory), model_(ReadModelFile(path_)) {
  if (IsNetworkFile(model_)) throw Error("{}: it is compiled already: weft.load reads it", path_);
  if (options.batch < 1 || options.batch > kMostImages)
    throw Error("batch {}: give a whole number from 1 to {}", options.batch, kMostImages);
  const Config config = Config::Load(options.config);
  CheckMemory(options.memory, config);
  model_options_ = options.model.Parsed();
  Graph graph = ReadModel(path_, model_options_);
  try {
    network_.compiled = CompileNetwork(std::move(graph), options.batch, config,
                                       {.read_cycles = Memory::Parse(memory_, config).ReadCycles(config)});
  } catch (const Error& error) {
    throw Error("{}: {}", path_, error.what());
  }
}

Network Network::Load(std::string path, std::string memory) {
  std::optional<CompiledNetwork> file = ReadNetworkFile(path);
  if (!file) throw Error("{}: it is a model: weft.compile compiles it", path);
  Network network;
  network.path_ = std::move(path);
  network.memory_ = std::move(memory);
  network.network_ = {.compiled = std::move(*file), .is_file = true};
  CheckMemory(network.memory_, network.compiled().config);
  return network;
}

void Network::Save(const std::string& path) const {
  try {
    WriteBytes(path, NetworkFile(network_.is_file ? network_.compiled
                                                  : CompileModel(model_, compiled().batch, compiled().config,
                                                                 model_options_, compiled().read_cycles)));
  } catch (const Error& error) {
    throw Error("{}: {}", path_, error.what());
  }
}

BackendOptions Network::OptionsOf(const Request& request) const {
  cli::BackendFlags flags = request.backend;
  if (request.board != nullptr) flags.options.engine = "rtl";
  BackendOptions options = cli::ParsedBackend(flags);
  options.all_tensors = request.tensors;
  if (request.board != nullptr) options.engine = "board";
  else options.memory = memory_;
  return options;
}

Run Network::RunCodes(const TensorI8& images, const Request& request) const {
  const BackendOptions options = OptionsOf(request);
  const Graph& graph = compiled().graph;
  Run run;
  run.engine = options.engine;
  Collector collector(graph, request.tensors, &run);
  const BatchDone done = [&](const NetworkResult& batch, int images_done) {
    collector.Add(batch, images_done);
    request.between();
  };
  RunTotals totals;
  if (request.board == nullptr) {
    totals = RunBatches(network_, images, options, done);
  } else {
    const std::lock_guard<std::mutex> lock(request.board->in_use);
    const auto backend = MakeBoardBackend(options, compiled().config, request.board);
    totals = RunBatches(network_, images, options, backend.get(), done);
  }
  if (options.check && !totals.all.mismatches)
    throw Error("{}: --check has compared nothing: no operator of this network runs on the engine {}", path_,
                options.engine);
  collector.Finish();
  run.images = totals.images;
  run.starts = totals.starts;
  run.has_cycles = options.engine != "golden";
  run.has_layer_cycles = run.has_cycles && request.board == nullptr;
  run.total = totals.all;
  for (size_t i = 0; i < graph.nodes.size(); i++)
    run.layers.push_back({graph.nodes[i].name, OpName(graph.nodes[i].op), totals.layers[i]});
  if (!totals.note.empty()) run.warnings.push_back(totals.note);
  return run;
}

Run Network::RunImages(const NpyArray& images, const Request& request) const {
  std::string warning;
  const TensorI8 codes =
      LoadArray(images, "images", FormatOf(compiled().graph), cli::ParsedInput(request.input, 0), &warning);
  Run run = RunCodes(codes, request);
  if (!warning.empty()) run.warnings.insert(run.warnings.begin(), warning);
  return run;
}

Run Network::CountCycles(const Request& request) const {
  Shape shape = compiled().graph.tensors[size_t(compiled().graph.input)].shape;
  shape.n = compiled().batch;
  return RunCodes(TensorI8(shape), request);
}

}  // namespace weft::python
