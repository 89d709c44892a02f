// SPDX-License-Identifier: Apache-2.0
// What the hardware can do with a list, whatever its words are: how the run can end, and which memory it can
// read and write before. The checks are those of rtl/system/command_reader.sv, rtl/system/read_dma.sv,
// rtl/system/write_dma.sv and rtl/system/output_walk.sv, word for word; the walks wrap as theirs do.
//
// It does not say when. Two errors race if one is the list's and the other that of an access asked for
// before, so a list has several endings. Whether the engine gets what it waits for is left open: each list
// with a job or a read of data can also stand still, until the watchdog or an abort. (CountCycles tells that
// of a program.) Errors of the memory itself are not looked at.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "sw_model/config.hpp"

namespace weft {

// Bytes of the window, as the union of what was added.
class ByteRanges {
 public:
  struct Range {
    uint64_t begin, end;
    bool operator==(const Range&) const = default;
  };
  void Add(uint64_t begin, uint64_t end);
  void Merge();  // sorted, none of them touches another; before what follows
  [[nodiscard]] bool Contains(uint64_t begin, uint64_t end) const;
  [[nodiscard]] uint64_t Bytes() const;
  [[nodiscard]] const std::vector<Range>& ranges() const { return ranges_; }

 private:
  std::vector<Range> ranges_;
};

// The registers of a start, as weft_core sees them.
struct ListStart {
  uint32_t window_bytes = 0;
  uint32_t list_offset = 0;  // in the window
  uint32_t list_bytes = 0;
};

struct ListOutcome {
  struct Ending {
    uint32_t code;                   // WEFT_CODE_*
    std::optional<uint32_t> offset;  // ERROR_ADDR in the window, where it is determined
    int64_t first = 0, last = 0;     // ERROR_COMMAND is one of these
  };
  std::vector<Ending> endings;
  ByteRanges reads, writes;  // merged
  // Beyond what is followed: more work than `most_work`, or outputs that change what is read of the list
  // later.
  // Then the run may do anything inside of the window.
  bool open = false;

  [[nodiscard]] std::set<uint32_t> Codes() const;
  // Whether a run may end so; an abort of a run that stands still counts as its watchdog.
  [[nodiscard]] bool Allows(uint32_t code, uint32_t offset, int64_t commands) const;
  [[nodiscard]] std::string Text() const;
};

// `memory` is the window's at the start. Every word of the list, every read and every output is a unit of
// work, so this ends.
ListOutcome PredictOutcome(std::span<const uint8_t> memory, const ListStart& start, const Config& config,
                           int64_t most_work = int64_t{1} << 24);

}  // namespace weft
