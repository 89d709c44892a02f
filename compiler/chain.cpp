// SPDX-License-Identifier: Apache-2.0
#include "compiler/chain.hpp"

#include "compiler/schedule.hpp"

namespace weft {

PreparedLayer PrepareLayer(const ConvLayer& layer, const Shape& in, const Config& config,
                           const JobLimits& limits) {
  const bool interleave = NeedsInterleave(layer, in, config);
  PreparedLayer p{interleave ? InterleaveLayer(layer) : layer,
                  interleave ? InterleavedShape(layer, in) : in,
                  interleave,
                  {}};
  p.jobs = CompileConv(p.in, p.layer, config, limits);
  return p;
}

PreparedLayer PrepareInPlace(const ConvLayer& layer, const Shape& in, const Config& config,
                             const JobLimits& limits) {
  return {layer, in, false, CompileConv(in, layer, config, limits)};
}

void Chain::Add(const std::vector<Job>& layer) {
  layer_starts.push_back(int(jobs.size()));
  jobs.insert(jobs.end(), layer.begin(), layer.end());
}

Traffic CountTraffic(const std::vector<Job>& jobs, const Config& config) {
  Traffic traffic;
  for (const Job& job : jobs) {
    const int64_t group_words = ParameterBusWords(job, config) + WeightBusWords(job, config);
    traffic.read += (job.line_bus_words() + job.groups * group_words) * config.bus_bytes;
    traffic.written += int64_t{job.lines.images} * job.rows * job.cols * job.channels;
  }
  return traffic;
}

}  // namespace weft
