// SPDX-License-Identifier: Apache-2.0
// Runs layers on the RTL and compares them with the golden model and with the cycle model.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "compiler/geometry.hpp"
#include "compiler/job.hpp"
#include "sim/harness/harness.hpp"
#include "sw_model/cycles/cycle_model.hpp"
#include "sw_model/golden/golden.hpp"
#include "tests/random_layer.hpp"
#include "tests/reference.hpp"

namespace weft {

// What has been compared so far, and in how many ways layers were cut into jobs.
struct Tally {
  int64_t layers = 0, outputs = 0, cycles = 0, jobs = 0;
  int64_t timed = 0;  // layers whose cycles were compared
  int64_t bands = 0, splits = 0,
          pieces = 0;  // layers in bands of columns, in several jobs of channels, in pieces of the reduction
  int64_t interleaved = 0, references = 0;

  [[nodiscard]] std::string Text() const {
    const std::string timing = timed == 0 ? "" : fmt::format(" ({} layers also cycle for cycle)", timed);
    return fmt::format("{} layers in {} jobs, {} outputs, {} cycles{}: 0 differences", layers, jobs, outputs,
                       cycles, timing);
  }
};

class EngineCheck {
 public:
  explicit EngineCheck(const std::string& config) : config_(Config::Load(config)) {}

  [[nodiscard]] const Config& config() const { return config_; }
  [[nodiscard]] const Tally& tally() const { return tally_; }
  // Layers are given to the engine in their vertically interleaved form where that form is an advantage.
  bool interleave = true;
  bool use_reference = false;  // compare with tests/reference.hpp too

  // Runs a layer; a difference fails the test with everything that is needed to run it again. Returns the
  // engine's output.
  TensorI8 Run(const TensorI8& input, const ConvLayer& layer, const Memory& memory, double stalls = 0,
               uint64_t seed = 1) {
    SCOPED_TRACE(fmt::format("config {} memory {}:{} stalls {} seed {}, {}", config_.name, memory.width,
                             memory.latency, stalls, seed, Describe(input.shape, layer)));
    const bool change = interleave && NeedsInterleave(layer, input.shape, config_);
    const ConvLayer given = change ? InterleaveLayer(layer) : layer;
    const TensorI8 in = change ? InterleaveInput(layer, input) : input;
    const std::vector<Job> jobs = CompileConv(in.shape, given, config_);
    Harness harness(config_, {memory, stalls, seed, "", 0, 0});
    const Shape out = golden::OutputShape(input.shape, layer);
    RunResult result;
    try {
      result = harness.Run(jobs, given, in, out);
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what();
      return {};
    }
    EXPECT_EQ(FirstDifference(golden::Conv(input, layer), result.output), "")
        << "RTL against the golden model";
    if (use_reference) {
      EXPECT_EQ(FirstDifference(reference::Conv(input, layer), result.output), "")
          << "RTL against tests/reference.hpp";
      tally_.references++;
    }
    int64_t sum = 0;
    for (size_t i = 0; i < kCauses; i++) sum += i == kEdge ? 0 : result.counts[i];
    EXPECT_EQ(sum, result.cycles) << "the causes do not add up to the total";
    if (stalls == 0) CompareCycles(jobs, memory, result);
    Count(jobs, given, in.shape, result);
    tally_.interleaved += change ? 1 : 0;
    return result.output;
  }

 private:
  void CompareCycles(const std::vector<Job>& jobs, const Memory& memory, const RunResult& rtl) {
    const CycleResult model = CountCycles(jobs, config_, memory);
    EXPECT_EQ(model.cycles, rtl.cycles) << "cycle model (first) against RTL";
    for (size_t i = 0; i < kCauses; i++)
      EXPECT_EQ(model.counts[i], rtl.counts[i])
          << "cause " << kCauseNames[i] << ", cycle model (first) against RTL";
    EXPECT_EQ(model.bytes_read, rtl.bytes_read);
    EXPECT_EQ(model.bytes_written, rtl.bytes_written);
    tally_.timed++;
  }

  void Count(const std::vector<Job>& jobs, const ConvLayer& layer, const Shape& in, const RunResult& result) {
    const Shape out = golden::OutputShape(in, layer);
    bool band = false, split = false, piece = false;
    for (size_t j = 0; j < jobs.size(); j++) {
      const Job& job = jobs[j];
      const bool whole = job.clears() && job.drains();
      piece = piece || !whole;
      band = band || (whole && job.cols < out.w);
      split = split || (whole && j > 0 && job.ox0 == jobs[j - 1].ox0 &&
                        job.lines.image0 == jobs[j - 1].lines.image0 && job.k0 != jobs[j - 1].k0);
    }
    tally_.layers++;
    tally_.jobs += int64_t(jobs.size());
    tally_.outputs += int64_t(result.output.data.size());
    tally_.cycles += result.cycles;
    tally_.bands += band ? 1 : 0;
    tally_.splits += split ? 1 : 0;
    tally_.pieces += piece ? 1 : 0;
  }

  Config config_;
  Tally tally_;
};

// A layer of a given shape with random contents.
struct LayerSpec {
  const char* name;
  Shape in;
  int k;
  Window window;
  int groups = 1;
  std::optional<Window> pool = std::nullopt;
};
inline RandomLayer MakeLayer(const LayerSpec& spec, uint64_t seed) {
  Random random(seed);
  RandomLayer r;
  r.in = spec.in;
  r.input = TensorI8(spec.in);
  ConvLayer& l = r.layer;
  l.name = spec.name;
  l.filters = TensorI8({spec.k, spec.window.kh, spec.window.kw, spec.in.c / spec.groups});
  random.Fill(r.input.data, false);
  random.Fill(l.filters.data, false);
  l.window = spec.window;
  l.groups = spec.groups;
  l.input_zp = int(random.Int(-128, 127));
  l.bias.resize(size_t(spec.k));
  l.requant.multiplier.resize(size_t(spec.k));
  l.requant.shift.resize(size_t(spec.k));
  RandomClamp(random, l.requant);
  SpreadRequant(random, r.input, l);
  if (random.Chance(3)) LowByteRequant(l.requant);
  l.max_pool = spec.pool;
  return r;
}
inline Window Conv(int kh, int kw, int stride_h = 1, int stride_w = 1, int pad = 0, int dilation_h = 1,
                   int dilation_w = 1) {
  return {kh, kw, stride_h, stride_w, dilation_h, dilation_w, {pad, pad, pad, pad}, true};
}
inline Window Pool(int size, int stride) { return {size, size, stride, stride, 1, 1, {}, true}; }

inline Memory RandomMemory(Random& random, const Config& config) {
  const int width = random.Pick(std::array{1, 2, 3, 4, 5, 8, 12, 16, 64});
  const int latency =
      random.Chance(4) ? int(random.Int(1, 300)) : random.Pick(std::array{1, 2, 3, 10, 40, 100});
  return {std::min(width, config.bus_bytes), latency};
}

}  // namespace weft
