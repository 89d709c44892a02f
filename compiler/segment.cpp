// SPDX-License-Identifier: Apache-2.0
#include "compiler/segment.hpp"

#include <algorithm>
#include <climits>
#include <functional>

#include "compiler/copy_layers.hpp"
#include "compiler/depthwise.hpp"
#include "compiler/program_builder.hpp"
#include "compiler/residual.hpp"
#include "sw_model/error.hpp"
#include "sw_model/golden/golden.hpp"

namespace weft {
namespace {

// First fit: a tensor may lie where those lie whose last reader comes before its first writer.
class MemoryPlan {
 public:
  uint64_t Place(uint64_t bytes, int first, int last) {
    uint64_t offset = 0;
    for (bool moved = true; moved;) {
      moved = false;
      for (const Use& u : uses_)
        if (u.last >= first && offset < u.offset + u.bytes && u.offset < offset + bytes) {
          offset = u.offset + u.bytes;
          moved = true;
        }
    }
    uses_.push_back({offset, bytes, last});
    return offset;
  }

 private:
  struct Use {
    uint64_t offset, bytes;
    int last;  // the layer that reads it last
  };
  std::vector<Use> uses_;
};

// Without the last rows of its output, if no window of a depthwise convolution behind it reaches them: they
// would come after all of that one's outputs.
ConvLayer WithoutUnusedRows(ConvLayer conv, const Shape& in, const ConvLayer& depthwise) {
  const Shape inner = golden::OutputShape(in, conv), out = golden::OutputShape(inner, depthwise);
  const Window& behind = depthwise.window;
  const int used = (out.h - 1) * behind.stride_h - behind.pad.top + behind.kh;
  Window& w = conv.window;
  if (used < inner.h)
    w.pad.bottom = (used - 1) * w.stride_h + (w.kh - 1) * w.dilation_h + 1 - w.pad.top - in.h;
  return conv;
}

// A layer with its jobs for a configuration.
struct FittedLayer {
  LoweredLayer layer;
  PreparedLayer prepared;
  bool from_host;  // its input is
  int of = 0;      // layer of the segment
};

// Finds the layers that are best for a configuration.
class LayerFitter {
 public:
  LayerFitter(const Graph& graph, int images, const Config& config, int read_cycles)
      : graph_(graph), images_(images), config_(config), read_cycles_(read_cycles) {}

  std::vector<FittedLayer> Fit(const Segment& segment) {
    for (int l = 0; l < int(segment.layers.size()); l++) {
      const LoweredLayer& layer = segment.layers[l];
      const size_t first = fitted_.size();
      Fit(layer, std::ranges::none_of(segment.layers, [&](const LoweredLayer& other) {
            return other.out.tensor == layer.in;
          }));
      for (size_t i = first; i < fitted_.size(); i++) fitted_[i].of = l;
    }
    return std::move(fitted_);
  }

 private:
  // A layer whole, or with its depthwise convolution as a layer of its own, or with its max-pool or its
  // addition as copies.
  void Fit(const LoweredLayer& layer, bool from_host) {
    if (layer.depthwise) return FitDepthwise(layer, from_host);
    std::optional<PreparedLayer> whole = Prepare(layer, from_host);
    if (!whole) return PoolApart(layer, from_host);
    if (layer.add && IsConv(layer) && AddApart(layer, from_host, *whole)) return;
    fitted_.push_back({layer, std::move(*whole), from_host});
  }

  void FitDepthwise(const LoweredLayer& layer, bool from_host) {
    const FusedDepthwise& depthwise = *layer.depthwise;
    const Shape in = InputOf(layer);
    LoweredLayer used = layer;
    used.conv = WithoutUnusedRows(layer.conv, in, depthwise.conv);
    // The host interleaves the input for all rows.
    const bool interleaves = from_host && NeedsInterleave(layer.conv, in, config_);
    std::optional<PreparedLayer> whole;
    if (!interleaves || used.conv.window == layer.conv.window)
      whole = PrepareDepthwise(Preparer(used, from_host), depthwise.conv, config_);
    if (whole) {
      fitted_.push_back({layer, std::move(*whole), from_host});
      return;
    }
    LoweredLayer first = layer;
    first.depthwise.reset();
    first.out = {.tensor = graph_.nodes[layer.node].output};
    Fit(first, from_host);
    Fit({.node = depthwise.node, .conv = depthwise.conv, .in = first.out.tensor, .out = layer.out, .add = {}},
        false);
  }

