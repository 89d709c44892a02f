// SPDX-License-Identifier: Apache-2.0
#include "sim/cli/outputs.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "sw_model/error.hpp"

namespace weft {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kNamePattern = "{name}";

// An axis of a tensor: its size, and how far apart its elements are in NHWC.
struct Axis {
  int64_t size = 1;
  size_t pitch = 0;
};

// The file's axes, slowest first. Images come first where the file has no axis for them.
std::vector<Axis> AxesOf(const Shape& shape, const TensorInfo& info) {
  const size_t c = size_t(shape.c), w = size_t(shape.w), h = size_t(shape.h);
  const std::map<char, Axis> all = {
      {'N', {shape.n, h * w * c}}, {'H', {shape.h, w * c}}, {'W', {shape.w, c}}, {'C', {shape.c, 1}}};
  std::vector<Axis> axes;
  if (info.axes.find('N') == std::string::npos && (shape.n != 1 || info.is_flat)) axes.push_back(all.at('N'));
  for (const char name : info.axes) axes.push_back(all.at(name));
  return axes;
}

template <typename T, typename Value>
std::vector<uint8_t> Gathered(std::vector<Axis> axes, Value value) {
  axes.insert(axes.begin(), 4 - std::min<size_t>(axes.size(), 4), Axis{});
  size_t count = 1;
  for (const Axis& axis : axes) count *= size_t(axis.size);
  std::vector<uint8_t> bytes(count * sizeof(T));
  uint8_t* to = bytes.data();
  const auto [a, b, c, d] = std::array{axes[0], axes[1], axes[2], axes[3]};
  for (int64_t i = 0; i < a.size; i++)
    for (int64_t j = 0; j < b.size; j++)
      for (int64_t k = 0; k < c.size; k++) {
        const size_t first = size_t(i) * a.pitch + size_t(j) * b.pitch + size_t(k) * c.pitch;
        for (int64_t l = 0; l < d.size; l++, to += sizeof(T)) {
          const T v = value(first + size_t(l) * d.pitch);
          std::memcpy(to, &v, sizeof(T));
        }
      }
  return bytes;
}

std::vector<int64_t> ArrayShape(const std::vector<Axis>& axes, const TensorInfo& info) {
  std::vector<int64_t> shape;
  for (const Axis& axis : axes) shape.push_back(axis.size);
  if (!info.is_flat) return shape;
  int64_t features = 1;
  for (size_t i = 1; i < shape.size(); i++) features *= shape[i];
  return {shape.at(0), features};
}

std::vector<int64_t> ArrayShape(const TensorInfo& info, int images) {
  Shape shape = info.shape;
  shape.n = images;
  return ArrayShape(AxesOf(shape, info), info);
}

const std::vector<float>* RealsOf(const NetworkResult& result, int tensor) {
  const auto found = result.reals.find(tensor);
  return found == result.reals.end() ? nullptr : &found->second;
}

// Batches follow each other only where the images are the slowest axis.
void CheckImagesComeFirst(const TensorInfo& info) {
  if (info.axes.find('N') != std::string::npos && info.axes.find('N') != 0)
    throw Error(
        "tensor '{}': the images are not its first axis ({}), so only one batch can be written: use "
        "--batch or --limit",
        info.name, info.axes);
}

void CheckFolder(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::error_code failed;
  if (!folder.empty() && !std::filesystem::is_directory(folder, failed))
    throw Error("{}: cannot be written: there is no folder {}", path, folder.string());
}

}  // namespace

NpyArray ToArray(const TensorI8& tensor, const TensorInfo& info, ElementType type,
                 const std::vector<float>* reals) {
  const std::vector<Axis> axes = AxesOf(tensor.shape, info);
  NpyArray array{.dtype = "", .shape = ArrayShape(axes, info), .bytes = {}};
  const int8_t* const q = tensor.data.data();
  switch (type) {
    case ElementType::kInt8:
      array.dtype = "|i1";
      array.bytes = Gathered<int8_t>(axes, [q](size_t i) { return q[i]; });
      break;
    case ElementType::kUint8:
      array.dtype = "|u1";
      array.bytes = Gathered<uint8_t>(axes, [q](size_t i) { return uint8_t(q[i] + 128); });
      break;
    case ElementType::kFloat32:
      array.dtype = "<f4";
      array.bytes = Gathered<float>(axes, [&](size_t i) {
        return info.is_real && reals != nullptr ? (*reals)[i] : info.scale * float(q[i] - info.zero_point);
      });
      break;
  }
  if (array.bytes.size() < tensor.data.size())
    throw Error("tensor '{}': its axes {} do not hold {} values", info.name, info.axes, tensor.data.size());
  return array;
}

