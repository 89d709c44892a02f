// SPDX-License-Identifier: Apache-2.0
#include "sim/systemc/lt_inside.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "sw_model/error.hpp"

namespace weft {
namespace {

constexpr uint32_t kHighMask = (1U << (kAddrBits - 32)) - 1;
constexpr uint32_t kCounters = (WEFT_BYTES_WRITTEN_HI + 4 - WEFT_CYCLES_LO) / 8;
// Cycles of csr, weft_top and run_control, from the edge that takes a write of a register on:
constexpr uint64_t kFirstCounted = 5;  // of START, to the first cycle that counts
constexpr uint64_t kAborted = 4;       // of ABORT, to the end of the run
constexpr uint64_t kResetDone = 4;     // of SOFT_RESET, to idle, without what the memory takes
constexpr uint64_t kIrqChanges =
    2;  // of a write of IRQ_ENABLE or IRQ_STATUS, or of SOFT_RESET, to the interrupt
// Of damaged lists: bytes of the window that are read, and what PredictOutcome does.
constexpr size_t kMostLooked = 64 << 20;
constexpr int64_t kMostWork = 1 << 20;
constexpr uint64_t kBurst = 256;  // bytes of a transaction, as of the hardware's longest bursts

}  // namespace

// The window in the platform's memory: directly where that is granted, else in the hardware's bursts.
class LtInside::Window : public WindowMemory {
 public:
  Window(MemoryPort* memory, uint64_t base) : memory_(*memory), base_(base) {}
  bool Read(uint32_t offset, uint8_t* to, size_t bytes) override { return Move(false, offset, to, bytes); }
  bool Write(uint32_t offset, const uint8_t* from, size_t bytes) override {
    return Move(true, offset, const_cast<uint8_t*>(from), bytes);
  }