  // Not even the rows under one pooling window fit: a copy pools what the layer has added.
  void PoolApart(const LoweredLayer& layer, bool from_host) {
    if (!layer.conv.max_pool) throw Error("layer {}: the residual does not fit the engine", layer.conv.name);
    const int sum = SumOf(layer), pool = ReaderOf(sum);
    LoweredLayer added = layer;
    added.conv.max_pool.reset();
    added.out = {.tensor = graph_.nodes[sum].output};
    Fit(added, from_host);
    const ConvLayer copy = MakeMaxPool(graph_.nodes[pool].name, Channels(layer), *layer.conv.max_pool);
    Fit({.node = pool, .conv = copy, .in = added.out.tensor, .out = layer.out, .add = {}}, false);
  }

  // The outputs are stored and a copy adds the residual, if that moves fewer bytes: cut so far that the
  // residual fits, a layer reads its weights again and again.
  bool AddApart(const LoweredLayer& layer, bool from_host, const PreparedLayer& whole) {
    LoweredLayer alone = layer;
    alone.add.reset();
    alone.conv.max_pool.reset();
    alone.out = {.tensor = graph_.nodes[layer.node].output};
    std::optional<PreparedLayer> prepared = Prepare(alone, from_host);
    const int64_t copied = 2 * int64_t(golden::OutputShape(InputOf(alone), alone.conv).size());
    if (BytesMoved(*prepared) + copied >= BytesMoved(whole)) return false;
    const int sum = SumOf(layer), stored = alone.out.tensor;
    ConvLayer copy = MakeDepthwise(graph_.nodes[sum].name, Channels(layer), Window{}, Unchanged(0));
    copy.max_pool = layer.conv.max_pool;
    fitted_.push_back({std::move(alone), std::move(*prepared), from_host});
    Fit({.node = sum, .conv = copy, .in = stored, .out = layer.out, .add = layer.add}, false);
    return true;
  }

  // Makes the layer's jobs with limits.
  [[nodiscard]] std::function<PreparedLayer(const JobLimits&)> Preparer(const LoweredLayer& layer,
                                                                        bool from_host) const {
    return [this, &conv = layer.conv, in = InputOf(layer), from_host](JobLimits limits) {
      limits.read_cycles = read_cycles_;
      return from_host ? PrepareLayer(conv, in, config_, limits) : PrepareInPlace(conv, in, config_, limits);
    };
  }

  // The layer's jobs, cut so far that a residual fits if there is one; nothing if it cannot.
  [[nodiscard]] std::optional<PreparedLayer> Prepare(const LoweredLayer& layer, bool from_host) const {
    const auto prepare = Preparer(layer, from_host);
    if (!layer.add) return prepare({});
    return PrepareToAdd(prepare, layer.add->residual ? std::optional(Channels(layer)) : std::nullopt,
                        config_);
  }

  [[nodiscard]] int64_t BytesMoved(const PreparedLayer& layer) const {
    const Traffic traffic = CountTraffic(layer.jobs, config_);
    return traffic.read + traffic.written;
  }
  [[nodiscard]] Shape InputOf(const LoweredLayer& layer) const {
    Shape in = graph_.tensors[layer.in].shape;
    in.n = images_;
    in.w *= layer.fold;
    in.c /= layer.fold;
    return in;
  }
  [[nodiscard]] bool IsConv(const LoweredLayer& layer) const {
    return graph_.nodes[layer.node].op == Op::kConv;
  }
  static int Channels(const LoweredLayer& layer) { return layer.conv.filters.shape.n; }
  // The node of the layer's addition.
  [[nodiscard]] int SumOf(const LoweredLayer& layer) const {
    return layer.add && IsConv(layer) ? ReaderOf(layer.node) : layer.node;
  }
  // The only node that reads a node's output.
  [[nodiscard]] int ReaderOf(int node) const {
    const auto reader = std::ranges::find_if(graph_.nodes, [&](const Node& other) {
      return std::ranges::count(other.inputs, graph_.nodes[node].output) > 0;
    });
    return int(reader - graph_.nodes.begin());
  }

  const Graph& graph_;
  int images_;
  const Config& config_;
  int read_cycles_;
  std::vector<FittedLayer> fitted_;
};

// Makes a segment's program, layer by layer.
class SegmentCompiler {
 public:
  SegmentCompiler(const Graph& graph, const Segment& segment, int images, const Config& config,
                  const CompileOptions& options)
      : graph_(graph),
        segment_(segment),
        images_(images),
        keep_all_(options.keep_all),
        in_order_(options.in_order),
        layers_(LayerFitter(graph, images, config, options.read_cycles).Fit(segment)),
        uses_(graph.tensors.size()),
        builder_(config, options.with_data) {}

