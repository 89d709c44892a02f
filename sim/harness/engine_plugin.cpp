// SPDX-License-Identifier: Apache-2.0
// The Verilated conv_engine of one configuration behind RtlModel; built once for each configuration into a
// library.
#include <verilated.h>
#if WEFT_TRACE
#include <verilated_fst_c.h>
#endif
#include <verilated_syms.h>

#include <cstring>

#include "Vconv_engine.h"
#include "sim/harness/rtl_model.hpp"
#include "sim/harness/unpack_counts.hpp"
#include "sw_model/error.hpp"

namespace weft {
namespace {

// Verilator's ports are integers up to 64 bits and arrays of words beyond; both are little endian byte
// strings here.
template <typename Port>
void CopyIn(Port* port, const void* bytes, size_t size) {
  if (bytes != nullptr) std::memcpy(port, bytes, std::min(size, sizeof(Port)));
}

class VerilatedEngine : public RtlModel {
 public:
  VerilatedEngine() {
    context_.traceEverOn(WEFT_TRACE);
    context_.commandArgs(0, static_cast<char**>(nullptr));
    context_.fatalOnError(false);  // a failed assertion becomes an Error, below
    model_ = std::make_unique<Vconv_engine>(&context_, "conv_engine");
  }
  ~VerilatedEngine() override {
    StopTrace();
    Verilated::threadContextp(&context_);  // as in system_plugin.cpp
    model_->final();
  }

  void Cycle(EnginePins* pins) override {
    Vconv_engine& m = *model_;
    m.rst_ni = !pins->reset;
    m.count_i = pins->count;
    m.count_clear_i = pins->reset;
    m.job_valid_i = pins->job_valid;
    m.line_valid_i = pins->line_valid;
    m.line_last_i = pins->line_last;
    m.weight_valid_i = pins->weight_valid;
    m.param_valid_i = pins->param_valid;
    m.out_ready_i = pins->out_ready;
    if (pins->job_valid) CopyIn(&m.job_i, pins->job, sizeof m.job_i);
    if (pins->line_valid) CopyIn(&m.line_data_i, pins->line, WEFT_BUS_BYTES);
    if (pins->weight_valid) CopyIn(&m.weight_data_i, pins->weight, WEFT_BUS_BYTES);
    if (pins->param_valid) CopyIn(&m.param_data_i, pins->param, WEFT_BUS_BYTES);
    Edge(0);  // in a trace the inputs change half a cycle before the edge that takes them
    Edge(1);
    if (context_.gotError()) throw Error("an assertion of the RTL failed (above)");
    pins->job_ready = m.job_ready_o;
    pins->line_ready = m.line_ready_o;
    pins->weight_ready = m.weight_ready_o;
    pins->param_ready = m.param_ready_o;
    pins->out_valid = m.out_valid_o;
    if (!m.out_valid_o) return;
    pins->out_final = m.out_final_o;
    pins->out_cols = m.out_cols_o;
    std::memcpy(pins->out.data(), &m.out_data_o, WEFT_COLS);
  }

  CauseCounts Counts() const override { return UnpackCounts(model_->counts_o); }

  const uint8_t* Find(const std::string& scope, const std::string& name) const override {
    const VerilatedScopeNameMap* scopes = const_cast<VerilatedContext&>(context_).scopeNameMap();
    const auto found =
        scopes->find(("conv_engine." + scope).c_str());  // Verilator puts the model's name in front
    if (found == scopes->end() || found->second->varsp() == nullptr) return nullptr;
    VerilatedVar* variable = found->second->varFind(name.c_str());
    return variable == nullptr ? nullptr : static_cast<const uint8_t*>(variable->datap());
  }

#if WEFT_TRACE
  void StartTrace(const std::string& file) override {
    trace_ = std::make_unique<VerilatedFstC>();
    model_->trace(trace_.get(), 99);
    trace_->open(file.c_str());
  }
  void StopTrace() override {
    if (trace_) trace_->close();
    trace_.reset();
  }
#else
  void StartTrace(const std::string&) override {}
  void StopTrace() override {}
#endif

 private:
  void Edge(int clk) {
    model_->clk_i = clk;
    model_->eval();
#if WEFT_TRACE
    if (trace_) trace_->dump(context_.time());
#endif
    context_.timeInc(5000);  // picoseconds
  }

  VerilatedContext context_;
  std::unique_ptr<Vconv_engine> model_;
#if WEFT_TRACE
  std::unique_ptr<VerilatedFstC> trace_;
#endif
};

}  // namespace
}  // namespace weft

#define WEFT_EXPORT extern "C" __attribute__((visibility("default")))
WEFT_EXPORT weft::RtlModel* WeftMakeModel() { return new weft::VerilatedEngine; }
WEFT_EXPORT void WeftDeleteModel(weft::RtlModel* model) { delete model; }
