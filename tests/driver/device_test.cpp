// SPDX-License-Identifier: Apache-2.0
// driver/weft_device.h with memory that processor and hardware see through a cache: what was not cleaned does
// not reach the hardware, what was not invalidated is not seen. Two threads run two networks in turns.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>
#include <thread>

#include "compiler/network_file.hpp"
#include "driver/weft_device.h"
#include "sim/systemc/list_runner.hpp"
#include "tests/random_graph.hpp"
#include "tests/systemc/window_of_bytes.hpp"

namespace weft {
namespace {

constexpr uint64_t kAddress = 0x7'0000'0000;
constexpr size_t kBytes = size_t{1} << 20;

// A weft_top whose starts are over at once.
class Hardware : public WindowMemory {
 public:
  explicit Hardware(const Config& config) : config_(config) {
    device.bus = {this, [](void* self, uint32_t offset) { return Self(self)->registers_[offset]; },
                  [](void* self, uint32_t offset, uint32_t value) { Self(self)->Write(offset, value); },
                  [](void*) {}};
    device.window = seen_.data();
    device.window_address = kAddress;
    device.window_bytes = kBytes;
    device.context = this;
    device.clean = [](void* self, void* begin, size_t bytes) { return Self(self)->Clean(begin, bytes); };
    device.invalidate = [](void* self, void* begin, size_t bytes) {
      return Self(self)->Invalidate(begin, bytes);
    };
    device.lock = [](void* self) { Self(self)->mutex_.lock(); };
    device.unlock = [](void* self) { Self(self)->mutex_.unlock(); };
    registers_[WEFT_ID] = WEFT_ID_VALUE;
    registers_[WEFT_LIST_VERSION] = WEFT_LIST_VERSION_VALUE;
    registers_[WEFT_CONFIG0] = config.Register0();
    registers_[WEFT_CONFIG1] = config.Register1() | 40U << WEFT_CONFIG1_ADDR_BITS_SHIFT;
  }
  bool Read(uint32_t offset, uint8_t* to, size_t bytes) override {
    std::memcpy(to, &memory_.at(offset), bytes);
    return true;
  }
  bool Write(uint32_t offset, const uint8_t* from, size_t bytes) override {
    std::memcpy(&memory_.at(offset), from, bytes);
    return true;
  }

  weft_device device{};
  bool fails = false;  // the cache
  int starts = 0;
  size_t cleaned = 0;  // bytes

 private:
  static Hardware* Self(void* self) { return static_cast<Hardware*>(self); }
  int Clean(const void* begin, size_t bytes) {
    const auto offset = size_t(static_cast<const uint8_t*>(begin) - seen_.data());
    std::copy_n(&seen_.at(offset), bytes, &memory_.at(offset));
    cleaned += bytes;
    return fails ? -1 : 0;
  }
  int Invalidate(void* begin, size_t bytes) {
    const auto offset = size_t(static_cast<uint8_t*>(begin) - seen_.data());
    std::copy_n(&memory_.at(offset), bytes, &seen_.at(offset));
    return fails ? -1 : 0;
  }
  void Write(uint32_t offset, uint32_t value) {
    if (offset != WEFT_CONTROL) registers_[offset] = value;
    else if (value == WEFT_CONTROL_START) Start();
  }
  void Start() {
    starts++;
    EXPECT_EQ(registers_[WEFT_WINDOW_BASE_LO] | uint64_t{registers_[WEFT_WINDOW_BASE_HI]} << 32, kAddress);
    const uint32_t size = registers_[WEFT_WINDOW_SIZE_LO];
    const auto list = ReadList({memory_.data(), size}, {size, 0, registers_[WEFT_LIST_BYTES]}, config_);
    const uint32_t code = list ? ListRunner(config_).Run(*list, this).code : uint32_t{WEFT_CODE_BAD_LIST};
    registers_[WEFT_STATUS] = (code == WEFT_CODE_OK ? WEFT_STATUS_DONE : WEFT_STATUS_ERROR) |
                              WEFT_STATUS_IDLE | code << WEFT_STATUS_CODE_SHIFT;
  }

