// SPDX-License-Identifier: Apache-2.0
#include "sim/cli/predictions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <sstream>

namespace weft::cli {
namespace {

constexpr int kImagesShown = 10;
constexpr size_t kMostScores = 1'000'000;  // in JSON; --output writes any number

// From the model's metadata "labels" (a,b,c); empty if it has none.
std::vector<std::string> ClassNames(const Graph& graph) {
  const auto labels = graph.metadata.find("labels");
  std::vector<std::string> names;
  if (labels == graph.metadata.end()) return names;
  std::istringstream text(labels->second);
  for (std::string name; std::getline(text, name, ',');) names.push_back(name);
  return names;
}

}  // namespace

Predictions::Predictions(const Graph& graph) : names_(ClassNames(graph)) {
  const Shape& shape = graph.tensors[size_t(graph.output())].shape;
  if (shape.h == 1 && shape.w == 1) classes_ = shape.c;
  softmax_ = std::ranges::any_of(graph.nodes, [&](const Node& node) {
    return node.output == graph.output() &&
           (node.op == Op::kSoftmax || (node.op == Op::kHost && node.host.what == "Softmax"));
  });
}

void Predictions::Add(const NetworkResult& batch) {
  if (classes_ > 0) scores_.insert(scores_.end(), batch.scores.begin(), batch.scores.end());
}

std::vector<ClassScore> Predictions::Best(int image, int count) const {
  const auto scores = scores_.begin() + std::ptrdiff_t(image) * classes_;
  std::vector<int> labels(static_cast<size_t>(classes_));
  std::iota(labels.begin(), labels.end(), 0);
  count = std::min(count, classes_);
  const auto is_better = [&](int a, int b) {
    return scores[a] > scores[b] || (scores[a] == scores[b] && a < b);
  };
  std::partial_sort(labels.begin(), labels.begin() + count, labels.end(), is_better);
  std::vector<ClassScore> best;
  for (int i = 0; i < count; i++) best.push_back({labels[size_t(i)], scores[labels[size_t(i)]]});
  return best;
}

double Predictions::Accuracy(const std::vector<int>& labels) const {
  int right = 0;
  for (int i = 0; i < images(); i++) right += Best(i, 1).at(0).label == labels[size_t(i)] ? 1 : 0;
  return double(right) / double(images());
}

std::string Predictions::Name(int label) const {
  return label >= 0 && size_t(label) < names_.size() ? names_[size_t(label)] : fmt::format("class {}", label);
}

void Predictions::Print(std::FILE* stream, int best, const std::optional<std::vector<int>>& labels) const {
  if (empty()) return;
  const int shown = std::min(images(), kImagesShown);
  for (int i = 0; i < shown; ++i) {
    std::string text;
    for (const ClassScore& c : Best(i, best))
      text += fmt::format("{}{} ({:.3f})", text.empty() ? "" : ", ", Name(c.label), c.score);
    const std::string label = labels ? fmt::format(", label {}", Name((*labels)[size_t(i)])) : "";
    fmt::print(stream, "image {}: {}{}\n", i, text, label);
  }
  if (images() > shown) fmt::print(stream, "... and {} more\n", images() - shown);
}

void Predictions::AddTo(Json* json, int best) const {
  Json labels = Json::array(), top = Json::array(), scores = Json::array();
  for (int i = 0; !empty() && i < images(); i++) {
    Json classes = Json::array();
    for (const ClassScore& c : Best(i, best)) {
      Json entry = {{"class", c.label}};
      if (size_t(c.label) < names_.size()) entry["name"] = names_[size_t(c.label)];
      entry["score"] = c.score;
      classes.push_back(std::move(entry));
    }
    labels.push_back(classes.at(0).at("class"));
    top.push_back(std::move(classes));
    if (scores_.size() > kMostScores) continue;
    const auto first = scores_.begin() + std::ptrdiff_t(i) * classes_;
    scores.push_back(std::vector<float>(first, first + classes_));
  }
  (*json)["predictions"] = std::move(labels);
  if (empty()) return;
  (*json)["top"] = std::move(top);
  (*json)[softmax_ ? "scores" : "logits"] = scores.empty() ? Json(nullptr) : std::move(scores);
}

}  // namespace weft::cli
