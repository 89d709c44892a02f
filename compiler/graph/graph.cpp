// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/graph.hpp"

#include <algorithm>

#include "sw_model/error.hpp"
#include "sw_model/golden/golden.hpp"

namespace weft {

bool Graph::IsOutput(int tensor) const {
  return std::ranges::any_of(outputs, [&](const Port& port) { return port.tensor == tensor; });
}

const char* OpName(Op op) {
  switch (op) {
    case Op::kConv:
      return "conv";
    case Op::kMaxPool:
      return "max_pool";
    case Op::kAveragePool:
      return "average_pool";
    case Op::kAdd:
      return "add";
    case Op::kConcat:
      return "concat";
    case Op::kPad:
      return "pad";
    case Op::kUpsample:
      return "upsample";
    case Op::kTable:
      return "table";
    case Op::kPair:
      return "pair";
    case Op::kSlice:
      return "slice";
    case Op::kDepthToSpace:
      return "depth_to_space";
    case Op::kHost:
      return "host";
    case Op::kSoftmax:
      return "softmax";
  }
  return "unknown";
}

Shape OutputShape(const Graph& graph, const Node& node) {
  const auto shape = [&](int tensor) -> const Shape& { return graph.tensors.at(size_t(tensor)).shape; };
  const Shape& in = shape(node.inputs.at(0));
  switch (node.op) {
    case Op::kConv:
      return golden::OutputShape(in, node.conv);
    case Op::kMaxPool:
    case Op::kAveragePool:
      return golden::OutputShape(in, node.pool, in.c);
    case Op::kAdd:
      return golden::AddShape(in, shape(node.inputs.at(1)));
    case Op::kConcat: {
      std::vector<Shape> shapes;
      for (const int input : node.inputs) shapes.push_back(shape(input));
      return golden::ConcatShape(shapes, node.concat.axis);
    }
    case Op::kPad:
      return golden::PadShape(in, node.pad);
    case Op::kPair:
      return golden::PairShape(in, shape(node.inputs.at(1)));
    case Op::kSlice:
      return golden::SliceShape(in, node.slice);
    case Op::kDepthToSpace:
      return golden::DepthToSpaceShape(in, node.depth_to_space);
    case Op::kHost:
      return node.host.shape;
    case Op::kUpsample:
      return golden::UpsampleShape(in, node.upsample);
    case Op::kTable:
    case Op::kSoftmax:
      return in;
  }
  throw Error("node {}: its operator is not known", node.name);
}

void FuseMaxPools(Graph* graph) {
  const auto readers = [&](int tensor) {
    int count = 0;
    for (const Node& node : graph->nodes) count += int(std::ranges::count(node.inputs, tensor));
    return count;
  };
  for (Node& pool : graph->nodes) {
    if (pool.op != Op::kMaxPool || pool.pool.pad != Padding{} || pool.pool.dilation_h != 1 ||
        pool.pool.dilation_w != 1)
      continue;
    const int between = pool.inputs.at(0);
    if (graph->IsOutput(between) || readers(between) != 1) continue;
    for (Node& conv : graph->nodes) {
      if (conv.op != Op::kConv || conv.output != between || conv.conv.max_pool) continue;
      conv.conv.max_pool = pool.pool;
      conv.unpooled = between;
      conv.output = pool.output;
      pool.inputs.clear();  // marks it as gone
    }
  }
  std::erase_if(graph->nodes, [](const Node& n) { return n.inputs.empty(); });
}

}  // namespace weft
