// SPDX-License-Identifier: Apache-2.0
#include "compiler/network_builder.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "sw_model/golden/golden.hpp"

namespace weft {
namespace {

std::array<int, 2> SamePadding(int in, int kernel, int stride) {
  const int out = (in + stride - 1) / stride;
  const int total = std::max(0, (out - 1) * stride + kernel - in);
  return {total / 2, total - total / 2};
}

}  // namespace

NetworkBuilder::NetworkBuilder(const std::string& name, const Shape& image, bool fc_counts,
                               NetworkScope scope)
    : scope_(scope) {
  network_.name = name;
  network_.fully_connected = fc_counts || scope != NetworkScope::kUsual;
  network_.graph.input = at_ = AddTensor("image", image);
}

int NetworkBuilder::AddTensor(const std::string& name, const Shape& shape) {
  network_.graph.tensors.push_back({.name = name, .shape = shape});
  return int(network_.graph.tensors.size()) - 1;
}

void NetworkBuilder::AddNode(Node node, const Shape& out) {
  node.output = at_ = AddTensor(node.name, out);
  network_.graph.nodes.push_back(std::move(node));
}

void NetworkBuilder::LeaveOut(const std::string& what, const Shape& out) {
  if (std::ranges::count(left_out_, what) == 0) left_out_.push_back(what);
  if (out == shape()) return;
  at_ = AddTensor(what, out);
  network_.given.push_back(at_);
}

void NetworkBuilder::Conv(const std::string& name, int channels, const Window& window, int groups) {
  Node node{.name = name, .op = Op::kConv, .inputs = {at_}};
  node.conv.name = name;
  node.conv.filters.shape = {channels, window.kh, window.kw, shape().c / groups};
  node.conv.window = window;
  node.conv.groups = groups;
  const Shape out = golden::OutputShape(shape(), node.conv);
  AddNode(std::move(node), out);
}

void NetworkBuilder::Conv(const std::string& name, int channels, int kernel, int stride, int pad) {
  Conv(name, channels,
       {.kh = kernel,
        .kw = kernel,
        .stride_h = stride,
        .stride_w = stride,
        .pad = {pad, pad, pad, pad},
        .floor = true});
}

Window NetworkBuilder::SameWindow(int kh, int kw, int stride) const {
  const auto [top, bottom] = SamePadding(shape().h, kh, stride);
  const auto [left, right] = SamePadding(shape().w, kw, stride);
  return {.kh = kh,
          .kw = kw,
          .stride_h = stride,
          .stride_w = stride,
          .pad = {top, bottom, left, right},
          .floor = true};
}

void NetworkBuilder::Same(const std::string& name, int channels, int kernel, int stride) {
  Conv(name, channels, SameWindow(kernel, kernel, stride));
}

void NetworkBuilder::Depthwise(const std::string& name, int kernel, int stride) {
  Conv(name, shape().c, SameWindow(kernel, kernel, stride), shape().c);
}

void NetworkBuilder::FullyConnected(const std::string& name, int channels) {
  if (!network_.fully_connected) return;
  Conv(name, channels, {.kh = shape().h, .kw = shape().w, .pad = {}});
}

void NetworkBuilder::Pool(int size) {
  Node& node = network_.graph.nodes.back();
  node.conv.max_pool =
      Window{.kh = size, .kw = size, .stride_h = size, .stride_w = size, .pad = {}, .floor = true};
  Shape& out = network_.graph.tensors[node.output].shape;
  out = golden::OutputShape(network_.graph.tensors[node.inputs[0]].shape, node.conv);
}

void NetworkBuilder::OverlappingMaxPool(const std::string& name, int kernel, int stride, int pad) {
  const Window window{.kh = kernel,
                      .kw = kernel,
                      .stride_h = stride,
                      .stride_w = stride,
                      .pad = {pad, pad, pad, pad},
                      .floor = true};
  const Shape out = golden::OutputShape(shape(), window, shape().c);
  if (scope_ != NetworkScope::kWhole)
    return LeaveOut(fmt::format("{0}x{0}/{1} max-pool (overlapping)", kernel, stride), out);
  AddNode({.name = name, .op = Op::kMaxPool, .inputs = {at_}, .pool = window}, out);
}

void NetworkBuilder::GlobalAverage(const std::string& name) {
  const Shape out{.c = shape().c};
  if (scope_ != NetworkScope::kWhole) return LeaveOut("average pool", out);
  AddNode({.name = name,
           .op = Op::kAveragePool,
           .inputs = {at_},
           .pool = {.kh = shape().h, .kw = shape().w, .pad = {}}},
          out);
}

void NetworkBuilder::Add(const std::string& name, int residual) {
  if (scope_ != NetworkScope::kWhole) return LeaveOut("residual additions", shape());
  // Summands that spread alike give a sum of the same spread.
  AddNode(
      {.name = name, .op = Op::kAdd, .inputs = {residual, at_}, .add = golden::MakeAdd(1, 0, 1, 0, 1.41F, 0)},
      shape());
}

void NetworkBuilder::Concat(const std::string& name, int first) {
  Shape out = shape();
  out.c += network_.graph.tensors[first].shape.c;
  if (scope_ != NetworkScope::kWhole) return LeaveOut("concatenations", out);
  TableLayer same;
  for (int code = -128; code < 128; code++) same.table[uint8_t(code)] = int8_t(code);
  AddNode({.name = name,
           .op = Op::kConcat,
           .inputs = {first, at_},
           .concat = {.inputs = {same, same}, .axis = 2}},
          out);
}

Network NetworkBuilder::Build() {
  std::erase_if(network_.given, [&](int tensor) {  // an average pool before no fully connected layer
    return std::ranges::none_of(
        network_.graph.nodes, [&](const Node& node) { return std::ranges::count(node.inputs, tensor) > 0; });
  });
  network_.graph.outputs = {{.tensor = network_.graph.nodes.back().output}};
  network_.left_out = fmt::format("{}", fmt::join(left_out_, ", "));
  return std::move(network_);
}

}  // namespace weft
