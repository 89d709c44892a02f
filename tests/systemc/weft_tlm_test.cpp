// SPDX-License-Identifier: Apache-2.0
// WeftTlm with its insides in one platform: the same program on the loosely timed and on the cycle accurate
// one gives equal bytes, equal counters, and the interrupt in the same cycle after the start.
#include <array>
#include <map>

#include "sw_model/cycles/list_outcome.hpp"
#include "tests/random_count.hpp"
#include "tests/sw_model/cycles/list_damage.hpp"
#include "tests/systemc/platform_fixture.hpp"

namespace weft {
namespace {

TEST(WeftTlm, RandomNetworksAreEqualOnBoth) {
  TestPlatform platform;
  platform::Device& lt = platform.Add("4x4", InsideKind::kLooselyTimed);
  platform::Device& rtl = platform.Add("4x4", InsideKind::kCycleAccurate);
  const Config config = Config::Load("4x4");
  const int64_t count = RandomCount(200);
  int64_t cycles = 0, bytes = 0, starts = 0;
  platform.Run([&](platform::Cpu& cpu) {
    cpu.Pass(100 * platform.period);  // a start right after the reset waits until the engine is clean
    for (int64_t i = 0; i < count && !testing::Test::HasFailure(); i++) {
      const uint64_t seed = 77'000'000 + uint64_t(i);
      SCOPED_TRACE(fmt::format("seed {}", seed));
      const RandomGraph r = MakeRandomGraph(seed);
      platform.ram.latency = int(1 + seed * 13 % 90) * platform.period;
      const CompiledNetwork network = CompileNetwork(r.graph, 1, config, {.keep_all = i % 2 == 0});
      for (size_t s = 0; s < network.segments.size(); s++) {
        if (network.segments[s].on_host()) continue;
        const SegmentProgram& p = network.programs[s];
        const RunRecord a = RunSegment(&platform, &lt, network.segments[s], p, r.values);
        const RunRecord b = RunSegment(&platform, &rtl, network.segments[s], p, r.values);
        EXPECT_EQ(a.code, int(WEFT_CODE_OK));
        ExpectSame(a, b);
        size_t k = 0;
        for (size_t t = 0; t < p.outputs.size(); t++)
          if (p.outputs[t]) {
            EXPECT_EQ(b.outputs.at(k++), r.values[t]);
          }
        cycles += int64_t(a.counters.cycles);
        bytes += int64_t(a.counters.bytes_written);
        starts++;
      }
    }
  });
  EXPECT_GT(starts, 0);
  fmt::print("  {} networks, {} starts, {} cycles, {} bytes written: 0 differences\n", count, starts, cycles,
             bytes);
}

// A transaction of any shape on the registers: what it answers, with both insides alike.
struct Shape4 {
  bool write = false;
  uint64_t offset = 0;
  std::vector<uint8_t> data = {};
  std::vector<uint8_t> enables = {};
  int streaming = -1;  // the length
  int enable_length = -1;
};
tlm::tlm_response_status Send(platform::Cpu* cpu, uint64_t base, Shape4* t) {
  tlm::tlm_generic_payload payload;
  payload.set_command(t->write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
  payload.set_address(base + t->offset);
  payload.set_data_ptr(t->data.data());
  payload.set_data_length(unsigned(t->data.size()));
  payload.set_streaming_width(t->streaming < 0 ? unsigned(t->data.size()) : unsigned(t->streaming));
  payload.set_byte_enable_ptr(t->enables.empty() ? nullptr : t->enables.data());
  payload.set_byte_enable_length(t->enable_length < 0 ? unsigned(t->enables.size())
                                                      : unsigned(t->enable_length));
  payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  return cpu->Transport(&payload);
}

using Bytes = std::vector<uint8_t>;

class TlmCorners : public testing::TestWithParam<InsideKind> {};
INSTANTIATE_TEST_SUITE_P(Insides, TlmCorners,
                         testing::Values(InsideKind::kLooselyTimed, InsideKind::kCycleAccurate),
                         [](const auto& info) {
                           return info.param == InsideKind::kLooselyTimed ? "lt" : "rtl";
                         });

TEST_P(TlmCorners, ShapesOfTransactions) {
  TestPlatform platform;
  platform.Add("4x4", GetParam());
  constexpr uint64_t kBase = TestPlatform::kRegisters;
  platform.Run([&](platform::Cpu& cpu) {
    const auto send = [&](Shape4 t, tlm::tlm_response_status expected, const Bytes& data = {}) {
      SCOPED_TRACE(fmt::format("{} at {:#x}, {} bytes", t.write ? "write" : "read", t.offset, t.data.size()));
      EXPECT_EQ(Send(&cpu, kBase, &t), expected);
      if (!data.empty()) {
        EXPECT_EQ(t.data, data);
      }
    };
    const Bytes four(4), id = {0x54, 0x46, 0x45, 0x57};
    // A word, a byte of it, three bytes across two words, a burst.
    send({false, WEFT_ID, four}, tlm::TLM_OK_RESPONSE, id);
    send({false, WEFT_ID + 1, Bytes(1)}, tlm::TLM_OK_RESPONSE, {0x46});
    send({false, WEFT_ID + 2, Bytes(3)}, tlm::TLM_OK_RESPONSE, {0x45, 0x57, 0x00});
    send({false, WEFT_ID, Bytes(8)}, tlm::TLM_OK_RESPONSE, {0x54, 0x46, 0x45, 0x57, 0x00, 0x01, 0x01, 0x00});
    // Byte enables: those that are off leave register and buffer as they are; a pattern repeats.
    send({true, WEFT_LIST_ADDR_LO, {1, 2, 3, 4}}, tlm::TLM_OK_RESPONSE);
    send({true, WEFT_LIST_ADDR_LO, {9, 9, 9, 9}, {0xff, 0, 0, 0xff}}, tlm::TLM_OK_RESPONSE);
    send({false, WEFT_LIST_ADDR_LO, four}, tlm::TLM_OK_RESPONSE, {9, 2, 3, 9});
    send({true, WEFT_LIST_ADDR_LO, {7, 7, 7, 7, 7, 7, 7, 7}, {0, 0xff}}, tlm::TLM_OK_RESPONSE);
    send({false, WEFT_LIST_ADDR_LO, Bytes(8, 5), {0, 0xff, 0xff, 0xff}}, tlm::TLM_OK_RESPONSE,
         {5, 7, 3, 7, 5, 0, 0, 0});  // the upper word holds 8 bits: ADDR_W is 40
    send({true, WEFT_WATCHDOG + 2, {0x34, 0x12}}, tlm::TLM_OK_RESPONSE);
    send({false, WEFT_WATCHDOG, four}, tlm::TLM_OK_RESPONSE, {0, 0, 0x34, 0x12});
    send({true, WEFT_ID, four, {0, 0, 0, 0}}, tlm::TLM_OK_RESPONSE);  // nothing is written
    send({true, WEFT_WATCHDOG, four, {0xff}, -1, 0}, tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
    send({true, WEFT_WATCHDOG, four, {1, 1, 1, 1}}, tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
    // Streaming widths, lengths, and the end of the map.
    send({false, WEFT_ID, Bytes(8), {}, 4}, tlm::TLM_BURST_ERROR_RESPONSE);
    send({false, WEFT_ID, four, {}, 16}, tlm::TLM_OK_RESPONSE, id);
    send({false, WEFT_ID, {}}, tlm::TLM_BURST_ERROR_RESPONSE);
    send({false, 0xffc, Bytes(8)}, tlm::TLM_BURST_ERROR_RESPONSE);
    send({false, 0x1000, four}, tlm::TLM_ADDRESS_ERROR_RESPONSE);
    send({true, 0xfffc, four}, tlm::TLM_ADDRESS_ERROR_RESPONSE);
    // SLVERR: no register, a register that is read only, a burst over one.
    send({false, 0x0f0, four}, tlm::TLM_GENERIC_ERROR_RESPONSE);
    send({true, 0xffc, four}, tlm::TLM_GENERIC_ERROR_RESPONSE);
    send({true, WEFT_ID, four}, tlm::TLM_GENERIC_ERROR_RESPONSE);
    send({true, WEFT_STATUS, four}, tlm::TLM_GENERIC_ERROR_RESPONSE);
    send({false, WEFT_LIST_VERSION, Bytes(8)}, tlm::TLM_GENERIC_ERROR_RESPONSE);
    send({true, WEFT_CYCLES_LO, four}, tlm::TLM_GENERIC_ERROR_RESPONSE);
    send({true, WEFT_CONTROL, {2, 0, 0, 0}}, tlm::TLM_OK_RESPONSE);  // nothing runs to abort
    send({false, WEFT_CONTROL, four}, tlm::TLM_OK_RESPONSE, four);
    send({false, WEFT_STATUS, four}, tlm::TLM_OK_RESPONSE, {8, 0, 0, 0});
    // Neither a read nor a write.
    tlm::tlm_generic_payload ignore;
    Bytes data = four;
    ignore.set_command(tlm::TLM_IGNORE_COMMAND);
    ignore.set_address(kBase);
    ignore.set_data_ptr(data.data());
    ignore.set_data_length(4);
    ignore.set_streaming_width(4);
    EXPECT_EQ(cpu.Transport(&ignore), tlm::TLM_OK_RESPONSE);
  });
}

// Every word of the map reads alike in both insides after a reset, and after a write of ones.
TEST(WeftTlm, EveryRegisterIsEqualInBoth) {
  TestPlatform platform;
  platform.Add("4x4", InsideKind::kLooselyTimed);
  platform.Add("4x4", InsideKind::kCycleAccurate);
  int64_t compared = 0;
  platform.Run([&](platform::Cpu& cpu) {
    for (int turn = 0; turn < 2; turn++)
      for (uint64_t offset = 0; offset < 0x1000; offset += 4) {
        std::array<Shape4, 2> reads = {Shape4{false, offset, Bytes(4)},
                                       Shape4{false, 0x10000 + offset, Bytes(4)}};
        const auto a = Send(&cpu, TestPlatform::kRegisters, &reads[0]);
        const auto b = Send(&cpu, TestPlatform::kRegisters, &reads[1]);
        EXPECT_EQ(a, b) << offset;
        EXPECT_EQ(reads[0].data, reads[1].data) << offset;
        compared++;
        if (turn > 0 || offset == WEFT_CONTROL) continue;
        for (uint64_t device : {0, 0x10000}) {
          Shape4 ones{true, device + offset, Bytes(4, 0xff)};
          reads[device == 0 ? 0 : 1].write =
              Send(&cpu, TestPlatform::kRegisters, &ones) == tlm::TLM_OK_RESPONSE;
        }
        EXPECT_EQ(reads[0].write, reads[1].write) << "write of " << offset;
      }
  });
  fmt::print("  {} registers read in both\n", compared);
}

// Of the good program: the lines of a device, from loading to the interrupt.
struct GoodRun {
  explicit GoodRun(const char* config, int layers = 5) : good(Config::Load(config), true, layers) {}
  RunRecord Run(TestPlatform* platform, platform::Device* device) const {
    std::vector<TensorI8> values(good.graph.tensors.size());
    values[0] = good.input;
    return RunSegment(platform, device, good.lowered, good.segment, values);
  }
  void ExpectGood(const RunRecord& record) const {
    EXPECT_EQ(record.code, int(WEFT_CODE_OK));
    ASSERT_EQ(record.outputs.size(), 1U);
    EXPECT_EQ(record.outputs[0], good.expected);
  }
  GoodProgram good;
};

// A start in the first cycles after the reset waits until the engine is clean; the quantum of the processor
// changes nothing, and neither does what its time was before.
TEST(WeftTlm, StartsRightAfterTheReset) {
  TestPlatform platform;
  platform::Device& lt = platform.Add("4x4", InsideKind::kLooselyTimed);
  const GoodRun good("4x4");
  const Memory memory{4, 40};
  platform.Run([&](platform::Cpu&) {
    const RunRecord first = good.Run(&platform, &lt), second = good.Run(&platform, &lt);
    good.ExpectGood(first);
    good.ExpectGood(second);
    EXPECT_EQ(first.counters.cycles, second.counters.cycles);
    EXPECT_EQ(int64_t(first.counters.cycles),
              CountCycles(good.good.program(), Config::Load("4x4"), memory).cycles);
    EXPECT_GT(first.wait, second.wait);
  });
}

class Quanta : public testing::TestWithParam<std::tuple<InsideKind, int>> {};
INSTANTIATE_TEST_SUITE_P(
    Insides, Quanta,
    testing::Combine(testing::Values(InsideKind::kLooselyTimed, InsideKind::kCycleAccurate),
                     testing::Values(1, 7, 1000, 100000)),
    [](const auto& info) {
      return fmt::format("{}_{}cycles", std::get<0>(info.param) == InsideKind::kLooselyTimed ? "lt" : "rtl",
                         std::get<1>(info.param));
    });

// From one cycle to one millisecond; once the processor sleeps until the interrupt, once it asks STATUS again
// and again, in its own time.
TEST_P(Quanta, GiveEqualResults) {
  TestPlatform platform;
  platform::Device& device = platform.Add("4x4", std::get<0>(GetParam()));
  tlm::tlm_global_quantum::instance().set(std::get<1>(GetParam()) * platform.period);
  const GoodRun good("4x4");
  const int64_t expected = CountCycles(good.good.program(), Config::Load("4x4"), Memory{4, 40}).cycles;
  platform.Run([&](platform::Cpu& cpu) {
    cpu.Pass(1000 * platform.period);
    const RunRecord slept = good.Run(&platform, &device);
    good.ExpectGood(slept);
    EXPECT_EQ(int64_t(slept.counters.cycles), expected);
    EXPECT_EQ(slept.wait, expected + 2);
    device.bus.wait = [](void*) {};  // weft_wait asks
    cpu.Pass(1000 * platform.period);
    const RunRecord asked = good.Run(&platform, &device);
    good.ExpectGood(asked);
    EXPECT_EQ(int64_t(asked.counters.cycles), expected);
  });
}

// Ends a run at any time: the code, the cycles it took and the state after it are equal, and so is the next
// run.
TEST(WeftTlm, AbortAndSoftResetInMidRun) {
  TestPlatform platform;
  platform::Device& lt = platform.Add("4x4", InsideKind::kLooselyTimed);
  platform::Device& rtl = platform.Add("4x4", InsideKind::kCycleAccurate);
  const GoodRun good("4x4");
  platform.Run([&](platform::Cpu& cpu) {
    cpu.Pass(200 * platform.period);
    const RunRecord whole = good.Run(&platform, &lt);
    ExpectSame(whole, good.Run(&platform, &rtl));
    for (const int cycles : {0, 1, 5, 60, 333, 1001, 2500})
      for (const bool reset : {false, true}) {
        SCOPED_TRACE(fmt::format("{} after {} cycles", reset ? "SOFT_RESET" : "ABORT", cycles));
        std::array<std::vector<uint32_t>, 2> seen;
        for (platform::Device* device : {&lt, &rtl}) {
          device->Load(good.good.program());
          EXPECT_EQ(device->Start(good.good.program(), 100000), WEFT_OK);
          cpu.Pass(cycles * platform.period);
          EXPECT_THROW(device->WriteRegister(WEFT_WATCHDOG, 1), std::runtime_error);  // locked
          EXPECT_THROW(device->WriteRegister(WEFT_CONTROL, WEFT_CONTROL_START), std::runtime_error);
          device->WriteRegister(WEFT_CONTROL, reset ? WEFT_CONTROL_SOFT_RESET : WEFT_CONTROL_ABORT);
          cpu.Pass(500 * platform.period);  // what is in flight comes to its end
          for (const uint32_t offset : {WEFT_STATUS, WEFT_IRQ_STATUS, WEFT_CYCLES_LO, WEFT_ERROR_ADDR_LO})
            if (!(reset && offset == WEFT_CYCLES_LO))
              seen[device == &rtl].push_back(device->ReadRegister(offset));
          // Each has its own window.
          if (!reset) seen[device == &rtl].back() -= uint32_t(device->window());
        }
        EXPECT_EQ(seen[0], seen[1]);
        EXPECT_EQ(seen[0].at(0),
                  reset ? WEFT_STATUS_IDLE
                        : WEFT_STATUS_IDLE | WEFT_STATUS_ERROR | WEFT_CODE_ABORTED << WEFT_STATUS_CODE_SHIFT);
        const RunRecord a = good.Run(&platform, &lt), b = good.Run(&platform, &rtl);
        good.ExpectGood(a);
        ExpectSame(a, b);
        EXPECT_EQ(a.counters.cycles, whole.counters.cycles);
      }
  });
}

// Memory that moves its bytes between runs, and in the middle of one: nobody keeps the address of before.
TEST(WeftTlm, DirectAccessIsGivenBack) {
  TestPlatform platform;
  platform::Device& lt = platform.Add("4x4", InsideKind::kLooselyTimed);
  const GoodRun good("4x4");
  platform.Run([&](platform::Cpu& cpu) {
    for (int turn = 0; turn < 4; turn++) {
      good.ExpectGood(good.Run(&platform, &lt));
      EXPECT_GT(platform.wefts[0]->memory_port().regions(), 0U);
      platform.ram.Move();
      EXPECT_EQ(platform.wefts[0]->memory_port().regions(), 0U);
      EXPECT_EQ(cpu.port().regions(), 0U);
      lt.Load(good.good.program());
      std::vector<TensorI8> values(good.good.graph.tensors.size());
      values[0] = good.good.input;
      PutInputs(&lt, good.good.lowered, good.good.segment, values);
      EXPECT_EQ(lt.Start(good.good.program(), 0), WEFT_OK);
      cpu.Pass(100 * platform.period);
      cpu.keeper.sync();
      platform.ram.Move();
      EXPECT_EQ(weft_wait(&lt.bus), int(WEFT_CODE_OK));
      EXPECT_EQ(lt.Get(*good.good.segment.outputs.at(size_t(good.good.graph.output))), good.good.expected);
      EXPECT_TRUE(platform.ram.old_untouched());
    }
    platform.ram.grants = false;
    platform.ram.Move();
    const int64_t before = platform.ram.transactions;
    good.ExpectGood(good.Run(&platform, &lt));
    EXPECT_GT(platform.ram.transactions, before + 50);  // all of it by transactions
  });
}

// Memory that takes its time in another way, or more of it, or less, or refuses direct access.
TEST(WeftTlm, LateMemory) {
  TestPlatform platform;
  platform::Device& lt = platform.Add("4x4", InsideKind::kLooselyTimed);
  platform::Device& rtl = platform.Add("4x4", InsideKind::kCycleAccurate);
  const GoodRun good("4x4");
  platform.Run([&](platform::Cpu& cpu) {
    cpu.Pass(200 * platform.period);
    uint64_t before = 0;
    for (const int latency : {1, 2, 40, 41, 300, 5000}) {
      SCOPED_TRACE(latency);
      platform.ram.latency = latency * platform.period;
      const RunRecord a = good.Run(&platform, &lt), b = good.Run(&platform, &rtl);
      good.ExpectGood(a);
      ExpectSame(a, b);
      EXPECT_EQ(int64_t(a.counters.cycles),
                CountCycles(good.good.program(), Config::Load("4x4"), Memory{4, latency}).cycles);
      EXPECT_GT(a.counters.cycles, before);
      before = a.counters.cycles;
    }
    // Latencies that are no whole cycles count as the next one.
    platform.ram.latency = 39.5 * platform.period;
    const RunRecord half = good.Run(&platform, &rtl);
    platform.ram.latency = 40 * platform.period;
    ExpectSame(half, good.Run(&platform, &rtl));
    // One that waits in its transactions: the RTL's are in flight together, so it costs a cycle each.
    platform.ram.waits = true;
    const RunRecord waited = good.Run(&platform, &rtl);
    good.ExpectGood(waited);
    EXPECT_EQ(int64_t(waited.counters.cycles),
              CountCycles(good.good.program(), Config::Load("4x4"), Memory{4, 41}).cycles);
    // The loosely timed one uses it directly, but for the first transaction, which tells the latency.
    const RunRecord loosely = good.Run(&platform, &lt);
    good.ExpectGood(loosely);
    EXPECT_EQ(loosely.counters.cycles, waited.counters.cycles);
    platform.ram.grants = false;
    platform.ram.Move();
    const RunRecord slowly =
        good.Run(&platform, &lt);  // one transaction after the other: the interrupt is late
    good.ExpectGood(slowly);
    EXPECT_EQ(slowly.counters.cycles, waited.counters.cycles);
    EXPECT_GT(slowly.wait, loosely.wait);
  });
}

// Memory that answers with errors: in the list, in weights, where the outputs go.
TEST(WeftTlm, MemoryWithErrors) {
  TestPlatform platform;
  platform::Device& lt = platform.Add("4x4", InsideKind::kLooselyTimed);
  platform::Device& rtl = platform.Add("4x4", InsideKind::kCycleAccurate);
  const GoodRun good("4x4", 1);  // one layer, whose output has a place of its own
  const Program& program = good.good.program();
  const Place& output = *good.good.segment.outputs.at(size_t(good.good.graph.output));
  platform.Run([&](platform::Cpu& cpu) {
    cpu.Pass(200 * platform.period);
    for (platform::Device* device : {&lt, &rtl})
      for (const uint32_t at :
           {0U, 256U, program.list_bytes + 64, uint32_t(program.image.size()) - 64, output.offset}) {
        SCOPED_TRACE(fmt::format("{} at {:#x}", device == &lt ? "lt" : "rtl", at));
        const RunRecord before = good.Run(&platform, device);
        good.ExpectGood(before);
        device->Load(program);
        platform.ram.bad_begin = device->window() - TestPlatform::kRam + at;
        platform.ram.bad_end = platform.ram.bad_begin + 4;
        platform.ram.Move();
        EXPECT_EQ(device->Start(program, 100000), WEFT_OK);
        const int code = weft_wait(&device->bus);
        EXPECT_EQ(code, int(at == output.offset ? WEFT_CODE_WRITE_ERROR : WEFT_CODE_READ_ERROR));
        const uint64_t address = device->ReadRegister(WEFT_ERROR_ADDR_LO);
        if (at != output.offset) {  // the first beat of the burst that the error was in
          EXPECT_LE(address, device->window() + at);
          EXPECT_GT(address + 256, device->window() + at);
        }
        platform.ram.bad_begin = platform.ram.bad_end = 0;
        platform.ram.Move();
        cpu.Pass(500 * platform.period);
        good.ExpectGood(good.Run(&platform, device));
      }
  });
}

// Two at once on one bus, of different configurations and insides: each as if it were alone.
TEST(WeftTlm, TwoAtOnce) {
  TestPlatform platform;
  const std::vector<std::pair<const char*, InsideKind>> kinds = {{"4x4", InsideKind::kLooselyTimed},
                                                                 {"4x4", InsideKind::kCycleAccurate},
                                                                 {"5x7", InsideKind::kLooselyTimed}};
  std::vector<GoodRun> good;
  for (const auto& [config, kind] : kinds) {
    platform.Add(config, kind);
    good.emplace_back(config);
  }
  platform.Run([&](platform::Cpu& cpu) {
    cpu.Pass(200 * platform.period);
    std::vector<RunRecord> alone;
    for (size_t i = 0; i < kinds.size(); i++)
      alone.push_back(good[i].Run(&platform, platform.devices[i].get()));
    for (size_t i = 0; i < kinds.size(); i++) {
      platform::Device& device = *platform.devices[i];
      const GoodProgram& g = good[i].good;
      std::vector<TensorI8> values(g.graph.tensors.size());
      values[0] = g.input;
      device.Load(g.program());
      PutInputs(&device, g.lowered, g.segment, values);
      EXPECT_EQ(device.Start(g.program(), 100000), WEFT_OK);
    }
    for (size_t i = 0; i < kinds.size(); i++) {
      platform::Device& device = *platform.devices[i];
      const GoodProgram& g = good[i].good;
      EXPECT_EQ(weft_wait(&device.bus), int(WEFT_CODE_OK));
      weft_counters counters{};
      weft_read_counters(&device.bus, &counters);
      EXPECT_EQ(counters.cycles, alone[i].counters.cycles);
      EXPECT_EQ(counters.bytes_read, alone[i].counters.bytes_read);
      EXPECT_EQ(device.Get(*g.segment.outputs.at(size_t(g.graph.output))), g.expected);
    }
  });
}

// Registers that never change can be read directly, no others; and debug transactions change nothing.
TEST(WeftTlm, DirectAndDebugReadsOfRegisters) {
  TestPlatform platform;
  platform.Add("4x4", InsideKind::kLooselyTimed);
  platform.Run([&](platform::Cpu& cpu) {
    tlm::tlm_generic_payload payload;
    payload.set_read();
    payload.set_address(TestPlatform::kRegisters + WEFT_CONFIG0);
    tlm::tlm_dmi dmi;
    EXPECT_TRUE(cpu.socket->get_direct_mem_ptr(payload, dmi));
    EXPECT_EQ(dmi.get_start_address(), TestPlatform::kRegisters);
    EXPECT_EQ(dmi.get_end_address(), TestPlatform::kRegisters + 0x13);
    EXPECT_TRUE(dmi.is_read_allowed() && !dmi.is_write_allowed());
    uint32_t word = 0;
    std::memcpy(&word, dmi.get_dmi_ptr() + WEFT_CONFIG0, 4);
    EXPECT_EQ(word, Config::Load("4x4").Register0());
    payload.set_address(TestPlatform::kRegisters + WEFT_STATUS);
    EXPECT_FALSE(cpu.socket->get_direct_mem_ptr(payload, dmi));
    payload.set_write();
    payload.set_address(TestPlatform::kRegisters);
    EXPECT_FALSE(cpu.socket->get_direct_mem_ptr(payload, dmi));
    payload.set_read();
    payload.set_address(TestPlatform::kRegisters + WEFT_STATUS);
    payload.set_data_ptr(reinterpret_cast<uint8_t*>(&word));
    payload.set_data_length(4);
    EXPECT_EQ(cpu.socket->transport_dbg(payload), 4U);
    EXPECT_EQ(word, WEFT_STATUS_IDLE);
  });
}

// Lists that no compiler made: the loosely timed one ends as list_outcome.hpp allows, and runs the good
// program after each of them.
TEST(WeftTlm, DamagedLists) {
  TestPlatform platform;
  platform::Device& lt = platform.Add("4x4", InsideKind::kLooselyTimed);
  const Config config = Config::Load("4x4");
  const GoodRun good("4x4");
  const Program& program = good.good.program();
  const int64_t count = RandomCount(300);
  std::map<std::string, int64_t> codes;
  platform.Run([&](platform::Cpu&) {
    for (int64_t i = 0; i < count && !testing::Test::HasFailure(); i++) {
      Random random(uint64_t(i) + 4242);
      std::vector<uint8_t> bytes(program.window_bytes, 0xa5);
      std::memcpy(bytes.data(), program.image.data(), program.image.size());
      ListDamage damage(program, config, ListWords{&bytes}, &random);
      if (i % 3 == 0) damage.RandomCommands();
      else if (i % 3 == 1) damage.MoveCommands();
      else damage.ChangeWord(random.Int(0, damage.words() - 1));
      if (i % 4 != 0) damage.FixChecksum();
      SCOPED_TRACE(fmt::format("list {},{}", i, damage.what()));
      const ListOutcome outcome =
          PredictOutcome(bytes, {uint32_t(bytes.size()), 0, program.list_bytes}, config, int64_t{1} << 16);
      Program damaged = program;
      damaged.image = bytes;
      lt.Load(damaged);
      EXPECT_EQ(lt.Start(damaged, 20000), WEFT_OK);
      const int code = weft_wait(&lt.bus);
      codes[weft_code_name(code)]++;
      const uint32_t offset = lt.ReadRegister(WEFT_ERROR_ADDR_LO) - uint32_t(lt.window());
      EXPECT_TRUE(outcome.Allows(uint32_t(code), offset, lt.ReadRegister(WEFT_ERROR_COMMAND)))
          << weft_code_name(code) << " at " << offset << ": " << outcome.Text();
      if (i % 10 == 0) good.ExpectGood(good.Run(&platform, &lt));
    }
  });
  for (const auto& [code, n] : codes) fmt::print("  {} {}\n", n, code);
}

}  // namespace
}  // namespace weft

int sc_main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
