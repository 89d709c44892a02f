// SPDX-License-Identifier: Apache-2.0
#include "compiler/job.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "compiler/geometry.hpp"
#include "compiler/make_job.hpp"
#include "compiler/schedule.hpp"
#include "sw_model/error.hpp"

namespace weft {
namespace {

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

// About how many cycles a job of more than one tile takes with so many column groups, if jobs like it come
// before and after. The next one's groups load beside it as far as they fit, the others as its last tile
// frees the room for them, and no lines come until they are there: that is, until the next job's first tile
// has run.
int64_t CyclesOfJob(const Job& job, int64_t groups, const Config& config, int read_cycles) {
  const int64_t chunks = (int64_t{job.words[kJobKyLast]} + 1) * (int64_t{job.words[kJobKxLast]} + 1) *
                         (int64_t{job.words[kJobChunkLast]} + 1);
  const int64_t tile = groups * std::max({int64_t{job.reduction.length()}, chunks * config.rows,
                                          int64_t{config.rows} * config.Steps()});
  const int64_t load = (ParameterBusWords(job, config) + WeightBusWords(job, config)) * read_cycles;
  const int64_t lines = LinesCanStay(job, config) ? 0 : job.line_bus_words() * read_cycles;
  const int64_t beside = std::min(groups, GroupsBeside(job, groups, job, config));
  if (beside == groups) return std::max(job.tiles(config) * tile, groups * load + lines);
  const int64_t line = lines == 0 ? 0 : int64_t{job.words[kJobPitch]} * read_cycles;
  return std::max(2 * tile, (groups - beside) * load + line) +
         std::max((job.tiles(config) - 2) * tile, beside * load + lines);
}

// How many column groups a job takes: all of a single tile, which frees weights as it reads them. Of others
// as many as fit, so that lines are read few times; fewer if that saves cycles.
int GroupsOfJob(const Geometry& g, const Section& s, const Job& job, const Config& config, int read_cycles) {
  if (job.tiles(config) == 1) return std::min(s.groups(), 1 << 16);
  if (config.rows % g.WindowPixels() != 0 && g.WindowPixels() != 1)
    return 1;  // a pooling window crosses tiles
  const int64_t most = std::clamp<int64_t>(GroupsBeside(job, 0, job, config), 1, s.groups());
  const auto cycles = [&](int64_t jobs) {  // of the layer, the last job as large as the others
    const int64_t groups = CeilDiv(s.groups(), jobs);
    return CyclesOfJob(job, groups, config, read_cycles) * s.groups() / groups;
  };
  const int64_t fewest = CeilDiv(s.groups(), most), halves = CeilDiv(s.groups(), GroupsThatFit(job, config));
  int64_t least = cycles(fewest);
  for (int64_t jobs = fewest + 1; jobs <= halves; jobs++) least = std::min(least, cycles(jobs));
  int64_t jobs = fewest;
  while (cycles(jobs) > least + least / 1024) jobs++;
  return int(CeilDiv(s.groups(), jobs));
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
void CompileWhole(const Geometry& g, const std::vector<Section>& sections, const Region& most,
                  const ConvLayer& layer, const Config& config, const JobLimits& limits,
                  std::vector<Job>* jobs) {
  for (const Section& s : sections) {
    const Job::Reduction all{0, g.window.kh, 0, g.window.kw, 0, s.channels_in};
    const Region first_region{.images = std::min(most.images, g.in.n),
                              .rows = std::min(most.rows, g.out.h),
                              .cols = std::min(most.cols, g.out.w)};
    const Job first_job = MakeJob(g, first_region, s, all, layer, config);
    const int step = std::min(limits.groups, GroupsOfJob(g, s, first_job, config, limits.read_cycles));
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

// Jobs that follow each other and read the same lines stream them once.
void KeepLines(std::vector<Job>* jobs, const Config& config) {
  for (size_t j = 1; j < jobs->size(); j++) {
    Job &before = (*jobs)[j - 1], &job = (*jobs)[j];
    if (before.lines != job.lines || job.words[kJobLines] == 0 || !LinesCanStay(job, config)) continue;
    kJobFlagsKeeps.Set(before.words.data(), 1);
    job.lines_there = true;
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
class PieceCompiler {
 public:
  PieceCompiler(const Geometry& pooled, int cols, const ConvLayer& layer, const Config& config,
                std::vector<Job>* jobs)
      : pooled_(pooled), g_(pooled.Unpooled()), cols_(cols), layer_(layer), config_(config), jobs_(*jobs) {}

  void Compile(const std::vector<Section>& sections) {
    for (const Section& s : sections)
      for (int group = 0; group < s.groups(); group++) {
        const Section one = OneGroup(s, group);
        for (int image = 0; image < g_.in.n; image++)
          for (int oy = 0; oy < pooled_.out.h; oy++) AddRow(one, image, oy);
      }
  }

 private:
  // Pixels in a row of the unpooled map. Of a pooling window, only its last row ends with an output.
  struct Pixels {
    int image, oy, ox, count;
    struct PoolingWindow {
      int oy, ox;  // of its output
      bool last_row;
    };
    std::optional<PoolingWindow> of = {};
  };

  // A piece of a column group's channels is all that is streamed, so each group is a section of its own.
  static Section OneGroup(const Section& s, int group) {
    const int first = group * s.per_group;
    Section one = s;
    one.k0 += first;
    one.channels = std::min(s.per_group, s.channels - first);
    one.channel0 += group * s.channel_step;
    return one;
  }

  // One row of outputs.
  void AddRow(const Section& group, int image, int oy) {
    if (!layer_.max_pool) {
      AddPixels(group, {.image = image, .oy = oy, .ox = 0, .count = g_.out.w});
      return;
    }
    const Window& pool = pooled_.pool;
    for (int ox = 0; ox < pooled_.out.w; ox++)
      for (int y = 0; y < pool.kh; y++)
        AddPixels(group, {.image = image,
                          .oy = oy * pool.stride_h + y,
                          .ox = ox * pool.stride_w,
                          .count = pool.kw,
                          .of = {{.oy = oy, .ox = ox, .last_row = y == pool.kh - 1}}});
  }

  void AddPixels(const Section& group, const Pixels& pixels) {
    int step = std::min({pixels.count, cols_, config_.rows});
    std::vector<Job::Reduction> pieces = CutReduction(g_, group, step, config_);
    if (pieces.empty()) {
      step = 1;
      pieces = CutReduction(g_, group, step, config_);
    }
    for (int x = 0; x < pixels.count; x += step) {
      const int run = std::min(step, pixels.count - x);
      const Region region{.image0 = pixels.image, .oy0 = pixels.oy, .ox0 = pixels.ox + x, .cols = run};
      for (const Job::Reduction& piece : pieces) {
        Job job = MakeJob(g_, region, group, piece, layer_, config_);
        SetGroups(&job, group, 0, 1);
        job.words[kJobPool] = uint32_t(pooled_.WindowPixels());
        job.single_tile = true;
        SetOutputs(pixels, x + run == pixels.count, &job);
        AddJob(layer_, job, &jobs_);
      }
    }
  }

  // A sum that goes on in a later job gives nothing, nor does a pooling window that does.
  static void SetOutputs(const Pixels& pixels, bool last_run, Job* job) {
    if (!job->drains() || (pixels.of && !(pixels.of->last_row && last_run))) {
      job->rows = 0;
    } else if (pixels.of) {  // what leaves is one pixel of the pooled map
      job->oy0 = pixels.of->oy;
      job->ox0 = pixels.of->ox;
      job->cols = 1;
    }
  }

  const Geometry& pooled_;
  const Geometry g_;
  int cols_;
  const ConvLayer& layer_;
  const Config& config_;
  std::vector<Job>& jobs_;
};

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

int64_t GroupsThatFit(const Job& job, const Config& config) {
  return std::clamp<int64_t>(config.WeightWords() / 2 / GroupWeightWords(job, config), 1,
                             std::max(1, config.ParamEntries() / 2 / config.Steps()));
}

int64_t GroupsBeside(const Job& job, int64_t groups, const Job& next, const Config& config) {
  const int64_t words = config.WeightWords() - groups * GroupWeightWords(job, config);
  const int64_t entries = config.ParamEntries() - groups * config.Steps();
  return std::max<int64_t>(0, std::min(words / GroupWeightWords(next, config), entries / config.Steps()));
}

bool LinesCanStay(const Job& job, const Config& config) {
  return int64_t{job.words[kJobBusWords]} * config.bus_bytes <= config.line_buffer_bytes;
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
  int cols = BandColumns(g, most, config);
  while (cols == 0 && most.rows > 1) {  // a tile of few rows touches fewer lines
    most.images = 1;
    most.rows = (most.rows + 1) / 2;
    cols = BandColumns(g, most, config);
  }
  most.cols = cols;
  std::vector<Job> jobs;
  if (most.cols > 0 && RoundUp(taps, config.WeightPack()) <= config.WeightWords())
    CompileWhole(g, sections, most, layer, config, limits, &jobs);
  else PieceCompiler(g, limits.cols, layer, config, &jobs).Compile(sections);
  KeepLines(&jobs, config);
  return jobs;
}

}  // namespace weft
