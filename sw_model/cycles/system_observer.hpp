// SPDX-License-Identifier: Apache-2.0
// When what weft_top's modules hand to each other is handed over, as the cycle model of a program decides it
// (list_model.hpp): for `weft waves --system`. Each stream's transfers are told in their order. All times are
// cycles since the start.
#pragma once

#include <cstdint>

namespace weft {

enum class SystemEvent {
  kCommand,     // a read, to read_dma; the hardware's own one first
  kJob,         // a job goes: those below have taken what they need of it
  kEngineJob,   // ... its words, to the engine
  kAddStore,    // ... its store words, to residual_add
  kWriteStore,  // ... to write_dma
  kRequest,     // a line, a column group or a piece of the list, to burst_splitter
  kBurst,       // a burst that is read, out of it
  kList,        // a bus word that comes, of each kind
  kTables,
  kResidual,
  kParams,
  kWeights,
  kLines,
  kDepthwise,  // parameters and weights of a depthwise convolution
  kPixel,      // an output of the engine, to residual_add
  kSum,        // what residual_add makes of one, before pooling
  kOutput,     // ... of residual_add, to write_dma
  kPlaced,     // ... the walk of write_dma stands at it
  kFragment,   // what it has of a bus word, to burst_former
  kBeat,       // a bus word of a burst that is written, out of it
  kIssue,      // a burst whose beats are all there, to the bus
  kWrite,      // a beat, to the memory
  kRetire,     // a burst that is in memory, and all before it
  kEvents
};

class SystemObserver {
 public:
  virtual ~SystemObserver() = default;
  // It is offered from cycle `offered` on, and taken in cycle `time`.
  virtual void Happens(SystemEvent event, int64_t time, int64_t offered) = 0;
};

}  // namespace weft
