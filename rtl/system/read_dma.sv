// SPDX-License-Identifier: Apache-2.0
// Reads what the commands ask for, in their order, into the engine's buffers, those of residual_add and the list's queue.
//   command -> the next one -> requests (one line or column group each) -> burst_splitter -> AR ... R -> the stream whose turn it is
// Data comes in the order of the requests (one AXI ID), so a queue of deliveries (so many bus words for that stream) says whose each
// bus word is. Many bursts are in flight; a buffer that is full holds back R, from the next word on. Reads nothing outside of the
// memory window.
`default_nettype none
module read_dma #(
    parameter int ADDR_W      = 40,  // Requires: 32 to 64
    parameter int BUS_BYTES   = 8,   // Requires: a power of two, 4 to 64
    parameter int MAX_BEATS   = 16,  // of a burst, as in burst_splitter
    parameter int OUTSTANDING = 32   // bursts. Requires: a power of two, at least 2
) (
    input  wire logic                               clk_i,
    input  wire logic                               rst_ni,        // of the bus: only what AXI has to finish
    input  wire logic                               run_i,         // low: forget all commands, drop what still comes
    input  wire logic [                 ADDR_W-1:0] base_i,        // the memory window
    input  wire logic [                       31:0] size_i,        // ... its bytes
    input  wire logic                               command_valid_i,
    output wire logic                               command_ready_o,
    input  wire logic [32*weft_list_pkg::READ_WORDS-1:0] command_i,
    input  wire logic [                       15:0] stored_i,      // marks that are counted
    // AXI
    output logic                                    ar_valid_o,
    input  wire logic                               ar_ready_i,
    output logic      [                 ADDR_W-1:0] ar_addr_o,
    output logic      [                        7:0] ar_len_o,
    input  wire logic                               r_valid_i,
    output wire logic                               r_ready_o,
    input  wire logic [            8*BUS_BYTES-1:0] r_data_i,
    input  wire logic                               r_last_i,
    input  wire logic                               r_error_i,
    // streams: data_o with one of
    output wire logic [            8*BUS_BYTES-1:0] data_o,
    output wire logic                               line_valid_o,
    output wire logic                               line_last_o,
    input  wire logic                               line_ready_i,
    output wire logic                               weight_valid_o,
    input  wire logic                               weight_ready_i,
    output wire logic                               param_valid_o,
    input  wire logic                               param_ready_i,
    output wire logic                               list_valid_o,
    input  wire logic                               list_ready_i,
    output wire logic                               table_valid_o,
    input  wire logic                               table_ready_i,
    output wire logic                               residual_valid_o,
    input  wire logic                               residual_ready_i,
    output wire logic                               dw_weight_valid_o,
    input  wire logic                               dw_weight_ready_i,
    output wire logic                               dw_param_valid_o,
    input  wire logic                               dw_param_ready_i,
    output wire logic                               quiet_o,       // nothing is asked for that has not come
    output wire logic                               idle_o,        // the bus is: no burst is in flight
    output logic                                    error_o,
    output logic      [                        7:0] code_o,
    output wire logic [                       31:0] error_offset_o
);
  if (ADDR_W < 32 || ADDR_W > 64) begin : gen_illegal_addr_w ADDR_W_must_be_32_to_64 u_illegal (); end
  if (BUS_BYTES < 4 || BUS_BYTES > 64 || !weft_pkg::power_of_two(BUS_BYTES))
    begin : gen_illegal_bus_bytes BUS_BYTES_must_be_a_power_of_two_4_to_64 u_illegal (); end
  if (OUTSTANDING < 2 || !weft_pkg::power_of_two(OUTSTANDING))
    begin : gen_illegal_outstanding OUTSTANDING_must_be_a_power_of_two_at_least_2 u_illegal (); end
  localparam int BusW = $clog2(BUS_BYTES);
  localparam int WordsW = weft_list_pkg::PIXELS_W;
  localparam int ReadW = 32 * weft_list_pkg::READ_WORDS;
  localparam int KindW = weft_list_pkg::COMMAND_KIND_W;
  localparam int Deliveries = 32;
  localparam int ToParams = weft_list_pkg::KINDS;  // beside KIND_*: a column group's parameters; those of a depthwise convolution
  localparam int ToDwParams = weft_list_pkg::KINDS + 1;
  localparam int Streams = weft_list_pkg::KINDS + 2;
  localparam int OutW = $clog2(OUTSTANDING) + 1;

  // ---- Commands: one waits, one runs ----------------------------------------------------------------------------------------
  logic [ReadW-1:0] next_read_q;
  logic next_valid_q, next_loads_q;  // loads: not next_valid_q, with its many loads
  wire logic free;  // the command that waits, if one does, is the one that runs from the next cycle on
  assign command_ready_o = ~next_valid_q;
  wire logic command = command_valid_i & command_ready_o;
  wire logic next_valid = run_i & (command | (next_valid_q & ~free));
  always_ff @(posedge clk_i) begin
    if (next_loads_q) next_read_q <= command_i;
    next_valid_q <= next_valid;
    next_loads_q <= ~next_valid;
  end
  wire logic [31:0] next_command = next_read_q[32*weft_list_pkg::READ_COMMAND+:32];
  wire logic [KindW-1:0] next_kind = next_command[weft_list_pkg::COMMAND_KIND_LSB+:KindW];
  wire logic [31:0] next_offset = next_read_q[32*weft_list_pkg::READ_OFFSET+:32];
  wire logic [WordsW-1:0] next_params = next_read_q[32*weft_list_pkg::READ_PARAM_WORDS+:WordsW];
  wire logic [WordsW-1:0] next_words = next_read_q[32*weft_list_pkg::READ_BUS_WORDS+:WordsW];
  wire logic [WordsW:0] next_both_words = {1'b0, next_words} + {1'b0, next_params};
  wire logic [32:0] next_limit = {1'b0, size_i} - 33'({next_both_words, BusW'(0)});
  wire logic [WordsW-1:0] next_count = next_read_q[32*weft_list_pkg::READ_COUNT+:WordsW];
  wire logic [31:0] next_pitch = next_read_q[32*weft_list_pkg::READ_PITCH+:32];
  wire logic [15:0] next_wait = next_read_q[32*weft_list_pkg::READ_WAIT+:16];
  wire logic unused_read = &{1'b0, next_read_q, next_command};

  // The command that runs. It waits until so many marks are counted.
  logic active_q, ready_q;
  logic params_next_q;  // the parameters of this request are still to be announced
  logic [KindW-1:0] kind_q;
  logic [31:0] offset_q, pitch_q;
  localparam int BeatW = $clog2(MAX_BEATS);
  logic [BeatW-1:0] place_q;  // of the request's first word between two multiples of MAX_BEATS words, for its first burst's length
  logic [WordsW:0] params_q, words_q;  // less two: the top bit says that there is one
  logic [WordsW-1:0] both_words_q;
  logic [32:0] limit_q;  // the last offset at which a request lies in the memory window; below 0: none
  logic nonsense_q;  // no words, more than can be counted, or for nobody
  logic [WordsW:0] left_q;  // requests to come, less two: the top bit says that this one is the last
  logic [15:0] wait_q;
  wire logic [15:0] surplus = stored_i - wait_q, next_surplus = stored_i - next_wait;  // modulo 2^16
  wire logic unused_surplus = &{1'b0, surplus[14:0], next_surplus[14:0]};

  wire logic delivery_room, splitter_ready;
  wire logic announce = active_q & ready_q & params_next_q & delivery_room;
  wire logic request = active_q & ready_q & ~params_next_q & delivery_room & splitter_ready;
  wire logic last_request = left_q[WordsW];
  wire logic finish = request & last_request;
  wire logic no_other = ~active_q | last_request;  // what is loaded next is the next command
  assign free = ~active_q | finish;
  logic has_params_q;
  always_ff @(posedge clk_i) begin
    active_q <= run_i & (next_valid_q | (active_q & ~finish));
    ready_q  <= free ? ~next_surplus[15] : ~surplus[15];
    if (free) begin  // without a command that waits, of what active_q does not say that it is one
      kind_q        <= next_kind;
      params_q      <= {1'b0, next_params} - (WordsW + 1)'(2);
      words_q       <= {1'b0, next_words} - (WordsW + 1)'(2);
      both_words_q  <= next_both_words[WordsW-1:0];
      limit_q       <= next_limit;
      nonsense_q    <= (next_words == '0) | next_both_words[WordsW] | (next_kind >= KindW'(weft_list_pkg::KINDS));
      pitch_q       <= next_pitch;
      wait_q        <= next_wait;
      has_params_q  <= next_params != '0;
    end
    if (~active_q | announce | request) params_next_q <= announce ? 1'b0 : no_other ? next_params != '0 : has_params_q;
    if (~active_q | request) begin
      offset_q <= no_other ? next_offset : offset_q + pitch_q;
      place_q  <= no_other ? base_i[BusW+:BeatW] + next_offset[BusW+:BeatW] : place_q + pitch_q[BusW+:BeatW];
      left_q   <= no_other ? {1'b0, next_count} - 1'b1 : left_q - 1'b1;
    end
  end

  // ---- Requests: cut into bursts, the first of which waits for the check against the memory window ---------------------------
  logic bad_q, stopped_q;  // the last request was; one before it
  logic illegal_words_q;
  logic [31:0] request_offset_q;
  wire logic illegal = nonsense_q | (offset_q[BusW-1:0] != '0);  // not for the splitter
  always_ff @(posedge clk_i) begin
    bad_q            <= run_i & request & (illegal | limit_q[32] | (offset_q > limit_q[31:0]));
    stopped_q        <= run_i & (stopped_q | bad_q);
    illegal_words_q  <= nonsense_q;
    request_offset_q <= offset_q;
  end
  wire logic [ADDR_W-1:0] address = base_i + ADDR_W'(offset_q);
  wire logic unused_place = &{1'b0, address[BusW+:BeatW]};
  wire logic burst_valid, burst_ready;
  wire logic [ADDR_W-1:0] burst_addr;
  wire logic [7:0] burst_len;
  burst_splitter #(.ADDR_W(ADDR_W), .BUS_BYTES(BUS_BYTES), .MAX_BEATS(MAX_BEATS), .WORDS_W(WordsW)) u_splitter (
      .clk_i, .rst_ni(run_i), .req_valid_i(request & ~illegal), .req_ready_o(splitter_ready),
      .req_addr_i({address[ADDR_W-1:BusW+BeatW], place_q, address[BusW-1:0]}), .req_words_i(both_words_q),
      .burst_valid_o(burst_valid), .burst_ready_i(burst_ready), .burst_addr_o(burst_addr), .burst_len_o(burst_len)
  );

  // AR is a register that stays until it is taken, whatever happens; one more burst waits behind it, unless the run ends.
  // The bursts in flight are kept for the address of an error: a beat is that of the first one.
  wire logic burst = burst_valid & burst_ready;
  wire logic sent = burst & ~bad_q & ~stopped_q;  // behind a bad one, none
  wire logic beat = r_valid_i & r_ready_o;
  logic behind_q, none_behind_q;  // none: not behind_q, for the requests, which come late
  logic [ADDR_W-1:0] behind_addr_q;
  logic [7:0] behind_len_q;
  wire logic ar_free = ~ar_valid_o | ar_ready_i;
  wire logic issue = ar_free & run_i & (behind_q | sent);
  wire logic flight_valid;
  wire logic [OutW-1:0] flight;
  wire logic [31:0] flight_addr;
  logic [31:0] beat_offset_q;  // from the burst's address to the beat's offset
  fifo #(.WIDTH(32), .DEPTH(OUTSTANDING)) u_flight (
      .clk_i, .rst_ni, .push_i(issue), .data_i(behind_q ? behind_addr_q[31:0] : burst_addr[31:0]), .pop_i(beat & r_last_i),
      .valid_o(flight_valid), .data_o(flight_addr), .count_o(flight)
  );
  assign burst_ready = none_behind_q & ~flight[OutW-1];
  wire logic behind = run_i & ~ar_free & (behind_q | sent);
  always_ff @(posedge clk_i) begin
    ar_valid_o    <= rst_ni & (issue | ~ar_free);
    behind_q      <= behind;
    none_behind_q <= ~behind;
    if (ar_free) begin
      ar_addr_o <= behind_q ? behind_addr_q : burst_addr;
      ar_len_o  <= behind_q ? behind_len_q : burst_len;
    end
    if (!behind_q) begin
      behind_addr_q <= burst_addr;
      behind_len_q  <= burst_len;
    end
    if (!flight_valid || (beat & r_last_i)) beat_offset_q <= -base_i[31:0];
    else if (beat) beat_offset_q <= beat_offset_q + 32'(BUS_BYTES);
  end

  // ---- Data: to the stream of its delivery ------------------------------------------------------------------------------------
  wire logic waiting_valid, delivery_load;
  wire logic [KindW-1:0] waiting_kind;
  wire logic [WordsW:0] waiting_words;
  wire logic [$clog2(Deliveries):0] delivery_count;
  fifo #(.WIDTH(KindW + WordsW + 1), .DEPTH(Deliveries)) u_deliveries (
      .clk_i, .rst_ni(run_i), .push_i(announce | request),
      .data_i(announce ? {to_params, params_q} : {kind_q, words_q}), .pop_i(delivery_load),
      .valid_o(waiting_valid), .data_o({waiting_kind, waiting_words}), .count_o(delivery_count)
  );
  wire logic [KindW-1:0] to_params = kind_q == KindW'(weft_list_pkg::KIND_DEPTHWISE) ? KindW'(ToDwParams) : KindW'(ToParams);
  assign delivery_room = ~delivery_count[$clog2(Deliveries)];
  logic delivers_q;
  logic [Streams-1:0] to_q;  // one bit a stream
  logic [WordsW:0] delivery_left_q;  // bus words to come, less two: the top bit says that this one is the last
  wire logic delivery_last = delivery_left_q[WordsW];
  wire logic delivery_ready = (to_q[weft_list_pkg::KIND_LINES] & line_ready_i) | (to_q[weft_list_pkg::KIND_GROUPS] & weight_ready_i)
                             | (to_q[weft_list_pkg::KIND_LIST] & list_ready_i) | (to_q[ToParams] & param_ready_i)
                             | (to_q[weft_list_pkg::KIND_TABLES] & table_ready_i) | (to_q[weft_list_pkg::KIND_RESIDUAL] & residual_ready_i)
                             | (to_q[weft_list_pkg::KIND_DEPTHWISE] & dw_weight_ready_i) | (to_q[ToDwParams] & dw_param_ready_i);
  // A word without room in its stream waits here, so that R's ready is a register.
  logic waits_q;
  logic [8*BUS_BYTES-1:0] data_q;
  wire logic offered = r_valid_i | waits_q;
  wire logic taken = offered & delivery_ready;  // by none without a delivery
  assign r_ready_o = ~waits_q;
  assign data_o = waits_q ? data_q : r_data_i;
  wire logic step = ~delivers_q | taken;         // late: it enables
  wire logic fresh = ~delivers_q | delivery_last; // early: it chooses
  wire logic [Streams-1:0] waiting_to = {Streams{waiting_valid}} & (Streams'(1) << waiting_kind);
  assign delivery_load = waiting_valid & step & fresh;
  assign line_valid_o = offered & to_q[weft_list_pkg::KIND_LINES];
  assign line_last_o = delivery_last;
  assign weight_valid_o = offered & to_q[weft_list_pkg::KIND_GROUPS];
  assign param_valid_o = offered & to_q[ToParams];
  assign list_valid_o = offered & to_q[weft_list_pkg::KIND_LIST];
  assign table_valid_o = offered & to_q[weft_list_pkg::KIND_TABLES];
  assign residual_valid_o = offered & to_q[weft_list_pkg::KIND_RESIDUAL];
  assign dw_weight_valid_o = offered & to_q[weft_list_pkg::KIND_DEPTHWISE];
  assign dw_param_valid_o = offered & to_q[ToDwParams];
  always_ff @(posedge clk_i) begin
    waits_q <= run_i & offered & ~taken;
    if (!waits_q) data_q <= r_data_i;
    if (!run_i) begin
      delivers_q <= 1'b0;
      to_q       <= '0;
    end else if (step) begin
      delivers_q <= ~fresh | waiting_valid;
      to_q       <= ({Streams{fresh}} & waiting_to) | ({Streams{~fresh}} & to_q);  // ?: would be an enable, one more gate behind step
    end
    // without a delivery, of what delivers_q does not say that it is one
    if (step) delivery_left_q <= fresh ? waiting_words : delivery_left_q - 1'b1;
  end

  logic [31:0] error_place_q, error_beat_q;
  assign idle_o = ~ar_valid_o & ~flight_valid;
  assign quiet_o = idle_o & ~next_valid_q & ~active_q & ~burst_valid & ~waiting_valid & ~delivers_q;
  always_ff @(posedge clk_i) begin
    error_o <= run_i & (bad_q | (r_valid_i & r_error_i));  // a beat that is offered, taken or not
    code_o  <= bad_q & illegal_words_q ? weft_csr_pkg::CODE_BAD_COMMAND
             : bad_q ? weft_csr_pkg::CODE_OUT_OF_WINDOW : weft_csr_pkg::CODE_READ_ERROR;
    error_place_q <= bad_q ? request_offset_q : flight_addr;  // added a cycle later: a queue's memory is late
    error_beat_q  <= bad_q ? '0 : beat_offset_q;
  end
  assign error_offset_o = error_place_q + error_beat_q;

`ifndef SYNTHESIS
  always_ff @(posedge clk_i)
    if (rst_ni) begin
      begin : BeatOfABurstInFlight_A
        if (r_valid_i) assert (flight_valid);
      end
      begin : DeliveredToOneStream_A
        assert ((to_q & (to_q - 1'b1)) == '0 && (delivers_q || to_q == '0));
      end
    end
`endif
endmodule
`default_nettype wire
