// SPDX-License-Identifier: Apache-2.0
// weft export: a compiled network as files for a test bench or a driver: program, inputs, the golden model's
// outputs, and what a start writes to which register.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "compiler/job.hpp"
#include "compiler/network_file.hpp"
#include "driver/weft.h"
#include "sim/backends/backend.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/export_files.hpp"
#include "sim/cli/io.hpp"
#include "sim/cli/options.hpp"
#include "sim/cli/report.hpp"
#include "sw_model/error.hpp"

namespace weft::cli {
namespace {

constexpr uint64_t kMostBase = UINT64_MAX - UINT32_MAX - WEFT_ALIGN;

struct Options {
  std::string network, format = "hex", output;
  InputFlags input;
  uint64_t base = 0x80000000;
  uint32_t watchdog = 1'000'000;
};

// What the driver writes to start a program, asked of the driver itself.
std::vector<RegisterWrite> WritesOfStart(const Program& program, const Options& options) {
  std::vector<RegisterWrite> writes;
  const weft_bus bus = {.context = &writes,
                        .read =
                            [](void*, uint32_t offset) {
                              return offset == WEFT_ID ? WEFT_ID_VALUE
                                     : offset == WEFT_CONFIG1
                                         ? 64U << WEFT_CONFIG1_ADDR_BITS_SHIFT  // any address
                                         : 0;
                            },
                        .write =
                            [](void* context, uint32_t offset, uint32_t value) {
                              static_cast<std::vector<RegisterWrite>*>(context)->push_back({offset, value});
                            },
                        .wait = nullptr};
  const weft_run run = {options.base, program.window_bytes, program.list_bytes, options.watchdog};
  const int code = weft_start(&bus, &run);
  if (code != WEFT_OK) throw Error("the driver does not start this: {}", weft_code_name(code));
  return writes;
}

class Exporter {
 public:
  Exporter(const CompiledNetwork& network, const Options& options)
      : network_(network), options_(options), tensors_(network.graph.tensors.size()) {
    if (std::all_of(network.segments.begin(), network.segments.end(),
                    [](const Segment& s) { return s.on_host(); }))
      throw Error("{}: nothing of it runs on the hardware", options.network);
    if (options.input.files.empty()) return;
    TensorI8 images = LoadInputs(options.input, network.graph, network.batch);
    if (images.shape.n != network.batch)
      throw Error("{}: it takes {} images at once, --input has {}", options.network, network.batch,
                  images.shape.n);
    tensors_[size_t(network.graph.input)] = std::move(images);
  }

