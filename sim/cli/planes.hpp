// SPDX-License-Identifier: Apache-2.0
// Small int8 arrays as text that people read and write: a row of whole numbers a line, an empty line between
// planes (the channels of an image, the channels of each filter); # begins a comment.
#pragma once

#include <cstdio>
#include <filesystem>

#include "sw_model/tensor.hpp"

namespace weft::cli {

[[nodiscard]] bool IsPlanes(const std::filesystem::path& path);  // its name ends in .txt

// [N, H, W, channels]: each `channels` planes are one of N; 0: all planes are the channels of one. Throws
// Error that names the file and the line for what is no number of -128..127, for rows of different lengths
// and planes of different heights.
TensorI8 LoadPlanes(const std::filesystem::path& path, int channels);

void PrintPlanes(std::FILE* stream, const TensorI8& tensor);

}  // namespace weft::cli
