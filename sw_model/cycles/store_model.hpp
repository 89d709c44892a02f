// SPDX-License-Identifier: Apache-2.0
// The output side of the cycle model: outputs wait for the memory, and the places they held return to the
// sequencer.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>

#include "sw_model/config.hpp"

namespace weft {

class StoreModel {
 public:
  explicit StoreModel(const Config& config) : depth_(config.OutDepth()) {}
  virtual ~StoreModel() = default;

  void Reserve(int64_t places) { reserved_ += places; }
  // A pixel that gives no output, at the fifo in this cycle.
  void Absorb(int64_t time) { absorbed_.push_back(time + 1); }
  // ... that does; the cycle in which it leaves.
  int64_t Write(int64_t time, int job, int channels) {
    const int64_t pop = Take(time + 1, job, channels);
    written_.push_back(pop + 1);
    return pop;
  }
  // Cycle from which `places` more can be reserved.
  int64_t RoomFor(int64_t places) {
    while (depth_ - (reserved_ - returned_) < places) Return();
    return last_return_;
  }
  // Cycle from which everything has returned.
  [[nodiscard]] int64_t Empty() const {
    return std::max(
        {last_return_, absorbed_.empty() ? 0 : absorbed_.back(), written_.empty() ? 0 : written_.back()});
  }
  [[nodiscard]] virtual int64_t done() const = 0;  // all outputs so far are in memory
  [[nodiscard]] int64_t bytes() const { return bytes_; }

 protected:
  int64_t bytes_ = 0;

 private:
  // The memory's side takes the job's next output, which is there from cycle `valid` on, and counts the bytes
  // that it writes.
  virtual int64_t Take(int64_t valid, int job, int channels) = 0;
  void Return() {
    std::deque<int64_t>& first =
        written_.empty() || (!absorbed_.empty() && absorbed_.front() <= written_.front()) ? absorbed_
                                                                                          : written_;
    last_return_ = std::max(last_return_, first.front());
    first.pop_front();
    returned_++;
  }

  int64_t depth_, reserved_ = 0, returned_ = 0, last_return_ = 0;
  std::deque<int64_t> absorbed_, written_;
};

}  // namespace weft
