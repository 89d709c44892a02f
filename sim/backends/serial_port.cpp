// SPDX-License-Identifier: Apache-2.0
#include "sim/backends/serial_port.hpp"

#include <fcntl.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <sys/file.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>

#include "sw_model/error.hpp"

namespace weft {
namespace {

constexpr auto kWriteTime = std::chrono::seconds(10);  // without room for a byte

const std::map<int, speed_t>& Speeds() {
  static const std::map<int, speed_t> speeds = {
      {9600, B9600},       {19200, B19200},     {38400, B38400},     {57600, B57600},     {115200, B115200},
      {230400, B230400},   {460800, B460800},   {500000, B500000},   {921600, B921600},   {1000000, B1000000},
      {1500000, B1500000}, {2000000, B2000000}, {2500000, B2500000}, {3000000, B3000000},
  };
  return speeds;
}

// Everything as it is, 8 bits, and no modem to wait for.
void MakeRaw(int file, speed_t speed, const std::string& path) {
  termios line{};
  if (tcgetattr(file, &line) != 0) throw Error("{}: this is no serial line: {}", path, std::strerror(errno));
  cfmakeraw(&line);
  line.c_cflag &= ~tcflag_t(CSTOPB | CRTSCTS | HUPCL);
  line.c_cflag |= CLOCAL | CREAD;
  cfsetispeed(&line, speed);
  cfsetospeed(&line, speed);
  if (tcsetattr(file, TCSANOW, &line) != 0)
    throw Error("{}: the line does not take this speed: {}", path, std::strerror(errno));
}

}  // namespace

SerialPort::SerialPort(const std::string& path, int baud) : path_(path), baud_(baud) {
  const auto speed = Speeds().find(baud);
  if (speed == Speeds().end()) {
    std::vector<int> known;
    for (const auto& [number, unused] : Speeds()) known.push_back(number);
    throw Error("--baud {}: use one of {}", baud, fmt::join(known, ", "));
  }
  if (path.empty()) throw Error("--port: name the line, as /dev/ttyUSB0");
  file_ = open(path.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (file_ < 0)
    throw Error("{}: the line cannot be opened: {}{}", path, std::strerror(errno),
                errno == EACCES ? "; who may use it is in its group (ls -l)" : "");
  try {
    if (flock(file_, LOCK_EX | LOCK_NB) != 0) throw Error("{}: another program uses the line", path);
    MakeRaw(file_, speed->second, path);
  } catch (...) {
    close(file_);
    throw;
  }
}

SerialPort::~SerialPort() { close(file_); }

bool SerialPort::Ready(short events, Clock::time_point deadline) const {
  pollfd line{file_, events, 0};
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    const int ready = poll(&line, 1, int(std::max<int64_t>(left, 0)));
    if (ready > 0) return true;
    if (ready == 0) return false;
    if (errno != EINTR) throw Error("{}: {}", path_, std::strerror(errno));
  }
}

void SerialPort::Write(const std::vector<uint8_t>& bytes) {
  for (size_t done = 0; done < bytes.size();) {
    if (!Ready(POLLOUT, Clock::now() + kWriteTime)) throw Error("{}: the line takes no more bytes", path_);
    const ssize_t put = write(file_, bytes.data() + done, bytes.size() - done);
    if (put > 0) done += size_t(put);
    else if (put < 0 && errno != EAGAIN && errno != EINTR)
      throw Error("{}: the line is gone: {}", path_, std::strerror(errno));
  }
}

std::vector<uint8_t> SerialPort::Read(Clock::time_point deadline) {
  std::array<uint8_t, 4096> bytes;
  while (Ready(POLLIN, deadline)) {
    const ssize_t got = read(file_, bytes.data(), bytes.size());
    if (got > 0) return {bytes.begin(), bytes.begin() + got};
    if (got == 0 || (errno != EAGAIN && errno != EINTR))
      throw Error("{}: the line is gone: {}", path_, got == 0 ? "it has ended" : std::strerror(errno));
  }
  return {};
}

}  // namespace weft
