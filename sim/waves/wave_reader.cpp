// SPDX-License-Identifier: Apache-2.0
#include "sim/waves/wave_reader.hpp"

#include <algorithm>
#include <array>
#include <fstream>

#include "sim/waves/fst.hpp"
#include "sim/waves/vcd.hpp"
#include "sw_model/error.hpp"

namespace weft {

std::unique_ptr<WaveReader> OpenWaves(const std::filesystem::path& path) {
  if (!std::filesystem::is_regular_file(path)) throw Error("{}: no such file", path.string());
  std::ifstream file(path, std::ios::binary);
  std::array<char, 256> start{};
  file.read(start.data(), start.size());
  const std::string_view text(start.data(), size_t(file.gcount()));
  if (!file.is_open() || file.bad()) throw Error("{}: cannot be read", path.string());
  if (text.empty()) throw Error("{}: the file is empty", path.string());
  if (text[0] == '\0' || text[0] == '\xfe') return std::make_unique<FstReader>(path);
  if (text.starts_with("\x1f\x8b"))
    throw Error("{}: is compressed: unpack it with gunzip first", path.string());
  const size_t word = text.find_first_not_of(" \t\r\n");
  if (word != text.npos && text[word] == '$') return std::make_unique<VcdReader>(path);
  throw Error("{}: neither an FST nor a VCD file", path.string());
}

std::string PlainName(std::string_view name) {
  if (name.starts_with('\\')) name.remove_prefix(1);
  while (name.ends_with(' ')) name.remove_suffix(1);
  const size_t open = name.ends_with(']') ? name.rfind('[') : name.npos;
  std::string plain(name.substr(0, open));
  if (open != name.npos) {
    while (plain.ends_with(' ')) plain.pop_back();
    const std::string_view index = name.substr(open);
    if (index.find(':') == index.npos || plain.empty()) plain += index;
  }
  const auto is_control = [](unsigned char c) { return c < ' ' || c == 127; };  // of a damaged file
  std::replace_if(plain.begin(), plain.end(), is_control, '?');
  return plain;
}

}  // namespace weft
