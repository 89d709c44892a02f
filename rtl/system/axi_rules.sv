// SPDX-License-Identifier: Apache-2.0
// What AXI4 demands of weft_top as a master, and the memory window of its reads and writes, as assertions: no hardware.
//   AR, AW, W   stay as they are from valid to ready
//   bursts      INCR, of whole bus words, inside one block of 4 KiB and inside the memory window
//   W           is not offered before its burst's address; as many beats as that says, the last one marked
// Does not look at what the memory answers.
`default_nettype none
module axi_rules #(
    parameter int ADDR_W    = 40,
    parameter int BUS_BYTES = 8,
    parameter int ID_W      = 4
) (
    input wire logic                   clk_i,
    input wire logic                   rst_ni,
    input wire logic [     ADDR_W-1:0] base_i,        // the memory window
    input wire logic [       ADDR_W:0] window_end_i,  // ... the first byte behind it
    input wire logic                   ar_valid_i,
    input wire logic                   ar_ready_i,
    input wire logic [     ADDR_W-1:0] ar_addr_i,
    input wire logic [            7:0] ar_len_i,
    input wire logic [            2:0] ar_size_i,
    input wire logic [            1:0] ar_burst_i,
    input wire logic                   aw_valid_i,
    input wire logic                   aw_ready_i,
    input wire logic [       ID_W-1:0] aw_id_i,
    input wire logic [     ADDR_W-1:0] aw_addr_i,
    input wire logic [            7:0] aw_len_i,
    input wire logic [            2:0] aw_size_i,
    input wire logic [            1:0] aw_burst_i,
    input wire logic                   w_valid_i,
    input wire logic                   w_ready_i,
    input wire logic [8*BUS_BYTES-1:0] w_data_i,
    input wire logic [  BUS_BYTES-1:0] w_strb_i,
    input wire logic                   w_last_i
);
`ifndef SYNTHESIS
  localparam int BusW = $clog2(BUS_BYTES);
  localparam int ArW = ADDR_W + 8 + 3 + 2;
  localparam int AwW = ID_W + ArW;
  localparam int WW = 9 * BUS_BYTES + 1;

  wire logic [ArW-1:0] ar = {ar_addr_i, ar_len_i, ar_size_i, ar_burst_i};
  wire logic [AwW-1:0] aw = {aw_id_i, aw_addr_i, aw_len_i, aw_size_i, aw_burst_i};
  wire logic [WW-1:0] w = {w_data_i, w_strb_i, w_last_i};
  logic ar_stalled_q, aw_stalled_q, w_stalled_q;
  logic [ArW-1:0] ar_held_q;
  logic [AwW-1:0] aw_held_q;
  logic [WW-1:0] w_held_q;
  always_ff @(posedge clk_i) begin
    ar_stalled_q <= rst_ni & ar_valid_i & ~ar_ready_i;
    aw_stalled_q <= rst_ni & aw_valid_i & ~aw_ready_i;
    w_stalled_q  <= rst_ni & w_valid_i & ~w_ready_i;
    ar_held_q    <= ar;
    aw_held_q    <= aw;
    w_held_q     <= w;
  end

  // Write bursts whose address has been offered and whose last beat has not, and the beat of the first one that is offered next.
  localparam int Bursts = 128;
  localparam int BurstW = $clog2(Bursts);
  logic [ADDR_W+7:0] burst_q[0:Bursts-1];
  logic [BurstW:0] offered_q, done_q;
  logic [7:0] beat_q;
  wire logic aw_offered = aw_valid_i & ~aw_stalled_q;
  wire logic w_offered = w_valid_i & ~w_stalled_q;
  wire logic [ADDR_W-1:0] w_burst;
  wire logic [7:0] w_len;
  wire logic known = offered_q != done_q;  // else it is offered with its address
  assign {w_burst, w_len} = known ? burst_q[done_q[BurstW-1:0]] : {aw_addr_i, aw_len_i};
  wire logic w_ends = beat_q == w_len;
  wire logic w_done = w_offered & w_ends;
  always_ff @(posedge clk_i) begin
    if (aw_offered) burst_q[offered_q[BurstW-1:0]] <= {aw_addr_i, aw_len_i};
    if (!rst_ni) begin
      offered_q <= '0;
      done_q    <= '0;
      beat_q    <= '0;
    end else begin
      offered_q <= offered_q + (BurstW + 1)'(aw_offered);
      done_q    <= done_q + (BurstW + 1)'(w_done);
      if (w_offered) beat_q <= w_ends ? '0 : beat_q + 1'b1;
    end
  end

  // The first byte behind a burst, as an address of one bit more.
  wire logic [ADDR_W:0] ar_end = {1'b0, ar_addr_i} + ((ADDR_W + 1)'(ar_len_i) + 1'b1) * (ADDR_W + 1)'(BUS_BYTES);
  wire logic [ADDR_W:0] ar_last = ar_end - 1'b1;
  wire logic [ADDR_W:0] aw_last = {1'b0, aw_addr_i} + ((ADDR_W + 1)'(aw_len_i) + 1'b1) * (ADDR_W + 1)'(BUS_BYTES) - 1'b1;
  wire unused_last = &{1'b0, ar_last[11:0], aw_last[11:0]};
  wire logic [ADDR_W:0] w_addr = {1'b0, w_burst} + (ADDR_W + 1)'(beat_q) * (ADDR_W + 1)'(BUS_BYTES);
  // A write's bytes count, not its bus word: the memory window's last one may be cut.
  integer i;
  logic beyond;
  always_comb begin
    beyond = 1'b0;
    for (i = 0; i < BUS_BYTES; i++)
      if (w_strb_i[i] && w_addr + (ADDR_W + 1)'(i) >= window_end_i) beyond = 1'b1;
  end

  always_ff @(posedge clk_i)
    if (rst_ni) begin
      begin : ArHeldUntilTaken_A
        if (ar_stalled_q) assert (ar_valid_i && ar == ar_held_q);
      end
      begin : AwHeldUntilTaken_A
        if (aw_stalled_q) assert (aw_valid_i && aw == aw_held_q);
      end
      begin : WHeldUntilTaken_A
        if (w_stalled_q) assert (w_valid_i && w == w_held_q);
      end
      begin : ArIsWholeWords_A
        if (ar_valid_i) assert (ar_addr_i[BusW-1:0] == '0 && ar_size_i == 3'(BusW) && ar_burst_i == 2'b01);
      end
      begin : AwIsWholeWords_A
        if (aw_valid_i) assert (aw_addr_i[BusW-1:0] == '0 && aw_size_i == 3'(BusW) && aw_burst_i == 2'b01);
      end
      begin : ArInside4KiB_A
        if (ar_valid_i) assert ({1'b0, ar_addr_i[ADDR_W-1:12]} == ar_last[ADDR_W:12]);
      end
      begin : ArInsideWindow_A
        if (ar_valid_i) assert (ar_addr_i >= base_i && ar_end <= window_end_i);
      end
      begin : AwInside4KiB_A
        if (aw_valid_i) assert ({1'b0, aw_addr_i[ADDR_W-1:12]} == aw_last[ADDR_W:12]);
      end
      begin : AwInsideWindow_A
        if (aw_valid_i) assert (aw_addr_i >= base_i && {1'b0, aw_addr_i} < window_end_i);
      end
      begin : WNotBeforeItsAw_A
        if (w_offered) assert (known || aw_offered);
      end
      begin : WInsideWindow_A
        if (w_offered) assert (w_strb_i != '0 && !beyond);
      end
      begin : WLastEndsTheBurst_A
        if (w_offered) assert (w_last_i == w_ends);
      end
    end
`endif
endmodule
`default_nettype wire
