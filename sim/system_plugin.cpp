// The Verilated weft_core of one configuration behind SystemModel.
#include <verilated.h>

#include <cstring>

#include "Vweft_core.h"
#include "sim/system_model.hpp"
#include "sw_model/error.hpp"

namespace weft {
namespace {

class VerilatedSystem : public SystemModel {
 public:
  VerilatedSystem() {
    context_.commandArgs(0, static_cast<char**>(nullptr));
    context_.fatalOnError(false);  // a failed assertion becomes an Error, below
    model_ = std::make_unique<Vweft_core>(&context_, "weft_core");
  }
  ~VerilatedSystem() override { model_->final(); }

  void Cycle(SystemPins* pins) override {
    Vweft_core& m = *model_;
    m.rst_ni = !pins->reset;
    m.start_i = pins->start;
    m.abort_i = pins->abort;
    m.base_i = pins->base;
    m.size_i = pins->size;
    m.list_offset_i = pins->list_offset;
    m.list_bytes_i = pins->list_bytes;
    m.watchdog_i = pins->watchdog;
    m.ar_ready_i = pins->ar_ready;
    m.aw_ready_i = pins->aw_ready;
    m.w_ready_i = pins->w_ready;
    m.r_valid_i = pins->r_valid;
    m.r_last_i = pins->r_last;
    m.r_error_i = pins->r_error;
    m.b_valid_i = pins->b_valid;
    m.b_error_i = pins->b_error;
    if (pins->r_valid) std::memcpy(&m.r_data_i, pins->r_data, WEFT_BUS_BYTES);
    for (const int clk : {0, 1}) {
      m.clk_i = clk;
      m.eval();
      context_.timeInc(5000);  // picoseconds
    }
    if (context_.gotError()) throw Error("an assertion of the RTL failed (above)");
    pins->busy = m.busy_o;
    pins->done = m.done_o;
    pins->code = m.code_o;
    pins->error_offset = m.error_offset_o;
    pins->error_command = m.error_command_o;
    pins->ar_valid = m.ar_valid_o;
    pins->ar_addr = m.ar_addr_o;
    pins->ar_len = m.ar_len_o;
    pins->r_ready = m.r_ready_o;
    pins->aw_valid = m.aw_valid_o;
    pins->aw_addr = m.aw_addr_o;
    pins->w_valid = m.w_valid_o;
    if (!m.w_valid_o) return;
    std::memcpy(pins->w_data.data(), &m.w_data_o, WEFT_BUS_BYTES);
    pins->w_strb = m.w_strb_o;
  }

  SystemCounters Counters() const override {
    const Vweft_core& m = *model_;
    return {int64_t(m.cycles_o), int64_t(m.bytes_read_o), int64_t(m.bytes_written_o), Unpack(&m.counts_o)};
  }
  CauseCounts RunningCounts() const override { return Unpack(&model_->counts_now_o); }

 private:
  static CauseCounts Unpack(const void* words) {
    CauseCounts counts{};
    for (size_t i = 0; i < kCauses; i++)
      std::memcpy(&counts[i], static_cast<const uint8_t*>(words) + 6 * i, 6);
    return counts;
  }

  VerilatedContext context_;
  std::unique_ptr<Vweft_core> model_;
};

}  // namespace
}  // namespace weft

#define WEFT_EXPORT extern "C" __attribute__((visibility("default")))
WEFT_EXPORT weft::SystemModel* WeftMakeSystem() { return new weft::VerilatedSystem; }
WEFT_EXPORT void WeftDeleteSystem(weft::SystemModel* model) { delete model; }
