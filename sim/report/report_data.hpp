// SPDX-License-Identifier: Apache-2.0
// What a report says of a network, whatever ran it. Keys: docs/report.md.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sim/report/placement.hpp"

namespace weft {

// "layers": an object for each of Graph::nodes: names, tensors by number, parameters, a convolution's filters
// as a picture, and the number of its stage. "stages": what runs together.
nlohmann::ordered_json NetworkJson(const Graph& graph, const std::vector<Stage>& stages);

// Images as they go into the network: their numbers, and their codes as pictures.
nlohmann::ordered_json ImagesJson(const TensorI8& images, const std::vector<int>& numbers);

// What has to be moved at least for `starts` starts and `images` images: parameters once a start, the
// network's inputs and outputs.
int64_t CompulsoryBytes(const Graph& graph, int64_t starts, int64_t images);

}  // namespace weft
