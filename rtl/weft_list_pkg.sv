// SPDX-License-Identifier: Apache-2.0
// The list of commands that a start runs, and the words of its jobs.
`default_nettype none
package weft_list_pkg;
  // A job is JOB_WORDS words of 32 bits, word w at job[32*w +: 32]. The compiler derives every one of them from a layer
  // (compiler/job.hpp says how); counts are stored as their last index, so 0 means one.
  localparam int JOB_FLAGS = 0;        // bit 0: the first beat clears the accumulators; bit 1: the last one drains them
  localparam int JOB_ADDR0 = 1;        // first pixel's window: byte offset from the job's first line (signed)
  localparam int JOB_X0 = 2;           // ... its x in bytes from the left edge of the line (signed)
  localparam int JOB_Y0 = 3;           // ... its y in lines from the top of the image (signed)
  localparam int JOB_WALK = 4;         // 5 loops of 4 words {last, d_addr, d_x, d_y}: pool x, pool y, x, y, image
  localparam int JOB_XLIM = 24;        // valid bytes of a line, W*C
  localparam int JOB_YLIM = 25;        // lines of an image, H
  localparam int JOB_SPAN = 26;        // lines that one row of (pooled) outputs reads
  localparam int JOB_PITCH = 27;       // bus words of a line
  localparam int JOB_LINES = 28;       // lines of the job, over all images
  localparam int JOB_BUSWORDS = 29;    // JOB_LINES * JOB_PITCH
  localparam int JOB_KY_LAST = 30;     // filter rows
  localparam int JOB_KY_ADDR = 31;     // byte offset of the next filter row's line
  localparam int JOB_KY_Y = 32;        // ... in lines (the dilation)
  localparam int JOB_KX_LAST = 33;     // runs in one filter row
  localparam int JOB_KX_ADDR = 34;     // byte offset of the next run
  localparam int JOB_CHUNK_LAST = 35;  // chunks of a run
  localparam int JOB_CHUNK_LEN = 36;   // bytes of a chunk; the first JOB_CHUNK_REM chunks hold one more
  localparam int JOB_CHUNK_REM = 37;
  localparam int JOB_GROUP_LAST = 38;  // groups of COLS output channels
  localparam int JOB_COLS_LAST = 39;   // channels in the last group
  localparam int JOB_ZP_IN = 40;       // value of the padding
  localparam int JOB_OUT = 41;         // {8'd0, clamp_hi, clamp_lo, output_zp}
  localparam int JOB_POOL = 42;        // pixels of one pooling window, 1 = no pooling before the addition
  localparam int JOB_GROUP_ADDR = 43;  // byte offset of the next group's channels: 0, or a grouped convolution's step
  localparam int JOB_COLS = 44;        // channels in every other group
  localparam int JOB_WORDS = 45;

  // The list of commands that a start runs (compiler/program.hpp writes it, command_reader.sv runs it): words of 32 bits,
  // a header of LIST_HEADER words, then commands. Word 0 of a command is {16'd0, argument[7:0], opcode[7:0]}; each is filled up
  // to a multiple of LIST_ALIGN words.
  localparam logic [23:0] LIST_MAGIC = 24'h54_4657;  // "WFT", and then the version
  localparam int LIST_VERSION = 3;
  localparam int LIST_HEADER = 4;  // {version, magic}, checksum (all words add up to 0), rows..bus, buffers
  localparam int LIST_ALIGN = 4;
  localparam int LIST_FIRST = 384;  // bytes of its first block, which a start reads: the first lines come behind it
  localparam int LIST_BLOCK = 512;  // ... of every other one
  localparam int OP_READ = 1;       // argument: READ_*; READ_WORDS words
  localparam int OP_JOB = 2;        // argument: bit 0, the job gives outputs, bit 1, a residual is added to them;
                                    // 1 + JOB_WORDS + STORE_WORDS words, without an addition STORE_PLAIN_WORDS
  localparam int OP_END = 3;
  localparam int READ_LINES = 0;    // to the line buffer, a line each time
  localparam int READ_GROUPS = 1;   // parameters and weights of a column group each time
  localparam int READ_LIST = 2;     // more of the list
  localparam int READ_TABLES = 3;   // what each input of an addition adds, for every code: 2 * 256 words of 32 bits
  localparam int READ_RESIDUAL = 4; // to the residual's buffer, a line each time
  localparam int READ_WORDS = 8;    // {opcode}, offset, parameter words, words, count - 1, pitch in bytes, jobs to wait for, 0

  // Where a job's outputs go: offset of the first one in the window, then the step of every loop of the walk. Pixels are those
  // that are written, after all pooling.
  localparam int STORE_OFFSET = 0;
  localparam int STORE_GROUP = 1;   // bytes from a column group to the next
  localparam int STORE_X = 2;       // ... from a pixel to the next of its row
  localparam int STORE_Y = 3;       // ... from the last pixel of a row to the next row's first
  localparam int STORE_IMAGE = 4;   // ... from the last pixel of an image to the next image's first
  localparam int STORE_COLS = 5;    // pixels of a row - 1
  localparam int STORE_ROWS = 6;    // rows of an image - 1
  localparam int STORE_PASS = 7;    // pixels of a column group before those of the next one
  localparam int STORE_TOTAL = 8;   // pixels of a column group
  localparam int STORE_GROUPS = 9;  // column groups - 1
  localparam int STORE_ADD = 10;    // {1 = adds a residual, shift[5:0], 1'b0, clamp_hi, clamp_lo, zp}: of the sum's requantisation
  localparam int STORE_ADD_MULT = 11;
  // Where the residual's pixels are: bytes from the job's first residual line on, and the steps of a walk over the pixels of
  // all pooling windows.
  localparam int STORE_RES_OFFSET = 12;
  localparam int STORE_RES_WINDOW_X = 13;   // to the next pixel of a window's row
  localparam int STORE_RES_WINDOW_Y = 14;   // from the last pixel of a window's row to the next row's first
  localparam int STORE_RES_X = 15;          // ... of a window to the next window's first
  localparam int STORE_RES_Y = 16;          // ... of a row's last window to the next row's first
  localparam int STORE_RES_IMAGE = 17;      // ... of an image's last window to the next image's first
  localparam int STORE_RES_LINES = 18;      // lines that a row of outputs is done with; an image's last row: all that it needs
  localparam int STORE_RES_WORDS = 19;      // bus words that a row of outputs frees
  localparam int STORE_RES_LAST_WORDS = 20; // ... that an image's last row frees
  localparam int STORE_WINDOW = 21;         // pooling after the addition: {rows - 1, pixels of a row - 1} of a window, 16 bits each
  localparam int STORE_POOL = 22;           // ... pixels of a window, 1 = no pooling
  localparam int STORE_WORDS = 23;
  localparam int STORE_PLAIN_WORDS = 10;    // those before STORE_ADD
  localparam int LIST_JOB = (1 + JOB_WORDS + STORE_WORDS + LIST_ALIGN - 1) / LIST_ALIGN * LIST_ALIGN;  // words of a JOB
  localparam int LIST_PLAIN_JOB = (1 + JOB_WORDS + STORE_PLAIN_WORDS + LIST_ALIGN - 1) / LIST_ALIGN * LIST_ALIGN;
endpackage
`default_nettype wire
