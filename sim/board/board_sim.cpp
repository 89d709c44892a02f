// SPDX-License-Identifier: Apache-2.0
// weft_board_sim: the board of rtl/board/weft_board.sv without its PLL, simulated. Its serial pins are bits
// of a line that the host's end of a pseudo terminal fills and reads, so that `weft board --port` talks to
// it. Prints the pseudo terminal's name and runs until its standard input ends.
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>
#include <verilated.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <deque>
#include <exception>
#include <memory>
#include <vector>

#include "Vweft_board.h"
#include "sw_model/error.hpp"

namespace weft {
namespace {

constexpr int kDiv = WEFT_BOARD_DIV;       // cycles of a bit
constexpr int kCycles = 1000;              // between two looks at the pseudo terminal
constexpr int64_t kAwakeCycles = 500'000;  // without a byte on the line, before the simulation slows down
constexpr int kIdleMilliseconds = 10;      // ... to kCycles in so much time

// Bytes to the board: the line's level in each cycle.
class Sender {
 public:
  void Add(const uint8_t* bytes, size_t count) { queue_.insert(queue_.end(), bytes, bytes + count); }
  [[nodiscard]] bool empty() const { return queue_.empty() && bits_ == 0; }
  bool Level() {
    if (bits_ == 0) {
      if (queue_.empty()) return true;
      frame_ = 0x200U | unsigned{queue_.front()} << 1;  // stop bit, data, start bit
      queue_.pop_front();
      bits_ = 10;
      cycles_ = kDiv;
    }
    const bool level = (frame_ & 1) != 0;
    if (--cycles_ == 0) {
      cycles_ = kDiv;
      frame_ >>= 1;
      bits_--;
    }
    return level;
  }

 private:
  std::deque<uint8_t> queue_;
  unsigned frame_ = 0;
  int bits_ = 0, cycles_ = 0;
};

// Bytes from the board, of the line's level in each cycle.
class Receiver {
 public:
  void Add(bool level) {
    if (cycle_ < 0) {
      if (!level) cycle_ = 0;
      return;
    }
    cycle_++;
    if (cycle_ % kDiv != kDiv / 2) return;
    const int bit = cycle_ / kDiv;  // 0: the start bit
    if (bit == 0 && level) throw Error("the board's start bit is shorter than half of one");
    if (bit >= 1 && bit <= 8) byte_ = uint8_t(byte_ >> 1 | (level ? 0x80 : 0));
    if (bit != 9) return;
    if (!level) throw Error("the board sends a byte without a stop bit");
    bytes.push_back(byte_);
    cycle_ = -1;
  }
  std::vector<uint8_t> bytes;

 private:
  int cycle_ = -1;  // since the start bit's edge, -1: the line is idle
  uint8_t byte_ = 0;
};

// The board's end of a pseudo terminal. Its other end stays open here, so that hosts may come and go.
class Terminal {
 public:
  Terminal() : board_(posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK)) {
    if (board_ < 0 || grantpt(board_) != 0 || unlockpt(board_) != 0) Fail();
    std::array<char, 128> name{};
    if (ptsname_r(board_, name.data(), name.size()) != 0) Fail();
    name_ = name.data();
    host_ = open(name_.c_str(), O_RDWR | O_NOCTTY);
    termios line{};
    if (host_ < 0 || tcgetattr(host_, &line) != 0) Fail();
    cfmakeraw(&line);
    if (tcsetattr(host_, TCSANOW, &line) != 0) Fail();
  }
  ~Terminal() {
    close(host_);
    close(board_);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  [[nodiscard]] const std::string& name() const { return name_; }
  bool Read(Sender* sender) {
    std::array<uint8_t, 4096> bytes;
    const ssize_t got = read(board_, bytes.data(), bytes.size());
    if (got > 0) sender->Add(bytes.data(), size_t(got));
    return got > 0;
  }
  // As much as there is room for; the rest stays.
  bool Write(std::vector<uint8_t>* bytes) {
    if (bytes->empty()) return false;
    const ssize_t put = write(board_, bytes->data(), bytes->size());
    if (put > 0) bytes->erase(bytes->begin(), bytes->begin() + put);
    return put > 0;
  }
  // Sleeps until a byte comes, the standard input ends, or the time is over: whether the input has ended.
  bool Wait(int milliseconds) const {
    std::array<pollfd, 2> files = {{{STDIN_FILENO, POLLIN, 0}, {board_, POLLIN, 0}}};
    if (poll(files.data(), files.size(), milliseconds) < 0 && errno != EINTR) Fail();
    std::array<char, 64> input;
    return files[0].revents != 0 && read(STDIN_FILENO, input.data(), input.size()) <= 0;
  }

 private:
  [[noreturn]] static void Fail() { throw Error("no pseudo terminal: {}", std::strerror(errno)); }
  int board_, host_ = -1;
  std::string name_;
};

class Board {
 public:
  Board() {
    context_.fatalOnError(false);
#ifdef WEFT_NETLIST
    context_.randReset(2);  // memories begin with random bits
#endif
    model_ = std::make_unique<Vweft_board>(&context_, "weft_board");
    model_->rst_ni = 0;
    for (int i = 0; i < 4; i++) Cycle();
    model_->rst_ni = 1;
  }
  ~Board() { model_->final(); }
  Board(const Board&) = delete;
  Board& operator=(const Board&) = delete;

  void Cycle() {
    model_->rx_i = sender.Level();
    model_->clk_i = 0;
    model_->eval();
    model_->clk_i = 1;
    model_->eval();
    if (context_.gotError()) throw Error("an assertion of the RTL failed (above)");
    receiver.Add(model_->tx_o);
  }
  Sender sender;
  Receiver receiver;

 private:
  VerilatedContext context_;
  std::unique_ptr<Vweft_board> model_;
};

void Run() {
  if (fcntl(STDIN_FILENO, F_GETFD) < 0)  // the terminal would take its number
    throw Error("its standard input is closed: it would not know when to end");
  Terminal terminal;
  Board board;
  fmt::print("{}\n", terminal.name());
  std::fflush(stdout);
  for (int64_t quiet = 0;;) {
    const bool moved = terminal.Read(&board.sender) || !board.sender.empty();
    for (int i = 0; i < kCycles; i++) board.Cycle();
    quiet = terminal.Write(&board.receiver.bytes) || moved ? 0 : quiet + kCycles;
    if (terminal.Wait(quiet < kAwakeCycles ? 0 : kIdleMilliseconds)) return;
  }
}

}  // namespace
}  // namespace weft

int main(int argc, char** /*argv*/) {
  try {
    if (argc > 1)
      throw weft::Error(
          "there are no arguments: it prints the line's name and runs until its standard input ends");
    weft::Run();
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "weft_board_sim: {}\n", error.what());
    return 2;
  }
}
