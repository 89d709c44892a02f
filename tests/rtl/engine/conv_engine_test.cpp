// SPDX-License-Identifier: Apache-2.0
// conv_engine: its streams stop a producer that does not hold what it offers. What the engine computes, and
// in how many cycles, is compared in tests/sim/backends.
#include "models/conv_engine.hpp"

#include <functional>

#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

template <class P>
class ConvEngine : public testing::Test {
 protected:
  using Model = typename P::Model;
  struct Stream {
    const char* name;
    std::function<void(Model*, bool)> valid;
    std::function<bool(Model*)> ready;
    std::function<void(Model*, int)> data;
  };
  static void Fill(void* port, size_t size, int value) { std::memset(port, value, size); }
  static std::vector<Stream> Streams() {
    return {
        {"jobs", [](Model* m, bool v) { m->job_valid_i = v; }, [](Model* m) { return bool(m->job_ready_o); },
         [](Model* m, int v) {
           for (int i = 0; i < weft_list_pkg::JOB_WORDS; i++)
             Put(m->job_i, 32 * i, 32, uint64_t(v & 15));  // 1: a job that waits for its first line
         }},
        {"lines", [](Model* m, bool v) { m->line_valid_i = v; },
         [](Model* m) { return bool(m->line_ready_o); },
         [](Model* m, int v) { Fill(&m->line_data_i, P::BUS_BYTES, v); }},
        {"ends of lines", [](Model* m, bool v) { m->line_valid_i = v; },
         [](Model* m) { return bool(m->line_ready_o); }, [](Model* m, int v) { m->line_last_i = v & 1; }},
        {"weights", [](Model* m, bool v) { m->weight_valid_i = v; },
         [](Model* m) { return bool(m->weight_ready_o); },
         [](Model* m, int v) { Fill(&m->weight_data_i, P::BUS_BYTES, v); }},
        {"parameters", [](Model* m, bool v) { m->param_valid_i = v; },
         [](Model* m) { return bool(m->param_ready_o); },
         [](Model* m, int v) { Fill(&m->param_data_i, P::BUS_BYTES, v); }}};
  }
  // Offers words until one is not taken.
  static void FillUp(Testbench<P>* m, const Stream& stream) {
    stream.valid(&**m, true);
    stream.data(&**m, 0x11);
    int stalled = 0;
    for (int t = 0; stalled < 20; t++) {
      ASSERT_LT(t, 100000) << stream.name << " are never full";
      stalled = stream.ready(&**m) ? 0 : stalled + 1;
      m->Clock();
    }
  }
};
TYPED_TEST_SUITE(ConvEngine, models::conv_engine, ParameterNames);

TYPED_TEST(ConvEngine, AStreamThatChangesWhatItOffersFails) {
  for (const auto& stream : this->Streams()) {
    SCOPED_TRACE(stream.name);
    Testbench<TypeParam> m;
    this->FillUp(&m, stream);
    stream.data(&*m, 0x22);
    EXPECT_THROW(m.Clock(), std::runtime_error);
  }
}

TYPED_TEST(ConvEngine, AStreamThatWithdrawsWhatItOffersFails) {
  for (const auto& stream : this->Streams()) {
    SCOPED_TRACE(stream.name);
    Testbench<TypeParam> m;
    this->FillUp(&m, stream);
    stream.valid(&*m, false);
    EXPECT_THROW(m.Clock(), std::runtime_error);
  }
}

}  // namespace
}  // namespace weft::rtl
