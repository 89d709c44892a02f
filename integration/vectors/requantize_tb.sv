// SPDX-License-Identifier: Apache-2.0
// Replays vectors of `weft waves --dump-vectors` into one module, lane 0's requantize: the sums with their bias, multipliers, shifts
// and zero points go in, and what comes out has to be what the golden model says. N-th numbers belong together.
//   +vectors=DIR    the folder of the run: DIR/golden/*.hex
`default_nettype none
module requantize_tb #(
    parameter int LANES = 1,  // of the configuration: a number has so many lanes
    parameter int COUNT = 1,  // outputs; of the inputs there are a few more, which are still on their way when the layer ends
    parameter int ONNX = 0    // 1: the layer rounds as ONNX Runtime does (`rounding` of the manifest)
);
  logic clk = 0;
  always #5 clk = ~clk;

  localparam int SIZE = COUNT + 64;
  logic [32*LANES-1:0] acc[0:SIZE-1], mult[0:SIZE-1];
  logic [6*LANES-1:0] shift[0:SIZE-1];
  logic [7:0] zp[0:SIZE-1];
  logic [8*LANES-1:0] y[0:SIZE-1], expected;

  int item = 0;
  logic [7:0] got;
  requantize dut (
      .clk_i(clk),
      .rst_ni(1'b1),
      .onnx_i(ONNX == 1),
      .acc_i(acc[item][31:0]),
      .mult_i(mult[item][31:0]),
      .shift_i(shift[item][5:0]),
      .zp_i(zp[item]),
      .y_o(got)
  );

  string dir;
  int compared = 0, differ = 0;
  initial begin
    if (!$value$plusargs("vectors=%s", dir)) $fatal(1, "say +vectors=DIR");
    $readmemh({dir, "/golden/u_output.gen_lane.u_bias.acc_o.hex"}, acc);
    $readmemh({dir, "/golden/u_output.u_params.mult_o.hex"}, mult);
    $readmemh({dir, "/golden/u_output.u_params.shift_o.hex"}, shift);
    $readmemh({dir, "/golden/u_output.zp.hex"}, zp);
    $readmemh({dir, "/golden/u_output.gen_lane.u_requantize.y_o.hex"}, y);
    for (int i = 0; i < COUNT + weft_pkg::REQUANT_LATENCY; i++) begin
      @(negedge clk);  // in the middle between two rising edges
      if (i >= weft_pkg::REQUANT_LATENCY) begin
        expected = y[i-weft_pkg::REQUANT_LATENCY];
        compared++;
        if (got !== expected[7:0]) begin
          if (differ == 0) $display("number %0d: expected %0d, got %0d", compared - 1, $signed(expected[7:0]), $signed(got));
          differ++;
        end
      end
      if (i < COUNT) item = i;
    end
    $display("%0d outputs compared, %0d differences", compared, differ);
    if (differ != 0 || compared != COUNT) $fatal(1, "requantize is not what the golden model says");
    $finish;
  end
endmodule
`default_nettype wire
