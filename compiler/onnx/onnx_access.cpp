// SPDX-License-Identifier: Apache-2.0
#include "compiler/onnx/onnx_access.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <fstream>

#include "sw_model/error.hpp"

namespace weft::onnx_access {
namespace {

static_assert(std::endian::native == std::endian::little, "raw_data in ONNX files is little-endian");

using onnx::AttributeProto;
using onnx::NodeProto;
using onnx::TensorProto;

constexpr int64_t kMaxSpan = 4096;  // of strides, dilations and pads: keeps every product below in range
constexpr int64_t kMaxAxis = 1 << 24;

std::string TypeName(int type) {
  return TensorProto::DataType_IsValid(type) ? TensorProto::DataType_Name(TensorProto::DataType(type))
                                             : fmt::format("type {}", type);
}

const AttributeProto* FindTyped(const NodeProto& node, std::string_view name,
                                AttributeProto::AttributeType type) {
  const AttributeProto* attribute = FindAttribute(node, name);
  if (attribute != nullptr && attribute->type() != type)
    throw Error("attribute '{}' has the wrong type", name);
  return attribute;
}

int64_t Elements(const TensorProto& tensor) {
  int64_t count = 1;
  for (const int64_t dim : TensorDims(tensor)) count *= dim;
  return count;
}

// The values of a tensor stored as T, from its raw bytes or from the typed field that holds such values.
template <typename T, typename Field>
std::vector<T> Stored(const TensorProto& tensor, const Field& field) {
  if (tensor.data_location() == TensorProto::EXTERNAL)
    throw Error("tensor '{}' is kept in another file: save the model as one file", Printable(tensor.name()));
  const auto count = size_t(Elements(tensor));
  const std::string& raw = tensor.raw_data();
  const bool is_raw = !raw.empty();
  if (is_raw ? raw.size() != count * sizeof(T) : size_t(field.size()) != count)
    throw Error("tensor '{}' should hold {} values and holds {}", Printable(tensor.name()), count,
                is_raw ? raw.size() / sizeof(T) : size_t(field.size()));
  std::vector<T> values(count);
  if (is_raw) std::memcpy(values.data(), raw.data(), raw.size());
  else std::transform(field.begin(), field.end(), values.begin(), [](auto v) { return static_cast<T>(v); });
  return values;
}

template <typename T, typename Field>
std::vector<int64_t> Widened(const TensorProto& tensor, const Field& field) {
  const std::vector<T> values = Stored<T>(tensor, field);
  return {values.begin(), values.end()};
}

int64_t FreeOrFixed(const onnx::TensorShapeProto::Dimension& dim) {
  return dim.has_dim_value() ? dim.dim_value() : 0;
}

// Two numbers for y and x; layers of one dimension have that of x alone, and 1 for y.
std::vector<int64_t> Pair(const NodeProto& node, std::string_view name, int64_t lowest, size_t rank) {
  std::vector<int64_t> pair = IntsAttribute(node, name, std::vector<int64_t>(rank, 1));
  if (pair.size() != rank) throw Error("{} has {} numbers instead of {}", name, pair.size(), rank);
  for (const int64_t v : pair)
    if (v < lowest || v > kMaxSpan) throw Error("{} {} is not in {}..{}", name, v, lowest, kMaxSpan);
  if (rank == 1) pair.insert(pair.begin(), 1);
  return pair;
}

// The padding of one axis that makes the output ceil(in / stride) long; an odd one goes after it if `upper`.
void SamePadding(int64_t in, int64_t extent, int64_t stride, bool upper, int* before, int* after) {
  const int64_t out = (in + stride - 1) / stride;
  const int64_t total = std::max<int64_t>((out - 1) * stride + extent - in, 0);
  *before = int(upper ? total / 2 : total - total / 2);
  *after = int(total) - *before;
}

Padding ExplicitPadding(const NodeProto& node, size_t rank) {
  std::vector<int64_t> pads = IntsAttribute(node, "pads", std::vector<int64_t>(2 * rank, 0));
  if (pads.size() != 2 * rank) throw Error("pads has {} numbers instead of {}", pads.size(), 2 * rank);
  for (const int64_t p : pads)
    if (p < 0 || p > kMaxSpan) throw Error("pad {} is not in 0..{}", p, kMaxSpan);
  if (rank == 1) pads = {0, pads[0], 0, pads[1]};
  return {.top = int(pads[0]), .bottom = int(pads[2]), .left = int(pads[1]), .right = int(pads[3])};
}

Padding ReadPadding(const NodeProto& node, const Shape& in, const Window& w, size_t rank) {
  const std::string mode = StringAttribute(node, "auto_pad", "NOTSET");
  if (mode == "NOTSET" || mode.empty()) return ExplicitPadding(node, rank);
  if (mode == "VALID") return {};
  if (mode != "SAME_UPPER" && mode != "SAME_LOWER")
    throw Error("auto_pad '{}' is not known", Printable(mode));
  Padding pad;
  const bool upper = mode == "SAME_UPPER";
  SamePadding(in.h, int64_t{w.dilation_h} * (w.kh - 1) + 1, w.stride_h, upper, &pad.top, &pad.bottom);
  SamePadding(in.w, int64_t{w.dilation_w} * (w.kw - 1) + 1, w.stride_w, upper, &pad.left, &pad.right);
  return pad;
}

// With ceil_mode a last window may begin inside of the map, or of the padding before it, and end behind: as
// if there were more padding.
void PadForCeil(int in, int extent, int stride, int before, int* after) {
  const int rest = in + before + *after - extent;
  if (rest % stride == 0 || rest < 0) return;
  const int begin = (rest / stride + 1) * stride;
  if (begin < in + before) *after += begin - rest;
}

}  // namespace

std::string Printable(std::string_view text, size_t max_size) {
  std::string printable(text.substr(0, max_size));
  std::replace_if(
      printable.begin(), printable.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; }, '?');
  return printable;
}

