// SPDX-License-Identifier: Apache-2.0
#include "sim/backends/network_backend.hpp"

#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "compiler/schedule.hpp"
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
  for (size_t l = 0; l < p.layer_node.size(); l++) {
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

// The inner tensors of fused depthwise convolutions, which are never in memory: what the engine hands to
// residual_add.
class InnerTensors : public SystemProbe {
 public:
  InnerTensors(const CompiledNetwork& network, const SegmentProgram& p, const SystemModel& model)
      : network_(network), program_(p) {
    const auto find = [&](const char* name) {
      const uint8_t* signal = model.Find("weft_top.u_core.u_engine", name);
      if (signal == nullptr) throw Error("the RTL model has no signal {} of the engine", name);
      return signal;
    };
    valid_ = find("out_valid_o");
    ready_ = find("out_ready_i");
    final_ = find("out_final_o");
    data_ = find("out_data_o");
    for (size_t l = 0; l < p.layer_depthwise.size() && !p.program.jobs.empty(); l++) {
      if (p.layer_depthwise[l] < 0) continue;
      const int tensor = network.graph.nodes[size_t(p.layer_node[l])].output;
      Shape shape = network.graph.tensors[size_t(tensor)].shape;
      shape.n = network.batch;
      if (p.program.jobs[size_t(p.program.layers[l].first_job)].rows < shape.h) continue;  // it is not whole
      tensors_.emplace(tensor, shape);
      for (int j = 0; j < p.program.layers[l].jobs; j++)
        tensor_of_job_[p.program.layers[l].first_job + j] = tensor;
    }
    NextJob();
  }
  // By their number in the graph; none of a program whose jobs are not known.
  [[nodiscard]] const std::map<int, TensorI8>& tensors() const { return tensors_; }

  void Cycle(int64_t /*cycle*/) override {
    if (tensors_.empty() || *valid_ == 0 || *ready_ == 0) return;
    if (cursor_) {
      const Job& job = program_.program.jobs[size_t(job_)];
      TensorI8& tensor = tensors_.at(tensor_of_job_.at(job_));
      int8_t* to =
          &tensor.at(cursor_->image(), cursor_->y(), cursor_->x(), job.FirstChannel(cursor_->group()));
      std::memcpy(to, data_, size_t(job.ChannelsOf(cursor_->group())));
      cursor_->Next();
    }
    if (*final_ != 0) NextJob();
  }

 private:
  // The next one with outputs.
  void NextJob() {
    const std::vector<Job>& jobs = program_.program.jobs;
    do job_++;
    while (job_ < int(jobs.size()) && jobs[size_t(job_)].rows == 0);
    cursor_.reset();
    if (tensor_of_job_.contains(job_)) cursor_.emplace(jobs[size_t(job_)], network_.config);
  }

  const CompiledNetwork& network_;
  const SegmentProgram& program_;
  const uint8_t *valid_, *ready_, *final_, *data_;
  std::map<int, TensorI8> tensors_;
  std::map<int, int> tensor_of_job_;
  int job_ = -1;
  std::optional<OutputCursor> cursor_;  // of a job whose outputs are an inner tensor
};

// weft_top.
class SystemBackend : public NetworkBackend {
 public:
  SystemBackend(const BackendOptions& o, const Config& config)
      : options_(o),
        memory_(Memory::Parse(o.memory, config)),
        system_(config, SystemOptions{memory_, o.stalls, o.seed}) {}

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
    system_.Load(p.program);
    for (const SegmentProgram::Input& in : p.inputs) {
      const TensorI8& tensor = result->tensors[in.tensor];
      system_.Write(in.place,
                    in.interleaved ? InterleaveInput(segment.layers[in.layer].conv, tensor) : tensor);
    }
    const bool looks = options_.check || options_.all_tensors;
    InnerTensors inner(network, p, system_.model());
    system_.probe = looks && !inner.tensors().empty() ? &inner : nullptr;
    const CycleResult run = system_.Run(p.program, options_.most_cycles);
    system_.probe = nullptr;
    for (size_t t = 0; t < p.outputs.size(); t++) {
      if (!p.outputs[t]) continue;
      result->tensors[t] = system_.Read(*p.outputs[t]);
      result->origins[t] = Origin::kRtl;
    }
    for (const auto& [tensor, value] : inner.tensors()) {
      if (!looks) continue;
      result->tensors[size_t(tensor)] = value;
      result->origins[size_t(tensor)] = Origin::kRtl;
    }
    if (looks) Complete(network.graph, segment, result);
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
  static void Complete(const Graph& graph, const Segment& segment, NetworkResult* result) {
    for (int n = segment.first; n < segment.first + segment.count; n++) {
      const Node& node = graph.nodes[n];
      if (result->origins[node.output] == Origin::kRtl) continue;
      result->tensors[node.output] = RunOnHost(graph, node, result->tensors, result);
      result->origins[node.output] = Origin::kGolden;
    }
  }

  // Every operator on the golden model with the hardware's own inputs, so that a difference is found where it
  // arises.
  void Compare(const Graph& graph, const Segment& segment, NetworkResult* result) {
    for (int n = segment.first; n < segment.first + segment.count; n++) {
      const Node& node = graph.nodes[n];
      if (result->origins[node.output] != Origin::kRtl) continue;
      NetworkResult reals;
      CompareOutputs(node.name, RunOnHost(graph, node, result->tensors, &reals), result->tensors[node.output],
                     &told_[node.name], &result->nodes[n]);
    }
  }

  BackendOptions options_;
  Memory memory_;
  System system_;
  std::map<std::string, DifferencesTold> told_;
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

}  // namespace weft
