// SPDX-License-Identifier: Apache-2.0
// Where the streams of WaveStreams are in the RTL, and the layer as the engine gets it: what comparing them
// and writing them as vectors begin with.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/job.hpp"
#include "sim/golden_waves/wave_signals.hpp"
#include "sim/harness/rtl_model.hpp"
#include "sw_model/config.hpp"
#include "sw_model/layer.hpp"
#include "sw_model/memory.hpp"
#include "sw_model/tensor.hpp"

namespace weft {

// Bits [lsb, lsb + bits) of a little-endian value, bits <= 64.
uint64_t ReadBits(const uint8_t* data, int lsb, int bits);

// Whether each lane is a signal of its own, in an instance of its own.
bool HasInstances(const StreamSpec& spec);
// Whether a lane is an element of a pe_pair.
bool IsPaired(const StreamSpec& spec, int lane, const Config& config);
// A lane's place in the design: the scope with {row}, {col} and {lane} filled in, and the signal's name.
std::string ScopeOf(const StreamSpec& spec, int lane, const Config& config);
std::string NameOf(const StreamSpec& spec, int lane, const Config& config);
// The module, a file in rtl/, that drives a signal; and that file.
std::string ModuleOf(const StreamSpec& spec, int lane, const Config& config);
std::string ModulePath(const std::string& module);  // "rtl/engine/row_feeder.sv"

struct WaveLane {
  const uint8_t* data;
  int lsb;
};
// All lanes of a stream. Throws Error if the model lacks its signal.
std::vector<WaveLane> FindLanes(const RtlModel& model, const StreamSpec& spec, const Config& config);

// A layer as the engine gets it: vertically interleaved where it needs that.
struct WaveCase {
  ConvLayer layer;
  TensorI8 in;
  Shape out;
  std::vector<Job> jobs;
};
// Throws Error if the layer does not fit the input.
WaveCase PrepareWaves(const ConvLayer& layer, const TensorI8& in, const Config& config, const Memory& memory);

}  // namespace weft
