// SPDX-License-Identifier: Apache-2.0
// What the Python package does, without Python: networks, and what a run of one gives.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/backends/board.hpp"
#include "sim/backends/network_run.hpp"
#include "sim/cli/npy.hpp"
#include "sim/cli/options.hpp"

namespace weft::python {

// A tensor of the network, of all images.
struct TensorOfRun {
  std::string name, axes, source;  // source: "input", "golden", "rtl", "host", "board"
  NpyArray array;
  std::optional<float> scale;  // of codes: real = scale * (q - zero_point)
  std::optional<int> zero_point;
};

struct LayerOfRun {
  std::string name, op;
  LayerStats stats;
};

struct Run {
  std::string engine;
  int images = 0, starts = 0;
  bool has_layer_cycles = false, has_cycles = false;
  LayerStats total;
  std::vector<LayerOfRun> layers;
  std::vector<std::pair<std::string, NpyArray>> outputs;
  std::vector<TensorOfRun> tensors;
  std::vector<std::string> warnings;  // sentences
};

// How a network is to be run.
struct Request {
  cli::BackendFlags backend;  // engine, stalls, seed, check
  Board* board = nullptr;     // instead of an engine
  cli::InputFlags input;      // what an array's values stand for
  bool tensors = false;
  std::function<void()> between = [] {};  // called after each batch; may throw
};

// A network for one configuration, which does not change: threads may run it at the same time. Every function
// throws Error with the sentence of the command line.
class Network {
 public:
  struct Options {
    std::string config = "8x8", memory;
    int batch = 1;
    cli::ModelFlags model;
  };
  Network(std::string path, const Options& options);          // a model
  static Network Load(std::string path, std::string memory);  // a .weft file
  void Save(const std::string& path) const;                   // as `weft compile` does
  [[nodiscard]] Run RunImages(const NpyArray& images, const Request& request) const;
  [[nodiscard]] Run CountCycles(const Request& request) const;  // of a batch: the engine "cycles"

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const CompiledNetwork& compiled() const { return network_.compiled; }
  [[nodiscard]] const std::string& memory() const { return memory_; }

 private:
  Network() = default;
  [[nodiscard]] BackendOptions OptionsOf(const Request& request) const;
  [[nodiscard]] Run RunCodes(const TensorI8& images, const Request& request) const;

  std::string path_, memory_, model_;  // model_: the file's contents
  ModelOptions model_options_;
  NetworkToRun network_;
};

}  // namespace weft::python
