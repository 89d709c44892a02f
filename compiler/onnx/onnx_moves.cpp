// SPDX-License-Identifier: Apache-2.0
// Operators that select, join or re-order elements.
#include <algorithm>
#include <numeric>

#include "compiler/onnx/onnx_access.hpp"
#include "compiler/onnx/onnx_handlers.hpp"
#include "sw_model/error.hpp"

namespace weft::onnx_handlers {

using namespace onnx_access;
using namespace onnx_expr;

namespace {

int64_t Product(const Dims& dims, size_t from, size_t to) {
  return std::accumulate(dims.begin() + int64_t(from), dims.begin() + int64_t(to), int64_t{1},
                         std::multiplies<>());
}

// One axis cut to `size` elements from `begin` on.
ExprPtr Cut(const OnnxSite& site, size_t axis, int64_t begin, int64_t size) {
  Dims dims = site.DimsOf(0);
  const std::vector<int64_t> strides = Strides(dims);
  dims[axis] = size;
  return Selected(site, dims, [&](const Dims& place) {
    return std::inner_product(place.begin(), place.end(), strides.begin(), begin * strides[axis]);
  });
}

weft::Shape MapOf(const OnnxSite& site) {
  if (site.DimsOf(0).size() != 4)
    throw Error("its input has {} dimensions instead of 4", site.DimsOf(0).size());
  return MapShape(site.DimsOf(0));
}

int64_t BlockSize(const OnnxSite& site) {
  const int64_t block = IntAttribute(site.node, "blocksize", 0);
  if (block < 1 || block > 4096) throw Error("its blocksize {} is not in 1..4096", block);
  return block;
}

std::vector<int64_t> SortedAxes(const OnnxSite& site, const std::vector<int64_t>& axes, size_t rank) {
  std::vector<int64_t> sorted;
  for (const int64_t axis : axes) sorted.push_back(site.Axis(axis, rank));
  std::ranges::sort(sorted);
  if (std::ranges::adjacent_find(sorted) != sorted.end()) throw Error("it has an axis twice");
  return sorted;
}

}  // namespace

ExprPtr Alias(const OnnxSite& site) { return site.In(0); }

ExprPtr Concat(const OnnxSite& site) {
  if (site.in.empty()) throw Error("it has no input");
  Dims dims = site.DimsOf(0);
  if (dims.empty()) throw Error("its inputs have no axis");
  const auto axis = size_t(site.Axis(IntAttribute(site.node, "axis", 0), dims.size()));
  std::vector<ExprPtr> in;
  dims[axis] = 0;
  for (size_t i = 0; i < site.in.size(); ++i) {
    Dims part = site.DimsOf(i);
    if (part.size() != dims.size())
      throw Error("its inputs are {} and {}: these do not fit", ToString(site.DimsOf(0)), ToString(part));
    dims[axis] += part[axis];
    part[axis] = dims[axis];
    if (part != dims)
      throw Error("its inputs are {} and {}: these do not fit", ToString(site.DimsOf(0)),
                  ToString(site.DimsOf(i)));
    in.push_back(site.In(i));
  }
  return site.Make(JoinOp{int64_t(axis)}, in, dims, [=](const std::vector<const FloatArray*>& parts) {
    FloatArray out{.dims = dims, .data = {}};
    for (int64_t outer = 0; outer < Product(dims, 0, axis); ++outer)
      for (const FloatArray* part : parts) {
        const int64_t size = Product(part->dims, axis, part->dims.size());
        out.data.insert(out.data.end(), part->data.begin() + outer * size,
                        part->data.begin() + (outer + 1) * size);
      }
    return out;
  });
}

ExprPtr ConstantValue(const OnnxSite& site) {
  auto constant = std::make_shared<Expr>();
  constant->name = constant->output = site.node.output(0);
  if (const onnx::AttributeProto* value = FindAttribute(site.node, "value");
      value != nullptr && value->has_t()) {
    constant->dims.assign(value->t().dims().begin(), value->t().dims().end());
    constant->detail = Constant{&value->t()};
    return constant;
  }
  FloatArray array;
  if (FindAttribute(site.node, "value_float") != nullptr) {
    array.data = {FloatAttribute(site.node, "value_float", 0)};
  } else if (const onnx::AttributeProto* floats = FindAttribute(site.node, "value_floats")) {
    array.data.assign(floats->floats().begin(), floats->floats().end());
    array.dims = {int64_t(array.data.size())};
  } else if (FindAttribute(site.node, "value_int") != nullptr) {
    array.data = {float(IntAttribute(site.node, "value_int", 0))};
    array.is_integer = true;
  } else if (FindAttribute(site.node, "value_ints") != nullptr) {
    for (const int64_t v : IntsAttribute(site.node, "value_ints", {})) array.data.push_back(float(v));
    array.dims = {int64_t(array.data.size())};
    array.is_integer = true;
  } else {
    throw Error("only constants of numbers are supported");
  }
  constant->dims = array.dims;
  constant->detail = std::move(array);
  return constant;
}

ExprPtr ConstantOfShape(const OnnxSite& site) {
  FloatArray array{.dims = site.IntegersIn(0), .data = {}};
  float fill = 0;
  if (const onnx::AttributeProto* value = FindAttribute(site.node, "value");
      value != nullptr && value->has_t()) {
    const Expr constant{.detail = Constant{&value->t()}};
    const FloatArray one = ConstantValues(constant);
    if (one.data.size() != 1) throw Error("its value has {} numbers: give one", one.data.size());
    fill = one.data[0];
    array.is_integer = one.is_integer;
  }
  array.data.assign(size_t(Count(array.dims)), fill);
  auto constant = std::make_shared<Expr>();
  constant->name = constant->output = site.node.output(0);
  constant->dims = array.dims;
  constant->detail = std::move(array);
  return constant;
}

ExprPtr DepthToSpace(const OnnxSite& site) {
  const weft::Shape in = MapOf(site);
  const int64_t b = BlockSize(site);
  const std::string mode = StringAttribute(site.node, "mode", "DCR");
  if (mode != "DCR" && mode != "CRD") throw Error("its mode '{}' is not known", Printable(mode));
  if (in.c % (b * b) != 0) throw Error("{} channels do not divide by the block's {} pixels", in.c, b * b);
  const int64_t channels = in.c / (b * b);
  return Selected(site, {1, channels, in.h * b, in.w * b}, [&](const Dims& p) {
    const int64_t dy = p[2] % b, dx = p[3] % b;
    const int64_t c = mode == "DCR" ? (dy * b + dx) * channels + p[1] : (p[1] * b + dy) * b + dx;
    return (c * in.h + p[2] / b) * in.w + p[3] / b;
  });
}

ExprPtr SpaceToDepth(const OnnxSite& site) {
  const weft::Shape in = MapOf(site);
  const int64_t b = BlockSize(site);
  if (in.h % b != 0 || in.w % b != 0) throw Error("its map of {} x {} does not divide by {}", in.h, in.w, b);
  return Selected(site, {1, in.c * b * b, in.h / b, in.w / b}, [&](const Dims& p) {
    const int64_t c = p[1] % in.c, dy = p[1] / in.c / b, dx = p[1] / in.c % b;
    return (c * in.h + p[2] * b + dy) * in.w + p[3] * b + dx;
  });
}

ExprPtr Expand(const OnnxSite& site) {
  const Dims in = site.DimsOf(0), dims = Broadcast(in, site.IntegersIn(1));
  const std::vector<int64_t> strides = Strides(in);
  return Selected(site, dims, [&](const Dims& place) {
    int64_t at = 0;
    for (size_t i = 0; i < in.size(); ++i)
      if (in[i] != 1) at += place[place.size() - in.size() + i] * strides[i];
    return at;
  });
}

ExprPtr Tile(const OnnxSite& site) {
  const Dims in = site.DimsOf(0);
  const std::vector<int64_t> repeats = site.IntegersIn(1), strides = Strides(in);
  if (repeats.size() != in.size()) throw Error("it has {} repeats for {} axes", repeats.size(), in.size());
  Dims dims = in;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (repeats[i] < 1 || repeats[i] > kMaxElements) throw Error("it repeats {} times", repeats[i]);
    dims[i] *= repeats[i];
  }
  return Selected(site, dims, [&](const Dims& place) {
    int64_t at = 0;
    for (size_t i = 0; i < in.size(); ++i) at += place[i] % in[i] * strides[i];
    return at;
  });
}