std::string LayerName(const NodeProto& node) {
  if (!node.name().empty()) return Printable(node.name());
  return node.output_size() > 0 ? Printable(node.output(0)) : std::string("unnamed");
}

std::string Label(const NodeProto& node) {
  return fmt::format("{} '{}'", Printable(node.op_type()), LayerName(node));
}

const AttributeProto* FindAttribute(const NodeProto& node, std::string_view name) {
  for (const AttributeProto& attribute : node.attribute())
    if (attribute.name() == name) return &attribute;
  return nullptr;
}

int64_t IntAttribute(const NodeProto& node, std::string_view name, int64_t fallback) {
  const AttributeProto* attribute = FindTyped(node, name, AttributeProto::INT);
  return attribute == nullptr ? fallback : attribute->i();
}

float FloatAttribute(const NodeProto& node, std::string_view name, float fallback) {
  const AttributeProto* attribute = FindTyped(node, name, AttributeProto::FLOAT);
  return attribute == nullptr ? fallback : attribute->f();
}

std::string StringAttribute(const NodeProto& node, std::string_view name, const std::string& fallback) {
  const AttributeProto* attribute = FindTyped(node, name, AttributeProto::STRING);
  return attribute == nullptr ? fallback : attribute->s();
}

std::vector<int64_t> IntsAttribute(const NodeProto& node, std::string_view name,
                                   const std::vector<int64_t>& fallback) {
  const AttributeProto* attribute = FindTyped(node, name, AttributeProto::INTS);
  return attribute == nullptr ? fallback
                              : std::vector<int64_t>(attribute->ints().begin(), attribute->ints().end());
}

std::vector<int64_t> TensorDims(const TensorProto& tensor) {
  int64_t count = 1;
  for (const int64_t dim : tensor.dims()) {
    if (dim < 1 || dim > kMaxElements || (count *= dim) > kMaxElements)
      throw Error("tensor '{}' has a size that is zero, negative or too large", Printable(tensor.name()));
  }
  return {tensor.dims().begin(), tensor.dims().end()};
}

std::vector<float> FloatValues(const TensorProto& tensor) {
  if (tensor.data_type() != TensorProto::FLOAT)
    throw Error("tensor '{}' is {} instead of float", Printable(tensor.name()), TypeName(tensor.data_type()));
  return Stored<float>(tensor, tensor.float_data());
}

std::vector<int64_t> IntegerValues(const TensorProto& tensor) {
  switch (tensor.data_type()) {
    case TensorProto::INT8:
      return Widened<int8_t>(tensor, tensor.int32_data());
    case TensorProto::UINT8:
      return Widened<uint8_t>(tensor, tensor.int32_data());
    case TensorProto::INT32:
      return Widened<int32_t>(tensor, tensor.int32_data());
    case TensorProto::INT64:
      return Widened<int64_t>(tensor, tensor.int64_data());
    default:
      throw Error("tensor '{}' is {} instead of an integer type", Printable(tensor.name()),
                  TypeName(tensor.data_type()));
  }
}

