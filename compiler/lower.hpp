// SPDX-License-Identifier: Apache-2.0
// Which operators of a graph the hardware runs, and as which layers. Everything it runs is a convolution, or
// a copy, which is a depthwise 1x1 convolution with weight 1:
// - max pool: part of the layer whose sum it reads, if its windows neither overlap nor reach into padding;
//   else a copy with a fused max-pool, whose padding is a code that no pixel is below.
// - depthwise convolution: part of the convolution that gives what it reads, if nobody else reads that; where
//   the hardware's configuration or the layer's size do not allow it, a program has both as layers.
// - average pool: a depthwise convolution with weights 1 and the factor 1/count; where windows reach into
//   padding one for each region of outputs that count as many pixels, if those are at most 25 and 2,048.
// - add, pair: a sum of two tables, if it is one. Part of the convolution that gives its later operand, or of
//   the longer one if that can run last, if nobody else reads what it gives; else of a copy. A program makes
//   it a copy, too, where that moves fewer bytes, and a max-pool behind it where no window's rows fit.
// - table: a sum with nothing, part of a convolution as an addition is; else a copy, with a factor and a
//   clamp if they give the whole table.
// - concat: copies to their places in the output, each with its table.
// - slice: a copy for each block of channels, or a 1x1 convolution that picks them. depth to space: a slice
//   for each position in a block.
// - pad: a copy with padding, or one for each strip of the map that a mirrored border shows.
// - upsample: a copy for each position inside a factor_h x factor_w block of the output.
// Hardware that adds nothing (Config::residual_add) leaves to the host what would be a sum.
#pragma once

#include <optional>
#include <vector>

#include "compiler/graph/graph.hpp"
#include "compiler/program.hpp"

namespace weft {

struct LoweredLayer {
  int node;  // of the graph
  ConvLayer conv;
  int in;                       // tensor of the graph
  Target out;                   // .tensor is one of the graph's
  std::optional<FusedAdd> add;  // .residual is, too
  int fold = 1;                 // reads the input's rows as fold times as many pixels of fewer channels
  std::optional<FusedDepthwise> depthwise = {};  // behind it
};

// Nodes that follow each other and run on one start, or nodes that the host computes (no layers).
struct Segment {
  int first = 0, count = 0;  // nodes of the graph
  std::vector<LoweredLayer> layers;
  [[nodiscard]] bool on_host() const { return layers.empty(); }
};

std::vector<Segment> Lower(const Graph& graph, bool adds = true);

}  // namespace weft
