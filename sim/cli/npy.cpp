// SPDX-License-Identifier: Apache-2.0
#include "sim/cli/npy.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <array>
#include <charconv>
#include <cstring>
#include <fstream>
#include <memory>

#include "sw_model/error.hpp"

namespace weft {
namespace {

constexpr size_t kMaxBytes = INT32_MAX;
using Bytes = std::vector<uint8_t>;

size_t ItemSize(const std::string& dtype, const std::string& path) {
  if (dtype == "|i1" || dtype == "|u1") return 1;
  if (dtype == "<i4" || dtype == "<f4") return 4;
  if (dtype == "<i8" || dtype == "<f8") return 8;
  if (dtype.starts_with('>'))
    throw Error("{}: the array is big-endian ('{}'); save array.astype('<{}')", path, dtype, dtype.substr(1));
  throw Error("{}: arrays of '{}' are not supported; use int8, uint8, int32, int64, float32 or float64", path,
              dtype);
}

// The header is the text of a Python dictionary: what stands between `open` and `close` after 'key'.
std::string HeaderField(const std::string& header, const std::string& key, char open, char close,
                        const std::string& path) {
  const size_t at = header.find("'" + key + "'");
  const size_t begin = at == std::string::npos ? at : header.find(open, at + key.size() + 2);
  const size_t end = begin == std::string::npos ? begin : header.find(close, begin + 1);
  if (end == std::string::npos) throw Error("{}: the .npy header has no sound {}", path, key);
  return header.substr(begin + 1, end - begin - 1);
}

std::vector<int64_t> ParseShape(const std::string& text, const std::string& path) {
  std::vector<int64_t> shape;
  uint64_t elements = 1;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    if (*at == ',' || *at == ' ') {
      ++at;
      continue;
    }
    int64_t size = 0;
    const auto [rest, error] = std::from_chars(at, end, size);
    if (error != std::errc{} || size < 1 || uint64_t(size) > kMaxBytes ||
        (elements *= uint64_t(size)) > kMaxBytes)
      throw Error("{}: the shape ({}) has a size that is zero, negative or too large", path, text);
    shape.push_back(size);
    at = rest;
  }
  return shape;
}

// From Fortran order, the first index varying fastest, to C order.
Bytes Turned(const NpyArray& array, size_t item) {
  Bytes turned(array.bytes.size());
  std::vector<int64_t> index(array.shape.size());  // of the element at `from`
  std::vector<size_t> pitch(array.shape.size(), item);
  for (size_t d = array.shape.size(); d-- > 1;) pitch[d - 1] = pitch[d] * size_t(array.shape[d]);
  size_t to = 0;
  for (size_t from = 0; from < turned.size(); from += item) {
    std::memcpy(&turned[to], &array.bytes[from], item);
    for (size_t d = 0; d < index.size(); ++d) {
      to += pitch[d];
      if (++index[d] < array.shape[d]) break;
      to -= pitch[d] * size_t(array.shape[d]);
      index[d] = 0;
    }
  }
  return turned;
}

template <typename T>
std::vector<T> Items(const NpyArray& array) {
  std::vector<T> items(array.size());
  std::memcpy(items.data(), array.bytes.data(), array.bytes.size());
  return items;
}

// [H, W, C] or [N, H, W, C] as a Shape.
Shape MapShape(const NpyArray& array, const std::string& what) {
  const std::vector<int64_t>& s = array.shape;
  if (s.size() != 3 && s.size() != 4)
    throw Error("{}: an array of {} dimensions; [H, W, C] or [N, H, W, C] is needed", what, s.size());
  const size_t first = s.size() - 3;
  return {first == 0 ? 1 : int(s[0]), int(s[first]), int(s[first + 1]), int(s[first + 2])};
}

// ---- .npz: a zip file whose entries are stored as they are

std::string LittleEndian(std::initializer_list<std::pair<uint64_t, int>> numbers) {
  std::string text;
  for (const auto& [value, bytes] : numbers)
    for (int i = 0; i < bytes; i++) text += char(value >> (8 * i) & 0xff);
  return text;
}

// What the entry's own header and the directory say alike, from the version on.
std::string ZipFields(uint32_t checksum, uint64_t size, uint64_t name_size) {
  constexpr uint64_t kVersion = 20, kNamesAreUtf8 = 1 << 11, kStored = 0, kMidnight = 0, kFirstOf1980 = 0x21;
  return LittleEndian({{kVersion, 2},
                       {kNamesAreUtf8, 2},
                       {kStored, 2},
                       {kMidnight, 2},
                       {kFirstOf1980, 2},
                       {checksum, 4},
                       {size, 4},
                       {size, 4},
                       {name_size, 2},
                       {0, 2}});
}

}  // namespace

