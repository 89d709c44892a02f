// SPDX-License-Identifier: Apache-2.0
// weft waves --dump-vectors: the folder's manifest.
#include "sim/cli/waves_vectors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "sim/cli/npy.hpp"
#include "sw_model/error.hpp"

namespace weft::cli {
namespace {

Json FieldJson(const VectorField& f) {
  return {{"signal", f.signal},
          {"module", f.module},
          {"lsb", f.lsb},
          {"bits", f.bits},
          {"lanes", f.lanes},
          {"lane_bits", f.bits / f.lanes},
          {"lane_is", f.lanes > 1 ? Json(f.lane_is) : Json(nullptr)},
          {"signed", f.is_signed}};
}

Json StreamJson(const VectorStream& s, bool has_rtl) {
  Json json = {{"stream", s.name},
               {"module", s.module},
               {"golden", "golden/" + s.file},
               {"rtl", has_rtl ? Json("rtl/" + s.file) : Json(nullptr)},
               {"numbers", s.when},
               {"bits", s.bits()},
               {"transfers", s.golden},
               {"rtl_transfers", has_rtl ? Json(s.rtl) : Json(nullptr)},
               {"fields", Json::array()},
               {"layers", Json::array()}};
  for (const VectorField& f : s.fields) json["fields"].push_back(FieldJson(f));
  for (const VectorStream::Part& p : s.parts)
    json["layers"].push_back(
        {{"layer", p.layer.empty() ? Json(nullptr) : Json(p.layer)}, {"transfers", p.transfers}});
  return json;
}

}  // namespace

VectorManifest::VectorManifest(std::filesystem::path folder, const Config& config, const Memory& memory)
    : folder_(std::move(folder)),
      json_({{"config", config.Key()},
             {"memory", {{"width", memory.width}, {"latency", memory.latency}}},
             {"complete", true},
             {"runs", Json::array()}}) {}

std::filesystem::path VectorManifest::Folder(const std::string& name) const {
  std::string plain = name;
  std::ranges::replace_if(
      plain, [](char c) { return std::isalnum(uint8_t(c)) == 0 && c != '_' && c != '-'; }, '_');
  return folder_ / fmt::format("{}_{}", json_["runs"].size(), plain.substr(0, 60));
}

void VectorManifest::Add(const VectorFiles& files, const char* top, std::optional<Rounding> rounding) {
  Json run = {{"folder", files.folder().filename().string()},
              {"top", top},
              {"rounding", !rounding                      ? Json(nullptr)
                           : *rounding == Rounding::kOnnx ? Json("onnx")
                                                          : Json("tflite")},
              {"stopped", files.stopped.empty() ? Json(nullptr) : Json(files.stopped)},
              {"streams", Json::array()}};
  for (const VectorStream& s : files.streams()) {
    run["streams"].push_back(StreamJson(s, files.has_rtl()));
    transfers_ += s.golden;
  }
  json_["runs"].push_back(std::move(run));
}

void VectorManifest::Write(std::FILE* stream, bool complete) {
  if (json_["runs"].empty())
    throw Error(
        "there are no vectors to write: no operator of this network is a convolution, which runs on the "
        "engine");
  json_["complete"] = complete;
  const std::filesystem::path path = folder_ / "manifest.json";
  WriteBytes(path, json_.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  fmt::print(stream, "wrote {}: {} numbers of {} run{}{}\n", path.string(), transfers_, json_["runs"].size(),
             json_["runs"].size() == 1 ? "" : "s", complete ? "" : ", up to the first that differs");
}

}  // namespace weft::cli
