// SPDX-License-Identifier: Apache-2.0
// weft export: every format holds the same program, inputs and outputs, which are those of the network and of
// the golden model; the C files are C. That hardware runs them is shown by tests/integration.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

#include "compiler/job.hpp"
#include "compiler/network_file.hpp"
#include "sim/backends/network_backend.hpp"
#include "tests/compiler/onnx/onnx_builder.hpp"
#include "tests/sim/cli/cli_fixture.hpp"

namespace weft {
namespace {

using Json = nlohmann::json;
using Bytes = std::vector<uint8_t>;

// A convolution, a sum with its input, which is read interleaved by the one and as it is by the other,
// scores, and a Softmax, which the host computes.
std::string Model() {
  OnnxBuilder net;
  net.Input("x", {0, 1, 7, 7});
  const std::string x = net.Requantise("x", 0.5F, 3);
  Set(net.Op("Conv", {x, net.Weights("w", {1, 1, 3, 3}, {0.05F})}, "a"), "pads", Ints{1, 1, 1, 1});
  net.Op("Add", {net.Requantise("a", 0.5F, -5), x}, "sum");
  const std::string sum = net.Requantise("sum", 1.0F, 0);
  net.Op("Conv", {sum, net.Weights("b_w", {5, 1, 7, 7}, {0.05F})}, "b");
  net.Op("Flatten", {net.Requantise("b", 0.5F, -5)}, "flat");
  net.Op("Softmax", {net.Requantise("flat", 0.5F, -5)}, "y");
  net.Output("y");
  return net.Bytes();
}

constexpr int kBatch = 2;
const std::string kProgram = "start0_program";

class Export : public Cli {
 protected:
  void SetUp() override {
    Cli::SetUp();
    const Outcome o = Weft("compile " + Write("x.onnx", Model()) + " -o " + Path("net.weft") +
                           " --config 4x4 --batch " + std::to_string(kBatch));
    ASSERT_EQ(o.status, 0) << o.err;
    std::mt19937 random(5);
    for (uint8_t& pixel : pixels_) pixel = uint8_t(random());
    Array("x.npy", "|i1", {kBatch, 7, 7, 1}, pixels_);
    network_ = ReadNetworkFile(Path("net.weft")).value();
  }

  Json Exported(const std::string& format) const {
    const Outcome o = Weft("export " + Path("net.weft") + " --format " + format + " --input " +
                           Path("x.npy") + " --base 0x40000000 -o " + Path(format));
    EXPECT_EQ(o.status, 0) << o.err;
    return Json::parse(Contents(Path(format + "/network.json")));
  }

  // Of words as they lie in the window: byte, or -1 where it says xx.
  std::vector<int> Words(const std::string& file, size_t* address) const {
    std::istringstream text(Contents(Path(file)));
    std::vector<int> bytes;
    for (std::string line; std::getline(text, line);) {
      if (line[0] == '@') {
        *address = std::stoul(line.substr(1), nullptr, 16);
        continue;
      }
      for (size_t i = line.size(); i > 0; i -= 2) {
        const std::string digits = line.substr(i - 2, 2);
        bytes.push_back(digits == "xx" ? -1 : std::stoi(digits, nullptr, 16));
      }
    }
    return bytes;
  }

  // The tensor in a file of words; what lies between its rows has to be as told.
  Bytes Tensor(const std::string& format, const Json& tensor, int between) const {
    size_t address = 0;
    const std::vector<int> words = Words(format + "/" + tensor.at("file").get<std::string>(), &address);
    const std::vector<int> shape = tensor.at("shape");
    const size_t pitch = tensor.at("row_pitch"), row = size_t(shape[2]) * size_t(shape[3]);
    EXPECT_EQ(words.size(), tensor.at("window_bytes").get<size_t>());
    if (format == "mem") {
      EXPECT_EQ(address * size_t(network_.config.bus_bytes), tensor.at("offset").get<size_t>());
    }
    Bytes bytes;
    for (size_t i = 0; i < words.size(); i++) {
      if (i % pitch < row) bytes.push_back(uint8_t(words[i]));
      else EXPECT_EQ(words[i], between) << tensor;
      EXPECT_TRUE(i % pitch >= row || words[i] >= 0) << i;
    }
    return bytes;
  }

