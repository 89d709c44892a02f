// SPDX-License-Identifier: Apache-2.0
// The engine in a SystemC simulation: the harness drives it through sc_signals, clock period by clock period,
// and it must compute the same bits in the same number of cycles as the plain Verilated model.
#include <gtest/gtest.h>

#include <systemc>

#include "Vconv_engine_sc.h"
#include "compiler/job.hpp"
#include "sim/harness/harness.hpp"
#include "sw_model/golden/golden.hpp"
#include "tests/random_layer.hpp"

namespace weft {
namespace {

class SystemCEngine : public RtlModel {
 public:
  SystemCEngine() : engine_("conv_engine") {
    engine_.clk_i(clk_);
    engine_.rst_ni(rst_n_);
    engine_.job_valid_i(job_valid_);
    engine_.job_ready_o(job_ready_);
    engine_.job_i(job_);
    engine_.line_valid_i(line_valid_);
    engine_.line_ready_o(line_ready_);
    engine_.line_data_i(line_data_);
    engine_.line_last_i(line_last_);
    engine_.weight_valid_i(weight_valid_);
    engine_.weight_ready_o(weight_ready_);
    engine_.weight_data_i(weight_data_);
    engine_.param_valid_i(param_valid_);
    engine_.param_ready_o(param_ready_);
    engine_.param_data_i(param_data_);
    engine_.out_valid_o(out_valid_);
    engine_.out_ready_i(out_ready_);
    engine_.out_data_o(out_data_);
    engine_.out_cols_o(out_cols_);
    engine_.out_final_o(out_final_);
    engine_.count_i(count_);
    engine_.count_clear_i(count_clear_);
    engine_.counts_o(counts_);
  }

  void Cycle(EnginePins* p) override {
    rst_n_ = !p->reset;
    count_ = p->count;
    count_clear_ = p->reset;
    job_valid_ = p->job_valid;
    line_valid_ = p->line_valid;
    line_last_ = p->line_last;
    weight_valid_ = p->weight_valid;
    param_valid_ = p->param_valid;
    out_ready_ = p->out_ready;
    if (p->job_valid) {
      sc_dt::sc_bv<32 * kJobWords> job;
      for (int i = 0; i < kJobWords; i++) job.range(32 * i + 31, 32 * i) = p->job[i];
      job_ = job;
    }
    if (p->line_valid) line_data_ = Word(p->line);
    if (p->weight_valid) weight_data_ = Word(p->weight);
    if (p->param_valid) param_data_ = Word(p->param);
    sc_core::sc_start(5, sc_core::SC_NS);
    clk_ = true;
    sc_core::sc_start(5, sc_core::SC_NS);
    clk_ = false;
    p->job_ready = job_ready_;
    p->line_ready = line_ready_;
    p->weight_ready = weight_ready_;
    p->param_ready = param_ready_;
    p->out_valid = out_valid_;
    p->out_final = out_final_;
    p->out_cols = int(out_cols_.read());
    const uint32_t data = out_data_.read();
    std::memcpy(p->out.data(), &data, sizeof data);
  }

  CauseCounts Counts() const override {
    CauseCounts counts{};
    for (int i = 0; i < kCauses; i++)
      counts[size_t(i)] = int64_t(counts_.read().range(48 * i + 47, 48 * i).to_uint64());
    return counts;
  }

  const uint8_t* Find(const std::string&, const std::string&) const override { return nullptr; }
  void StartTrace(const std::string&) override {}
  void StopTrace() override {}

 private:
  static uint32_t Word(const uint8_t* bytes) {
    uint32_t word = 0;
    std::memcpy(&word, bytes, sizeof word);
    return word;
  }

  Vconv_engine_sc engine_;
  sc_core::sc_signal<bool> clk_, rst_n_, job_valid_, job_ready_, line_valid_, line_ready_, line_last_,
      weight_valid_, weight_ready_, param_valid_, param_ready_, out_valid_, out_ready_, out_final_, count_,
      count_clear_;
  sc_core::sc_signal<sc_dt::sc_bv<32 * kJobWords>> job_;
  sc_core::sc_signal<uint32_t> line_data_, weight_data_, param_data_, out_data_, out_cols_;
  sc_core::sc_signal<sc_dt::sc_bv<48 * kCauses>> counts_;
};

// One test: SystemC elaborates once in a process.
TEST(SystemC, RunsALayerLikeTheVerilatedModel) {
  const Config config = Config::Load("4x4");
  const RandomLayer random = MakeRandomLayer(11, {.max_h = 20, .max_w = 20, .allow_pool = false});
  const Shape out = golden::OutputShape(random.in, random.layer);
  const std::vector<Job> jobs = CompileConv(random.in, random.layer, config);
  HarnessOptions options;
  options.memory = {4, 20};

  Harness systemc(config, options, {new SystemCEngine, [](RtlModel* model) { delete model; }});
  Harness verilated(config, options);
  const RunResult a = systemc.Run(jobs, random.layer, random.input, out);
  const RunResult b = verilated.Run(jobs, random.layer, random.input, out);
  EXPECT_EQ(a.output, golden::Conv(random.input, random.layer));
  EXPECT_EQ(a.cycles, b.cycles);
  EXPECT_EQ(a.counts, b.counts);
  fmt::print("{} outputs, {} cycles\n", out.size(), a.cycles);
}

}  // namespace
}  // namespace weft

int sc_main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