  SegmentProgram Compile() {
    FindUses();
    for (int l = 0; l < int(layers_.size()); l++) AddLayer(l, std::move(layers_[l]));
    result_.program = builder_.Build();
    for (size_t i = 0; i < inputs_.size(); i++) result_.inputs[i].place = builder_.place(inputs_[i]);
    result_.outputs.resize(uses_.size());
    for (int t = 0; t < int(uses_.size()); t++)
      if (uses_[t].written != INT_MAX && NeededLater(t)) result_.outputs[t] = builder_.place(uses_[t].number);
    return std::move(result_);
  }

 private:
  // One of the graph's tensors in this segment: by which layers it is written first and read last, and its
  // number in the program.
  struct Use {
    int written = INT_MAX, read = -1, number = -1;
  };

  void FindUses() {
    for (int l = 0; l < int(layers_.size()); l++) {
      const LoweredLayer& layer = layers_[l].layer;
      int& written = uses_[layer.out.tensor].written;
      written = std::min(written, l);
      uses_[layer.in].read = l;
      if (layer.add && layer.add->residual) uses_[*layer.add->residual].read = l;
    }
  }

  // By the host, by a later segment, or by whoever compares it.
  [[nodiscard]] bool NeededLater(int tensor) const {
    if (keep_all_ || graph_.IsOutput(tensor)) return true;
    return std::any_of(graph_.nodes.begin() + segment_.first + segment_.count, graph_.nodes.end(),
                       [&](const Node& node) { return std::ranges::count(node.inputs, tensor) > 0; });
  }

  void AddLayer(int l, FittedLayer fitted) {
    const LoweredLayer& layer = fitted.layer;
    const int in = InputOf(l, fitted);
    std::optional<FusedAdd> add = layer.add;
    if (add && add->residual) add->residual = ResidualOf(fitted);
    Target out = layer.out;
    out.tensor = OutputOf(l, layer);
    builder_.AddLayer(fitted.prepared, in, out, !fitted.from_host || (in_order_ && l > 0), add,
                      layer.depthwise);
    result_.layer_node.push_back(layer.node);
    result_.layer_depthwise.push_back(layer.depthwise ? layer.depthwise->node : -1);
    result_.layers.push_back(std::move(fitted.layer));
  }

  int InputOf(int l, const FittedLayer& fitted) {
    Use& use = uses_[fitted.layer.in];
    const bool interleaved = fitted.prepared.interleaved;  // a tensor for this layer only
    if (!interleaved && use.number >= 0) return use.number;
    const int in =
        AddInput({.tensor = fitted.layer.in, .place = {}, .interleaved = interleaved, .layer = fitted.of},
                 interleaved ? fitted.prepared.in : Batch(fitted.layer.in), interleaved ? l : use.read);
    if (!interleaved) use.number = in;
    return in;
  }

  int ResidualOf(const FittedLayer& fitted) {
    const int tensor = *fitted.layer.add->residual;
    Use& use = uses_[tensor];
    if (use.number < 0)
      use.number = AddInput({.tensor = tensor, .place = {}, .layer = fitted.of}, Batch(tensor), use.read);
    return use.number;
  }

  // What nobody reads keeps its place, too: nothing waits until it is written.
  int OutputOf(int l, const LoweredLayer& layer) {
    const int tensor = layer.out.tensor;
    Use& use = uses_[tensor];
    const bool stays = use.read < 0 || NeededLater(tensor);
    if (use.number < 0) use.number = AddTensor(Batch(tensor), l, stays ? INT_MAX : use.read);
    return use.number;
  }

  // Inputs are there from the start.
  int AddInput(const SegmentProgram::Input& input, const Shape& shape, int last) {
    result_.inputs.push_back(input);
    inputs_.push_back(AddTensor(shape, -1, last));
    return inputs_.back();
  }

  int AddTensor(const Shape& shape, int first, int last) {
    return builder_.AddTensorAt(shape, plan_.Place(builder_.TensorBytes(shape), first, last));
  }

  [[nodiscard]] Shape Batch(int tensor) const {
    Shape shape = graph_.tensors[tensor].shape;
    shape.n = images_;
    return shape;
  }

  const Graph& graph_;
  const Segment& segment_;
  int images_;
  bool keep_all_, in_order_;
  std::vector<FittedLayer> layers_;
  std::vector<Use> uses_;  // one a tensor of the graph
  ProgramBuilder builder_;
  MemoryPlan plan_;
  std::vector<int> inputs_;  // the number of each of the result's inputs
  SegmentProgram result_;
};

}  // namespace

SegmentProgram CompileSegment(const Graph& graph, const Segment& segment, int images, const Config& config,
                              const CompileOptions& options) {
  return SegmentCompiler(graph, segment, images, config, options).Compile();
}

}  // namespace weft
