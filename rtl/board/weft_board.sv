// SPDX-License-Identifier: Apache-2.0
// A weft_top with on-chip memory behind a serial line: all of a board but its pins, its PLL and its reset.
//   uart_rx -> loader -> uart_tx;   loader -> AXI4-Lite -> weft_top -> AXI4 -> axi_ram <- loader
// The memory begins at address 0. The line has DIV cycles a bit; an unfinished request is forgotten after 2^16 bits without a byte.
// A parameter without a limit here has that of the module below.
`default_nettype none
module weft_board #(
    parameter int ROWS          = 2,
    parameter int COLS          = 2,
    parameter int LANES         = 1,
    parameter int LINE_BYTES    = 4096,
    parameter int WEIGHT_BYTES  = 8192,
    parameter int BUS_BYTES     = 4,
    parameter int ACC_W         = 32,
    parameter int MACS_PER_MULT = 1,
    parameter int DW_TAPS       = 0,
    parameter int RESIDUAL_ADD  = 1,
    parameter int MEM_BYTES     = 65536,  // of axi_ram
    parameter int BANK_WORDS    = 2048,   // of axi_ram
    parameter int DIV           = 40      // of uart_rx, at most 16384
) (
    input  wire logic       clk_i,
    input  wire logic       rst_ni,
    input  wire logic       rx_i,
    output wire logic       tx_o,
    output wire logic [3:0] leds_o   // 0: blinks while there is a clock, 1: the line receives, 2: it sends, 3: the interrupt
);
  localparam int AddrW = 32;
  localparam int IdW = 4;
  localparam int Bus = 8 * BUS_BYTES;
  localparam int MemAddrW = $clog2(MEM_BYTES);

  // ---- The line
  wire logic rx_valid, tx_valid, tx_ready;
  wire logic [7:0] rx_data, tx_data;
  uart_rx #(.DIV(DIV)) u_rx (.clk_i, .rst_ni, .rx_i, .valid_o(rx_valid), .data_o(rx_data));
  uart_tx #(.DIV(DIV)) u_tx (.clk_i, .rst_ni, .valid_i(tx_valid), .ready_o(tx_ready), .data_i(tx_data), .tx_o);

  wire logic awvalid, awready, wvalid, wready, bvalid, bready, arvalid, arready, rvalid, rready;
  wire logic [1:0] bresp, rresp;
  wire logic [11:0] addr;
  wire logic [31:0] wdata, rdata;
  wire logic byte_valid, byte_write, byte_rvalid;
  wire logic [MemAddrW-1:0] byte_addr;
  wire logic [7:0] byte_wdata, byte_rdata;
  loader #(.MEM_BYTES(MEM_BYTES), .TIMEOUT(65536 * DIV)) u_loader (
      .clk_i, .rst_ni, .rx_valid_i(rx_valid), .rx_data_i(rx_data), .tx_valid_o(tx_valid), .tx_ready_i(tx_ready), .tx_data_o(tx_data),
      .awvalid_o(awvalid), .awready_i(awready), .wvalid_o(wvalid), .wready_i(wready),
      .bvalid_i(bvalid), .bready_o(bready), .bresp_i(bresp),
      .arvalid_o(arvalid), .arready_i(arready), .addr_o(addr), .wdata_o(wdata),
      .rvalid_i(rvalid), .rready_o(rready), .rdata_i(rdata), .rresp_i(rresp),
      .mem_valid_o(byte_valid), .mem_write_o(byte_write), .mem_addr_o(byte_addr), .mem_wdata_o(byte_wdata),
      .mem_rvalid_i(byte_rvalid), .mem_rdata_i(byte_rdata)
  );

  // ---- The accelerator
  wire logic irq;
  wire logic m_arvalid, m_arready, m_rvalid, m_rready, m_rlast, m_awvalid, m_awready, m_wvalid, m_wready, m_wlast, m_bvalid, m_bready;
  wire logic [AddrW-1:0] m_araddr, m_awaddr;
  wire logic [7:0] m_arlen, m_awlen;
  wire logic [2:0] m_arsize, m_awsize;
  wire logic [1:0] m_arburst, m_awburst, m_rresp, m_bresp;
  wire logic [IdW-1:0] m_awid, m_bid;
  wire logic [Bus-1:0] m_rdata, m_wdata;
  wire logic [BUS_BYTES-1:0] m_wstrb;
  weft_top #(
      .ROWS(ROWS), .COLS(COLS), .LANES(LANES), .LINE_BYTES(LINE_BYTES), .WEIGHT_BYTES(WEIGHT_BYTES), .BUS_BYTES(BUS_BYTES),
      .ACC_W(ACC_W), .MACS_PER_MULT(MACS_PER_MULT), .DW_TAPS(DW_TAPS), .RESIDUAL_ADD(RESIDUAL_ADD), .ADDR_W(AddrW), .ID_W(IdW)
  ) u_top (
      .clk_i, .rst_ni, .irq_o(irq),
      .s_awvalid_i(awvalid), .s_awready_o(awready), .s_awaddr_i(addr),
      .s_wvalid_i(wvalid), .s_wready_o(wready), .s_wdata_i(wdata), .s_wstrb_i(4'b1111),
      .s_bvalid_o(bvalid), .s_bready_i(bready), .s_bresp_o(bresp),
      .s_arvalid_i(arvalid), .s_arready_o(arready), .s_araddr_i(addr),
      .s_rvalid_o(rvalid), .s_rready_i(rready), .s_rdata_o(rdata), .s_rresp_o(rresp),
      .m_arvalid_o(m_arvalid), .m_arready_i(m_arready), .m_araddr_o(m_araddr), .m_arlen_o(m_arlen), .m_arsize_o(m_arsize),
      .m_arburst_o(m_arburst),
      .m_rvalid_i(m_rvalid), .m_rready_o(m_rready), .m_rdata_i(m_rdata), .m_rresp_i(m_rresp), .m_rlast_i(m_rlast),
      .m_awvalid_o(m_awvalid), .m_awready_i(m_awready), .m_awid_o(m_awid), .m_awaddr_o(m_awaddr), .m_awlen_o(m_awlen),
      .m_awsize_o(m_awsize), .m_awburst_o(m_awburst),
      .m_wvalid_o(m_wvalid), .m_wready_i(m_wready), .m_wdata_o(m_wdata), .m_wstrb_o(m_wstrb), .m_wlast_o(m_wlast),
      .m_bvalid_i(m_bvalid), .m_bready_o(m_bready), .m_bid_i(m_bid), .m_bresp_i(m_bresp)
  );
  wire unused = &{1'b0, m_arsize, m_arburst, m_awsize, m_awburst};  // whole words, INCR

  axi_ram #(.BUS_BYTES(BUS_BYTES), .BYTES(MEM_BYTES), .BANK_WORDS(BANK_WORDS), .ADDR_W(AddrW), .ID_W(IdW)) u_memory (
      .clk_i, .rst_ni,
      .arvalid_i(m_arvalid), .arready_o(m_arready), .araddr_i(m_araddr), .arlen_i(m_arlen),
      .rvalid_o(m_rvalid), .rready_i(m_rready), .rdata_o(m_rdata), .rresp_o(m_rresp), .rlast_o(m_rlast),
      .awvalid_i(m_awvalid), .awready_o(m_awready), .awid_i(m_awid), .awaddr_i(m_awaddr), .awlen_i(m_awlen),
      .wvalid_i(m_wvalid), .wready_o(m_wready), .wdata_i(m_wdata), .wstrb_i(m_wstrb), .wlast_i(m_wlast),
      .bvalid_o(m_bvalid), .bready_i(m_bready), .bid_o(m_bid), .bresp_o(m_bresp),
      .byte_valid_i(byte_valid), .byte_write_i(byte_write), .byte_addr_i(byte_addr), .byte_wdata_i(byte_wdata),
      .byte_rvalid_o(byte_rvalid), .byte_rdata_o(byte_rdata)
  );

  logic [24:0] beat_q = '0;
  always_ff @(posedge clk_i) beat_q <= beat_q + 25'd1;
  assign leds_o = {irq, tx_valid, !rx_i, beat_q[24]};
endmodule
`default_nettype wire
