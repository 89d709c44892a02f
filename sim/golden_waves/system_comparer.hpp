// SPDX-License-Identifier: Apache-2.0
// Watches weft_top's streams in every cycle of a run, and compares each transfer with its prediction.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/golden_waves/system_compare.hpp"
#include "sim/golden_waves/system_predictor.hpp"
#include "sim/golden_waves/system_signals.hpp"
#include "sim/harness/system.hpp"

namespace weft {

// Told of every transfer of the RTL, with the stream's fields in their order.
using SystemTap =
    std::function<void(size_t stream, int64_t cycle, const std::vector<const uint8_t*>& fields)>;

class SystemComparer : public SystemProbe {
 public:
  SystemTap tap;
  struct Stopped {};  // thrown when enough cycles after the first difference have been compared

  // Keeps the cycles [begin, end).
  SystemComparer(const SystemModel& model, const Config& config, SystemPredictor* predictor, int64_t begin,
                 int64_t end);
  void Cycle(int64_t now) override;
  // When the run is over: what has not come.
  void Finish();
  // A number that is compared behind the run, as a stream of its own.
  void CompareNumber(const std::string& stream, const std::string& module, const SystemSignal& signal,
                     const std::string& lane_is, int lane, int64_t expected, int64_t got);

  [[nodiscard]] std::vector<SystemStreamCount> Counts() const;
  [[nodiscard]] int64_t differences() const { return differences_; }
  [[nodiscard]] const std::optional<SystemDifference>& first() const { return first_; }
  [[nodiscard]] const WaveWindow& window() const { return window_; }

 private:
  struct Signal {
    const uint8_t* data;
    size_t recorded;  // in the window
  };
  struct Watch {
    SystemStream stream;
    Signal valid{}, ready{};
    std::vector<Signal> takers, fields;
    int64_t next = 0;  // transfer
    bool valid_before = false, offered = false;
    std::vector<bool> ready_before, ready_earlier, ready_first;  // of the takers, a cycle ago, two and three
    uint64_t value_before = 0;                                   // of the first field
    std::optional<SystemTransfer> ahead;  // the next transfer, if it has been looked at
  };
  // A difference in this cycle: of what a stream's giver does, or of a taker that is to blame.
  struct Candidate {
    size_t watch;
    bool of_taker;
    SystemDifference difference;
  };

  Signal Find(const SystemModel& model, const SystemField& field);
  void Compare(size_t index, int64_t cycle);
  static bool Hands(const Watch& w);  // whether there is a transfer in this cycle
  void CompareFields(size_t index, int64_t cycle, const SystemTransfer& transfer);
  void BlameFor(size_t index, int64_t cycle, bool late);
  void Add(size_t index, bool of_taker, SystemDifference difference);
  const SystemTransfer& Ahead(Watch* w);
  [[nodiscard]] static bool Ready(const SystemStream::Taker& taker, const Signal& signal) {
    return (signal.data[0] != 0) != taker.inverted;
  }
  void Record();
  void RecordTransfer(Watch* w);
  void PutGolden(size_t recorded, const SystemValue& value);

  SystemPredictor& predictor_;
  std::vector<Watch> watches_;
  Signal begins_{};                // a run begins with the next cycle,
  bool begins_before_ = false;     // ... this one
  std::optional<int64_t> origin_;  // the cycle 0 of the run
  bool ended_ = false;
  int64_t differences_ = 0;
  std::vector<Candidate> candidates_;
  std::optional<SystemDifference> first_;
  std::vector<SystemStreamCount> numbers_;
  int64_t record_begin_, record_end_;
  WaveWindow window_;
  std::vector<const uint8_t*> recorded_;
  std::map<std::string, size_t> slots_;
};

}  // namespace weft
