// SPDX-License-Identifier: Apache-2.0
// The streams between weft_top's modules that `weft waves --system` compares with the models, in the order of
// the dataflow.
#pragma once

#include <string>
#include <vector>

#include "sw_model/config.hpp"

namespace weft {

enum class SystemStreamId {
  kStart,  // what software wrote, with the start
  kBusy,
  kCoreStart,  // ... as offsets from the window's base
  kBegin,
  kRead,     // of the list
  kCommand,  // ... the hardware's own first one too
  kJob,
  kEngineJob,
  kAddStore,
  kWriteStore,
  kRequest,
  kBurst,
  kAddress,
  kList,
  kTables,
  kResidual,
  kParams,
  kWeights,
  kLines,
  kPixel,
  kResidualWalk,  // what residual_add is made of: an addition's pixels,
  kPair,          // ... with what is added to each,
  kTableSum,      // ... lane by lane,
  kSum,           // ... and together again
  kOutput,
  kWalk,
  kFragment,
  kBeat,
  kIssue,
  kWriteAddress,
  kWrite,
  kRetire,
  kStored,
  kListEnd,
  kDone,
  kInterrupt,
  kStreams
};
inline constexpr size_t kSystemStreams = size_t(SystemStreamId::kStreams);

struct SystemSignal {
  std::string scope, name;  // "weft_top.u_core.u_read", "ar_addr_o"; no name: none
};

// What a transfer carries. Lane l is bits [l*bits, (l+1)*bits): a byte of data, a word of a command.
struct SystemField {
  SystemSignal signal;
  int bits, lanes = 1;
  bool is_signed = false;
  std::string module = {};       // that gives it, if it is not the stream's
  std::string lane_is = "byte";  // what a lane belongs to: a column of the array, a word of a command
};

struct SystemStream {
  // kHandshake: a transfer is a cycle with valid and ready. kPulse: with valid, kRise: the first one with it.
  // kChange: one in which the first field has another value than in the cycle before. kSample: when the
  // models say so; nothing is said of other cycles.
  enum class Kind { kHandshake, kPulse, kRise, kChange, kSample };
  // Who holds the stream back while this is low (or, a `full`, high).
  struct Taker {
    std::string module;
    SystemSignal ready;
    bool inverted = false, of_sums = false;  // the latter: asked only for pixels that something is added to
  };
  SystemStreamId id;
  std::string name;    // in reports
  std::string module;  // file in rtl/ that gives the stream
  Kind kind;
  SystemSignal valid = {},
               ready = {};  // both at the giver; valid too where nothing is handed over but `ready` is high
  std::vector<Taker> takers = {};  // the first one that is not ready is to blame
  std::vector<SystemField> fields = {};
  bool offers_late = false;  // valid only where the takers are ready
};

std::vector<SystemStream> SystemStreams(const Config& config);

inline constexpr int kAddressBits = 40, kWriteIdBits = 4;  // of weft_top
int SystemMaxBeats(const Config& config);                  // of a burst, as in rtl/system/weft_core.sv
int SystemAddLanes(const Config& config);                  // of residual_add

}  // namespace weft
