// SPDX-License-Identifier: Apache-2.0
// axi_ram: reads, writes and single bytes at once, each in a quarter of the memory of its own that changes
// from round to round, so that all see what the others have left; bursts that end outside.
#include "models/axi_ram.hpp"

#include "tests/rtl/testbench.hpp"

namespace weft::rtl {
namespace {

constexpr int kOkay = 0, kSlvErr = 2;

struct Burst {
  uint64_t address;
  int words, done = 0;
};

template <class P>
class AxiRam : public testing::Test {
 protected:
  static constexpr int kBus = P::BUS_BYTES, kQuarter = P::BYTES / 4;

  void SetUp() override {
    m_->arvalid_i = m_->awvalid_i = m_->wvalid_i = m_->bready_i = m_->rready_i = m_->byte_valid_i = 0;
    m_.Reset();
    for (int i = 0; i < P::BYTES; i++) {
      bytes_.push_back(uint8_t(random_.Int(0, 255)));
      m_->byte_valid_i = m_->byte_write_i = 1;
      m_->byte_addr_i = uint32_t(i);
      m_->byte_wdata_i = bytes_.back();
      m_.Clock();
    }
    m_->byte_valid_i = 0;
  }

  // Of whole words in a quarter.
  Burst InQuarter(int quarter) {
    const int first = (quarter * kQuarter + kBus - 1) / kBus, end = (quarter + 1) * kQuarter / kBus;
    const int word = int(random_.Int(first, end - 1));
    return {uint64_t(word) * kBus, int(random_.Int(1, std::min(end - word, 256)))};
  }
  uint32_t ByteIn(int quarter) {
    return uint32_t(random_.Int(quarter * kQuarter, (quarter + 1) * kQuarter - 1));
  }

  // So many cycles in which everybody does as much as the pattern lets him, and then until all is done.
  void Round(int round, Pattern pattern) {
    Burst write{};
    std::deque<Burst> reads, read_addresses;
    std::deque<std::pair<uint32_t, uint8_t>> byte_reads;
    bool writing = false, write_address = false, response = false;
    m_->arvalid_i = m_->awvalid_i = m_->wvalid_i = 0;
    for (int t = 0;; t++) {
      const bool more = t < 400;
      if (!more && !writing && reads.empty() && byte_reads.empty()) break;
      ASSERT_LT(t, 20000) << "no end";
      // Offers are held until they are taken.
      if (!writing && more && Active(random_, pattern.source)) {
        write = InQuarter(round % 4);
        writing = write_address = true;
        m_->awid_i = uint8_t(random_.Int(0, 15));
        Put(m_->awaddr_i, 0, P::ADDR_W, write.address);
        m_->awlen_i = uint8_t(write.words - 1);
      }
      m_->awvalid_i = write_address;
      if (writing && write.done < write.words && !m_->wvalid_i && Active(random_, pattern.source)) {
        m_->wvalid_i = 1;
        m_->wlast_i = write.done == write.words - 1;
        std::vector<uint8_t> data(kBus);
        for (uint8_t& byte : data) byte = uint8_t(random_.Int(0, 255));
        PutBytes(m_->wdata_i, data);
        Put(m_->wstrb_i, 0, kBus, uint64_t(random_.Int(0, INT64_MAX)) | uint64_t(random_.Int(0, INT64_MAX)));
      }
      if (read_addresses.empty() && more && Active(random_, pattern.source)) {
        read_addresses.push_back(InQuarter((round + 2) % 4));
        Put(m_->araddr_i, 0, P::ADDR_W, read_addresses[0].address);
        m_->arlen_i = uint8_t(read_addresses[0].words - 1);
      }
      m_->arvalid_i = !read_addresses.empty();
      const bool byte = more && random_.Int(0, 4) == 0;
      m_->byte_valid_i = byte;
      m_->byte_write_i = random_.Int(0, 1);
      m_->byte_wdata_i = uint8_t(random_.Int(0, 255));
      const uint32_t byte_address = ByteIn((round + (m_->byte_write_i ? 1 : 3)) % 4);
      m_->byte_addr_i = byte_address;
      if (byte && m_->byte_write_i) bytes_[byte_address] = m_->byte_wdata_i;
      if (byte && !m_->byte_write_i) byte_reads.push_back({byte_address, bytes_[byte_address]});
      m_->rready_i = Active(random_, pattern.sink);
      m_->bready_i = Active(random_, pattern.sink);
      m_.Settle();
      const bool aw = m_->awvalid_i && m_->awready_o, w = m_->wvalid_i && m_->wready_o,
                 ar = m_->arvalid_i && m_->arready_o, r = m_->rvalid_o && m_->rready_i,
                 b = m_->bvalid_o && m_->bready_i;
      if (r) {
        ASSERT_FALSE(reads.empty());
        Burst& burst = reads.front();
        const std::vector<uint8_t> got = GetBytes(m_->rdata_o, kBus);
        const auto want = bytes_.begin() + std::ptrdiff_t(burst.address + uint64_t(burst.done) * kBus);
        ASSERT_TRUE(std::equal(got.begin(), got.end(), want)) << "cycle " << t << " word " << burst.done;
        ASSERT_EQ(m_->rlast_o, ++burst.done == burst.words);
        ASSERT_EQ(m_->rresp_o, kOkay);
        if (burst.done == burst.words) reads.pop_front();
        words_read_++;
      }
      if (w) {
        const std::vector<uint8_t> data = GetBytes(m_->wdata_i, kBus);
        for (int i = 0; i < kBus; i++)
          if (Get(m_->wstrb_i, i, 1) != 0)
            bytes_[write.address + uint64_t(write.done * kBus + i)] = data[size_t(i)];
        write.done++;
        words_written_++;
        response = write.done == write.words;
      }
      if (b) {
        ASSERT_TRUE(response);
        ASSERT_EQ(m_->bresp_o, kOkay);
        ASSERT_EQ(m_->bid_o, m_->awid_i);
        response = false;
        writing = false;
      }
      if (ar) reads.push_back(read_addresses.front()), read_addresses.pop_front();
      m_.Clock();
      if (aw) write_address = false;
      if (w) m_->wvalid_i = 0;
      if (m_->byte_rvalid_o) {
        ASSERT_FALSE(byte_reads.empty());
        ASSERT_EQ(m_->byte_rdata_o, byte_reads.front().second) << "byte " << byte_reads.front().first;
        byte_reads.pop_front();
        bytes_read_++;
      }
    }
  }

