// SPDX-License-Identifier: Apache-2.0
#include "sim/cli/options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>

#include "sw_model/config.hpp"
#include "sw_model/error.hpp"
#include "sw_model/memory.hpp"

namespace weft::cli {

std::vector<int64_t> ParseNumbers(std::string_view text, const Notation& notation) {
  std::vector<int64_t> numbers;
  const char* at = text.data();
  const char* const end = at + text.size();
  bool well_formed = !text.empty();
  while (well_formed) {
    int64_t number = 0;
    const auto [rest, error] = std::from_chars(at, end, number);
    well_formed = error == std::errc{} && number >= notation.lo && number <= notation.hi;
    numbers.push_back(number);
    at = rest;
    if (at == end) break;
    well_formed = well_formed && *at++ == notation.separator;
  }
  const bool right_count = std::count(notation.counts.begin(), notation.counts.end(), numbers.size()) > 0;
  if (!well_formed || !right_count)
    throw Error("{} '{}': give whole numbers from {} to {}, as in {}", notation.option, text.substr(0, 60),
                notation.lo, notation.hi, notation.example);
  return numbers;
}

namespace {

// The numbers of "0.485,0.456,0.406".
std::vector<float> ParseReals(const std::string& option, const std::string& text) {
  std::vector<float> reals;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) {
    float real = 0;
    const auto [rest, error] = std::from_chars(part.data(), part.data() + part.size(), real);
    if (error != std::errc{} || rest != part.data() + part.size() || !std::isfinite(real) ||
        (option == "--std" && real == 0))
      throw Error("{} '{}': give numbers, one or one a channel, as in 0.485,0.456,0.406{}", option,
                  text.substr(0, 60), option == "--std" ? ", none of them 0" : "");
    reals.push_back(real);
  }
  return reals;
}

Layout ParseLayout(const std::string& layout) {
  if (layout.empty()) return Layout::kOfShape;
  if (layout == "hwc") return Layout::kHwc;
  if (layout == "chw") return Layout::kChw;
  throw Error("--layout '{}': use hwc or chw", layout);
}

}  // namespace

CLI::Validator CanBeWritten() {
  const auto check = [](const std::string& file) -> std::string {
    const std::filesystem::path path = file, folder = path.parent_path();
    if (std::filesystem::is_directory(path))
      return fmt::format("{}: cannot be written: it is a folder", file);
    if (folder.empty() || std::filesystem::is_directory(folder)) return {};
    return fmt::format("{}: cannot be written: there is no folder {}", file, folder.string());
  };
  return CLI::Validator(check, "");
}

Rounding ParseRounding(const std::string& text) {
  const std::optional<Rounding> known = RoundingOfName(text);
  if (!known) throw Error("--rounding '{}': use tflite or onnx", text);
  return *known;
}

ModelOptions ModelFlags::Parsed() const {
  ModelOptions options;
  if (!rounding.empty()) options.rounding = ParseRounding(rounding);
  if (!size.empty()) {
    const std::vector<int64_t> numbers = ParseNumbers(size, {"--size", 'x', {2}, 1, 65536, "224x224"});
    options.size = {.height = int(numbers[0]), .width = int(numbers[1])};
  }
  return options;
}

void ModelFlags::RefuseFor(const std::string& compiled) const {
  if (!rounding.empty())
    throw Error("{}: it is compiled, and with it its rounding: leave --rounding out", compiled);
  if (!size.empty()) throw Error("{}: it is compiled, and has its size: leave --size out", compiled);
}

void AddModelFlags(CLI::App* command, ModelFlags* flags) {
  command->add_option("--rounding", flags->rounding,
                      "whose outputs the model's are to the bit: tflite or onnx (that of its format)");
  command->add_option("--size", flags->size,
                      "height and width of the images, HxW, for a model that leaves them free");
}

void AddInputFlags(CLI::App* command, InputFlags* flags) {
  command->add_option("--input", flags->files,
                      "images: PNG, JPEG, BMP, PGM, PPM, IDX or .npy files, folders of them, or @LIST");
  command->add_option("--layout", flags->layout, "axes of .npy images: hwc or chw (as their shape says)");
  command->add_option("--scale", flags->scale, "real = (value * scale - mean) / std (1/255; of floats 1)");
  command->add_option("--mean", flags->mean, "... one number, or one a channel: 0.485,0.456,0.406");
  command->add_option("--std", flags->std, "... likewise");
  command->add_flag("--resize", flags->resize, "bring image files to the network's size (bilinear)");
}

