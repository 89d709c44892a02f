// SPDX-License-Identifier: Apache-2.0
// Runs layers and networks on one of the backends: the RTL, the golden model, or the cycle model.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/graph/graph.hpp"
#include "sw_model/layer.hpp"
#include "sw_model/tensor.hpp"

namespace weft {

struct LayerStats {
  int64_t macs = 0, cycles = 0, predicted_cycles = 0;
  double utilisation = 0;  // of the multipliers, 0..1; 0 when the backend does not count cycles
  int64_t bytes_read = 0, bytes_written = 0;
  int64_t compulsory_read = 0, compulsory_written = 0;  // of them (ProgramLayer::compulsory)
  int64_t outputs_compared = 0;                         // with the golden model
  std::optional<int64_t> mismatches;                    // of them; nothing: none was compared
  std::map<std::string, double> stalls;                 // cause -> cycles
};

// Adds what another run or another layer took: counts add up, utilisation is weighted by cycles. Mismatches
// of what was compared add up; nothing and nothing is nothing.
void Accumulate(const LayerStats& run, LayerStats* total);

class LayerBackend {
 public:
  virtual ~LayerBackend() = default;
  // Returns the layer's output; the backend "cycles" returns an empty tensor. Fills in
  // `stats`, all but the comparison.
  virtual TensorI8 Run(const ConvLayer& layer, const TensorI8& in, LayerStats& stats) = 0;
};

struct BackendOptions {
  std::string engine;                      // the backend: "rtl", "golden", "cycles" (--engine), "board"
  std::string config = "8x8";              // name of a configuration, or a file
  std::string memory;                      // "WIDTH:LATENCY", empty: the default
  double stalls = 0;                       // probability of a stall a cycle, 0..1
  uint64_t seed = 1;                       // of the stalls
  std::string trace_file;                  // .fst, empty: none
  int64_t trace_begin = 0, trace_end = 0;  // cycles
  bool check = false;                      // compare every output with the golden model
  bool all_tensors = false;                // NetworkResult::tensors has them all
  int64_t most_cycles = 0;                 // of a start of weft_top; 0: any number

  // Whether a network runs as the programs that it is compiled to, or layer by layer; and whether the cycle
  // model counts them, for which it needs their jobs.
  [[nodiscard]] bool RunsPrograms() const {
    return (engine == "rtl" && trace_file.empty()) || engine == "cycles" || engine == "board";
  }
  [[nodiscard]] bool PredictsCycles() const {
    return engine == "cycles" || (engine == "rtl" && check && stalls == 0);
  }
};

// Throws Error for an unknown backend or configuration. With `check`, the backend counts its mismatches and
// tells the first few of each layer on stderr; the reference is ConvFast, and golden::Conv for the backend
// "golden".
std::unique_ptr<LayerBackend> MakeLayerBackend(const BackendOptions& options);

// Who has computed a tensor.
enum class Origin : uint8_t { kNone, kInput, kGolden, kHost, kRtl, kBoard };

struct NetworkResult {
  TensorI8 output;            // of Graph::output, empty if the backend computes no data
  std::vector<float> scores;  // the output as real values; of a Softmax its probabilities, unrounded
  // Those of Graph::tensors that the backend has seen: of the RTL what it leaves in memory. Outputs are among
  // them. BackendOptions::all_tensors: all, on the RTL the others from the golden model.
  std::vector<TensorI8> tensors;
  std::vector<Origin> origins;                // one for each tensor
  std::map<int, std::vector<float>> reals;    // tensor -> what is real in the file, as probabilities
  std::vector<LayerStats> nodes;              // one for each Graph::nodes
  int64_t bytes_read = 0, bytes_written = 0;  // in total, lists of commands too
  std::optional<LayerStats> undivided;        // cycles of hardware that does not tell its layers apart
};

// An operator on the golden model, of tensors that are in the order of Graph::tensors. A Softmax leaves its
// probabilities in `result`.
TensorI8 RunOnHost(const Graph& graph, const Node& node, const std::vector<TensorI8>& tensors,
                   NetworkResult* result);
// Output and scores, when all operators have run.
void FinishNetwork(const Graph& graph, NetworkResult* result);
// The outputs of convolutions before their max-pools, of BackendOptions::all_tensors.
void AddUnpooled(const Graph& graph, NetworkResult* result);

TensorI8 Slice(const TensorI8& images, int first, int count);  // of a batch

// Compares a layer's output and counts it in `stats`; tells the first few differences of each layer on
// stderr. Throws Error if the shapes differ.
struct DifferencesTold {
  int differences = 0, images = 0;  // so far
};
void CompareOutputs(const std::string& name, const TensorI8& expected, const TensorI8& got,
                    DifferencesTold* told, LayerStats* stats);

// Runs a batch of images, layer by layer. Operators other than convolutions run on the host and take no
// cycles.
NetworkResult RunNetwork(const Graph& graph, const TensorI8& images, LayerBackend* backend);

}  // namespace weft
