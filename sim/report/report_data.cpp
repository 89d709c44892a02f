// SPDX-License-Identifier: Apache-2.0
#include "sim/report/report_data.hpp"

#include <algorithm>

#include "sim/report/network_svg.hpp"
#include "sim/report/picture.hpp"

namespace weft {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kMostFilters = 32;   // in a picture, and channels of each
constexpr int kFiltersInARow = 8;  // of one channel, or in colour

Json PictureJson(const Picture& picture) {
  return {{"width", picture.width}, {"height", picture.height}, {"png", DataUri(picture)}};
}

Json FiltersJson(const TensorI8& filters) {
  const FilterSheet sheet = FilterPicture(filters, kMostFilters, kFiltersInARow);
  int largest = 1;
  for (const int8_t weight : filters.data) largest = std::max(largest, std::abs(int{weight}));
  Json json = {{"shape", {filters.shape.n, filters.shape.h, filters.shape.w, filters.shape.c}},
               {"shown", {sheet.filters, sheet.channels}},
               {"colour", sheet.colour},
               {"matrix", sheet.matrix},
               {"largest", largest}};
  json.update(PictureJson(sheet.picture));
  return json;
}

}  // namespace

Json NetworkJson(const Graph& graph, const std::vector<Stage>& stages) {
  std::vector<int> stage_of(graph.nodes.size(), -1);
  Json stages_json = Json::array(), layers = Json::array();
  for (size_t s = 0; s < stages.size(); s++) {
    const Stage& stage = stages[s];
    for (const int node : stage.nodes) stage_of[size_t(node)] = int(s);
    stages_json.push_back({{"nodes", stage.nodes},
                           {"segment", stage.segment},
                           {"on_host", stage.on_host()},
                           {"layers", stage.layers}});
  }
  for (size_t n = 0; n < graph.nodes.size(); n++) {
    const Node& node = graph.nodes[n];
    Json layer = {{"name", node.name},     {"op", OpName(node.op)}, {"what", OperatorText(graph, node)},
                  {"inputs", node.inputs}, {"output", node.output}, {"stage", stage_of[n]}};
    if (node.op == Op::kConv) {
      layer["weights"] = node.conv.filters.data.size();
      layer["biases"] = node.conv.bias.size();
      layer["filters"] = FiltersJson(node.conv.filters);
      if (node.unpooled >= 0) layer["unpooled"] = node.unpooled;
    }
    layers.push_back(std::move(layer));
  }
  return {{"layers", std::move(layers)}, {"stages", std::move(stages_json)}};
}

Json ImagesJson(const TensorI8& images, const std::vector<int>& numbers) {
  Json json = Json::array();
  for (const int number : numbers) {
    json.push_back({{"image", number}});
    json.back().update(PictureJson(ImagePicture(images, number)));
  }
  return json;
}

int64_t CompulsoryBytes(const Graph& graph, int64_t starts, int64_t images) {
  int64_t parameters = 0, maps = int64_t(graph.tensors[size_t(graph.input)].shape.size());
  for (const Node& node : graph.nodes)
    if (node.op == Op::kConv)
      parameters += int64_t(node.conv.filters.data.size() + sizeof(int32_t) * node.conv.bias.size());
  for (const Port& port : graph.outputs) maps += int64_t(graph.tensors[size_t(port.tensor)].shape.size());
  return starts * parameters + images * maps;
}

}  // namespace weft
