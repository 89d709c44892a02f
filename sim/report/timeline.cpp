// SPDX-License-Identifier: Apache-2.0
#include "sim/report/timeline.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "sim/report/placement.hpp"
#include "sw_model/cycles/cycle_model.hpp"
#include "sw_model/cycles/cycle_observer.hpp"
#include "sw_model/cycles/system_observer.hpp"

namespace weft {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kBins = 240, kShortest = 1500;  // of a start: gaps of less than 1/1500 of it are closed

// Times in which something is busy, from the first to the last.
class Intervals {
 public:
  explicit Intervals(int64_t gap) : gap_(gap) {}
  void Add(int64_t from, int64_t to) {
    if (!all_.empty() && from <= all_.back().second + gap_)
      all_.back().second = std::max(all_.back().second, to);
    else all_.emplace_back(from, to);
  }
  [[nodiscard]] const std::vector<std::pair<int64_t, int64_t>>& all() const { return all_; }

 private:
  int64_t gap_;
  std::vector<std::pair<int64_t, int64_t>> all_;
};

// How busy something is in each part of a start.
class Busy {
 public:
  explicit Busy(int64_t cycles) : cycles_(std::max<int64_t>(cycles, 1)), bins_(kBins) {}
  void Add(int64_t from, int64_t to) {
    for (int64_t at = from; at < std::min(to, cycles_);) {
      const int64_t bin = at * kBins / cycles_;
      const int64_t end = std::min(to, ((bin + 1) * cycles_ + kBins - 1) / kBins);
      bins_[size_t(bin)] += end - at;
      at = end;
    }
  }
  [[nodiscard]] Json ToJson() const {
    Json json = Json::array();
    for (const int64_t busy : bins_)
      json.push_back(std::round(std::min(1.0, double(busy * kBins) / double(cycles_)) * 1000) / 1000);
    return json;
  }

 private:
  int64_t cycles_;
  std::vector<int64_t> bins_;
};

class Recorder : public SystemObserver, public CycleObserver {
 public:
  Recorder(const Program& program, const Config& config, const Memory& memory, int64_t cycles)
      : gap_(std::max<int64_t>(cycles / kShortest, 1)),
        word_cycles_(memory.ReadCycles(config)),
        jobs_(program.jobs.size(), JobTimes(gap_)),
        list_(gap_),
        read_(cycles),
        array_(cycles),
        write_(cycles) {
    // As read_dma reads: the hardware asks for the list's first words by itself.
    reads_.push_back({-1, std::min<int64_t>(program.list_bytes, kListFirstBytes) / config.bus_bytes});
    for (const Command& c : program.commands)
      if (c.op == ListOp::kRead)
        reads_.push_back({c.job, int64_t{c.count} * (int64_t{c.param_words} + int64_t{c.words})});
  }

  void Happens(SystemEvent event, int64_t time, int64_t /*offered*/) override {
    switch (event) {
      case SystemEvent::kList:  // whose reads have no job
      case SystemEvent::kParams:
      case SystemEvent::kWeights:
      case SystemEvent::kDepthwise:
        return Read(&JobTimes::weights, time);
      case SystemEvent::kTables:
      case SystemEvent::kResidual:
      case SystemEvent::kLines:
        return Read(&JobTimes::lines, time);
      case SystemEvent::kWrite:
        // A job's last beats are written before the model turns to the next job's.
        jobs_[size_t(job_)].writes.Add(time, time + word_cycles_);
        return write_.Add(time, time + word_cycles_);
      default:
        return;
    }
  }

  void ChunkStarted(int job, int64_t /*tile*/, int /*group*/, int64_t /*chunk*/, int64_t start,
                    int64_t beats) override {
    job_ = job;
    jobs_[size_t(job)].array.Add(start + 1, start + beats + 1);
    array_.Add(start + 1, start + beats + 1);
  }
  void JobAccepted(int /*job*/, int64_t /*time*/) override {}
  void TileWalked(int /*job*/, int64_t /*tile*/, int64_t /*last_pixel*/, int64_t /*record*/) override {}
  void Idle(Cause /*cause*/, int64_t /*from*/, int64_t /*until*/) override {}
  void RowDrained(int /*job*/, int64_t /*tile*/, int /*group*/, int /*row*/, int64_t /*time*/,
                  int64_t /*pop*/) override {}
  void LineRead(int /*job*/, int /*line*/, int64_t /*done*/, int64_t /*count*/, int64_t /*time*/,
                int64_t /*pace*/) override {}
  void ParametersRead(int /*job*/, int /*group*/, int64_t /*done*/, int64_t /*count*/, int64_t /*time*/,
                      int64_t /*pace*/) override {}
  void WeightsRead(int /*job*/, int /*group*/, int64_t /*done*/, int64_t /*count*/, int64_t /*time*/,
                   int64_t /*pace*/) override {}

