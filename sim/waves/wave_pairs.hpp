// SPDX-License-Identifier: Apache-2.0
// Which signals of two waveform files belong together.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "sim/waves/name_map.hpp"
#include "sim/waves/wave_samples.hpp"

namespace weft {

struct WaveFile {
  std::filesystem::path path;
  WaveHeader header;
  std::unordered_map<std::string_view, const WaveVariable*> by_name;  // the first of each name

  explicit WaveFile(const std::filesystem::path& p);  // throws Error
  WaveFile(const WaveFile&) = delete;
  WaveFile& operator=(const WaveFile&) = delete;

  [[nodiscard]] const WaveVariable* Find(std::string_view name) const;
  // The variable of that name, or the highest one in the hierarchy whose last part it is.
  [[nodiscard]] const WaveVariable* FindShort(const std::string& name) const;
  // The highest one in the hierarchy of one bit that is called as clocks are: those below may be gated.
  [[nodiscard]] const WaveVariable* FindClock() const;
};

// One signal, in both files.
struct WaveControl {
  WaveVariable a, b;
};

struct WavePair {
  std::string a, b;         // names
  uint32_t slot_a, slot_b;  // of SamplePlan::signals
};

struct WaveMatch {
  std::vector<WavePair> pairs;
  std::vector<std::string> other_width;       // "y (8 in A, 9 in B)": bits
  std::vector<std::string> only_a, only_b;    // the other file has none
  std::vector<std::string> again_a, again_b;  // an earlier one has the same name
};

class WaveMatcher {
 public:
  WaveMatcher(const WaveFile& a, const WaveFile& b, const std::filesystem::path& map)
      : a_(a), b_(b), map_path_(map), map_(map.empty() ? NameMap() : NameMap::Load(map)) {}

  // A one-bit signal that steers the comparison. Throws Error that names `option`.
  [[nodiscard]] WaveControl FindControl(const std::string& name, const char* option) const;
  // The clock that nobody has named: the highest one of A; what the map makes of it, or the highest one of B.
  [[nodiscard]] WaveControl FindClock() const;
  // All signals but the clock, which is 0 before every edge, and what numbers the cycles. Adds them to the
  // plans. Throws Error for a line of the map that pairs nothing.
  WaveMatch Match(const WaveControl& clock, SamplePlan* plan_a, SamplePlan* plan_b) const;

 private:
  // Signals to sample: each handle has one slot, whatever the number of its names.
  class Slots {
   public:
    uint32_t Of(const WaveVariable& v, SamplePlan* plan) {
      const auto [item, is_new] = slots_.try_emplace(v.handle, uint32_t(plan->signals.size()));
      if (is_new) plan->signals.push_back(v);
      return item->second;
    }

   private:
    std::unordered_map<uint32_t, uint32_t> slots_;
  };

  [[nodiscard]] const WaveVariable* Renamed(const WaveVariable& a) const;  // in B, if it has it

  const WaveFile &a_, &b_;
  std::filesystem::path map_path_;
  NameMap map_;
};

}  // namespace weft
