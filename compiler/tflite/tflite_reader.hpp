// SPDX-License-Identifier: Apache-2.0
// Reads a quantised network from a TensorFlow Lite file.
//
// Accepted: full integer quantisation to int8, as TensorFlow's converter writes it with a representative data
// set; the model's input and outputs may be int8, uint8 or float32 (QUANTIZE and DEQUANTIZE there). Each
// operator becomes nodes that compute what TensorFlow Lite's reference kernel for int8 computes, bit for bit;
// tflite_operators.cpp lists them (docs/operators.md).
#pragma once

#include <string_view>
#include <vector>

#include "compiler/graph/graph.hpp"
#include "compiler/graph/operator_row.hpp"

namespace weft {

bool IsTflite(std::string_view file_contents);  // by the identifier in its first bytes

// Throws Error, one sentence that names the operator, for anything that is damaged or not supported.
Graph ParseTflite(std::string_view file_contents);

std::vector<OperatorRow> TfliteOperatorRows();

}  // namespace weft
