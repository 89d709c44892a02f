// SPDX-License-Identifier: Apache-2.0
// Writes a job's outputs to memory: a pixel's channels to wherever its descriptor says, byte by byte exact.
//   S0: pixel -> walk -> S1: and its offset, shifted by 0 to 3 bytes -> queue -> S2: shifted to its bus words -> S3: beats, bursts -> AW, W, B
// The pixels come in the engine's order: those of a tile for one column group, then the same pixels for the next one. Writes
// nothing outside of the memory window. A burst is issued when all of its beats are here: the bus gets it without a pause, and what is not
// issued can be dropped. A job's last output ends its burst, and so does one behind which a mark is counted. Responses may come in any order across IDs: bursts in flight may have
// bytes of one bus word, but not one byte twice (the compiler's: a tensor is written once, and read before another takes its place).
`default_nettype none
module write_dma #(
    parameter int ADDR_W      = 40,  // Requires: 32 to 64
    parameter int BUS_BYTES   = 8,   // Requires: a power of two, 4 to 64
    parameter int COLS        = 8,   // Requires: at least 2
    parameter int MAX_BEATS   = 16,  // of a burst, as in burst_former
    parameter int ID_W        = 4,   // Requires: 1 to log2 of OUTSTANDING - 1
    parameter int OUTSTANDING = 64,  // bursts. Requires: a power of two, at least 4
    localparam int COL_W = $clog2(COLS + 1),
    localparam int BYTE_W = $clog2(BUS_BYTES + 1)
) (
    input  wire logic                                clk_i,
    input  wire logic                                rst_ni,       // of the bus
    input  wire logic                                run_i,        // low: forget everything but what AXI has to finish
    input  wire logic                                running_i,    // run_i, from a register of its own: see run_control
    input  wire logic [                  ADDR_W-1:0] base_i,
    input  wire logic [                        31:0] size_i,
    input  wire logic                                store_valid_i,
    output wire logic                                store_ready_o,
    input  wire logic [32*weft_list_pkg::STORE_WORDS-1:0] store_i,
    input  wire logic                                pixel_valid_i,
    output wire logic                                pixel_ready_o,
    input  wire logic [                  8*COLS-1:0] pixel_data_i,
    input  wire logic [                   COL_W-1:0] pixel_cols_i,
    input  wire logic                                pixel_final_i,
    output logic                                     aw_valid_o,
    input  wire logic                                aw_ready_i,
    output logic      [                    ID_W-1:0] aw_id_o,
    output logic      [                  ADDR_W-1:0] aw_addr_o,
    output wire logic [                         7:0] aw_len_o,     // beats - 1
    output logic                                     w_valid_o,
    input  wire logic                                w_ready_i,
    output logic      [             8*BUS_BYTES-1:0] w_data_o,
    output logic      [               BUS_BYTES-1:0] w_strb_o,
    output logic                                     w_last_o,
    input  wire logic                                b_valid_i,
    input  wire logic [                    ID_W-1:0] b_id_i,
    input  wire logic                                b_error_i,
    output logic      [                        15:0] stored_o,     // marks: jobs, and rows of jobs, in memory since run_i; a cycle behind quiet_o
    output wire logic                                quiet_o,      // every descriptor's outputs are in memory
    output wire logic                                idle_o,       // the bus is: every burst has its response
    output logic      [                  BYTE_W-1:0] written_o,    // bytes of the beat that the bus was given before the edge before the last
    output logic                                     error_o,
    output logic      [                         7:0] code_o,
    output logic      [                        31:0] error_offset_o
);
  if (ADDR_W < 32 || ADDR_W > 64) begin : gen_illegal_addr_w ADDR_W_must_be_32_to_64 u_illegal (); end
  if (BUS_BYTES < 4 || BUS_BYTES > 64 || !weft_pkg::power_of_two(BUS_BYTES))
    begin : gen_illegal_bus_bytes BUS_BYTES_must_be_a_power_of_two_4_to_64 u_illegal (); end
  if (COLS < 2) begin : gen_illegal_cols COLS_must_be_at_least_2 u_illegal (); end
  if (ID_W < 1 || (2 << ID_W) > OUTSTANDING) begin : gen_illegal_id_w ID_W_must_be_1_to_log2_of_OUTSTANDING_minus_1 u_illegal (); end
  if (OUTSTANDING < 4 || !weft_pkg::power_of_two(OUTSTANDING))
    begin : gen_illegal_outstanding OUTSTANDING_must_be_a_power_of_two_at_least_4 u_illegal (); end
  localparam int BusW = $clog2(BUS_BYTES);
  localparam int BeatW = $clog2(MAX_BEATS);
  localparam int WordW = ADDR_W - BusW;

  // ---- The descriptor that is walked -------------------------------------------------------------------------------------
  wire logic walks, job_end, take;
  assign store_ready_o = ~walks;
  wire logic load = store_valid_i & store_ready_o;
  wire logic [31:0] offset;
  wire logic row_end, last_row, group_last, pass_end;
  // A mark is counted when all outputs up to the end of a row are in memory: the last column group ends it.
  localparam int MarkW = weft_list_pkg::STORE_GROUPS_MARK_W;
  logic marks_q;                             // the job has marks
  logic [MarkW:0] mark_rows_q, mark_left_q;  // rows from mark to mark; to the next one; less two: the top bit says that this one is the last
  wire logic [MarkW-1:0] new_mark = store_i[32*weft_list_pkg::STORE_GROUPS+weft_list_pkg::STORE_GROUPS_MARK_LSB+:MarkW];
  wire logic [MarkW:0] new_rows = {1'b0, new_mark} - (MarkW + 1)'(2);
  wire logic row_done = take & row_end & group_last;
  wire logic mark = row_end & group_last & marks_q & mark_left_q[MarkW];
  always_ff @(posedge clk_i) begin
    if (load) begin
      marks_q     <= new_mark != '0;
      mark_rows_q <= new_rows;
      mark_left_q <= new_rows;
    end else if (row_done) mark_left_q <= mark ? mark_rows_q : mark_left_q - 1'b1;
  end
  output_walk #(.WINDOWS(0)) u_walk (
      .clk_i, .rst_ni(run_i), .load_i(load), .store_i, .window_cols_i(16'd0), .window_pixels_i(weft_list_pkg::DIM_W'(0)),
      .offset_i(store_i[32*weft_list_pkg::STORE_OFFSET+:32]), .window_x_i(32'd0), .window_y_i(32'd0),
      .x_i(store_i[32*weft_list_pkg::STORE_X+:32]), .y_i(store_i[32*weft_list_pkg::STORE_Y+:32]), .image_i(store_i[32*weft_list_pkg::STORE_IMAGE+:32]),
      .take_i(take), .walks_o(walks), .offset_o(offset), .row_end_o(row_end), .last_row_o(last_row),
      .group_last_o(group_last), .pass_end_o(pass_end), .job_end_o(job_end)
  );
  wire logic unused_walk = &{1'b0, last_row, pass_end};

  // ---- S0: the pixel, until the walk stands at it -------------------------------------------------------------------------
  logic s0_q, s0_final_q;
  logic [8*COLS-1:0] s0_data_q;
  logic [COL_W-1:0] s0_cols_q;
  wire logic room;
  assign take = s0_q & room;
  assign pixel_ready_o = ~s0_q | room;
  always_ff @(posedge clk_i) begin
    s0_q <= run_i & (pixel_ready_o ? pixel_valid_i : s0_q);
    if (pixel_ready_o) begin
      s0_data_q  <= pixel_data_i;
      s0_cols_q  <= pixel_cols_i;
      s0_final_q <= pixel_final_i;
    end
  end

  // ---- S1: the pixel and where it goes; the first bad one and all behind it end here. The queue has a place for each pixel in S1 -------
  localparam int Pixels = 4;  // as many as cycles from a place's leaving to the next pixel at the queue's head
  localparam int PlaceW = $clog2(Pixels) + 1;  // places_q holds one less than there are: its top bit says that there is none
  localparam int Span = COLS + BUS_BYTES;
  localparam int SpanW = $clog2(Span + 1);
  localparam int PixelW = 8 * (COLS + 3);  // shifted by up to 3 bytes
  localparam int QueueW = 4 + Span + 32 + PixelW;
  logic bad_q;
  logic s1_q, s1_ends_q, s1_surprise_q;  // ends: a mark is counted when it is in memory
  logic [8*COLS-1:0] s1_data_q;
  logic [COL_W-1:0] s1_cols_q;
  logic [31:0] s1_offset_q;
  logic [32:0] s1_limit_q;  // the last offset at which it lies in the memory window; below 0: none
  logic [PlaceW-1:0] places_q;
  wire logic s1_bad, queue_valid, queue_ends, queue_same, queue_next, queue_last, s2_load;
  wire logic [Span-1:0] queue_strobe;
  wire logic [31:0] queue_offset;
  wire logic [PixelW-1:0] queue_data;
  wire logic [PlaceW-1:0] queue_count;
  // Its bytes, counted from the bus word in which it begins; s1_behind: the one behind them
  wire logic [SpanW-1:0] s1_behind = SpanW'(s1_offset_q[BusW-1:0]) + SpanW'(s1_cols_q);
  wire logic [Span-1:0] s1_strobe = ({Span{1'b1}} << s1_offset_q[BusW-1:0]) & ~({Span{1'b1}} << s1_behind);
  wire logic [PixelW-1:0] s1_shifted = PixelW'(s1_data_q) << {s1_offset_q[1:0], 3'd0};
  // Whether it begins in the word in which the one before it has ended, or in the next one
  logic before_q;  // a pixel of this job was before
  logic [31-BusW:0] before_word_q;
  logic [32-BusW:0] before_next_q;  // behind the last word of 4 GiB is none
  wire logic [31-BusW:0] word = s1_offset_q[31:BusW];
  wire logic [31:0] last = s1_offset_q + 32'(s1_cols_q) - 1'b1;  // its last byte
  wire logic [32:0] behind_last = {1'b0, s1_offset_q} + 33'(s1_cols_q) + 33'(BUS_BYTES - 1);
  wire logic same = before_q & (word == before_word_q);
  wire logic next = before_q & ({1'b0, word} == before_next_q);
  wire logic push_pixel = s1_q & ~bad_q;
  assign s1_bad = s1_q & (s1_limit_q[32] | (s1_offset_q > s1_limit_q[31:0]) | s1_surprise_q);
  assign room = walks & ~places_q[PlaceW-1];
  fifo #(.WIDTH(QueueW), .DEPTH(Pixels)) u_pixels (
      .clk_i, .rst_ni(run_i), .push_i(push_pixel), .pop_i(s2_load), .valid_o(queue_valid),
      .data_i({s1_ends_q, same, next, s1_behind <= SpanW'(BUS_BYTES), s1_strobe, s1_offset_q, s1_shifted}),
      .data_o({queue_ends, queue_same, queue_next, queue_last, queue_strobe, queue_offset, queue_data}),
      .count_o(queue_count)
  );
  wire logic queue_bad = bad_q & (queue_count == PlaceW'(1));  // the bad one is the last one
  always_ff @(posedge clk_i) begin
    s1_q  <= run_i & take;
    bad_q <= run_i & (bad_q | s1_bad);
    before_q <= run_i & (push_pixel ? ~s1_ends_q : before_q);
    if (push_pixel) {before_word_q, before_next_q} <= {last[31:BusW], behind_last[32:BusW]};
    if (!run_i) places_q <= PlaceW'(Pixels - 1);
    else if (take != s2_load) places_q <= take ? places_q - 1'b1 : places_q + 1'b1;
    if (take) begin
      s1_data_q     <= s0_data_q;
      s1_cols_q     <= s0_cols_q;
      s1_offset_q   <= offset;
      s1_limit_q    <= {1'b0, size_i} - 33'(s0_cols_q);
      s1_ends_q     <= job_end | mark;
      s1_surprise_q <= (job_end != s0_final_q) | (s0_cols_q == '0) | ({1'b0, s0_cols_q} > (COL_W + 1)'(COLS));
    end
  end

  // ---- S2: in the bytes of bus words -----------------------------------------------------------------------------------------
  logic s2_q, s2_loads_q;  // loads: not s2_q, with its many loads
  logic s2_final_q, s2_same_q, s2_next_q, s2_last_q;  // last: nothing is left for the next word
  logic [8*Span-1:0] s2_data_q;
  logic [Span-1:0] s2_strobe_q;
  logic [WordW-1:0] s2_word_q;
  wire logic s3_room;
  wire logic s2_move = s2_q & s3_room;
  wire logic s2_more = s2_q & ~s2_last_q;  // it stays for the next word
  assign s2_load = queue_valid & (~s2_q | (s2_move & s2_last_q));
  wire logic [BusW-1:0] shift = queue_offset[BusW-1:0] & BusW'(BUS_BYTES - 4);  // by whole words of 32 bits
  wire unused_bytes = &{1'b0, last[BusW-1:0], behind_last[BusW-1:0], base_i[BusW-1:0]};
  wire logic s2 = run_i & ((s2_load & ~queue_bad) | (s2_q & ~(s2_move & s2_last_q)));
  always_ff @(posedge clk_i) begin
    s2_q       <= s2;
    s2_loads_q <= ~s2;
    if (s2_loads_q | s3_room) begin  // without a pixel in the queue, of what s2_q does not say that it is one
      s2_data_q   <= s2_more ? s2_data_q >> (8 * BUS_BYTES) : (8 * Span)'(queue_data) << {shift, 3'd0};
      s2_strobe_q <= s2_more ? s2_strobe_q >> BUS_BYTES : queue_strobe;
      s2_last_q   <= s2_more ? (s2_strobe_q >> (2 * BUS_BYTES)) == '0 : queue_last;
      s2_word_q   <= s2_more ? s2_word_q + 1'b1 : base_i[ADDR_W-1:BusW] + WordW'(queue_offset[31:BusW]);
      s2_same_q   <= ~s2_more & queue_same;
      s2_next_q   <= s2_more | queue_next;
      if (!s2_more) s2_final_q <= queue_ends;
    end
  end

  // ---- S3: beats, and bursts that are complete --------------------------------------------------------------------------------
  localparam int Beats = 2 * MAX_BEATS;
  wire logic beat, beat_last, formed_final, beats_owed;
  wire logic [8*BUS_BYTES-1:0] beat_data;
  wire logic [BUS_BYTES-1:0] beat_strobe;
  wire logic [WordW-1:0] formed_word;
  wire logic [BeatW-1:0] formed_len;
  wire logic [BeatW+1:0] beats_count, bursts_count;
  wire logic beat_room = ~beats_count[BeatW+1];
  wire logic push = beat & beat_room;
  burst_former #(.WORD_W(WordW), .BUS_BYTES(BUS_BYTES), .MAX_BEATS(MAX_BEATS)) u_former (
      .clk_i, .rst_ni(run_i), .fragment_valid_i(s2_q), .fragment_ready_o(s3_room), .fragment_word_i(s2_word_q),
      .fragment_data_i(s2_data_q[8*BUS_BYTES-1:0]), .fragment_strobe_i(s2_strobe_q[BUS_BYTES-1:0]),
      .fragment_same_i(s2_same_q), .fragment_next_i(s2_next_q), .fragment_final_i(s2_final_q & s2_last_q),
      .beat_valid_o(beat), .beat_ready_i(beat_room), .beat_data_o(beat_data), .beat_strobe_o(beat_strobe),
      .beat_last_o(beat_last), .burst_word_o(formed_word), .burst_len_o(formed_len), .burst_final_o(formed_final)
  );
  // A burst in u_bursts has all of its beats in u_beats. Of those, after run_i, what is issued still goes out.
  wire logic next_beat_valid, next_beat_last, w_load, burst_valid, burst_final, issue;
  wire logic [8*BUS_BYTES-1:0] next_beat_data;
  wire logic [BUS_BYTES-1:0] next_beat_strobe;
  wire logic [WordW-1:0] burst_word;
  wire logic [BeatW-1:0] burst_len;
  fifo #(.WIDTH(9 * BUS_BYTES + 1), .DEPTH(Beats)) u_beats (
      .clk_i, .rst_ni(run_i | beats_owed), .push_i(push), .data_i({beat_data, beat_strobe, beat_last}), .pop_i(w_load),
      .valid_o(next_beat_valid), .data_o({next_beat_data, next_beat_strobe, next_beat_last}), .count_o(beats_count)
  );
  fifo #(.WIDTH(WordW + BeatW + 1), .DEPTH(Beats)) u_bursts (  // not more bursts than beats
      .clk_i, .rst_ni(run_i), .push_i(push & beat_last), .data_i({formed_word, formed_len, formed_final}), .pop_i(issue),
      .valid_o(burst_valid), .data_o({burst_word, burst_len, burst_final}), .count_o(bursts_count)
  );
  wire unused_counts = &{1'b0, next_beat_valid, bursts_count};

  // ---- The bus ------------------------------------------------------------------------------------------------------------------
  localparam int FlightW = $clog2(OUTSTANDING);
  wire logic full, retire, retire_final, ends;
  wire logic marked = retire & retire_final;
  wire logic [ID_W-1:0] id;
  response_ring #(.SLOTS(OUTSTANDING), .ID_W(ID_W)) u_flight (
      .clk_i, .rst_ni, .issue_i(issue), .issue_final_i(burst_final), .issue_id_o(id), .full_o(full),
      .response_i(b_valid_i), .response_id_i(b_id_i), .retire_o(retire), .retire_final_o(retire_final), .idle_o(idle_o), .ends_o(ends)
  );
  // Bursts that are issued and whose last beat is not: some, of those a cycle ago and what came and went then.
  logic [FlightW:0] owed_q;
  logic issued_q, ended_q, owes_q;
  wire logic owes_one = owed_q == (FlightW + 1)'(1) + (FlightW + 1)'(ended_q) - (FlightW + 1)'(issued_q);
  logic [BeatW-1:0] aw_len_q;
  assign issue = burst_valid & (~aw_valid_o | aw_ready_i) & ~full & running_i;
  assign beats_owed = owes_q;
  assign w_load = (beats_owed | issue) & (~w_valid_o | w_ready_i);
  wire logic w_end = w_load & next_beat_last;
  assign aw_len_o = 8'(aw_len_q);
  integer i;
  logic loaded_q;  // a beat was given to the bus before the last edge
  logic [BYTE_W-1:0] bytes;
  always_comb begin
    bytes = '0;
    for (i = 0; i < BUS_BYTES; i++) bytes = bytes + BYTE_W'(w_strb_o[i]);
  end
  always_ff @(posedge clk_i) begin
    aw_valid_o <= rst_ni & (issue | (aw_valid_o & ~aw_ready_i));
    w_valid_o  <= rst_ni & (w_load | (w_valid_o & ~w_ready_i));
    loaded_q   <= rst_ni & w_load;
    written_o  <= rst_ni & loaded_q ? bytes : '0;
    if (~aw_valid_o | aw_ready_i) begin  // without a burst, of what aw_valid_o does not say that it is one; W likewise
      aw_id_o   <= id;
      aw_addr_o <= {burst_word, BusW'(0)};
      aw_len_q  <= burst_len;
    end
    if (~w_valid_o | w_ready_i) begin
      w_data_o <= next_beat_data;
      w_strb_o <= next_beat_strobe;
      w_last_o <= next_beat_last;
    end
    issued_q <= rst_ni & issue;
    ended_q  <= rst_ni & w_end;
    if (!rst_ni) owed_q <= '0;
    else if (issued_q != ended_q) owed_q <= issued_q ? owed_q + 1'b1 : owed_q - 1'b1;
    owes_q <= rst_ni & ((issue & ~w_end) | (owes_q & (issue | ~w_end | ~owes_one)));
    if (!run_i) stored_o <= '0;
    else if (marked) stored_o <= stored_o + 1'b1;
  end
  assign quiet_o = ends & ~walks & ~s0_q & ~s1_q & ~queue_valid & ~s2_q & ~beat & ~burst_valid;
  always_ff @(posedge clk_i) begin
    error_o <= run_i & (s1_bad | (b_valid_i & b_error_i));
    code_o  <= s1_q & s1_surprise_q ? weft_csr_pkg::CODE_BAD_JOB
             : s1_bad ? weft_csr_pkg::CODE_OUT_OF_WINDOW : weft_csr_pkg::CODE_WRITE_ERROR;
    error_offset_o <= s1_offset_q;
  end
endmodule
`default_nettype wire
