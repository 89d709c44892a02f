// SPDX-License-Identifier: Apache-2.0
// Compiled networks: a file runs as the model does, on the image that is in it, and nothing that has happened
// to a file crashes the program.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <cstring>
#include <nlohmann/json.hpp>
#include <random>

#include "compiler/network_file.hpp"
#include "sim/backends/network_backend.hpp"
#include "sw_model/error.hpp"
#include "tests/compiler/onnx/onnx_builder.hpp"
#include "tests/sim/cli/cli_fixture.hpp"

namespace weft {
namespace {

using Json = nlohmann::json;

const std::string kModel = WEFT_MODELS "/fashion_cnn.onnx";

// Layers, a branch, a sum, a pool and a Softmax: segments of the hardware between operators of the host.
std::string BranchingModel() {
  OnnxBuilder net;
  net.Input("x", {0, 3, 6, 6});
  const std::string x = net.Requantise("x", 0.5F, 3);
  const auto conv = [&](const std::string& in, const std::string& out, const Ints& weights, int64_t pad) {
    Set(net.Op("Conv", {in, net.Weights(out + "_w", weights, {0.05F})}, out), "pads",
        Ints{pad, pad, pad, pad});
    return net.Requantise(out, 0.5F, -5);
  };
  const std::string a = conv(x, "a", {5, 3, 3, 3}, 1), b = conv(a, "b", {5, 5, 1, 1}, 0);
  net.Op("Add", {a, b}, "sum");
  const std::string c = conv(net.Requantise("sum", 1.0F, 0), "c", {4, 5, 3, 3}, 0);
  net.Op("GlobalAveragePool", {c}, "pool");
  net.Op("Flatten", {net.Requantise("pool", 0.5F, -5)}, "flat");
  net.Op("Softmax", {net.Requantise("flat", 0.5F, -5)}, "y");
  net.Output("y");
  return net.Bytes();
}

// The input is added to what a convolution makes of it: the host writes it twice where that reads its lines
// interleaved.
std::string ResidualModel(int64_t channels) {
  OnnxBuilder net;
  net.Input("x", {0, channels, 7, 7});
  const std::string x = net.Requantise("x", 0.5F, 3);
  Set(net.Op("Conv", {x, net.Weights("w", {channels, channels, 3, 3}, {0.05F})}, "a"), "pads",
      Ints{1, 1, 1, 1});
  net.Op("Add", {net.Requantise("a", 0.5F, -5), x}, "y");
  net.Requantise("y", 1.0F, 0);
  net.Output("y_dq");
  return net.Bytes();
}

std::string DemoFile(int batch) {
  return NetworkFile(CompileModel(Contents(kModel), batch, Config::Load("8x8")));
}

class Compiled : public Cli {
 protected:
  std::string Compile(const std::string& model, const std::string& options = "") const {
    const Outcome o = Weft("compile " + model + " -o " + Path("net.weft") + options);
    EXPECT_EQ(o.status, 0) << o.err;
    return Path("net.weft");
  }
  // Random images for a map of h x w x c.
  std::string Images(int64_t n, int64_t h, int64_t w, int64_t c) const {
    std::mt19937 random(7);
    std::vector<uint8_t> pixels(size_t(n * h * w * c));
    for (uint8_t& pixel : pixels) pixel = uint8_t(random());
    return Array("images.npy", "|i1", {n, h, w, c}, pixels);
  }
  static void TakeComparison(Json* of_file, const Json& of_model) {
    const Json& mismatches = of_file->at("mismatches");
    EXPECT_TRUE(mismatches.is_null() || mismatches == 0) << *of_file;
    EXPECT_EQ(mismatches.is_null(), of_file->at("outputs_compared") == 0) << *of_file;
    EXPECT_LE(of_file->at("outputs_compared"), of_model.at("outputs_compared")) << *of_file;
    for (const char* key : {"mismatches", "outputs_compared"}) (*of_file)[key] = of_model.at(key);
  }
  Json RunJson(const std::string& arguments) const {
    const Outcome o = Weft("run " + arguments + " --json -");
    EXPECT_EQ(o.status, 0) << arguments << "\n" << o.err;
    return o.status == 0 ? Json::parse(o.out) : Json();
  }
  // The file and the model give the same JSON but for the file name. With --check fewer outputs of the file
  // are compared, as its tensors share memory, and none of them differs.
  void ExpectSame(const std::string& model, const std::string& images, const std::string& config, int batch,
                  const std::string& engine) const {
    const std::string options = fmt::format(" --config {} --batch {}", config, batch);
    const std::string file = Compile(model, options), run = " --input " + images + engine;
    Json of_model = RunJson(model + options + run), of_file = RunJson(file + run);
    EXPECT_EQ(of_file.at("model"), file);
    of_file["model"] = of_model["model"];
    TakeComparison(&of_file, of_model);
    for (size_t i = 0; i < of_file.at("layers").size(); i++)
      TakeComparison(&of_file["layers"][i], of_model.at("layers").at(i));
    EXPECT_EQ(of_file, of_model) << model << options << engine;
  }
};

TEST_F(Compiled, RunsAsTheModel) {
  const std::string images = Images(4, 28, 28, 1);
  for (const std::string engine : {" --engine rtl", " --engine rtl --check", " --engine rtl --stalls 0.3",
                                   " --engine cycles", " --engine golden"})
    ExpectSame(kModel, images, "8x8", 2, engine);
  ExpectSame(kModel, images, "5x7", 1, " --engine rtl --check");
}

TEST_F(Compiled, RunsOperatorsOfTheHost) {
  const std::string model = Write("branch.onnx", BranchingModel()), images = Images(6, 6, 6, 3);
  for (const char* config : {"8x8", "5x7"}) {
    ExpectSame(model, images, config, 3, " --engine rtl");
    ExpectSame(model, images, config, 3, " --engine rtl --check");
    ExpectSame(model, images, config, 1, " --engine cycles");
  }
}

TEST_F(Compiled, RunsResidualsOfTheHost) {
  for (const int channels : {1, 3}) {
    const std::string model = Write("residual.onnx", ResidualModel(channels));
    ExpectSame(model, Images(2, 7, 7, channels), "8x8", 2, " --engine rtl --check");
    ExpectSame(model, Images(2, 7, 7, channels), "5x7", 1, " --engine rtl");
  }
}

// The last batch is filled up: the same classes, the cycles of a whole batch, no MACs that nobody asked for.
TEST_F(Compiled, FillsUpTheLastBatch) {
  const std::string file = Compile(kModel, " --batch 4"), run = " --engine rtl --check --input ";
  const Json full = RunJson(file + run + Images(8, 28, 28, 1));
  const Outcome part = Weft("run " + file + run + Images(8, 28, 28, 1) + " --limit 5 --json -");
  ASSERT_EQ(part.status, 0) << part.err;
  EXPECT_NE(part.err.find("the last batch has 1 images and takes the cycles of 4"), std::string::npos);
  const Json json = Json::parse(part.out);
  EXPECT_EQ(json.at("cycles"), full.at("cycles"));
  EXPECT_EQ(json.at("images"), 5);
  EXPECT_EQ(json.at("macs").get<int64_t>() * 8, full.at("macs").get<int64_t>() * 5);
  const auto& classes = full.at("predictions");
  EXPECT_EQ(json.at("predictions"), Json(std::vector<Json>(classes.begin(), classes.begin() + 5)));
}

// A weight that differs only in the file's image changes what is computed.
TEST_F(Compiled, RunsTheImageOfTheFile) {
  CompiledNetwork network = CompileModel(Contents(kModel), 1, Config::Load("8x8"));
  std::vector<uint8_t>& image = network.programs.at(0).program.image;
  for (size_t i = image.size() - 20000; i < image.size(); i++) image[i] ^= 0x55;  // weights of the last layer
  const std::string file = Write("other.weft", NetworkFile(network)), images = Images(1, 28, 28, 1);
  const auto output = [&](const CompiledNetwork& n) {
    BackendOptions options;
    options.engine = "rtl";
    TensorI8 image(network.graph.tensors.at(size_t(network.graph.input)).shape, 5);
    return MakeNetworkBackend(options, n.config)->Run(n, image).output;
  };
  EXPECT_NE(output(network), output(CompileModel(Contents(kModel), 1, network.config)));
  ExpectRefused("run " + file + " --engine rtl --check --input " + images, "compile it anew");
  ExpectRefused("run " + file + " --engine cycles", "compile it anew");
}

// The list with another word and a checksum that is right again.
std::string Tampered(CompiledNetwork network, size_t word, uint32_t delta) {
  uint8_t* list = network.programs.at(0).program.image.data();
  const auto add = [&](size_t at, uint32_t number) {
    uint32_t value = 0;
    std::memcpy(&value, list + 4 * at, 4);
    value += number;
    std::memcpy(list + 4 * at, &value, 4);
  };
  add(word, delta);
  add(kHeaderChecksum, -delta);
  return NetworkFile(network);
}

// A list that does something else ends with an error, the hardware's or that it has not ended in time.
TEST_F(Compiled, StopsAListThatDoesNotEnd) {
  const CompiledNetwork network = CompileModel(BranchingModel(), 1, Config::Load("8x8"));
  const std::string run = " --engine rtl --input " + Images(1, 6, 6, 3);
  size_t word = kHeaderWords;
  for (const Command& command : network.programs.at(0).program.commands) {
    if (command.op == ListOp::kJob) break;
    word += size_t(command.size());
  }
  int stopped = 0;
  for (size_t i = 20; i < 40; i++) {  // words of the first job
    const Outcome o = Weft("run " + Write("other.weft", Tampered(network, word + i, 16)) + run);
    EXPECT_TRUE(o.status == 0 || o.status == 2) << "word " << i << ": " << o.err;
    stopped += o.err.find("stopped: the hardware has not ended after") != std::string::npos ? 1 : 0;
  }
  EXPECT_GT(stopped, 3);
  const std::string good = Write("good.weft", NetworkFile(network));
  ExpectRefused("run " + good + run + " --most-cycles 500", "after 500 cycles; --most-cycles allows no more");
  EXPECT_EQ(Weft("run " + good + run + " --most-cycles 5000").status, 0);
  ExpectRefused("run " + good + run + " --most-cycles 0", "--most-cycles");
  ExpectRefused("run " + good + " --engine cycles --most-cycles 500", "--most-cycles needs the engine rtl");
}

TEST_F(Compiled, TellsBytesLayerByLayer) {
  const std::string images = Images(2, 28, 28, 1);
  for (const std::string engine : {"rtl", "cycles"}) {
    const Json json = RunJson(kModel + " --batch 2 --engine " + engine + " --input " + images);
    int64_t read = 0, written = 0;
    for (const Json& layer : json.at("layers")) {
      for (const char* key : {"cycles", "utilisation", "stalls"}) EXPECT_TRUE(layer.contains(key)) << key;
      read += layer.at("bytes_read").get<int64_t>();
      written += layer.at("bytes_written").get<int64_t>();
    }
    const int64_t list = json.at("bytes_read").get<int64_t>() - read;
    EXPECT_EQ(
        list,
        int64_t(CompileModel(Contents(kModel), 2, Config::Load("8x8")).programs.at(0).program.list_bytes));
    EXPECT_EQ(json.at("bytes_written").get<int64_t>(), written);
    EXPECT_EQ(written, 2 * (14 * 14 * 16 + 7 * 7 * 32 + 7 * 7 * 64 + 10));
  }
  EXPECT_FALSE(RunJson(kModel + " --engine golden --input " + images).contains("bytes_read"));
  Json conv[2];
  for (int i : {0, 1}) {
    const Outcome o =
        Weft("conv --in 8x8x3 --filters 4x3x3 --json - --engine " + std::string(i == 0 ? "rtl" : "cycles"));
    ASSERT_EQ(o.status, 0) << o.err;
    conv[i] = Json::parse(o.out);
  }
  EXPECT_EQ(conv[0].at("bytes_read"), conv[1].at("bytes_read"));
  EXPECT_EQ(conv[0].at("bytes_written"), 6 * 6 * 4);
}

TEST_F(Compiled, SaysWhatToChange) {
  const std::string file = Compile(kModel, " --batch 2"), input = " --input " + Images(2, 28, 28, 1);
  ExpectRefused("run " + file + " --engine rtl --config 5x7" + input, "compile it with --config 5x7");
  ExpectRefused("run " + file + " --engine rtl --batch 3" + input, "compile it with --batch 3");
  ExpectRefused("run " + file + " --engine rtl --trace x.fst" + input, "give it the ONNX model");
  EXPECT_EQ(RunJson(file + " --engine cycles --config 8x8 --batch 2").at("images"), 2);
  ExpectRefused("compile " + kModel, "--output");
  ExpectRefused("compile " + kModel + " -o /nowhere/net.weft", "cannot be written");
  ExpectRefused("compile " + kModel + " --batch 0 -o " + Path("x.weft"), "--batch");
  ExpectRefused("compile " + Path("none.onnx") + " -o " + Path("x.weft"), "no such file");
  ExpectRefused("compile " + file + " -o " + Path("x.weft"), "not an ONNX model");
}

TEST_F(Compiled, InfoSaysWhatIsInIt) {
  const std::string file = Compile(Write("branch.onnx", BranchingModel()), " --config 5x7 --batch 2");
  const Outcome text = Weft("info " + file), outcome = Weft("info " + file + " --json -");
  ASSERT_EQ(text.status, 0) << text.err;
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const Json info = Json::parse(outcome.out);
  EXPECT_EQ(info.at("config"), "5x7");
  EXPECT_EQ(info.at("batch"), 2);
  const CompiledNetwork network = CompileModel(BranchingModel(), 2, Config::Load("5x7"));
  ASSERT_EQ(info.at("segments").size(), network.segments.size());
  int64_t operators = 0;
  for (size_t s = 0; s < network.segments.size(); s++) {
    const Json& segment = info.at("segments").at(s);
    operators += int64_t(segment.at("operators").size());
    ASSERT_EQ(segment.at("on_host"), network.segments[s].on_host());
    if (network.segments[s].on_host()) continue;
    const SegmentProgram& p = network.programs[s];
    EXPECT_EQ(segment.at("jobs"), p.program.jobs.size());
    EXPECT_EQ(segment.at("list_bytes"), p.program.list_bytes);
    EXPECT_EQ(segment.at("window_bytes"), p.program.window_bytes);
    EXPECT_EQ(segment.at("layers").size(), p.program.layers.size());
    const Json& input = segment.at("tensors").at(0);
    EXPECT_EQ(input.at("use"), p.inputs.at(0).interleaved ? "input, interleaved" : "input");
    EXPECT_EQ(input.at("offset"), p.inputs[0].place.offset);
    EXPECT_EQ(segment.at("tensors").back().at("use"), "output");
    EXPECT_NE(
        text.out.find(fmt::format("{} jobs, list of {} bytes", p.program.jobs.size(), p.program.list_bytes)),
        std::string::npos)
        << text.out;
  }
  EXPECT_EQ(operators, int64_t(network.graph.nodes.size()));
}

TEST_F(Compiled, DamagedFilesAreRefused) {
  const std::string file = DemoFile(1), run = " --engine rtl --input " + Images(1, 28, 28, 1);
  for (const size_t size : {0, 1, 8, 16, 31, 32, 1000, 30000, 100000})
    for (const std::string& command :
         {"run " + Write("cut.weft", file.substr(0, size)) + run, "info " + Path("cut.weft")})
      ExpectRefused(command, "cut.weft");
  for (const size_t at : {0, 7, 8, 12, 16, 24, 32, 300, 5000, 90000, 130000}) {
    std::string bad = file;
    bad.at(at) ^= 1;
    ExpectRefused("run " + Write("bad.weft", bad) + run);
    ExpectRefused("info " + Path("bad.weft"), "bad.weft");
  }
  ExpectRefused("run " + Write("long.weft", file + "x") + run, "checksum");
}

// Why a file is refused; empty if it is not.
std::string Refusal(const std::string& file) {
  try {
    ParseNetworkFile(file);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(NetworkFileFuzz, EveryTruncation) {
  const std::string file = DemoFile(1);
  ASSERT_EQ(Refusal(file), "");
  for (size_t size = 0; size < file.size(); size += 97)
    EXPECT_NE(Refusal(file.substr(0, size)), "") << size << " bytes";
}

TEST(NetworkFileFuzz, EveryWrongByte) {
  const std::string file = DemoFile(1);
  std::mt19937 random(1);
  for (int i = 0; i < 200; i++) {
    std::string bad = file;
    const size_t at = random() % (i < 100 ? 2000 : file.size());
    bad[at] = char(bad[at] ^ (1 + random() % 255));
    EXPECT_NE(Refusal(bad), "") << "byte " << at;
  }
}

std::string WithChecksum(std::string file) {
  const uLong sum = crc32(0, reinterpret_cast<const Bytef*>(file.data()) + 16, uInt(file.size() - 16));
  for (int i = 0; i < 4; i++) file[size_t(12 + i)] = char(sum >> (8 * i) & 0xff);
  return file;
}

// A character of the metadata, or of its size, is wrong and the checksum right.
std::string WrongMetadata(const std::string& file, std::mt19937* random) {
  constexpr size_t kSizes = 16, kHeader = 32;
  const std::string characters = "0123456789-. \"{}[],:ntf";
  const size_t metadata = file.find("\n}", kHeader);
  std::string bad = file;
  const size_t at = (*random)() % 30 == 0 ? kSizes + (*random)() % (kHeader - kSizes)
                                          : kHeader + (*random)() % (metadata - kHeader);
  bad[at] = characters[(*random)() % characters.size()];
  return WithChecksum(bad);
}

TEST(NetworkFileFuzz, WrongMetadata) {
  const std::string file = NetworkFile(CompileModel(BranchingModel(), 2, Config::Load("5x7")));
  ASSERT_EQ(Refusal(WithChecksum(file)), "");
  std::mt19937 random(2);
  int refused = 0;
  for (int i = 0; i < 3000; i++) refused += Refusal(WrongMetadata(file, &random)).empty() ? 0 : 1;
  EXPECT_GT(refused, 1000);
}

// What is not refused runs to its end, or to an error.
TEST(NetworkFileFuzz, WrongMetadataOnTheRtl) {
  const std::string file = NetworkFile(CompileModel(BranchingModel(), 2, Config::Load("5x7")));
  BackendOptions options;
  options.engine = "rtl";
  std::mt19937 random(3);
  int runs = 0, errors = 0;
  for (int i = 0; i < 200; i++) try {
      const CompiledNetwork network = ParseNetworkFile(WrongMetadata(file, &random));
      const TensorI8 images(network.graph.tensors.at(size_t(network.graph.input)).shape);
      runs += MakeNetworkBackend(options, network.config)->Run(network, images).output.shape.n;
    } catch (const Error&) {
      errors++;
    }
  EXPECT_EQ(runs + errors, 200);
  fmt::print("  {} damaged files ran, {} were refused or stopped\n", runs, errors);
}

}  // namespace
}  // namespace weft
