// SPDX-License-Identifier: Apache-2.0
// A compiled network in one file (docs/program.md): for each segment the image of its window and what is
// where in it, and the model itself, for the operators of the host and to compare with.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/graph/graph.hpp"
#include "compiler/model_reader.hpp"
#include "compiler/segment.hpp"
#include "sw_model/config.hpp"

namespace weft {

inline constexpr int kMostImages = 4096;  // of a batch

struct CompiledNetwork {
  Config config;
  int batch = 1;
  int read_cycles = 1;              // CompileOptions::read_cycles
  std::string model = {};           // the ONNX file; empty if the graph comes from elsewhere
  ModelOptions model_options = {};  // with which it was read
  Graph graph;
  std::vector<Segment> segments = {};  // of `graph`
  // One a segment, empty for those of the host. Those of a file have images and layers, but no jobs and
  // commands.
  std::vector<SegmentProgram> programs = {};
};

CompiledNetwork CompileNetwork(Graph graph, int batch, const Config& config,
                               const CompileOptions& options = {});
// An ONNX file, for NetworkFile. Throws Error for one that is damaged, not supported or too large.
CompiledNetwork CompileModel(std::string model, int batch, const Config& config, ModelOptions options = {},
                             int read_cycles = 1);

[[nodiscard]] bool IsNetworkFile(std::string_view contents);
std::string NetworkFile(const CompiledNetwork& network);
// Throws Error, one sentence, for anything that NetworkFile has not written.
CompiledNetwork ParseNetworkFile(std::string_view contents);
// The compiled network in a file, which errors name; nothing if the file is a model.
std::optional<CompiledNetwork> ReadNetworkFile(const std::string& path);

// Completes the programs of a file with their jobs and commands, which the cycle model counts. Throws Error
// if this compiler makes another image of the model.
void AddJobs(CompiledNetwork* network);

}  // namespace weft