void AddBatch(const Graph& graph, const NetworkResult& batch, int tensor, ElementType type, int images,
              NpyArray* all) {
  const TensorInfo& info = graph.tensors[size_t(tensor)];
  NpyArray more = ToArray(batch.tensors[size_t(tensor)], info, type, RealsOf(batch, tensor));
  all->dtype = more.dtype;
  if (!all->bytes.empty()) CheckImagesComeFirst(info);
  all->bytes.insert(all->bytes.end(), more.bytes.begin(), more.bytes.end());
  all->shape = ArrayShape(info, images);
}

std::vector<std::string> FileNames(const std::vector<std::string>& names) {
  constexpr size_t kMost = 255 - 16;  // what most file systems hold, without the ending
  std::vector<std::string> files;
  std::set<std::string> taken;
  for (const std::string& name : names) {
    std::string file;
    for (const char c : name)
      file +=
          uint8_t(c) < 0x20 || c == 0x7f || std::string_view("/\\:*?\"<>|%").find(c) != std::string_view::npos
              ? fmt::format("%{:02X}", uint8_t(c))
              : std::string(1, c);
    if (file.size() > kMost) {
      const auto checksum = uint32_t(crc32_z(0, reinterpret_cast<const Bytef*>(name.data()), name.size()));
      size_t size = kMost - 9;
      while (size > 0 && (uint8_t(file[size]) & 0xC0) == 0x80) size--;  // whole characters of UTF-8
      file = fmt::format("{}~{:08x}", file.substr(0, size), checksum);
    }
    std::string unique = file;
    for (int number = 2; !taken.insert(unique).second; number++) unique = fmt::format("{}~{}", file, number);
    files.push_back(unique);
  }
  return files;
}

std::string PortName(const Graph& graph, const Port& port) {
  return port.name.empty() ? graph.tensors[size_t(port.tensor)].name : port.name;
}

const char* TypeName(ElementType type) {
  constexpr std::array kNames = {"float32", "int8", "uint8"};
  return kNames[size_t(type)];
}

ElementType TypeOf(const TensorInfo& info) {
  if (info.is_real) return ElementType::kFloat32;
  return info.is_unsigned ? ElementType::kUint8 : ElementType::kInt8;
}

int FileZeroPoint(const TensorInfo& info) { return info.zero_point + (info.is_unsigned ? 128 : 0); }

const char* OriginName(Origin origin) {
  constexpr std::array kNames = {"", "input", "golden", "host", "rtl", "board"};
  return kNames[size_t(origin)];
}

// ---- --output

Outputs::Outputs(const Graph& graph, std::string path, bool keep)
    : graph_(graph), path_(std::move(path)), keep_(keep || !path_.empty()) {
  for (const Port& port : graph.outputs) names_.push_back(PortName(graph, port));
  arrays_.resize(names_.size());
  if (path_.empty()) return;
  const bool npz = path_.ends_with(".npz");
  if (!npz && !path_.ends_with(".npy"))
    throw Error("--output {}: give a name that ends in .npy, or in .npz", path_);
  if (!npz && names_.size() > 1 && path_.find(kNamePattern) == std::string::npos)
    throw Error(
        "--output {}: the model has {} outputs: give a name that ends in .npz, or one with {{name}} "
        "in it, as in out-{{name}}.npy",
        path_, names_.size());
  CheckFolder(FileOf(0));
}

std::string Outputs::FileOf(size_t output) const {
  const size_t at = path_.find(kNamePattern);
  if (at == std::string::npos) return path_;
  return path_.substr(0, at) + FileNames(names_)[output] + path_.substr(at + kNamePattern.size());
}

