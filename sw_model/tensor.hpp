// SPDX-License-Identifier: Apache-2.0
// Dense tensors in the one layout Weft uses everywhere: NHWC, the channel varying fastest.
// Filters use the same type as KRSC: n = output channel, h and w = filter position, c = input channel of the
// group.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace weft {

struct Shape {
  int n = 1, h = 1, w = 1, c = 1;
  [[nodiscard]] size_t size() const { return size_t(n) * size_t(h) * size_t(w) * size_t(c); }
  bool operator==(const Shape&) const = default;
};

template <typename T>
struct Tensor {
  Shape shape{0, 0, 0, 0};
  std::vector<T> data;

  Tensor() = default;
  explicit Tensor(Shape s, T fill = T{}) : shape(s), data(s.size(), fill) {}

  [[nodiscard]] size_t index(int n, int y, int x, int c) const {
    return ((size_t(n) * size_t(shape.h) + size_t(y)) * size_t(shape.w) + size_t(x)) * size_t(shape.c) +
           size_t(c);
  }
  T& at(int n, int y, int x, int c) { return data[index(n, y, x, c)]; }
  const T& at(int n, int y, int x, int c) const { return data[index(n, y, x, c)]; }
  bool operator==(const Tensor&) const = default;
};

using TensorI8 = Tensor<int8_t>;
using TensorI32 = Tensor<int32_t>;

}  // namespace weft
