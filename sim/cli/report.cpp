// SPDX-License-Identifier: Apache-2.0
#include "sim/cli/report.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <utility>

#include "sw_model/error.hpp"

namespace weft::cli {

std::FILE* TableStream(const std::string& json_option, const std::string& csv_option) {
  return json_option == "-" || csv_option == "-" ? stderr : stdout;
}

void WriteJson(const std::string& json_option, const Json& json) {
  if (json_option.empty()) return;
  const std::string text = json.dump(2, ' ', false, Json::error_handler_t::replace);
  if (json_option == "-") {
    fmt::print("{}\n", text);
    return;
  }
  std::ofstream file(json_option);
  file << text << '\n';
  if (!file.flush()) throw Error("{}: cannot be written", json_option);
}

void PrintTable(std::FILE* stream, const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i)
      line += i == 0 ? fmt::format("{:<{}}", row[i], widths[i]) : fmt::format("  {:>{}}", row[i], widths[i]);
    line.erase(line.find_last_not_of(' ') + 1);
    fmt::print(stream, "{}\n", line);
  }
}

std::string ShapeText(const Shape& shape) { return fmt::format("{}x{}x{}", shape.h, shape.w, shape.c); }

std::string ShortName(const std::string& name) {
  constexpr size_t kMost = 40;
  if (name.size() <= kMost) return name;
  size_t from = name.size() - (kMost - 3);
  while (from < name.size() && (uint8_t(name[from]) & 0xC0) == 0x80) from++;  // whole characters of UTF-8
  return "..." + name.substr(from);
}

std::string PercentText(double fraction) { return fmt::format("{:.2f} %", 100 * fraction); }

std::string MismatchText(const LayerStats& stats) {
  return stats.mismatches ? std::to_string(*stats.mismatches) : "-";
}

Json StatsJson(const LayerStats& stats, bool has_cycles) {
  Json json;
  json["macs"] = stats.macs;
  json["cycles"] = has_cycles ? Json(stats.cycles) : Json(nullptr);
  json["utilisation"] = has_cycles ? Json(stats.utilisation) : Json(nullptr);
  json["mismatches"] = stats.mismatches ? Json(*stats.mismatches) : Json(nullptr);
  json["outputs_compared"] = stats.outputs_compared;
  if (stats.predicted_cycles > 0) json["predicted_cycles"] = stats.predicted_cycles;
  if (!stats.stalls.empty()) json["stalls"] = stats.stalls;
  if (has_cycles) {
    json["bytes_read"] = stats.bytes_read;
    json["bytes_written"] = stats.bytes_written;
  }
  return json;
}

namespace {

bool IsTerminal() { return isatty(STDOUT_FILENO) != 0 && isatty(STDERR_FILENO) != 0; }

}  // namespace

Activity::Activity(std::string what) {
  if (!IsTerminal()) return;
  line_ = std::jthread([what = std::move(what)](const std::stop_token& stop) {
    using namespace std::chrono_literals;
    std::mutex mutex;
    std::condition_variable_any ended;
    std::unique_lock lock(mutex);
    const auto never = [] { return false; };
    int seconds = 0;
    for (; ended.wait_for(lock, stop, 1s, never), !stop.stop_requested();) {
      fmt::print(stderr, "\r{}: {} s", what, ++seconds);
      std::fflush(stderr);
    }
    if (seconds > 0) fmt::print(stderr, "\r\033[K");
  });
}

ProgressBar::ProgressBar(int64_t total)
    : total_(total),
      enabled_(total > 0 && IsTerminal()),
      next_(std::chrono::steady_clock::now() + std::chrono::seconds(1)) {}

ProgressBar::~ProgressBar() {
  if (shown_) fmt::print(stderr, "\r\033[K");
}

void ProgressBar::Show(int64_t done) {
  const auto now = std::chrono::steady_clock::now();
  if (!enabled_ || now < next_) return;
  next_ = now + std::chrono::milliseconds(200);
  shown_ = true;
  constexpr int64_t kWidth = 40;
  const auto filled = size_t(kWidth * std::min(done, total_) / total_);
  fmt::print(stderr, "\r[{:<{}}] {} / {} images", std::string(filled, '#'), kWidth, done, total_);
  std::fflush(stderr);
}

}  // namespace weft::cli
