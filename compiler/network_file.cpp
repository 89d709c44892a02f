// SPDX-License-Identifier: Apache-2.0
#include "compiler/network_file.hpp"

#include <zlib.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "compiler/model_reader.hpp"
#include "compiler/onnx/onnx_reader.hpp"
#include "sw_model/error.hpp"

namespace weft {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kMagic = "WEFTNET\n";
constexpr uint64_t kVersion = 4;
// magic, version, checksum of all that follows it, bytes of the metadata, bytes of the model
constexpr size_t kVersionAt = 8, kChecksumAt = 12, kMetadataAt = 16, kModelAt = 24, kHeader = 32;
constexpr int kMostReadCycles = 64;
constexpr int64_t kMostBytes = int64_t{1} << 40;

std::string LittleEndian(uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; i++) text += char(value >> (8 * i) & 0xff);
  return text;
}

uint64_t NumberAt(std::string_view contents, size_t at, int bytes) {
  uint64_t value = 0;
  for (int i = 0; i < bytes; i++) value |= uint64_t{uint8_t(contents[at + size_t(i)])} << (8 * i);
  return value;
}

uint64_t Checksum(std::string_view bytes) {
  return crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
}

// ---- Writing

Json PlaceJson(const Place& place) {
  const Shape& s = place.shape;
  return {{"offset", place.offset}, {"row_pitch", place.row_pitch}, {"shape", {s.n, s.h, s.w, s.c}}};
}

Json SegmentJson(const Segment& segment, const SegmentProgram& p) {
  Json json = {{"first", segment.first}, {"count", segment.count}, {"on_host", segment.on_host()}};
  if (segment.on_host()) return json;
  json["window_bytes"] = p.program.window_bytes;
  json["image_bytes"] = p.program.image.size();
  json["list_bytes"] = p.program.list_bytes;
  for (size_t l = 0; l < p.layer_node.size(); l++) {
    const ProgramLayer& layer = p.program.layers[l];
    json["layers"].push_back({{"name", layer.name},
                              {"node", p.layer_node[l]},
                              {"bytes_read", layer.traffic.read},
                              {"bytes_written", layer.traffic.written}});
    if (p.layer_depthwise[l] >= 0) json["layers"].back()["depthwise"] = p.layer_depthwise[l];
  }
  for (const SegmentProgram::Input& in : p.inputs)
    json["inputs"].push_back({{"tensor", in.tensor},
                              {"layer", in.layer},
                              {"interleaved", in.interleaved},
                              {"place", PlaceJson(in.place)}});
  for (size_t t = 0; t < p.outputs.size(); t++)
    if (p.outputs[t]) json["outputs"].push_back({{"tensor", t}, {"place", PlaceJson(*p.outputs[t])}});
  return json;
}

// null: the rounding of the model's own framework.
Json RoundingJson(const ModelOptions& options) {
  return options.rounding ? Json(RoundingName(*options.rounding)) : Json(nullptr);
}

// ---- Reading

int64_t Number(const Json& json, const char* key, int64_t most) {
  const Json& value = json.at(key);
  if (!value.is_number_unsigned() || value.get<uint64_t>() > uint64_t(most))
    throw Error("its {} is not a number up to {}", key, most);
  return value.get<int64_t>();
}

// Reads the segments one after the other, as they run.
class SegmentReader {
 public:
  SegmentReader(const CompiledNetwork& network, std::string_view images)
      : network_(network), images_(images), available_(network.graph.tensors.size()) {
    available_[network.graph.input] = true;
  }

