// SPDX-License-Identifier: Apache-2.0
// The files of `weft export`: what a test bench loads, and what a driver's author would copy by hand.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "compiler/network_file.hpp"

namespace weft::cli {

// How bytes are written:
//   hex, mem    bus words, one a line, as they lie in the window ($readmemh; the byte of the lowest address
//               is the last of its line); bytes between rows are 00, in outputs xx. mem says where, in words.
//   bin, npy, c    the program; tensors as NHWC without a gap (weft_put, weft_get)
inline constexpr std::array kExportFormats = {"hex", "mem", "bin", "c", "npy"};

struct RegisterWrite {
  uint32_t offset, value;
};

// A tensor that is written before a start, or read after it.
struct ExportedTensor {
  std::string name;   // the model's
  std::string label;  // input0, output1
  Place place;
  TensorI8 data;  // empty: not known
  float scale = 1;
  int zero_point = 0;
  bool is_output = false, interleaved = false;
};

struct ExportedStart {
  std::string label;  // start0
  const Program* program = nullptr;
  std::vector<RegisterWrite> writes;  // in their order; the last one starts
  std::vector<ExportedTensor> tensors;
};

// The name of a register as docs/registers.md has it; throws Error for one that a start does not write.
std::string RegisterName(uint32_t offset);

// What a start consists of in one of kExportFormats, and the names of what was written.
class ExportWriter {
 public:
  // Throws Error if the folder cannot be made.
  ExportWriter(std::filesystem::path folder, std::string format, int bus_bytes);

  std::string Program(const ExportedStart& start);
  std::string Tensor(const ExportedStart& start, const ExportedTensor& tensor);
  std::string Registers(const ExportedStart& start);  // hex, mem: offset and value in 44 bits, one a line
  void Text(const std::string& name, const std::string& text);  // any other file
  void Finish();                                                // c: the file with all arrays
  [[nodiscard]] bool is_hex() const { return format_ == "hex" || format_ == "mem"; }
  [[nodiscard]] const std::vector<std::string>& arrays() const { return arrays_; }  // c: their declarations

 private:
  // Bytes that a bench may not compare are negative.
  std::string Words(const std::string& name, const std::vector<int>& bytes, uint32_t offset);
  std::string Array(const std::string& name, const std::string& type, const std::vector<uint8_t>& bytes);

  std::filesystem::path folder_;
  std::string format_;
  size_t bus_bytes_;
  std::vector<std::string> arrays_;
  std::string source_;
};

}  // namespace weft::cli
