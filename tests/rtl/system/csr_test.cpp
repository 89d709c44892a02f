// SPDX-License-Identifier: Apache-2.0
// csr: every register of rtl/registers.json by its access and reset value, SLVERR where it is due, commands
// and how a list ends, the interrupt, the lock while a list runs, the snapshots of the counters, and all
// channels at once in any order.
#include "models/csr.hpp"

#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "driver/weft_regs.h"
#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

constexpr int kOkay = 0, kSlvErr = 2;
constexpr int kCounters = weft_pkg::CAUSES + 3, kCountBits = weft_pkg::COUNT_W;

// What the map says of one 32-bit register.
struct Register {
  std::string name, access;
  uint32_t reset, writable;
  bool locked;
};

template <class P>
std::map<uint32_t, Register> ReadMap() {
  const uint32_t config0 = P::ROWS | P::COLS << 8 | P::LANES << 16 | uint32_t{P::BUS_BYTES} << 24;
  const uint32_t config1 = uint32_t(std::bit_width(unsigned{P::LINE_BYTES}) - 1) |
                           uint32_t(std::bit_width(unsigned{P::WEIGHT_BYTES}) - 1) << 8 | P::ACC_W << 16 |
                           P::DW_TAPS << 22 | uint32_t{P::ADDR_W} << 24 |
                           (P::RESIDUAL_ADD == 0 ? 1U << 31 : 0U);
  std::map<uint32_t, Register> map;
  const auto file = nlohmann::json::parse(std::ifstream(WEFT_REGISTERS));
  for (const auto& r : file["registers"]) {
    const std::string name = r["name"], access = r["access"], reset = r["reset"];
    const auto offset = uint32_t(std::stoul(r["offset"].get<std::string>(), nullptr, 16));
    uint64_t mask = Mask(32);
    if (r.contains("width")) mask = Mask(r["width"].is_number() ? r["width"].get<int>() : P::ADDR_W);
    if (r.contains("fields") && access != "RO") {
      mask = 0;
      for (const auto& f : r["fields"]) {  // "MSB:LSB", or one bit
        const std::string bits = f["bits"];
        const int msb = std::stoi(bits), lsb = std::stoi(bits.substr(bits.find(':') + 1));
        mask |= Mask(msb - lsb + 1) << lsb;
      }
    }
    if (access != "RW") mask = 0;
    const uint32_t value = reset != "configuration" ? uint32_t(std::stoul(reset, nullptr, 16))
                                                    : (name == "CONFIG0" ? config0 : config1);
    map[offset] = {name, access, value, uint32_t(mask), r.value("locked", false)};
    if (r.contains("width"))
      map[offset + 4] = {name + "_HI", access, 0, uint32_t(mask >> 32), r.value("locked", false)};
  }
  return map;
}

struct Response {
  int resp;
  uint32_t data;
  bool operator==(const Response&) const = default;
};
void PrintTo(const Response& r, std::ostream* out) {
  *out << fmt::format("resp {} data {:08x}", r.resp, r.data);
}

// The master of the bus and the core's side, one request at a time, with idle and stall cycles by the
// pattern.
template <class P>
class Bus {
 public:
  explicit Bus(Pattern pattern = {100, 100}, int seed = 1) : m(seed), random(seed), pattern_(pattern) {
    m->awvalid_i = m->wvalid_i = m->arvalid_i = m->bready_i = m->rready_i = 0;
    m->busy_i = m->done_i = 0;
    m->code_i = 0, m->error_command_i = 0;
    Put(m->error_addr_i, 0, P::ADDR_W, 0);
    SetCounters(std::vector<uint64_t>(kCounters));
    m.Reset();
  }

