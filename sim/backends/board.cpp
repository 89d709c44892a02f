// SPDX-License-Identifier: Apache-2.0
#include "sim/backends/board.hpp"

#include <algorithm>
#include <utility>

#include "sw_model/error.hpp"

namespace weft {

// ---- UIO

UioTransport::UioTransport(const std::string& registers, const std::string& buffer,
                           const std::string& buffer_class) {
  if (weft_uio_open(&uio_, registers.c_str(), buffer.c_str(), buffer_class.c_str()) != 0)
    throw Error("{}", uio_.error);
}

UioTransport::UioTransport(int registers, int interrupt, int buffer, const std::string& buffer_class) {
  if (weft_uio_attach(&uio_, registers, interrupt, buffer, buffer_class.c_str()) != 0)
    throw Error("{}", uio_.error);
}

UioTransport::~UioTransport() { weft_uio_close(&uio_); }

uint32_t UioTransport::ReadRegister(uint32_t offset) { return uio_.bus.read(uio_.bus.context, offset); }

void UioTransport::WriteRegister(uint32_t offset, uint32_t value) {
  uio_.bus.write(uio_.bus.context, offset, value);
}

void UioTransport::Wait() { uio_.bus.wait(uio_.bus.context); }

void UioTransport::WriteMemory(uint64_t offset, const std::vector<uint8_t>& bytes) {
  std::copy(bytes.begin(), bytes.end(), uio_.window + offset);
}

std::vector<uint8_t> UioTransport::ReadMemory(uint64_t offset, size_t bytes) {
  return {uio_.window + offset, uio_.window + offset + bytes};
}

void UioTransport::ToDevice(uint64_t bytes) {
  if (weft_uio_to_device(&uio_, 0, bytes) != 0) throw Error("{}", uio_.error);
}

void UioTransport::ToHost(uint64_t bytes) {
  if (weft_uio_to_cpu(&uio_, 0, bytes) != 0) throw Error("{}", uio_.error);
}

// ---- Board

namespace {

Transport* TransportOf(void* context) { return static_cast<Transport*>(context); }

// Of a tensor's own bytes, gaps between rows included.
weft_place LocalPlace(const Place& p) {
  weft_place place = DriverPlace(p);
  place.offset = 0;
  return place;
}

}  // namespace

Board::Board(std::unique_ptr<Transport> transport, uint32_t watchdog)
    : transport_(std::move(transport)),
      watchdog_(watchdog),
      bus_{transport_.get(), [](void* t, uint32_t offset) { return TransportOf(t)->ReadRegister(offset); },
           [](void* t, uint32_t offset, uint32_t value) { TransportOf(t)->WriteRegister(offset, value); },
           [](void* t) { TransportOf(t)->Wait(); }} {
  const int code = weft_init(&bus_);
  if (code != WEFT_OK) throw Error("the board: {}", weft_code_name(code));
}

void Board::Load(const Program& program) {
  if (program.window_bytes > transport_->WindowBytes())
    throw Error(
        "the board's memory window has {} bytes, and this network needs {}: leave out --check and --dump, "
        "choose a smaller --batch or network, or a board with more memory",
        transport_->WindowBytes(), program.window_bytes);
  if (image_ == program.image) return;
  image_.clear();  // the upload may fail
  transport_->WriteMemory(0, program.image);
  image_ = program.image;
}

void Board::Write(const Place& place, const TensorI8& tensor) {
  if (tensor.shape != place.shape) throw Error("a tensor of another shape than its place");
  std::vector<uint8_t> bytes(place.bytes());
  const weft_place local = LocalPlace(place);
  weft_put(bytes.data(), &local, tensor.data.data());
  transport_->WriteMemory(place.offset, bytes);
}

TensorI8 Board::Read(const Place& place) const {
  const std::vector<uint8_t> bytes = transport_->ReadMemory(place.offset, place.bytes());
  if (bytes.size() != place.bytes())
    throw Error("the board: {} bytes were read instead of {}", bytes.size(), place.bytes());
  TensorI8 tensor(place.shape);
  const weft_place local = LocalPlace(place);
  weft_get(bytes.data(), &local, tensor.data.data());
  return tensor;
}

CycleResult Board::Run(const Program& program, int64_t /*most_cycles*/) {
  int code = weft_check_list(&bus_, program.image.data(), program.list_bytes);
  if (code != WEFT_OK) throw Error("the program does not run here: {}", weft_code_name(code));
  transport_->ToDevice(program.window_bytes);
  const weft_run run{transport_->WindowAddress(), program.window_bytes, program.list_bytes, watchdog_};
  code = weft_start(&bus_, &run);
  if (code != WEFT_OK) throw Error("the driver does not start: {}", weft_code_name(code));
  const CycleResult result = ReadCounters(bus_, weft_wait(&bus_));
  transport_->ToHost(program.window_bytes);
  return result;
}

}  // namespace weft
