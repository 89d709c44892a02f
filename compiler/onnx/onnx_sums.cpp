// SPDX-License-Identifier: Apache-2.0
// Convolutions and fully connected layers.
#include <algorithm>
#include <cmath>

#include "compiler/onnx/onnx_access.hpp"
#include "compiler/onnx/onnx_handlers.hpp"
#include "sw_model/error.hpp"
#include "sw_model/golden/golden.hpp"

namespace weft::onnx_handlers {

using namespace onnx_access;
using namespace onnx_expr;

namespace {

using Inputs = std::vector<const FloatArray*>;

float BiasAt(const Inputs& in, size_t k) {
  return in.size() < 3 ? 0.0F : in[2]->data[in[2]->data.size() == 1 ? 0 : k];
}

FloatArray Convolve(const Inputs& in, const ConvOp& op, const Dims& dims) {
  const weft::Shape x = MapShape(in[0]->dims), y = MapShape(dims);
  const Window& w = op.window;
  const int channels = x.c / op.groups, filters = y.c / op.groups;
  FloatArray out{.dims = dims, .data = std::vector<float>(size_t(Count(dims)))};
  size_t i = 0;
  for (int k = 0; k < y.c; ++k)
    for (int oy = 0; oy < y.h; ++oy)
      for (int ox = 0; ox < y.w; ++ox) {
        float sum = 0;
        for (int c = 0; c < channels; ++c)
          for (int ky = 0; ky < w.kh; ++ky)
            for (int kx = 0; kx < w.kw; ++kx) {
              const int iy = oy * w.stride_h - w.pad.top + ky * w.dilation_h;
              const int ix = ox * w.stride_w - w.pad.left + kx * w.dilation_w;
              if (iy < 0 || ix < 0 || iy >= x.h || ix >= x.w) continue;
              const int from = (k / filters * channels + c) * x.h * x.w + iy * x.w + ix;
              sum += in[0]->data[size_t(from)] *
                     in[1]->data[size_t(((k * channels + c) * w.kh + ky) * w.kw + kx)];
            }
        out.data[i++] = sum + BiasAt(in, size_t(k));
      }
  return out;
}

FloatArray ConvolveTransposed(const Inputs& in, const ConvOp& op, const Dims& dims) {
  const weft::Shape x = MapShape(in[0]->dims), y = MapShape(dims);
  const Window& w = op.window;
  const int channels = x.c / op.groups, filters = y.c / op.groups;
  FloatArray out{.dims = dims, .data = std::vector<float>(size_t(Count(dims)))};
  for (int c = 0; c < x.c; ++c)
    for (int iy = 0; iy < x.h; ++iy)
      for (int ix = 0; ix < x.w; ++ix)
        for (int k = 0; k < filters; ++k)
          for (int ky = 0; ky < w.kh; ++ky)
            for (int kx = 0; kx < w.kw; ++kx) {
              const int oy = iy * w.stride_h - w.pad.top + ky * w.dilation_h;
              const int ox = ix * w.stride_w - w.pad.left + kx * w.dilation_w;
              if (oy < 0 || ox < 0 || oy >= y.h || ox >= y.w) continue;
              out.data[size_t(((c / channels * filters + k) * y.h + oy) * y.w + ox)] +=
                  in[0]->data[size_t((c * x.h + iy) * x.w + ix)] *
                  in[1]->data[size_t(((c * filters + k) * w.kh + ky) * w.kw + kx)];
            }
  const auto pixels = size_t(y.h) * size_t(y.w);
  for (size_t i = 0; i < out.data.size(); ++i) out.data[i] += BiasAt(in, i / pixels);
  return out;
}

FloatArray Multiply(const Inputs& in, bool filters_first, const Dims& dims) {
  const auto features = size_t(in[0]->dims.back()), filters = size_t(dims.back());
  FloatArray out{.dims = dims, .data = {}};
  out.data.reserve(size_t(Count(dims)));
  for (size_t row = 0; row < in[0]->data.size(); row += features)
    for (size_t k = 0; k < filters; ++k) {
      float sum = 0;
      for (size_t f = 0; f < features; ++f)
        sum += in[0]->data[row + f] * in[1]->data[filters_first ? k * features + f : f * filters + k];
      out.data.push_back(sum + BiasAt(in, k));
    }
  return out;
}

// Both operands have stacks of matrices, which broadcast.
FloatArray MultiplyStacks(const Inputs& in, const Dims& dims) {
  const Dims &a = in[0]->dims, &b = in[1]->dims;
  const int64_t inner = a.back(), columns = b.back();
  FloatArray out{.dims = dims, .data = {}};
  const auto offset = [](const Dims& d, const Dims& place, int64_t row, int64_t column) {
    const std::vector<int64_t> strides = Strides(d);
    int64_t at = row * d.back() + column;
    for (size_t i = 0; i + 2 < d.size(); ++i)
      if (d[i] != 1) at += place[place.size() - d.size() + i] * strides[i];
    return size_t(at);
  };
  ForEachPlace(dims, [&](const Dims& place) {
    float sum = 0;
    for (int64_t i = 0; i < inner; ++i)
      sum += in[0]->data[offset(a, place, place[place.size() - 2], i)] *
             in[1]->data[offset(b, place, i, place.back())];
    out.data.push_back(sum);
  });
  (void)columns;
  return out;
}

ConvOp ReadConv(const OnnxSite& site, const Dims& x, const Dims& w) {
  if (x.size() < 3 || x.size() > 4)
    throw Error("its input '{}' has {} dimensions instead of 4", Printable(site.node.input(0)), x.size());
  if (w.size() != x.size()) throw Error("its weights have {} dimensions instead of {}", w.size(), x.size());
  const std::vector<int64_t> kernel(w.begin() + 2, w.end());
  if (IntsAttribute(site.node, "kernel_shape", kernel) != kernel)
    throw Error("kernel_shape differs from its weights' {}", ToString(kernel));
  const size_t rank = kernel.size();
  ConvOp op;
  op.window = SlidingWindow(site.node, MapShape(x), rank == 1 ? 1 : kernel[0], kernel.back(), rank);
  op.groups = int(std::clamp<int64_t>(IntAttribute(site.node, "group", 1), -1, 1 << 24));
  return op;
}

ExprPtr Dense(const OnnxSite& site, bool filters_first) {
  const Dims &x = site.DimsOf(0), &w = site.DimsOf(1);
  if (w.size() != 2) throw Error("its weights have {} dimensions instead of 2", w.size());
  const int64_t features = w[filters_first ? 1 : 0], filters = w[filters_first ? 0 : 1];
  if (x.back() != features)
    throw Error("its weights take {} values and its input has {}", features, x.back());
  Dims dims = x;
  dims.back() = filters;
  std::vector<ExprPtr> in{site.In(0), site.In(1)};
  if (site.Has(2)) in.push_back(site.In(2));
  return site.Make(DenseOp{filters_first}, std::move(in), dims,
                   [=](const Inputs& i) { return Multiply(i, filters_first, dims); });
}

}  // namespace

weft::Shape MapShape(const Dims& dims) {
  if ((dims.size() != 3 && dims.size() != 4) || dims[0] != 1)
    throw Error("its input is {}: a map of [N, C, H, W] or [N, C, W] is needed", ToString(dims));
  return PhysicalShape(dims);
}

ExprPtr Conv(const OnnxSite& site) {
  const Dims &x = site.DimsOf(0), &w = site.DimsOf(1);
  const ConvOp op = ReadConv(site, x, w);
  const weft::Shape shape = MapShape(x);
  if (op.groups < 1 || w[0] % op.groups != 0 || op.groups * w[1] != shape.c)
    throw Error("{} groups of {} input channels and {} filters do not fit {} channels", op.groups, w[1], w[0],
                shape.c);
  if (w[0] > kMaxElements) throw Error("it has {} filters", w[0]);
  const weft::Shape out =
      golden::OutputShape(shape, op.window, int(w[0]));  // throws when the window does not fit
  Dims dims{1, out.c, out.h, out.w};
  if (x.size() == 3) dims.erase(dims.begin() + 2);
  std::vector<ExprPtr> in{site.In(0), site.In(1)};
  if (site.Has(2)) {
    if (Count(site.DimsOf(2)) != w[0])
      throw Error("its bias has {} values for {} output channels", Count(site.DimsOf(2)), w[0]);
    in.push_back(site.In(2));
  }
  return site.Make(op, std::move(in), dims, [=](const Inputs& i) { return Convolve(i, op, dims); });
}

ExprPtr ConvTranspose(const OnnxSite& site) {
  const Dims &x = site.DimsOf(0), &w = site.DimsOf(1);
  ConvOp op = ReadConv(site, x, w);
  op.transposed = true;
  const weft::Shape shape = MapShape(x);
  if (op.groups < 1 || shape.c % op.groups != 0 || w[0] != shape.c)
    throw Error("{} groups and weights of {} do not fit {} channels", op.groups, ToString(w), shape.c);
  const std::string mode = StringAttribute(site.node, "auto_pad", "NOTSET");
  const size_t rank = w.size() - 2;
  std::vector<int64_t> more = IntsAttribute(site.node, "output_padding", std::vector<int64_t>(rank, 0));
  if (mode == "SAME_UPPER" || mode == "SAME_LOWER" || FindAttribute(site.node, "output_shape") != nullptr)
    throw Error("auto_pad and output_shape are not supported: give pads");
  if (more.size() != rank) throw Error("output_padding has {} numbers instead of {}", more.size(), rank);
  for (const int64_t m : more)
    if (m < 0 || m > 4096) throw Error("output_padding {} is not in 0..4096", m);
  if (rank == 1) more.insert(more.begin(), 0);
  const Window& v = op.window;
  const auto length = [](int64_t in, int64_t stride, int64_t k, int64_t dilation, int before, int after,
                         int64_t add) {
    return (in - 1) * stride + dilation * (k - 1) + 1 - before - after + add;
  };
  Dims dims{1, w[1] * op.groups,
            length(shape.h, v.stride_h, v.kh, v.dilation_h, v.pad.top, v.pad.bottom, more[0]),
            length(shape.w, v.stride_w, v.kw, v.dilation_w, v.pad.left, v.pad.right, more[1])};
  if (rank == 1) dims.erase(dims.begin() + 2);
  std::vector<ExprPtr> in{site.In(0), site.In(1)};
  if (site.Has(2)) {
    if (Count(site.DimsOf(2)) != dims[1])
      throw Error("its bias has {} values for {} output channels", Count(site.DimsOf(2)), dims[1]);
    in.push_back(site.In(2));
  }
  return site.Make(op, std::move(in), dims, [=](const Inputs& i) { return ConvolveTransposed(i, op, dims); });
}

ExprPtr Gemm(const OnnxSite& site) {
  if (IntAttribute(site.node, "transA", 0) != 0) throw Error("transA 1 is not supported");
  if (FloatAttribute(site.node, "alpha", 1) != 1 || FloatAttribute(site.node, "beta", 1) != 1)
    throw Error("only alpha 1 and beta 1 are supported");
  if (site.DimsOf(0).size() != 2)
    throw Error("its input '{}' has {} dimensions instead of 2", Printable(site.node.input(0)),
                site.DimsOf(0).size());
  const ExprPtr dense = Dense(site, IntAttribute(site.node, "transB", 0) != 0);
  if (site.Has(2) && Count(site.DimsOf(2)) != dense->dims.back() && Count(site.DimsOf(2)) != 1)
    throw Error("its bias has {} values for {} output channels", Count(site.DimsOf(2)), dense->dims.back());
  return dense;
}

ExprPtr MatMul(const OnnxSite& site) {
  const Dims &a = site.DimsOf(0), &b = site.DimsOf(1);
  if (a.size() < 2 || b.size() < 2)
    throw Error("its inputs are {} and {}: vectors are not supported", ToString(a), ToString(b));
  if (b.size() == 2) return Dense(site, false);
  if (a.back() != b[b.size() - 2])
    throw Error("its inputs are {} and {}: these do not fit", ToString(a), ToString(b));
  Dims dims = Broadcast(Dims(a.begin(), a.end() - 2), Dims(b.begin(), b.end() - 2));
  dims.push_back(a[a.size() - 2]);
  dims.push_back(b.back());
  return site.Make(HostOp{}, {site.In(0), site.In(1)}, dims,
                   [=](const Inputs& i) { return MultiplyStacks(i, dims); });
}

namespace {

// Whether a constant has one value, or one for each filter of a sum.
bool IsAlongFilters(const Expr& constant, const Expr& sum) {
  if (Count(constant.dims) == 1) return true;
  const size_t axis = sum.As<ConvOp>() != nullptr ? 1 : sum.dims.size() - 1;
  Dims wanted(sum.dims.size() - axis, 1);
  wanted[0] = sum.dims[axis];
  Dims dims = constant.dims;
  while (dims.size() > wanted.size() && dims.front() == 1) dims.erase(dims.begin());
  return dims == wanted;
}

ExprPtr Renamed(const OnnxSite& site, const ExprPtr& sum, std::vector<ExprPtr> in) {
  const ExprPtr made = site.Make(sum->detail, std::move(in), sum->dims, sum->eval);
  auto renamed = std::make_shared<Expr>(*made);
  renamed->op = sum->op;
  renamed->name = sum->name;
  return renamed;
}

}  // namespace

ExprPtr Biased(const OnnxSite& site) {
  for (const size_t i : {0, 1}) {
    const ExprPtr &sum = site.In(i), &constant = site.In(1 - i);
    if ((sum->As<ConvOp>() == nullptr && sum->As<DenseOp>() == nullptr) || sum->in.size() != 2) continue;
    if (!constant->IsConstant() || !IsAlongFilters(*constant, *sum)) continue;
    return Renamed(site, sum, {sum->in[0], sum->in[1], constant});
  }
  return nullptr;
}

ExprPtr Scaled(const OnnxSite& site) {
  for (const size_t i : {0, 1}) {
    const ExprPtr &sum = site.In(i), &constant = site.In(1 - i);
    if ((sum->As<ConvOp>() == nullptr && sum->As<DenseOp>() == nullptr) || sum->in.size() != 2) continue;
    const auto* tensor = sum->in[0]->As<Quantised>();
    const auto* weights = sum->in[1]->As<Weights>();
    if (tensor == nullptr || weights == nullptr || tensor->codes.scale != 1 || !constant->IsConstant() ||
        !IsAlongFilters(*constant, *sum))
      continue;
    const std::vector<float> factors = ConstantValues(*constant).data;
    const bool is_conv = sum->As<ConvOp>() != nullptr;
    Weights scaled = *weights;
    scaled.axis = is_conv ? (sum->As<ConvOp>()->transposed ? 1 : 0) : int64_t(sum->in[1]->dims.size()) - 1;
    if (scaled.scale.size() == 1) scaled.scale.assign(factors.size(), weights->scale[0]);
    for (size_t k = 0; k < scaled.scale.size(); ++k) scaled.scale[k] *= factors[factors.size() == 1 ? 0 : k];
    if (std::ranges::any_of(scaled.scale, [](float s) { return !std::isfinite(s) || s < 0; })) continue;
    auto weight = std::make_shared<Expr>(*sum->in[1]);
    weight->detail = std::move(scaled);
    return Renamed(site, sum, {sum->in[0], weight});
  }
  return nullptr;
}

}  // namespace weft::onnx_handlers
