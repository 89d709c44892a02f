// SPDX-License-Identifier: Apache-2.0
#include "sim/backends/network_run.hpp"

#include <algorithm>
#include <memory>
#include <optional>

#include "sim/harness/system.hpp"
#include "sw_model/cycles/cycle_model.hpp"
#include "sw_model/error.hpp"

namespace weft {
namespace {

constexpr int kGoldenBatch = 100;  // for speed where tensors need not stay; it counts no cycles

// What the backend runs: the network as it is, or compiled for what is wanted of it.
class Compiler {
 public:
  Compiler(const NetworkToRun& network, const BackendOptions& options)
      : network_(network), options_(options) {}

  const CompiledNetwork& For(int images) {
    const CompiledNetwork& given = network_.compiled;
    if (!options_.RunsPrograms() || (network_.is_file && !options_.PredictsCycles())) return given;
    if (!network_.is_file && (network_.keeps_all || !KeepsAll()) && !given.segments.empty() &&
        given.batch == images)
      return given;
    if (!made_) {
      made_ = given;
      if (network_.is_file) AddJobs(&*made_);
    }
    if (!network_.is_file && (!compiled_ || made_->batch != images))
      made_ = CompileNetwork(
          std::move(made_->graph), images, made_->config,
          {.keep_all = KeepsAll(),
           .with_data = options_.engine != "cycles",
           .read_cycles = Memory::Parse(options_.memory, made_->config).ReadCycles(made_->config)});
    compiled_ = true;
    return *made_;
  }

 private:
  [[nodiscard]] bool KeepsAll() const { return options_.check || options_.all_tensors; }

  const NetworkToRun& network_;
  const BackendOptions& options_;
  std::optional<CompiledNetwork> made_;
  bool compiled_ = false;
};

// The last cycle of a start of the RTL. A file's list may be anything, and could run for years.
struct CycleLimit {
  int64_t cycles = 0;
  std::string reason;
};

CycleLimit LimitCycles(const BackendOptions& options, const NetworkToRun& network) {
  if (options.most_cycles > 0) return {options.most_cycles, "--most-cycles allows no more"};
  if (!network.is_file || options.engine != "rtl") return {};
  const CompiledNetwork& file = network.compiled;
  const Memory memory = Memory::Parse(options.memory, file.config);
  int64_t predicted = 0;
  for (const SegmentProgram& p : CompileNetwork(file.graph, file.batch, file.config,
                                                {.with_data = false, .read_cycles = file.read_cycles})
                                     .programs)
    if (!p.layer_node.empty()) predicted += CountCycles(p.program, file.config, memory).cycles;
  return {
      int64_t(10 * double(predicted) / (1 - options.stalls)) + 100'000,
      fmt::format("the cycle model counts {} for this network, so that the file's list is another one's or "
                  "damaged (--most-cycles N allows more)",
                  predicted)};
}

}  // namespace

RunTotals RunBatches(const NetworkToRun& network, const TensorI8& images, const BackendOptions& options,
                     NetworkBackend* backend, const BatchDone& done) {
  Compiler compiler(network, options);
  RunTotals totals;
  totals.images = images.shape.n;
  totals.layers.resize(network.compiled.graph.nodes.size());
  const int batch =
      options.engine == "golden" && !options.all_tensors ? kGoldenBatch : network.compiled.batch;
  if (network.is_file && options.engine != "golden" && totals.images % batch != 0)
    totals.note =
        fmt::format("the last batch has {} images and takes the cycles of {}", totals.images % batch, batch);
  int64_t bytes_read = 0, bytes_written = 0;
  for (int first = 0; first < totals.images; first += batch) {
    const int count = std::min(batch, totals.images - first);
    const NetworkResult result = backend->Run(compiler.For(count), Slice(images, first, count));
    for (size_t i = 0; i < result.nodes.size(); ++i) Accumulate(result.nodes[i], &totals.layers[i]);
    if (result.undivided) Accumulate(*result.undivided, &totals.all);
    bytes_read += result.bytes_read;
    bytes_written += result.bytes_written;
    totals.starts++;
    done(result, first + count);
  }
  for (const LayerStats& layer : totals.layers) Accumulate(layer, &totals.all);
  totals.all.bytes_read = bytes_read;
  totals.all.bytes_written = bytes_written;
  return totals;
}

RunTotals RunBatches(const NetworkToRun& network, const TensorI8& images, const BackendOptions& options,
                     const BatchDone& done) {
  const CycleLimit limit = LimitCycles(options, network);
  BackendOptions limited = options;
  limited.most_cycles = limit.cycles;
  try {
    const std::unique_ptr<NetworkBackend> backend = MakeNetworkBackend(limited, network.compiled.config);
    return RunBatches(network, images, limited, backend.get(), done);
  } catch (const Timeout&) {
    throw Error("stopped: the hardware has not ended after {} cycles; {}", limit.cycles, limit.reason);
  }
}

}  // namespace weft
