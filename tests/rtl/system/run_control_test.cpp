// SPDX-License-Identifier: Apache-2.0
// run_control: the code and place of every end and which of several wins, what is reset between two lists and
// for how long, and that a start right after a reset or an error waits, is kept, and can be aborted.
#include "models/run_control.hpp"

#include "driver/weft_regs.h"
#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

constexpr int kAfterOk = 3;  // cycles that run_o is low at least

template <class P>
class Control {
 public:
  explicit Control(int seed = 1) : m(seed) {
    m->start_i = m->abort_i = m->first_taken_i = m->late_i = 0;
    m->list_end_i = m->list_error_i = m->read_error_i = m->write_error_i = 0;
    m->list_code_i = WEFT_CODE_BAD_COMMAND, m->read_code_i = WEFT_CODE_READ_ERROR;
    m->write_code_i = WEFT_CODE_WRITE_ERROR;
    m->read_offset_i = 0x1111, m->write_offset_i = 0x2222, m->commands_i = 7;
    m->bus_idle_i = 1;
    m.Reset();
  }
  void Start() {
    m->start_i = 1;
    m.Clock();
    m->start_i = 0;
  }
  // Cycles until the list begins.
  int Begin() {
    int cycles = 0;
    for (; !m->first_o; cycles++) {
      EXPECT_TRUE(m->busy_o && !m->run_o && !m->running_o && !m->done_o) << "cycle " << cycles;
      if (cycles > 2 * P::FLUSH_CYCLES) {
        ADD_FAILURE() << "the start is lost";
        break;
      }
      m.Clock();
    }
    EXPECT_TRUE(m->busy_o && m->run_o && m->running_o);
    return cycles;
  }
  void Take() {
    m->first_taken_i = 1;
    m.Clock();
    m->first_taken_i = 0;
    EXPECT_TRUE(!m->first_o && m->running_o && m->run_o);
  }
  // One cycle with these ends, and what comes of them; then the bus lets go.
  void End(int which, int bus_cycles = 0) {
    m->list_end_i = which & 1, m->list_error_i = which >> 1 & 1, m->read_error_i = which >> 2 & 1;
    m->write_error_i = which >> 3 & 1, m->abort_i = which >> 4 & 1, m->late_i = which >> 5 & 1;
    m->bus_idle_i = bus_cycles == 0;
    m.Clock();
    m->list_end_i = m->list_error_i = m->read_error_i = m->write_error_i = m->abort_i = m->late_i = 0;
    EXPECT_TRUE(m->done_o && m->busy_o && !m->run_o && !m->running_o);
    EXPECT_EQ(m->error_command_o, 7U);
    for (int i = 0; i < bus_cycles; i++) {
      m->bus_idle_i = i == bus_cycles - 1;
      EXPECT_TRUE(m->busy_o) << "the bus is not done";
      if (i > 0) {
        EXPECT_FALSE(m->done_o) << "a pulse";
      }
      if (i < bus_cycles - 1) m.Clock();
    }
    m.Clock();
    EXPECT_FALSE(m->busy_o || m->done_o);
  }
  Testbench<P> m;
};

template <class P>
class RunControl : public testing::Test {};
TYPED_TEST_SUITE(RunControl, models::run_control, ParameterNames);

TYPED_TEST(RunControl, EveryEndHasItsCodeAndPlace) {
  using P = TypeParam;
  Control<P> c;
  int ends = 0;
  for (int which = 1; which < 64; which++)
    for (const bool taken : {false, true}) {
      SCOPED_TRACE(fmt::format("ends {:06b}, first read taken: {}", which, taken));
      c.Start();
      c.Begin();
      if (taken) c.Take();
      c.End(which, which % 5);
      const int code = which & 4    ? WEFT_CODE_READ_ERROR
                       : which & 8  ? WEFT_CODE_WRITE_ERROR
                       : which & 2  ? WEFT_CODE_BAD_COMMAND
                       : which & 1  ? WEFT_CODE_OK
                       : which & 16 ? WEFT_CODE_ABORTED
                                    : WEFT_CODE_WATCHDOG;
      ASSERT_EQ(c.m->code_o, code);
      ASSERT_EQ(c.m->error_offset_o, which & 4 ? 0x1111U : which & 8 ? 0x2222U : 0U);
      ends++;
    }
  Compared(fmt::format("{} ends", ends));
}

// A start `idle` cycles after a reset or an end: run_o has been low long enough, and not a cycle longer than
// that.
TYPED_TEST(RunControl, AStartWaitsUntilTheEngineIsClean) {
  using P = TypeParam;
  int waited = 0, at_once = 0;
  for (const int before : {0, 1, 16})  // reset, a good end, an abort
    for (int idle = 0; idle < P::FLUSH_CYCLES + 4; idle++) {
      SCOPED_TRACE(fmt::format("after {}, {} cycles", before, idle));
      Control<P> c;
      if (before != 0) {
        c.Start();
        c.Begin();
        c.Take();
        c.End(before);
      }
      EXPECT_FALSE(c.m->busy_o) << "idle for a bus that looks";
      c.m.Clock(idle);
      EXPECT_FALSE(c.m->busy_o || c.m->done_o || c.m->run_o);
      c.Start();
      const int flush = before == 1 ? kAfterOk : P::FLUSH_CYCLES;
      ASSERT_EQ(c.Begin(), std::max(0, flush - idle));
      (idle < flush ? waited : at_once)++;
      c.Take();
      c.End(1);
    }
  EXPECT_GE(waited, 2 * P::FLUSH_CYCLES);
  EXPECT_GE(at_once, 3);
}

TYPED_TEST(RunControl, AStartThatWaitsCanBeAborted) {
  using P = TypeParam;
  for (int wait = 0; wait < P::FLUSH_CYCLES - 1; wait++) {
    Control<P> c;
    c.m->commands_i = 0;
    c.Start();
    c.m.Clock(wait);
    ASSERT_TRUE(c.m->busy_o && !c.m->first_o);
    c.m->abort_i = 1;
    c.m.Clock();
    c.m->abort_i = 0;
    ASSERT_TRUE(c.m->done_o && !c.m->busy_o) << "after " << wait << " cycles";
    ASSERT_EQ(c.m->code_o, WEFT_CODE_ABORTED);
    ASSERT_EQ(c.m->error_command_o, 0U);
    for (int i = 0; i < 2 * P::FLUSH_CYCLES; i++) {
      c.m.Clock();
      ASSERT_FALSE(c.m->run_o || c.m->done_o || c.m->busy_o) << "the list begins all the same";
    }
    c.Start();
    EXPECT_EQ(c.Begin(), 0);
  }
}

TYPED_TEST(RunControl, AnAbortOfNothingDoesNothing) {
  Control<TypeParam> c;
  c.m->abort_i = 1;
  c.m.Clock(2 * TypeParam::FLUSH_CYCLES);
  EXPECT_FALSE(c.m->done_o || c.m->busy_o);
  c.m->abort_i = 0;
  c.Start();
  EXPECT_EQ(c.Begin(), 0);
}

TYPED_TEST(RunControl, AssertsItsContract) {
  Control<TypeParam> c;
  c.Start();
  c.m->start_i = 1;
  EXPECT_THROW(c.m.Clock(), std::runtime_error) << "a start while it is busy";
}

}  // namespace
}  // namespace weft::rtl
