// SPDX-License-Identifier: Apache-2.0
#include "sim/waves/wave_files.hpp"

#include <algorithm>
#include <fstream>
#include <memory>

#include "sim/waves/fst.hpp"
#include "sim/waves/wave_layout.hpp"
#include "sim/waves/wave_picture.hpp"
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
    if (s.rtl.size() != cycles || (s.golden.size() != cycles && !s.golden.empty()) || s.bits < 1 ||
        !all_wide(s.rtl) || !all_wide(s.golden))
      throw Error("{}.{}: {} values of {} bits are needed", s.scope, s.name, cycles, s.bits);
  }
  if (focus && focus->signal >= window.signals.size()) throw Error("no signal {} to open at", focus->signal);
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

// `bits`: of a signal's variable.
template <typename Bits>
void Declare(const Scope& scope, const WaveWindow& window, const Bits& bits, FstWriter* fst,
             std::vector<uint32_t>* handles) {
  for (const size_t i : scope.signals)
    (*handles)[i] = fst->AddVariable(window.signals[i].name, bits(window.signals[i]));
  for (const auto& [name, child] : scope.children) {
    fst->PushScope(name);
    Declare(*child, window, bits, fst, handles);
    fst->PopScope();
  }
}

class WaveFst {
 public:
  WaveFst(const WaveWindow& window, const std::filesystem::path& path) : window_(window), fst_(path, -12) {
    clk_ = fst_.AddVariable("clk", 1);
    cycle_ = fst_.AddVariable("cycle", 64, FstWriter::Kind::kInteger);
    const Scope tree = ScopeTree(window);
    const auto declare = [&](const char* top, const auto& bits) {
      std::vector<uint32_t> handles(window.signals.size());
      fst_.PushScope(top);
      Declare(tree, window, bits, &fst_, &handles);
      fst_.PopScope();
      return handles;
    };
    rtl_ = declare("rtl", [](const WaveSignal& s) { return s.bits; });
    golden_ = declare("golden", [](const WaveSignal& s) { return s.bits; });
    diff_ = declare("diff", [](const WaveSignal&) { return 1; });
  }

  void Write() {
    const auto cycles = size_t(CyclesOf(window_));
    last_.resize(3 * window_.signals.size());
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
    for (size_t s = 0; s < window_.signals.size(); ++s) {
      const WaveSignal& signal = window_.signals[s];
      SetIfNew(3 * s, rtl_[s], signal.rtl[i]);
      SetIfNew(3 * s + 1, golden_[s],
               signal.golden.empty() ? std::string(size_t(signal.bits), 'x') : signal.golden[i]);
      SetIfNew(3 * s + 2, diff_[s], DiffersAt(signal, i) ? "1" : "0");
    }
    fst_.SetTime(uint64_t(cycle) * kCyclePs + kCyclePs / 2);
    fst_.SetValue(clk_, "0");
  }

  void SetIfNew(size_t slot, uint32_t handle, const std::string& value) {
    if (last_[slot] == value) return;
    fst_.SetValue(handle, value);
    last_[slot] = value;
  }

  const WaveWindow& window_;
  FstWriter fst_;
  uint32_t clk_ = 0, cycle_ = 0;
  std::vector<uint32_t> rtl_, golden_, diff_;  // handles of the signals
  std::vector<std::string> last_;
};

void WriteText(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  if (!file.flush()) throw Error("{}: cannot be written", path.string());
}

}  // namespace

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
