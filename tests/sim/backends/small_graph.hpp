// SPDX-License-Identifier: Apache-2.0
// A graph that is built node by node with its golden values, and run on the RTL.
#pragma once

#include <fmt/format.h>

#include "compiler/lower.hpp"
#include "sim/backends/backend.hpp"
#include "sim/backends/network_backend.hpp"
#include "sw_model/golden/golden.hpp"
#include "tests/sim/backends/engine_check.hpp"

namespace weft {

// A graph that is built node by node with its golden values.
class SmallGraph {
 public:
  explicit SmallGraph(const Shape& in) : input(in) {
    Random(1).Fill(input.data, false);
    graph.tensors.push_back({"input", in});
    values_.push_back(input);
  }
  int Conv(int in, int outputs, const Window& window, int groups = 1) {
    const RandomLayer r = MakeLayer({"conv", values_[size_t(in)].shape, outputs, window, groups}, ++seed_);
    return Append({.op = Op::kConv, .inputs = {in}, .conv = r.layer});
  }
  int Add(int a, int b) {
    const AddLayer add = golden::MakeAdd(0.5F, 3, 0.7F, -5, 0.9F, 2);
    return Append({.op = Op::kAdd, .inputs = {a, b}, .add = add});
  }
  int AveragePool(int in, const Window& window) {
    return Append({.op = Op::kAveragePool, .inputs = {in}, .pool = window});
  }
  int Append(Node node) {
    node.output = int(graph.tensors.size());
    node.name = node.conv.name = fmt::format("{}{}", OpName(node.op), node.output);
    NetworkResult unused;
    TensorI8 value = RunOnHost(graph, node, values_, &unused);
    graph.tensors.push_back({node.name, value.shape});
    graph.nodes.push_back(std::move(node));
    values_.push_back(std::move(value));
    return graph.nodes.back().output;
  }
  // Runs it on the RTL with everything compared.
  void Check(const std::string& config, int images = 1) {
    graph.outputs = {{.tensor = int(graph.tensors.size()) - 1}};
    BackendOptions options;
    options.engine = "rtl";
    options.config = config;
    options.check = true;
    TensorI8 batch({images, input.shape.h, input.shape.w, input.shape.c});
    Random(2).Fill(batch.data, false);
    const Config c = Config::Load(config);
    const CompiledNetwork network = CompileNetwork(graph, images, c, {.keep_all = true});
    const NetworkResult result = MakeNetworkBackend(options, c)->Run(network, batch);
    int64_t cycles = 0, compared = 0;
    for (const LayerStats& node : result.nodes) {
      EXPECT_EQ(node.mismatches.value_or(0), 0);
      compared += node.outputs_compared;
      EXPECT_EQ(node.cycles, node.predicted_cycles);
      cycles += node.cycles;
    }
    EXPECT_GT(compared, 0);
    ASSERT_EQ(network.segments.size(), 1U);
    ASSERT_FALSE(network.segments[0].on_host());
    const Program& program = network.programs[0].program;
    fmt::print("  {}: {} layers in {} jobs, {} cycles: 0 differences\n", config, program.layers.size(),
               program.jobs.size(), cycles);
  }

  Graph graph;
  TensorI8 input;

 private:
  std::vector<TensorI8> values_;
  uint64_t seed_ = 0;
};

}  // namespace weft
