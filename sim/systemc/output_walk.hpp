// SPDX-License-Identifier: Apache-2.0
// rtl/system/output_walk.sv: the walk over a job's outputs in the order in which they leave the engine, those
// of a tile for one column group, then the same for the next one; or over the pixels of the residual, whose
// pooling windows come pixel by pixel.
#pragma once

#include <algorithm>
#include <cstdint>

#include "sim/systemc/list_program.hpp"

namespace weft {

class OutputWalk {
 public:
  static OutputWalk OfOutputs(const StoreWordArray& s) {
    return OutputWalk(s, s[kStoreOffset], {0, 0, s[kStoreX], s[kStoreY], s[kStoreImage]}, 0, 0);
  }
  static OutputWalk OfResidual(const StoreWordArray& s) {
    return OutputWalk(
        s, s[kStoreResOffset],
        {s[kStoreResWindowX], s[kStoreResWindowY], s[kStoreResX], s[kStoreResY], s[kStoreResImage]},
        uint32_t(kStoreWindowCols.Get(s.data())), uint32_t(kStoreWindowRows.Get(s.data())));
  }

  [[nodiscard]] uint32_t offset() const { return at_.offset + group_offset_; }
  [[nodiscard]] bool job_end() const { return PassEnd() && group_ == 0 && total_ <= pass_; }
  void Next() {
    const bool window_row_end = at_.window_x == 0, window_end = window_row_end && at_.window_y == 0;
    const bool last_x = at_.x == 0, last_y = at_.y == 0, pass_end = PassEnd(), again = pass_end && group_ > 0;
    Position next = at_;
    next.offset += !window_row_end ? steps_.window_x
                   : !window_end   ? steps_.window_y
                   : !last_x       ? steps_.x
                   : !last_y       ? steps_.y
                                   : steps_.image;
    next.window_x = window_row_end ? window_cols_ : at_.window_x - 1;
    if (window_row_end) next.window_y = window_end ? window_rows_ : at_.window_y - 1;
    if (window_end) {
      next.x = last_x ? cols_ : at_.x - 1;
      if (last_x) next.y = last_y ? rows_ : at_.y - 1;
      if (!pass_end) left_--;
    }
    if (again) {
      next = pass_at_;
      left_ = length_;
      group_--;
      group_offset_ += step_group_;
    } else if (pass_end) {
      pass_at_ = next;
      total_ = (total_ - pass_) & kMask;
      left_ = length_ = Length();
      group_ = groups_;
      group_offset_ = 0;
    }
    at_ = next;
  }

 private:
  static constexpr uint32_t kMask = (1U << kPixelsW) - 1;
  struct Steps {
    uint32_t window_x, window_y, x, y, image;
  };
  struct Position {
    uint32_t offset, window_x, window_y, x, y;  // but for the offset, they count down
  };
  OutputWalk(const StoreWordArray& s, uint32_t offset, const Steps& steps, uint32_t window_cols,
             uint32_t window_rows)
      : steps_(steps),
        window_cols_(window_cols),
        window_rows_(window_rows),
        cols_(s[kStoreCols]),
        rows_(s[kStoreRows]),
        groups_(uint32_t(kStoreGroupsLast.Get(s.data()))),
        step_group_(s[kStoreGroup]),
        pass_(s[kStorePass]),
        total_(s[kStoreTotal]),
        group_(groups_),
        at_{offset, window_cols, window_rows, cols_, rows_},
        pass_at_(at_) {
    left_ = length_ = Length();
  }
  [[nodiscard]] bool PassEnd() const { return at_.window_x == 0 && at_.window_y == 0 && left_ == 0; }
  [[nodiscard]] uint32_t Length() const { return (std::min(total_, pass_) - 1) & kMask; }

  Steps steps_;
  uint32_t window_cols_, window_rows_, cols_, rows_, groups_, step_group_, pass_, total_;
  uint32_t group_, group_offset_ = 0, left_ = 0, length_ = 0;
  Position at_, pass_at_;
};

}  // namespace weft
