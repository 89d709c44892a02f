// SPDX-License-Identifier: Apache-2.0
// A user's platform: a processor's thread with the driver, a memory, and Weft loosely timed. Runs a compiled
// network.
#include <cstdio>
#include <cstring>
#include <vector>
#include <weft/golden.hpp>
#include <weft/systemc.hpp>

#include "compiler/network_file.hpp"
#include "driver/weft.h"

namespace {

struct Ram : sc_core::sc_module {
  tlm_utils::simple_target_socket<Ram> socket{"socket"};
  std::vector<uint8_t> bytes = std::vector<uint8_t>(1 << 24);
  explicit Ram(const sc_core::sc_module_name& name) : sc_module(name) {
    socket.register_b_transport(this, &Ram::Transport);
  }
  void Transport(tlm::tlm_generic_payload& p, sc_core::sc_time& delay) {
    delay += sc_core::sc_time(400, sc_core::SC_NS);
    uint8_t* at = &bytes.at(p.get_address());
    std::memcpy(p.is_write() ? at : p.get_data_ptr(), p.is_write() ? p.get_data_ptr() : at,
                p.get_data_length());
    p.set_response_status(tlm::TLM_OK_RESPONSE);
  }
};

struct Cpu : sc_core::sc_module {
  SC_HAS_PROCESS(Cpu);
  tlm_utils::simple_initiator_socket<Cpu> registers{"registers"};
  sc_core::sc_in<bool> irq{"irq"};
  const weft::Program& program;
  Ram& ram;
  int code = -1;
  weft_counters counters{};
  Cpu(const sc_core::sc_module_name& name, const weft::Program& its, Ram* memory)
      : sc_module(name), program(its), ram(*memory) {
    SC_THREAD(Run);
  }
  uint32_t Access(bool write, uint32_t offset, uint32_t value) {
    tlm::tlm_generic_payload p;
    p.set_command(write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
    p.set_address(offset);
    p.set_data_ptr(reinterpret_cast<uint8_t*>(&value));
    p.set_data_length(4);
    p.set_streaming_width(4);
    sc_core::sc_time delay;
    registers->b_transport(p, delay);
    wait(delay);
    return value;
  }
  void Run() {
    const weft_bus bus = {
        this, [](void* c, uint32_t offset) { return static_cast<Cpu*>(c)->Access(false, offset, 0); },
        [](void* c, uint32_t offset, uint32_t value) { static_cast<Cpu*>(c)->Access(true, offset, value); },
        [](void* c) { sc_core::wait(static_cast<Cpu*>(c)->irq.posedge_event()); }};
    std::memcpy(ram.bytes.data(), program.image.data(), program.image.size());
    const weft_run run = {0, program.window_bytes, program.list_bytes, 1000000};
    code = weft_start(&bus, &run);
    if (code == WEFT_OK) code = weft_wait(&bus);
    weft_read_counters(&bus, &counters);
    sc_core::sc_stop();
  }
};

}  // namespace

int sc_main(int argc, char** argv) {
  if (argc != 2) return 2;
  const auto network = weft::ReadNetworkFile(argv[1]);
  if (!network) return 2;
  weft::WeftTlmOptions options;
  options.config = network->config;
  Ram ram("ram");
  Cpu cpu("cpu", network->programs.at(0).program, &ram);
  weft::WeftTlm weft("weft", options);
  sc_core::sc_signal<bool> irq("irq");
  cpu.registers.bind(weft.registers);
  weft.memory.bind(ram.socket);
  weft.irq(irq);
  cpu.irq(irq);
  sc_core::sc_start();
  int32_t multiplier = 0;
  int shift = 0;
  weft::golden::QuantizeMultiplier(0.5, &multiplier, &shift);
  std::printf("%s, %llu cycles, 0.5 = %d * 2^%d\n", weft_code_name(cpu.code),
              static_cast<unsigned long long>(cpu.counters.cycles), multiplier, shift - 31);
  return cpu.code == int(WEFT_CODE_OK) && cpu.counters.cycles > 0 ? 0 : 1;
}
