// SPDX-License-Identifier: Apache-2.0
// The whole system on a chip with few pins.
`default_nettype none
module system_wrapper #(
    parameter int ROWS          = 8,
    parameter int COLS          = 8,
    parameter int LANES         = 4,
    parameter int LINE_BYTES    = 65536,
    parameter int WEIGHT_BYTES  = 131072,
    parameter int BUS_BYTES     = 8,
    parameter int ACC_W         = 32,
    parameter int MACS_PER_MULT = 1,
    parameter int DW_TAPS       = 3,
    parameter int RESIDUAL_ADD  = 1
) (
    input  wire logic clk_i,
    input  wire logic rst_ni,
    input  wire logic serial_i,
    output wire logic parity_o
);
  localparam int AddrW = 40;
  localparam int IdW = 4;
  localparam int Bus = 8 * BUS_BYTES;
  localparam int InW = 5 + 12 + 32 + 4 + 12 + 5 + Bus + 2 + 1 + IdW + 2;
  localparam int OutW = 6 + 2 + 32 + 2 + 5 + 2 * (AddrW + 8 + 3 + 2) + IdW + Bus + BUS_BYTES + 1;

  wire logic rst_n;
  wire logic [InW-1:0] in;
  wire logic s_awvalid, s_wvalid, s_bready, s_arvalid, s_rready, m_arready, m_rvalid, m_rlast, m_awready, m_wready, m_bvalid;
  wire logic [11:0] s_awaddr, s_araddr;
  wire logic [31:0] s_wdata, s_rdata;
  wire logic [3:0] s_wstrb;
  wire logic [1:0] m_rresp, m_bresp, s_bresp, s_rresp, m_arburst, m_awburst;
  wire logic [IdW-1:0] m_bid, m_awid;
  wire logic [Bus-1:0] m_rdata, m_wdata;
  assign {s_awvalid, s_wvalid, s_bready, s_arvalid, s_rready, s_awaddr, s_wdata, s_wstrb, s_araddr, m_arready, m_rvalid, m_rlast,
          m_awready, m_wready, m_rdata, m_rresp, m_bvalid, m_bid, m_bresp} = in;

  wire logic irq, s_awready, s_wready, s_bvalid, s_arready, s_rvalid, m_arvalid, m_rready, m_awvalid, m_wvalid, m_wlast, m_bready;
  wire logic [AddrW-1:0] m_araddr, m_awaddr;
  wire logic [7:0] m_arlen, m_awlen;
  wire logic [2:0] m_arsize, m_awsize;
  wire logic [BUS_BYTES-1:0] m_wstrb;
  weft_top #(
      .ROWS(ROWS), .COLS(COLS), .LANES(LANES), .LINE_BYTES(LINE_BYTES), .WEIGHT_BYTES(WEIGHT_BYTES), .BUS_BYTES(BUS_BYTES),
      .ACC_W(ACC_W), .MACS_PER_MULT(MACS_PER_MULT), .DW_TAPS(DW_TAPS), .RESIDUAL_ADD(RESIDUAL_ADD), .ADDR_W(AddrW), .ID_W(IdW)
  ) u_top (
      .clk_i, .rst_ni(rst_n), .irq_o(irq),
      .s_awvalid_i(s_awvalid), .s_awready_o(s_awready), .s_awaddr_i(s_awaddr),
      .s_wvalid_i(s_wvalid), .s_wready_o(s_wready), .s_wdata_i(s_wdata), .s_wstrb_i(s_wstrb),
      .s_bvalid_o(s_bvalid), .s_bready_i(s_bready), .s_bresp_o(s_bresp),
      .s_arvalid_i(s_arvalid), .s_arready_o(s_arready), .s_araddr_i(s_araddr),
      .s_rvalid_o(s_rvalid), .s_rready_i(s_rready), .s_rdata_o(s_rdata), .s_rresp_o(s_rresp),
      .m_arvalid_o(m_arvalid), .m_arready_i(m_arready), .m_araddr_o(m_araddr), .m_arlen_o(m_arlen), .m_arsize_o(m_arsize),
      .m_arburst_o(m_arburst),
      .m_rvalid_i(m_rvalid), .m_rready_o(m_rready), .m_rdata_i(m_rdata), .m_rresp_i(m_rresp), .m_rlast_i(m_rlast),
      .m_awvalid_o(m_awvalid), .m_awready_i(m_awready), .m_awid_o(m_awid), .m_awaddr_o(m_awaddr), .m_awlen_o(m_awlen),
      .m_awsize_o(m_awsize), .m_awburst_o(m_awburst),
      .m_wvalid_o(m_wvalid), .m_wready_i(m_wready), .m_wdata_o(m_wdata), .m_wstrb_o(m_wstrb), .m_wlast_o(m_wlast),
      .m_bvalid_i(m_bvalid), .m_bready_o(m_bready), .m_bid_i(m_bid), .m_bresp_i(m_bresp)
  );
  few_pins #(.IN_W(InW), .OUT_W(OutW)) u_pins (
      .clk_i, .rst_ni, .serial_i, .parity_o, .rst_no(rst_n), .in_o(in),
      .out_i({irq, s_awready, s_wready, s_bvalid, s_arready, s_rvalid, s_bresp, s_rdata, s_rresp, m_arvalid, m_rready, m_awvalid,
              m_wvalid, m_wlast, m_araddr, m_arlen, m_arsize, m_arburst, m_awaddr, m_awlen, m_awsize, m_awburst, m_awid, m_wdata,
              m_wstrb, m_bready})
  );
endmodule
`default_nettype wire
