// SPDX-License-Identifier: Apache-2.0
// Runs the program `weft` (WEFT_BINARY) in a folder of its own.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "sim/cli/io.hpp"

namespace weft {

struct Outcome {
  int status;  // of exit; 128 and more: ended by a signal
  std::string out, err;
};

inline std::string Contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Cli : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return folder_ / name; }
  std::string Write(const std::string& name, const std::string& contents) const {
    std::ofstream(Path(name), std::ios::binary) << contents;
    return Path(name);
  }
  std::string Array(const std::string& name, const std::string& dtype, const std::vector<int64_t>& shape,
                    const std::vector<uint8_t>& bytes) const {
    SaveNpy(Path(name), NpyArray{dtype, shape, bytes});
    return Path(name);
  }
  Outcome Weft(const std::string& arguments) const {
    const std::string command =
        WEFT_BINARY " " + arguments + " >" + Path("out") + " 2>" + Path("err") + " </dev/null";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), Contents(Path("out")),
            Contents(Path("err"))};
  }
  // Exit status 2, nothing on stdout, one line "weft: ..." on stderr that contains `says`.
  void ExpectRefused(const std::string& arguments, const std::string& says = "") const {
    const Outcome o = Weft(arguments);
    EXPECT_EQ(o.status, 2) << arguments << "\n" << o.err;
    EXPECT_EQ(o.out, "") << arguments;
    EXPECT_EQ(std::count(o.err.begin(), o.err.end(), '\n'), 1) << arguments << "\n" << o.err;
    EXPECT_TRUE(o.err.starts_with("weft: ")) << arguments << "\n" << o.err;
    EXPECT_NE(o.err.find(says), std::string::npos) << arguments << "\n" << o.err;
  }

 private:
  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("weft_cli_" + std::to_string(getpid()));
};

}  // namespace weft
