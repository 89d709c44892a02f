// SPDX-License-Identifier: Apache-2.0
// Convolutions, fully connected layers and averages as layers of the accelerator.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "compiler/onnx/onnx_access.hpp"
#include "compiler/onnx/onnx_emitter.hpp"
#include "compiler/onnx/onnx_filters.hpp"
#include "sw_model/error.hpp"
#include "sw_model/golden/golden.hpp"

namespace weft {

using namespace onnx_expr;

namespace {

constexpr int32_t kOne = 1 << 30;  // with shift 1 the factor 1

// s_in * s_w[k], as both frameworks' kernels have it for the bias.
double Unit(float input_scale, float weight_scale) { return double(input_scale) * double(weight_scale); }

int32_t BiasOf(double real, double unit) {
  const double code = unit == 0 ? 0 : real / unit;
  if (!(std::abs(code) < 2147483648.0)) throw Error("bias {} does not fit 32 bits at scale {}", real, unit);
  return int32_t(std::clamp<int64_t>(std::llrint(code), INT32_MIN, INT32_MAX));
}

}  // namespace

// The bias in units of the accumulator; int32 of just these units is taken as it is, and ONNX Runtime takes
// any int32 so. Nothing if it is no constant.
std::optional<std::vector<int32_t>> OnnxEmitter::Bias(const Expr& expr, const Quantised& in,
                                                      const std::vector<float>& scales) {
  std::vector<int32_t> bias(scales.size(), 0);
  if (expr.in.size() < 3) return bias;
  const Expr& constant = *expr.in[2];
  if (!constant.IsConstant()) return {};
  const auto* quantised = constant.As<Weights>();
  const std::vector<float> reals = ConstantValues(constant).data;
  if (reals.size() != scales.size() && reals.size() != 1)
    throw Error("its bias has {} values for {} output channels", reals.size(), scales.size());
  const bool is_int32 = quantised != nullptr && quantised->tensor->data_type() == onnx::TensorProto::INT32;
  const std::vector<int64_t> codes =
      is_int32 ? onnx_access::IntegerValues(*quantised->tensor) : std::vector<int64_t>{};
  for (size_t k = 0; k < bias.size(); ++k) {
    const size_t i = reals.size() == 1 ? 0 : k;
    const double unit =
        rounding_ == Rounding::kOnnx ? double(in.codes.scale * scales[k]) : Unit(in.codes.scale, scales[k]);
    bool same_units = false;  // float's rounding of the product
    if (is_int32) {
      const double own = double(quantised->scale.at(quantised->scale.size() == 1 ? 0 : i));
      same_units = rounding_ == Rounding::kOnnx || std::abs(own - unit) <= 1e-6 * unit;
    }
    bias[k] = same_units ? int32_t(codes[i]) : BiasOf(double(reals[i]), unit);
  }
  return bias;
}

// A layer with the scales of `order`; its window, groups and bias are still to be set.
ConvLayer OnnxEmitter::Layer(const Order& order, const Quantised& in, TensorI8 filters,
                             const std::vector<float>& scales) {
  ConvLayer layer;
  layer.name = order.expr->name;
  layer.filters = std::move(filters);
  layer.input_zp = in.codes.zero_point;
  Requant& r = layer.requant;
  r.rounding = rounding_;
  for (const float scale : scales) {
    int32_t multiplier = 0;
    int shift = 0;
    if (rounding_ == Rounding::kOnnx)
      golden::FloatMultiplier(in.codes.scale * scale / order.codes.scale, &multiplier, &shift);
    else
      golden::QuantizeMultiplier(Unit(in.codes.scale, scale) / double(order.codes.scale), &multiplier,
                                 &shift);
    r.multiplier.push_back(multiplier);
    r.shift.push_back(shift);
  }
  r.output_zp = order.codes.zero_point;
  r.clamp_lo = order.Lowest();
  r.clamp_hi = order.Highest();
  return layer;
}

// Each channel several times, one after the other: for filters that need more than eight bits.
Quantised OnnxEmitter::Repeated(const Quantised& in, int times, const std::string& name) {
  if (times == 1) return in;
  const TensorInfo info = Info(in.tensor);
  ConvLayer layer;
  layer.name = name + ".repeated";
  layer.groups = info.shape.c;
  layer.filters = TensorI8(Shape{info.shape.c * times, 1, 1, 1}, 1);
  layer.bias.assign(size_t(layer.filters.shape.n), 0);
  layer.requant.multiplier.assign(size_t(layer.filters.shape.n), kOne);
  layer.requant.shift.assign(size_t(layer.filters.shape.n), 1);
  TensorInfo repeated = info;
  repeated.name += ".repeated";
  repeated.shape.c *= times;
  const int tensor = int(graph_.tensors.size());
  graph_.tensors.push_back(std::move(repeated));
  Node node{.name = layer.name, .op = Op::kConv, .inputs = {in.tensor}, .output = tensor};
  node.conv = std::move(layer);
  graph_.nodes.push_back(std::move(node));
  Quantised out = in;
  out.tensor = tensor;
  return out;
}

std::optional<Quantised> OnnxEmitter::Sum(const Order& order) {
  const Expr& e = *order.expr;
  const auto* weights = e.in[1]->As<Weights>();
  const std::optional<Quantised> lossless = Lossless(e.in[0], true);
  if (!lossless || weights == nullptr) return {};
  const auto* conv = e.As<ConvOp>();
  if (conv != nullptr && conv->transposed) return Transposed(order);
  Quantised in = *lossless;
  onnx_filters::Filters filters;
  Window window;
  if (conv != nullptr) {
    in = Proper(in, e.name);
    filters = onnx_filters::OfConv(*weights);
    window = conv->window;
  } else if (in.dims.size() == 2 && in.dims[0] == 1) {  // any order in memory: the filters follow it
    const Shape shape = Info(in.tensor).shape;
    filters = onnx_filters::OfDense(*weights, e.As<DenseOp>()->filters_first, shape, Offsets(in, shape));
    window = golden::GlobalWindow(shape);
  } else {  // the last axis alone: a convolution of 1 x 1 over all others
    const int64_t features = in.dims.back(), rows = Count(in.dims) / features;
    const Shape shape = Info(in.tensor).shape;
    const std::vector<int32_t> offsets = Offsets(in, shape);
    if (shape.c != features || !CountsUp(offsets)) {
      in = Proper(
          {in.tensor, {1, rows, features}, std::make_shared<const std::vector<int32_t>>(offsets), in.codes},
          e.name);
      const auto rows_first = std::make_shared<std::vector<int32_t>>();
      for (int64_t f = 0; f < features; ++f)
        for (int64_t r = 0; r < rows; ++r) rows_first->push_back(int32_t(r * features + f));
      in = Proper(Select(in, {rows_first}, {1, features, rows}, e.name, e.name + ".columns"), e.name);
    }
    const Shape one{1, 1, 1, int(features)};
    filters = onnx_filters::OfDense(
        *weights, e.As<DenseOp>()->filters_first, one,
        Offsets({.tensor = 0, .dims = {1, features}, .map = nullptr, .codes = {}}, one));
  }
  const std::optional<std::vector<int32_t>> bias = Bias(e, in, filters.scale);
  if (!bias) return {};
  const int parts = onnx_filters::Parts(filters);
  in = Repeated(in, parts, e.name);
  ConvLayer layer = Layer(order, in, onnx_filters::Split(filters, parts), filters.scale);
  layer.window = window;
  layer.groups = conv != nullptr ? conv->groups : 1;
  layer.bias = *bias;
  golden::Check(Info(in.tensor).shape, layer);
  Node node{.name = e.name, .op = Op::kConv, .inputs = {in.tensor}};
  node.conv = std::move(layer);
  if (conv != nullptr || e.dims.size() == 2) return Emit(std::move(node), e.dims, order.codes, order.output);
  const Shape out = golden::OutputShape(Info(in.tensor).shape, node.conv);
  Quantised value = Emit(std::move(node), {1, out.c, out.h, out.w}, order.codes, order.output);
  std::vector<int32_t> in_memory(out.size());
  std::iota(in_memory.begin(), in_memory.end(), 0);
  value.dims = e.dims;
  value.map = std::make_shared<const std::vector<int32_t>>(std::move(in_memory));
  return value;
}

// A transposed convolution of stride s: one convolution for each of the s x s phases of its outputs, side by
// side as channels, which a depth-to-space puts to their places.
std::optional<Quantised> OnnxEmitter::Transposed(const Order& order) {
  const Expr& e = *order.expr;
  const ConvOp& op = *e.As<ConvOp>();
  const Window& w = op.window;
  if (op.groups != 1 || w.stride_h != w.stride_w || w.dilation_h != 1 || w.dilation_w != 1 ||
      e.dims.size() != 4)
    return {};
  const int s = w.stride_h;
  const Quantised in = Proper(*Lossless(e.in[0], true), e.name);
  const Shape shape = Info(in.tensor).shape;
  const onnx_filters::Filters given = onnx_filters::OfTransposedConv(*e.in[1]->As<Weights>());
  const Shape f = given.values.shape;  // KRSC
  // Output y is the sum of filter row ky and input row i with i * s + ky = y + top. Of phase dy, y = q * s +
  // dy, these are the rows ky = (dy + top) mod s + s * j and i = q + floor((dy + top) / s) - j.
  const int most_h = (f.h + s - 1) / s + (s + w.pad.top) / s + 1,
            most_w = (f.w + s - 1) / s + (s + w.pad.left) / s + 1;
  onnx_filters::Filters filters{.values = Tensor<int32_t>(Shape{f.n * s * s, most_h, most_w, f.c}),
                                .scale = {}};
  const int first_h = (s - 1 + w.pad.top) / s,
            first_w = (s - 1 + w.pad.left) / s;  // rows above the furthest one down
  const int back_h = most_h - 1 - first_h, back_w = most_w - 1 - first_w;
  for (int dy = 0; dy < s; ++dy)
    for (int dx = 0; dx < s; ++dx)
      for (int k = 0; k < f.n; ++k) {
        filters.scale.push_back(given.scale[size_t(k)]);
        for (int ky = (dy + w.pad.top) % s; ky < f.h; ky += s)
          for (int kx = (dx + w.pad.left) % s; kx < f.w; kx += s) {
            const int row = (dy + w.pad.top - ky) / s + back_h, column = (dx + w.pad.left - kx) / s + back_w;
            if (row < 0 || column < 0 || row >= most_h || column >= most_w)
              throw Error("its window does not fit");
            for (int c = 0; c < f.c; ++c)
              filters.values.at((dy * s + dx) * f.n + k, row, column, c) = given.values.at(k, ky, kx, c);
          }
      }
  const std::optional<std::vector<int32_t>> bias = Bias(e, in, given.scale);
  if (!bias) return {};
  const int out_h = int(e.dims[2]), out_w = int(e.dims[3]);
  const int bottom = std::max((out_h + s - 1) / s - 1 + most_h - back_h - shape.h, 0);
  const int right = std::max((out_w + s - 1) / s - 1 + most_w - back_w - shape.w, 0);
  const int rows = shape.h + back_h + bottom - most_h + 1, columns = shape.w + back_w + right - most_w + 1;
  const int parts = onnx_filters::Parts(filters);
  const Quantised repeated = Repeated(in, parts, e.name);
  ConvLayer layer = Layer(order, in, onnx_filters::Split(filters, parts), filters.scale);
  for (int i = 0; i < s * s; ++i) layer.bias.insert(layer.bias.end(), bias->begin(), bias->end());
  layer.window.kh = most_h;
  layer.window.kw = most_w;
  layer.window.pad = {.top = back_h, .bottom = bottom, .left = back_w, .right = right};
  Node node{.name = e.name, .op = Op::kConv, .inputs = {repeated.tensor}};
  node.conv = std::move(layer);
  const Dims phases{1, int64_t{f.n} * s * s, rows, columns},
      whole{1, f.n, int64_t{rows} * s, int64_t{columns} * s};
  const bool cut = whole != e.dims;
  if (s == 1 && !cut) return Emit(std::move(node), e.dims, order.codes, order.output);
  Quantised value = Emit(std::move(node), phases, order.codes, order.output + ".phases");
  Node spread{.name = e.name, .op = Op::kDepthToSpace, .inputs = {value.tensor}};
  spread.depth_to_space = {.block = s};
  value = Emit(std::move(spread), whole, order.codes, cut ? order.output + ".whole" : order.output);
  if (!cut) return value;
  Node slice{.name = e.name, .op = Op::kSlice, .inputs = {value.tensor}};
  slice.slice.size = {out_h, out_w, f.n};
  return Emit(std::move(slice), e.dims, order.codes, order.output);
}

// ---- averages

namespace {

// Whether a convolution with weights of 1 gives the code of every average, however its float32 sum is rounded
// on the way. `most` is the largest value that a pixel adds to the sum.
bool IsProven(const ConvLayer& layer, const Codes& in, const Codes& out, int count) {
  constexpr double kRound = 1.0 / (1 << 24);  // half a unit in the last place of 1
  const int64_t lowest = int64_t{count} * (-128 - in.zero_point),
                highest = int64_t{count} * (127 - in.zero_point);
  const double ratio = double(in.scale) / (double(count) * double(out.scale));
  const double zero = out.zero_point + out.Offset();
  const double most = double(std::max(-lowest, highest)) * ratio;
  if (highest - lowest > (1 << 24)) return false;
  for (int64_t sum = lowest; sum <= highest; ++sum) {
    const double exact = double(sum) * ratio;
    const double reach =
        lowest == 0 || highest == 0 ? std::abs(exact) : most;  // of one sign: no partial sum is larger
    const double error = kRound * ((count + 3) * reach + 2 * (std::abs(exact) + std::abs(zero)) + 2) * 1.01;
    const auto code = [&](double steps) {
      return std::clamp(std::nearbyint(steps + zero) - zero, -128.0 - out.zero_point, 127.0 - out.zero_point);
    };
    if (code(exact - error) != code(exact + error)) return false;
    const double made =
        golden::MultiplyByFloatScale(int32_t(sum), layer.requant.multiplier[0], layer.requant.shift[0]);
    if (std::clamp(made, -128.0 - out.zero_point, 127.0 - out.zero_point) != code(exact)) return false;
  }
  return true;
}

}  // namespace

std::optional<Quantised> OnnxEmitter::Average(const Order& order) {
  const Expr& e = *order.expr;
  const AverageOp& op = *e.As<AverageOp>();
  const std::optional<Quantised> lossless = Lossless(e.in[0], true);
  if (!lossless) return {};
  const Quantised in = Proper(*lossless, e.name);
  const TensorInfo info = Info(in.tensor);
  const int64_t area = int64_t{op.window.kh} * op.window.kw;
  const bool pads = op.window.pad != Padding{};
  // ONNX Runtime's integer kernel takes a window that is the map as a global average. Without one the sum is
  // one of float32.
  const bool has_kernel = IsFused(order) && e.op != "ReduceMean";
  const bool sums_integers =
      has_kernel && !pads && op.window.kh == info.shape.h && op.window.kw == info.shape.w;
  Node node{.name = e.name, .op = Op::kConv, .inputs = {in.tensor}};
  if (rounding_ == Rounding::kTflite) {
    if (in.codes == order.codes && !(op.count_padding && pads) && order.ClampIsVoid()) {
      node.op = Op::kAveragePool;
      node.pool = op.window;
      return Emit(std::move(node), e.dims, order.codes, order.output);
    }
    if (!op.count_padding && pads) return {};
    // Large weights keep the first rounding, to whole units of the accumulator, harmless: with weight 1 and a
    // window of 9, one output in nine would be off by one. Up to this area the sums fit 32 bits.
    const int8_t weight = area <= INT32_MAX / (255 * 127) ? 127 : 1;
    node.conv = Layer(order, in, TensorI8(Shape{info.shape.c, op.window.kh, op.window.kw, 1}, weight),
                      std::vector<float>(size_t(info.shape.c), 1));
    int32_t multiplier = 0;
    int shift = 0;
    golden::QuantizeMultiplier(double(in.codes.scale) / (double(area) * weight) / double(order.codes.scale),
                               &multiplier, &shift);
    node.conv.requant.multiplier.assign(size_t(info.shape.c), multiplier);
    node.conv.requant.shift.assign(size_t(info.shape.c), shift);
  } else {
    if (!op.count_padding && pads) return {};
    node.conv = Layer(order, in, TensorI8(Shape{info.shape.c, op.window.kh, op.window.kw, 1}, 1),
                      std::vector<float>(size_t(info.shape.c), 1));
    int32_t multiplier = 0;
    int shift = 0;
    golden::FloatMultiplier(golden::GlobalAverageScale(in.codes.scale, order.codes.scale, int(area)),
                            &multiplier, &shift);
    node.conv.requant.multiplier.assign(size_t(info.shape.c), multiplier);
    node.conv.requant.shift.assign(size_t(info.shape.c), shift);
    if (!sums_integers && !IsProven(node.conv, in.codes, order.codes, int(area))) return {};
  }
  node.conv.window = op.window;
  node.conv.groups = info.shape.c;
  node.conv.bias.assign(size_t(info.shape.c), 0);
  golden::Check(info.shape, node.conv);
  return Emit(std::move(node), e.dims, order.codes, order.output);
}

}  // namespace weft
