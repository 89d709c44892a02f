// SPDX-License-Identifier: Apache-2.0
#include "compiler/residual.hpp"

#include <algorithm>

#include "compiler/geometry.hpp"

namespace weft {

ResidualBox ResidualOf(const Job& job, const Window& pool, int channels, const Config& config) {
  ResidualBox box{};
  box.step = std::min(pool.stride_h, pool.kh);
  box.y0 = job.oy0 * pool.stride_h;
  box.rows = (job.rows - 1) * box.step + pool.kh;
  box.cols = (job.cols - 1) * pool.stride_w + pool.kw;
  const int64_t left = int64_t{job.ox0} * pool.stride_w * channels, first = left + job.k0;
  const bool one = box.cols == 1;
  const int64_t begin = one ? first : left, bytes = one ? job.channels : int64_t{box.cols} * channels;
  box.begin = LineBegin(begin, config);
  box.pitch = LinePitch(begin, begin + bytes, config);
  box.first = first - box.begin;
  return box;
}

bool CanAdd(const PreparedLayer& layer, std::optional<int> channels, const Config& config) {
  const Window pool = layer.layer.max_pool.value_or(Window{});
  return std::ranges::all_of(layer.jobs, [&](const Job& job) {
    if (job.single_tile && layer.layer.max_pool) return false;
    if (job.rows == 0 || !channels) return true;
    const ResidualBox box = ResidualOf(job, pool, *channels, config);
    const int touched = (config.rows - 2) / (job.cols * job.window) + 2;  // rows of outputs, by a tile
    const int64_t lines = std::min(int64_t{touched} * pool.kh, int64_t{job.lines.images} * box.rows);
    return lines * box.pitch <= config.ResidualBytes();
  });
}

std::optional<PreparedLayer> PrepareToAdd(const std::function<PreparedLayer(const JobLimits&)>& prepare,
                                          std::optional<int> channels, const Config& config) {
  PreparedLayer layer = prepare({});
  JobLimits most{1, 1, 1, 1};
  for (const Job& job : layer.jobs) {
    most.images = std::max(most.images, job.lines.images);
    most.rows = std::max(most.rows, job.rows);
    most.cols = std::max(most.cols, job.cols);
    most.groups = std::max(most.groups, job.groups);
  }
  while (!CanAdd(layer, channels, config)) {
    int& cut = most.cols > 1     ? most.cols
               : most.groups > 1 ? most.groups
               : most.images > 1 ? most.images
                                 : most.rows;
    if (cut == 1) return std::nullopt;
    cut = (cut + 1) / 2;
    layer = prepare(most);
  }
  return layer;
}

}  // namespace weft
