// SPDX-License-Identifier: Apache-2.0
#include "sim/backends/network_backend.hpp"

#include <map>
#include <string>
#include <utility>

#include "sim/backends/inner_tensors.hpp"
#include "sim/backends/layer_backend.hpp"
#include "sim/harness/system.hpp"
#include "sw_model/cycles/cycle_model.hpp"
#include "sw_model/error.hpp"
#include "sw_model/golden/golden.hpp"

namespace weft {
namespace {

// One layer after the other on a LayerBackend, everything else on the host.
class LayerwiseBackend : public NetworkBackend {
 public:
  explicit LayerwiseBackend(const BackendOptions& options)
      : all_tensors_(options.all_tensors), backend_(MakeLayerBackend(options)) {}
  NetworkResult Run(const CompiledNetwork& network, const TensorI8& images, const Tensors& given) override {
    if (!given.empty()) throw Error("a network whose inputs are more than one runs as a program only");
    NetworkResult result = RunNetwork(network.graph, images, backend_.get());
    if (all_tensors_) AddUnpooled(network.graph, &result);
    return result;
  }

 private:
  bool all_tensors_;
  std::unique_ptr<LayerBackend> backend_;
};

int64_t MacsOf(const CompiledNetwork& network, int node, int images) {
  const Node& n = network.graph.nodes[size_t(node)];
  Shape in = network.graph.tensors[size_t(n.inputs.at(0))].shape;
  in.n = images;
  return golden::Macs(in, n.conv);
}

// The multiplications of the array for a layer of a program. Those of a convolution are its first layer's; a
// copy has none.
int64_t MacsOfLayer(const CompiledNetwork& network, const SegmentProgram& p, size_t layer, int images) {
  const int index = p.layer_node[layer];
  const bool first = layer == 0 || p.layer_node[layer - 1] != index;
  return network.graph.nodes[size_t(index)].op == Op::kConv && first ? MacsOf(network, index, images) : 0;
}

// A segment has run: what each layer adds to the counts of those before it, to its node. Without a prediction
// `model` has no layers. A depthwise convolution that is part of a layer takes none of the array's cycles: it
// has its multiplications only.
void AddStats(const CompiledNetwork& network, const SegmentProgram& p, int images, const CycleResult& run,
              const CycleResult& model, NetworkResult* result) {
  if (run.layers.empty()) {
    int64_t macs = 0;
    for (size_t l = 0; l < p.layer_node.size(); l++) {
      const int64_t of_layer = MacsOfLayer(network, p, l, images);
      result->nodes[p.layer_node[l]].macs += of_layer;
      macs += of_layer;
      if (const int depthwise = p.layer_depthwise[l]; depthwise >= 0)
        result->nodes[size_t(depthwise)].macs += MacsOf(network, depthwise, images);
    }
    LayerStats stats = MakeStats(run, macs, network.config);
    stats.macs = 0;  // they are the nodes'
    if (!result->undivided) result->undivided.emplace();
    Accumulate(stats, &*result->undivided);
  }
  for (size_t l = 0; l < run.layers.size(); l++) {
    LayerStats stats = MakeStats(CyclesOfLayer(run, l), MacsOfLayer(network, p, l, images), network.config);
    if (!model.layers.empty()) stats.predicted_cycles = CyclesOfLayer(model, l).cycles;
    stats.bytes_read = p.program.layers[l].traffic.read;
    stats.bytes_written = p.program.layers[l].traffic.written;
    stats.compulsory_read = p.program.layers[l].compulsory.read;
    stats.compulsory_written = p.program.layers[l].compulsory.written;
    Accumulate(stats, &result->nodes[p.layer_node[l]]);
    if (const int depthwise = p.layer_depthwise[l]; depthwise >= 0)
      result->nodes[size_t(depthwise)].macs += MacsOf(network, depthwise, images);
  }
  result->bytes_read += run.bytes_read;
  result->bytes_written += run.bytes_written;
}

void Resize(int images, TensorI8* batch) {
  batch->shape.n = images;
  batch->data.resize(batch->shape.size());
}

// A weft_top.
class MachineBackend : public NetworkBackend {
 public:
  MachineBackend(const BackendOptions& o, const Memory& memory, Machine* machine, Origin origin)
      : options_(o), memory_(memory), machine_(machine), origin_(origin) {}

  NetworkResult Run(const CompiledNetwork& network, const TensorI8& images, const Tensors& given) override {
    const Graph& graph = network.graph;
    NetworkResult result;
    result.tensors.resize(graph.tensors.size());
    result.origins.resize(graph.tensors.size());
    const auto give = [&](int tensor, const TensorI8& data) {
      result.tensors[tensor] = data;
      Resize(network.batch, &result.tensors[tensor]);
      result.origins[tensor] = Origin::kInput;
    };
    give(graph.input, images);
    for (const auto& [tensor, data] : given) give(tensor, data);
    result.nodes.resize(graph.nodes.size());
    for (size_t s = 0; s < network.segments.size(); s++) {
      const Segment& segment = network.segments[s];
      if (segment.on_host()) RunSegmentOnHost(graph, segment, &result);
      else RunSegment(network, segment, network.programs[s], images.shape.n, &result);
    }
    for (TensorI8& tensor : result.tensors)
      if (!tensor.data.empty()) Resize(images.shape.n, &tensor);
    for (auto& [tensor, reals] : result.reals)
      reals.resize(reals.size() / size_t(network.batch) * size_t(images.shape.n));
    FinishNetwork(graph, &result);
    if (options_.all_tensors) AddUnpooled(graph, &result);
    return result;
  }

