// SPDX-License-Identifier: Apache-2.0
#include "compiler/onnx/onnx_translator.hpp"

#include <algorithm>
#include <cmath>

#include "compiler/onnx/onnx_access.hpp"
#include "sw_model/error.hpp"
#include "sw_model/golden/golden.hpp"

namespace weft {

using namespace onnx_access;
using namespace onnx_expr;
using onnx::NodeProto;
using onnx::TensorProto;

OnnxTranslator::OnnxTranslator(Graph* graph, Rounding rounding, std::filesystem::path folder)
    : graph_(*graph), rounding_(rounding), folder_(std::move(folder)), emitter_(graph, rounding) {}

const TensorProto& OnnxTranslator::Own(TensorProto tensor) {
  own_.push_back(std::move(tensor));
  return own_.back();
}

// ---- the graph

void OnnxTranslator::Read(const onnx::ModelProto& model) {
  const onnx::GraphProto& graph = model.graph();
  for (const auto& opset : model.opset_import())
    if (opset.domain().empty() || opset.domain() == "ai.onnx") opset_ = int(opset.version());
  for (const NodeProto& node : graph.node())
    for (const std::string& input : node.input()) readers_[input]++;
  for (const auto& output : graph.output()) readers_[output.name()]++;
  for (const TensorProto& tensor : graph.initializer()) DefineConstant(tensor);
  DefineInput(graph);
  for (const NodeProto& node : graph.node()) ReadNode(node);
  if (refusals_.size() == 1) throw Error("{}", refusals_[0]);
  if (!refusals_.empty())
    throw Error("{} operators are not supported: {}", refusals_.size(), fmt::join(refusals_, "; "));
  if (graph.output_size() == 0) throw Error("the model has no output");
  for (const auto& output : graph.output()) DefineOutput(output);
  if (graph_.nodes.empty()) throw Error("the model has no layer");
}

void OnnxTranslator::DefineConstant(const TensorProto& tensor) {
  const TensorProto& own =
      tensor.data_location() == TensorProto::EXTERNAL ? Own(LoadExternal(tensor, folder_)) : tensor;
  auto constant = std::make_shared<Expr>();
  constant->name = constant->output = tensor.name();
  constant->dims.assign(tensor.dims().begin(), tensor.dims().end());
  constant->detail = Constant{&own};
  values_.emplace(tensor.name(), constant);
}

// Whether the first thing that is done to the input moves its channels to the front: its file has them last.
bool OnnxTranslator::IsTransposedFirst(const onnx::GraphProto& graph, const std::string& input) const {
  std::string name = input;
  for (const NodeProto& node : graph.node()) {
    if (node.input_size() < 1 || node.input(0) != name || node.output_size() < 1) continue;
    if (node.op_type() == "Transpose")
      return IntsAttribute(node, "perm", {}) == std::vector<int64_t>{0, 3, 1, 2};
    if (node.op_type() != "QuantizeLinear" && node.op_type() != "DequantizeLinear" &&
        node.op_type() != "Identity")
      return false;
    name = node.output(0);
  }
  return false;
}

void OnnxTranslator::DefineInput(const onnx::GraphProto& graph) {
  const onnx::ValueInfoProto* input = nullptr;
  for (const onnx::ValueInfoProto& candidate : graph.input()) {
    if (values_.contains(candidate.name())) continue;  // old files list initializers as inputs too
    if (input != nullptr) throw Error("the model has more than one input");
    input = &candidate;
  }
  if (input == nullptr) throw Error("the model has no input");
  Dims dims = InputDims(*input, &batch_);
  const int type = input->type().tensor_type().elem_type();
  if (type != TensorProto::FLOAT && type != TensorProto::INT8 && type != TensorProto::UINT8)
    throw Error("input '{}' is neither float, int8 nor uint8", Printable(input->name()));
  graph_.input_type = type == TensorProto::FLOAT  ? ElementType::kFloat32
                      : type == TensorProto::INT8 ? ElementType::kInt8
                                                  : ElementType::kUint8;
  const bool channels_last = dims.size() == 4 && IsTransposedFirst(graph, input->name());
  const Dims channels_first = channels_last ? Dims{1, dims[3], dims[1], dims[2]} : dims;
  Quantised value =
      emitter_.AddTensor(input->name(), channels_first, {.is_unsigned = type == TensorProto::UINT8});
  graph_.input = value.tensor;
  if (channels_last) {
    graph_.tensors[size_t(value.tensor)].axes = "NHWC";
    std::vector<int32_t> in_memory;
    for (int32_t i = 0; i < int32_t(Count(dims)); ++i) in_memory.push_back(i);
    value.dims = dims;
    value.map = std::make_shared<const std::vector<int32_t>>(std::move(in_memory));
  }
  if (type != TensorProto::FLOAT) {
    values_.emplace(input->name(), value);
    return;
  }
  auto expr = std::make_shared<Expr>();
  expr->name = expr->output = input->name();
  expr->dims = dims;
  expr->detail = FloatInput{value};
  values_.emplace(input->name(), expr);
}

void OnnxTranslator::DefineOutput(const onnx::ValueInfoProto& output) {
  const std::string& name = output.name();
  const auto found = values_.find(name);
  if (found == values_.end()) throw Error("no operator computes the output '{}'", Printable(name));
  Port port{.name = Printable(name, std::string::npos)};
  if (const auto* codes = std::get_if<Quantised>(&found->second)) {
    port.tensor = emitter_.Output(*codes, name);
    port.type = codes->codes.is_unsigned ? ElementType::kUint8 : ElementType::kInt8;
  } else {
    const ExprPtr& expr = std::get<ExprPtr>(found->second);
    if (expr->IsConstant() || expr->As<FloatInput>() != nullptr)
      throw Error("the output '{}' is not quantised (QuantizeLinear is missing before it)", Printable(name));
    const auto tensor = emitter_.Lossless(expr, true);
    port.tensor = tensor ? emitter_.Output(*tensor, name) : emitter_.Real(expr);
  }
  graph_.outputs.push_back(port);
}

// ---- operators

void OnnxTranslator::Define(const NodeProto& node, int output, OnnxValue value) {
  if (!values_.emplace(node.output(output), std::move(value)).second)
    throw Error("its output '{}' exists already", Printable(node.output(output)));
}

// ONNX Runtime moves the channels of integer convolutions to the end. Its optimiser keeps them there where
// that saves a transposition: behind these operators if all of their maps are so.
void OnnxTranslator::NoteChannelsLast(const NodeProto& node) {
  static const std::unordered_set<std::string> kKeep = {"Concat",     "Identity",      "MaxPool",
                                                        "QLinearAdd", "QLinearConcat", "QLinearMul"};
  const std::string& op = node.op_type();
  const bool keeps =
      kKeep.contains(op) || (op == "Resize" && StringAttribute(node, "mode", "nearest") == "linear");
  const auto is_first = [&](const std::string& name) {
    const auto found = values_.find(name);
    return found != values_.end() && std::holds_alternative<Quantised>(found->second) &&
           !channels_last_.contains(name);
  };
  const auto is_last = [&](const std::string& name) { return channels_last_.contains(name); };
  if (op == "QLinearConv" ||
      (keeps && std::ranges::any_of(node.input(), is_last) && std::ranges::none_of(node.input(), is_first)))
    channels_last_.insert(node.output().begin(), node.output().end());
}

// An operator that reads what a refused one gives says nothing of its own.
void OnnxTranslator::ReadNode(const NodeProto& node) try {
  const auto is_failed = [&](const std::string& name) { return failed_.contains(name); };
  if (std::ranges::any_of(node.input(), is_failed)) {
    for (const std::string& output : node.output()) failed_[output] = true;
    if (Handler(node.op_type()) == nullptr && !Uninterpretable(node).empty())
      throw Error("{}", Uninterpretable(node));
    return;
  }
  if (node.output_size() < 1 || node.output(0).empty()) throw Error("it has no output");
  NoteChannelsLast(node);
  if (node.op_type() == "QuantizeLinear") return Define(node, 0, QuantizeLinear(node));
  if (node.op_type() == "DequantizeLinear") return Define(node, 0, DequantizeLinear(node));
  if (const auto value = QLinear(node)) return Define(node, 0, *value);
  if (const std::string why = Uninterpretable(node); !why.empty()) throw Error("{}", why);
  const OnnxHandler handler = Handler(node.op_type());
  for (int output = 0; output < node.output_size(); ++output) {
    if (node.output(output).empty()) continue;
    std::vector<ExprPtr> in;
    for (int i = 0; i < node.input_size(); ++i)
      in.push_back(HasInput(node, i) ? ExprOf(Input(node, i), node.input(i)) : nullptr);
    const Quantised* codes = node.input_size() > 0 ? std::get_if<Quantised>(&Input(node, 0)) : nullptr;
    OnnxValue value = Finish(node, handler, std::move(in), output, codes != nullptr);
    if (codes != nullptr)
      value = emitter_.Quantise(std::get<ExprPtr>(value), codes->codes, node.output(output));
    Define(node, output, std::move(value));
  }
} catch (const Error& error) {
  for (const std::string& output : node.output()) failed_[output] = true;
  const bool is_named = dynamic_cast<const NamedError*>(&error) != nullptr;
  refusals_.push_back(is_named ? error.what() : fmt::format("{}: {}", Label(node), error.what()));
}

OnnxHandler OnnxTranslator::Handler(const std::string& op) const {
  for (const OnnxOperator& known : OnnxOperators())
    if (op == known.name) return known.handler;
  return nullptr;
}

// Why an operator cannot be read whatever its inputs are; empty: it can.
std::string OnnxTranslator::Uninterpretable(const NodeProto& node) const {
  if (node.op_type() == "QuantizeLinear" || node.op_type() == "DequantizeLinear" ||
      node.op_type().starts_with("QLinear") || node.op_type() == "QGemm" || node.op_type() == "ConvInteger" ||
      node.op_type() == "MatMulInteger")
    return {};
  if (node.op_type().starts_with("Dynamic"))
    return "its scales are chosen at run time: quantise the model statically (quantize_static with images)";
  if (Handler(node.op_type()) == nullptr)
    return "this operator is not supported: cut the model before it, or exclude it";
  for (const OnnxOperator& known : OnnxOperators())
    if (node.op_type() == known.name && !known.takes_codes && node.input_size() > 0 && HasInput(node, 0))
      if (const auto found = values_.find(node.input(0));
          found != values_.end() && std::holds_alternative<Quantised>(found->second))
        return "it computes with integers: put DequantizeLinear before it";
  return {};
}

OnnxValue OnnxTranslator::Finish(const NodeProto& node, const OnnxHandler& handler, std::vector<ExprPtr> in,
                                 int output, bool on_codes) {
  const OnnxSite site{*this, node, std::move(in), output, on_codes, opset_};
  return Folded(site, handler(site));
}

namespace {

// The integers of a constant that are selected or clamped, exactly and with their type; nothing for other
// operators.
std::optional<TensorProto> FoldedIntegers(const TensorProto& tensor, const Expr& expr) {
  const auto* move = expr.As<MoveOp>();
  const auto* clamp = expr.As<ClampOp>();
  if ((move == nullptr && clamp == nullptr) || tensor.data_type() == TensorProto::FLOAT) return {};
  const std::vector<int64_t> values = IntegerValues(tensor);
  TensorProto folded;
  folded.set_name(tensor.name());
  folded.set_data_type(tensor.data_type());
  for (const int64_t dim : expr.dims) folded.add_dims(dim);
  const auto whole = [](float real) { return int64_t(std::clamp(real, -9e15F, 9e15F)); };
  const auto count = size_t(Count(expr.dims));
  for (size_t i = 0; i < count; ++i) {
    int64_t value = 0;
    if (move != nullptr) {
      const int64_t from = move->from ? (*move->from)[i] : int64_t(i);
      value = from < 0 ? whole(move->fill) : values.at(size_t(from));
    } else {
      value = values.at(i);
      if (double(value) < double(clamp->lo)) value = whole(clamp->lo);
      if (double(value) > double(clamp->hi)) value = whole(clamp->hi);
    }
    if (tensor.data_type() == TensorProto::INT64) folded.add_int64_data(value);
    else folded.add_int32_data(int32_t(value));
  }
  return folded;
}

}  // namespace

// Constants of constants are computed at once.
ExprPtr OnnxTranslator::Folded(const OnnxSite& site, ExprPtr expr) {
  if (expr->IsConstant() || expr->in.empty() ||
      !std::ranges::all_of(expr->in, [](const ExprPtr& in) { return in->IsConstant(); }))
    return expr;
  auto folded = std::make_shared<Expr>(*expr);
  if (const auto* constant = expr->in[0]->As<Constant>())
    if (auto integers = FoldedIntegers(*constant->tensor, *expr)) {
      folded->detail = Constant{&Own(std::move(*integers))};
      return folded;
    }
  if (const auto* move = expr->As<MoveOp>())
    if (const auto* weights = expr->in[0]->As<Weights>())
      if (const auto moved = MoveWeights(*weights, *move, expr->dims)) {
        folded->detail = Weights{&Own(moved->first), weights->scale, weights->zero_point, moved->second};
        return folded;
      }
  std::vector<FloatArray> values;
  for (const ExprPtr& in : expr->in) values.push_back(ConstantValues(*in));
  std::vector<const FloatArray*> pointers;
  for (const FloatArray& value : values) pointers.push_back(&value);
  FloatArray result = expr->eval(pointers);
  result.is_integer = std::ranges::all_of(values, [](const FloatArray& v) { return v.is_integer; });
  if (result.is_integer && site.node.op_type() == "Div")
    for (float& v : result.data) v = std::trunc(v);
  folded->detail = std::move(result);
  return folded;
}

// ---- inputs

const OnnxValue& OnnxTranslator::Input(const NodeProto& node, int i) const {
  if (!HasInput(node, i)) throw Error("input {} is missing", i);
  const auto found = values_.find(node.input(i));
  if (found == values_.end())
    throw Error("no operator or initializer before it provides '{}'", Printable(node.input(i)));
  return found->second;
}

ExprPtr OnnxTranslator::ExprOf(const OnnxValue& value, const std::string& name) {
  if (const auto* expr = std::get_if<ExprPtr>(&value)) return *expr;
  auto expr = std::make_shared<Expr>();
  expr->name = expr->output = name;
  expr->dims = std::get<Quantised>(value).dims;
  expr->detail = std::get<Quantised>(value);
  return expr;
}

const TensorProto& OnnxTranslator::ConstantOf(const NodeProto& node, int i) const {
  const auto* expr = std::get_if<ExprPtr>(&Input(node, i));
  if (expr == nullptr || !(*expr)->IsConstant())
    throw Error("its input '{}' must be a constant", Printable(node.input(i)));
  if (const auto* constant = (*expr)->As<Constant>()) return *constant->tensor;
  const FloatArray values = ConstantValues(**expr);
  TensorProto tensor;
  tensor.set_name(node.input(i));
  tensor.set_data_type(TensorProto::FLOAT);
  for (const int64_t dim : values.dims) tensor.add_dims(dim);
  for (const float v : values.data) tensor.add_float_data(v);
  return const_cast<OnnxTranslator*>(this)->Own(std::move(tensor));
}

const TensorProto* OnnxTranslator::OptionalConstant(const NodeProto& node, int i) const {
  return HasInput(node, i) ? &ConstantOf(node, i) : nullptr;
}

}  // namespace weft
