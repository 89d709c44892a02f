// SPDX-License-Identifier: Apache-2.0
#include "sim/waves/wavediff.hpp"

#include <algorithm>
#include <cmath>

#include "sim/waves/wave_pairs.hpp"
#include "sw_model/error.hpp"

namespace weft {
namespace {

// Follows which pairs are known and differ, from sample to sample; looks only at what changed.
class Comparison {
 public:
  Comparison(std::vector<WavePair> pairs, size_t slots_a, size_t slots_b, Unknown unknown)
      : pairs_(std::move(pairs)), unknown_(unknown), states_(pairs_.size()), of_a_(slots_a), of_b_(slots_b) {
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
    result->unknown += int64_t(pairs_.size()) - known_;
    result->values_differing += differing_;
    result->differing_by_unknown += by_unknown_;
  }

  // The first differences; times and counts are complete only after the last sample.
  void Finish(size_t limit, WavediffResult* result) {
    result->samples = samples_;
    for (size_t i = 0; i < pairs_.size(); ++i)
      if (!states_[i].ever_known) result->never_known.push_back(pairs_[i].a);
    result->signals = pairs_.size() - result->never_known.size();
    result->signals_differing = found_.size();
    for (const auto& [pair, difference] : found_) {
      if (result->first.size() == limit) break;
      result->first.push_back(difference);
      const State& s = states_[pair];
      result->first.back().count = s.count + (s.differs ? samples_ - s.since : 0);
    }
  }

 private:
  struct State {
    bool stale = true, known = false, ever_known = false, differs = false, by_unknown = false, found = false;
    int64_t since = 0, count = 0;  // samples: the first of the present difference; differing ones before it
  };

  void Look(uint32_t i, const WaveSamples& a, const WaveSamples& b) {
    const WavePair& pair = pairs_[i];
    State& s = states_[i];
    const std::string &value = a.values()[pair.slot_a], &value_b = b.values()[pair.slot_b];
    const bool differs = Differs(value, value_b, unknown_);
    const bool by_unknown = differs && !Differs(value, value_b, Unknown::kIsAny);
    const bool known = differs || IsLookedAt(value, value_b);
    if (differs && !s.differs) s.since = samples_;
    if (!differs && s.differs) s.count += samples_ - s.since;
    known_ += int(known) - int(s.known);
    differing_ += int(differs) - int(s.differs);
    by_unknown_ += int(by_unknown) - int(s.by_unknown);
    s.stale = false;
    s.known = known;
    s.ever_known |= known;
    s.differs = differs;
    s.by_unknown = by_unknown;
    if (!differs || s.found) return;
    s.found = true;
    found_.emplace_back(
        i, SignalDifference{pair.a, pair.b, a.cycle(), b.cycle(), a.time(), b.time(), value, value_b});
  }

  // Whether equal values have a bit in which they could differ.
  [[nodiscard]] bool IsLookedAt(const std::string& value, const std::string& value_b) const {
    const auto is_known = [](char c) { return c == '0' || c == '1'; };
    for (size_t i = 0; i < value.size(); ++i)
      if (is_known(value_b[i]) && (unknown_ != Unknown::kIsAny || is_known(value[i]))) return true;
    return false;
  }

  std::vector<WavePair> pairs_;
  Unknown unknown_;
  std::vector<State> states_;
  std::vector<std::vector<uint32_t>> of_a_, of_b_;  // pairs of a slot
  std::vector<uint32_t> stale_;
  std::vector<std::pair<uint32_t, SignalDifference>> found_;
  int64_t samples_ = 0, known_ = 0, differing_ = 0, by_unknown_ = 0;
};

// `cycle` at the top of the hierarchy numbers the cycles, as in the files that weft itself writes.
WaveVariable CycleOf(const WaveFile& file) {
  const WaveVariable* v = file.Find("cycle");
  return v == nullptr ? WaveVariable{"", 0, 0} : *v;
}

// One file's samples within the cycles asked for, numbered as in A.
class Samples {
 public:
  Samples(const WaveFile& file, const SamplePlan& plan, const WavediffOptions& options, int64_t shift)
      : samples_(file.path, plan), from_(options.from), to_(options.to), shift_(shift) {}

  // The next one; tells `comparison` what changed. Behind the window it reads the file to its end.
  bool Next(Comparison* comparison, bool is_a) {
    while (samples_.Next()) {
      if (count_++ == 0) first_ = cycle();
      last_ = cycle();
      if (cycle() > to_) continue;
      comparison->Changed(samples_.changed(), is_a);
      if (cycle() >= from_) return true;
    }
    return false;
  }
  int64_t cycle() const { return samples_.cycle() - shift_; }
  const WaveSamples& get() const { return samples_; }

  // Of the whole file, at its end.
  int64_t count() const { return count_; }
  std::string CyclesText() const { return fmt::format("{} to {}", first_, last_); }

