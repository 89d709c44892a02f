// SPDX-License-Identifier: Apache-2.0
// The values of signals at the rising edges of a clock, read from a waveform file by a child process: a
// damaged file that crashes or hangs the reading library becomes an Error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "sim/waves/wave_reader.hpp"

namespace weft {

// The variables of an FST or VCD file. Throws Error.
WaveHeader ReadWaveHeader(const std::filesystem::path& path);

struct SamplePlan {
  std::vector<WaveVariable> signals;  // what to sample; no handle twice
  WaveVariable clock;
  std::vector<WaveVariable> enables;  // sampled only where all of them are 1 (valid, ready)
  // Its value is the number of the cycle (bits 0: there is none, edges are counted from 0).
  WaveVariable cycle{"", 0, 0};
};

// The rising edges of a file's clock, sampled or not.
struct WaveEdges {
  int64_t count = 0;
  int64_t unknown = 0;           // at which an enable is neither 0 nor 1
  uint64_t first = 0, last = 0;  // times
};

// The samples one after another, each just before an edge: what changes at the edge is not in it. An edge is
// a change of the clock from 0 to 1.
class WaveSamples {
 public:
  WaveSamples(const std::filesystem::path& path, const SamplePlan& plan);
  ~WaveSamples();

  bool Next();  // false at the end; throws Error, for a cycle that is unknown or before the last one, too
  int64_t cycle() const { return cycle_; }
  uint64_t time() const { return time_; }  // of the edge
  // As SamplePlan::signals; x before the first change.
  const std::vector<std::string>& values() const { return values_; }
  const std::vector<uint32_t>& changed() const { return changed_; }  // of values(), since the sample before
  const WaveEdges& edges() const { return edges_; }                  // at the end

 private:
  class Child;
  std::unique_ptr<Child> child_;
  int64_t cycle_ = -1;
  uint64_t time_ = 0;
  std::vector<std::string> values_;
  std::vector<uint32_t> changed_;
  WaveEdges edges_;
  friend WaveHeader ReadWaveHeader(const std::filesystem::path& path);
};

}  // namespace weft