  void Tick() {
    if (before_tick) before_tick();
    m.Clock();
    starts += m->start_o, aborts += m->abort_o, resets += m->soft_reset_o;
  }
  int Write(uint32_t addr, uint32_t data, int strobes = 15) {
    m->awaddr_i = addr, m->wdata_i = data, m->wstrb_i = strobes;
    bool aw_left = true, w_left = true;
    for (int t = 0; t < kTimeout; t++) {
      m->awvalid_i = aw_left && (m->awvalid_i || Active(random, pattern_.source));
      m->wvalid_i = w_left && (m->wvalid_i || Active(random, pattern_.source));
      m->bready_i = Active(random, pattern_.sink);
      const bool aw = m->awvalid_i && m->awready_o, w = m->wvalid_i && m->wready_o;
      const bool b = m->bvalid_o && m->bready_i;
      const int resp = m->bresp_o;
      Tick();
      if (b) {
        EXPECT_FALSE(aw_left || w_left) << "answered before the request was there";
        m->bready_i = 0;
        return resp;
      }
      if (aw) aw_left = false;
      if (w) w_left = false;
    }
    ADD_FAILURE() << fmt::format("no response to a write of {:03x}", addr);
    return -1;
  }
  Response Read(uint32_t addr) {
    m->araddr_i = addr;
    bool left = true, seen = false;
    for (int t = 0; t < kTimeout; t++) {
      m->arvalid_i = left && (m->arvalid_i || Active(random, pattern_.source));
      m->rready_i = Active(random, pattern_.sink);
      const bool ar = m->arvalid_i && m->arready_o, r = m->rvalid_o && m->rready_i;
      const Response response{m->rresp_o, m->rdata_o};
      Tick();
      if (r) {
        m->rready_i = 0;
        return response;
      }
      if (m->rvalid_o && !seen)
        seen = true, at_read = before;  // the edge before this one looked at the counters
      before = counters;
      if (ar) left = false;
    }
    ADD_FAILURE() << fmt::format("no response to a read of {:03x}", addr);
    return {-1, 0};
  }
  uint32_t Value(uint32_t addr) {
    const Response r = Read(addr);
    EXPECT_EQ(r.resp, kOkay) << fmt::format("read of {:03x}", addr);
    return r.data;
  }
  uint64_t Value64(uint32_t low) {
    const uint64_t value = Value(low);
    return value | uint64_t{Value(low + 4)} << 32;
  }

  void SetCounters(const std::vector<uint64_t>& values) {  // in the order of the map
    counters = values;
    m->cycles_i = values[0];
    for (int c = 0; c < weft_pkg::CAUSES; c++)
      Put(m->counts_i, kCountBits * c, kCountBits, values[size_t(c) + 1]);
    m->bytes_read_i = values[kCounters - 2];
    m->bytes_written_i = values[kCounters - 1];
  }
  void Finish(int code, uint64_t addr = 0, uint32_t job = 0) {  // the core's done_i, for one cycle
    m->done_i = 1, m->code_i = code, m->error_command_i = job;
    Put(m->error_addr_i, 0, P::ADDR_W, addr);
    Tick();
    m->done_i = 0, m->code_i = 0x5a, m->error_command_i = ~job;
    Put(m->error_addr_i, 0, P::ADDR_W, ~addr);
  }

  Testbench<P> m;
  Random random;
  std::function<void()> before_tick;
  std::vector<uint64_t> counters, before,
      at_read;                             // now; a cycle ago; in the cycle in which the last read looked
  int starts = 0, aborts = 0, resets = 0;  // cycles with the pulse

 private:
  Pattern pattern_;
  static constexpr int kTimeout = 2000;
};

uint32_t Random32(Random& random) { return uint32_t(random.Int(0, INT64_MAX) >> 7); }

template <class P>
class Csr : public testing::Test {};
TYPED_TEST_SUITE(Csr, models::csr, ParameterNames);

