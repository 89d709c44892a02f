// SPDX-License-Identifier: Apache-2.0
#include "sim/waves/wave_pairs.hpp"

#include <algorithm>

#include "sw_model/error.hpp"

namespace weft {
namespace {

auto Depth(const WaveVariable& v) { return std::count(v.name.begin(), v.name.end(), '.'); }

// A one-bit variable that the user has named.
WaveVariable Bit(const WaveFile& file, const WaveVariable* v, const std::string& name, const char* option) {
  if (v == nullptr) throw Error("{}: no such signal: {} {}", file.path.string(), option, name);
  if (v->bits != 1)
    throw Error("{}: {} {} has {} bits, one is needed", file.path.string(), option, name, v->bits);
  return *v;
}

// What numbers the cycles is no signal to compare.
bool IsCycle(const WaveVariable& v, const SamplePlan& plan) {
  return plan.cycle.bits > 0 && v.handle == plan.cycle.handle;
}

}  // namespace

WaveFile::WaveFile(const std::filesystem::path& p) : path(p), header(ReadWaveHeader(p)) {
  if (header.variables.empty()) throw Error("{}: has no signals", path.string());
  for (const WaveVariable& v : header.variables) by_name.try_emplace(v.name, &v);
}

const WaveVariable* WaveFile::Find(std::string_view name) const {
  const auto found = by_name.find(name);
  return found == by_name.end() ? nullptr : found->second;
}

const WaveVariable* WaveFile::FindShort(const std::string& name) const {
  if (const WaveVariable* exact = Find(name)) return exact;
  const WaveVariable* best = nullptr;
  for (const WaveVariable& v : header.variables)
    if (v.name.ends_with("." + name) && (best == nullptr || Depth(v) < Depth(*best))) best = &v;
  return best;
}

const WaveVariable* WaveFile::FindClock() const {
  const WaveVariable* best = nullptr;
  for (const char* usual : {"clk", "clk_i", "clock", "clock_i"}) {
    const WaveVariable* v = FindShort(usual);
    if (v != nullptr && v->bits == 1 && (best == nullptr || Depth(*v) < Depth(*best))) best = v;
  }
  return best;
}

WaveControl WaveMatcher::FindControl(const std::string& name, const char* option) const {
  const WaveVariable *a = a_.FindShort(name), *b = a == nullptr ? nullptr : Renamed(*a);
  return {Bit(a_, a, name, option), Bit(b_, b != nullptr ? b : b_.FindShort(name), name, option)};
}

WaveControl WaveMatcher::FindClock() const {
  const WaveVariable *a = a_.FindClock(), *b = a == nullptr ? nullptr : Renamed(*a);
  if (b == nullptr || b->bits != 1) b = b_.FindClock();
  if (a == nullptr || b == nullptr)
    throw Error("no signal clk, clk_i, clock or clock_i in both files: name the clock with --clock");
  return {*a, *b};
}

const WaveVariable* WaveMatcher::Renamed(const WaveVariable& a) const {
  const auto renamed = map_.Rename(a.name);
  return renamed ? b_.Find(renamed->name) : nullptr;
}

WaveMatch WaveMatcher::Match(const WaveControl& clock, SamplePlan* plan_a, SamplePlan* plan_b) const {
  WaveMatch match;
  Slots slots_a, slots_b;
  std::unordered_set<const WaveVariable*> used;
  std::unordered_set<const NameMap::Line*> fit, pair;  // lines that fit a signal; that fit one which B has
  for (const WaveVariable& v : a_.header.variables) {
    const auto renamed = map_.Rename(v.name);
    const WaveVariable* w = renamed ? b_.Find(renamed->name) : nullptr;
    if (renamed) fit.insert(renamed->line);
    if (w != nullptr) pair.insert(renamed->line), used.insert(w);
    const bool is_clock = v.handle == clock.a.handle && (w == nullptr || w->handle == clock.b.handle);
    if (is_clock || IsCycle(v, *plan_a)) continue;
    const WaveVariable* first = a_.Find(v.name);
    if (first != &v) {
      if (first->handle != v.handle) match.again_a.push_back(v.name);
    } else if (w == nullptr) {
      match.only_a.push_back(v.name);
    } else if (w->bits != v.bits) {
      match.other_width.push_back(fmt::format("{} ({} in A, {} in B)", v.name, v.bits, w->bits));
    } else {
      match.pairs.push_back({v.name, w->name, slots_a.Of(v, plan_a), slots_b.Of(*w, plan_b)});
    }
  }
  for (const WaveVariable& w : b_.header.variables) {
    const WaveVariable* first = b_.Find(w.name);
    if (w.handle == clock.b.handle || IsCycle(w, *plan_b)) continue;
    if (first->handle != w.handle) match.again_b.push_back(w.name);
    else if (first == &w && !used.contains(&w)) match.only_b.push_back(w.name);
  }
  for (const NameMap::Line& line : map_.lines()) {
    if (pair.contains(&line)) continue;
    throw Error("{}: line {}: {} -> {} {}", map_path_.string(), line.number, line.from, line.to,
                fit.contains(&line) ? "fits signals of A, but B has none by their new names"
                                    : "fits no signal of A, or lines before it fit them all");
  }
  return match;
}

}  // namespace weft
