// SPDX-License-Identifier: Apache-2.0
// Configurations: every illegal value is refused with a sentence that names it, and every shipped file is
// legal.
#include "sw_model/config.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "driver/weft_regs.h"
#include "sw_model/error.hpp"

namespace weft {
namespace {

Config Legal() { return {"test", 8, 8, 4, 65536, 131072, 8, 32}; }

template <typename Call>
void ExpectRefusal(Call call, const std::string& says) {
  try {
    call();
    ADD_FAILURE() << "accepted; wanted: " << says;
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find(says), std::string::npos)
        << error.what() << "\nwanted: " << says;
  }
}

struct Illegal {
  const char* key;
  int Config::*field;
  int value;
  const char* says;
};

TEST(Config, IllegalValuesAreRefused) {
  const Illegal cases[] = {
      {"rows", &Config::rows, 1, "rows is 1, choose 2 to 64"},
      {"rows", &Config::rows, 65, "rows is 65, choose 2 to 64"},
      {"cols", &Config::cols, 1, "cols is 1, choose 2 to 64"},
      {"cols", &Config::cols, 65, "cols is 65, choose 2 to 64"},
      {"lanes", &Config::lanes, 0, "lanes is 0, choose 1 to 4"},
      {"lanes", &Config::lanes, 3, "lanes is 3, choose a divisor of cols (8)"},
      {"lanes", &Config::lanes, 8, "lanes is 8, choose 1 to 4"},
      {"bus_bytes", &Config::bus_bytes, 2, "bus_bytes is 2, choose 4 to 64"},
      {"bus_bytes", &Config::bus_bytes, 12, "bus_bytes is 12, choose a power of two such as 16"},
      {"bus_bytes", &Config::bus_bytes, 128, "bus_bytes is 128, choose 4 to 64"},
      {"line_buffer_bytes", &Config::line_buffer_bytes, 32, "line_buffer_bytes is 32, choose 64 to 262144"},
      {"line_buffer_bytes", &Config::line_buffer_bytes, 65535,
       "line_buffer_bytes is 65535, choose a power of two such as 65536"},
      {"line_buffer_bytes", &Config::line_buffer_bytes, 1 << 19, "choose 64 to 262144"},
      {"weight_buffer_bytes", &Config::weight_buffer_bytes, 64,
       "weight_buffer_bytes is 64, choose 128 to 16777216"},
      {"weight_buffer_bytes", &Config::weight_buffer_bytes, 100000, "choose a power of two such as 131072"},
      {"weight_buffer_bytes", &Config::weight_buffer_bytes, 1 << 25, "choose 128 to 16777216"},
      {"acc_bits", &Config::acc_bits, 19, "acc_bits is 19, choose 20 to 32"},
      {"acc_bits", &Config::acc_bits, 33, "acc_bits is 33, choose 20 to 32"},
      {"macs_per_multiplier", &Config::macs_per_multiplier, 0, "macs_per_multiplier is 0, choose 1 to 2"},
      {"macs_per_multiplier", &Config::macs_per_multiplier, 3, "macs_per_multiplier is 3, choose 1 to 2"},
      {"residual_add", &Config::residual_add, 2, "residual_add is 2, choose 0 to 1"},
      {"residual_add", &Config::residual_add, 0, "depthwise_taps is 3 without residual_add, choose 0"},
  };
  EXPECT_NO_THROW(Legal().Check());
  for (const Illegal& c : cases) {
    SCOPED_TRACE(fmt::format("{} = {}", c.key, c.value));
    Config config = Legal();
    config.*c.field = c.value;
    ExpectRefusal([&] { config.Check(); }, c.says);
  }
}

TEST(Config, ShippedFilesAreLegalAndDiffer) {
  std::set<std::string> keys;
  int files = 0;
  for (const auto& file : std::filesystem::directory_iterator(WEFT_CONFIGS)) {
    ASSERT_EQ(file.path().extension(), ".json") << file.path();
    const Config config = Config::Load(file.path().stem());
    EXPECT_EQ(config.name, file.path().stem());
    EXPECT_EQ(Config::Load(file.path()).Key(), config.Key());
    EXPECT_TRUE((config.name + "_").starts_with(fmt::format("{}x{}_", config.rows, config.cols)))
        << config.name << ": named after its array";
    keys.insert(config.Key());
    files++;
  }
  EXPECT_EQ(keys.size(), size_t(files));
  EXPECT_GE(files, 7);
  fmt::print("  {} configurations\n", files);
}

TEST(Config, ComesBackFromTheRegisters) {
  constexpr uint32_t kAddrBits = 40U << WEFT_CONFIG1_ADDR_BITS_SHIFT;
  int files = 0;
  for (const auto& file : std::filesystem::directory_iterator(WEFT_CONFIGS)) {
    Config config = Config::Load(file.path());
    config.macs_per_multiplier = 1;  // no register holds it
    const Config back = Config::FromRegisters(config.Register0(), config.Register1() | kAddrBits);
    EXPECT_EQ(back.Key(), config.Key()) << file.path();
    files++;
  }
  EXPECT_GT(files, 0);
  ExpectRefusal([] { Config::FromRegisters(0, 0); }, "rows is 0, choose 2 to 64");
  ExpectRefusal([] { Config::FromRegisters(~0U, ~0U); }, "rows is 255, choose 2 to 64");
}

TEST(Config, DerivesWhatTheRtlDerives) {
  const Config a = Config::Load("8x8");
  EXPECT_EQ(a.Key(), "r8c8l4-lb65536-wb131072-b8-a32-d3");
  EXPECT_EQ(a.Word(), 16);
  EXPECT_EQ(a.Cpad(), 8);
  EXPECT_EQ(a.Steps(), 2);
  EXPECT_EQ(a.WeightWords(), 16384);
  EXPECT_EQ(a.WeightPack(), 1);
  EXPECT_EQ(a.ParamBeats(), 5);
  EXPECT_EQ(a.WalkDepth(), 32);
  const Config b = Config::Load("5x7");
  EXPECT_EQ(b.Word(), 16);  // 10 rounded up
  EXPECT_EQ(b.Cpad(), 8);
  EXPECT_EQ(b.Steps(), 7);
  EXPECT_EQ(b.ParamBeats(), 2);
  EXPECT_EQ(b.WalkDepth(), 32);
  const Config c = Config::Load("2x2");
  EXPECT_EQ(c.Word(), 4);
  EXPECT_EQ(c.WeightPack(), 2);
  EXPECT_EQ(Config::Load("2x2_small").Key(), c.Key() + "-n");
}

// What the RTL refuses at elaboration is refused here and the reverse: scripts/lint.sh tries the same two
// tables on weft_top.
TEST(Config, TheRtlHasTheSameBorders) {
  const auto rows = [](const char* name) {
    std::vector<std::istringstream> rows;
    std::ifstream file(fmt::format("{}/{}", WEFT_RTL_PARAMETERS, name));
    for (std::string line; std::getline(file, line);)
      if (!line.starts_with('#')) rows.emplace_back(line);
    return rows;
  };
  int legal = 0, illegal = 0;
  for (std::istringstream& row : rows("legal.txt")) {
    Config c = Legal();
    row >> c.rows >> c.cols >> c.lanes >> c.line_buffer_bytes >> c.weight_buffer_bytes >> c.bus_bytes >>
        c.acc_bits >> c.macs_per_multiplier >> c.depthwise_taps >> c.residual_add;
    ASSERT_TRUE(bool(row)) << row.str();
    EXPECT_NO_THROW(c.Check()) << row.str();
    legal++;
  }
  std::map<std::string, int Config::*> fields;
  for (const ConfigField& field : kConfigFields) fields[field.parameter] = field.value;
  std::set<std::string> refused;
  for (std::istringstream& row : rows("illegal.txt")) {
    std::string module, value;
    row >> module;
    if (module != "weft_top") continue;
    Config c = Legal();  // weft_top's defaults
    bool of_config = true;
    std::string first;
    while (row >> value) {
      const size_t equals = value.find('=');
      const auto field = fields.find(value.substr(0, equals));
      if (first.empty()) first = value.substr(0, equals);
      if (field == fields.end()) of_config = false;  // ADDR_W and ID_W are not of the configuration
      else c.*field->second = std::stoi(value.substr(equals + 1));
    }
    if (!of_config) continue;
    EXPECT_THROW(c.Check(), Error) << row.str();
    refused.insert(first);
    illegal++;
  }
  EXPECT_EQ(refused.size(), fields.size()) << "a parameter without a row";
  EXPECT_GE(legal, 5);
  EXPECT_GE(illegal, 15);
}

class ConfigFile : public testing::Test {
 protected:
  std::string Write(const std::string& text) const {
    std::ofstream(path_) << text;
    return path_;
  }
  void TearDown() override { std::filesystem::remove(path_); }
  std::filesystem::path path_ =
      std::filesystem::temp_directory_path() / fmt::format("weft_config_{}.json", getpid());
};

TEST_F(ConfigFile, MistakesAreRefused) {
  const std::string all =
      R"("rows": 4, "cols": 4, "lanes": 2, "line_buffer_bytes": 1024, "weight_buffer_bytes": 1024, "bus_bytes": 4, "depthwise_taps": 3)";
  EXPECT_EQ(Config::Load(Write("{" + all + R"(, "acc_bits": 24})")).acc_bits, 24);
  ExpectRefusal([&] { Config::Load(Write("{" + all + "}")); }, "'acc_bits' is missing");
  EXPECT_EQ(Config::Load(Write("{" + all + R"(, "acc_bits": 24})")).macs_per_multiplier, 1);
  EXPECT_EQ(
      Config::Load(Write("{" + all + R"(, "acc_bits": 24, "macs_per_multiplier": 2})")).macs_per_multiplier,
      2);
  ExpectRefusal([&] { Config::Load(Write("{" + all + R"(, "acc_bits": 24, "acc": 1})")); },
                "'acc' is not a key");
  ExpectRefusal([&] { Config::Load(Write("{" + all + R"(, "acc_bits": "24"})")); },
                "acc_bits must be a whole number, not \"24\"");
  ExpectRefusal([&] { Config::Load(Write("{" + all + R"(, "acc_bits": 24.5})")); },
                "acc_bits must be a whole number");
  ExpectRefusal([&] { Config::Load(Write("{" + all + R"(, "acc_bits": -24})")); },
                "acc_bits must be a whole number");
  ExpectRefusal([&] { Config::Load(Write("{" + all + R"(, "acc_bits": 99999999999})")); },
                "acc_bits must be a whole number");
  ExpectRefusal([&] { Config::Load(Write("{" + all + R"(, "acc_bits": 64})")); },
                "acc_bits is 64, choose 20 to 32");
  ExpectRefusal([&] { Config::Load(Write("{" + all)); }, "is not valid JSON");
  ExpectRefusal([&] { Config::Load(Write("")); }, "is not valid JSON");
  ExpectRefusal([] { Config::Load("9x9"); }, "there is no configuration '9x9': name one of 14x16, 16x16");
  ExpectRefusal([] { Config::Load("/nowhere/9x9.json"); }, "there is no configuration");
  ExpectRefusal([] { Config::Load("/tmp"); }, "there is no configuration");
}

// Text that is JSON, but no object.
TEST_F(ConfigFile, OtherJsonIsRefused) {
  for (const char* text : {"[]", "[1, 2]", "7", "null", "\"rows\""})
    EXPECT_THROW(Config::Load(Write(text)), Error) << text;
}

}  // namespace
}  // namespace weft
