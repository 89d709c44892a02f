// SPDX-License-Identifier: Apache-2.0
// Makes the graphs of compiler/networks.hpp, operator by operator, from the input to the output.
#pragma once

#include <string>

#include "compiler/networks.hpp"

namespace weft {

class NetworkBuilder {
 public:
  // Of one image. `fc_counts`: fully connected layers belong to the usual measure of this network.
  NetworkBuilder(const std::string& name, const Shape& image, bool fc_counts, NetworkScope scope);

  // The tensor that the next operator reads: what the last one gives, or any one from before.
  [[nodiscard]] int at() const { return at_; }
  void From(int tensor) { at_ = tensor; }
  [[nodiscard]] const Shape& shape() const { return network_.graph.tensors[at_].shape; }

  void Conv(const std::string& name, int channels, const Window& window, int groups = 1);
  // Square filters, with the same padding on all sides.
  void Conv(const std::string& name, int channels, int kernel, int stride, int pad);
  // ... and padded as TensorFlow's SAME does: ceil(in / stride) outputs, the odd line of padding at the end.
  void Same(const std::string& name, int channels, int kernel, int stride);
  void Depthwise(const std::string& name, int kernel, int stride);  // SAME, too
  // A window with the padding of SAME.
  [[nodiscard]] Window SameWindow(int kh, int kw, int stride) const;

  void FullyConnected(const std::string& name, int channels);
  void Pool(int size);  // fused into the convolution before it
  void OverlappingMaxPool(const std::string& name, int kernel, int stride, int pad);
  void GlobalAverage(const std::string& name);
  void Add(const std::string& name, int residual);  // to what the last operator gives
  void Concat(const std::string& name, int first);  // channels of `first`, then of the last operator's output

  // The last operator's output is the network's.
  Network Build();

 private:
  int AddTensor(const std::string& name, const Shape& shape);
  void AddNode(Node node, const Shape& out);
  // An operator that is not in the scope: its output, if its shape is another one, is given.
  void LeaveOut(const std::string& what, const Shape& out);

  Network network_;
  NetworkScope scope_;
  std::vector<std::string> left_out_;
  int at_ = 0;
};

}  // namespace weft
