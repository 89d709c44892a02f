// SPDX-License-Identifier: Apache-2.0
// A program: everything that one start of weft_core runs, as one window of memory.
//   [ list of commands | parameters, weights and tables | tensors ]
// A tensor is stored as NHWC, every row padded to whole bus words. All offsets are in bytes from the window's
// base.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "compiler/chain.hpp"
#include "compiler/job.hpp"
#include "compiler/schedule.hpp"

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
  bool adds = false;    // of kJob: a residual is added to them
  int job = -1,         // of kJob and of reads: for which job,
      first = 0;        // from which of its lines or column groups on
  uint32_t offset = 0;  // in the memory window
  uint32_t param_words = 0, words = 0, count = 1,
           pitch = 0;  // bus words each time, how many times, bytes from one to the next
  uint32_t wait = 0;   // jobs with outputs that must be stored

  [[nodiscard]] int size() const;  // in words of 32 bits
  // What a command's first word says of it; nothing if there is no such command.
  static std::optional<Command> OfFirstWord(uint32_t word);
};
inline constexpr int kListFirstWords = kListFirstBytes / 4, kListBlockWords = kListBlockBytes / 4;

// Where a layer's outputs go: from channel `channel` of a tensor on, to every factor-th row and column of it.
struct Target {
  int tensor = 0, channel = 0;
  int factor_h = 1, factor_w = 1, phase_y = 0, phase_x = 0;
};
// A residual that is added to a layer's outputs, before the layer's max-pool if it has one.
struct FusedAdd {
  AddLayer add;
  bool outputs_first = true;  // the layer's outputs are the first operand
  int residual = 0;           // tensor, of the shape of the outputs before pooling
};
inline constexpr int kTableBytes = 2 * 256 * 4;

// What a job streams of each image's residual: the rows under its pooling windows, of each of them whole bus
// words that hold its columns, of a single column its channels only.
struct ResidualBox {
  int y0, rows;          // from row y0 on; so many, without those between two windows
  int step;              // rows from a row of windows to the next, of those that are streamed
  int cols;              // columns
  int64_t begin, pitch;  // bytes of a row: from which one on, how many
  int64_t first;         // the job's first channel of the first column, from there
};
ResidualBox ResidualOf(const Job& job, const Window& pool, int channels, const Config& config);

struct Store {
  Place out;
  Target target;
  std::optional<FusedAdd> add;
  Place residual;  // if there is one
  Window pool;     // ... after which comes this max-pool
  [[nodiscard]] uint32_t At(int n, int y, int x, int c) const {
    return out.At(n, y * target.factor_h + target.phase_y, x * target.factor_w + target.phase_x,
                  target.channel + c);
  }
};

struct ProgramLayer {
  std::string name;
  int first_job = 0, jobs = 0;
  Traffic traffic;  // without the list
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

// Whether the engine can add a residual to these jobs' outputs: the rows under what a tile gives fit the
// residual's buffer, and no pooling window is cut.
bool CanAdd(const PreparedLayer& layer, int channels, const Config& config);
// Cuts a layer so far that it can: into narrower columns, then fewer column groups, images, rows.
// `prepare` makes it with the limits that it is given. Nothing if even its smallest jobs cannot.
std::optional<PreparedLayer> PrepareToAdd(const std::function<PreparedLayer(const JobLimits&)>& prepare,
                                          int channels, const Config& config);

// Makes a program layer by layer, in the order in which they run.
class ProgramBuilder {
 public:
  // Without data (for cycle counts) the image holds zeros for parameters and weights.
  ProgramBuilder(const Config& config, bool with_data) : config_(config), with_data_(with_data) {}
  // Places a tensor behind those before it, or at an offset from the first one; its number.
  int AddTensor(const Shape& shape);
  int AddTensorAt(const Shape& shape, uint64_t offset);
  [[nodiscard]] uint64_t TensorBytes(const Shape& shape) const;  // that it takes, aligned
  // A layer that reads tensor `in`. If that is what a layer of this program writes, its lines wait for the
  // outputs.
  // The same holds for a residual, whose rows must fit its buffer; throws Error if they don't (CanAdd).
  void AddLayer(const PreparedLayer& layer, int in, const Target& out, bool reads_outputs,
                const std::optional<FusedAdd>& add = {});
  Program Build();
  [[nodiscard]] const Place& place(int tensor) const {
    return tensors_[size_t(tensor)];
  }  // offsets after Build

 private:
  struct Layer {
    PreparedLayer prepared;
    int in;
    Target out;
    bool reads_outputs;
    std::optional<FusedAdd> add;
    uint32_t tables_at = 0;  // in data_
  };
  void PlaceGroups(const Layer& layer, const Job& job, int j);
  [[nodiscard]] std::vector<Command> MakeCommands() const;
  struct Rows;
  static void AddRows(const Rows& rows, int first, int count, std::vector<Command>* commands);
  [[nodiscard]] Rows LineRows(int job, uint32_t wait) const;
  [[nodiscard]] Rows ResidualRows(int job, uint32_t wait) const;
  void AddLinesAndResidual(const Transfer& t, Rows lines, const Rows& residual,
                           std::vector<Command>* commands) const;
  void PlaceTables(Layer* layer);
  [[nodiscard]] std::vector<uint32_t> Encode(const Command& command) const;
  [[nodiscard]] std::vector<uint32_t> EncodeStore(const Command& job) const;
  void RenewWaits();
  [[nodiscard]] std::vector<uint32_t> EncodeList() const;
  [[nodiscard]] const Layer& LayerOf(int job) const { return layers_[size_t(job_layer_[size_t(job)])]; }

  [[nodiscard]] Window PoolOf(int job) const {  // after an addition
    return LayerOf(job).prepared.layer.max_pool.value_or(Window{});
  }

  Config config_;
  bool with_data_;
  std::vector<Place> tensors_;
  uint64_t tensors_end_ = 0;
  std::vector<Layer> layers_;
  std::vector<int> job_layer_;
  std::vector<uint32_t> groups_at_;  // of each job: offset of its parameters and weights in data_
  std::map<std::tuple<int, int, int, int, int, int, int, int, int>, uint32_t> shared_;
  std::vector<uint8_t> data_;
  uint64_t data_bytes_ = 0;
  Program program_;
};

}  // namespace weft
