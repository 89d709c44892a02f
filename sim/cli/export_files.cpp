// SPDX-License-Identifier: Apache-2.0
#include "sim/cli/export_files.hpp"

#include <fmt/format.h>

#include <fstream>
#include <utility>

#include "driver/weft.h"
#include "sim/cli/io.hpp"
#include "sw_model/error.hpp"

namespace weft::cli {
namespace {

constexpr int kUnknown = -1;
constexpr size_t kArrayColumns = 20;

// The tensor with the bytes between its rows.
std::vector<int> BytesInWindow(const ExportedTensor& tensor) {
  const Place& place = tensor.place;
  const Shape& s = place.shape;
  const size_t row_bytes = size_t(s.w) * size_t(s.c), rows = size_t(s.n) * size_t(s.h);
  std::vector<int> bytes(place.bytes(), tensor.is_output ? kUnknown : 0);
  for (size_t row = 0; row < rows; row++)
    for (size_t i = 0; i < row_bytes; i++)
      bytes[row * place.row_pitch + i] = uint8_t(tensor.data.data[row * row_bytes + i]);
  return bytes;
}

}  // namespace

std::string RegisterName(uint32_t offset) {
  switch (offset) {
    case WEFT_WINDOW_BASE_LO:
      return "WINDOW_BASE_LO";
    case WEFT_WINDOW_BASE_HI:
      return "WINDOW_BASE_HI";
    case WEFT_WINDOW_SIZE_LO:
      return "WINDOW_SIZE_LO";
    case WEFT_WINDOW_SIZE_HI:
      return "WINDOW_SIZE_HI";
    case WEFT_LIST_ADDR_LO:
      return "LIST_ADDR_LO";
    case WEFT_LIST_ADDR_HI:
      return "LIST_ADDR_HI";
    case WEFT_LIST_BYTES:
      return "LIST_BYTES";
    case WEFT_WATCHDOG:
      return "WATCHDOG";
    case WEFT_IRQ_STATUS:
      return "IRQ_STATUS";
    case WEFT_IRQ_ENABLE:
      return "IRQ_ENABLE";
    case WEFT_CONTROL:
      return "CONTROL";
    default:
      throw Error("the driver writes a register at {:#x} that has no name here", offset);
  }
}

ExportWriter::ExportWriter(std::filesystem::path folder, std::string format, int bus_bytes)
    : folder_(std::move(folder)), format_(std::move(format)), bus_bytes_(size_t(bus_bytes)) {
  std::error_code failed;
  std::filesystem::create_directories(folder_, failed);
  if (!std::filesystem::is_directory(folder_))
    throw Error("{}: this folder cannot be made", folder_.string());
}

std::string ExportWriter::Program(const ExportedStart& start) {
  const std::vector<uint8_t>& image = start.program->image;
  const std::string name = start.label + "_program";
  if (is_hex()) return Words(name, {image.begin(), image.end()}, 0);
  if (format_ == "c") return Array(name, "uint8_t", image);
  if (format_ == "npy") {
    SaveNpy(folder_ / (name + ".npy"), NpyArray{"|u1", {int64_t(image.size())}, image});
    return name + ".npy";
  }
  Text(name + ".bin", {image.begin(), image.end()});
  return name + ".bin";
}

std::string ExportWriter::Tensor(const ExportedStart& start, const ExportedTensor& tensor) {
  const std::string name = start.label + "_" + tensor.label;
  const std::vector<int8_t>& data = tensor.data.data;
  if (is_hex()) return Words(name, BytesInWindow(tensor), tensor.place.offset);
  if (format_ == "c") return Array(name, "int8_t", {data.begin(), data.end()});
  if (format_ == "npy") {
    const Shape& s = tensor.place.shape;
    SaveNpy(folder_ / (name + ".npy"), NpyArray{"|i1", {s.n, s.h, s.w, s.c}, {data.begin(), data.end()}});
    return name + ".npy";
  }
  Text(name + ".bin", {data.begin(), data.end()});
  return name + ".bin";
}

std::string ExportWriter::Registers(const ExportedStart& start) {
  std::string text = format_ == "mem" ? "@0\n" : "";
  for (const RegisterWrite& write : start.writes)
    text += fmt::format("{:03x}{:08x}  // {}\n", write.offset, write.value, RegisterName(write.offset));
  const std::string file = fmt::format("{}_registers.{}", start.label, format_);
  Text(file, text);
  return file;
}

std::string ExportWriter::Words(const std::string& name, const std::vector<int>& bytes, uint32_t offset) {
  std::string text;
  if (format_ == "mem") text += fmt::format("@{:x}\n", offset / bus_bytes_);
  for (size_t word = 0; word < bytes.size(); word += bus_bytes_) {
    for (size_t i = bus_bytes_; i-- > 0;) {
      const int byte = word + i < bytes.size() ? bytes[word + i] : 0;
      text += byte == kUnknown ? "xx" : fmt::format("{:02x}", byte);
    }
    text += '\n';
  }
  Text(name + "." + format_, text);
  return name + "." + format_;
}

std::string ExportWriter::Array(const std::string& name, const std::string& type,
                                const std::vector<uint8_t>& bytes) {
  arrays_.push_back(fmt::format("extern const {} weft_{}[{}];", type, name, bytes.size()));
  source_ += fmt::format("\nconst {} weft_{}[{}] = {{", type, name, bytes.size());
  for (size_t i = 0; i < bytes.size(); i++) {
    source_ += i % kArrayColumns == 0 ? "\n    " : " ";
    source_ += fmt::format("{},", type == "int8_t" ? int{int8_t(bytes[i])} : int{bytes[i]});
  }
  source_ += "\n};\n";
  return "network.c";
}

void ExportWriter::Text(const std::string& name, const std::string& text) {
  std::ofstream file(folder_ / name, std::ios::binary);
  file << text;
  if (!file.flush()) throw Error("{}: cannot be written", (folder_ / name).string());
}

void ExportWriter::Finish() {
  if (format_ == "c") Text("network.c", "#include \"network.h\"\n" + source_);
}

}  // namespace weft::cli
