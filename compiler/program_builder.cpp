// SPDX-License-Identifier: Apache-2.0
#include "compiler/program_builder.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "compiler/commands.hpp"
#include "compiler/geometry.hpp"
#include "compiler/list.hpp"
#include "compiler/residual.hpp"
#include "compiler/schedule.hpp"
#include "sw_model/error.hpp"
#include "sw_model/golden/golden.hpp"

namespace weft {
namespace {

Window PoolOf(const ConvLayer& layer) { return layer.max_pool.value_or(Window{}); }

}  // namespace

uint64_t ProgramBuilder::TensorBytes(const Shape& s) const {
  const int64_t row_pitch = RoundUp(int64_t{s.w} * s.c, config_.bus_bytes);
  return uint64_t(RoundUp(int64_t{s.n} * s.h * row_pitch, kWindowAlign));
}

int ProgramBuilder::AddTensor(const Shape& shape) { return AddTensorAt(shape, tensors_end_); }

int ProgramBuilder::AddTensorAt(const Shape& shape, uint64_t offset) {
  const auto row_pitch = uint32_t(RoundUp(int64_t{shape.w} * shape.c, config_.bus_bytes));
  tensors_end_ = std::max(tensors_end_, uint64_t{AlignInWindow(offset + TensorBytes(shape))});
  tensors_.push_back({.shape = shape, .offset = uint32_t(offset), .row_pitch = row_pitch});
  return int(tensors_.size()) - 1;
}

Traffic ProgramBuilder::TrafficOf(const PreparedLayer& layer, const std::optional<FusedAdd>& add) const {
  Traffic traffic = CountTraffic(layer.jobs, config_);
  if (!add) return traffic;
  traffic.read += kTableBytes;
  if (!add->residual) return traffic;
  for (const Job& job : layer.jobs) {
    if (job.rows == 0) continue;
    const ResidualBox box = ResidualOf(job, PoolOf(layer.layer), tensors_[*add->residual].shape.c, config_);
    traffic.read += job.lines.images * box.rows * box.pitch;
  }
  return traffic;
}

Traffic ProgramBuilder::CompulsoryOf(const PreparedLayer& layer, const std::optional<FusedAdd>& add,
                                     const std::optional<FusedDepthwise>& depthwise) {
  constexpr int kChannelBytes = 9;  // bias, multiplier, shift
  const Geometry g(layer.in, layer.layer);
  const InputBox box = g.InputOf({.images = g.in.n, .rows = g.out.h, .cols = g.out.w});
  const Shape& filters = layer.layer.filters.shape;
  Traffic traffic;
  traffic.read = int64_t(filters.size()) + int64_t{filters.n} * kChannelBytes +
                 int64_t{g.in.n} * (box.y1 - box.y0) * (box.x1 - box.x0) * g.in.c;
  traffic.written = int64_t(g.out.size());
  if (add) traffic.read += kTableBytes;
  if (add && add->residual) traffic.read += int64_t(golden::ConvShape(layer.in, layer.layer).size());
  if (depthwise) {
    const Shape& taps = depthwise->conv.filters.shape;
    traffic.read += int64_t(taps.size()) + int64_t{taps.n} * kChannelBytes;
    traffic.written = int64_t(golden::OutputShape(g.out, depthwise->conv).size());
  }
  return traffic;
}

Traffic ProgramBuilder::TrafficOf(const PreparedLayer& layer, const FusedDepthwise& depthwise) const {
  Traffic traffic = CountTraffic(layer.jobs, config_);
  const int64_t words =
      DepthwiseParameterBusWords(config_) + DepthwiseWeightBusWords(depthwise.conv.window, config_);
  for (const Job& job : layer.jobs) traffic.read += job.groups * words * config_.bus_bytes;
  traffic.written = int64_t(golden::OutputShape(Geometry(layer.in, layer.layer).out, depthwise.conv).size());
  return traffic;
}

void ProgramBuilder::AddLayer(const PreparedLayer& layer, int in, const Target& out, bool reads_outputs,
                              const std::optional<FusedAdd>& add,
                              const std::optional<FusedDepthwise>& depthwise) {
  const auto channels = [&](int tensor) { return tensors_[tensor].shape.c; };
  if (add && config_.residual_add == 0)
    throw Error("layer {}: configuration {} adds nothing, choose one with residual_add 1", layer.layer.name,
                config_.name);
  if (add && !CanAdd(layer, add->residual ? std::optional(channels(*add->residual)) : std::nullopt, config_))
    throw Error("layer {}: its jobs cannot add a residual", layer.layer.name);
  if (depthwise && (add || !CanFollow(layer, depthwise->conv, config_)))
    throw Error("layer {}: its jobs cannot give their outputs to a depthwise convolution", layer.layer.name);
  program_.layers.push_back({.name = layer.layer.name,
                             .first_job = int(program_.jobs.size()),
                             .jobs = int(layer.jobs.size()),
                             .traffic = depthwise ? TrafficOf(layer, *depthwise) : TrafficOf(layer, add),
                             .compulsory = CompulsoryOf(layer, add, depthwise)});
  for (const Job& job : layer.jobs) {
    program_.jobs.push_back(job);
    if (add) program_.jobs.back().words[kJobPool] = 1;  // the engine does not pool, the adder does
    job_layer_.push_back(int(layers_.size()));
  }
  layers_.push_back({.conv = layer.layer,
                     .in = in,
                     .out = out,
                     .reads_outputs = reads_outputs,
                     .add = add,
                     .tables_at = {},
                     .inner = Geometry(layer.in, layer.layer).out,
                     .depthwise = depthwise});
}

void ProgramBuilder::PlaceData() {
  placed_.resize(program_.jobs.size());
  for (int j = 0; j < int(program_.jobs.size()); j++) {
    PlaceGroups(j);
    PlaceDepthwise(j);
  }
  for (Layer& layer : layers_)
    if (layer.add) PlaceTables(&layer);
}

// The parameters and weights of a job's column groups, one group after the other.
void ProgramBuilder::PlaceGroups(int j) {
  const Job& job = program_.jobs[j];
  const auto [at, added] = shared_.try_emplace(
      {.layer = job_layer_[j], .k0 = job.k0, .groups = job.groups, .reduction = job.reduction},
      uint32_t(data_bytes_));
  placed_[j].groups_at = at->second;
  if (!added) return;
  const ConvLayer& layer = LayerOf(j).conv;
  for (int g = 0; g < job.groups && with_data_; g++)
    for (const auto& bytes : {PackParameters(job, g, layer, config_), PackWeights(job, g, layer, config_)})
      data_.insert(data_.end(), bytes.begin(), bytes.end());
  const int64_t words = job.groups * (ParameterBusWords(job, config_) + WeightBusWords(job, config_));
  data_bytes_ = AlignInWindow(data_bytes_ + uint64_t(words * config_.bus_bytes));
  if (with_data_) data_.resize(data_bytes_);
}

// The parameters and weights of the depthwise convolution for a job's column groups.
void ProgramBuilder::PlaceDepthwise(int j) {
  const Job& job = program_.jobs[j];
  const Layer& layer = LayerOf(j);
  if (!layer.depthwise) return;
  const ConvLayer& conv = layer.depthwise->conv;
  const auto [at, added] = shared_depthwise_.try_emplace(
      {.layer = job_layer_[j], .k0 = job.k0, .groups = job.groups, .reduction = {}}, uint32_t(data_bytes_));
  placed_[j].depthwise_at = at->second;
  if (!added) return;
  for (int g = 0; g < job.groups && with_data_; g++) {
    const std::vector<uint8_t> bytes = PackDepthwise(job, g, conv, config_);
    data_.insert(data_.end(), bytes.begin(), bytes.end());
  }
  const int64_t words =
      job.groups * (DepthwiseParameterBusWords(config_) + DepthwiseWeightBusWords(conv.window, config_));
  data_bytes_ = AlignInWindow(data_bytes_ + uint64_t(words * config_.bus_bytes));
  if (with_data_) data_.resize(data_bytes_);
}

// What each operand of the addition adds, for every code: that of the layer's outputs first.
void ProgramBuilder::PlaceTables(Layer* layer) {
  const std::array<TableI32, 2> tables = {layer->add->sum.first, layer->add->sum.second};
  layer->tables_at = uint32_t(data_bytes_);
  data_bytes_ += kTableBytes;
  if (!with_data_) return;
  data_.resize(data_bytes_);
  std::memcpy(&data_[*layer->tables_at], tables.data(), kTableBytes);
}

// Whether a layer reads what the one before it writes, row by row.
bool ProgramBuilder::Follows(size_t layer) const {
  if (layer == 0 || !layers_[layer].reads_outputs) return false;
  const Target& before = layers_[layer - 1].out;
  return before.tensor == layers_[layer].in && before.factor_h == 1;
}

// What a layer reads is counted as stored in up to kMarks steps, so that the layer begins before all is
// there.
void ProgramBuilder::ChooseMarks() {
  constexpr int64_t kMarks = 8;
  for (int j = 0; j < int(program_.jobs.size()); j++) {
    const Layer& layer = LayerOf(j);
    placed_[j].out_rows =
        layer.depthwise ? golden::OutputShape(layer.inner, layer.depthwise->conv).h : program_.jobs[j].rows;
  }
  for (size_t l = 1; l < layers_.size(); l++) {
    const int last = program_.layers[l].first_job - 1;
    const int64_t rows = int64_t{program_.jobs[last].lines.images} * placed_[last].out_rows;
    if (Follows(l) && rows > 1) placed_[last].mark_rows = int(CeilDiv(rows, kMarks));
  }
}

std::vector<Command> ProgramBuilder::PlanCommands() const {
  std::vector<CommandLayer> layers;
  for (size_t l = 0; l < layers_.size(); l++) {
    const Layer& layer = layers_[l];
    layers.push_back({.first_job = program_.layers[l].first_job,
                      .jobs = program_.layers[l].jobs,
                      .reads_outputs = layer.reads_outputs,
                      .in = tensors_[layer.in],
                      .tables_at = layer.tables_at,
                      .residual = {},
                      .pool = PoolOf(layer.conv),
                      .depthwise_words = 0,
                      .follows = Follows(l)});
    if (layer.depthwise)
      layers.back().depthwise_words =
          uint32_t(DepthwiseWeightBusWords(layer.depthwise->conv.window, config_));
    if (layer.add && layer.add->residual) {
      layers.back().residual = tensors_[*layer.add->residual];
      layers.back().residual_follows = l > 0 && layers_[l - 1].out.tensor == *layer.add->residual;
    }
  }
  return MakeCommands(program_.jobs, placed_, layers, config_);
}

// The data comes behind the list, the tensors come behind the data.
void ProgramBuilder::PlaceWindow() {
  const uint32_t data_at = program_.list_bytes, tensors_at = AlignInWindow(data_at + data_bytes_);
  for (Place& tensor : tensors_) tensor.offset += tensors_at;
  program_.window_bytes = AlignInWindow(tensors_at + tensors_end_);
  for (Command& c : program_.commands) {
    if (c.op != ListOp::kRead || c.read == ReadKind::kList) continue;
    const bool tensor = c.read == ReadKind::kLines || c.read == ReadKind::kResidual;
    c.offset += tensor ? tensors_at : data_at;
  }
}

void ProgramBuilder::AddStores() {
  for (int j = 0; j < int(program_.jobs.size()); j++) {
    const Layer& layer = LayerOf(j);
    Store store{.out = tensors_[layer.out.tensor],
                .target = layer.out,
                .add = {},
                .residual = {},
                .pool = PoolOf(layer.conv),
                .depthwise = {},
                .depthwise_output = {},
                .mark_rows = placed_[j].mark_rows};
    if (layer.depthwise) {
      const Requant& requant = layer.depthwise->conv.requant;
      store.depthwise = WalkOf(program_.jobs[j], layer.inner, layer.depthwise->conv, config_);
      store.depthwise_output.output_zp = requant.output_zp;
      store.depthwise_output.clamp_lo = requant.clamp_lo;
      store.depthwise_output.clamp_hi = requant.clamp_hi;
      store.depthwise_output.rounding = requant.rounding;
    }
    if (layer.add) store.add = layer.add->sum.output;
    if (layer.add && layer.add->residual) store.residual = tensors_[*layer.add->residual];
    program_.stores.push_back(store);
  }
}

void ProgramBuilder::WriteImage() {
  const std::vector<uint32_t> list = EncodeList(program_, config_);
  program_.image.resize(program_.list_bytes);
  std::memcpy(program_.image.data(), list.data(), list.size() * 4);
  program_.image.insert(program_.image.end(), data_.begin(), data_.end());
}

Program ProgramBuilder::Build() {
  PlaceData();
  ChooseMarks();
  program_.commands = PlanCommands();
  program_.list_bytes = CompleteList(config_, &program_.commands);
  PlaceWindow();
  AddStores();
  WriteImage();
  return program_;
}

}  // namespace weft
