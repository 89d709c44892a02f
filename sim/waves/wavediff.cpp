// SPDX-License-Identifier: Apache-2.0
#include "sim/waves/wavediff.hpp"

#include <algorithm>
#include <fstream>
#include <unordered_map>
#include <unordered_set>

#include "sim/waves/wave_samples.hpp"
#include "sim/waves/wave_value.hpp"
#include "sw_model/error.hpp"

namespace weft {
namespace {

bool IsWildcard(char c) { return c == '*' || c == '?'; }

// Whether `glob` fits the whole of `name`; `parts` are what its wildcards stand for. A * takes as little as
// it can.
bool Fits(std::string_view glob, std::string_view name, std::vector<std::string_view>* parts) {
  size_t g = 0, n = 0;
  size_t star = glob.npos, star_begin = 0, star_parts = 0;  // the last *: only it has to be made longer
  while (g < glob.size() || n < name.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      star_begin = n;
      parts->push_back(name.substr(n, 0));
      star_parts = parts->size();
    } else if (g < glob.size() && n < name.size() && (glob[g] == '?' || glob[g] == name[n])) {
      if (glob[g++] == '?') parts->push_back(name.substr(n, 1));
      ++n;
    } else {
      if (star == glob.npos) return false;
      parts->resize(star_parts);
      n = star_begin + parts->back().size() + 1;
      if (n > name.size()) return false;
      parts->back() = name.substr(star_begin, n - star_begin);
      g = star + 1;
    }
  }
  return true;
}

std::string Wildcards(std::string_view glob) {
  std::string found;
  std::copy_if(glob.begin(), glob.end(), std::back_inserter(found), IsWildcard);
  return found;
}

std::string_view Trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
}

}  // namespace

NameMap NameMap::Load(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!std::filesystem::is_regular_file(path) || !file) throw Error("{}: no such file", path.string());
  return Parse(std::string(std::istreambuf_iterator<char>(file), {}), path.string());
}

NameMap NameMap::Parse(std::string_view text, const std::string& file) {
  NameMap map;
  map.is_identity_ = false;
  int number = 0;
  while (!text.empty()) {
    ++number;
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = Trim(text.substr(0, std::min(text.find('#'), end)));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    const size_t arrow = line.find("->");
    if (arrow == line.npos) throw Error("{}: line {}: GLOB_A -> GLOB_B should be here", file, number);
    const std::string_view from = Trim(line.substr(0, arrow)), to = Trim(line.substr(arrow + 2));
    if (from.empty() || to.empty()) throw Error("{}: line {}: GLOB_A -> GLOB_B should be here", file, number);
    if (Wildcards(from) != Wildcards(to))
      throw Error("{}: line {}: the same * and ? in the same order should be on both sides", file, number);
    map.lines_.push_back({std::string(from), std::string(to)});
  }
  if (map.lines_.empty()) throw Error("{}: no line GLOB_A -> GLOB_B", file);
  return map;
}

bool NameMap::Rename(std::string_view name, std::string* renamed) const {
  if (is_identity_) *renamed = name;
  if (is_identity_) return true;
  for (const Line& line : lines_) {
    std::vector<std::string_view> parts;
    if (!Fits(line.from, name, &parts)) continue;
    renamed->clear();
    size_t part = 0;
    for (const char c : line.to) {
      if (IsWildcard(c)) *renamed += parts[part++];
      else *renamed += c;
    }
    return true;
  }
  return false;
}

namespace {

struct File {
  std::filesystem::path path;
  WaveHeader header;
  std::unordered_map<std::string_view, const WaveVariable*> by_name;

  explicit File(const std::filesystem::path& p) : path(p), header(ReadWaveHeader(p)) {
    if (header.variables.empty()) throw Error("{}: has no signals", path.string());
    for (const WaveVariable& v : header.variables) by_name.try_emplace(v.name, &v);
  }

  const WaveVariable* Find(std::string_view name) const {
    const auto found = by_name.find(name);
    return found == by_name.end() ? nullptr : found->second;
  }

  // The variable of that name, or the highest one in the hierarchy whose last part it is.
  const WaveVariable* FindShort(const std::string& name) const {
    if (const WaveVariable* exact = Find(name)) return exact;
    const WaveVariable* best = nullptr;
    const auto depth = [](const WaveVariable& v) { return std::count(v.name.begin(), v.name.end(), '.'); };
    for (const WaveVariable& v : header.variables)
      if (v.name.ends_with("." + name) && (best == nullptr || depth(v) < depth(*best))) best = &v;
    return best;
  }
};

struct Control {
  WaveVariable a, b;
};

class Matcher {
 public:
  Matcher(const File& a, const File& b, const NameMap& map) : a_(a), b_(b), map_(map) {}

  // A one-bit signal that steers the comparison, in both files.
  Control FindControl(const std::string& name, const char* option) const {
    return {Bit(a_, a_.FindShort(name), name, option), Bit(b_, InB(name), name, option)};
  }

