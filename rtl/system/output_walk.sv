// SPDX-License-Identifier: Apache-2.0
// Walks over a job's output pixels in the order in which they leave the engine: those of a tile for one column group, then the same
// pixels for the next one (a pass); then the next tile's. Where a pooling window is still to come, an output is all of its pixels,
// row by row. Gives each pixel's offset from the steps of its loops.
`default_nettype none
module output_walk #(
    parameter int WINDOWS = 1  // 0: none, an output is one pixel; the ports window_* are not looked at
) (
    input  wire logic                                clk_i,
    input  wire logic                                rst_ni,
    input  wire logic                                load_i,        // the next job; only while not walks_o
    input  wire logic [32*weft_list_pkg::STORE_WORDS-1:0] store_i,       // its counts and the step from group to group
    input  wire logic [                        15:0] window_cols_i, // pixels of a pooling window's row - 1
    input  wire logic [        weft_list_pkg::DIM_W-1:0] window_pixels_i,
    input  wire logic [                        31:0] offset_i,      // of the first pixel
    input  wire logic [                        31:0] window_x_i,    // steps: to the next pixel of a pooling window's row,
    input  wire logic [                        31:0] window_y_i,    // from the last pixel of its row,
    input  wire logic [                        31:0] x_i,           // from its last pixel,
    input  wire logic [                        31:0] y_i,           // ... of a row's last one,
    input  wire logic [                        31:0] image_i,       // ... of an image's last one
    input  wire logic                                take_i,        // the pixel goes; nothing does while not walks_o
    output logic                                     walks_o,
    output wire logic [                        31:0] offset_o,
    output wire logic                                row_end_o,     // the last pixel of its row of outputs,
    output wire logic                                last_row_o,    // that row is its image's last one,
    output wire logic                                group_last_o,  // in the job's last column group,
    output wire logic                                pass_end_o,    // the last one of its pass and group,
    output wire logic                                job_end_o      // ... of the job
);
  localparam int CountW = weft_list_pkg::PIXELS_W;
  localparam int GroupW = weft_list_pkg::STORE_GROUPS_LAST_W;
  wire logic [CountW:0] new_pass = {1'b0, store_i[32*weft_list_pkg::STORE_PASS+:CountW]};
  wire logic [CountW:0] new_total = {1'b0, store_i[32*weft_list_pkg::STORE_TOTAL+:CountW]};
  wire logic [CountW:0] new_cols = {1'b0, store_i[32*weft_list_pkg::STORE_COLS+:CountW]} - 1'b1;
  wire logic [CountW:0] new_rows = {1'b0, store_i[32*weft_list_pkg::STORE_ROWS+:CountW]} - 1'b1;
  wire logic [GroupW:0] new_groups = {1'b0, store_i[32*weft_list_pkg::STORE_GROUPS+:GroupW]} - 1'b1;
  wire logic [16:0] new_window_cols = {1'b0, window_cols_i} - 1'b1;
  localparam int DimW = weft_list_pkg::DIM_W;
  wire logic [DimW:0] new_window = {1'b0, window_pixels_i} - (DimW + 1)'(2);
  wire logic unused = &{1'b0, store_i, window_cols_i, window_pixels_i, window_x_i, window_y_i};

  // Every counter holds two less than there are turns to come, this one included: it is at its last one when the top bit is set.
  logic [31:0] step_group_q, step_window_x_q, step_window_y_q, step_x_q, step_y_q, step_image_q;
  logic [16:0] window_cols_q, window_x_q;
  logic [DimW:0] window_pixels_q, window_left_q;
  logic [CountW:0] cols_q, rows_q, x_q, y_q;
  logic [CountW:0] full_length_q, length_q, left_q;  // outputs of a pass that is not the last; of this one; of this one and group to come
  logic [CountW:0] rest_q;                           // outputs of the next pass and group - 1, if it is the last
  logic [CountW:0] later_rest_q;                     // outputs of a group behind the next pass - 1
  logic last_pass_q;
  logic [CountW-1:0] pass_q;                         // outputs of a pass
  logic [GroupW:0] groups_q, group_q;
  // Where the pixel is in column group 0, and how far from there it is in this one.
  logic [31:0] offset_q, group_offset_q;
  // A pass' first pixel, for the next column group. It is kept while it is there: what comes late in the cycle, take_i, enables few registers.
  logic first_q;  // this pixel is one, in column group 0
  logic [31:0] pass_offset_q;
  logic [CountW:0] pass_x_q, pass_y_q;
  wire logic [31:0] first_offset = first_q ? offset_q : pass_offset_q;
  wire logic [CountW:0] first_x = first_q ? x_q : pass_x_q;
  wire logic [CountW:0] first_y = first_q ? y_q : pass_y_q;
  wire logic [CountW:0] first_left = first_q ? left_q : length_q;
  assign offset_o = offset_q + group_offset_q;
  wire logic window_row_end = WINDOWS == 0 || window_x_q[16];
  wire logic window_end = WINDOWS == 0 || window_left_q[DimW];
  wire logic last_x = x_q[CountW];
  wire logic last_y = y_q[CountW];
  assign row_end_o = window_end & last_x;
  assign last_row_o = last_y;
  assign pass_end_o = window_end & left_q[CountW];
  assign group_last_o = group_q[GroupW];
  assign job_end_o = pass_end_o & group_last_o & last_pass_q;

  wire logic [31:0] step = ~window_row_end ? step_window_x_q : ~window_end ? step_window_y_q
                         : ~last_x ? step_x_q : ~last_y ? step_y_q : step_image_q;
  wire logic [31:0] stepped_offset = offset_q + step;
  wire logic [CountW:0] stepped_x = ~last_x ? x_q - 1'b1 : cols_q;
  wire logic [CountW:0] stepped_y = ~last_x ? y_q : ~last_y ? y_q - 1'b1 : rows_q;
  wire logic [CountW:0] later_length = later_rest_q[CountW] ? rest_q - 1'b1 : full_length_q;
  wire logic [CountW:0] new_rest = new_total + ~new_pass;  // total - pass - 1
  wire logic [CountW:0] new_full_length = new_pass - (CountW + 1)'(2);
  wire logic [CountW:0] new_length = new_rest[CountW] ? new_total - (CountW + 1)'(2) : new_full_length;
  wire logic again = pass_end_o & ~group_last_o;  // the same pixels, the next column group
  wire logic walks = rst_ni & (load_i | (walks_o & ~(take_i & job_end_o)));
  logic loads_q;  // not walks_o, with its many loads
  always_ff @(posedge clk_i) begin
    walks_o <= walks;
    loads_q <= ~walks;
    if (first_q) begin
      pass_offset_q <= offset_q;
      pass_x_q      <= x_q;
      pass_y_q      <= y_q;
      length_q      <= left_q;
    end
    if (loads_q) begin  // what is here when load_i comes stays
      first_q         <= 1'b1;
      offset_q        <= offset_i;
      group_offset_q  <= '0;
      step_group_q    <= store_i[32*weft_list_pkg::STORE_GROUP+:32];
      step_window_x_q <= window_x_i;
      step_window_y_q <= window_y_i;
      step_x_q        <= x_i;
      step_y_q        <= y_i;
      step_image_q    <= image_i;
      window_cols_q   <= new_window_cols;
      window_pixels_q <= new_window;
      window_x_q      <= new_window_cols;
      window_left_q   <= new_window;
      cols_q          <= new_cols;
      rows_q          <= new_rows;
      x_q             <= new_cols;
      y_q             <= new_rows;
      pass_q          <= new_pass[CountW-1:0];
      full_length_q   <= new_full_length;
      last_pass_q     <= new_rest[CountW];
      rest_q          <= new_rest;
      later_rest_q    <= new_total + ~{new_pass[CountW-1:0], 1'b0};  // total - 2 pass - 1
      left_q          <= new_length;
      groups_q        <= new_groups;
      group_q         <= new_groups;
    end else if (take_i) begin
      first_q    <= pass_end_o & ~again;
      offset_q   <= again ? first_offset : stepped_offset;
      window_x_q <= ~window_row_end ? window_x_q - 1'b1 : window_cols_q;
      window_left_q <= ~window_end ? window_left_q - 1'b1 : window_pixels_q;
      if (window_end) begin
        x_q    <= again ? first_x : stepped_x;
        y_q    <= again ? first_y : stepped_y;
        left_q <= ~pass_end_o ? left_q - 1'b1 : again ? first_left : later_length;
      end
      if (pass_end_o) begin
        group_q        <= again ? group_q - 1'b1 : groups_q;
        group_offset_q <= again ? group_offset_q + step_group_q : '0;
      end
      if (pass_end_o & ~again) begin
        rest_q        <= later_rest_q;
        later_rest_q  <= later_rest_q - {1'b0, pass_q};
        last_pass_q   <= later_rest_q[CountW];
      end
    end
  end
endmodule
`default_nettype wire
