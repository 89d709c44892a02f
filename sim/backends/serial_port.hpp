// SPDX-License-Identifier: Apache-2.0
// A serial line of POSIX (termios): 8 data bits, no parity, one stop bit, no flow control. Also one end of a
// pseudo terminal, whose speed is nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace weft {

class SerialPort {
 public:
  // Throws Error with what to change if `path` cannot be opened, is no serial line, is in use by another
  // program, or does not know the speed (bits a second).
  SerialPort(const std::string& path, int baud);
  ~SerialPort();
  SerialPort(const SerialPort&) = delete;
  SerialPort& operator=(const SerialPort&) = delete;

  void Write(const std::vector<uint8_t>& bytes);
  // What has come, at least a byte, or nothing if nothing comes up to the deadline.
  using Clock = std::chrono::steady_clock;
  std::vector<uint8_t> Read(Clock::time_point deadline);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] int baud() const { return baud_; }

 private:
  bool Ready(short events, Clock::time_point deadline) const;

  std::string path_;
  int baud_;
  int file_ = -1;
};

}  // namespace weft
