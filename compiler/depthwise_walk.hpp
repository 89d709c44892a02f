// SPDX-License-Identifier: Apache-2.0
// What the hardware's depthwise unit does with a job's outputs, the *inner tensor*: the list's words
// STORE_DW_*.
#pragma once

#include <cstdint>
#include <optional>

namespace weft {

// Filter windows of kh x kw walk over the maps of the inner tensor. An *entry* of its buffer is a column
// group of a pixel; entries are in the order of the pixels, of each its column groups.
struct DepthwiseWalk {
  int kh = 1, kw = 1, stride_y = 1, stride_x = 1;
  int phases = 1;                                  // cycles in which an entry meets a filter row
  int top = 0, left = 0;                           // padding
  int pad = 0;                                     // ... its value
  int images = 1, rows = 1, cols = 1, groups = 1;  // of the inner tensor
  int out_rows = 1, out_cols = 1;                  // of an image's outputs
  int weights = 1, params = 1;                     // entries that are read for the job

  [[nodiscard]] int64_t row_entries() const { return int64_t{cols} * groups; }
  [[nodiscard]] int64_t image_entries() const { return rows * row_entries(); }
  // Inner columns that a row of windows meets, padding included.
  [[nodiscard]] int positions() const { return (out_cols - 1) * stride_x + kw; }
  bool operator==(const DepthwiseWalk&) const = default;

  // Into the store words of a job, kStoreWords of them; those of the outputs' map are the caller's.
  void Encode(uint32_t* store) const;
  // From all store words; nothing if they do not fit each other.
  static std::optional<DepthwiseWalk> Decode(const uint32_t* store);
};

}  // namespace weft