  Control FindClock(const std::string& name) const {
    if (!name.empty()) return FindControl(name, "--clock");
    for (const char* usual : {"clk", "clk_i", "clock", "clock_i"}) {
      const WaveVariable* a = a_.FindShort(usual);
      const WaveVariable* b = a == nullptr ? nullptr : InB(usual);
      if (b != nullptr && a->bits == 1 && b->bits == 1) return {*a, *b};
    }
    throw Error("no signal clk, clk_i, clock or clock_i in both files: name the clock with --clock");
  }

 private:
  const WaveVariable* InB(const std::string& name) const {
    const WaveVariable* a = a_.FindShort(name);
    std::string renamed;
    if (a != nullptr && map_.Rename(a->name, &renamed))
      if (const WaveVariable* b = b_.Find(renamed)) return b;
    return b_.FindShort(name);
  }

  static WaveVariable Bit(const File& file, const WaveVariable* v, const std::string& name,
                          const char* option) {
    if (v == nullptr) throw Error("{}: no such signal: {} {}", file.path.string(), option, name);
    if (v->bits != 1)
      throw Error("{}: {} {} has {} bits, one is needed", file.path.string(), option, name, v->bits);
    return *v;
  }

  const File& a_;
  const File& b_;
  const NameMap& map_;
};

struct Pair {
  std::string a, b;  // names
  uint32_t slot_a, slot_b;
};

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

// The signals of both files that belong together. The clock is not one (it is 0 before every edge), nor is
// what numbers the cycles.
std::vector<Pair> MatchSignals(const File& a, const File& b, const NameMap& map, const Control& clock,
                               SamplePlan* plan_a, SamplePlan* plan_b, WavediffResult* result) {
  std::vector<Pair> pairs;
  Slots slots_a, slots_b;
  std::unordered_set<const WaveVariable*> used;
  std::string renamed;
  const auto is_signal = [](const File& file, const WaveVariable& v, const WaveVariable& clk,
                            const SamplePlan& plan) {
    const bool is_cycle = plan.cycle.bits > 0 && v.handle == plan.cycle.handle;
    return v.handle != clk.handle && !is_cycle && file.Find(v.name) == &v;
  };
  for (const WaveVariable& v : a.header.variables) {
    if (!is_signal(a, v, clock.a, *plan_a)) continue;
    const WaveVariable* w = map.Rename(v.name, &renamed) ? b.Find(renamed) : nullptr;
    if (w != nullptr) used.insert(w);
    if (w == nullptr) {
      result->only_a.push_back(v.name);
    } else if (w->bits != v.bits) {
      result->other_width.push_back(v.name);
    } else if (w->handle != clock.b.handle) {
      pairs.push_back({v.name, w->name, slots_a.Of(v, plan_a), slots_b.Of(*w, plan_b)});
    }
  }
  for (const WaveVariable& w : b.header.variables)
    if (is_signal(b, w, clock.b, *plan_b) && !used.contains(&w)) result->only_b.push_back(w.name);
  return pairs;
}

// Follows which pairs are known and differ, from sample to sample; looks only at what changed.
class Comparison {
 public:
  Comparison(std::vector<Pair> pairs, size_t slots_a, size_t slots_b, bool x_is_any)
      : pairs_(std::move(pairs)),
        x_is_any_(x_is_any),
        states_(pairs_.size()),
        of_a_(slots_a),
        of_b_(slots_b) {
    for (uint32_t i = 0; i < pairs_.size(); ++i) {
      of_a_[pairs_[i].slot_a].push_back(i);
      of_b_[pairs_[i].slot_b].push_back(i);
      stale_.push_back(i);
    }
  }

  void Changed(const std::vector<uint32_t>& slots, bool in_a) {
    for (const uint32_t slot : slots)
      for (const uint32_t pair : (in_a ? of_a_ : of_b_)[slot]) {
        if (states_[pair].stale) continue;
        states_[pair].stale = true;
        stale_.push_back(pair);
      }
  }

  void Compare(const WaveSamples& a, const WaveSamples& b, WavediffResult* result) {
    for (const uint32_t i : stale_) Look(i, a, b);
    stale_.clear();
    ++samples_;
    result->values += known_;
    result->differences += differing_;
  }

  // The first differences; times and counts are complete only after the last sample.
  void Finish(size_t limit, WavediffResult* result) {
    result->signals = pairs_.size();
    result->samples = samples_;
    result->differing = found_.size();
    for (const auto& [pair, difference] : found_) {
      if (result->first.size() == limit) break;
      result->first.push_back(difference);
      const State& s = states_[pair];
      result->first.back().count = s.count + (s.differs ? samples_ - s.since : 0);
    }
  }

 private:
  struct State {
    bool stale = true, known = false, differs = false, found = false;
    int64_t since = 0, count = 0;  // samples: the first of the present difference; differing ones before it
  };

