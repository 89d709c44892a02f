// SPDX-License-Identifier: Apache-2.0
// Requests and answers of loader.sv as bytes on the line.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <vector>

#include "rtl/loader_pkg.hpp"

namespace weft::rtl {

using Bytes = std::vector<uint8_t>;

inline void Append32(uint32_t value, Bytes* bytes) {
  for (int i = 0; i < 4; i++) bytes->push_back(uint8_t(value >> 8 * i));
}
inline void AppendCrc(size_t first, Bytes* bytes) {
  Append32(uint32_t(crc32_z(0, bytes->data() + first, bytes->size() - first)), bytes);
}
inline Bytes Request(int operation, uint8_t tag, uint32_t address, uint32_t value,
                     const Bytes* data = nullptr) {
  Bytes bytes = {uint8_t(loader_pkg::SYNC), uint8_t(operation), tag};
  Append32(address, &bytes);
  Append32(value, &bytes);
  AppendCrc(1, &bytes);
  if (data == nullptr) return bytes;
  const size_t first = bytes.size();
  bytes.insert(bytes.end(), data->begin(), data->end());
  if (data->empty()) Append32(0, &bytes);
  else AppendCrc(first, &bytes);
  return bytes;
}
inline Bytes Answer(int status, uint8_t tag, uint32_t value, const Bytes* data = nullptr) {
  Bytes bytes = {uint8_t(loader_pkg::SYNC), uint8_t(status), tag};
  Append32(value, &bytes);
  AppendCrc(1, &bytes);
  if (data == nullptr) return bytes;
  const size_t first = bytes.size();
  bytes.insert(bytes.end(), data->begin(), data->end());
  if (data->empty()) Append32(0, &bytes);
  else AppendCrc(first, &bytes);
  return bytes;
}

}  // namespace weft::rtl
