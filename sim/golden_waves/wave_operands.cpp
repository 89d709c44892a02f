// SPDX-License-Identifier: Apache-2.0
#include "sim/golden_waves/wave_operands.hpp"

#include <algorithm>

namespace weft {

WavePixel WaveOperands::PixelOf(const WavePlace& p) const {
  const Job& job = jobs_[size_t(p.job)];
  // Rows beyond the last pixel repeat it.
  int64_t n = std::min(p.tile * config_.rows + p.row, job.pixels - 1);
  const auto turns = [&](int loop) { return job.walk(loop, kJobWalkLast) + 1; };
  const int64_t pool_w = turns(0), pool_h = turns(1), cols = turns(2), rows = turns(3);
  const int64_t wx = n % pool_w, wy = (n /= pool_w) % pool_h, ox = (n /= pool_h) % cols,
                oy = (n /= cols) % rows;
  const Window pool = layer_.max_pool && !job.single_tile ? *layer_.max_pool : Window{};
  return {job.lines.image0 + int(n / rows), int((job.walk_y0 + oy) * pool.stride_h + wy),
          int((job.walk_x0 + ox) * pool.stride_w + wx)};
}

WaveOperands::Position WaveOperands::PositionOf(const Job& job, const WavePixel& p) const {
  const Window& w = layer_.window;
  const Job::Lines& lines = job.lines;
  const int64_t pixel_x = int64_t{p.x} * w.stride_w - w.pad.left + int64_t{job.reduction.kx0} * w.dilation_w;
  int64_t x = pixel_x * in_.shape.c + job.channel0 + job.reduction.c0 - lines.offset;
  if (!job.all_columns && pixel_x < 0)
    x = -(job.reduction.c1 - job.reduction.c0);  // a piece that is all padding
  const int64_t y =
      int64_t{p.y} * w.stride_h - w.pad.top + int64_t{job.reduction.ky0} * w.dilation_h - lines.y0;
  const int64_t line = int64_t{p.n - lines.image0} * lines.count + y;
  const int64_t pitch = job.word(kJobPitch) * config_.bus_bytes;
  return {line * pitch + x, x, y};
}

WaveTap WaveOperands::Tap(const Job& job, int64_t beat) {
  const Job::Reduction& r = job.reduction;
  const int64_t channels = r.c1 - r.c0, columns = r.kx1 - r.kx0;
  return {r.ky0 + int(beat / channels / columns), r.kx0 + int(beat / channels % columns),
          r.c0 + int(beat % channels)};
}

bool WaveOperands::Inside(const Job& job, int group, const WavePixel& p, const WaveTap& t,
                          size_t* index) const {
  const Window& w = layer_.window;
  const int64_t y = int64_t{p.y} * w.stride_h - w.pad.top + int64_t{t.ky} * w.dilation_h;
  const int64_t x = int64_t{p.x} * w.stride_w - w.pad.left + int64_t{t.kx} * w.dilation_w;
  const int64_t byte = x * in_.shape.c + job.channel0 + group * job.channel_step + t.c;
  // Beyond a band's right edge only weights that are zero read on.
  if (y < 0 || y >= in_.shape.h || byte < job.lines.offset ||
      byte >= int64_t{job.lines.offset} + job.lines.bytes)
    return false;
  *index = in_.index(p.n, int(y), 0, 0) + size_t(byte);
  return true;
}

int WaveOperands::Wgt(const Job& job, int group, int col, const WaveTap& tap) const {
  if (col >= job.ChannelsOf(group)) return 0;
  const Shape& f = layer_.filters.shape;
  const int k = job.FirstChannel(group) + col;
  const int own = job.channel0 + group * job.channel_step + tap.c - k / (f.n / layer_.groups) * f.c;
  return own >= 0 && own < f.c ? layer_.filters.at(k, tap.ky, tap.kx, own) : 0;
}

WaveTap WaveOperands::TapOf(const WavePlace& p) const { return Tap(jobs_[size_t(p.job)], p.beat); }
int WaveOperands::ChannelOf(const WavePlace& p) const {
  return jobs_[size_t(p.job)].FirstChannel(p.group) + p.col;
}
int WaveOperands::ActOf(const WavePlace& p) const {
  size_t index = 0;
  const bool inside = Inside(jobs_[size_t(p.job)], p.group, PixelOf(p), TapOf(p), &index);
  return inside ? in_.data[index] : layer_.input_zp;
}
int WaveOperands::WgtOf(const WavePlace& p) const {
  return Wgt(jobs_[size_t(p.job)], p.group, p.col, TapOf(p));
}

}  // namespace weft
