// SPDX-License-Identifier: Apache-2.0
// loader: every operation with its answer, between garbage, with damaged bytes in every place, cut off,
// repeated; registers that answer late or with an error; places that are not in the memory.
#include "models/loader.hpp"

#include <map>
#include <optional>

#include "tests/rtl/board/loader_frames.hpp"
#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

namespace p = loader_pkg;

template <class P>
class Loader : public testing::Test {
 protected:
  void SetUp() override {
    m_->rx_valid_i = m_->tx_ready_i = m_->awready_i = m_->wready_i = m_->bvalid_i = m_->arready_i =
        m_->rvalid_i = 0;
    m_->mem_rvalid_i = 0;
    m_.Reset();
    for (int i = 0; i < P::MEM_BYTES; i++) memory_.push_back(uint8_t(random_.Int(0, 255)));
  }

  // A cycle of all that is around the loader.
  void Cycle(std::optional<uint8_t> byte = {}) {
    m_->rx_valid_i = byte.has_value();
    m_->rx_data_i = byte ? *byte : uint8_t(random_.Int(0, 255));
    m_->tx_ready_i = Active(random_, 30);
    m_->awready_i = Active(random_, 50);
    m_->wready_i = Active(random_, 50);
    m_->arready_i = Active(random_, 50);
    m_->bvalid_i = write_address_ && write_data_ && Active(random_, 30);
    m_->rvalid_i = read_address_ && Active(random_, 30);
    m_->bresp_i = m_->rresp_i = uint8_t(register_fails_ ? 2 : 0);
    m_->rdata_i = m_->rvalid_i ? registers_[read_address_.value()] : uint32_t(random_.Int(0, UINT32_MAX));
    m_->mem_rvalid_i = asked_ && Active(random_, 30);
    m_->mem_rdata_i = m_->mem_rvalid_i ? memory_.at(*asked_) : uint8_t(random_.Int(0, 255));
    m_.Settle();
    const bool aw = m_->awvalid_o && m_->awready_i, w = m_->wvalid_o && m_->wready_i,
               ar = m_->arvalid_o && m_->arready_i;
    const uint32_t address = m_->addr_o, data = m_->wdata_o;
    if (m_->tx_valid_o && m_->tx_ready_i) answered_.push_back(m_->tx_data_o);
    if (m_->mem_rvalid_i) asked_.reset();
    if (m_->mem_valid_o) {
      ASSERT_LT(m_->mem_addr_o, memory_.size());
      if (m_->mem_write_o) memory_[m_->mem_addr_o] = m_->mem_wdata_o;
      else asked_ = m_->mem_addr_o;
    }
    if (m_->bvalid_i && m_->bready_o) {
      if (!register_fails_) registers_[*write_address_] = *write_data_;
      writes_++;
      write_address_.reset(), write_data_.reset();
    }
    if (m_->rvalid_i && m_->rready_o) read_address_.reset();
    m_.Clock();
    if (aw) write_address_ = address;
    if (w) write_data_ = data;
    if (ar) read_address_ = address;
  }
  void Send(const Bytes& bytes) {
    for (const uint8_t byte : bytes) {
      Cycle(byte);
      for (int i = int(random_.Int(8, 20)); i > 0; i--) Cycle();
    }
  }
  // Sends, and gives what has been answered when it has been quiet for a while.
  Bytes Ask(const Bytes& bytes) {
    answered_.clear();
    Send(bytes);
    for (size_t quiet = 0, before = 0; quiet < 150; quiet++) {
      Cycle();
      if (answered_.size() != before) quiet = 0;
      before = answered_.size();
    }
    return answered_;
  }

  Testbench<P> m_;
  Random random_{1};
  Bytes memory_, answered_;
  std::map<uint32_t, uint32_t> registers_;
  int writes_ = 0;  // of registers
  bool register_fails_ = false;
  std::optional<uint32_t> write_address_, write_data_, read_address_, asked_;
};
TYPED_TEST_SUITE(Loader, models::loader, ParameterNames);

