// Additions whose residual does not fit its buffer as the layer would be cut: on the RTL, bit for bit against
// the golden model and cycle for cycle against the cycle model.
#include "compiler/lower.hpp"
#include "sim/network_engine.hpp"
#include "sw_model/golden.hpp"
#include "tests/sim/engine_check.hpp"

namespace weft {
namespace {

// A graph that is built node by node with its golden values.
class Sums {
 public:
  explicit Sums(const Shape& in) : input(in) {
    Random(1).Fill(input.data, false);
    graph.tensors.push_back({"input", in});
    values_.push_back(input);
  }
  int Conv(int in, int outputs, const Window& window, int groups = 1) {
    const RandomLayer r = MakeLayer({"conv", values_[size_t(in)].shape, outputs, window, groups}, ++seed_);
    return Append({.op = Op::kConv, .inputs = {in}, .conv = r.layer},
                  golden::Conv(values_[size_t(in)], r.layer));
  }
  int Add(int a, int b) {
    const AddLayer add = golden::MakeAdd(0.5F, 3, 0.7F, -5, 0.9F, 2);
    return Append({.op = Op::kAdd, .inputs = {a, b}, .add = add},
                  golden::Add(values_[size_t(a)], values_[size_t(b)], add));
  }
  // Runs it on the RTL with everything compared.
  void Check(const std::string& config, int images = 1) {
    graph.output = int(graph.tensors.size()) - 1;
    EngineOptions options;
    options.engine = "rtl";
    options.config = config;
    options.check = true;
    TensorI8 batch({images, input.shape.h, input.shape.w, input.shape.c});
    Random(2).Fill(batch.data, false);
    const NetworkResult result = MakeNetworkEngine(options)->Run(graph, batch);
    int64_t cycles = 0;
    for (const LayerStats& node : result.nodes) {
      EXPECT_EQ(node.mismatches, 0);
      EXPECT_EQ(node.cycles, node.predicted_cycles);
      cycles += node.cycles;
    }
    const std::vector<Segment> segments = Lower(graph);
    ASSERT_EQ(segments.size(), 1U);
    EXPECT_FALSE(segments[0].on_host());
    const SegmentProgram p = CompileSegment(graph, segments[0], images, Config::Load(config), false, false);
    fmt::print("  {}: {} layers in {} jobs, {} cycles: 0 differences\n", config, p.program.layers.size(),
               p.program.jobs.size(), cycles);
  }

  Graph graph;
  TensorI8 input;

 private:
  int Append(Node node, TensorI8 value) {
    node.output = int(graph.tensors.size());
    node.name = node.conv.name = fmt::format("{}{}", OpName(node.op), node.output);
    graph.tensors.push_back({node.name, value.shape});
    graph.nodes.push_back(std::move(node));
    values_.push_back(std::move(value));
    return graph.nodes.back().output;
  }
  std::vector<TensorI8> values_;
  uint64_t seed_ = 0;
};

class Residuals : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Configs, Residuals, testing::Values("2x2", "4x4"),
                         [](const auto& info) { return fmt::format("c{}", info.param); });

// Two convolutions of one input, and their sum.
TEST_P(Residuals, OfConvolutions) {
  struct Case {
    Shape in;
    int outputs;
    Window window;
  };
  for (const Case& c : {Case{{1, 4, 4, 8}, 512, Conv(4, 4)}, Case{{1, 1, 1, 32}, 2048, Conv(1, 1)},
                        Case{{1, 4, 200, 4}, 64, Conv(1, 1)}, Case{{1, 64, 64, 2}, 128, Conv(1, 1)},
                        Case{{1, 5, 6, 3}, 700, Conv(3, 3, 1, 1, 1)}, Case{{1, 3, 1, 8}, 1500, Conv(1, 1)}}) {
    SCOPED_TRACE(fmt::format("{}x{}x{}", c.in.h, c.in.w, c.outputs));
    Sums sums(c.in);
    const int a = sums.Conv(0, c.outputs, c.window), b = sums.Conv(0, c.outputs, c.window);
    sums.Add(a, b);
    sums.Check(GetParam());
  }
}

// A reduction in pieces, and a pixel that is longer than the line buffer.
TEST_P(Residuals, OfPieces) {
  for (const Shape& in : {Shape{1, 3, 3, 1100}, Shape{1, 2, 2, 5000}}) {
    SCOPED_TRACE(fmt::format("{}x{}x{}", in.h, in.w, in.c));
    Sums sums(in);
    const int a = sums.Conv(0, 40, Conv(2, 2)), b = sums.Conv(0, 40, Conv(2, 2));
    sums.Add(a, b);
    sums.Check(GetParam(), 2);
  }
  Sums sums({1, 1, 1, 9});
  const int a = sums.Conv(0, 6000, Conv(1, 1)), b = sums.Conv(0, 6000, Conv(1, 1));
  sums.Add(sums.Add(a, b), a);
  sums.Check(GetParam(), 2);
}

// The input itself is the residual; so is a convolution's input that another layer reads, too.
TEST_P(Residuals, OfInputs) {
  for (const Shape& in : {Shape{1, 1, 1, 512}, Shape{1, 3, 50, 64}, Shape{1, 2, 2, 1030}}) {
    SCOPED_TRACE(fmt::format("{}x{}x{}", in.h, in.w, in.c));
    Sums sums(in);
    const int a = sums.Conv(0, in.c, Conv(1, 1), in.c);
    sums.Add(sums.Add(0, a), a);
    sums.Check(GetParam());
  }
}

}  // namespace
}  // namespace weft
