// SPDX-License-Identifier: Apache-2.0
// A small program that is known to be good.
#pragma once

#include <utility>
#include <vector>

#include "compiler/segment.hpp"
#include "sw_model/error.hpp"
#include "sw_model/golden/golden.hpp"
#include "tests/sim/backends/engine_check.hpp"

namespace weft {

// Seven layers one after the other, or only the first of them: several jobs, several column groups, a
// depthwise convolution behind another one, a pool of sums, a list of some blocks.
struct GoodProgram {
  GoodProgram(const Config& config, bool with_data, int layers = 7)
      : GoodProgram(config, with_data, FirstSpecs(layers)) {}
  static std::vector<LayerSpec> FirstSpecs(int layers) {
    std::vector<LayerSpec> specs = {
        {"conv", {1, 10, 9, 6}, 9, Conv(3, 3, 1, 1, 1)},
        {"expand", {1, 10, 9, 9}, 10, Conv(1, 1)},
        {"depthwise behind it", {1, 10, 9, 10}, 10, Conv(3, 3), 10},
        {"pointwise, pooled", {1, 8, 7, 10}, 11, Conv(1, 1), 1, Pool(2, 2)},
        {"depthwise", {1, 4, 3, 11}, 11, Conv(3, 3, 1, 1, 1), 11},
        {"grouped", {1, 2, 3, 11}, 22, Conv(2, 2), 11},
        {"scores", {1, 1, 2, 22}, 10, Conv(1, 2)},
    };
    specs.resize(size_t(layers));
    return specs;
  }
  // Any layers, each of which takes what the one before gives, or the half of a sum's height.
  GoodProgram(const Config& config, bool with_data, const std::vector<LayerSpec>& specs) {
    graph.tensors.push_back({"input", specs[0].in});
    for (size_t i = 0; i < specs.size(); i++) {
      const LayerSpec& spec = specs[i];
      const RandomLayer r = MakeLayer(spec, graph.nodes.size() + 1);
      if (graph.nodes.empty()) input = expected = r.input;
      const TensorI8 before = expected;
      expected = golden::Conv(before, r.layer);
      const int in = Append({.name = spec.name, .op = Op::kConv, .conv = r.layer}, {});
      if (expected.shape != before.shape) continue;
      if (config.residual_add != 0) {
        const AddLayer add = golden::MakeAdd(0.5F, 3, 0.7F, -5, 0.9F, 2);
        expected = golden::Add(expected, before, add);
        Append({.name = "add", .op = Op::kAdd, .add = add}, {in});
      }
      if (i + 1 == specs.size() || specs[i + 1].in == expected.shape) continue;
      const Window pool{.kh = 2, .kw = 1, .stride_h = 2, .stride_w = 1, .pad = {}};
      expected = golden::MaxPool(expected, pool);
      Append({.name = "pool", .op = Op::kMaxPool, .pool = pool}, {});
    }
    graph.outputs = {{.tensor = int(graph.tensors.size()) - 1}};
    const std::vector<Segment> segments = Lower(graph);
    if (segments.size() != 1) throw Error("the good program is more than one");
    lowered = segments[0];
    segment = CompileSegment(graph, lowered, 1, config, {.with_data = with_data});
  }
  [[nodiscard]] const Program& program() const { return segment.program; }

  // A node that reads the last tensor and others, and gives one of the shape of `expected`. Returns the
  // tensor before.
  int Append(Node node, const std::vector<int>& others) {
    const int last = int(graph.tensors.size()) - 1;
    node.inputs = {last};
    node.inputs.insert(node.inputs.end(), others.begin(), others.end());
    node.output = last + 1;
    graph.tensors.push_back({node.name, expected.shape});
    graph.nodes.push_back(std::move(node));
    return last;
  }

  Graph graph;
  TensorI8 input, expected;
  Segment lowered;
  SegmentProgram segment;
};

}  // namespace weft