  // Adds "jobs", "list" and "busy".
  void AddTo(const Program& program, Json* json) const {
    Json jobs = Json::array();
    for (size_t l = 0; l < program.layers.size(); l++)
      for (int j = 0; j < program.layers[l].jobs; j++) {
        const JobTimes& t = jobs_[size_t(program.layers[l].first_job + j)];
        jobs.push_back({{"layer", l},
                        {"weights", t.weights.all()},
                        {"lines", t.lines.all()},
                        {"array", t.array.all()},
                        {"writes", t.writes.all()}});
      }
    (*json)["jobs"] = std::move(jobs);
    (*json)["list"] = list_.all();
    (*json)["busy"] = {{"read", read_.ToJson()}, {"array", array_.ToJson()}, {"write", write_.ToJson()}};
  }

 private:
  struct JobTimes {
    explicit JobTimes(int64_t gap) : weights(gap), lines(gap), array(gap), writes(gap) {}
    Intervals weights, lines, array, writes;
  };
  struct Pending {
    int job;  // -1: the list
    int64_t words;
  };

  // Words come in the order in which they are asked for.
  void Read(Intervals JobTimes::*kind, int64_t time) {
    while (reads_[next_].words == 0) next_++;
    Pending& read = reads_[next_];
    read.words--;
    (read.job < 0 ? list_ : jobs_[size_t(read.job)].*kind).Add(time, time + word_cycles_);
    read_.Add(time, time + word_cycles_);
  }

  int64_t gap_, word_cycles_;
  std::vector<JobTimes> jobs_;
  Intervals list_;
  Busy read_, array_, write_;
  std::vector<Pending> reads_;
  size_t next_ = 0;
  int job_ = 0;  // whose outputs the model follows
};

// The cycle in which each layer ends.
std::vector<int64_t> EndsOf(const CycleResult& result) {
  std::vector<int64_t> ends;
  for (const LayerEnd& layer : result.layers) ends.push_back(layer.end);
  return ends;
}

Json MemoryJson(const CompiledNetwork& network, size_t segment, const Memory& memory) {
  const Graph& graph = network.graph;
  const SegmentProgram p = CompileSegment(graph, network.segments[segment], network.batch, network.config,
                                          {.keep_all = false, .with_data = false});
  const CycleResult result = CountCycles(p.program, network.config, memory);
  const std::vector<int64_t> ends = EndsOf(result);
  struct Use {
    Place place;
    int64_t from = -1, to = 0;
  };
  std::vector<Use> uses(graph.tensors.size());
  for (const SegmentProgram::Input& in : p.inputs) uses[size_t(in.tensor)] = {in.place, 0, 0};
  for (size_t l = 0; l < p.layers.size(); l++) {
    const ProgramLayer& layer = p.program.layers[l];
    Use& use = uses[size_t(p.layers[l].out.tensor)];
    if (use.from >= 0) continue;
    use.place = p.program.stores[size_t(layer.first_job + layer.jobs - 1)].out;
    use.from = l > 0 ? ends[l - 1] : 0;
  }
  for (const Stage& stage : FindStages(graph, {network.segments[segment]}, {p.layers}))
    for (const int node : stage.nodes)
      for (const int input : graph.nodes[size_t(node)].inputs)
        uses[size_t(input)].to = std::max(uses[size_t(input)].to, ends[size_t(stage.layers.back())]);
  Json tensors = Json::array();
  uint64_t image = p.program.window_bytes;  // the tensors lie behind it
  for (size_t t = 0; t < uses.size(); t++) {
    const Use& use = uses[t];
    if (use.from < 0) continue;
    image = std::min<uint64_t>(image, use.place.offset);
    const bool stays = use.to == 0 || p.outputs[t].has_value();
    tensors.push_back({{"tensor", t},
                       {"offset", use.place.offset},
                       {"bytes", use.place.bytes()},
                       {"from", use.from},
                       {"to", stays ? result.cycles : use.to}});
  }
  return {{"window_bytes", p.program.window_bytes},
          {"image_bytes", image},
          {"list_bytes", p.program.list_bytes},
          {"cycles", result.cycles},
          {"tensors", std::move(tensors)}};
}

Json SegmentJson(const CompiledNetwork& network, size_t segment, const Memory& memory) {
  const SegmentProgram& p = network.programs[segment];
  const CycleResult result = CountCycles(p.program, network.config, memory);
  const std::vector<int64_t> ends = EndsOf(result);
  Recorder recorder(p.program, network.config, memory, result.cycles);
  CountCycles(p.program, network.config, memory, &recorder, &recorder);
  Json json = {{"on_host", false}, {"cycles", result.cycles}, {"layers", Json::array()}};
  for (size_t l = 0; l < ends.size(); l++)
    json["layers"].push_back({{"name", p.program.layers[l].name},
                              {"node", p.layer_node[l]},
                              {"from", l > 0 ? ends[l - 1] : 0},
                              {"to", ends[l]}});
  recorder.AddTo(p.program, &json);
  json["memory"] = MemoryJson(network, segment, memory);
  return json;
}

}  // namespace

Json TimelineJson(const CompiledNetwork& network, const Memory& memory) {
  Json json = Json::array();
  for (size_t s = 0; s < network.segments.size(); s++)
    json.push_back(network.segments[s].on_host() ? Json{{"on_host", true}} : SegmentJson(network, s, memory));
  return json;
}

}  // namespace weft
