// SPDX-License-Identifier: Apache-2.0
// Resize and Upsample: which pixels they read, as ONNX Runtime finds them
// (core/providers/cpu/tensor/upsamplebase.h), and how it weighs them (upsample.cc and upsample.h).
#include <algorithm>
#include <cmath>

#include "compiler/onnx/onnx_access.hpp"
#include "compiler/onnx/onnx_handlers.hpp"
#include "sw_model/error.hpp"

namespace weft::onnx_handlers {

using namespace onnx_access;
using namespace onnx_expr;

namespace {

struct Axis {
  int64_t in = 1, out = 1;
  float scale = 1;
};

// The place in the input that place `x` of the output stands for.
float Source(float x, const Axis& axis, const std::string& mode) {
  if (axis.in == axis.out && axis.scale == 1) return x;
  if (mode == "asymmetric") return x / axis.scale;
  if (mode == "align_corners") return axis.out == 1 ? 0 : x * float(axis.in - 1) / float(axis.out - 1);
  if (mode == "pytorch_half_pixel") return axis.out > 1 ? (x + 0.5F) / axis.scale - 0.5F : 0.0F;
  if (mode == "tf_half_pixel_for_nn") return (x + 0.5F) / axis.scale;
  if (mode == "half_pixel") return (x + 0.5F) / axis.scale - 0.5F;
  throw Error("its coordinate_transformation_mode '{}' is not supported", Printable(mode));
}

int64_t Nearest(float x, const std::string& mode, bool shrinks) {
  if (mode == "simple") return int64_t(shrinks ? std::ceil(x) : x);
  if (mode == "floor") return int64_t(std::floor(x));
  if (mode == "ceil") return int64_t(std::ceil(x));
  if (mode == "round_prefer_floor") return int64_t(x == std::floor(x) + 0.5F ? std::floor(x) : std::round(x));
  if (mode == "round_prefer_ceil") return int64_t(std::round(x));
  throw Error("its nearest_mode '{}' is not known", Printable(mode));
}

ExprPtr NearestResize(const OnnxSite& site, const std::vector<Axis>& axes, const std::string& coordinates,
                      const std::string& nearest) {
  const Dims in = site.DimsOf(0);
  const std::vector<int64_t> strides = Strides(in);
  Dims dims;
  std::vector<std::vector<int64_t>> sources;
  for (const Axis& axis : axes) {
    dims.push_back(axis.out);
    std::vector<int64_t>& places = sources.emplace_back();
    for (int64_t x = 0; x < axis.out; ++x)
      places.push_back(std::clamp<int64_t>(
          Nearest(Source(float(x), axis, coordinates), nearest, axis.scale < 1), 0, axis.in - 1));
  }
  std::vector<int32_t> from;
  from.reserve(size_t(Count(dims)));
  ForEachPlace(dims, [&](const Dims& place) {
    int64_t at = 0;
    for (size_t i = 0; i < place.size(); ++i) at += sources[i][size_t(place[i])] * strides[i];
    from.push_back(int32_t(at));
  });
  return site.Move(site.In(0), dims, std::move(from));
}

// The two pixels of an axis, and how near the place is to the second one.
struct Between {
  int64_t first, second;
  float to_first, to_second;  // distances
  float at;
};

std::vector<Between> Betweens(const Axis& axis, const std::string& coordinates) {
  std::vector<Between> result;
  for (int64_t x = 0; x < axis.out; ++x) {
    const float at = std::clamp(Source(float(x), axis, coordinates), 0.0F, float(axis.in - 1));
    const int64_t first = std::min<int64_t>(int64_t(at), axis.in - 1),
                  second = std::min(first + 1, axis.in - 1);
    Between between{first, second, std::abs(at - float(first)), std::abs(at - float(second)), at};
    if (first == second) between.to_first = between.to_second = 0.5F;
    result.push_back(between);
  }
  return result;
}

// Distances in 1024ths, as ONNX Runtime weighs codes whose channels are last.
float InIntegers(const float* map, int width, const Between& y, const Between& x) {
  constexpr int64_t kOne = 1024;
  const auto weights = [](const Between& b) {
    if (b.first == b.second) return std::pair{kOne / 2, kOne / 2};
    const auto to_first = int64_t(b.at * float(kOne)) - b.first * kOne;
    return std::pair{kOne - to_first, to_first};
  };
  const auto [y1, y2] = weights(y);
  const auto [x1, x2] = weights(x);
  const auto code = [&](int64_t row, int64_t column) { return int64_t(map[row * width + column]); };
  const int64_t sum = y1 * (x1 * code(y.first, x.first) + x2 * code(y.first, x.second)) +
                      y2 * (x1 * code(y.second, x.first) + x2 * code(y.second, x.second));
  return float(sum / (kOne * kOne));
}

ExprPtr LinearResize(const OnnxSite& site, const std::vector<Axis>& axes, const std::string& coordinates) {
  const weft::Shape in = MapShape(site.DimsOf(0));
  const size_t rank = axes.size();
  const Axis unchanged;
  const std::vector<Between> ys = Betweens(rank == 4 ? axes[2] : unchanged, coordinates),
                             xs = Betweens(axes.back(), coordinates);
  Dims dims;
  for (const Axis& axis : axes) dims.push_back(axis.out);
  if (dims[1] != in.c) throw Error("it scales channels: only height and width can be scaled linearly");
  const auto* tensor = site.In(0)->As<Quantised>();
  const bool on_codes = site.on_codes && tensor != nullptr;
  const Codes codes = on_codes ? tensor->codes : Codes{};
  const auto zero = float(codes.zero_point + codes.Offset());
  const bool in_integers = on_codes && site.IsChannelsLast();
  return site.Make(HostOp{}, {site.In(0)}, dims, [=](const std::vector<const FloatArray*>& inputs) {
    FloatArray out{.dims = dims, .data = {}}, values = *inputs[0];
    if (on_codes)  // ONNX Runtime weighs the codes, and cuts off what is behind the point
      for (float& v : values.data) v = std::nearbyint(v / codes.scale) + zero;
    for (int64_t c = 0; c < in.c; ++c) {
      const float* map = &values.data[size_t(c * in.h * in.w)];
      if (in_integers) {
        for (const Between& y : ys)
          for (const Between& x : xs) out.data.push_back(InIntegers(map, in.w, y, x));
        continue;
      }
      for (const Between& y : ys)
        for (const Between& x : xs)
          out.data.push_back(x.to_second * y.to_second * map[y.first * in.w + x.first] +
                             x.to_first * y.to_second * map[y.first * in.w + x.second] +
                             x.to_second * y.to_first * map[y.second * in.w + x.first] +
                             x.to_first * y.to_first * map[y.second * in.w + x.second]);
    }
    if (on_codes)
      for (float& v : out.data) v = (std::trunc(v) - zero) * codes.scale;
    return out;
  });
}

ExprPtr Resized(const OnnxSite& site, const std::vector<Axis>& axes, const std::string& coordinates,
                const std::string& nearest) {
  if (axes[0].out != 1) throw Error("it scales images: only height and width can be scaled");
  Dims dims;
  for (const Axis& axis : axes) dims.push_back(axis.out);
  Count(dims);
  const std::string mode = StringAttribute(site.node, "mode", "nearest");
  if (mode == "nearest") return NearestResize(site, axes, coordinates, nearest);
  if (mode == "linear" || mode == "bilinear") return LinearResize(site, axes, coordinates);
  throw Error("its mode is '{}': nearest and linear are supported", Printable(mode));
}

std::vector<Axis> ByScales(const Dims& in, const std::vector<float>& scales) {
  if (scales.size() != in.size()) throw Error("it has {} scales instead of {}", scales.size(), in.size());
  std::vector<Axis> axes;
  for (size_t i = 0; i < in.size(); ++i) {
    if (!(scales[i] > 0 && scales[i] <= UINT16_MAX)) throw Error("it scales by {}", scales[i]);
    axes.push_back({in[i], int64_t(std::floor(float(in[i]) * scales[i])), scales[i]});
    if (axes.back().out < 1) throw Error("it scales by {}: nothing is left", scales[i]);
  }
  return axes;
}

}  // namespace

ExprPtr Resize(const OnnxSite& site) {
  const Dims& in = site.DimsOf(0);
  const bool old = site.opset == 10 || site.node.input_size() == 2;
  const std::string coordinates =
      StringAttribute(site.node, "coordinate_transformation_mode", old ? "asymmetric" : "half_pixel");
  const std::string nearest =
      StringAttribute(site.node, "nearest_mode", old ? "simple" : "round_prefer_floor");
  if (IntAttribute(site.node, "antialias", 0) != 0) throw Error("antialias 1 is not supported");
  std::vector<int64_t> which = IntsAttribute(site.node, "axes", {});
  for (int64_t& axis : which) axis = site.Axis(axis, in.size());
  if (!site.Has(3)) {
    std::vector<float> scales = site.FloatsIn(old ? 1 : 2);
    if (!which.empty()) {
      if (scales.size() != which.size())
        throw Error("it has {} scales for {} axes", scales.size(), which.size());
      std::vector<float> all(in.size(), 1);
      for (size_t i = 0; i < which.size(); ++i) all[size_t(which[i])] = scales[i];
      scales = all;
    }
    return Resized(site, ByScales(in, scales), coordinates, nearest);
  }
  if (StringAttribute(site.node, "keep_aspect_ratio_policy", "stretch") != "stretch")
    throw Error("its keep_aspect_ratio_policy is not stretch: give scales instead of sizes");
  const std::vector<int64_t> sizes = site.IntegersIn(3);
  if (sizes.size() != (which.empty() ? in.size() : which.size()))
    throw Error("it has {} sizes instead of {}", sizes.size(), which.empty() ? in.size() : which.size());
  std::vector<Axis> axes;
  for (const int64_t dim : in) axes.push_back({dim, dim, 1});
  for (size_t i = 0; i < sizes.size(); ++i) {
    Axis& axis = axes[which.empty() ? i : size_t(which[i])];
    axis.out = sizes[i];
    axis.scale = float(axis.out) / float(axis.in);
  }
  if (site.translator.batch() > 1 && axes[0].out == site.translator.batch()) axes[0] = {1, 1, 1};
  return Resized(site, axes, coordinates, nearest);
}

ExprPtr Upsample(const OnnxSite& site) {
  std::vector<float> scales;
  if (site.Has(1)) {
    scales = site.FloatsIn(1);
  } else {
    const onnx::AttributeProto* attribute = FindAttribute(site.node, "scales");  // opset 7
    if (attribute == nullptr) throw Error("it has no scales");
    scales.assign(attribute->floats().begin(), attribute->floats().end());
  }
  return Resized(site, ByScales(site.DimsOf(0), scales), "asymmetric", "simple");
}

}  // namespace weft::onnx_handlers
