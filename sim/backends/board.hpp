// SPDX-License-Identifier: Apache-2.0
// A weft_top on a board, which the driver starts: what is known of how it is reached is Transport.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "driver/uio/weft_uio.h"
#include "driver/weft.h"
#include "sim/harness/machine.hpp"

namespace weft {

// The registers, the interrupt and the memory window of a board. Every function throws to give up.
class Transport {
 public:
  virtual ~Transport() = default;
  [[nodiscard]] virtual uint64_t WindowAddress() const = 0;  // as the hardware sees it
  [[nodiscard]] virtual uint64_t WindowBytes() const = 0;
  virtual uint32_t ReadRegister(uint32_t offset) = 0;
  virtual void WriteRegister(uint32_t offset, uint32_t value) = 0;
  virtual void Wait() = 0;  // until there may have been an interrupt, or for a while
  // Bytes of the window, which begins at offset 0.
  virtual void WriteMemory(uint64_t offset, const std::vector<uint8_t>& bytes) = 0;
  virtual std::vector<uint8_t> ReadMemory(uint64_t offset, size_t bytes) = 0;
  // Caches: around a start that may read and write the window's first bytes.
  virtual void ToDevice(uint64_t /*bytes*/) {}
  virtual void ToHost(uint64_t /*bytes*/) {}
};

// Linux: UIO and u-dma-buf (driver/uio/weft_uio.h). Throws Error if one of them is not there.
class UioTransport : public Transport {
 public:
  UioTransport(const std::string& registers, const std::string& buffer, const std::string& buffer_class);
  // Of files that are open, as weft_uio_attach, which closes them.
  UioTransport(int registers, int interrupt, int buffer, const std::string& buffer_class);
  ~UioTransport() override;
  UioTransport(const UioTransport&) = delete;
  UioTransport& operator=(const UioTransport&) = delete;

  [[nodiscard]] uint64_t WindowAddress() const override { return uio_.window_address; }
  [[nodiscard]] uint64_t WindowBytes() const override { return uio_.buffer_bytes; }
  uint32_t ReadRegister(uint32_t offset) override;
  void WriteRegister(uint32_t offset, uint32_t value) override;
  void Wait() override;
  void WriteMemory(uint64_t offset, const std::vector<uint8_t>& bytes) override;
  std::vector<uint8_t> ReadMemory(uint64_t offset, size_t bytes) override;
  void ToDevice(uint64_t bytes) override;
  void ToHost(uint64_t bytes) override;

 private:
  weft_uio uio_{};
};

class Board : public Machine {
 public:
  // `watchdog`: cycles without progress that end a start, 0: never. Throws Error if no Weft answers.
  explicit Board(std::unique_ptr<Transport> transport, uint32_t watchdog = 1'000'000);
  void Load(const Program& program) override;
  void Write(const Place& place, const TensorI8& tensor) override;
  [[nodiscard]] TensorI8 Read(const Place& place) const override;
  CycleResult Run(const Program& program, int64_t most_cycles) override;

  std::mutex in_use;  // whoever runs a network holds it from the first call to the last

 private:
  std::unique_ptr<Transport> transport_;
  uint32_t watchdog_;
  weft_bus bus_;
  std::vector<uint8_t> image_;  // that the window begins with: no run changes it
};

}  // namespace weft
