// SPDX-License-Identifier: Apache-2.0
// Adds a residual to the outputs on their way to memory:   y = clamp(M(table0[x] + table1[residual]) + zp)
// with M = MultiplyByQuantizedMultiplier: TFLite's ADD, each of whose inputs gives one of 256 summands. A max-pool may follow, whose
// pooling windows' pixels come one after the other. ADD_ALONE: the residual is 0 everywhere, and no lines come. Jobs without an
// addition pass; with RESIDUAL_ADD = 0 all do. ADD_DEPTHWISE: the pixels go through a depthwise convolution (see depthwise.sv), whose
// sums take the same way.
//   pixel ---------> residual_lines ------> add_steps --> max_pool --> fifo -->
//   residual lines --^   |  ^     tables --^  ^
//                        '-> depthwise -------'
// A pixel is taken when its row's residual lines are there; one every COLS/LANES cycles. So are outputs of a depthwise convolution begun.
`default_nettype none
module residual_add #(
    parameter int ROWS      = 8,     // of the engine. Requires: 2 to 64
    parameter int COLS      = 8,     // Requires: at least 2
    parameter int LANES     = 2,     // bytes at once. Requires: 1 to COLS
    parameter int BYTES     = 32768, // of the residual's buffer, as in residual_lines
    parameter int BUS_BYTES = 8,     // Requires: a power of two, 4 to 64
    parameter int DW_TAPS   = 3,     // of depthwise; 0: there is none, such jobs pass. Requires: 0, 1 or 3
    parameter int RESIDUAL_ADD = 1,  // 0: nothing is added, all jobs pass. Requires: 1, or 0 if DW_TAPS is 0
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
    input  wire logic                                weight_valid_i,    // of depthwise
    output wire logic                                weight_ready_o,
    input  wire logic                                param_valid_i,
    output wire logic                                param_ready_o,
    input  wire logic [             8*BUS_BYTES-1:0] data_i,            // of all of these
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
  if (ROWS < 2 || ROWS > 64) begin : gen_illegal_rows ROWS_must_be_2_to_64 u_illegal (); end
  if (COLS < 2) begin : gen_illegal_cols COLS_must_be_at_least_2 u_illegal (); end
  if (LANES < 1 || LANES > COLS) begin : gen_illegal_lanes LANES_must_be_1_to_COLS u_illegal (); end
  if (BUS_BYTES < 4 || BUS_BYTES > 64 || !weft_pkg::power_of_two(BUS_BYTES))
    begin : gen_illegal_bus_bytes BUS_BYTES_must_be_a_power_of_two_4_to_64 u_illegal (); end
  if (DW_TAPS != 0 && DW_TAPS != 1 && DW_TAPS != 3) begin : gen_illegal_dw_taps DW_TAPS_must_be_0_1_or_3 u_illegal (); end
  if (RESIDUAL_ADD != 1 && (RESIDUAL_ADD != 0 || DW_TAPS != 0))
    begin : gen_illegal_residual_add RESIDUAL_ADD_must_be_1_or_0_without_DW_TAPS u_illegal (); end
  localparam int Steps = (COLS + LANES - 1) / LANES;
  localparam int StepW = $clog2(Steps + 1);
  localparam bit Depthwise = DW_TAPS != 0;
  localparam bit Adds = RESIDUAL_ADD != 0;  // masks also what is never set then: synthesis leaves out what follows
  localparam int Depth = Depthwise ? 16 : 8;  // pixels between their taking, or a depthwise sum's last slot, and the output
  localparam int FlightW = $clog2(Depth) + 1;
  localparam int PixelW = 1 + COL_W + 8 * COLS;

  // ---- The job --------------------------------------------------------------------------------------------------------------
  localparam int KindW = weft_list_pkg::STORE_ADD_KIND_W;
  wire logic [KindW-1:0] next_kind = store_i[32*weft_list_pkg::STORE_ADD+weft_list_pkg::STORE_ADD_KIND_LSB+:KindW];
  wire logic next_inner = (next_kind == KindW'(weft_list_pkg::ADD_DEPTHWISE)) & Depthwise;
  wire logic next_alone = next_kind == KindW'(weft_list_pkg::ADD_ALONE);
  wire logic next_adds = ((next_kind == KindW'(weft_list_pkg::ADD_RESIDUAL)) | next_alone) & Adds;
  wire logic empty, add_take, lines_there;
  logic active_q;
  logic adds_q;   // one runs that adds
  logic passes_q, no_pass_q;  // one whose pixels pass; no: not passes_q, with its many loads
  logic inner_q;  // its pixels are an inner tensor
  wire logic inner_room, inner_idle, inner_begin;  // of depthwise: a job may come; none is there; one's outputs come next
  wire logic [32*weft_list_pkg::STORE_WORDS-1:0] inner_store;
  logic [weft_list_pkg::STORE_ADD_SCALE_MULT_W-1:0] mult_q;
  logic onnx_q;
  logic [weft_list_pkg::STORE_ADD_SHIFT_W-1:0] shift_q;
  logic [7:0] zp_q, lo_q, hi_q;
  logic [weft_list_pkg::DIM_W-1:0] pool_q;  // pixels of a pooling window
  // What is on its way still needs the job's numbers; depthwise keeps those of a job until it begins.
  assign store_ready_o = ~active_q & (next_inner & inner_q ? inner_room : empty & inner_idle);
  wire logic load = store_valid_i & store_ready_o;
  wire logic fresh = inner_begin | (load & ~next_inner);  // outputs of a new job come next
  wire logic [32*weft_list_pkg::STORE_WORDS-1:0] new_store = inner_begin ? inner_store : store_i;
  wire logic [31:0] new_add = new_store[32*weft_list_pkg::STORE_ADD+:32];
  wire logic [31:0] new_scale = new_store[32*weft_list_pkg::STORE_ADD_SCALE+:32];
  wire logic unused_new = &{1'b0, store_i, new_store, new_add};

  logic [StepW-1:0] slot_q;      // cycles until the next pixel may be taken
  logic [FlightW-1:0] flight_q;  // pixels on their way, at most Depth, until they leave or are inside a pooling window
  logic begins_q;                // the next one may be taken, and may be on its way
  wire logic out_pop, pooled, emit, inner_ready;
  wire logic filling = active_q & inner_q;
  wire logic add_ready = adds_q & lines_there & begins_q;
  wire logic inner_take = pixel_valid_i & filling & inner_ready;
  wire logic starts = add_take | emit;
  assign add_take = pixel_valid_i & add_ready;
  assign empty = flight_q == '0;
  wire logic next_free = starts ? Steps == 1 : (slot_q >> 1) == '0;
  wire logic next_full = ~out_pop & ~pooled & (flight_q[FlightW-1] | (starts & (&flight_q[FlightW-2:0])));
  wire logic ends = pixel_valid_i & pixel_ready_o & pixel_final_i;
  wire logic passes = load ? ~next_adds & ~next_inner : passes_q & ~ends;
  assign pixel_ready_o = add_ready | (passes_q & out_ready_i) | (filling & inner_ready);
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      active_q  <= 1'b0;
      adds_q    <= 1'b0;
      passes_q  <= 1'b0;
      no_pass_q <= Adds;
      inner_q   <= 1'b0;
      slot_q    <= '0;
      begins_q  <= 1'b1;
      flight_q  <= '0;
    end else begin
      active_q  <= load | (active_q & ~ends);
      adds_q    <= (load ? next_adds : adds_q & ~ends) & Adds;
      passes_q  <= passes;
      no_pass_q <= ~passes & Adds;
      if (load) inner_q <= next_inner & Depthwise;
      flight_q <= flight_q + FlightW'(starts) - FlightW'(out_pop) - FlightW'(pooled);
      slot_q   <= starts ? StepW'(Steps - 1) : slot_q - StepW'(slot_q != '0);
      begins_q <= next_free & ~next_full;
    end
    if (fresh) begin
      mult_q  <= new_scale[weft_list_pkg::STORE_ADD_SCALE_MULT_LSB+:weft_list_pkg::STORE_ADD_SCALE_MULT_W];
      onnx_q  <= new_scale[weft_list_pkg::STORE_ADD_SCALE_ROUNDING_BIT];
      shift_q <= new_add[weft_list_pkg::STORE_ADD_SHIFT_LSB+:weft_list_pkg::STORE_ADD_SHIFT_W];
      hi_q    <= new_add[weft_list_pkg::STORE_ADD_CLAMP_HI_LSB+:weft_list_pkg::STORE_ADD_CLAMP_HI_W];
      lo_q    <= new_add[weft_list_pkg::STORE_ADD_CLAMP_LO_LSB+:weft_list_pkg::STORE_ADD_CLAMP_LO_W];
      zp_q    <= new_add[weft_list_pkg::STORE_ADD_ZP_LSB+:weft_list_pkg::STORE_ADD_ZP_W];
      pool_q  <= new_store[32*weft_list_pkg::STORE_POOL+:weft_list_pkg::DIM_W];
    end
  end

  // ---- The pixel beside its residual, and their sum ---------------------------------------------------------------------------
  wire logic pair_valid, sum_valid;
  wire logic [8*COLS-1:0] pair_pixel, pair_residual, sum;
  // Lines may come as soon as all outputs before are out; pixels of an inner tensor that no output needs may then still be to come.
  wire logic lines_ready;
  wire logic tables_ready;
  assign residual_ready_o = (lines_ready & ~filling) | ~Adds;  // without additions nobody reads what comes
  assign table_ready_o = tables_ready | ~Adds;
  localparam int MinWord = 1 << $clog2(COLS);
  localparam int Entries = BYTES / (MinWord > BUS_BYTES ? MinWord : BUS_BYTES);
  localparam int EntryW = $clog2(Entries);
  wire logic [EntryW-1:0] inner_waddr, inner_raddr;
  wire logic [8*COLS-1:0] inner_data;
  residual_lines #(.COLS(COLS), .BYTES(BYTES), .BUS_BYTES(BUS_BYTES), .INNER(DW_TAPS)) u_residual (
      .clk_i, .rst_ni, .load_i(load & next_adds & ~next_alone), .store_i, .alone_i(load & next_alone),
      .line_valid_i(residual_valid_i & ~filling), .line_ready_o(lines_ready), .line_data_i(data_i), .line_last_i(residual_last_i),
      .there_o(lines_there), .take_i(add_take), .pixel_i(pixel_data_i),
      .valid_o(pair_valid), .pixel_o(pair_pixel), .residual_o(pair_residual),
      .inner_i(inner_q), .inner_take_i(inner_take), .inner_waddr_i(inner_waddr), .inner_raddr_i(inner_raddr), .inner_o(inner_data)
  );
  wire logic inner_valid;
  wire logic [COL_W-1:0] emit_cols;
  wire logic emit_final;
  wire logic [32*LANES-1:0] inner_acc, inner_mult;
  wire logic [6*LANES-1:0] inner_shift;
  generate
    if (Depthwise) begin : gen_depthwise
      depthwise #(.ROWS(ROWS), .COLS(COLS), .TAPS(DW_TAPS), .LANES(LANES), .DEPTH(Entries), .BUS_BYTES(BUS_BYTES)) u_depthwise (
          .clk_i, .rst_ni, .weight_valid_i, .weight_ready_o, .param_valid_i, .param_ready_o, .stream_i(data_i),
          .load_i(load & next_inner), .store_i, .room_o(inner_room), .idle_o(inner_idle), .begin_o(inner_begin),
          .begin_store_o(inner_store), .filling_i(filling), .take_i(inner_take), .ready_o(inner_ready), .cols_i(pixel_cols_i),
          .fill_entry_o(inner_waddr), .read_entry_o(inner_raddr), .read_data_i(inner_data), .emit_ready_i(begins_q), .empty_i(empty),
          .emit_o(emit), .emit_cols_o(emit_cols), .emit_final_o(emit_final), .valid_o(inner_valid), .acc_o(inner_acc),
          .mult_o(inner_mult), .shift_o(inner_shift)
      );
    end else begin : gen_no_depthwise
      assign {inner_room, inner_idle, inner_begin, inner_ready, emit, emit_final, inner_valid} = 7'b0100000;
      assign {inner_store, inner_waddr, inner_raddr, emit_cols, inner_acc, inner_mult, inner_shift} = '0;
      assign {weight_ready_o, param_ready_o} = 2'b11;  // nobody reads what comes
      wire unused_depthwise = &{1'b0, weight_valid_i, param_valid_i, inner_data};
    end
  endgenerate
  add_steps #(.COLS(COLS), .LANES(LANES), .BUS_BYTES(BUS_BYTES)) u_steps (
      .clk_i, .rst_ni, .table_valid_i, .table_ready_o(tables_ready), .table_data_i(data_i),
      .onnx_i(onnx_q), .mult_i({1'b0, mult_q}), .shift_i(shift_q), .zp_i(zp_q), .lo_i(lo_q), .hi_i(hi_q),
      .outside_i(inner_q), .outside_acc_i(inner_acc), .outside_mult_i(inner_mult), .outside_shift_i(inner_shift),
      .valid_i(pair_valid | inner_valid), .pixel_i(pair_pixel), .residual_i(pair_residual), .valid_o(sum_valid), .pixel_o(sum)
  );

  // ---- Outputs: pooled, with their channels and the job's last one marked ------------------------------------------------------
  wire logic side_valid;
  wire logic [COL_W:0] side;
  logic [COL_W:0] side_q;
  wire logic [FlightW-1:0] side_count, out_count;
  fifo #(.WIDTH(1 + COL_W), .DEPTH(Depth)) u_side (
      .clk_i, .rst_ni, .push_i(starts), .data_i(inner_q ? {emit_final, emit_cols} : {pixel_final_i, pixel_cols_i}), .pop_i(sum_valid),
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
  wire logic sums_there, add_final;
  wire logic add_valid = sums_there & Adds;
  wire logic [COL_W-1:0] add_cols;
  wire logic [8*COLS-1:0] add_data;
  fifo #(.WIDTH(PixelW), .DEPTH(Depth)) u_out (
      .clk_i, .rst_ni, .push_i(pool_valid), .data_i({side_q, pool_data}), .pop_i(out_pop),
      .valid_o(sums_there), .data_o({add_final, add_cols, add_data}), .count_o(out_count)
  );
  wire unused_counts = &{1'b0, side_valid, side_count, out_count};
  assign out_pop = add_valid & out_ready_i;
  assign out_valid_o = add_valid | (passes_q & pixel_valid_i);
  assign out_data_o = no_pass_q ? add_data : pixel_data_i;
  assign out_cols_o = no_pass_q ? add_cols : pixel_cols_i;
  assign out_final_o = no_pass_q ? add_final : pixel_final_i;

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
      begin : FlightInRange_A
        assert (flight_q <= FlightW'(Depth) && (!begins_q || (slot_q == '0 && !flight_q[FlightW-1])) && !(starts && !begins_q));
      end
      begin : NothingAddedWhileAJobPasses_A
        assert (!(passes_q && (add_valid || !empty || adds_q || inner_q || !active_q || no_pass_q)));
      end
      begin : ResidualOrInnerTensor_A
        assert (inner_q ? !add_take && !pair_valid : inner_idle && !emit);
      end
    end
  end
`endif
endmodule
`default_nettype wire
