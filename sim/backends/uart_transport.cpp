// SPDX-License-Identifier: Apache-2.0
#include "sim/backends/uart_transport.hpp"

#include <zlib.h>

#include <algorithm>
#include <span>

#include "rtl/loader_pkg.hpp"
#include "sw_model/error.hpp"

namespace weft {
namespace {

namespace p = rtl::loader_pkg;
using std::chrono::milliseconds;

constexpr int kTries = 3;
constexpr uint32_t kMostBytes = 1024;  // of the memory in a request: what is sent again if one is damaged
constexpr milliseconds kSilence(50);
constexpr int kAnswerBytes = 1 + p::ANSWER_BYTES + p::CRC_BYTES;
// Ends any request that the loader may be in the midst of: none is longer.
constexpr int kLongest = 1 + p::REQUEST_BYTES + p::CRC_BYTES + int(kMostBytes) + p::CRC_BYTES;

void Append32(uint32_t value, std::vector<uint8_t>* bytes) {
  for (int i = 0; i < 4; i++) bytes->push_back(uint8_t(value >> 8 * i));
}
uint32_t Word(std::span<const uint8_t> bytes) {
  return uint32_t{bytes[0]} | uint32_t{bytes[1]} << 8 | uint32_t{bytes[2]} << 16 | uint32_t{bytes[3]} << 24;
}
uint32_t Crc(std::span<const uint8_t> bytes) {
  return uint32_t(crc32_z(crc32_z(0, nullptr, 0), bytes.data(), bytes.size()));
}
void AppendCrc(size_t first, std::vector<uint8_t>* bytes) {
  Append32(Crc(std::span(*bytes).subspan(first)), bytes);
}
bool HasCrc(std::span<const uint8_t> bytes) {
  const size_t size = bytes.size() - p::CRC_BYTES;
  return Crc(bytes.first(size)) == Word(bytes.subspan(size));
}

}  // namespace

UartTransport::UartTransport(const std::string& port, int baud, double patience)
    : line_(port, baud), patience_(int64_t(1000 * patience)) {
  Resynchronise();
  memory_bytes_ = Ask(p::OP_INFO, 0, 0).value;
}

// What the loader makes of zeros: the rest of a request, which then has a wrong CRC, or nothing.
void UartTransport::Resynchronise() {
  line_.Write(std::vector<uint8_t>(kLongest));
  const auto deadline = Deadline(2 * kLongest);  // the zeros, and an answer that is on its way
  while (!line_.Read(SerialPort::Clock::now() + kSilence).empty())
    if (SerialPort::Clock::now() > deadline)
      throw Error("{}: bytes come without end: is this the board's line, and is {} its --baud?", line_.path(),
                  line_.baud());
  received_.clear();
}

SerialPort::Clock::time_point UartTransport::Deadline(int64_t bytes) const {
  return SerialPort::Clock::now() + patience_ + milliseconds(10'000 * bytes / line_.baud());
}

// Looks at the line once at least, whatever the time is.
bool UartTransport::Have(size_t bytes, SerialPort::Clock::time_point deadline) {
  while (received_.size() < bytes) {
    if (heard_ && SerialPort::Clock::now() > deadline) return false;
    const std::vector<uint8_t> more = line_.Read(deadline);
    if (more.empty()) return false;
    heard_ = true;
    received_.insert(received_.end(), more.begin(), more.end());
  }
  return true;
}

// The next answer with the tag of the request; others, and what is no answer, are passed over. Nothing if the
// time is over or what follows the answer is damaged.
std::optional<UartTransport::Answer> UartTransport::Receive(int operation, uint32_t bytes_behind, int sent) {
  const auto deadline = Deadline(int64_t{sent} + kAnswerBytes + bytes_behind);
  const auto drop = [&](size_t count) {
    received_.erase(received_.begin(), received_.begin() + std::ptrdiff_t(count));
  };
  while (Have(kAnswerBytes, deadline)) {
    const auto frame = std::span(received_).subspan(1, p::ANSWER_BYTES + p::CRC_BYTES);
    if (received_[0] != p::SYNC || !HasCrc(frame)) {
      drop(1);
      continue;
    }
    Answer answer{.status = frame[0], .value = Word(frame.subspan(2)), .data = {}};
    const bool mine = frame[1] == tag_;
    drop(kAnswerBytes);
    if (!mine) continue;
    if (operation != p::OP_READ_MEMORY || answer.status != p::STATUS_OK) return answer;
    const size_t behind = bytes_behind + p::CRC_BYTES;
    if (answer.value != bytes_behind || !Have(behind, deadline)) return {};
    const auto data = std::span(received_).first(behind);
    if (!HasCrc(data)) return {};
    answer.data.assign(data.begin(), data.end() - p::CRC_BYTES);
    drop(behind);
    return answer;
  }
  return {};
}

UartTransport::Answer UartTransport::Ask(int operation, uint32_t address, uint32_t value,
                                         const std::vector<uint8_t>& data) {
  std::vector<uint8_t> request = {uint8_t(p::SYNC), uint8_t(operation), ++tag_};
  Append32(address, &request);
  Append32(value, &request);
  AppendCrc(1, &request);
  if (operation == p::OP_WRITE_MEMORY) {
    const size_t first = request.size();
    request.insert(request.end(), data.begin(), data.end());
    AppendCrc(first, &request);
  }
  heard_ = false;
  bool damaged = false;  // what the board got, of the last try
  const uint32_t behind = operation == p::OP_READ_MEMORY ? value : 0;
  for (int i = 0; i < kTries; i++) {
    if (i > 0) Resynchronise();
    line_.Write(request);
    std::optional<Answer> answer = Receive(operation, behind, int(request.size()));
    damaged = answer && answer->status == p::STATUS_BAD_DATA;
    if (!answer || damaged) continue;
    if (answer->status == p::STATUS_OK) return std::move(*answer);
    if (answer->status == p::STATUS_ERROR)
      throw Error("{}: the board's register at {:#x} answers with an error", line_.path(), address);
    throw Error(
        "{}: the board does not do operation {} at {:#x} with {:#x}, status {}: is its bitstream of this "
        "version of Weft?",
        line_.path(), operation, address, value, answer->status);
  }
  if (damaged)
    throw Error("{}: what is sent arrives damaged: choose a slower --baud, of make board too", line_.path());
  if (!heard_)
    throw Error(
        "{}: nothing answers: is this the board's line, is its bitstream loaded, and is {} its --baud?",
        line_.path(), line_.baud());
  throw Error("{}: what comes is no undamaged answer: is this the board's line, and is {} its --baud?",
              line_.path(), line_.baud());
}

uint32_t UartTransport::ReadRegister(uint32_t offset) { return Ask(p::OP_READ_REGISTER, offset, 0).value; }

void UartTransport::WriteRegister(uint32_t offset, uint32_t value) {
  Ask(p::OP_WRITE_REGISTER, offset, value);
}

void UartTransport::WriteMemory(uint64_t offset, const std::vector<uint8_t>& bytes) {
  for (size_t done = 0; done < bytes.size(); done += kMostBytes) {
    const size_t count = std::min<size_t>(kMostBytes, bytes.size() - done);
    const auto from = bytes.begin() + std::ptrdiff_t(done);
    Ask(p::OP_WRITE_MEMORY, uint32_t(offset + done), uint32_t(count), {from, from + std::ptrdiff_t(count)});
  }
}

std::vector<uint8_t> UartTransport::ReadMemory(uint64_t offset, size_t bytes) {
  std::vector<uint8_t> all;
  while (all.size() < bytes) {
    const auto count = uint32_t(std::min<size_t>(kMostBytes, bytes - all.size()));
    const Answer answer = Ask(p::OP_READ_MEMORY, uint32_t(offset + all.size()), count);
    all.insert(all.end(), answer.data.begin(), answer.data.end());
  }
  return all;
}

}  // namespace weft
