// SPDX-License-Identifier: Apache-2.0
// The operators of TensorFlow Lite, translated one after the other into nodes of a Graph.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "compiler/graph/graph.hpp"
#include "compiler/graph/operator_row.hpp"
#include "compiler/tflite/tflite_access.hpp"

namespace weft {

// The file has sizes of a tensor as `dims`, 1xHxWxC as a rule. Its map leaves the batch, a first 1, out and
// aligns the rest to the right: 1xF is one pixel with F channels, 1xTxC one line. Where more than three are
// left, the last ones are the channels together.
Shape MapShape(const std::vector<int>& dims);
std::string AxesOf(const std::vector<int>& dims);         // "NHWC", "NC"
bool HasBatch(const std::vector<int>& dims);              // a first 1
int MapAxis(const std::vector<int>& dims, int64_t axis);  // 0, 1, 2: h, w, c of the map; throws for others

class TfliteTranslator {
 public:
  TfliteTranslator(const TfliteModel& model, Graph* graph);

  void Read(const TfliteOperator& op);  // throws Error that begins with the operator
  void Finish();                        // the outputs
  static bool Supports(schema::BuiltinOperator code);
  static std::vector<OperatorRow> Operators();

 private:
  using Operator = TfliteOperator;
  using Quantisation = tflite_kernels::Quantisation;
  using Function2 = tflite_kernels::Function2;
  using Inputs = std::vector<const TensorI8*>;

  // A tensor of the Graph, whose values the file has with these sizes: a reshape alone makes no node.
  struct Value {
    int tensor = -1;
    std::vector<int> dims;
  };

  using Method = void (TfliteTranslator::*)(const Operator&);
  struct Known {
    schema::BuiltinOperator code;
    Method method;
    const char* runs;   // where
    const char* holds;  // of its options and inputs
  };
  static const std::vector<Known>& KnownOperators();
  static Method Find(schema::BuiltinOperator code);  // nullptr: not supported

  // With filters or windows: tflite_layers.cpp
  void Conv2d(const Operator& op);
  void DepthwiseConv2d(const Operator& op);
  void FullyConnected(const Operator& op);
  void TransposeConv(const Operator& op);
  void MaxPool(const Operator& op) { Pool(op, Op::kMaxPool); }
  void AveragePool(const Operator& op) { Pool(op, Op::kAveragePool); }
  void Mean(const Operator& op) { Reduce(op, true); }
  void Sum(const Operator& op) { Reduce(op, false); }
  void ReduceMax(const Operator& op);

  // Of one value or two: tflite_pointwise.cpp
  void Add(const Operator& op);
  void Sub(const Operator& op);
  void Mul(const Operator& op);
  void Maximum(const Operator& op) { Extremum(op, true); }
  void Minimum(const Operator& op) { Extremum(op, false); }
  void Prelu(const Operator& op);
  void Relu(const Operator& op);
  void Logistic(const Operator& op);
  void Tanh(const Operator& op);
  void HardSwish(const Operator& op);
  void LeakyRelu(const Operator& op);
  void Softmax(const Operator& op);
  void Quantize(const Operator& op);
  void Dequantize(const Operator& op);

  // That move values: tflite_moves.cpp
  void Reshape(const Operator& op);
  void Transpose(const Operator& op);
  void Concatenation(const Operator& op);
  void Pad(const Operator& op);
  void StridedSlice(const Operator& op);
  void Slice(const Operator& op);
  void Split(const Operator& op);
  void Resize(const Operator& op);
  void SpaceToDepth(const Operator& op);
  void DepthToSpace(const Operator& op);
  void ShapeNumbers(const Operator& op);
  void Pack(const Operator& op);

  // What they share: tflite_translator.cpp
  const TfliteTensor& Tensor(int index) const { return model_.tensors[size_t(index)]; }
  const TfliteTensor& InputTensor(const Operator& op, size_t i) const;
  const TfliteTensor& OutputTensor(const Operator& op) const { return Tensor(op.outputs[0]); }
  bool IsComputed(const Operator& op, size_t i) const;               // a tensor of the Graph
  std::vector<int64_t> Numbers(const Operator& op, size_t i) const;  // constant or computed integers
  const Value& Lazy(const Operator& op, size_t i) const;             // an input, whatever its tensor's shape
  Value Input(const Operator& op, size_t i = 0);                     // ... its tensor has its map's
  Value AsMap(const Value& value, const std::string& name);
  Value AsOutput(const Value& value, const std::string& name);
  const TensorInfo& Info(int tensor) const { return graph_.tensors[size_t(tensor)]; }
  const Shape& ShapeOf(const Value& value) const { return Info(value.tensor).shape; }
  Quantisation ScaleOf(const Value& value) const {
    return {Info(value.tensor).scale, Info(value.tensor).zero_point};
  }
  void RequireSameScale(const Operator& op, const Value& in) const;  // for kernels that move codes

  int AddTensor(TensorInfo info);
  TensorInfo InfoOf(int index) const;                           // of a tensor of the file
  void Emit(const Operator& op, Node node, size_t output = 0);  // its output is the operator's
  Value EmitInner(const Operator& op, const char* what, Node node,
                  const Quantisation& q);  // one that the file has not
  void EmitHost(const Operator& op, std::vector<int> inputs, const Shape& shape,
                std::function<TensorI8(const Inputs&)> run);
  void Alias(int index, const Value& value, std::vector<int> dims);  // a tensor of the file is this value
  bool RetypeInput(const Value& value, const std::vector<int>& dims);
  void EmitOneHot(const Operator& op, const Value& in, const std::vector<int>& from, int pad_value);

  // Of one file each
  ConvLayer Layer(const Operator& op, const Value& in, const TfliteTensor& filters, int64_t axis,
                  schema::Activation activation, size_t bias) const;
  void Pool(const Operator& op, Op kind);
  void Reduce(const Operator& op, bool mean);
  void Extremum(const Operator& op, bool largest);
  void OneValue(const Operator& op, const TableI8& table);
  void TwoValues(const Operator& op, const Function2& function);
  bool AddConstant(const Operator& op, const Function2& function);
  bool MultiplyByConstant(const Operator& op, const tflite_kernels::Clamp& clamp);
  void Broadcast(const Operator& op, const Function2& function);
  void SliceMap(const Operator& op, const std::vector<int64_t>& begin, const std::vector<int64_t>& size,
                const std::vector<int64_t>& step, size_t output);

  const TfliteModel& model_;
  Graph& graph_;
  // By the file's tensors:
  std::vector<std::optional<Value>> values_;
  std::vector<std::optional<std::vector<int64_t>>> numbers_;  // integers that operators compute of constants
  std::vector<std::optional<Value>> reals_;                   // codes of a float32 output
  int float_input_ = -1;                                      // the model's input, if that is float32
};

}  // namespace weft