std::vector<int64_t> InputDims(const onnx::ValueInfoProto& input, int64_t* batch) {
  const std::string name = Printable(input.name());
  if (!input.type().has_tensor_type() || !input.type().tensor_type().has_shape())
    throw Error("input '{}' has no shape", name);
  const auto& shape = input.type().tensor_type().shape();
  const int rank = shape.dim_size();
  if (rank < 2 || rank > 4)
    throw Error("input '{}' has {} dimensions; [N, C, H, W], [N, C, W] and [N, F] are supported", name, rank);
  const int64_t images = FreeOrFixed(shape.dim(0));
  if (images > kMaxAxis || images < 0) throw Error("input '{}' has a batch of {}", name, images);
  *batch = std::max<int64_t>(images, 1);
  std::vector<int64_t> dims{1};
  int64_t elements = 1;
  for (int i = 1; i < rank; ++i) {
    const int64_t dim = FreeOrFixed(shape.dim(i));
    if (dim < 1 || dim > kMaxAxis || (elements *= dim) > kMaxElements)
      throw Error(
          "dimension {} of input '{}' is not fixed (--size HxW fixes height and width), zero or too large", i,
          name);
    dims.push_back(dim);
  }
  return dims;
}

onnx::TensorProto LoadExternal(const TensorProto& tensor, const std::filesystem::path& folder) {
  const std::string name = Printable(tensor.name());
  std::string location;
  int64_t offset = 0, length = -1;
  for (const auto& entry : tensor.external_data()) {
    const auto number = [&] {
      int64_t value = 0;
      const auto [end, error] =
          std::from_chars(entry.value().data(), entry.value().data() + entry.value().size(), value);
      if (error != std::errc{} || value < 0)
        throw Error("tensor '{}': its {} is no number", name, entry.key());
      return value;
    };
    if (entry.key() == "location") location = entry.value();
    if (entry.key() == "offset") offset = number();
    if (entry.key() == "length") length = number();
  }
  const std::filesystem::path file = std::filesystem::path(location).lexically_normal();
  if (folder.empty()) throw Error("tensor '{}' is kept in another file: save the model as one file", name);
  if (location.empty() || file.is_absolute() || file.begin()->string() == "..")
    throw Error("tensor '{}' is kept in '{}', which is not in the model's folder", name, Printable(location));
  std::ifstream stream(folder / file, std::ios::binary);
  std::error_code failed;
  const auto size = int64_t(std::filesystem::file_size(folder / file, failed));
  if (!stream || failed)
    throw Error("tensor '{}' is kept in '{}', which cannot be read", name, Printable(location));
  if (offset > size) offset = size;
  if (length < 0 || length > size - offset) length = size - offset;
  TensorProto loaded = tensor;
  loaded.set_data_location(TensorProto::DEFAULT);
  loaded.clear_external_data();
  std::string* raw = loaded.mutable_raw_data();
  raw->resize(size_t(length));
  stream.seekg(offset);
  stream.read(raw->data(), length);
  if (!stream) throw Error("tensor '{}' is kept in '{}', which cannot be read", name, Printable(location));
  return loaded;
}

Window SlidingWindow(const NodeProto& node, const Shape& in, int64_t kh, int64_t kw, size_t rank) {
  if (kh < 1 || kw < 1 || kh > UINT16_MAX || kw > UINT16_MAX)
    throw Error("a window of {} x {} is not supported", kh, kw);
  const std::vector<int64_t> strides = Pair(node, "strides", 1, rank);
  const std::vector<int64_t> dilations = Pair(node, "dilations", 1, rank);
  Window w{.kh = int(kh),
           .kw = int(kw),
           .stride_h = int(strides[0]),
           .stride_w = int(strides[1]),
           .dilation_h = int(dilations[0]),
           .dilation_w = int(dilations[1]),
           .pad = {},
           .floor = true};
  w.pad = ReadPadding(node, in, w, rank);
  if (IntAttribute(node, "ceil_mode", 0) != 0) {
    PadForCeil(in.h, w.dilation_h * (w.kh - 1) + 1, w.stride_h, w.pad.top, &w.pad.bottom);
    PadForCeil(in.w, w.dilation_w * (w.kw - 1) + 1, w.stride_w, w.pad.left, &w.pad.right);
  }
  return w;
}

}  // namespace weft::onnx_access
