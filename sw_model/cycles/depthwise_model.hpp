// SPDX-License-Identifier: Apache-2.0
// The cycle model's view of a fused depthwise convolution: rtl/system/depthwise.sv with its walk over the
// inner tensor. A job's pixels fill the buffer pass by pass; the rows of outputs that a complete pass makes
// possible are followed at once, to the cycle in which each output is in write_dma.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>

#include "compiler/depthwise_walk.hpp"
#include "sw_model/config.hpp"
#include "sw_model/cycles/latency.hpp"
#include "sw_model/cycles/read_model.hpp"

namespace weft {

class DepthwiseModel {
 public:
  // An output of the inner tensor's images; the job's last one says so.
  struct Output {
    int image, row, group, col;
    bool last;
  };
  // What the model is told: the cycle from which an output is offered; it says when that is taken.
  using Write = std::function<int64_t(const Output& output, int64_t valid)>;
  // The cycle from which the job's weights and parameters are there.
  using There = std::function<int64_t(int job)>;
  DepthwiseModel(const Config& config, Write write, There there);

  // A job's words are there in cycle `load`. Jobs follow each other: all pixels of the one before are taken.
  void Load(int job, const DepthwiseWalk& walk, int64_t load);
  // The cycle in which the job's next pixel is taken, which is offered from `valid` on. Throws Error if no
  // room will ever be made for it.
  int64_t Take(int64_t valid);
  [[nodiscard]] bool done() const {
    return row_ == rows();
  }  // of the job: all pixels are taken, all outputs too
  // Cycle from which the next job of the same kind may be loaded, and one of another kind.
  [[nodiscard]] int64_t next_load() const { return begin_ + 1; }
  [[nodiscard]] int64_t other_load() const { return over_ + 1; }

  RingModel weights, params;  // in entries

 private:
  [[nodiscard]] int64_t rows() const { return int64_t{walk_.images} * walk_.out_rows; }
  void BeginPass(int64_t time);
  void WalkRows();
  void WalkRow(int64_t start);
  void Emit(const Output& output, int64_t slot, int64_t* waited);
  [[nodiscard]] int64_t EntriesUnder(int64_t row) const;  // of the job, up to the end of a row's windows
  [[nodiscard]] int64_t FreedBefore(int64_t row) const;   // ... which no row from this one on needs

  const Config& config_;
  Write write_;
  There there_;
  RingModel entries_;
  int job_ = -1;
  DepthwiseWalk walk_;
  int64_t base_ = 0;  // entries of the jobs before
  int64_t weights_freed_ = 0, params_freed_ = 0;

  // fill
  int64_t pixels_left_ = 0;  // of a column group, behind this pass
  int64_t pass_left_ = 0;    // pixels of this pass, of all column groups
  int64_t filled_ = 0;       // entries of the job, up to the end of this pass
  int64_t take_ = -1;        // the next pixel is taken at the earliest

  // walk
  int64_t begin_ = -1, over_ = -1;    // of the job that is walked over
  int64_t row_ = 0;                   // of the job's outputs, over all images
  int64_t prepared_ = 0;              // it may start from here on
  int64_t done_ = 0, done_seen_ = 0;  // entries of the job that are there, and from when on
  int64_t emit_ = latency::kNever;    // the last slot that gave an output
  std::array<int64_t, 16> taken_{};   // a ring: when the last outputs left
  size_t outputs_ = 0;
};

}  // namespace weft
