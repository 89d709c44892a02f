// SPDX-License-Identifier: Apache-2.0
// VCD waveform files (IEEE 1364), read as a stream: files of any size in little memory.
#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sim/waves/wave_reader.hpp"

namespace weft {

class VcdReader : public WaveReader {
 public:
  explicit VcdReader(const std::filesystem::path& path);  // reads the header; throws Error
  ~VcdReader() override;

  const WaveHeader& Header() const override { return header_; }
  void ReadChanges(const std::vector<uint32_t>& handles, const OnChange& on_change) override;

 private:
  class Words;  // the file's words, one after another
  struct Code {
    uint32_t handle;
    int bits;  // 0: not a variable of bits
  };

  void ReadHeader();
  void ReadTimescale();
  void ReadVariable(const std::string& scope);
  const Code& Find(std::string_view code) const;
  [[noreturn]] void Fail(const std::string& what) const;

  std::filesystem::path path_;
  std::unique_ptr<Words> words_;
  WaveHeader header_;
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  std::unordered_map<std::string, Code, Hash, std::equal_to<>> codes_;
};

}  // namespace weft
