// SPDX-License-Identifier: Apache-2.0
// The cycle model: how many cycles conv_engine takes for a list of jobs under a memory, and what it spends
// them on. Equal to the RTL, difference 0, in the total and in every cause.
//
// It follows the decisions of rtl/engine/sequencer.sv chunk by chunk, and whole tiles at a time where nothing
// can wait inside one. All times are cycles since the start, in which job 0 and the first read request are
// there (cycle 0).
#pragma once

#include <vector>

#include "compiler/job.hpp"
#include "compiler/program.hpp"
#include "sw_model/causes.hpp"
#include "sw_model/config.hpp"
#include "sw_model/memory.hpp"

namespace weft {

// A layer of a chain ends with the cycle in which its last output is written; the counts are those of all
// cycles before `end`, layers before it included (kEdge only up to the last tile that has begun).
struct LayerEnd {
  int64_t end = 0;
  CauseCounts counts{};
};

struct CycleResult {
  int64_t cycles = 0;
  CauseCounts counts{};
  int64_t bytes_read = 0, bytes_written = 0;
  std::vector<LayerEnd> layers;  // of a chain; one for a single layer
};

// A layer of a chain by itself, from the end of the one before to its own; bytes are not counted by layer.
CycleResult CyclesOfLayer(const CycleResult& chain, size_t layer);

class CycleObserver;
class SystemObserver;

// Throws Error if the jobs would wait for each other for ever. An observer is told every event (and slows the
// model down).
CycleResult CountCycles(const std::vector<Job>& jobs, const Config& config, const Memory& memory,
                        CycleObserver* observer = nullptr);
// Of layers that follow each other, whose first jobs are `layer_starts`: see MakeSchedule.
CycleResult CountCycles(const std::vector<Job>& jobs, const Config& config, const Memory& memory,
                        const std::vector<int>& layer_starts, CycleObserver* observer = nullptr);

// Of a program on weft_core: from the start to done. The engine's observer is not told what is read: the
// system's is.
CycleResult CountCycles(const Program& program, const Config& config, const Memory& memory,
                        SystemObserver* observer = nullptr, CycleObserver* engine_observer = nullptr);

}  // namespace weft
