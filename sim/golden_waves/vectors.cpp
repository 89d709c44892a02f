// SPDX-License-Identifier: Apache-2.0
#include "sim/golden_waves/vectors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "sim/golden_waves/wave_lanes.hpp"
#include "sim/golden_waves/wave_predictor.hpp"
#include "sim/harness/harness.hpp"
#include "sim/waves/wave_value.hpp"
#include "sw_model/error.hpp"

namespace weft {
namespace {

// What is said of each stream in the head of its file.
std::string HeadText(const VectorStream& stream, const char* source) {
  std::string text = fmt::format("// {}, {}: {} bits, {}\n", stream.name, source, stream.bits(), stream.when);
  for (const VectorField& f : stream.fields) {
    text += fmt::format("// bits {}:{}: {}", f.lsb + f.bits - 1, f.lsb, f.signal);
    if (f.lanes > 1)
      text += fmt::format(", {0} {1}s of {2} bits, {1} 0 lowest", f.lanes, f.lane_is, f.bits / f.lanes);
    text += f.is_signed ? ", signed\n" : "\n";
  }
  return text;
}

// A file's name from a stream's.
std::string FileName(std::string name) {
  std::ranges::replace_if(
      name, [](char c) { return std::isalnum(uint8_t(c)) == 0 && c != '.' && c != '_'; }, '_');
  return name + ".hex";
}

std::vector<VectorStream> LayerVectorStreams(const Config& config) {
  std::vector<VectorStream> streams;
  for (const StreamSpec& spec : WaveStreams(config)) {
    std::string name = spec.scope + "." + spec.name;
    for (const char* mark : {"[{row}]", "[{col}]", "[{lane}]"})
      if (const size_t at = name.find(mark); at != std::string::npos)
        name.erase(at, std::string(mark).size());
    VectorStream stream{.name = name.substr(name.find('.') + 1),
                        .module = ModulePath(ModuleOf(spec, 0, config))};
    stream.when = spec.kind == StreamKind::kLevel   ? "a number where it changes"
                  : spec.kind == StreamKind::kPulse ? "a number where it is not 0"
                                                    : "a number a cycle in which it matters";
    stream.file = FileName(stream.name);
    const bool is_grid = spec.scope.find("{row}") != std::string::npos;
    stream.fields = {{spec.scope + "." + spec.name, stream.module, 0, spec.lanes * spec.bits, spec.lanes,
                      is_grid ? "element" : spec.lane_is, spec.is_signed}};
    streams.push_back(std::move(stream));
  }
  return streams;
}

// Follows the golden waveforms of a layer, and the RTL as long as it runs.
class LayerVectors : public CycleProbe {
 public:
  LayerVectors(const WaveCase& c, const Config& config, const Memory& memory, VectorFiles* files)
      : config_(config),
        layer_(c.layer.name),
        files_(*files),
        predictor_(c.jobs, c.layer, c.in, config, memory),
        specs_(WaveStreams(config)),
        numbers_(specs_.size()) {}

  void Attach(const RtlModel& model) override {
    for (const StreamSpec& spec : specs_) lanes_.push_back(FindLanes(model, spec, config_));
  }

  bool Cycle(int64_t cycle) override {
    next_ = cycle + 1;
    touched_.clear();
    for (const WaveSample& s : predictor_.Cycle(cycle, true)) {
      const StreamSpec& spec = specs_[size_t(s.id)];
      std::string& number = numbers_[size_t(s.id)];
      if (number.empty()) {
        number.assign(size_t(spec.lanes * spec.bits), 'x');
        touched_.push_back(size_t(s.id));
      }
      for (int b = 0; b < spec.bits; b++)
        number[number.size() - 1 - size_t(s.lane * spec.bits + b)] = (s.value >> b & 1) != 0 ? '1' : '0';
    }
    for (const size_t i : touched_) {
      files_.AddGolden(i, numbers_[i], cycle, layer_);
      if (!lanes_.empty()) files_.AddRtl(i, RtlNumber(i), cycle);
      numbers_[i].clear();
    }
    return true;
  }

  // What the models say of the cycles that the RTL has not come to.
  void Finish() {
    lanes_.clear();
    while (next_ < predictor_.cycles()) Cycle(next_);
  }

 private:
  [[nodiscard]] std::string RtlNumber(size_t i) const {
    std::string number;
    for (auto lane = lanes_[i].rbegin(); lane != lanes_[i].rend(); ++lane) {
      const uint64_t value = ReadBits(lane->data, lane->lsb, specs_[i].bits);
      number += BitsText(reinterpret_cast<const uint8_t*>(&value), specs_[i].bits);
    }
    return number;
  }

