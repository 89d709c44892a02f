// SPDX-License-Identifier: Apache-2.0
// driver/uio against a device made of files: registers and buffer are files that a thread maps, too, and
// which runs the list in the buffer with the loosely timed model; a socket is the interrupt. A network comes
// out as the golden model says, twice; then everything that can be missing.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "compiler/network_file.hpp"
#include "driver/uio/weft_uio.h"
#include "sim/systemc/list_runner.hpp"
#include "tests/random_graph.hpp"
#include "tests/systemc/window_of_bytes.hpp"

namespace weft {
namespace {

constexpr uint64_t kAddress = 0x5'8000'0000;  // beyond 32 bits
constexpr size_t kBufferBytes = size_t{1} << 20;
constexpr int kAddressBits = 40;

std::string Contents(const std::filesystem::path& path) {
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
  explicit FakeDevice(const Config& config) : config_(config) {
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
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, interrupt_), 0);
    thread_ = std::thread([this] { Serve(); });
  }
  ~FakeDevice() {
    ends_ = true;
    thread_.join();
    close(interrupt_[1]);
    munmap(const_cast<uint32_t*>(registers_), WEFT_REGS_BYTES);
    munmap(buffer_, kBufferBytes);
    std::filesystem::remove_all(folder_);
  }
  FakeDevice(const FakeDevice&) = delete;
  FakeDevice& operator=(const FakeDevice&) = delete;

  int Attach(weft_uio* weft) {
    return weft_uio_attach(weft, open(Path("uio0").c_str(), O_RDWR), interrupt_[0],
                           open(Path("udmabuf0").c_str(), O_RDWR), Path("class").c_str());
  }
  [[nodiscard]] std::string Path(const std::string& name) const { return folder_ / name; }
  [[nodiscard]] std::string Attribute(const std::string& name) const {
    return Contents(Path("class/" + name));
  }
  void Attribute(const std::string& name, const std::string& value) const {
    std::ofstream(Path("class/" + name)) << value;
  }
  void Set(uint32_t offset, uint32_t value) { registers_[offset / 4] = value; }

  std::atomic<int> starts = 0, interrupts_enabled = 0;

 private:
  uint8_t* Map(const std::string& name, size_t bytes) const {
    const int file = open(Path(name).c_str(), O_RDWR | O_CREAT, 0600);
    EXPECT_EQ(ftruncate(file, off_t(bytes)), 0);
    void* map = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    EXPECT_NE(map, MAP_FAILED);
    close(file);
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
      Set(WEFT_STATUS, (code == WEFT_CODE_OK ? WEFT_STATUS_DONE : WEFT_STATUS_ERROR) | WEFT_STATUS_IDLE |
                           code << WEFT_STATUS_CODE_SHIFT);
      std::atomic_thread_fence(std::memory_order_seq_cst);
      if ((Get(WEFT_IRQ_ENABLE) & WEFT_IRQ_ENABLE_DONE) == 0) continue;
      uint32_t enable = 0, count = 1;
      if (recv(interrupt_[1], &enable, sizeof enable, 0) == sizeof enable && enable == 1)
        interrupts_enabled++;
      send(interrupt_[1], &count, sizeof count, 0);
    }
  }

  // What the hardware would find: the window of the registers, and in memory only what was handed over.
  uint32_t Run() const {
    const uint64_t base = Get64(WEFT_WINDOW_BASE_LO), size = Get64(WEFT_WINDOW_SIZE_LO);
    if (base != kAddress || Get64(WEFT_LIST_ADDR_LO) != base || size > kBufferBytes)
      return WEFT_CODE_OUT_OF_WINDOW;
    const bool handed_over = Attribute("sync_for_device") == "1" && Attribute("sync_direction") == "1" &&
                             Attribute("sync_offset") == "0" &&
                             Attribute("sync_size") == std::to_string(size);
    if (!handed_over) return WEFT_CODE_READ_ERROR;
    const auto list = ReadList({buffer_, size}, {uint32_t(size), 0, Get(WEFT_LIST_BYTES)}, config_);
    if (!list) return WEFT_CODE_BAD_LIST;
    MappedWindow window(buffer_);
    return ListRunner(config_).Run(*list, &window).code;
  }

  const Config& config_;
  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("weft_uio_" + std::to_string(getpid()));
  volatile uint32_t* registers_ = nullptr;
  uint8_t* buffer_ = nullptr;
  int interrupt_[2] = {-1, -1};
  std::atomic<bool> ends_ = false;
  std::thread thread_;
};

class Uio : public testing::Test {
 protected:
  // A network that begins with a start of the hardware.
  void SetUp() override {
    for (uint64_t seed = 1;; seed++) {
      graph_ = MakeRandomGraph(seed);
      network_ = CompileNetwork(graph_.graph, 1, config_);
      if (!network_.segments[0].on_host() && !network_.programs[0].inputs[0].interleaved &&
          network_.programs[0].program.window_bytes <= kBufferBytes)
        return;
    }
  }

