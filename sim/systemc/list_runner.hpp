// SPDX-License-Identifier: Apache-2.0
// Runs the jobs of a list on a window of memory: every read in the list's order, every job when it has what
// it needs. What comes out is what the hardware leaves in memory; when it does is the cycle model's.
#pragma once

#include <cstdint>
#include <deque>

#include "sim/systemc/job_runner.hpp"

namespace weft {

class WindowMemory {
 public:
  virtual ~WindowMemory() = default;
  // Bytes of the window. False: the memory answers with an error, `error_offset` is where.
  virtual bool Read(uint32_t offset, uint8_t* to, size_t bytes) = 0;
  virtual bool Write(uint32_t offset, const uint8_t* from, size_t bytes) = 0;
  uint32_t error_offset = 0;
};

class ListRunner {
 public:
  explicit ListRunner(const Config& config) : config_(config), jobs_runner_(config) {}
  struct End {
    uint32_t code, offset = 0;  // WEFT_CODE_*; in the window
    int64_t commands = 0;       // begun, if it is an error
  };
  End Run(const ListProgram& list, WindowMemory* memory);

 private:
  [[nodiscard]] bool Ready() const;  // the first job that waits has all it needs
  bool Pump();                       // reads and runs what can be; false: end_ says why
  bool Read(const Command& c);
  bool RunJob();
  bool Put(uint32_t offset, const int8_t* channels, int count);
  bool Flush();

  const Config& config_;
  JobRunner jobs_runner_;
  const ListProgram* list_ = nullptr;
  WindowMemory* memory_ = nullptr;
  End end_{};
  std::deque<const Command*> reads_;  // that are not made
  std::deque<int> jobs_;              // that have not run
  // Of each job as far as it is read.
  std::deque<JobRunner::Streams> streams_;
  int first_stream_ = 0;  // whose the first of them is
  uint32_t stored_ = 0;
  // Outputs that lie side by side, on their way to memory.
  uint32_t run_begin_ = 0;
  std::vector<uint8_t> run_;
};

}  // namespace weft
