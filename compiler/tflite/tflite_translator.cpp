// SPDX-License-Identifier: Apache-2.0
#include "compiler/tflite/tflite_translator.hpp"

#include <algorithm>
#include <utility>

#include "compiler/tflite/tflite_reader.hpp"
#include "sw_model/error.hpp"

namespace weft {

using schema::BuiltinOperator;
using schema::TensorType;

// ---- sizes ------------------------------------------------------------------------------------------------

bool HasBatch(const std::vector<int>& dims) { return dims.size() >= 2 && dims[0] == 1; }

Shape MapShape(const std::vector<int>& dims) {
  std::vector<int> rest(dims.begin() + (HasBatch(dims) ? 1 : 0), dims.end());
  rest.insert(rest.begin(), rest.size() < 3 ? 3 - rest.size() : 0, 1);
  Shape shape{1, rest[0], rest[1], 1};
  for (size_t i = 2; i < rest.size(); ++i) shape.c *= rest[i];
  return shape;
}

std::string AxesOf(const std::vector<int>& dims) {
  const size_t map = std::min<size_t>(dims.size() - (HasBatch(dims) ? 1 : 0), 3);
  std::string axes = HasBatch(dims) ? "N" : "";
  return axes.append("HWC" + (3 - map));
}

int MapAxis(const std::vector<int>& dims, int64_t axis) {
  const auto rank = int64_t(dims.size());
  if (axis < 0) axis += rank;
  if (axis < 0 || axis >= rank) throw Error("axis {} is not one of its input's {} dimensions", axis, rank);
  if (HasBatch(dims) && axis == 0)
    throw Error("its axis is the batch's: only axes inside of an image are supported");
  const int64_t map = axis + 3 - rank;
  if (rank - (HasBatch(dims) ? 1 : 0) > 3)
    throw Error("its input has {} dimensions: at most 4 are supported", rank);
  return int(map);
}

// ---- values -----------------------------------------------------------------------------------------------

TfliteTranslator::TfliteTranslator(const TfliteModel& model, Graph* graph)
    : model_(model),
      graph_(*graph),
      values_(model.tensors.size()),
      numbers_(model.tensors.size()),
      reals_(model.tensors.size()) {
  if (model.inputs.size() != 1) throw Error("the model has {} inputs instead of one", model.inputs.size());
  const int input = model.inputs[0];
  const TfliteTensor& tensor = Tensor(input);
  const std::vector<int>& dims = tensor.dims;
  try {
    if (tensor.is_constant()) throw Error("it is a constant: the file is damaged");
    if (dims.size() < 2 || dims.size() > 4 || dims[0] != 1)
      throw Error("give it two to four dimensions, the first of which is the batch of 1");
    if (tensor.type == TensorType::FLOAT32) {
      float_input_ = input;
      return;
    }
    values_[size_t(input)] = Value{AddTensor(InfoOf(input)), dims};
  } catch (const Error& error) {
    throw Error("the input {}: {}", tensor.Describe(), error.what());
  }
  graph_.input = values_[size_t(input)]->tensor;
  graph_.input_type = tensor.type == TensorType::UINT8 ? ElementType::kUint8 : ElementType::kInt8;
}

const TfliteTensor& TfliteTranslator::InputTensor(const Operator& op, size_t i) const {
  if (!op.HasInput(i)) throw Error("its input {} is missing", i);
  return Tensor(op.inputs[i]);
}

bool TfliteTranslator::IsComputed(const Operator& op, size_t i) const {
  return op.HasInput(i) && values_[size_t(op.inputs[i])].has_value();
}

std::vector<int64_t> TfliteTranslator::Numbers(const Operator& op, size_t i) const {
  const TfliteTensor& tensor = InputTensor(op, i);
  const auto& computed = numbers_[size_t(op.inputs[i])];
  return computed ? *computed : IntegerValues(tensor);
}

const TfliteTranslator::Value& TfliteTranslator::Lazy(const Operator& op, size_t i) const {
  const TfliteTensor& tensor = InputTensor(op, i);
  if (const auto& value = values_[size_t(op.inputs[i])]) {
    if (tensor.type == TensorType::UINT8 && op.code != BuiltinOperator::QUANTIZE)
      throw Error("its tensor {} is not int8: {}", tensor.Describe(), WayOut(tensor.type));
    return *value;
  }
  QuantisationOf(tensor);  // refuses other types
  if (tensor.is_constant())
    throw Error("its input {} is a constant: that is not supported", tensor.Describe());
  throw Error("nothing computes its input {}", tensor.Describe());
}

TfliteTranslator::Value TfliteTranslator::Input(const Operator& op, size_t i) {
  return AsMap(Lazy(op, i), InputTensor(op, i).name);
}

// The values in a tensor that has the map's shape: the same tensor where it has, else a copy that the host
// makes.
TfliteTranslator::Value TfliteTranslator::AsMap(const Value& value, const std::string& name) {
  const Shape shape = MapShape(value.dims);
  if (ShapeOf(value) == shape || RetypeInput(value, value.dims)) return value;
  const auto reshape = [shape](const Inputs& in) {
    TensorI8 out = *in.at(0);
    out.shape = {in.at(0)->shape.n, shape.h, shape.w, shape.c};
    return out;
  };
  TensorInfo info = Info(value.tensor);
  info.name = name;
  info.shape = shape;
  info.axes = AxesOf(value.dims);
  info.is_flat = false;
  const int output = AddTensor(std::move(info));
  graph_.nodes.push_back({.name = name,
                          .op = Op::kHost,
                          .inputs = {value.tensor},
                          .output = output,
                          .host = {"RESHAPE", shape, reshape}});
  return {output, value.dims};
}

// A model may take its image flat or without its axis of one channel: the input's tensor gets the map's shape
// then, if nothing reads it before.
bool TfliteTranslator::RetypeInput(const Value& value, const std::vector<int>& dims) {
  if (value.tensor != graph_.input || dims.size() != 4 || !HasBatch(dims)) return false;
  for (const Node& node : graph_.nodes)
    if (std::ranges::count(node.inputs, graph_.input) > 0) return false;
  TensorInfo& info = graph_.tensors[size_t(graph_.input)];
  if (info.is_flat) return false;
  const std::string all = "NHWC";
  std::vector<int> had;
  const std::vector<int> sizes{1, info.shape.h, info.shape.w, info.shape.c};
  for (size_t i = 0; i < all.size(); ++i)
    if (info.axes.find(all[i]) != std::string::npos) had.push_back(sizes[i]);
  std::string axes;
  size_t at = 0;
  for (size_t i = 0; i < all.size(); ++i)
    if (at < had.size() && had[at] == dims[i]) {
      axes += all[i];
      ++at;
    } else if (dims[i] != 1) axes += '?';
  const bool same = at == had.size() && axes.find('?') == std::string::npos;
  if (!same && had.size() != 2) return false;
  info.axes = same ? axes : all;
  info.is_flat = !same;
  info.shape = MapShape(dims);
  return true;
}

void TfliteTranslator::RequireSameScale(const Operator& op, const Value& in) const {
  for (const int output : op.outputs)
    if (QuantisationOf(Tensor(output)) != ScaleOf(in))
      throw Error(
          "its input's scale and zero point are not those of its output {}: the kernel does not convert them",
          Tensor(output).Describe());
}

// ---- nodes ------------------------------------------------------------------------------------------------

int TfliteTranslator::AddTensor(TensorInfo info) {
  graph_.tensors.push_back(std::move(info));
  return int(graph_.tensors.size()) - 1;
}

TensorInfo TfliteTranslator::InfoOf(int index) const {
  const TfliteTensor& tensor = Tensor(index);
  const Quantisation q = QuantisationOf(tensor);
  return {.name = tensor.name,
          .shape = MapShape(tensor.dims),
          .scale = q.scale,
          .zero_point = q.zero_point,
          .is_unsigned = tensor.type == TensorType::UINT8,
          .axes = AxesOf(tensor.dims)};
}

void TfliteTranslator::Emit(const Operator& op, Node node, size_t output) {
  const int index = op.outputs.at(output);
  if (values_[size_t(index)] || index == float_input_)
    throw Error("its output '{}' is computed twice", Tensor(index).name);
  TensorInfo info = InfoOf(index);
  node.name = info.name;
  node.conv.name = info.name;
  const Shape file = info.shape;
  info.shape = OutputShape(graph_, node);
  const bool same_values = info.shape.size() == file.size();  // in another shape: Input() makes it the file's
  if (!same_values)
    throw Error("its output is {}x{}x{} and {}x{}x{} in the file", info.shape.h, info.shape.w, info.shape.c,
                file.h, file.w, file.c);
  if (info.shape != file) info.axes = "NHWC";
  node.output = AddTensor(std::move(info));
  Alias(index, {node.output, {}}, Tensor(index).dims);
  graph_.nodes.push_back(std::move(node));
}

TfliteTranslator::Value TfliteTranslator::EmitInner(const Operator& op, const char* what, Node node,
                                                    const Quantisation& q) {
  node.name = OutputTensor(op).name + "/" + what;
  node.conv.name = node.name;
  const Shape shape = OutputShape(graph_, node);
  node.output = AddTensor(
      {.name = node.name, .shape = shape, .scale = q.scale, .zero_point = q.zero_point, .axes = "NHWC"});
  graph_.nodes.push_back(std::move(node));
  return {graph_.nodes.back().output, {1, shape.h, shape.w, shape.c}};
}

void TfliteTranslator::EmitHost(const Operator& op, std::vector<int> inputs,
                                std::function<TensorI8(const Inputs&)> run, size_t output) {
  const Shape shape = MapShape(Tensor(op.outputs.at(output)).dims);
  Emit(op, {.op = Op::kHost, .inputs = std::move(inputs), .host = {op.kind, shape, std::move(run)}}, output);
}

void TfliteTranslator::Alias(int index, const Value& value, std::vector<int> dims) {
  if (values_[size_t(index)]) throw Error("its output '{}' is computed twice", Tensor(index).name);
  values_[size_t(index)] = Value{value.tensor, std::move(dims)};
}

// Channel k of each pixel is channel from[k] of the input, or a constant where that is negative: 1x1 filters
// with a one each, and the factor 1.
void TfliteTranslator::EmitOneHot(const Operator& op, const Value& in, const std::vector<int>& from,
                                  int pad_value) {
  const int channels = ShapeOf(in).c, zero_point = ScaleOf(in).zero_point;
  ConvLayer layer;
  layer.filters = TensorI8(Shape{int(from.size()), 1, 1, channels});
  layer.bias.resize(from.size());
  for (size_t k = 0; k < from.size(); ++k)
    if (from[k] >= 0) layer.filters.at(int(k), 0, 0, from[k]) = 1;
    else layer.bias[k] = pad_value - zero_point;
  layer.input_zp = layer.requant.output_zp = zero_point;
  layer.requant.multiplier.assign(from.size(), 1 << 30);
  layer.requant.shift.assign(from.size(), 1);
  Emit(op, {.op = Op::kConv, .inputs = {in.tensor}, .conv = std::move(layer)});
}

// ---- the model --------------------------------------------------------------------------------------------

TfliteTranslator::Method TfliteTranslator::Find(BuiltinOperator code) {
  using T = TfliteTranslator;
  switch (code) {
    case BuiltinOperator::ADD:
      return &T::Add;
    case BuiltinOperator::AVERAGE_POOL_2D:
      return &T::AveragePool;
    case BuiltinOperator::CONCATENATION:
      return &T::Concatenation;
    case BuiltinOperator::CONV_2D:
      return &T::Conv2d;
    case BuiltinOperator::DEPTHWISE_CONV_2D:
      return &T::DepthwiseConv2d;
    case BuiltinOperator::DEPTH_TO_SPACE:
      return &T::DepthToSpace;
    case BuiltinOperator::DEQUANTIZE:
      return &T::Dequantize;
    case BuiltinOperator::FULLY_CONNECTED:
      return &T::FullyConnected;
    case BuiltinOperator::LOGISTIC:
      return &T::Logistic;
    case BuiltinOperator::MAX_POOL_2D:
      return &T::MaxPool;
    case BuiltinOperator::MUL:
      return &T::Mul;
    case BuiltinOperator::RELU:
    case BuiltinOperator::RELU_N1_TO_1:
    case BuiltinOperator::RELU6:
    case BuiltinOperator::RELU_0_TO_1:
      return &T::Relu;
    case BuiltinOperator::RESHAPE:
    case BuiltinOperator::SQUEEZE:
    case BuiltinOperator::EXPAND_DIMS:
      return &T::Reshape;
    case BuiltinOperator::RESIZE_BILINEAR:
    case BuiltinOperator::RESIZE_NEAREST_NEIGHBOR:
      return &T::Resize;
    case BuiltinOperator::SOFTMAX:
      return &T::Softmax;
    case BuiltinOperator::SPACE_TO_DEPTH:
      return &T::SpaceToDepth;
    case BuiltinOperator::TANH:
      return &T::Tanh;
    case BuiltinOperator::PAD:
    case BuiltinOperator::PADV2:
      return &T::Pad;
    case BuiltinOperator::TRANSPOSE:
      return &T::Transpose;
    case BuiltinOperator::MEAN:
      return &T::Mean;
    case BuiltinOperator::SUM:
      return &T::Sum;
    case BuiltinOperator::SUB:
      return &T::Sub;
    case BuiltinOperator::STRIDED_SLICE:
      return &T::StridedSlice;
    case BuiltinOperator::SPLIT:
    case BuiltinOperator::SPLIT_V:
      return &T::Split;
    case BuiltinOperator::PRELU:
      return &T::Prelu;
    case BuiltinOperator::MAXIMUM:
      return &T::Maximum;
    case BuiltinOperator::MINIMUM:
      return &T::Minimum;
    case BuiltinOperator::SLICE:
      return &T::Slice;
    case BuiltinOperator::TRANSPOSE_CONV:
      return &T::TransposeConv;
    case BuiltinOperator::SHAPE:
      return &T::ShapeNumbers;
    case BuiltinOperator::REDUCE_MAX:
      return &T::ReduceMax;
    case BuiltinOperator::PACK:
      return &T::Pack;
    case BuiltinOperator::LEAKY_RELU:
      return &T::LeakyRelu;
    case BuiltinOperator::MIRROR_PAD:
      return &T::Pad;
    case BuiltinOperator::QUANTIZE:
      return &T::Quantize;
    case BuiltinOperator::HARD_SWISH:
      return &T::HardSwish;
    case BuiltinOperator::CUSTOM:
      break;
  }
  return nullptr;
}

bool TfliteTranslator::Supports(BuiltinOperator code) { return Find(code) != nullptr; }

void TfliteTranslator::Read(const Operator& op) try {
  (this->*Find(op.code))(op);
} catch (const Error& error) {
  throw Error("{}: {}", op.label, error.what());
}

void TfliteTranslator::Finish() {
  if (float_input_ >= 0 && graph_.tensors.empty())
    throw Error("the model is float: {}", WayOut(TensorType::FLOAT32));
  for (const int index : model_.outputs) {
    const TfliteTensor& tensor = Tensor(index);
    const bool is_real = reals_[size_t(index)].has_value();
    const std::optional<Value>& found = is_real ? reals_[size_t(index)] : values_[size_t(index)];
    if (!found) throw Error("nothing computes the output {}", tensor.Describe());
    Value value = *found;
    const std::string axes = AxesOf(value.dims);
    // As the file has it: the tensor's axes are the output's, if that is one more reader of no other.
    TensorInfo& info = graph_.tensors[size_t(value.tensor)];
    const bool flattened = value.dims.size() == 2 && HasBatch(value.dims) && info.axes == "NHWC";
    if (info.shape == MapShape(value.dims)) info.axes = axes;
    else if (flattened && !graph_.IsOutput(value.tensor) && value.tensor != graph_.input) info.is_flat = true;
    else value = AsMap(value, tensor.name);
    const ElementType type = is_real                            ? ElementType::kFloat32
                             : tensor.type == TensorType::UINT8 ? ElementType::kUint8
                                                                : ElementType::kInt8;
    graph_.outputs.push_back({.tensor = value.tensor, .type = type, .name = tensor.name});
  }
}

}  // namespace weft
