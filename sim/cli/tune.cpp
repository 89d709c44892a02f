// SPDX-License-Identifier: Apache-2.0
// weft tune: which configurations are best for a network, by the cycle model and the sizes of the hardware.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <span>
#include <thread>
#include <tuple>

#include "compiler/lower.hpp"
#include "compiler/model_reader.hpp"
#include "compiler/network_file.hpp"
#include "compiler/networks.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/figures.hpp"
#include "sim/cli/options.hpp"
#include "sim/cli/report.hpp"
#include "sw_model/cycles/cycle_model.hpp"
#include "sw_model/error.hpp"
#include "sw_model/golden/golden.hpp"
#include "sw_model/memory.hpp"
#include "sw_model/resources.hpp"

namespace weft::cli {
namespace {

struct Options {
  std::string model, part, memory = "8:40", output, json;
  int batch = 1, limit = 20;
  ModelFlags model_flags;
  FigureFlags figures;
};

struct Candidate {
  Config config;
  Resources resources;
  int64_t cycles = 0;  // of a batch; 0: it cannot run the network
  int64_t bytes = 0;
  double utilisation = 0;
};

Graph GraphOf(const Options& options) {
  const std::vector<std::string> known = NetworkNames();
  if (!std::filesystem::exists(options.model) && std::ranges::count(known, options.model) > 0) {
    options.model_flags.RefuseFor(options.model);
    return MakeNetwork(options.model, NetworkScope::kWhole).graph;
  }
  return ReadModel(options.model, options.model_flags.Parsed());
}

constexpr int kLeastLines = 1 << 12, kMostLines = 1 << 18;

// Buffers of one size for an array: weights of twice and four times the lines.
std::vector<Candidate> WithLines(Config config, int lines, const Part* part) {
  std::vector<Candidate> candidates;
  for (const int times : {2, 4}) {
    config.line_buffer_bytes = lines;
    config.weight_buffer_bytes = times * lines;
    config.name = config.Key();
    const Resources r = ResourcesOf(config, part != nullptr ? part->widest : 36);
    if (part != nullptr && (r.multipliers > part->multipliers || r.blocks > part->blocks)) continue;
    candidates.push_back({config, r});
  }
  return candidates;
}

// The arrays that are tried, each with the largest buffers that fit: they divide maps of 2^n or of 7*2^n, and
// their bus is as wide as the memory.
std::vector<Candidate> Arrays(const Memory& memory, const Part* part) {
  std::vector<Candidate> arrays;
  for (const int rows : {2, 4, 7, 8, 14, 16, 28, 32})
    for (const int cols : {2, 4, 8, 16, 32})
      for (int lanes = std::max(1, cols / 4); lanes <= cols / 2; lanes *= 2) {
        Config c;
        c.rows = rows;
        c.cols = cols;
        c.lanes = lanes;
        c.bus_bytes = std::clamp(int(std::bit_ceil(unsigned(memory.width))), 4, 64);
        std::vector<Candidate> sized;
        for (int lines = kMostLines; lines >= kLeastLines && sized.empty(); lines /= 2)
          sized = WithLines(c, lines, part);
        if (!sized.empty()) arrays.push_back(sized.front());
      }
  return arrays;
}

// Of the arrays that are not slower than another one of as few multipliers, all sizes of buffers.
std::vector<Candidate> Sizes(const std::vector<Candidate>& arrays, const Part* part) {
  std::vector<Candidate> candidates;
  for (const Candidate& a : arrays) {
    const bool slow = std::ranges::any_of(arrays, [&](const Candidate& b) {
      return b.cycles > 0 && b.resources.multipliers <= a.resources.multipliers &&
             b.cycles + b.cycles / 50 < a.cycles;
    });
    if (a.cycles == 0 || slow) continue;
    for (int lines = kLeastLines; lines <= kMostLines; lines *= 2)
      std::ranges::move(WithLines(a.config, lines, part), std::back_inserter(candidates));
  }
  return candidates;
}

// Cycles and bytes of all starts of a batch.
void Count(const Graph& graph, int batch, const Memory& memory, Candidate* candidate) {
  const Config& config = candidate->config;
  const CompiledNetwork network =
      CompileNetwork(graph, batch, config, {.with_data = false, .read_cycles = memory.ReadCycles(config)});
  for (const SegmentProgram& p : network.programs) {
    if (p.layer_node.empty()) continue;  // the host's
    const CycleResult result = CountCycles(p.program, config, memory);
    candidate->cycles += result.cycles;
    candidate->bytes += result.bytes_read + result.bytes_written;
  }
}

void CountAll(const Graph& graph, int batch, const Memory& memory, std::vector<Candidate>* candidates) {
  std::atomic<size_t> next = 0;
  const auto work = [&] {
    for (size_t i = next++; i < candidates->size(); i = next++) {
      Candidate& candidate = (*candidates)[i];
      try {
        candidate.config.Check();
        Count(graph, batch, memory, &candidate);
      } catch (const Error&) {
        candidate.cycles = 0;  // its buffers or counters are too small
      }
    }
  };
  std::vector<std::jthread> threads;
  for (unsigned t = 1; t < std::thread::hardware_concurrency(); t++) threads.emplace_back(work);
  work();
}

// Nothing is better in all of cycles, multipliers, RAM and bytes; less than half a percent counts for
// nothing.
std::vector<Candidate> Pareto(std::vector<Candidate> all) {
  std::erase_if(all, [](const Candidate& c) { return c.cycles == 0; });
  std::ranges::sort(all, {}, [](const Candidate& c) {
    return std::tuple(c.cycles, c.resources.multipliers, c.resources.ram_bits, c.bytes);
  });
  const auto as_good = [](int64_t a, int64_t b) { return a <= b + b / 200; };
  std::vector<Candidate> best;
  for (const Candidate& c : all)
    if (std::ranges::none_of(best, [&](const Candidate& b) {
          return as_good(b.cycles, c.cycles) && b.resources.multipliers <= c.resources.multipliers &&
                 b.resources.ram_bits <= c.resources.ram_bits && as_good(b.bytes, c.bytes);
        })) {
      // ... and it may be better than those that are only a little faster.
      std::erase_if(best, [&](const Candidate& b) {
        return as_good(c.cycles, b.cycles) && c.resources.multipliers <= b.resources.multipliers &&
               c.resources.ram_bits <= b.resources.ram_bits && as_good(c.bytes, b.bytes);
      });
      best.push_back(c);
    }
  return best;
}

Json ConfigJson(const Config& c) {
  Json json;
  for (const ConfigField& field : kConfigFields) json[field.key] = c.*field.value;
  return json;
}

Json ToJson(const Options& options, const Memory& memory, const Part* part, double clock, size_t tried,
            const std::vector<Candidate>& proposals) {
  Json json = {{"model", options.model},
               {"batch", options.batch},
               {"memory", fmt::format("{}:{}", memory.width, memory.latency)},
               {"tried", tried}};
  if (part != nullptr)
    json["part"] = {{"name", part->name},
                    {"multipliers", part->multipliers},
                    {"blocks", part->blocks},
                    {"source", part->source}};
  json["configurations"] = Json::array();
  for (const Candidate& c : proposals) {
    Json row = {{"configuration", ConfigJson(c.config)},
                {"cycles", c.cycles},
                {"utilisation", c.utilisation},
                {"multipliers", c.resources.multipliers},
                {"ram_bits", c.resources.ram_bits},
                {"ram_blocks", c.resources.blocks},
                {"bytes", c.bytes}};
    row.update(TimesJson(clock, c.cycles, 1, options.batch));
    json["configurations"].push_back(row);
  }
  return json;
}

void Print(std::FILE* stream, const Options& options, double clock, const std::vector<Candidate>& proposals) {
  std::vector<std::vector<std::string>> rows = {{"array", "lanes", "lines", "weights", "bus", "cycles",
                                                 "utilisation", "multipliers", "RAM kbit", "RAM blocks",
                                                 "bytes"}};
  if (clock > 0) rows[0].insert(rows[0].end(), {"ms", "images/s"});
  const size_t shown = std::min(proposals.size(), size_t(options.limit));
  for (const Candidate& c : std::span(proposals).first(shown)) {
    std::vector<std::string> cells = {fmt::format("{}x{}", c.config.rows, c.config.cols),
                                      std::to_string(c.config.lanes),
                                      fmt::format("{} KiB", c.config.line_buffer_bytes / 1024),
                                      fmt::format("{} KiB", c.config.weight_buffer_bytes / 1024),
                                      std::to_string(c.config.bus_bytes),
                                      std::to_string(c.cycles),
                                      PercentText(c.utilisation),
                                      std::to_string(c.resources.multipliers),
                                      fmt::format("{:.0f}", double(c.resources.ram_bits) / 1024),
                                      std::to_string(c.resources.blocks),
                                      std::to_string(c.bytes)};
    if (clock > 0) {
      const double seconds = double(c.cycles) / clock;
      cells.push_back(fmt::format("{:.4g}", 1e3 * seconds));
      cells.push_back(fmt::format("{:.4g}", options.batch / seconds));
    }
    rows.push_back(cells);
  }
  PrintTable(stream, rows);
  if (shown < proposals.size())
    fmt::print(stream, "{} more; --limit N shows them, --json and --csv have all\n",
               proposals.size() - shown);
}

void Run(const Options& options) {
  const double clock = ParseClock(options.figures.clock);
  Config widest;
  widest.name = "with the widest bus";
  widest.bus_bytes = 64;
  const Memory memory = Memory::Parse(options.memory, widest);
  const Part* part = options.part.empty() ? nullptr : &FindPart(options.part);
  const Graph graph = GraphOf(options);
  int64_t macs = 0;
  bool on_host = false;
  for (const Node& node : graph.nodes)
    if (node.op == Op::kConv) macs += golden::Macs(graph.tensors[node.inputs[0]].shape, node.conv);
  for (const Segment& segment : Lower(graph)) on_host |= segment.on_host();

  std::vector<Candidate> arrays = Arrays(memory, part);
  if (arrays.empty()) throw Error("no configuration fits {}", options.part);
  std::vector<Candidate> candidates;
  {
    const Activity activity(fmt::format("counting the cycles of {} on many configurations", options.model));
    CountAll(graph, options.batch, memory, &arrays);
    candidates = Sizes(arrays, part);
    CountAll(graph, options.batch, memory, &candidates);
  }
  const size_t tried = arrays.size() + candidates.size();
  std::vector<Candidate> proposals = Pareto(std::move(candidates));
  if (proposals.empty()) throw Error("{}: none of {} configurations runs it", options.model, tried);
  for (Candidate& c : proposals)
    c.utilisation = double(macs * options.batch) / (double(c.cycles) * c.config.rows * c.config.cols);

  std::FILE* stream = TableStream(options.json, options.figures.csv);
  Print(stream, options, clock, proposals);
  fmt::print(stream, "{} of {} configurations, memory {}:{}, {} image(s) at once\n", proposals.size(), tried,
             memory.width, memory.latency, options.batch);
  if (part != nullptr)
    fmt::print(stream, "{}: {} multipliers, {} RAM blocks ({})\n", part->name, part->multipliers,
               part->blocks, part->source);
  if (on_host) fmt::print(stream, "the operators that the host runs are not counted\n");
  const Json json = ToJson(options, memory, part, clock, tried, proposals);
  WriteJson(options.json, json);
  WriteCsv(options.figures.csv, {{"layers", json.at("configurations")}});
  if (options.output.empty()) return;
  std::ofstream file(options.output);
  file << ConfigJson(proposals.front().config).dump(2) << '\n';
  if (!file.flush()) throw Error("{}: cannot be written", options.output);
}

}  // namespace

void AddTuneCommand(CLI::App* app, int* status) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app->add_subcommand("tune", "Propose configurations for a network");
  command
      ->add_option("MODEL", options->model,
                   "quantised network (.onnx or .tflite), or a name that `weft bench` knows")
      ->required();
  AddModelFlags(command, &options->model_flags);
  std::string parts;
  for (const Part& part : Parts()) parts += fmt::format("{}{}", parts.empty() ? "" : ", ", part.name);
  command->add_option("--part", options->part, "only what fits this FPGA: " + parts);
  command
      ->add_option("--memory", options->memory,
                   "memory WIDTH:LATENCY, bytes a cycle and cycles; the bus is as wide")
      ->capture_default_str();
  command->add_option("--batch", options->batch, "images that run together and share the array's rows")
      ->capture_default_str()
      ->check(CLI::Range(1, kMostImages));
  command->add_option("--limit", options->limit, "rows of the table")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000'000));
  command->add_option("-o,--output", options->output, "write the fastest one as a file for --config (.json)")
      ->check(CanBeWritten());
  AddFigureFlags(command, &options->figures);
  command->add_option("--json", options->json, "write JSON to a file, or to stdout with -")
      ->check(CanBeWritten());
  command->callback([options, status] {
    Run(*options);
    *status = 0;
  });
}

}  // namespace weft::cli