TYPED_TEST(Csr, EveryWordOfTheWindowHasItsAccessAndReset) {
  using P = TypeParam;
  const auto map = ReadMap<P>();
  ASSERT_EQ(map.at(WEFT_ID).reset, WEFT_ID_VALUE);
  int slverrs = 0;
  for (const Pattern pattern : {kPatterns[0], kPatterns[3]}) {
    SCOPED_TRACE(ToString(pattern));
    Bus<P> bus(pattern);
    for (uint32_t addr = 0; addr < WEFT_REGS_BYTES; addr += 4) {
      const auto r = map.find(addr);
      const std::string name = fmt::format("{:03x} {}", addr, r == map.end() ? "" : r->second.name);
      const bool there = r != map.end();
      const Response reset = there ? Response{kOkay, r->second.reset} : Response{kSlvErr, 0};
      ASSERT_EQ(bus.Read(addr), reset) << name;
      ASSERT_EQ(bus.Read(addr + uint32_t(bus.random.Int(1, 3))), reset) << name << ", a byte of it";
      if (there && r->second.access == "WO") continue;  // commands: below
      const bool writable = there && r->second.access != "RO";
      ASSERT_EQ(bus.Write(addr, 0xffffffff), writable ? kOkay : kSlvErr) << name;
      const uint32_t mask = there ? r->second.writable : 0;
      ASSERT_EQ(bus.Read(addr), (Response{reset.resp, writable ? mask : reset.data})) << name;
      slverrs += writable ? 0 : 1;
      if (!mask) continue;
      uint32_t want = mask;  // bytes by their strobes
      for (int strobes = 15; strobes >= 0; strobes--) {
        const uint32_t data = Random32(bus.random);
        uint32_t bytes = 0;
        for (int b = 0; b < 4; b++) bytes |= strobes >> b & 1 ? 0xffu << 8 * b : 0;
        want = (want & ~bytes) | (data & bytes & mask);
        ASSERT_EQ(bus.Write(addr, data, strobes), kOkay) << name;
        ASSERT_EQ(bus.Value(addr), want) << name << ", strobes " << strobes;
      }
    }
    EXPECT_EQ(bus.starts + bus.aborts + bus.resets, 0);
    bus.m.Reset();
    for (const auto& [addr, r] : map) ASSERT_EQ(bus.Value(addr), r.reset) << r.name << " after another reset";
  }
  Compared(fmt::format("{} registers, {} writes refused", map.size(), slverrs));
}

TYPED_TEST(Csr, TheCoreSeesTheValues) {
  using P = TypeParam;
  Bus<P> bus;
  for (int i = 0; i < 200; i++) {
    const auto draw = [&] {
      return (uint64_t{Random32(bus.random)} << 32 | Random32(bus.random)) & Mask(P::ADDR_W);
    };
    const uint64_t list = draw(), base = draw(), size = i == 0 ? 0 : i == 1 ? Mask(P::ADDR_W) : draw();
    const uint32_t bytes = Random32(bus.random), watchdog = Random32(bus.random);
    const auto write64 = [&](uint32_t addr, uint64_t value) {
      ASSERT_EQ(bus.Write(addr, uint32_t(value)), kOkay);
      ASSERT_EQ(bus.Write(addr + 4, uint32_t(value >> 32)), kOkay);
    };
    write64(WEFT_LIST_ADDR_LO, list);
    ASSERT_EQ(bus.Write(WEFT_LIST_BYTES, bytes), kOkay);
    ASSERT_EQ(bus.Write(WEFT_WATCHDOG, watchdog), kOkay);
    write64(WEFT_WINDOW_BASE_LO, base);
    write64(WEFT_WINDOW_SIZE_LO, size);
    bus.Tick();
    ASSERT_EQ(Get(bus.m->list_addr_o, 0, P::ADDR_W), list);
    ASSERT_EQ(bus.m->list_bytes_o, bytes);
    ASSERT_EQ(bus.m->watchdog_o, watchdog);
    ASSERT_EQ(Get(bus.m->window_base_o, 0, P::ADDR_W), base);
    ASSERT_EQ(Get(bus.m->window_size_o, 0, P::ADDR_W), size);
  }
}

