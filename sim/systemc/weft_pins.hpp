// SPDX-License-Identifier: Apache-2.0
// weft_top as Verilator's SystemC module (--sc), with a signal at every port. Its port types follow from
// BUS_BYTES and are hidden here: a word of up to 64 bits is an integer, a wider one an sc_bv.
//
//   weft::WeftPins<Vweft_top_sc, 4> pins("pins");  // its signals can be traced, or wired to something else
//   weft::WeftTlm weft("weft", {.config = ..., .inside = kPins, .pins = &pins});
#pragma once

#include <cstring>
#include <systemc>
#include <type_traits>

#include "sim/systemc/pin_model.hpp"

namespace weft {

template <typename Vweft_top, int kBusBytes>
class WeftPins : public sc_core::sc_module, public PinModel {
 public:
  using BusWord =
      std::conditional_t<(kBusBytes <= 4), uint32_t,
                         std::conditional_t<(kBusBytes <= 8), uint64_t, sc_dt::sc_bv<8 * kBusBytes>>>;
  using Strobes = std::conditional_t<(kBusBytes <= 32), uint32_t, uint64_t>;
  template <typename T>
  using Signal = sc_core::sc_signal<T>;

  explicit WeftPins(const sc_core::sc_module_name& name) : sc_module(name) {
    top.clk_i(clk);
    top.rst_ni(rst_n);
    top.irq_o(irq);
    top.s_awvalid_i(s_awvalid), top.s_awready_o(s_awready), top.s_awaddr_i(s_awaddr);
    top.s_wvalid_i(s_wvalid), top.s_wready_o(s_wready), top.s_wdata_i(s_wdata), top.s_wstrb_i(s_wstrb);
    top.s_bvalid_o(s_bvalid), top.s_bready_i(s_bready), top.s_bresp_o(s_bresp);
    top.s_arvalid_i(s_arvalid), top.s_arready_o(s_arready), top.s_araddr_i(s_araddr);
    top.s_rvalid_o(s_rvalid), top.s_rready_i(s_rready), top.s_rdata_o(s_rdata), top.s_rresp_o(s_rresp);
    top.m_arvalid_o(m_arvalid), top.m_arready_i(m_arready), top.m_araddr_o(m_araddr), top.m_arlen_o(m_arlen);
    top.m_arsize_o(m_arsize), top.m_arburst_o(m_arburst);
    top.m_rvalid_i(m_rvalid), top.m_rready_o(m_rready), top.m_rdata_i(m_rdata), top.m_rresp_i(m_rresp);
    top.m_rlast_i(m_rlast);
    top.m_awvalid_o(m_awvalid), top.m_awready_i(m_awready), top.m_awid_o(m_awid), top.m_awaddr_o(m_awaddr);
    top.m_awlen_o(m_awlen), top.m_awsize_o(m_awsize), top.m_awburst_o(m_awburst);
    top.m_wvalid_o(m_wvalid), top.m_wready_i(m_wready), top.m_wdata_o(m_wdata), top.m_wstrb_o(m_wstrb);
    top.m_wlast_o(m_wlast);
    top.m_bvalid_i(m_bvalid), top.m_bready_o(m_bready), top.m_bid_i(m_bid), top.m_bresp_i(m_bresp);
  }

