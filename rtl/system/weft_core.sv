// SPDX-License-Identifier: Apache-2.0
// Everything but the registers: one start runs a list of commands from memory to its end.
//   memory --- read_dma ---> command_reader ---> jobs ---> conv_engine ---> write_dma ---> memory
//                 |  ^-------- reads ---'  '---- where outputs go -----------^
//                 '---> lines, weights, parameters ---^            ^
//                 '---> residual lines, tables ---> residual_add -'
// A start begins with reading a block of the list; the list's own commands say what else to read. It ends with the list, an
// error, an abort or the watchdog: done_o with a status code. After that the bus finishes what it has begun (busy_o until then) and the
// engine is cleaned, for which the next start waits: it finds nothing of this one.
`default_nettype none
module weft_core #(
    parameter int ROWS          = 8,
    parameter int COLS          = 8,
    parameter int LANES         = 4,
    parameter int LINE_BYTES    = 65536,
    parameter int WEIGHT_BYTES  = 131072,
    parameter int BUS_BYTES     = 8,
    parameter int ACC_W         = 32,
    parameter int MACS_PER_MULT = 1,
    parameter int DW_TAPS       = 3,
    parameter int RESIDUAL_ADD  = 1,
    parameter int ADDR_W        = 40,
    parameter int ID_W          = 4,
    localparam int COL_W = $clog2(COLS + 1)
) (
    input  wire logic                                          clk_i,
    input  wire logic                                          rst_ni,
    input  wire logic                                          start_i,
    input  wire logic                                          abort_i,
    input  wire logic [                            ADDR_W-1:0] base_i,         // the memory window, a multiple of 4 KiB
    input  wire logic [                                  31:0] size_i,         // ... its bytes
    input  wire logic [                                  31:0] list_offset_i,  // in the memory window, a multiple of BUS_BYTES
    input  wire logic [                                  31:0] list_bytes_i,
    input  wire logic [                                  31:0] watchdog_i,     // cycles without progress; 0: any number
    output wire logic                                          busy_o,
    output wire logic                                          done_o,
    output wire logic [                                   7:0] code_o,         // with done_o, weft_csr_pkg::CODE_*
    output wire logic [                                  31:0] error_offset_o, // ... where in the memory window
    output wire logic [                                  31:0] error_command_o,  // ... how many commands had begun
    output logic      [                                  47:0] cycles_o,       // from start to done
    output wire logic [weft_pkg::CAUSES*weft_pkg::COUNT_W-1:0] counts_o,       // of the last run, or this one
    output logic      [                                  47:0] bytes_read_o,
    output logic      [                                  47:0] bytes_written_o,
    // AXI4, BUS_BYTES-byte beats; one ID for reads
    output wire logic                                          ar_valid_o,
    input  wire logic                                          ar_ready_i,
    output wire logic [                            ADDR_W-1:0] ar_addr_o,
    output wire logic [                                   7:0] ar_len_o,
    input  wire logic                                          r_valid_i,
    output wire logic                                          r_ready_o,
    input  wire logic [                       8*BUS_BYTES-1:0] r_data_i,
    input  wire logic                                          r_last_i,
    input  wire logic                                          r_error_i,
    output wire logic                                          aw_valid_o,
    input  wire logic                                          aw_ready_i,
    output wire logic [                              ID_W-1:0] aw_id_o,
    output wire logic [                            ADDR_W-1:0] aw_addr_o,
    output wire logic [                                   7:0] aw_len_o,
    output wire logic                                          w_valid_o,
    input  wire logic                                          w_ready_i,
    output wire logic [                       8*BUS_BYTES-1:0] w_data_o,
    output wire logic [                         BUS_BYTES-1:0] w_strb_o,
    output wire logic                                          w_last_o,
    input  wire logic                                          b_valid_i,
    input  wire logic [                              ID_W-1:0] b_id_i,
    input  wire logic                                          b_error_i
);
  localparam int MaxBeats = BUS_BYTES <= 256 / 16 ? 16 : 256 / BUS_BYTES;
  localparam logic [31:0] HeaderConfig0 = {8'(BUS_BYTES), 8'(LANES), 8'(COLS), 8'(ROWS)};  // a list's header
  localparam logic [31:0] HeaderConfig1 = {RESIDUAL_ADD == 0, 7'd0, 2'(DW_TAPS), 6'(ACC_W), 8'($clog2(WEIGHT_BYTES)), 8'($clog2(LINE_BYTES))};

  // The residual's buffer is half as large as the lines', its adder has half as many lanes as the requantiser.
  localparam int AddWord = (1 << $clog2(COLS)) > BUS_BYTES ? (1 << $clog2(COLS)) : BUS_BYTES;
  localparam int ResidualBytes = LINE_BYTES / 2 > 4 * AddWord ? LINE_BYTES / 2 : 4 * AddWord;
  localparam int AddLanes = LANES > 1 ? LANES / 2 : 1;

  // ---- Control ------------------------------------------------------------------------------------------------------------
  wire logic running, first, begins, run;
  wire logic list_end, list_error, read_error, write_error, late;
  wire logic [7:0] list_code, read_code, write_code;
  wire logic [31:0] read_offset, write_offset, commands;
  wire logic read_idle, write_idle, command_ready;
  run_control #(.FLUSH_CYCLES(ROWS + COLS + 33)) u_control (
      .clk_i, .rst_ni, .start_i, .abort_i, .busy_o, .done_o, .code_o, .error_offset_o, .error_command_o,
      .begins_o(begins), .first_o(first), .first_taken_i(command_ready), .running_o(running), .run_o(run),
      .list_end_i(list_end), .list_error_i(list_error), .list_code_i(list_code),
      .read_error_i(read_error), .read_code_i(read_code), .read_offset_i(read_offset),
      .write_error_i(write_error), .write_code_i(write_code), .write_offset_i(write_offset), .late_i(late), .commands_i(commands),
      .bus_idle_i(read_idle & write_idle & ~ar_valid_o & ~aw_valid_o & ~w_valid_o)
  );

  // ---- Reads --------------------------------------------------------------------------------------------------------------
  wire logic read_valid;
  localparam int ReadW = 32 * weft_list_pkg::READ_WORDS;
  localparam logic [31:0] FirstBytes = 32'(weft_list_pkg::LIST_FIRST_BYTES);
  wire logic [ReadW-1:0] read_command;
  logic short_q;  // the list is shorter than that
  logic [31:0] first_words_q;
  always_ff @(posedge clk_i) begin
    short_q       <= list_bytes_i < FirstBytes;
    first_words_q <= (short_q ? list_bytes_i : FirstBytes) >> $clog2(BUS_BYTES);
  end
  wire logic [ReadW-1:0] first_command = ReadW'(weft_list_pkg::KIND_LIST) << weft_list_pkg::COMMAND_KIND_LSB
                                         | ReadW'(list_offset_i) << (32 * weft_list_pkg::READ_OFFSET)
                                         | ReadW'(first_words_q) << (32 * weft_list_pkg::READ_BUS_WORDS);

  wire logic [8*BUS_BYTES-1:0] read_data;
  wire logic line_valid, line_ready, line_last, weight_valid, weight_ready, param_valid, param_ready, list_valid, list_ready;
  wire logic table_valid, table_ready, residual_valid, residual_ready;
  wire logic dw_weight_valid, dw_weight_ready, dw_param_valid, dw_param_ready;
  wire logic [15:0] stored;
  wire logic read_quiet, write_quiet;
  read_dma #(.ADDR_W(ADDR_W), .BUS_BYTES(BUS_BYTES), .MAX_BEATS(MaxBeats)) u_read (
      .clk_i, .rst_ni, .run_i(run), .base_i, .size_i,
      .command_valid_i(first | read_valid), .command_ready_o(command_ready),
      .command_i(first ? first_command : read_command), .stored_i(stored),
      .ar_valid_o, .ar_ready_i, .ar_addr_o, .ar_len_o, .r_valid_i, .r_ready_o, .r_data_i, .r_last_i, .r_error_i, .data_o(read_data),
      .line_valid_o(line_valid), .line_last_o(line_last), .line_ready_i(line_ready),
      .weight_valid_o(weight_valid), .weight_ready_i(weight_ready),
      .param_valid_o(param_valid), .param_ready_i(param_ready), .list_valid_o(list_valid), .list_ready_i(list_ready),
      .table_valid_o(table_valid), .table_ready_i(table_ready), .residual_valid_o(residual_valid), .residual_ready_i(residual_ready),
      .dw_weight_valid_o(dw_weight_valid), .dw_weight_ready_i(dw_weight_ready), .dw_param_valid_o(dw_param_valid), .dw_param_ready_i(dw_param_ready),
      .quiet_o(read_quiet), .idle_o(read_idle),
      .error_o(read_error), .code_o(read_code), .error_offset_o(read_offset)
  );

  // ---- Commands -----------------------------------------------------------------------------------------------------------
  wire logic job_valid, job_stores, job_ready, engine_ready, write_ready, add_ready;
  wire logic [32*weft_list_pkg::JOB_WORDS-1:0] job;
  wire logic [32*weft_list_pkg::STORE_WORDS-1:0] store;
  // A job goes when each of the three has taken what it needs of it, each when it can.
  logic engine_has_q, write_has_q, add_has_q;
  wire logic engine_valid = job_valid & ~engine_has_q;
  wire logic write_valid = job_valid & job_stores & ~write_has_q;
  wire logic add_valid = job_valid & job_stores & ~add_has_q;
  assign job_ready = engine_has_q & ((write_has_q & add_has_q) | ~job_stores);
  always_ff @(posedge clk_i) begin
    engine_has_q <= run & ~job_ready & (engine_has_q | (engine_valid & engine_ready));
    write_has_q  <= run & ~job_ready & (write_has_q | (write_valid & write_ready));
    add_has_q    <= run & ~job_ready & (add_has_q | (add_valid & add_ready));
  end
  command_reader #(.BUS_BYTES(BUS_BYTES), .CONFIG0(HeaderConfig0), .CONFIG1(HeaderConfig1)) u_commands (
      .clk_i, .rst_ni(run), .list_valid_i(list_valid), .list_ready_o(list_ready), .list_data_i(read_data),
      .read_valid_o(read_valid), .read_ready_i(command_ready), .read_o(read_command),
      .job_valid_o(job_valid), .job_ready_i(job_ready), .job_stores_o(job_stores), .job_o(job), .store_o(store),
      .quiet_i(read_quiet & write_quiet), .reads_quiet_i(read_quiet), .end_o(list_end), .error_o(list_error), .code_o(list_code),
      .commands_o(commands)
  );

  // ---- Engine and stores ------------------------------------------------------------------------------------------------------
  wire logic clear_counts = ~rst_ni | begins;
  wire logic out_valid, out_ready, out_final;
  wire logic [8*COLS-1:0] out_data;
  wire logic [COL_W-1:0] out_cols;
  wire logic [$clog2(BUS_BYTES + 1)-1:0] written;
  conv_engine #(
      .ROWS(ROWS), .COLS(COLS), .LANES(LANES), .LINE_BYTES(LINE_BYTES), .WEIGHT_BYTES(WEIGHT_BYTES), .BUS_BYTES(BUS_BYTES),
      .ACC_W(ACC_W), .MACS_PER_MULT(MACS_PER_MULT)
  ) u_engine (
      .clk_i, .rst_ni(run), .job_valid_i(engine_valid), .job_ready_o(engine_ready), .job_i(job),
      .line_valid_i(line_valid), .line_ready_o(line_ready), .line_data_i(read_data), .line_last_i(line_last),
      .weight_valid_i(weight_valid), .weight_ready_o(weight_ready), .weight_data_i(read_data),
      .param_valid_i(param_valid), .param_ready_o(param_ready), .param_data_i(read_data),
      .out_valid_o(out_valid), .out_ready_i(out_ready), .out_data_o(out_data), .out_cols_o(out_cols), .out_final_o(out_final),
      .count_i(running), .count_clear_i(clear_counts), .counts_o
  );
  wire logic sum_valid, sum_ready, sum_final;
  wire logic [8*COLS-1:0] sum_data;
  wire logic [COL_W-1:0] sum_cols;
  residual_add #(
      .ROWS(ROWS), .COLS(COLS), .LANES(AddLanes), .BYTES(ResidualBytes), .BUS_BYTES(BUS_BYTES), .DW_TAPS(DW_TAPS), .RESIDUAL_ADD(RESIDUAL_ADD)
  ) u_add (
      .clk_i, .rst_ni(run), .store_valid_i(add_valid), .store_ready_o(add_ready), .store_i(store),
      .table_valid_i(table_valid), .table_ready_o(table_ready),
      .residual_valid_i(residual_valid), .residual_ready_o(residual_ready), .residual_last_i(line_last),
      .weight_valid_i(dw_weight_valid), .weight_ready_o(dw_weight_ready), .param_valid_i(dw_param_valid), .param_ready_o(dw_param_ready),
      .data_i(read_data),
      .pixel_valid_i(out_valid), .pixel_ready_o(out_ready), .pixel_data_i(out_data), .pixel_cols_i(out_cols),
      .pixel_final_i(out_final), .out_valid_o(sum_valid), .out_ready_i(sum_ready), .out_data_o(sum_data), .out_cols_o(sum_cols),
      .out_final_o(sum_final)
  );
  write_dma #(.ADDR_W(ADDR_W), .BUS_BYTES(BUS_BYTES), .COLS(COLS), .MAX_BEATS(MaxBeats), .ID_W(ID_W)) u_write (
      .clk_i, .rst_ni, .run_i(run), .running_i(running), .base_i, .size_i,
      .store_valid_i(write_valid), .store_ready_o(write_ready), .store_i(store),
      .pixel_valid_i(sum_valid), .pixel_ready_o(sum_ready), .pixel_data_i(sum_data), .pixel_cols_i(sum_cols),
      .pixel_final_i(sum_final),
      .aw_valid_o, .aw_ready_i, .aw_id_o, .aw_addr_o, .aw_len_o, .w_valid_o, .w_ready_i, .w_data_o, .w_strb_o, .w_last_o,
      .b_valid_i, .b_id_i, .b_error_i,
      .stored_o(stored), .quiet_o(write_quiet), .idle_o(write_idle), .written_o(written),
      .error_o(write_error), .code_o(write_code), .error_offset_o(write_offset)
  );

  // ---- Counters and watchdog ----------------------------------------------------------------------------------------------------
  // Progress: a bus word read, a beat written, or a beat of the array.
  wire logic word_read = r_valid_i & r_ready_o & running;
  logic beat_q, word_read_q, progress_q;
  logic watched_q;
  logic [32:0] patience_q;  // cycles that may still be without it, less one
  assign late = watched_q & patience_q[32];
  always_ff @(posedge clk_i) begin
    beat_q      <= counts_o[0];
    word_read_q <= word_read;
    progress_q  <= word_read_q | (written != '0) | (counts_o[0] != beat_q);
    watched_q   <= watchdog_i != '0;
    patience_q  <= (~running | progress_q ? {1'b0, watchdog_i} : patience_q) - 1'b1;
    if (clear_counts) begin
      cycles_o        <= '0;
      bytes_read_o    <= '0;
      bytes_written_o <= '0;
    end else begin
      cycles_o        <= cycles_o + 48'(running);
      bytes_read_o    <= bytes_read_o + (word_read_q ? 48'(BUS_BYTES) : 48'd0);
      bytes_written_o <= bytes_written_o + 48'(written);
    end
  end

  // ---- The streams beside the engine's: what is offered is held until it is taken -----------------------------------------------
  stream_rules #(.WIDTH(8 * BUS_BYTES)) u_list_rules (
      .clk_i, .rst_ni(run), .valid_i(list_valid), .ready_i(list_ready), .data_i(read_data)
  );
  stream_rules #(.WIDTH(8 * BUS_BYTES)) u_table_rules (
      .clk_i, .rst_ni(run), .valid_i(table_valid), .ready_i(table_ready), .data_i(read_data)
  );
  stream_rules #(.WIDTH(8 * BUS_BYTES + 1)) u_residual_rules (
      .clk_i, .rst_ni(run), .valid_i(residual_valid), .ready_i(residual_ready), .data_i({line_last, read_data})
  );
  stream_rules #(.WIDTH(8 * BUS_BYTES)) u_dw_weight_rules (
      .clk_i, .rst_ni(run), .valid_i(dw_weight_valid), .ready_i(dw_weight_ready), .data_i(read_data)
  );
  stream_rules #(.WIDTH(8 * BUS_BYTES)) u_dw_param_rules (
      .clk_i, .rst_ni(run), .valid_i(dw_param_valid), .ready_i(dw_param_ready), .data_i(read_data)
  );
  stream_rules #(.WIDTH(8 * COLS + COL_W + 1)) u_sum_rules (
      .clk_i, .rst_ni(run), .valid_i(sum_valid), .ready_i(sum_ready), .data_i({sum_final, sum_cols, sum_data})
  );
endmodule
`default_nettype wire