size_t NpyArray::size() const {
  size_t elements = 1;
  for (const int64_t s : shape) elements *= size_t(s);
  return elements;
}

std::string ShapeText(const std::vector<int64_t>& shape) {
  return fmt::format("{}", fmt::join(shape, " x "));
}

Bytes ReadBytes(const std::filesystem::path& path) {
  std::error_code failed;
  if (!std::filesystem::is_regular_file(path, failed)) throw Error("{}: no such file", path.string());
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
  if (!file) throw Error("{}: cannot be read", path.string());
  Bytes bytes;
  std::array<uint8_t, 1 << 16> chunk;
  int count = 0;
  while ((count = gzread(file.get(), chunk.data(), chunk.size())) > 0) {
    bytes.insert(bytes.end(), chunk.begin(), chunk.begin() + count);
    if (bytes.size() > kMaxBytes) throw Error("{}: larger than 2 GiB", path.string());
  }
  int status = Z_OK;
  gzerror(file.get(), &status);
  if (count < 0 || status != Z_OK) throw Error("{}: the gzip data is damaged or cut off", path.string());
  return bytes;
}

void WriteBytes(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), std::streamsize(bytes.size()));
  if (!file.flush()) throw Error("{}: cannot be written", path.string());
}

NpyArray ParseNpy(const Bytes& file, const std::string& path) {
  constexpr size_t kFixed = 8;  // magic and version
  const size_t length_bytes = file.size() > 6 && file[6] == 1 ? 2 : 4;
  if (file.size() < kFixed + length_bytes ||
      std::memcmp(file.data(), kNpyMagic.data(), kNpyMagic.size()) != 0)
    throw Error("{}: not a .npy array, or cut off", path);
  size_t header_size = 0;
  for (size_t i = 0; i < length_bytes; ++i) header_size |= size_t{file[kFixed + i]} << (8 * i);
  const size_t start = kFixed + length_bytes + header_size;
  if (header_size > 4096 || start > file.size()) throw Error("{}: the .npy header is damaged", path);
  const std::string header(file.begin() + long(kFixed + length_bytes), file.begin() + long(start));

  NpyArray array;
  array.dtype = HeaderField(header, "descr", '\'', '\'', path);
  array.shape = ParseShape(HeaderField(header, "shape", '(', ')', path), path);
  const size_t item = ItemSize(array.dtype, path), expected = array.size() * item;
  if (file.size() - start != expected)
    throw Error("{}: it should hold {} bytes of data and holds {}", path, expected, file.size() - start);
  array.bytes.assign(file.begin() + long(start), file.end());
  if (HeaderField(header, "fortran_order", ':', ',', path).find("True") != std::string::npos)
    array.bytes = Turned(array, item);
  return array;
}

NpyArray LoadNpy(const std::filesystem::path& path) { return ParseNpy(ReadBytes(path), path.string()); }

