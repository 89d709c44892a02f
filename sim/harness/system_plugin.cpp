// SPDX-License-Identifier: Apache-2.0
// The Verilated weft_top of one configuration behind SystemModel: the RTL, or a netlist (WEFT_NETLIST,
// fpga/netlist), whose memories begin with random bits, other ones in each model.
#include <verilated.h>
#include <verilated_syms.h>

#include <cstring>

#include "Vweft_top.h"
#include "Vweft_top___024root.h"
#include "sim/harness/coverage.hpp"
#include "sim/harness/system_model.hpp"
#include "sim/harness/unpack_counts.hpp"
#include "sw_model/error.hpp"

namespace weft {
namespace {

class VerilatedSystem : public SystemModel {
 public:
  VerilatedSystem() {
    context_.commandArgs(0, static_cast<char**>(nullptr));
    context_.fatalOnError(false);  // a failed assertion becomes an Error, below
#ifdef WEFT_NETLIST
    static int seed = 0;
    context_.randReset(2);
    context_.randSeed(++seed);
#endif
    model_ = std::make_unique<Vweft_top>(&context_, "weft_top");
  }
  ~VerilatedSystem() override {
    Verilated::threadContextp(
        &context_);  // the model takes its scopes out of the thread's context, whichever that is
    model_->final();
    KeepCoverage(&context_);
  }

  void Settle(const SystemPins& pins) override {
    Vweft_top& m = *model_;
    m.rst_ni = !pins.reset;
    m.s_awvalid_i = pins.s_aw_valid;
    m.s_awaddr_i = pins.s_aw_addr & 0xfff;
    m.s_wvalid_i = pins.s_w_valid;
    m.s_wdata_i = pins.s_w_data;
    m.s_wstrb_i = pins.s_w_strb;
    m.s_bready_i = pins.s_b_ready;
    m.s_arvalid_i = pins.s_ar_valid;
    m.s_araddr_i = pins.s_ar_addr & 0xfff;
    m.s_rready_i = pins.s_r_ready;
    m.m_arready_i = pins.ar_ready;
    m.m_awready_i = pins.aw_ready;
    m.m_wready_i = pins.w_ready;
    m.m_rvalid_i = pins.r_valid;
    m.m_rlast_i = pins.r_last;
    m.m_rresp_i = pins.r_error ? 2 : 0;
    m.m_bvalid_i = pins.b_valid;
    m.m_bid_i = pins.b_id;
    m.m_bresp_i = pins.b_error ? 2 : 0;
    if (pins.r_valid) std::memcpy(&m.m_rdata_i, pins.r_data, WEFT_BUS_BYTES);
    Clock(0);
  }

  void Edge(SystemPins* pins) override {
    Vweft_top& m = *model_;
    Clock(1);
    if (context_.gotError()) throw Error("an assertion of the RTL failed (above)");
    pins->irq = m.irq_o;
    pins->s_aw_ready = m.s_awready_o;
    pins->s_w_ready = m.s_wready_o;
    pins->s_b_valid = m.s_bvalid_o;
    pins->s_b_resp = m.s_bresp_o;
    pins->s_ar_ready = m.s_arready_o;
    pins->s_r_valid = m.s_rvalid_o;
    pins->s_r_data = m.s_rdata_o;
    pins->s_r_resp = m.s_rresp_o;
    pins->ar_valid = m.m_arvalid_o;
    pins->ar_addr = m.m_araddr_o;
    pins->ar_len = m.m_arlen_o;
    pins->r_ready = m.m_rready_o;
    pins->aw_valid = m.m_awvalid_o;
    pins->aw_id = m.m_awid_o;
    pins->aw_addr = m.m_awaddr_o;
    pins->aw_len = m.m_awlen_o;
    pins->w_valid = m.m_wvalid_o;
    if (!m.m_wvalid_o) return;
    std::memcpy(pins->w_data.data(), &m.m_wdata_o, WEFT_BUS_BYTES);
    pins->w_strb = m.m_wstrb_o;
    pins->w_last = m.m_wlast_o;
  }

  const uint8_t* Find(const std::string& scope, const std::string& name) const override {
    const VerilatedScopeNameMap* scopes = const_cast<VerilatedContext&>(context_).scopeNameMap();
    const auto found =
        scopes->find(("weft_top." + scope).c_str());  // Verilator puts the model's name in front
    if (found == scopes->end() || found->second->varsp() == nullptr) return nullptr;
    VerilatedVar* variable = found->second->varFind(name.c_str());
    return variable == nullptr ? nullptr : static_cast<const uint8_t*>(variable->datap());
  }

  void Assertions(bool on) override { context_.assertOn(on); }

  CauseCounts Counts() const override {
#ifdef WEFT_NETLIST
    return UnpackCounts(model_->rootp->weft_top__DOT__counts_o);
#else
    return UnpackCounts(model_->rootp->weft_top__DOT__u_core__DOT__counts_o);
#endif
  }

 private:
  void Clock(int clk) {
    model_->clk_i = clk;
    model_->eval();
    context_.timeInc(5000);  // picoseconds
  }

  VerilatedContext context_;
  std::unique_ptr<Vweft_top> model_;
};

}  // namespace
}  // namespace weft

#define WEFT_EXPORT extern "C" __attribute__((visibility("default")))
WEFT_EXPORT weft::SystemModel* WeftMakeSystem() { return new weft::VerilatedSystem; }
WEFT_EXPORT void WeftDeleteSystem(weft::SystemModel* model) { delete model; }
