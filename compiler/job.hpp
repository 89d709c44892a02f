// SPDX-License-Identifier: Apache-2.0
// From a layer to the jobs that the engine runs.
//
// A job is one pass of the engine over a rectangle of outputs: kJobWords words of control
// (sw_model/list_format.hpp names them), the input lines to stream, the weights and parameters to stream, and
// where its outputs go. A layer is one job where the buffers allow it, else it is cut: into groups of output
// channels (weights; not a layer of a single tile, which streams them), bands of columns (lines), and, where
// even one column or one group does not fit, into pieces of the reduction whose sums stay in the array from
// job to job.
#pragma once

#include <array>
#include <climits>
#include <compare>
#include <cstdint>
#include <vector>

#include "sw_model/config.hpp"
#include "sw_model/layer.hpp"
#include "sw_model/list_format.hpp"

namespace weft {

struct Job {
  std::array<uint32_t, kJobWords> words{};

  // Input lines, in streaming order: for each image, lines y0 .. y0+count-1; of each line `bytes` bytes from
  // byte `offset`.
  struct Lines {
    int image0 = 0, images = 1, y0 = 0, count = 0, offset = 0, bytes = 0;
    auto operator<=>(const Lines&) const = default;
  } lines;
  bool lines_there = false;  // the job before keeps them: nothing is streamed

  // The reduction in the order of the beats: filter rows, filter columns, input channels (of those a column
  // group reads).
  struct Reduction {
    int ky0 = 0, ky1 = 1, kx0 = 0, kx1 = 1, c0 = 0, c1 = 1;
    [[nodiscard]] int length() const { return (ky1 - ky0) * (kx1 - kx0) * (c1 - c0); }
    auto operator<=>(const Reduction&) const = default;
  } reduction;

  // Output channels: `groups` column groups of `per_group` channels (the last one may have fewer), from
  // channel k0 on. Column group g reads the input channels from channel0 + g*channel_step on.
  int k0 = 0, channels = 0, groups = 1, per_group = 1;
  int channel0 = 0, channel_step = 0;

  // Outputs after pooling, row by row: rows oy0 .., columns ox0 .. of every image. No rows: a later job gives
  // them.
  int oy0 = 0, rows = 0, ox0 = 0, cols = 0;
  int walk_y0 = 0, walk_x0 = 0;  // where the walk begins: as oy0 and ox0, or before pooling if single_tile
  int window = 1;                // conv pixels of an output pixel
  bool all_columns = true;   // reads all filter columns and channels; else a part of them, at single pixels
  bool single_tile = false;  // a part of one tile: its outputs leave after its last pixel
  int64_t pixels = 0;        // conv pixels walked, over all images

  [[nodiscard]] int64_t word(int i) const { return int32_t(words[i]); }  // signed
  // Word `field` of the walk's loop: 0 is the innermost one.
  [[nodiscard]] int64_t walk(int loop, JobWalkWord field) const {
    return word(kJobWalk + loop * kJobWalkWords + field);
  }
  [[nodiscard]] int ChannelsOf(int group) const;
  [[nodiscard]] int FirstChannel(int group) const { return k0 + group * per_group; }
  [[nodiscard]] bool clears() const { return kJobFlagsClears.Get(words.data()) != 0; }
  [[nodiscard]] bool drains() const { return kJobFlagsDrains.Get(words.data()) != 0; }
  [[nodiscard]] bool keeps_lines() const { return kJobFlagsKeeps.Get(words.data()) != 0; }
  // Lines that are streamed for it and bus words of them, and those that it frees at its end.
  [[nodiscard]] int64_t streamed_lines() const { return lines_there ? 0 : words[kJobLines]; }
  [[nodiscard]] int64_t line_bus_words() const { return lines_there ? 0 : words[kJobBusWords]; }
  [[nodiscard]] int64_t freed_lines() const { return keeps_lines() ? 0 : words[kJobLines]; }
  [[nodiscard]] int64_t freed_bus_words() const { return keeps_lines() ? 0 : words[kJobBusWords]; }
  [[nodiscard]] int64_t tiles(const Config& config) const { return (pixels + config.rows - 1) / config.rows; }
};

// Cuts a convolution into jobs. `in` is the shape that the engine reads, batch included. The filters may have
// a shape only (for cycle counts). Throws Error where a size is beyond the hardware's counters or the
// accumulator too narrow for the sums.
// The limits are for outputs that must fit something else beside the engine's buffers; `read_cycles` are
// those that the memory takes for a bus word (Memory::ReadCycles).
struct JobLimits {
  int images = INT_MAX, rows = INT_MAX, cols = INT_MAX, groups = INT_MAX;
  int read_cycles = 1;
};
std::vector<Job> CompileConv(const Shape& in, const ConvLayer& layer, const Config& config,
                             const JobLimits& limits = {});

// How many column groups of a job half of the buffers hold, at least one; how many of the next job's fit
// beside so many of its.
int64_t GroupsThatFit(const Job& job, const Config& config);
int64_t GroupsBeside(const Job& job, int64_t groups, const Job& next, const Config& config);
// Whether the line buffer holds all lines of a job, so that they can stay for the next one.
bool LinesCanStay(const Job& job, const Config& config);

// The bytes of one column group of a job, as they are streamed: parameters (none unless the job drains), then
// weights.
std::vector<uint8_t> PackParameters(const Job& job, int group, const ConvLayer& layer, const Config& config);
std::vector<uint8_t> PackWeights(const Job& job, int group, const ConvLayer& layer, const Config& config);

// Vertical interleaving: where a run (kw*C bytes) is shorter than ROWS bytes, the read port cannot keep the
// rows busy. The kh lines under a window then become kh*C channels of one line: in'[oy][x][ky*C+c] =
// in[oy*stride - top + ky*dilation][x][c]. The layer that comes out computes the same outputs from the input
// that comes out.
bool NeedsInterleave(const ConvLayer& layer, const Shape& in, const Config& config);
ConvLayer InterleaveLayer(const ConvLayer& layer);
Shape InterleavedShape(const ConvLayer& layer, const Shape& in);
TensorI8 InterleaveInput(const ConvLayer& layer, const TensorI8& in);

}  // namespace weft
