// SPDX-License-Identifier: Apache-2.0
// ram: rdata = mem[raddr] a constant number of cycles later; a read of the word being written returns the old
// one.
#include "models/ram.hpp"

#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

template <class P>
class Ram : public testing::Test {
 protected:
  void Write(int address, uint64_t data) {
    m_->we_i = 1;
    m_->waddr_i = uint64_t(address);
    m_->wdata_i = data & Mask(P::WIDTH);
    m_.Clock();
    m_->we_i = 0;
  }
  Testbench<P> m_;
};
TYPED_TEST_SUITE(Ram, models::ram, ParameterNames);

TYPED_TEST(Ram, EqualsAnArray) {
  using P = TypeParam;
  auto& m = this->m_;
  Random random(1);
  std::vector<uint64_t> mem(P::DEPTH);
  for (int i = 0; i < P::DEPTH; i++) this->Write(i, mem[size_t(i)] = uint64_t(i) + 1);
  const int latency = MeasureLatency(
      m, [&] { m->raddr_i = 0; }, [&] { m->raddr_i = 1; }, [&] { return m->rdata_o; });
  Pipeline<uint64_t> reads(latency);
  int collisions = 0;
  for (int t = 0; t < 20000; t++) {
    const auto read = size_t(random.Int(0, P::DEPTH - 1)), write = size_t(random.Int(0, P::DEPTH - 1));
    const uint64_t data = uint64_t(random.Int(0, INT64_MAX)) & Mask(P::WIDTH);
    m->raddr_i = read;
    m->waddr_i = write;
    m->wdata_i = data;
    m->we_i = random.Chance(2);
    reads.Expect(mem[read]);
    if (m->we_i) mem[write] = data;
    if (m->we_i && read == write) collisions++;
    m.Clock();
    reads.Check([&] { return uint64_t(m->rdata_o); },
                [&](uint64_t want, uint64_t got) { return fmt::format("{:x} wanted, {:x} got", want, got); });
  }
  EXPECT_GT(collisions, 50);
  Compared(fmt::format("{} reads {} cycles after their address, {} of the word being written", reads.count(),
                       latency, collisions));
}

}  // namespace
}  // namespace weft::rtl
