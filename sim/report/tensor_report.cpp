// SPDX-License-Identifier: Apache-2.0
#include "sim/report/tensor_report.hpp"

#include <algorithm>
#include <numeric>

#include "sim/report/picture.hpp"

namespace weft {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kMostMaps = 32;           // pictures of a tensor
constexpr int64_t kMostPixels = 65536;  // ... and all their pixels, if that is more than one picture
constexpr int kVectorWidth = 32;        // channels of a single pixel beside each other
constexpr int kBins = 64;               // of a histogram

Json PictureJson(const Picture& picture) {
  return {{"width", picture.width}, {"height", picture.height}, {"png", DataUri(picture)}};
}

// The first image's channels. Colours are for the codes from "lo", the smallest one, to "hi", beyond which
// are a half percent of those shown: a few large ones would leave the others dark.
Json MapsJson(const TensorI8& tensor) {
  const Shape& s = tensor.shape;
  const bool vector = s.h == 1 && s.w == 1;
  const int64_t fit = std::max<int64_t>(1, kMostPixels / (int64_t{s.h} * s.w));
  const int shown = vector ? s.c : int(std::min<int64_t>({s.c, kMostMaps, fit}));
  std::vector<int8_t> codes;
  for (int y = 0; y < s.h; y++)
    for (int x = 0; x < s.w; x++)
      for (int c = 0; c < shown; c++) codes.push_back(tensor.at(0, y, x, c));
  std::ranges::sort(codes);
  const int8_t lo = codes.front(), hi = codes[codes.size() - 1 - codes.size() / 200];
  Json pictures = Json::array();
  if (vector) pictures.push_back(PictureJson(VectorPicture(tensor, 0, kVectorWidth)));
  for (int c = 0; !vector && c < shown; c++) pictures.push_back(PictureJson(MapPicture(tensor, 0, c)));
  return {{"image", 0}, {"shown", shown},          {"vector", vector},    {"lo", lo},
          {"hi", hi},   {"highest", codes.back()}, {"pictures", pictures}};
}

const char* SourceName(Origin origin) {
  constexpr std::array kNames = {"", "input", "golden", "host", "rtl"};
  return kNames[size_t(origin)];
}

}  // namespace

TensorReport::TensorReport(const Graph& graph) : graph_(graph), tensors_(graph.tensors.size()) {}

void TensorReport::Add(const NetworkResult& batch) {
  for (size_t t = 0; t < tensors_.size(); t++) {
    const TensorI8& tensor = batch.tensors[t];
    if (tensor.data.empty()) continue;
    Seen& seen = tensors_[t];
    if (seen.origin == Origin::kNone) seen.maps = MapsJson(tensor);
    seen.origin = batch.origins[t];
    for (const int8_t code : tensor.data) seen.codes[size_t(code + 128)]++;
  }
}

Json TensorReport::ToJson() const {
  Json json = Json::array();
  for (size_t t = 0; t < tensors_.size(); t++) {
    const TensorInfo& info = graph_.tensors[t];
    Json entry = {{"name", info.name},
                  {"shape", {info.shape.h, info.shape.w, info.shape.c}},
                  {"scale", info.scale},
                  {"zero_point", info.zero_point}};
    const Seen& seen = tensors_[t];
    if (seen.origin != Origin::kNone) {
      const int64_t count = std::accumulate(seen.codes.begin(), seen.codes.end(), int64_t{0});
      std::array<int64_t, kBins> bins{};
      for (size_t i = 0; i < seen.codes.size(); i++) bins[i / (seen.codes.size() / kBins)] += seen.codes[i];
      entry["source"] = SourceName(seen.origin);
      entry["values"] = count;
      entry["histogram"] = bins;
      entry["lowest_share"] = double(seen.codes.front()) / double(count);
      entry["highest_share"] = double(seen.codes.back()) / double(count);
      entry["maps"] = seen.maps;
    }
    json.push_back(std::move(entry));
  }
  return json;
}

}  // namespace weft
