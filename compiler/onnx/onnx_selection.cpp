// SPDX-License-Identifier: Apache-2.0
#include "compiler/onnx/onnx_selection.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <optional>

#include "compiler/onnx/onnx_expr.hpp"
#include "sw_model/error.hpp"

namespace weft::onnx_selection {
namespace {

using From = std::vector<int32_t>;

struct Place {
  int y, x, c;
};

Place PlaceOf(int32_t offset, const Shape& s) {
  return {offset / (s.w * s.c), offset / s.c % s.w, offset % s.c};
}

int32_t OffsetOf(const Place& p, const Shape& s) { return (p.y * s.w + p.x) * s.c + p.c; }

// Whether every element of the output comes from where `source` says.
bool Fits(const Shape& in, const From& from, const Shape& out,
          const std::function<Place(const Place&)>& source) {
  for (size_t i = 0; i < from.size(); ++i) {
    const Place p = source(PlaceOf(int32_t(i), out));
    const bool inside = p.y >= 0 && p.x >= 0 && p.c >= 0 && p.y < in.h && p.x < in.w && p.c < in.c;
    if (from[i] != (inside ? OffsetOf(p, in) : -1)) return false;
  }
  return true;
}

bool HasFill(const From& from) { return std::ranges::find(from, -1) != from.end(); }

std::optional<Node> Slice(const Shape& in, const From& from, const Shape& out) {
  if (HasFill(from)) return {};
  const Place first = PlaceOf(from[0], in);
  SliceLayer slice{.begin = {first.y, first.x, first.c}, .size = {out.h, out.w, out.c}};
  const auto at = [&](int y, int x, int c) { return PlaceOf(from[size_t(OffsetOf({y, x, c}, out))], in); };
  if (out.h > 1) slice.step[0] = at(1, 0, 0).y - first.y;
  if (out.w > 1) slice.step[1] = at(0, 1, 0).x - first.x;
  if (out.c > 1) slice.step[2] = at(0, 0, 1).c - first.c;
  if (std::ranges::min(slice.step) < 1) return {};
  if (!Fits(in, from, out, [&](const Place& p) -> Place {
        return {first.y + p.y * slice.step[0], first.x + p.x * slice.step[1], first.c + p.c * slice.step[2]};
      }))
    return {};
  return Node{.op = Op::kSlice, .slice = slice};
}

std::optional<Node> Border(const Shape& in, const From& from, const Shape& out, int fill) {
  const auto first = std::ranges::find(from, 0);
  if (first == from.end() || in.c != out.c) return {};
  const Place at = PlaceOf(int32_t(first - from.begin()), out);
  PadLayer pad{
      .pad = {.top = at.y, .bottom = out.h - in.h - at.y, .left = at.x, .right = out.w - in.w - at.x},
      .value = fill};
  if (pad.pad.bottom < 0 || pad.pad.right < 0) return {};
  if (!Fits(in, from, out, [&](const Place& p) -> Place { return {p.y - at.y, p.x - at.x, p.c}; })) return {};
  return Node{.op = Op::kPad, .pad = pad};
}

std::optional<Node> Enlargement(const Shape& in, const From& from, const Shape& out) {
  if (in.c != out.c || out.h % in.h != 0 || out.w % in.w != 0) return {};
  const UpsampleLayer up{out.h / in.h, out.w / in.w};
  if (!Fits(in, from, out, [&](const Place& p) -> Place {
        return {p.y / up.factor_h, p.x / up.factor_w, p.c};
      }))
    return {};
  return Node{.op = Op::kUpsample, .upsample = up};
}

std::optional<Node> DepthToSpace(const Shape& in, const From& from, const Shape& out) {
  const int b = out.h / in.h;
  if (b < 2 || out.h != in.h * b || out.w != in.w * b || in.c != out.c * b * b) return {};
  for (const bool channel_first : {false, true}) {
    const auto channel = [&](const Place& p) {
      return channel_first ? (p.c * b + p.y % b) * b + p.x % b : (p.y % b * b + p.x % b) * out.c + p.c;
    };
    if (Fits(in, from, out, [&](const Place& p) -> Place { return {p.y / b, p.x / b, channel(p)}; }))
      return Node{.op = Op::kDepthToSpace, .depth_to_space = {b, channel_first}};
  }
  return {};
}

// Every output channel is one input channel, at one place of a window: a channel shuffle, a space-to-depth.
std::optional<Node> OneHot(const Shape& in, const From& from, const Shape& out) {
  constexpr int64_t kMostWeights = 1 << 24;
  const int stride = in.h / out.h;
  if (HasFill(from) || stride < 1 || in.h != out.h * stride || in.w != out.w * stride ||
      int64_t{out.c} * stride * stride * in.c > kMostWeights)
    return {};
  std::vector<Place> place;  // of each output channel
  for (int k = 0; k < out.c; ++k) {
    place.push_back(PlaceOf(from[size_t(k)], in));
    if (place.back().y >= stride || place.back().x >= stride) return {};
  }
  if (!Fits(in, from, out, [&](const Place& p) -> Place {
        const Place& source = place[size_t(p.c)];
        return {p.y * stride + source.y, p.x * stride + source.x, source.c};
      }))
    return {};
  Node node{.op = Op::kConv};
  node.conv.filters = TensorI8(Shape{out.c, stride, stride, in.c});
  for (int k = 0; k < out.c; ++k)
    node.conv.filters.at(k, place[size_t(k)].y, place[size_t(k)].x, place[size_t(k)].c) = 1;
  node.conv.window = {.kh = stride, .kw = stride, .stride_h = stride, .stride_w = stride, .pad = {}};
  node.conv.bias.assign(size_t(out.c), 0);
  node.conv.requant.multiplier.assign(size_t(out.c), 1 << 30);  // with shift 1 the factor 1
  node.conv.requant.shift.assign(size_t(out.c), 1);
  return node;
}

Node OnHost(const From& from, const Shape& out, int fill) {
  Node node{.op = Op::kHost};
  node.host = {
      .what = "Gather", .shape = out, .run = [from, out, fill](const std::vector<const TensorI8*>& inputs) {
        const TensorI8& in = *inputs.at(0);
        Shape shape = out;
        shape.n = in.shape.n;
        TensorI8 result(shape, int8_t(fill));
        const size_t image = in.data.size() / size_t(in.shape.n);
        for (size_t n = 0; n < size_t(shape.n); ++n)
          for (size_t i = 0; i < from.size(); ++i)
            if (from[i] >= 0) result.data[n * from.size() + i] = in.data[n * image + size_t(from[i])];
        return result;
      }};
  return node;
}

}  // namespace

bool IsIdentity(const Shape& in, const From& from, const Shape& out) {
  return in == out && from.size() == in.size() && onnx_expr::CountsUp(from);
}

bool IsPermutation(const From& from, size_t size) {
  std::vector<bool> seen(size, false);
  for (const int32_t i : from) {
    if (i < 0 || seen[size_t(i)]) return false;
    seen[size_t(i)] = true;
  }
  return from.size() == size;
}

Node MakeNode(const Shape& in, const From& from, const Shape& out, int fill) {
  if (auto node = Slice(in, from, out)) return *node;
  if (auto node = Border(in, from, out, fill)) return *node;
  if (auto node = Enlargement(in, from, out)) return *node;
  if (auto node = DepthToSpace(in, from, out)) return *node;
  if (auto node = OneHot(in, from, out)) return *node;
  return OnHost(from, out, fill);
}

}  // namespace weft::onnx_selection
