// SPDX-License-Identifier: Apache-2.0
// A plain bench of weft_axi: one start of a network that `weft export --format mem` has written to the folder +network=DIR. Memory
// takes a burst of reads and a burst of writes at a time. Every byte of the outputs is compared with the golden model's; a difference
// ends the simulation with status 1. The parameters are those of the network's configuration ("parameters" in DIR/network.json).
`timescale 1ns / 1ps
`default_nettype none
module weft_axi_tb #(
    parameter int ROWS          = 4,
    parameter int COLS          = 4,
    parameter int LANES         = 2,
    parameter int LINE_BYTES    = 32768,
    parameter int WEIGHT_BYTES  = 65536,
    parameter int BUS_BYTES     = 4,
    parameter int ACC_W         = 32,
    parameter int MACS_PER_MULT = 1,
    parameter int DW_TAPS       = 3,
    parameter int RESIDUAL_ADD  = 1,
    parameter int MEMORY_BYTES  = 1 << 20,  // Requires: the network's window fits
    parameter int MOST_CYCLES   = 20000000
);
  localparam int WINDOW_BASE_LO = 12'h040, STATUS = 12'h024, CONTROL = 12'h020, CYCLES_LO = 12'h080;  // docs/registers.md
  logic clk = 1'b0, rst_n = 1'b0;
  always #5 clk = !clk;

  // Registers
  logic awvalid = 1'b0, wvalid = 1'b0, bready = 1'b0, arvalid = 1'b0, rready = 1'b0;
  logic [11:0] awaddr, araddr;
  logic [31:0] wdata;
  logic [2:0] taken;
  wire awready, wready, bvalid, arready, rvalid, irq;
  wire [31:0] rdata;
  wire [1:0] bresp, rresp;
  // Memory
  logic [8*BUS_BYTES-1:0] memory[0:MEMORY_BYTES/BUS_BYTES-1], expected[0:MEMORY_BYTES/BUS_BYTES-1];
  logic [39:0] base = 40'd0;
  logic reading = 1'b0, writing = 1'b0, answering = 1'b0;
  logic [39:0] read_addr, write_addr;
  logic [7:0] read_left;
  logic [3:0] read_id, write_id;
  wire m_arvalid, m_rready, m_awvalid, m_wvalid, m_wlast, m_bready;
  wire [39:0] m_araddr, m_awaddr;
  wire [7:0] m_arlen;
  wire [3:0] m_arid, m_awid;
  wire [8*BUS_BYTES-1:0] m_wdata;
  wire [BUS_BYTES-1:0] m_wstrb;

  weft_axi #(
      .ROWS(ROWS), .COLS(COLS), .LANES(LANES), .LINE_BYTES(LINE_BYTES), .WEIGHT_BYTES(WEIGHT_BYTES), .BUS_BYTES(BUS_BYTES), .ACC_W(ACC_W),
      .MACS_PER_MULT(MACS_PER_MULT), .DW_TAPS(DW_TAPS), .RESIDUAL_ADD(RESIDUAL_ADD)
  ) u_weft (
      .aclk(clk), .aresetn(rst_n), .irq(irq),
      .s_axi_awaddr(awaddr), .s_axi_awprot(3'd0), .s_axi_awvalid(awvalid), .s_axi_awready(awready),
      .s_axi_wdata(wdata), .s_axi_wstrb(4'hf), .s_axi_wvalid(wvalid), .s_axi_wready(wready),
      .s_axi_bresp(bresp), .s_axi_bvalid(bvalid), .s_axi_bready(bready),
      .s_axi_araddr(araddr), .s_axi_arprot(3'd0), .s_axi_arvalid(arvalid), .s_axi_arready(arready),
      .s_axi_rdata(rdata), .s_axi_rresp(rresp), .s_axi_rvalid(rvalid), .s_axi_rready(rready),
      .m_axi_awid(m_awid), .m_axi_awaddr(m_awaddr), .m_axi_awlen(), .m_axi_awsize(), .m_axi_awburst(), .m_axi_awlock(),
      .m_axi_awcache(), .m_axi_awprot(), .m_axi_awqos(), .m_axi_awvalid(m_awvalid), .m_axi_awready(!writing && !answering),
      .m_axi_wdata(m_wdata), .m_axi_wstrb(m_wstrb), .m_axi_wlast(m_wlast), .m_axi_wvalid(m_wvalid), .m_axi_wready(writing),
      .m_axi_bid(write_id), .m_axi_bresp(2'b00), .m_axi_bvalid(answering), .m_axi_bready(m_bready),
      .m_axi_arid(m_arid), .m_axi_araddr(m_araddr), .m_axi_arlen(m_arlen), .m_axi_arsize(), .m_axi_arburst(), .m_axi_arlock(),
      .m_axi_arcache(), .m_axi_arprot(), .m_axi_arqos(), .m_axi_arvalid(m_arvalid), .m_axi_arready(!reading),
      .m_axi_rid(read_id), .m_axi_rdata(memory[(read_addr-base)/BUS_BYTES]), .m_axi_rresp(2'b00), .m_axi_rlast(read_left == 8'd0),
      .m_axi_rvalid(reading), .m_axi_rready(m_rready)
  );

  always @(posedge clk) begin : gen_reads
    if (!reading && m_arvalid) begin
      {reading, read_addr, read_left, read_id} <= {1'b1, m_araddr, m_arlen, m_arid};
    end else if (reading && m_rready) begin
      reading <= read_left != 8'd0;
      read_left <= read_left - 8'd1;
      read_addr <= read_addr + BUS_BYTES;
    end
  end
  always @(posedge clk) begin : gen_writes
    if (!writing && !answering && m_awvalid) {writing, write_addr, write_id} <= {1'b1, m_awaddr, m_awid};
    if (writing && m_wvalid) begin
      for (int i = 0; i < BUS_BYTES; i++) if (m_wstrb[i]) memory[(write_addr-base)/BUS_BYTES][8*i +: 8] <= m_wdata[8*i +: 8];
      write_addr <= write_addr + BUS_BYTES;
      {writing, answering} <= {!m_wlast, m_wlast};
    end
    if (answering && m_bready) answering <= 1'b0;
  end

  // Registers are driven between the clock's edges, and looked at in them.
  task automatic write_register(input logic [11:0] offset, input logic [31:0] value);
    {awaddr, wdata, awvalid, wvalid, bready} = {offset, value, 3'b111};
    while (awvalid || wvalid || bready) begin
      @(negedge clk);
      if (bvalid && bready && bresp != 2'b00) fail($sformatf("the register at %h answers a write with an error", offset));
      taken = {awready, wready, bvalid};
      @(posedge clk) #1 {awvalid, wvalid, bready} = {awvalid, wvalid, bready} & ~taken;
    end
  endtask
  task automatic read_register(input logic [11:0] offset, output logic [31:0] value);
    {araddr, arvalid, rready} = {offset, 2'b11};
    while (arvalid || rready) begin
      @(negedge clk) taken = {1'b0, arready, rvalid};
      if (rvalid) value = rdata;
      @(posedge clk) #1 {arvalid, rready} = {arvalid, rready} & ~taken[1:0];
    end
  endtask
  task automatic fail(input string sentence);
    $display("weft_axi_tb: %s", sentence);
    $finish_and_return(1);
    #1;  // so that nothing goes on
  endtask

  string dir;
  logic [43:0] writes[0:15];
  int cycles, compared, different;
  logic [31:0] value;

  function automatic bit is_file(input string name);
    int file;
    file = $fopen(name, "r");
    is_file = file != 0;
    if (is_file) $fclose(file);
  endfunction

  initial begin : main
    if ($value$plusargs("network=%s", dir) == 0) fail("say +network=DIR, a folder that weft export --format mem has written");
    if (!is_file({dir, "/start0_registers.mem"})) fail({dir, ": there is no start0_registers.mem in it"});
    for (int i = 0; i < MEMORY_BYTES / BUS_BYTES; i++) memory[i] = {BUS_BYTES{8'ha5}};  // what nobody has written must not matter
    $readmemh({dir, "/start0_program.mem"}, memory);
    for (int i = 0; is_file($sformatf("%s/start0_input%0d.mem", dir, i)); i++) $readmemh($sformatf("%s/start0_input%0d.mem", dir, i), memory);
    for (int i = 0; is_file($sformatf("%s/start0_output%0d.mem", dir, i)); i++) $readmemh($sformatf("%s/start0_output%0d.mem", dir, i), expected);
    $readmemh({dir, "/start0_registers.mem"}, writes);

    repeat (4) @(posedge clk);
    #1 rst_n = 1'b1;
    @(posedge clk) #1;
    for (int i = 0; i < 16; i++) begin
      if (writes[i][43:32] === WINDOW_BASE_LO) base[31:0] = writes[i][31:0];
      if (writes[i][43:32] === WINDOW_BASE_LO + 12'd4) base[39:32] = writes[i][7:0];
      if (writes[i][43:32] !== 12'bx) write_register(writes[i][43:32], writes[i][31:0]);
    end
    for (cycles = 0; !irq && cycles < MOST_CYCLES; cycles++) @(posedge clk) #1;
    if (!irq) fail($sformatf("no interrupt in %0d cycles", cycles));
    read_register(STATUS, value);
    if (value[1] !== 1'b1) fail($sformatf("the start ended with STATUS %h (docs/registers.md)", value));
    read_register(CYCLES_LO, value);

    for (int i = 0; i < MEMORY_BYTES; i++) begin
      if (expected[i/BUS_BYTES][8*(i%BUS_BYTES) +: 8] !== 8'bx) begin
        compared++;
        if (memory[i/BUS_BYTES][8*(i%BUS_BYTES) +: 8] !== expected[i/BUS_BYTES][8*(i%BUS_BYTES) +: 8]) begin
          different++;
          if (different <= 10) $display("byte %h of the window is %h, the golden model says %h", i, memory[i/BUS_BYTES][8*(i%BUS_BYTES) +: 8], expected[i/BUS_BYTES][8*(i%BUS_BYTES) +: 8]);
        end
      end
    end
    if (compared == 0) fail("nothing was compared: export the network with --input");
    if (different != 0) fail($sformatf("%0d of %0d bytes differ", different, compared));
    $display("weft_axi_tb: %0d bytes compared, 0 differences, %0d cycles", compared, value);
    $finish;
  end
endmodule
`default_nettype wire