  Signal<bool> clk{"clk"}, rst_n{"rst_n"}, irq{"irq"};
  Signal<bool> s_awvalid{"s_awvalid"}, s_awready{"s_awready"}, s_wvalid{"s_wvalid"}, s_wready{"s_wready"},
      s_bvalid{"s_bvalid"}, s_bready{"s_bready"}, s_arvalid{"s_arvalid"}, s_arready{"s_arready"},
      s_rvalid{"s_rvalid"}, s_rready{"s_rready"};
  Signal<uint32_t> s_awaddr{"s_awaddr"}, s_wdata{"s_wdata"}, s_wstrb{"s_wstrb"}, s_bresp{"s_bresp"},
      s_araddr{"s_araddr"}, s_rdata{"s_rdata"}, s_rresp{"s_rresp"};
  Signal<bool> m_arvalid{"m_arvalid"}, m_arready{"m_arready"}, m_rvalid{"m_rvalid"}, m_rready{"m_rready"},
      m_rlast{"m_rlast"}, m_awvalid{"m_awvalid"}, m_awready{"m_awready"}, m_wvalid{"m_wvalid"},
      m_wready{"m_wready"}, m_wlast{"m_wlast"}, m_bvalid{"m_bvalid"}, m_bready{"m_bready"};
  Signal<uint64_t> m_araddr{"m_araddr"}, m_awaddr{"m_awaddr"};
  Signal<uint32_t> m_arlen{"m_arlen"}, m_arsize{"m_arsize"}, m_arburst{"m_arburst"}, m_rresp{"m_rresp"},
      m_awid{"m_awid"}, m_awlen{"m_awlen"}, m_awsize{"m_awsize"}, m_awburst{"m_awburst"}, m_bid{"m_bid"},
      m_bresp{"m_bresp"};
  Signal<BusWord> m_rdata{"m_rdata"}, m_wdata{"m_wdata"};
  Signal<Strobes> m_wstrb{"m_wstrb"};
  Vweft_top top{"top"};

  void Put(const SystemPins& p) override {
    constexpr uint32_t kOkay = 0, kSlvErr = 2;
    rst_n = !p.reset;
    s_awvalid = p.s_aw_valid;
    s_awaddr = p.s_aw_addr & 0xfff;
    s_wvalid = p.s_w_valid;
    s_wdata = p.s_w_data;
    s_wstrb = p.s_w_strb;
    s_bready = p.s_b_ready;
    s_arvalid = p.s_ar_valid;
    s_araddr = p.s_ar_addr & 0xfff;
    s_rready = p.s_r_ready;
    m_arready = p.ar_ready;
    m_awready = p.aw_ready;
    m_wready = p.w_ready;
    m_rvalid = p.r_valid;
    m_rlast = p.r_last;
    m_rresp = p.r_error ? kSlvErr : kOkay;
    m_bvalid = p.b_valid;
    m_bid = p.b_id;
    m_bresp = p.b_error ? kSlvErr : kOkay;
    if (p.r_valid) m_rdata = FromBytes(p.r_data);
  }
  void Clock(bool high) override { clk = high; }
  void Get(SystemPins* p) override {
    p->irq = irq;
    p->s_aw_ready = s_awready;
    p->s_w_ready = s_wready;
    p->s_b_valid = s_bvalid;
    p->s_b_resp = s_bresp;
    p->s_ar_ready = s_arready;
    p->s_r_valid = s_rvalid;
    p->s_r_data = s_rdata;
    p->s_r_resp = s_rresp;
    p->ar_valid = m_arvalid;
    p->ar_addr = m_araddr;
    p->ar_len = uint8_t(m_arlen.read());
    p->r_ready = m_rready;
    p->aw_valid = m_awvalid;
    p->aw_id = uint8_t(m_awid.read());
    p->aw_addr = m_awaddr;
    p->aw_len = uint8_t(m_awlen.read());
    p->w_valid = m_wvalid;
    p->w_last = m_wlast;
    p->w_strb = m_wstrb;
    if (p->w_valid) ToBytes(m_wdata.read(), p->w_data.data());
  }

 private:
  static BusWord FromBytes(const uint8_t* bytes) {
    BusWord word{};
    if constexpr (kBusBytes <= 8) {
      std::memcpy(&word, bytes, kBusBytes);
    } else {
      for (int i = 0; i < kBusBytes / 4; i++) {
        uint32_t part = 0;
        std::memcpy(&part, bytes + 4 * i, 4);
        word.set_word(i, part);
      }
    }
    return word;
  }
  static void ToBytes(const BusWord& word, uint8_t* bytes) {
    if constexpr (kBusBytes <= 8) {
      std::memcpy(bytes, &word, kBusBytes);
    } else {
      for (int i = 0; i < kBusBytes / 4; i++) {
        const uint32_t part = word.get_word(i);
        std::memcpy(bytes + 4 * i, &part, 4);
      }
    }
  }
};

}  // namespace weft