  const Config& config_;
  std::map<uint32_t, uint32_t> registers_;
  std::vector<uint8_t> memory_ = std::vector<uint8_t>(kBytes, 0xa5),
                       seen_ = std::vector<uint8_t>(kBytes, 0x5a);
  std::mutex mutex_;
};

// A network whose first segment is one start, with what is expected of it.
class Network {
 public:
  Network(uint64_t seed, const Config& config) {
    for (;; seed++) {
      graph_ = MakeRandomGraph(seed);
      network_ = CompileNetwork(graph_.graph, 1, config);
      if (!network_.segments[0].on_host() && !network_.programs[0].inputs[0].interleaved &&
          network_.programs[0].program.window_bytes <= kBytes)
        break;
    }
    const SegmentProgram& p = network_.programs[0];
    program = {p.program.image.data(), p.program.image.size(), p.program.list_bytes, p.program.window_bytes};
    for (const SegmentProgram::Input& in : p.inputs)
      inputs.push_back({DriverPlace(in.place), graph_.values[size_t(in.tensor)].data.data()});
    for (size_t t = 0; t < p.outputs.size(); t++) {
      if (!p.outputs[t]) continue;
      results_.emplace_back(t, TensorI8(p.outputs[t]->shape));
      outputs.push_back({DriverPlace(*p.outputs[t]), nullptr});
    }
    for (size_t i = 0; i < outputs.size(); i++) outputs[i].tensor = results_[i].second.data.data();
  }
  int Run(weft_device* device) {
    for (auto& [tensor, result] : results_) std::fill(result.data.begin(), result.data.end(), int8_t{77});
    return weft_device_run(device, &program, inputs.data(), inputs.size(), outputs.data(), outputs.size(),
                           1000);
  }
  [[nodiscard]] bool IsRight() const {
    return std::all_of(results_.begin(), results_.end(),
                       [&](const auto& result) { return result.second == graph_.values[result.first]; });
  }
  void ExpectRight() const {
    EXPECT_FALSE(results_.empty());
    EXPECT_TRUE(IsRight());
  }

  weft_program program{};
  std::vector<weft_input> inputs;
  std::vector<weft_output> outputs;

 private:
  RandomGraph graph_;
  CompiledNetwork network_;
  std::vector<std::pair<size_t, TensorI8>> results_;
};

class Device : public testing::Test {
 protected:
  const Config config_ = Config::Load("4x4");
  Hardware hardware_{config_};
  Network a_{1, config_}, b_{50, config_};
};

TEST_F(Device, LoadsAProgramOnce) {
  ASSERT_EQ(weft_device_init(&hardware_.device), WEFT_OK);
  ASSERT_EQ(a_.Run(&hardware_.device), int(WEFT_CODE_OK));
  a_.ExpectRight();
  const size_t first = hardware_.cleaned;
  ASSERT_EQ(a_.Run(&hardware_.device), int(WEFT_CODE_OK));
  a_.ExpectRight();
  EXPECT_EQ(hardware_.cleaned, 2 * first - a_.program.image_bytes);
  ASSERT_EQ(b_.Run(&hardware_.device), int(WEFT_CODE_OK));
  b_.ExpectRight();
  ASSERT_EQ(a_.Run(&hardware_.device), int(WEFT_CODE_OK));
  a_.ExpectRight();
}

TEST_F(Device, TwoThreadsTakeTurns) {
  constexpr int kRuns = 40;
  const auto work = [&](Network* network) {
    for (int i = 0; i < kRuns; i++) {
      ASSERT_EQ(network->Run(&hardware_.device), int(WEFT_CODE_OK));
      network->ExpectRight();
    }
  };
  std::thread other(work, &a_);
  work(&b_);
  other.join();
  EXPECT_EQ(hardware_.starts, 2 * kRuns);
}

TEST_F(Device, NeedsItsHooks) {
  hardware_.device.invalidate = nullptr;
  ASSERT_EQ(a_.Run(&hardware_.device), int(WEFT_CODE_OK));
  EXPECT_FALSE(a_.IsRight());  // it is what the cache had
  hardware_.device.clean = nullptr;
  hardware_.device.loaded = nullptr;
  EXPECT_EQ(b_.Run(&hardware_.device), int(WEFT_CODE_BAD_LIST));
}

TEST_F(Device, RefusesWhatDoesNotFit) {
  const auto refused = [&](const auto& change) {
    Network network(1, config_);
    change(network);
    EXPECT_EQ(network.Run(&hardware_.device), WEFT_E_MEMORY);
  };
  refused([](Network& n) { n.program.window_bytes = kBytes + 1; });
  refused([](Network& n) { n.program.image_bytes = n.program.window_bytes + 1; });
  refused([](Network& n) { n.program.list_bytes = uint32_t(n.program.image_bytes) + 1; });
  refused([](Network& n) { n.inputs[0].place.offset = uint32_t(n.program.image_bytes) - 1; });
  refused([](Network& n) { n.inputs[0].place.offset = uint32_t(n.program.window_bytes); });
  refused([](Network& n) { n.outputs[0].place.n = 1000; });
  refused([](Network& n) { n.outputs[0].place.row_pitch = 1; });
  EXPECT_EQ(hardware_.starts, 0);
  hardware_.fails = true;
  EXPECT_EQ(a_.Run(&hardware_.device), WEFT_E_CACHE);
  EXPECT_EQ(hardware_.starts, 0);
  hardware_.fails = false;
  hardware_.device.window_address = uint64_t{1} << 40;
  EXPECT_EQ(a_.Run(&hardware_.device), WEFT_E_ADDRESS);
  hardware_.device.window_address = kAddress;
  ASSERT_EQ(a_.Run(&hardware_.device), int(WEFT_CODE_OK));
  a_.ExpectRight();
}

}  // namespace
}  // namespace weft