  Testbench<P> m_;
  Random random_{1};
  std::vector<uint8_t> bytes_;
  int64_t words_read_ = 0, words_written_ = 0, bytes_read_ = 0;
};
TYPED_TEST_SUITE(AxiRam, models::axi_ram, ParameterNames);

TYPED_TEST(AxiRam, HoldsWhatIsWritten) {
  for (const Pattern pattern : kPatterns)
    for (int round = 0; round < 12 && !this->HasFatalFailure(); round++) {
      SCOPED_TRACE(fmt::format("{}, round {}", ToString(pattern), round));
      this->Round(round, pattern);
    }
  EXPECT_GT(this->words_read_, 3000);
  EXPECT_GT(this->words_written_, 3000);
  EXPECT_GT(this->bytes_read_, 1000);
  Compared(fmt::format("{} words and {} bytes read, {} words written", this->words_read_, this->bytes_read_,
                       this->words_written_));
}

// A word a cycle from the fifth cycle on, over the border of two bursts.
TYPED_TEST(AxiRam, ReadsAWordACycle) {
  auto& m = this->m_;
  const int words = std::min(TypeParam::BYTES / TypeParam::BUS_BYTES, 32);
  Put(m->araddr_i, 0, TypeParam::ADDR_W, 0);
  m->arlen_i = uint8_t(words - 1);
  m->arvalid_i = m->rready_i = 1;
  int edges = 0, taken = 0;
  for (; !m->rvalid_o; edges++) {
    m.Settle();
    ASSERT_LT(edges, 20);
    m.Clock();
  }
  EXPECT_EQ(edges, 5);
  for (; taken < 2 * words; taken++) {
    ASSERT_TRUE(m->rvalid_o) << "word " << taken;
    m.Clock();
  }
}

TYPED_TEST(AxiRam, RefusesBurstsThatEndOutside) {
  auto& m = this->m_;
  const uint64_t end = uint64_t{TypeParam::BYTES};
  for (const uint64_t address :
       {end - TypeParam::BUS_BYTES, end, end + 4096, Mask(TypeParam::ADDR_W) + 1 - TypeParam::BUS_BYTES}) {
    SCOPED_TRACE(address);
    m->awvalid_i = m->wvalid_i = m->bready_i = m->rready_i = m->arvalid_i = 0;
    Put(m->awaddr_i, 0, TypeParam::ADDR_W, address);
    Put(m->araddr_i, 0, TypeParam::ADDR_W, address);
    m->awlen_i = m->arlen_i = 1;
    Put(m->wstrb_i, 0, TypeParam::BUS_BYTES, ~uint64_t{0});
    PutBytes(m->wdata_i, std::vector<uint8_t>(TypeParam::BUS_BYTES, 0xee));
    m->awvalid_i = m->arvalid_i = 1;
    m.Clock();
    m->awvalid_i = m->arvalid_i = 0;
    m->wvalid_i = 1, m->wlast_i = 0;
    m.Clock();
    m->wlast_i = 1;
    m.Clock();
    m->wvalid_i = 0;
    ASSERT_TRUE(m->bvalid_o);
    EXPECT_EQ(m->bresp_o, kSlvErr);
    m->bready_i = 1;
    m.Clock(10);
    for (int word = 0; word < 2; word++) {
      ASSERT_TRUE(m->rvalid_o);
      EXPECT_EQ(m->rresp_o, kSlvErr);
      EXPECT_EQ(m->rlast_o, word);
      m->rready_i = 1;
      m.Clock();
    }
    EXPECT_FALSE(m->rvalid_o);
  }
  for (uint32_t i = 0; i < TypeParam::BYTES; i++) {
    m->byte_valid_i = 1, m->byte_write_i = 0;
    m->byte_addr_i = i;
    m.Clock();
    m->byte_valid_i = 0;
    for (int wait = 0; !m->byte_rvalid_o; wait++) {
      ASSERT_LT(wait, 10);
      m.Clock();
    }
    EXPECT_EQ(m->byte_rdata_o, this->bytes_[i]) << "byte " << i << " has changed";
  }
  this->Round(0, kPatterns[0]);  // what is inside goes on
}

}  // namespace
}  // namespace weft::rtl