std::string NpyHeader(const NpyArray& array) {
  std::string shape;
  for (const int64_t s : array.shape) shape += fmt::format("{}, ", s);
  std::string header =
      fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", array.dtype, shape);
  constexpr size_t kPrefix = 10;
  while ((kPrefix + header.size() + 1) % 64 != 0) header += ' ';  // the data starts at a multiple of 64
  header += '\n';
  return std::string(kNpyMagic) + LittleEndian({{1, 1}, {0, 1}, {header.size(), 2}}) + header;
}

void SaveNpy(const std::filesystem::path& path, const NpyArray& array) {
  std::ofstream file(path, std::ios::binary);
  file << NpyHeader(array);
  file.write(reinterpret_cast<const char*>(array.bytes.data()), std::streamsize(array.bytes.size()));
  if (!file.flush()) throw Error("{}: cannot be written", path.string());
}

void SaveNpy(const std::filesystem::path& path, const TensorI8& tensor) {
  const Shape& s = tensor.shape;
  NpyArray array{.dtype = "|i1", .shape = {s.h, s.w, s.c}, .bytes = {}};
  if (s.n != 1) array.shape.insert(array.shape.begin(), s.n);
  array.bytes.assign(tensor.data.begin(), tensor.data.end());
  SaveNpy(path, array);
}

void SaveNpz(const std::filesystem::path& path, const std::vector<std::pair<std::string, NpyArray>>& arrays) {
  std::string file, directory;
  for (const auto& [name, array] : arrays) {
    const std::string entry = name + ".npy";
    std::string data = NpyHeader(array);
    data.append(array.bytes.begin(), array.bytes.end());
    const auto checksum = uint32_t(crc32_z(0, reinterpret_cast<const Bytef*>(data.data()), data.size()));
    const std::string fields = ZipFields(checksum, data.size(), entry.size());
    for (const std::string& part : {LittleEndian({{0x02014b50, 4}, {20, 2}}), fields,
                                    LittleEndian({{0, 2}, {0, 2}, {0, 2}, {0, 4}, {file.size(), 4}}), entry})
      directory += part;
    for (const std::string& part : {LittleEndian({{0x04034b50, 4}}), fields, entry, data}) file += part;
    if (file.size() > UINT32_MAX || entry.size() > UINT16_MAX)
      throw Error("{}: a .npz holds at most 4 GiB; write one .npy an output, as in out-{{name}}.npy",
                  path.string());
  }
  const uint64_t count = arrays.size();
  const std::string end = LittleEndian({{0x06054b50, 4},
                                        {0, 2},
                                        {0, 2},
                                        {count, 2},
                                        {count, 2},
                                        {directory.size(), 4},
                                        {file.size(), 4},
                                        {0, 2}});
  WriteBytes(path, file + directory + end);
}

TensorI8 AsTensorI8(const NpyArray& array, const std::string& what) {
  if (array.dtype != "|i1") throw Error("{}: an array of '{}'; int8 is needed", what, array.dtype);
  TensorI8 tensor(MapShape(array, what));
  std::memcpy(tensor.data.data(), array.bytes.data(), array.bytes.size());
  return tensor;
}

std::vector<int32_t> AsInt32(const NpyArray& array, const std::string& what) {
  if (array.shape.size() != 1)
    throw Error("{}: an array of {}; one dimension is needed", what, ShapeText(array.shape));
  const auto narrow = [&](const auto& items) {
    std::vector<int32_t> values;
    for (const int64_t v : items) {
      if (v < INT32_MIN || v > INT32_MAX) throw Error("{}: {} does not fit 32 bits", what, v);
      values.push_back(int32_t(v));
    }
    return values;
  };
  if (array.dtype == "<i4") return narrow(Items<int32_t>(array));
  if (array.dtype == "<i8") return narrow(Items<int64_t>(array));
  if (array.dtype == "|i1") return narrow(Items<int8_t>(array));
  if (array.dtype == "|u1") return narrow(Items<uint8_t>(array));
  throw Error("{}: an array of '{}'; integers are needed", what, array.dtype);
}

}  // namespace weft