  Json Write() {
    ExportWriter writer(options_.output, options_.format, network_.config.bus_bytes);
    Json starts = Json::array();
    for (size_t s = 0; s < network_.segments.size(); s++) {
      const Segment& segment = network_.segments[s];
      const ExportedStart start = segment.on_host() ? ExportedStart{} : Start(segment, network_.programs[s]);
      if (segment.on_host()) starts.push_back(HostJson(segment));
      else starts.push_back(StartJson(start, &writer));
      if (!segment.on_host()) header_ += HeaderOf(start);
    }
    const Json manifest = Manifest(std::move(starts));
    writer.Text("network.json", manifest.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
    writer.Text("network.h", Header(writer.arrays()));
    writer.Finish();
    return manifest;
  }

 private:
  [[nodiscard]] bool has_data() const { return !options_.input.files.empty(); }

  // Runs the segment on the golden model.
  void Run(const Segment& segment) {
    NetworkResult scores;
    for (int n = segment.first; has_data() && n < segment.first + segment.count; n++) {
      const Node& node = network_.graph.nodes[size_t(n)];
      tensors_[size_t(node.output)] = RunOnHost(network_.graph, node, tensors_, &scores);
    }
  }

  ExportedTensor Tensor(const std::string& label, int tensor, const Place& place) {
    const TensorInfo& info = network_.graph.tensors[size_t(tensor)];
    return {info.name, label, place, tensors_[size_t(tensor)], info.scale, info.zero_point};
  }

  ExportedStart Start(const Segment& segment, const SegmentProgram& p) {
    ExportedStart start{
        fmt::format("start{}", started_++), &p.program, WritesOfStart(p.program, options_), {}};
    for (size_t i = 0; i < p.inputs.size(); i++) {
      const SegmentProgram::Input& in = p.inputs[i];
      ExportedTensor tensor = Tensor(fmt::format("input{}", i), in.tensor, in.place);
      tensor.interleaved = in.interleaved;
      if (in.interleaved && has_data())
        tensor.data = InterleaveInput(segment.layers[size_t(in.layer)].conv, tensor.data);
      start.tensors.push_back(std::move(tensor));
    }
    Run(segment);
    int outputs = 0;
    for (size_t t = 0; t < p.outputs.size(); t++) {
      if (!p.outputs[t]) continue;
      start.tensors.push_back(Tensor(fmt::format("output{}", outputs++), int(t), *p.outputs[t]));
      start.tensors.back().is_output = true;
    }
    return start;
  }

  // ---- The manifest

  Json HostJson(const Segment& segment) {
    Run(segment);
    Json names = Json::array();
    for (int n = segment.first; n < segment.first + segment.count; n++)
      names.push_back(network_.graph.nodes[size_t(n)].name);
    return {{"on_host", true}, {"operators", names}};
  }

  Json TensorJson(const ExportedStart& start, const ExportedTensor& tensor, ExportWriter* writer) const {
    const Place& place = tensor.place;
    const Shape& s = place.shape;
    Json json = {{"name", tensor.name},
                 {"shape", {s.n, s.h, s.w, s.c}},
                 {"offset", place.offset},
                 {"row_pitch", place.row_pitch},
                 {"window_bytes", place.bytes()},
                 {"scale", tensor.scale},
                 {"zero_point", tensor.zero_point}};
    if (!tensor.is_output) json["interleaved"] = tensor.interleaved;
    json["file"] = has_data() ? Json(writer->Tensor(start, tensor)) : Json();
    return json;
  }

  Json StartJson(const ExportedStart& start, ExportWriter* writer) const {
    const Program& program = *start.program;
    Json json = {
        {"on_host", false},
        {"window_bytes", program.window_bytes},
        {"program", {{"file", writer->Program(start)}, {"offset", 0}, {"bytes", program.image.size()}}},
        {"list_bytes", program.list_bytes},
        {"registers", Json::array()},
        {"inputs", Json::array()},
        {"outputs", Json::array()}};
    for (const RegisterWrite& write : start.writes)
      json["registers"].push_back(
          {{"name", RegisterName(write.offset)}, {"offset", write.offset}, {"value", write.value}});
    if (writer->is_hex()) json["registers_file"] = writer->Registers(start);
    for (const ExportedTensor& tensor : start.tensors)
      json[tensor.is_output ? "outputs" : "inputs"].push_back(TensorJson(start, tensor, writer));
    return json;
  }

  Json Manifest(Json starts) const {
    const Config& c = network_.config;
    Json parameters;
    for (const ConfigField& field : kConfigFields) parameters[field.parameter] = c.*field.value;
    return {{"network", options_.network},
            {"format", options_.format},
            {"batch", network_.batch},
            {"config", c.name},
            {"parameters", std::move(parameters)},
            {"window_base", options_.base},
            {"starts", std::move(starts)}};
  }

  // ---- The C header

  static std::string Comment(const std::string& name) {
    std::string text = Json(name).dump(-1, ' ', true, Json::error_handler_t::replace);
    for (size_t at = 0; (at = text.find("*/", at)) != std::string::npos;) text.replace(at, 2, "* ");
    return text;
  }

  static std::string HeaderOf(const ExportedStart& start) {
    std::string prefix = "WEFT_NET_" + start.label + "_";
    std::transform(prefix.begin(), prefix.end(), prefix.begin(),
                   [](char c) { return char(std::toupper(c)); });
    std::string text = fmt::format(
        "\n/* {}: its program goes to the window's begin. */\n#define {}WINDOW_BYTES {}u\n"
        "#define {}PROGRAM_BYTES {}u\n#define {}LIST_BYTES {}u\n",
        start.label, prefix, start.program->window_bytes, prefix, start.program->image.size(), prefix,
        start.program->list_bytes);
    for (const ExportedTensor& tensor : start.tensors) {
      std::string name = prefix + tensor.label;
      std::transform(name.begin(), name.end(), name.begin(), [](char c) { return char(std::toupper(c)); });
      const Place& place = tensor.place;
      const Shape& s = place.shape;
      text += fmt::format("/* {}{} */\n", Comment(tensor.name), tensor.interleaved ? ", interleaved" : "");
      text += fmt::format("#define {}_PLACE {{{}u, {}u, {}u, {}u, {}u, {}u}}\n", name, place.offset,
                          place.row_pitch, s.n, s.h, s.w, s.c);
      text += fmt::format("#define {}_BYTES {}u\n", name, s.size());
      text += fmt::format("#define {}_SCALE {:.9e}f\n#define {}_ZERO_POINT ({})\n", name, tensor.scale, name,
                          tensor.zero_point);
    }
    return text;
  }

  [[nodiscard]] std::string Header(const std::vector<std::string>& arrays) const {
    std::string text = fmt::format(
        "/* Written by weft export from {}, compiled for {} image(s) at once on {}.\n"
        " * PLACE is a weft_place of driver/weft.h, BYTES of the tensor without gaps; real = SCALE * (q - "
        "ZERO_POINT). */\n"
        "#ifndef WEFT_NET_H\n#define WEFT_NET_H\n\n#include <stdint.h>\n\n"
        "/* These registers of the hardware have to hold these values, CONFIG1 without ADDR_BITS. */\n"
        "#define WEFT_NET_LIST_VERSION {:#x}u\n#define WEFT_NET_CONFIG0 {:#010x}u\n"
        "#define WEFT_NET_CONFIG1 {:#010x}u\n\n#define WEFT_NET_STARTS {}\n",
        Comment(options_.network), network_.batch, Comment(network_.config.name), WEFT_LIST_VERSION_VALUE,
        network_.config.Register0(), network_.config.Register1(), started_);
    text += header_;
    for (const std::string& array : arrays) text += (&array == &arrays.front() ? "\n" : "") + array + "\n";
    return text + "\n#endif\n";
  }

  const CompiledNetwork& network_;
  const Options& options_;
  std::vector<TensorI8> tensors_;  // of the graph
  int started_ = 0;
  std::string header_;
};

void Export(const Options& options) {
  if (options.base % WEFT_ALIGN != 0 || options.base > kMostBase)
    throw Error("--base {:#x}: a window begins at a multiple of {}, and its last byte has an address",
                options.base, WEFT_ALIGN);
  const std::optional<CompiledNetwork> network = ReadNetworkFile(options.network);
  if (!network)
    throw Error("{}: it is a model: weft compile makes a .weft file of it, for a configuration",
                options.network);
  const Json manifest = Exporter(*network, options).Write();
  for (const Json& start : manifest.at("starts")) {
    if (start.at("on_host").get<bool>()) fmt::print("host: {} operator(s)\n", start.at("operators").size());
    else
      fmt::print("one start: program of {} bytes, {} input(s), {} output(s), window of {} bytes\n",
                 start.at("program").at("bytes").get<int64_t>(), start.at("inputs").size(),
                 start.at("outputs").size(), start.at("window_bytes").get<int64_t>());
  }
  fmt::print("{}/network.json says what lies where{}\n", options.output,
             options.input.files.empty() ? "; without --input there are no tensors" : "");
}

}  // namespace

void AddExportCommand(CLI::App* app, int* status) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app->add_subcommand("export", "Write a compiled network for a test bench or a driver");
  command->add_option("NETWORK", options->network, "compiled network (.weft)")->required();
  command->add_option("-o,--output", options->output, "the folder to write")->required();
  command->add_option("--format", options->format, "hex, mem, bin, c or npy")
      ->capture_default_str()
      ->check(CLI::IsMember(std::vector<std::string>(kExportFormats.begin(), kExportFormats.end())));
  AddInputFlags(command, &options->input);
  command->add_option("--base", options->base, "address of the memory window")->capture_default_str();
  command->add_option("--watchdog", options->watchdog, "cycles without progress that end a start; 0: never")
      ->capture_default_str();
  command->callback([options, status] {
    Export(*options);
    *status = 0;
  });
}

}  // namespace weft::cli