 protected:
  // Whether tensors are wanted that a run need not leave in memory.
  [[nodiscard]] bool Looks() const { return options_.check || options_.all_tensors; }
  // Runs a program that is loaded. What is seen of tensors on the way becomes the result's.
  virtual CycleResult RunProgram(const CompiledNetwork& /*network*/, const SegmentProgram& p,
                                 NetworkResult* /*result*/) {
    return machine_->Run(p.program, options_.most_cycles > 0 ? options_.most_cycles : INT64_MAX / 2);
  }

 private:
  static void RunSegmentOnHost(const Graph& graph, const Segment& segment, NetworkResult* result) {
    for (int n = segment.first; n < segment.first + segment.count; n++) {
      const Node& node = graph.nodes[n];
      result->tensors[node.output] = RunOnHost(graph, node, result->tensors, result);
      result->origins[node.output] = Origin::kHost;
    }
  }

  void RunSegment(const CompiledNetwork& network, const Segment& segment, const SegmentProgram& p, int images,
                  NetworkResult* result) {
    machine_->Load(p.program);
    for (const SegmentProgram::Input& in : p.inputs) {
      const TensorI8& tensor = result->tensors[in.tensor];
      machine_->Write(in.place,
                      in.interleaved ? InterleaveInput(segment.layers[in.layer].conv, tensor) : tensor);
    }
    const CycleResult run = RunProgram(network, p, result);
    for (size_t t = 0; t < p.outputs.size(); t++) {
      if (!p.outputs[t]) continue;
      result->tensors[t] = machine_->Read(*p.outputs[t]);
      result->origins[t] = origin_;
    }
    if (Looks()) Complete(network.graph, segment, result);
    if (options_.check) Compare(network.graph, segment, result);
    CycleResult model;
    if (options_.PredictsCycles()) {
      model = CountCycles(p.program, network.config, memory_);
      CheckPrediction("the network", model, run);
    }
    AddStats(network, p, images, run, model, result);
  }

  // From the golden model what has not been seen: of a convolution into which an addition is fused, which
  // never leaves the hardware, and what has been overwritten.
  void Complete(const Graph& graph, const Segment& segment, NetworkResult* result) const {
    for (int n = segment.first; n < segment.first + segment.count; n++) {
      const Node& node = graph.nodes[n];
      if (result->origins[node.output] == origin_) continue;
      result->tensors[node.output] = RunOnHost(graph, node, result->tensors, result);
      result->origins[node.output] = Origin::kGolden;
    }
  }

  // Every operator on the golden model with the hardware's own inputs, so that a difference is found where it
  // arises.
  void Compare(const Graph& graph, const Segment& segment, NetworkResult* result) {
    for (int n = segment.first; n < segment.first + segment.count; n++) {
      const Node& node = graph.nodes[n];
      if (result->origins[node.output] != origin_) continue;
      NetworkResult reals;
      CompareOutputs(node.name, RunOnHost(graph, node, result->tensors, &reals), result->tensors[node.output],
                     &told_[node.name], &result->nodes[n]);
    }
  }

  BackendOptions options_;
  Memory memory_;
  Machine* machine_;
  Origin origin_;
  std::map<std::string, DifferencesTold> told_;
};

// The Verilated one.
struct SimulatedSystem {
  SimulatedSystem(const BackendOptions& o, const Config& config)
      : memory(Memory::Parse(o.memory, config)), system(config, SystemOptions{memory, o.stalls, o.seed}) {}
  Memory memory;
  System system;
};
class SystemBackend : private SimulatedSystem, public MachineBackend {
 public:
  SystemBackend(const BackendOptions& o, const Config& config)
      : SimulatedSystem(o, config), MachineBackend(o, memory, &system, Origin::kRtl) {}

 private:
  CycleResult RunProgram(const CompiledNetwork& network, const SegmentProgram& p,
                         NetworkResult* result) override {
    if (!Looks()) return MachineBackend::RunProgram(network, p, result);
    InnerTensors inner(network, p, system.model());
    system.probe = inner.tensors().empty() ? nullptr : &inner;
    const CycleResult run = MachineBackend::RunProgram(network, p, result);
    system.probe = nullptr;
    for (const auto& [tensor, value] : inner.tensors()) {
      result->tensors[size_t(tensor)] = value;
      result->origins[size_t(tensor)] = Origin::kRtl;
    }
    return run;
  }
};

// The cycle model.
class CycleNetworkBackend : public NetworkBackend {
 public:
  CycleNetworkBackend(const BackendOptions& o, const Config& config)
      : memory_(Memory::Parse(o.memory, config)) {
    CheckCycleOptions(o);
  }

  NetworkResult Run(const CompiledNetwork& network, const TensorI8& images,
                    const Tensors& /*given*/) override {
    NetworkResult result;
    result.nodes.resize(network.graph.nodes.size());
    for (const SegmentProgram& p : network.programs) {
      if (p.layer_node.empty()) continue;  // the host's
      const CycleResult model = CountCycles(p.program, network.config, memory_);
      AddStats(network, p, images.shape.n, model, model, &result);
    }
    return result;
  }

 private:
  Memory memory_;
};

}  // namespace

std::unique_ptr<NetworkBackend> MakeNetworkBackend(const BackendOptions& options, const Config& config) {
  if (!options.RunsPrograms()) return std::make_unique<LayerwiseBackend>(options);
  if (options.engine == "rtl") return std::make_unique<SystemBackend>(options, config);
  return std::make_unique<CycleNetworkBackend>(options, config);
}

std::unique_ptr<NetworkBackend> MakeBoardBackend(const BackendOptions& options, const Config& config,
                                                 Machine* board) {
  if (!options.memory.empty() || options.stalls != 0 || !options.trace_file.empty())
    throw Error("a board has its own memory: leave memory, stalls and trace out");
  return std::make_unique<MachineBackend>(options, Memory::Parse("", config), board, Origin::kBoard);
}

}  // namespace weft
