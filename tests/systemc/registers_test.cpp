// SPDX-License-Identifier: Apache-2.0
// WeftTlm's target socket: transactions of any shape, every register, direct and debug reads.
#include <array>

#include "tests/systemc/platform_fixture.hpp"

namespace weft {
namespace {

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

}  // namespace
}  // namespace weft