  SegmentProgram Read(const Json& json, const Segment& segment) {
    if (Number(json, "first", INT32_MAX) != segment.first ||
        Number(json, "count", INT32_MAX) != segment.count ||
        json.at("on_host").get<bool>() != segment.on_host())
      throw Error("this version of Weft divides the model between hardware and host in another way");
    SegmentProgram p;
    if (segment.on_host()) {
      RunOnHost(segment);
      return p;
    }
    Program& program = p.program;
    program.window_bytes = uint64_t(Number(json, "window_bytes", UINT32_MAX));
    const auto image_bytes = size_t(Number(json, "image_bytes", int64_t(program.window_bytes)));
    program.list_bytes = uint32_t(Number(json, "list_bytes", int64_t(image_bytes)));
    if (program.list_bytes < kHeaderWords * 4) throw Error("a list has no header");
    if (image_bytes > images_.size()) throw Error("an image is cut short");
    program.image.assign(images_.begin(), images_.begin() + std::ptrdiff_t(image_bytes));
    images_.remove_prefix(image_bytes);
    for (const Json& layer : json.at("layers")) {
      const auto node = [&](const char* key) {
        const int64_t number = Number(layer, key, segment.first + segment.count - 1);
        if (number < segment.first) throw Error("a layer is another segment's");
        return int(number);
      };
      p.layer_node.push_back(node("node"));
      p.layer_depthwise.push_back(layer.contains("depthwise") ? node("depthwise") : -1);
      program.layers.push_back(
          {layer.at("name").get<std::string>(),
           0,
           0,
           {Number(layer, "bytes_read", kMostBytes), Number(layer, "bytes_written", kMostBytes)}});
    }
    if (p.layer_node.empty()) throw Error("a segment has no layers");
    for (const Json& in : json.at("inputs")) p.inputs.push_back(ReadInput(in, segment, program.window_bytes));
    p.outputs.resize(available_.size());
    for (const Json& out : json.at("outputs")) {
      const size_t tensor = Tensor(out);
      p.outputs[tensor] = ReadPlace(out.at("place"), ShapeOf(tensor), program.window_bytes);
      available_[tensor] = true;
    }
    return p;
  }

  void Finish() const {
    for (const Port& port : network_.graph.outputs) Require(port.tensor);
    if (!images_.empty()) throw Error("there are bytes behind the last image");
  }

 private:
  [[nodiscard]] size_t Tensor(const Json& json) const {
    return size_t(Number(json, "tensor", int64_t(available_.size()) - 1));
  }
  [[nodiscard]] Shape ShapeOf(size_t tensor) const {
    Shape shape = network_.graph.tensors[tensor].shape;
    shape.n = network_.batch;
    return shape;
  }
  void Require(int tensor) const {
    if (!available_[tensor]) throw Error("nothing computes '{}'", network_.graph.tensors[tensor].name);
  }

  void RunOnHost(const Segment& segment) {
    for (int n = segment.first; n < segment.first + segment.count; n++) {
      const Node& node = network_.graph.nodes[n];
      for (const int in : node.inputs) Require(in);
      available_[node.output] = true;
    }
  }

  SegmentProgram::Input ReadInput(const Json& json, const Segment& segment, uint64_t window) const {
    SegmentProgram::Input in{int(Tensor(json)), {}, json.at("interleaved").get<bool>(), 0};
    in.layer = int(Number(json, "layer", int64_t(segment.layers.size()) - 1));
    const LoweredLayer& layer = segment.layers[in.layer];
    const bool is_residual = !in.interleaved && layer.add && layer.add->residual == in.tensor;
    if (layer.in != in.tensor && !is_residual) throw Error("an input is another layer's");
    Require(in.tensor);
    const Shape shape = ShapeOf(size_t(in.tensor));
    in.place =
        ReadPlace(json.at("place"), in.interleaved ? InterleavedShape(layer.conv, shape) : shape, window);
    return in;
  }

  static Place ReadPlace(const Json& json, const Shape& shape, uint64_t window) {
    const Place place{shape, uint32_t(Number(json, "offset", UINT32_MAX)),
                      uint32_t(Number(json, "row_pitch", UINT32_MAX))};
    const uint64_t rows = uint64_t(shape.n) * uint64_t(shape.h);
    if (json.at("shape") != Json({shape.n, shape.h, shape.w, shape.c}) ||
        place.row_pitch < uint64_t(shape.w) * uint64_t(shape.c) ||
        place.offset + rows * place.row_pitch > window)
      throw Error("a tensor does not fit its place");
    return place;
  }

  const CompiledNetwork& network_;
  std::string_view images_;
  std::vector<bool> available_;  // of the graph's tensors: the host has it
};

ModelOptions ReadOptions(const Json& rounding) {
  if (rounding.is_null()) return {};
  const auto name = rounding.get<std::string>();
  const std::optional<Rounding> known = RoundingOfName(name);
  if (!known) throw Error("its rounding is '{}', which this version of Weft does not know", name);
  return {.rounding = known};
}

