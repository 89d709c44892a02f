// What AXI4 demands of weft_top as a master, and the window of its reads and writes, as assertions: no hardware.
//   AR, AW, W   stay as they are from valid to ready
//   bursts      INCR, of whole bus words, inside one block of 4 KiB and inside the window; writes of one beat, which is the last
//   W           has no more than a beat before its address, or behind it
// Does not look at what the memory answers.
`default_nettype none
module axi_rules #(
    parameter int ADDR_W    = 40,
    parameter int BUS_BYTES = 8
) (
    input wire logic                   clk_i,
    input wire logic                   rst_ni,
    input wire logic [     ADDR_W-1:0] base_i,        // the window
    input wire logic [       ADDR_W:0] window_end_i,  // ... the first byte behind it
    input wire logic                   ar_valid_i,
    input wire logic                   ar_ready_i,
    input wire logic [     ADDR_W-1:0] ar_addr_i,
    input wire logic [            7:0] ar_len_i,
    input wire logic [            2:0] ar_size_i,
    input wire logic [            1:0] ar_burst_i,
    input wire logic                   aw_valid_i,
    input wire logic                   aw_ready_i,
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
  localparam int WW = 9 * BUS_BYTES + 1;

  wire logic [ArW-1:0] ar = {ar_addr_i, ar_len_i, ar_size_i, ar_burst_i};
  wire logic [ArW-1:0] aw = {aw_addr_i, aw_len_i, aw_size_i, aw_burst_i};
  wire logic [WW-1:0] w = {w_data_i, w_strb_i, w_last_i};
  logic ar_stalled_q, aw_stalled_q, w_stalled_q;
  logic [ArW-1:0] ar_held_q, aw_held_q;
  logic [WW-1:0] w_held_q;
  logic signed [1:0] ahead_q;  // write addresses taken, less beats taken
  wire logic aw_taken = aw_valid_i & aw_ready_i;
  wire logic w_taken = w_valid_i & w_ready_i;
  always_ff @(posedge clk_i) begin
    ar_stalled_q <= rst_ni & ar_valid_i & ~ar_ready_i;
    aw_stalled_q <= rst_ni & aw_valid_i & ~aw_ready_i;
    w_stalled_q  <= rst_ni & w_valid_i & ~w_ready_i;
    ar_held_q    <= ar;
    aw_held_q    <= aw;
    w_held_q     <= w;
    if (!rst_ni) ahead_q <= '0;
    else if (aw_taken != w_taken) ahead_q <= aw_taken ? ahead_q + 2'sd1 : ahead_q - 2'sd1;
  end

  // The first byte behind a burst, as an address of one bit more.
  wire logic [ADDR_W:0] ar_end = {1'b0, ar_addr_i} + ((ADDR_W + 1)'(ar_len_i) + 1'b1) * (ADDR_W + 1)'(BUS_BYTES);
  wire logic [ADDR_W:0] ar_last = ar_end - 1'b1;
  wire unused_last = &{1'b0, ar_last[11:0]};
  // A write's bytes count, not its bus word: the window's last one may be cut.
  integer i;
  logic beyond;
  always_comb begin
    beyond = 1'b0;
    for (i = 0; i < BUS_BYTES; i++)
      if (w_strb_i[i] && {1'b0, aw_addr_i} + (ADDR_W + 1)'(i) >= window_end_i) beyond = 1'b1;
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
      begin : AwIsOneWord_A
        if (aw_valid_i)
          assert (aw_addr_i[BusW-1:0] == '0 && aw_size_i == 3'(BusW) && aw_burst_i == 2'b01 && aw_len_i == 8'd0);
      end
      begin : ArInside4KiB_A
        if (ar_valid_i) assert ({1'b0, ar_addr_i[ADDR_W-1:12]} == ar_last[ADDR_W:12]);
      end
      begin : ArInsideWindow_A
        if (ar_valid_i) assert (ar_addr_i >= base_i && ar_end <= window_end_i);
      end
      begin : AwInsideWindow_A
        if (aw_valid_i) assert (aw_addr_i >= base_i && {1'b0, aw_addr_i} < window_end_i);
      end
      begin : WInsideWindow_A  // both halves of a beat are offered in the same cycle first
        if (aw_valid_i && w_valid_i && !aw_stalled_q && !w_stalled_q) assert (!beyond);
      end
      begin : WIsLast_A
        if (w_valid_i) assert (w_last_i && w_strb_i != '0);
      end
      begin : WKeepsWithAw_A
        assert (!(aw_taken && !w_taken && ahead_q == 2'sd1) && !(w_taken && !aw_taken && ahead_q == -2'sd1));
      end
    end
`endif
endmodule
`default_nettype wire
