// SPDX-License-Identifier: Apache-2.0
// Pooling, reductions and softmax.
#include <algorithm>
#include <cmath>
#include <limits>

#include "compiler/onnx/onnx_access.hpp"
#include "compiler/onnx/onnx_handlers.hpp"
#include "sw_model/error.hpp"
#include "sw_model/golden/golden.hpp"

namespace weft::onnx_handlers {

using namespace onnx_access;
using namespace onnx_expr;

namespace {

using Inputs = std::vector<const FloatArray*>;

Window PoolWindow(const OnnxSite& site, const weft::Shape& in, size_t rank) {
  std::vector<int64_t> kernel = IntsAttribute(site.node, "kernel_shape", {});
  if (kernel.size() != rank) throw Error("kernel_shape has {} numbers instead of {}", kernel.size(), rank);
  if (rank == 1) kernel.insert(kernel.begin(), 1);
  const Window w = SlidingWindow(site.node, in, kernel[0], kernel[1], rank);
  if (std::max(w.pad.top, w.pad.bottom) >= w.kh * w.dilation_h ||
      std::max(w.pad.left, w.pad.right) >= w.kw * w.dilation_w)
    throw Error("its padding is as large as its window");
  golden::OutputShape(in, w, in.c);  // throws when the window does not fit
  return w;
}

Dims PoolDims(const Dims& in, const Window& w) {
  const weft::Shape shape = MapShape(in), out = golden::OutputShape(shape, w, shape.c);
  Dims dims{1, out.c, out.h, out.w};
  if (in.size() == 3) dims.erase(dims.begin() + 2);
  return dims;
}

// Calls `tap(value)` for each pixel of each window that lies in the map, and takes `result()` then.
template <typename Begin, typename Tap, typename Result>
FloatArray Pool(const FloatArray& in, const Window& w, const Dims& dims, const Begin& begin, const Tap& tap,
                const Result& result) {
  const weft::Shape x = MapShape(in.dims), y = MapShape(dims);
  FloatArray out{.dims = dims, .data = {}};
  out.data.reserve(size_t(Count(dims)));
  for (int c = 0; c < y.c; ++c)
    for (int oy = 0; oy < y.h; ++oy)
      for (int ox = 0; ox < y.w; ++ox) {
        begin();
        for (int ky = 0; ky < w.kh; ++ky)
          for (int kx = 0; kx < w.kw; ++kx) {
            const int iy = oy * w.stride_h - w.pad.top + ky * w.dilation_h;
            const int ix = ox * w.stride_w - w.pad.left + kx * w.dilation_w;
            if (iy >= 0 && ix >= 0 && iy < x.h && ix < x.w) tap(in.data[size_t((c * x.h + iy) * x.w + ix)]);
          }
        out.data.push_back(result());
      }
  return out;
}

ExprPtr MakeMaxPool(const OnnxSite& site, const Window& w) {
  const Dims dims = PoolDims(site.DimsOf(0), w);
  return site.Make(MaxPoolOp{w}, {site.In(0)}, dims, [=](const Inputs& in) {
    float largest = 0;
    return Pool(
        *in[0], w, dims, [&] { largest = -std::numeric_limits<float>::infinity(); },
        [&](float x) { largest = std::max(largest, x); }, [&] { return largest; });
  });
}

ExprPtr MakeAverage(const OnnxSite& site, const AverageOp& op) {
  const Dims dims = PoolDims(site.DimsOf(0), op.window);
  return site.Make(op, {site.In(0)}, dims, [=](const Inputs& in) {
    float sum = 0;
    int taps = 0;
    return Pool(
        *in[0], op.window, dims, [&] { sum = 0, taps = 0; }, [&](float x) { sum += x, ++taps; },
        [&] { return sum / float(op.count_padding ? op.window.kh * op.window.kw : taps); });
  });
}

struct Reduction {
  std::vector<bool> reduced;  // of each axis
  Dims kept;                  // the output's dims with 1 for these axes
  Dims dims;                  // the output's
  bool is_spatial = false;    // height and width of a map
};

Reduction ReadReduction(const OnnxSite& site) {
  const Dims& in = site.DimsOf(0);
  std::vector<int64_t> axes = site.InputOrAttribute(1, "axes", {});
  if (axes.empty() && IntAttribute(site.node, "noop_with_empty_axes", 0) != 0)
    throw Error("it reduces nothing");
  Reduction r{.reduced = std::vector<bool>(in.size(), axes.empty()), .kept = {}, .dims = {}};
  for (const int64_t axis : axes) r.reduced[size_t(site.Axis(axis, in.size()))] = true;
  const bool keeps = IntAttribute(site.node, "keepdims", 1) != 0;
  for (size_t i = 0; i < in.size(); ++i) {
    r.kept.push_back(r.reduced[i] ? 1 : in[i]);
    if (!r.reduced[i] || keeps) r.dims.push_back(r.kept[i]);
  }
  r.is_spatial = (in.size() == 4 && r.reduced == std::vector<bool>{false, false, true, true}) ||
                 (in.size() == 3 && r.reduced == std::vector<bool>{false, false, true});
  return r;
}

ExprPtr Reduce(const OnnxSite& site, float first, float (*join)(float, float), bool is_mean) {
  const Reduction r = ReadReduction(site);
  const int64_t count = Count(site.DimsOf(0)) / Count(r.kept);
  return site.Make(HostOp{}, {site.In(0)}, r.dims, [=](const Inputs& in) {
    FloatArray out{.dims = r.dims, .data = std::vector<float>(size_t(Count(r.dims)), first)};
    const std::vector<int64_t> strides = Strides(r.kept);
    size_t i = 0;
    ForEachPlace(in[0]->dims, [&](const Dims& place) {
      int64_t at = 0;
      for (size_t axis = 0; axis < place.size(); ++axis)
        if (!r.reduced[axis]) at += place[axis] * strides[axis];
      float& value = out.data[size_t(at)];
      value = join(value, in[0]->data[i++]);
    });
    if (is_mean)
      for (float& value : out.data) value /= float(count);
    return out;
  });
}

Window WholeMap(const OnnxSite& site) { return golden::GlobalWindow(MapShape(site.DimsOf(0))); }

}  // namespace

void ForEachPlace(const Dims& dims, const std::function<void(const Dims&)>& f) {
  Dims place(dims.size(), 0);
  for (int64_t i = Count(dims); i > 0; --i) {
    f(place);
    for (size_t axis = dims.size(); axis-- > 0;) {
      if (++place[axis] < dims[axis]) break;
      place[axis] = 0;
    }
  }
}

ExprPtr MaxPool(const OnnxSite& site) {
  if (site.node.output_size() > 1 && !site.node.output(1).empty())
    throw Error("its output of indices is not supported");
  return MakeMaxPool(site, PoolWindow(site, MapShape(site.DimsOf(0)), site.DimsOf(0).size() - 2));
}

ExprPtr AveragePool(const OnnxSite& site) {
  const Window w = PoolWindow(site, MapShape(site.DimsOf(0)), site.DimsOf(0).size() - 2);
  return MakeAverage(site, {w, IntAttribute(site.node, "count_include_pad", 0) != 0});
}

ExprPtr GlobalAveragePool(const OnnxSite& site) { return MakeAverage(site, {WholeMap(site), false}); }
ExprPtr GlobalMaxPool(const OnnxSite& site) { return MakeMaxPool(site, WholeMap(site)); }

ExprPtr ReduceMean(const OnnxSite& site) {
  const Reduction r = ReadReduction(site);
  if (!r.is_spatial)
    return Reduce(
        site, 0, [](float a, float b) { return a + b; }, true);
  const ExprPtr mean = MakeAverage(site, {WholeMap(site), false});
  return r.dims == mean->dims ? mean : site.Reshaped(mean, r.dims);
}

ExprPtr ReduceMax(const OnnxSite& site) {
  const Reduction r = ReadReduction(site);
  if (!r.is_spatial)
    return Reduce(
        site, -std::numeric_limits<float>::infinity(), [](float a, float b) { return std::max(a, b); },
        false);
  const ExprPtr largest = MakeMaxPool(site, WholeMap(site));
  return r.dims == largest->dims ? largest : site.Reshaped(largest, r.dims);
}

ExprPtr ReduceMin(const OnnxSite& site) {
  return Reduce(
      site, std::numeric_limits<float>::infinity(), [](float a, float b) { return std::min(a, b); }, false);
}

ExprPtr ReduceSum(const OnnxSite& site) {
  return Reduce(
      site, 0, [](float a, float b) { return a + b; }, false);
}

ExprPtr Softmax(const OnnxSite& site) {
  const Dims dims = site.DimsOf(0);
  const bool old = site.opset != 0 && site.opset < 13;
  SoftmaxOp op{site.Axis(IntAttribute(site.node, "axis", old ? 1 : -1), dims.size()), old};
  const int64_t step = old ? 1 : Strides(dims)[size_t(op.axis)];
  const int64_t count = old ? Strides(dims)[size_t(op.axis)] * dims[size_t(op.axis)] : dims[size_t(op.axis)];
  return site.Make(op, {site.In(0)}, dims, [=](const Inputs& in) {
    FloatArray out = *in[0];
    for (int64_t outer = 0; outer < int64_t(out.data.size()); outer += step * count)
      for (int64_t inner = outer; inner < outer + step; ++inner) {
        float largest = -std::numeric_limits<float>::infinity(), sum = 0;
        for (int64_t i = 0; i < count; ++i) largest = std::max(largest, out.data[size_t(inner + i * step)]);
        for (int64_t i = 0; i < count; ++i) {
          float& x = out.data[size_t(inner + i * step)];
          x = std::exp(x - largest);
          sum += x;
        }
        for (int64_t i = 0; i < count; ++i) out.data[size_t(inner + i * step)] /= sum;
      }
    return out;
  });
}

}  // namespace weft::onnx_handlers
