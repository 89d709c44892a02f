// SPDX-License-Identifier: Apache-2.0
// weft_top with the names and all signals of AXI4-Lite (s_axi) and AXI4 (m_axi), by which other people's tools pair buses.
// A parameter without a limit here has that of weft_top. All is synchronous to aclk, the reset too.
`default_nettype none
module weft_axi #(
    parameter int         ROWS          = 8,
    parameter int         COLS          = 8,
    parameter int         LANES         = 4,
    parameter int         LINE_BYTES    = 65536,
    parameter int         WEIGHT_BYTES  = 131072,
    parameter int         BUS_BYTES     = 8,
    parameter int         ACC_W         = 32,
    parameter int         MACS_PER_MULT = 1,
    parameter int         DW_TAPS       = 3,
    parameter int         RESIDUAL_ADD  = 1,
    parameter int         ADDR_W        = 40,
    parameter int         ID_W          = 4,
    parameter logic [3:0] AXI_CACHE     = 4'b0011,  // of all bursts. Requires: no allocation (bits 3:2) unless modifiable (bit 1)
    parameter logic [2:0] AXI_PROT      = 3'b000    // of all bursts
) (
    (* X_INTERFACE_INFO = "xilinx.com:signal:clock:1.0 aclk CLK",
       X_INTERFACE_PARAMETER = "ASSOCIATED_BUSIF s_axi:m_axi, ASSOCIATED_RESET aresetn" *)
    input  wire logic                   aclk,
    (* X_INTERFACE_INFO = "xilinx.com:signal:reset:1.0 aresetn RST", X_INTERFACE_PARAMETER = "POLARITY ACTIVE_LOW" *)
    input  wire logic                   aresetn,
    (* X_INTERFACE_INFO = "xilinx.com:signal:interrupt:1.0 irq INTERRUPT", X_INTERFACE_PARAMETER = "SENSITIVITY LEVEL_HIGH" *)
    output wire logic                   irq,
    // Registers
    input  wire logic [           11:0] s_axi_awaddr,
    input  wire logic [            2:0] s_axi_awprot,  // not looked at
    input  wire logic                   s_axi_awvalid,
    output wire logic                   s_axi_awready,
    input  wire logic [           31:0] s_axi_wdata,
    input  wire logic [            3:0] s_axi_wstrb,
    input  wire logic                   s_axi_wvalid,
    output wire logic                   s_axi_wready,
    output wire logic [            1:0] s_axi_bresp,
    output wire logic                   s_axi_bvalid,
    input  wire logic                   s_axi_bready,
    input  wire logic [           11:0] s_axi_araddr,
    input  wire logic [            2:0] s_axi_arprot,  // not looked at
    input  wire logic                   s_axi_arvalid,
    output wire logic                   s_axi_arready,
    output wire logic [           31:0] s_axi_rdata,
    output wire logic [            1:0] s_axi_rresp,
    output wire logic                   s_axi_rvalid,
    input  wire logic                   s_axi_rready,
    // Memory: reads have the ID 0, whose data comes in order; rid is not looked at
    output wire logic [       ID_W-1:0] m_axi_awid,
    output wire logic [     ADDR_W-1:0] m_axi_awaddr,
    output wire logic [            7:0] m_axi_awlen,
    output wire logic [            2:0] m_axi_awsize,
    output wire logic [            1:0] m_axi_awburst,
    output wire logic                   m_axi_awlock,
    output wire logic [            3:0] m_axi_awcache,
    output wire logic [            2:0] m_axi_awprot,
    output wire logic [            3:0] m_axi_awqos,
    output wire logic                   m_axi_awvalid,
    input  wire logic                   m_axi_awready,
    output wire logic [8*BUS_BYTES-1:0] m_axi_wdata,
    output wire logic [  BUS_BYTES-1:0] m_axi_wstrb,
    output wire logic                   m_axi_wlast,
    output wire logic                   m_axi_wvalid,
    input  wire logic                   m_axi_wready,
    input  wire logic [       ID_W-1:0] m_axi_bid,
    input  wire logic [            1:0] m_axi_bresp,
    input  wire logic                   m_axi_bvalid,
    output wire logic                   m_axi_bready,
    output wire logic [       ID_W-1:0] m_axi_arid,
    output wire logic [     ADDR_W-1:0] m_axi_araddr,
    output wire logic [            7:0] m_axi_arlen,
    output wire logic [            2:0] m_axi_arsize,
    output wire logic [            1:0] m_axi_arburst,
    output wire logic                   m_axi_arlock,
    output wire logic [            3:0] m_axi_arcache,
    output wire logic [            2:0] m_axi_arprot,
    output wire logic [            3:0] m_axi_arqos,
    output wire logic                   m_axi_arvalid,
    input  wire logic                   m_axi_arready,
    input  wire logic [       ID_W-1:0] m_axi_rid,
    input  wire logic [8*BUS_BYTES-1:0] m_axi_rdata,
    input  wire logic [            1:0] m_axi_rresp,
    input  wire logic                   m_axi_rlast,
    input  wire logic                   m_axi_rvalid,
    output wire logic                   m_axi_rready
);
  if (AXI_CACHE[3:2] != 2'b00 && !AXI_CACHE[1])
    begin : gen_illegal_axi_cache AXI_CACHE_must_be_modifiable_to_allocate u_illegal (); end

  weft_top #(
      .ROWS(ROWS), .COLS(COLS), .LANES(LANES), .LINE_BYTES(LINE_BYTES), .WEIGHT_BYTES(WEIGHT_BYTES), .BUS_BYTES(BUS_BYTES),
      .ACC_W(ACC_W), .MACS_PER_MULT(MACS_PER_MULT), .DW_TAPS(DW_TAPS), .RESIDUAL_ADD(RESIDUAL_ADD), .ADDR_W(ADDR_W), .ID_W(ID_W)
  ) u_top (
      .clk_i(aclk), .rst_ni(aresetn), .irq_o(irq),
      .s_awvalid_i(s_axi_awvalid), .s_awready_o(s_axi_awready), .s_awaddr_i(s_axi_awaddr),
      .s_wvalid_i(s_axi_wvalid), .s_wready_o(s_axi_wready), .s_wdata_i(s_axi_wdata), .s_wstrb_i(s_axi_wstrb),
      .s_bvalid_o(s_axi_bvalid), .s_bready_i(s_axi_bready), .s_bresp_o(s_axi_bresp),
      .s_arvalid_i(s_axi_arvalid), .s_arready_o(s_axi_arready), .s_araddr_i(s_axi_araddr),
      .s_rvalid_o(s_axi_rvalid), .s_rready_i(s_axi_rready), .s_rdata_o(s_axi_rdata), .s_rresp_o(s_axi_rresp),
      .m_arvalid_o(m_axi_arvalid), .m_arready_i(m_axi_arready), .m_araddr_o(m_axi_araddr), .m_arlen_o(m_axi_arlen),
      .m_arsize_o(m_axi_arsize), .m_arburst_o(m_axi_arburst),
      .m_rvalid_i(m_axi_rvalid), .m_rready_o(m_axi_rready), .m_rdata_i(m_axi_rdata), .m_rresp_i(m_axi_rresp), .m_rlast_i(m_axi_rlast),
      .m_awvalid_o(m_axi_awvalid), .m_awready_i(m_axi_awready), .m_awid_o(m_axi_awid), .m_awaddr_o(m_axi_awaddr),
      .m_awlen_o(m_axi_awlen), .m_awsize_o(m_axi_awsize), .m_awburst_o(m_axi_awburst),
      .m_wvalid_o(m_axi_wvalid), .m_wready_i(m_axi_wready), .m_wdata_o(m_axi_wdata), .m_wstrb_o(m_axi_wstrb), .m_wlast_o(m_axi_wlast),
      .m_bvalid_i(m_axi_bvalid), .m_bready_o(m_axi_bready), .m_bid_i(m_axi_bid), .m_bresp_i(m_axi_bresp)
  );
  assign m_axi_arid    = '0;
  assign m_axi_arlock  = 1'b0;  // no exclusive access
  assign m_axi_awlock  = 1'b0;
  assign m_axi_arcache = AXI_CACHE;
  assign m_axi_awcache = AXI_CACHE;
  assign m_axi_arprot  = AXI_PROT;
  assign m_axi_awprot  = AXI_PROT;
  assign m_axi_arqos   = 4'd0;
  assign m_axi_awqos   = 4'd0;
  wire unused = &{1'b0, s_axi_awprot, s_axi_arprot, m_axi_rid};
endmodule
`default_nettype wire
