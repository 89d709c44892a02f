// SPDX-License-Identifier: Apache-2.0
#include "compiler/depthwise_walk.hpp"

#include <algorithm>
#include <array>

#include "sw_model/list_format.hpp"

namespace weft {

void DepthwiseWalk::Encode(uint32_t* store) const {
  const int64_t row = row_entries(), before = int64_t{left} * groups;  // a row; padding to the left of one
  kStoreDwCountsWeights.Set(store, weights);
  kStoreDwCountsParams.Set(store, params);
  kStoreDwShapeKyLast.Set(store, kh - 1);
  kStoreDwShapeKxLast.Set(store, kw - 1);
  kStoreDwShapePhaseLast.Set(store, phases - 1);
  kStoreDwShapeStrideXLast.Set(store, stride_x - 1);
  kStoreDwShapeStrideYLast.Set(store, stride_y - 1);
  kStoreDwShapePad.Set(store, pad);
  store[kStoreDwRowEntries] = uint32_t(row);
  store[kStoreDwRowStep] = uint32_t(stride_y * row);
  store[kStoreDwCorner] = uint32_t(-top * row - before);
  store[kStoreDwImageStep] = uint32_t((rows - (out_rows - 1) * stride_y) * row);
  store[kStoreDwWindowEntries] = uint32_t(kh * row + before);
  store[kStoreDwImageEntries] = uint32_t(image_entries());
  store[kStoreDwTotal] = uint32_t(images) * uint32_t(rows) * uint32_t(cols);
  kStoreDwInnerCols.Set(store, cols);
  kStoreDwInnerImagesLast.Set(store, images - 1);
  kStoreDwMapLeft.Set(store, left);
  kStoreDwMapTop.Set(store, top);
  kStoreDwMapRows.Set(store, rows);
}

std::optional<DepthwiseWalk> DepthwiseWalk::Decode(const uint32_t* store) {
  const auto count = [&](const ListField& field) { return int(field.Get(store)); };
  const auto word = [&](int w) { return int(store[w] & ((1U << kPixelsW) - 1)); };
  const DepthwiseWalk walk{.kh = count(kStoreDwShapeKyLast) + 1,
                           .kw = count(kStoreDwShapeKxLast) + 1,
                           .stride_y = count(kStoreDwShapeStrideYLast) + 1,
                           .stride_x = count(kStoreDwShapeStrideXLast) + 1,
                           .phases = count(kStoreDwShapePhaseLast) + 1,
                           .top = count(kStoreDwMapTop),
                           .left = count(kStoreDwMapLeft),
                           .pad = count(kStoreDwShapePad),
                           .images = count(kStoreDwInnerImagesLast) + 1,
                           .rows = count(kStoreDwMapRows),
                           .cols = count(kStoreDwInnerCols),
                           .groups = count(kStoreGroupsLast) + 1,
                           .out_rows = word(kStoreRows) + 1,
                           .out_cols = word(kStoreCols) + 1,
                           .weights = count(kStoreDwCountsWeights),
                           .params = count(kStoreDwCountsParams)};
  // The others follow from these: as this encoder makes them, and windows that reach no further than padding.
  std::array<uint32_t, kStoreWords> words{};
  std::copy_n(store, kStoreWords, words.begin());
  walk.Encode(words.data());
  const int64_t below = int64_t{walk.out_rows - 1} * walk.stride_y - walk.top + walk.kh - walk.rows;
  const int64_t behind = int64_t{walk.out_cols - 1} * walk.stride_x - walk.left + walk.kw - walk.cols;
  const bool inside = walk.top < walk.kh && walk.left < walk.kw && below < walk.kh && behind < walk.kw;
  const bool counts = walk.weights == walk.groups * walk.kh * walk.phases && walk.params % walk.groups == 0 &&
                      walk.rows > 0 && walk.cols > 0;
  if (!inside || !counts || !std::equal(words.begin(), words.end(), store)) return std::nullopt;
  return walk;
}

}  // namespace weft
