// SPDX-License-Identifier: Apache-2.0
// Makes a program layer by layer, in the order in which they run.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "compiler/chain.hpp"
#include "compiler/commands.hpp"
#include "compiler/program.hpp"

namespace weft {

class ProgramBuilder {
 public:
  // Without data (for cycle counts) the image holds zeros for parameters and weights.
  ProgramBuilder(const Config& config, bool with_data) : config_(config), with_data_(with_data) {}
  // Places a tensor behind those before it, or at an offset from the first one; its number.
  int AddTensor(const Shape& shape);
  int AddTensorAt(const Shape& shape, uint64_t offset);
  [[nodiscard]] uint64_t TensorBytes(const Shape& shape) const;  // that it takes, aligned
  // A layer that reads tensor `in`. If that is what a layer of this program writes, its lines wait for the
  // outputs. The same holds for a residual, whose rows must fit its buffer; throws Error if they don't
  // (CanAdd). Behind the layer comes an addition, or a depthwise convolution (if CanFollow), or nothing.
  void AddLayer(const PreparedLayer& layer, int in, const Target& out, bool reads_outputs,
                const std::optional<FusedAdd>& add = {}, const std::optional<FusedDepthwise>& depthwise = {});
  Program Build();
  [[nodiscard]] const Place& place(int tensor) const { return tensors_[tensor]; }  // offsets after Build

 private:
  struct Layer {
    ConvLayer conv;
    int in;
    Target out;
    bool reads_outputs;
    std::optional<FusedAdd> add;
    std::optional<uint32_t> tables_at;  // of an addition, in data_
    Shape inner;                        // what the layer gives to its depthwise convolution
    std::optional<FusedDepthwise> depthwise;
  };
  // Jobs for which these are equal have the same parameters and weights: they differ in the region only.
  struct Groups {
    int layer, k0, groups;
    Job::Reduction reduction;
    auto operator<=>(const Groups&) const = default;
  };
  [[nodiscard]] const Layer& LayerOf(int job) const { return layers_[job_layer_[job]]; }
  [[nodiscard]] Traffic TrafficOf(const PreparedLayer& layer, const std::optional<FusedAdd>& add) const;
  static Traffic CompulsoryOf(const PreparedLayer& layer, const std::optional<FusedAdd>& add,
                              const std::optional<FusedDepthwise>& depthwise);
  [[nodiscard]] Traffic TrafficOf(const PreparedLayer& layer, const FusedDepthwise& depthwise) const;
  void PlaceData();
  void PlaceGroups(int job);
  void PlaceDepthwise(int job);
  void PlaceTables(Layer* layer);
  [[nodiscard]] bool Follows(size_t layer) const;
  void ChooseMarks();
  [[nodiscard]] std::vector<Command> PlanCommands() const;
  void PlaceWindow();
  void AddStores();
  void WriteImage();

  Config config_;
  bool with_data_;
  std::vector<Place> tensors_;
  uint64_t tensors_end_ = 0;
  std::vector<Layer> layers_;
  std::vector<int> job_layer_;
  std::vector<CommandJob> placed_;  // each job; offsets are those in data_
  std::map<Groups, uint32_t> shared_, shared_depthwise_;
  std::vector<uint8_t> data_;
  uint64_t data_bytes_ = 0;
  Program program_;
};

}  // namespace weft
