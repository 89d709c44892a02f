// SPDX-License-Identifier: Apache-2.0
// driver/uio against a device made of files: a network comes out as the golden model says, twice, and of two
// networks from two threads; then everything that can be missing.
#include <gtest/gtest.h>

#include <cstring>
#include <thread>

#include "compiler/network_file.hpp"
#include "tests/driver/fake_device.hpp"
#include "tests/random_graph.hpp"
#include "tests/systemc/window_of_bytes.hpp"

namespace weft {
namespace {

class Uio : public testing::Test {
 protected:
  // A network that begins with a start of the hardware.
  void SetUp() override {
    device_.whole_window = true;
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

  struct Sockets {
    Sockets() { EXPECT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0); }
    int ends[2] = {-1, -1};
  };

  int Attach(weft_uio* weft) {
    return weft_uio_attach(weft, open(device_.Path("uio0").c_str(), O_RDWR), interrupt_.ends[0],
                           open(device_.Path("udmabuf0").c_str(), O_RDWR), device_.Path("class").c_str());
  }

  const Config config_ = Config::Load("4x4");
  RandomGraph graph_;
  CompiledNetwork network_;
  Sockets interrupt_;
  FakeDevice device_{config_,
                     std::filesystem::temp_directory_path() / ("weft_uio_" + std::to_string(getpid())),
                     interrupt_.ends[1]};
};

TEST_F(Uio, RunsANetworkTwice) {
  weft_uio weft;
  ASSERT_EQ(Attach(&weft), 0) << weft.error;
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

// Whatever the order of the threads, each gets its own network's output.
TEST_F(Uio, IsADeviceThatThreadsShare) {
  device_.whole_window = false;
  weft_uio weft;
  ASSERT_EQ(Attach(&weft), 0) << weft.error;
  weft_device device = weft_uio_device(&weft);
  ASSERT_EQ(weft_device_init(&device), WEFT_OK);
  const weft_program first = {program().image.data(), program().image.size(), program().list_bytes,
                              program().window_bytes};
  const std::vector<uint8_t> copy = program().image;  // another program, as far as the device knows
  const weft_program second = {copy.data(), copy.size(), first.list_bytes, first.window_bytes};
  const auto work = [&](const weft_program& p) {
    std::vector<weft_input> inputs;
    for (const SegmentProgram::Input& in : network_.programs[0].inputs)
      inputs.push_back({DriverPlace(in.place), graph_.values[size_t(in.tensor)].data.data()});
    for (int run = 0; run < 20; run++)
      for (size_t t = 0; t < network_.programs[0].outputs.size(); t++) {
        if (!network_.programs[0].outputs[t]) continue;
        TensorI8 got(network_.programs[0].outputs[t]->shape);
        const weft_output out = {DriverPlace(*network_.programs[0].outputs[t]), got.data.data()};
        ASSERT_EQ(weft_device_run(&device, &p, inputs.data(), inputs.size(), &out, 1, 1000),
                  int(WEFT_CODE_OK))
            << weft.error;
        EXPECT_EQ(got, graph_.values[t]);
      }
  };
  std::thread other(work, std::cref(first));
  work(second);
  other.join();
  EXPECT_GE(device_.starts, 40);
  weft_uio_close(&weft);
}

TEST_F(Uio, SaysHowARunEnds) {
  weft_uio weft;
  ASSERT_EQ(Attach(&weft), 0) << weft.error;
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
