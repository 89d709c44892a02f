// SPDX-License-Identifier: Apache-2.0
#include "sim/cli/planes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "sw_model/error.hpp"

namespace weft::cli {
namespace {

using Row = std::vector<int8_t>;

Row ParseRow(const std::string& line, const std::string& where) {
  Row row;
  std::istringstream words(line);
  for (std::string word; words >> word;) {
    int value = 0;
    const char* const end = word.data() + word.size();
    const auto [rest, error] = std::from_chars(word.data(), end, value);
    if (error != std::errc{} || rest != end || value < -128 || value > 127)
      throw Error("{}: '{}': give whole numbers from -128 to 127", where, word.substr(0, 60));
    row.push_back(int8_t(value));
  }
  return row;
}

}  // namespace

bool IsPlanes(const std::filesystem::path& path) { return path.extension() == ".txt"; }

TensorI8 LoadPlanes(const std::filesystem::path& path, int channels) {
  std::ifstream file(path);
  if (!file) throw Error("{}: no such file", path.string());
  std::vector<std::vector<Row>> planes;
  bool apart = true;
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    const std::string where = fmt::format("{}:{}", path.string(), ++number);
    const Row row = ParseRow(line.substr(0, line.find('#')), where);
    if (row.empty()) {
      apart = apart || line.find('#') == std::string::npos;
      continue;
    }
    if (apart) planes.emplace_back();
    apart = false;
    planes.back().push_back(row);
    if (row.size() != planes[0][0].size())
      throw Error("{}: {} numbers, the first row has {}", where, row.size(), planes[0][0].size());
  }
  if (planes.empty()) throw Error("{}: it holds no numbers", path.string());
  for (const auto& plane : planes)
    if (plane.size() != planes[0].size())
      throw Error("{}: planes of {} and of {} rows; an empty line parts planes", path.string(),
                  planes[0].size(), plane.size());
  const int count = int(planes.size());
  if (channels == 0) channels = count;
  if (count % channels != 0)
    throw Error("{}: {} planes are no multiple of the {} channels", path.string(), count, channels);
  TensorI8 tensor(Shape{count / channels, int(planes[0].size()), int(planes[0][0].size()), channels});
  for (int p = 0; p < count; ++p)
    for (int y = 0; y < tensor.shape.h; ++y)
      for (int x = 0; x < tensor.shape.w; ++x)
        tensor.at(p / channels, y, x, p % channels) = planes[size_t(p)][size_t(y)][size_t(x)];
  return tensor;
}

void PrintPlanes(std::FILE* stream, const TensorI8& tensor) {
  size_t width = 0;
  for (const int8_t value : tensor.data) width = std::max(width, fmt::formatted_size("{}", value));
  for (int n = 0; n < tensor.shape.n; ++n)
    for (int c = 0; c < tensor.shape.c; ++c) {
      fmt::print(stream, "image {}, channel {}:\n", n, c);
      for (int y = 0; y < tensor.shape.h; ++y) {
        for (int x = 0; x < tensor.shape.w; ++x)
          fmt::print(stream, "{}{:{}}", x == 0 ? "  " : " ", tensor.at(n, y, x, c), width);
        fmt::print(stream, "\n");
      }
    }
}

}  // namespace weft::cli