 private:
  bool Move(bool write, uint32_t offset, uint8_t* data, size_t bytes) {
    while (bytes > 0) {
      if (uint8_t* direct = memory_.Direct(write, base_ + offset, bytes); direct != nullptr) {
        std::memcpy(write ? direct : data, write ? data : direct, bytes);
        return true;
      }
      const size_t some = std::min<size_t>(bytes, kBurst - (base_ + offset) % kBurst);
      if (!memory_.Transport(write, base_ + offset, data, some).ok) {
        error_offset = offset;
        return false;
      }
      offset += uint32_t(some);
      data += some;
      bytes -= some;
    }
    return true;
  }
  MemoryPort& memory_;
  uint64_t base_;
};

LtInside::LtInside(const sc_core::sc_module_name& name, const Config& config, const sc_core::sc_time& period,
                   int memory_width, MemoryPort* memory)
    : Inside(name),
      config_(config),
      constants_(ConstantsOf(config)),
      period_(period),
      memory_width_(memory_width),
      memory_(*memory),
      runner_(config_),
      clean_from_(uint64_t(config.rows) + uint64_t(config.cols) + 33),
      irq_event_("irq_event") {
  for (const uint32_t offset :
       {WEFT_LIST_ADDR_LO, WEFT_LIST_ADDR_HI, WEFT_LIST_BYTES, WEFT_WATCHDOG, WEFT_WINDOW_BASE_LO,
        WEFT_WINDOW_BASE_HI, WEFT_WINDOW_SIZE_LO, WEFT_WINDOW_SIZE_HI})
    locked_[offset] = 0;
  SC_THREAD(Work);
  set_stack_size(1 << 18);
  SC_METHOD(DriveIrq);
  sensitive << irq_event_;
  dont_initialize();
}

bool LtInside::Access(RegisterAccess* access, sc_core::sc_time* delay) {
  const Edge edge = NextEdge(sc_core::sc_time_stamp() + *delay, period_);
  Advance(edge);
  const bool ok = access->write ? Write(*access, edge) : Read(access->offset, edge, &access->data, true);
  const sc_core::sc_time over = TimeOf(edge + kAccessCycles), now = sc_core::sc_time_stamp();
  *delay = over > now ? over - now : sc_core::SC_ZERO_TIME;  // memory that waits may have taken longer
  return ok;
}

bool LtInside::Peek(uint32_t offset, uint32_t* data) {
  return Read(offset, NextEdge(sc_core::sc_time_stamp(), period_), data, false);
}

// ---- Registers

bool LtInside::Read(uint32_t offset, Edge edge, uint32_t* data, bool keep) {
  *data = 0;
  if (offset < sizeof constants_) {
    *data = constants_[offset / 4];
    return true;
  }
  if (const auto locked = locked_.find(offset); locked != locked_.end()) {
    *data = locked->second;
    return true;
  }
  if (offset >= WEFT_CYCLES_LO && offset < WEFT_CYCLES_LO + 8 * kCounters) {
    const uint32_t index = (offset - WEFT_CYCLES_LO) / 8;
    const uint64_t value = Counter(index, edge) & ((uint64_t{1} << 48) - 1);
    if (offset % 8 == 4) {
      *data = high_[index];
    } else {
      *data = uint32_t(value);
      if (keep) high_[index] = uint32_t(value >> 32);
    }
    return true;
  }
  switch (offset) {
    case WEFT_CONTROL:
      return true;
    case WEFT_STATUS:
      *data = (busy(edge) ? WEFT_STATUS_BUSY : WEFT_STATUS_IDLE) | (done_ ? WEFT_STATUS_DONE : 0) |
              (error_ ? WEFT_STATUS_ERROR : 0) | code_ << WEFT_STATUS_CODE_SHIFT;
      return true;
    case WEFT_IRQ_ENABLE:
      *data = irq_enable_;
      return true;
    case WEFT_IRQ_STATUS:
      *data = irq_status_;
      return true;
    case WEFT_ERROR_ADDR_LO:
      *data = uint32_t(error_addr_);
      return true;
    case WEFT_ERROR_ADDR_HI:
      *data = uint32_t(error_addr_ >> 32);
      return true;
    case WEFT_ERROR_COMMAND:
      *data = error_command_;
      return true;
    default:
      return false;
  }
}

uint64_t LtInside::Counter(uint32_t index, Edge edge) const {
  if (index == 0) return running_ ? (edge > begin_ ? edge - begin_ : 0) : cycles_;
  if (running_) return 0;
  if (index <= kCauses) return uint64_t(counted_.counts[index - 1]);
  return uint64_t(index == kCauses + 1 ? counted_.bytes_read : counted_.bytes_written);
}

bool LtInside::Write(const RegisterAccess& access, Edge edge) {
  uint32_t mask = 0;
  for (int lane = 0; lane < 4; lane++)
    if ((access.strobes >> lane & 1) != 0) mask |= 0xffU << 8 * lane;
  if (const auto locked = locked_.find(access.offset); locked != locked_.end()) {
    if (busy(edge)) return false;
    uint32_t value = (locked->second & ~mask) | (access.data & mask);
    if (access.offset == WEFT_LIST_ADDR_HI || access.offset == WEFT_WINDOW_BASE_HI ||
        access.offset == WEFT_WINDOW_SIZE_HI)
      value &= kHighMask;
    locked->second = value;
    return true;
  }
  const uint32_t bits = access.data & mask;
  switch (access.offset) {
    case WEFT_CONTROL:
      if ((bits & (WEFT_CONTROL_ABORT | WEFT_CONTROL_SOFT_RESET)) == 0 && (bits & WEFT_CONTROL_START) != 0 &&
          busy(edge))
        return false;
      Control(bits, edge);
      return true;
    case WEFT_IRQ_ENABLE:
      if ((mask & 0xff) != 0) irq_enable_ = bits & (WEFT_IRQ_ENABLE_DONE | WEFT_IRQ_ENABLE_ERROR);
      UpdateIrq(edge + kIrqChanges);
      return true;
    case WEFT_IRQ_STATUS:
      irq_status_ &= ~bits;
      UpdateIrq(edge + kIrqChanges);
      return true;
    default:
      return false;
  }
}

void LtInside::Control(uint32_t command, Edge edge) {
  const bool soft_reset = (command & WEFT_CONTROL_SOFT_RESET) != 0;
  if (soft_reset || (command & WEFT_CONTROL_ABORT) != 0) Abort(edge, soft_reset);
  else if ((command & WEFT_CONTROL_START) != 0) Start(edge);
}

void LtInside::UpdateIrq(Edge edge) {
  irq_changes_[edge] = (irq_enable_ & irq_status_) != 0;
  const sc_core::sc_time time = TimeOf(edge), now = sc_core::sc_time_stamp();
  irq_event_.notify(time > now ? time - now : sc_core::SC_ZERO_TIME);
}

void LtInside::DriveIrq() {
  const Edge now = sc_core::sc_time_stamp().value() / period_.value();
  while (!irq_changes_.empty() && irq_changes_.begin()->first <= now) {
    irq.write(irq_changes_.begin()->second);
    irq_changes_.erase(irq_changes_.begin());
  }
}

// ---- A run

void LtInside::Start(Edge edge) {
  done_ = error_ = false;
  code_ = WEFT_CODE_OK;
  begin_ = std::max(edge + kFirstCounted, clean_from_ + 1);
  MakePlan();
  running_ = true;
  end_ = plan_.ends ? begin_ + uint64_t(plan_.result.cycles) : std::numeric_limits<Edge>::max();
  if (!plan_.ends) return;
  const sc_core::sc_time time = TimeOf(end_), now = sc_core::sc_time_stamp();
  end_event_.notify(time > now ? time - now : sc_core::SC_ZERO_TIME);
}

// Reads the list. The first burst tells the memory's latency: from when on the transactor would have it.
void LtInside::MakePlan() {
  const uint64_t base = Locked64(WEFT_WINDOW_BASE_LO), size = Locked64(WEFT_WINDOW_SIZE_LO),
                 list = Locked64(WEFT_LIST_ADDR_LO);
  const uint32_t outside = std::numeric_limits<uint32_t>::max();
  ListStart start;
  start.window_bytes = uint32_t(std::min<uint64_t>(size, outside));
  const bool list_ok = list >= base && list - base < outside && base % uint64_t(config_.bus_bytes) == 0;
  start.list_offset = list_ok ? uint32_t(list - base) : outside;
  start.list_bytes = locked_[WEFT_LIST_BYTES];

  plan_ = {};
  Window window(&memory_, base);
  const uint64_t end = std::min<uint64_t>(uint64_t{start.list_offset} + start.list_bytes, start.window_bytes);
  std::vector<uint8_t> bytes(size_t(end), 0);
  if (start.list_offset < end) {
    const size_t some = std::min<size_t>(end - start.list_offset, kBurst - list % kBurst);
    const MemoryAnswer first = memory_.Transport(false, list, &bytes[start.list_offset], some);
    const uint64_t waited = first.waited.value() / period_.value() + 1;
    const uint64_t all = ((first.waited + first.annotated).value() + period_.value() - 1) / period_.value();
    latency_ = int(std::max(waited, all));
    const size_t rest = start.list_offset + some;
    if (!first.ok) window.error_offset = start.list_offset;
    if (!first.ok || (rest < end && !window.Read(uint32_t(rest), &bytes[rest], size_t(end) - rest))) {
      plan_.end = {WEFT_CODE_READ_ERROR, window.error_offset, 0};
      plan_.result.cycles = latency_ + 8;
      return;
    }
  }

  if (bytes != known_.bytes || latency_ != known_.latency ||
      start.window_bytes != known_.start.window_bytes || start.list_offset != known_.start.list_offset ||
      start.list_bytes != known_.start.list_bytes) {
    known_ = {bytes, start, latency_, ReadList(bytes, start, config_), {}};
    if (known_.list) try {
        known_.result = CountCycles(known_.list->program, config_, Memory{memory_width_, latency_});
      } catch (const Error&) {
        known_.list.reset();  // its jobs wait for each other
      }
  }
  plan_.runs = known_.list.has_value();
  if (plan_.runs) {
    plan_.result = known_.result;
    return;
  }
  // What a damaged list takes for the list can lie anywhere. Where the memory answers with an error it reads
  // as zeros.
  bytes.resize(std::min<size_t>(start.window_bytes, kMostLooked));
  for (size_t at = 0; at < bytes.size(); at += kBurst)
    (void)window.Read(uint32_t(at), &bytes[at], std::min<size_t>(kBurst, bytes.size() - at));
  StandStill(PredictOutcome(bytes, start, config_, kMostWork));
}

// A list that no compiler makes ends with the first code that is the list's own; or stands still.
void LtInside::StandStill(const ListOutcome& outcome) {
  const auto own = std::ranges::find_if(outcome.endings, [](const ListOutcome::Ending& e) {
    return e.code != WEFT_CODE_OK && e.code != WEFT_CODE_WATCHDOG;
  });
  const uint32_t watchdog = locked_[WEFT_WATCHDOG];
  plan_.result.cycles = 2 * latency_ + 8;
  if (own != outcome.endings.end() && !outcome.open) {
    plan_.end = {own->code, own->offset.value_or(0), own->last};
    return;
  }
  const int64_t commands = outcome.endings.empty() ? 0 : outcome.endings.back().last;
  plan_.end = {WEFT_CODE_WATCHDOG, 0, commands};
  plan_.ends = watchdog != 0;
  plan_.result.cycles += watchdog;
}

void LtInside::Advance(Edge edge) {
  while (finishing_) wait(finished_);  // somebody else is at it, in memory that waits
  if (!running_ || edge < end_) return;
  finishing_ = true;
  ListRunner::End end = plan_.end;
  if (plan_.runs) {
    Window window(&memory_, Locked64(WEFT_WINDOW_BASE_LO));
    end = runner_.Run(*known_.list, &window);
  }
  finishing_ = false;
  if (running_) {
    counted_ = plan_.result;
    cycles_ = uint64_t(plan_.result.cycles);
    const Edge now = sc_core::sc_time_stamp().value() / period_.value();
    Finish(std::max(end_, now), end);
  }
  finished_.notify();
}

void LtInside::Finish(Edge edge, const ListRunner::End& end) {
  running_ = false;
  code_ = end.code;
  done_ = end.code == WEFT_CODE_OK;
  error_ = !done_;
  idle_from_ = edge;
  clean_from_ = edge + 3;
  error_addr_ = Locked64(WEFT_WINDOW_BASE_LO) + end.offset;
  error_command_ = uint32_t(end.commands);
  if (error_) clean_from_ = edge + uint64_t(config_.rows) + uint64_t(config_.cols) + 33;
  irq_status_ |= done_ ? WEFT_IRQ_STATUS_DONE : WEFT_IRQ_STATUS_ERROR;
  UpdateIrq(edge);
}

// What runs ends here; what is in flight takes the memory's time.
void LtInside::Abort(Edge edge, bool soft_reset) {
  const bool ran = running_;
  if (ran) {
    cycles_ = edge + kAborted > begin_ ? edge + kAborted - begin_ : 0;
    counted_ = {};
    Finish(edge + kAborted, {WEFT_CODE_ABORTED, 0, 0});
    idle_from_ = edge + kAborted + uint64_t(latency_);
    clean_from_ += uint64_t(latency_);
    end_event_.cancel();
  }
  if (!soft_reset) return;
  done_ = error_ = false;
  code_ = WEFT_CODE_OK;
  error_addr_ = error_command_ = 0;
  irq_status_ = 0;
  irq_changes_.clear();
  if (ran) idle_from_ = edge + kResetDone + uint64_t(latency_);
  UpdateIrq(edge + kIrqChanges);
}

void LtInside::Work() {
  while (true) {
    wait(end_event_);
    Advance(sc_core::sc_time_stamp().value() / period_.value());
  }
}

}  // namespace weft
