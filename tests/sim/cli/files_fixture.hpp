// SPDX-License-Identifier: Apache-2.0
// A folder of input files.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "sim/cli/io.hpp"
#include "sw_model/error.hpp"

namespace weft {

inline std::string MessageOf(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "(accepted)";
}

class Files : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path Path(const std::string& name) const { return folder_ / name; }
  std::filesystem::path Write(const std::string& name, const std::string& contents) const {
    std::ofstream(Path(name), std::ios::binary) << contents;
    return Path(name);
  }
  std::filesystem::path WriteGz(const std::string& name, const std::string& contents) const {
    gzFile file = gzopen(Path(name).c_str(), "wb");
    gzwrite(file, contents.data(), unsigned(contents.size()));
    gzclose(file);
    return Path(name);
  }
  std::filesystem::path WriteNpy(const std::string& dtype, const std::string& shape, const std::string& data,
                                 const std::string& order = "False") const {
    std::string header =
        "{'descr': '" + dtype + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }\n";
    return Write("a.npy", std::string("\x93NUMPY\x01\0", 8) + char(header.size()) + '\0' + header + data);
  }

 private:
  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("weft_io_test_" + std::to_string(getpid()));
};

inline std::string Idx(const std::vector<unsigned char>& sizes, const std::string& data) {
  std::string file{'\0', '\0', '\x08', char(sizes.size())};
  for (const unsigned char size : sizes) file += std::string(3, '\0') + char(size);
  return file + data;
}

inline const InputFormat kFormat{.shape = {1, 2, 3, 1}, .scale = 1.0F / 255, .zero_point = -128};
inline const std::string kSix("\x00\x01\x02\x7F\x80\xFF", 6);  // pixels
inline const std::vector<int8_t> kSixCodes = {-128, -127, -126, -1, 0, 127};

}  // namespace weft
