// SPDX-License-Identifier: Apache-2.0
#include "sim/backends/backend.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "sim/backends/layer_backend.hpp"
#include "sw_model/error.hpp"
#include "sw_model/golden/golden.hpp"
#include "sw_model/golden/golden_fast.hpp"

namespace weft {
namespace {

using Reference = TensorI8 (*)(const TensorI8&, const ConvLayer&);

class GoldenBackend : public LayerBackend {
 public:
  TensorI8 Run(const ConvLayer& layer, const TensorI8& in, LayerStats& stats) override {
    stats.macs = golden::Macs(in.shape, layer);
    return ConvFast(in, layer);
  }
};

// Compares what another backend computes with a reference.
class CheckedBackend : public LayerBackend {
 public:
  CheckedBackend(std::unique_ptr<LayerBackend> backend, Reference reference)
      : backend_(std::move(backend)), reference_(reference) {}

  TensorI8 Run(const ConvLayer& layer, const TensorI8& in, LayerStats& stats) override {
    TensorI8 got = backend_->Run(layer, in, stats);
    CompareOutputs(layer.name, reference_(in, layer), got, &told_[layer.name], &stats);
    return got;
  }

 private:
  std::unique_ptr<LayerBackend> backend_;
  Reference reference_;
  std::map<std::string, DifferencesTold> told_;  // by layer
};

std::unique_ptr<LayerBackend> MakeUncheckedBackend(const BackendOptions& options) {
  if (options.engine == "golden") return std::make_unique<GoldenBackend>();
  if (options.engine == "rtl") return MakeRtlBackend(options);
  if (options.engine == "cycles") return MakeCycleBackend(options);
  throw Error("there is no engine '{}'; use rtl, golden or cycles", options.engine);
}

// The int8 codes that stand for real numbers.
TensorI8 QuantiseReals(const std::vector<float>& reals, const TensorInfo& info, const Shape& shape) {
  TensorI8 codes(shape);
  for (size_t i = 0; i < codes.data.size(); ++i) {
    const double code = std::nearbyint(double(reals[i]) / double(info.scale)) + info.zero_point;
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

// A backend without data: zeros stand for it, so that the next layer knows the shape of its input.
TensorI8 RunConv(const ConvLayer& layer, const TensorI8& in, LayerBackend* backend, LayerStats* stats,
                 bool* has_data) {
  TensorI8 out = backend->Run(layer, in, *stats);
  if (!out.data.empty()) return out;
  *has_data = false;
  return TensorI8(golden::OutputShape(in.shape, layer));
}

std::vector<const TensorI8*> InputsOf(const Node& node, const std::vector<TensorI8>& tensors) {
  std::vector<const TensorI8*> inputs;
  for (const int input : node.inputs) inputs.push_back(&tensors[input]);
  return inputs;
}

}  // namespace

TensorI8 Slice(const TensorI8& images, int first, int count) {
  Shape shape = images.shape;
  shape.n = count;
  TensorI8 slice(shape);
  const auto begin = images.data.begin() + std::ptrdiff_t(images.index(first, 0, 0, 0));
  std::copy(begin, begin + std::ptrdiff_t(slice.data.size()), slice.data.begin());
  return slice;
}

void CompareOutputs(const std::string& name, const TensorI8& expected, const TensorI8& got,
                    DifferencesTold* told, LayerStats* stats) {
  constexpr int kTold = 5;  // differences that are printed for a layer
  const Shape &s = got.shape, &e = expected.shape;
  if (s != e || got.data.size() != expected.data.size())
    throw Error("layer {}: the engine's output is {}x{}x{}x{} instead of {}x{}x{}x{}", name, s.n, s.h, s.w,
                s.c, e.n, e.h, e.w, e.c);
  int64_t mismatches = 0;
  for (size_t i = 0; i < got.data.size(); ++i) {
    if (got.data[i] == expected.data[i]) continue;
    ++mismatches;
    if (told->differences++ >= kTold) continue;
    const auto c = size_t(s.c), w = size_t(s.w), h = size_t(s.h);
    fmt::print(stderr, "layer {}: n={} k={} y={} x={}: expected {}, got {}\n", name,
               size_t(told->images) + i / c / w / h, i % c, i / c / w % h, i / c % w, expected.data[i],
               got.data[i]);
  }
  told->images += s.n;
  stats->outputs_compared += int64_t(got.data.size());
  stats->mismatches = stats->mismatches.value_or(0) + mismatches;
}

void Accumulate(const LayerStats& run, LayerStats* total) {
  const int64_t cycles = total->cycles + run.cycles;
  if (cycles > 0)
    total->utilisation =
        (total->utilisation * double(total->cycles) + run.utilisation * double(run.cycles)) / double(cycles);
  total->macs += run.macs;
  total->cycles = cycles;
  total->predicted_cycles += run.predicted_cycles;
  total->bytes_read += run.bytes_read;
  total->bytes_written += run.bytes_written;
  total->compulsory_read += run.compulsory_read;
  total->compulsory_written += run.compulsory_written;
  total->outputs_compared += run.outputs_compared;
  if (run.mismatches) total->mismatches = total->mismatches.value_or(0) + *run.mismatches;
  for (const auto& [cause, cycles_lost] : run.stalls) total->stalls[cause] += cycles_lost;
}

std::unique_ptr<LayerBackend> MakeLayerBackend(const BackendOptions& options) {
  std::unique_ptr<LayerBackend> backend = MakeUncheckedBackend(options);
  if (!options.check) return backend;
  return std::make_unique<CheckedBackend>(std::move(backend),
                                          options.engine == "golden" ? &golden::Conv : &ConvFast);
}

TensorI8 RunOnHost(const Graph& graph, const Node& node, const std::vector<TensorI8>& tensors,
                   NetworkResult* result) {
  const TensorI8& in = tensors[node.inputs.at(0)];
  switch (node.op) {
    case Op::kConv:
      return ConvFast(in, node.conv);
    case Op::kMaxPool:
      return MaxPoolFast(in, node.pool);
    case Op::kAveragePool:
      return golden::AveragePool(in, node.pool);
    case Op::kAdd:
      return golden::Add(in, tensors[node.inputs.at(1)], node.add);
    case Op::kTable:
      return golden::Table(in, node.table);
    case Op::kPair:
      return golden::Pair(in, tensors[node.inputs.at(1)], node.pair);
    case Op::kSlice:
      return golden::Slice(in, node.slice);
    case Op::kDepthToSpace:
      return golden::DepthToSpace(in, node.depth_to_space);
    case Op::kHost: {
      if (!node.host.reals) return node.host.run(InputsOf(node, tensors));
      Shape shape = node.host.shape;
      shape.n = in.shape.n;
      result->reals[node.output] = node.host.reals(InputsOf(node, tensors));
      return QuantiseReals(result->reals[node.output], graph.tensors[node.output], shape);
    }
    case Op::kConcat:
      return golden::Concat(InputsOf(node, tensors), node.concat);
    case Op::kPad:
      return golden::Pad(in, node.pad);
    case Op::kUpsample:
      return golden::Upsample(in, node.upsample);
    case Op::kSoftmax:
      result->reals[node.output] = golden::Softmax(in, graph.tensors[node.inputs.at(0)].scale);
      return QuantiseReals(result->reals[node.output], graph.tensors[node.output], in.shape);
  }
  throw Error("{}: an operator that nobody knows", node.name);
}

void FinishNetwork(const Graph& graph, NetworkResult* result) {
  result->output = result->tensors[graph.output()];
  const auto reals = result->reals.find(graph.output());
  result->scores = reals != result->reals.end() ? reals->second
                                                : Dequantised(result->output, graph.tensors[graph.output()]);
}

void AddUnpooled(const Graph& graph, NetworkResult* result) {
  for (const Node& node : graph.nodes) {
    if (node.op != Op::kConv || node.unpooled < 0) continue;
    ConvLayer conv = node.conv;
    conv.max_pool.reset();
    result->tensors[node.unpooled] = ConvFast(result->tensors[node.inputs.at(0)], conv);
    result->origins[node.unpooled] = Origin::kGolden;
  }
}

NetworkResult RunNetwork(const Graph& graph, const TensorI8& images, LayerBackend* backend) {
  NetworkResult result;
  std::vector<TensorI8>& tensors = result.tensors;
  tensors.resize(graph.tensors.size());
  tensors[graph.input] = images;
  result.origins.resize(graph.tensors.size());
  result.origins[graph.input] = Origin::kInput;
  bool has_data = true;
  for (const Node& node : graph.nodes) {
    LayerStats& stats = result.nodes.emplace_back();
    tensors[node.output] = node.op == Op::kConv
                               ? RunConv(node.conv, tensors[node.inputs.at(0)], backend, &stats, &has_data)
                               : RunOnHost(graph, node, tensors, &result);
    result.origins[node.output] = Origin::kGolden;
    result.bytes_read += stats.bytes_read;
    result.bytes_written += stats.bytes_written;
  }
  if (has_data) FinishNetwork(graph, &result);
  return result;
}

}  // namespace weft
