// SPDX-License-Identifier: Apache-2.0
// The engines "rtl" (the Verilated weft_top; for traces conv_engine alone) and "cycles" (the cycle model)
// behind the seam of runner.hpp.
#pragma once

#include <memory>
#include <string>

#include "sim/backends/backend.hpp"
#include "sw_model/causes.hpp"
#include "sw_model/config.hpp"
#include "sw_model/cycles/cycle_model.hpp"

namespace weft {

// Cycles without a beat by cause, and the beats that idle rows and columns waste (as cycles of the whole
// array), so that utilisation * cycles + stalls = cycles. `stats->macs` must be there.
void FillStats(const CauseCounts& counts, int64_t cycles, const Config& config, LayerStats* stats);

// Throws Error that says what differs, unless the cycle model has counted what the RTL has.
void CheckPrediction(const std::string& name, const CycleResult& model, const CycleResult& rtl);

std::unique_ptr<LayerBackend> MakeRtlBackend(const BackendOptions& options);
std::unique_ptr<LayerBackend> MakeCycleBackend(const BackendOptions& options);

}  // namespace weft
