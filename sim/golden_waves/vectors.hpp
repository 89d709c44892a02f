// SPDX-License-Identifier: Apache-2.0
// Writes streams as vectors: one file of hexadecimal numbers a stream, one number a transfer, which Verilog's
// $readmemh reads and any bench can replay.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "compiler/program.hpp"
#include "sim/golden_waves/system_predictor.hpp"
#include "sim/golden_waves/system_signals.hpp"
#include "sw_model/config.hpp"
#include "sw_model/layer.hpp"
#include "sw_model/memory.hpp"
#include "sw_model/tensor.hpp"

namespace weft {

// A signal in a stream's numbers: bits [lsb, lsb + bits), lane 0 lowest.
struct VectorField {
  std::string signal, module;  // "conv_engine.u_feeder.act_o", "rtl/engine/row_feeder.sv"
  int lsb = 0, bits = 1, lanes = 1;
  std::string lane_is = {};
  bool is_signed = false;
};

struct VectorStream {
  std::string name, module;  // "u_feeder.act_o" or "read addresses"
  std::string when = {};     // what has a number, in words
  std::string file = {};     // in the folders golden and rtl
  std::vector<VectorField> fields = {};
  int64_t golden = 0, rtl = 0;  // transfers written
  struct Part {
    std::string layer;  // empty: of no single layer
    int64_t transfers = 0;
  };
  std::vector<Part> parts = {};  // of the golden ones, in their order
  [[nodiscard]] int bits() const { return fields.back().lsb + fields.back().bits; }
};

// The files of one run: a layer on the engine, or a start of the system.
class VectorFiles {
 public:
  // Throws Error if the folder cannot be made. `rtl`: there is an RTL run beside the models.
  VectorFiles(const std::filesystem::path& folder, std::vector<VectorStream> streams, bool rtl);
  // A number as its bits, the highest first; x: nothing is said. No cycle: below 0.
  void AddGolden(size_t stream, const std::string& bits, int64_t cycle, const std::string& layer);
  void AddRtl(size_t stream, const std::string& bits, int64_t cycle);
  // Throws Error if something could not be written.
  void Close();

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  [[nodiscard]] const std::vector<VectorStream>& streams() const { return streams_; }
  [[nodiscard]] bool has_rtl() const { return !rtl_.empty(); }
  std::string stopped;  // why the RTL's vectors end early, if they do

 private:
  std::filesystem::path folder_;
  std::vector<VectorStream> streams_;
  std::vector<std::ofstream> golden_, rtl_;
};

// A layer on the engine; `rtl`: beside the RTL, whose values of the same cycles are written too.
VectorFiles DumpLayer(const ConvLayer& layer, const TensorI8& in, const Config& config, const Memory& memory,
                      bool rtl, const std::filesystem::path& folder);

// The streams between weft_top's modules; the golden transfers of a start.
std::vector<VectorStream> SystemVectorStreams(const Config& config);
void DumpGolden(SystemPredictor* predictor, const Program& program, VectorFiles* files);

// Little-endian bits as text.
std::string BitsText(const uint8_t* data, int bits);

}  // namespace weft
