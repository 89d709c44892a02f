// SPDX-License-Identifier: Apache-2.0
// depthwise_params: random jobs' weights and parameters come as fast as there is room, are there when the
// last one has come and not before, are read while the job runs, and make room when it ends.
#include "models/depthwise_params.hpp"

#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

template <class P>
class DepthwiseParams : public testing::Test {};
TYPED_TEST_SUITE(DepthwiseParams, models::depthwise_params, ParameterNames);

TYPED_TEST(DepthwiseParams, KeepsAJobsEntriesUntilItEnds) {
  using P = TypeParam;
  constexpr int kBus = P::BUS_BYTES, kEntries = weft_pkg::DW_ENTRIES;
  constexpr int kWeightWords = (P::TAPS * P::COLS + kBus - 1) / kBus,
                kParamWords = (9 * P::LANES + kBus - 1) / kBus;
  int64_t reads = 0, full = 0;
  for (const Pattern pattern : {kPatterns[0], kPatterns[1], kPatterns[3]}) {
    SCOPED_TRACE(ToString(pattern));
    Testbench<P> m;
    Random random(1);
    struct Ring {
      int words;                              // of an entry
      std::deque<std::vector<uint8_t>> sent;  // entries, complete or not
      int64_t taken = 0, freed = 0;           // bus words; entries
      int64_t complete = 0;                   // entries whose last word was taken so many cycles ago
    };
    Ring weights{kWeightWords, {}}, params{kParamWords, {}};
    m->load_i = m->free_i = m->weight_valid_i = m->param_valid_i = 0;
    m.Reset();
    const auto cycle = [&] {
      const bool weight = random.Chance(2);  // whose turn it is on the bus
      m->weight_valid_i = weight && Active(random, pattern.source);
      m->param_valid_i = !weight && Active(random, pattern.source);
      std::vector<uint8_t> bus(kBus);
      for (uint8_t& byte : bus) byte = uint8_t(random.Int(0, 255));
      PutBytes(m->data_i, bus);
      m.Settle();
      const auto take = [&](Ring* ring) {
        if (ring->taken % ring->words == 0) ring->sent.emplace_back();
        ring->sent.back().insert(ring->sent.back().end(), bus.begin(), bus.end());
        ring->taken++;
        ASSERT_LE(ring->taken, (ring->freed + kEntries) * ring->words) << "taken without room";
        full += ring->taken == (ring->freed + kEntries) * ring->words;
      };
      if (m->weight_valid_i && m->weight_ready_o) take(&weights);
      if (m->param_valid_i && m->param_ready_o) take(&params);
      m.Clock();
    };
    const auto arrived = [](const Ring& ring) { return ring.taken / ring.words - ring.freed; };
    for (int job = 0; job < 40; job++) {
      const int need_weights = int(job % 8 == 0 ? 256 : random.Int(1, 256)),
                need_params = int(job % 9 == 0 ? 256 : random.Int(1, 256));
      m->load_i = 1;
      m->weights_i = uint16_t(need_weights), m->params_i = uint16_t(need_params);
      ASSERT_NO_FATAL_FAILURE(cycle());
      m->load_i = 0;
      m->weights_i = m->params_i = 0;
      ASSERT_NO_FATAL_FAILURE(cycle());
      for (int late = 0; !m->there_o;) {
        const bool all = arrived(weights) >= need_weights && arrived(params) >= need_params;
        ASSERT_LE(late += all, 3) << "all entries have come, but are not there";
        ASSERT_NO_FATAL_FAILURE(cycle());
      }
      ASSERT_GE(arrived(weights), need_weights) << "job " << job;
      ASSERT_GE(arrived(params), need_params) << "job " << job;
      if (job % 5 == 0) {  // until both are full
        for (int t = 0; t < 2 * kEntries * (kWeightWords + kParamWords); t++)
          ASSERT_NO_FATAL_FAILURE(cycle());
      }
      std::deque<std::array<int, 2>> due;
      for (int t = 0; t < 60; t++, reads++) {
        const int w = t == 0 ? need_weights - 1 : int(random.Int(0, need_weights - 1)),
                  p = int(random.Int(0, need_params - 1));
        m->weight_raddr_i = uint16_t((m->weight_base_o + w) % kEntries);
        m->param_raddr_i = uint16_t((m->param_base_o + p) % kEntries);
        due.push_back({w, p});
        ASSERT_NO_FATAL_FAILURE(cycle());
        if (due.size() < weft_pkg::RAM_LATENCY) continue;
        const auto& entry = weights.sent[size_t(due.front()[0])];
        const auto& param = params.sent[size_t(due.front()[1])];
        due.pop_front();
        for (size_t i = 0; i < size_t(P::TAPS * P::COLS); i++)
          ASSERT_EQ(Get(m->weights_o, int(8 * i), 8), entry[i]) << "weight " << i << " of job " << job;
        for (size_t i = 0; i < size_t(4 * P::LANES); i++) {
          ASSERT_EQ(Get(m->bias_o, int(8 * i), 8), param[i])
              << "byte " << i << " of the biases of job " << job;
          ASSERT_EQ(Get(m->mult_o, int(8 * i), 8), param[4 * P::LANES + i])
              << "byte " << i << " of the multipliers of job " << job;
        }
        for (size_t i = 0; i < size_t(P::LANES); i++)
          ASSERT_EQ(Get(m->shift_o, int(6 * i), 6), param[8 * P::LANES + i] & 63)
              << "shift " << i << " of job " << job;
      }
      m->free_i = 1;
      ASSERT_NO_FATAL_FAILURE(cycle());
      m->free_i = 0;
      const auto free = [](Ring* ring, int count) {
        ring->sent.erase(ring->sent.begin(), ring->sent.begin() + count);
        ring->freed += count;
      };
      free(&weights, need_weights), free(&params, need_params);
    }
  }
  EXPECT_GT(full, 20) << "the rings are never full";
  Compared(fmt::format("{} entries read of each ring, a ring full {} times", reads, full));
}

}  // namespace
}  // namespace weft::rtl
