// SPDX-License-Identifier: Apache-2.0
#include "sim/golden_waves/wave_lanes.hpp"

#include <fmt/format.h>

#include <cstring>
#include <map>

#include "compiler/schedule.hpp"
#include "sw_model/error.hpp"
#include "sw_model/golden/golden.hpp"

namespace weft {

uint64_t ReadBits(const uint8_t* data, int lsb, int bits) {
  if (lsb % 8 == 0 && (bits == 8 || bits == 32)) {  // most of them
    uint32_t value = 0;
    std::memcpy(&value, data + lsb / 8, size_t(bits / 8));
    return value;
  }
  uint64_t value = 0;
  for (int i = 0, byte = lsb / 8, shift = -(lsb % 8); shift < bits; i++, byte++, shift += 8)
    value |= shift < 0 ? uint64_t{data[byte]} >> -shift : uint64_t{data[byte]} << shift;
  return bits == 64 ? value : value & ((uint64_t{1} << bits) - 1);
}

bool IsPaired(const StreamSpec& spec, int lane, const Config& config) {
  return spec.pair[0] != nullptr && config.IsPaired(lane % config.cols);
}

std::string ScopeOf(const StreamSpec& spec, int lane, const Config& config) {
  if (IsPaired(spec, lane, config))
    return fmt::format("conv_engine.u_array.gen_row[{}].gen_col[{}].gen_pair.u_pe", lane / config.cols,
                       lane % config.cols & ~1);
  std::string scope = spec.scope;
  auto fill = [&](const std::string& mark, int value) {
    const size_t at = scope.find(mark);
    if (at != std::string::npos) scope.replace(at, mark.size(), std::to_string(value));
  };
  fill("{row}", lane / config.cols);
  fill("{col}", lane % config.cols);
  fill("{lane}", lane);
  return scope;
}

std::string NameOf(const StreamSpec& spec, int lane, const Config& config) {
  return IsPaired(spec, lane, config) ? spec.pair[size_t(lane % config.cols % 2)] : spec.name;
}

bool HasInstances(const StreamSpec& spec) { return spec.scope.find('{') != std::string::npos; }

std::string ModuleOf(const StreamSpec& spec, int lane, const Config& config) {
  static const std::map<std::string, std::string> modules = {{"u_jobs", "job_queue"},
                                                             {"u_walker", "pixel_walker"},
                                                             {"u_sequencer", "sequencer"},
                                                             {"u_pending", "chunk_walk"},
                                                             {"u_running", "chunk_beats"},
                                                             {"u_beats", "beat_feeder"},
                                                             {"u_output", "output_path"},
                                                             {"u_lines", "line_buffer"},
                                                             {"u_feeder", "row_feeder"},
                                                             {"u_weights", "weight_buffer"},
                                                             {"u_params", "param_buffer"},
                                                             {"u_pe", "pe"},
                                                             {"u_drain", "drain"},
                                                             {"u_bias", "bias"},
                                                             {"u_requantize", "requantize"},
                                                             {"u_activation", "activation"},
                                                             {"u_gather", "gather"},
                                                             {"u_pool", "max_pool"},
                                                             {"u_counters", "cycle_counters"},
                                                             {"gen_col[{col}]", "systolic_array"}};
  // What an element hands on. All elements are alike: if the first one is right, another one was given the
  // wrong thing.
  if (spec.id == StreamId::kPeCtl || spec.id == StreamId::kPeAct || spec.id == StreamId::kPeWgt)
    return lane > 0 ? "systolic_array" : IsPaired(spec, lane, config) ? "pe_pair" : "pe";
  if (spec.id != StreamId::kChainIn && IsPaired(spec, lane, config)) return "pe_pair";
  if (spec.id == StreamId::kProduct) return "mult";
  if (spec.id == StreamId::kPixel || spec.id == StreamId::kOutValid || spec.id == StreamId::kOutData ||
      spec.id == StreamId::kOutCols)
    return "fifo";
  const auto found = modules.find(spec.scope.substr(spec.scope.rfind('.') + 1));
  return found == modules.end() ? "conv_engine" : found->second;
}

std::string ModulePath(const std::string& module) {
  const char* folder = module == "mult" ? "prim" : module == "fifo" ? "cells" : "engine";
  return "rtl/" + std::string(folder) + "/" + module + ".sv";
}

std::vector<WaveLane> FindLanes(const RtlModel& model, const StreamSpec& spec, const Config& config) {
  std::vector<WaveLane> lanes;
  for (int lane = 0; lane < spec.lanes; lane++) {
    if (lane > 0 && !HasInstances(spec)) {
      lanes.push_back({lanes[0].data, lane * spec.bits});
      continue;
    }
    const std::string scope = ScopeOf(spec, lane, config), name = NameOf(spec, lane, config);
    const uint8_t* data = model.Find(scope, name);
    if (data == nullptr) throw Error("the RTL model has no signal {}.{}; build it again", scope, name);
    lanes.push_back({data, 0});
  }
  return lanes;
}

WaveCase PrepareWaves(const ConvLayer& layer, const TensorI8& in, const Config& config,
                      const Memory& memory) {
  golden::Check(in, layer);
  WaveCase s{layer, in, golden::OutputShape(in.shape, layer), {}};
  if (NeedsInterleave(layer, in.shape, config)) {
    s.layer = InterleaveLayer(layer);
    s.in = InterleaveInput(layer, in);
  }
  s.jobs = CompileConv(s.in.shape, s.layer, config, {.read_cycles = memory.ReadCycles(config)});
  return s;
}

}  // namespace weft