  [[nodiscard]] const Program& program() const { return network_.programs[0].program; }
  void Load(weft_uio* weft) const {
    std::memset(weft->window, 0xa5, kBufferBytes);
    std::memcpy(weft->window, program().image.data(), program().image.size());
    for (const SegmentProgram::Input& in : network_.programs[0].inputs) {
      const weft_place place = DriverPlace(in.place);
      weft_put(weft->window, &place, graph_.values[size_t(in.tensor)].data.data());
    }
  }
  [[nodiscard]] int Run(weft_uio* weft) const {
    return weft_uio_run(weft, program().list_bytes, program().window_bytes, 1000);
  }

  const Config config_ = Config::Load("4x4");
  RandomGraph graph_;
  CompiledNetwork network_;
  FakeDevice device_{config_};
};

TEST_F(Uio, RunsANetworkTwice) {
  weft_uio weft;
  ASSERT_EQ(device_.Attach(&weft), 0) << weft.error;
  EXPECT_EQ(weft.window_address, kAddress);
  EXPECT_EQ(weft.buffer_bytes, kBufferBytes);
  for (int run = 1; run <= 2; run++) {
    Load(&weft);
    device_.Attribute("sync_for_device", "");
    device_.Attribute("sync_for_cpu", "");
    ASSERT_EQ(Run(&weft), int(WEFT_CODE_OK)) << weft.error;
    EXPECT_EQ(device_.starts, run);
    EXPECT_EQ(device_.interrupts_enabled, run);
    EXPECT_EQ(device_.Attribute("sync_for_cpu"), "1");
    EXPECT_EQ(device_.Attribute("sync_direction"), "2");
    EXPECT_EQ(device_.Attribute("sync_size"), std::to_string(program().window_bytes));
    int compared = 0;
    for (size_t t = 0; t < network_.programs[0].outputs.size(); t++) {
      if (!network_.programs[0].outputs[t]) continue;
      TensorI8 got(network_.programs[0].outputs[t]->shape);
      const weft_place place = DriverPlace(*network_.programs[0].outputs[t]);
      weft_get(weft.window, &place, got.data.data());
      EXPECT_EQ(got, graph_.values[t]);
      compared++;
    }
    EXPECT_GT(compared, 0);
  }
  weft_uio_close(&weft);
}

TEST_F(Uio, SaysHowARunEnds) {
  weft_uio weft;
  ASSERT_EQ(device_.Attach(&weft), 0) << weft.error;
  Load(&weft);
  EXPECT_EQ(weft_uio_run(&weft, program().list_bytes, kBufferBytes + 1, 0), WEFT_E_UIO);
  EXPECT_STREQ(weft.error, "the window: the buffer is smaller");
  EXPECT_EQ(weft_uio_run(&weft, 4096, 2048, 0), WEFT_E_WINDOW);
  EXPECT_EQ(weft_uio_to_cpu(&weft, 4096, kBufferBytes), -1);
  EXPECT_STREQ(weft.error, "cache: these bytes are not in the buffer");
  weft.window[100] ^= 1;
  EXPECT_EQ(Run(&weft), WEFT_E_LIST);
  weft.window[100] ^= 1;
  std::filesystem::remove(device_.Path("class/sync_for_device"));
  EXPECT_EQ(Run(&weft), WEFT_E_UIO);
  EXPECT_NE(std::string(weft.error).find("sync_for_device: No such file"), std::string::npos) << weft.error;
  EXPECT_EQ(device_.starts, 0);
  device_.Attribute("sync_for_device", "");
  weft.window_address += 4096;  // not what the device's memory has
  EXPECT_EQ(Run(&weft), int(WEFT_CODE_OUT_OF_WINDOW));
  weft_uio_close(&weft);
}

TEST_F(Uio, SaysWhatIsMissing) {
  const std::string uio = device_.Path("uio0"), buffer = device_.Path("udmabuf0"),
                    folder = device_.Path("class");
  const auto refused = [&](const std::string& u, const std::string& b, const std::string& c) {
    weft_uio weft;
    EXPECT_EQ(weft_uio_open(&weft, u.c_str(), b.c_str(), c.c_str()), -1);
    return std::string(weft.error);
  };
  weft_uio weft;
  ASSERT_EQ(weft_uio_open(&weft, uio.c_str(), buffer.c_str(), folder.c_str()), 0) << weft.error;
  weft_uio_close(&weft);
  EXPECT_EQ(refused("/dev/uio99", buffer, folder), "/dev/uio99: No such file or directory");
  EXPECT_EQ(refused(uio, "/dev/udmabuf99", folder), "/dev/udmabuf99: No such file or directory");
  EXPECT_EQ(refused(uio, buffer, "/sys/nothing"), "/sys/nothing/phys_addr: No such file or directory");
  EXPECT_EQ(refused(uio, buffer, std::string(200, 'x')), "the buffer's class: this name is too long");
  device_.Attribute("phys_addr", "0x80000010");
  EXPECT_NE(refused(uio, buffer, folder).find("not a multiple of 4096"), std::string::npos);
  device_.Attribute("phys_addr", "none");
  EXPECT_EQ(refused(uio, buffer, folder), "phys_addr: u-dma-buf gives no number for it");
  device_.Attribute("phys_addr", "80000000");
  device_.Set(WEFT_ID, 0);
  EXPECT_EQ(refused(uio, buffer, folder), "the registers: there is no Weft at these registers");
}

}  // namespace
}  // namespace weft
