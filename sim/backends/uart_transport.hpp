// SPDX-License-Identifier: Apache-2.0
// A board behind a serial line: the host's end of the protocol of rtl/board/loader.sv (docs/board.md).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/backends/board.hpp"
#include "sim/backends/serial_port.hpp"

namespace weft {

class UartTransport : public Transport {
 public:
  // Waits for an answer, or for silence, as many seconds as `patience` says and the time of the bytes. Throws
  // Error if the line cannot be used, or no loader answers.
  UartTransport(const std::string& port, int baud, double patience);

  [[nodiscard]] uint64_t WindowAddress() const override { return 0; }
  [[nodiscard]] uint64_t WindowBytes() const override { return memory_bytes_; }
  uint32_t ReadRegister(uint32_t offset) override;
  void WriteRegister(uint32_t offset, uint32_t value) override;
  void Wait() override {}  // a read of STATUS over the line is a wait
  void WriteMemory(uint64_t offset, const std::vector<uint8_t>& bytes) override;
  std::vector<uint8_t> ReadMemory(uint64_t offset, size_t bytes) override;

 private:
  struct Answer {
    int status;
    uint32_t value;
    std::vector<uint8_t> data;
  };
  // A request until its answer is here undamaged; `data` goes with it. Throws Error if it does not come, or
  // says that the loader refuses, or what no loader says.
  Answer Ask(int operation, uint32_t address, uint32_t value, const std::vector<uint8_t>& data = {});
  std::optional<Answer> Receive(int operation, uint32_t bytes_behind, int sent);
  bool Have(size_t bytes, SerialPort::Clock::time_point deadline);
  void Resynchronise();
  // When to give up what takes so many bytes on the line.
  [[nodiscard]] SerialPort::Clock::time_point Deadline(int64_t bytes) const;

  SerialPort line_;
  std::chrono::milliseconds patience_;
  std::vector<uint8_t> received_;  // and not looked at yet
  uint8_t tag_ = 0;                // of the request before
  bool heard_ = false;             // whether anything has come since the last request
  uint32_t memory_bytes_ = 0;
};

}  // namespace weft
