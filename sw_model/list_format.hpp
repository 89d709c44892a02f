// SPDX-License-Identifier: Apache-2.0
// The list of commands that a start runs (docs/list.md). Written by scripts/list_format.py from
// rtl/list.json; do not edit.
#pragma once

#include <array>
#include <cstdint>
#include <stdexcept>

namespace weft {

// A field of a record's word: Get gives its value, Set puts it there (a value that does not fit is a
// mistake of the caller).
struct ListField {
  int word, lsb, width;
  bool is_signed = false;

  [[nodiscard]] constexpr uint32_t mask() const { return uint32_t((uint64_t{1} << width) - 1); }
  [[nodiscard]] constexpr int64_t Get(const uint32_t* words) const {
    const int64_t value = words[word] >> lsb & mask();
    return is_signed && (value >> (width - 1)) != 0 ? value - (int64_t{1} << width) : value;
  }
  constexpr void Set(uint32_t* words, int64_t value) const {
    words[word] = (words[word] & ~(mask() << lsb)) | (uint32_t(value) & mask()) << lsb;
    if (Get(words) != value) throw std::logic_error("a value does not fit its field of the list");
  }
};

inline constexpr uint32_t kListVersion = 6, kListMagic = kListVersion << 24 | 0x544657;  // "WFT"
inline constexpr int kDimW = 17;     // bits of counts of pixels, lines, channels
inline constexpr int kPosW = 20;     // bits of signed positions, in bytes or lines
inline constexpr int kPixelsW = 24;  // bits of counts of a job's outputs and of a read's bus words
inline constexpr int kListAlign =
    4;  // words: header and commands are filled up with zeros to a multiple of it
inline constexpr int kListFirstBytes =
    384;  // bytes of the list's first block, which a start reads: the first lines come right behind them
inline constexpr int kListBlockBytes = 512;  // bytes of every other block

// Commands, what a READ reads, what STORE_ADD_KIND says.
enum class ListOp : uint8_t {
  kRead = 1,  // reads from memory to one of the streams
  kJob = 2,   // gives a job to the engine, and where its outputs go to residual_add and write_dma
  kEnd = 3,   // the last command: over when all reads have come and all outputs are in memory, and the
              // checksum is right
};
enum class ReadKind : uint8_t {
  kLines = 0,   // input lines, to the engine's line buffer
  kGroups = 1,  // column groups, each its parameters, then its weights
  kList = 2,    // the next block of this list
  kTables =
      3,  // the tables of an addition: what each input adds, for every int8 value, 2 * 256 words of 32 bits
  kResidual = 4,   // lines of the tensor that is added
  kDepthwise = 5,  // column groups of a depthwise convolution, each its parameters, then its weights
};
inline constexpr int kReadKinds = 6;
enum class AddKind : uint8_t {
  kNone = 0,       // the outputs pass
  kResidual = 1,   // a residual is added
  kAlone = 2,      // the residual is 0 everywhere, none comes, and the words RES_* mean nothing
  kDepthwise = 3,  // a depthwise convolution, and the words DW_* count
};

// HEADER: the list's first words.
enum HeaderWord : int {
  kHeaderMagic = 0,  // magic and version
  kHeaderChecksum =
      1,  // such that all words of the list add up to 0 (modulo 2^32), those behind its END included
  kHeaderConfig0 = 2,  // as the register CONFIG0: rows, cols, lanes, bus bytes
  kHeaderConfig1 = 3,  // as the register CONFIG1 without ADDR_BITS: log2 of the buffers, accumulator bits,
                       // taps of the depthwise convolution, whether nothing is added
  kHeaderWords = 4
};
// How many bits of each word count.
inline constexpr std::array<int, kHeaderWords> kHeaderWordBits = {32, 32, 32, 32};
inline constexpr ListField kHeaderMagicText{0, 0, 24};     // "WFT": 0x544657
inline constexpr ListField kHeaderMagicVersion{0, 24, 8};  // the register LIST_VERSION

// COMMAND: the first word of every command.
inline constexpr ListField kCommandOpcode{0, 0, 8};  // which command
inline constexpr ListField kCommandKind{0, 8, 3};    // what is read
inline constexpr ListField kCommandStores{
    0, 8, 1};  // the job gives outputs; without it the store words mean nothing
inline constexpr ListField kCommandAdds{0, 9,
                                        1};  // a residual is added; without it the store words end before ADD

// READ: a READ.
enum ReadWord : int {
  kReadCommand = 0,     // opcode and kind, see above
  kReadOffset = 1,      // of the first one in the memory window; a multiple of the bus width
  kReadParamWords = 2,  // bus words of parameters each time, 0 where there are none
  kReadBusWords = 3,    // bus words of the rest each time, at least 1
  kReadCount = 4,       // how many - 1
  kReadPitch = 5,       // bytes from one to the next
  kReadWait = 6,  // marks that must have been counted first, modulo 2^16: of every job with outputs one at
                  // its end, and those of STORE_GROUPS_MARK
  kReadFill = 7,  // 0
  kReadWords = 8
};
// How many bits of each word count.
inline constexpr std::array<int, kReadWords> kReadWordBits = {32, 32, 24, 24, 24, 32, 16, 32};

// JOB: the engine's job, behind the first word of a JOB; the compiler derives every word from a layer
// (compiler/make_job.cpp).
enum JobWord : int {
  kJobFlags = 0,       // what the job does with the accumulators and with its lines
  kJobAddr0 = 1,       // the first pixel's filter window: byte offset from the job's first line
  kJobX0 = 2,          // ... its x in bytes from the left edge of the line
  kJobY0 = 3,          // ... its y in lines from the top of the image
  kJobWalk = 4,        // five loops over the pixels: pool x, pool y, x, y, image
  kJobXlim = 24,       // bytes of a line, W*C: what lies outside is padding
  kJobYlim = 25,       // lines of an image, H: what lies outside is padding
  kJobSpan = 26,       // lines that one row of (pooled) outputs reads
  kJobPitch = 27,      // bus words of a line
  kJobLines = 28,      // lines of the job, over all images
  kJobBusWords = 29,   // LINES * PITCH
  kJobKyLast = 30,     // filter rows - 1
  kJobKyAddr = 31,     // bytes from a filter row's line to the next one's
  kJobKyY = 32,        // ... in lines (the dilation)
  kJobKxLast = 33,     // runs of a filter row - 1
  kJobKxAddr = 34,     // bytes from a run to the next
  kJobChunkLast = 35,  // chunks of a run - 1
  kJobChunkLen = 36,   // bytes of a chunk; the first CHUNK_REM chunks hold one more
  kJobChunkRem = 37,   // chunks that hold one more
  kJobGroupLast = 38,  // column groups (of COLS output channels) - 1
  kJobColsLast = 39,   // output channels of the last column group
  kJobZpIn = 40,       // the value of the padding
  kJobOut = 41,        // of the outputs
  kJobPool = 42,       // pixels of a pooling window, 1: no pooling before the addition
  kJobGroupAddr = 43,  // bytes from a column group's input channels to the next group's: 0, or a grouped
                       // convolution's step
  kJobCols = 44,       // output channels of every other column group
  kJobWords = 45
};
// How many bits of each word count.
inline constexpr std::array<int, kJobWords> kJobWordBits = {
    32, 32, 20, 20, 17, 32, 20, 20, 17, 32, 20, 20, 17, 32, 20, 20, 17, 32, 20, 20, 17, 32, 20,
    20, 20, 20, 20, 17, 17, 32, 17, 32, 20, 17, 20, 17, 17, 17, 17, 17, 8,  32, 17, 20, 17};
inline constexpr ListField kJobFlagsClears{0, 0, 1};  // the first beat clears the accumulators
inline constexpr ListField kJobFlagsDrains{0, 1, 1};  // the last beat drains them
inline constexpr ListField kJobFlagsKeeps{
    0, 2, 1};  // the job's lines stay in the line buffer, all of them, for the next job, which reads none
enum JobWalkWord : int {
  kJobWalkLast,   // turns of the loop - 1
  kJobWalkDAddr,  // bytes from a turn's last pixel to the next turn's first
  kJobWalkDX,     // ... of its x, in bytes
  kJobWalkDY,     // ... of its y, in lines
  kJobWalkWords
};
inline constexpr int kJobWalkTurns = 5;
inline constexpr ListField kJobOutZp{41, 0, 8, true};        // zero point
inline constexpr ListField kJobOutClampLo{41, 8, 8, true};   // smallest value
inline constexpr ListField kJobOutClampHi{41, 16, 8, true};  // largest value
inline constexpr ListField kJobOutRounding{
    41, 24, 1};  // how the sums are rescaled: 0 as TensorFlow Lite does, 1 as ONNX Runtime does

// STORE: where the job's outputs go, behind the engine's job: the walk of the pixels in memory. Pixels are
// those that are written, after all pooling.
enum StoreWord : int {
  kStoreOffset = 0,         // of the first pixel's first channel in the memory window
  kStoreGroup = 1,          // bytes from a column group to the next
  kStoreX = 2,              // bytes from a pixel to the next of its row
  kStoreY = 3,              // ... from the last pixel of a row to the next row's first
  kStoreImage = 4,          // ... from the last pixel of an image to the next image's first
  kStoreCols = 5,           // pixels of a row - 1
  kStoreRows = 6,           // rows of an image - 1
  kStorePass = 7,           // pixels of a column group before those of the next one
  kStoreTotal = 8,          // pixels of a column group
  kStoreGroups = 9,         // column groups, and how often what is stored is counted
  kStoreAdd = 10,           // requantisation of the sum
  kStoreAddScale = 11,      // ... its factor
  kStoreDwCounts = 11,      // of a depthwise convolution: what is read for it
  kStoreResOffset = 12,     // the walk over the residual's lines, as streamed: bytes from the job's first
                            // residual line to the first pixel
  kStoreResWindowX = 13,    // ... to the next pixel of a pooling window's row
  kStoreResWindowY = 14,    // ... from the last pixel of a pooling window's row to the next row's first
  kStoreResX = 15,          // ... from a pooling window's last pixel to the next one's first
  kStoreResY = 16,          // ... from the last pixel of a row of pooling windows to the next row's first
  kStoreResImage = 17,      // ... from an image's last pixel to the next image's first
  kStoreResLines = 18,      // lines from a row of pooling windows to the next one
  kStoreResWords = 19,      // bus words that a row of pooling windows frees
  kStoreResLastWords = 20,  // ... that an image's last one frees
  kStoreWindow = 21,        // pooling after the addition: the pooling window
  kStorePool = 22,          // pixels of a pooling window, 1: no pooling after the addition
  kStoreDwShape = 12,  // the depthwise convolution (its input, the inner tensor, is what the engine gives; an
                       // entry of its buffer is a pixel's column group)
  kStoreDwRowEntries = 13,  // entries of an inner row: columns * (column groups)
  kStoreDwRowStep = 14,     // ... from a row of filter windows to the next
  kStoreDwCorner =
      15,  // ... from the job's first one to the top row of the first filter window, negative in the padding
  kStoreDwImageStep = 16,      // ... from an image's last row of filter windows to the next image's first
  kStoreDwWindowEntries = 17,  // ... of the rows under a filter window
  kStoreDwImageEntries = 20,   // ... of an image
  kStoreDwTotal = 19,          // inner pixels of a column group, over all images
  kStoreDwInner = 18,          // the inner tensor
  kStoreDwMap = 21,            // ... and its padding
  kStoreWords = 23
};
// How many bits of each word count.
inline constexpr std::array<int, kStoreWords> kStoreWordBits = {
    32, 32, 32, 32, 32, 24, 24, 24, 24, 32, 32, 32, 32, 32, 32, 32, 32, 32, 17, 32, 32, 32, 17};
inline constexpr ListField kStoreGroupsLast{9, 0, 16};  // column groups - 1
inline constexpr ListField kStoreGroupsMark{9, 16,
                                            16};  // rows of outputs, over all images, after which a mark is
                                                  // counted, and so on; 0: none but the job's end
inline constexpr ListField kStoreAddZp{10, 0, 8, true};        // zero point
inline constexpr ListField kStoreAddClampLo{10, 8, 8, true};   // smallest value
inline constexpr ListField kStoreAddClampHi{10, 16, 8, true};  // largest value
inline constexpr ListField kStoreAddShift{10, 24, 6, true};    // shift of the multiplier
inline constexpr ListField kStoreAddKind{10, 30, 2};           // what is added, see above
inline constexpr ListField kStoreAddScaleMult{11, 0, 31};      // multiplier
inline constexpr ListField kStoreAddScaleRounding{11, 31, 1};  // as JOB_OUT_ROUNDING
inline constexpr ListField kStoreDwCountsWeights{
    11, 0, 10};  // entries of weights: (column groups) * (filter rows) * (phases)
inline constexpr ListField kStoreDwCountsParams{
    11, 10, 10};  // entries of parameters: (column groups) * (steps of a pixel)
inline constexpr ListField kStoreWindowCols{21, 0, 16};    // pixels of its row - 1
inline constexpr ListField kStoreWindowRows{21, 16, 16};   // its rows - 1
inline constexpr ListField kStoreDwShapeKyLast{12, 0, 4};  // filter rows - 1
inline constexpr ListField kStoreDwShapeKxLast{12, 4, 4};  // filter columns - 1
inline constexpr ListField kStoreDwShapePhaseLast{
    12, 8, 4};  // cycles in which an entry meets a filter row - 1: ceil(columns / taps) - 1
inline constexpr ListField kStoreDwShapeStrideXLast{12, 12,
                                                    2};  // inner columns from a filter window to the next - 1
inline constexpr ListField kStoreDwShapeStrideYLast{12, 14, 2};  // ... inner rows - 1
inline constexpr ListField kStoreDwShapePad{12, 16, 8, true};    // the value of the padding
inline constexpr ListField kStoreDwInnerCols{18, 0, 16};         // columns
inline constexpr ListField kStoreDwInnerImagesLast{18, 16, 16};  // images - 1
inline constexpr ListField kStoreDwMapLeft{21, 0, 4};            // columns of padding to the left
inline constexpr ListField kStoreDwMapTop{21, 4, 4};             // rows of padding above
inline constexpr ListField kStoreDwMapRows{21, 16, 16};          // rows of an image
inline constexpr int kStorePlainWords = 10;  // the store words of a job without an addition

}  // namespace weft
