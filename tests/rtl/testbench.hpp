// SPDX-License-Identifier: Apache-2.0
// What the test of an RTL module needs: a clock and a reset, bits and lanes of ports, pipelines, idle
// patterns.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <verilated.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "models/weft_list_pkg.hpp"
#include "rtl/weft_pkg.hpp"
#include "sim/harness/coverage.hpp"
#include "tests/random_layer.hpp"

namespace weft::rtl {

// Latencies on which a module on the other side of a port relies. The tests of the modules that have them
// measure them.
inline constexpr int kLineLatency = weft_pkg::RAM_LATENCY;   // line_buffer: raddr -> rdata, for row_feeder
inline constexpr int kParamLatency = weft_pkg::RAM_LATENCY;  // param_buffer: raddr -> bias, for drain
inline constexpr int kRecordLatency =
    weft_pkg::RECORD_LATENCY;  // output_path: ahead_first -> the tile's record, for drain
inline constexpr int kLastToDrain = weft_pkg::CHAIN_LATENCY;     // pe: CTL_LAST -> drain_o, for drain
inline constexpr int kLongestLatency = weft_pkg::PIXEL_LATENCY;  // of any module: through all of them

// ---- ports
// --------------------------------------------------------------------------------------------------
// Verilator's ports are little-endian byte strings: integers up to 64 bits, arrays of words beyond.

constexpr uint64_t Mask(int width) { return width >= 64 ? ~uint64_t{0} : (uint64_t{1} << width) - 1; }

// Bits [lsb, lsb + width) of a port.
template <typename Port>
uint64_t Get(const Port& port, int lsb, int width) {
  unsigned __int128 window = 0;
  std::memcpy(&window, reinterpret_cast<const uint8_t*>(&port) + lsb / 8, size_t((lsb % 8 + width + 7) / 8));
  return uint64_t(window >> (lsb % 8)) & Mask(width);
}
constexpr int64_t SignExtend(uint64_t value, int width) {
  return int64_t(value << (64 - width)) >> (64 - width);
}
template <typename Port>
int64_t GetSigned(const Port& port, int lsb, int width) {
  return SignExtend(Get(port, lsb, width), width);
}
template <typename Port>
void Put(Port& port, int lsb, int width, uint64_t value) {
  auto* bytes = reinterpret_cast<uint8_t*>(&port) + lsb / 8;
  const auto size = size_t((lsb % 8 + width + 7) / 8);
  unsigned __int128 window = 0;
  const unsigned __int128 mask = static_cast<unsigned __int128>(Mask(width)) << (lsb % 8);
  std::memcpy(&window, bytes, size);
  window = (window & ~mask) | ((static_cast<unsigned __int128>(value) << (lsb % 8)) & mask);
  std::memcpy(bytes, &window, size);
}
template <typename Port>
void PutBytes(Port& port, const std::vector<uint8_t>& bytes) {
  std::memcpy(&port, bytes.data(), std::min(bytes.size(), sizeof port));
}
template <typename Port>
std::vector<uint8_t> GetBytes(const Port& port, int count) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(&port);
  return {bytes, bytes + count};
}

// ---- the module
// ---------------------------------------------------------------------------------------------

void ThrowIfStopped();  // throws std::runtime_error that names the assertion, if one of the RTL's has failed

// A Verilated module. Inputs are set, then Clock() passes the rising edge; outputs are those after it.
template <class Params>
class Testbench {
 public:
  using Model = typename Params::Model;
  static constexpr bool kHasReset = requires(Model m) { m.rst_ni; };  // before it is required: clang

  explicit Testbench(int seed = 1) {
    context_.randReset(2);  // what is not reset begins with random bits
    context_.randSeed(seed);
    model_ = std::make_unique<Model>(&context_);
    model_->clk_i = 0;
    model_->eval();
    if constexpr (kHasReset) {
      context_.assertOn(false);  // a reset inside that is a register is random, too, in the first cycle
      Reset();
      context_.assertOn(true);
    }
  }
  ~Testbench() {
    Verilated::threadContextp(
        &context_);  // a model leaves the context that ran last: be sure that it is its own
    model_->final();
    KeepCoverage(&context_);
    model_.reset();
  }
  Model* operator->() { return model_.get(); }
  Model& operator*() { return *model_; }

  void Settle() { Eval(); }  // lets inputs reach outputs that depend on them in the same cycle
  void Clock() {
    Eval();  // inputs change before the edge: rtl/cells/clock_gate.sv decides then
    model_->clk_i = 1;
    Eval();
    model_->clk_i = 0;
    Eval();
  }
  void Clock(int cycles) {
    for (int i = 0; i < cycles; i++) Clock();
  }
  void Reset() requires kHasReset {
    model_->rst_ni = 0;
    if constexpr (requires { model_->run_i; }) model_->run_i = 0;
    Clock(2);
    model_->rst_ni = 1;
    Settle();
  }

 private:
  void Eval() {
    model_->eval();
    ThrowIfStopped();
  }
  VerilatedContext context_;
  std::unique_ptr<Model> model_;
};

// Clock edges from one set of inputs to the first change of what `read` returns: the latency of a pipeline.
template <class Bench, typename Before, typename After, typename Read>
int MeasureLatency(Bench& m, Before before, After after, Read read) {
  before();
  m.Clock(kLongestLatency);
  const auto old = read();
  after();
  for (int edges = 1; edges <= kLongestLatency; edges++) {
    m.Clock();
    if (read() != old) return edges;
  }
  ADD_FAILURE() << "the output does not change within " << kLongestLatency << " cycles";
  return 1;
}

// A pipeline that takes an item each cycle: what its inputs should give, compared `latency` edges later.
template <typename T>
class Pipeline {
 public:
  explicit Pipeline(int latency) : latency_(size_t(latency)) {}
  void Expect(T want) { queue_.push_back(std::move(want)); }
  // After each edge; `says` tells what is compared with what.
  template <typename Got, typename Says>
  void Check(Got read, Says says) {
    if (queue_.size() < latency_) return;
    const T got = read();
    if (!(got == queue_.front()) && told_++ < kTold)
      ADD_FAILURE() << "item " << count_ << ": " << says(queue_.front(), got);
    queue_.pop_front();
    count_++;
  }
  [[nodiscard]] int64_t count() const { return count_; }

 private:
  std::deque<T> queue_;
  size_t latency_;
  int64_t count_ = 0;
  static constexpr int kTold = 5;  // differences that are printed
  int told_ = 0;
};

// ---- patterns
// -----------------------------------------------------------------------------------------------

// Percent of the cycles in which a side is active.
struct Pattern {
  int source, sink;
};
inline constexpr std::array<Pattern, 6> kPatterns = {
    {{100, 100}, {50, 100}, {100, 50}, {50, 50}, {10, 100}, {100, 10}}};
inline std::string ToString(Pattern p) { return fmt::format("source {} %, sink {} %", p.source, p.sink); }
inline bool Active(Random& random, int percent) { return random.Int(1, 100) <= percent; }

// Names of typed tests.
struct ParameterNames {
  template <typename T>
  static std::string GetName(int) {
    return T::kName;
  }
};

// What a test compared, unless it failed.
inline void Compared(const std::string& what) {
  if (!testing::Test::HasFailure()) fmt::print("  {}, 0 differences\n", what);
}

}  // namespace weft::rtl
