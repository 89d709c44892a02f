// SPDX-License-Identifier: Apache-2.0
// mult_logic: p = a * b of every two int8, MULT_LOGIC_LATENCY cycles later, one a cycle.
#include "models/mult_logic.hpp"

#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

template <class P>
class MultLogic : public testing::Test {};
TYPED_TEST_SUITE(MultLogic, models::mult_logic, ParameterNames);

TYPED_TEST(MultLogic, AllProducts) {
  Testbench<TypeParam> m;
  Pipeline<int64_t> products(weft_pkg::MULT_LOGIC_LATENCY);
  const auto multiply = [&](int a, int b) {
    m->a_i = uint8_t(a), m->b_i = uint8_t(b);
    products.Expect(a * b);
    m.Clock();
    products.Check([&] { return GetSigned(m->p_o, 0, 16); },
                   [](int64_t want, int64_t got) { return fmt::format("{} wanted, {} got", want, got); });
  };
  for (int a = -128; a < 128; a++)
    for (int b = -128; b < 128; b++) multiply(a, b);
  for (int i = 1; i < weft_pkg::MULT_LOGIC_LATENCY; i++) multiply(0, 0);  // the last ones come out
  Compared(fmt::format("{} products", products.count()));
}

}  // namespace
}  // namespace weft::rtl
