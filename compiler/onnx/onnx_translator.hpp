// SPDX-License-Identifier: Apache-2.0
// The operators of an ONNX graph, one after the other: most become expressions of real numbers, and
// QuantizeLinear makes nodes of what came before it.
#pragma once

#include <onnx/onnx_pb.h>

#include <deque>
#include <filesystem>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#include "compiler/graph/graph.hpp"
#include "compiler/onnx/onnx_emitter.hpp"
#include "compiler/onnx/onnx_expr.hpp"

namespace weft {

class OnnxTranslator;

// An operator of the file with its inputs, for the functions that translate it. They throw Error without
// naming the operator.
struct OnnxSite {
  OnnxTranslator& translator;
  const onnx::NodeProto& node;
  std::vector<onnx_expr::ExprPtr> in;  // nullptr: left out
  int output = 0;                      // which of its outputs is wanted
  bool on_codes = false;               // input 0 has no DequantizeLinear
  int opset = 0;

  [[nodiscard]] bool Has(size_t i) const { return i < in.size() && in[i] != nullptr; }
  [[nodiscard]] bool IsChannelsLast() const;  // input 0 is, in ONNX Runtime
  [[nodiscard]] const onnx_expr::ExprPtr& In(size_t i) const;
  [[nodiscard]] const onnx_expr::Dims& DimsOf(size_t i) const { return In(i)->dims; }
  [[nodiscard]] const onnx_expr::Expr& ConstantIn(size_t i) const;
  [[nodiscard]] std::vector<int64_t> IntegersIn(size_t i) const;
  [[nodiscard]] std::vector<float> FloatsIn(size_t i) const;
  // The integers of input i, of the attribute of older opsets, or `fallback`.
  [[nodiscard]] std::vector<int64_t> InputOrAttribute(size_t i, std::string_view name,
                                                      const std::vector<int64_t>& fallback) const;
  [[nodiscard]] int64_t Axis(int64_t axis, size_t rank) const;  // from 0 on; throws Error if there is none

  [[nodiscard]] onnx_expr::ExprPtr Make(onnx_expr::Detail detail, std::vector<onnx_expr::ExprPtr> inputs,
                                        onnx_expr::Dims dims, onnx_expr::Evaluator eval) const;
  // The elements `from` of the input, -1 for `fill`.
  [[nodiscard]] onnx_expr::ExprPtr Move(const onnx_expr::ExprPtr& input, onnx_expr::Dims dims,
                                        std::vector<int32_t> from, float fill = 0) const;
  [[nodiscard]] onnx_expr::ExprPtr Reshaped(const onnx_expr::ExprPtr& input, onnx_expr::Dims dims) const;
  [[nodiscard]] onnx_expr::ExprPtr Point(std::vector<onnx_expr::ExprPtr> inputs,
                                         std::function<float(const float*)> f) const;
};

using OnnxValue = std::variant<onnx_expr::ExprPtr, onnx_expr::Quantised>;
using OnnxHandler = onnx_expr::ExprPtr (*)(const OnnxSite&);

// What the reader knows of an operator: the one source for it and for the documentation.
struct OnnxOperator {
  const char* name;
  OnnxHandler handler;
  bool takes_codes;   // it may stand between integers: it selects among them
  const char* runs;   // where
  const char* holds;  // of its attributes and inputs
};
const std::vector<OnnxOperator>& OnnxOperators();
// Operators with integers inside, and those on real numbers that they are.
std::vector<std::pair<std::string, std::string>> OnnxIntegerOperators();

class OnnxTranslator {
 public:
  OnnxTranslator(Graph* graph, Rounding rounding, std::filesystem::path folder);
  void Read(const onnx::ModelProto& model);  // throws Error that names every operator which is not supported

  [[nodiscard]] int64_t batch() const { return batch_; }   // that the file fixes, 1 if it does not
  const onnx::TensorProto& Own(onnx::TensorProto tensor);  // keeps a constant that is made here

 private:
  void DefineConstant(const onnx::TensorProto& tensor);
  void DefineInput(const onnx::GraphProto& graph);
  bool IsTransposedFirst(const onnx::GraphProto& graph, const std::string& input) const;
  void DefineOutput(const onnx::ValueInfoProto& output);
  void ReadNode(const onnx::NodeProto& node);
  void Define(const onnx::NodeProto& node, int output, OnnxValue value);
  void NoteChannelsLast(const onnx::NodeProto& node);
  std::string Uninterpretable(const onnx::NodeProto& node) const;

  OnnxValue QuantizeLinear(const onnx::NodeProto& node);
  OnnxValue DequantizeLinear(const onnx::NodeProto& node);
  std::optional<OnnxValue> QLinear(
      const onnx::NodeProto& node);  // operators that begin so, QGemm, ConvInteger, ...
  OnnxValue Finish(const onnx::NodeProto& node, const OnnxHandler& handler,
                   std::vector<onnx_expr::ExprPtr> in, int output, bool on_codes);
  onnx_expr::ExprPtr Folded(const OnnxSite& site, onnx_expr::ExprPtr expr);
  OnnxHandler Handler(const std::string& op) const;

  const OnnxValue& Input(const onnx::NodeProto& node, int i) const;
  onnx_expr::ExprPtr ExprOf(const OnnxValue& value, const std::string& name);
  const onnx::TensorProto* OptionalConstant(const onnx::NodeProto& node, int i) const;
  const onnx::TensorProto& ConstantOf(const onnx::NodeProto& node, int i) const;
  onnx_expr::ExprPtr Real(const onnx::NodeProto& node, int value, int scale, int zero_point);
  onnx_expr::ExprPtr IntegerBias(const onnx::NodeProto& node, int i, const onnx_expr::Expr& in,
                                 const onnx_expr::Expr& weights);
  onnx_expr::ExprPtr IntegersOf(const onnx::NodeProto& node, int value, int zero_point);
  static bool HasInput(const onnx::NodeProto& node, int i) {
    return i < node.input_size() && !node.input(i).empty();
  }

  Graph& graph_;
  Rounding rounding_;
  std::filesystem::path folder_;
  OnnxEmitter emitter_;
  std::unordered_map<std::string, OnnxValue> values_;
  std::unordered_map<std::string, int> readers_;
  std::unordered_map<std::string, bool> failed_;   // outputs of operators that were refused
  std::unordered_set<std::string> channels_last_;  // codes that ONNX Runtime has in this order
  std::deque<onnx::TensorProto> own_;
  std::vector<std::string> refusals_;
  int opset_ = 0;
  int64_t batch_ = 1;  // the file's fixed batch

  friend struct OnnxSite;
};

// Scales and zero points of a file.
onnx_expr::Codes ReadCodes(const onnx::TensorProto& scale, const onnx::TensorProto* zero_point,
                           bool default_is_unsigned);
onnx_expr::Weights ReadWeights(const onnx::TensorProto& tensor, const onnx::TensorProto& scale,
                               const onnx::TensorProto* zero_point, int64_t axis);

// Weights of which a selection is made, and the axis of their scales then; nothing if they cannot be.
std::optional<std::pair<onnx::TensorProto, int64_t>> MoveWeights(const onnx_expr::Weights& weights,
                                                                 const onnx_expr::MoveOp& move,
                                                                 const onnx_expr::Dims& dims);

}  // namespace weft
