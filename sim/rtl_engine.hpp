// The engines "rtl" (the Verilated engine) and "cycles" (the cycle model) behind the seam of runner.hpp.
#pragma once

#include <memory>

#include "sim/runner.hpp"

namespace weft {

std::unique_ptr<LayerEngine> MakeRtlEngine(const EngineOptions& options);
std::unique_ptr<LayerEngine> MakeCycleEngine(const EngineOptions& options);

}  // namespace weft
