// SPDX-License-Identifier: Apache-2.0
// A processor as a thread that runs C++, and with it the driver in C99 (driver/weft.h). Its time runs ahead
// of the simulation's by up to the global quantum.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/tlm_quantumkeeper.h>

#include <cstring>
#include <functional>
#include <string>
#include <systemc>
#include <tlm>
#include <vector>

#include "compiler/program.hpp"
#include "driver/weft.h"
#include "sim/systemc/memory_port.hpp"

namespace platform {

class Cpu : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(Cpu);
  explicit Cpu(const sc_core::sc_module_name& name) : sc_module(name), port_(&socket) {
    socket.register_invalidate_direct_mem_ptr(this, &Cpu::Invalidate);
    SC_THREAD(Run);
    set_stack_size(8 << 20);  // what it runs is not an embedded program
  }
  tlm_utils::simple_initiator_socket<Cpu> socket{"socket"};
  std::function<void(Cpu&)> program;
  tlm_utils::tlm_quantumkeeper keeper;

  // One transaction of the bus.
  tlm::tlm_response_status Transport(tlm::tlm_generic_payload* payload) {
    sc_core::sc_time delay = keeper.get_local_time();
    socket->b_transport(*payload, delay);
    keeper.set(delay);
    if (keeper.need_sync()) keeper.sync();
    return payload->get_response_status();
  }
  tlm::tlm_response_status Transport(bool write, uint64_t address, void* data, unsigned bytes) {
    tlm::tlm_generic_payload payload;
    payload.set_command(write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
    payload.set_address(address);
    payload.set_data_ptr(static_cast<uint8_t*>(data));
    payload.set_data_length(bytes);
    payload.set_streaming_width(bytes);
    payload.set_byte_enable_ptr(nullptr);
    payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    return Transport(&payload);
  }
  // It computes for so long.
  void Pass(const sc_core::sc_time& time) {
    keeper.inc(time);
    if (keeper.need_sync()) keeper.sync();
  }
  // Bytes of memory, directly where that is granted.
  void Write(uint64_t address, const void* data, size_t bytes) {
    Move(true, address, static_cast<uint8_t*>(const_cast<void*>(data)), bytes);
  }
  void Read(uint64_t address, void* data, size_t bytes) {
    Move(false, address, static_cast<uint8_t*>(data), bytes);
  }
  [[nodiscard]] const weft::MemoryPort& port() const { return port_; }

 private:
  void Run() {
    keeper.reset();
    program(*this);
    sc_core::sc_stop();
  }
  void Move(bool write, uint64_t address, uint8_t* data, size_t bytes) {
    if (uint8_t* direct = port_.Direct(write, address, bytes); direct != nullptr) {
      std::memcpy(write ? direct : data, write ? data : direct, bytes);
      return;
    }
    for (size_t done = 0; done < bytes;) {
      const auto some = unsigned(std::min<size_t>(bytes - done, 4096));
      if (Transport(write, address + done, data + done, some) != tlm::TLM_OK_RESPONSE)
        throw std::runtime_error("the memory answers the processor with an error");
      done += some;
    }
  }
  void Invalidate(sc_dt::uint64 begin, sc_dt::uint64 end) { port_.Invalidate(begin, end); }

  weft::MemoryPort port_;
};

// One Weft as the processor's software sees it: its registers through the driver, its interrupt, its window.
class Device {
 public:
  Device(Cpu* cpu, uint64_t registers, uint64_t window, sc_core::sc_signal<bool>* irq)
      : cpu_(*cpu), registers_(registers), window_(window), irq_(*irq) {
    bus.context = this;
    bus.read = [](void* d, uint32_t offset) { return static_cast<Device*>(d)->ReadRegister(offset); };
    bus.write = [](void* d, uint32_t offset, uint32_t value) {
      static_cast<Device*>(d)->WriteRegister(offset, value);
    };
    bus.wait = [](void* d) { static_cast<Device*>(d)->Wait(); };
  }
  weft_bus bus{};

  void Load(const weft::Program& program) { cpu_.Write(window_, program.image.data(), program.image.size()); }
  void Put(const weft::Place& place, const weft::TensorI8& tensor) {
    std::vector<uint8_t> bytes(place.bytes());
    cpu_.Read(window_ + place.offset, bytes.data(), bytes.size());
    const weft_place at = DriverPlace(place);
    weft_put(bytes.data(), &at, tensor.data.data());
    cpu_.Write(window_ + place.offset, bytes.data(), bytes.size());
  }
  weft::TensorI8 Get(const weft::Place& place) {
    std::vector<uint8_t> bytes(place.bytes());
    cpu_.Read(window_ + place.offset, bytes.data(), bytes.size());
    weft::TensorI8 tensor(place.shape);
    const weft_place at = DriverPlace(place);
    weft_get(bytes.data(), &at, tensor.data.data());
    return tensor;
  }
  // WEFT_E_* or WEFT_CODE_*.
  int Run(const weft::Program& program, uint32_t watchdog = 2'000'000) {
    const int started = Start(program, watchdog);
    return started == WEFT_OK ? weft_wait(&bus) : started;
  }
  int Start(const weft::Program& program, uint32_t watchdog) {
    const weft_run run{window_, program.window_bytes, program.list_bytes, watchdog};
    const int error = weft_start(&bus, &run);
    started = cpu_.keeper.get_current_time();
    return error;
  }
  [[nodiscard]] uint64_t window() const { return window_; }
  uint32_t ReadRegister(uint32_t offset) {
    uint32_t value = 0;
    if (cpu_.Transport(false, registers_ + offset, &value, 4) != tlm::TLM_OK_RESPONSE)
      throw std::runtime_error("a register answers a read with an error");
    return value;
  }
  void WriteRegister(uint32_t offset, uint32_t value) {
    if (cpu_.Transport(true, registers_ + offset, &value, 4) != tlm::TLM_OK_RESPONSE)
      throw std::runtime_error("a register answers a write with an error");
  }
  sc_core::sc_time started, interrupted;

 private:
  static weft_place DriverPlace(const weft::Place& p) {  // in a copy of its own bytes
    return {
        0, p.row_pitch, uint32_t(p.shape.n), uint32_t(p.shape.h), uint32_t(p.shape.w), uint32_t(p.shape.c)};
  }
  void Wait() {
    cpu_.keeper.sync();
    if (!irq_.read()) sc_core::wait(irq_.posedge_event());
    interrupted = sc_core::sc_time_stamp();
  }

  Cpu& cpu_;
  uint64_t registers_, window_;
  sc_core::sc_signal<bool>& irq_;
};

}  // namespace platform
