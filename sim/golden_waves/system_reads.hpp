// SPDX-License-Identifier: Apache-2.0
// What a program reads, step by step as weft_top does it: commands of the list, requests, bursts, and the
// words that come. None of them says when.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "sim/golden_waves/system_outputs.hpp"
#include "sw_model/cycles/system_observer.hpp"

namespace weft {

// A command of the list, with its words.
struct SystemCommand {
  Command command;
  std::vector<uint32_t> words;
};

// Those of one kind.
class SystemCommands {
 public:
  SystemCommands(const Program& program, ListOp op);
  bool Next(SystemCommand* command);

 private:
  const Program& program_;
  ListOp op_;
  size_t next_ = 0;
  size_t word_;  // of the list
};

// The read that the hardware itself begins with.
SystemCommand FirstRead(const Program& program, const Config& config);

// A line, a column group's parameters and weights, a piece of the list, ...
struct SystemRequest {
  SystemPlace place;
  ReadKind kind = ReadKind::kList;
  uint32_t offset = 0;
  uint32_t param_words = 0, words = 0;
  uint32_t wait = 0;  // outputs of so many jobs are in memory for certain
  [[nodiscard]] uint32_t all_words() const { return param_words + words; }
};

class SystemRequests {
 public:
  explicit SystemRequests(const SystemCase& c);
  bool Next(SystemRequest* request);

 private:
  SystemCase case_;
  SystemCommands commands_;
  Command command_;
  uint32_t index_ = 0, wait_ = 0;
};

struct SystemBurst {
  SystemPlace place;
  uint64_t address = 0;
  int len = 0;  // beats - 1
};

class SystemBursts {
 public:
  SystemBursts(const SystemCase& c, uint64_t base) : config_(c.config), base_(base), requests_(c) {}
  bool Next(SystemBurst* burst);

 private:
  const Config& config_;
  uint64_t base_;
  SystemRequests requests_;
  SystemRequest request_;
  uint64_t word_ = 0, left_ = 0;
};

struct SystemWord {
  SystemPlace place;
  std::array<uint8_t, 64> data{};
  bool last = false;  // of its request's parameters, or of the rest of it
};

// The words of every stream, from a memory that fills with the golden outputs as the reads wait for them.
class SystemWords {
 public:
  // `window`: as it is before the start.
  SystemWords(const SystemCase& c, const SystemValues& values, std::vector<uint8_t> window)
      : case_(c),
        values_(values),
        window_(std::move(window)),
        requests_(c),
        outputs_(c, SystemOutputs::Of::kMemory) {}
  bool Next(SystemEvent stream, SystemWord* word);
  // The window as it is after the end.
  const std::vector<uint8_t>& Final();

 private:
  void Store(uint32_t marks);
  void Take(const SystemRequest& request);

  SystemCase case_;
  const SystemValues& values_;
  std::vector<uint8_t> window_;
  SystemRequests requests_;
  SystemOutputs outputs_;
  uint32_t stored_ = 0;
  std::array<std::deque<SystemWord>, size_t(SystemEvent::kEvents)> waiting_;
};

}  // namespace weft
