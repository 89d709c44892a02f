// weft_core with its memory: loads a program, starts it, waits, gives the outputs.
#pragma once

#include <vector>

#include "compiler/program.hpp"
#include "sim/axi_memory.hpp"
#include "sim/system_model.hpp"
#include "sw_model/cycle_model.hpp"

namespace weft {

struct SystemOptions {
  Memory memory;
  double stalls = 0;  // probability that a channel pauses in a cycle, each for itself
  uint64_t seed = 1;  // of the pauses
};

class System {
 public:
  System(const Config& config, const SystemOptions& options);
  // Runs a program whose input tensors are in the memory. Throws Error unless it ends with OK.
  CycleResult Run(const Program& program);

  // The window: the program's image, and tensors behind it.
  void Load(const Program& program);
  void Write(const Place& place, const TensorI8& tensor);
  [[nodiscard]] TensorI8 Read(const Place& place) const;

  // The memory as it is, and a run of whatever is in it: its code.
  AxiMemory& memory() { return memory_; }
  int Start(uint32_t list_bytes, uint32_t window_bytes, uint32_t watchdog, int64_t most_cycles,
            const std::vector<int64_t>& layer_bytes = {});
  [[nodiscard]] const SystemPins& pins() const { return pins_; }
  [[nodiscard]] SystemCounters counters() const { return model_->Counters(); }

 private:
  void Cycle();

  Config config_;
  SystemModelPtr model_;
  AxiMemory memory_;
  SystemPins pins_;
  int64_t now_ = 0;
  std::vector<LayerEnd> layer_ends_;
};

}  // namespace weft
