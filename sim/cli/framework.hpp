// SPDX-License-Identifier: Apache-2.0
// The outputs of a run beside those of the model's own framework.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/graph/graph.hpp"
#include "sim/cli/npy.hpp"
#include "sim/cli/report.hpp"
#include "sw_model/tensor.hpp"

namespace weft::cli {

struct FrameworkComparison {
  std::string name;  // "ONNX Runtime 1.20.0", or the file that was compared with; empty: nothing was compared
  std::string reason;  // why not, one sentence without a dot
  int images = 0;      // compared, the first ones
  int64_t values = 0, differing = 0;
  bool tolerant =
      false;  // there are float operators among them: they may differ by 1e-5 of the largest value
};
Json ToJson(const FrameworkComparison& comparison);

// Runs a model (its file's contents) in its framework, by scripts/framework_outputs.py in Weft's Python
// environment, on the first images (codes) of a run, and compares `ours`, all outputs of all images. What
// keeps it from that is the reason.
FrameworkComparison CompareWithFramework(const std::string& model, const Graph& graph, const TensorI8& images,
                                         const std::vector<NpyArray>& ours);
// With arrays that somebody else's run has left: `path` as `weft run --output` takes it. Throws Error for
// files that cannot be read or have another shape or type.
FrameworkComparison CompareWithFile(const std::string& path, const Graph& graph, int images,
                                    const std::vector<NpyArray>& ours);

}  // namespace weft::cli
