// Writes a job's outputs to memory: a pixel's channels to wherever its descriptor says, byte by byte exact.
//   descriptors -> walk -> S1: pixel and its offset -> S2: shifted to its place in the bus words -> S3: AW and W, a beat a burst -> B
// The pixels come in the engine's order: those of a tile for one column group, then the same pixels for the next one. Writes
// nothing outside of the window.
`default_nettype none
module write_dma #(
    parameter int ADDR_W      = 40,
    parameter int BUS_BYTES   = 8,
    parameter int COLS        = 8,
    parameter int OUTSTANDING = 64,  // beats. Requires: a power of two
    localparam int COL_W = $clog2(COLS + 1)
) (
    input  wire logic                                clk_i,
    input  wire logic                                rst_ni,       // of the bus
    input  wire logic                                run_ni,       // low: forget everything but what AXI has to finish
    input  wire logic [                  ADDR_W-1:0] base_i,
    input  wire logic [                        31:0] size_i,
    input  wire logic                                store_valid_i,
    output wire logic                                store_ready_o,
    input  wire logic [32*weft_pkg::STORE_WORDS-1:0] store_i,
    input  wire logic                                pixel_valid_i,
    output wire logic                                pixel_ready_o,
    input  wire logic [                  8*COLS-1:0] pixel_data_i,
    input  wire logic [                   COL_W-1:0] pixel_cols_i,
    input  wire logic                                pixel_final_i,
    output logic                                     aw_valid_o,
    input  wire logic                                aw_ready_i,
    output logic      [                  ADDR_W-1:0] aw_addr_o,
    output logic                                     w_valid_o,
    input  wire logic                                w_ready_i,
    output logic      [             8*BUS_BYTES-1:0] w_data_o,
    output logic      [               BUS_BYTES-1:0] w_strb_o,
    input  wire logic                                b_valid_i,
    input  wire logic                                b_error_i,
    output logic      [                        15:0] stored_o,     // jobs whose outputs are in memory, since run_ni
    output wire logic                                quiet_o,      // every descriptor's outputs are in memory
    output wire logic                                idle_o,       // the bus is: every beat has its response
    output logic      [                   COL_W-1:0] written_o,    // bytes of the beat before the last edge
    output logic                                     error_o,
    output logic      [                         7:0] code_o,
    output logic      [                        31:0] error_offset_o
);
  localparam int BusW = $clog2(BUS_BYTES);
  localparam int Descriptors = 4;

  // ---- Descriptors: four wait, one is walked -----------------------------------------------------------------------------
  wire logic [32*weft_pkg::STORE_WORDS-1:0] next;
  wire logic next_valid, load;
  wire logic [$clog2(Descriptors):0] next_count;
  fifo #(.WIDTH(32 * weft_pkg::STORE_WORDS), .DEPTH(Descriptors)) u_stores (
      .clk_i, .rst_ni(run_ni), .push_i(store_valid_i & store_ready_o), .data_i(store_i), .pop_i(load),
      .valid_o(next_valid), .data_o(next), .count_o(next_count)
  );
  assign store_ready_o = ~next_count[$clog2(Descriptors)];

  wire logic walks, job_end;
  wire logic [31:0] offset;
  wire logic row_end, image_end, group_last, pass_end;
  wire logic take = pixel_valid_i & pixel_ready_o;
  assign load = next_valid & ~walks;
  output_walk u_walk (
      .clk_i, .rst_ni(run_ni), .load_i(load), .store_i(next), .window_cols_i('0), .window_rows_i('0),
      .offset_i(next[32*weft_pkg::STORE_OFFSET+:32]), .window_x_i('0), .window_y_i('0),
      .x_i(next[32*weft_pkg::STORE_X+:32]), .y_i(next[32*weft_pkg::STORE_Y+:32]), .image_i(next[32*weft_pkg::STORE_IMAGE+:32]),
      .take_i(take), .walks_o(walks), .offset_o(offset), .row_end_o(row_end), .image_end_o(image_end),
      .group_last_o(group_last), .pass_end_o(pass_end), .job_end_o(job_end)
  );
  wire logic unused_walk = &{1'b0, row_end, image_end, group_last, pass_end};

  // ---- S1: the pixel and where it goes -------------------------------------------------------------------------------------
  logic s1_q, s1_final_q, s1_surprise_q;
  logic [8*COLS-1:0] s1_data_q;
  logic [COL_W-1:0] s1_cols_q;
  logic [31:0] s1_offset_q;
  wire logic s2_room, s1_bad;
  wire logic [32:0] s1_end = {1'b0, s1_offset_q} + 33'(s1_cols_q);
  assign s1_bad = s1_q & ((s1_end > {1'b0, size_i}) | s1_surprise_q);
  wire logic s1_move = s1_q & s2_room & ~s1_bad;
  assign pixel_ready_o = walks & (~s1_q | s1_move);
  always_ff @(posedge clk_i) begin
    s1_q <= run_ni & (take | (s1_q & ~s1_move));
    if (take) begin
      s1_data_q     <= pixel_data_i;
      s1_cols_q     <= pixel_cols_i;
      s1_offset_q   <= offset;
      s1_final_q    <= job_end;
      s1_surprise_q <= (job_end != pixel_final_i) | (pixel_cols_i == '0) | ({1'b0, pixel_cols_i} > (COL_W + 1)'(COLS));
    end
  end

  // ---- S2: in the bytes of bus words -----------------------------------------------------------------------------------------
  localparam int Span = COLS + BUS_BYTES;
  logic s2_q, s2_final_q;
  logic [8*Span-1:0] s2_data_q;
  logic [Span-1:0] s2_strobe_q;
  logic [31-BusW:0] s2_word_q;
  wire logic s3_room;
  wire logic s2_last = s2_strobe_q[Span-1:BUS_BYTES] == '0;
  wire logic s2_move = s2_q & s3_room;
  assign s2_room = ~s2_q | (s2_move & s2_last);
  wire logic [BusW-1:0] shift = s1_offset_q[BusW-1:0];
  wire logic [COLS-1:0] channels = ~({COLS{1'b1}} << s1_cols_q);
  always_ff @(posedge clk_i) begin
    s2_q <= run_ni & (s1_move | (s2_q & ~(s2_move & s2_last)));
    if (s1_move) begin
      s2_data_q   <= (8 * Span)'(s1_data_q) << {shift, 3'd0};
      s2_strobe_q <= Span'(channels) << shift;
      s2_word_q   <= s1_offset_q[31:BusW];
      s2_final_q  <= s1_final_q;
    end else if (s2_move) begin
      s2_data_q   <= s2_data_q >> (8 * BUS_BYTES);
      s2_strobe_q <= s2_strobe_q >> BUS_BYTES;
      s2_word_q   <= s2_word_q + 1'b1;
    end
  end

  // ---- S3: the bus. A beat waits until both of its halves are taken; B comes in order --------------------------------------------
  localparam int FlightW = $clog2(OUTSTANDING);
  wire logic flight_valid, flight_final;
  wire logic [FlightW:0] flight;
  fifo #(.WIDTH(1), .DEPTH(OUTSTANDING)) u_flight (
      .clk_i, .rst_ni, .push_i(s2_move), .data_i(s2_final_q & s2_last), .pop_i(b_valid_i & flight_valid),
      .valid_o(flight_valid), .data_o(flight_final), .count_o(flight)
  );
  assign s3_room = (~aw_valid_o | aw_ready_i) & (~w_valid_o | w_ready_i) & ~flight[FlightW] & run_ni;
  wire logic job_stored = b_valid_i & flight_valid & flight_final;
  integer i;
  logic [COL_W-1:0] bytes;
  always_comb begin
    bytes = '0;
    for (i = 0; i < BUS_BYTES; i++) bytes = bytes + COL_W'(s2_strobe_q[i]);
  end
  always_ff @(posedge clk_i) begin
    aw_valid_o <= rst_ni & (s2_move | (aw_valid_o & ~aw_ready_i));
    w_valid_o  <= rst_ni & (s2_move | (w_valid_o & ~w_ready_i));
    written_o  <= rst_ni & s2_move ? bytes : '0;
    if (s2_move) begin
      aw_addr_o <= base_i + ADDR_W'({s2_word_q, BusW'(0)});
      w_data_o  <= s2_data_q[8*BUS_BYTES-1:0];
      w_strb_o  <= s2_strobe_q[BUS_BYTES-1:0];
    end
    if (!run_ni) stored_o <= '0;
    else stored_o <= stored_o + 16'(job_stored);
  end
  assign idle_o = ~flight_valid;
  assign quiet_o = idle_o & ~next_valid & ~walks & ~s1_q & ~s2_q;
  always_ff @(posedge clk_i) begin
    error_o <= run_ni & (s1_bad | (b_valid_i & b_error_i));
    code_o  <= s1_q & s1_surprise_q ? weft_csr_pkg::CODE_BAD_JOB
             : s1_bad ? weft_csr_pkg::CODE_OUT_OF_WINDOW : weft_csr_pkg::CODE_WRITE_ERROR;
    error_offset_o <= s1_offset_q;
  end
endmodule
`default_nettype wire
