// SPDX-License-Identifier: Apache-2.0
// A device made of files, for driver/uio: registers and buffer are files that a thread maps, too, and which
// runs the list in the buffer with the loosely timed model; a socket is the interrupt.
#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "driver/uio/weft_uio.h"
#include "sim/systemc/list_runner.hpp"
#include "sw_model/error.hpp"

namespace weft {

inline constexpr uint64_t kAddress = 0x5'8000'0000;  // beyond 32 bits
inline constexpr size_t kBufferBytes = size_t{1} << 20;
inline constexpr int kAddressBits = 40;
inline constexpr uint32_t kCycles = 5000,
                          kBytesRead = 1234;  // made up: CYCLES after a start counts the starts

inline std::string Contents(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The memory window in a mapped file.
struct MappedWindow : WindowMemory {
  explicit MappedWindow(uint8_t* begin) : bytes(begin) {}
  bool Read(uint32_t offset, uint8_t* to, size_t count) override {
    std::memcpy(to, bytes + offset, count);
    return true;
  }
  bool Write(uint32_t offset, const uint8_t* from, size_t count) override {
    std::memcpy(bytes + offset, from, count);
    return true;
  }
  uint8_t* bytes;
};

// /dev/uio0, /dev/udmabuf0 and what /sys says of it, in a folder.
class FakeDevice {
 public:
  // `interrupt`: the hardware's end of a socket.
  FakeDevice(const Config& config, std::filesystem::path folder, int interrupt)
      : config_(config), folder_(std::move(folder)), interrupt_(interrupt) {
    std::filesystem::create_directories(folder_ / "class");
    for (const char* name : {"sync_offset", "sync_size", "sync_direction", "sync_for_cpu", "sync_for_device"})
      Attribute(name, "");
    Attribute("phys_addr", fmt::format("0x{:016x}\n", kAddress));
    Attribute("size", fmt::format("{}\n", kBufferBytes));
    registers_ = reinterpret_cast<volatile uint32_t*>(Map("uio0", WEFT_REGS_BYTES));
    buffer_ = Map("udmabuf0", kBufferBytes);
    Set(WEFT_ID, WEFT_ID_VALUE);
    Set(WEFT_LIST_VERSION, WEFT_LIST_VERSION_VALUE);
    Set(WEFT_CONFIG0, config.Register0());
    Set(WEFT_CONFIG1, config.Register1() | uint32_t{kAddressBits} << WEFT_CONFIG1_ADDR_BITS_SHIFT);
    thread_ = std::thread([this] { Serve(); });
  }
  ~FakeDevice() {
    ends_ = true;
    thread_.join();
    close(interrupt_);
    munmap(const_cast<uint32_t*>(registers_), WEFT_REGS_BYTES);
    munmap(buffer_, kBufferBytes);
    std::filesystem::remove_all(folder_);
  }
  FakeDevice(const FakeDevice&) = delete;
  FakeDevice& operator=(const FakeDevice&) = delete;

  [[nodiscard]] std::string Path(const std::string& name) const { return folder_ / name; }
  [[nodiscard]] std::string Attribute(const std::string& name) const {
    return Contents(Path("class/" + name));
  }
  void Attribute(const std::string& name, const std::string& value) const {
    std::ofstream(Path("class/" + name)) << value;
  }
  void Set(uint32_t offset, uint32_t value) { registers_[offset / 4] = value; }

  std::atomic<int> starts = 0, interrupts_enabled = 0;
  bool whole_window = false;  // all of it has to be handed over at once

 private:
  uint8_t* Map(const std::string& name, size_t bytes) const {
    const int file = open(Path(name).c_str(), O_RDWR | O_CREAT, 0600);
    if (ftruncate(file, off_t(bytes)) != 0) throw Error("{}: cannot be made", name);
    void* map = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (map == MAP_FAILED) throw Error("{}: cannot be mapped", name);
    return static_cast<uint8_t*>(map);
  }
  [[nodiscard]] uint32_t Get(uint32_t offset) const { return registers_[offset / 4]; }
  [[nodiscard]] uint64_t Get64(uint32_t offset) const {
    return Get(offset) | uint64_t{Get(offset + 4)} << 32;
  }

  void Serve() {
    while (!ends_) {
      if ((Get(WEFT_CONTROL) & WEFT_CONTROL_START) == 0) {
        std::this_thread::yield();
        continue;
      }
      std::atomic_thread_fence(std::memory_order_seq_cst);
      Set(WEFT_CONTROL, 0);
      Set(WEFT_STATUS, WEFT_STATUS_BUSY);
      starts++;
      const uint32_t code = Run();
      Set(WEFT_CYCLES_LO, kCycles + uint32_t(starts));
      Set(WEFT_BYTES_READ_LO, kBytesRead);
      Set(WEFT_STATUS, (code == WEFT_CODE_OK ? WEFT_STATUS_DONE : WEFT_STATUS_ERROR) | WEFT_STATUS_IDLE |
                           code << WEFT_STATUS_CODE_SHIFT);
      std::atomic_thread_fence(std::memory_order_seq_cst);
      if ((Get(WEFT_IRQ_ENABLE) & WEFT_IRQ_ENABLE_DONE) == 0) continue;
      uint32_t enable = 0, count = 1;
      if (recv(interrupt_, &enable, sizeof enable, 0) == sizeof enable && enable == 1) interrupts_enabled++;
      send(interrupt_, &count, sizeof count, 0);
    }
  }

  // What the hardware would find: the window of the registers, and in memory only what was handed over.
  uint32_t Run() const {
    const uint64_t base = Get64(WEFT_WINDOW_BASE_LO), size = Get64(WEFT_WINDOW_SIZE_LO);
    if (base != kAddress || Get64(WEFT_LIST_ADDR_LO) != base || size > kBufferBytes)
      return WEFT_CODE_OUT_OF_WINDOW;
    const bool handed_over = Attribute("sync_for_device") == "1" && Attribute("sync_direction") == "1" &&
                             (!whole_window || (Attribute("sync_offset") == "0" &&
                                                Attribute("sync_size") == std::to_string(size)));
    if (!handed_over) return WEFT_CODE_READ_ERROR;
    const auto list = ReadList({buffer_, size}, {uint32_t(size), 0, Get(WEFT_LIST_BYTES)}, config_);
    if (!list) return WEFT_CODE_BAD_LIST;
    MappedWindow window(buffer_);
    return ListRunner(config_).Run(*list, &window).code;
  }

  const Config& config_;
  const std::filesystem::path folder_;
  volatile uint32_t* registers_ = nullptr;
  uint8_t* buffer_ = nullptr;
  int interrupt_;
  std::atomic<bool> ends_ = false;
  std::thread thread_;
};

}  // namespace weft
