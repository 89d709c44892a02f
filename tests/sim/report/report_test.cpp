// SPDX-License-Identifier: Apache-2.0
// weft report: its pictures are the run's tensors, its data is complete, and no name in a model is more than
// text.
#include <nlohmann/json.hpp>
#include <random>

#include "tests/compiler/onnx/onnx_builder.hpp"
#include "tests/sim/cli/cli_fixture.hpp"
#include "tests/sim/report/decoded.hpp"

namespace weft {
namespace {

using Json = nlohmann::json;

class Report : public Cli {
 protected:
  // So many images of random pixels.
  std::string Images(int count) const {
    std::mt19937 random(7);
    std::vector<uint8_t> pixels(size_t(count) * 28 * 28);
    for (uint8_t& pixel : pixels) pixel = uint8_t(random());
    return Array("images.npy", "|u1", {count, 28, 28, 1}, pixels);
  }
  Json Data(const std::string& arguments) const {
    const Outcome o = Weft("report " + arguments + " -o " + Path("r.html") + " --json " + Path("r.json"));
    EXPECT_EQ(o.status, 0) << o.err;
    return Json::parse(Contents(Path("r.json")));
  }
};

const std::string kFashion = WEFT_MODELS "/fashion_cnn.onnx";
const std::string kResidual = WEFT_MODELS "/resnet8.onnx";

size_t Count(const std::string& text, const std::string& what) {
  size_t count = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) count++;
  return count;
}

// The page's data block.
Json DataOf(const std::string& page) {
  const std::string open = "<script type=\"application/json\" id=\"data\">";
  const size_t from = page.find(open) + open.size();
  return Json::parse(page.substr(from, page.find("</script>", from) - from));
}

// Each picture of each image beside the array that --dump writes.
TEST_F(Report, PicturesAreTheTensorsOfTheDump) {
  for (const std::string& model : {kFashion, kResidual}) {
    const std::string run = model + " --engine rtl --config 4x4 --input " + Images(2);
    ASSERT_EQ(Weft("run " + run + " --dump " + Path("dump")).status, 0);
    const Json report = Data(run), dump = Json::parse(Contents(Path("dump/tensors.json")));
    ASSERT_EQ(report["tensors"].size(), dump["tensors"].size());
    int maps = 0, of_rtl = 0;
    for (size_t t = 0; t < report["tensors"].size(); t++) {
      const Json &tensor = report["tensors"][t], &entry = dump["tensors"][t];
      ASSERT_EQ(tensor["name"], entry["name"]);
      EXPECT_EQ(tensor["source"], entry["source"]);
      if (entry["type"] != "int8" || tensor["maps"]["vector"]) continue;
      of_rtl += tensor["source"] == "rtl" ? 1 : 0;
      ASSERT_EQ(entry["axes"], "NCHW");
      const NpyArray array = LoadNpy(Path("dump/" + entry["file"].get<std::string>()));
      const size_t size = tensor["shape"][0].get<size_t>() * tensor["shape"][1].get<size_t>();
      const auto channels = tensor["shape"][2].get<size_t>(), shown = tensor["maps"]["shown"].get<size_t>();
      EXPECT_EQ(tensor["maps"]["images"], 2);
      ASSERT_EQ(tensor["maps"]["pictures"].size(), 2 * shown);
      for (size_t p = 0; p < 2 * shown; p++, maps++) {
        const Json& picture = tensor["maps"]["pictures"][p];
        const size_t image = p / shown, c = p % shown;
        ASSERT_EQ(picture["image"], image);
        ASSERT_EQ(picture["channel"], c);
        const Decoded d = Decode(picture["png"]);
        ASSERT_EQ(d.pixels.size(), size);
        for (size_t i = 0; i < size; i++)
          ASSERT_EQ(int{d.pixels[i]} - 128, int{int8_t(array.bytes[(image * channels + c) * size + i])})
              << tensor["name"] << " " << picture;
      }
    }
    EXPECT_GT(maps, 60) << model;
    EXPECT_GT(of_rtl, 1) << model;
    std::filesystem::remove_all(Path("dump"));
  }
}

// What the framework gives, as an array: equal, one value different, or none at all.
TEST_F(Report, ComparesWithTheFrameworksOutputs) {
  const std::string run = kFashion + " --engine golden --input " + Images(3);
  ASSERT_EQ(Weft("run " + run + " --output " + Path("y.npy")).status, 0);
  Json f = Data(run + " --framework " + Path("y.npy"))["framework"];
  EXPECT_EQ(f["name"], "y.npy");
  EXPECT_EQ(f["values"], 30);
  EXPECT_EQ(f["differ"], 0);

  NpyArray array = LoadNpy(Path("y.npy"));
  array.bytes[4 * 17] ^= 1;
  SaveNpy(Path("other.npy"), array);
  const std::string page = " -o " + Path("r.html") + " --json " + Path("r.json");
  const Outcome other = Weft("report " + run + page + " --framework " + Path("other.npy"));
  EXPECT_EQ(other.status, 1);
  EXPECT_NE(other.out.find("1 of 30 output values"), std::string::npos) << other.out;
  EXPECT_EQ(DataOf(Contents(Path("r.html")))["framework"]["differ"], 1);

  f = Data(run + " --framework off")["framework"];
  EXPECT_TRUE(f["name"].is_null());
  EXPECT_TRUE(f["differ"].is_null());
  EXPECT_EQ(f["reason"], "--framework off");
  EXPECT_TRUE(Data(kFashion + " --engine cycles")["framework"]["name"].is_null());

  array.shape[0] = 2;
  array.bytes.resize(array.bytes.size() * 2 / 3);
  SaveNpy(Path("less.npy"), array);
  ExpectRefused("report " + run + page + " --framework " + Path("less.npy"), "2 x 10");
  ExpectRefused("report " + run + page + " --framework " + Path("none.npy"), "none.npy");
}

// ONNX Runtime itself, where Weft's Python environment has it.
TEST_F(Report, RunsTheFramework) {
  for (const std::string& model : {kFashion, kResidual}) {
    const Json f = Data(model + " --engine golden --input " + Images(3))["framework"];
    if (f["name"].is_null()) GTEST_SKIP() << f["reason"];
    EXPECT_TRUE(f["name"].get<std::string>().starts_with("ONNX Runtime ")) << f;
    EXPECT_EQ(f["values"], 30);
    EXPECT_EQ(f["differ"], 0);
  }
}

// A compiled file runs on what it is compiled for, and gives the page of its model.
TEST_F(Report, CompiledFile) {
  const std::string input = " --framework off --input " + Images(3);
  ASSERT_EQ(Weft("compile " + kFashion + " -o " + Path("n.weft") + " --config 4x4 --batch 2").status, 0);
  Json of_file = Data(Path("n.weft") + input);
  EXPECT_EQ(of_file["model"], "n.weft");
  Json of_model = Data(kFashion + " --config 4x4 --batch 2" + input);
  of_file["model"] = of_model["model"];
  EXPECT_EQ(of_file, of_model);
  ExpectRefused("report " + Path("n.weft") + input + " -o " + Path("r.html") + " --config 8x8",
                "compiled for 4x4");
}

TEST_F(Report, PageIsOneFileWithTheData) {
  const Json report = Data(kFashion + " --engine golden --input " + Images(16));
  const std::string page = Contents(Path("r.html"));
  EXPECT_EQ(DataOf(page), report);
  EXPECT_LT(page.size(), 5'000'000U);
  EXPECT_EQ(Count(page, "src=\"http") + Count(page, "href=\"http") + Count(page, "url(http") +
                Count(page, "@import"),
            0U);
  EXPECT_EQ(Count(page, "@DATA@") + Count(page, "@STYLE@") + Count(page, "@NETWORK@"), 0U);
  for (const char* key :
       {"weft", "model", "engine", "config", "memory", "images", "batch", "starts", "macs", "mismatches",
        "compulsory_bytes", "metadata", "layers", "stages", "tensors", "inputs", "top", "predictions"})
    EXPECT_TRUE(report.contains(key)) << key;
  EXPECT_EQ(report["inputs"].size(), 16U);
  EXPECT_EQ(report["segments"].size(), 0U);  // it counts no cycles
  for (const Json& tensor : report["tensors"]) {
    int64_t sum = 0;
    for (const Json& bin : tensor["histogram"]) sum += bin.get<int64_t>();
    EXPECT_EQ(sum, tensor["values"].get<int64_t>());
    EXPECT_EQ(sum, 16 * tensor["shape"][0].get<int64_t>() * tensor["shape"][1].get<int64_t>() *
                       tensor["shape"][2].get<int64_t>());
  }
}

// Beats in the timeline are those that the counters have, and what runs together is one stage.
TEST_F(Report, TimelineAddsUpToTheCounters) {
  const Json report = Data(kResidual + " --engine cycles --config 4x4 --clock 100MHz");
  double stalls = 0;
  for (const auto& [cause, cycles] : report["stalls"].items())
    stalls += cause == "edge" ? 0 : cycles.get<double>();
  const Json& start = report["segments"][0];
  ASSERT_EQ(start["cycles"], report["cycles"]);
  double busy = 0;
  for (const Json& part : start["busy"]["array"]) busy += part.get<double>();
  busy *= start["cycles"].get<double>() / double(start["busy"]["array"].size());
  const double beats = report["cycles"].get<double>() - stalls;
  EXPECT_NEAR(busy, beats, 0.01 * beats);
  for (const Json& job : start["jobs"])
    for (const char* kind : {"weights", "lines", "array", "writes"}) {
      EXPECT_FALSE(job[kind].empty()) << kind;
      for (const Json& interval : job[kind]) {
        EXPECT_LT(interval[0], interval[1]);
        EXPECT_LE(interval[1], start["cycles"].get<int64_t>() + 8) << kind;
      }
    }
  int together = 0;
  for (const Json& stage : report["stages"]) together += stage["nodes"].size() > 1 ? 1 : 0;
  EXPECT_GE(together, 3);  // its three sums
  for (const Json& layer : report["layers"]) EXPECT_GE(layer["stage"].get<int>(), 0) << layer["name"];
  EXPECT_DOUBLE_EQ(report["latency_ms"].get<double>(), report["cycles"].get<double>() / 100e3);
  EXPECT_DOUBLE_EQ(report["images_per_second"].get<double>(), 100e6 / report["cycles"].get<double>());
  // No two tensors that are needed at one time share a byte.
  const Json& tensors = start["memory"]["tensors"];
  for (size_t a = 0; a < tensors.size(); a++)
    for (size_t b = 0; b < a; b++) {
      const auto apart = [&](const char* key, const Json& x, const Json& y) {
        return x[key].get<int64_t>() >= (std::string(key) == "from"
                                             ? y["to"].get<int64_t>()
                                             : y["offset"].get<int64_t>() + y["bytes"].get<int64_t>());
      };
      const Json &x = tensors[a], &y = tensors[b];
      EXPECT_TRUE(apart("from", x, y) || apart("from", y, x) || apart("offset", x, y) ||
                  apart("offset", y, x))
          << x << y;
    }
}

// Of many images those that are misclassified are shown, and first.
TEST_F(Report, MisclassifiedImagesComeFirst) {
  const std::string run = kFashion + " --engine golden --input " + Images(70);
  std::string labels;
  const Json first = Data(run);
  for (int i = 0; i < 70; i++) {
    const int said = first["predictions"][size_t(i)].get<int>();
    labels += std::to_string(i == 3 || i == 69 ? (said + 1) % 10 : said) + "\n";
  }
  const Json report = Data(run + " --labels " + Write("labels.txt", labels));
  EXPECT_DOUBLE_EQ(report["accuracy"].get<double>(), 68.0 / 70);
  ASSERT_EQ(report["inputs"].size(), 64U);
  EXPECT_EQ(report["inputs"][0]["image"], 3);
  EXPECT_EQ(report["inputs"][1]["image"], 69);
  EXPECT_EQ(report["inputs"][2]["image"], 0);
  EXPECT_EQ(report["inputs"][63]["image"], 62);
}

TEST_F(Report, NamesOfAModelAreText) {
  const std::string evil = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&<!--";
  OnnxBuilder b;
  b.Input("x", {1, 3, 8, 8});
  const std::string in = b.Requantise("x", 0.1F, 0);
  const std::string w = b.Weights("w", {4, 3, 3, 3}, {0.5F});
  b.Op("Conv", {in, w}, evil)->set_name(evil);
  b.Requantise(evil, 0.3F, 3);
  b.Output(evil + "_dq");
  auto* entry = b.model().add_metadata_props();
  entry->set_key("labels");
  entry->set_value(evil + ",@DATA@,@NETWORK@");
  const std::string model = Write("evil.onnx", b.Bytes());
  const std::string image = Array("x.npy", "|i1", {8, 8, 3}, std::vector<uint8_t>(192, 5));
  const Json report = Data(model + " --engine golden --input " + image);
  EXPECT_EQ(report["layers"][0]["name"], evil);
  const std::string page = Contents(Path("r.html"));
  EXPECT_EQ(DataOf(page), report);
  EXPECT_EQ(Count(page, "</script>"), 2U);
  EXPECT_EQ(Count(page, "<img"), 0U);
  EXPECT_EQ(Count(page, "<script>"), 1U);
  const Outcome drawing = Weft("info " + model + " --graph svg");
  EXPECT_EQ(drawing.status, 0);
  EXPECT_EQ(Count(drawing.out, "<script"), 0U);
  EXPECT_TRUE(drawing.out.starts_with("<svg"));
}

TEST_F(Report, Refusals) {
  const std::string out = " -o " + Path("r.html");
  ExpectRefused("report " + kFashion, "--output");
  ExpectRefused("report " + kFashion + out, "--input is missing");
  ExpectRefused("report " + kFashion + out + " --engine golden --clock 1MHz --input " + Images(1),
                "counts no cycles");
  ExpectRefused("report " + kFashion + out + " --engine cycles --clock fast", "give a frequency");
  ExpectRefused("report " + kFashion + " --engine golden -o /nowhere/r.html --input " + Images(1),
                "cannot be written");
  ExpectRefused(
      "report " + kFashion + out + " --engine golden --labels " + Write("l", "1\n") + " --input " + Images(2),
      "1 labels for 2 images");
  ExpectRefused("info " + kFashion + " --graph png", "svg");
}

TEST_F(Report, FiguresOfRunAndBench) {
  const std::string csv = Weft("bench resnet8 --engine cycles --csv -").out;
  const size_t head = csv.find("\r\n");
  EXPECT_EQ(csv.substr(0, 13), "name,op,macs,");
  EXPECT_NE(csv.substr(0, head).find(",stalls.fill,"), std::string::npos);
  EXPECT_EQ(Count(csv, "\r\n"),
            1 + Json::parse(Weft("bench resnet8 --engine cycles --json -").out)["layers"].size());
  const Json conv = Json::parse(
      Weft("conv --in 8x8x8 --filters 8x3x3 --batch 2 --engine cycles --clock 1GHz --json -").out);
  EXPECT_DOUBLE_EQ(conv["latency_ms"].get<double>(), conv["cycles"].get<double>() / 1e6);
  EXPECT_DOUBLE_EQ(conv["images_per_second"].get<double>(), 2e9 / conv["cycles"].get<double>());
  const Outcome run = Weft("run " + kFashion + " --engine cycles --clock 117");
  EXPECT_NE(run.out.find("at 117 MHz: "), std::string::npos) << run.out;
  ExpectRefused("run " + kFashion + " --engine golden --clock 117MHz --input " + Images(1),
                "counts no cycles");
}

TEST_F(Report, ProgramTellsWhatItHas) {
  EXPECT_TRUE(Weft("--version").out.starts_with("weft "));
  ExpectRefused("foo", "info, compile, export, run, board, report");
  const std::string names[] = {"info",     "compile", "export", "run",   "report",
                               "quantize", "conv",    "bench",  "waves", "wavediff"};
  for (const std::string shell : {"bash", "zsh", "fish"}) {
    const std::string script = Weft("completion " + shell).out;
    for (const std::string& name : names)
      EXPECT_NE(script.find(name), std::string::npos) << shell << " " << name;
    EXPECT_NE(script.find("most-cycles"), std::string::npos) << shell;
  }
  const std::string script = Write("weft.bash", Weft("completion bash").out);
  const auto completed = [&](const std::string& words) {
    const std::string command = "bash -c 'source " + script + "; COMP_WORDS=(" + words +
                                "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _weft; echo ${COMPREPLY[@]}' >" +
                                Path("reply");
    EXPECT_EQ(std::system(command.c_str()), 0);
    return Contents(Path("reply"));
  };
  EXPECT_EQ(completed("weft rep"), "report\n");
  EXPECT_EQ(completed("weft report --lab"), "--labels\n");
  EXPECT_EQ(completed("weft waves conv --filt"), "--filters\n");
  ExpectRefused("completion tcsh", "bash, zsh and fish");
  const std::string man = Weft("man").out;
  EXPECT_TRUE(man.starts_with(".TH WEFT 1"));
  EXPECT_NE(man.find(".B \\-\\-most\\-cycles"), std::string::npos);
}

}  // namespace
}  // namespace weft
