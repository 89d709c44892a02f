// SPDX-License-Identifier: Apache-2.0
// The accelerator as a bus sees it: registers (AXI4-Lite), memory (AXI4 master) and an interrupt.
//   AXI4-Lite <-> csr <-> weft_core <-> AXI4
// docs/registers.md has the registers, docs/program.md what the memory holds.
`default_nettype none
module weft_top #(
    parameter int ROWS          = 8,       // Requires: 2 to 64
    parameter int COLS          = 8,       // Requires: 2 to 64
    parameter int LANES         = 4,       // requantiser lanes. Requires: divides COLS, at most COLS/2
    parameter int LINE_BYTES    = 65536,   // Requires: a power of two, 4 times 2*ROWS rounded up to one or BUS_BYTES, to 2^18
    parameter int WEIGHT_BYTES  = 131072,  // Requires: a power of two, 16 times COLS rounded up to one or BUS_BYTES, to 2^24
    parameter int BUS_BYTES     = 8,       // of the AXI4 data. Requires: a power of two, 4 to 64
    parameter int ACC_W         = 32,      // Requires: 20 to 32
    parameter int MACS_PER_MULT = 1,       // MACs a cycle of one multiplier of the array. Requires: 1 or 2
    parameter int DW_TAPS       = 3,       // multipliers a column of the fused depthwise convolution. Requires: 0, 1 or 3
    parameter int RESIDUAL_ADD  = 1,       // 0: residual_add adds nothing. Requires: 1, or 0 if DW_TAPS is 0
    parameter int ADDR_W        = 40,      // of the AXI4 addresses. Requires: 32 to 64
    parameter int ID_W          = 4        // of the AXI4 write IDs. Requires: 1 to 5
) (
    input  wire logic                   clk_i,
    input  wire logic                   rst_ni,
    output wire logic                   irq_o,
    // Registers
    input  wire logic                   s_awvalid_i,
    output wire logic                   s_awready_o,
    input  wire logic [           11:0] s_awaddr_i,
    input  wire logic                   s_wvalid_i,
    output wire logic                   s_wready_o,
    input  wire logic [           31:0] s_wdata_i,
    input  wire logic [            3:0] s_wstrb_i,
    output wire logic                   s_bvalid_o,
    input  wire logic                   s_bready_i,
    output wire logic [            1:0] s_bresp_o,
    input  wire logic                   s_arvalid_i,
    output wire logic                   s_arready_o,
    input  wire logic [           11:0] s_araddr_i,
    output wire logic                   s_rvalid_o,
    input  wire logic                   s_rready_i,
    output wire logic [           31:0] s_rdata_o,
    output wire logic [            1:0] s_rresp_o,
    // Memory: INCR bursts of whole words. Writes take an ID after the other, and may be done in any order across IDs. Reads have one ID
    // (no port: tie ARID off, leave RID open), because they feed streams that need their data in order.
    output wire logic                   m_arvalid_o,
    input  wire logic                   m_arready_i,
    output wire logic [     ADDR_W-1:0] m_araddr_o,
    output wire logic [            7:0] m_arlen_o,
    output wire logic [            2:0] m_arsize_o,
    output wire logic [            1:0] m_arburst_o,
    input  wire logic                   m_rvalid_i,
    output wire logic                   m_rready_o,
    input  wire logic [8*BUS_BYTES-1:0] m_rdata_i,
    input  wire logic [            1:0] m_rresp_i,
    input  wire logic                   m_rlast_i,
    output wire logic                   m_awvalid_o,
    input  wire logic                   m_awready_i,
    output wire logic [       ID_W-1:0] m_awid_o,
    output wire logic [     ADDR_W-1:0] m_awaddr_o,
    output wire logic [            7:0] m_awlen_o,
    output wire logic [            2:0] m_awsize_o,
    output wire logic [            1:0] m_awburst_o,
    output wire logic                   m_wvalid_o,
    input  wire logic                   m_wready_i,
    output wire logic [8*BUS_BYTES-1:0] m_wdata_o,
    output wire logic [  BUS_BYTES-1:0] m_wstrb_o,
    output wire logic                   m_wlast_o,
    input  wire logic                   m_bvalid_i,
    output wire logic                   m_bready_o,
    input  wire logic [       ID_W-1:0] m_bid_i,
    input  wire logic [            1:0] m_bresp_i
);
  // The legal configurations are those of sw_model/config.cpp (Config::Check).
  if (ROWS < 2 || ROWS > 64) begin : gen_illegal_rows ROWS_must_be_2_to_64 u_illegal (); end
  if (COLS < 2 || COLS > 64) begin : gen_illegal_cols COLS_must_be_2_to_64 u_illegal (); end
  if (LANES < 1 || 2 * LANES > COLS || COLS % LANES != 0)
    begin : gen_illegal_lanes LANES_must_be_a_divisor_of_COLS_at_most_half_of_it u_illegal (); end
  if (LINE_BYTES < 4 << $clog2(2 * ROWS) || LINE_BYTES < 4 * BUS_BYTES || LINE_BYTES > (1 << 18) || !weft_pkg::power_of_two(LINE_BYTES))
    begin : gen_illegal_line_bytes LINE_BYTES_must_be_a_power_of_two_4_words_to_2_18 u_illegal (); end
  if (WEIGHT_BYTES < 16 << $clog2(COLS) || WEIGHT_BYTES < 16 * BUS_BYTES || WEIGHT_BYTES > (1 << 24) || !weft_pkg::power_of_two(WEIGHT_BYTES))
    begin : gen_illegal_weight_bytes WEIGHT_BYTES_must_be_a_power_of_two_16_words_to_2_24 u_illegal (); end
  if (BUS_BYTES < 4 || BUS_BYTES > 64 || !weft_pkg::power_of_two(BUS_BYTES))
    begin : gen_illegal_bus_bytes BUS_BYTES_must_be_a_power_of_two_4_to_64 u_illegal (); end
  if (ACC_W < 20 || ACC_W > 32) begin : gen_illegal_acc_w ACC_W_must_be_20_to_32 u_illegal (); end
  if (MACS_PER_MULT != 1 && MACS_PER_MULT != 2) begin : gen_illegal_macs_per_mult MACS_PER_MULT_must_be_1_or_2 u_illegal (); end
  if (DW_TAPS != 0 && DW_TAPS != 1 && DW_TAPS != 3) begin : gen_illegal_dw_taps DW_TAPS_must_be_0_1_or_3 u_illegal (); end
  if (RESIDUAL_ADD != 1 && (RESIDUAL_ADD != 0 || DW_TAPS != 0))
    begin : gen_illegal_residual_add RESIDUAL_ADD_must_be_1_or_0_without_DW_TAPS u_illegal (); end
  if (ADDR_W < 32 || ADDR_W > 64) begin : gen_illegal_addr_w ADDR_W_must_be_32_to_64 u_illegal (); end
  if (ID_W < 1 || ID_W > 5) begin : gen_illegal_id_w ID_W_must_be_1_to_5 u_illegal (); end
  localparam int CountsW = weft_pkg::CAUSES * weft_pkg::COUNT_W;
  localparam int BusW = $clog2(BUS_BYTES);

  wire logic start, abort, soft_reset, busy, done;
  wire logic [7:0] code;
  wire logic [ADDR_W-1:0] list_addr, base, window_size;
  wire logic [31:0] list_bytes, watchdog, error_offset, error_command;
  wire logic [47:0] cycles, bytes_read, bytes_written;
  wire logic [CountsW-1:0] counts;
  csr #(
      .ADDR_W(ADDR_W), .ROWS(ROWS), .COLS(COLS), .LANES(LANES), .LINE_BYTES(LINE_BYTES), .WEIGHT_BYTES(WEIGHT_BYTES),
      .BUS_BYTES(BUS_BYTES), .ACC_W(ACC_W), .DW_TAPS(DW_TAPS), .RESIDUAL_ADD(RESIDUAL_ADD)
  ) u_csr (
      .clk_i, .rst_ni,
      .awvalid_i(s_awvalid_i), .awready_o(s_awready_o), .awaddr_i(s_awaddr_i),
      .wvalid_i(s_wvalid_i), .wready_o(s_wready_o), .wdata_i(s_wdata_i), .wstrb_i(s_wstrb_i),
      .bvalid_o(s_bvalid_o), .bready_i(s_bready_i), .bresp_o(s_bresp_o),
      .arvalid_i(s_arvalid_i), .arready_o(s_arready_o), .araddr_i(s_araddr_i),
      .rvalid_o(s_rvalid_o), .rready_i(s_rready_i), .rdata_o(s_rdata_o), .rresp_o(s_rresp_o), .irq_o,
      .start_o(start), .abort_o(abort), .soft_reset_o(soft_reset), .list_addr_o(list_addr), .list_bytes_o(list_bytes),
      .window_base_o(base), .window_size_o(window_size), .watchdog_o(watchdog),
      .busy_i(busy), .done_i(done), .code_i(code), .error_addr_i(base + ADDR_W'(error_offset)), .error_command_i(error_command),
      .cycles_i(cycles), .counts_i(counts), .bytes_read_i(bytes_read), .bytes_written_i(bytes_written)
  );

  // The core counts from the memory window's base, in 32 bits. What cannot be a list or a memory window gives an offset outside of it.
  // The registers' writes come cycles before the start: two steps take no time of it.
  logic [ADDR_W:0] list_q;  // from the base on; its upper bit is the borrow
  logic [31:0] size_q, list_offset_q;
  logic start_q;
  wire logic list_ok = (list_q[ADDR_W:32] == '0) & (base[BusW-1:0] == '0);
  always_ff @(posedge clk_i) begin
    start_q       <= start & rst_ni;
    size_q        <= (window_size >> 32) != '0 ? 32'hffff_ffff : window_size[31:0];
    list_q        <= {1'b0, list_addr} - {1'b0, base};
    list_offset_q <= list_q[31:0] | {32{~list_ok}};
  end

  // A soft reset is an abort whose end csr does not look at: bursts in flight must be finished, or the next start takes their
  // data for its own.
  weft_core #(
      .ROWS(ROWS), .COLS(COLS), .LANES(LANES), .LINE_BYTES(LINE_BYTES), .WEIGHT_BYTES(WEIGHT_BYTES), .BUS_BYTES(BUS_BYTES),
      .ACC_W(ACC_W), .MACS_PER_MULT(MACS_PER_MULT), .DW_TAPS(DW_TAPS), .RESIDUAL_ADD(RESIDUAL_ADD), .ADDR_W(ADDR_W), .ID_W(ID_W)
  ) u_core (
      .clk_i, .rst_ni, .start_i(start_q), .abort_i(abort | soft_reset), .base_i(base), .size_i(size_q),
      .list_offset_i(list_offset_q), .list_bytes_i(list_bytes), .watchdog_i(watchdog),
      .busy_o(busy), .done_o(done), .code_o(code), .error_offset_o(error_offset), .error_command_o(error_command),
      .cycles_o(cycles), .counts_o(counts), .bytes_read_o(bytes_read), .bytes_written_o(bytes_written),
      .ar_valid_o(m_arvalid_o), .ar_ready_i(m_arready_i), .ar_addr_o(m_araddr_o), .ar_len_o(m_arlen_o),
      .r_valid_i(m_rvalid_i), .r_ready_o(m_rready_o), .r_data_i(m_rdata_i), .r_last_i(m_rlast_i), .r_error_i(m_rresp_i[1]),
      .aw_valid_o(m_awvalid_o), .aw_ready_i(m_awready_i), .aw_id_o(m_awid_o), .aw_addr_o(m_awaddr_o), .aw_len_o(m_awlen_o),
      .w_valid_o(m_wvalid_o), .w_ready_i(m_wready_i), .w_data_o(m_wdata_o), .w_strb_o(m_wstrb_o), .w_last_o(m_wlast_o),
      .b_valid_i(m_bvalid_i), .b_id_i(m_bid_i), .b_error_i(m_bresp_i[1])
  );
  wire unused_resp = &{1'b0, m_rresp_i[0], m_bresp_i[0]};  // OKAY or EXOKAY
  assign m_arsize_o  = 3'(BusW);
  assign m_arburst_o = 2'b01;  // INCR
  assign m_awsize_o  = 3'(BusW);
  assign m_awburst_o = 2'b01;
  assign m_bready_o  = 1'b1;

`ifndef SYNTHESIS
  axi_rules #(.ADDR_W(ADDR_W), .BUS_BYTES(BUS_BYTES), .ID_W(ID_W)) u_rules (
      .clk_i, .rst_ni, .base_i(base), .window_end_i({1'b0, base} + {1'b0, window_size}),
      .ar_valid_i(m_arvalid_o), .ar_ready_i(m_arready_i), .ar_addr_i(m_araddr_o), .ar_len_i(m_arlen_o),
      .ar_size_i(m_arsize_o), .ar_burst_i(m_arburst_o),
      .aw_valid_i(m_awvalid_o), .aw_ready_i(m_awready_i), .aw_id_i(m_awid_o), .aw_addr_i(m_awaddr_o), .aw_len_i(m_awlen_o),
      .aw_size_i(m_awsize_o), .aw_burst_i(m_awburst_o),
      .w_valid_i(m_wvalid_o), .w_ready_i(m_wready_i), .w_data_i(m_wdata_o), .w_strb_i(m_wstrb_o), .w_last_i(m_wlast_o)
  );
`endif
endmodule
`default_nettype wire
