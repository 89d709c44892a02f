// SPDX-License-Identifier: Apache-2.0
// The driver (driver/weft.h): what it refuses before the hardware is asked, on registers that are a map; what
// it tells of the hardware and of a run, on the RTL.
#include <array>
#include <map>
#include <numeric>
#include <set>

#include "sw_model/cycles/cycle_model.hpp"
#include "tests/sim/harness/system_check.hpp"

namespace weft {
namespace {

// Registers that remember; `wait` may change them.
struct FakeBus {
  FakeBus() {
    bus.context = this;
    bus.read = [](void* self, uint32_t offset) {
      FakeBus* fake = static_cast<FakeBus*>(self);
      fake->reads++;
      return fake->registers[offset];
    };
    bus.write = [](void* self, uint32_t offset, uint32_t value) {
      static_cast<FakeBus*>(self)->registers[offset] = value;
      static_cast<FakeBus*>(self)->writes.emplace_back(offset, value);
    };
    bus.wait = [](void* self) { static_cast<FakeBus*>(self)->waits++; };
    registers[WEFT_ID] = WEFT_ID_VALUE;
    registers[WEFT_STATUS] = WEFT_STATUS_IDLE;
    registers[WEFT_LIST_VERSION] = WEFT_LIST_VERSION_VALUE;
    registers[WEFT_CONFIG0] = 0x08040808;
    registers[WEFT_CONFIG1] = 0x28201110;
  }
  std::map<uint32_t, uint32_t> registers;
  std::vector<std::pair<uint32_t, uint32_t>> writes;
  int reads = 0, waits = 0;
  weft_bus bus{};
};

constexpr weft_run kRun = {0x1'2345'6000, 0x2'0000'0040, 1024, 777};

TEST(Driver, StartsOnlyWhatCanRun) {
  const auto refused = [](int error, const auto& change) {
    FakeBus fake;
    weft_run run = kRun;
    change(fake, run);
    EXPECT_EQ(weft_start(&fake.bus, &run), error) << weft_code_name(error);
    EXPECT_TRUE(fake.writes.empty()) << "something was written all the same";
  };
  refused(WEFT_E_NO_WEFT, [](FakeBus& fake, auto&) { fake.registers[WEFT_ID] ^= 1; });
  refused(WEFT_E_BUSY, [](FakeBus& fake, auto&) { fake.registers[WEFT_STATUS] = WEFT_STATUS_BUSY; });
  for (const uint64_t off : {1, 8, 64, 2048})
    refused(WEFT_E_WINDOW, [&](auto&, weft_run& run) { run.window += off; });
  refused(WEFT_E_WINDOW, [](auto&, weft_run& run) { run.list_bytes = 0; });
  refused(WEFT_E_WINDOW, [](auto&, weft_run& run) { run.window_bytes = run.list_bytes - 1; });
  refused(WEFT_E_WINDOW, [](auto&, weft_run& run) { run.window_bytes = 0; });
  refused(WEFT_E_ADDRESS, [](auto&, weft_run& run) { run.window = 0xff'ffff'f000; });  // of 40 bits
  refused(WEFT_E_ADDRESS, [](auto&, weft_run& run) { run.window = uint64_t{1} << 40; });
  refused(WEFT_E_ADDRESS, [](FakeBus& fake, auto&) { fake.registers[WEFT_CONFIG1] = 0x20201110; });
  refused(WEFT_E_ADDRESS, [](FakeBus& fake, weft_run& run) {  // beyond 64 bits
    fake.registers[WEFT_CONFIG1] = 0x40201110;
    run.window = UINT64_MAX - WEFT_ALIGN + 1;
  });
}

TEST(Driver, StartsWhereverAddressesReach) {
  const auto starts = [](uint32_t bits, uint64_t window, uint64_t bytes) {
    FakeBus fake;
    fake.registers[WEFT_CONFIG1] = 0x201110 | bits << 24;
    const weft_run run = {window, bytes, 1024, 777};
    EXPECT_EQ(weft_start(&fake.bus, &run), WEFT_OK) << bits;
    EXPECT_EQ(fake.registers[WEFT_WINDOW_BASE_LO] | uint64_t{fake.registers[WEFT_WINDOW_BASE_HI]} << 32,
              window);
  };
  starts(32, 0xffff'f000, 4096);  // to the last byte
  starts(33, 0x1'0000'0000, 0x1'0000'0000);
  starts(40, 0xff'ffff'f000, 4096);
  starts(64, UINT64_MAX - WEFT_ALIGN + 1, 4096);
}

TEST(Driver, StartWritesEveryRegisterAndStartLast) {
  FakeBus fake;
  ASSERT_EQ(weft_start(&fake.bus, &kRun), WEFT_OK);
  const std::map<uint32_t, uint32_t> expected = {{WEFT_WINDOW_BASE_LO, 0x23456000},
                                                 {WEFT_WINDOW_BASE_HI, 1},
                                                 {WEFT_WINDOW_SIZE_LO, 0x40},
                                                 {WEFT_WINDOW_SIZE_HI, 2},
                                                 {WEFT_LIST_ADDR_LO, 0x23456000},
                                                 {WEFT_LIST_ADDR_HI, 1},
                                                 {WEFT_LIST_BYTES, 1024},
                                                 {WEFT_WATCHDOG, 777},
                                                 {WEFT_IRQ_STATUS, 3},
                                                 {WEFT_IRQ_ENABLE, 3},
                                                 {WEFT_CONTROL, WEFT_CONTROL_START}};
  EXPECT_EQ((std::map<uint32_t, uint32_t>(fake.writes.begin(), fake.writes.end())), expected);
  EXPECT_EQ(fake.writes.size(), expected.size());
  EXPECT_EQ(fake.writes.back().first, WEFT_CONTROL);
  weft_abort(&fake.bus);
  EXPECT_EQ(fake.writes.back(), (std::pair<uint32_t, uint32_t>{WEFT_CONTROL, WEFT_CONTROL_ABORT}));
}

TEST(Driver, WaitsForTheEndAndALittleForTheBus) {
  FakeBus fake;
  fake.registers[WEFT_STATUS] = WEFT_STATUS_BUSY;
  fake.bus.wait = [](void* self) {
    FakeBus* f = static_cast<FakeBus*>(self);
    if (++f->waits == 5)
      f->registers[WEFT_STATUS] = WEFT_STATUS_BUSY | WEFT_STATUS_ERROR | WEFT_CODE_WATCHDOG << 8;
  };
  EXPECT_EQ(weft_wait(&fake.bus), int(WEFT_CODE_WATCHDOG));  // though it is busy for ever
  EXPECT_EQ(fake.waits, 5);
  EXPECT_EQ(fake.reads, 5 + int(WEFT_SETTLE_READS));
  EXPECT_EQ(fake.registers[WEFT_IRQ_STATUS], WEFT_IRQ_STATUS_DONE | WEFT_IRQ_STATUS_ERROR);
  fake.registers[WEFT_STATUS] = WEFT_STATUS_IDLE | WEFT_STATUS_DONE;
  EXPECT_EQ(weft_wait(&fake.bus), int(WEFT_CODE_OK));
  fake.registers[WEFT_STATUS] = WEFT_STATUS_IDLE;
  EXPECT_EQ(weft_wait(&fake.bus), int(WEFT_E_RESET));
}

std::vector<uint32_t> GoodList() {
  std::vector<uint32_t> list = {WEFT_LIST_MAGIC, 0, 0x08040808, 0x00201110, 0x12345678, 5, 6, 7, 3, 0, 0, 0};
  list[kHeaderChecksum] = -std::accumulate(list.begin(), list.end(), 0U);
  return list;
}
int Check(const std::vector<uint32_t>& list, size_t bytes, FakeBus& fake) {
  return weft_check_list(&fake.bus, list.data(), bytes);
}

TEST(Driver, ChecksLists) {
  FakeBus fake;
  const std::vector<uint32_t> good = GoodList();
  EXPECT_EQ(Check(good, 48, fake), WEFT_OK);
  for (size_t i = 0; i < good.size(); i++)
    for (const uint32_t flip : {1U, 0x80000000U}) {
      std::vector<uint32_t> bad = good;
      bad[i] ^= flip;
      EXPECT_EQ(Check(bad, 48, fake), i == 2 || i == 3 ? WEFT_E_CONFIG : WEFT_E_LIST) << "word " << i;
      if (i == 0) {  // ... and with a right sum
        bad[kHeaderChecksum] += good[i] - bad[i];
        EXPECT_EQ(Check(bad, 48, fake), WEFT_E_LIST) << "word " << i;
      }
    }
  for (const size_t bytes : {size_t{0}, size_t{31}, size_t{32}, size_t{47}})
    EXPECT_EQ(Check(good, bytes, fake), WEFT_E_LIST) << bytes;
  std::vector<uint32_t> filled = good;
  filled.resize(16);
  EXPECT_EQ(Check(filled, 64, fake), WEFT_OK);
  fake.registers[WEFT_LIST_VERSION]++;
  EXPECT_EQ(Check(good, 48, fake), WEFT_E_VERSION);
  fake.registers[WEFT_ID]++;
  EXPECT_EQ(Check(good, 48, fake), WEFT_E_NO_WEFT);
}

TEST(Driver, CountersHave48Bits) {
  FakeBus fake;
  for (uint32_t i = 0; i < 11; i++) {
    fake.registers[WEFT_CYCLES_LO + 8 * i] = 0x80000000U + i;
    fake.registers[WEFT_CYCLES_HI + 8 * i] = 0x1000 + i;
  }
  weft_counters c{};
  weft_read_counters(&fake.bus, &c);
  const auto value = [](uint64_t i) { return (0x1000 + i) << 32 | (0x80000000U + i); };
  EXPECT_EQ(c.cycles, value(0));
  for (uint64_t i = 0; i < 8; i++) EXPECT_EQ(c.count[i], value(1 + i));
  EXPECT_EQ(c.bytes_read, value(9));
  EXPECT_EQ(c.bytes_written, value(10));
}

TEST(Driver, CopiesRowByRow) {
  std::vector<uint8_t> window(256, 0xee);
  const weft_place place = {16, 24, 2, 3, 5, 4};  // rows of 20 bytes, 24 apart
  std::vector<int8_t> tensor(2 * 3 * 5 * 4), back(tensor.size());
  for (size_t i = 0; i < tensor.size(); i++) tensor[i] = int8_t(i - 60);
  weft_put(window.data(), &place, tensor.data());
  for (size_t i = 0; i < window.size(); i++) {
    const size_t row = (i - 16) / 24, x = (i - 16) % 24;
    const bool inside = i >= 16 && row < 6 && x < 20;
    EXPECT_EQ(window[i], inside ? uint8_t(tensor[row * 20 + x]) : 0xee) << i;
  }
  weft_get(window.data(), &place, back.data());
  EXPECT_EQ(back, tensor);
}

TEST(Driver, NamesEveryCode) {
  std::set<std::string> names;
  for (int code = WEFT_E_RESET; code <= int(WEFT_CODE_BAD_JOB); code++) names.insert(weft_code_name(code));
  EXPECT_EQ(names.size(), 20U);  // 0 is both WEFT_OK and WEFT_CODE_OK
  EXPECT_EQ(names.count("unknown"), 0U);
  EXPECT_STREQ(weft_code_name(10), "unknown");
  EXPECT_STREQ(weft_code_name(-11), "unknown");
}

TEST(Driver, TakesOverWhatIsThere) {
  FakeBus fake;
  EXPECT_EQ(weft_init(&fake.bus), WEFT_OK);
  const std::vector<std::pair<uint32_t, uint32_t>> expected = {{WEFT_CONTROL, WEFT_CONTROL_SOFT_RESET}};
  EXPECT_EQ(fake.writes, expected);
  fake.registers[WEFT_STATUS] = WEFT_STATUS_BUSY;  // of memory that does not answer
  fake.reads = 0;
  EXPECT_EQ(weft_init(&fake.bus), WEFT_E_BUSY);
  EXPECT_EQ(fake.reads, 1 + int{WEFT_SETTLE_READS});
  fake.writes.clear();
  fake.registers[WEFT_ID] ^= 1;
  EXPECT_EQ(weft_init(&fake.bus), WEFT_E_NO_WEFT);
  EXPECT_TRUE(fake.writes.empty());
}

class DriverOnRtl : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Configs, DriverOnRtl, testing::Values("2x2", "4x4", "5x7", "8x8", "8x16"),
                         [](const auto& info) { return fmt::format("c{}", info.param); });

TEST_P(DriverOnRtl, RegistersTellTheConfiguration) {
  SystemCheck check(GetParam(), {2, 5});
  const Config& c = check.config;
  EXPECT_EQ(check.Register(WEFT_ID), WEFT_ID_VALUE);
  EXPECT_EQ(check.Register(WEFT_VERSION), WEFT_VERSION_VALUE);
  EXPECT_EQ(check.Register(WEFT_LIST_VERSION), kListVersion);
  const uint32_t config0 = check.Register(WEFT_CONFIG0), config1 = check.Register(WEFT_CONFIG1);
  const auto field = [](uint32_t value, uint32_t mask, int shift) { return int((value & mask) >> shift); };
  EXPECT_EQ(field(config0, WEFT_CONFIG0_ROWS_MASK, WEFT_CONFIG0_ROWS_SHIFT), c.rows);
  EXPECT_EQ(field(config0, WEFT_CONFIG0_COLS_MASK, WEFT_CONFIG0_COLS_SHIFT), c.cols);
  EXPECT_EQ(field(config0, WEFT_CONFIG0_LANES_MASK, WEFT_CONFIG0_LANES_SHIFT), c.lanes);
  EXPECT_EQ(field(config0, WEFT_CONFIG0_BUS_BYTES_MASK, WEFT_CONFIG0_BUS_BYTES_SHIFT), c.bus_bytes);
  EXPECT_EQ(1 << field(config1, WEFT_CONFIG1_LOG2_LINE_BYTES_MASK, WEFT_CONFIG1_LOG2_LINE_BYTES_SHIFT),
            c.line_buffer_bytes);
  EXPECT_EQ(1 << field(config1, WEFT_CONFIG1_LOG2_WEIGHT_BYTES_MASK, WEFT_CONFIG1_LOG2_WEIGHT_BYTES_SHIFT),
            c.weight_buffer_bytes);
  EXPECT_EQ(field(config1, WEFT_CONFIG1_ACC_BITS_MASK, WEFT_CONFIG1_ACC_BITS_SHIFT), c.acc_bits);
  EXPECT_EQ(field(config1, WEFT_CONFIG1_DEPTHWISE_TAPS_MASK, WEFT_CONFIG1_DEPTHWISE_TAPS_SHIFT),
            c.depthwise_taps);
  EXPECT_EQ(field(config1, WEFT_CONFIG1_ADDR_BITS_MASK, WEFT_CONFIG1_ADDR_BITS_SHIFT), 40);
  // A list for another configuration is refused by the driver, and so by System::Run.
  const SystemCheck other(std::string(GetParam()) == "2x2" ? "4x4" : "2x2", {2, 5});
  EXPECT_EQ(weft_check_list(&check.system.bus(), other.good.program().image.data(),
                            other.good.program().list_bytes),
            WEFT_E_CONFIG);
  EXPECT_EQ(weft_check_list(&check.system.bus(), check.good.program().image.data(),
                            check.good.program().list_bytes),
            WEFT_OK);
}

TEST_P(DriverOnRtl, CountersAreTheModels) {
  for (const Memory memory : {Memory{1, 3}, Memory{4, 40}, Memory{2, 200}}) {
    SystemCheck check(GetParam(), memory);
    const CycleResult model = CountCycles(check.good.program(), check.config, memory);
    for (int run = 0; run < 2; run++) {  // every run counts for itself
      check.ExpectGood();
      weft_counters c{};
      weft_read_counters(&check.system.bus(), &c);
      EXPECT_EQ(int64_t(c.cycles), model.cycles);
      for (size_t i = 0; i < kCauses; i++) EXPECT_EQ(int64_t(c.count[i]), model.counts[i]) << kCauseNames[i];
      EXPECT_EQ(int64_t(c.bytes_read), model.bytes_read);
      EXPECT_EQ(int64_t(c.bytes_written), model.bytes_written);
    }
  }
}

// Reset, write the registers, start, wait for the end: without a look at STATUS, and so soon that the engine
// is not clean yet.
class RightAfterReset {
 public:
  explicit RightAfterReset(const char* config_name, int idle = 0) : check(config_name, {4, 10}, 0, 1, 1) {
    check.Load();
    check.system.Step(idle);
  }
  void Start() {
    const uint64_t base = check.system.memory().base;
    const weft_bus& bus = check.system.bus();
    bus.write(bus.context, WEFT_WINDOW_BASE_LO, uint32_t(base));
    bus.write(bus.context, WEFT_WINDOW_SIZE_LO, uint32_t(check.good.program().window_bytes));
    bus.write(bus.context, WEFT_LIST_ADDR_LO, uint32_t(base));
    bus.write(bus.context, WEFT_LIST_BYTES, check.good.program().list_bytes);
    bus.write(bus.context, WEFT_IRQ_ENABLE, WEFT_IRQ_ENABLE_DONE | WEFT_IRQ_ENABLE_ERROR);
    bus.write(bus.context, WEFT_CONTROL, WEFT_CONTROL_START);
  }
  SystemCheck check;
};

TEST_P(DriverOnRtl, StartsRightAfterReset) {
  int64_t longest = 0, shortest = INT64_MAX;
  for (const int idle : {0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89}) {
    RightAfterReset reset(GetParam(), idle);
    SystemCheck& check = reset.check;
    if (idle % 2 == 1) {
      EXPECT_EQ(check.Register(WEFT_STATUS), WEFT_STATUS_IDLE) << "cycle " << idle;
    }
    reset.Start();
    const int64_t start = check.system.now();
    int64_t end = 0;
    check.system.on_interrupt = [&] { end = check.system.now(); };
    ASSERT_EQ(CodeName(check.system.Wait(1'000'000)), "OK") << "after " << idle << " cycles";
    const SegmentProgram& segment = check.good.segment;
    EXPECT_EQ(FirstDifference(check.good.expected,
                              check.system.Read(*segment.outputs.at(size_t(check.good.graph.output())))),
              "");
    weft_counters c{};
    weft_read_counters(&check.system.bus(), &c);
    EXPECT_EQ(int64_t(c.cycles), CountCycles(check.good.program(), check.config, {4, 10}).cycles);
    const int64_t waited = end - start - int64_t(c.cycles);
    longest = std::max(longest, waited);
    shortest = std::min(shortest, waited);
    check.system.on_interrupt = nullptr;
    check.ExpectGood();
  }
  EXPECT_GE(longest, shortest + 5) << "no start waited for the engine";
}

TEST_P(DriverOnRtl, AStartThatWaitsCanBeEnded) {
  RightAfterReset aborted(GetParam());
  aborted.Start();
  weft_abort(&aborted.check.system.bus());
  EXPECT_EQ(CodeName(aborted.check.system.Wait(100)), "ABORTED");
  EXPECT_EQ(aborted.check.Register(WEFT_ERROR_COMMAND), 0U);
  aborted.check.ExpectGood();
  RightAfterReset taken_over(GetParam());
  taken_over.Start();
  EXPECT_EQ(weft_init(&taken_over.check.system.bus()), WEFT_OK);
  EXPECT_EQ(taken_over.check.Register(WEFT_STATUS), WEFT_STATUS_IDLE);
  taken_over.check.system.Step(1000);
  EXPECT_EQ(taken_over.check.system.memory().read_beats(), 0) << "something runs";
  taken_over.check.ExpectGood();
}

// The driver on hardware whose memory is dead, and comes back.
TEST_P(DriverOnRtl, GetsOverADeadMemory) {
  SystemCheck check(GetParam(), {4, 10});
  check.Load();
  check.system.memory().faults = {.read_beat = 300, .hangs = true};
  const weft_run run = {check.system.memory().base, check.good.program().window_bytes,
                        check.good.program().list_bytes, 500};
  EXPECT_EQ(weft_start(&check.system.bus(), &run), WEFT_OK);
  EXPECT_EQ(weft_start(&check.system.bus(), &run), WEFT_E_BUSY);
  EXPECT_EQ(CodeName(check.system.Wait(200'000)), "WATCHDOG");
  EXPECT_EQ(weft_start(&check.system.bus(), &run), WEFT_E_BUSY);
  check.system.memory().faults = {};
  check.system.Step(5000);
  check.ExpectGood();
}

}  // namespace
}  // namespace weft
