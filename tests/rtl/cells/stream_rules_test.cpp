// SPDX-License-Identifier: Apache-2.0
// stream_rules: lets a producer pass that holds what it offers, and stops one that does not.
#include "models/stream_rules.hpp"

#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

template <class P>
class StreamRules : public testing::Test {
 protected:
  void Offer(bool valid, bool ready, uint64_t data) {
    m_->valid_i = valid;
    m_->ready_i = ready;
    m_->data_i = data;
    m_.Clock();
  }
  Testbench<P> m_;
};
TYPED_TEST_SUITE(StreamRules, models::stream_rules, ParameterNames);

TYPED_TEST(StreamRules, HeldUntilTakenPasses) {
  Random random(1);
  int64_t taken = 0, held = 0;
  for (const Pattern pattern : kPatterns) {
    bool valid = false, ready = false;
    uint64_t data = 0;
    for (int t = 0; t < 5000; t++) {
      if (!valid || ready) {
        valid = Active(random, pattern.source);
        data = uint64_t(random.Int(0, INT64_MAX)) & Mask(TypeParam::WIDTH);
      }
      ready = Active(random, pattern.sink);
      ASSERT_NO_THROW(this->Offer(valid, ready, data)) << "cycle " << t;
      taken += valid && ready;
      held += valid && !ready;
    }
    this->Offer(valid, true, data);
  }
  EXPECT_GT(held, 1000);
  Compared(fmt::format("{} words taken, {} cycles held", taken, held));
}

TYPED_TEST(StreamRules, AnotherWordFails) {
  this->Offer(true, false, 5);
  this->Offer(true, false, 5);
  EXPECT_THROW(this->Offer(true, true, 4), std::runtime_error);
}

TYPED_TEST(StreamRules, WithdrawnFails) {
  this->Offer(true, false, 5);
  EXPECT_THROW(this->Offer(false, false, 5), std::runtime_error);
}

TYPED_TEST(StreamRules, AResetEndsTheOffer) {
  this->Offer(true, false, 5);
  this->m_->valid_i = 0;
  EXPECT_NO_THROW(this->m_.Reset());
  EXPECT_NO_THROW(this->Offer(false, false, 3));
}

}  // namespace
}  // namespace weft::rtl
