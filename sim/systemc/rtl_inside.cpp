// SPDX-License-Identifier: Apache-2.0
#include "sim/systemc/rtl_inside.hpp"

namespace weft {
namespace {

constexpr int kResetCycles = 4;
// More edges than the hardware needs to come to rest after a reset or a run: ROWS + COLS + 33.
constexpr int kQuietCycles = 256;

SystemModelPtr NoModel() {
  return {nullptr, [](SystemModel*) {}};
}

}  // namespace

RtlInside::RtlInside(const sc_core::sc_module_name& name, const Config& config,
                     const sc_core::sc_time& period, int memory_width, MemoryPort* memory, PinModel* pins)
    : Inside(name),
      model_(pins == nullptr ? LoadSystemModel(config) : NoModel()),
      pin_model_(pins),
      period_(period),
      memory_(config, period, memory_width, memory) {
  pins_.reset = true;
  if (pins != nullptr) {
    SC_THREAD(TickPins);
    return;
  }
  for (int i = 0; i < kResetCycles; i++) Clock();
  pins_.reset = false;
  SC_METHOD(Tick);
}

bool RtlInside::Access(RegisterAccess* access, sc_core::sc_time* delay) {
  if (*delay > sc_core::SC_ZERO_TIME) wait(*delay);
  *delay = sc_core::SC_ZERO_TIME;
  Request request{access, sc_core::sc_time_stamp(), false, false, {}};
  requests_.push_back(&request);
  if (sleeps_) wake_.notify(NextEdge(request.since, period_) * period_ - request.since);
  sleeps_ = false;
  wait(request.over);
  return request.ok;
}

void RtlInside::Clock() {
  model_->Settle(pins_);
  model_->Edge(&pins_);
}

void RtlInside::Tick() {
  Drive();
  Clock();
  TakeAnswer();
  sleeps_ = Sleeps();
  if (sleeps_) next_trigger(wake_);
  else next_trigger(period_);
}

// Inputs change with the falling edge of the clock.
void RtlInside::TickPins() {
  for (int i = 0;; i++) {
    pins_.reset = i < kResetCycles;
    Drive();
    pin_model_->Put(pins_);
    pin_model_->Clock(false);
    wait(period_ / 2);
    pin_model_->Clock(true);
    wait(period_ - period_ / 2);
    pin_model_->Get(&pins_);
    TakeAnswer();
  }
}

void RtlInside::Drive() {
  memory_.Drive(&pins_);
  DriveRegisters();
}

// AXI4-Lite: one access at a time. Handshakes are of this edge: what the hardware shows before it.
void RtlInside::DriveRegisters() {
  answered_ = false;
  if (requests_.empty() || pins_.reset) return;
  Request& request = *requests_.front();
  const RegisterAccess& access = *request.access;
  if (!request.begun) {
    if (request.since >= sc_core::sc_time_stamp()) return;  // for the next edge
    request.begun = true;
    address_taken_ = data_taken_ = false;
    pins_.s_aw_valid = pins_.s_w_valid = pins_.s_b_ready = access.write;
    pins_.s_ar_valid = pins_.s_r_ready = !access.write;
    pins_.s_aw_addr = pins_.s_ar_addr = access.offset;
    pins_.s_w_data = access.data;
    pins_.s_w_strb = access.strobes;
  } else {
    if (address_taken_) pins_.s_aw_valid = pins_.s_ar_valid = false;
    if (data_taken_) pins_.s_w_valid = false;
  }
  address_taken_ = access.write ? pins_.s_aw_ready : pins_.s_ar_ready;
  data_taken_ = pins_.s_w_ready;
  answered_ = access.write ? pins_.s_b_valid : pins_.s_r_valid;
  if (answered_) {
    request.ok = (access.write ? pins_.s_b_resp : pins_.s_r_resp) == 0;
    if (!access.write) request.access->data = pins_.s_r_data;
  }
}

void RtlInside::TakeAnswer() {
  irq.write(pins_.irq);
  if (!answered_) return;
  pins_.s_b_ready = pins_.s_r_ready = false;
  requests_.front()->over.notify(sc_core::SC_ZERO_TIME);
  requests_.pop_front();
}

bool RtlInside::Sleeps() {
  const bool quiet =
      requests_.empty() && memory_.idle() && !pins_.ar_valid && !pins_.aw_valid && !pins_.w_valid;
  quiet_ = quiet ? quiet_ + 1 : 0;
  if (quiet_ == 1) counts_ = model_->Counts();
  if (quiet_ < kQuietCycles) return false;
  quiet_ = 0;
  return model_->Counts() == counts_;  // in a run every cycle counts for something
}

}  // namespace weft