  void Look(uint32_t i, const WaveSamples& a, const WaveSamples& b) {
    const Pair& pair = pairs_[i];
    State& s = states_[i];
    const std::string &value = a.values()[pair.slot_a], &value_b = b.values()[pair.slot_b];
    const auto none_known = [](const std::string& v) { return v.find_first_of("01") == v.npos; };
    const bool known = !none_known(value_b) && !(x_is_any_ && none_known(value));
    const bool differs = Differs(value, value_b, x_is_any_);
    if (differs && !s.differs) s.since = samples_;
    if (!differs && s.differs) s.count += samples_ - s.since;
    known_ += int(known) - int(s.known);
    differing_ += int(differs) - int(s.differs);
    s.stale = false;
    s.known = known;
    s.differs = differs;
    if (!differs || s.found) return;
    s.found = true;
    found_.emplace_back(
        i, SignalDifference{pair.a, pair.b, a.cycle(), b.cycle(), a.time(), b.time(), value, value_b});
  }

  std::vector<Pair> pairs_;
  bool x_is_any_;
  std::vector<State> states_;
  std::vector<std::vector<uint32_t>> of_a_, of_b_;  // pairs of a slot
  std::vector<uint32_t> stale_;
  std::vector<std::pair<uint32_t, SignalDifference>> found_;
  int64_t samples_ = 0, known_ = 0, differing_ = 0;
};

// `cycle` at the top of the hierarchy numbers the cycles, as in the files that weft itself writes.
WaveVariable CycleOf(const File& file) {
  const WaveVariable* v = file.Find("cycle");
  return v == nullptr ? WaveVariable{"", 0, 0} : *v;
}

// One file's samples within the cycles asked for, numbered as in A.
class Samples {
 public:
  Samples(const File& file, const SamplePlan& plan, const WavediffOptions& options, int64_t shift)
      : samples_(file.path, plan), from_(options.from), to_(options.to), shift_(shift) {}

  // The next one; tells `comparison` what changed.
  bool Next(Comparison* comparison, bool is_a) {
    while (samples_.Next()) {
      comparison->Changed(samples_.changed(), is_a);
      if (cycle() > to_) return false;
      if (cycle() >= from_) return true;
    }
    return false;
  }
  int64_t cycle() const { return samples_.cycle() - shift_; }
  const WaveSamples& get() const { return samples_; }

 private:
  WaveSamples samples_;
  int64_t from_, to_, shift_;
};

void CompareAll(Samples* a, Samples* b, Comparison* comparison, WavediffResult* result) {
  bool more_a = a->Next(comparison, true), more_b = b->Next(comparison, false);
  while (more_a || more_b) {
    // Transfers pair off in their order; clock edges by their cycle.
    const bool skip_a = !more_b || (more_a && !result->transfers && a->cycle() < b->cycle());
    const bool skip_b = !more_a || (more_b && !result->transfers && b->cycle() < a->cycle());
    if (!skip_a && !skip_b) comparison->Compare(a->get(), b->get(), result);
    result->samples_a += skip_a ? 1 : 0;
    result->samples_b += skip_b ? 1 : 0;
    if (!skip_b) more_a = a->Next(comparison, true);
    if (!skip_a) more_b = b->Next(comparison, false);
  }
}

}  // namespace

WavediffResult DiffWaves(const WavediffOptions& options) {
  const NameMap map = options.map.empty() ? NameMap() : NameMap::Load(options.map);
  if (!options.ready.empty() && options.valid.empty()) throw Error("--ready needs --valid");
  const File a(options.a), b(options.b);
  const Matcher matcher(a, b, map);
  WavediffResult result;
  SamplePlan plan_a, plan_b;
  const Control clock = matcher.FindClock(options.clock);
  plan_a.clock = clock.a;
  plan_b.clock = clock.b;
  for (const auto& [name, option] :
       {std::pair{options.valid, "--valid"}, std::pair{options.ready, "--ready"}}) {
    if (name.empty()) continue;
    const Control enable = matcher.FindControl(name, option);
    plan_a.enables.push_back(enable.a);
    plan_b.enables.push_back(enable.b);
  }
  plan_a.cycle = CycleOf(a);
  plan_b.cycle = CycleOf(b);
  result.transfers = !options.valid.empty();
  result.clock_a = clock.a.name;
  result.clock_b = clock.b.name;
  result.timescale_a = a.header.timescale;
  result.timescale_b = b.header.timescale;

  std::vector<Pair> pairs = MatchSignals(a, b, map, clock, &plan_a, &plan_b, &result);
  if (pairs.empty())
    throw Error("no signal of {} is in {} too{}", options.a.string(), options.b.string(),
                options.map.empty() ? ": give their names with --map" : " as the map renames it");
  Comparison comparison(std::move(pairs), plan_a.signals.size(), plan_b.signals.size(), options.x_is_any);
  Samples samples_a(a, plan_a, options, 0), samples_b(b, plan_b, options, options.shift);
  CompareAll(&samples_a, &samples_b, &comparison, &result);
  comparison.Finish(options.limit, &result);
  if (result.samples + result.samples_a + result.samples_b == 0)
    throw Error(
        "no {} in either file{}", result.transfers ? "transfer" : "rising edge of the clock",
        options.from > 0 || options.to < std::numeric_limits<int64_t>::max() ? " in these cycles" : "");
  return result;
}

}  // namespace weft
