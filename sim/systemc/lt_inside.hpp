// SPDX-License-Identifier: Apache-2.0
// Weft loosely timed: a start reads the list, takes the cycles that the cycle model counts of it, then does
// what the list says and interrupts. The registers are a function of time: an initiator may be ahead of the
// simulation.
#pragma once

#include <map>
#include <vector>

#include "sim/systemc/inside.hpp"
#include "sim/systemc/list_runner.hpp"
#include "sim/systemc/memory_port.hpp"
#include "sw_model/cycles/cycle_model.hpp"

namespace weft {

class LtInside : public Inside {
 public:
  SC_HAS_PROCESS(LtInside);
  LtInside(const sc_core::sc_module_name& name, const Config& config, const sc_core::sc_time& period,
           int memory_width, MemoryPort* memory);

  bool Access(RegisterAccess* access, sc_core::sc_time* delay) override;
  bool Peek(uint32_t offset, uint32_t* data) override;

 private:
  using Edge = uint64_t;  // a clock edge, counted from the begin of the simulation
  class Window;
  // What a start leads to. Counts and bytes are those of a run to its end.
  struct Plan {
    CycleResult result;
    bool runs = false;  // the list is good: run it at the end
    bool ends = true;   // or it stands still
    ListRunner::End end{0};
  };
  // A list that was read before, and what the cycle model said of it.
  struct Known {
    std::vector<uint8_t> bytes;
    ListStart start;
    int latency = 0;
    std::optional<ListProgram> list;
    CycleResult result;
  };

  [[nodiscard]] sc_core::sc_time TimeOf(Edge edge) const { return edge * period_; }
  bool Read(uint32_t offset, Edge edge, uint32_t* data, bool keep);
  bool Write(const RegisterAccess& access, Edge edge);
  void Control(uint32_t command, Edge edge);
  void Start(Edge edge);
  void MakePlan();
  void StandStill(const ListOutcome& outcome);
  void Abort(Edge edge, bool soft_reset);
  void Advance(Edge edge);  // what happens up to this edge
  void Finish(Edge edge, const ListRunner::End& end);
  void UpdateIrq(Edge edge);
  void Work();      // thread: ends runs
  void DriveIrq();  // method
  [[nodiscard]] uint64_t Counter(uint32_t index, Edge edge) const;
  [[nodiscard]] bool busy(Edge edge) const { return running_ || edge < idle_from_; }

  [[nodiscard]] uint64_t Locked64(uint32_t lo) const {
    return uint64_t{locked_.at(lo + 4)} << 32 | locked_.at(lo);
  }

  Config config_;
  ConstantRegisters constants_;
  sc_core::sc_time period_;
  int memory_width_;
  MemoryPort& memory_;
  ListRunner runner_;
  Known known_;
  Plan plan_;

  // Registers.
  std::map<uint32_t, uint32_t> locked_;  // LIST_ADDR_LO .. WINDOW_SIZE_HI
  std::map<uint32_t, uint32_t> high_;    // of counters, kept by reading the lower word
  uint32_t irq_enable_ = 0, irq_status_ = 0, code_ = 0, error_command_ = 0;
  uint64_t error_addr_ = 0;
  bool done_ = false, error_ = false;

  bool running_ = false, finishing_ = false;
  Edge begin_ = 0;      // the first cycle that counts
  Edge end_ = 0;        // the run's end can be seen
  Edge idle_from_ = 0;  // not BUSY
  Edge clean_from_;     // a list can begin
  int latency_ = 1;     // of the memory, as its first answer tells
  uint64_t cycles_ = 0;
  CycleResult counted_;

  sc_core::sc_event end_event_, finished_;
  sc_core::sc_event_queue irq_event_;
  std::map<Edge, bool> irq_changes_;
};

}  // namespace weft
