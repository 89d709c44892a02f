// SPDX-License-Identifier: Apache-2.0
// The operators of ONNX, translated: each takes the values of its inputs and makes one more, and
// QuantizeLinear makes a layer of what came before it.
#pragma once

#include <onnx/onnx_pb.h>

#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "compiler/graph/graph.hpp"
#include "compiler/onnx/onnx_layers.hpp"

namespace weft {

// What a name in the ONNX graph stands for. Each operator, in the file's order, makes one more.
struct FloatInput {  // the graph's input before its QuantizeLinear
  bool flat;         // ONNX sees it as [N, C*H*W]
};
struct Constant {
  const onnx::TensorProto* tensor;
};
struct Quantised {  // a tensor of the Graph
  int tensor;
  bool flat;
  bool is_unsigned;  // the file's type is uint8
};
struct Real {  // the same after DequantizeLinear
  int tensor;
  bool flat;
  bool is_unsigned;
};
struct Probabilities {  // of a Softmax, before its QuantizeLinear if it has one
  int tensor;
};
using Value =
    std::variant<FloatInput, Constant, onnx_layers::Weights, Quantised, Real, onnx_layers::Accumulator,
                 onnx_layers::Average, onnx_layers::Pointwise, Probabilities>;

// Turns the operators of an ONNX graph, one after the other, into nodes of `graph`.
class OnnxTranslator {
 public:
  explicit OnnxTranslator(Graph* graph) : graph_(*graph) {}

  void DefineConstant(const onnx::TensorProto& tensor) { values_.emplace(tensor.name(), Constant{&tensor}); }
  void DefineInput(const onnx::ValueInfoProto& input);
  void Read(const onnx::NodeProto& node);            // throws Error that begins with the operator
  const Value* Find(const std::string& name) const;  // nullptr: nothing has this name

 private:
  Value Translate(const onnx::NodeProto& node);  // by operator; these throw Error without naming it
  Value ReadConstant(const onnx::NodeProto& node);
  Value Alias(const onnx::NodeProto& node) { return Input(node, 0); }
  Value QuantizeLinear(const onnx::NodeProto& node);
  Value DequantizeLinear(const onnx::NodeProto& node);
  Value Conv(const onnx::NodeProto& node);
  Value Gemm(const onnx::NodeProto& node);
  Value MatMul(const onnx::NodeProto& node) { return Dense(node, false); }
  Value Add(const onnx::NodeProto& node);
  Value Relu(const onnx::NodeProto& node) { return Clamped(node, onnx_layers::Clamp{.lo = 0}); }
  Value Clip(const onnx::NodeProto& node);
  Value MaxPool(const onnx::NodeProto& node);
  Value AveragePool(const onnx::NodeProto& node);
  Value GlobalAveragePool(const onnx::NodeProto& node);
  Value Concat(const onnx::NodeProto& node);
  Value Pad(const onnx::NodeProto& node);
  Value Resize(const onnx::NodeProto& node);
  Value Upsample(const onnx::NodeProto& node);
  Value Flatten(const onnx::NodeProto& node);
  Value Reshape(const onnx::NodeProto& node);
  Value Squeeze(const onnx::NodeProto& node);
  Value Softmax(const onnx::NodeProto& node);

  static bool HasInput(const onnx::NodeProto& node, int i) {
    return i < node.input_size() && !node.input(i).empty();
  }
  const Value& Input(const onnx::NodeProto& node, int i) const;
  const onnx::TensorProto& ConstantInput(const onnx::NodeProto& node, int i) const;
  const onnx::TensorProto* OptionalConstant(const onnx::NodeProto& node, int i) const {
    return HasInput(node, i) ? &ConstantInput(node, i) : nullptr;
  }
  const onnx_layers::Weights& WeightsInput(const onnx::NodeProto& node, int i) const;
  Real RealInput(const onnx::NodeProto& node, int i = 0) const;
  Real MapInput(const onnx::NodeProto& node) const;  // a RealInput 0 that is not flat
  const TensorInfo& Info(int tensor) const { return graph_.tensors[tensor]; }

  Value Dense(const onnx::NodeProto& node, bool filters_first) const;
  Value Biased(const onnx::NodeProto& node, int sum_input) const;
  double PadValue(const onnx::NodeProto& node) const;
  Value Enlarged(const onnx::NodeProto& node, const std::vector<double>& factors);
  Value Clamped(const onnx::NodeProto& node, const onnx_layers::Clamp& clamp) const;
  Value Flat(const onnx::NodeProto& node) const;
  double Bound(const onnx::NodeProto& node, const char* name, int i, double fallback) const;
  std::vector<int32_t> ReadBias(const onnx::NodeProto& node, int i, const std::vector<double>& factor) const;
  void GiveScale(int tensor, const onnx_layers::Quantisation& q);
  int AddTensor(const std::string& name, const Shape& shape, const onnx_layers::Quantisation& q);
  int Emit(Node node);
  Value EmitMap(const onnx::NodeProto& node, const Real& in, Node map);  // with the scale of its input
  int EmitPointwise(const onnx_layers::Pointwise& p, const std::string& output,
                    const onnx_layers::Quantisation& q);
  int EmitConv(const onnx_layers::Accumulator& sum, const std::string& output,
               const onnx_layers::Quantisation& q);
  int EmitAverage(const onnx_layers::Average& average, const std::string& output,
                  const onnx_layers::Quantisation& q);

  Graph& graph_;
  std::unordered_map<std::string, Value> values_;
  bool input_has_scale_ = false;
};

}  // namespace weft
