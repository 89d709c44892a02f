// SPDX-License-Identifier: Apache-2.0
// The backends "rtl" (the Verilated weft_top; for traces conv_engine alone) and "cycles" (the cycle model) of
// single layers.
#pragma once

#include <memory>
#include <string>

#include "sim/backends/backend.hpp"
#include "sw_model/config.hpp"
#include "sw_model/cycles/cycle_model.hpp"

namespace weft {

// All but the comparisons, of a run of `macs` multiplications. The stalls are cycles without a beat by cause,
// and the beats that idle rows and columns waste (as cycles of the whole array), so that utilisation * cycles
// + stalls = cycles.
LayerStats MakeStats(const CycleResult& run, int64_t macs, const Config& config);

// Throws Error that says what differs, unless the cycle model has counted what the RTL has.
void CheckPrediction(const std::string& name, const CycleResult& model, const CycleResult& rtl);

// Throws Error for options that the cycle model cannot follow: it computes no data and knows no stalls.
void CheckCycleOptions(const BackendOptions& options);

std::unique_ptr<LayerBackend> MakeRtlBackend(const BackendOptions& options);
std::unique_ptr<LayerBackend> MakeCycleBackend(const BackendOptions& options);

}  // namespace weft