TYPED_TEST(Csr, AListRunsAndEndsWithEveryCode) {
  using P = TypeParam;
  const auto map = ReadMap<P>();
  int refused = 0;
  for (const Pattern pattern : kPatterns) {
    SCOPED_TRACE(ToString(pattern));
    Bus<P> bus(pattern);
    for (int code = 0; code <= 255; code += code < int{WEFT_CODE_BAD_JOB} ? 1 : 41) {
      SCOPED_TRACE(fmt::format("code {}", code));
      const bool ok = code == WEFT_CODE_OK;
      const uint32_t event = ok ? WEFT_IRQ_STATUS_DONE : WEFT_IRQ_STATUS_ERROR;
      bus.starts = 0;
      ASSERT_EQ(bus.Write(WEFT_IRQ_STATUS, ~0u), kOkay);
      ASSERT_EQ(bus.Write(WEFT_IRQ_ENABLE, 3 ^ event), kOkay);
      ASSERT_EQ(bus.Write(WEFT_CONTROL, WEFT_CONTROL_START, 14), kOkay);
      ASSERT_EQ(bus.starts, 0) << "its byte is not written";
      ASSERT_EQ(bus.Write(WEFT_CONTROL, WEFT_CONTROL_START), kOkay);
      ASSERT_EQ(bus.starts, 1) << "a pulse of one cycle";
      const bool core_busy = bus.random.Int(0, 1) != 0;  // the core's own busy_i may come later
      bus.m->busy_i = core_busy;
      ASSERT_EQ(bus.Value(WEFT_STATUS), WEFT_STATUS_BUSY);

      // Locked while it runs.
      ASSERT_EQ(bus.Write(WEFT_CONTROL, WEFT_CONTROL_START), kSlvErr);
      ASSERT_EQ(bus.starts, 1);
      for (const auto& [addr, r] : map) {
        if (!r.locked) continue;
        const uint32_t old = bus.Value(addr);
        ASSERT_EQ(bus.Write(addr, ~old), kSlvErr) << r.name;
        ASSERT_EQ(bus.Value(addr), old) << r.name;
        refused++;
      }
      ASSERT_EQ(bus.Value(WEFT_IRQ_STATUS), 0u);

      const uint64_t where = (uint64_t{Random32(bus.random)} << 32 | Random32(bus.random)) & Mask(P::ADDR_W);
      const uint32_t job = Random32(bus.random);
      bus.Finish(code, where, job);
      bus.m->busy_i = 0;
      ASSERT_EQ(bus.m->irq_o, 0) << "not enabled";
      ASSERT_EQ(bus.Value(WEFT_IRQ_STATUS), event);
      ASSERT_EQ(bus.Write(WEFT_IRQ_ENABLE, event), kOkay);
      ASSERT_EQ(bus.m->irq_o, 1);
      ASSERT_EQ(bus.Value(WEFT_STATUS), WEFT_STATUS_IDLE | (ok ? WEFT_STATUS_DONE : WEFT_STATUS_ERROR) |
                                            uint32_t(code) << WEFT_STATUS_CODE_SHIFT);
      ASSERT_EQ(bus.Value64(WEFT_ERROR_ADDR_LO), where);
      ASSERT_EQ(bus.Value(WEFT_ERROR_COMMAND), job);
      bus.Finish(ok ? 1 : 0);  // nothing runs: not listened to
      ASSERT_EQ(bus.Value(WEFT_IRQ_STATUS), event);
      ASSERT_EQ(bus.Value64(WEFT_ERROR_ADDR_LO), where);

      ASSERT_EQ(bus.Write(WEFT_IRQ_STATUS, 3 ^ event), kOkay);
      ASSERT_EQ(bus.Write(WEFT_IRQ_STATUS, event, 14), kOkay);
      ASSERT_EQ(bus.m->irq_o, 1) << "another bit, another byte";
      ASSERT_EQ(bus.Write(WEFT_IRQ_STATUS, event), kOkay);
      ASSERT_EQ(bus.m->irq_o, 0);
      ASSERT_EQ(bus.Value(WEFT_IRQ_STATUS), 0u);
    }
    EXPECT_EQ(bus.aborts + bus.resets, 0);
  }
  EXPECT_GT(refused, 0);
  Compared(fmt::format("{} writes refused while a list ran", refused));
}

