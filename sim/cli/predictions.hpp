// SPDX-License-Identifier: Apache-2.0
// The classes that a network sees in images, if its first output is one pixel with a channel for each class.
#pragma once

#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "sim/backends/backend.hpp"
#include "sim/cli/report.hpp"

namespace weft::cli {

struct ClassScore {
  int label;
  float score;
};

class Predictions {
 public:
  explicit Predictions(const Graph& graph);
  void Add(const NetworkResult& batch);

  [[nodiscard]] bool empty() const { return scores_.empty(); }
  [[nodiscard]] int images() const { return int(scores_.size() / size_t(classes_)); }
  // The `count` classes with the largest scores; of equal ones the first.
  [[nodiscard]] std::vector<ClassScore> Best(int image, int count) const;
  [[nodiscard]] double Accuracy(const std::vector<int>& labels) const;

  // `best` classes of the first images.
  void Print(std::FILE* stream, int best, const std::optional<std::vector<int>>& labels) const;
  // Adds "predictions", "top" (`best` classes of each image) and all "scores", which are called "logits" if
  // no Softmax has made them.
  void AddTo(Json* json, int best) const;

 private:
  [[nodiscard]] std::string Name(int label) const;
  int classes_ = 0;  // 0: the output is a map
  bool softmax_ = false;
  std::vector<std::string> names_;
  std::vector<float> scores_;  // of all images
};

}  // namespace weft::cli
