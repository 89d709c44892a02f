// SPDX-License-Identifier: Apache-2.0
// Damaged files: every outcome is an Error or a graph that is sound. Run it under the sanitizers too (preset
// asan).
#include <gtest/gtest.h>

#include <random>

#include "compiler/tflite/tflite_reader.hpp"
#include "sw_model/error.hpp"
#include "sw_model/golden/golden.hpp"
#include "tests/compiler/tflite/tflite_builder.hpp"

namespace weft {
namespace {

using schema::BuiltinOperator;

// Many operators, so small that most bytes are structure and not weights.
std::string ManyOperators() {
  TfliteBuilder net;
  const int x = net.Input({1, 6, 6, 4}, 0.5F, 3);
  int y = x;
  const auto next = [&](TfliteBuilder::Dims dims, float scale = 0.5F, int zero_point = 3) {
    return net.Tensor(fmt::format("t{}", net.graph().tensors.size()), std::move(dims), scale, zero_point);
  };
  schema::Conv2DOptionsT conv;
  conv.stride_h = conv.stride_w = 1;
  conv.activation = schema::Activation::RELU6;
  y = net.Op(BuiltinOperator::CONV_2D, {y, net.Filters({4, 2, 2, 4}, {0.25F}, 0), net.Integers({1, 2, 3, 4})},
             next({1, 6, 6, 4}), conv);
  schema::DepthwiseConv2DOptionsT depthwise;
  depthwise.stride_h = depthwise.stride_w = depthwise.depth_multiplier = 1;
  const int map =
      net.Op(BuiltinOperator::DEPTHWISE_CONV_2D, {y, net.Filters({1, 1, 2, 4}, {0.25F, 0.5F, 0.5F, 0.5F}, 3)},
             next({1, 6, 6, 4}), depthwise);
  y = net.Op(BuiltinOperator::ADD, {y, map}, next({1, 6, 6, 4}), schema::AddOptionsT{});
  y = net.Op(BuiltinOperator::SUB, {y, net.Codes({4}, {1, 2, 3, 4})}, next({1, 6, 6, 4}),
             schema::SubOptionsT{});
  y = net.Op(BuiltinOperator::MUL, {y, net.Codes({1, 6, 1, 4}, std::vector<int8_t>(24, 9), 0.5F, 1)},
             next({1, 6, 6, 4}), schema::MulOptionsT{});
  y = net.Op(BuiltinOperator::LEAKY_RELU, {y}, next({1, 6, 6, 4}), schema::LeakyReluOptionsT{});
  y = net.Op(BuiltinOperator::HARD_SWISH, {y}, next({1, 6, 6, 4}));
  y = net.Op(BuiltinOperator::PRELU, {y, net.Codes({4}, {1, 2, 3, 4})}, next({1, 6, 6, 4}));
  y = net.Op(BuiltinOperator::PAD, {y, net.Integers({0, 0, 1, 1, 0, 2, 0, 0})}, next({1, 8, 8, 4}));
  schema::MirrorPadOptionsT mirror;
  y = net.Op(BuiltinOperator::MIRROR_PAD, {y, net.Integers({0, 0, 1, 0, 1, 0, 0, 0})}, next({1, 9, 9, 4}),
             mirror);
  schema::StridedSliceOptionsT slice;
  y = net.Op(BuiltinOperator::STRIDED_SLICE,
             {y, net.Integers({0, 0, 1, 0}), net.Integers({1, 9, 9, 4}), net.Integers({1, 2, 2, 1})},
             next({1, 5, 4, 4}), slice);
  y = net.Op(BuiltinOperator::SLICE, {y, net.Integers({0, 1, 0, 0}), net.Integers({1, 4, -1, 4})},
             next({1, 4, 4, 4}));
  schema::SplitOptionsT split;
  const int half = net.Op(BuiltinOperator::SPLIT, {net.Integers({3}), y}, next({1, 4, 4, 2}), split);
  net.last().outputs.push_back(next({1, 4, 4, 2}));
  schema::ConcatenationOptionsT concat;
  concat.axis = 3;
  y = net.Op(BuiltinOperator::CONCATENATION, {y, half, half}, next({1, 4, 4, 8}), concat);
  schema::DepthToSpaceOptionsT block;
  block.block_size = 2;
  y = net.Op(BuiltinOperator::DEPTH_TO_SPACE, {y}, next({1, 8, 8, 2}), block);
  schema::SpaceToDepthOptionsT depth;
  depth.block_size = 2;
  y = net.Op(BuiltinOperator::SPACE_TO_DEPTH, {y}, next({1, 4, 4, 8}), depth);
  schema::TransposeConvOptionsT transpose;
  transpose.stride_h = transpose.stride_w = 2;
  y = net.Op(BuiltinOperator::TRANSPOSE_CONV,
             {net.Integers({1, 8, 8, 2}), net.Filters({2, 3, 3, 8}, {0.5F}, 0), y}, next({1, 8, 8, 2}),
             transpose);
  schema::ResizeBilinearOptionsT bilinear;
  y = net.Op(BuiltinOperator::RESIZE_BILINEAR, {y, net.Integers({4, 5})}, next({1, 4, 5, 2}), bilinear);
  schema::ResizeNearestNeighborOptionsT nearest;
  y = net.Op(BuiltinOperator::RESIZE_NEAREST_NEIGHBOR, {y, net.Integers({4, 8})}, next({1, 4, 8, 2}),
             nearest);
  y = net.Op(BuiltinOperator::TRANSPOSE, {y, net.Integers({0, 2, 1, 3})}, next({1, 8, 4, 2}));
  schema::Pool2DOptionsT pool;
  pool.stride_h = pool.stride_w = pool.filter_h = pool.filter_w = 2;
  pool.activation = schema::Activation::RELU;
  y = net.Op(BuiltinOperator::AVERAGE_POOL_2D, {y}, next({1, 4, 2, 2}), pool);
  y = net.Op(BuiltinOperator::MEAN, {y, net.Integers({1})}, next({1, 2, 2}), schema::ReducerOptionsT{});
  y = net.Op(BuiltinOperator::RESHAPE, {y, net.Integers({1, 4})}, next({1, 4}), schema::ReshapeOptionsT{});
  y = net.Op(BuiltinOperator::FULLY_CONNECTED, {y, net.Filters({4, 4}, {0.5F}, 0)}, next({1, 4}),
             schema::FullyConnectedOptionsT{});
  schema::SoftmaxOptionsT softmax;
  softmax.beta = 1;
  y = net.Op(BuiltinOperator::SOFTMAX, {y}, next({1, 4}, 1.0F / 256, -128), softmax);
  net.Op(BuiltinOperator::LOGISTIC, {y}, next({1, 4}, 1.0F / 256, -128));
  return net.Bytes();
}

TensorI8 RunOne(const Node& node, const std::vector<TensorI8>& tensors) {
  std::vector<const TensorI8*> inputs;
  for (const int input : node.inputs) inputs.push_back(&tensors[size_t(input)]);
  const TensorI8& in = *inputs.at(0);
  switch (node.op) {
    case Op::kConv:
      return golden::Conv(in, node.conv);
    case Op::kMaxPool:
      return golden::MaxPool(in, node.pool);
    case Op::kAveragePool:
      return golden::AveragePool(in, node.pool);
    case Op::kAdd:
      return golden::Add(in, *inputs.at(1), node.add);
    case Op::kTable:
      return golden::Table(in, node.table);
    case Op::kPair:
      return golden::Pair(in, *inputs.at(1), node.pair);
    case Op::kConcat:
      return golden::Concat(inputs, node.concat);
    case Op::kPad:
      return golden::Pad(in, node.pad);
    case Op::kSlice:
      return golden::Slice(in, node.slice);
    case Op::kUpsample:
      return golden::Upsample(in, node.upsample);
    case Op::kDepthToSpace:
      return golden::DepthToSpace(in, node.depth_to_space);
    case Op::kHost:
      return node.host.run(inputs);
    case Op::kSoftmax:
      break;
  }
  throw Error("the reader makes no node of this kind");
}

// Its tensors have the shapes that the nodes give, and it runs.
void ExpectSound(const Graph& graph) {
  constexpr size_t kMost = 100'000;
  for (const TensorInfo& tensor : graph.tensors)
    if (tensor.shape.size() > kMost) return;  // a damaged size: sound, but slow
  std::vector<TensorI8> tensors(graph.tensors.size());
  const auto shape_of = [&](int tensor) {
    Shape shape = graph.tensors.at(size_t(tensor)).shape;
    shape.n = 2;
    return shape;
  };
  tensors.at(size_t(graph.input)) = TensorI8(shape_of(graph.input), 7);
  for (const Node& node : graph.nodes) {
    tensors.at(size_t(node.output)) = RunOne(node, tensors);
    ASSERT_EQ(tensors[size_t(node.output)].shape, shape_of(node.output)) << node.name;
  }
  for (const Port& port : graph.outputs) ASSERT_FALSE(tensors.at(size_t(port.tensor)).data.empty());
}

// true: it was accepted
bool Try(const std::string& bytes) {
  try {
    ExpectSound(ParseTflite(bytes));
    return true;
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
    return false;
  }
}

TEST(TfliteFuzz, UndamagedFileIsAccepted) { EXPECT_TRUE(Try(ManyOperators())); }

TEST(TfliteFuzz, Truncations) {
  const std::string bytes = ManyOperators();
  for (size_t size = 0; size < bytes.size(); size += 3) EXPECT_FALSE(Try(bytes.substr(0, size))) << size;
}

TEST(TfliteFuzz, ChangedBytes) {
  const std::string sound = ManyOperators();
  std::mt19937 random(1);
  int accepted = 0, refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = sound;
    const int changes = int(random() % 3) + 1;
    for (int change = 0; change < changes; ++change) {
      char& byte = bytes[random() % bytes.size()];
      switch (random() % 3) {
        case 0:
          byte = char(byte ^ (1 << random() % 8));
          break;
        case 1:
          byte = char(random());
          break;
        default:
          byte = random() % 2 == 0 ? '\0' : '\xff';
      }
    }
    if (bytes.substr(4, 4) != sound.substr(4, 4)) continue;
    ++(Try(bytes) ? accepted : refused);
  }
  EXPECT_GT(accepted, 1000);
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace weft
