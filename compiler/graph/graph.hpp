// SPDX-License-Identifier: Apache-2.0
// A network as Weft sees it: tensors and the layers between them, in execution order.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sw_model/layer.hpp"

namespace weft {

enum class Op {
  kConv,
  kMaxPool,
  kAveragePool,
  kAdd,
  kTable,
  kPair,
  kConcat,
  kPad,
  kSlice,
  kUpsample,
  kDepthToSpace,
  kSoftmax,
  kHost
};

// A tensor between two nodes. Weft has all of them as int8 NHWC; the rest says how the model's file has it.
struct TensorInfo {
  std::string name;  // the file's, whole
  Shape shape;       // n = 1: the batch is chosen when it runs
  float scale = 1.0F;
  int zero_point = 0;         // of the int8 codes
  bool is_unsigned = false;   // the file's codes are uint8: by 128 larger
  std::string axes = "NCHW";  // the file's order; axes that it does not have are left out
  bool is_flat = false;       // ... and there all axes but N are one
  bool is_real = false;  // float32 in the file, its codes stand for it only here: a Softmax's, a float end's
};

// What the host computes, always: `run` gets the tensors of Node::inputs in their order, with n images.
struct HostLayer {
  std::string what;  // the operator, as its framework calls it
  Shape shape;       // of the output, n = 1
  std::function<TensorI8(const std::vector<const TensorI8*>&)> run = {};
  std::function<std::vector<float>(const std::vector<const TensorI8*>&)> reals =
      {};  // instead, where is_real
};

// One operator. Pure re-orderings (flatten, reshape) do not appear: the reader folds them into the weights'
// order.
struct Node {
  std::string name = {};
  Op op = Op::kConv;
  std::vector<int> inputs = {};  // indices into Graph::tensors; kAdd and kPair have two, kConcat any number
  int output = 0;                // index into Graph::tensors
  ConvLayer conv = {};      // kConv (a fused max-pool is inside it; fully connected layers are convolutions)
  Window pool = {};         // kMaxPool, kAveragePool (a global one has the map's size)
  AddLayer add = {};        // kAdd
  TableLayer table = {};    // kTable: a function of one value, like a change of scale
  PairLayer pair = {};      // kPair: a function of two
  ConcatLayer concat = {};  // kConcat
  PadLayer pad = {};        // kPad
  SliceLayer slice = {};    // kSlice
  UpsampleLayer upsample = {};            // kUpsample
  DepthToSpaceLayer depth_to_space = {};  // kDepthToSpace
  HostLayer host = {};                    // kHost
  int unpooled = -1;  // kConv with a max-pool: the file's tensor between the two, which no node reads
};

enum class ElementType { kFloat32, kInt8, kUint8 };

// An input or output of the model, as a user of its file has it.
struct Port {
  int tensor = 0;  // index into Graph::tensors
  ElementType type = ElementType::kFloat32;
  std::string name = {};  // the file's, whole; it may differ from the tensor's
};

// A float32 input that the first operators of a file take as it is: the host computes codes of each image.
struct RealInput {
  TensorInfo info;                                                         // as a user of the file has it
  std::string what;                                                        // the last of these operators
  std::function<std::vector<int8_t>(const std::vector<float>&)> run = {};  // of one image, both are HWC
};

struct Graph {
  std::vector<TensorInfo> tensors;
  std::vector<Node> nodes;
  int input = 0;
  std::optional<RealInput> real_input;  // what the codes of `input` are made from, if that is not they
  ElementType input_type = ElementType::kFloat32;
  Rounding input_rounding =
      Rounding::kOnnx;        // of a float32 input: half to even; kTflite: half away from zero
  std::vector<Port> outputs;  // at least one
  std::map<std::string, std::string> metadata;  // what the model file says of itself

  [[nodiscard]] int output() const { return outputs.at(0).tensor; }  // the first one
  [[nodiscard]] bool IsOutput(int tensor) const;
};

const char* OpName(Op op);  // "conv", "max_pool", "average_pool", ...

// The shape of a node's output, from the shapes of its inputs; throws Error where they do not fit.
Shape OutputShape(const Graph& graph, const Node& node);

// Moves each max-pool into the convolution before it, if that has no other reader and the pooling has no
// padding and no dilation.
void FuseMaxPools(Graph* graph);

}  // namespace weft