 private:
  WaveSamples samples_;
  int64_t from_, to_, shift_;
  int64_t count_ = 0, first_ = 0, last_ = 0;
};

void CompareAll(Samples* a, Samples* b, Comparison* comparison, WavediffResult* result) {
  bool more_a = a->Next(comparison, true), more_b = b->Next(comparison, false);
  while (more_a || more_b) {
    // Transfers pair off in their order; clock edges by their cycle.
    const bool skip_a = !more_b || (more_a && !result->transfers && a->cycle() < b->cycle());
    const bool skip_b = !more_a || (more_b && !result->transfers && b->cycle() < a->cycle());
    if (!skip_a && !skip_b) comparison->Compare(a->get(), b->get(), result);
    result->a.samples_alone += skip_a ? 1 : 0;
    result->b.samples_alone += skip_b ? 1 : 0;
    if (!skip_b) more_a = a->Next(comparison, true);
    if (!skip_a) more_b = b->Next(comparison, false);
  }
  result->a.edges = a->get().edges();
  result->b.edges = b->get().edges();
}

// When a file's edges are; in seconds and, as time scales may differ, in periods of its own clock.
struct Span {
  explicit Span(const WavediffSide& side) {
    const double unit = std::pow(10.0, side.timescale);
    first = double(side.edges.first) * unit;
    last = double(side.edges.last) * unit;
    period = side.edges.count > 1 ? (last - first) / double(side.edges.count - 1) : 0;
  }
  double first, last, period;
};

bool Meet(const WavediffSide& side_a, const WavediffSide& side_b) {
  const Span a(side_a), b(side_b);
  const auto meet = [&](double unit_a, double unit_b) {
    return a.first / unit_a <= b.last / unit_b && b.first / unit_b <= a.last / unit_a;
  };
  return meet(1, 1) || (a.period > 0 && b.period > 0 && meet(a.period, b.period));
}

void CheckSide(const WavediffSide& side, const Samples& samples, const std::filesystem::path& path) {
  if (side.edges.count == 0)
    throw Error("{}: the clock {} never rises: there is nothing to compare", path.string(), side.clock);
  if (samples.count() == 0)
    throw Error("{}: {} {} 1 at a rising edge of {}: there is no transfer to compare", path.string(),
                side.valid, side.ready.empty() ? "is never" : "and " + side.ready + " are never both",
                side.clock);
}

// Nothing is equal that was not looked at.
void CheckCompared(const Samples& a, const Samples& b, bool by_edge, const WavediffOptions& options,
                   const WavediffResult& result) {
  CheckSide(result.a, a, options.a);
  CheckSide(result.b, b, options.b);
  const char* what = result.transfers ? "transfer" : "clock edge";
  if (result.samples == 0)
    throw Error("no {} in common{}: A has cycles {}, B {}{}", what,
                options.from > 0 || options.to < options.kNoEnd ? " in these cycles" : "", a.CyclesText(),
                b.CyclesText(), options.shift ? " (shifted)" : "");
  if (by_edge && !options.shift && !Meet(result.a, result.b))
    throw Error(
        "the files have no time in common: tell with --shift which of their cycles belong together "
        "(--shift 0: the first ones)");
  if (result.values == 0)
    throw Error("no value is known {}: there is nothing to compare",
                options.unknown == Unknown::kIsAValue        ? "in either file"
                : options.unknown == Unknown::kIsAnyInSecond ? "in " + options.b.string()
                                                             : "in both files");
}

void CheckMatch(const WaveMatch& match, const WavediffOptions& options) {
  if (!match.pairs.empty()) return;
  const std::string a = options.a.string(), b = options.b.string();
  if (!match.other_width.empty())
    throw Error("no signal of {} has the same width in {}: {}", a, b, fmt::join(match.other_width, ", "));
  throw Error("no signal of {} is in {} too{}", a, b,
              options.map.empty() ? ": give their names with --map" : " as the map renames it");
}

void DescribeSide(const WaveFile& file, const WaveVariable& clock, std::vector<std::string>* only,
                  std::vector<std::string>* again, WavediffSide* side) {
  side->clock = clock.name;
  side->timescale = file.header.timescale;
  side->left_out = file.header.left_out;
  side->only = std::move(*only);
  side->again = std::move(*again);
}

}  // namespace

WavediffResult DiffWaves(const WavediffOptions& options) {
  if (!options.ready.empty() && options.valid.empty()) throw Error("--ready needs --valid");
  if (options.from > options.to) throw Error("--from {} is after --to {}", options.from, options.to);
  const WaveFile a(options.a), b(options.b);
  const WaveMatcher matcher(a, b, options.map);
  WavediffResult result;
  result.transfers = !options.valid.empty();
  SamplePlan plan_a, plan_b;
  const WaveControl clock =
      options.clock.empty() ? matcher.FindClock() : matcher.FindControl(options.clock, "--clock");
  plan_a.clock = clock.a;
  plan_b.clock = clock.b;
  const auto add_enable = [&](const std::string& name, const char* option, std::string WavediffSide::*in) {
    if (name.empty()) return;
    const WaveControl enable = matcher.FindControl(name, option);
    plan_a.enables.push_back(enable.a);
    plan_b.enables.push_back(enable.b);
    result.a.*in = enable.a.name;
    result.b.*in = enable.b.name;
  };
  add_enable(options.valid, "--valid", &WavediffSide::valid);
  add_enable(options.ready, "--ready", &WavediffSide::ready);
  plan_a.cycle = CycleOf(a);
  plan_b.cycle = CycleOf(b);

  WaveMatch match = matcher.Match(clock, &plan_a, &plan_b);
  CheckMatch(match, options);
  Comparison comparison(std::move(match.pairs), plan_a.signals.size(), plan_b.signals.size(),
                        options.unknown);
  DescribeSide(a, clock.a, &match.only_a, &match.again_a, &result.a);
  DescribeSide(b, clock.b, &match.only_b, &match.again_b, &result.b);
  result.other_width = std::move(match.other_width);
  Samples samples_a(a, plan_a, options, 0), samples_b(b, plan_b, options, options.shift.value_or(0));
  CompareAll(&samples_a, &samples_b, &comparison, &result);
  comparison.Finish(options.limit, &result);
  result.window = result.samples + result.a.samples_alone + result.b.samples_alone;
  if (!result.transfers && options.to < options.kNoEnd)
    result.window = std::max(result.window, options.to - options.from + 1);
  const bool by_edge = !result.transfers && plan_a.cycle.bits + plan_b.cycle.bits == 0;
  CheckCompared(samples_a, samples_b, by_edge, options, result);
  return result;
}

}  // namespace weft
