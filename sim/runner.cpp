#include "sim/runner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "sim/rtl_engine.hpp"
#include "sw_model/error.hpp"
#include "sw_model/golden.hpp"
#include "sw_model/golden_fast.hpp"

namespace weft {
namespace {

using Reference = TensorI8 (*)(const TensorI8&, const ConvLayer&);

class GoldenEngine : public LayerEngine {
 public:
  TensorI8 Run(const ConvLayer& layer, const TensorI8& in, LayerStats& stats) override {
    stats.macs = golden::Macs(in.shape, layer);
    return ConvFast(in, layer);
  }
};

// Compares what another engine computes with a reference.
class CheckedEngine : public LayerEngine {
 public:
  CheckedEngine(std::unique_ptr<LayerEngine> engine, Reference reference)
      : engine_(std::move(engine)), reference_(reference) {}

  TensorI8 Run(const ConvLayer& layer, const TensorI8& in, LayerStats& stats) override {
    TensorI8 got = engine_->Run(layer, in, stats);
    const TensorI8 expected = reference_(in, layer);
    if (got.shape != expected.shape)
      throw Error("layer {}: the engine's output is {}x{}x{}x{} instead of {}x{}x{}x{}", layer.name,
                  got.shape.n, got.shape.h, got.shape.w, got.shape.c, expected.shape.n, expected.shape.h,
                  expected.shape.w, expected.shape.c);
    stats.mismatches += CountMismatches(layer.name, expected, got);
    return got;
  }

 private:
  int64_t CountMismatches(const std::string& name, const TensorI8& expected, const TensorI8& got);

  static constexpr int kTold = 5;  // differences that are printed for a layer
  std::unique_ptr<LayerEngine> engine_;
  Reference reference_;
  struct Seen {
    int differences = 0, images = 0;
  };
  std::map<std::string, Seen> seen_;  // by layer
};

int64_t CheckedEngine::CountMismatches(const std::string& name, const TensorI8& expected,
                                       const TensorI8& got) {
  int64_t mismatches = 0;
  const Shape& s = got.shape;
  Seen& seen = seen_[name];
  for (size_t i = 0; i < got.data.size(); ++i) {
    if (got.data[i] == expected.data[i]) continue;
    ++mismatches;
    if (seen.differences++ >= kTold) continue;
    const auto c = size_t(s.c), w = size_t(s.w), h = size_t(s.h);
    fmt::print(stderr, "layer {}: n={} k={} y={} x={}: expected {}, got {}\n", name,
               size_t(seen.images) + i / c / w / h, i % c, i / c / w % h, i / c % w, expected.data[i],
               got.data[i]);
  }
  seen.images += s.n;
  return mismatches;
}

std::unique_ptr<LayerEngine> MakeUncheckedEngine(const EngineOptions& options) {
  if (options.engine == "golden") return std::make_unique<GoldenEngine>();
  if (options.engine == "rtl") return MakeRtlEngine(options);
  if (options.engine == "cycles") return MakeCycleEngine(options);
  throw Error("there is no engine '{}'; use rtl, golden or cycles", options.engine);
}

// The int8 codes of probabilities.
TensorI8 QuantiseProbabilities(const std::vector<float>& probabilities, const TensorInfo& info,
                               const Shape& shape) {
  TensorI8 codes(shape);
  for (size_t i = 0; i < codes.data.size(); ++i) {
    const double code = std::nearbyint(double(probabilities[i]) / double(info.scale)) + info.zero_point;
    codes.data[i] = int8_t(std::clamp(code, -128.0, 127.0));
  }
  return codes;
}

std::vector<float> Dequantised(const TensorI8& tensor, const TensorInfo& info) {
  std::vector<float> reals;
  reals.reserve(tensor.data.size());
  for (const int8_t q : tensor.data) reals.push_back(info.scale * float(q - info.zero_point));
  return reals;
}

// An engine without data: zeros stand for it, so that the next layer knows the shape of its input.
TensorI8 RunConv(const ConvLayer& layer, const TensorI8& in, LayerEngine* engine, LayerStats* stats,
                 bool* has_data) {
  TensorI8 out = engine->Run(layer, in, *stats);
  if (!out.data.empty()) return out;
  *has_data = false;
  return TensorI8(golden::OutputShape(in.shape, layer));
}

TensorI8 RunConcat(const Node& node, const std::vector<TensorI8>& tensors) {
  std::vector<const TensorI8*> inputs;
  for (const int input : node.inputs) inputs.push_back(&tensors[size_t(input)]);
  return golden::Concat(inputs, node.concat);
}

}  // namespace

void Accumulate(const LayerStats& run, LayerStats* total) {
  const double possible = (run.utilisation > 0 ? double(run.macs) / run.utilisation : 0) +
                          (total->utilisation > 0 ? double(total->macs) / total->utilisation : 0);
  const int64_t macs = total->macs + run.macs;
  total->macs = macs;
  total->cycles += run.cycles;
  total->predicted_cycles += run.predicted_cycles;
  total->mismatches += run.mismatches;
  total->utilisation = possible > 0 ? double(macs) / possible : 0;
  for (const auto& [cause, cycles] : run.stalls) total->stalls[cause] += cycles;
}

std::unique_ptr<LayerEngine> MakeEngine(const EngineOptions& options) {
  if (options.check && options.engine == "cycles")
    throw Error("--check needs the engine rtl or golden: the engine cycles computes no data");
  std::unique_ptr<LayerEngine> engine = MakeUncheckedEngine(options);
  if (!options.check) return engine;
  return std::make_unique<CheckedEngine>(std::move(engine),
                                         options.engine == "golden" ? &golden::Conv : &ConvFast);
}

NetworkResult RunNetwork(const Graph& graph, const TensorI8& images, LayerEngine* engine) {
  NetworkResult result;
  std::vector<TensorI8> tensors(graph.tensors.size());
  tensors[size_t(graph.input)] = images;
  bool has_data = true;
  for (const Node& node : graph.nodes) {
    const TensorI8& in = tensors[size_t(node.inputs.at(0))];
    TensorI8& out = tensors[size_t(node.output)];
    LayerStats& stats = result.nodes.emplace_back();
    switch (node.op) {
      case Op::kConv:
        out = RunConv(node.conv, in, engine, &stats, &has_data);
        break;
      case Op::kMaxPool:
        out = MaxPoolFast(in, node.pool);
        break;
      case Op::kAveragePool:
        out = golden::AveragePool(in, node.pool);
        break;
      case Op::kAdd:
        out = golden::Add(in, tensors[size_t(node.inputs.at(1))], node.add);
        break;
      case Op::kConcat:
        out = RunConcat(node, tensors);
        break;
      case Op::kPad:
        out = golden::Pad(in, node.pad);
        break;
      case Op::kUpsample:
        out = golden::Upsample(in, node.upsample);
        break;
      case Op::kRescale:
        out = golden::Rescale(in, node.rescale);
        break;
      case Op::kSoftmax:
        result.scores = golden::Softmax(in, graph.tensors[size_t(node.inputs.at(0))].scale);
        out = QuantiseProbabilities(result.scores, graph.tensors[size_t(node.output)], in.shape);
        break;
    }
  }
  if (!has_data) return {{}, {}, std::move(result.nodes)};
  result.output = std::move(tensors[size_t(graph.output)]);
  if (result.scores.empty()) result.scores = Dequantised(result.output, graph.tensors[size_t(graph.output)]);
  return result;
}

}  // namespace weft
