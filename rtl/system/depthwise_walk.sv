// SPDX-License-Identifier: Apache-2.0
// Where the inner tensor of a fused depthwise convolution is: a ring of entries, an entry is a pixel's column group.
//   fill: pixels as the engine gives them, passes of ROWS pixels for one column group after the other --> the entry of each
//   walk: image, row of outputs, column group, column x, filter row ky, phase --> a slot a cycle: the entry to read, its weights
// Inner pixel n of column group g is entry n*G + g behind the jobs before. A pass begins when all of its entries have room; a row of
// outputs when all entries under its filter windows are there. Behind a row, what lies before the next row's windows has room again.
// A slot that gives an output waits for emit_ready_i, all others follow each other; two cycles are idle between rows of outputs.
// Fill and walk may belong to two jobs that follow each other.
`default_nettype none
module depthwise_walk #(
    parameter int ROWS  = 8,     // pixels of a pass. Requires: 2 to 64
    parameter int DEPTH = 4096,  // entries of the ring. Requires: a power of two, at least 4
    parameter int STEPS = 4,     // entries of parameters of a column group. Requires: at least 1
    localparam int ENTRY_W = $clog2(DEPTH),
    localparam int INDEX_W = $clog2(weft_pkg::DW_ENTRIES)
) (
    input  wire logic                                     clk_i,
    input  wire logic                                     rst_ni,
    // fill
    input  wire logic                                     fill_load_i,    // the next job; only behind the last pixel of the one before
    input  wire logic [32*weft_list_pkg::STORE_WORDS-1:0] fill_store_i,
    input  wire logic                                     take_i,         // Requires: room_o
    output logic                                          room_o,         // for the next pixel; of a job that is loaded
    output wire logic [                      ENTRY_W-1:0] fill_entry_o,   // where it goes
    output wire logic                                     fill_last_o,    // it is of the last column group
    // walk
    input  wire logic                                     walk_load_i,    // the next job; only after ends_o, in the order of the fill
    input  wire logic [32*weft_list_pkg::STORE_WORDS-1:0] walk_store_i,
    input  wire logic                                     there_i,        // the job's weights and parameters are, from 2 cycles after walk_load_i
    input  wire logic [                      INDEX_W-1:0] weight_base_i,  // ... the first of them
    input  wire logic [                      INDEX_W-1:0] param_base_i,
    input  wire logic                                     emit_ready_i,   // a slot may give an output
    output wire logic                                     slot_o,
    output wire logic [                      ENTRY_W-1:0] entry_o,        // of the slot
    output wire logic                                     outside_o,      // ... it is padding
    output wire logic [                      INDEX_W-1:0] weight_o,       // ... the entry of its weights
    output wire logic [                              2:0] phase_o,
    output wire logic                                     first_o,        // ... the first filter row of a column group's first column
    output wire logic                                     last_o,         // ... the last filter row
    output wire logic                                     emit_o,         // ... gives an output, with these parameters
    output wire logic [                      INDEX_W-1:0] param_o,
    output wire logic                                     group_last_o,   // ... of the last column group
    output wire logic                                     final_o,        // ... the job's last one
    output logic                                          ends_o          // the last slot was
);
  if (ROWS < 2 || ROWS > 64) begin : gen_illegal_rows ROWS_must_be_2_to_64 u_illegal (); end
  if (DEPTH < 4 || !weft_pkg::power_of_two(DEPTH)) begin : gen_illegal_depth DEPTH_must_be_a_power_of_two_at_least_4 u_illegal (); end
  if (STEPS < 1) begin : gen_illegal_steps STEPS_must_be_at_least_1 u_illegal (); end
  // Entries are counted modulo 2^PtrW. Of two counts that are compared, neither is more than 8 rings ahead: where the stride is longer
  // than the filter, rows have room again before they have come.
  localparam int PtrW = ENTRY_W + 5;
  localparam int CountW = weft_list_pkg::PIXELS_W;
  localparam int GroupW = INDEX_W;  // of column groups: each has at least one entry of weights
  localparam int LengthW = $clog2(ROWS + 1);
  localparam int PosW = 17;  // of signed rows and columns
  logic [PtrW-1:0] done_q, freed_q;  // entries of complete passes; entries that nobody needs any more

  // ---- Fill ---------------------------------------------------------------------------------------------------------------
  logic [CountW-1:0] later_q;                  // pixels behind this pass; of the last one, nonsense
  logic [LengthW-1:0] length_q, pixel_left_q;  // pixels of this pass; those to come for this column group - 1
  logic [GroupW-1:0] fill_groups_q, fill_group_q;  // column groups - 1; those to come
  logic [PtrW-1:0] fill_q, group_first_q;      // the next pixel's entry; that of this pass' first pixel in this column group
  logic [PtrW-1:0] entries_q, end_q;           // those of this pass; behind it
  logic [1:0] settle_q;                        // cycles until end_q is right: length, two partial products, entries
  wire logic [CountW-1:0] fill_total = fill_store_i[32*weft_list_pkg::STORE_DW_TOTAL+:CountW];
  wire logic unused_fill = &{1'b0, fill_store_i};
  wire logic pixel_end = pixel_left_q == '0;
  assign fill_last_o = fill_group_q == '0;
  wire logic pass_end = take_i & pixel_end & fill_last_o;
  wire logic begins = fill_load_i | pass_end;
  // A new job's load comes late: its numbers and those of the next pass are made beside each other.
  wire logic [LengthW-1:0] first_length = fill_total < CountW'(ROWS) ? LengthW'(fill_total) : LengthW'(ROWS);
  wire logic [LengthW-1:0] next_length = later_q < CountW'(ROWS) ? LengthW'(later_q) : LengthW'(ROWS);
  wire logic [PtrW-1:0] fill_step = PtrW'(fill_groups_q) + 1'b1;
  wire logic [PtrW-1:0] room = freed_q + PtrW'(DEPTH) - end_q;
  assign fill_entry_o = fill_q[ENTRY_W-1:0];

  integer k;
  localparam int LowW = LengthW / 2;
  logic [PtrW-1:0] low, high, low_q, high_q;  // length_q * (column groups), of the lower and the upper bits of length_q
  always_comb begin
    low  = '0;
    high = '0;
    for (k = 0; k < LowW; k++) if (length_q[k]) low = low + (fill_step << k);
    for (k = LowW; k < LengthW; k++) if (length_q[k]) high = high + (fill_step << k);
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      done_q        <= '0;
      fill_q        <= '0;
      group_first_q <= '0;
      room_o        <= 1'b0;
      settle_q      <= '0;
    end else begin
      settle_q <= begins ? 2'd3 : settle_q - 2'(settle_q != '0);
      room_o   <= ~begins & (settle_q == '0) & ~room[PtrW-1];
      if (take_i) begin
        fill_q <= fill_last_o | ~pixel_end ? fill_q + (fill_last_o & pixel_end ? PtrW'(1) : fill_step) : group_first_q + 1'b1;
        if (pixel_end) group_first_q <= fill_last_o ? fill_q + 1'b1 : group_first_q + 1'b1;
        if (fill_last_o & pixel_end) done_q <= fill_q + 1'b1;
      end
    end
    if (fill_load_i) fill_groups_q <= fill_store_i[32*weft_list_pkg::STORE_GROUPS+:GroupW];
    if (fill_load_i) fill_group_q <= fill_store_i[32*weft_list_pkg::STORE_GROUPS+:GroupW];
    else if (take_i & pixel_end) fill_group_q <= fill_last_o ? fill_groups_q : fill_group_q - 1'b1;
    if (begins) begin
      length_q <= fill_load_i ? first_length : next_length;
      later_q  <= fill_load_i ? fill_total - CountW'(ROWS) : later_q - CountW'(ROWS);
    end
    if (settle_q == 2'd3 || (take_i && pixel_end)) pixel_left_q <= length_q - 1'b1;
    else if (take_i) pixel_left_q <= pixel_left_q - 1'b1;
    low_q     <= low;
    high_q    <= high;
    entries_q <= low_q + high_q;
    end_q     <= done_q + entries_q;
  end

  // ---- Walk: rows of outputs --------------------------------------------------------------------------------------------------
  // Of a row: the corner of its first filter window, an entry that may lie in the padding, and its y. Rows of padding are not counted.
  wire logic [31:0] new_shape = walk_store_i[32*weft_list_pkg::STORE_DW_SHAPE+:32];
  wire logic [31:0] new_inner = walk_store_i[32*weft_list_pkg::STORE_DW_INNER+:32];
  wire logic [31:0] new_map = walk_store_i[32*weft_list_pkg::STORE_DW_MAP+:32];
  wire logic [PtrW-1:0] new_image_entries = walk_store_i[32*weft_list_pkg::STORE_DW_IMAGE_ENTRIES+:PtrW];
  wire logic unused_walk = &{1'b0, walk_store_i, new_shape, new_map};
  logic [3:0] ky_last_q, kx_last_q, phase_last_q;
  logic [1:0] stride_x_last_q, stride_y_last_q;
  logic [PtrW-1:0] row_entries_q, row_step_q, image_step_q, window_entries_q, image_entries_q;
  logic [15:0] inner_cols_q, inner_rows_q;
  logic [3:0] left_q, top_q;
  logic [GroupW-1:0] groups_q;
  logic [CountW-1:0] out_cols_q, out_rows_q;  // - 1

  logic [PtrW-1:0] corner_q, image_q, image_end_q, need_q;
  logic signed [PosW-1:0] y_q;
  logic [CountW-1:0] row_left_q;  // rows of outputs to come of this image
  logic [15:0] image_left_q;
  logic row_q;                    // a row's slots are issued
  logic [1:0] prepare_q;          // cycles until need_q is right
  wire logic row_end;
  wire logic last_row = row_left_q == '0;
  wire logic last_image = image_left_q == '0;
  wire logic signed [PosW-1:0] top_y = -$signed({13'd0, top_q});
  wire logic signed [PosW-1:0] bottom = y_q + PosW'(ky_last_q);
  wire logic clipped = bottom >= $signed({1'b0, inner_rows_q});  // the filter window reaches below the image
  wire logic [PtrW-1:0] ahead = done_q - need_q;
  wire logic prepares = prepare_q == 2'd2;
  wire logic row_starts = (prepare_q == 2'd1) & ~ends_o & there_i & ~ahead[PtrW-1];
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      image_q   <= '0;
      freed_q   <= '0;
      row_q     <= 1'b0;
      prepare_q <= '0;
      ends_o    <= 1'b1;
    end else begin
      prepare_q <= walk_load_i | row_end ? 2'd2 : prepare_q - {1'b0, prepares | row_starts};
      row_q     <= row_starts | (row_q & ~row_end);
      ends_o    <= ~walk_load_i & (ends_o | (row_end & last_row & last_image));
      if (prepares) freed_q <= (y_q > 0) ? corner_q : image_q;
      if (row_end & last_row) image_q <= image_end_q;
    end
    if (walk_load_i) begin
      ky_last_q        <= new_shape[weft_list_pkg::STORE_DW_SHAPE_KY_LAST_LSB+:4];
      kx_last_q        <= new_shape[weft_list_pkg::STORE_DW_SHAPE_KX_LAST_LSB+:4];
      phase_last_q     <= new_shape[weft_list_pkg::STORE_DW_SHAPE_PHASE_LAST_LSB+:4];
      stride_x_last_q  <= new_shape[weft_list_pkg::STORE_DW_SHAPE_STRIDE_X_LAST_LSB+:2];
      stride_y_last_q  <= new_shape[weft_list_pkg::STORE_DW_SHAPE_STRIDE_Y_LAST_LSB+:2];
      row_entries_q    <= walk_store_i[32*weft_list_pkg::STORE_DW_ROW_ENTRIES+:PtrW];
      row_step_q       <= walk_store_i[32*weft_list_pkg::STORE_DW_ROW_STEP+:PtrW];
      image_step_q     <= walk_store_i[32*weft_list_pkg::STORE_DW_IMAGE_STEP+:PtrW];
      window_entries_q <= walk_store_i[32*weft_list_pkg::STORE_DW_WINDOW_ENTRIES+:PtrW];
      image_entries_q  <= new_image_entries;
      inner_cols_q     <= new_inner[weft_list_pkg::STORE_DW_INNER_COLS_LSB+:16];
      image_left_q     <= new_inner[weft_list_pkg::STORE_DW_INNER_IMAGES_LAST_LSB+:16];
      inner_rows_q     <= new_map[weft_list_pkg::STORE_DW_MAP_ROWS_LSB+:16];
      left_q           <= new_map[weft_list_pkg::STORE_DW_MAP_LEFT_LSB+:4];
      top_q            <= new_map[weft_list_pkg::STORE_DW_MAP_TOP_LSB+:4];
      groups_q         <= walk_store_i[32*weft_list_pkg::STORE_GROUPS+:GroupW];
      out_cols_q       <= walk_store_i[32*weft_list_pkg::STORE_COLS+:CountW];
      out_rows_q       <= walk_store_i[32*weft_list_pkg::STORE_ROWS+:CountW];
      row_left_q       <= walk_store_i[32*weft_list_pkg::STORE_ROWS+:CountW];
      corner_q         <= image_q + walk_store_i[32*weft_list_pkg::STORE_DW_CORNER+:PtrW];
      image_end_q      <= image_q + new_image_entries;
      y_q              <= -$signed({13'd0, new_map[weft_list_pkg::STORE_DW_MAP_TOP_LSB+:4]});
    end else if (row_end) begin
      row_left_q <= last_row ? out_rows_q : row_left_q - 1'b1;
      corner_q   <= corner_q + (last_row ? image_step_q : row_step_q);
      y_q        <= last_row ? top_y : y_q + PosW'(stride_y_last_q) + 1'b1;
      if (last_row) begin
        image_left_q <= image_left_q - 1'b1;
        image_end_q  <= image_end_q + image_entries_q;
      end
    end
    need_q <= clipped ? image_end_q : corner_q + window_entries_q;
  end

  // ---- Walk: the slots of a row -------------------------------------------------------------------------------------------------
  logic [3:0] phase_q, ky_left_q, skip_q;  // skip_q: columns until the next one that gives an output
  logic [CountW-1:0] out_left_q;           // outputs to come of this row and column group - 1
  logic [GroupW-1:0] group_left_q;
  logic signed [PosW-1:0] x_q, ky_y_q;     // of the slot's entry
  logic [PtrW-1:0] entry_q, column_q, group_entry_q;  // ... it; at filter row 0; at the column group's first column, too
  logic [INDEX_W-1:0] weight_q, group_weight_q, param_q;
  logic first_q;                           // the column group's first column and filter row
  wire logic phase_end = phase_q == phase_last_q;
  wire logic column_end = phase_end & last_o;
  wire logic emits = skip_q == '0;
  wire logic group_end = column_end & emits & (out_left_q == '0);
  wire logic [PtrW-1:0] walk_step = PtrW'(groups_q) + 1'b1;
  assign last_o = ky_left_q == '0;
  assign emit_o = last_o & emits & (phase_q == '0);
  assign slot_o = row_q & (~emit_o | emit_ready_i);
  assign row_end = slot_o & group_end & group_last_o;
  assign entry_o = entry_q[ENTRY_W-1:0];
  assign outside_o = ($unsigned(x_q) >= {1'b0, inner_cols_q}) | ($unsigned(ky_y_q) >= {1'b0, inner_rows_q});
  assign weight_o = weight_q;
  assign phase_o = phase_q[2:0];
  assign first_o = first_q;
  assign param_o = param_q;
  assign group_last_o = group_left_q == '0;
  assign final_o = emit_o & (out_left_q == '0) & group_last_o & last_row & last_image;
  wire logic signed [PosW-1:0] left_x = -$signed({13'd0, left_q});
  always_ff @(posedge clk_i) begin
    if (prepare_q != '0) begin
      phase_q        <= '0;
      ky_left_q      <= ky_last_q;
      skip_q         <= kx_last_q;
      out_left_q     <= out_cols_q;
      group_left_q   <= groups_q;
      x_q            <= left_x;
      ky_y_q         <= y_q;
      entry_q        <= corner_q;
      column_q       <= corner_q;
      group_entry_q  <= corner_q;
      weight_q       <= weight_base_i;
      group_weight_q <= weight_base_i;
      param_q        <= param_base_i;
      first_q        <= 1'b1;
    end else if (slot_o) begin
      phase_q <= phase_end ? '0 : phase_q + 1'b1;
      if (phase_end) begin
        first_q   <= group_end;
        ky_left_q <= last_o ? ky_last_q : ky_left_q - 1'b1;
        ky_y_q    <= last_o ? y_q : ky_y_q + 1'b1;
        entry_q   <= group_end ? group_entry_q + 1'b1 : last_o ? column_q + walk_step : entry_q + row_entries_q;
      end
      if (column_end) begin
        skip_q   <= group_end ? kx_last_q : emits ? 4'(stride_x_last_q) : skip_q - 1'b1;
        x_q      <= group_end ? left_x : x_q + 1'b1;
        column_q <= group_end ? group_entry_q + 1'b1 : column_q + walk_step;
        if (emits) out_left_q <= out_left_q == '0 ? out_cols_q : out_left_q - 1'b1;
      end
      weight_q <= column_end & ~group_end ? group_weight_q : weight_q + 1'b1;
      if (group_end) begin
        group_left_q   <= group_left_q - 1'b1;
        group_entry_q  <= group_entry_q + 1'b1;
        group_weight_q <= weight_q + 1'b1;
        param_q        <= param_q + INDEX_W'(STEPS);
      end
    end
  end

`ifndef SYNTHESIS
  wire logic [PtrW-1:0] read_behind = entry_q - freed_q, read_before = done_q - entry_q - 1'b1;
  // What has been free stays so: the corner of a later row may lie before it, in the padding.
  logic [PtrW-1:0] was_freed_q;
  wire logic [PtrW-1:0] more = freed_q - was_freed_q;
  wire logic [PtrW-1:0] most_freed = more[PtrW-1] ? was_freed_q : freed_q;
  wire logic [PtrW-1:0] write_room = most_freed + PtrW'(DEPTH - 1) - fill_q;
  always_ff @(posedge clk_i) was_freed_q <= rst_ni ? most_freed : '0;
  always_ff @(posedge clk_i)
    if (rst_ni) begin
      begin : ReadsWhatIsThere_A
        if (slot_o && !outside_o) assert (!read_behind[PtrW-1] && !read_before[PtrW-1]);
      end
      begin : OverwritesNothingThatIsNeeded_A
        if (take_i) assert (!write_room[PtrW-1]);
      end
      begin : TakesWhatHasRoom_A
        assert (!take_i || room_o);
      end
      begin : OneJobAtATime_A
        assert (!walk_load_i || ends_o);
      end
    end
`endif
endmodule
`default_nettype wire
