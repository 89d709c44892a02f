// SPDX-License-Identifier: Apache-2.0
// Adds a residual to the outputs on their way to memory:   y = clamp(M(table0[x] + table1[residual]) + zp)
// with M = MultiplyByQuantizedMultiplier: TFLite's ADD, each of whose inputs gives one of 256 summands. A max-pool may follow, whose
// pooling windows' pixels come one after the other. STORE_ADD_KIND 2: the residual is 0 everywhere, and no lines come. Jobs without an
// addition pass.
//   pixel ---------> residual_lines --> add_steps --> max_pool --> fifo -->
//   residual lines --^         tables --^
// A pixel is taken when its row's residual lines are there; one every COLS/LANES cycles.
`default_nettype none
module residual_add #(
    parameter int COLS      = 8,     // Requires: at least 2
    parameter int LANES     = 2,     // bytes at once. Requires: 1 to COLS
    parameter int BYTES     = 32768, // of the residual's buffer, as in residual_lines
    parameter int BUS_BYTES = 8,     // Requires: a power of two, 4 to 64
    localparam int COL_W = $clog2(COLS + 1)
) (
    input  wire logic                                clk_i,
    input  wire logic                                rst_ni,
    input  wire logic                                store_valid_i,
    output wire logic                                store_ready_o,
    input  wire logic [32*weft_list_pkg::STORE_WORDS-1:0] store_i,
    input  wire logic                                table_valid_i,
    output wire logic                                table_ready_o,
    input  wire logic                                residual_valid_i,
    output wire logic                                residual_ready_o,
    input  wire logic                                residual_last_i,   // of its line
    input  wire logic [             8*BUS_BYTES-1:0] data_i,            // of both
    input  wire logic                                pixel_valid_i,
    output wire logic                                pixel_ready_o,
    input  wire logic [                  8*COLS-1:0] pixel_data_i,
    input  wire logic [                   COL_W-1:0] pixel_cols_i,
    input  wire logic                                pixel_final_i,
    output wire logic                                out_valid_o,
    input  wire logic                                out_ready_i,
    output wire logic [                  8*COLS-1:0] out_data_o,
    output wire logic [                   COL_W-1:0] out_cols_o,
    output wire logic                                out_final_o
);
  if (COLS < 2) begin : gen_illegal_cols COLS_must_be_at_least_2 u_illegal (); end
  if (LANES < 1 || LANES > COLS) begin : gen_illegal_lanes LANES_must_be_1_to_COLS u_illegal (); end
  if (BUS_BYTES < 4 || BUS_BYTES > 64 || !weft_pkg::power_of_two(BUS_BYTES))
    begin : gen_illegal_bus_bytes BUS_BYTES_must_be_a_power_of_two_4_to_64 u_illegal (); end
  localparam int Steps = (COLS + LANES - 1) / LANES;
  localparam int StepW = $clog2(Steps + 1);
  localparam int Depth = 8;  // pixels between their taking and the output
  localparam int PixelW = 1 + COL_W + 8 * COLS;

  // ---- The job: four wait, one runs ---------------------------------------------------------------------------------------
  wire logic [32*weft_list_pkg::STORE_WORDS-1:0] next;
  wire logic next_valid, load;
  wire logic [2:0] next_count;
  fifo #(.WIDTH(32 * weft_list_pkg::STORE_WORDS), .DEPTH(4)) u_stores (
      .clk_i, .rst_ni, .push_i(store_valid_i & store_ready_o), .data_i(store_i), .pop_i(load),
      .valid_o(next_valid), .data_o(next), .count_o(next_count)
  );
  wire logic unused_count = &{1'b0, next_count[1:0]};
  assign store_ready_o = ~next_count[2];

  wire logic [31:0] next_add = next[32*weft_list_pkg::STORE_ADD+:32];
  wire logic [31:0] next_scale = next[32*weft_list_pkg::STORE_ADD_SCALE+:32];
  wire logic [1:0] next_kind = next_add[weft_list_pkg::STORE_ADD_KIND_LSB+:weft_list_pkg::STORE_ADD_KIND_W];
  wire logic next_adds = next_kind != 2'd0;
  wire logic next_alone = next_kind == 2'd2;
  wire logic unused_next = &{1'b0, next, next_add};
  wire logic empty, add_take, lines_there;
  logic active_q, adds_q, alone_q;
  logic [weft_list_pkg::STORE_ADD_SCALE_MULT_W-1:0] mult_q;
  logic onnx_q;
  logic [weft_list_pkg::STORE_ADD_SHIFT_W-1:0] shift_q;
  logic [7:0] zp_q, lo_q, hi_q;
  logic [weft_list_pkg::DIM_W-1:0] pool_q;  // pixels of a pooling window
  assign load = next_valid & ~active_q & empty;  // what is on its way still needs the job's numbers

  logic [StepW-1:0] slot_q;  // cycles until the next pixel may be taken
  logic [3:0] credit_q;      // pixels that may still be taken; one comes back when it leaves or is inside a pooling window
  wire logic out_pop, pooled;
  wire logic passes = active_q & ~adds_q;
  wire logic add_ready = active_q & adds_q & lines_there & (slot_q == '0) & (credit_q != '0);
  assign add_take = pixel_valid_i & add_ready;
  assign empty = credit_q == 4'(Depth);
  assign pixel_ready_o = add_ready | (passes & out_ready_i);
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      active_q <= 1'b0;
      adds_q   <= 1'b0;
      slot_q   <= '0;
      credit_q <= 4'(Depth);
    end else begin
      active_q <= load | (active_q & ~(pixel_valid_i & pixel_ready_o & pixel_final_i));
      if (load) adds_q <= next_adds;
      credit_q <= credit_q + 4'(out_pop) + 4'(pooled) - 4'(add_take);
      slot_q   <= add_take ? StepW'(Steps - 1) : slot_q - StepW'(slot_q != '0);
    end
    if (load) begin
      alone_q <= next_alone;
      mult_q  <= next_scale[weft_list_pkg::STORE_ADD_SCALE_MULT_LSB+:weft_list_pkg::STORE_ADD_SCALE_MULT_W];
      onnx_q  <= next_scale[weft_list_pkg::STORE_ADD_SCALE_ROUNDING_BIT];
      shift_q <= next_add[weft_list_pkg::STORE_ADD_SHIFT_LSB+:weft_list_pkg::STORE_ADD_SHIFT_W];
      hi_q    <= next_add[weft_list_pkg::STORE_ADD_CLAMP_HI_LSB+:weft_list_pkg::STORE_ADD_CLAMP_HI_W];
      lo_q    <= next_add[weft_list_pkg::STORE_ADD_CLAMP_LO_LSB+:weft_list_pkg::STORE_ADD_CLAMP_LO_W];
      zp_q    <= next_add[weft_list_pkg::STORE_ADD_ZP_LSB+:weft_list_pkg::STORE_ADD_ZP_W];
      pool_q  <= next[32*weft_list_pkg::STORE_POOL+:weft_list_pkg::DIM_W];
    end
  end

  // ---- The pixel beside its residual, and their sum ---------------------------------------------------------------------------
  wire logic pair_valid, sum_valid;
  wire logic [8*COLS-1:0] pair_pixel, pair_residual, sum;
  residual_lines #(.COLS(COLS), .BYTES(BYTES), .BUS_BYTES(BUS_BYTES)) u_residual (
      .clk_i, .rst_ni, .load_i(load & next_adds & ~next_alone), .store_i(next), .alone_i(alone_q),
      .line_valid_i(residual_valid_i), .line_ready_o(residual_ready_o), .line_data_i(data_i), .line_last_i(residual_last_i),
      .there_o(lines_there), .take_i(add_take), .pixel_i(pixel_data_i),
      .valid_o(pair_valid), .pixel_o(pair_pixel), .residual_o(pair_residual)
  );
  add_steps #(.COLS(COLS), .LANES(LANES), .BUS_BYTES(BUS_BYTES)) u_steps (
      .clk_i, .rst_ni, .table_valid_i, .table_ready_o, .table_data_i(data_i),
      .onnx_i(onnx_q), .mult_i({1'b0, mult_q}), .shift_i(shift_q), .zp_i(zp_q), .lo_i(lo_q), .hi_i(hi_q),
      .valid_i(pair_valid), .pixel_i(pair_pixel), .residual_i(pair_residual), .valid_o(sum_valid), .pixel_o(sum)
  );

  // ---- Outputs: pooled, with their channels and the job's last one marked ------------------------------------------------------
  wire logic side_valid;
  wire logic [COL_W:0] side;
  logic [COL_W:0] side_q;
  wire logic [3:0] side_count, out_count;
  fifo #(.WIDTH(1 + COL_W), .DEPTH(Depth)) u_side (
      .clk_i, .rst_ni, .push_i(add_take), .data_i({pixel_final_i, pixel_cols_i}), .pop_i(sum_valid),
      .valid_o(side_valid), .data_o(side), .count_o(side_count)
  );
  wire logic pool_valid;
  wire logic [8*COLS-1:0] pool_data;
  logic pushed_q;
  max_pool #(.COLS(COLS)) u_pool (
      .clk_i, .rst_ni, .count_i(pool_q), .valid_i(sum_valid), .data_i(sum), .valid_o(pool_valid), .data_o(pool_data)
  );
  always_ff @(posedge clk_i) begin
    pushed_q <= sum_valid & rst_ni;
    side_q   <= side;
  end
  assign pooled = pushed_q & ~pool_valid;
  wire logic add_valid, add_final;
  wire logic [COL_W-1:0] add_cols;
  wire logic [8*COLS-1:0] add_data;
  fifo #(.WIDTH(PixelW), .DEPTH(Depth)) u_out (
      .clk_i, .rst_ni, .push_i(pool_valid), .data_i({side_q, pool_data}), .pop_i(out_pop),
      .valid_o(add_valid), .data_o({add_final, add_cols, add_data}), .count_o(out_count)
  );
  wire unused_counts = &{1'b0, side_valid, side_count, out_count};
  assign out_pop = add_valid & out_ready_i;
  assign out_valid_o = add_valid | (passes & pixel_valid_i);
  assign out_data_o = passes ? pixel_data_i : add_data;
  assign out_cols_o = passes ? pixel_cols_i : add_cols;
  assign out_final_o = passes ? pixel_final_i : add_final;

`ifndef SYNTHESIS
  logic out_stalled_q;
  logic [PixelW-1:0] out_held_q;
  always_ff @(posedge clk_i) begin
    out_stalled_q <= rst_ni & out_valid_o & ~out_ready_i;
    out_held_q    <= {out_final_o, out_cols_o, out_data_o};
    if (rst_ni) begin
      begin : OutHeldUntilTaken_A
        if (out_stalled_q) assert (out_valid_o && {out_final_o, out_cols_o, out_data_o} == out_held_q);
      end
      begin : CreditInRange_A
        assert (credit_q <= 4'(Depth) && !(add_take && credit_q == '0));
      end
      begin : NothingAddedWhileAJobPasses_A
        assert (!(passes && (add_valid || !empty)));
      end
    end
  end
`endif
endmodule
`default_nettype wire
