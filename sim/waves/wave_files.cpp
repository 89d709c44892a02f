// SPDX-License-Identifier: Apache-2.0
#include "sim/waves/wave_files.hpp"

#include <algorithm>
#include <fstream>
#include <memory>
#include <unordered_map>

#include "sim/waves/fst.hpp"
#include "sim/waves/wave_layout.hpp"
#include "sim/waves/wave_picture.hpp"
#include "sim/waves/wave_value.hpp"
#include "sw_model/error.hpp"

namespace weft {
namespace {

void CheckWindow(const WaveWindow& window, const std::optional<WaveFocus>& focus) {
  const auto cycles = size_t(CyclesOf(window));
  if (cycles == 0) throw Error("no waves to write: the window is empty");
  if (window.begin < 0) throw Error("no waves to write: the window begins at cycle {}", window.begin);
  for (const WaveSignal& s : window.signals) {
    const auto has_width = [&](const std::string& value) { return value.size() == size_t(s.bits); };
    const auto all_wide = [&](const auto& values) {
      return std::all_of(values.begin(), values.end(), has_width);
    };
    if (s.lanes < 1 || s.bits % s.lanes != 0)
      throw Error("{}.{}: {} bits are no {} lanes", s.scope, s.name, s.bits, s.lanes);
    if (s.rtl.size() != cycles || (s.golden.size() != cycles && !s.golden.empty()) || s.bits < 1 ||
        !all_wide(s.rtl) || !all_wide(s.golden))
      throw Error("{}.{}: {} values of {} bits are needed", s.scope, s.name, cycles, s.bits);
  }
  if (focus && focus->signal >= window.signals.size()) throw Error("no signal {} to open at", focus->signal);
  if (focus && focus->lane >= window.signals[focus->signal].lanes)
    throw Error("no lane {} to open at", focus->lane);
}

std::string Binary(int64_t number) {
  std::string bits;
  for (int i = 63; i >= 0; --i) bits += char('0' + (number >> i & 1));
  return bits;
}

// Signals by their scopes; a scope is opened once however its signals are ordered.
struct Scope {
  std::vector<std::pair<std::string, std::unique_ptr<Scope>>> children;
  std::vector<size_t> signals;

  Scope* Child(const std::string& name) {
    for (auto& [child_name, child] : children)
      if (child_name == name) return child.get();
    return children.emplace_back(name, std::make_unique<Scope>()).second.get();
  }
};

Scope ScopeTree(const WaveWindow& window) {
  Scope top;
  for (size_t i = 0; i < window.signals.size(); ++i) {
    Scope* scope = &top;
    const std::string& path = window.signals[i].scope;
    for (size_t begin = 0; begin < path.size();) {
      const size_t end = std::min(path.find('.', begin), path.size());
      scope = scope->Child(path.substr(begin, end - begin));
      begin = end + 1;
    }
    scope->signals.push_back(i);
  }
  return top;
}

// `declare` makes a signal's variables.
template <typename DeclareSignal>
void Declare(const Scope& scope, const DeclareSignal& declare, FstWriter* fst) {
  for (const size_t i : scope.signals) declare(i);
  for (const auto& [name, child] : scope.children) {
    fst->PushScope(name);
    Declare(*child, declare, fst);
    fst->PopScope();
  }
}

// Value `i` of rtl or golden, all of it or of a lane.
std::string ValueAt(const WaveSignal& s, const std::vector<std::string>& values, size_t i, int lane) {
  const auto width = size_t(lane < 0 ? s.bits : s.lane_bits());
  if (values.empty()) return std::string(width, 'x');
  return lane < 0 ? values[i] : values[i].substr(size_t(s.bits) - size_t(lane + 1) * width, width);
}

class WaveFst {
 public:
  WaveFst(const WaveWindow& window, const std::filesystem::path& path) : window_(window), fst_(path, -12) {
    clk_ = fst_.AddVariable("clk", 1);
    cycle_ = fst_.AddVariable("cycle", 64, FstWriter::Kind::kInteger);
    for (const WaveSignal& s : window.signals) shown_.push_back({&s});
    const Scope tree = ScopeTree(window);
    const auto declare = [&](const char* top, const auto& variable) {
      fst_.PushScope(top);
      Declare(tree, variable, &fst_);
      fst_.PopScope();
    };
    const auto& signals = window.signals;
    declare("rtl", [&](size_t i) { shown_[i].rtl = fst_.AddVariable(signals[i].name, signals[i].bits); });
    declare("golden",
            [&](size_t i) { shown_[i].golden = fst_.AddVariable(signals[i].name, signals[i].bits); });
    declare("diff", [&](size_t i) { shown_[i].diff = fst_.AddVariable(signals[i].name, 1); });
    declare("lanes", [&](size_t i) { DeclareLanes(signals[i]); });
  }

