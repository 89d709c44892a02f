// SPDX-License-Identifier: Apache-2.0
// One job: the words that the engine is given, and what is streamed to it.
#pragma once

#include "compiler/geometry.hpp"
#include "compiler/job.hpp"

namespace weft {

// Output channels that share input channels, or step through them together: a job's column groups come from
// one section.
struct Section {
  int k0, channels;            // output channels
  int per_group;               // ... of one column group
  int channel0, channel_step;  // input channels: of the first column group; from one to the next
  int channels_in;             // ... that one column group reads
  [[nodiscard]] int groups() const { return int(CeilDiv(channels, per_group)); }
};

// Everything of a job that depends on the region and the part of the reduction.
Job MakeJob(const Geometry& g, const Region& r, const Section& s, const Job::Reduction& red,
            const ConvLayer& layer, const Config& config);
// Gives a job `count` column groups of its section, from `first` on.
void SetGroups(Job* job, const Section& s, int first, int count);

}  // namespace weft
