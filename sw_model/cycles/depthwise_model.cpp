// SPDX-License-Identifier: Apache-2.0
#include "sw_model/cycles/depthwise_model.hpp"

#include <algorithm>
#include <utility>

#include "sw_model/error.hpp"

namespace weft {

DepthwiseModel::DepthwiseModel(const Config& config, Write write, There there)
    : weights(rtl::weft_pkg::DW_ENTRIES),
      params(rtl::weft_pkg::DW_ENTRIES),
      config_(config),
      write_(std::move(write)),
      there_(std::move(there)),
      entries_(config.DepthwiseEntries()) {
  taken_.fill(latency::kNever);
}

void DepthwiseModel::Load(int job, const DepthwiseWalk& walk, int64_t load) {
  if (job_ >= 0) base_ += walk_.images * walk_.image_entries();
  job_ = job;
  walk_ = walk;
  begin_ = std::max(load + 1, over_ + 1);
  prepared_ = begin_ + latency::kDwRow;
  row_ = done_ = filled_ = 0;
  pixels_left_ = int64_t{walk.images} * walk.rows * walk.cols;
  BeginPass(load);
}

// The job is loaded, or the last pixel of a pass taken, in cycle `time`.
void DepthwiseModel::BeginPass(int64_t time) {
  const int64_t pixels = std::min<int64_t>(pixels_left_, config_.rows);
  pixels_left_ -= pixels;
  pass_left_ = pixels * walk_.groups;
  filled_ += pass_left_;
  take_ = time + latency::kDwPass;
}

int64_t DepthwiseModel::Take(int64_t valid) {
  const int64_t room = entries_.RoomFor(base_ + filled_);
  if (room < 0) throw Error("the jobs wait for each other: no room for a depthwise convolution's input");
  const int64_t taken = std::max({valid, take_, room});
  take_ = taken + 1;
  if (--pass_left_ > 0) return taken;
  done_ = filled_;
  done_seen_ = taken + 1;
  if (pixels_left_ > 0) BeginPass(taken);
  WalkRows();
  return taken;
}

int64_t DepthwiseModel::EntriesUnder(int64_t row) const {
  const int64_t image = row / walk_.out_rows, top = row % walk_.out_rows * walk_.stride_y - walk_.top;
  return image * walk_.image_entries() + std::min<int64_t>(top + walk_.kh, walk_.rows) * walk_.row_entries();
}

int64_t DepthwiseModel::FreedBefore(int64_t row) const {
  const int64_t image = row / walk_.out_rows, top = row % walk_.out_rows * walk_.stride_y - walk_.top;
  const int64_t first = top > 0 ? top * walk_.row_entries() - int64_t{walk_.left} * walk_.groups : 0;
  return image * walk_.image_entries() + first;
}

void DepthwiseModel::WalkRows() {
  if (done()) return;  // pixels that no window needs
  for (; row_ < rows() && EntriesUnder(row_) <= done_; row_++)
    WalkRow(std::max({prepared_, done_seen_, row_ == 0 ? there_(job_) : 0}));
  if (!done()) return;
  over_ = taken_[(outputs_ - 1) % taken_.size()] + 1;
  weights_freed_ += walk_.weights;
  params_freed_ += walk_.params;
  weights.Free(over_ + latency::kDwFreed, weights_freed_);
  params.Free(over_ + latency::kDwFreed, params_freed_);
}

// A row's slots follow each other from the cycle after `start` on, but for those that give an output, which
// wait for the steps of the one before and for a place.
void DepthwiseModel::WalkRow(int64_t start) {
  const int64_t column = int64_t{walk_.kh} * walk_.phases, group = walk_.positions() * column;
  const int64_t last_filter_row = column - walk_.phases;
  int64_t waited = 0;
  for (int g = 0; g < walk_.groups; g++)
    for (int x = 0; x < walk_.out_cols; x++) {
      const Output output{int(row_ / walk_.out_rows), int(row_ % walk_.out_rows), g, x,
                          row_ + 1 == rows() && g + 1 == walk_.groups && x + 1 == walk_.out_cols};
      const int64_t slot = g * group + (x * walk_.stride_x + walk_.kw - 1) * column + last_filter_row;
      Emit(output, start + 1 + slot, &waited);
    }
  const int64_t end = start + walk_.groups * group + waited;  // its last slot
  prepared_ = end + latency::kDwRow;
  entries_.Free(end + latency::kDwRoom, base_ + FreedBefore(row_ + 1));
}

void DepthwiseModel::Emit(const Output& output, int64_t slot, int64_t* waited) {
  const int64_t ready = slot + *waited;
  int64_t& taken = taken_[outputs_++ % taken_.size()];
  emit_ = std::max({ready, emit_ + config_.AddSteps(), taken + 1});
  *waited += emit_ - ready;
  taken = write_(output, emit_ + config_.AddSteps() + latency::kDwOutput);
}

}  // namespace weft
