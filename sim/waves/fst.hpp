// SPDX-License-Identifier: Apache-2.0
// FST waveform files (GTKWave's format), written and read with the library fstapi.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "sim/waves/wave_reader.hpp"

namespace weft {

class FstWriter {
 public:
  // Throws Error if the file cannot be made. A unit of time is 10^timescale seconds.
  FstWriter(const std::filesystem::path& path, int timescale);
  ~FstWriter();
  FstWriter(const FstWriter&) = delete;
  FstWriter& operator=(const FstWriter&) = delete;

  // First the hierarchy ...
  enum class Kind { kWire, kInteger };
  void PushScope(const std::string& name);
  void PopScope();
  uint32_t AddVariable(const std::string& name, int bits, Kind kind = Kind::kWire);  // returns its handle

  // ... then the values: times must not go back; `value` has `bits` characters of 0, 1, x, z.
  void SetTime(uint64_t time);
  void SetValue(uint32_t handle, const std::string& value);

  // Finishes the file. Throws Error if it could not be written. (The destructor finishes it without saying
  // so.)
  void Close();

 private:
  std::filesystem::path path_;
  void* writer_;
};

class FstReader : public WaveReader {
 public:
  // Checks the file's structure: that it is complete and that its blocks fit. Throws Error.
  explicit FstReader(const std::filesystem::path& path);
  ~FstReader() override;
  FstReader(const FstReader&) = delete;
  FstReader& operator=(const FstReader&) = delete;

  const WaveHeader& Header() const override { return header_; }
  void ReadChanges(const std::vector<uint32_t>& handles, const OnChange& on_change) override;

 private:
  std::filesystem::path path_;
  void* reader_ = nullptr;
  WaveHeader header_;
};

}  // namespace weft
