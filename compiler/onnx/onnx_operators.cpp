// SPDX-License-Identifier: Apache-2.0
// The operators that OnnxTranslator knows, all but QuantizeLinear and DequantizeLinear.
#include <algorithm>
#include <cmath>

#include "compiler/onnx/onnx_access.hpp"
#include "compiler/onnx/onnx_translator.hpp"
#include "sw_model/error.hpp"
#include "sw_model/golden/golden.hpp"

namespace weft {

using namespace onnx_access;
using namespace onnx_layers;
using onnx::NodeProto;
using onnx::TensorProto;

namespace {

Window PoolWindow(const NodeProto& node, const Shape& in) {
  const std::vector<int64_t> kernel = IntsAttribute(node, "kernel_shape", {});
  if (kernel.size() != 2) throw Error("kernel_shape has {} numbers instead of 2", kernel.size());
  const Window w = SlidingWindow(node, in, kernel[0], kernel[1]);
  if (w.dilation_h != 1 || w.dilation_w != 1) throw Error("dilation is not supported");
  if (std::max(w.pad.top, w.pad.bottom) >= w.kh || std::max(w.pad.left, w.pad.right) >= w.kw)
    throw Error("its padding is as large as its window");
  golden::OutputShape(in, w, in.c);  // throws when the window does not fit
  return w;
}

std::vector<double> ScaleFactors(const TensorProto& scales) {
  const std::vector<float> values = FloatValues(scales);
  return {values.begin(), values.end()};
}

}  // namespace

// ---- Convolutions

std::vector<int32_t> OnnxTranslator::ReadBias(const NodeProto& node, int i,
                                              const std::vector<double>& factor) const {
  if (!HasInput(node, i)) return std::vector<int32_t>(factor.size(), 0);
  const Value& value = Input(node, i);
  if (const auto* constant = std::get_if<Constant>(&value)) return Bias(*constant->tensor, factor);
  if (const auto* weights = std::get_if<Weights>(&value)) return Bias(*weights, factor);
  throw Error("its bias '{}' must be a constant", Printable(node.input(i)));
}

Value OnnxTranslator::Conv(const NodeProto& node) {
  const Real in = MapInput(node);
  const TensorInfo& info = Info(in.tensor);
  const Weights& weights = WeightsInput(node, 1);
  Accumulator sum{
      .layer = {}, .input = in.tensor, .factor = {}, .has_bias = true, .flat = false, .clamp = {}};
  ConvLayer& layer = sum.layer;
  layer.name = LayerName(node);
  layer.filters = ConvFilters(weights);
  const Shape& f = layer.filters.shape;
  if (IntsAttribute(node, "kernel_shape", {f.h, f.w}) != std::vector<int64_t>{f.h, f.w})
    throw Error("kernel_shape differs from its weights' {} x {}", f.h, f.w);
  const int64_t groups = IntAttribute(node, "group", 1);
  if (groups < 1 || f.n % groups != 0 || groups * f.c != info.shape.c)
    throw Error("{} groups of {} input channels and {} filters do not fit {} channels", groups, f.c, f.n,
                info.shape.c);
  layer.groups = int(groups);
  layer.window = SlidingWindow(node, info.shape, f.h, f.w);
  layer.input_zp = info.zero_point;
  golden::ConvShape(info.shape, layer);  // throws when the window does not fit
  sum.factor = Factors(weights, info.scale, 0, f.n);
  layer.bias = ReadBias(node, 2, sum.factor);
  return sum;
}

// Gemm and MatMul: a convolution whose filters cover the whole map, so that a Flatten is free.
Value OnnxTranslator::Dense(const NodeProto& node, bool filters_first) const {
  const Real in = RealInput(node);
  const TensorInfo& info = Info(in.tensor);
  if (!in.flat) throw Error("its input '{}' has 4 dimensions instead of 2", Printable(node.input(0)));
  const Weights& weights = WeightsInput(node, 1);
  Accumulator sum{.layer = {},
                  .input = in.tensor,
                  .factor = {},
                  .has_bias = HasInput(node, 2),
                  .flat = true,
                  .clamp = {}};
  ConvLayer& layer = sum.layer;
  layer.name = LayerName(node);
  layer.filters = DenseFilters(weights, info.shape, filters_first);
  layer.window.kh = info.shape.h;
  layer.window.kw = info.shape.w;
  layer.input_zp = info.zero_point;
  sum.factor = Factors(weights, info.scale, filters_first ? 0 : 1, layer.filters.shape.n);
  layer.bias = ReadBias(node, 2, sum.factor);
  return sum;
}

Value OnnxTranslator::Gemm(const NodeProto& node) {
  if (IntAttribute(node, "transA", 0) != 0) throw Error("transA 1 is not supported");
  if (FloatAttribute(node, "alpha", 1) != 1 || FloatAttribute(node, "beta", 1) != 1)
    throw Error("only alpha 1 and beta 1 are supported");
  return Dense(node, IntAttribute(node, "transB", 0) != 0);
}

// A sum that has its bias in an Add of its own.
Value OnnxTranslator::Biased(const NodeProto& node, int sum_input) const {
  const auto& sum = std::get<Accumulator>(Input(node, sum_input));
  if (sum.has_bias || !sum.clamp.IsOpen() || sum.layer.max_pool)
    throw Error(
        "it adds to a sum that has its bias already: put QuantizeLinear and DequantizeLinear before both "
        "inputs "
        "of an addition (onnxruntime.quantization.quant_pre_process moves a bias into its Conv or Gemm)");
  Accumulator biased = sum;
  biased.layer.bias = ReadBias(node, 1 - sum_input, sum.factor);
  biased.has_bias = true;
  return biased;
}

Value OnnxTranslator::Add(const NodeProto& node) {
  for (const int i : {0, 1})
    if (std::holds_alternative<Accumulator>(Input(node, i))) return Biased(node, i);
  for (const int i : {0, 1})
    if (std::holds_alternative<Constant>(Input(node, i)) || std::holds_alternative<Weights>(Input(node, i)))
      throw Error("the constant '{}' can be added only to a MatMul or Gemm: move it into a bias",
                  Printable(node.input(i)));
  const Real a = RealInput(node, 0), b = RealInput(node, 1);
  const Shape &shape_a = Info(a.tensor).shape, &shape_b = Info(b.tensor).shape;
  if (a.flat != b.flat || shape_a != shape_b)
    throw Error(
        "its inputs are {} x {} x {} and {} x {} x {} (C x H x W): expand the smaller, broadcasting is "
        "not supported",
        shape_a.c, shape_a.h, shape_a.w, shape_b.c, shape_b.h, shape_b.w);
  return Pointwise{Op::kAdd, LayerName(node), {a.tensor, b.tensor}, a.flat, {}};
}

// ---- Clamps

Value OnnxTranslator::Clamped(const NodeProto& node, const Clamp& clamp) const {
  Value value = Input(node, 0);
  if (auto* sum = std::get_if<Accumulator>(&value)) {
    sum->clamp = sum->clamp.Then(clamp);
  } else if (auto* average = std::get_if<Average>(&value)) {
    average->clamp = average->clamp.Then(clamp);
  } else if (auto* pointwise = std::get_if<Pointwise>(&value)) {
    pointwise->clamp = pointwise->clamp.Then(clamp);
  } else {
    const Real in = RealInput(node);
    const TensorInfo& info = Info(in.tensor);
    const double lowest = double(info.scale) * (-128 - info.zero_point);
    const double highest = double(info.scale) * (127 - info.zero_point);
    if (clamp.lo > lowest || clamp.hi < highest)  // it changes something
      return Pointwise{Op::kTable, LayerName(node), {in.tensor}, in.flat, clamp};
  }
  return value;
}

double OnnxTranslator::Bound(const NodeProto& node, const char* name, int i, double fallback) const {
  if (FindAttribute(node, name) != nullptr) return double(FloatAttribute(node, name, 0));  // opset 6
  if (!HasInput(node, i)) return fallback;
  const std::vector<float> values = FloatValues(ConstantInput(node, i));
  if (values.size() != 1) throw Error("its {} must be one number", name);
  return double(values[0]);
}

Value OnnxTranslator::Clip(const NodeProto& node) {
  const Clamp clamp{Bound(node, "min", 1, Clamp{}.lo), Bound(node, "max", 2, Clamp{}.hi)};
  if (!(clamp.lo <= clamp.hi)) throw Error("its bounds {} and {} are not in order", clamp.lo, clamp.hi);
  return Clamped(node, clamp);
}

// ---- Pooling

Value OnnxTranslator::MaxPool(const NodeProto& node) {
  if (node.output_size() > 1 && !node.output(1).empty())
    throw Error("its output of indices is not supported");
  if (const auto* sum = std::get_if<Accumulator>(&Input(node, 0))) {  // max and quantisation commute
    Accumulator pooled = *sum;
    if (sum->flat || sum->layer.max_pool) throw Error("it must follow a convolution or DequantizeLinear");
    pooled.layer.max_pool = PoolWindow(node, golden::ConvShape(Info(sum->input).shape, sum->layer));
    if (pooled.layer.max_pool->pad != Padding{})
      throw Error("with padding it needs QuantizeLinear and DequantizeLinear before it");
    return pooled;
  }
  const Real in = MapInput(node);
  return EmitMap(node, in, {.op = Op::kMaxPool, .pool = PoolWindow(node, Info(in.tensor).shape)});
}

Value OnnxTranslator::AveragePool(const NodeProto& node) {
  const Real in = MapInput(node);
  const Window window = PoolWindow(node, Info(in.tensor).shape);
  return Average{LayerName(node), in.tensor, window, IntAttribute(node, "count_include_pad", 0) != 0, {}};
}

Value OnnxTranslator::GlobalAveragePool(const NodeProto& node) {
  const Real in = MapInput(node);
  return Average{LayerName(node), in.tensor, golden::GlobalWindow(Info(in.tensor).shape), false, {}};
}

// ---- Joins, borders and enlargements

Value OnnxTranslator::Concat(const NodeProto& node) {
  Pointwise join{Op::kConcat, LayerName(node), {}, RealInput(node, 0).flat, {}};
  const int64_t axis = IntAttribute(node, "axis", 0);
  if (axis != 1 && axis != (join.flat ? -1 : -3))
    throw Error("it joins along axis {}: only the channels, axis 1, can be joined", axis);
  for (int i = 0; i < node.input_size(); ++i) {
    const Real in = RealInput(node, i);
    if (in.flat != join.flat)
      throw Error("some of its inputs are flat and some are maps: flatten all or none");
    join.inputs.push_back(in.tensor);
  }
  OutputShape(graph_, {.op = Op::kConcat, .inputs = join.inputs});  // throws when the maps do not fit
  return join;
}

// The constant of a Pad: absent, a float, or quantised.
double OnnxTranslator::PadValue(const NodeProto& node) const {
  if (!HasInput(node, 2)) return double(FloatAttribute(node, "value", 0));  // opset 2
  const Value& value = Input(node, 2);
  if (const auto* quantised = std::get_if<Weights>(&value)) {
    const std::vector<int64_t> code = IntegerValues(*quantised->tensor);
    if (code.size() != 1) throw Error("its value has {} numbers: give one", code.size());
    return double(quantised->scale.at(0)) * double(code[0] - quantised->zero_point);
  }
  const std::vector<float> real = FloatValues(ConstantInput(node, 2));
  if (real.size() != 1) throw Error("its value has {} numbers: give one", real.size());
  return double(real[0]);
}

Value OnnxTranslator::Pad(const NodeProto& node) {
  const std::string mode = StringAttribute(node, "mode", "constant");
  if (mode != "constant") throw Error("its mode is '{}': only constant is supported", Printable(mode));
  if (HasInput(node, 3)) throw Error("it has an input of axes: give pads for all four instead");
  const Real in = MapInput(node);
  const std::vector<int64_t> pads =
      HasInput(node, 1) ? IntegerValues(ConstantInput(node, 1)) : IntsAttribute(node, "pads", {});
  if (pads.size() != 8) throw Error("pads has {} numbers instead of 8", pads.size());
  for (const size_t i : {0, 1, 4, 5})
    if (pads[i] != 0) throw Error("it pads images or channels: only height and width can be padded");
  for (const int64_t pad : pads)
    if (pad < 0 || pad > UINT16_MAX) throw Error("pad {} is not in 0..{}", pad, UINT16_MAX);
  PadLayer layer;
  layer.pad = {.top = int(pads[2]), .bottom = int(pads[6]), .left = int(pads[3]), .right = int(pads[7])};
  const double value = PadValue(node);
  if (!std::isfinite(value)) throw Error("its value is {}: give a finite number", value);
  const TensorInfo& info = Info(in.tensor);
  layer.value = QuantiseReal(value, {info.scale, info.zero_point, in.is_unsigned});
  return EmitMap(node, in, {.op = Op::kPad, .pad = layer});
}

Value OnnxTranslator::Enlarged(const NodeProto& node, const std::vector<double>& factors) {
  const std::string mode = StringAttribute(node, "mode", "nearest");
  if (mode != "nearest") throw Error("its mode is '{}': only nearest is supported", Printable(mode));
  if (factors.size() != 4) throw Error("it has {} scales instead of 4", factors.size());
  for (const double factor : factors)
    if (!(factor >= 1 && factor <= UINT16_MAX && factor == std::floor(factor)))
      throw Error("it scales by {}: only whole factors from 1 are supported", factor);
  if (factors[0] != 1 || factors[1] != 1)
    throw Error("it scales images or channels: only height and width can be scaled");
  return EmitMap(node, MapInput(node), {.op = Op::kUpsample, .upsample = {int(factors[2]), int(factors[3])}});
}

// With whole factors the two pairs of modes choose the same pixel, floor(y / factor): half_pixel's
// (y + 1/2) / factor - 1/2 is at most 1/2 - 1/(2 factor) away from it, so that rounding meets no half.
Value OnnxTranslator::Resize(const NodeProto& node) {
  const bool old = node.input_size() <= 2;  // opset 10
  const std::string coordinates =
      StringAttribute(node, "coordinate_transformation_mode", old ? "asymmetric" : "half_pixel");
  const std::string nearest = StringAttribute(node, "nearest_mode", old ? "floor" : "round_prefer_floor");
  const bool floors = coordinates == "asymmetric" && nearest == "floor";
  const bool rounds = coordinates == "half_pixel" && nearest.starts_with("round_prefer_");
  if (StringAttribute(node, "mode", "nearest") == "nearest" && !floors && !rounds)
    throw Error("its modes are '{}' and '{}': use asymmetric and floor", Printable(coordinates),
                Printable(nearest));
  if (FindAttribute(node, "axes") != nullptr) throw Error("it has axes: give scales for all four instead");
  if (!HasInput(node, 3)) return Enlarged(node, ScaleFactors(ConstantInput(node, old ? 1 : 2)));
  if (StringAttribute(node, "keep_aspect_ratio_policy", "stretch") != "stretch")
    throw Error("its keep_aspect_ratio_policy is not stretch: give scales instead of sizes");
  const Shape& s = Info(MapInput(node).tensor).shape;
  const std::vector<int64_t> sizes = IntegerValues(ConstantInput(node, 3));
  if (sizes.size() != 4) throw Error("it has {} sizes instead of 4", sizes.size());
  return Enlarged(node,
                  {double(sizes[0]), double(sizes[1]) / s.c, double(sizes[2]) / s.h, double(sizes[3]) / s.w});
}

Value OnnxTranslator::Upsample(const NodeProto& node) {
  if (HasInput(node, 1)) return Enlarged(node, ScaleFactors(ConstantInput(node, 1)));
  const onnx::AttributeProto* scales = FindAttribute(node, "scales");  // opset 7
  if (scales == nullptr) throw Error("it has no scales");
  return Enlarged(node, {scales->floats().begin(), scales->floats().end()});
}

// ---- Operators that only change how ONNX sees a tensor

Value OnnxTranslator::Flat(const NodeProto& node) const {
  Value value = Input(node, 0);
  if (auto* input = std::get_if<FloatInput>(&value)) input->flat = true;
  else if (auto* quantised = std::get_if<Quantised>(&value)) quantised->flat = true;
  else if (auto* real = std::get_if<Real>(&value)) real->flat = true;
  else if (auto* sum = std::get_if<Accumulator>(&value)) sum->flat = true;
  else if (auto* average = std::get_if<Average>(&value)) average->flat = true;
  else if (auto* pointwise = std::get_if<Pointwise>(&value)) pointwise->flat = true;
  else throw Error("its input '{}' must be quantised", Printable(node.input(0)));
  return value;
}

Value OnnxTranslator::Flatten(const NodeProto& node) {
  const int64_t axis = IntAttribute(node, "axis", 1);
  if (axis != 1 && axis != -3) throw Error("only axis 1 is supported");
  return Flat(node);
}

Value OnnxTranslator::Reshape(const NodeProto& node) {
  Value flat = Flat(node);
  int tensor = graph_.input;
  if (const auto* real = std::get_if<Real>(&flat)) tensor = real->tensor;
  else if (const auto* quantised = std::get_if<Quantised>(&flat)) tensor = quantised->tensor;
  else if (!std::holds_alternative<FloatInput>(flat))
    throw Error("its input '{}' is not quantised: put QuantizeLinear before it, or use Flatten",
                Printable(node.input(0)));
  const auto features = int64_t(Info(tensor).shape.size());
  const std::vector<int64_t> shape = IntegerValues(ConstantInput(node, 1));
  const bool sound = shape.size() == 2 && (shape[0] == 1 || shape[0] == 0 || shape[0] == -1) &&
                     (shape[1] == features || (shape[1] == -1 && shape[0] != -1));
  if (!sound) throw Error("only a reshape to [batch, {}] is supported", features);
  return flat;
}

Value OnnxTranslator::Squeeze(const NodeProto& node) {
  std::vector<int64_t> axes =
      HasInput(node, 1) ? IntegerValues(ConstantInput(node, 1)) : IntsAttribute(node, "axes", {});
  for (int64_t& axis : axes) axis += axis < 0 ? 4 : 0;
  std::sort(axes.begin(), axes.end());
  const Real in = MapInput(node);
  if (axes != std::vector<int64_t>{2, 3} || Info(in.tensor).shape.h != 1 || Info(in.tensor).shape.w != 1)
    throw Error("only axes 2 and 3 of a map of one pixel are supported");
  return Flat(node);
}

Value OnnxTranslator::Softmax(const NodeProto& node) {
  const Real in = RealInput(node);
  const TensorInfo info = Info(in.tensor);
  const int64_t axis = IntAttribute(node, "axis", in.flat ? 1 : -1);
  if (info.shape.h != 1 || info.shape.w != 1 || (axis != 1 && !(axis == -1 && in.flat)))
    throw Error("only softmax over the channels of one pixel is supported");
  const int output =
      AddTensor(node.output(0), info.shape, {.scale = 1.0F / 256, .zero_point = -128, .is_unsigned = false});
  graph_.tensors[output].is_real = true;
  Emit({.name = LayerName(node), .op = Op::kSoftmax, .inputs = {in.tensor}, .output = output});
  return Probabilities{output};
}

Value OnnxTranslator::ReadConstant(const NodeProto& node) {
  const onnx::AttributeProto* value = FindAttribute(node, "value");
  if (value == nullptr || !value->has_t()) throw Error("only constants given as a tensor are supported");
  return Constant{&value->t()};
}

}  // namespace weft
