// SPDX-License-Identifier: Apache-2.0
#include "sim/golden_waves/system_compare.hpp"

#include <algorithm>
#include <chrono>

#include "sim/golden_waves/system_comparer.hpp"
#include "sim/golden_waves/system_predictor.hpp"
#include "sim/harness/unpack_counts.hpp"
#include "sw_model/error.hpp"

namespace weft {
namespace {

using Clock = std::chrono::steady_clock;

double Since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

constexpr int64_t kPatience = 10000;  // cycles beyond those of the model

class Comparison {
 public:
  Comparison(const Segment& segment, const SystemCase& c, const Memory& memory)
      : segment_(segment), case_(c), memory_(memory) {}

  // Keeps the cycles [begin, end) in the report's window.
  SystemReport Run(int64_t begin, int64_t end, VectorFiles* vectors = nullptr) {
    const auto start = Clock::now();
    System system(case_.config, {memory_, 0, 1});
    Load(&system);
    const SystemStart begins{system.memory().base, system.Watchdog(), system.memory().bytes};
    SystemPredictor predictor(case_, memory_, begins);
    SystemComparer comparer(system.model(), case_.config, &predictor, begin, end);
    if (vectors != nullptr) {
      SystemPredictor again(case_, memory_, begins);
      DumpGolden(&again, case_.program(), vectors);
      comparer.tap = [vectors](size_t stream, int64_t cycle, const std::vector<const uint8_t*>& fields) {
        std::string bits = fields.empty() ? "1" : "";
        for (size_t f = 0; f < fields.size(); f++)
          bits.insert(0, BitsText(fields[f], vectors->streams()[stream].fields[f].bits));
        vectors->AddRtl(stream, bits, cycle);
      };
    }
    system.probe = &comparer;
    SystemReport report;
    try {
      const CycleResult result = system.Run(case_.program(), predictor.cycles().cycles + kPatience);
      comparer.Finish();
      CompareCounters(system, predictor.cycles(), result, &comparer);
      CompareWindow(system, &predictor, &comparer);
      report.window_bytes = int64_t(case_.program().window_bytes);
    } catch (const SystemComparer::Stopped&) {
    } catch (const Error& e) {
      report.stopped = e.what();
      if (!comparer.first()) comparer.Finish();
    }
    if (vectors != nullptr) {
      vectors->stopped = report.stopped;
      vectors->Close();
    }
    report.seconds = Since(start);
    report.cycles = predictor.cycles().cycles;
    report.streams = comparer.Counts();
    for (const SystemStreamCount& s : report.streams) report.transfers += s.transfers;
    report.differences = comparer.differences();
    report.first = comparer.first();
    report.window = comparer.window();
    return report;
  }

  // How long the run takes without the comparison.
  double PlainSeconds() {
    const auto start = Clock::now();
    System system(case_.config, {memory_, 0, 1});
    Load(&system);
    system.Run(case_.program());
    return Since(start);
  }

 private:
  void Load(System* system) const {
    system->Load(case_.program());
    for (const SegmentProgram::Input& in : case_.segment.inputs) {
      const TensorI8& tensor = case_.tensors[size_t(in.tensor)];
      const ConvLayer& reader = segment_.layers[size_t(in.layer)].conv;
      system->Write(in.place, in.interleaved ? InterleaveInput(reader, tensor) : tensor);
    }
  }

  // The core's counters, and what software has read of them.
  static void CompareCounters(const System& system, const CycleResult& model, const CycleResult& read,
                              SystemComparer* comparer) {
    const SystemSignal counts{"weft_top.u_core", "counts_o"}, rdata{"weft_top.u_csr", "rdata_o"};
    const CauseCounts core = system.model().Counts();
    for (size_t i = 0; i < kCauses; i++)
      comparer->CompareNumber("counters", "conv_engine", counts, "cause", int(i), model.counts[i], core[i]);
    for (size_t i = 0; i < kCauses; i++)
      comparer->CompareNumber("counters as read", "csr", rdata, "", -1, model.counts[i], read.counts[i]);
    comparer->CompareNumber("counters as read", "csr", rdata, "", -1, model.cycles, read.cycles);
    comparer->CompareNumber("counters as read", "csr", rdata, "", -1, model.bytes_read, read.bytes_read);
    comparer->CompareNumber("counters as read", "csr", rdata, "", -1, model.bytes_written,
                            read.bytes_written);
    for (size_t l = 0; l < model.layers.size(); l++)
      comparer->CompareNumber("ends of layers", "weft_top", {"weft_top", "m_bvalid_i"}, "layer", int(l),
                              model.layers[l].end, read.layers.at(l).end);
  }

  static void CompareWindow(System& system, SystemPredictor* predictor, SystemComparer* comparer) {
    const std::vector<uint8_t>&expected = predictor->FinalWindow(), &got = system.memory().bytes;
    const auto differs = std::ranges::mismatch(expected, got);
    if (differs.in1 == expected.end()) return;
    comparer->CompareNumber("bytes in memory", "write_dma", {"weft_top", "m_wdata_o"}, "address",
                            int(differs.in1 - expected.begin()), *differs.in1, *differs.in2);
  }

  const Segment& segment_;
  SystemCase case_;
  Memory memory_;
};

// Puts a difference into the words of the network.
void Explain(const Program& program, SystemDifference* d) {
  SystemPlace& place = d->place;
  if (place.job >= 0 && place.layer < 0) {
    place.layer = int(program.layers.size()) - 1;
    while (program.layers[size_t(place.layer)].first_job > place.job) place.layer--;
  }
  if (place.layer >= 0) d->layer = program.layers[size_t(place.layer)].name;
  // A column of a pixel is a channel.
  if (place.k >= 0 && d->lane >= 0 && d->lane_is == "column") place.k += d->lane;
}

}  // namespace

SystemReport CompareSystem(const CompiledNetwork& network, size_t segment,
                           const std::vector<TensorI8>& tensors, const SystemWaveOptions& options) {
  const SegmentProgram& program = network.programs[segment];
  Comparison comparison(network.segments[segment], {program, tensors, network.config}, options.memory);
  SystemReport report = comparison.Run(0, options.window, options.vectors);
  if (!report.first) {
    if (!report.stopped.empty()) throw Error("{}", report.stopped);
    if (options.time) report.plain_seconds = comparison.PlainSeconds();
    return report;
  }
  const int64_t begin = std::max<int64_t>(0, report.first->cycle - options.window / 2);
  report.window = comparison.Run(begin, begin + options.window).window;
  Explain(program.program, &*report.first);
  for (size_t i = 0; report.ran() && i < report.window.signals.size(); i++)
    if (report.window.signals[i].scope == report.first->scope &&
        report.window.signals[i].name == report.first->signal)
      report.focus = {i, std::max(report.first->cycle, begin), "",
                      report.first->lane < report.window.signals[i].lanes ? report.first->lane : -1};
  return report;
}

}  // namespace weft
