// SPDX-License-Identifier: Apache-2.0
// The list of commands that a start runs (docs/list.md). Written by scripts/list_format.py from rtl/list.json; do not edit.
// Word w of a record is record[32*w +: 32]; a field's _LSB and _BIT count from its word's bit 0.
`default_nettype none
package weft_list_pkg;
  localparam logic [23:0] LIST_MAGIC = 24'h544657;
  localparam int LIST_VERSION = 6;
  localparam int DIM_W = 17;  // bits of counts of pixels, lines, channels
  localparam int POS_W = 20;  // bits of signed positions, in bytes or lines
  localparam int PIXELS_W = 24;  // bits of counts of a job's outputs and of a read's bus words
  localparam int LIST_ALIGN = 4;  // words: header and commands are filled up with zeros to a multiple of it
  localparam int LIST_FIRST_BYTES = 384;  // bytes of the list's first block, which a start reads: the first lines come right behind them
  localparam int LIST_BLOCK_BYTES = 512;  // bytes of every other block

  // Commands, what a READ reads, what STORE_ADD_KIND says
  localparam int OP_READ = 1;  // reads from memory to one of the streams
  localparam int OP_JOB = 2;  // gives a job to the engine, and where its outputs go to residual_add and write_dma
  localparam int OP_END = 3;  // the last command: over when all reads have come and all outputs are in memory, and the checksum is right
  localparam int KIND_LINES = 0;  // input lines, to the engine's line buffer
  localparam int KIND_GROUPS = 1;  // column groups, each its parameters, then its weights
  localparam int KIND_LIST = 2;  // the next block of this list
  localparam int KIND_TABLES = 3;  // the tables of an addition: what each input adds, for every int8 value, 2 * 256 words of 32 bits
  localparam int KIND_RESIDUAL = 4;  // lines of the tensor that is added
  localparam int KIND_DEPTHWISE = 5;  // column groups of a depthwise convolution, each its parameters, then its weights
  localparam int KINDS = 6;
  localparam int ADD_NONE = 0;  // the outputs pass
  localparam int ADD_RESIDUAL = 1;  // a residual is added
  localparam int ADD_ALONE = 2;  // the residual is 0 everywhere, none comes, and the words RES_* mean nothing
  localparam int ADD_DEPTHWISE = 3;  // a depthwise convolution, and the words DW_* count

  // HEADER: the list's first words
  localparam int HEADER_MAGIC = 0;  // magic and version
  localparam int HEADER_MAGIC_TEXT_LSB = 0;  // "WFT": 0x544657
  localparam int HEADER_MAGIC_TEXT_W = 24;
  localparam int HEADER_MAGIC_VERSION_LSB = 24;  // the register LIST_VERSION
  localparam int HEADER_MAGIC_VERSION_W = 8;
  localparam int HEADER_CHECKSUM = 1;  // such that all words of the list add up to 0 (modulo 2^32), those behind its END included
  localparam int HEADER_CONFIG0 = 2;  // as the register CONFIG0: rows, cols, lanes, bus bytes
  localparam int HEADER_CONFIG1 = 3;  // as the register CONFIG1 without ADDR_BITS: log2 of the buffers, accumulator bits, taps of the depthwise convolution, whether nothing is added
  localparam int HEADER_WORDS = 4;

  // COMMAND: the first word of every command
  localparam int COMMAND_OPCODE_LSB = 0;  // which command
  localparam int COMMAND_OPCODE_W = 8;
  localparam int COMMAND_KIND_LSB = 8;  // what is read
  localparam int COMMAND_KIND_W = 3;
  localparam int COMMAND_STORES_BIT = 8;  // the job gives outputs; without it the store words mean nothing
  localparam int COMMAND_ADDS_BIT = 9;  // a residual is added; without it the store words end before ADD

  // READ: a READ
  localparam int READ_COMMAND = 0;  // opcode and kind, see above
  localparam int READ_OFFSET = 1;  // of the first one in the memory window; a multiple of the bus width
  localparam int READ_PARAM_WORDS = 2;  // bus words of parameters each time, 0 where there are none
  localparam int READ_BUS_WORDS = 3;  // bus words of the rest each time, at least 1
  localparam int READ_COUNT = 4;  // how many - 1
  localparam int READ_PITCH = 5;  // bytes from one to the next
  localparam int READ_WAIT = 6;  // marks that must have been counted first, modulo 2^16: of every job with outputs one at its end, and those of STORE_GROUPS_MARK
  localparam int READ_FILL = 7;  // 0
  localparam int READ_WORDS = 8;

  // JOB: the engine's job, behind the first word of a JOB; the compiler derives every word from a layer (compiler/make_job.cpp)
  localparam int JOB_FLAGS = 0;  // what the job does with the accumulators and with its lines
  localparam int JOB_FLAGS_CLEARS_BIT = 0;  // the first beat clears the accumulators
  localparam int JOB_FLAGS_DRAINS_BIT = 1;  // the last beat drains them
  localparam int JOB_FLAGS_KEEPS_BIT = 2;  // the job's lines stay in the line buffer, all of them, for the next job, which reads none
  localparam int JOB_ADDR0 = 1;  // the first pixel's filter window: byte offset from the job's first line
  localparam int JOB_X0 = 2;  // ... its x in bytes from the left edge of the line
  localparam int JOB_Y0 = 3;  // ... its y in lines from the top of the image
  localparam int JOB_WALK = 4;  // five loops over the pixels: pool x, pool y, x, y, image
  localparam int JOB_WALK_TURNS = 5;  // times these words
  localparam int JOB_WALK_WORDS = 4;
  localparam int JOB_WALK_LAST = 0;  // turns of the loop - 1
  localparam int JOB_WALK_D_ADDR = 1;  // bytes from a turn's last pixel to the next turn's first
  localparam int JOB_WALK_D_X = 2;  // ... of its x, in bytes
  localparam int JOB_WALK_D_Y = 3;  // ... of its y, in lines
  localparam int JOB_XLIM = 24;  // bytes of a line, W*C: what lies outside is padding
  localparam int JOB_YLIM = 25;  // lines of an image, H: what lies outside is padding
  localparam int JOB_SPAN = 26;  // lines that one row of (pooled) outputs reads
  localparam int JOB_PITCH = 27;  // bus words of a line
  localparam int JOB_LINES = 28;  // lines of the job, over all images
  localparam int JOB_BUS_WORDS = 29;  // LINES * PITCH
  localparam int JOB_KY_LAST = 30;  // filter rows - 1
  localparam int JOB_KY_ADDR = 31;  // bytes from a filter row's line to the next one's
  localparam int JOB_KY_Y = 32;  // ... in lines (the dilation)
  localparam int JOB_KX_LAST = 33;  // runs of a filter row - 1
  localparam int JOB_KX_ADDR = 34;  // bytes from a run to the next
  localparam int JOB_CHUNK_LAST = 35;  // chunks of a run - 1
  localparam int JOB_CHUNK_LEN = 36;  // bytes of a chunk; the first CHUNK_REM chunks hold one more
  localparam int JOB_CHUNK_REM = 37;  // chunks that hold one more
  localparam int JOB_GROUP_LAST = 38;  // column groups (of COLS output channels) - 1
  localparam int JOB_COLS_LAST = 39;  // output channels of the last column group
  localparam int JOB_ZP_IN = 40;  // the value of the padding
  localparam int JOB_OUT = 41;  // of the outputs
  localparam int JOB_OUT_ZP_LSB = 0;  // zero point
  localparam int JOB_OUT_ZP_W = 8;
  localparam int JOB_OUT_CLAMP_LO_LSB = 8;  // smallest value
  localparam int JOB_OUT_CLAMP_LO_W = 8;
  localparam int JOB_OUT_CLAMP_HI_LSB = 16;  // largest value
  localparam int JOB_OUT_CLAMP_HI_W = 8;
  localparam int JOB_OUT_ROUNDING_BIT = 24;  // how the sums are rescaled: 0 as TensorFlow Lite does, 1 as ONNX Runtime does
  localparam int JOB_POOL = 42;  // pixels of a pooling window, 1: no pooling before the addition
  localparam int JOB_GROUP_ADDR = 43;  // bytes from a column group's input channels to the next group's: 0, or a grouped convolution's step
  localparam int JOB_COLS = 44;  // output channels of every other column group
  localparam int JOB_WORDS = 45;

  // STORE: where the job's outputs go, behind the engine's job: the walk of the pixels in memory. Pixels are those that are written, after all pooling
  localparam int STORE_OFFSET = 0;  // of the first pixel's first channel in the memory window
  localparam int STORE_GROUP = 1;  // bytes from a column group to the next
  localparam int STORE_X = 2;  // bytes from a pixel to the next of its row
  localparam int STORE_Y = 3;  // ... from the last pixel of a row to the next row's first
  localparam int STORE_IMAGE = 4;  // ... from the last pixel of an image to the next image's first
  localparam int STORE_COLS = 5;  // pixels of a row - 1
  localparam int STORE_ROWS = 6;  // rows of an image - 1
  localparam int STORE_PASS = 7;  // pixels of a column group before those of the next one
  localparam int STORE_TOTAL = 8;  // pixels of a column group
  localparam int STORE_GROUPS = 9;  // column groups, and how often what is stored is counted
  localparam int STORE_GROUPS_LAST_LSB = 0;  // column groups - 1
  localparam int STORE_GROUPS_LAST_W = 16;
  localparam int STORE_GROUPS_MARK_LSB = 16;  // rows of outputs, over all images, after which a mark is counted, and so on; 0: none but the job's end
  localparam int STORE_GROUPS_MARK_W = 16;
  localparam int STORE_ADD = 10;  // requantisation of the sum
  localparam int STORE_ADD_ZP_LSB = 0;  // zero point
  localparam int STORE_ADD_ZP_W = 8;
  localparam int STORE_ADD_CLAMP_LO_LSB = 8;  // smallest value
  localparam int STORE_ADD_CLAMP_LO_W = 8;
  localparam int STORE_ADD_CLAMP_HI_LSB = 16;  // largest value
  localparam int STORE_ADD_CLAMP_HI_W = 8;
  localparam int STORE_ADD_SHIFT_LSB = 24;  // shift of the multiplier
  localparam int STORE_ADD_SHIFT_W = 6;
  localparam int STORE_ADD_KIND_LSB = 30;  // what is added, see above
  localparam int STORE_ADD_KIND_W = 2;
  localparam int STORE_ADD_SCALE = 11;  // ... its factor
  localparam int STORE_ADD_SCALE_MULT_LSB = 0;  // multiplier
  localparam int STORE_ADD_SCALE_MULT_W = 31;
  localparam int STORE_ADD_SCALE_ROUNDING_BIT = 31;  // as JOB_OUT_ROUNDING
  localparam int STORE_DW_COUNTS = 11;  // of a depthwise convolution: what is read for it
  localparam int STORE_DW_COUNTS_WEIGHTS_LSB = 0;  // entries of weights: (column groups) * (filter rows) * (phases)
  localparam int STORE_DW_COUNTS_WEIGHTS_W = 10;
  localparam int STORE_DW_COUNTS_PARAMS_LSB = 10;  // entries of parameters: (column groups) * (steps of a pixel)
  localparam int STORE_DW_COUNTS_PARAMS_W = 10;
  localparam int STORE_RES_OFFSET = 12;  // the walk over the residual's lines, as streamed: bytes from the job's first residual line to the first pixel
  localparam int STORE_RES_WINDOW_X = 13;  // ... to the next pixel of a pooling window's row
  localparam int STORE_RES_WINDOW_Y = 14;  // ... from the last pixel of a pooling window's row to the next row's first
  localparam int STORE_RES_X = 15;  // ... from a pooling window's last pixel to the next one's first
  localparam int STORE_RES_Y = 16;  // ... from the last pixel of a row of pooling windows to the next row's first
  localparam int STORE_RES_IMAGE = 17;  // ... from an image's last pixel to the next image's first
  localparam int STORE_RES_LINES = 18;  // lines from a row of pooling windows to the next one
  localparam int STORE_RES_WORDS = 19;  // bus words that a row of pooling windows frees
  localparam int STORE_RES_LAST_WORDS = 20;  // ... that an image's last one frees
  localparam int STORE_WINDOW = 21;  // pooling after the addition: the pooling window
  localparam int STORE_WINDOW_COLS_LSB = 0;  // pixels of its row - 1
  localparam int STORE_WINDOW_COLS_W = 16;
  localparam int STORE_WINDOW_ROWS_LSB = 16;  // its rows - 1
  localparam int STORE_WINDOW_ROWS_W = 16;
  localparam int STORE_POOL = 22;  // pixels of a pooling window, 1: no pooling after the addition
  localparam int STORE_DW_SHAPE = 12;  // the depthwise convolution (its input, the inner tensor, is what the engine gives; an entry of its buffer is a pixel's column group)
  localparam int STORE_DW_SHAPE_KY_LAST_LSB = 0;  // filter rows - 1
  localparam int STORE_DW_SHAPE_KY_LAST_W = 4;
  localparam int STORE_DW_SHAPE_KX_LAST_LSB = 4;  // filter columns - 1
  localparam int STORE_DW_SHAPE_KX_LAST_W = 4;
  localparam int STORE_DW_SHAPE_PHASE_LAST_LSB = 8;  // cycles in which an entry meets a filter row - 1: ceil(columns / taps) - 1
  localparam int STORE_DW_SHAPE_PHASE_LAST_W = 4;
  localparam int STORE_DW_SHAPE_STRIDE_X_LAST_LSB = 12;  // inner columns from a filter window to the next - 1
  localparam int STORE_DW_SHAPE_STRIDE_X_LAST_W = 2;
  localparam int STORE_DW_SHAPE_STRIDE_Y_LAST_LSB = 14;  // ... inner rows - 1
  localparam int STORE_DW_SHAPE_STRIDE_Y_LAST_W = 2;
  localparam int STORE_DW_SHAPE_PAD_LSB = 16;  // the value of the padding
  localparam int STORE_DW_SHAPE_PAD_W = 8;
  localparam int STORE_DW_ROW_ENTRIES = 13;  // entries of an inner row: columns * (column groups)
  localparam int STORE_DW_ROW_STEP = 14;  // ... from a row of filter windows to the next
  localparam int STORE_DW_CORNER = 15;  // ... from the job's first one to the top row of the first filter window, negative in the padding
  localparam int STORE_DW_IMAGE_STEP = 16;  // ... from an image's last row of filter windows to the next image's first
  localparam int STORE_DW_WINDOW_ENTRIES = 17;  // ... of the rows under a filter window
  localparam int STORE_DW_IMAGE_ENTRIES = 20;  // ... of an image
  localparam int STORE_DW_TOTAL = 19;  // inner pixels of a column group, over all images
  localparam int STORE_DW_INNER = 18;  // the inner tensor
  localparam int STORE_DW_INNER_COLS_LSB = 0;  // columns
  localparam int STORE_DW_INNER_COLS_W = 16;
  localparam int STORE_DW_INNER_IMAGES_LAST_LSB = 16;  // images - 1
  localparam int STORE_DW_INNER_IMAGES_LAST_W = 16;
  localparam int STORE_DW_MAP = 21;  // ... and its padding
  localparam int STORE_DW_MAP_LEFT_LSB = 0;  // columns of padding to the left
  localparam int STORE_DW_MAP_LEFT_W = 4;
  localparam int STORE_DW_MAP_TOP_LSB = 4;  // rows of padding above
  localparam int STORE_DW_MAP_TOP_W = 4;
  localparam int STORE_DW_MAP_ROWS_LSB = 16;  // rows of an image
  localparam int STORE_DW_MAP_ROWS_W = 16;
  localparam int STORE_WORDS = 23;

  // Words of a job's command, and of one without an addition
  localparam int STORE_PLAIN_WORDS = 10;  // the store words before ADD
  localparam int JOB_COMMAND_WORDS = (1 + JOB_WORDS + STORE_WORDS + LIST_ALIGN - 1) / LIST_ALIGN * LIST_ALIGN;
  localparam int PLAIN_JOB_COMMAND_WORDS = (1 + JOB_WORDS + STORE_PLAIN_WORDS + LIST_ALIGN - 1) / LIST_ALIGN * LIST_ALIGN;
endpackage
`default_nettype wire
