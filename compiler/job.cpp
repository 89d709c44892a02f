// SPDX-License-Identifier: Apache-2.0
#include "compiler/job.hpp"

#include <algorithm>
#include <cstdlib>

#include "compiler/geometry.hpp"
#include "sw_model/error.hpp"

namespace weft {
namespace {

uint32_t Word(int64_t value) { return uint32_t(value); }

// Output channels that share input channels, or step through them together: a job's column groups come from
// one section.
struct Section {
  int k0, channels;            // output channels
  int per_group;               // ... of one column group
  int channel0, channel_step;  // input channels: of the first column group; from one to the next
  int channels_in;             // ... that one column group reads
  [[nodiscard]] int groups() const { return int(CeilDiv(channels, per_group)); }
};

// Convolution groups narrower than the array share a pass of the columns: `fold` of them side by side, their
// weights for each other's inputs zero. Chooses the fold that takes the fewest cycles a tile.
int ChooseFold(const ConvLayer& layer, int cg, int kg, const Config& config) {
  auto cost = [&](int64_t fold) {
    const int64_t beats =
        int64_t{layer.window.kh} * layer.window.kw * std::max<int64_t>(fold * cg, config.rows);
    return CeilDiv(layer.groups, fold) * std::max<int64_t>(beats, int64_t{config.rows} * config.Steps());
  };
  int best = 1;
  for (int fold = 2; fold <= std::min(layer.groups, config.cols / kg); fold++)
    if (cost(fold) < cost(best)) best = fold;
  return best;
}

std::vector<Section> MakeSections(const Shape& in, const ConvLayer& layer, const Config& config) {
  const int outputs = layer.filters.shape.n;
  const int cg = in.c / layer.groups, kg = outputs / layer.groups;
  if (layer.groups == 1) return {{0, outputs, config.cols, 0, 0, in.c}};
  if (kg <= config.cols) {
    const int fold = ChooseFold(layer, cg, kg, config);
    return {{0, outputs, fold * kg, 0, fold * cg, fold * cg}};
  }
  std::vector<Section> sections;
  for (int g = 0; g < layer.groups; g++) sections.push_back({g * kg, kg, config.cols, g * cg, 0, cg});
  return sections;
}

// Everything of a job that depends on the region and the part of the reduction.
Job MakeJob(const Geometry& g, const Region& r, const Section& s, const Job::Reduction& red,
            const ConvLayer& layer, const Config& config) {
  const Window& w = g.window;
  // A column group of a pixel that is longer than the buffer is read as a part, too.
  const bool all_columns = red.kx0 == 0 && red.kx1 == w.kw && red.c0 == 0 && red.c1 == s.channels_in &&
                           g.Pitch(r, config) <= config.line_buffer_bytes;
  const bool all = all_columns && red.ky0 == 0 && red.ky1 == w.kh;
  const bool contiguous = all_columns && s.channels_in == g.in.c && w.dilation_w == 1;

  // Lines and bytes to stream. A part of the reduction reads only its filter rows; a part of the channels or
  // filter columns is read at a single pixel, so its bytes are one piece of a line.
  InputBox box = g.InputOf(r);
  int first_y = g.FirstY(r.oy0), span = g.Span();
  if (!all) {
    first_y += red.ky0 * w.dilation_h;
    span = (red.ky1 - red.ky0 - 1) * w.dilation_h + 1;
    box.y0 = std::clamp(first_y, 0, g.in.h);
    box.y1 = std::clamp(first_y + span, 0, g.in.h);
  }
  int64_t x0 = int64_t{g.FirstX(r.ox0) + red.kx0 * w.dilation_w} * g.in.c + s.channel0 + red.c0;
  int64_t begin = int64_t{box.x0} * g.in.c, end = int64_t{box.x1} * g.in.c;
  if (!all_columns) {
    const int x = g.FirstX(r.ox0) + red.kx0 * w.dilation_w;
    begin = x < 0 || x >= g.in.w ? 0 : x0;
    end = x < 0 || x >= g.in.w ? 0 : x0 + red.c1 - red.c0;
    if (x < 0) x0 = -(red.c1 - red.c0);  // as far outside as need be
  }
  const int height = box.y1 - box.y0;
  const int64_t pitch = LinePitch(begin, end, config);
  begin = LineBegin(begin, config);

  Job job;
  job.lines = {r.image0, r.images, box.y0, height, int(begin), int(end - begin)};
  job.reduction = red;
  job.all_columns = all_columns;
  job.channel0 = s.channel0;
  job.channel_step = s.channel_step;
  job.per_group = s.per_group;
  job.oy0 = job.walk_y0 = r.oy0;
  job.rows = r.rows;
  job.ox0 = job.walk_x0 = r.ox0;
  job.cols = r.cols;
  job.window = g.WindowPixels();
  job.pixels = int64_t{r.images} * r.rows * r.cols * job.window;

  // The walk: the delta of a loop takes back what the loops inside it have moved.
  const int64_t counts[5] = {g.pool.kw, g.pool.kh, r.cols, r.rows, r.images};
  const int64_t step_x[5] = {int64_t{w.stride_w} * g.in.c, 0, int64_t{g.pool.stride_w} * w.stride_w * g.in.c,
                             0, 0};
  const int64_t step_y[5] = {0, w.stride_h, 0, g.RowStep(), 0};
  int64_t back_x = 0, back_y = 0;
  for (size_t i = 0; i < 5; i++) {
    const int64_t d_x = step_x[i] - back_x, d_y = step_y[i] - back_y;
    const int64_t d_line = (i == 4 ? height : step_y[i]) - back_y;
    uint32_t* loop = &job.words[kJobWalk + kJobWalkWords * i];
    loop[kJobWalkLast] = Word(counts[i] - 1);
    loop[kJobWalkDAddr] = Word(d_line * pitch + d_x);
    loop[kJobWalkDX] = Word(d_x);
    loop[kJobWalkDY] = Word(d_y);
    back_x += (counts[i] - 1) * step_x[i];
    back_y += (counts[i] - 1) * step_y[i];
  }

  const int64_t run = contiguous ? int64_t{red.kx1 - red.kx0} * g.in.c : red.c1 - red.c0;
  const int64_t chunks = CeilDiv(run, config.Word());
  const bool clears = red.ky0 == 0 && red.kx0 == 0 && red.c0 == 0;
  const bool drains = red.ky1 == w.kh && red.kx1 == w.kw && red.c1 == s.channels_in;
  const Requant& q = layer.requant;
  auto& words = job.words;
  kJobFlagsClears.Set(words.data(), clears);
  kJobFlagsDrains.Set(words.data(), drains);
  words[kJobAddr0] = Word((first_y - box.y0) * pitch + x0 - begin);
  words[kJobX0] = Word(x0 - begin);
  words[kJobY0] = Word(first_y - box.y0);
  words[kJobXlim] = Word(end - begin);
  words[kJobYlim] = Word(height);
  words[kJobSpan] = Word(span);
  words[kJobPitch] = Word(pitch / config.bus_bytes);
  words[kJobLines] = Word(int64_t{r.images} * height);
  words[kJobBusWords] = Word(int64_t{r.images} * height * (pitch / config.bus_bytes));
  words[kJobKyLast] = Word(red.ky1 - red.ky0 - 1);
  words[kJobKyAddr] = Word(w.dilation_h * pitch);
  words[kJobKyY] = Word(w.dilation_h);
  words[kJobKxLast] = Word(contiguous ? 0 : red.kx1 - red.kx0 - 1);
  words[kJobKxAddr] = Word(int64_t{w.dilation_w} * g.in.c);
  words[kJobChunkLast] = Word(chunks - 1);
  words[kJobChunkLen] = Word(run / chunks);
  words[kJobChunkRem] = Word(run % chunks);
  words[kJobGroupAddr] = Word(s.channel_step);
  words[kJobZpIn] = Word(layer.input_zp & 0xff);
  kJobOutZp.Set(words.data(), q.output_zp);
  kJobOutClampLo.Set(words.data(), q.clamp_lo);
  kJobOutClampHi.Set(words.data(), q.clamp_hi);
  words[kJobPool] = Word(g.WindowPixels());
  return job;
}

// Gives a job `count` column groups of its section, from `first` on.
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

// The widest column bands, of at most so many images, rows and columns, whose lines fit; 0 if none do.
// Narrower ones need not fit where wider ones do: a tile then touches more rows.
int BandColumns(const Geometry& g, const Region& most, const Config& config) {
  for (int bands = int(CeilDiv(g.out.w, std::min(g.out.w, most.cols))); bands <= g.out.w; bands++) {
    const int cols = int(CeilDiv(g.out.w, bands));
    bool fit = true;
    for (int ox = 0; ox < g.out.w && fit; ox += cols)
      for (int oy = 0; oy < g.out.h && fit; oy += most.rows)
        fit = g.LinesFit(
            {0, most.images, oy, std::min(most.rows, g.out.h - oy), ox, std::min(cols, g.out.w - ox)},
            config);
    if (fit) return cols;
  }
  return 0;
}

// How many column groups a job takes: of more than one tile so many that two jobs' weights and parameters
// fit.
int GroupsOfJob(const Geometry& g, const Section& s, const Region& most, int64_t group_words,
                const Config& config) {
  const int64_t pixels = int64_t{std::min(most.images, g.in.n)} * std::min(most.rows, g.out.h) *
                         std::min(most.cols, g.out.w) * g.WindowPixels();
  if (pixels <= config.rows) return std::min(s.groups(), 1 << 16);  // a tile frees weights as it reads them
  if (config.rows % g.WindowPixels() != 0 && g.WindowPixels() != 1)
    return 1;  // a pooling window crosses tiles
  const int64_t fit = GroupsThatFit(group_words, config);
  return int(CeilDiv(s.groups(), CeilDiv(s.groups(), fit)));
}

// A list longer than this is no longer a sensible way to run a layer (and fills the memory).
constexpr size_t kMostJobs = 2'000'000;

void AddJob(const ConvLayer& layer, const Job& job, std::vector<Job>* jobs) {
  if (jobs->size() == kMostJobs)
    throw Error(
        "layer {}: takes more than {} jobs with these buffers; choose a configuration with larger ones",
        layer.name, kMostJobs);
  jobs->push_back(job);
}

// The layer as whole reductions: regions of at most the images, rows and columns of `most` x groups of
// channels.
void CompileWhole(const Geometry& g, const std::vector<Section>& sections, const Region& most, int groups,
                  const ConvLayer& layer, const Config& config, std::vector<Job>* jobs) {
  for (const Section& s : sections) {
    const Job::Reduction all{0, g.window.kh, 0, g.window.kw, 0, s.channels_in};
    const int step =
        std::min(groups, GroupsOfJob(g, s, most, RoundUp(all.length(), config.WeightPack()), config));
    for (int image = 0; image < g.in.n; image += most.images)
      for (int oy = 0; oy < g.out.h; oy += most.rows)
        for (int ox = 0; ox < g.out.w; ox += most.cols)
          for (int first = 0; first < s.groups(); first += step) {
            const Region r{image, std::min(most.images, g.in.n - image),
                           oy,    std::min(most.rows, g.out.h - oy),
                           ox,    std::min(most.cols, g.out.w - ox)};
            AddJob(layer, MakeJob(g, r, s, all, layer, config), jobs);
            SetGroups(&jobs->back(), s, first, std::min(step, s.groups() - first));
          }
  }
}

// The pieces of the reduction for a tile of `pixels` pixels in a row: filter rows if one fits, else parts of
// the channels at single pixels (the caller then walks single pixels).
std::vector<Job::Reduction> CutReduction(const Geometry& g, const Section& s, int pixels,
                                         const Config& config) {
  const Window& w = g.window;
  const int64_t line = (int64_t{pixels - 1} * w.stride_w + int64_t{w.kw - 1} * w.dilation_w + 1) * g.in.c;
  const int64_t most_words = config.WeightWords() / 2, most_bytes = config.line_buffer_bytes / 2;
  std::vector<Job::Reduction> pieces;
  if (line <= most_bytes && int64_t{w.kw} * s.channels_in <= most_words) {
    for (int ky = 0; ky < w.kh; ky++) pieces.push_back({ky, ky + 1, 0, w.kw, 0, s.channels_in});
  } else if (pixels == 1) {
    const int part = int(std::min<int64_t>({most_words, most_bytes, s.channels_in}));
    for (int ky = 0; ky < w.kh; ky++)
      for (int kx = 0; kx < w.kw; kx++)
        for (int c = 0; c < s.channels_in; c += part)
          pieces.push_back({ky, ky + 1, kx, kx + 1, c, std::min(c + part, s.channels_in)});
  }
  return pieces;
}

// The layer as pieces of the reduction, one tile at a time: the pixels of one pooling window's row, or a run
// of a row.
void CompilePieces(const Geometry& pooled, const std::vector<Section>& sections, int cols,
                   const ConvLayer& layer, const Config& config, std::vector<Job>* jobs) {
  const Geometry g = pooled.Unpooled();
  const bool pools = layer.max_pool.has_value();
  const Window& pool = pooled.pool;
  for (const Section& s : sections)
    for (int group = 0; group < s.groups(); group++) {
      Section one = s;  // of this column group only, since a piece of its channels is all that is streamed
      one.channel0 += group * s.channel_step;
      auto tile = [&](int image, int oy, int ox, int pixels, bool last_of_window) {
        int step = std::min({pixels, cols, config.rows});
        if (CutReduction(g, one, step, config).empty()) step = 1;
        for (int x = 0; x < pixels; x += step) {
          const int run = std::min(step, pixels - x);
          for (const Job::Reduction& piece : CutReduction(g, one, step, config)) {
            Job job = MakeJob(g, {image, 1, oy, 1, ox + x, run}, one, piece, layer, config);
            SetGroups(&job, one, 0, 1);
            job.k0 = s.k0 + group * s.per_group;
            job.channels = std::min(s.per_group, s.channels - group * s.per_group);
            job.words[kJobColsLast] = Word(job.channels);
            job.words[kJobPool] = Word(pooled.WindowPixels());
            job.single_tile = true;
            if (!job.drains() || (pools && !(last_of_window && x + run == pixels))) job.rows = 0;
            AddJob(layer, job, jobs);
          }
        }
      };
      for (int image = 0; image < g.in.n; image++)
        for (int oy = 0; oy < pooled.out.h; oy++) {
          if (!pools) {
            tile(image, oy, 0, g.out.w, false);
            continue;
          }
          for (int ox = 0; ox < pooled.out.w; ox++)
            for (int wy = 0; wy < pool.kh; wy++) {
              const size_t first = jobs->size();
              tile(image, oy * pool.stride_h + wy, ox * pool.stride_w, pool.kw, wy == pool.kh - 1);
              for (size_t j = first; j < jobs->size(); j++)  // what leaves is one pixel of the pooled map
                if ((*jobs)[j].rows > 0) (*jobs)[j].oy0 = oy, (*jobs)[j].ox0 = ox, (*jobs)[j].cols = 1;
            }
        }
    }
}

// The longest sum must fit the accumulator: 128 * sum |w| of the worst channel, or 2^14 a tap where only
// shapes are known.
void CheckAccumulator(const ConvLayer& layer, const Config& config) {
  const Shape& f = layer.filters.shape;
  const int64_t taps = int64_t{f.h} * f.w * f.c;
  int64_t worst = layer.filters.data.empty() ? taps << 14 : 0;
  for (size_t k = 0; k * size_t(taps) < layer.filters.data.size(); k++) {
    int64_t sum = 0;
    for (int64_t t = 0; t < taps; t++) sum += std::abs(int(layer.filters.data[k * size_t(taps) + size_t(t)]));
    worst = std::max(worst, sum * 128);
  }
  if (worst >= int64_t{1} << (config.acc_bits - 1))
    throw Error(
        "layer {}: sums reach {}, which acc_bits = {} does not hold; choose a configuration with a wider one",
        layer.name, worst, config.acc_bits);
}

void CheckCounters(const Geometry& g, const ConvLayer& layer) {
  const int64_t widest = (int64_t{g.in.w} + g.window.pad.left + g.window.pad.right) * g.in.c;
  const int64_t highest =
      int64_t{g.in.h} + g.window.pad.top + g.window.pad.bottom + g.window.kh * g.window.dilation_h;
  if (highest >= 1 << 16)
    throw Error("layer {}: {} lines with padding; the engine counts to 65535", layer.name, highest);
  if (widest >= 1 << 19)
    throw Error("layer {}: {} bytes a line with padding; the engine counts to 524287", layer.name, widest);
  if (g.WindowPixels() >= 1 << 16)
    throw Error("layer {}: pooling windows of {} pixels; the engine counts to 65535", layer.name,
                g.WindowPixels());
}

}  // namespace

int GroupsThatFit(int64_t group_words, const Config& config) {
  return int(std::clamp<int64_t>(config.WeightWords() / 2 / group_words, 1,
                                 std::max(1, config.ParamEntries() / 2 / config.Steps())));
}

int Job::ChannelsOf(int group) const { return std::min(per_group, channels - group * per_group); }

std::vector<Job> CompileConv(const Shape& in, const ConvLayer& layer, const Config& config,
                             const JobLimits& limits) {
  if (layer.max_pool && layer.max_pool->pad != Padding{})
    throw Error("layer {}: a fused max-pool has no padding", layer.name);
  const Geometry g(in, layer);
  CheckAccumulator(layer, config);
  CheckCounters(g, layer);
  const std::vector<Section> sections = MakeSections(in, layer, config);
  const int64_t taps = int64_t{g.window.kh} * g.window.kw * sections[0].channels_in;
  // The hardware counts the outputs of a job's column group with 24 bits, its lines with DIM_W.
  constexpr int64_t kMostOutputs = (1 << 24) - 1;
  const int64_t map = int64_t{g.out.h} * g.out.w;
  const int images = int(std::clamp<int64_t>(std::min<int64_t>(60000 / in.h, kMostOutputs / map), 1,
                                             std::min(in.n, limits.images)));
  const int rows = map > kMostOutputs ? int(kMostOutputs / g.out.w) : g.out.h;
  Region most{0, images, 0, std::min(rows, limits.rows), 0, limits.cols};
  most.cols = BandColumns(g, most, config);
  std::vector<Job> jobs;
  if (most.cols > 0 && RoundUp(taps, config.WeightPack()) <= config.WeightWords())
    CompileWhole(g, sections, most, limits.groups, layer, config, &jobs);
  else CompilePieces(g, sections, limits.cols, layer, config, &jobs);
  return jobs;
}

}  // namespace weft
