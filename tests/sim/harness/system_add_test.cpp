// SPDX-License-Identifier: Apache-2.0
// A convolution, an addition and a max-pool as one layer on weft_top: bit for bit the golden model's, cycle
// for cycle the cycle model's. Windows may overlap here and leave pixels out, which the compiler does not
// choose. Additions without a residual, too.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "compiler/segment.hpp"
#include "sim/harness/system.hpp"
#include "sw_model/golden/golden.hpp"
#include "tests/random_count.hpp"
#include "tests/random_layer.hpp"
#include "tests/sim/backends/engine_check.hpp"

namespace weft {
namespace {

class AddThenPool : public testing::TestWithParam<const char*> {
 protected:
  // Whether it is one layer (if the residual fits the adder's buffer).
  bool Run(uint64_t seed, double stalls) {
    Random random(seed + 3000000);
    RandomLimits limits;
    limits.max_k = 3 * config_.cols;
    limits.allow_pool = false;
    const RandomLayer r = MakeRandomLayer(seed, limits);
    const TensorI8 conv = golden::Conv(r.input, r.layer);
    TensorI8 residual(conv.shape);
    const bool alone = random.Chance(4);  // the residual is 0, and nobody reads it
    if (!alone) random.Fill(residual.data, false);
    const AddLayer add = golden::MakeAdd(float(random.Real(0.01, 0.1)), r.layer.requant.output_zp,
                                         float(random.Real(0.01, 0.1)), int(random.Int(-128, 127)),
                                         float(random.Real(0.01, 0.2)), int(random.Int(-128, 127)));
    limits.max_pad = 0;
    limits.max_stride = 4;
    const Window pool = RandomPoolWindow(random, conv.shape, limits);
    const TensorI8 sum = golden::Add(conv, residual, add);
    const TensorI8 expected = golden::MaxPool(sum, pool);

    enum { kIn, kConv, kResidual, kSum, kOut };
    Graph graph;
    graph.tensors = {{"in", r.in},
                     {"conv", conv.shape},
                     {"residual", residual.shape},
                     {"sum", sum.shape},
                     {"out", expected.shape}};
    graph.nodes = {{.name = "conv", .op = Op::kConv, .inputs = {kIn}, .output = kConv, .conv = r.layer},
                   {.name = "add", .op = Op::kAdd, .inputs = {kConv, kResidual}, .output = kSum},
                   {.name = "pool", .op = Op::kMaxPool, .inputs = {kSum}, .output = kOut, .pool = pool}};
    graph.outputs = {{.tensor = kOut}};
    const std::optional<int> added = alone ? std::nullopt : std::optional<int>(kResidual);
    LoweredLayer layer{0, r.layer, kIn, {.tensor = kOut}, FusedAdd{golden::MakeSum(add), added}};
    layer.conv.max_pool = pool;
    const Memory memory = RandomMemory(random, config_);
    SCOPED_TRACE(fmt::format("seed {}{}, {}, {} -> {}, memory {}:{}, stalls {}", seed, alone ? " alone" : "",
                             Describe(r.in, layer.conv), Describe(sum.shape), Describe(expected.shape),
                             memory.width, memory.latency, stalls));
    const SegmentProgram p = CompileSegment(graph, {0, 3, {layer}}, r.in.n, config_);
    System system(config_, {memory, stalls, seed});
    system.Load(p.program);
    for (const SegmentProgram::Input& in : p.inputs)
      system.Write(in.place, in.interleaved     ? InterleaveInput(layer.conv, r.input)
                             : in.tensor == kIn ? r.input
                                                : residual);
    const CycleResult run = system.Run(p.program);
    EXPECT_EQ(system.Read(*p.outputs[kOut]).data, expected.data);
    if (stalls == 0) {
      const CycleResult model = CountCycles(p.program, config_, memory);
      EXPECT_EQ(run.cycles, model.cycles);
      EXPECT_EQ(run.counts, model.counts);
      EXPECT_EQ(run.bytes_read, model.bytes_read);
      EXPECT_EQ(run.bytes_written, model.bytes_written);
    }
    return p.program.layers.size() == 1;
  }
  void RunMany(int64_t usual, double stalls) {
    const RandomCases cases = ShardOf(RandomCount(usual));
    if (cases.count() == 0) GTEST_SKIP() << cases.Text();
    int64_t whole = 0;
    for (int64_t i = cases.first; i < cases.end && !HasFailure(); i++)
      whole += Run(uint64_t(i) * 131 + uint64_t(config_.rows) * 1000003, stalls) ? 1 : 0;
    if (cases.whole()) {
      EXPECT_GT(whole, cases.count() / 2) << "most residuals fit";
    }
  }
  Config config_ = Config::Load(GetParam());
};
INSTANTIATE_TEST_SUITE_P(Configs, AddThenPool, testing::Values("2x2", "3x6", "4x4", "5x7", "8x8", "8x16"),
                         [](const auto& info) { return fmt::format("c{}", info.param); });

TEST_P(AddThenPool, EqualsTheModels) { RunMany(60, 0); }
TEST_P(AddThenPool, WithPauses) { RunMany(20, 0.4); }

}  // namespace
}  // namespace weft
