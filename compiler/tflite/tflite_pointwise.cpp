// SPDX-License-Identifier: Apache-2.0
// Operators that compute each value from one value, or from two.
#include <algorithm>
#include <limits>

#include "compiler/tflite/tflite_translator.hpp"
#include "sw_model/error.hpp"
#include "sw_model/golden/golden.hpp"

namespace weft {

using tflite_kernels::Clamp;
using tflite_kernels::Function2;
using tflite_kernels::Quantisation;

// ---- of one value -----------------------------------------------------------------------------------------

namespace {

void RequireOutput(const Quantisation& out, const Quantisation& needed) {
  if (out != needed)
    throw Error("its output has the scale {} and the zero point {}: the kernel needs {} and {}", out.scale,
                out.zero_point, needed.scale, needed.zero_point);
}

}  // namespace

void TfliteTranslator::OneValue(const Operator& op, const TableI8& table) {
  Emit(op, {.op = Op::kTable, .inputs = {Input(op).tensor}, .table = {table}});
}

void TfliteTranslator::Logistic(const Operator& op) {
  RequireOutput(QuantisationOf(OutputTensor(op)), {1.0F / 256, -128});
  OneValue(op, tflite_kernels::Logistic(ScaleOf(Input(op))));
}

void TfliteTranslator::Tanh(const Operator& op) {
  RequireOutput(QuantisationOf(OutputTensor(op)), {1.0F / 128, 0});
  OneValue(op, tflite_kernels::Tanh(ScaleOf(Input(op))));
}

void TfliteTranslator::HardSwish(const Operator& op) {
  OneValue(op, tflite_kernels::HardSwish(ScaleOf(Input(op)), QuantisationOf(OutputTensor(op))));
}

void TfliteTranslator::LeakyRelu(const Operator& op) {
  const float alpha = op.options<schema::LeakyReluOptions>().alpha();
  OneValue(op, tflite_kernels::LeakyRelu(ScaleOf(Input(op)), alpha, QuantisationOf(OutputTensor(op))));
}

void TfliteTranslator::Relu(const Operator& op) {
  constexpr float kOpen = std::numeric_limits<float>::infinity();
  using schema::BuiltinOperator;
  const float lo = op.code == BuiltinOperator::RELU_N1_TO_1 ? -1.0F : 0.0F;
  const float hi = op.code == BuiltinOperator::RELU ? kOpen : op.code == BuiltinOperator::RELU6 ? 6.0F : 1.0F;
  OneValue(op, tflite_kernels::Relu(ScaleOf(Input(op)), QuantisationOf(OutputTensor(op)), lo, hi));
}

// Along the last axis: the channels of the map.
void TfliteTranslator::Softmax(const Operator& op) {
  const float beta = op.options<schema::SoftmaxOptions>().beta();
  if (!(beta > 0) || beta > 1e6F) throw Error("its beta is {}: make it a positive number", beta);
  RequireOutput(QuantisationOf(OutputTensor(op)), {1.0F / 256, -128});
  const Value in = Input(op);
  if (ShapeOf(in).c > 4096)
    throw Error("it is over {} channels: the kernel's sum holds at most 4096", ShapeOf(in).c);
  const float scale = ScaleOf(in).scale;
  EmitHost(op, {in.tensor}, [scale, beta](const Inputs& inputs) {
    return tflite_kernels::Softmax(*inputs.at(0), scale, beta);
  });
}

// float32 or uint8 to int8 at the model's input, int8 to uint8 at its output, and a change of scale between.
void TfliteTranslator::Quantize(const Operator& op) {
  const int from = op.HasInput(0) ? op.inputs[0] : -1, to = op.outputs[0];
  const Quantisation out = QuantisationOf(OutputTensor(op));
  if (from >= 0 && from == float_input_) {
    if (!graph_.tensors.empty()) throw Error("the model's input is quantised twice: that is not supported");
    TensorInfo info = InfoOf(to);
    graph_.input = AddTensor(info);
    graph_.input_type = ElementType::kFloat32;
    return Alias(to, {graph_.input, {}}, Tensor(from).dims);
  }
  const Value value = Lazy(op, 0);
  const Quantisation in = ScaleOf(value);
  const TableI8 table = tflite_kernels::Rescale(in, out);
  if (in == out && table == tflite_kernels::Unchanged()) return Alias(to, value, value.dims);
  OneValue(op, table);
}

void TfliteTranslator::Dequantize(const Operator& op) {
  const int to = op.outputs[0];
  if (std::ranges::count(model_.outputs, to) == 0)
    throw Error("its output {} is no output of the model: {}", OutputTensor(op).Describe(),
                WayOut(schema::TensorType::FLOAT32));
  reals_[size_t(to)] = Lazy(op, 0);
}

// ---- of two values ----------------------------------------------------------------------------------------

void TfliteTranslator::Add(const Operator& op) {
  const Quantisation out = QuantisationOf(OutputTensor(op));
  const Clamp clamp = ActivationRange(op.options<schema::AddOptions>().activation(), out);
  const Quantisation a = QuantisationOf(InputTensor(op, 0)), b = QuantisationOf(InputTensor(op, 1));
  if (IsComputed(op, 0) && IsComputed(op, 1)) {
    const Value x = Input(op, 0), y = Input(op, 1);
    if (ShapeOf(x) == ShapeOf(y))
      return Emit(op, {.op = Op::kAdd,
                       .inputs = {x.tensor, y.tensor},
                       .add = golden::MakeAdd(a.scale, a.zero_point, b.scale, b.zero_point, out.scale,
                                              out.zero_point, clamp.lo, clamp.hi)});
  }
  const Function2 function = tflite_kernels::Add(a, b, out, clamp);
  if (!AddConstant(op, function)) TwoValues(op, function);
}

void TfliteTranslator::Sub(const Operator& op) {
  const Quantisation out = QuantisationOf(OutputTensor(op));
  const Clamp clamp = ActivationRange(op.options<schema::SubOptions>().activation(), out);
  const Function2 function =
      tflite_kernels::Sub(QuantisationOf(InputTensor(op, 0)), QuantisationOf(InputTensor(op, 1)), out, clamp);
  if (!AddConstant(op, function)) TwoValues(op, function);
}

void TfliteTranslator::Mul(const Operator& op) {
  const Quantisation out = QuantisationOf(OutputTensor(op));
  const Clamp clamp = ActivationRange(op.options<schema::MulOptions>().activation(), out);
  if (MultiplyByConstant(op, clamp)) return;
  TwoValues(op, tflite_kernels::Mul(QuantisationOf(InputTensor(op, 0)), QuantisationOf(InputTensor(op, 1)),
                                    out, clamp));
}

void TfliteTranslator::Extremum(const Operator& op, bool largest) {
  const Quantisation out = QuantisationOf(OutputTensor(op));
  for (size_t i = 0; i < 2; ++i)
    if (QuantisationOf(InputTensor(op, i)) != out)
      throw Error(
          "its input {} has another scale or zero point than its output: the kernel does not convert it",
          InputTensor(op, i).Describe());
  TwoValues(op, [largest](int8_t x, int8_t y) -> int { return largest ? std::max(x, y) : std::min(x, y); });
}

void TfliteTranslator::Prelu(const Operator& op) {
  TwoValues(op, tflite_kernels::Prelu(QuantisationOf(InputTensor(op, 0)), QuantisationOf(InputTensor(op, 1)),
                                      QuantisationOf(OutputTensor(op))));
}

// Maps of one shape, or one pixel with a map: a node of its own; with one number: a function of one value.
void TfliteTranslator::TwoValues(const Operator& op, const Function2& function) {
  const bool first = IsComputed(op, 0), second = IsComputed(op, 1);
  if (!first && !second) Lazy(op, 0);  // throws
  if (first != second) {
    const TfliteTensor& constant = InputTensor(op, first ? 1 : 0);
    const std::vector<int8_t> codes = CodeValues(constant);
    const bool is_one = std::ranges::all_of(codes, [&](int8_t code) { return code == codes[0]; });
    if (!is_one || MapShape(OutputTensor(op).dims).size() != ShapeOf(Lazy(op, first ? 0 : 1)).size())
      return Broadcast(op, function);
    return Emit(op, {.op = Op::kTable,
                     .inputs = {Input(op, first ? 0 : 1).tensor},
                     .table = {first ? tflite_kernels::TableOfFirst(function, codes[0])
                                     : tflite_kernels::TableOfSecond(function, codes[0])}});
  }
  const Value a = Input(op, 0), b = Input(op, 1);
  const Shape &x = ShapeOf(a), &y = ShapeOf(b);
  if (x == y || y == Shape{1, 1, 1, x.c})
    return Emit(
        op, {.op = Op::kPair, .inputs = {a.tensor, b.tensor}, .pair = tflite_kernels::PairTable(function)});
  if (x == Shape{1, 1, 1, y.c})
    return Emit(op, {.op = Op::kPair,
                     .inputs = {b.tensor, a.tensor},
                     .pair = tflite_kernels::PairTable([&](int8_t p, int8_t q) { return function(q, p); })});
  Broadcast(op, function);
}

// A sum with a constant for each channel: a convolution whose filters are 0 makes a map of the constant.
bool TfliteTranslator::AddConstant(const Operator& op, const Function2& function) {
  const bool first = IsComputed(op, 0);
  if (first == IsComputed(op, 1)) return false;
  const TfliteTensor& constant = InputTensor(op, first ? 1 : 0);
  const Value in = Input(op, first ? 0 : 1);
  const int channels = ShapeOf(in).c;
  if (constant.elements() == 1 || MapShape(constant.dims) != Shape{1, 1, 1, channels}) return false;
  const std::vector<int8_t> codes = CodeValues(constant);
  ConvLayer layer;
  layer.groups = channels;
  layer.filters = TensorI8(Shape{channels, 1, 1, 1});
  layer.bias.assign(codes.begin(), codes.end());
  layer.requant.multiplier.assign(size_t(channels), 1 << 30);
  layer.requant.shift.assign(size_t(channels), 1);
  const Quantisation q = QuantisationOf(constant);
  const Value map =
      EmitInner(op, "constant", {.op = Op::kConv, .inputs = {in.tensor}, .conv = std::move(layer)}, q);
  const int a = first ? in.tensor : map.tensor, b = first ? map.tensor : in.tensor;
  Emit(op, {.op = Op::kPair, .inputs = {a, b}, .pair = tflite_kernels::PairTable(function)});
  return true;
}

// A product with a constant for each channel is a depthwise convolution, where the constant less its zero
// point has eight bits.
bool TfliteTranslator::MultiplyByConstant(const Operator& op, const Clamp& clamp) {
  const bool first = IsComputed(op, 0);
  if (first == IsComputed(op, 1)) return false;
  const TfliteTensor& constant = InputTensor(op, first ? 1 : 0);
  const Value in = Input(op, first ? 0 : 1);
  const int channels = ShapeOf(in).c;
  if (constant.elements() == 1 || MapShape(constant.dims) != Shape{1, 1, 1, channels}) return false;
  const Quantisation from = ScaleOf(in), by = QuantisationOf(constant), to = QuantisationOf(OutputTensor(op));
  ConvLayer layer;
  layer.groups = channels;
  layer.filters = TensorI8(Shape{channels, 1, 1, 1});
  const std::vector<int8_t> codes = CodeValues(constant);
  for (size_t k = 0; k < codes.size(); ++k) {
    const int factor = codes[k] - by.zero_point;
    if (factor < -128 || factor > 127) return false;
    layer.filters.data[k] = int8_t(factor);
  }
  layer.bias.resize(size_t(channels));
  layer.input_zp = from.zero_point;
  layer.requant.output_zp = to.zero_point;
  layer.requant.clamp_lo = clamp.lo;
  layer.requant.clamp_hi = clamp.hi;
  int32_t multiplier = 0;
  int shift = 0;
  golden::QuantizeMultiplier(double(from.scale) * double(by.scale) / double(to.scale), &multiplier, &shift);
  layer.requant.multiplier.assign(size_t(channels), multiplier);
  layer.requant.shift.assign(size_t(channels), shift);
  Emit(op, {.op = Op::kConv, .inputs = {in.tensor}, .conv = std::move(layer)});
  return true;
}

namespace {

// How far apart in memory are neighbours along h, w, c; 0 along an axis that has one value for all.
std::array<size_t, 3> Strides(const Shape& s, const Shape& out) {
  const auto fits = [](int size, int all) {
    if (size != all && size != 1) throw Error("its inputs' sizes {} and {} do not go together", size, all);
    return size == all;
  };
  return {fits(s.h, out.h) ? size_t(s.w) * size_t(s.c) : 0, fits(s.w, out.w) ? size_t(s.c) : 0,
          fits(s.c, out.c) ? size_t{1} : 0};
}

struct Operand {
  TensorI8 constant;  // empty: the tensor that comes when it runs
  size_t index = 0;   // of that
  std::array<size_t, 3> strides{};
  size_t image = 0;  // values of an image; 0: all images have the same
  [[nodiscard]] const int8_t* Data(const std::vector<const TensorI8*>& inputs) const {
    return constant.data.empty() ? inputs.at(index)->data.data() : constant.data.data();
  }
};

}  // namespace

// Any two shapes that go together, on the host.
void TfliteTranslator::Broadcast(const Operator& op, const Function2& function) {
  const Shape out = MapShape(OutputTensor(op).dims);
  std::vector<int> inputs;
  std::array<Operand, 2> operands;
  for (size_t i = 0; i < 2; ++i) {
    Operand& operand = operands[i];
    operand.index = inputs.size();
    Shape shape;
    if (IsComputed(op, i)) {
      const Value value = Input(op, i);
      shape = ShapeOf(value);
      operand.image = shape.size();
      inputs.push_back(value.tensor);
    } else {
      const TfliteTensor& constant = InputTensor(op, i);
      shape = MapShape(constant.dims);
      operand.constant = TensorI8(shape);
      operand.constant.data = CodeValues(constant);
    }
    operand.strides = Strides(shape, out);
  }
  EmitHost(op, inputs,
           [out, operands, table = tflite_kernels::PairTable(function).table](const Inputs& tensors) {
             TensorI8 result(Shape{tensors.at(0)->shape.n, out.h, out.w, out.c});
             const int8_t *a = operands[0].Data(tensors), *b = operands[1].Data(tensors);
             for (size_t n = 0, i = 0; n < size_t(result.shape.n); ++n)
               for (size_t y = 0; y < size_t(out.h); ++y)
                 for (size_t x = 0; x < size_t(out.w); ++x)
                   for (size_t c = 0; c < size_t(out.c); ++c, ++i) {
                     const auto at = [&](const Operand& o) {
                       return n * o.image + y * o.strides[0] + x * o.strides[1] + c * o.strides[2];
                     };
                     result.data[i] =
                         table[256 * size_t(uint8_t(a[at(operands[0])])) + uint8_t(b[at(operands[1])])];
                   }
             return result;
           });
}

}  // namespace weft
