// SPDX-License-Identifier: Apache-2.0
#include "sim/backends/network_backend.hpp"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <utility>

#include "compiler/lower.hpp"
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
  explicit LayerwiseBackend(const BackendOptions& options) : engine_(MakeLayerBackend(options)) {}
  NetworkResult Run(const Graph& graph, const TensorI8& images) override {
    return RunNetwork(graph, images, engine_.get());
  }

 private:
  std::unique_ptr<LayerBackend> engine_;
};

class SystemBackend : public NetworkBackend {
 public:
  SystemBackend(const BackendOptions& o, const CompiledNetwork* file)
      : options_(o),
        config_(file != nullptr ? file->config : Config::Load(o.config)),
        memory_(Memory::Parse(o.memory, config_)) {
    if (o.engine == "rtl")
      system_ = std::make_unique<System>(config_, SystemOptions{memory_, o.stalls, o.seed});
    else if (o.stalls != 0) throw Error("the cycle model knows no random stalls; leave --stalls out");
    if (o.check && !system_)
      throw Error("--check needs the engine rtl or golden: the engine cycles computes no data");
    if (file == nullptr) return;
    file_ = *file;
    if (Predicts()) AddJobs(&*file_);
    else if (o.most_cycles == 0)
      counted_ = CompileSegments(file_->graph, file_->segments, file_->batch, config_, false, false);
  }

  NetworkResult Run(const Graph& graph, const TensorI8& images) override {
    const std::vector<Segment> segments = Lower(graph);
    const std::vector<SegmentProgram>& programs = Programs(graph, segments, images.shape.n);
    std::vector<TensorI8> tensors(graph.tensors.size());
    tensors[size_t(graph.input)] = images;
    if (file_) Resize(file_->batch, &tensors[size_t(graph.input)]);
    NetworkResult result;
    result.nodes.resize(graph.nodes.size());
    for (size_t s = 0; s < segments.size(); s++) {
      if (!segments[s].on_host())
        RunSegment(graph, segments[s], images.shape.n, programs[s],
                   counted_.empty() ? programs[s].program : counted_[s].program, &tensors, &result);
      else if (system_ != nullptr) {
        for (int n = segments[s].first; n < segments[s].first + segments[s].count; n++)
          tensors[size_t(graph.nodes[size_t(n)].output)] =
              RunOnHost(graph, graph.nodes[size_t(n)], tensors, &result);
      }
    }
    if (!system_) return result;
    FinishNetwork(graph, &tensors, &result);
    result.scores.resize(result.scores.size() / size_t(result.output.shape.n) * size_t(images.shape.n));
    Resize(images.shape.n, &result.output);
    return result;
  }

 private:
  [[nodiscard]] bool Predicts() const { return !system_ || (options_.check && options_.stalls == 0); }

  static void Resize(int images, TensorI8* batch) {
    batch->shape.n = images;
    batch->data.resize(batch->shape.size());
  }

  // The file's, or the same ones for every batch of the same size.
  const std::vector<SegmentProgram>& Programs(const Graph& graph, const std::vector<Segment>& segments,
                                              int images) {
    if (file_) return file_->programs;
    if (graph_ != &graph) programs_.clear(), graph_ = &graph;
    std::vector<SegmentProgram>& programs = programs_[images];
    if (programs.empty())
      programs = CompileSegments(graph, segments, images, config_, options_.check, system_ != nullptr);
    return programs;
  }

  // A list that is not the compiler's can run for years: so long, and then it is stopped.
  CycleResult RunOnSystem(const Program& program, int64_t predicted) {
    const auto usual = int64_t(10 * double(predicted) / (1 - options_.stalls)) + 100'000;
    const int64_t most = options_.most_cycles > 0 ? options_.most_cycles : usual;
    try {
      return system_->Run(program, most);
    } catch (const Timeout&) {
      throw Error(
          "stopped: the hardware has not ended after {} cycles{}", most,
          options_.most_cycles > 0
              ? ", which --most-cycles allows"
              : fmt::format(", and the cycle model counts {}: the list is not what this compiler makes "
                            "of the network (--most-cycles N allows more)",
                            predicted));
    }
  }

