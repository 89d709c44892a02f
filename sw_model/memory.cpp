// SPDX-License-Identifier: Apache-2.0
#include "sw_model/memory.hpp"

#include <algorithm>
#include <charconv>

#include "sw_model/error.hpp"

namespace weft {

Memory Memory::Parse(const std::string& text, const Config& config) {
  Memory memory{config.bus_bytes, 40};
  if (text.empty()) return memory;
  auto number = [&](const char* begin, const char* end, int* value) {
    const auto [rest, error] = std::from_chars(begin, end, *value);
    return error == std::errc() && rest == end && *value >= 1 && *value <= 1 << 20;
  };
  const char *begin = text.data(), *end = begin + text.size(), *colon = std::find(begin, end, ':');
  if (colon == end || !number(begin, colon, &memory.width) || !number(colon + 1, end, &memory.latency))
    throw Error("'{}' is not a memory: give WIDTH:LATENCY, bytes a cycle and cycles, such as 8:40", text);
  if (memory.width > config.bus_bytes)
    fmt::print(stderr,
               "weft: the bus of configuration {} takes {} bytes a cycle, so the memory gives no more\n",
               config.name, config.bus_bytes);
  memory.width = std::min(memory.width, config.bus_bytes);
  return memory;
}

}  // namespace weft
