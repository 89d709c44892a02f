// SPDX-License-Identifier: Apache-2.0
// The control and status registers of docs/registers.md behind an AXI4-Lite slave of 32 bits, and the interrupt.
//
//   AW, W --> one of each held, in any order --> write --> B     a write every second cycle
//   AR -----> one held ------> look ----------> read ---> R     a read every third cycle
//
// Every ready, valid, response and value is a register's output. A request is carried out in the cycle after it is there, unless the
// response before it still waits. start_o, abort_o and soft_reset_o are pulses of one cycle; the values are stable from start_o to done_i.
// The core ends every start with one done_i, also after abort_o; while it is busy_i there is no start, and the values stay. After a reset
// it is not. It may ignore an abort when nothing runs, and is ignored itself then: so is the done_i of a list that soft_reset_o ends.
// PROT is not looked at. The counters are not kept here: they are read as they are.
`default_nettype none
module csr #(
    parameter int ADDR_W       = 40,      // Requires: 32 to 64
    parameter int ROWS         = 8,       // this and the others: what CONFIG0 and CONFIG1 tell, as weft_top checks them
    parameter int COLS         = 8,
    parameter int LANES        = 4,
    parameter int LINE_BYTES   = 65536,
    parameter int WEIGHT_BYTES = 131072,
    parameter int BUS_BYTES    = 8,
    parameter int ACC_W        = 32,
    parameter int DW_TAPS      = 3,
    parameter int RESIDUAL_ADD = 1,
    localparam int COUNT_W = weft_pkg::COUNT_W
) (
    input  wire logic                               clk_i,
    input  wire logic                               rst_ni,
    // AXI4-Lite
    input  wire logic                               awvalid_i,
    output wire logic                               awready_o,
    input  wire logic [                       11:0] awaddr_i,
    input  wire logic                               wvalid_i,
    output wire logic                               wready_o,
    input  wire logic [                       31:0] wdata_i,
    input  wire logic [                        3:0] wstrb_i,
    output logic                                    bvalid_o,
    input  wire logic                               bready_i,
    output logic      [                        1:0] bresp_o,
    input  wire logic                               arvalid_i,
    output wire logic                               arready_o,
    input  wire logic [                       11:0] araddr_i,
    output logic                                    rvalid_o,
    input  wire logic                               rready_i,
    output logic      [                       31:0] rdata_o,
    output logic      [                        1:0] rresp_o,
    output logic                                    irq_o,           // level, until IRQ_STATUS is cleared
    // To the core
    output logic                                    start_o,
    output logic                                    abort_o,
    output logic                                    soft_reset_o,
    output wire logic [                 ADDR_W-1:0] list_addr_o,
    output logic      [                       31:0] list_bytes_o,
    output wire logic [                 ADDR_W-1:0] window_base_o,
    output wire logic [                 ADDR_W-1:0] window_size_o,
    output logic      [                       31:0] watchdog_o,
    // From the core
    input  wire logic                               busy_i,
    input  wire logic                               done_i,          // pulse; with it:
    input  wire logic [                        7:0] code_i,          // status code, weft_csr_pkg::CODE_*
    input  wire logic [                 ADDR_W-1:0] error_addr_i,
    input  wire logic [                       31:0] error_command_i,
    input  wire logic [                COUNT_W-1:0] cycles_i,
    input  wire logic [weft_pkg::CAUSES*COUNT_W-1:0] counts_i,
    input  wire logic [                COUNT_W-1:0] bytes_read_i,
    input  wire logic [                COUNT_W-1:0] bytes_written_i
);
  if (ADDR_W < 32 || ADDR_W > 64) begin : gen_illegal_addr_w ADDR_W_must_be_32_to_64 u_illegal (); end
  localparam logic [1:0] Okay = 2'b00;
  localparam logic [1:0] SlvErr = 2'b10;
  localparam int Counters = weft_pkg::CAUSES + 3;  // from CYCLES on, 8 bytes each
  localparam int HighW = COUNT_W - 32;
  localparam logic [31:0] AddrHighMask = 32'((65'd1 << (ADDR_W - 32)) - 65'd1);
  localparam logic [31:0] Config0 = {8'(BUS_BYTES), 8'(LANES), 8'(COLS), 8'(ROWS)};
  localparam logic [31:0] Config1 = {RESIDUAL_ADD == 0, 7'(ADDR_W), 2'(DW_TAPS), 6'(ACC_W), 8'($clog2(WEIGHT_BYTES)), 8'($clog2(LINE_BYTES))};
  localparam int Done = weft_csr_pkg::IRQ_STATUS_DONE_BIT;
  localparam int Error = weft_csr_pkg::IRQ_STATUS_ERROR_BIT;

  // ---- Requests held, one of each channel ---------------------------------------------------------------------------------
  logic aw_held_q, w_held_q, ar_held_q;
  logic [11:0] waddr_q, raddr_q;
  logic [31:0] wdata_q;
  logic [3:0] wstrb_q;
  // Of an address behind the map, that it is one is all that is kept.
  localparam int MapW = $clog2(weft_csr_pkg::MAP_BYTES);
  function automatic [11:0] held(input [11:2] addr);
    held = {(12 - MapW)'(addr[11:MapW] != '0), addr[MapW-1:2], 2'b00};
  endfunction
  assign awready_o = ~aw_held_q;
  assign wready_o  = ~w_held_q;
  assign arready_o = ~ar_held_q;
  wire logic write = aw_held_q & w_held_q & (~bvalid_o | bready_i);
  logic looked_q;  // the register's value is here
  wire logic look = ar_held_q & ~looked_q;
  wire logic read = looked_q & (~rvalid_o | rready_i);

  always_ff @(posedge clk_i) begin
    if (!aw_held_q) waddr_q <= held(awaddr_i[11:2]);
    if (!w_held_q) {wstrb_q, wdata_q} <= {wstrb_i, wdata_i};
    if (!ar_held_q) raddr_q <= held(araddr_i[11:2]);
    if (!rst_ni) begin
      aw_held_q <= 1'b0;
      w_held_q  <= 1'b0;
      ar_held_q <= 1'b0;
      looked_q  <= 1'b0;
    end else begin
      aw_held_q <= aw_held_q ? ~write : awvalid_i;
      w_held_q  <= w_held_q ? ~write : wvalid_i;
      ar_held_q <= ar_held_q ? ~read : arvalid_i;
      looked_q  <= looked_q ? ~read : ar_held_q;
    end
  end
  wire logic unused = ^{awaddr_i[1:0], araddr_i[1:0]};

  // ---- Commands and how the list ended ------------------------------------------------------------------------------------
  logic running_q, done_q, error_q;  // running_q: from the start on, before the core's busy_i, to done_i
  logic [7:0] code_q;
  logic [31:0] error_addr_lo_q, error_addr_hi_q, error_command_q;
  wire logic busy = running_q | busy_i;
  wire logic finish = running_q & done_i;
  wire logic ok = code_i == weft_csr_pkg::CODE_OK;

  // A legal write takes effect in the cycle of its answer, in which its address and data are still held.
  logic put_q, put_control_q;  // a write; ... of CONTROL
  logic write_ok;
  always_ff @(posedge clk_i) put_q <= rst_ni & write & write_ok;
  always_ff @(posedge clk_i) put_control_q <= rst_ni & write & write_ok & wstrb_q[0] & (waddr_q == weft_csr_pkg::CONTROL);
  wire logic [2:0] asked = wdata_q[2:0] & {3{wstrb_q[0] & (waddr_q == weft_csr_pkg::CONTROL)}};
  wire logic [2:0] command = wdata_q[2:0] & {3{put_control_q}};
  wire logic abort = command[weft_csr_pkg::CONTROL_ABORT_BIT];
  wire logic soft_reset = command[weft_csr_pkg::CONTROL_SOFT_RESET_BIT];
  wire logic try_start = asked[weft_csr_pkg::CONTROL_START_BIT] & ~asked[weft_csr_pkg::CONTROL_ABORT_BIT]
                         & ~asked[weft_csr_pkg::CONTROL_SOFT_RESET_BIT];
  wire logic start = command[weft_csr_pkg::CONTROL_START_BIT] & ~abort & ~soft_reset;

  always_ff @(posedge clk_i)
    if (!rst_ni || soft_reset) begin
      running_q    <= 1'b0;
      done_q       <= 1'b0;
      error_q      <= 1'b0;
      code_q       <= weft_csr_pkg::CODE_OK;
      {error_addr_hi_q, error_addr_lo_q} <= '0;
      error_command_q  <= '0;
    end else if (start) begin
      running_q <= 1'b1;
      done_q    <= 1'b0;
      error_q   <= 1'b0;
      code_q    <= weft_csr_pkg::CODE_OK;
    end else if (finish) begin
      running_q    <= 1'b0;
      done_q       <= ok;
      error_q      <= ~ok;
      code_q       <= code_i;
      {error_addr_hi_q, error_addr_lo_q} <= 64'(error_addr_i);
      error_command_q  <= error_command_i;
    end

  always_ff @(posedge clk_i)
    if (!rst_ni) begin
      start_o      <= 1'b0;
      abort_o      <= 1'b0;
      soft_reset_o <= 1'b0;
    end else begin
      start_o      <= start;
      abort_o      <= abort;
      soft_reset_o <= soft_reset;
    end

  // ---- Interrupt ----------------------------------------------------------------------------------------------------------
  logic [1:0] irq_enable_q, irq_status_q;
  wire logic [1:0] irq_event;
  assign irq_event[Done]  = finish & ok;
  assign irq_event[Error] = finish & ~ok;
  wire logic put_enable = put_q & wstrb_q[0] & (waddr_q == weft_csr_pkg::IRQ_ENABLE);
  wire logic clear = put_q & wstrb_q[0] & (waddr_q == weft_csr_pkg::IRQ_STATUS);
  wire logic [1:0] irq_enable = put_enable ? wdata_q[1:0] : irq_enable_q;
  wire logic [1:0] irq_status = ((irq_status_q & ~({2{clear}} & wdata_q[1:0])) | irq_event) & {2{~soft_reset}};
  always_ff @(posedge clk_i) begin
    irq_enable_q <= rst_ni ? irq_enable : 2'b00;
    irq_status_q <= rst_ni ? irq_status : 2'b00;
    irq_o        <= rst_ni & |(irq_enable & irq_status);
  end

  // ---- Writes -------------------------------------------------------------------------------------------------------------
  logic [31:0] list_addr_lo_q, window_base_lo_q, window_size_lo_q;
  logic [31:0] list_addr_hi_q, window_base_hi_q, window_size_hi_q;  // address bits from ADDR_W on stay 0
  assign list_addr_o   = ADDR_W'({list_addr_hi_q, list_addr_lo_q});
  assign window_base_o = ADDR_W'({window_base_hi_q, window_base_lo_q});
  assign window_size_o = ADDR_W'({window_size_hi_q, window_size_lo_q});

  always_comb
    case (waddr_q)
      weft_csr_pkg::CONTROL: write_ok = ~(try_start & busy);
      weft_csr_pkg::IRQ_ENABLE, weft_csr_pkg::IRQ_STATUS: write_ok = 1'b1;
      weft_csr_pkg::LIST_ADDR_LO, weft_csr_pkg::LIST_ADDR_HI, weft_csr_pkg::LIST_BYTES, weft_csr_pkg::WATCHDOG,
      weft_csr_pkg::WINDOW_BASE_LO, weft_csr_pkg::WINDOW_BASE_HI,
      weft_csr_pkg::WINDOW_SIZE_LO, weft_csr_pkg::WINDOW_SIZE_HI: write_ok = ~busy;
      default: write_ok = 1'b0;
    endcase

  function automatic [31:0] merge(input [31:0] old, input [31:0] data, input [3:0] strobes);
    merge = {
      strobes[3] ? data[31:24] : old[31:24], strobes[2] ? data[23:16] : old[23:16],
      strobes[1] ? data[15:8] : old[15:8], strobes[0] ? data[7:0] : old[7:0]
    };
  endfunction
  always_ff @(posedge clk_i)
    if (!rst_ni) begin
      {list_addr_hi_q, list_addr_lo_q}     <= '0;
      {window_base_hi_q, window_base_lo_q} <= '0;
      {window_size_hi_q, window_size_lo_q} <= '0;
      list_bytes_o                         <= '0;
      watchdog_o                           <= '0;
    end else if (put_q)
      case (waddr_q)
        weft_csr_pkg::LIST_ADDR_LO: list_addr_lo_q <= merge(list_addr_lo_q, wdata_q, wstrb_q);
        weft_csr_pkg::LIST_ADDR_HI: list_addr_hi_q <= merge(list_addr_hi_q, wdata_q, wstrb_q) & AddrHighMask;
        weft_csr_pkg::LIST_BYTES: list_bytes_o <= merge(list_bytes_o, wdata_q, wstrb_q);
        weft_csr_pkg::WATCHDOG: watchdog_o <= merge(watchdog_o, wdata_q, wstrb_q);
        weft_csr_pkg::WINDOW_BASE_LO: window_base_lo_q <= merge(window_base_lo_q, wdata_q, wstrb_q);
        weft_csr_pkg::WINDOW_BASE_HI: window_base_hi_q <= merge(window_base_hi_q, wdata_q, wstrb_q) & AddrHighMask;
        weft_csr_pkg::WINDOW_SIZE_LO: window_size_lo_q <= merge(window_size_lo_q, wdata_q, wstrb_q);
        weft_csr_pkg::WINDOW_SIZE_HI: window_size_hi_q <= merge(window_size_hi_q, wdata_q, wstrb_q) & AddrHighMask;
        default: ;
      endcase

  always_ff @(posedge clk_i) begin
    if (write) bresp_o <= write_ok ? Okay : SlvErr;
    bvalid_o <= rst_ni & (write | (bvalid_o & ~bready_i));
  end

  // ---- Reads: a register's value is looked up, in both halves of the map, then the answer is given -----------------------------
  // Reading a counter's lower word keeps the upper one.
  wire logic [Counters*COUNT_W-1:0] counters = {bytes_written_i, bytes_read_i, counts_i, cycles_i};
  logic [Counters*HighW-1:0] high_q;
  logic [8*weft_csr_pkg::MAP_BYTES-1:0] map;
  integer c;
  always_comb begin
    map = '0;  // as CONTROL is read
    map[8*weft_csr_pkg::ID+:32]             = weft_csr_pkg::ID_VALUE;
    map[8*weft_csr_pkg::VERSION+:32]        = weft_csr_pkg::VERSION_VALUE;
    map[8*weft_csr_pkg::CONFIG0+:32]        = Config0;
    map[8*weft_csr_pkg::CONFIG1+:32]        = Config1;
    map[8*weft_csr_pkg::LIST_VERSION+:32]   = weft_csr_pkg::LIST_VERSION_VALUE;
    map[8*weft_csr_pkg::STATUS+:32]         = {16'd0, code_q, 4'd0, ~busy, error_q, done_q, busy};
    map[8*weft_csr_pkg::IRQ_ENABLE+:32]     = 32'(irq_enable_q);
    map[8*weft_csr_pkg::IRQ_STATUS+:32]     = 32'(irq_status_q);
    map[8*weft_csr_pkg::LIST_ADDR_LO+:32]   = list_addr_lo_q;
    map[8*weft_csr_pkg::LIST_ADDR_HI+:32]   = list_addr_hi_q;
    map[8*weft_csr_pkg::LIST_BYTES+:32]     = list_bytes_o;
    map[8*weft_csr_pkg::WATCHDOG+:32]       = watchdog_o;
    map[8*weft_csr_pkg::WINDOW_BASE_LO+:32] = window_base_lo_q;
    map[8*weft_csr_pkg::WINDOW_BASE_HI+:32] = window_base_hi_q;
    map[8*weft_csr_pkg::WINDOW_SIZE_LO+:32] = window_size_lo_q;
    map[8*weft_csr_pkg::WINDOW_SIZE_HI+:32] = window_size_hi_q;
    map[8*weft_csr_pkg::ERROR_ADDR_LO+:32]  = error_addr_lo_q;
    map[8*weft_csr_pkg::ERROR_ADDR_HI+:32]  = error_addr_hi_q;
    map[8*weft_csr_pkg::ERROR_COMMAND+:32]  = error_command_q;
    for (c = 0; c < Counters; c++) map[8*weft_csr_pkg::CYCLES_LO+64*c+:64] = {32'(high_q[HighW*c+:HighW]), counters[COUNT_W*c+:32]};
  end
  genvar i;
  generate
    for (i = 0; i < Counters; i++) begin : gen_counter
      always_ff @(posedge clk_i)
        if (!rst_ni) high_q[HighW*i+:HighW] <= '0;
        else if (look && raddr_q == weft_csr_pkg::CYCLES_LO + 12'(8 * i)) high_q[HighW*i+:HighW] <= counters[COUNT_W*i+32+:HighW];
    end
  endgenerate

  localparam int Half = 4 * weft_csr_pkg::MAP_BYTES;  // bits
  wire logic [MapW-4:0] place = raddr_q[MapW-2:2];    // of the word in each half
  logic [31:0] lower_q, upper_q;
  logic known_q;
  always_ff @(posedge clk_i) begin
    if (look) begin
      lower_q <= map[32*place+:32];
      upper_q <= map[Half+32*place+:32];
      known_q <= raddr_q[11:MapW] == '0 && weft_csr_pkg::MAP[raddr_q[MapW-1:2]];
    end
    if (read) begin
      rresp_o <= known_q ? Okay : SlvErr;
      rdata_o <= (raddr_q[MapW-1] ? upper_q : lower_q) & {32{known_q}};
    end
    rvalid_o <= rst_ni & (read | (rvalid_o & ~rready_i));
  end

`ifndef SYNTHESIS
  initial begin : CountersHaveNoGaps_A
    assert (weft_csr_pkg::BYTES_WRITTEN_HI == weft_csr_pkg::CYCLES_LO + 12'(8 * Counters - 4));
  end
`endif
endmodule
`default_nettype wire
