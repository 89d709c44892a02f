// SPDX-License-Identifier: Apache-2.0
// mult: p = a * b, signed, MULT_LATENCY cycles later, one a cycle.
#include "models/mult.hpp"

#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

template <class P>
class Mult : public testing::Test {
 protected:
  void Multiply(int64_t a, int64_t b) {
    m_->a_i = uint64_t(a) & Mask(P::A_W);
    m_->b_i = uint64_t(b) & Mask(P::B_W);
    products_.Expect(a * b);
    m_.Clock();
    products_.Check([&] { return GetSigned(m_->p_o, 0, P::A_W + P::B_W); },
                    [&](int64_t want, int64_t got) { return fmt::format("{} wanted, {} got", want, got); });
  }
  Testbench<P> m_;
  Pipeline<int64_t> products_{weft_pkg::MULT_LATENCY};
};
TYPED_TEST_SUITE(Mult, models::mult, ParameterNames);

TYPED_TEST(Mult, AllProductsOrMany) {
  using P = TypeParam;
  constexpr int64_t kLeastA = -(int64_t{1} << (P::A_W - 1)), kLeastB = -(int64_t{1} << (P::B_W - 1));
  if constexpr (P::A_W + P::B_W <= 16) {
    for (int64_t a = kLeastA; a < -kLeastA; a++)
      for (int64_t b = kLeastB; b < -kLeastB; b++) this->Multiply(a, b);
  } else {
    for (const int64_t a : {kLeastA, int64_t{-1}, int64_t{0}, int64_t{1}, -kLeastA - 1})
      for (const int64_t b : {kLeastB, int64_t{-1}, int64_t{0}, int64_t{1}, -kLeastB - 1})
        this->Multiply(a, b);
    Random random(1);
    for (int i = 0; i < 100000; i++)
      this->Multiply(random.Int(kLeastA, -kLeastA - 1), random.Int(kLeastB, -kLeastB - 1));
  }
  for (int i = 1; i < weft_pkg::MULT_LATENCY; i++) this->Multiply(0, 0);  // the last ones come out
  Compared(fmt::format("{} products", this->products_.count()));
}

}  // namespace
}  // namespace weft::rtl