ExprPtr Flatten(const OnnxSite& site) {
  const Dims& in = site.DimsOf(0);
  const int64_t axis = IntAttribute(site.node, "axis", 1), rank = int64_t(in.size());
  if (axis < -rank || axis > rank) throw Error("it has no axis {}: its input has {}", axis, rank);
  const auto at = size_t(axis < 0 ? axis + rank : axis);
  return site.Reshaped(site.In(0), {Product(in, 0, at), Product(in, at, in.size())});
}

ExprPtr Gather(const OnnxSite& site) {
  const Dims in = site.DimsOf(0);
  const auto axis = size_t(site.Axis(IntAttribute(site.node, "axis", 0), in.size()));
  const std::vector<int64_t> indices = site.IntegersIn(1);
  const Dims of_indices = site.DimsOf(1);
  Dims dims(in.begin(), in.begin() + int64_t(axis));
  dims.insert(dims.end(), of_indices.begin(), of_indices.end());
  dims.insert(dims.end(), in.begin() + int64_t(axis) + 1, in.end());
  const std::vector<int64_t> strides = Strides(in), index_strides = Strides(of_indices);
  return Selected(site, dims, [&](const Dims& place) {
    int64_t at = 0, index = 0;
    for (size_t i = 0; i < axis; ++i) at += place[i] * strides[i];
    for (size_t i = 0; i < of_indices.size(); ++i) index += place[axis + i] * index_strides[i];
    for (size_t i = axis + 1; i < in.size(); ++i) at += place[i + of_indices.size() - 1] * strides[i];
    const int64_t chosen = indices.at(size_t(index)) + (indices[size_t(index)] < 0 ? in[axis] : 0);
    if (chosen < 0 || chosen >= in[axis]) throw Error("index {} is not in its input", indices[size_t(index)]);
    return at + chosen * strides[axis];
  });
}