CompiledNetwork ParseChecked(std::string_view contents) {
  const std::string_view body = contents.substr(kHeader);
  const uint64_t metadata = NumberAt(contents, kMetadataAt, 8), model = NumberAt(contents, kModelAt, 8);
  if (metadata > body.size() || model > body.size() - metadata) throw Error("it is cut short");
  const Json json = Json::parse(body.substr(0, metadata));
  CompiledNetwork network;
  network.config =
      Config::FromKey(json.at("config").get<std::string>(), json.at("config_key").get<std::string>());
  network.batch = int(Number(json, "batch", kMostImages));
  if (network.batch < 1) throw Error("its batch is 0");
  if (json.contains("read_cycles")) network.read_cycles = int(Number(json, "read_cycles", kMostReadCycles));
  if (network.read_cycles < 1) throw Error("its read_cycles are 0");
  network.model = body.substr(metadata, model);
  network.model_options = ReadOptions(json.at("rounding"));
  network.graph = ParseModel(network.model, network.model_options);
  network.segments = Lower(network.graph, network.config.residual_add != 0);
  if (json.at("segments").size() != network.segments.size())
    throw Error("this version of Weft divides the model between hardware and host in another way");
  SegmentReader reader(network, body.substr(metadata + model));
  for (size_t s = 0; s < network.segments.size(); s++)
    network.programs.push_back(reader.Read(json.at("segments").at(s), network.segments[s]));
  reader.Finish();
  return network;
}

}  // namespace

CompiledNetwork CompileNetwork(Graph graph, int batch, const Config& config, const CompileOptions& options) {
  CompiledNetwork network{
      .config = config, .batch = batch, .read_cycles = options.read_cycles, .graph = std::move(graph)};
  network.segments = Lower(network.graph, network.config.residual_add != 0);
  for (const Segment& segment : network.segments)
    network.programs.push_back(segment.on_host()
                                   ? SegmentProgram{}
                                   : CompileSegment(network.graph, segment, batch, config, options));
  return network;
}

CompiledNetwork CompileModel(std::string model, int batch, const Config& config, ModelOptions options,
                             int read_cycles) {
  model = WithOptionalSize(std::move(model), &options);
  CompiledNetwork network =
      CompileNetwork(ParseModel(model, options), batch, config, {.read_cycles = read_cycles});
  network.model = std::move(model);
  network.model_options = options;
  return network;
}

bool IsNetworkFile(std::string_view contents) { return contents.starts_with(kMagic); }

std::string NetworkFile(const CompiledNetwork& network) {
  Json json = {{"config", network.config.name},
               {"config_key", network.config.Key()},
               {"batch", network.batch},
               {"read_cycles", network.read_cycles},
               {"rounding", RoundingJson(network.model_options)},
               {"segments", Json::array()}};
  for (size_t s = 0; s < network.segments.size(); s++)
    json["segments"].push_back(SegmentJson(network.segments[s], network.programs[s]));
  const std::string metadata = json.dump(1, ' ', false, Json::error_handler_t::replace);
  std::string body = LittleEndian(metadata.size(), 8) + LittleEndian(network.model.size(), 8);
  body += metadata;
  body += network.model;
  for (const SegmentProgram& p : network.programs)
    body.append(p.program.image.begin(), p.program.image.end());
  return std::string(kMagic) + LittleEndian(kVersion, 4) + LittleEndian(Checksum(body), 4) + body;
}

CompiledNetwork ParseNetworkFile(std::string_view contents) {
  if (!IsNetworkFile(contents)) throw Error("not a compiled network, or damaged");
  if (contents.size() < kHeader) throw Error("damaged or cut short: compile the network anew");
  if (NumberAt(contents, kVersionAt, 4) != kVersion)
    throw Error("version {} of the format, this Weft reads version {}: compile the network anew",
                NumberAt(contents, kVersionAt, 4), kVersion);
  if (NumberAt(contents, kChecksumAt, 4) != Checksum(contents.substr(kMetadataAt)))
    throw Error("damaged or cut short (its checksum is wrong): compile the network anew");
  try {
    return ParseChecked(contents);
  } catch (const Error& error) {
    throw Error("{}: compile the network anew", error.what());
  } catch (const nlohmann::json::exception& error) {
    throw Error("its metadata is damaged ({}): compile the network anew", error.what());
  }
}

std::optional<CompiledNetwork> ReadNetworkFile(const std::string& path) {
  const std::string contents = ReadModelFile(path);
  if (!IsNetworkFile(contents) && !path.ends_with(".weft")) return std::nullopt;
  try {
    return ParseNetworkFile(contents);
  } catch (const Error& error) {
    throw Error("{}: {}", path, error.what());
  }
}

void AddJobs(CompiledNetwork* network) {
  CompiledNetwork anew =
      CompileNetwork(network->graph, network->batch, network->config, {.read_cycles = network->read_cycles});
  for (size_t s = 0; s < anew.programs.size(); s++)
    if (anew.programs[s].program.image != network->programs[s].program.image)
      throw Error(
          "another version of Weft has compiled the network, so its cycles cannot be predicted: compile it "
          "anew, or run it without --check");
  network->programs = std::move(anew.programs);
}

}  // namespace weft