void Outputs::Add(const NetworkResult& batch) {
  if (!keep_) return;
  images_ += batch.output.shape.n;
  for (size_t i = 0; i < arrays_.size(); i++)
    AddBatch(graph_, batch, graph_.outputs[i].tensor, graph_.outputs[i].type, images_, &arrays_[i]);
}

void Outputs::Write() const {
  if (path_.empty()) return;
  if (path_.ends_with(".npz")) {
    std::vector<std::pair<std::string, NpyArray>> arrays;
    for (size_t i = 0; i < arrays_.size(); i++) arrays.emplace_back(names_[i], arrays_[i]);
    SaveNpz(path_, arrays);
    return;
  }
  for (size_t i = 0; i < arrays_.size(); i++) SaveNpy(FileOf(i), arrays_[i]);
}

std::vector<Outputs::Entry> Outputs::Entries(int images) const {
  std::vector<Entry> entries;
  for (size_t i = 0; i < names_.size(); i++) {
    const Port& port = graph_.outputs[i];
    entries.push_back({names_[i], path_.empty() ? "" : FileOf(i),
                       ArrayShape(graph_.tensors[size_t(port.tensor)], images), port.type});
  }
  return entries;
}

// ---- --dump

Dump::Dump(const Graph& graph, std::filesystem::path folder, int images)
    : graph_(graph),
      folder_(std::move(folder)),
      images_(images),
      shapes_(graph.tensors.size()),
      origins_(graph.tensors.size()) {
  std::error_code failed;
  std::filesystem::create_directories(folder_, failed);
  if (failed) throw Error("{}: the folder cannot be made: {}", folder_.string(), failed.message());
  std::vector<std::string> names;
  for (const TensorInfo& info : graph.tensors) names.push_back(info.name.empty() ? "tensor" : info.name);
  for (const std::string& name : FileNames(names)) files_.push_back(name + ".npy");
}

void Dump::Add(const NetworkResult& batch) {
  for (size_t t = 0; t < files_.size(); t++) {
    if (batch.tensors[t].data.empty()) continue;
    const TensorInfo& info = graph_.tensors[t];
    if (batches_ > 0) CheckImagesComeFirst(info);
    NpyArray array = ToArray(batch.tensors[t], info, TypeOf(info), RealsOf(batch, int(t)));
    array.shape = shapes_[t] = ArrayShape(info, images_);
    origins_[t] = batch.origins[t];
    std::ofstream file(folder_ / files_[t],
                       batches_ == 0 ? std::ios::binary : std::ios::binary | std::ios::app);
    if (batches_ == 0) file << NpyHeader(array);
    file.write(reinterpret_cast<const char*>(array.bytes.data()), std::streamsize(array.bytes.size()));
    if (!file.flush()) throw Error("{}: cannot be written", (folder_ / files_[t]).string());
  }
  batches_++;
}

void Dump::WriteManifest() const {
  Json json = {{"images", images_}, {"tensors", Json::array()}};
  for (size_t t = 0; t < files_.size(); t++) {
    const TensorInfo& info = graph_.tensors[t];
    const bool written = !shapes_[t].empty();
    Json entry = {{"name", info.name},
                  {"file", written ? Json(files_[t]) : Json(nullptr)},
                  {"shape", ArrayShape(info, images_)},
                  {"axes", info.axes},
                  {"flat", info.is_flat},
                  {"type", TypeName(TypeOf(info))}};
    if (!info.is_real) {
      entry["scale"] = info.scale;
      entry["zero_point"] = FileZeroPoint(info);
    }
    entry["source"] = written ? Json(OriginName(origins_[t])) : Json(nullptr);
    json["tensors"].push_back(std::move(entry));
  }
  WriteBytes(folder_ / "tensors.json", json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

int Dump::count() const {
  return int(std::ranges::count_if(shapes_, [](const auto& shape) { return !shape.empty(); }));
}

int Dump::inside() const {
  return std::ranges::count(origins_, Origin::kRtl) == 0 ? 0
                                                         : int(std::ranges::count(origins_, Origin::kGolden));
}

}  // namespace weft
