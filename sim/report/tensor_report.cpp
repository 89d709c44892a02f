// SPDX-License-Identifier: Apache-2.0
#include "sim/report/tensor_report.hpp"

#include <algorithm>
#include <numeric>

#include "sim/report/picture.hpp"

namespace weft {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kMostMaps = 32;                  // pictures of a tensor
constexpr int64_t kMostPixels = 65536;         // ... and all their pixels, if that is more than one picture
constexpr int kVectorWidth = 32;               // channels of a single pixel beside each other
constexpr int kBins = 64;                      // of a histogram
constexpr int64_t kMostMapPixels = 3'000'000;  // of all maps of all images: 2 to 3 MB of the page

bool IsVector(const Shape& shape) { return shape.h == 1 && shape.w == 1; }

// Channels that are shown.
int Shown(const Shape& s) {
  if (IsVector(s)) return s.c;
  const int64_t fit = std::max<int64_t>(1, kMostPixels / (int64_t{s.h} * s.w));
  return int(std::min<int64_t>({s.c, kMostMaps, fit}));
}

// Images whose maps fit the page, the first one in any case.
int ImagesShown(const Graph& graph, int images) {
  int64_t pixels = 0;
  for (const TensorInfo& info : graph.tensors)
    pixels += int64_t{info.shape.h} * info.shape.w * Shown(info.shape);
  return int(std::clamp<int64_t>(kMostMapPixels / std::max<int64_t>(pixels, 1), 1, std::max(images, 1)));
}

Json PictureJson(const Picture& picture, int image, int channel) {
  Json json = {{"image", image}};
  if (channel >= 0) json["channel"] = channel;
  json.update({{"width", picture.width}, {"height", picture.height}, {"png", DataUri(picture)}});
  return json;
}

const char* SourceName(Origin origin) {
  constexpr std::array kNames = {"", "input", "golden", "host", "rtl"};
  return kNames[size_t(origin)];
}

}  // namespace

TensorReport::TensorReport(const Graph& graph, int images)
    : graph_(graph), images_(ImagesShown(graph, images)), tensors_(graph.tensors.size()) {}

void TensorReport::Add(const NetworkResult& batch) {
  int images = 0;
  for (size_t t = 0; t < tensors_.size(); t++) {
    const TensorI8& tensor = batch.tensors[t];
    if (tensor.data.empty()) continue;
    images = tensor.shape.n;
    Seen& seen = tensors_[t];
    AddMaps(tensor, std::min(images, images_ - seen_), &seen);
    seen.origin = batch.origins[t];
    for (const int8_t code : tensor.data) seen.codes[size_t(code + 128)]++;
  }
  seen_ += images;
}

// The channels of the first images of a batch.
void TensorReport::AddMaps(const TensorI8& tensor, int count, Seen* seen) const {
  const Shape& s = tensor.shape;
  const int shown = Shown(s);
  for (int n = 0; n < count; n++) {
    for (int y = 0; y < s.h; y++)
      for (int x = 0; x < s.w; x++)
        for (int c = 0; c < shown; c++) seen->shown_codes[size_t(tensor.at(n, y, x, c) + 128)]++;
    if (IsVector(s))
      seen->pictures.push_back(PictureJson(VectorPicture(tensor, n, kVectorWidth), seen_ + n, -1));
    for (int c = 0; !IsVector(s) && c < shown; c++)
      seen->pictures.push_back(PictureJson(MapPicture(tensor, n, c), seen_ + n, c));
  }
}

// Colours are for the codes from "lo", the smallest one, to "hi", beyond which are a half percent of those
// shown: a few large ones would leave the others dark. All images have the same.
Json TensorReport::MapsJson(const TensorInfo& info, const Seen& seen) const {
  const Counts& counts = seen.shown_codes;
  const int64_t all = std::accumulate(counts.begin(), counts.end(), int64_t{0});
  const auto code = [&](int64_t rank) {  // of the codes in order
    size_t i = 0;
    for (int64_t below = counts[0]; below <= rank; below += counts[i]) i++;
    return int(i) - 128;
  };
  return {{"images", std::min(images_, seen_)}, {"shown", Shown(info.shape)},
          {"vector", IsVector(info.shape)},     {"lo", code(0)},
          {"hi", code(all - 1 - all / 200)},    {"highest", code(all - 1)},
          {"pictures", seen.pictures}};
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
      entry["maps"] = MapsJson(info, seen);
    }
    json.push_back(std::move(entry));
  }
  return json;
}

}  // namespace weft
