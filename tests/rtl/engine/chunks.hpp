// SPDX-License-Identifier: Apache-2.0
// The chunks of compiled jobs, as sequencer and chunk_walk should run them.
#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <vector>

#include "compiler/geometry.hpp"
#include "compiler/job.hpp"
#include "compiler/schedule.hpp"
#include "sw_model/config.hpp"

namespace weft::rtl {

template <class P>
Config ConfigOf(int bus) {
  const int cpad = int(std::bit_ceil(unsigned{P::COLS}));
  Config config{"test", P::ROWS, P::COLS, P::LANES, P::LINE_BYTES, cpad << (P::WEIGHT_PTR_W - 2), bus, 32};
  config.Check();
  EXPECT_EQ(config.Word(), P::WORD);
  EXPECT_EQ(config.WeightPack(), P::WEIGHT_PACK);
  return config;
}

// A chunk as it should start, counts since the reset.
struct Chunk {
  size_t job = 0;
  int64_t tile = 0;
  int length = 0, rows = 0, cols = 0;
  int64_t address = 0, x = 0, y = 0;
  bool new_tile = false, first = false, drains = false, last_tile = false, end_group = false, end_job = false;
  int64_t weight = 0, param = 0;  // first weight word, first parameter entry of its group
  int64_t need = 0, free = 0,
          end = 0;  // lines; bus words below which it reads nothing; bus words of all jobs up to this one
};

template <class P>
std::vector<Chunk> ChunksOf(const std::vector<Job>& jobs, const Config& config) {
  std::vector<Chunk> chunks;
  int64_t lines = 0, words = 0, weights = 0, params = 0;
  for (size_t j = 0; j < jobs.size(); j++) {
    const Job& job = jobs[j];
    const auto word = [&](int i) { return int64_t{int32_t(job.words[size_t(i)])}; };
    const int64_t group_words = GroupWeightWords(job, config),
                  group_params = job.drains() ? config.Steps() : 0;
    for (int64_t tile = 0; tile < job.tiles(config); tile++) {
      const TileLines due = LinesOfTile(job, tile, config);
      for (int group = 0; group < job.groups; group++) {
        const size_t first = chunks.size();
        int64_t weight = weights + group * group_words;
        for (int64_t ky = 0; ky <= word(kJobKyLast); ky++)
          for (int64_t kx = 0; kx <= word(kJobKxLast); kx++) {
            int64_t offset = 0;
            for (int64_t i = 0; i <= word(kJobChunkLast); i++) {
              Chunk& c = chunks.emplace_back();
              c.job = j;
              c.tile = tile;
              c.last_tile = tile + 1 == job.tiles(config);
              c.length = int(word(kJobChunkLen) + (i < word(kJobChunkRem) ? 1 : 0));
              c.rows = int(std::min<int64_t>(P::ROWS, job.pixels - tile * P::ROWS));
              c.cols = job.ChannelsOf(group);
              c.x = group * word(kJobGroupAddr) + kx * word(kJobKxAddr) + offset;
              c.address = c.x + ky * word(kJobKyAddr);
              c.y = ky * word(kJobKyY);
              c.weight = weight;
              c.param = params + group * group_params;
              c.need = lines + due.need;
              c.free = words + due.free * word(kJobPitch);
              c.end = words + job.freed_bus_words();
              weight += c.length;
              offset += c.length;
            }
          }
        chunks[first].first = job.clears();
        chunks[first].new_tile = group == 0;
        chunks.back().drains = job.drains();
        chunks.back().end_group = true;
      }
    }
    chunks.back().end_job = true;
    lines += job.freed_lines();
    words += job.freed_bus_words();
    weights += group_words * job.groups;
    params += group_params * job.groups;
  }
  return chunks;
}

}  // namespace weft::rtl
