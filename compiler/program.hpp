// SPDX-License-Identifier: Apache-2.0
// A program: everything that one start of weft_core runs, as one window of memory.
//   [ list of commands | parameters, weights and tables | tensors ]
// A tensor is stored as NHWC, every row padded to whole bus words. All offsets are in bytes from the window's
// base.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/chain.hpp"
#include "compiler/depthwise.hpp"
#include "compiler/job.hpp"

namespace weft {

// Where a tensor lies.
struct Place {
  Shape shape;
  uint32_t offset = 0, row_pitch = 0;
  [[nodiscard]] uint32_t image_pitch() const { return row_pitch * uint32_t(shape.h); }
  [[nodiscard]] uint32_t bytes() const { return image_pitch() * uint32_t(shape.n); }
  [[nodiscard]] uint32_t At(int n, int y, int x, int c) const {
    return offset + uint32_t(n) * image_pitch() + uint32_t(y) * row_pitch + uint32_t(x * shape.c + c);
  }
};

// A command of the list.
struct Command {
  ListOp op = ListOp::kEnd;
  ReadKind read = ReadKind::kLines;
  bool stores = false;  // of kJob: it gives outputs
  bool adds = false;    // of kJob: something is computed behind them, a sum or a depthwise convolution
  uint32_t marks = 0;   // of kJob: that are counted of its outputs
  int job = -1,         // of kJob and of reads: for which job,
      first = 0;        // from which of its lines or column groups on
  uint32_t offset = 0;  // in the memory window
  uint32_t param_words = 0, words = 0, count = 1,
           pitch = 0;  // bus words each time, how many times, bytes from one to the next
  uint32_t wait = 0;   // marks that must be counted

  [[nodiscard]] int size() const;  // in words of 32 bits
  // What a command's first word says of it; nothing if there is no such command.
  static std::optional<Command> OfFirstWord(uint32_t word);
};
// STORE_ADD_KIND of a job's store words, and whether its outputs are sums: with a residual or without one.
// (On hardware without what a kind asks for the outputs pass.)
inline AddKind AddKindOf(const uint32_t* store) { return AddKind(kStoreAddKind.Get(store)); }
inline bool IsSum(AddKind kind, const Config& config) {
  return config.residual_add != 0 && (kind == AddKind::kResidual || kind == AddKind::kAlone);
}
inline constexpr int kListFirstWords = kListFirstBytes / 4, kListBlockWords = kListBlockBytes / 4;

// Where a layer's outputs go: from channel `channel` of a tensor on, to every factor-th row and column of it.
struct Target {
  int tensor = 0, channel = 0;
  int factor_h = 1, factor_w = 1, phase_y = 0, phase_x = 0;
};
// What is added to a layer's outputs, before the layer's max-pool if it has one. Without a residual nothing
// is streamed, and its codes are 0 (the list's flag ALONE).
struct FusedAdd {
  SumLayer sum;                 // the layer's outputs are the first operand
  std::optional<int> residual;  // tensor, of the shape of the outputs before pooling
};

// A depthwise convolution that nobody but it reads the layer's outputs: they are not in memory.
struct FusedDepthwise {
  int node;  // of the graph
  ConvLayer conv;
};

struct Store {
  Place out;
  Target target;
  std::optional<RescaleLayer> add;         // what requantises the sums
  std::optional<Place> residual;           // that is added
  Window pool;                             // after an addition comes this max-pool
  std::optional<DepthwiseWalk> depthwise;  // what the outputs go through
  RescaleLayer depthwise_output;           // ... its zero point, clamp and rounding
  int mark_rows = 0;  // rows of outputs, over all images, from mark to mark; 0: only the job's end is one
  [[nodiscard]] uint32_t At(int n, int y, int x, int c) const {
    return out.At(n, y * target.factor_h + target.phase_y, x * target.factor_w + target.phase_x,
                  target.channel + c);
  }
};

// Rows of outputs of an image that a job writes.
int OutputRows(const Job& job, const Store& store);
// The hardware counts what is stored in marks: of a job with outputs its end and, if mark_rows says so, some
// of its rows. How many there are when so many rows are stored, over all images.
uint32_t MarksOfRows(int64_t rows, int64_t all_rows, int mark_rows);
uint32_t MarksOf(const Job& job, const Store& store);  // in all
// Whether one is behind the last output of a row, counted over all images.
bool EndsWithMark(const Job& job, const Store& store, int64_t row);

struct ProgramLayer {
  std::string name;
  int first_job = 0, jobs = 0;
  Traffic traffic = {};     // without the list
  Traffic compulsory = {};  // ... if its weights, parameters and maps moved once, and nothing beside them
};

struct Program {
  std::vector<Job> jobs;
  std::vector<Store> stores;  // one a job
  std::vector<Command> commands;
  std::vector<ProgramLayer> layers;
  std::vector<uint8_t> image;  // all but the tensors: the window's first bytes
  uint32_t list_bytes = 0;     // a multiple of 64
  uint64_t window_bytes = 0;
};

// Everything in the window begins at a multiple of 64 bytes, which is one of every bus. Throws Error beyond
// 4 GiB.
inline constexpr int kWindowAlign = 64;
uint32_t AlignInWindow(uint64_t offset);

}  // namespace weft
