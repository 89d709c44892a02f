// SPDX-License-Identifier: Apache-2.0
// A network drawn: operators from top to bottom as they run, the volumes that they give, what one pass of the
// engine computes together, what the host does, and the edges that skip operators.
#pragma once

#include <string>
#include <vector>

#include "sim/report/placement.hpp"

namespace weft {

// An SVG element. With `links` each operator links to "#node-N", N its number in the graph.
std::string NetworkSvg(const Graph& graph, const std::vector<Stage>& stages, bool links);

// "conv 3x3, stride 2": what an operator does, in short.
std::string OperatorText(const Graph& graph, const Node& node);

// Text inside HTML or SVG, or of an attribute: no model's name can be more than text. Bytes that are not
// UTF-8 become question marks.
std::string Escape(const std::string& text);

}  // namespace weft