ExprPtr Reshape(const OnnxSite& site) {
  const Dims& in = site.DimsOf(0);
  Dims dims = site.Has(1) ? site.IntegersIn(1) : IntsAttribute(site.node, "shape", {});
  int64_t known = 1, free = -1;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] == 0) {
      if (i >= in.size()) throw Error("it keeps axis {} of an input that has {}", i, in.size());
      dims[i] = in[i];
    }
    if (dims[i] == -1 && free >= 0) throw Error("two of its dims are -1");
    if (dims[i] == -1) free = int64_t(i);
    else if (dims[i] < 1 || dims[i] > kMaxElements || (known *= dims[i]) > kMaxElements)
      throw Error("it cannot make {}", ToString(dims));
  }
  const int64_t batch = site.translator.batch(), count = Count(in);
  // A batch that the file fixes is 1 here.
  if (batch > 1 && !dims.empty() && dims[0] % batch == 0 && in[0] == 1 && known % batch == 0 &&
      (free < 0 ? known == count * batch : (count * batch) % known == 0 && dims[0] == batch)) {
    dims[0] /= batch;
    known /= batch;
  }
  if (free >= 0) {
    if (count % known != 0) throw Error("its input is {} and cannot become {}", ToString(in), ToString(dims));
    dims[size_t(free)] = count / known;
  }
  return site.Reshaped(site.In(0), dims);
}

ExprPtr Shape(const OnnxSite& site) {
  const Dims& in = site.DimsOf(0);
  const auto rank = int64_t(in.size());
  const auto bound = [&](const char* name, int64_t fallback) {
    const int64_t at = IntAttribute(site.node, name, fallback);
    return std::clamp<int64_t>(at < 0 ? at + rank : at, 0, rank);
  };
  const int64_t begin = bound("start", 0), end = std::max(begin, bound("end", rank));
  FloatArray array{.dims = {end - begin}, .data = {in.begin() + begin, in.begin() + end}, .is_integer = true};
  auto constant = std::make_shared<Expr>();
  constant->name = constant->output = site.node.output(0);
  constant->dims = array.dims;
  constant->detail = std::move(array);
  return constant;
}

