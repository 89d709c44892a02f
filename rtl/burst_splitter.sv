// Cuts a request for bus words into AXI bursts of at most MAX_BEATS beats, none of which crosses a 4 KiB boundary.
// The first burst is there in the cycle after the request, then one a cycle; a request is taken with the last burst of the one
// before. Bursts end at multiples of MAX_BEATS beats, which divide 4 KiB.
`default_nettype none
module burst_splitter #(
    parameter int ADDR_W    = 40,
    parameter int BUS_BYTES = 8,   // Requires: a power of two
    parameter int MAX_BEATS = 16,  // Requires: a power of two, at most 256, MAX_BEATS*BUS_BYTES at most 4096
    parameter int WORDS_W   = 24
) (
    input  wire logic               clk_i,
    input  wire logic               rst_ni,
    input  wire logic               req_valid_i,
    output wire logic               req_ready_o,
    input  wire logic [ ADDR_W-1:0] req_addr_i,   // a multiple of BUS_BYTES
    input  wire logic [WORDS_W-1:0] req_words_i,  // at least 1
    output logic                    burst_valid_o,
    input  wire logic               burst_ready_i,
    output wire logic [ ADDR_W-1:0] burst_addr_o,
    output wire logic [        7:0] burst_len_o,   // beats - 1
    output wire logic               burst_last_o   // of its request
);
  localparam int BusW = $clog2(BUS_BYTES);
  localparam int BeatW = $clog2(MAX_BEATS);
  logic [ADDR_W-1:0] addr_q;
  logic [WORDS_W-1:0] words_q;

  // Beats - 1 up to the next multiple of MAX_BEATS.
  wire logic [BeatW-1:0] room = ~addr_q[BusW+:BeatW];
  wire logic last = words_q <= WORDS_W'(room) + 1'b1;
  wire logic [BeatW-1:0] len = last ? BeatW'(words_q - 1'b1) : room;
  wire logic burst = burst_valid_o & burst_ready_i;
  assign req_ready_o = ~burst_valid_o | (burst & last);
  wire logic take = req_valid_i & req_ready_o;

  always_ff @(posedge clk_i) begin
    burst_valid_o <= rst_ni & (take | (burst_valid_o & ~(burst & last)));
    if (take) begin
      addr_q  <= req_addr_i;
      words_q <= req_words_i;
    end else if (burst) begin
      addr_q  <= {addr_q[ADDR_W-1:BusW+BeatW] + 1'b1, (BusW + BeatW)'(0)};
      words_q <= words_q - WORDS_W'(room) - 1'b1;
    end
  end
  assign burst_addr_o = addr_q;
  assign burst_len_o  = 8'(len);
  assign burst_last_o = last;
endmodule
`default_nettype wire
