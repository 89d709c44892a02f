// SPDX-License-Identifier: Apache-2.0
// A program's window as plain bytes.
#pragma once

#include <cstring>
#include <vector>

#include "sim/harness/machine.hpp"
#include "sim/systemc/list_runner.hpp"

namespace weft {

struct WindowOfBytes : WindowMemory {
  // What nobody has written must not matter.
  explicit WindowOfBytes(const Program& program) : bytes(program.window_bytes, 0xa5) {
    std::memcpy(bytes.data(), program.image.data(), program.image.size());
  }
  [[nodiscard]] ListStart Start(const Program& program) const {
    return {uint32_t(bytes.size()), 0, program.list_bytes};
  }
  void Put(const Place& place, const TensorI8& tensor) {
    const weft_place p = DriverPlace(place);
    weft_put(bytes.data(), &p, tensor.data.data());
  }
  [[nodiscard]] TensorI8 Get(const Place& place) const {
    TensorI8 tensor(place.shape);
    const weft_place p = DriverPlace(place);
    weft_get(bytes.data(), &p, tensor.data.data());
    return tensor;
  }
  bool Read(uint32_t offset, uint8_t* to, size_t count) override {
    std::memcpy(to, &bytes.at(offset), count);
    return true;
  }
  bool Write(uint32_t offset, const uint8_t* from, size_t count) override {
    std::memcpy(&bytes.at(offset), from, count);
    return true;
  }

  std::vector<uint8_t> bytes;
};

}  // namespace weft
