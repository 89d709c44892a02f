// SPDX-License-Identifier: Apache-2.0
#include "compiler/depthwise.hpp"

#include <algorithm>
#include <cstring>

#include "compiler/geometry.hpp"
#include "compiler/schedule.hpp"
#include "rtl/weft_pkg.hpp"
#include "sw_model/error.hpp"
#include "sw_model/golden/golden.hpp"

namespace weft {
namespace {

// Of the hardware: rtl/system/depthwise.sv.
constexpr int kMostFilterRows = 7, kMostFilterColumns = rtl::weft_pkg::DW_MAX_KW, kMostStride = 4;
constexpr int kMostEntries = rtl::weft_pkg::DW_ENTRIES / 2;  // a job's, of parameters or of weights

int64_t EntryBusWords(int64_t bytes, const Config& config) { return CeilDiv(bytes, config.bus_bytes); }
int64_t ParameterEntryBusWords(const Config& config) {
  return EntryBusWords(int64_t{9} * config.AddLanes(), config);
}
int64_t WeightEntryBusWords(const Config& config) {
  return EntryBusWords(int64_t{config.depthwise_taps} * config.cols, config);
}

// Entries of the buffer that a row of windows needs, while the pass that brings the last of them is under
// way.
int64_t EntriesNeeded(const Shape& inner, const Window& w, int groups, const Config& config) {
  return (int64_t{w.kh} * inner.w + w.pad.left + config.rows - 1) * groups;
}

bool GroupsFit(const Shape& inner, const ConvLayer& depthwise, int groups, const Config& config) {
  const Window& w = depthwise.window;
  return EntriesNeeded(inner, w, groups, config) <= config.DepthwiseEntries() &&
         groups * w.kh * DepthwisePhases(w, config) <= kMostEntries &&
         groups * config.AddSteps() <= kMostEntries;
}

Shape InnerShape(const PreparedLayer& layer) { return Geometry(layer.in, layer.layer).out; }

// Cycles of the array for all jobs, without waiting.
int64_t ArrayCycles(const std::vector<Job>& jobs, const Config& config) {
  int64_t cycles = 0;
  for (const Job& job : jobs) {
    const int64_t runs = (job.word(kJobKyLast) + 1) * (job.word(kJobKxLast) + 1);
    const int64_t chunks = job.word(kJobChunkLast) + 1, len = job.word(kJobChunkLen),
                  rem = job.word(kJobChunkRem);
    const int64_t rows = config.rows;
    const int64_t run = rem * std::max(len + 1, rows) + (chunks - rem) * std::max(len, rows);
    cycles += job.tiles(config) * job.groups * std::max(runs * run, rows * config.Steps());
  }
  return cycles;
}

// The depthwise unit's cycles for a row of outputs.
int64_t RowCycles(const Shape& out, const ConvLayer& depthwise, int64_t groups, const Config& config) {
  const Window& w = depthwise.window;
  const int64_t column = int64_t{w.kh} * DepthwisePhases(w, config);
  const int64_t group =
      (w.kw - 1) * column + out.w * std::max<int64_t>(w.stride_w * column, config.AddSteps());
  return groups * group;
}

// An estimate of what a way to run two convolutions takes: cycles of a memory that gives and takes a bus word
// a cycle, and bytes.
struct Estimate {
  int64_t cycles, bytes;
  [[nodiscard]] bool BetterThan(const Estimate& other) const {
    return cycles != other.cycles ? cycles < other.cycles : bytes < other.bytes;
  }
};

// As two layers: each takes its array's cycles or its memory's.
Estimate TwoLayers(const PreparedLayer& layer, const ConvLayer& depthwise, const Config& config) {
  const std::vector<Job> second = CompileConv(InnerShape(layer), depthwise, config);
  Estimate both{0, 0};
  for (const std::vector<Job>* jobs : {&layer.jobs, &second}) {
    const Traffic traffic = CountTraffic(*jobs, config);
    both.cycles += std::max(ArrayCycles(*jobs, config), traffic.read / config.bus_bytes);
    both.bytes += traffic.read + traffic.written;
  }
  return both;
}

// As one, in jobs of so many column groups: the array fills the inner tensor's buffer while the unit walks,
// as far as the buffer has room for both. `layer` has jobs of any size: the lines are read again for each,
// unless they stay.
Estimate AsOne(const PreparedLayer& layer, const ConvLayer& depthwise, int groups, const Config& config) {
  const Shape inner = InnerShape(layer);
  const int64_t all_groups = CeilDiv(inner.c, config.cols), parts = CeilDiv(all_groups, groups);
  int64_t lines = 0;  // bus words of one part
  for (const Job& job : layer.jobs)
    if (job.k0 == 0) lines += job.line_bus_words();
  int64_t jobs_of_part = 0;
  for (const Job& job : layer.jobs) jobs_of_part += job.k0 == 0 ? 1 : 0;
  const Job& job = layer.jobs.front();
  const int64_t group_words = ParameterBusWords(job, config) + WeightBusWords(job, config) +
                              DepthwiseParameterBusWords(config) +
                              DepthwiseWeightBusWords(depthwise.window, config);
  const int64_t words =
      (LinesCanStay(job, config) ? 1 : parts) * lines + jobs_of_part * all_groups * group_words;
  const Shape out = golden::OutputShape(inner, depthwise);
  const int64_t fill = std::max(ArrayCycles(layer.jobs, config), words);
  const int64_t walk = int64_t{out.n} * out.h * RowCycles(out, depthwise, all_groups, config);
  // What the array gives while a row is walked over, at most what the next row needs. It is lost where the
  // buffer has no room for it.
  const int64_t all_entries = int64_t{inner.n} * inner.h * inner.w * all_groups;
  const int64_t next_row = int64_t{depthwise.window.stride_h} * inner.w * groups;
  const int64_t meanwhile =
      std::min(next_row, all_entries * RowCycles(out, depthwise, groups, config) / fill) +
      config.rows * groups;
  const int64_t room = config.DepthwiseEntries() - EntriesNeeded(inner, depthwise.window, groups, config);
  const double apart = std::clamp(1 - double(room) / double(meanwhile), 0.0, 1.0);
  const auto alone = int64_t(apart * double(std::min(fill, walk)));
  return {std::max(fill, walk) + alone, words * config.bus_bytes + int64_t(out.size())};
}

}  // namespace

int DepthwisePhases(const Window& window, const Config& config) {
  return int(CeilDiv(window.kw, config.depthwise_taps));
}

bool IsFusable(const Window& w) {
  const Padding& pad = w.pad;
  return w.dilation_h == 1 && w.dilation_w == 1 && w.kh <= kMostFilterRows && w.kw <= kMostFilterColumns &&
         w.stride_h <= std::min(w.kh, kMostStride) && w.stride_w <= std::min(w.kw, kMostStride) &&
         std::min({pad.top, pad.left, pad.bottom, pad.right}) >= 0 && std::max(pad.top, pad.bottom) < w.kh &&
         std::max(pad.left, pad.right) < w.kw;
}

bool IsFusable(const ConvLayer& depthwise) {
  const Shape& f = depthwise.filters.shape;
  return depthwise.groups == f.n && f.c == 1 && !depthwise.max_pool && IsFusable(depthwise.window);
}

bool TakesDepthwise(const ConvLayer& conv) { return conv.groups == 1 && !conv.max_pool; }

DepthwiseWalk WalkOf(const Job& job, const Shape& inner, const ConvLayer& depthwise, const Config& config) {
  const Window& w = depthwise.window;
  const Shape out = golden::OutputShape(inner, depthwise);
  const int phases = DepthwisePhases(w, config);
  return {.kh = w.kh,
          .kw = w.kw,
          .stride_y = w.stride_h,
          .stride_x = w.stride_w,
          .phases = phases,
          .top = w.pad.top,
          .left = w.pad.left,
          .pad = depthwise.input_zp,
          .images = job.lines.images,
          .rows = inner.h,
          .cols = inner.w,
          .groups = job.groups,
          .out_rows = out.h,
          .out_cols = out.w,
          .weights = job.groups * w.kh * phases,
          .params = job.groups * config.AddSteps()};
}

bool CanFollow(const PreparedLayer& layer, const ConvLayer& depthwise, const Config& config) {
  if (config.depthwise_taps == 0 || !IsFusable(depthwise) || !TakesDepthwise(layer.layer)) return false;
  const Shape inner = InnerShape(layer);
  return inner.h < 1 << 16 && inner.w < 1 << 16 && std::ranges::all_of(layer.jobs, [&](const Job& job) {
           return !job.single_tile && job.oy0 == 0 && job.rows == inner.h && job.ox0 == 0 &&
                  job.cols == inner.w && GroupsFit(inner, depthwise, job.groups, config);
         });
}

std::optional<PreparedLayer> PrepareDepthwise(const std::function<PreparedLayer(const JobLimits&)>& prepare,
                                              const ConvLayer& depthwise, const Config& config) {
  if (config.depthwise_taps == 0) return std::nullopt;
  const PreparedLayer alone = prepare({});
  const Shape inner = InnerShape(alone);
  const auto all_groups = int(CeilDiv(inner.c, config.cols));
  int groups = 0;
  Estimate best{};
  for (int parts = 1; parts <= all_groups; parts++) {
    const auto each = int(CeilDiv(all_groups, parts));
    if (each > alone.jobs.front().groups || !GroupsFit(inner, depthwise, each, config)) continue;
    const Estimate estimate = AsOne(alone, depthwise, each, config);
    if (groups > 0 && !estimate.BetterThan(best)) continue;
    groups = each;
    best = estimate;
  }
  if (groups == 0) return std::nullopt;
  JobLimits limits;
  limits.groups = groups;
  PreparedLayer layer = prepare(limits);
  if (!CanFollow(layer, depthwise, config)) return std::nullopt;
  const Estimate apart = TwoLayers(alone, depthwise, config);
  if (best.cycles > apart.cycles || best.bytes > apart.bytes) return std::nullopt;
  return layer;
}

int64_t DepthwiseParameterBusWords(const Config& config) {
  return config.AddSteps() * ParameterEntryBusWords(config);
}

int64_t DepthwiseWeightBusWords(const Window& window, const Config& config) {
  return window.kh * DepthwisePhases(window, config) * WeightEntryBusWords(config);
}

std::vector<uint8_t> PackDepthwise(const Job& job, int group, const ConvLayer& depthwise,
                                   const Config& config) {
  const Window& w = depthwise.window;
  const int lanes = config.AddLanes(), taps = config.depthwise_taps, phases = DepthwisePhases(w, config);
  const auto bus = size_t(config.bus_bytes);
  const size_t param_bytes = size_t(ParameterEntryBusWords(config)) * bus;
  const size_t weight_bytes = size_t(WeightEntryBusWords(config)) * bus;
  const size_t weights_at = size_t(config.AddSteps()) * param_bytes;
  std::vector<uint8_t> bytes(weights_at + size_t(w.kh * phases) * weight_bytes);
  for (int j = 0; j < job.ChannelsOf(group); j++) {
    const int channel = job.FirstChannel(group) + j;
    const auto c = size_t(channel);
    uint32_t sum = 0;  // of the weights: the unit multiplies by x, the layer by x - input_zp
    for (int ky = 0; ky < w.kh; ky++)
      for (int kx = 0; kx < w.kw; kx++) {
        const int8_t weight = depthwise.filters.at(channel, ky, kx, 0);
        const int running = w.kw - 1 - kx;  // the running sum that it belongs to
        const size_t entry = weights_at + size_t(ky * phases + running / taps) * weight_bytes;
        bytes[entry + size_t(running % taps * config.cols + j)] = uint8_t(weight);
        sum += uint32_t(int32_t{weight});
      }
    const uint32_t bias = uint32_t(depthwise.bias[c]) - uint32_t(depthwise.input_zp) * sum;
    const int32_t multiplier = depthwise.requant.multiplier[c];
    uint8_t* entry = &bytes[size_t(j / lanes) * param_bytes];
    std::memcpy(entry + 4 * (j % lanes), &bias, 4);
    std::memcpy(entry + 4 * (lanes + j % lanes), &multiplier, 4);
    entry[8 * lanes + j % lanes] = uint8_t(depthwise.requant.shift[c]);
  }
  return bytes;
}

}  // namespace weft
