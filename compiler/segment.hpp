// SPDX-License-Identifier: Apache-2.0
// From a segment to the program of one start: each layer as it is best for a configuration, and a place in
// memory for each tensor.
#pragma once

#include <optional>
#include <vector>

#include "compiler/graph/graph.hpp"
#include "compiler/lower.hpp"
#include "compiler/program.hpp"

namespace weft {

// A segment as a program for a batch of images.
struct SegmentProgram {
  struct Input {  // the host writes it
    int tensor;   // of the graph
    Place place;
    bool interleaved = false;
    int layer = 0;  // ... for this one of the segment's
  };
  Program program;
  std::vector<Input> inputs;
  std::vector<std::optional<Place>>
      outputs;                       // of the graph's tensors: those that this segment leaves in memory
  std::vector<int> layer_node;       // node of each layer of the program
  std::vector<int> layer_depthwise;  // ... of the depthwise convolution that is part of it, -1: none
  std::vector<LoweredLayer> layers;  // ... and what it is, of the graph's tensors; none in one of a file
};

struct CompileOptions {
  bool keep_all = false;  // every output stays in memory until the end, to be compared; else memory is reused
  bool with_data = true;  // without its parameters and weights, a program is for cycle counts only
  int read_cycles = 1;    // that the memory takes for a bus word (Memory::ReadCycles): fewer bytes or fewer
                          // cycles may be best
  bool in_order = false;  // every layer waits for the one before, even if it does not read it: operators
                          // between them are left out of the graph
};
SegmentProgram CompileSegment(const Graph& graph, const Segment& segment, int images, const Config& config,
                              const CompileOptions& options = {});

}  // namespace weft