TYPED_TEST(Csr, AbortAndSoftResetAlwaysWork) {
  using P = TypeParam;
  for (const Pattern pattern : kPatterns) {
    SCOPED_TRACE(ToString(pattern));
    Bus<P> bus(pattern);
    ASSERT_EQ(bus.Write(WEFT_LIST_BYTES, 1234), kOkay);
    ASSERT_EQ(bus.Write(WEFT_IRQ_ENABLE, 3), kOkay);
    for (const uint32_t with : {0u, WEFT_CONTROL_START}) {  // they win over a start
      bus.starts = bus.aborts = bus.resets = 0;
      for (int idle = 0; idle < 2; idle++) {
        if (!idle) bus.Write(WEFT_CONTROL, WEFT_CONTROL_START);
        ASSERT_EQ(bus.Write(WEFT_CONTROL, WEFT_CONTROL_ABORT | with), kOkay);
        ASSERT_EQ(bus.aborts, 1 + idle);
        ASSERT_EQ(bus.starts, 1);
        if (!idle) {
          ASSERT_EQ(bus.Value(WEFT_STATUS), WEFT_STATUS_BUSY) << "until the core has ended";
          bus.Finish(WEFT_CODE_ABORTED, 0x12345678, 9);
        }
        ASSERT_EQ(bus.Value(WEFT_STATUS),
                  WEFT_STATUS_IDLE | WEFT_STATUS_ERROR | WEFT_CODE_ABORTED << WEFT_STATUS_CODE_SHIFT);
      }
      ASSERT_EQ(bus.m->irq_o, 1);
      bus.Write(WEFT_CONTROL, WEFT_CONTROL_START);
      bus.m->busy_i = 1;
      ASSERT_EQ(bus.Value(WEFT_STATUS), WEFT_STATUS_BUSY) << "a start clears the rest";
      ASSERT_EQ(bus.Write(WEFT_CONTROL, WEFT_CONTROL_SOFT_RESET | with), kOkay);
      ASSERT_EQ(bus.resets, 1);
      ASSERT_EQ(bus.starts, 2);
      ASSERT_EQ(bus.m->irq_o, 0);
      bus.Finish(WEFT_CODE_READ_ERROR);  // too late
      ASSERT_EQ(bus.Value(WEFT_STATUS), WEFT_STATUS_BUSY) << "the core still resets";
      ASSERT_EQ(bus.Write(WEFT_LIST_BYTES, 1), kSlvErr);
      ASSERT_EQ(bus.Write(WEFT_CONTROL, WEFT_CONTROL_START), kSlvErr);
      bus.m->busy_i = 0;
      ASSERT_EQ(bus.Value(WEFT_STATUS), WEFT_STATUS_IDLE);
      ASSERT_EQ(bus.Value(WEFT_IRQ_STATUS), 0u);
      ASSERT_EQ(bus.Value(WEFT_ERROR_COMMAND), 0u);
      ASSERT_EQ(bus.Value64(WEFT_ERROR_ADDR_LO), 0u);
      ASSERT_EQ(bus.Value(WEFT_LIST_BYTES), 1234u) << "values stay";
      ASSERT_EQ(bus.Value(WEFT_IRQ_ENABLE), 3u);
      ASSERT_EQ(bus.resets, 1);
    }
  }
}

