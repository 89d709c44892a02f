// SPDX-License-Identifier: Apache-2.0
// depthwise_walk.sv with jobs of any small shape, or of one, one after the other, pixels and outputs at any time. An entry is read only when it
// was written and has not been overwritten: the ENTRY-th one of all, whichever that is, by a count of pixels of its own; the module's own
// assertions say the same of all entries by its counts. A pass that may begin has room behind what will still be read.
`default_nettype none
module depthwise_walk_formal #(
    parameter int ROWS  = 2,
    parameter int DEPTH = 8,
    parameter int SHAPE = 0,  // rows, columns, images, groups, filter, strides, padding, outputs, two bits each; 0: any
    localparam int ENTRY_W = $clog2(DEPTH),
    localparam int INDEX_W = $clog2(weft_pkg::DW_ENTRIES),
    localparam int PTR_W = ENTRY_W + 5
) (
    input wire logic clk_i,
    input wire logic rst_ni,
    input wire logic fill_load_i,
    input wire logic take_i,
    input wire logic walk_load_i,
    input wire logic there_i,
    input wire logic emit_ready_i,
    input wire logic [PTR_W-1:0] number_i,
    input wire logic [23:0] any_i
);
  // ---- A job of that shape
  wire logic [23:0] shape = SHAPE != 0 ? 24'(SHAPE) : any_i;
  wire logic [1:0] in_rows = shape[23:22], in_cols = shape[21:20], images = shape[19:18], groups = shape[17:16];
  wire logic [1:0] kh = shape[15:14], kw = shape[13:12], sy = shape[11:10], sx = shape[9:8];
  wire logic [1:0] top = shape[7:6], left = shape[5:4], out_rows = shape[3:2], out_cols = shape[1:0];
  wire logic [7:0] row = 8'(in_cols) * 8'(groups);
  wire logic [7:0] image = 8'(in_rows) * row;
  wire logic [7:0] step = 8'(sy) * row;
  wire logic [7:0] last_y = 8'(out_rows - 2'd1) * 8'(sy), last_x = 8'(out_cols - 2'd1) * 8'(sx);
  wire logic [7:0] pixels = 8'(in_rows) * 8'(in_cols) * 8'(images);
  wire logic [31:0] before = -((32'(top) * 32'(in_cols) + 32'(left)) * 32'(groups));
  wire logic [31:0] image_step = 32'(image) - 32'(out_rows - 2'd1) * 32'(step);
  logic [32*weft_list_pkg::STORE_WORDS-1:0] store;
  always_comb begin
    store = '0;
    store[32*weft_list_pkg::STORE_COLS+:32] = 32'(out_cols) - 1;
    store[32*weft_list_pkg::STORE_ROWS+:32] = 32'(out_rows) - 1;
    store[32*weft_list_pkg::STORE_GROUPS+:32] = 32'(groups) - 1;
    store[32*weft_list_pkg::STORE_DW_SHAPE+:32] = {16'd0, 2'(sy - 2'd1), 2'(sx - 2'd1), 4'd0, 4'(kw - 2'd1), 4'(kh - 2'd1)};
    store[32*weft_list_pkg::STORE_DW_ROW_ENTRIES+:32] = 32'(row);
    store[32*weft_list_pkg::STORE_DW_ROW_STEP+:32] = 32'(step);
    store[32*weft_list_pkg::STORE_DW_CORNER+:32] = before;
    store[32*weft_list_pkg::STORE_DW_IMAGE_STEP+:32] = image_step;
    store[32*weft_list_pkg::STORE_DW_WINDOW_ENTRIES+:32] = 32'(kh) * 32'(row) + 32'(left) * 32'(groups);
    store[32*weft_list_pkg::STORE_DW_IMAGE_ENTRIES+:32] = 32'(image);
    store[32*weft_list_pkg::STORE_DW_TOTAL+:32] = 32'(pixels);
    store[32*weft_list_pkg::STORE_DW_INNER+:32] = {14'd0, 2'(images - 2'd1), 14'd0, in_cols};
    store[32*weft_list_pkg::STORE_DW_MAP+:32] = {14'd0, in_rows, 8'd0, 2'd0, top, 2'd0, left};
  end

  wire logic room, fill_last, slot, outside, first, last, emits, group_last, final_output, ends;
  wire logic [ENTRY_W-1:0] fill_entry, entry;
  wire logic [INDEX_W-1:0] weight, param;
  wire logic [2:0] phase;
  depthwise_walk #(.ROWS(ROWS), .DEPTH(DEPTH), .STEPS(1)) dut (
      .clk_i, .rst_ni, .fill_load_i, .fill_store_i(store), .take_i, .room_o(room), .fill_entry_o(fill_entry), .fill_last_o(fill_last),
      .walk_load_i, .walk_store_i(store), .there_i, .weight_base_i('0), .param_base_i('0), .emit_ready_i, .slot_o(slot), .entry_o(entry),
      .outside_o(outside), .weight_o(weight), .phase_o(phase), .first_o(first), .last_o(last), .emit_o(emits), .param_o(param),
      .group_last_o(group_last), .final_o(final_output), .ends_o(ends)
  );
  wire unused = &{1'b0, fill_last, phase, first, last, emits, weight, param, group_last, final_output};

  // ---- Whose pixel it is, by counts of our own
  logic filling_q;
  logic [7:0] pixel_q, pass_q;  // of the job; the pass' first one
  logic [1:0] group_q;
  logic [PTR_W-1:0] base_q;     // entries of the jobs before
  logic [1:0] behind_q;         // jobs that are filled and not walked over
  wire logic [7:0] pass_end = pass_q + 8'(ROWS) < pixels ? pass_q + 8'(ROWS) : pixels;
  wire logic pixel_end = pixel_q + 8'd1 == pass_end;
  wire logic group_end = pixel_end & (group_q + 2'd1 == groups);
  wire logic job_end = take_i & group_end & (pass_end == pixels);
  wire logic [PTR_W-1:0] number = base_q + PTR_W'(pixel_q) * PTR_W'(groups) + PTR_W'(group_q);
  logic written_q, lost_q, long_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      {filling_q, written_q, lost_q, long_q} <= '0;
      {behind_q, base_q} <= '0;
    end else begin
      filling_q <= fill_load_i | (filling_q & ~job_end);
      behind_q  <= behind_q + 2'(fill_load_i) - 2'(walk_load_i);
      long_q    <= long_q | (take_i & (number == '1));  // counts begin again: the end of what is looked at
      if (job_end) base_q <= base_q + PTR_W'(pixels) * PTR_W'(groups);
      if (take_i && number == number_i) {written_q, lost_q} <= 2'b10;
      else if (take_i && number[ENTRY_W-1:0] == number_i[ENTRY_W-1:0]) lost_q <= 1'b1;
    end
    if (fill_load_i) begin
      {pixel_q, pass_q} <= '0;
      group_q <= '0;
    end else if (take_i) begin
      pixel_q <= group_end ? pass_end : pixel_end ? pass_q : pixel_q + 1'b1;
      if (pixel_end) group_q <= group_end ? 2'd0 : group_q + 1'b1;
      if (group_end) pass_q <= pass_end;
    end
  end

  // ---- The environment
  logic began_q;
  logic [PTR_W+23:0] held_q;  // the entry and the shape stand still
  wire logic [PTR_W+23:0] held = {number_i, any_i};
  initial began_q = 1'b0;
  always_ff @(posedge clk_i) begin
    began_q <= 1'b1;
    held_q  <= held;
  end
  always_comb begin
    if (began_q) assume (held == held_q);
    assume (rst_ni == began_q);
    assume (in_rows != 0 && in_cols != 0 && images != 0 && groups != 0 && kh != 0 && kw != 0 && sy != 0 && sx != 0);
    assume (out_rows != 0 && out_cols != 0 && top < kh && left < kw);
    assume (last_y < 8'(in_rows) + 8'(top) && last_x < 8'(in_cols) + 8'(left));  // no filter window in the padding alone
    if (!rst_ni) assume (!fill_load_i && !take_i && !walk_load_i);
    if (fill_load_i) assume (!filling_q && behind_q < 2'd1);
    if (walk_load_i) assume (ends && behind_q != 2'd0);
    if (take_i) assume (filling_q && room);
    assume (!long_q);
    if (SHAPE != 0) assume ((fill_load_i || filling_q || behind_q != 2'd0) && (walk_load_i || !ends || behind_q == 2'd0));
  end

  wire logic [PTR_W-1:0] entry_number;  // depthwise_walk.sby connects it: the entry's number, of which entry_o is the low bits
  always_comb
    if (rst_ni && began_q) begin
      begin : PixelsGoToTheirEntries_A
        if (take_i) assert (fill_entry == number[ENTRY_W-1:0]);
      end
      begin : ReadsWhatWasWritten_A
        if (slot && !outside && entry_number == number_i) assert (written_q && !lost_q && entry == number_i[ENTRY_W-1:0]);
      end
      begin : SecondRound_C
        cover (slot && !outside && entry_number == number_i && number_i >= PTR_W'(DEPTH));
      end
    end
endmodule
`default_nettype wire
