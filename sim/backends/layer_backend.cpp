// SPDX-License-Identifier: Apache-2.0
#include "sim/backends/layer_backend.hpp"

#include "compiler/chain.hpp"
#include "compiler/program_builder.hpp"
#include "sim/harness/harness.hpp"
#include "sim/harness/system.hpp"
#include "sw_model/cycles/cycle_model.hpp"
#include "sw_model/error.hpp"
#include "sw_model/golden/golden.hpp"

namespace weft {

LayerStats MakeStats(const CycleResult& run, int64_t macs, const Config& config) {
  const double pes = double(config.rows) * config.cols;
  LayerStats stats;
  stats.macs = macs;
  stats.cycles = run.cycles;
  stats.utilisation = double(macs) / (double(run.cycles) * pes);
  for (size_t cause = kFill; cause < kCauses; cause++)
    if (cause != kEdge) stats.stalls[kCauseNames[cause]] = double(run.counts[cause]);
  stats.stalls["edge"] = double(run.counts[kMac]) - double(macs) / pes;
  stats.bytes_read = run.bytes_read;
  stats.bytes_written = run.bytes_written;
  return stats;
}

void CheckCycleOptions(const BackendOptions& options) {
  if (options.check)
    throw Error("--check needs the engine rtl or golden: the engine cycles computes no data");
  if (options.stalls != 0) throw Error("the cycle model knows no random stalls; leave --stalls out");
}

void CheckPrediction(const std::string& name, const CycleResult& model, const CycleResult& rtl) {
  if (model.cycles == rtl.cycles && model.counts == rtl.counts) return;
  std::string causes;
  for (size_t i = 0; i < kCauses; i++)
    if (model.counts[i] != rtl.counts[i])
      causes += fmt::format(", {} {} / {}", kCauseNames[i], model.counts[i], rtl.counts[i]);
  throw Error("layer {}: the cycle model counts {} cycles, the RTL {}{} (model / RTL)", name, model.cycles,
              rtl.cycles, causes);
}

namespace {

// One layer as a program of its own.
struct LayerProgram {
  LayerProgram(const ConvLayer& layer, const Shape& in_shape, const Config& config, const Memory& memory,
               bool with_data)
      : prepared(PrepareLayer(layer, in_shape, config, {.read_cycles = memory.ReadCycles(config)})),
        builder(config, with_data) {
    in = builder.AddTensor(prepared.in);
    out = builder.AddTensor(golden::OutputShape(in_shape, layer));
    builder.AddLayer(prepared, in, {.tensor = out}, false);
    program = builder.Build();
  }
  PreparedLayer prepared;
  ProgramBuilder builder;
  int in, out;
  Program program;
};

// weft_core: every layer is a program, from its start to done.
class RtlBackend : public LayerBackend {
 public:
  explicit RtlBackend(const BackendOptions& o)
      : config_(Config::Load(o.config)),
        memory_(Memory::Parse(o.memory, config_)),
        predict_(o.PredictsCycles()),
        system_(config_, {memory_, o.stalls, o.seed}) {}

  TensorI8 Run(const ConvLayer& layer, const TensorI8& in, LayerStats& stats) override {
    golden::Check(in.shape, layer);
    const LayerProgram p(layer, in.shape, config_, memory_, true);
    system_.Load(p.program);
    system_.Write(p.builder.place(p.in), p.prepared.interleaved ? InterleaveInput(layer, in) : in);
    const CycleResult result = system_.Run(p.program);
    stats = MakeStats(result, golden::Macs(in.shape, layer), config_);
    if (predict_) {
      const CycleResult model = CountCycles(p.program, config_, memory_);
      stats.predicted_cycles = model.cycles;
      CheckPrediction(layer.name, model, result);
    }
    return system_.Read(p.builder.place(p.out));
  }

 private:
  Config config_;
  Memory memory_;
  bool predict_;
  System system_;
};

// conv_engine alone, on the harness's streams: the one that writes traces.
class StreamBackend : public LayerBackend {
 public:
  explicit StreamBackend(const BackendOptions& o)
      : config_(Config::Load(o.config)),
        memory_(Memory::Parse(o.memory, config_)),
        predict_(o.PredictsCycles()),
        harness_(config_, {memory_, o.stalls, o.seed, o.trace_file, o.trace_begin, o.trace_end}) {}

  TensorI8 Run(const ConvLayer& layer, const TensorI8& in, LayerStats& stats) override {
    golden::Check(in.shape, layer);
    const PreparedLayer p = PrepareLayer(layer, in.shape, config_);
    RunResult result = harness_.Run(p.jobs, p.layer, p.interleaved ? InterleaveInput(layer, in) : in,
                                    golden::OutputShape(in.shape, layer));
    stats = MakeStats(result, golden::Macs(in.shape, layer), config_);
    if (predict_) {
      const CycleResult model = CountCycles(p.jobs, config_, memory_);
      stats.predicted_cycles = model.cycles;
      CheckPrediction(layer.name, model, result);
    }
    return std::move(result.output);
  }

 private:
  Config config_;
  Memory memory_;
  bool predict_;
  Harness harness_;
};

class CycleBackend : public LayerBackend {
 public:
  explicit CycleBackend(const BackendOptions& o)
      : config_(Config::Load(o.config)), memory_(Memory::Parse(o.memory, config_)) {
    CheckCycleOptions(o);
  }

  TensorI8 Run(const ConvLayer& layer, const TensorI8& in, LayerStats& stats) override {
    const LayerProgram p(layer, in.shape, config_, memory_, false);
    const CycleResult model = CountCycles(p.program, config_, memory_);
    stats = MakeStats(model, golden::Macs(in.shape, layer), config_);
    stats.predicted_cycles = model.cycles;
    return {};
  }

 private:
  Config config_;
  Memory memory_;
};

}  // namespace

std::unique_ptr<LayerBackend> MakeRtlBackend(const BackendOptions& options) {
  if (!options.trace_file.empty()) return std::make_unique<StreamBackend>(options);
  return std::make_unique<RtlBackend>(options);
}
std::unique_ptr<LayerBackend> MakeCycleBackend(const BackendOptions& options) {
  return std::make_unique<CycleBackend>(options);
}

}  // namespace weft
