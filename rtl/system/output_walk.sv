// SPDX-License-Identifier: Apache-2.0
// Walks over a job's output pixels in the order in which they leave the engine: those of a tile for one column group, then the same
// pixels for the next one (a pass); then the next tile's. Where a pooling window is still to come, an output is all of its pixels,
// row by row. Gives each pixel's offset from the steps of its loops.
`default_nettype none
module output_walk (
    input  wire logic                                clk_i,
    input  wire logic                                rst_ni,
    input  wire logic                                load_i,        // the next job; only while not walks_o
    input  wire logic [32*weft_list_pkg::STORE_WORDS-1:0] store_i,       // its counts and the step from group to group
    input  wire logic [                        15:0] window_cols_i, // pixels of a pooling window's row - 1
    input  wire logic [                        15:0] window_rows_i, // ... its rows - 1
    input  wire logic [                        31:0] offset_i,      // of the first pixel
    input  wire logic [                        31:0] window_x_i,    // steps: to the next pixel of a pooling window's row,
    input  wire logic [                        31:0] window_y_i,    // from the last pixel of its row,
    input  wire logic [                        31:0] x_i,           // from its last pixel,
    input  wire logic [                        31:0] y_i,           // ... of a row's last one,
    input  wire logic [                        31:0] image_i,       // ... of an image's last one
    input  wire logic                                take_i,        // the pixel goes; only while walks_o
    output logic                                     walks_o,
    output wire logic [                        31:0] offset_o,
    output wire logic                                row_end_o,     // the last pixel of its row of outputs,
    output wire logic                                image_end_o,   // ... of its image,
    output wire logic                                group_last_o,  // in the job's last column group,
    output wire logic                                pass_end_o,    // the last one of its pass and group,
    output wire logic                                job_end_o      // ... of the job
);
  localparam int CountW = weft_list_pkg::PIXELS_W;
  wire logic [CountW-1:0] new_pass = store_i[32*weft_list_pkg::STORE_PASS+:CountW];
  wire logic [CountW-1:0] new_total = store_i[32*weft_list_pkg::STORE_TOTAL+:CountW];
  wire logic unused = &{1'b0, store_i};

  logic [31:0] step_group_q, step_window_x_q, step_window_y_q, step_x_q, step_y_q, step_image_q;
  logic [15:0] window_cols_q, window_rows_q, window_x_q, window_y_q;  // the latter count down
  logic [CountW-1:0] cols_q, rows_q, pass_q, full_length_q;  // the latter: of a pass that is not the last - 1
  logic [15:0] groups_q;
  // Where the pixel is in column group 0, and how far from there it is in this one; x and y count down.
  logic [31:0] offset_q, pass_offset_q, group_offset_q;
  logic [CountW-1:0] x_q, y_q, pass_x_q, pass_y_q;  // pass_*: of this pass' first pixel
  logic [CountW-1:0] left_q, length_q;              // outputs of this pass and group to come - 1; of the pass - 1
  logic [CountW-1:0] total_q;                       // outputs of a group to come, this pass included
  logic last_pass_q;                                // ... and are those of this pass
  logic [15:0] group_q;                             // column groups to come
  assign offset_o = offset_q + group_offset_q;
  wire logic window_row_end = window_x_q == '0;
  wire logic window_end = window_row_end & (window_y_q == '0);
  wire logic last_x = x_q == '0;
  wire logic last_y = y_q == '0;
  assign row_end_o = window_end & last_x;
  assign image_end_o = row_end_o & last_y;
  assign pass_end_o = window_end & (left_q == '0);
  assign group_last_o = group_q == '0;
  assign job_end_o = pass_end_o & group_last_o & last_pass_q;

  wire logic [31:0] step = ~window_row_end ? step_window_x_q : ~window_end ? step_window_y_q
                         : ~last_x ? step_x_q : ~last_y ? step_y_q : step_image_q;
  wire logic [31:0] stepped_offset = offset_q + step;
  wire logic [CountW-1:0] stepped_x = ~last_x ? x_q - 1'b1 : cols_q;
  wire logic [CountW-1:0] stepped_y = ~last_x ? y_q : ~last_y ? y_q - 1'b1 : rows_q;
  wire logic [CountW-1:0] later_total = total_q - pass_q;
  wire logic later_last = later_total <= pass_q;
  wire logic [CountW-1:0] later_length = later_last ? total_q - pass_q - 1'b1 : full_length_q;
  wire logic new_last = new_total <= new_pass;
  wire logic [CountW-1:0] new_length = (new_last ? new_total : new_pass) - 1'b1;
  wire logic again = pass_end_o & ~group_last_o;  // the same pixels, the next column group
  always_ff @(posedge clk_i) begin
    walks_o <= rst_ni & (load_i | (walks_o & ~(take_i & job_end_o)));
    if (load_i) begin
      offset_q        <= offset_i;
      pass_offset_q   <= offset_i;
      group_offset_q  <= '0;
      step_group_q    <= store_i[32*weft_list_pkg::STORE_GROUP+:32];
      step_window_x_q <= window_x_i;
      step_window_y_q <= window_y_i;
      step_x_q        <= x_i;
      step_y_q        <= y_i;
      step_image_q    <= image_i;
      window_cols_q   <= window_cols_i;
      window_rows_q   <= window_rows_i;
      window_x_q      <= window_cols_i;
      window_y_q      <= window_rows_i;
      cols_q          <= store_i[32*weft_list_pkg::STORE_COLS+:CountW];
      rows_q          <= store_i[32*weft_list_pkg::STORE_ROWS+:CountW];
      x_q             <= store_i[32*weft_list_pkg::STORE_COLS+:CountW];
      y_q             <= store_i[32*weft_list_pkg::STORE_ROWS+:CountW];
      pass_x_q        <= store_i[32*weft_list_pkg::STORE_COLS+:CountW];
      pass_y_q        <= store_i[32*weft_list_pkg::STORE_ROWS+:CountW];
      pass_q          <= new_pass;
      full_length_q   <= new_pass - 1'b1;
      total_q         <= new_total;
      last_pass_q     <= new_last;
      left_q          <= new_length;
      length_q        <= new_length;
      groups_q        <= store_i[32*weft_list_pkg::STORE_GROUPS+:weft_list_pkg::STORE_GROUPS_LAST_W];
      group_q         <= store_i[32*weft_list_pkg::STORE_GROUPS+:weft_list_pkg::STORE_GROUPS_LAST_W];
    end else if (take_i) begin
      offset_q   <= again ? pass_offset_q : stepped_offset;
      window_x_q <= ~window_row_end ? window_x_q - 1'b1 : window_cols_q;
      if (window_row_end) window_y_q <= ~window_end ? window_y_q - 1'b1 : window_rows_q;
      if (window_end) begin
        x_q    <= again ? pass_x_q : stepped_x;
        y_q    <= again ? pass_y_q : stepped_y;
        left_q <= ~pass_end_o ? left_q - 1'b1 : again ? length_q : later_length;
      end
      if (pass_end_o) begin
        group_q        <= again ? group_q - 1'b1 : groups_q;
        group_offset_q <= again ? group_offset_q + step_group_q : '0;
      end
      if (pass_end_o & ~again) begin
        pass_offset_q <= stepped_offset;
        pass_x_q      <= stepped_x;
        pass_y_q      <= stepped_y;
        length_q      <= later_length;
        total_q       <= later_total;
        last_pass_q   <= later_last;
      end
    end
  end
endmodule
`default_nettype wire
