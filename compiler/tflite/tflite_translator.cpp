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
  axes += std::string_view("HWC").substr(3 - map);
  return axes;
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

void TfliteTranslator::EmitHost(const Operator& op, std::vector<int> inputs, const Shape& shape,
                                std::function<TensorI8(const Inputs&)> run) {
  Emit(op, {.op = Op::kHost, .inputs = std::move(inputs), .host = {op.kind, shape, std::move(run)}});
}

void TfliteTranslator::Alias(int index, const Value& value, std::vector<int> dims) {
  if (values_[size_t(index)]) throw Error("its output '{}' is computed twice", Tensor(index).name);
  values_[size_t(index)] = Value{value.tensor, std::move(dims)};
}

// Channel k of each pixel is channel from[k] of the input, or a constant where that is negative: 1x1 filters
// with a one each, and the factor 1.
void TfliteTranslator::EmitOneHot(const Operator& op, const Value& in, const std::vector<int>& from,
                                  int pad_value) {
  constexpr size_t kMostFilters = size_t{1} << 28;
  const int channels = ShapeOf(in).c, zero_point = ScaleOf(in).zero_point;
  if (from.size() * size_t(channels) > kMostFilters)
    throw Error("it moves {} channels to {}: that is too many", channels, from.size());
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

void TfliteTranslator::Read(const Operator& op) try {
  (this->*Find(op.code))(op);
} catch (const Error& error) {
  throw Error("{}: {}", op.label, error.what());
}

// A tensor as an output has it: the sizes of the file decide its axes. Where another output has it otherwise,
// or its map has another shape, it is a copy.
TfliteTranslator::Value TfliteTranslator::AsOutput(const Value& value, const std::string& name) {
  constexpr size_t kMostDims = 4;
  if (value.dims.empty() || value.dims.size() > kMostDims)
    throw Error("the output '{}' has {} dimensions: make them 1 to {}", name, value.dims.size(), kMostDims);
  const Shape shape = MapShape(value.dims);
  const std::string axes = AxesOf(value.dims);
  TensorInfo& info = graph_.tensors[size_t(value.tensor)];
  const bool is_input = value.tensor == graph_.input;  // even that is computed: by a copy
  if (info.shape == shape && info.axes == axes && !info.is_flat && !is_input) return value;
  const bool is_free = !is_input && !graph_.IsOutput(value.tensor);
  const bool is_flat = value.dims.size() == 2 && HasBatch(value.dims) && info.shape.size() == shape.size();
  if (is_free && info.shape == shape) {
    info.axes = axes;
    return value;
  }
  if (is_free && is_flat) {
    info.axes = "NHWC";
    info.is_flat = true;
    return value;
  }
  if (info.shape != shape) return AsMap(value, name);
  TensorInfo copy = info;
  copy.name = name;
  copy.axes = axes;
  copy.is_flat = false;
  const int output = AddTensor(std::move(copy));
  graph_.nodes.push_back({.name = name,
                          .op = Op::kTable,
                          .inputs = {value.tensor},
                          .output = output,
                          .table = {tflite_kernels::Unchanged()}});
  return {output, value.dims};
}

void TfliteTranslator::Finish() {
  if (float_input_ >= 0 && graph_.tensors.empty())
    throw Error("the model is float: {}", WayOut(TensorType::FLOAT32));
  // Those that are an operator's own first: aliases of their tensors are copies then.
  std::vector<Port> ports(model_.outputs.size());
  for (const bool own : {true, false})
    for (size_t i = 0; i < ports.size(); ++i) {
      const int index = model_.outputs[i];
      const TfliteTensor& tensor = Tensor(index);
      const bool is_real = reals_[size_t(index)].has_value();
      const std::optional<Value>& found = is_real ? reals_[size_t(index)] : values_[size_t(index)];
      if (!found) throw Error("nothing computes the output {}", tensor.Describe());
      const TensorInfo& info = Info(found->tensor);
      if ((info.shape == MapShape(found->dims) && info.axes == AxesOf(found->dims)) != own) continue;
      const ElementType type = is_real                            ? ElementType::kFloat32
                               : tensor.type == TensorType::UINT8 ? ElementType::kUint8
                                                                  : ElementType::kInt8;
      ports[i] = {.tensor = AsOutput(*found, tensor.name).tensor, .type = type, .name = tensor.name};
      graph_.outputs.push_back(ports[i]);
    }
  graph_.outputs = ports;
}

}  // namespace weft
