// SPDX-License-Identifier: Apache-2.0
// Reads a quantised network from an ONNX file: with QuantizeLinear and DequantizeLinear around float
// operators (QDQ), or with operators that have both inside (QLinearConv and its like). Codes are int8 or
// uint8, which becomes int8 by moving values and zero points down by 128; weights have one scale or one a
// filter, and any zero points. onnx_operators.cpp lists the operators (docs/operators.md).
//
// What stands between DequantizeLinear and QuantizeLinear is an expression of real numbers (onnx_expr.hpp),
// of which nodes are made (onnx_emitter.hpp).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/graph/graph.hpp"
#include "compiler/graph/operator_row.hpp"

namespace weft {

// Throws Error, one sentence that names each operator, for anything that is damaged or not supported.
std::string ReadModelFile(const std::filesystem::path& path);  // its bytes, unread
// `rounding`: whose bits. Values that the file keeps in other files are read from `folder`, refused without
// one.
// The same model with inputs of this height and width, its two free dimensions besides the batch. Throws
// Error if it has not just these.
std::string WithInputSize(std::string_view file_contents, int height, int width);
Graph ReadOnnx(const std::filesystem::path& path, Rounding rounding = Rounding::kOnnx);
Graph ParseOnnx(std::string_view file_contents, Rounding rounding = Rounding::kOnnx,
                const std::filesystem::path& folder = {});

std::vector<OperatorRow> OnnxOperatorRows();

}  // namespace weft
