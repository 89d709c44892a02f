// SPDX-License-Identifier: Apache-2.0
// Operators that move values and compute none, and those that compute sizes.
#include <algorithm>
#include <numeric>

#include "compiler/tflite/tflite_translator.hpp"
#include "sw_model/error.hpp"
#include "sw_model/golden/golden.hpp"

namespace weft {
namespace {

int64_t Product(const std::vector<int>& dims) {
  return std::accumulate(dims.begin(), dims.end(), int64_t{1}, std::multiplies<>());
}

}  // namespace

// ---- sizes ------------------------------------------------------------------------------------------------

// What a new shape makes of so many values: -1 stands for what is left. Empty where it does not fit.
static std::vector<int> Resolved(const std::vector<int64_t>& shape, int64_t elements) {
  constexpr int64_t kMost = 65536;
  int64_t known = 1;
  for (const int64_t size : shape) {
    if (size < -1 || size == 0 || size > kMost || known > elements) return {};
    known *= size == -1 ? 1 : size;
  }
  std::vector<int> dims;
  for (const int64_t size : shape) dims.push_back(int(size == -1 ? elements / known : size));
  return Product(dims) == elements ? dims : std::vector<int>{};
}

// RESHAPE, SQUEEZE and EXPAND_DIMS: the same values. The new sizes are those of the output in the file,
// unless they are free there.
void TfliteTranslator::Reshape(const Operator& op) {
  const Value in = Lazy(op, 0);
  RequireSameScale(op, in);
  const int64_t elements = Product(in.dims);
  std::vector<int> dims = OutputTensor(op).dims;
  if (Product(dims) != elements && op.code == schema::BuiltinOperator::RESHAPE && op.HasInput(1))
    dims = Resolved(Numbers(op, 1), elements);
  if (dims.empty() || Product(dims) != elements)
    throw Error("its output {} does not fit an input of {} values", OutputTensor(op).Describe(), elements);
  Alias(op.outputs[0], in, dims);
}

void TfliteTranslator::ShapeNumbers(const Operator& op) {
  const std::vector<int>& dims = InputTensor(op, 0).dims;
  numbers_[size_t(op.outputs[0])] = std::vector<int64_t>(dims.begin(), dims.end());
}

void TfliteTranslator::Pack(const Operator& op) {
  if (OutputTensor(op).type == schema::TensorType::INT8)
    throw Error("it stacks maps: only sizes are supported, use CONCATENATION");
  std::vector<int64_t> all;
  for (size_t i = 0; i < op.inputs.size(); ++i) {
    const std::vector<int64_t> numbers = Numbers(op, i);
    if (numbers.size() != 1) throw Error("it stacks more than numbers");
    all.push_back(numbers[0]);
  }
  numbers_[size_t(op.outputs[0])] = all;
}

// ---- order ------------------------------------------------------------------------------------------------

// The order of an image's values decides: if it stays, nothing is to be done; if each pixel's channels change
// places in the same way (as when channels are shuffled), it is a convolution; else the host moves them.
void TfliteTranslator::Transpose(const Operator& op) {
  const Value in = Lazy(op, 0);
  RequireSameScale(op, in);
  const std::vector<int64_t> order = Numbers(op, 1);
  const size_t rank = in.dims.size();
  std::vector<int64_t> sorted = order;
  std::ranges::sort(sorted);
  for (size_t i = 0; i < sorted.size(); ++i)
    if (sorted.size() != rank || sorted[i] != int64_t(i))
      throw Error("its order is not one of its input's {} axes", rank);
  if (HasBatch(in.dims) && order[0] != 0)
    throw Error("it moves the batch: only axes inside of an image are supported");
  std::vector<int> dims(rank);
  std::vector<size_t> stride(rank, 1), step(rank);  // in the input's memory, along its axes and the output's
  for (size_t i = rank - 1; i > 0; --i) stride[i - 1] = stride[i] * size_t(in.dims[i]);
  for (size_t i = 0; i < rank; ++i) {
    dims[i] = in.dims[size_t(order[i])];
    step[i] = stride[size_t(order[i])];
  }
  std::vector<size_t> from(size_t(Product(dims)));  // of each value of the output
  std::vector<int> at(rank);
  for (size_t& source : from) {
    source = std::inner_product(at.begin(), at.end(), step.begin(), size_t{0});
    for (size_t i = rank; i-- > 0;) {
      if (++at[i] < dims[i]) break;
      at[i] = 0;
    }
  }
  bool same = true, channels_only = true;
  const auto channels = size_t(ShapeOf(in).c);
  for (size_t i = 0; i < from.size(); ++i) {
    same &= from[i] == i;
    channels_only &= from[i] == i / channels * channels + from[i % channels];
  }
  if (same) return Alias(op.outputs[0], in, dims);
  if (channels_only) return EmitOneHot(op, in, {from.begin(), from.begin() + std::ptrdiff_t(channels)}, 0);
  const Shape shape = MapShape(dims);
  EmitHost(op, {in.tensor}, [from, shape](const Inputs& inputs) {
    const TensorI8& x = *inputs.at(0);
    TensorI8 out(Shape{x.shape.n, shape.h, shape.w, shape.c});
    for (size_t i = 0; i < out.data.size(); ++i)
      out.data[i] = x.data[i / from.size() * from.size() + from[i % from.size()]];
    return out;
  });
}

// ---- joins ------------------------------------------------------------------------------------------------

void TfliteTranslator::Concatenation(const Operator& op) {
  const auto& o = op.options<schema::ConcatenationOptions>();
  if (o.activation() != schema::Activation::NONE) throw Error("its fused activation is not supported");
  if (OutputTensor(op).type != schema::TensorType::INT8) {
    std::vector<int64_t> all;
    for (size_t i = 0; i < op.inputs.size(); ++i)
      for (const int64_t number : Numbers(op, i)) all.push_back(number);
    numbers_[size_t(op.outputs[0])] = all;
    return;
  }
  std::vector<int> inputs;
  for (size_t i = 0; i < op.inputs.size(); ++i) {
    const Value in = Input(op, i);
    RequireSameScale(op, in);
    inputs.push_back(in.tensor);
  }
  ConcatLayer concat{.inputs = {inputs.size(), {tflite_kernels::Unchanged()}}};
  concat.axis = MapAxis(OutputTensor(op).dims, o.axis());
  Emit(op, {.op = Op::kConcat, .inputs = inputs, .concat = std::move(concat)});
}

// ---- borders ----------------------------------------------------------------------------------------------

namespace {

// Pairs of values before and after each axis of the map, from a constant of [rank, 2].
std::array<std::array<int, 2>, 3> Borders(const std::vector<int64_t>& numbers, const std::vector<int>& dims) {
  constexpr int64_t kMost = 65536;
  if (numbers.size() != 2 * dims.size())
    throw Error("it has {} paddings for {} dimensions", numbers.size(), dims.size());
  std::array<std::array<int, 2>, 3> borders{};
  for (size_t i = 0; i < numbers.size(); ++i) {
    if (numbers[i] < 0 || numbers[i] > kMost)
      throw Error("one of its paddings is {}: make it from 0 to {}", numbers[i], kMost);
    if (numbers[i] > 0) borders[size_t(MapAxis(dims, int64_t(i / 2)))][i % 2] = int(numbers[i]);
  }
  return borders;
}

}  // namespace

void TfliteTranslator::Pad(const Operator& op) {
  const Value in = Input(op);
  RequireSameScale(op, in);
  const auto borders = Borders(Numbers(op, 1), in.dims);
  PadLayer pad{
      .pad = {.top = borders[0][0], .bottom = borders[0][1], .left = borders[1][0], .right = borders[1][1]},
      .value = ScaleOf(in).zero_point};
  if (op.code == schema::BuiltinOperator::MIRROR_PAD)
    pad.mode = op.options<schema::MirrorPadOptions>().mode() == schema::MirrorPadMode::REFLECT
                   ? PadMode::kReflect
                   : PadMode::kSymmetric;
  if (op.HasInput(2)) {
    const TfliteTensor& given = InputTensor(op, 2);
    if (given.elements() != 1 || QuantisationOf(given) != ScaleOf(in))
      throw Error("its value {} must be one number of its input's scale and zero point", given.Describe());
    pad.value = CodeValues(given)[0];
  }
  if (borders[2] == std::array{0, 0}) return Emit(op, {.op = Op::kPad, .inputs = {in.tensor}, .pad = pad});
  if (pad.pad != Padding{} || pad.mode != PadMode::kConstant)
    throw Error(
        "it pads channels, and pixels too or by mirroring: only channels alone, by one value, are supported");
  std::vector<int> from(size_t(borders[2][0]), -1);
  for (int c = 0; c < ShapeOf(in).c; ++c) from.push_back(c);
  from.insert(from.end(), size_t(borders[2][1]), -1);
  EmitOneHot(op, in, from, pad.value);
}

// ---- parts ------------------------------------------------------------------------------------------------

// The part along each axis of the file: begin, number and step.
void TfliteTranslator::SliceMap(const Operator& op, const std::vector<int64_t>& begin,
                                const std::vector<int64_t>& size, const std::vector<int64_t>& step,
                                size_t output) {
  const Value in = Input(op, op.code == schema::BuiltinOperator::SPLIT ? 1 : 0);
  RequireSameScale(op, in);
  const Shape& s = ShapeOf(in);
  SliceLayer slice{.begin = {0, 0, 0}, .size = {s.h, s.w, s.c}, .step = {1, 1, 1}};
  for (size_t i = 0; i < in.dims.size(); ++i) {
    const int64_t last = begin[i] + (size[i] - 1) * step[i];
    if (begin[i] < 0 || size[i] < 1 || step[i] < 1 || last >= in.dims[i])
      throw Error("its part of dimension {} goes beyond it, backwards, or is empty: that is not supported",
                  i);
    if (size[i] == in.dims[i]) continue;
    const auto axis = size_t(MapAxis(in.dims, int64_t(i)));
    slice.begin[axis] = int(begin[i]);
    slice.size[axis] = int(size[i]);
    slice.step[axis] = int(step[i]);
  }
  Emit(op, {.op = Op::kSlice, .inputs = {in.tensor}, .slice = slice}, output);
}

void TfliteTranslator::StridedSlice(const Operator& op) {
  const auto& o = op.options<schema::StridedSliceOptions>();
  if (o.ellipsis_mask() != 0 || o.new_axis_mask() != 0 || o.offset())
    throw Error("it has an ellipsis, a new axis or an offset: that is not supported");
  const bool of_sizes = numbers_[size_t(std::max(op.HasInput(0) ? op.inputs[0] : 0, 0))].has_value();
  const std::vector<int> dims = of_sizes ? std::vector<int>{int(Numbers(op, 0).size())} : Lazy(op, 0).dims;
  std::vector<int64_t> begin = Numbers(op, 1), end = Numbers(op, 2), step = Numbers(op, 3), size;
  if (begin.size() != dims.size() || end.size() != dims.size() || step.size() != dims.size())
    throw Error("it gives {} begins, {} ends and {} steps for {} dimensions", begin.size(), end.size(),
                step.size(), dims.size());
  for (size_t i = 0; i < dims.size(); ++i) {
    const auto has = [&](int mask) { return (mask >> i & 1) != 0; };
    const int64_t n = dims[i];
    const auto from_end = [n](int64_t at) { return std::clamp<int64_t>(at < 0 ? at + n : at, 0, n); };
    if (step[i] < 1 || step[i] > n + 1) step[i] = step[i] < 1 ? 0 : n;
    begin[i] = has(o.begin_mask()) ? 0 : from_end(begin[i]);
    end[i] = has(o.shrink_axis_mask()) ? begin[i] + 1 : has(o.end_mask()) ? n : from_end(end[i]);
    size.push_back(step[i] < 1 ? 0 : (end[i] - begin[i] + step[i] - 1) / step[i]);
  }
  if (!of_sizes) return SliceMap(op, begin, size, step, 0);
  const std::vector<int64_t> all = Numbers(op, 0);
  std::vector<int64_t> part;
  for (int64_t i = 0; i < size[0]; ++i) part.push_back(all.at(size_t(begin[0] + i * step[0])));
  numbers_[size_t(op.outputs[0])] = part;
}

void TfliteTranslator::Slice(const Operator& op) {
  const std::vector<int> dims = Lazy(op, 0).dims;
  const std::vector<int64_t> begin = Numbers(op, 1);
  std::vector<int64_t> size = Numbers(op, 2);
  if (begin.size() != dims.size() || size.size() != dims.size())
    throw Error("it gives {} begins and {} sizes for {} dimensions", begin.size(), size.size(), dims.size());
  for (size_t i = 0; i < dims.size(); ++i)
    if (size[i] == -1) size[i] = dims[i] - begin[i];
  for (size_t i = 0; i < dims.size(); ++i)
    if (begin[i] < 0 || size[i] < 1 || size[i] > dims[i])
      throw Error("its part of dimension {} goes beyond it or is empty", i);
  SliceMap(op, begin, size, std::vector<int64_t>(dims.size(), 1), 0);
}

// SPLIT has its axis first; SPLIT_V after the sizes.
void TfliteTranslator::Split(const Operator& op) {
  const bool equal = op.code == schema::BuiltinOperator::SPLIT;
  const std::vector<int> dims = Lazy(op, equal ? 1 : 0).dims;
  const std::vector<int64_t> given = Numbers(op, equal ? 0 : 2);
  if (given.size() != 1) throw Error("its axis is not one number");
  const auto rank = int64_t(dims.size());
  const int64_t axis = given[0] < 0 ? given[0] + rank : given[0];
  if (axis < 0 || axis >= rank)
    throw Error("axis {} is not one of its input's {} dimensions", given[0], rank);
  const auto parts = int64_t(op.outputs.size());
  std::vector<int64_t> sizes;
  if (equal) sizes.assign(size_t(parts), dims[size_t(axis)] / parts);
  else sizes = Numbers(op, 1);
  if (int64_t(sizes.size()) != parts) throw Error("it has {} sizes and {} outputs", sizes.size(), parts);
  const auto rest = std::ranges::find(sizes, -1);
  if (rest != sizes.end())
    *rest = dims[size_t(axis)] - (std::accumulate(sizes.begin(), sizes.end(), int64_t{0}) + 1);
  std::vector<int64_t> begin(dims.size()), size(dims.begin(), dims.end());
  for (size_t i = 0; i < sizes.size(); ++i) {
    size[size_t(axis)] = sizes[i];
    if (sizes[i] < 1 || sizes[i] > dims[size_t(axis)])
      throw Error("its part {} has {} values of {}", i, sizes[i], dims[size_t(axis)]);
    SliceMap(op, begin, size, std::vector<int64_t>(dims.size(), 1), i);
    begin[size_t(axis)] += sizes[i];
  }
  if (begin[size_t(axis)] != dims[size_t(axis)])
    throw Error("its parts do not add up to {}", dims[size_t(axis)]);
}

// ---- resolution -------------------------------------------------------------------------------------------

void TfliteTranslator::Resize(const Operator& op) {
  const Value in = Input(op);
  RequireSameScale(op, in);
  const Shape s = ShapeOf(in), out = MapShape(OutputTensor(op).dims);
  const std::vector<int64_t> sizes = Numbers(op, 1);
  if (in.dims.size() != 4 || sizes.size() != 2 || sizes[0] != out.h || sizes[1] != out.w || s.c != out.c)
    throw Error("its output {} does not fit its sizes", OutputTensor(op).Describe());
  const bool nearest = op.code == schema::BuiltinOperator::RESIZE_NEAREST_NEIGHBOR;
  tflite_kernels::Resize resize{out.h, out.w, false, false};
  const auto take = [&](const auto& o) {
    resize.align_corners = o.align_corners();
    resize.half_pixel_centers = o.half_pixel_centers();
  };
  if (nearest) take(op.options<schema::ResizeNearestNeighborOptions>());
  else take(op.options<schema::ResizeBilinearOptions>());
  const bool whole = out.h % s.h == 0 && out.w % s.w == 0;
  if (nearest && whole && !resize.align_corners)
    return Emit(op, {.op = Op::kUpsample, .inputs = {in.tensor}, .upsample = {out.h / s.h, out.w / s.w}});
  EmitHost(op, {in.tensor}, [resize, nearest](const Inputs& inputs) {
    return nearest ? tflite_kernels::ResizeNearest(*inputs.at(0), resize)
                   : tflite_kernels::ResizeBilinear(*inputs.at(0), resize);
  });
}

namespace {

int Block(int block, int divided) {
  if (block < 1 || block > 256 || divided % block != 0)
    throw Error("its block of {} does not divide {}", block, divided);
  return block;
}

}  // namespace

// Channel (dy * block + dx) * C + c is channel c of the pixel (dy, dx) of a block.
void TfliteTranslator::SpaceToDepth(const Operator& op) {
  const Value in = Input(op);
  RequireSameScale(op, in);
  const Shape& s = ShapeOf(in);
  const int block = Block(op.options<schema::SpaceToDepthOptions>().block_size(), std::gcd(s.h, s.w));
  const int channels = block * block * s.c;
  ConvLayer layer;
  layer.window.kh = layer.window.kw = layer.window.stride_h = layer.window.stride_w = block;
  if (int64_t{channels} * channels > int64_t{1} << 28)
    throw Error("its block of {} is too large for {} channels", block, s.c);
  layer.filters = TensorI8(Shape{channels, block, block, s.c});
  for (int k = 0; k < channels; ++k) layer.filters.data[size_t(k) * size_t(channels) + size_t(k)] = 1;
  layer.bias.resize(size_t(channels));
  layer.input_zp = layer.requant.output_zp = ScaleOf(in).zero_point;
  layer.requant.multiplier.assign(size_t(channels), 1 << 30);
  layer.requant.shift.assign(size_t(channels), 1);
  Emit(op, {.op = Op::kConv, .inputs = {in.tensor}, .conv = std::move(layer)});
}

void TfliteTranslator::DepthToSpace(const Operator& op) {
  const Value in = Input(op);
  RequireSameScale(op, in);
  const int given = op.options<schema::DepthToSpaceOptions>().block_size();
  const int block =
      given > 0 && given <= 256 && ShapeOf(in).c % (given * given) == 0 ? given : Block(0, ShapeOf(in).c);
  Emit(op, {.op = Op::kDepthToSpace, .inputs = {in.tensor}, .depth_to_space = {.block = block}});
}

}  // namespace weft
