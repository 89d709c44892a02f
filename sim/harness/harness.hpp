// SPDX-License-Identifier: Apache-2.0
// Drives a Verilated conv_engine: streams jobs, lines, weights and parameters in, collects the outputs,
// counts cycles.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/job.hpp"
#include "compiler/schedule.hpp"
#include "sim/harness/pauses.hpp"
#include "sim/harness/rtl_model.hpp"
#include "sw_model/cycles/cycle_model.hpp"
#include "sw_model/memory.hpp"

namespace weft {

struct HarnessOptions {
  Memory memory;
  double stalls = 0;  // probability that a stream pauses in a cycle, each for itself
  uint64_t seed = 1;  // of the pauses
  std::string trace_file;
  int64_t trace_begin = 0, trace_end = 0;  // cycles since the harness was made, [begin, end); end 0: all
};

struct RunResult
    : CycleResult {  // from the start (jobs and memory requests are there) to the last output written
  TensorI8 output;
};

// Looks at the engine in every cycle of a run, before its clock edge.
class CycleProbe {
 public:
  virtual ~CycleProbe() = default;
  virtual void Attach(const RtlModel& model) = 0;  // before the first cycle
  virtual bool Cycle(int64_t cycle) = 0;           // false: the run ends here
};

// One layer of a chain: what it computes from what, and how it is cut.
struct ChainPart {
  const ConvLayer* layer;
  const TensorI8* in;
  Shape out;
  const std::vector<Job>* jobs;
};

struct ChainResult {
  std::vector<TensorI8> outputs;  // of each layer
  CycleResult cycles;
};

class Harness {
 public:
  Harness(const Config& config, const HarnessOptions& options)
      : Harness(config, options, LoadRtlModel(config, !options.trace_file.empty())) {}
  Harness(const Config& config, const HarnessOptions& options, RtlModelPtr model);
  // Runs one layer. Throws Error if the engine makes no progress for a while, or gives outputs that nobody
  // expects.
  RunResult Run(const std::vector<Job>& jobs, const ConvLayer& layer, const TensorI8& in, const Shape& out,
                CycleProbe* probe = nullptr);
  // Runs layers one after the other without a stop: the weights of a layer load during the layer before, its
  // lines are asked for when all outputs of the layer before are written.
  ChainResult RunChain(const std::vector<ChainPart>& parts, CycleProbe* probe = nullptr);

 private:
  class ReadChannel;
  class ChainRun;
  void Cycle(EnginePins* pins);

  Config config_;
  HarnessOptions options_;
  RtlModelPtr model_;
  Pauses pauses_;
  int64_t now_ = 0;
};

}  // namespace weft
