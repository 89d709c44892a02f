#include "sim/rtl_engine.hpp"

#include "compiler/chain.hpp"
#include "sim/harness.hpp"
#include "sw_model/cycle_model.hpp"
#include "sw_model/error.hpp"
#include "sw_model/golden.hpp"

namespace weft {

void FillStats(const CauseCounts& counts, int64_t cycles, const Config& config, LayerStats* stats) {
  const double pes = double(config.rows) * config.cols;
  stats->cycles = cycles;
  stats->utilisation = double(stats->macs) / (double(cycles) * pes);
  for (int cause = kFill; cause < kCauses; cause++)
    if (cause != kEdge) stats->stalls[kCauseNames[cause]] = double(counts[size_t(cause)]);
  stats->stalls["edge"] = double(counts[kMac]) - double(stats->macs) / pes;
}

namespace {

class RtlEngine : public LayerEngine {
 public:
  explicit RtlEngine(const EngineOptions& o)
      : config_(Config::Load(o.config)),
        memory_(Memory::Parse(o.memory, config_)),
        predict_(o.check && o.stalls == 0),
        harness_(config_, {memory_, o.stalls, o.seed, o.trace_file, o.trace_begin, o.trace_end}) {}

  TensorI8 Run(const ConvLayer& layer, const TensorI8& in, LayerStats& stats) override {
    golden::Check(in.shape, layer);
    const PreparedLayer p = PrepareLayer(layer, in.shape, config_);
    RunResult result = harness_.Run(p.jobs, p.layer, p.interleaved ? InterleaveInput(layer, in) : in,
                                    golden::OutputShape(in.shape, layer));
    stats.macs = golden::Macs(in.shape, layer);
    FillStats(result.counts, result.cycles, config_, &stats);
    if (predict_) CheckPrediction(layer, p, result, &stats);
    return std::move(result.output);
  }

 private:
  void CheckPrediction(const ConvLayer& layer, const PreparedLayer& p, const RunResult& result,
                       LayerStats* stats) {
    const CycleResult model = CountCycles(p.jobs, config_, memory_);
    stats->predicted_cycles = model.cycles;
    if (model.cycles == result.cycles && model.counts == result.counts) return;
    std::string causes;
    for (size_t i = 0; i < kCauses; i++)
      if (model.counts[i] != result.counts[i])
        causes += fmt::format(", {} {} / {}", kCauseNames[i], model.counts[i], result.counts[i]);
    throw Error("layer {}: the cycle model counts {} cycles, the RTL {}{} (model / RTL)", layer.name,
                model.cycles, result.cycles, causes);
  }

  Config config_;
  Memory memory_;
  bool predict_;
  Harness harness_;
};

class CycleEngine : public LayerEngine {
 public:
  explicit CycleEngine(const EngineOptions& o)
      : config_(Config::Load(o.config)), memory_(Memory::Parse(o.memory, config_)) {
    if (o.stalls != 0) throw Error("the cycle model knows no random stalls; leave --stalls out");
  }

  TensorI8 Run(const ConvLayer& layer, const TensorI8& in, LayerStats& stats) override {
    const PreparedLayer p = PrepareLayer(layer, in.shape, config_);
    const CycleResult model = CountCycles(p.jobs, config_, memory_);
    stats.macs = golden::Macs(in.shape, layer);
    stats.predicted_cycles = model.cycles;
    FillStats(model.counts, model.cycles, config_, &stats);
    return {};
  }

 private:
  Config config_;
  Memory memory_;
};

}  // namespace

std::unique_ptr<LayerEngine> MakeRtlEngine(const EngineOptions& options) {
  return std::make_unique<RtlEngine>(options);
}
std::unique_ptr<LayerEngine> MakeCycleEngine(const EngineOptions& options) {
  return std::make_unique<CycleEngine>(options);
}

}  // namespace weft
