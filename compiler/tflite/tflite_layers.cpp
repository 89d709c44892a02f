// SPDX-License-Identifier: Apache-2.0
// Operators with filters or windows.
#include <algorithm>
#include <array>

#include "compiler/tflite/tflite_translator.hpp"
#include "sw_model/error.hpp"
#include "sw_model/golden/golden.hpp"

namespace weft {
namespace {

using tflite_kernels::Clamp;
using tflite_kernels::Quantisation;

// Padding of one axis; SAME has what is odd at the end (kernels/padding.h).
void SetPadding(schema::Padding padding, int in, int filter, int stride, int dilation, int* before,
                int* after) {
  const int64_t span = int64_t{dilation} * (filter - 1) + 1;
  const int64_t out = (int64_t{in} + stride - 1) / stride;
  const int64_t all =
      padding == schema::Padding::SAME ? std::max<int64_t>((out - 1) * stride + span - in, 0) : 0;
  *before = int(all / 2);
  *after = int(all - all / 2);
}

Window MakeWindow(const Shape& in, schema::Padding padding, int kh, int kw, int stride_h, int stride_w,
                  int dilation_h = 1, int dilation_w = 1) {
  constexpr int kMost = 65536;
  for (const int value : {kh, kw, stride_h, stride_w, dilation_h, dilation_w})
    if (value < 1 || value > kMost)
      throw Error("a size, stride or dilation of its window is {}: make it from 1 to {}", value, kMost);
  if (padding != schema::Padding::SAME && padding != schema::Padding::VALID)
    throw Error("its padding {} is not known: the file is damaged", int(padding));
  Window w;
  w.kh = kh;
  w.kw = kw;
  w.stride_h = stride_h;
  w.stride_w = stride_w;
  w.dilation_h = dilation_h;
  w.dilation_w = dilation_w;
  SetPadding(padding, in.h, kh, stride_h, dilation_h, &w.pad.top, &w.pad.bottom);
  SetPadding(padding, in.w, kw, stride_w, dilation_w, &w.pad.left, &w.pad.right);
  w.floor = true;
  return w;
}

const TfliteTensor& Filters(const TfliteTensor& tensor, size_t rank) {
  if (tensor.type != schema::TensorType::INT8)
    throw Error("its filters {} are not int8: {}", tensor.Describe(), WayOut(tensor.type));
  if (!tensor.is_constant()) throw Error("its filters {} are not a constant", tensor.Describe());
  if (tensor.dims.size() != rank)
    throw Error("its filters {} must have {} dimensions", tensor.Describe(), rank);
  if (tensor.scale.empty() || !tensor.symmetric)
    throw Error("its filters {} must have scales and the zero point 0", tensor.Describe());
  return tensor;
}

std::vector<int32_t> BiasValues(const TfliteTensor& tensor, int channels) {
  if (tensor.type != schema::TensorType::INT32 || tensor.elements() != channels)
    throw Error("its bias {} must be {} values of int32", tensor.Describe(), channels);
  const std::vector<int64_t> values = IntegerValues(tensor);
  return {values.begin(), values.end()};
}

Node ConvNode(int input, ConvLayer layer) {
  return {.op = Op::kConv, .inputs = {input}, .conv = std::move(layer)};
}

}  // namespace

// All of a layer but filters and window: per channel s_in * s_filter[k] / s_out (kernel_util.cc,
// PopulateConvolutionQuantizationParams).
ConvLayer TfliteTranslator::Layer(const Operator& op, const Value& in, const TfliteTensor& filters,
                                  int64_t axis, schema::Activation activation, size_t bias) const {
  const Quantisation from = ScaleOf(in), to = QuantisationOf(OutputTensor(op));
  if (filters.scale.size() > 1 && filters.axis != axis)
    throw Error("its filters {} have scales along dimension {} instead of {}", filters.Describe(),
                filters.axis, axis);
  const int channels = filters.dims[size_t(axis)];
  ConvLayer layer;
  layer.input_zp = from.zero_point;
  layer.requant.output_zp = to.zero_point;
  const Clamp clamp = ActivationRange(activation, to);
  layer.requant.clamp_lo = clamp.lo;
  layer.requant.clamp_hi = clamp.hi;
  layer.requant.multiplier.resize(size_t(channels));
  layer.requant.shift.resize(size_t(channels));
  for (size_t k = 0; k < size_t(channels); ++k) {
    const double scale = double(filters.scale[filters.scale.size() > 1 ? k : 0]);
    golden::QuantizeMultiplier(double(from.scale) * scale / double(to.scale), &layer.requant.multiplier[k],
                               &layer.requant.shift[k]);
  }
  layer.bias = op.HasInput(bias) ? BiasValues(InputTensor(op, bias), channels)
                                 : std::vector<int32_t>(size_t(channels));
  return layer;
}

void TfliteTranslator::Conv2d(const Operator& op) {
  const auto& o = op.options<schema::Conv2DOptions>();
  const Value in = Input(op);
  const TfliteTensor& filters = Filters(InputTensor(op, 1), 4);
  ConvLayer layer = Layer(op, in, filters, 0, o.activation(), 2);
  const std::vector<int>& f = filters.dims;
  if (ShapeOf(in).c % f[3] != 0)
    throw Error("its filters {} do not fit an input of {} channels", filters.Describe(), ShapeOf(in).c);
  layer.groups = ShapeOf(in).c / f[3];
  layer.filters = TensorI8(Shape{f[0], f[1], f[2], f[3]});
  layer.filters.data = CodeValues(filters);
  layer.window = MakeWindow(ShapeOf(in), o.padding(), f[1], f[2], o.stride_h(), o.stride_w(), o.dilation_h(),
                            o.dilation_w());
  Emit(op, ConvNode(in.tensor, std::move(layer)));
}

// Filters [1, KH, KW, C * M]: output channel c * M + m reads channel c.
void TfliteTranslator::DepthwiseConv2d(const Operator& op) {
  const auto& o = op.options<schema::DepthwiseConv2DOptions>();
  const Value in = Input(op);
  const TfliteTensor& filters = Filters(InputTensor(op, 1), 4);
  ConvLayer layer = Layer(op, in, filters, 3, o.activation(), 2);
  const int kh = filters.dims[1], kw = filters.dims[2], channels = filters.dims[3];
  if (filters.dims[0] != 1 || channels % ShapeOf(in).c != 0)
    throw Error("its filters {} do not fit an input of {} channels", filters.Describe(), ShapeOf(in).c);
  layer.groups = ShapeOf(in).c;
  layer.filters = TensorI8(Shape{channels, kh, kw, 1});
  const std::vector<int8_t> values = CodeValues(filters);
  for (int k = 0; k < channels; ++k)
    for (int tap = 0; tap < kh * kw; ++tap)
      layer.filters.data[size_t(k) * size_t(kh * kw) + size_t(tap)] =
          values[size_t(tap) * size_t(channels) + size_t(k)];
  layer.window = MakeWindow(ShapeOf(in), o.padding(), kh, kw, o.stride_h(), o.stride_w(), o.dilation_h(),
                            o.dilation_w());
  Emit(op, ConvNode(in.tensor, std::move(layer)));
}

// Filters [K, D]. A whole map of D values is read as it lies, whatever its shape; else each pixel has D
// channels.
void TfliteTranslator::FullyConnected(const Operator& op) {
  const auto& o = op.options<schema::FullyConnectedOptions>();
  if (o.weights_format() != 0) throw Error("its weights are shuffled: convert the model anew");
  const TfliteTensor& filters = Filters(InputTensor(op, 1), 2);
  const int channels = filters.dims[0], depth = filters.dims[1];
  Value in = Lazy(op, 0);
  const bool whole = int64_t(ShapeOf(in).size()) == depth;
  if (!whole) {
    if (int64_t(ShapeOf(in).size()) % depth != 0)
      throw Error("its filters {} do not fit an input of {} values", filters.Describe(), ShapeOf(in).size());
    if (ShapeOf(in).c != depth)
      in = AsMap({in.tensor, {1, int(int64_t(ShapeOf(in).size()) / depth), depth}}, InputTensor(op, 0).name);
  }
  const Shape& shape = ShapeOf(in);
  ConvLayer layer = Layer(op, in, filters, 0, o.activation(), 2);
  layer.window.kh = whole ? shape.h : 1;
  layer.window.kw = whole ? shape.w : 1;
  layer.filters = TensorI8(Shape{channels, layer.window.kh, layer.window.kw, shape.c});
  layer.filters.data = CodeValues(filters);
  // With one scale for all filters the product of the input's and theirs is a float32 (kernel_util.cc,
  // GetQuantizedConvolutionMultipler).
  if (filters.scale.size() == 1) {
    const float product = ScaleOf(in).scale * filters.scale[0];
    int32_t multiplier = 0;
    int shift = 0;
    golden::QuantizeMultiplier(double(product) / double(QuantisationOf(OutputTensor(op)).scale), &multiplier,
                               &shift);
    layer.requant.multiplier.assign(size_t(channels), multiplier);
    layer.requant.shift.assign(size_t(channels), shift);
  }
  Emit(op, ConvNode(in.tensor, std::move(layer)));
}

// y[s * i + r - pad] for r < s: a convolution with s * s * K filters of ceil(KH / s) by ceil(KW / s) taps,
// whose channels become the pixels, and what lies in the padding is cut off.
void TfliteTranslator::TransposeConv(const Operator& op) {
  const auto& o = op.options<schema::TransposeConvOptions>();
  const Value in = Input(op, 2);
  const Quantisation to = QuantisationOf(OutputTensor(op));
  const TfliteTensor& filters = Filters(InputTensor(op, 1), 4);
  const Shape shape = ShapeOf(in), out = MapShape(OutputTensor(op).dims);
  const int kernels = filters.dims[0], kh = filters.dims[1], kw = filters.dims[2], s = o.stride_h();
  if (s != o.stride_w() || s < 1 || s > 16)
    throw Error("its strides are {}x{}: make them equal and from 1 to 16", s, o.stride_w());
  if (filters.dims[3] != shape.c || out.c != kernels)
    throw Error("its filters {} do not fit an input of {} and an output of {} channels", filters.Describe(),
                shape.c, out.c);
  const Window forward = MakeWindow(out, o.padding(), kh, kw, s, s);
  if (golden::OutputShape(out, forward, shape.c) != shape)
    throw Error("its output of {}x{} does not fit an input of {}x{}", out.h, out.w, shape.h, shape.w);
  ConvLayer layer = Layer(op, in, filters, 0, o.activation(), 3);
  const int taps_h = (kh + s - 1) / s, taps_w = (kw + s - 1) / s;
  const int rows = std::max((out.h + forward.pad.top + s - 1) / s, shape.h);
  const int cols = std::max((out.w + forward.pad.left + s - 1) / s, shape.w);
  layer.window.kh = taps_h;
  layer.window.kw = taps_w;
  layer.window.pad = {
      .top = taps_h - 1, .bottom = rows - shape.h, .left = taps_w - 1, .right = cols - shape.w};
  TensorI8 given(Shape{kernels, kh, kw, shape.c});
  given.data = CodeValues(filters);
  layer.filters = TensorI8(Shape{s * s * kernels, taps_h, taps_w, shape.c});
  const ConvLayer one = layer;  // its bias and multipliers are those of each phase
  layer.bias.clear();
  layer.requant.multiplier.clear();
  layer.requant.shift.clear();
  const auto append = [](const auto& from, auto* to_) { to_->insert(to_->end(), from.begin(), from.end()); };
  for (int phase = 0; phase < s * s; ++phase) {
    append(one.bias, &layer.bias);
    append(one.requant.multiplier, &layer.requant.multiplier);
    append(one.requant.shift, &layer.requant.shift);
    for (int k = 0; k < kernels; ++k)
      for (int ty = 0; ty < taps_h; ++ty)
        for (int tx = 0; tx < taps_w; ++tx) {
          const int ky = phase / s + s * (taps_h - 1 - ty), kx = phase % s + s * (taps_w - 1 - tx);
          if (ky < kh && kx < kw)
            std::copy_n(&given.at(k, ky, kx, 0), shape.c, &layer.filters.at(phase * kernels + k, ty, tx, 0));
        }
  }
  const SliceLayer cut{
      .begin = {forward.pad.top, forward.pad.left, 0}, .size = {out.h, out.w, out.c}, .step = {1, 1, 1}};
  const bool all = cut.begin[0] == 0 && cut.begin[1] == 0 && rows * s == out.h && cols * s == out.w;
  if (all && s == 1) return Emit(op, ConvNode(in.tensor, std::move(layer)));
  Value value = EmitInner(op, "conv", ConvNode(in.tensor, std::move(layer)), to);
  Node pixels{.op = Op::kDepthToSpace, .inputs = {value.tensor}, .depth_to_space = {.block = s}};
  if (all) return Emit(op, std::move(pixels));
  if (s > 1) value = EmitInner(op, "pixels", std::move(pixels), to);
  Emit(op, {.op = Op::kSlice, .inputs = {value.tensor}, .slice = cut});
}

// A clamp after a pooling is a node of its own.
void TfliteTranslator::Pool(const Operator& op, Op kind) {
  const auto& o = op.options<schema::Pool2DOptions>();
  const Value in = Input(op);
  RequireSameScale(op, in);
  const Quantisation q = ScaleOf(in);
  const Clamp clamp = ActivationRange(o.activation(), q);
  Node pool{.op = kind, .inputs = {in.tensor}};
  pool.pool = MakeWindow(ShapeOf(in), o.padding(), o.filter_h(), o.filter_w(), o.stride_h(), o.stride_w());
  if (clamp == Clamp{}) return Emit(op, std::move(pool));
  const Value pooled = EmitInner(op, "pool", std::move(pool), q);
  TableLayer clamped{tflite_kernels::Unchanged()};
  for (int8_t& y : clamped.table) y = int8_t(std::clamp<int>(y, clamp.lo, clamp.hi));
  Emit(op, {.op = Op::kTable, .inputs = {pooled.tensor}, .table = clamped});
}

namespace {

std::array<bool, 3> ReducedAxes(const std::vector<int64_t>& axes, const std::vector<int>& dims) {
  std::array<bool, 3> reduced{};
  for (const int64_t axis : axes) reduced[size_t(MapAxis(dims, axis))] = true;
  return reduced;
}

}  // namespace

// A sum over axes is a convolution with filters of ones; the mean has the division in its multiplier.
void TfliteTranslator::Reduce(const Operator& op, bool mean) {
  const Value in = Input(op);
  const Shape shape = ShapeOf(in);
  const Quantisation from = ScaleOf(in), to = QuantisationOf(OutputTensor(op));
  const std::array<bool, 3> reduced = ReducedAxes(Numbers(op, 1), in.dims);
  ConvLayer layer;
  layer.window.kh = reduced[0] ? shape.h : 1;
  layer.window.kw = reduced[1] ? shape.w : 1;
  const int channels = reduced[2] ? 1 : shape.c;
  layer.groups = channels;
  layer.filters = TensorI8(Shape{channels, layer.window.kh, layer.window.kw, shape.c / channels}, 1);
  layer.bias.resize(size_t(channels));
  layer.input_zp = from.zero_point;
  layer.requant.output_zp = to.zero_point;
  const int64_t count = mean ? int64_t{layer.window.kh} * layer.window.kw * (shape.c / channels) : 1;
  int32_t multiplier = 0;
  int shift = 0;
  tflite_kernels::MeanMultiplier(from, to, count, &multiplier, &shift);
  layer.requant.multiplier.assign(size_t(channels), multiplier);
  layer.requant.shift.assign(size_t(channels), shift);
  Emit(op, ConvNode(in.tensor, std::move(layer)));
}

void TfliteTranslator::ReduceMax(const Operator& op) {
  const Value in = Input(op);
  RequireSameScale(op, in);
  const std::array<bool, 3> reduced = ReducedAxes(Numbers(op, 1), in.dims);
  if (reduced[2]) throw Error("it reduces channels: only height and width are supported");
  Node pool{.op = Op::kMaxPool, .inputs = {in.tensor}};
  pool.pool.kh = reduced[0] ? ShapeOf(in).h : 1;
  pool.pool.kw = reduced[1] ? ShapeOf(in).w : 1;
  Emit(op, std::move(pool));
}

}  // namespace weft
