// SPDX-License-Identifier: Apache-2.0
// What conv_engine and residual_add compute of a job, from its words and the bytes that are streamed to it:
// bit for bit, and fast. It knows no layers.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "sim/systemc/list_program.hpp"
#include "sim/systemc/requantizer.hpp"

namespace weft {

class JobRunner {
 public:
  explicit JobRunner(const Config& config);

  // A column group as it is read: its parameters, then its weights.
  using Groups = std::vector<std::vector<uint8_t>>;
  // What is streamed to a job: its lines one after the other, its column groups, its residual's lines, the
  // column groups of its depthwise convolution.
  struct Streams {
    std::vector<uint8_t> lines;
    Groups groups;
    std::vector<uint8_t> residual;
    Groups depthwise = {};
  };
  void LoadTables(std::span<const uint8_t> tables);  // of the additions from here on

  // Gives every output in the order of the hardware: its offset in the window and its channels. False: the
  // outputs are not those that the store words announce, `error_offset` is where.
  using Write = std::function<void(uint32_t offset, const int8_t* channels, int count)>;
  bool Run(const Job& job, const StoreWordArray& store, bool stores, const Streams& streams,
           const Write& write);
  [[nodiscard]] uint32_t error_offset() const { return error_offset_; }
  void Reset();  // a list begins

 private:
  static constexpr int kPixels = 8;
  struct Pixel {
    int64_t addr;
    int x, y;
  };
  // Channels whose sums are computed together: of all column groups, if they read the same inputs, else of
  // one.
  struct Unit {
    int first_lane, lanes, padded;     // of a pixel's outputs; `padded` to a multiple of 8
    int group;                         // whose inputs it reads
    std::vector<float> weights = {};   // [tap][padded]
    std::vector<float> diagonal = {};  // [tap], if tap t has a weight of lane t mod lanes only
  };
  class Outputs;

  void DecodeGroups(const Job& job, const Groups& groups);
  void MakeUnits(const Job& job, const Groups& groups);
  static void FindDiagonal(Unit* unit, const Job& job);
  void ReadPatch(const Job& job, const Pixel& pixel, int group, float* patch) const;
  void ComputeSums(const Job& job, std::span<const Pixel> pixels);
  void RequantizeSums(const Job& job, size_t pixels);

  const Config& config_;
  std::array<std::array<int32_t, 256>, 2> tables_{};
  uint32_t error_offset_ = 0;

  // Of the running job.
  std::vector<float> lines_;
  std::vector<Unit> units_;
  int width_ = 0;                // lanes of a pixel: groups * cols
  LaneScales scales_;            // of these, and a few more
  std::vector<uint32_t> sums_;   // [pixel][width_]
  std::vector<int8_t> outputs_;  // the same
  std::vector<float> patches_;

  // What stays from job to job: the array's sums, windows that are not complete.
  std::vector<uint32_t> array_;
  int pool_count_ = 0, sum_pool_count_ = 0;
  std::vector<int8_t> pool_, sum_pool_;
};

}  // namespace weft