Bytes RandomBytes(Random& random, size_t count) {
  Bytes bytes(count);
  for (uint8_t& byte : bytes) byte = uint8_t(random.Int(0, 255));
  return bytes;
}

TYPED_TEST(Loader, DoesWhatIsAsked) {
  constexpr uint32_t kBytes = TypeParam::MEM_BYTES;
  uint8_t tag = 0;
  EXPECT_EQ(this->Ask(Request(p::OP_INFO, tag, 0, 0)), Answer(p::STATUS_OK, tag, kBytes));
  int done = 0;
  for (; done < 300; done++) {
    SCOPED_TRACE(done);
    tag++;
    const auto address = uint32_t(this->random_.Int(0, 1023)) * 4;
    const auto value = uint32_t(this->random_.Int(0, UINT32_MAX));
    const auto from = uint32_t(this->random_.Int(0, kBytes));
    const auto count = uint32_t(this->random_.Int(0, std::min<uint32_t>(kBytes - from, 40)));
    const Bytes data = RandomBytes(this->random_, count);
    // Garbage in between, without a SYNC.
    Bytes garbage = RandomBytes(this->random_, size_t(this->random_.Int(0, 5)));
    for (uint8_t& byte : garbage) byte = byte == p::SYNC ? 0 : byte;
    this->Send(garbage);
    switch (this->random_.Int(0, 3)) {
      case 0:
        ASSERT_EQ(this->Ask(Request(p::OP_WRITE_REGISTER, tag, address, value)),
                  Answer(p::STATUS_OK, tag, 0));
        ASSERT_EQ(this->registers_[address], value);
        break;
      case 1: {
        const uint32_t want = this->registers_[address];
        ASSERT_EQ(this->Ask(Request(p::OP_READ_REGISTER, tag, address, value)),
                  Answer(p::STATUS_OK, tag, want));
        break;
      }
      case 2: {
        Bytes want = this->memory_;
        std::copy(data.begin(), data.end(), want.begin() + from);
        ASSERT_EQ(this->Ask(Request(p::OP_WRITE_MEMORY, tag, from, count, &data)),
                  Answer(p::STATUS_OK, tag, 0));
        ASSERT_EQ(this->memory_, want);
        break;
      }
      default: {
        const Bytes want(this->memory_.begin() + from, this->memory_.begin() + from + count);
        ASSERT_EQ(this->Ask(Request(p::OP_READ_MEMORY, tag, from, count)),
                  Answer(p::STATUS_OK, tag, count, &want));
      }
    }
  }
  Compared(fmt::format("{} answers", done));
}

TYPED_TEST(Loader, WritesARegisterOnce) {
  const Bytes request = Request(p::OP_WRITE_REGISTER, 7, 0x20, 1);
  EXPECT_EQ(this->Ask(request), Answer(p::STATUS_OK, 7, 0));
  EXPECT_EQ(this->Ask(request), Answer(p::STATUS_OK, 7, 0)) << "the answer is repeated";
  EXPECT_EQ(this->writes_, 1);
  this->register_fails_ = true;
  EXPECT_EQ(this->Ask(Request(p::OP_WRITE_REGISTER, 8, 0x20, 1)), Answer(p::STATUS_ERROR, 8, 0));
  EXPECT_EQ(this->Ask(Request(p::OP_WRITE_REGISTER, 8, 0x20, 1)), Answer(p::STATUS_ERROR, 8, 0));
  EXPECT_EQ(this->writes_, 2);
  EXPECT_EQ(this->Ask(Request(p::OP_READ_REGISTER, 9, 0x20, 0)), Answer(p::STATUS_ERROR, 9, 1));
  this->register_fails_ = false;
  EXPECT_EQ(this->Ask(Request(p::OP_WRITE_REGISTER, 10, 0x20, 1)), Answer(p::STATUS_OK, 10, 0));
  EXPECT_EQ(this->writes_, 3);
}