  const Config& config_;
  std::string layer_;
  VectorFiles& files_;
  WavePredictor predictor_;
  std::vector<StreamSpec> specs_;
  std::vector<std::vector<WaveLane>> lanes_;
  std::vector<std::string> numbers_;  // of this cycle
  std::vector<size_t> touched_;
  int64_t next_ = 0;
};

const std::string& LayerOf(const Program& program, const SystemPlace& place) {
  static const std::string kNone;
  if (place.layer >= 0) return program.layers[size_t(place.layer)].name;
  if (place.job < 0) return kNone;
  auto layer = program.layers.rbegin();
  while (layer->first_job > place.job) ++layer;
  return layer->name;
}

// The bits that matter; x the others.
std::string MaskedText(const SystemValue& value, int bits) {
  std::string text(size_t(bits), 'x');
  for (int b = 0; b < bits && size_t(b / 8) < value.bytes.size(); b++)
    if ((value.mask[size_t(b / 8)] >> (b % 8) & 1) != 0)
      text[size_t(bits - 1 - b)] = (value.bytes[size_t(b / 8)] >> (b % 8) & 1) != 0 ? '1' : '0';
  return text;
}

}  // namespace

VectorFiles::VectorFiles(const std::filesystem::path& folder, std::vector<VectorStream> streams, bool rtl)
    : folder_(folder), streams_(std::move(streams)) {
  const auto open = [&](const char* name, const char* source, std::vector<std::ofstream>* files) {
    std::error_code error;
    std::filesystem::create_directories(folder / name, error);
    for (const VectorStream& s : streams_) {
      std::ofstream& file = files->emplace_back(folder / name / s.file, std::ios::binary);
      if (!(file << HeadText(s, source)))
        throw Error("{}: cannot be written", (folder / name / s.file).string());
    }
  };
  open("golden", "as the models say", &golden_);
  if (rtl) open("rtl", "as the RTL had it", &rtl_);
}

void VectorFiles::AddGolden(size_t stream, const std::string& bits, int64_t cycle, const std::string& layer) {
  VectorStream& s = streams_[stream];
  golden_[stream] << HexText(bits) << (cycle >= 0 ? fmt::format("  // {}\n", cycle) : "\n");
  s.golden++;
  if (s.parts.empty() || s.parts.back().layer != layer) s.parts.push_back({layer, 0});
  s.parts.back().transfers++;
}

void VectorFiles::AddRtl(size_t stream, const std::string& bits, int64_t cycle) {
  rtl_[stream] << HexText(bits) << fmt::format("  // {}\n", cycle);
  streams_[stream].rtl++;
}

void VectorFiles::Close() {
  for (auto* files : {&golden_, &rtl_})
    for (std::ofstream& file : *files)
      if (!file.flush()) throw Error("{}: the vectors cannot be written", folder_.string());
}

VectorFiles DumpLayer(const ConvLayer& layer, const TensorI8& in, const Config& config, const Memory& memory,
                      bool rtl, const std::filesystem::path& folder) {
  const WaveCase c = PrepareWaves(layer, in, config, memory);
  VectorFiles files(folder, LayerVectorStreams(config), rtl);
  LayerVectors vectors(c, config, memory, &files);
  if (rtl) {
    HarnessOptions options;
    options.memory = memory;
    Harness harness(config, options, LoadRtlModel(config, true));
    try {
      harness.Run(c.jobs, c.layer, c.in, c.out, &vectors);
    } catch (const Error& e) {
      files.stopped = e.what();
    }
  }
  vectors.Finish();
  files.Close();
  return files;
}

std::vector<VectorStream> SystemVectorStreams(const Config& config) {
  using Kind = SystemStream::Kind;
  std::vector<VectorStream> streams;
  for (const SystemStream& s : SystemStreams(config)) {
    VectorStream stream{.name = s.name, .module = "rtl/system/" + s.module + ".sv", .file = FileName(s.name)};
    if (s.module == "conv_engine") stream.module = ModulePath(s.module);
    stream.when = s.kind == Kind::kHandshake ? "a number a handshake"
                  : s.kind == Kind::kPulse   ? "a number a cycle with valid"
                  : s.kind == Kind::kRise    ? "a number where valid rises"
                  : s.kind == Kind::kChange  ? "a number where it changes"
                                             : "a number a cycle in which it matters";
    int lsb = 0;
    for (const SystemField& f : s.fields) {
      const std::string module = f.module.empty() ? stream.module : "rtl/system/" + f.module + ".sv";
      stream.fields.push_back({f.signal.scope + "." + f.signal.name, module, lsb, f.bits * f.lanes, f.lanes,
                               f.lane_is, f.is_signed});
      lsb += f.bits * f.lanes;
    }
    if (s.fields.empty())  // it carries nothing but that it happens
      stream.fields.push_back({.signal = s.valid.scope + "." + s.valid.name, .module = stream.module});
    streams.push_back(std::move(stream));
  }
  return streams;
}

void DumpGolden(SystemPredictor* predictor, const Program& program, VectorFiles* files) {
  // In the order of time: what is read has been written before.
  std::vector<std::pair<int64_t, size_t>> order;
  for (size_t i = 0; i < files->streams().size(); i++)
    for (const int64_t time : predictor->Times(SystemStreamId(i))) order.emplace_back(time, i);
  std::ranges::stable_sort(order, {}, &std::pair<int64_t, size_t>::first);
  for (const auto& [time, i] : order) {
    const SystemTransfer transfer = predictor->Next(SystemStreamId(i));
    const std::vector<VectorField>& fields = files->streams()[i].fields;
    std::string bits;
    for (size_t f = 0; f < transfer.values.size(); f++)
      bits.insert(0, MaskedText(transfer.values[f], fields[f].bits));
    files->AddGolden(i, bits.empty() ? "1" : bits, time, LayerOf(program, transfer.place));
  }
}

std::string BitsText(const uint8_t* data, int bits) {
  std::string text(size_t(bits), '0');
  for (int b = 0; b < bits; b++)
    if ((data[b / 8] >> (b % 8) & 1) != 0) text[size_t(bits - 1 - b)] = '1';
  return text;
}

}  // namespace weft