  Bytes Raw(const std::string& file) const {
    const std::string bytes = Contents(Path(file));
    return {bytes.begin(), bytes.end()};
  }

  // What has to be in input0, input1, ... and in output0.
  std::vector<Bytes> ExpectedInputs() const {
    TensorI8 x(Shape{kBatch, 7, 7, 1});
    x.data.assign(pixels_.begin(), pixels_.end());
    std::vector<Bytes> inputs;
    for (const SegmentProgram::Input& in : network_.programs.at(0).inputs) {
      const TensorI8 t =
          in.interleaved ? InterleaveInput(network_.segments[0].layers[size_t(in.layer)].conv, x) : x;
      inputs.emplace_back(t.data.begin(), t.data.end());
    }
    return inputs;
  }
  Bytes ExpectedOutput() const {
    TensorI8 x(Shape{kBatch, 7, 7, 1});
    x.data.assign(pixels_.begin(), pixels_.end());
    std::vector<TensorI8> tensors(network_.graph.tensors.size());
    tensors[size_t(network_.graph.input)] = x;
    NetworkResult scores;
    const Segment& segment = network_.segments.at(0);
    for (int n = 0; n < segment.count; n++) {
      const Node& node = network_.graph.nodes[size_t(n)];
      tensors[size_t(node.output)] = RunOnHost(network_.graph, node, tensors, &scores);
    }
    const TensorI8& last = tensors[size_t(network_.graph.nodes[size_t(segment.count) - 1].output)];
    return {last.data.begin(), last.data.end()};
  }

