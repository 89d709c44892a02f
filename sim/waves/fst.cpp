// SPDX-License-Identifier: Apache-2.0
#include "sim/waves/fst.hpp"

#include <fstapi.h>

#include <array>
#include <fstream>
#include <vector>

#include "sw_model/error.hpp"

namespace weft {
namespace {

constexpr uint64_t kHeaderLength = 329;  // of the first block, without its type
constexpr int kGzipped = FST_BL_ZWRAPPER;

uint64_t ReadBigEndian(std::istream& file) {
  std::array<unsigned char, 8> bytes{};
  file.read(reinterpret_cast<char*>(bytes.data()), bytes.size());
  uint64_t value = 0;
  for (const unsigned char byte : bytes) value = value << 8 | byte;
  return value;
}

bool IsHierarchy(int type) {
  return type == FST_BL_HIER || type == FST_BL_HIER_LZ4 || type == FST_BL_HIER_LZ4DUO;
}

bool IsKnownBlock(int type) { return type <= FST_BL_VCDATA_DYN_ALIAS2; }

// A chain of blocks (type, length, contents), first the header; a writer that was stopped leaves no
// hierarchy.
void CheckBlocks(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const uint64_t size = std::filesystem::file_size(path);
  if (file.peek() == kGzipped) return;
  const std::string name = path.string();
  bool geometry = false, hierarchy = false;
  for (uint64_t position = 0; position < size;) {
    file.seekg(std::streamoff(position));
    const int type = file.get();
    const uint64_t length = ReadBigEndian(file);
    if (position == 0 && (type != FST_BL_HDR || length != kHeaderLength))
      throw Error("{}: not an FST file, or its header is damaged", name);
    if (!file) throw Error("{}: cut off in its last block", name);
    if (type == FST_BL_SKIP) throw Error("{}: incomplete: its writer did not finish it", name);
    if (!IsKnownBlock(type) || length < 8) throw Error("{}: damaged at byte {}", name, position);
    if (length > size - position - 1) throw Error("{}: cut off, or damaged at byte {}", name, position);
    geometry |= type == FST_BL_GEOM;
    hierarchy |= IsHierarchy(type);
    position += length + 1;
  }
  if (!geometry || !hierarchy) throw Error("{}: incomplete: its writer did not finish it", name);
}

bool IsBits(int type) {
  switch (type) {
    case FST_VT_VCD_EVENT:
    case FST_VT_VCD_REAL:
    case FST_VT_VCD_REAL_PARAMETER:
    case FST_VT_VCD_REALTIME:
    case FST_VT_VCD_SPARRAY:
    case FST_VT_VCD_PORT:
    case FST_VT_GEN_STRING:
    case FST_VT_SV_SHORTREAL:
      return false;
    default:
      return true;
  }
}

void ReadHierarchy(void* reader, WaveHeader* header) {
  std::vector<std::string> scopes = {""};  // each the whole path, with a dot at its end
  while (const fstHier* item = fstReaderIterateHier(reader)) {
    if (item->htyp == FST_HT_SCOPE) {
      scopes.push_back(scopes.back() + PlainName(item->u.scope.name) + ".");
    } else if (item->htyp == FST_HT_UPSCOPE) {
      if (scopes.size() > 1) scopes.pop_back();
    } else if (item->htyp == FST_HT_VAR) {
      const auto& var = item->u.var;
      if (var.length > 0 && IsBits(var.typ))
        header->variables.push_back({scopes.back() + PlainName(var.name), int(var.length), var.handle});
      else ++header->left_out;
    }
  }
}

}  // namespace

FstWriter::FstWriter(const std::filesystem::path& path, int timescale)
    : path_(path), writer_(fstWriterCreate(path.c_str(), 1)) {
  if (writer_ == nullptr) throw Error("{}: cannot be written", path.string());
  fstWriterSetPackType(writer_, FST_WR_PT_LZ4);
  fstWriterSetTimescale(writer_, timescale);
  fstWriterSetVersion(writer_, "weft");
  fstWriterSetDate(writer_, "");  // the same waves are the same file
}

FstWriter::~FstWriter() {
  if (writer_ != nullptr) fstWriterClose(writer_);
}

void FstWriter::PushScope(const std::string& name) {
  fstWriterSetScope(writer_, FST_ST_VCD_MODULE, name.c_str(), "");
}

void FstWriter::PopScope() { fstWriterSetUpscope(writer_); }

uint32_t FstWriter::AddVariable(const std::string& name, int bits, Kind kind) {
  const auto type = kind == Kind::kInteger ? FST_VT_VCD_INTEGER : FST_VT_VCD_WIRE;
  const std::string ranged =
      bits == 1 || kind == Kind::kInteger ? name : fmt::format("{} [{}:0]", name, bits - 1);
  return fstWriterCreateVar(writer_, type, FST_VD_IMPLICIT, uint32_t(bits), ranged.c_str(), 0);
}

void FstWriter::SetTime(uint64_t time) { fstWriterEmitTimeChange(writer_, time); }

void FstWriter::SetValue(uint32_t handle, const std::string& value) {
  fstWriterEmitValueChange(writer_, handle, value.c_str());
}

void FstWriter::Close() {
  fstWriterClose(writer_);
  writer_ = nullptr;
  try {
    CheckBlocks(path_);
  } catch (const Error&) {
    throw Error("{}: cannot be written: is the disk full?", path_.string());
  }
}

FstReader::FstReader(const std::filesystem::path& path) : path_(path) {
  CheckBlocks(path);
  reader_ = fstReaderOpen(path.c_str());
  if (reader_ == nullptr) throw Error("{}: not an FST file with values, or damaged", path.string());
  header_.timescale = fstReaderGetTimescale(reader_);
  ReadHierarchy(reader_, &header_);
  const fstHandle last = fstReaderGetMaxHandle(reader_);
  for (const WaveVariable& v : header_.variables)
    if (v.handle == 0 || v.handle > last) throw Error("{}: damaged: {} has no values", path.string(), v.name);
}

FstReader::~FstReader() { fstReaderClose(reader_); }

void FstReader::ReadChanges(const std::vector<uint32_t>& handles, const OnChange& on_change) {
  struct Context {
    const OnChange& on_change;
    std::vector<uint32_t> bits;
    std::exception_ptr thrown;
    bool go_on = true;
  } context{on_change, std::vector<uint32_t>(fstReaderGetMaxHandle(reader_) + 1), {}};
  for (const WaveVariable& v : header_.variables) context.bits[v.handle] = uint32_t(v.bits);

  fstReaderClrFacProcessMaskAll(reader_);
  for (const uint32_t handle : handles) fstReaderSetFacProcessMask(reader_, handle);
  const auto forward = [](void* data, uint64_t time, fstHandle handle, const unsigned char* value) {
    auto* to = static_cast<Context*>(data);
    if (!to->go_on) return;  // the library cannot be stopped, nor can exceptions go through it
    try {
      to->go_on = to->on_change(time, handle, {reinterpret_cast<const char*>(value), to->bits[handle]});
    } catch (...) {
      to->thrown = std::current_exception();
      to->go_on = false;
    }
  };
  const int ok = fstReaderIterBlocks(reader_, forward, &context, nullptr);
  if (context.thrown) std::rethrow_exception(context.thrown);
  if (ok == 0) throw Error("{}: damaged", path_.string());
}

}  // namespace weft
