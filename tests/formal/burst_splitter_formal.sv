// SPDX-License-Identifier: Apache-2.0
// burst_splitter.sv with any requests and any sink: the bursts of a request follow each other without a gap and add up to its words,
// none is longer than MAX_BEATS or crosses a 4 KiB boundary, and they come at once.
`default_nettype none
module burst_splitter_formal #(
    parameter int ADDR_W    = 40,
    parameter int BUS_BYTES = 8,
    parameter int MAX_BEATS = 16,
    parameter int WORDS_W   = 24,
    parameter int INDUCTION = 1    // 0: without what only the induction needs, so that a fault shows as what it breaks
) (
    input wire logic               clk_i,
    input wire logic               rst_ni,
    input wire logic               req_valid_i,
    input wire logic [ ADDR_W-1:0] req_addr_i,
    input wire logic [WORDS_W-1:0] req_words_i,
    input wire logic               burst_ready_i
);
  wire logic req_ready, valid;
  wire logic [ADDR_W-1:0] addr;
  wire logic [7:0] len;
  burst_splitter #(.ADDR_W(ADDR_W), .BUS_BYTES(BUS_BYTES), .MAX_BEATS(MAX_BEATS), .WORDS_W(WORDS_W)) dut (
      .clk_i, .rst_ni, .req_valid_i, .req_ready_o(req_ready), .req_addr_i, .req_words_i,
      .burst_valid_o(valid), .burst_ready_i, .burst_addr_o(addr), .burst_len_o(len)
  );

  logic began_q;
  initial began_q = 1'b0;
  always_ff @(posedge clk_i) began_q <= 1'b1;
  always_comb begin
    assume (rst_ni == began_q);  // reset in the first cycle and never again
    if (req_valid_i) assume (req_words_i != '0 && req_addr_i % ADDR_W'(BUS_BYTES) == '0);
  end

  // ---- What the request asks for and is still due
  wire logic take = req_valid_i & req_ready;
  wire logic burst = valid & burst_ready_i;
  wire logic [WORDS_W-1:0] beats = WORDS_W'(len) + WORDS_W'(1);
  wire logic [ADDR_W-1:0] next_addr = addr + (ADDR_W'(len) + ADDR_W'(1)) * ADDR_W'(BUS_BYTES);
  logic open_q;  // a request is not yet served
  logic [WORDS_W-1:0] due_q;
  logic [ADDR_W-1:0] addr_q;
  wire logic last = beats == due_q;
  always_ff @(posedge clk_i) begin
    open_q <= rst_ni & (take | (open_q & ~(burst & last)));
    if (take) {addr_q, due_q} <= {req_addr_i, req_words_i};
    else if (burst) {addr_q, due_q} <= {next_addr, due_q - beats};
  end

  // What the module itself has left and whether that is one burst (burst_splitter.sby connects dut.left_q, dut.last_q): what makes the proof
  // inductive.
  wire logic [WORDS_W-1:0] left;
  wire logic left_is_last, idle;
  wire logic [WORDS_W-1:0] room = WORDS_W'(MAX_BEATS - 1) - WORDS_W'(addr / ADDR_W'(BUS_BYTES) % ADDR_W'(MAX_BEATS));

  // ---- What was offered in the cycle before and not taken
  logic waits_q;
  logic [ADDR_W+7:0] burst_q;
  always_ff @(posedge clk_i) begin
    waits_q <= rst_ni & valid & ~burst_ready_i;
    burst_q <= {addr, len};
  end

  wire logic [ADDR_W-1:0] last_byte = next_addr - ADDR_W'(1);
  always_comb
    if (rst_ni && began_q) begin
      begin : StableUntilReady_A
        if (waits_q) assert (valid && {addr, len} == burst_q);
      end
      begin : AtOnceAndNeverAlone_A  // valid in the cycle after the request, in every cycle to its last burst, and in no other
        assert (valid == open_q);
      end
      begin : NextRequestWithLastBurst_A
        assert (req_ready == (!open_q || (burst && last)));
      end
      begin : LeftIsDue_A
        if (INDUCTION != 0) assert (idle == !valid);
        if (valid && INDUCTION != 0) assert (left == due_q - WORDS_W'(1) && due_q != '0 && left_is_last == (left <= room));
      end
      begin : Contiguous_A
        if (valid) assert (addr == addr_q);
      end
      begin : BeatsAddUp_A
        if (valid) assert (beats <= due_q);
      end
      begin : AtMostMaxBeats_A
        if (valid) assert (int'(len) < MAX_BEATS);
      end
      begin : NotAcross4KiB_A
        if (valid) assert (addr[ADDR_W-1:12] == last_byte[ADDR_W-1:12]);
      end
      begin : EndsAligned_A  // as few bursts as can be: all but the last end at a multiple of MAX_BEATS
        if (valid && !last) assert (next_addr % ADDR_W'(MAX_BEATS * BUS_BYTES) == '0);
      end
      begin : FullRate_C  // three requests of one burst each, in three cycles
        cover (take && burst && last && took_q && took_q2);
      end
      begin : Longest_C
        cover (burst && !last && int'(len) == MAX_BEATS - 1 && due_q >= WORDS_W'(2 * MAX_BEATS));
      end
    end
  logic took_q, took_q2;  // a request was taken and a whole one served in the cycle before, and the one before that
  always_ff @(posedge clk_i) begin
    took_q  <= rst_ni & take & burst & last;
    took_q2 <= rst_ni & took_q;
  end
endmodule
`default_nettype wire
