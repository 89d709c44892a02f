// SPDX-License-Identifier: Apache-2.0
// A platform with any number of Wefts for the tests. SystemC elaborates once in a process, so each case is a
// process of its own (CTest runs them so).
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "compiler/network_file.hpp"
#include "examples/platform/bus.hpp"
#include "examples/platform/cpu.hpp"
#include "examples/platform/memory.hpp"
#include "sim/systemc/weft_tlm.hpp"
#include "sw_model/cycles/cycle_model.hpp"
#include "tests/compiler/good_program.hpp"
#include "tests/random_graph.hpp"

namespace weft {

using InsideKind = WeftTlmOptions::Inside;

struct TestPlatform {
  static constexpr uint64_t kRam = 0x80000000, kRamBytes = 64 << 20, kRegisters = 0x10000000,
                            kWindow = 16 << 20;

  explicit TestPlatform(int latency = 40, sc_core::sc_time clock = {10, sc_core::SC_NS})
      : period(clock), ram("ram", kRamBytes, latency * clock) {
    bus.AddInitiator("cpu", &cpu.socket);
    bus.AddTarget(kRam, kRamBytes, &ram.socket);
  }
  // The next one; its registers are 64 KiB behind those of the one before, its window 16 MiB.
  platform::Device& Add(const std::string& config, InsideKind inside, int memory_width = 0,
                        PinModel* pins = nullptr) {
    const auto n = wefts.size();
    const std::string name = fmt::format("weft{}", n);
    WeftTlmOptions options;
    options.config = Config::Load(config);
    options.inside = inside;
    options.period = period;
    options.memory_width = memory_width;
    options.pins = pins;
    WeftTlm& weft = *wefts.emplace_back(std::make_unique<WeftTlm>(name.c_str(), options));
    auto& irq = *irqs.emplace_back(std::make_unique<sc_core::sc_signal<bool>>((name + "_irq").c_str()));
    weft.irq(irq);
    bus.AddInitiator(name, &weft.memory);
    bus.AddTarget(kRegisters + 0x10000 * n, 0x10000, &weft.registers);
    return *devices.emplace_back(
        std::make_unique<platform::Device>(&cpu, kRegisters + 0x10000 * n, kRam + kWindow * n, &irq));
  }
  // The processor's program; the simulation ends with it.
  void Run(const std::function<void(platform::Cpu&)>& program) {
    cpu.program = program;
    sc_core::sc_start();
  }

  sc_core::sc_time period;
  platform::Memory ram;
  platform::Bus bus{"bus"};
  platform::Cpu cpu{"cpu"};
  std::vector<std::unique_ptr<WeftTlm>> wefts;
  std::vector<std::unique_ptr<sc_core::sc_signal<bool>>> irqs;
  std::vector<std::unique_ptr<platform::Device>> devices;
};

// What a run left: to compare insides.
struct RunRecord {
  int code = -100;
  weft_counters counters{};
  int64_t wait = 0;  // cycles from the start's write to the interrupt
  std::vector<TensorI8> outputs;
};

inline void PutInputs(platform::Device* device, const Segment& segment, const SegmentProgram& p,
                      const std::vector<TensorI8>& values) {
  for (const SegmentProgram::Input& in : p.inputs) {
    const TensorI8& tensor = values[size_t(in.tensor)];
    device->Put(in.place,
                in.interleaved ? InterleaveInput(segment.layers[size_t(in.layer)].conv, tensor) : tensor);
  }
}

inline void BeginSegment(platform::Device* device, const Segment& segment, const SegmentProgram& p,
                         const std::vector<TensorI8>& values) {
  device->Load(p.program);
  PutInputs(device, segment, p, values);
  ASSERT_EQ(device->Start(p.program, 2'000'000), WEFT_OK);
}
inline RunRecord EndSegment(TestPlatform* platform, platform::Device* device, const SegmentProgram& p) {
  RunRecord record;
  record.code = weft_wait(&device->bus);
  weft_read_counters(&device->bus, &record.counters);
  record.wait = int64_t((device->interrupted - device->started) / platform->period);
  for (const auto& place : p.outputs)
    if (place) record.outputs.push_back(device->Get(*place));
  return record;
}
inline RunRecord RunSegment(TestPlatform* platform, platform::Device* device, const Segment& segment,
                            const SegmentProgram& p, const std::vector<TensorI8>& values) {
  BeginSegment(device, segment, p, values);
  return EndSegment(platform, device, p);
}

// Alone or beside others, each run has these.
inline void ExpectSameRun(const RunRecord& a, const RunRecord& b) {
  EXPECT_EQ(a.code, b.code);
  EXPECT_EQ(a.counters.cycles, b.counters.cycles);
  for (int i = 0; i < kCauses; i++) EXPECT_EQ(a.counters.count[i], b.counters.count[i]) << kCauseNames[i];
  EXPECT_EQ(a.counters.bytes_read, b.counters.bytes_read);
  EXPECT_EQ(a.counters.bytes_written, b.counters.bytes_written);
  EXPECT_TRUE(a.outputs == b.outputs);
}
inline void ExpectSame(const RunRecord& a, const RunRecord& b) {
  ExpectSameRun(a, b);
  EXPECT_EQ(a.wait, b.wait);
}

// The good program of a configuration, and a whole run of it.
struct GoodRun {
  explicit GoodRun(const std::string& config, int layers = 5) : good(Config::Load(config), true, layers) {}
  void Begin(platform::Device* device) const {
    std::vector<TensorI8> values(good.graph.tensors.size());
    values[0] = good.input;
    BeginSegment(device, good.lowered, good.segment, values);
  }
  RunRecord End(TestPlatform* platform, platform::Device* device) const {
    return EndSegment(platform, device, good.segment);
  }
  RunRecord Run(TestPlatform* platform, platform::Device* device) const {
    Begin(device);
    return End(platform, device);
  }
  void ExpectGood(const RunRecord& record) const {
    EXPECT_EQ(record.code, int(WEFT_CODE_OK));
    ASSERT_EQ(record.outputs.size(), 1U);
    EXPECT_EQ(record.outputs[0], good.expected);
  }
  GoodProgram good;
};

}  // namespace weft
