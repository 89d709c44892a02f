// SPDX-License-Identifier: Apache-2.0
// The drain chains of the array, for the tests of what reads them.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "tests/rtl/testbench.hpp"

namespace weft::rtl {

// The drain registers of the array, moved by the control that travels with the data.
template <class P>
class Chains {
 public:
  void LoadNext(const std::vector<int64_t>& sums) { tiles_.push_back(sums); }
  void Clock(bool last, bool shift) {
    history_.push_front({last, shift});
    const std::vector<int64_t> before = registers_;
    for (int r = 0; r < P::ROWS; r++)
      for (int c = 0; c < P::COLS; c++) {
        const auto age = size_t(kLastToDrain - 1 + r + c);
        if (age >= history_.size()) continue;
        const auto i = size_t(r * P::COLS + c);
        if (history_[age].last) registers_[i] = tiles_[size_t(loaded_[i]++)][i];
        else if (history_[age].shift) registers_[i] = r + 1 < P::ROWS ? before[i + P::COLS] : 0;
      }
    if (history_.size() > 200) history_.pop_back();
  }
  [[nodiscard]] int64_t top(int c) const { return registers_[size_t(c)]; }

 private:
  struct Control {
    bool last, shift;
  };
  std::deque<Control> history_;
  std::vector<std::vector<int64_t>> tiles_;
  std::vector<int64_t> registers_ = std::vector<int64_t>(size_t(P::ROWS * P::COLS));
  std::vector<int> loaded_ = std::vector<int>(size_t(P::ROWS * P::COLS));
};

}  // namespace weft::rtl
