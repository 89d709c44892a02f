// SPDX-License-Identifier: Apache-2.0
// read_dma.sv with any commands, any memory that answers in order and any streams. Forever: no burst leaves the window or is
// withdrawn, no more are in flight than there may be, every beat of a run goes to one stream, at most one waits for that, and none
// begins after the run.
// Up to a bound, with short commands: the n-th word of all is read at its address and goes to the stream that its command says, as it came;
// no beat is taken that nobody asked for.
`default_nettype none
module read_dma_formal #(
    parameter int ADDR_W      = 40,
    parameter int BUS_BYTES   = 8,
    parameter int MAX_BEATS   = 16,
    parameter int OUTSTANDING = 32,
    parameter int SHORT       = 0,  // 1: commands of few words, and what follows from each of them
    parameter int WHICH       = 0,  // ... and the word that is followed
    parameter int INDUCTION   = 1,  // 0: without what only the induction needs, so that a fault shows as what it breaks
    localparam int BUS_W = $clog2(BUS_BYTES),
    localparam int BEAT_W = $clog2(MAX_BEATS),
    localparam int OUT_W = $clog2(OUTSTANDING) + 1
) (
    input wire logic                                  clk_i,
    input wire logic                                  rst_ni,
    input wire logic                                  run_i,
    input wire logic [                    ADDR_W-1:0] base_i,
    input wire logic [                          31:0] size_i,
    input wire logic                                  command_valid_i,
    input wire logic [32*weft_list_pkg::READ_WORDS-1:0] command_i,
    input wire logic [                          15:0] stored_i,
    input wire logic                                  ar_ready_i,
    input wire logic                                  r_valid_i,
    input wire logic [               8*BUS_BYTES-1:0] r_data_i,
    input wire logic                                  r_last_i,
    input wire logic                                  r_error_i,
    input wire logic [                           7:0] ready_i
);
  localparam int Read = 32 * weft_list_pkg::READ_WORDS;
  wire logic command_ready, ar_valid, r_ready, quiet, idle, error, line_last;
  wire logic [ADDR_W-1:0] ar_addr;
  wire logic [7:0] ar_len, code;
  wire logic [31:0] error_offset;
  wire logic [8*BUS_BYTES-1:0] data;
  wire logic [7:0] valid;  // lines, groups, list, tables, residual, depthwise, parameters, those of depthwise
  read_dma #(.ADDR_W(ADDR_W), .BUS_BYTES(BUS_BYTES), .MAX_BEATS(MAX_BEATS), .OUTSTANDING(OUTSTANDING)) dut (
      .clk_i, .rst_ni, .run_i, .base_i, .size_i, .command_valid_i, .command_ready_o(command_ready), .command_i, .stored_i,
      .ar_valid_o(ar_valid), .ar_ready_i, .ar_addr_o(ar_addr), .ar_len_o(ar_len), .r_valid_i, .r_ready_o(r_ready), .r_data_i,
      .r_last_i, .r_error_i, .data_o(data),
      .line_valid_o(valid[0]), .line_last_o(line_last), .line_ready_i(ready_i[0]), .weight_valid_o(valid[1]),
      .weight_ready_i(ready_i[1]), .param_valid_o(valid[6]), .param_ready_i(ready_i[6]), .list_valid_o(valid[2]),
      .list_ready_i(ready_i[2]), .table_valid_o(valid[3]), .table_ready_i(ready_i[3]), .residual_valid_o(valid[4]),
      .residual_ready_i(ready_i[4]), .dw_weight_valid_o(valid[5]), .dw_weight_ready_i(ready_i[5]), .dw_param_valid_o(valid[7]),
      .dw_param_ready_i(ready_i[7]), .quiet_o(quiet), .idle_o(idle), .error_o(error), .code_o(code), .error_offset_o(error_offset)
  );
  wire unused = &{1'b0, line_last, code, error_offset};

  // ---- The environment: the window stands still, a run begins when the bus is idle, the memory answers what it was asked for.
  logic began_q, ran_q;
  logic [ADDR_W-1:0] base_q;
  logic [31:0] size_q;
  initial began_q = 1'b0;
  always_ff @(posedge clk_i) begin
    began_q <= 1'b1;
    ran_q   <= run_i & rst_ni;
    base_q  <= base_i;
    size_q  <= size_i;
  end
  wire logic ar_take = ar_valid & ar_ready_i;
  wire logic beat = r_valid_i & r_ready;
  logic [OUT_W-1:0] open_q;  // bursts whose address is taken and whose last beat is not
  always_ff @(posedge clk_i)
    if (!rst_ni) open_q <= '0;
    else open_q <= open_q + OUT_W'(ar_take) - OUT_W'(beat & r_last_i);
  wire logic [ADDR_W:0] window_end = {1'b0, base_i} + (ADDR_W + 1)'(size_i);
  always_comb begin
    assume (rst_ni == began_q);  // reset in the first cycle and never again
    assume (base_i[11:0] == '0 && !window_end[ADDR_W]);
    if (began_q) assume (base_i == base_q && size_i == size_q);
    if (!rst_ni) assume (!run_i);
    if (run_i && !ran_q) assume (idle);
    if (r_valid_i) assume (open_q != '0);
  end

  // ---- What was offered in the cycle before and not taken
  logic waits_q;
  logic [ADDR_W+7:0] ar_q;
  always_ff @(posedge clk_i) begin
    waits_q <= rst_ni & ar_valid & ~ar_ready_i;
    ar_q    <= {ar_addr, ar_len};
  end
  wire logic begins = ar_valid & ~waits_q;  // ... it was registered in the last cycle
  wire logic [ADDR_W:0] ar_end = {1'b0, ar_addr} + ((ADDR_W + 1)'(ar_len) + 1'b1) * (ADDR_W + 1)'(BUS_BYTES);
  wire logic [7:0] taken = valid & ready_i;
  logic held_q;  // a word that the bus has given and no stream has taken
  always_ff @(posedge clk_i) held_q <= rst_ni & run_i & (held_q | beat) & (taken == '0);

  // ---- What the module itself has (read_dma.sby connects these): what makes the proof inductive.
  wire logic [OUT_W-1:0] flight;
  wire logic flies, left_is_last, delivers, request, bad, stopped, illegal, burst, idles, none_behind, waits, loads;
  wire logic [7:0] to;
  wire logic [31:0] offset;
  wire logic [32:0] limit;
  wire logic [BEAT_W-1:0] place;
  wire logic behind;
  wire logic [ADDR_W-1:0] behind_addr;
  wire logic [7:0] behind_len;
  wire logic [ADDR_W-BUS_W-1:0] word;
  wire logic [23:0] left;
  wire logic active, nonsense;
  wire logic [23:0] both;
  wire logic [ADDR_W-BUS_W-1:0] burst_end = word + (ADDR_W - BUS_W)'(left) + 1'b1;  // of the request that is cut
  wire logic [23:0] room = 24'(MAX_BEATS - 1) - 24'(word % (ADDR_W - BUS_W)'(MAX_BEATS));  // for more beats than one
  // The last request's end, and whether it was made in the cycle before.
  logic [32:0] asked;
  logic check, illegal_q;
  always_ff @(posedge clk_i) begin
    check <= run_i & request;
    if (request) {illegal_q, asked} <= {illegal, {1'b0, offset} + 33'({both, BUS_W'(0)})};
  end
  wire logic [ADDR_W-1:0] address = base_i + ADDR_W'(offset);
  wire logic [ADDR_W-1:0] asked_end = base_i + ADDR_W'(asked);
  wire logic [ADDR_W:0] behind_end = {1'b0, behind_addr} + ((ADDR_W + 1)'(behind_len) + 1'b1) * (ADDR_W + 1)'(BUS_BYTES);

  always_comb
    if (rst_ni && began_q) begin
      begin : ArHeldUntilTaken_A
        if (waits_q) assert (ar_valid && {ar_addr, ar_len} == ar_q);
      end
      begin : ArInsideWindow_A
        if (ar_valid) assert (ar_addr >= base_i && ar_end <= window_end && ar_addr[BUS_W-1:0] == '0);
      end
      begin : FlightIsBounded_A
        assert ((OUT_W + 1)'(open_q) + (OUT_W + 1)'(ar_valid) <= (OUT_W + 1)'(OUTSTANDING));
      end
      begin : IdleSaysWhetherBurstsAreInFlight_A
        assert (idle == (open_q == '0 && !ar_valid));
      end
      begin : EveryBeatToOneStream_A
        if (run_i && ran_q) assert ((taken & (taken - 1'b1)) == '0 && (valid & (valid - 1'b1)) == '0);
      end
      begin : OneWordWaits_A
        assert (r_ready == !held_q);
        if (!held_q && !beat) assert (valid == '0);
      end
      begin : DropsWhatComesAfterTheRun_A
        if (!ran_q) assert (r_ready);
      end
      begin : NoBurstAfterTheRun_A
        if (begins && !ran_q) assert (0);
      end
      begin : Inductive_A
        if (INDUCTION != 0)
          assert ((OUT_W + 1)'(flight) == (OUT_W + 1)'(open_q) + (OUT_W + 1)'(ar_valid) && flies == (flight != '0)
                  && (to & (to - 1'b1)) == '0 && (delivers || to == '0) && (ran_q || !(burst || check || bad || stopped || delivers))
                  && idles == !burst && none_behind == !behind && loads == !waits);
      end
      begin : CutsWhatWasAsked_A
        if (INDUCTION != 0 && burst)
          assert (stopped || ({burst_end, BUS_W'(0)} == asked_end && 33'(left) < asked >> BUS_W && left_is_last == (left <= room)
                              && (check ? !illegal_q && bad == (asked > {1'b0, size_i}) : asked <= {1'b0, size_i})));
      end
      begin : WhatWaitsIsInsideWindow_A
        if (INDUCTION != 0 && behind)
          assert (ar_valid && ran_q && flight < OUT_W'(OUTSTANDING) && behind_addr >= base_i && behind_end <= window_end
                  && behind_addr[BUS_W-1:0] == '0);
      end
      begin : RefusesNonsense_A
        if (INDUCTION != 0 && active && !nonsense) begin
          assert (both != '0 && limit == {1'b0, size_i} - 33'({both, BUS_W'(0)}));
          if (offset[BUS_W-1:0] == '0 && !bad && !stopped) assert (place == address[BUS_W+:BEAT_W]);
        end
      end
      begin : Full_C
        cover (flight == OUT_W'(OUTSTANDING) && beat);
      end
      begin : LastByte_C
        cover (ar_valid && ar_len != '0 && ar_end == window_end);
      end
      begin : Error_C
        cover (error && open_q != '0);
      end
    end

  // ---- Short commands: the word WHICH of all that are asked for since the run began.
  generate
    if (SHORT != 0) begin : gen_short
      wire logic take = command_valid_i & command_ready;
      wire logic [2:0] kind = command_i[10:8];
      wire logic [31:0] offset = command_i[63:32], pitch = command_i[191:160];
      wire logic [23:0] params = command_i[87:64], words = command_i[119:96], last = command_i[151:128];
      wire logic [5:0] each = 6'(params) + 6'(words);
      logic [5:0] asked_q, addressed_q, beats_q, taken_q;  // words: of commands, of bursts, that have come, that streams have taken
      logic known_q;
      logic [2:0] stream_q;
      logic [ADDR_W-1:0] address_q;
      logic [8*BUS_BYTES-1:0] data_q;
      wire logic [5:0] here = 6'(WHICH) - asked_q;  // in this command
      wire logic mine = take & (6'(WHICH) >= asked_q) & (here < (last[0] ? 6'(each + each) : each));
      wire logic second = here >= each;  // of its two requests
      wire logic [5:0] inside = second ? here - each : here;
      wire logic [31:0] begin_of = second ? offset + pitch : offset;
      logic stopped_q;  // an error: what comes after that has no meaning
      always_ff @(posedge clk_i) begin
        if (!run_i || !rst_ni) begin
          {asked_q, addressed_q, beats_q, taken_q} <= '0;
          {known_q, stopped_q} <= '0;
        end else begin
          if (take) asked_q <= asked_q + (last[0] ? 6'(each + each) : each);
          if (begins) addressed_q <= addressed_q + 6'(ar_len) + 6'd1;
          beats_q   <= beats_q + 6'(beat);
          taken_q   <= taken_q + 6'(taken != '0);
          if (beat && beats_q == 6'(WHICH)) data_q <= r_data_i;
          stopped_q <= stopped_q | error;
          if (mine) begin
            known_q   <= 1'b1;
            stream_q  <= inside >= 6'(params) ? kind : kind == 3'(weft_list_pkg::KIND_DEPTHWISE) ? 3'd7 : 3'd6;
            address_q <= base_i + ADDR_W'(begin_of) + ADDR_W'(inside) * ADDR_W'(BUS_BYTES);
          end
        end
      end
      // Ends of bursts in flight, so that the memory marks their last beats.
      logic [5:0] ends_q[0:OUTSTANDING-1];
      logic [OUT_W-2:0] end_in_q, end_out_q;
      logic [5:0] offered_q, came_q;  // of all runs
      always_ff @(posedge clk_i)
        if (!rst_ni) begin
          {end_in_q, end_out_q} <= '0;
          {offered_q, came_q}   <= '0;
        end else begin
          if (ar_take) begin
            ends_q[end_in_q] <= offered_q + 6'(ar_len) + 6'd1;
            offered_q        <= offered_q + 6'(ar_len) + 6'd1;
            end_in_q         <= end_in_q + 1'b1;
          end
          came_q    <= came_q + 6'(beat);
          end_out_q <= end_out_q + (OUT_W - 1)'(beat & r_last_i);
        end
      wire logic [5:0] addressed = addressed_q + (begins ? 6'(ar_len) + 6'd1 : 6'd0);
      always_comb begin
        if (command_valid_i)
          assume (words >= 24'd1 && words <= 24'd2 && params <= 24'd1 && last <= 24'd1 && kind <= 3'd5
                  && offset[31:8] == '0 && pitch[31:8] == '0);
        assume (base_i == '0 && size_i[31:12] == '0);
        assume (asked_q < 6'd40);
        if (r_valid_i) assume (r_last_i == (came_q + 6'd1 == ends_q[end_out_q]));
      end
      always_comb
        if (rst_ni && began_q && run_i && ran_q && !stopped_q && !error) begin
          begin : OnlyWhatIsAsked_A
            assert (addressed <= asked_q && beats_q <= addressed);
            if (beat) assert (beats_q < asked_q);
          end
          begin : AddressOfTheWord_A
            if (begins && 6'(WHICH) >= addressed_q && 6'(WHICH) < addressed)
              assert (known_q && ar_addr + ADDR_W'(6'(WHICH) - addressed_q) * ADDR_W'(BUS_BYTES) == address_q);
          end
          begin : StreamOfTheWord_A
            if (taken != '0 && taken_q == 6'(WHICH)) assert (known_q && taken[stream_q] && data == (held_q ? data_q : r_data_i));
          end
          begin : QuietSaysAllHasCome_A
            if (quiet) assert (taken_q == asked_q);
          end
          begin : ThirdStream_C
            cover (taken != '0 && taken_q == 6'(WHICH) && stream_q == 3'd4 && held_q);
          end
        end
    end
  endgenerate
endmodule
`default_nettype wire
