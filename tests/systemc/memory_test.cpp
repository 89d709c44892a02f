// SPDX-License-Identifier: Apache-2.0
// WeftTlm's initiator socket: memory that moves, is late, answers out of order or with errors.
#include <array>
#include <map>

#include "sim/systemc/axi_transactor.hpp"
#include "tests/systemc/platform_fixture.hpp"

namespace weft {
namespace {

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
      EXPECT_EQ(lt.Get(*good.good.segment.outputs.at(size_t(good.good.graph.output()))), good.good.expected);
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
  const Place& output = *good.good.segment.outputs.at(size_t(good.good.graph.output()));
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

// Each transaction takes a time of its own, annotated or waited for, so the memory answers them in another
// order than they were asked: responses of writes reach the hardware in that order where their IDs differ,
// reads of its one ID in the order of their addresses. The bytes stay what they are.
class OutOfOrder : public testing::TestWithParam<std::tuple<std::string, bool>> {};
INSTANTIATE_TEST_SUITE_P(Memories, OutOfOrder,
                         testing::Combine(testing::Values("4x4", "8x8"), testing::Bool()),
                         [](const auto& info) {
                           return std::get<0>(info.param) +
                                  (std::get<1>(info.param) ? "_waits" : "_annotates");
                         });

TEST_P(OutOfOrder, RunsGiveTheSameBytes) {
  const auto& [config, waits] = GetParam();
  TestPlatform platform;
  platform::Device& rtl = platform.Add(config, InsideKind::kCycleAccurate);
  platform.ram.waits = waits;
  const GoodRun good(config);
  struct Answer {
    sc_core::sc_time asked, answered;
    int id;
  };
  std::array<std::vector<Answer>, 2> answers;  // of reads, of writes
  Random random(5);
  platform.ram.more = [&](const tlm::tlm_generic_payload& p) {
    const sc_core::sc_time extra = random.Int(0, 150) * platform.period, now = sc_core::sc_time_stamp();
    if (const auto* axi = p.get_extension<AxiId>())
      answers[p.is_write() ? 1 : 0].push_back({now, now + platform.ram.latency + extra, axi->id});
    return extra;
  };
  // Answers that come before that of an earlier transaction; of writes, of another ID.
  const auto overtaken = [&](bool write) {
    int64_t n = 0;
    const std::vector<Answer>& all = answers[write ? 1 : 0];
    for (size_t late = 1; late < all.size(); late++)
      for (size_t early = late; early-- > 0;)
        if (all[early].answered > all[late].answered && (!write || all[early].id != all[late].id)) {
          n++;
          break;
        }
    return n;
  };
  platform.Run([&](platform::Cpu& cpu) {
    cpu.Pass(200 * platform.period);
    for (int turn = 0; turn < 20; turn++) good.ExpectGood(good.Run(&platform, &rtl));
  });
  fmt::print("  {} of {} reads and {} of {} writes are answered before an earlier one\n", overtaken(false),
             answers[0].size(), overtaken(true), answers[1].size());
  EXPECT_GT(overtaken(false), 100);
  EXPECT_GT(overtaken(true), 100);
}

// The transactor alone: what its pins show of answers that come in any order, one of them an error.
TEST_P(OutOfOrder, PinsShowResponsesAsTheyCome) {
  const auto& [name, waits] = GetParam();
  TestPlatform platform(1);
  platform.ram.waits = waits;
  const Config config = Config::Load(name);
  const auto bytes = size_t(config.bus_bytes);
  MemoryPort port(&platform.cpu.socket);
  AxiTransactor axi(config, platform.period, config.bus_bytes, &port);
  SystemPins pins;
  std::map<uint64_t, int> cycles;  // that a transaction takes, by its address
  platform.ram.more = [&](const tlm::tlm_generic_payload& p) {
    return cycles.at(p.get_address()) * platform.period;
  };
  platform.Run([&](platform::Cpu&) {
    using Response = std::pair<int, bool>;
    std::vector<Response> responses;
    std::vector<uint8_t> read;
    const auto clock = [&](int n) {
      for (; n > 0; n--) {
        axi.Drive(&pins);
        if (pins.b_valid) responses.emplace_back(pins.b_id, pins.b_error);
        if (pins.r_valid) read.push_back(pins.r_data[0]);
        pins.aw_valid = pins.w_valid = pins.ar_valid = false;
        sc_core::wait(platform.period);
      }
    };
    struct Write {
      int id, cycles;
    };
    pins.r_ready = true;
    pins.w_last = true;
    pins.w_strb = ~uint64_t{0};
    uint64_t at = 0;
    platform.ram.bad_begin = bytes;  // the second
    platform.ram.bad_end = 2 * bytes;
    for (const Write& write : {Write{0, 100}, {1, 10}, {0, 5}, {2, 50}}) {
      cycles[at] = write.cycles;
      pins.aw_valid = pins.w_valid = true;
      pins.aw_id = uint8_t(write.id);
      pins.aw_addr = TestPlatform::kRam + at;
      pins.w_data.fill(uint8_t(at / bytes + 1));
      at += bytes;
      clock(1);
    }
    clock(120);
    EXPECT_EQ(responses, (std::vector<Response>{{1, true}, {2, false}, {0, false}, {0, false}}));
    platform.ram.bad_begin = platform.ram.bad_end = 0;
    for (const int word : {3, 0, 2}) {  // the longest time first
      cycles[uint64_t(word) * bytes] = 20 * (word == 3 ? 4 : word);
      pins.ar_valid = true;
      pins.ar_addr = TestPlatform::kRam + uint64_t(word) * bytes;
      clock(1);
    }
    clock(120);
    EXPECT_EQ(read, (std::vector<uint8_t>{4, 1, 3}));
    EXPECT_TRUE(axi.idle());
  });
}

}  // namespace
}  // namespace weft
