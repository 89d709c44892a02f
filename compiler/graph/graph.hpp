// SPDX-License-Identifier: Apache-2.0
// A network as Weft sees it: tensors and the layers between them, in execution order.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "sw_model/layer.hpp"

namespace weft {

enum class Op { kConv, kMaxPool, kAveragePool, kAdd, kConcat, kPad, kUpsample, kRescale, kSoftmax };

struct TensorInfo {
  std::string name;
  Shape shape;  // n = 1: the batch is chosen when it runs
  float scale = 1.0F;
  int zero_point = 0;
};

// One operator. Pure re-orderings (flatten, reshape) do not appear: the reader folds them into the weights'
// order.
struct Node {
  std::string name = {};
  Op op = Op::kConv;
  std::vector<int> inputs = {};  // indices into Graph::tensors; kAdd has two, kConcat any number
  int output = 0;                // index into Graph::tensors
  ConvLayer conv = {};      // kConv (a fused max-pool is inside it; fully connected layers are convolutions)
  Window pool = {};         // kMaxPool, kAveragePool (a global one has the map's size)
  AddLayer add = {};        // kAdd
  ConcatLayer concat = {};  // kConcat
  PadLayer pad = {};        // kPad
  UpsampleLayer upsample = {};  // kUpsample
  RescaleLayer rescale = {};    // kRescale: a change of scale, or a Relu or Clip of its own
};

struct Graph {
  std::vector<TensorInfo> tensors;
  std::vector<Node> nodes;
  int input = 0, output = 0;
  std::map<std::string, std::string> metadata;  // what the model file says of itself
};

const char* OpName(Op op);  // "conv", "max_pool", "average_pool", ...

// The shape of a node's output, from the shapes of its inputs; throws Error where they do not fit.
Shape OutputShape(const Graph& graph, const Node& node);

}  // namespace weft
