// SPDX-License-Identifier: Apache-2.0
// Checked access to what an ONNX file holds: attributes, constant tensors and sliding windows. Nothing in a
// file is trusted; every function throws Error with one sentence when a type, size or range is wrong.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "sw_model/layer.hpp"

namespace weft::onnx_access {

constexpr int64_t kMaxElements = int64_t{1} << 28;  // of one tensor

std::string Printable(std::string_view text, size_t max_size = 80);  // shortened, without control characters
std::string Label(const onnx::NodeProto& node);                      // Conv 'conv1'
std::string LayerName(const onnx::NodeProto& node);                  // its name, or that of its output

// An attribute, or `fallback` when the operator does not have it.
int64_t IntAttribute(const onnx::NodeProto& node, std::string_view name, int64_t fallback);
float FloatAttribute(const onnx::NodeProto& node, std::string_view name, float fallback);
std::string StringAttribute(const onnx::NodeProto& node, std::string_view name, const std::string& fallback);
std::vector<int64_t> IntsAttribute(const onnx::NodeProto& node, std::string_view name,
                                   const std::vector<int64_t>& fallback);
const onnx::AttributeProto* FindAttribute(const onnx::NodeProto& node, std::string_view name);

// Dimensions and values of a constant tensor.
std::vector<int64_t> TensorDims(const onnx::TensorProto& tensor);
std::vector<float> FloatValues(const onnx::TensorProto& tensor);
std::vector<int64_t> IntegerValues(const onnx::TensorProto& tensor);  // int8, uint8, int32 or int64

// The dims of a graph's input, [1, ...]; `batch` receives how many images the file fixes, 1 if it does not.
std::vector<int64_t> InputDims(const onnx::ValueInfoProto& input, int64_t* batch);

// A tensor whose values are in a file of the model's folder, with them.
onnx::TensorProto LoadExternal(const onnx::TensorProto& tensor, const std::filesystem::path& folder);

// The window of a convolution or a pooling with filters kh x kw over a map h x w: strides, dilations, pads,
// auto_pad, ceil_mode. Of `rank` 1 (kh = 1) the attributes have one number.
Window SlidingWindow(const onnx::NodeProto& node, const Shape& in, int64_t kh, int64_t kw, size_t rank);

}  // namespace weft::onnx_access
