// SPDX-License-Identifier: Apache-2.0
#include "sim/waves/name_map.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "sw_model/error.hpp"

namespace weft {
namespace {

bool IsWildcard(char c) { return c == '*' || c == '?'; }

// Whether `glob` fits the whole of `name`; `parts` are what its wildcards stand for. A * takes as little as
// it can.
bool Fits(std::string_view glob, std::string_view name, std::vector<std::string_view>* parts) {
  size_t g = 0, n = 0;
  size_t star = glob.npos, star_begin = 0, star_parts = 0;  // the last *: only it has to be made longer
  while (g < glob.size() || n < name.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      star_begin = n;
      parts->push_back(name.substr(n, 0));
      star_parts = parts->size();
    } else if (g < glob.size() && n < name.size() && (glob[g] == '?' || glob[g] == name[n])) {
      if (glob[g++] == '?') parts->push_back(name.substr(n, 1));
      ++n;
    } else {
      if (star == glob.npos) return false;
      parts->resize(star_parts);
      n = star_begin + parts->back().size() + 1;
      if (n > name.size()) return false;
      parts->back() = name.substr(star_begin, n - star_begin);
      g = star + 1;
    }
  }
  return true;
}

std::string Wildcards(std::string_view glob) {
  std::string found;
  std::copy_if(glob.begin(), glob.end(), std::back_inserter(found), IsWildcard);
  return found;
}

std::string_view Trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
}

}  // namespace

NameMap NameMap::Load(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!std::filesystem::is_regular_file(path) || !file) throw Error("{}: no such file", path.string());
  return Parse(std::string(std::istreambuf_iterator<char>(file), {}), path.string());
}

NameMap NameMap::Parse(std::string_view text, const std::string& file) {
  NameMap map;
  map.is_identity_ = false;
  int number = 0;
  while (!text.empty()) {
    ++number;
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = Trim(text.substr(0, std::min(text.find('#'), end)));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    const size_t arrow = line.find("->");
    if (arrow == line.npos) throw Error("{}: line {}: GLOB_A -> GLOB_B should be here", file, number);
    const std::string_view from = Trim(line.substr(0, arrow)), to = Trim(line.substr(arrow + 2));
    if (from.empty() || to.empty()) throw Error("{}: line {}: GLOB_A -> GLOB_B should be here", file, number);
    if (Wildcards(from) != Wildcards(to))
      throw Error("{}: line {}: the same * and ? in the same order should be on both sides", file, number);
    map.lines_.push_back({number, std::string(from), std::string(to)});
  }
  if (map.lines_.empty()) throw Error("{}: no line GLOB_A -> GLOB_B", file);
  return map;
}

std::optional<NameMap::Renamed> NameMap::Rename(std::string_view name) const {
  if (is_identity_) return Renamed{std::string(name), nullptr};
  for (const Line& line : lines_) {
    std::vector<std::string_view> parts;
    if (!Fits(line.from, name, &parts)) continue;
    Renamed renamed{"", &line};
    size_t part = 0;
    for (const char c : line.to) {
      if (IsWildcard(c)) renamed.name += parts[part++];
      else renamed.name += c;
    }
    return renamed;
  }
  return {};
}

}  // namespace weft
