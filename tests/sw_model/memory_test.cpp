// SPDX-License-Identifier: Apache-2.0
// Memories: "WIDTH:LATENCY", and how long a bus word or a pixel takes.
#include "sw_model/memory.hpp"

#include <gtest/gtest.h>

#include "sw_model/error.hpp"

namespace weft {
namespace {

const Config kConfig{"test", 8, 8, 4, 65536, 131072, 8, 32};

TEST(Memory, Parses) {
  const Memory none = Memory::Parse("", kConfig);
  EXPECT_EQ(none.width, 8);  // the bus
  EXPECT_EQ(none.latency, 40);
  const Memory m = Memory::Parse("3:1", kConfig);
  EXPECT_EQ(m.width, 3);
  EXPECT_EQ(m.latency, 1);
  EXPECT_EQ(Memory::Parse("64:7", kConfig).width, 8) << "no faster than the bus";
  EXPECT_EQ(Memory::Parse("1048576:1048576", kConfig).latency, 1 << 20);
}

TEST(Memory, RefusesEverythingElse) {
  for (const char* text : {"8", ":", "8:", ":40", "0:40", "8:0", "-8:40", "8:-40", "8:40:1", "8x40", " 8:40",
                           "8:40 ", "a:b", "8.5:40", "1048577:1", "1:1048577", "99999999999:1"})
    try {
      Memory::Parse(text, kConfig);
      ADD_FAILURE() << "'" << text << "' is accepted";
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("give WIDTH:LATENCY"), std::string::npos) << error.what();
      EXPECT_NE(std::string(error.what()).find(text), std::string::npos) << error.what();
    }
}

TEST(Memory, CountsCycles) {
  for (int width = 1; width <= 8; width++) {
    const Memory m{width, 1};
    for (int bytes = 1; bytes <= 64; bytes++) {
      int cycles = 0;
      for (int left = bytes; left > 0; left -= width) cycles++;
      EXPECT_EQ(m.WriteCycles(bytes), cycles) << width << " " << bytes;
      if (bytes == kConfig.bus_bytes) {
        EXPECT_EQ(m.ReadCycles(kConfig), cycles) << width;
      }
    }
  }
}

}  // namespace
}  // namespace weft
