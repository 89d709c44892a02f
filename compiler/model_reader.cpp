// SPDX-License-Identifier: Apache-2.0
#include "compiler/model_reader.hpp"

#include <utility>

#include "compiler/onnx/onnx_reader.hpp"
#include "compiler/tflite/tflite_reader.hpp"
#include "sw_model/error.hpp"

namespace weft {
namespace {

Graph ParseTfliteModel(std::string_view contents, const ModelOptions& options) {
  if (options.rounding == Rounding::kOnnx)
    throw Error("a TensorFlow Lite model has TensorFlow Lite's rounding: leave --rounding out");
  if (options.size) throw Error("a TensorFlow Lite model has a size: leave --size out");
  Graph graph = ParseTflite(contents);
  graph.input_rounding = Rounding::kTflite;
  FuseMaxPools(&graph);
  return graph;
}

}  // namespace

const char* RoundingName(Rounding rounding) { return rounding == Rounding::kOnnx ? "onnx" : "tflite"; }

std::optional<Rounding> RoundingOfName(std::string_view name) {
  for (const Rounding rounding : {Rounding::kTflite, Rounding::kOnnx})
    if (name == RoundingName(rounding)) return rounding;
  return std::nullopt;
}

std::string WithOptionalSize(std::string contents, ModelOptions* options) {
  if (!options->size || IsTflite(contents)) return contents;
  const ModelOptions::Size size = *std::exchange(options->size, std::nullopt);
  return WithInputSize(contents, size.height, size.width);
}

Graph ParseModel(std::string_view contents, const ModelOptions& options,
                 const std::filesystem::path& folder) {
  if (IsTflite(contents)) return ParseTfliteModel(contents, options);
  if (options.size)
    return ParseModel(WithInputSize(contents, options.size->height, options.size->width),
                      {.rounding = options.rounding}, folder);
  return ParseOnnx(contents, options.rounding.value_or(Rounding::kOnnx), folder);
}

Graph ReadModel(const std::filesystem::path& path, const ModelOptions& options) {
  const std::string contents = ReadModelFile(path);
  try {
    if (path.extension() == ".tflite" && !IsTflite(contents))
      throw Error("not a TensorFlow Lite model (its identifier TFL3 is missing), or damaged");
    return ParseModel(contents, options, path.has_parent_path() ? path.parent_path() : ".");
  } catch (const Error& error) {
    throw Error("{}: {}", path.string(), error.what());
  }
}

}  // namespace weft