InputOptions ParsedInput(const InputFlags& flags, int limit) {
  if (flags.scale && (!std::isfinite(*flags.scale) || *flags.scale == 0))
    throw Error("--scale {}: give a number other than 0", *flags.scale);
  return {.layout = ParseLayout(flags.layout),
          .scale = flags.scale,
          .mean = ParseReals("--mean", flags.mean),
          .std = ParseReals("--std", flags.std),
          .resize = flags.resize,
          .limit = limit};
}

TensorI8 LoadInputs(const InputFlags& flags, const Graph& graph, int limit) {
  if (flags.files.empty()) throw Error("--input is missing: name the files of the images");
  return LoadImages(flags.files, FormatOf(graph), ParsedInput(flags, limit));
}

TensorI8 ImagesToRun(const InputFlags& flags, const Graph& graph, int limit, int zeros) {
  if (!flags.files.empty() || zeros == 0) return LoadInputs(flags, graph, limit);
  if (limit > 0) throw Error("--limit needs --input; without it one batch is counted");
  if (flags.HasFormat()) throw Error("--layout, --scale, --mean, --std and --resize need --input");
  Shape shape = graph.tensors[size_t(graph.input)].shape;
  shape.n = zeros;
  return TensorI8(shape);
}

void AddBackendFlags(CLI::App* command, BackendFlags* flags) {
  BackendOptions& o = flags->options;
  command->add_option("--engine", o.engine, "rtl, golden or cycles")->required();
  command->add_option("--config", o.config, "hardware configuration: a name, or a file")
      ->capture_default_str();
  command->add_option("--memory", o.memory, "memory model WIDTH:LATENCY, bytes a cycle and cycles");
  command->add_option("--stalls", o.stalls, "probability that a memory stream stalls in a cycle, 0..0.99");
  command->add_option("--seed", o.seed, "seed of stalls and of random data")
      ->capture_default_str()
      ->check([](const std::string& text) {  // CLI11 would take -1 as 2^64 - 1
        return text.starts_with('-') ? std::string("give a whole number from 0") : std::string();
      });
  command->add_flag("--check", o.check, "compare every output with the golden model");
}

void AddTraceFlags(CLI::App* command, BackendFlags* flags) {
  command->add_option("--trace", flags->options.trace_file, "write a waveform (.fst)");
  command->add_option("--trace-window", flags->trace_window, "cycles A:B to trace");
}

BackendOptions ParsedBackend(const BackendFlags& flags) {
  BackendOptions o = flags.options;
  if (o.engine != "rtl" && o.engine != "golden" && o.engine != "cycles")
    throw Error("--engine '{}': use rtl, golden or cycles", o.engine);
  if (!(o.stalls >= 0 && o.stalls <= 0.99))
    throw Error("--stalls {}: give a probability from 0 to 0.99", o.stalls);
  if (o.stalls != 0 && o.engine == "golden")
    throw Error("--stalls: the engine golden has no memory to stall");
  if (!o.memory.empty()) ParseNumbers(o.memory, {"--memory", ':', {2}, 0, 1'000'000, "8:40"});
  // What the golden model has no use for is right all the same.
  const Config config = Config::Load(o.config);
  if (o.engine == "golden") Memory::Parse(o.memory, config);
  if (o.trace_file.empty() && !flags.trace_window.empty()) throw Error("--trace-window needs --trace FILE");
  if (!o.trace_file.empty() && o.engine != "rtl") throw Error("--trace needs the engine rtl");
  if (!o.trace_file.empty() && !o.trace_file.ends_with(".fst"))
    throw Error(
        "--trace {}: traces are FST files: give a name that ends in .fst (fst2vcd makes a VCD file of it)",
        o.trace_file);
  if (!flags.trace_window.empty()) {
    const auto window =
        ParseNumbers(flags.trace_window, {"--trace-window", ':', {2}, 0, INT64_MAX, "1000:2000"});
    if (window[0] >= window[1])
      throw Error("--trace-window {}: the end must be after the beginning", flags.trace_window);
    o.trace_begin = window[0];
    o.trace_end = window[1];
  }
  return o;
}

void RemoveOldTrace(const BackendOptions& options) {
  if (options.trace_file.empty()) return;
  std::error_code failed;
  std::filesystem::remove(options.trace_file, failed);
}

void CheckTrace(const BackendOptions& options) {
  if (options.trace_file.empty() || std::filesystem::exists(options.trace_file)) return;
  throw Error("{}: no trace was written: it cannot be, or the run ended before cycle {}", options.trace_file,
              options.trace_begin);
}

}  // namespace weft::cli
