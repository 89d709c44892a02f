// SPDX-License-Identifier: Apache-2.0
// Makes a random network node by node.
#pragma once

#include <array>
#include <vector>

#include "tests/random_graph.hpp"
#include "tests/random_layer.hpp"

namespace weft {

class RandomGraphBuilder {
 public:
  RandomGraphBuilder(uint64_t seed, const RandomGraphLimits& limits) : random_(seed), limits_(limits) {}
  RandomGraph Build();

 private:
  using Maker = void (RandomGraphBuilder::*)();

  // ---- what there is so far
  const Shape& shape(int tensor) const { return out_.graph.tensors[size_t(tensor)].shape; }
  const TensorInfo& info(int tensor) const { return out_.graph.tensors[size_t(tensor)]; }
  const TensorI8& value(int tensor) const { return out_.values[size_t(tensor)]; }
  int nodes() const { return int(out_.graph.nodes.size()); }
  int tensors() const { return int(out_.values.size()); }
  bool unread(int tensor) const { return reads_[size_t(tensor)] == 0; }
  int CountUnread() const { return int(std::count(reads_.begin(), reads_.end(), 0)); }

  // ---- choices
  int PickTensor();  // an unread one as a rule
  float RandomScale() { return float(std::exp2(random_.Real(-6, -4))); }
  Window RandomWindow(const Shape& in, bool pointwise);
  int GroupsFor(int channels);

  // ---- nodes
  int Append(Node node, TensorI8 value, float scale, int zero_point);
  enum class Way { kAny, kScores, kNoPool };
  int AppendConv(int in, int channels, const Window& window, int groups, Way way = Way::kAny);
  int AppendAdd(int a, int b);
  int AppendConcat(const std::vector<int>& inputs, int axis = 2);
  int AppendGlobalPool(int in);
  void Conv();
  void Depthwise();  // behind a convolution
  void MaxPool() { Pool(Op::kMaxPool); }
  void AveragePool() { Pool(Op::kAveragePool); }
  void Pool(Op op);
  void Residual();  // a convolution that keeps the shape, its sum with its input, perhaps a max-pool
  void Add();       // of any two maps of one shape
  void Concat();
  void Pad();
  void Upsample();
  void Rescale();
  void Table();         // an activation, or any table
  void Pair();          // a function of two maps, or of a map and its pooled pixel
  void Slice();         // a part of a map
  void DepthToSpace();  // of as many channels as a convolution gives
  void Host();          // what only the host can do
  void Head();          // pools what nothing has read yet, joins it and scores it
  void Outputs();       // other tensors that are outputs, too

  Random random_;
  RandomGraphLimits limits_;
  RandomGraph out_;
  std::vector<int> reads_;  // of each tensor
  int64_t macs_ = 0;
};

}  // namespace weft