// A list ends in each of the cycles around that in which the write clears its interrupt: only an earlier one
// is cleared.
TYPED_TEST(Csr, AnEventInTheCycleOfItsClearingStays) {
  int cleared = 0, stayed = 0;
  for (int at = 0; at < 6; at++) {
    Bus<TypeParam> bus;
    bus.Write(WEFT_CONTROL, WEFT_CONTROL_START);
    int t = 0, carried_out = -1;
    bus.before_tick = [&] {
      if (carried_out < 0 && bus.m->bvalid_o) carried_out = t;
      bus.m->done_i = t++ == at;
    };
    bus.Write(WEFT_IRQ_STATUS, 3);
    while (t <= at) bus.Tick();
    bus.before_tick = nullptr;
    bus.m->done_i = 0;
    ASSERT_GE(carried_out, 0);
    const bool stays = at >= carried_out;
    EXPECT_EQ(bus.Value(WEFT_IRQ_STATUS), stays ? WEFT_IRQ_STATUS_DONE : 0) << "cycle " << at;
    (stays ? stayed : cleared)++;
  }
  EXPECT_GT(cleared, 0);
  EXPECT_GT(stayed, 1);
}

TYPED_TEST(Csr, ReadingTheLowerHalfKeepsTheUpper) {
  int reads = 0;
  for (const Pattern pattern : kPatterns) {
    SCOPED_TRACE(ToString(pattern));
    Bus<TypeParam> bus(pattern);
    bus.before_tick = [&] {
      std::vector<uint64_t> values(kCounters);
      for (uint64_t& value : values) value = uint64_t(bus.random.Int(0, INT64_MAX)) & Mask(kCountBits);
      bus.SetCounters(values);
    };
    std::vector<uint32_t> high(kCounters);
    for (int i = 0; i < 2000; i++, reads++) {
      const auto c = size_t(bus.random.Int(0, kCounters - 1));
      const uint32_t addr = WEFT_CYCLES_LO + 8 * uint32_t(c);
      if (bus.random.Int(0, 1)) {
        const uint32_t got = bus.Value(addr);
        ASSERT_EQ(got, uint32_t(bus.at_read[c])) << "counter " << c;
        high[c] = uint32_t(bus.at_read[c] >> 32);
      } else {
        ASSERT_EQ(bus.Value(addr + 4), high[c]) << "counter " << c;
      }
    }
  }
  static_assert(WEFT_COUNT_MAC_LO == WEFT_CYCLES_LO + 8 * (1 + weft_pkg::CAUSE_MAC));
  static_assert(WEFT_COUNT_FILL_LO == WEFT_CYCLES_LO + 8 * (1 + weft_pkg::CAUSE_FILL));
  static_assert(WEFT_COUNT_DRAIN_LO == WEFT_CYCLES_LO + 8 * (1 + weft_pkg::CAUSE_DRAIN));
  static_assert(WEFT_COUNT_LINES_LO == WEFT_CYCLES_LO + 8 * (1 + weft_pkg::CAUSE_LINES));
  static_assert(WEFT_COUNT_WEIGHTS_LO == WEFT_CYCLES_LO + 8 * (1 + weft_pkg::CAUSE_WEIGHTS));
  static_assert(WEFT_COUNT_STORE_LO == WEFT_CYCLES_LO + 8 * (1 + weft_pkg::CAUSE_STORE));
  static_assert(WEFT_COUNT_EDGE_LO == WEFT_CYCLES_LO + 8 * (1 + weft_pkg::CAUSE_EDGE));
  static_assert(WEFT_COUNT_FEED_LO == WEFT_CYCLES_LO + 8 * (1 + weft_pkg::CAUSE_FEED));
  static_assert(WEFT_BYTES_WRITTEN_LO == WEFT_CYCLES_LO + 8 * (kCounters - 1));
  Compared(fmt::format("{} halves of counters", reads));
}

