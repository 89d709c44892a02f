// SPDX-License-Identifier: Apache-2.0
#include "compiler/make_job.hpp"

#include <algorithm>

namespace weft {
namespace {

uint32_t Word(int64_t value) { return uint32_t(value); }

// Which part of a section's reduction a job computes.
struct Part {
  bool all_columns;  // all filter columns and channels; else a part of them, at single pixels
  bool all;
  bool contiguous;  // the bytes under a filter row follow each other
};

Part PartOf(const Geometry& g, const Region& r, const Section& s, const Job::Reduction& red,
            const Config& config) {
  const Window& w = g.window;
  // A column group of a pixel that is longer than the buffer is read as a part, too.
  const bool all_columns = red.kx0 == 0 && red.kx1 == w.kw && red.c0 == 0 && red.c1 == s.channels_in &&
                           g.Pitch(r, config) <= config.line_buffer_bytes;
  return {.all_columns = all_columns,
          .all = all_columns && red.ky0 == 0 && red.ky1 == w.kh,
          .contiguous = all_columns && s.channels_in == g.in.c && w.dilation_w == 1};
}

// What a job streams, and the window at which its walk begins, in lines and bytes of the map.
struct Stream {
  int y0, height;      // lines
  int64_t begin, end;  // bytes of each of them
  int64_t pitch;       // that a line takes
  int window_y, span;  // lines of the window
  int64_t window_x;    // its first byte
};

// A part of the reduction reads only its filter rows; a part of the channels or filter columns is read at a
// single pixel, so its bytes are one piece of a line.
Stream StreamOf(const Geometry& g, const Region& r, const Section& s, const Job::Reduction& red,
                const Part& part, const Config& config) {
  const Window& w = g.window;
  InputBox box = g.InputOf(r);
  int window_y = g.FirstY(r.oy0), span = g.Span();
  if (!part.all) {
    window_y += red.ky0 * w.dilation_h;
    span = (red.ky1 - red.ky0 - 1) * w.dilation_h + 1;
    box.y0 = std::clamp(window_y, 0, g.in.h);
    box.y1 = std::clamp(window_y + span, 0, g.in.h);
  }
  const int x = g.FirstX(r.ox0) + red.kx0 * w.dilation_w;
  int64_t window_x = int64_t{x} * g.in.c + s.channel0 + red.c0;
  int64_t begin = int64_t{box.x0} * g.in.c, end = int64_t{box.x1} * g.in.c;
  if (!part.all_columns) {
    const bool outside = x < 0 || x >= g.in.w;
    begin = outside ? 0 : window_x;
    end = outside ? 0 : window_x + red.c1 - red.c0;
    if (x < 0) window_x = -(red.c1 - red.c0);  // as far outside as need be
  }
  return {.y0 = box.y0,
          .height = box.y1 - box.y0,
          .begin = LineBegin(begin, config),
          .end = end,
          .pitch = LinePitch(begin, end, config),
          .window_y = window_y,
          .span = span,
          .window_x = window_x};
}

void SetLines(const Stream& stream, const Region& r, const Config& config, Job* job) {
  job->lines = {.image0 = r.image0,
                .images = r.images,
                .y0 = stream.y0,
                .count = stream.height,
                .offset = int(stream.begin),
                .bytes = int(stream.end - stream.begin)};
  const int64_t x = stream.window_x - stream.begin, y = stream.window_y - stream.y0;
  const int64_t words = stream.pitch / config.bus_bytes, lines = int64_t{r.images} * stream.height;
  job->words[kJobAddr0] = Word(y * stream.pitch + x);
  job->words[kJobX0] = Word(x);
  job->words[kJobY0] = Word(y);
  job->words[kJobXlim] = Word(stream.end - stream.begin);
  job->words[kJobYlim] = Word(stream.height);
  job->words[kJobSpan] = Word(stream.span);
  job->words[kJobPitch] = Word(words);
  job->words[kJobLines] = Word(lines);
  job->words[kJobBusWords] = Word(lines * words);
}

// The loops over the pixels, from the innermost one on: pool x, pool y, x, y, image. The delta of a loop
// takes back what the loops inside it have moved.
void SetWalk(const Geometry& g, const Region& r, const Stream& stream, Job* job) {
  const Window& w = g.window;
  struct Loop {
    int64_t count, step_x, step_y, step_line;
  };
  const int64_t step_x = int64_t{w.stride_w} * g.in.c;
  const Loop loops[] = {{g.pool.kw, step_x, 0, 0},
                        {g.pool.kh, 0, w.stride_h, w.stride_h},
                        {r.cols, g.pool.stride_w * step_x, 0, 0},
                        {r.rows, 0, g.RowStep(), g.RowStep()},
                        {r.images, 0, 0, stream.height}};
  int64_t back_x = 0, back_y = 0;
  uint32_t* words = &job->words[kJobWalk];
  for (const Loop& loop : loops) {
    const int64_t d_x = loop.step_x - back_x, d_y = loop.step_y - back_y;
    words[kJobWalkLast] = Word(loop.count - 1);
    words[kJobWalkDAddr] = Word((loop.step_line - back_y) * stream.pitch + d_x);
    words[kJobWalkDX] = Word(d_x);
    words[kJobWalkDY] = Word(d_y);
    words += kJobWalkWords;
    back_x += (loop.count - 1) * loop.step_x;
    back_y += (loop.count - 1) * loop.step_y;
  }
}

void SetReduction(const Geometry& g, const Section& s, const Job::Reduction& red, const Part& part,
                  int64_t pitch, const Config& config, Job* job) {
  const Window& w = g.window;
  job->reduction = red;
  job->all_columns = part.all_columns;
  const int64_t run = part.contiguous ? int64_t{red.kx1 - red.kx0} * g.in.c : red.c1 - red.c0;
  const int64_t chunks = CeilDiv(run, config.Word());
  auto& words = job->words;
  kJobFlagsClears.Set(words.data(), red.ky0 == 0 && red.kx0 == 0 && red.c0 == 0);
  kJobFlagsDrains.Set(words.data(), red.ky1 == w.kh && red.kx1 == w.kw && red.c1 == s.channels_in);
  words[kJobKyLast] = Word(red.ky1 - red.ky0 - 1);
  words[kJobKyAddr] = Word(w.dilation_h * pitch);
  words[kJobKyY] = Word(w.dilation_h);
  words[kJobKxLast] = Word(part.contiguous ? 0 : red.kx1 - red.kx0 - 1);
  words[kJobKxAddr] = Word(int64_t{w.dilation_w} * g.in.c);
  words[kJobChunkLast] = Word(chunks - 1);
  words[kJobChunkLen] = Word(run / chunks);
  words[kJobChunkRem] = Word(run % chunks);
}

void SetLayer(const ConvLayer& layer, const Section& s, Job* job) {
  job->channel0 = s.channel0;
  job->channel_step = s.channel_step;
  job->per_group = s.per_group;
  auto& words = job->words;
  words[kJobGroupAddr] = Word(s.channel_step);
  words[kJobZpIn] = Word(layer.input_zp & 0xff);
  kJobOutZp.Set(words.data(), layer.requant.output_zp);
  kJobOutClampLo.Set(words.data(), layer.requant.clamp_lo);
  kJobOutClampHi.Set(words.data(), layer.requant.clamp_hi);
  kJobOutRounding.Set(words.data(), layer.requant.rounding == Rounding::kOnnx);
}

}  // namespace

Job MakeJob(const Geometry& g, const Region& r, const Section& s, const Job::Reduction& red,
            const ConvLayer& layer, const Config& config) {
  const Part part = PartOf(g, r, s, red, config);
  const Stream stream = StreamOf(g, r, s, red, part, config);
  Job job;
  job.oy0 = job.walk_y0 = r.oy0;
  job.rows = r.rows;
  job.ox0 = job.walk_x0 = r.ox0;
  job.cols = r.cols;
  job.window = g.WindowPixels();
  job.pixels = int64_t{r.images} * r.rows * r.cols * job.window;
  job.words[kJobPool] = Word(job.window);
  SetLines(stream, r, config, &job);
  SetWalk(g, r, stream, &job);
  SetReduction(g, s, red, part, stream.pitch, config, &job);
  SetLayer(layer, s, &job);
  return job;
}

void SetGroups(Job* job, const Section& s, int first, int count) {
  job->k0 = s.k0 + first * s.per_group;
  job->channels = std::min(count * s.per_group, s.channels - first * s.per_group);
  job->groups = count;
  job->channel0 = s.channel0 + first * s.channel_step;
  const int64_t skipped = int64_t{first} * s.channel_step;
  job->words[kJobAddr0] = Word(job->words[kJobAddr0] + skipped);
  job->words[kJobX0] = Word(job->words[kJobX0] + skipped);
  job->words[kJobGroupLast] = Word(count - 1);
  job->words[kJobCols] = Word(s.per_group);
  job->words[kJobColsLast] = Word(job->ChannelsOf(count - 1));
}

}  // namespace weft
