// SPDX-License-Identifier: Apache-2.0
// The golden model's operators without filters: sums, joins, borders and changes of scale.
#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

#include "sw_model/error.hpp"
#include "sw_model/golden/golden.hpp"

namespace weft::golden {
namespace {

constexpr int kMaxDimension = 65536;
constexpr int64_t kMaxElements = int64_t{1} << 31;
constexpr int kAddShift = 20;  // fraction bits of an addend: TFLite's left_shift for int8

std::string ToString(const Shape& s) { return fmt::format("{}x{}x{}x{}", s.n, s.h, s.w, s.c); }

void CheckRange(std::string_view what, int64_t value, int64_t lo, int64_t hi) {
  if (value < lo || value > hi) throw Error("{} is {}: choose one from {} to {}", what, value, lo, hi);
}

void CheckTensor(const TensorI8& t) {
  const Shape& s = t.shape;
  if (std::min({s.n, s.h, s.w, s.c}) < 1 || std::max({s.n, s.h, s.w, s.c}) > kMaxDimension ||
      t.data.size() != s.size())
    throw Error("the input has {} values: give it the {} of its shape {}, dimensions from 1 to {}",
                t.data.size(), s.size(), ToString(s), kMaxDimension);
}

Shape CheckedOutput(int64_t n, int64_t h, int64_t w, int64_t c) {
  if (std::max({n, h, w, c}) > kMaxDimension || n * h > kMaxElements || n * h * w > kMaxElements ||
      n * h * w * c > kMaxElements)
    throw Error("the output is {}x{}x{}x{}: make every dimension at most {} and all together {}", n, h, w, c,
                kMaxDimension, kMaxElements);
  return {int(n), int(h), int(w), int(c)};
}

void CheckMultiplier(std::string_view what, int32_t multiplier, int shift, int highest_shift) {
  if (multiplier < 0) throw Error("{} is {}: choose one from 0 to {}", what, multiplier, INT32_MAX);
  if (shift < -31 || shift > highest_shift)
    throw Error("the shift of {} is {}: choose one from -31 to {}", what, shift, highest_shift);
}

void CheckOutputCodes(int zp, int clamp_lo, int clamp_hi) {
  CheckRange("the output zero point", zp, -128, 127);
  CheckRange("the lower clamp", clamp_lo, -128, 127);
  CheckRange("the upper clamp", clamp_hi, clamp_lo, 127);
}

void CheckScale(std::string_view what, float scale) {
  if (!(scale > 0) || scale > std::numeric_limits<float>::max())
    throw Error("{} is {}: give a positive number", what, scale);
}

// TFLite's QuantizeMultiplierSmallerThanOneExp.
void QuantizeMultiplierSmallerThanOne(std::string_view what, double factor, int32_t* multiplier, int* shift) {
  QuantizeMultiplier(factor, multiplier, shift);
  if (factor >= 1 || *shift > 0) throw Error("{} is {}: choose scales for which it is below 1", what, factor);
}

template <typename Table>
auto Lookup(const Table& table, int8_t x) {
  return table[uint8_t(x)];
}

}  // namespace

// ---- change of scale --------------------------------------------------------------------------------------

RescaleLayer MakeRescale(float scale_in, int zp_in, float scale_out, int zp_out, int clamp_lo, int clamp_hi) {
  CheckScale("the input scale", scale_in);
  CheckScale("the output scale", scale_out);
  RescaleLayer layer{.input_zp = zp_in, .output_zp = zp_out, .clamp_lo = clamp_lo, .clamp_hi = clamp_hi};
  QuantizeMultiplier(double(scale_in) / double(scale_out), &layer.multiplier, &layer.shift);
  return layer;
}

TableI8 RescaleTable(const RescaleLayer& layer) {
  CheckRange("the input zero point", layer.input_zp, -128, 127);
  CheckMultiplier("the multiplier", layer.multiplier, layer.shift, 30);
  CheckOutputCodes(layer.output_zp, layer.clamp_lo, layer.clamp_hi);
  TableI8 table{};
  for (int x = -128; x <= 127; ++x)
    table[uint8_t(x)] = Requantize(x - layer.input_zp, layer.multiplier, layer.shift, layer.output_zp,
                                   layer.clamp_lo, layer.clamp_hi);
  return table;
}

// ---- any function -----------------------------------------------------------------------------------------

TensorI8 Table(const TensorI8& in, const TableLayer& layer) {
  CheckTensor(in);
  TensorI8 out = in;
  for (int8_t& x : out.data) x = Lookup(layer.table, x);
  return out;
}

Shape PairShape(const Shape& a, const Shape& b) {
  if (a != b && b != Shape{a.n, 1, 1, a.c})
    throw Error("the shapes {} and {} differ: give maps of one shape, or one pixel as the second",
                ToString(a), ToString(b));
  return a;
}

TensorI8 Pair(const TensorI8& a, const TensorI8& b, const PairLayer& layer) {
  constexpr size_t kCodes = 256;
  CheckTensor(a);
  CheckTensor(b);
  if (layer.table.size() != kCodes * kCodes)
    throw Error("the table has {} values: give it {}", layer.table.size(), kCodes * kCodes);
  TensorI8 out(PairShape(a.shape, b.shape));
  const size_t image = a.data.size() / size_t(a.shape.n), other = b.data.size() / size_t(b.shape.n);
  for (size_t i = 0; i < out.data.size(); ++i) {
    const int8_t y = b.data[i / image * other + i % image % other];
    out.data[i] = layer.table[kCodes * uint8_t(a.data[i]) + uint8_t(y)];
  }
  return out;
}

// ---- addition ---------------------------------------------------------------------------------------------

AddLayer MakeAdd(float scale1, int zp1, float scale2, int zp2, float scale_out, int zp_out, int clamp_lo,
                 int clamp_hi) {
  CheckScale("the first scale", scale1);
  CheckScale("the second scale", scale2);
  CheckScale("the output scale", scale_out);
  AddLayer layer{.zp1 = zp1, .zp2 = zp2, .zp_out = zp_out, .clamp_lo = clamp_lo, .clamp_hi = clamp_hi};
  const double twice_max = 2 * double(std::max(scale1, scale2));
  QuantizeMultiplierSmallerThanOne("the first factor", double(scale1) / twice_max, &layer.mult1,
                                   &layer.shift1);
  QuantizeMultiplierSmallerThanOne("the second factor", double(scale2) / twice_max, &layer.mult2,
                                   &layer.shift2);
  QuantizeMultiplierSmallerThanOne("the output factor", twice_max / ((1 << kAddShift) * double(scale_out)),
                                   &layer.mult_out, &layer.shift_out);
  return layer;
}

TableI32 AddTable(int zp, int32_t multiplier, int shift) {
  CheckRange("the input zero point", zp, -128, 127);
  CheckMultiplier("the multiplier", multiplier, shift, 0);
  TableI32 table{};
  for (int x = -128; x <= 127; ++x)
    table[uint8_t(x)] = MultiplyByQuantizedMultiplier((x - zp) * (1 << kAddShift), multiplier, shift);
  return table;
}

Shape AddShape(const Shape& a, const Shape& b) {
  if (a != b) throw Error("the shapes {} and {} differ: add maps of one shape", ToString(a), ToString(b));
  return a;
}

TensorI8 Add(const TensorI8& a, const TensorI8& b, const AddLayer& layer) {
  CheckTensor(a);
  CheckTensor(b);
  CheckMultiplier("the output multiplier", layer.mult_out, layer.shift_out, 0);
  CheckOutputCodes(layer.zp_out, layer.clamp_lo, layer.clamp_hi);
  const TableI32 table1 = AddTable(layer.zp1, layer.mult1, layer.shift1);
  const TableI32 table2 = AddTable(layer.zp2, layer.mult2, layer.shift2);
  TensorI8 out(AddShape(a.shape, b.shape));
  for (size_t i = 0; i < out.data.size(); ++i) {
    const int32_t sum = Lookup(table1, a.data[i]) + Lookup(table2, b.data[i]);  // below 2^30
    out.data[i] =
        Requantize(sum, layer.mult_out, layer.shift_out, layer.zp_out, layer.clamp_lo, layer.clamp_hi);
  }
  return out;
}

// ---- joins and borders ------------------------------------------------------------------------------------

Shape ConcatShape(const std::vector<Shape>& inputs, int axis) {
  if (inputs.empty()) throw Error("there are 0 inputs: give at least one");
  CheckRange("the axis", axis, 0, 2);
  const Shape& first = inputs[0];
  std::array<int64_t, 3> sizes{first.h, first.w, first.c};
  int64_t total = 0;
  for (const Shape& s : inputs) {
    std::array<int64_t, 3> others{s.h, s.w, s.c};
    total += std::exchange(others[size_t(axis)], sizes[size_t(axis)]);
    if (s.n != first.n || others != sizes)
      throw Error("the shapes {} and {} differ in more than one axis: make the rest equal", ToString(first),
                  ToString(s));
  }
  sizes[size_t(axis)] = total;
  return CheckedOutput(first.n, sizes[0], sizes[1], sizes[2]);
}

TensorI8 Concat(const std::vector<const TensorI8*>& inputs, const ConcatLayer& layer) {
  if (inputs.size() != layer.inputs.size())
    throw Error("there are {} inputs and {} tables: give as many", inputs.size(), layer.inputs.size());
  std::vector<Shape> shapes;
  for (const TensorI8* in : inputs) {
    CheckTensor(*in);
    shapes.push_back(in->shape);
  }
  TensorI8 out(ConcatShape(shapes, layer.axis));
  std::array<int, 3> at{0, 0, 0};  // the input's first element in the output
  for (size_t i = 0; i < inputs.size(); ++i) {
    const TensorI8 in = Table(*inputs[i], layer.inputs[i]);
    const Shape& s = in.shape;
    for (int n = 0; n < s.n; ++n)
      for (int y = 0; y < s.h; ++y)
        for (int x = 0; x < s.w; ++x)
          std::copy_n(&in.at(n, y, x, 0), s.c, &out.at(n, at[0] + y, at[1] + x, at[2]));
    at[size_t(layer.axis)] += std::array{s.h, s.w, s.c}[size_t(layer.axis)];
  }
  return out;
}

namespace {

// The largest border that a map of this size can have.
int MostPadding(PadMode mode, int size) {
  if (mode == PadMode::kReflect) return size - 1;
  return mode == PadMode::kSymmetric ? size : kMaxDimension;
}

// The pixel of the map that a border's or its own pixel shows, along one axis.
int Mirrored(PadMode mode, int at, int size) {
  const int twice = mode == PadMode::kReflect ? 0 : 1;
  if (mode == PadMode::kEdge) return std::clamp(at, 0, size - 1);
  if (at < 0) return -at - twice;
  return at < size ? at : 2 * size - 2 + twice - at;
}

}  // namespace

Shape PadShape(const Shape& in, const PadLayer& layer) {
  const Padding& p = layer.pad;
  CheckRange("the padding", std::min({p.top, p.bottom, p.left, p.right}), 0, kMaxDimension);
  CheckRange("the padding", std::max(p.top, p.bottom), 0, MostPadding(layer.mode, in.h));
  CheckRange("the padding", std::max(p.left, p.right), 0, MostPadding(layer.mode, in.w));
  CheckRange("the padding's value", layer.value, -128, 127);
  return CheckedOutput(in.n, int64_t{in.h} + p.top + p.bottom, int64_t{in.w} + p.left + p.right, in.c);
}

TensorI8 Pad(const TensorI8& in, const PadLayer& layer) {
  CheckTensor(in);
  TensorI8 out(PadShape(in.shape, layer), int8_t(layer.value));
  const Shape &s = in.shape, &o = out.shape;
  for (int n = 0; n < o.n; ++n)
    for (int y = 0; y < o.h; ++y)
      for (int x = 0; x < o.w; ++x) {
        int from_y = y - layer.pad.top, from_x = x - layer.pad.left;
        if (layer.mode != PadMode::kConstant) {
          from_y = Mirrored(layer.mode, from_y, s.h);
          from_x = Mirrored(layer.mode, from_x, s.w);
        } else if (from_y < 0 || from_y >= s.h || from_x < 0 || from_x >= s.w) {
          continue;
        }
        std::copy_n(&in.at(n, from_y, from_x, 0), s.c, &out.at(n, y, x, 0));
      }
  return out;
}

Shape SliceShape(const Shape& in, const SliceLayer& layer) {
  const std::array<int, 3> sizes{in.h, in.w, in.c};
  for (size_t i = 0; i < sizes.size(); ++i) {
    CheckRange("the slice's step", layer.step[i], 1, kMaxDimension);
    CheckRange("the slice's size", layer.size[i], 1, kMaxDimension);
    CheckRange("the slice's begin", layer.begin[i], 0, sizes[i] - 1);
    CheckRange("the slice's end", layer.begin[i] + int64_t{layer.size[i] - 1} * layer.step[i], 0,
               sizes[i] - 1);
  }
  return {in.n, layer.size[0], layer.size[1], layer.size[2]};
}

TensorI8 Slice(const TensorI8& in, const SliceLayer& layer) {
  CheckTensor(in);
  TensorI8 out(SliceShape(in.shape, layer));
  const Shape& s = out.shape;
  for (int n = 0; n < s.n; ++n)
    for (int y = 0; y < s.h; ++y)
      for (int x = 0; x < s.w; ++x)
        for (int c = 0; c < s.c; ++c)
          out.at(n, y, x, c) = in.at(n, layer.begin[0] + y * layer.step[0],
                                     layer.begin[1] + x * layer.step[1], layer.begin[2] + c * layer.step[2]);
  return out;
}

Shape DepthToSpaceShape(const Shape& in, const DepthToSpaceLayer& layer) {
  CheckRange("the block", layer.block, 1, 256);
  const int area = layer.block * layer.block;
  if (in.c % area != 0) throw Error("{} channels do not divide by the block's {} pixels", in.c, area);
  return CheckedOutput(in.n, int64_t{in.h} * layer.block, int64_t{in.w} * layer.block, in.c / area);
}

TensorI8 DepthToSpace(const TensorI8& in, const DepthToSpaceLayer& layer) {
  CheckTensor(in);
  TensorI8 out(DepthToSpaceShape(in.shape, layer));
  const Shape& s = out.shape;
  const int block = layer.block;
  for (int n = 0; n < s.n; ++n)
    for (int y = 0; y < s.h; ++y)
      for (int x = 0; x < s.w; ++x)
        for (int c = 0; c < s.c; ++c) {
          const int dy = y % block, dx = x % block;
          const int from = layer.channel_first ? (c * block + dy) * block + dx : (dy * block + dx) * s.c + c;
          out.at(n, y, x, c) = in.at(n, y / block, x / block, from);
        }
  return out;
}

Shape UpsampleShape(const Shape& in, const UpsampleLayer& layer) {
  CheckRange("the factor", std::min(layer.factor_h, layer.factor_w), 1, kMaxDimension);
  CheckRange("the factor", std::max(layer.factor_h, layer.factor_w), 1, kMaxDimension);
  return CheckedOutput(in.n, int64_t{in.h} * layer.factor_h, int64_t{in.w} * layer.factor_w, in.c);
}

TensorI8 Upsample(const TensorI8& in, const UpsampleLayer& layer) {
  CheckTensor(in);
  TensorI8 out(UpsampleShape(in.shape, layer));
  const Shape& s = out.shape;
  for (int n = 0; n < s.n; ++n)
    for (int y = 0; y < s.h; ++y)
      for (int x = 0; x < s.w; ++x)
        std::copy_n(&in.at(n, y / layer.factor_h, x / layer.factor_w, 0), s.c, &out.at(n, y, x, 0));
  return out;
}

}  // namespace weft::golden