  CompiledNetwork network_;
  Bytes pixels_ = Bytes(size_t{kBatch} * 7 * 7);
};

TEST_F(Export, EveryFormatHoldsTheSame) {
  const std::vector<uint8_t>& image = network_.programs.at(0).program.image;
  const std::vector<Bytes> inputs = ExpectedInputs();
  ASSERT_EQ(inputs.size(), 2U) << "the input is to be written twice";
  for (const std::string format : {"hex", "mem", "bin", "npy"}) {
    SCOPED_TRACE(format);
    const Json manifest = Exported(format);
    ASSERT_EQ(manifest.at("starts").size(), 2U);
    EXPECT_TRUE(manifest["starts"][1].at("on_host").get<bool>());
    const Json& start = manifest["starts"][0];
    ASSERT_EQ(start.at("inputs").size(), inputs.size());
    ASSERT_EQ(start.at("outputs").size(), 1U);
    std::vector<Json> tensors(start.at("inputs").begin(), start.at("inputs").end());
    tensors.push_back(start.at("outputs")[0]);
    for (size_t i = 0; i < tensors.size(); i++) {
      const bool is_output = i == inputs.size();
      const std::string file = format + "/" + tensors[i].at("file").get<std::string>();
      const Bytes got = format == "bin"   ? Raw(file)
                        : format == "npy" ? LoadNpy(Path(file)).bytes
                                          : Tensor(format, tensors[i], is_output ? -1 : 0);
      EXPECT_EQ(got, is_output ? ExpectedOutput() : inputs[i]) << tensors[i];
      if (!is_output) {
        EXPECT_FLOAT_EQ(tensors[i].at("scale").get<float>(), 0.5F);
        EXPECT_EQ(tensors[i].at("zero_point"), 3);
      }
    }
    const std::string program = format + "/" + start.at("program").at("file").get<std::string>();
    size_t address = 1;
    if (format == "bin") EXPECT_EQ(Raw(program), image);
    else if (format == "npy") EXPECT_EQ(LoadNpy(Path(program)).bytes, image);
    else EXPECT_EQ(Words(program, &address), std::vector<int>(image.begin(), image.end()));
    if (format == "mem") {
      EXPECT_EQ(address, 0U);
    }
  }
}

TEST_F(Export, TheRegistersAreThoseOfTheDriversStart) {
  const Json start = Exported("hex").at("starts")[0];
  std::map<std::string, uint64_t> value;
  for (const Json& write : start.at("registers")) value[write.at("name")] = write.at("value");
  EXPECT_EQ(start.at("registers").back().at("name"), "CONTROL");
  EXPECT_EQ(value.at("WINDOW_BASE_LO"), 0x40000000U);
  EXPECT_EQ(value.at("LIST_ADDR_LO"), 0x40000000U);
  EXPECT_EQ(value.at("WINDOW_SIZE_LO"), network_.programs[0].program.window_bytes);
  EXPECT_EQ(value.at("LIST_BYTES"), network_.programs[0].program.list_bytes);
  std::istringstream lines(Contents(Path("hex/start0_registers.hex")));
  for (const Json& write : start.at("registers")) {
    std::string line;
    std::getline(lines, line);
    EXPECT_EQ(line.substr(0, 11), fmt::format("{:03x}{:08x}", write.at("offset").get<uint32_t>(),
                                              write.at("value").get<uint32_t>()));
  }
}

TEST_F(Export, TheCFilesCompileAndHoldTheSame) {
  Exported("c");
  std::string places;
  const SegmentProgram& p = network_.programs[0];
  const Place& in = p.inputs[0].place;
  Write("main.c", fmt::format(R"(#include <stdio.h>
#include "driver/weft.h"
#include "c/network.h"
int main(void) {{
  const weft_place in = WEFT_NET_START0_INPUT0_PLACE;
  if (in.offset != {}u || in.row_pitch != {}u || in.n != {}u || in.h != {}u || in.w != {}u || in.c != {}u) return 1;
  if (sizeof weft_start0_program != WEFT_NET_START0_PROGRAM_BYTES || sizeof weft_start0_input1 != WEFT_NET_START0_INPUT1_BYTES) return 2;
  if (WEFT_NET_START0_LIST_BYTES != {}u || WEFT_NET_START0_INPUT0_SCALE != 0.5f || WEFT_NET_START0_INPUT0_ZERO_POINT != 3) return 3;
  fwrite(weft_start0_program, 1, sizeof weft_start0_program, stdout);
  fwrite(weft_start0_output0, 1, sizeof weft_start0_output0, stdout);
  return 0;
}}
)",
                              in.offset, in.row_pitch, in.shape.n, in.shape.h, in.shape.w, in.shape.c,
                              p.program.list_bytes));
  const std::string compile = "cc -std=c99 -Wall -Wextra -Wpedantic -Werror -I" WEFT_SOURCE " -I" + Path("") +
                              " " + Path("main.c") + " " + Path("c/network.c") + " -o " + Path("main");
  ASSERT_EQ(std::system(compile.c_str()), 0);
  ASSERT_EQ(std::system((Path("main") + " > " + Path("bytes")).c_str()), 0);
  Bytes expected = p.program.image;
  const Bytes output = ExpectedOutput();
  expected.insert(expected.end(), output.begin(), output.end());
  EXPECT_EQ(Raw("bytes"), expected);
}

TEST_F(Export, WithoutInputThereIsTheProgramAlone) {
  const Outcome o = Weft("export " + Path("net.weft") + " --format bin -o " + Path("alone"));
  ASSERT_EQ(o.status, 0) << o.err;
  const Json manifest = Json::parse(Contents(Path("alone/network.json")));
  EXPECT_TRUE(manifest.at("starts")[0].at("inputs")[0].at("file").is_null());
  EXPECT_TRUE(manifest.at("starts")[0].at("outputs")[0].at("file").is_null());
  EXPECT_TRUE(std::filesystem::exists(Path("alone/" + kProgram + ".bin")));
  EXPECT_FALSE(std::filesystem::exists(Path("alone/start0_input0.bin")));
}

TEST_F(Export, RefusesWhatItCannotExport) {
  const std::string net = "export " + Path("net.weft"), to = " -o " + Path("refused");
  ExpectRefused("export " + Path("x.onnx") + to, "weft compile makes a .weft file of it");
  ExpectRefused("export " + Path("nothing.weft") + to, "nothing.weft");
  Array("one.npy", "|i1", {1, 7, 7, 1}, Bytes(49));
  ExpectRefused(net + to + " --input " + Path("one.npy"), "it takes 2 images at once, --input has 1");
  ExpectRefused(net + to + " --base 0x80000010", "a multiple of 4096");
  ExpectRefused(net + to + " --base 0xfffffffffffff000", "its last byte has an address");
  ExpectRefused(net + to + " --format elf", "format");
  ExpectRefused(net + " -o " + Path("net.weft/folder"), "this folder cannot be made");
  EXPECT_FALSE(std::filesystem::exists(Path("refused")));
}

}  // namespace
}  // namespace weft