TYPED_TEST(Loader, RefusesWhatThereIsNot) {
  constexpr uint32_t kBytes = TypeParam::MEM_BYTES;
  const Bytes data = {1, 2, 3, 4}, before = this->memory_;
  for (Bytes request :
       {Request(0, 0, 0, 0), Request(6, 0, 0, 0), Request(p::OP_READ_REGISTER, 0, 0x1000, 0),
        Request(p::OP_WRITE_REGISTER, 9, 0x80000000, 0), Request(p::OP_READ_MEMORY, 0, kBytes, 1),
        Request(p::OP_READ_MEMORY, 0, 0, kBytes + 1), Request(p::OP_READ_MEMORY, 0, 0xffffffff, 2),
        Request(p::OP_WRITE_MEMORY, 0, kBytes - 3, 4, &data),
        Request(p::OP_WRITE_MEMORY, 0, 0xfffffffe, 4, &data)})
    EXPECT_EQ(this->Ask(request), Answer(p::STATUS_REFUSED, request[2], 0)) << "tag " << int(request[2]);
  EXPECT_EQ(this->memory_, before);
  EXPECT_EQ(this->writes_, 0);
}

// Every byte of a request damaged: no answer, or that the data is; nothing else has happened, and the same
// request is done after it.
TYPED_TEST(Loader, StandsDamage) {
  const Bytes data = RandomBytes(this->random_, 5);
  const Bytes write = Request(p::OP_WRITE_MEMORY, 1, 2, 5, &data),
              start = Request(p::OP_WRITE_REGISTER, 2, 0x20, 1);
  constexpr size_t kHead = 1 + p::REQUEST_BYTES + p::CRC_BYTES;
  for (size_t i = 0; i < write.size(); i++) {
    SCOPED_TRACE(i);
    Bytes damaged = write;
    damaged[i] ^= uint8_t(1 << this->random_.Int(0, 7));
    const Bytes before = this->memory_;
    const Bytes answer = this->Ask(damaged);
    if (i < kHead) {
      EXPECT_EQ(this->memory_, before);
      EXPECT_EQ(answer, Bytes());
    } else {
      EXPECT_EQ(answer, Answer(p::STATUS_BAD_DATA, 1, 0));
    }
    this->Ask(Bytes(write.size()));  // as a host does: zeros end whatever it is in
    EXPECT_EQ(this->Ask(write), Answer(p::STATUS_OK, 1, 0));
    EXPECT_TRUE(std::equal(data.begin(), data.end(), this->memory_.begin() + 2));
  }
  for (size_t i = 0; i < start.size(); i++) {
    Bytes damaged = start;
    damaged[i] ^= uint8_t(1 << this->random_.Int(0, 7));
    EXPECT_EQ(this->Ask(damaged), Bytes()) << i;
    this->Ask(Bytes(write.size()));
  }
  EXPECT_EQ(this->writes_, 0);
}

TYPED_TEST(Loader, ForgetsWhatIsCutOff) {
  const Bytes data = RandomBytes(this->random_, 5);
  const Bytes write = Request(p::OP_WRITE_MEMORY, 1, 0, 5, &data), info = Request(p::OP_INFO, 2, 0, 0);
  const Bytes answer = Answer(p::STATUS_OK, 2, TypeParam::MEM_BYTES);
  for (size_t i = 1; i < write.size(); i++) {
    SCOPED_TRACE(i);
    this->Send({write.begin(), write.begin() + std::ptrdiff_t(i)});
    for (int t = 0; t < TypeParam::TIMEOUT; t++) this->Cycle();
    EXPECT_EQ(this->Ask(info), answer);
  }
  // A little less than that is waited for.
  this->Send({write.begin(), write.begin() + 20});
  for (int t = 0; t < TypeParam::TIMEOUT - 30; t++) this->Cycle();
  EXPECT_EQ(this->Ask({write.begin() + 20, write.end()}), Answer(p::STATUS_OK, 1, 0));
}

}  // namespace
}  // namespace weft::rtl
