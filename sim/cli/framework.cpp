// SPDX-License-Identifier: Apache-2.0
#include "sim/cli/framework.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "sim/cli/io.hpp"
#include "sim/cli/outputs.hpp"
#include "sw_model/error.hpp"

namespace weft::cli {
namespace {

constexpr int kMostImages = 64;      // TensorFlow Lite Micro takes its time
constexpr double kTolerance = 1e-5;  // of the largest value, of what stays float

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = std::filesystem::temp_directory_path() / "weft_XXXXXX";
    if (mkdtemp(name.data()) == nullptr) throw Error("{}: cannot be made: {}", name, std::strerror(errno));
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

std::string TextOf(const std::filesystem::path& path) {
  const std::vector<uint8_t> bytes = ReadBytes(path);
  return {bytes.begin(), bytes.end()};
}

std::string LastLine(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

// Runs a program with its output and errors in files; whether it ends with status 0.
bool RunProgram(const std::vector<std::string>& words, const std::filesystem::path& out,
                const std::filesystem::path& errors) {
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out.c_str(), O_WRONLY | O_CREAT, 0600);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors.c_str(), O_WRONLY | O_CREAT, 0600);
  pid_t child = 0;
  const int failed = posix_spawn(&child, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  int status = 0;
  return failed == 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// The first images' part of an array whose slowest axis they are.
std::vector<uint8_t> Part(const NpyArray& array, int images, int all) {
  const auto bytes = array.bytes.size() * size_t(images) / size_t(all);
  return {array.bytes.begin(), array.bytes.begin() + std::ptrdiff_t(bytes)};
}

std::vector<float> Floats(const std::vector<uint8_t>& bytes) {
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
  return values;
}

// How many values of one output differ.
int64_t Differing(const std::vector<uint8_t>& ours, const std::vector<uint8_t>& theirs, bool is_float,
                  bool tolerant) {
  if (!is_float) {
    int64_t count = 0;
    for (size_t i = 0; i < ours.size(); i++) count += ours[i] != theirs[i] ? 1 : 0;
    return count;
  }
  const std::vector<float> a = Floats(ours), b = Floats(theirs);
  float largest = 0;
  for (const float value : b) largest = std::max(largest, std::abs(value));
  const float allowed = tolerant ? float(kTolerance) * largest : 0;
  int64_t count = 0;
  for (size_t i = 0; i < a.size(); i++) count += std::abs(a[i] - b[i]) <= allowed ? 0 : 1;  // a NaN differs
  return count;
}

// Adds one output; false if the arrays do not belong together.
bool Add(const Graph& graph, size_t output, const NpyArray& ours, const NpyArray& theirs, int all,
         FrameworkComparison* c) {
  const TensorInfo& info = graph.tensors[size_t(graph.outputs[output].tensor)];
  const std::vector<uint8_t> part = Part(ours, c->images, all);
  if (theirs.dtype != ours.dtype || theirs.bytes.size() != part.size()) return false;
  c->values += int64_t(part.size()) / (ours.dtype == "<f4" ? 4 : 1);
  c->differing += Differing(part, theirs.bytes, ours.dtype == "<f4", info.is_real);
  c->tolerant = c->tolerant || info.is_real;
  return true;
}

std::string ArrayText(const NpyArray& array) {
  return fmt::format("{} {}", array.dtype, weft::ShapeText(array.shape));
}

}  // namespace

Json ToJson(const FrameworkComparison& c) {
  const bool compared = !c.name.empty();
  return {{"name", compared ? Json(c.name) : Json(nullptr)},
          {"reason", compared ? Json(nullptr) : Json(c.reason)},
          {"images", c.images},
          {"values", c.values},
          {"differ", compared ? Json(c.differing) : Json(nullptr)},
          {"tolerance", c.tolerant ? Json(kTolerance) : Json(nullptr)}};
}

FrameworkComparison CompareWithFramework(const std::string& model, const Graph& graph, const TensorI8& images,
                                         const std::vector<NpyArray>& ours) {
  const std::string python = WEFT_PYTHON, script = WEFT_FRAMEWORK_SCRIPT;
  for (const std::string& file : {python, script})
    if (!std::filesystem::exists(file))
      return {.name = {}, .reason = "Weft's Python environment, which has the frameworks, is not there"};
  if (graph.real_input)
    return {.name = {}, .reason = "the model begins with float operators, and the images are kept as codes"};
  FrameworkComparison c;
  c.images = std::min(images.shape.n, kMostImages);
  const TemporaryFolder folder;
  WriteBytes(folder / "model", model);
  const TensorInfo& input = graph.tensors[size_t(graph.input)];
  SaveNpy(folder / "images.npy",
          ToArray(Slice(images, 0, c.images), input,
                  input.is_unsigned ? ElementType::kUint8 : ElementType::kInt8, nullptr));
  const std::vector<std::string> words = {python,
                                          script,
                                          folder / "model",
                                          folder / "images.npy",
                                          "-o",
                                          folder / "outputs",
                                          "--outputs",
                                          std::to_string(ours.size()),
                                          "--scale",
                                          fmt::format("{}", input.scale),
                                          "--zero-point",
                                          std::to_string(input.zero_point + (input.is_unsigned ? 128 : 0))};
  if (!RunProgram(words, folder / "name", folder / "errors"))
    return {.name = {}, .reason = LastLine(TextOf(folder / "errors"))};
  for (size_t i = 0; i < ours.size(); i++) {
    const NpyArray theirs = LoadNpy(folder / fmt::format("outputs/{}.npy", i));
    if (!Add(graph, i, ours[i], theirs, images.shape.n, &c))
      return {.name = {},
              .reason = fmt::format("output {} is {} there, {} here", PortName(graph, graph.outputs[i]),
                                    ArrayText(theirs), ArrayText(ours[i]))};
  }
  c.name = LastLine(TextOf(folder / "name"));
  return c;
}

FrameworkComparison CompareWithFile(const std::string& path, const Graph& graph, int images,
                                    const std::vector<NpyArray>& ours) {
  FrameworkComparison c;
  c.images = images;
  const Outputs names(graph, path);
  const std::vector<Outputs::Entry> entries = names.Entries(images);
  for (size_t i = 0; i < ours.size(); i++) {
    const NpyArray theirs = LoadNpy(entries[i].file);
    if (!Add(graph, i, ours[i], theirs, images, &c))
      throw Error("{}: it holds {}, the output {} is {}", entries[i].file, ArrayText(theirs), entries[i].name,
                  ArrayText(ours[i]));
  }
  c.name = std::filesystem::path(path).filename();
  return c;
}

}  // namespace weft::cli