// Requests one after the other on all channels, addresses and data in their own time, reads beside writes.
TYPED_TEST(Csr, AllChannelsAtOnce) {
  using P = TypeParam;
  constexpr int kRequests = 1500;
  const auto map = ReadMap<P>();
  int64_t address_first = 0, data_first = 0, fastest = INT64_MAX;
  for (const Pattern pattern : kPatterns) {
    SCOPED_TRACE(ToString(pattern));
    Bus<P> bus(pattern);
    auto& m = bus.m;
    auto& random = bus.random;
    // What is written is not read here, as the order of the two is open; at the end all is read.
    std::map<uint32_t, uint32_t> want;
    std::vector<std::array<uint32_t, 3>> writes;
    std::vector<int> write_resps;
    std::vector<uint32_t> reads;
    std::vector<Response> read_resps;
    for (int i = 0; i < kRequests; i++) {
      const uint32_t addr = 4 * uint32_t(random.Int(0, 30)), data = Random32(random);
      const auto r = map.find(addr);
      const bool there = r != map.end();
      if (there && r->second.access == "WO") {
        writes.push_back({addr, data, 14}), write_resps.push_back(kOkay);
      } else {
        writes.push_back({addr, data, 15});
        write_resps.push_back(there && r->second.access != "RO" ? kOkay : kSlvErr);
        if (there && r->second.access == "RW") want[addr] = data & r->second.writable;
      }
      uint32_t from;
      do from = 4 * uint32_t(random.Int(0, 30));
      while (map.contains(from) && map.at(from).access == "RW");
      reads.push_back(from);
      read_resps.push_back(map.contains(from) ? Response{kOkay, map.at(from).reset} : Response{kSlvErr, 0});
    }
    size_t aw = 0, w = 0, b = 0, ar = 0, r = 0;
    int64_t t = 0;
    for (; b < kRequests || r < kRequests; t++) {
      ASSERT_LT(t, 100 * kRequests);
      m->awvalid_i = aw < kRequests && (m->awvalid_i || Active(random, pattern.source));
      m->wvalid_i = w < kRequests && (m->wvalid_i || Active(random, pattern.source));
      m->arvalid_i = ar < kRequests && (m->arvalid_i || Active(random, pattern.source));
      m->bready_i = Active(random, pattern.sink);
      m->rready_i = Active(random, pattern.sink);
      if (m->awvalid_i) m->awaddr_i = writes[aw][0];
      if (m->wvalid_i) m->wdata_i = writes[w][1], m->wstrb_i = writes[w][2];
      if (m->arvalid_i) m->araddr_i = reads[ar];
      const bool take_aw = m->awvalid_i && m->awready_o, take_w = m->wvalid_i && m->wready_o;
      const bool take_ar = m->arvalid_i && m->arready_o;
      if (m->bvalid_o) {
        ASSERT_LT(b, std::min(aw, w)) << "a response without a request";
        ASSERT_EQ(m->bresp_o, write_resps[b]) << fmt::format("write {} of {:03x}", b, writes[b][0]);
      }
      if (m->rvalid_o) {
        ASSERT_LT(r, ar) << "a response without a request";
        ASSERT_EQ((Response{m->rresp_o, m->rdata_o}), read_resps[r])
            << fmt::format("read {} of {:03x}", r, reads[r]);
      }
      b += m->bvalid_o && m->bready_i;
      r += m->rvalid_o && m->rready_i;
      bus.Tick();
      if (take_aw) aw++, m->awvalid_i = 0;
      if (take_w) w++, m->wvalid_i = 0;
      if (take_ar) ar++, m->arvalid_i = 0;
      address_first += aw > w, data_first += w > aw;
    }
    fastest = std::min(fastest, t);
    m->awvalid_i = m->wvalid_i = m->arvalid_i = m->bready_i = m->rready_i = 0;
    for (int i = 0; i < 10; i++) {
      bus.Tick();
      ASSERT_FALSE(m->bvalid_o || m->rvalid_o) << "a response too many";
    }
    for (const auto& [addr, value] : want) ASSERT_EQ(bus.Value(addr), value) << map.at(addr).name;
    EXPECT_EQ(bus.starts + bus.aborts + bus.resets, 0);
  }
  EXPECT_GT(address_first, 1000);
  EXPECT_GT(data_first, 1000);
  EXPECT_LE(fastest, 3 * kRequests + 3) << "a read every third cycle";
  Compared(fmt::format("{} writes and as many reads", kRequests * kPatterns.size()));
}

}  // namespace
}  // namespace weft::rtl
