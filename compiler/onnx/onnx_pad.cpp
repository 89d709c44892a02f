// SPDX-License-Identifier: Apache-2.0
// Pad, and the selection of which all operators that move elements are made.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "compiler/onnx/onnx_access.hpp"
#include "compiler/onnx/onnx_handlers.hpp"
#include "sw_model/error.hpp"

namespace weft::onnx_handlers {

using namespace onnx_access;
using namespace onnx_expr;

ExprPtr Selected(const OnnxSite& site, const Dims& dims, const std::function<int64_t(const Dims&)>& source,
                 float fill) {
  std::vector<int32_t> from;
  from.reserve(size_t(Count(dims)));
  const int64_t count = Count(site.DimsOf(0));
  ForEachPlace(dims, [&](const Dims& place) {
    const int64_t i = source(place);
    if (i >= count) throw Error("it reads behind the end of its input");
    from.push_back(int32_t(i < 0 ? -1 : i));
  });
  return site.Move(site.In(0), dims, std::move(from), fill);
}

namespace {

float PadValue(const OnnxSite& site) {
  if (!site.Has(2)) {
    const auto* codes = site.In(0)->As<Quantised>();
    if (site.on_codes && codes != nullptr)  // the code 0
      return float(-codes->codes.zero_point - codes->codes.Offset()) * codes->codes.scale;
    return FloatAttribute(site.node, "value", 0);  // opset 2
  }
  const std::vector<float> value = site.FloatsIn(2);
  if (value.size() != 1) throw Error("its value has {} numbers: give one", value.size());
  if (!std::isfinite(value[0])) throw Error("its value is {}: give a finite number", value[0]);
  const auto* codes = site.In(0)->As<Quantised>();
  if (!site.on_codes || codes == nullptr) return value[0];
  return (value[0] - float(codes->codes.zero_point + codes->codes.Offset())) * codes->codes.scale;
}

// Where a place outside of an axis of `size` reads; -1: nowhere.
int64_t Reflected(int64_t at, int64_t size, const std::string& mode) {
  if (at >= 0 && at < size) return at;
  if (mode == "constant") return -1;
  if (mode == "edge") return std::clamp<int64_t>(at, 0, size - 1);
  if (mode == "wrap") return (at % size + size) % size;
  if (size == 1) return 0;
  const int64_t period = 2 * (size - 1), in_period = (at % period + period) % period;
  return std::min(in_period, period - in_period);
}

}  // namespace

ExprPtr Pad(const OnnxSite& site) {
  const std::string mode = StringAttribute(site.node, "mode", "constant");
  if (mode != "constant" && mode != "edge" && mode != "reflect" && mode != "wrap")
    throw Error("its mode '{}' is not known", Printable(mode));
  const Dims in = site.DimsOf(0);
  const std::vector<int64_t> pads = site.InputOrAttribute(1, "pads", {});
  std::vector<int64_t> axes(in.size());
  std::iota(axes.begin(), axes.end(), 0);
  if (site.Has(3)) axes = site.IntegersIn(3);
  if (pads.size() != 2 * axes.size())
    throw Error("pads has {} numbers instead of {}", pads.size(), 2 * axes.size());
  Dims dims = in, before(in.size(), 0);
  for (size_t i = 0; i < axes.size(); ++i) {
    const auto axis = size_t(site.Axis(axes[i], in.size()));
    const int64_t after = pads[i + axes.size()];
    before[axis] = pads[i];
    for (const int64_t pad : {before[axis], after})
      if (pad < -UINT16_MAX || pad > UINT16_MAX)
        throw Error("pad {} is not in {}..{}", pad, -UINT16_MAX, UINT16_MAX);
    dims[axis] += before[axis] + after;
    if (axis == 0 && (before[0] != 0 || after != 0) && in[0] == 1 && !site.In(0)->IsConstant())
      throw Error("it pads images: only channels, height and width can be padded");
  }
  const std::vector<int64_t> strides = Strides(in);
  return Selected(
      site, dims,
      [&](const Dims& place) {
        int64_t from = 0;
        for (size_t i = 0; i < in.size(); ++i) {
          const int64_t at = Reflected(place[i] - before[i], in[i], mode);
          if (at < 0) return int64_t{-1};
          from += at * strides[i];
        }
        return from;
      },
      PadValue(site));
}

}  // namespace weft::onnx_handlers