ExprPtr Slice(const OnnxSite& site) {
  const Dims in = site.DimsOf(0);
  const std::vector<int64_t> starts = site.InputOrAttribute(1, "starts", {}),
                             ends = site.InputOrAttribute(2, "ends", {});
  std::vector<int64_t> axes(starts.size());
  std::iota(axes.begin(), axes.end(), 0);
  axes = site.InputOrAttribute(3, "axes", axes);
  const std::vector<int64_t> steps =
      site.Has(4) ? site.IntegersIn(4) : std::vector<int64_t>(starts.size(), 1);
  if (ends.size() != starts.size() || axes.size() != starts.size() || steps.size() != starts.size())
    throw Error("its starts, ends, axes and steps are not as many");
  Dims dims = in, begin(in.size(), 0), step(in.size(), 1);
  for (size_t i = 0; i < axes.size(); ++i) {
    const auto axis = size_t(site.Axis(axes[i], in.size()));
    const int64_t size = in[axis], s = steps[i];
    if (s == 0 || s < -size || s > INT32_MAX) throw Error("its step is {}", s);
    const auto place = [&](int64_t at, int64_t lo, int64_t hi) {
      return std::clamp<int64_t>(at < 0 ? std::max(at, -2 * size) + size : at, lo, hi);
    };
    const int64_t first = s > 0 ? place(starts[i], 0, size) : place(starts[i], 0, size - 1);
    const int64_t last = s > 0 ? place(ends[i], 0, size) : place(ends[i], -1, size - 1);
    dims[axis] = s > 0 ? (last - first + s - 1) / s : (first - last - s - 1) / -s;
    if (dims[axis] < 1) throw Error("nothing is left of axis {}", axis);
    begin[axis] = first;
    step[axis] = s;
  }
  const std::vector<int64_t> strides = Strides(in);
  return Selected(site, dims, [&](const Dims& place) {
    int64_t from = 0;
    for (size_t i = 0; i < place.size(); ++i) from += (begin[i] + place[i] * step[i]) * strides[i];
    return from;
  });
}

ExprPtr Split(const OnnxSite& site) {
  const Dims& in = site.DimsOf(0);
  const auto axis = size_t(site.Axis(IntAttribute(site.node, "axis", 0), in.size()));
  std::vector<int64_t> sizes = site.InputOrAttribute(1, "split", {});
  const int64_t parts = site.node.output_size();
  if (sizes.empty()) {
    const int64_t each = (in[axis] + parts - 1) / parts;
    sizes.assign(size_t(parts), each);
    sizes.back() = in[axis] - each * (parts - 1);
  }
  if (int64_t(sizes.size()) != parts ||
      std::ranges::any_of(sizes, [&](int64_t s) { return s < 1 || s > in[axis]; }) ||
      std::accumulate(sizes.begin(), sizes.end(), int64_t{0}) != in[axis])
    throw Error("its {} parts do not fit {}", parts, in[axis]);
  const int64_t begin = std::accumulate(sizes.begin(), sizes.begin() + site.output, int64_t{0});
  return Cut(site, axis, begin, sizes[size_t(site.output)]);
}

ExprPtr Squeeze(const OnnxSite& site) {
  const Dims& in = site.DimsOf(0);
  std::vector<int64_t> axes = site.InputOrAttribute(1, "axes", {});
  if (axes.empty())
    for (size_t i = 1; i < in.size(); ++i)
      if (in[i] == 1) axes.push_back(int64_t(i));
  axes = SortedAxes(site, axes, in.size());
  Dims dims;
  for (size_t i = 0; i < in.size(); ++i) {
    if (!std::ranges::binary_search(axes, int64_t(i))) dims.push_back(in[i]);
    else if (in[i] != 1) throw Error("axis {} is {} long and cannot be left out", i, in[i]);
  }
  return site.Reshaped(site.In(0), dims);
}

ExprPtr Unsqueeze(const OnnxSite& site) {
  Dims dims = site.DimsOf(0);
  const std::vector<int64_t> axes = site.InputOrAttribute(1, "axes", {});
  for (const int64_t axis : SortedAxes(site, axes, dims.size() + axes.size())) {
    if (axis > int64_t(dims.size())) throw Error("it has no axis {}", axis);
    dims.insert(dims.begin() + axis, 1);
  }
  return site.Reshaped(site.In(0), dims);
}

ExprPtr Transpose(const OnnxSite& site) {
  const Dims in = site.DimsOf(0);
  std::vector<int64_t> order(in.size());
  std::iota(order.rbegin(), order.rend(), 0);
  order = IntsAttribute(site.node, "perm", order);
  std::vector<int64_t> sorted = order;
  std::ranges::sort(sorted);
  for (size_t i = 0; i < sorted.size(); ++i)
    if (sorted.size() != in.size() || sorted[i] != int64_t(i))
      throw Error("its perm is no order of {} axes", in.size());
  if (order.size() != in.size()) throw Error("its perm is no order of {} axes", in.size());
  const std::vector<int64_t> strides = Strides(in);
  Dims dims, steps;
  for (const int64_t axis : order) {
    dims.push_back(in[size_t(axis)]);
    steps.push_back(strides[size_t(axis)]);
  }
  return Selected(site, dims, [&](const Dims& place) {
    return std::inner_product(place.begin(), place.end(), steps.begin(), int64_t{0});
  });
}

}  // namespace weft::onnx_handlers