  void Write() {
    const auto cycles = size_t(CyclesOf(window_));
    for (size_t i = 0; i < cycles; ++i) WriteCycle(i);
    fst_.SetTime(uint64_t(window_.begin + int64_t(cycles)) * kCyclePs);
    fst_.SetValue(clk_, "1");  // the edge that ends the last cycle
    fst_.Close();
  }

 private:
  void WriteCycle(size_t i) {
    const int64_t cycle = window_.begin + int64_t(i);
    fst_.SetTime(uint64_t(cycle) * kCyclePs);
    fst_.SetValue(clk_, "1");
    fst_.SetValue(cycle_, Binary(cycle));
    for (const Shown& shown : shown_) {
      const std::string rtl = ValueAt(*shown.signal, shown.signal->rtl, i, shown.lane),
                        golden = ValueAt(*shown.signal, shown.signal->golden, i, shown.lane);
      SetIfNew(shown.rtl, rtl);
      SetIfNew(shown.golden, golden);
      SetIfNew(shown.diff, Differs(rtl, golden) ? "1" : "0");
    }
    fst_.SetTime(uint64_t(cycle) * kCyclePs + kCyclePs / 2);
    fst_.SetValue(clk_, "0");
  }

  // A signal, or a lane of one, and its variables.
  struct Shown {
    const WaveSignal* signal;
    int lane = -1;
    uint32_t rtl = 0, golden = 0, diff = 0;
  };

  // A lane is a scope, so that its three values stand together.
  void DeclareLanes(const WaveSignal& s) {
    if (s.lanes == 1) return;
    fst_.PushScope(s.name);
    for (int lane = 0; lane < s.lanes; lane++) {
      fst_.PushScope(s.lane_is + std::to_string(lane));
      shown_.push_back({&s, lane, fst_.AddVariable("rtl", s.lane_bits()),
                        fst_.AddVariable("golden", s.lane_bits()), fst_.AddVariable("diff", 1)});
      fst_.PopScope();
    }
    fst_.PopScope();
  }

  void SetIfNew(uint32_t handle, const std::string& value) {
    std::string& last = last_[handle];
    if (last == value) return;
    fst_.SetValue(handle, value);
    last = value;
  }

  const WaveWindow& window_;
  FstWriter fst_;
  uint32_t clk_ = 0, cycle_ = 0;
  std::vector<Shown> shown_;                        // the window's signals, then lanes
  std::unordered_map<uint32_t, std::string> last_;  // values by handle
};

void WriteText(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  if (!file.flush()) throw Error("{}: cannot be written", path.string());
}

}  // namespace

WaveSignal WaveSignal::Lane(int lane) const {
  WaveSignal alone{
      scope.empty() ? name : scope + "." + name, lane_is + std::to_string(lane), lane_bits(), {}, {}};
  for (size_t i = 0; i < rtl.size(); i++) alone.rtl.push_back(ValueAt(*this, rtl, i, lane));
  for (size_t i = 0; i < golden.size(); i++) alone.golden.push_back(ValueAt(*this, golden, i, lane));
  alone.is_signed = is_signed;
  return alone;
}

std::vector<std::filesystem::path> WriteWaves(const WaveWindow& window, const std::optional<WaveFocus>& focus,
                                              const std::filesystem::path& dir) {
  CheckWindow(window, focus);
  std::error_code error;
  std::filesystem::create_directories(dir, error);
  if (!std::filesystem::is_directory(dir)) throw Error("{}: cannot be made", dir.string());
  const std::vector<std::filesystem::path> files = {
      dir / "waves.fst", dir / "waves.gtkw", dir / "waves.surf.ron", dir / "waves.svg", dir / "waves.png"};
  WaveFst(window, files[0]).Write();
  WriteText(files[1], GtkwText(window, focus));
  WriteText(files[2], SurferText(window, focus));
  DrawWaves(window, focus, files[3], files[4]);
  return files;
}

}  // namespace weft