  // `counted` is the program with its jobs.
  void RunSegment(const Graph& graph, const Segment& segment, int images, const SegmentProgram& p,
                  const Program& counted, std::vector<TensorI8>* tensors, NetworkResult* result) {
    const bool counts = Predicts() || options_.most_cycles == 0;
    const CycleResult count = counts ? CountCycles(counted, config_, memory_) : CycleResult{};
    const CycleResult model = Predicts() ? count : CycleResult{};
    CycleResult run = model;
    if (system_) {
      system_->Load(p.program);
      for (const SegmentProgram::Input& in : p.inputs) {
        const TensorI8& tensor = (*tensors)[size_t(in.tensor)];
        system_->Write(in.place, in.interleaved
                                     ? InterleaveInput(segment.layers[size_t(in.layer)].conv, tensor)
                                     : tensor);
      }
      run = RunOnSystem(p.program, count.cycles);
      for (size_t t = 0; t < p.outputs.size(); t++)
        if (p.outputs[t]) (*tensors)[t] = system_->Read(*p.outputs[t]);
      if (options_.check) Compare(graph, segment, p, tensors, result);
      if (options_.check && options_.stalls == 0) CheckPrediction("the network", model, run);
    }
    AddStats(graph, images, p, run, model, result);
    result->bytes_read += run.bytes_read;
    result->bytes_written += run.bytes_written;
  }

  // What each layer adds to the counts of those before it, to its node.
  void AddStats(const Graph& graph, int images, const SegmentProgram& p, const CycleResult& run,
                const CycleResult& model, NetworkResult* result) const {
    LayerEnd before, model_before;
    for (size_t l = 0; l < p.layer_node.size(); l++) {
      const Node& node = graph.nodes[size_t(p.layer_node[l])];
      LayerStats& total = result->nodes[size_t(p.layer_node[l])];
      LayerStats stats;
      const bool first = l == 0 || p.layer_node[l - 1] != p.layer_node[l];
      if (node.op == Op::kConv && first) {
        Shape in = graph.tensors[size_t(node.inputs.at(0))].shape;
        in.n = images;
        stats.macs = golden::Macs(in, node.conv);
      }
      CauseCounts counts = run.layers[l].counts;
      for (size_t i = 0; i < kCauses; i++) counts[i] -= before.counts[i];
      FillStats(counts, run.layers[l].end - before.end, config_, &stats);
      before = run.layers[l];
      if (!model.layers.empty()) {
        stats.predicted_cycles = model.layers[l].end - model_before.end;
        model_before = model.layers[l];
      }
      stats.bytes_read = p.program.layers[l].traffic.read;
      stats.bytes_written = p.program.layers[l].traffic.written;
      Accumulate(stats, &total);
    }
  }

  // Every operator on the golden model with the hardware's own inputs, so that a difference is found where it
  // arises.
  void Compare(const Graph& graph, const Segment& segment, const SegmentProgram& p,
               std::vector<TensorI8>* tensors, NetworkResult* result) {
    for (int n = segment.first; n < segment.first + segment.count; n++) {
      const Node& node = graph.nodes[size_t(n)];
      NetworkResult scores;
      TensorI8& got = (*tensors)[size_t(node.output)];
      TensorI8 expected = RunOnHost(graph, node, *tensors, &scores);
      if (p.outputs[size_t(node.output)])
        CompareOutputs(node.name, expected, got, &told_[node.name], &result->nodes[size_t(n)]);
      else
        got = std::move(
            expected);  // a convolution into which an addition is fused: it never leaves the hardware
    }
  }

  BackendOptions options_;
  Config config_;
  Memory memory_;
  std::unique_ptr<System> system_;
  std::optional<CompiledNetwork> file_;
  std::vector<SegmentProgram> counted_;  // the file's, compiled anew, if its own have no jobs to count
  const Graph* graph_ = nullptr;
  std::map<int, std::vector<SegmentProgram>> programs_;
  std::map<std::string, DifferencesTold> told_;
};

}  // namespace

std::unique_ptr<NetworkBackend> MakeNetworkBackend(const BackendOptions& options,
                                                   const CompiledNetwork* file) {
  const bool system = options.trace_file.empty() && (options.engine == "rtl" || options.engine == "cycles");
  if (!system) return std::make_unique<LayerwiseBackend>(options);
  return std::make_unique<SystemBackend>(options, file);
}

}  // namespace weft
