// SPDX-License-Identifier: Apache-2.0
// Files of arrays. Every function throws Error with one sentence that names the file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sw_model/tensor.hpp"

namespace weft {

// An array of a .npy file (versions 1 to 3): `dtype` is "|i1", "|u1", "<i4", "<i8", "<f4" or "<f8". In memory
// it has C order; a file in Fortran order is turned when it is read.
struct NpyArray {
  std::string dtype;
  std::vector<int64_t> shape;
  std::vector<uint8_t> bytes;
  [[nodiscard]] size_t size() const;
};
inline constexpr std::string_view kNpyMagic = "\x93NUMPY";

NpyArray ParseNpy(const std::vector<uint8_t>& file, const std::string& path);
NpyArray LoadNpy(const std::filesystem::path& path);
void SaveNpy(const std::filesystem::path& path, const NpyArray& array);
void SaveNpy(const std::filesystem::path& path,
             const TensorI8& tensor);  // int8 [H, W, C], [N, H, W, C] of a batch
// The magic and the header of a .npy file; an array's bytes follow.
std::string NpyHeader(const NpyArray& array);

// An uncompressed .npz: numpy.load(path)[name].
void SaveNpz(const std::filesystem::path& path, const std::vector<std::pair<std::string, NpyArray>>& arrays);

// Views of an array as the accelerator's types; `what` names it in errors.
TensorI8 AsTensorI8(const NpyArray& array, const std::string& what);  // [H, W, C] or [N, H, W, C], int8
std::vector<int32_t> AsInt32(const NpyArray& array,
                             const std::string& what);  // one dimension, int8/int32/int64

std::string ShapeText(const std::vector<int64_t>& shape);  // "2 x 28 x 28"

// The contents of a file, unpacked when it is gzipped.
std::vector<uint8_t> ReadBytes(const std::filesystem::path& path);
void WriteBytes(const std::filesystem::path& path, std::string_view bytes);

}  // namespace weft
