// SPDX-License-Identifier: Apache-2.0
// Reads what the commands ask for, in their order, into the engine's buffers, those of residual_add and the list's queue.
//   command -> the next one -> requests (one line or column group each) -> burst_splitter -> AR ... R -> the stream whose turn it is
// Data comes in the order of the requests (one AXI ID), so a queue of deliveries (so many bus words for that stream) says whose each
// bus word is. Many bursts are in flight; a buffer that is full holds back R. Reads nothing outside of the memory window.
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
    input  wire logic                               r_last_i,
    input  wire logic                               r_error_i,
    // streams: r_data with one of
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
    output logic      [                       31:0] error_offset_o
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
  logic next_valid_q;
  wire logic load;
  assign command_ready_o = ~next_valid_q;
  wire logic command = command_valid_i & command_ready_o;
  always_ff @(posedge clk_i) begin
    if (!next_valid_q) next_read_q <= command_i;
    next_valid_q <= run_i & (command | (next_valid_q & ~load));
  end
  wire logic [31:0] next_command = next_read_q[32*weft_list_pkg::READ_COMMAND+:32];
  wire logic [KindW-1:0] next_kind = next_command[weft_list_pkg::COMMAND_KIND_LSB+:KindW];
  wire logic [31:0] next_offset = next_read_q[32*weft_list_pkg::READ_OFFSET+:32];
  wire logic [WordsW-1:0] next_params = next_read_q[32*weft_list_pkg::READ_PARAM_WORDS+:WordsW];
  wire logic [WordsW-1:0] next_words = next_read_q[32*weft_list_pkg::READ_BUS_WORDS+:WordsW];
  wire logic [WordsW:0] next_both_words = {1'b0, next_words} + {1'b0, next_params};
  wire logic [WordsW-1:0] next_count = next_read_q[32*weft_list_pkg::READ_COUNT+:WordsW];
  wire logic [31:0] next_pitch = next_read_q[32*weft_list_pkg::READ_PITCH+:32];
  wire logic [15:0] next_wait = next_read_q[32*weft_list_pkg::READ_WAIT+:16];
  wire logic unused_read = &{1'b0, next_read_q, next_command};

  // The command that runs. It waits until so many marks are counted.
  logic active_q, ready_q;
  logic params_next_q;  // the parameters of this request are still to be announced
  logic [KindW-1:0] kind_q;
  logic [31:0] offset_q, pitch_q;
  logic [WordsW-1:0] params_q, words_q;
  logic [WordsW:0] both_words_q;
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
  assign load = next_valid_q & (~active_q | finish);
  logic has_params_q;
  always_ff @(posedge clk_i) begin
    active_q <= run_i & (~active_q | finish ? next_valid_q : 1'b1);
    ready_q  <= ~active_q | finish ? ~next_surplus[15] : ~surplus[15];
    // Whether the next command is one, active_q says.
    if (~active_q | finish) begin
      kind_q        <= next_kind;
      params_q      <= next_params;
      words_q       <= next_words;
      both_words_q  <= next_both_words;
      nonsense_q    <= (next_words == '0) | next_both_words[WordsW] | (next_kind >= KindW'(weft_list_pkg::KINDS));
      pitch_q       <= next_pitch;
      wait_q        <= next_wait;
      has_params_q  <= next_params != '0;
    end
    if (~active_q | announce | request) params_next_q <= announce ? 1'b0 : no_other ? next_params != '0 : has_params_q;
    if (~active_q | request) begin
      offset_q <= no_other ? next_offset : offset_q + pitch_q;
      left_q   <= no_other ? {1'b0, next_count} - 1'b1 : left_q - 1'b1;
    end
  end

  // ---- Requests: cut into bursts, the first of which waits for the check against the memory window ---------------------------
  logic check_q, bad_q, illegal_q, illegal_words_q;
  logic [31:0] request_offset_q;
  logic [32:0] request_end_q;
  wire logic illegal = nonsense_q | (offset_q[BusW-1:0] != '0);  // not for the splitter
  wire logic bad = check_q & (illegal_q | (request_end_q > {1'b0, size_i}));
  always_ff @(posedge clk_i) begin
    check_q          <= run_i & request;
    bad_q            <= run_i & (bad_q | bad);
    illegal_q        <= illegal;
    illegal_words_q  <= nonsense_q;
    request_offset_q <= offset_q;
    request_end_q    <= {1'b0, offset_q} + 33'({both_words_q, BusW'(0)});
  end
  wire logic burst_valid, burst_ready;
  wire logic [ADDR_W-1:0] burst_addr;
  wire logic [7:0] burst_len;
  burst_splitter #(.ADDR_W(ADDR_W), .BUS_BYTES(BUS_BYTES), .MAX_BEATS(MAX_BEATS), .WORDS_W(WordsW)) u_splitter (
      .clk_i, .rst_ni(run_i), .req_valid_i(request & ~illegal), .req_ready_o(splitter_ready),
      .req_addr_i(base_i + ADDR_W'(offset_q)), .req_words_i(both_words_q[WordsW-1:0]),
      .burst_valid_o(burst_valid), .burst_ready_i(burst_ready), .burst_addr_o(burst_addr), .burst_len_o(burst_len)
  );

  // AR is a register that stays until it is taken, whatever happens; one more burst waits behind it, unless the run ends.
  // The bursts in flight are kept for the address of an error: a beat is that of the first one.
  wire logic burst = burst_valid & burst_ready;
  wire logic sent = burst & ~bad & ~bad_q;  // behind a bad one, none
  wire logic beat = r_valid_i & r_ready_o;
  logic behind_q;
  logic [ADDR_W-1:0] behind_addr_q;
  logic [7:0] behind_len_q;
  wire logic ar_free = ~ar_valid_o | ar_ready_i;
  wire logic issue = ar_free & run_i & (behind_q | sent);
  wire logic flight_valid;
  wire logic [OutW-1:0] flight;
  wire logic [31:0] flight_addr;
  logic [31:0] beat_offset_q;  // from the burst's first beat
  fifo #(.WIDTH(32), .DEPTH(OUTSTANDING)) u_flight (
      .clk_i, .rst_ni, .push_i(issue), .data_i(behind_q ? behind_addr_q[31:0] : burst_addr[31:0]), .pop_i(beat & r_last_i),
      .valid_o(flight_valid), .data_o(flight_addr), .count_o(flight)
  );
  assign burst_ready = ~behind_q & ~flight[OutW-1];
  always_ff @(posedge clk_i) begin
    ar_valid_o <= rst_ni & (issue | ~ar_free);
    behind_q   <= run_i & ~ar_free & (behind_q | sent);
    if (ar_free) begin
      ar_addr_o <= behind_q ? behind_addr_q : burst_addr;
      ar_len_o  <= behind_q ? behind_len_q : burst_len;
    end
    if (!behind_q) begin
      behind_addr_q <= burst_addr;
      behind_len_q  <= burst_len;
    end
    if (!rst_ni) beat_offset_q <= '0;
    else if (beat) beat_offset_q <= r_last_i ? '0 : beat_offset_q + 32'(BUS_BYTES);
  end

  // ---- Data: to the stream of its delivery ------------------------------------------------------------------------------------
  wire logic waiting_valid, delivery_load;
  wire logic [KindW-1:0] waiting_kind;
  wire logic [WordsW-1:0] waiting_words;
  wire logic [$clog2(Deliveries):0] delivery_count;
  fifo #(.WIDTH(KindW + WordsW), .DEPTH(Deliveries)) u_deliveries (
      .clk_i, .rst_ni(run_i), .push_i(announce | request),
      .data_i(announce ? {to_params, params_q} : {kind_q, words_q}), .pop_i(delivery_load),
      .valid_o(waiting_valid), .data_o({waiting_kind, waiting_words}), .count_o(delivery_count)
  );
  wire logic [KindW-1:0] to_params = kind_q == KindW'(weft_list_pkg::KIND_DEPTHWISE) ? KindW'(ToDwParams) : KindW'(ToParams);
  assign delivery_room = ~delivery_count[$clog2(Deliveries)];
  logic delivers_q;
  logic [Streams-1:0] to_q;  // one bit a stream
  logic [WordsW-1:0] delivery_left_q;
  logic delivery_last_q;
  wire logic delivery_ready = (to_q[weft_list_pkg::KIND_LINES] & line_ready_i) | (to_q[weft_list_pkg::KIND_GROUPS] & weight_ready_i)
                             | (to_q[weft_list_pkg::KIND_LIST] & list_ready_i) | (to_q[ToParams] & param_ready_i)
                             | (to_q[weft_list_pkg::KIND_TABLES] & table_ready_i) | (to_q[weft_list_pkg::KIND_RESIDUAL] & residual_ready_i)
                             | (to_q[weft_list_pkg::KIND_DEPTHWISE] & dw_weight_ready_i) | (to_q[ToDwParams] & dw_param_ready_i);
  wire logic taken = r_valid_i & delivers_q & delivery_ready;
  assign delivery_load = waiting_valid & (~delivers_q | (taken & delivery_last_q));
  assign r_ready_o = (delivers_q & delivery_ready) | ~run_i;
  assign line_valid_o = r_valid_i & to_q[weft_list_pkg::KIND_LINES];
  assign line_last_o = delivery_last_q;
  assign weight_valid_o = r_valid_i & to_q[weft_list_pkg::KIND_GROUPS];
  assign param_valid_o = r_valid_i & to_q[ToParams];
  assign list_valid_o = r_valid_i & to_q[weft_list_pkg::KIND_LIST];
  assign table_valid_o = r_valid_i & to_q[weft_list_pkg::KIND_TABLES];
  assign residual_valid_o = r_valid_i & to_q[weft_list_pkg::KIND_RESIDUAL];
  assign dw_weight_valid_o = r_valid_i & to_q[weft_list_pkg::KIND_DEPTHWISE];
  assign dw_param_valid_o = r_valid_i & to_q[ToDwParams];
  always_ff @(posedge clk_i) begin
    if (!run_i) begin
      delivers_q <= 1'b0;
      to_q       <= '0;
    end else if (~delivers_q | (taken & delivery_last_q)) begin
      delivers_q <= waiting_valid;
      to_q       <= waiting_valid ? Streams'(1) << waiting_kind : '0;
    end
    if (~delivers_q | taken) begin  // without a delivery, of what delivers_q does not say that it is one
      delivery_left_q <= ~delivers_q | delivery_last_q ? waiting_words : delivery_left_q - 1'b1;
      delivery_last_q <= ~delivers_q | delivery_last_q ? waiting_words == WordsW'(1) : delivery_left_q == WordsW'(2);
    end
  end

  assign idle_o = ~ar_valid_o & ~flight_valid;
  assign quiet_o = idle_o & ~next_valid_q & ~active_q & ~burst_valid & ~waiting_valid & ~delivers_q;
  always_ff @(posedge clk_i) begin
    error_o <= run_i & (bad | (beat & r_error_i));
    code_o  <= bad & illegal_words_q ? weft_csr_pkg::CODE_BAD_COMMAND
             : bad ? weft_csr_pkg::CODE_OUT_OF_WINDOW : weft_csr_pkg::CODE_READ_ERROR;
    error_offset_o <= bad ? request_offset_q : flight_addr - base_i[31:0] + beat_offset_q;
  end

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
