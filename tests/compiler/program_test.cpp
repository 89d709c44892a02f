// Programs of sizes that would take too long to run.
#include "compiler/program.hpp"

#include <gtest/gtest.h>

#include "sw_model/cycle_model.hpp"
#include "sw_model/golden.hpp"

namespace weft {
namespace {

// The hardware compares stored jobs with those that a read waits for modulo 2^16.
TEST(Program, ManyJobsDoNotConfuseWaits) {
  Config config;
  config.name = "tiny";
  config.rows = config.cols = 2;
  config.lanes = 1;
  config.bus_bytes = 4;
  config.line_buffer_bytes = 16;
  config.weight_buffer_bytes = 64;
  config.Check();
  ConvLayer layer;
  layer.name = "wide";
  layer.filters.shape = {20000, 1, 1, 16};
  layer.bias.assign(20000, 0);
  layer.requant.multiplier.assign(20000, 1 << 30);
  layer.requant.shift.assign(20000, 0);
  const Shape in{1, 1, 8, 16};
  const PreparedLayer prepared = PrepareLayer(layer, in, config);
  ProgramBuilder builder(config, false);
  const int x = builder.AddTensor(prepared.in), y = builder.AddTensor(golden::OutputShape(in, layer));
  builder.AddLayer(prepared, x, {.tensor = y}, false);
  const Program program = builder.Build();

  uint32_t given = 0, reads = 0;
  for (const Command& c : program.commands) {
    if (c.op == Command::Op::kJob) given += program.jobs[size_t(c.job)].rows > 0 ? 1 : 0;
    if (c.op != Command::Op::kRead) continue;
    reads++;
    ASSERT_LE(given - c.wait, 1U << 14) << "read " << reads;
    ASSERT_LE(c.wait, given) << "read " << reads;
  }
  EXPECT_GT(given, 1U << 16);
  EXPECT_GT(CountCycles(program, config, Memory{4, 40}).cycles, 0);
}

}  // namespace
}  // namespace weft
