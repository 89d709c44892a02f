// SPDX-License-Identifier: Apache-2.0
// Delays a bus by a constant number of cycles, zero included:   q_o = d_i, CYCLES later.
// Reset to zero, unless RESET = 0: what only goes with a valid bit needs no reset, and the reset net is shorter for it. A long delay
// without a reset is a ring in distributed RAM: what comes takes the place of what goes.
`default_nettype none
module delay #(
    parameter int WIDTH  = 1,  // Requires: at least 1
    parameter int CYCLES = 1,  // Requires: at least 0
    parameter int RESET  = 1   // 0: none
) (
    input  wire logic             clk_i,
    input  wire logic             rst_ni,
    input  wire logic [WIDTH-1:0] d_i,
    output wire logic [WIDTH-1:0] q_o
);
  // From LongCycles on, a ring takes less than registers in every family of fpga/. It has at most the places of Gowin's distributed RAM,
  // and a register behind them; what is longer goes on in registers.
  localparam int LongCycles = 13, MostPlaces = 16;
  localparam int Ring = RESET != 0 || CYCLES < LongCycles ? 0 : CYCLES <= MostPlaces ? CYCLES : MostPlaces + 1;
  localparam int Shift = CYCLES - Ring;
  wire logic [WIDTH-1:0] d;
  generate
    if (WIDTH < 1) begin : gen_illegal_width WIDTH_must_be_at_least_1 u_illegal (); end
    else if (CYCLES < 0) begin : gen_illegal_cycles CYCLES_must_be_at_least_0 u_illegal (); end
    if (Ring > 0) begin : gen_ring
      localparam int Places = Ring - 1;
      localparam int PlaceW = $clog2(Places);
      (* ram_style = "distributed" *)
      logic [WIDTH-1:0] mem[0:Places-1];
      logic [PlaceW-1:0] place_q;
      logic [WIDTH-1:0] q;
      always_ff @(posedge clk_i) begin
        q            <= mem[place_q];
        mem[place_q] <= d_i;
        place_q      <= !rst_ni || place_q == PlaceW'(Places - 1) ? '0 : place_q + 1'b1;
      end
      assign d = q;
    end else begin : gen_no_ring
      assign d = d_i;
    end
    if (Shift <= 0) begin : gen_wire
      assign q_o = d;
      wire unused = &{1'b0, clk_i, rst_ni};
    end else begin : gen_regs
      // At least a bit: Yosys ends at a cast to none, Verilator at a part of none, before the names above are looked for.
      localparam int Width = WIDTH < 1 ? 1 : WIDTH;
      localparam int Bits = Width * Shift;
      logic [Bits-1:0] q;
      always_ff @(posedge clk_i) begin
        if (RESET != 0 && !rst_ni) q <= '0;
        else q <= Bits'({q, d});
      end
      assign q_o = q[Width*(Shift-1)+:Width];
    end
  endgenerate
endmodule
`default_nettype wire
