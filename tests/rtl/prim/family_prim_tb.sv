// SPDX-License-Identifier: Apache-2.0
// Compares rtl/prim/FAMILY (with names that end with _family: family_prim_test.sh) with the generic rtl/prim, cycle by cycle: all
// products of two bytes, else random data. Operands favour the corners; RAM reads of the word being written are left out, as the contract of the
// family's ram says, but with +collisions.
`default_nettype none
module mult_pair #(parameter int A_W = 8, parameter int B_W = 8, parameter int CYCLES = 4000) (output logic done_o);
  logic clk = 0;
  logic [A_W-1:0] a;
  logic [B_W-1:0] b;
  wire logic [A_W+B_W-1:0] p0, p1;
  mult #(.A_W(A_W), .B_W(B_W)) u_generic (.clk_i(clk), .a_i(a), .b_i(b), .p_o(p0));
  mult_family #(.A_W(A_W), .B_W(B_W)) u_family (.clk_i(clk), .a_i(a), .b_i(b), .p_o(p1));

  function automatic logic [17:0] operand(input int width);
    case ($urandom % 6)
      0: operand = 18'd1 << (width - 1);        // the most negative one
      1: operand = (18'd1 << (width - 1)) - 1;  // the most positive one
      2: operand = {18{1'b1}};
      3: operand = 18'($urandom % 3);
      default: operand = 18'($urandom);
    endcase
  endfunction

  integer n;
  initial begin
    done_o = 0;
    for (n = 0; n < CYCLES; n++) begin
      if (A_W + B_W <= 16) {a, b} = (A_W + B_W)'(n);
      else {a, b} = {A_W'(operand(A_W)), B_W'(operand(B_W))};
      #1 clk = 1;
      #1 clk = 0;
      if (n >= 3 && (p0 !== p1 || ^p1 === 1'bx)) begin
        $display("FAIL: mult %0dx%0d, cycle %0d: generic %h, the family's %h", A_W, B_W, n, p0, p1);
        $finish;
      end
    end
    $display("mult %0dx%0d: %0d products, 0 differences", A_W, B_W, CYCLES);
    done_o = 1;
  end
endmodule

module shared_pair #(parameter int CYCLES = 4000) (output logic done_o);
  logic clk = 0;
  logic [16:0] a, c;
  logic [15:0] b;
  wire logic [32:0] p0, p1;
  wire logic [33:0] q0, q1;
  shared_operand u_generic (.clk_i(clk), .a_i(a), .b_i(b), .c_i(c), .p_o(p0), .q_o(q0));
  shared_operand_family u_family (.clk_i(clk), .a_i(a), .b_i(b), .c_i(c), .p_o(p1), .q_o(q1));
  integer n;
  initial begin
    done_o = 0;
    for (n = 0; n < CYCLES; n++) begin
      {a, b, c} = 50'({$urandom, $urandom});
      #1 clk = 1;
      #1 clk = 0;
      if (n >= 3 && ({p0, q0} !== {p1, q1} || ^{p1, q1} === 1'bx)) begin
        $display("FAIL: two multipliers with one operand, cycle %0d: generic %h and %h, the family's %h and %h", n, p0, q0, p1, q1);
        $finish;
      end
    end
    $display("two multipliers with one operand: %0d products, 0 differences", 2 * CYCLES);
    done_o = 1;
  end
endmodule

module mult_logic_pair (output logic done_o);
  logic clk = 0;
  logic [7:0] a, b;
  wire logic [15:0] p0, p1;
  mult_logic u_generic (.clk_i(clk), .a_i(a), .b_i(b), .p_o(p0));
  mult_logic_family u_family (.clk_i(clk), .a_i(a), .b_i(b), .p_o(p1));
  integer n;
  initial begin
    done_o = 0;
    for (n = 0; n < 65536 + 2; n++) begin
      {a, b} = 16'(n);
      #1 clk = 1;
      #1 clk = 0;
      if (n >= 2 && (p0 !== p1 || ^p1 === 1'bx)) begin
        $display("FAIL: mult_logic, cycle %0d: generic %h, the family's %h", n, p0, p1);
        $finish;
      end
    end
    $display("mult_logic: 65536 products, 0 differences");
    done_o = 1;
  end
endmodule

module accumulator_pair #(parameter int WIDTH = 4, parameter int SUMS = 4000) (output logic done_o);
  logic clk = 1'b0;
  logic en, first;
  logic [WIDTH-1:0] add;
  wire logic [WIDTH-1:0] sum0, sum1, acc0, acc1;
  accumulator #(.WIDTH(WIDTH)) u_generic (.clk_i(clk), .en_i(en), .first_i(first), .add_i(add), .sum_o(sum0), .acc_o(acc0));
  accumulator_family #(.WIDTH(WIDTH)) u_family (.clk_i(clk), .en_i(en), .first_i(first), .add_i(add), .sum_o(sum1), .acc_o(acc1));

  function automatic logic [63:0] operand;  // runs of ones and zeros
    operand = {1'b0, 63'({$urandom, $urandom})} >> $urandom % 63;
    if ($urandom % 2 == 0) operand = ~operand;
  endfunction
  task automatic step(input logic en_v, input logic first_v, input logic [WIDTH-1:0] add_v);  // a cycle
    {en, first, add} = {en_v, first_v, add_v};
    #1;
    if (sum0 !== sum1 || ^sum1 === 1'bx) begin
      $display("FAIL: accumulator of %0d bits, sum %0d: generic %h, the family's %h", WIDTH, n, sum0, sum1);
      $finish;
    end
    clk = 1'b1;
    #1;
    clk = 1'b0;
    if (acc0 !== acc1 || ^acc1 === 1'bx) begin
      $display("FAIL: accumulator of %0d bits after sum %0d: generic %h, the family's %h", WIDTH, n, acc0, acc1);
      $finish;
    end
  endtask

  integer n;
  logic en_n, first_n;
  logic [WIDTH-1:0] acc_n, add_n;
  initial begin
    done_o = 0;
    for (n = 0; n < SUMS; n++) begin  // of any accumulator, a sum that is kept or not
      if (2 * WIDTH + 2 <= 16) {en_n, first_n, acc_n, add_n} = (2 * WIDTH + 2)'(n);
      else {en_n, first_n, acc_n, add_n} = {2'($urandom), WIDTH'(operand()), WIDTH'(operand())};
      step(1'b1, 1'b1, acc_n);
      step(en_n, first_n, add_n);
    end
    $display("accumulator of %0d bits: %0d sums, 0 differences", WIDTH, SUMS);
    done_o = 1;
  end
endmodule

module ram_pair #(parameter int WIDTH = 8, parameter int DEPTH = 16, parameter int CYCLES = 4000) (output logic done_o);
  localparam int AddrW = $clog2(DEPTH);
  logic clk = 0;
  logic we;
  logic [AddrW-1:0] waddr, raddr;
  logic [WIDTH-1:0] wdata;
  wire logic [WIDTH-1:0] q0, q1;
  ram #(.WIDTH(WIDTH), .DEPTH(DEPTH)) u_generic (
      .clk_i(clk), .we_i(we), .waddr_i(waddr), .wdata_i(wdata), .raddr_i(raddr), .rdata_o(q0)
  );
  ram_family #(.WIDTH(WIDTH), .DEPTH(DEPTH)) u_family (
      .clk_i(clk), .we_i(we), .waddr_i(waddr), .wdata_i(wdata), .raddr_i(raddr), .rdata_o(q1)
  );

  // Fill it all, then write and read at random, half of the reads near the last write.
  integer n, i, met;
  logic collisions;
  initial begin
    done_o = 0;
    met = 0;
    collisions = $test$plusargs("collisions");
    for (n = 0; n < DEPTH + CYCLES; n++) begin
      we = n < DEPTH || $urandom % 2 == 0;
      waddr = n < DEPTH ? AddrW'(n) : AddrW'($urandom % DEPTH);
      for (i = 0; i < WIDTH; i++) wdata[i] = 1'($urandom);
      raddr = $urandom % 2 == 0 ? AddrW'($urandom % DEPTH) : AddrW'((32'(waddr) + DEPTH - (collisions ? $urandom % 2 : 1)) % DEPTH);
      if (n < DEPTH) raddr = AddrW'((n + DEPTH - 1) % DEPTH);
      if (we && raddr == waddr && !collisions) we = 0;
      if (we && raddr == waddr) met = met + 1;
      #1 clk = 1;
      #1 clk = 0;
      if (n > DEPTH + 2 && (q0 !== q1 || ^q1 === 1'bx)) begin
        $display("FAIL: ram %0dx%0d, cycle %0d: generic %h, the family's %h", WIDTH, DEPTH, n, q0, q1);
        $finish;
      end
    end
    $display("ram %0dx%0d: %0d reads, %0d of the word being written, 0 differences", WIDTH, DEPTH, CYCLES - 3, met);
    done_o = 1;
  end
endmodule

module family_prim_tb;
  wire logic [6:0] mults;
  mult_pair #(.A_W(8), .B_W(8), .CYCLES(65536 + 2)) u_8x8 (mults[0]);
  mult_pair #(.A_W(16), .B_W(16)) u_16x16 (mults[1]);
  mult_pair #(.A_W(16), .B_W(17)) u_16x17 (mults[2]);
  mult_pair #(.A_W(17), .B_W(17)) u_17x17 (mults[3]);
  mult_pair #(.A_W(18), .B_W(18)) u_18x18 (mults[4]);
  mult_pair #(.A_W(2), .B_W(18)) u_2x18 (mults[5]);
  mult_pair #(.A_W(18), .B_W(8)) u_18x8 (mults[6]);

  wire logic shared_done, logic_done;
  shared_pair u_shared (shared_done);
  mult_logic_pair u_logic (logic_done);

  wire logic [3:0] sums;
  accumulator_pair #(.WIDTH(2), .SUMS(64)) u_sum2 (sums[0]);
  accumulator_pair #(.WIDTH(7), .SUMS(65536)) u_sum7 (sums[1]);
  accumulator_pair #(.WIDTH(32)) u_sum32 (sums[2]);
  accumulator_pair #(.WIDTH(41)) u_sum41 (sums[3]);

  // Every block shape at both ends of its range, and more than one bank.
  wire logic [11:0] rams;
  ram_pair #(.WIDTH(7), .DEPTH(2)) u_2 (rams[0]);
  ram_pair #(.WIDTH(280), .DEPTH(512)) u_512 (rams[1]);
  ram_pair #(.WIDTH(18), .DEPTH(1024)) u_1024 (rams[2]);
  ram_pair #(.WIDTH(19), .DEPTH(1025)) u_1025 (rams[3]);
  ram_pair #(.WIDTH(128), .DEPTH(2048)) u_2048 (rams[4]);
  ram_pair #(.WIDTH(5), .DEPTH(2049)) u_2049 (rams[5]);
  ram_pair #(.WIDTH(64), .DEPTH(4096)) u_4096 (rams[6]);
  ram_pair #(.WIDTH(3), .DEPTH(4097)) u_4097 (rams[7]);
  ram_pair #(.WIDTH(16), .DEPTH(8192)) u_8192 (rams[8]);
  ram_pair #(.WIDTH(3), .DEPTH(16384)) u_16384 (rams[9]);
  ram_pair #(.WIDTH(3), .DEPTH(16385)) u_16385 (rams[10]);
  ram_pair #(.WIDTH(5), .DEPTH(65536)) u_65536 (rams[11]);

  initial begin
    wait (&mults && shared_done && logic_done && &sums && &rams);
    $display("PASS: 10 multipliers, 4 accumulators, 12 memories");
    $finish;
  end
endmodule
`default_nettype wire
