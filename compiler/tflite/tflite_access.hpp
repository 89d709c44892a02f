// SPDX-License-Identifier: Apache-2.0
// Checked access to what a TensorFlow Lite file holds. Nothing in a file is trusted: the buffer is verified,
// and every index, size and type is checked before anything is made of it. Throws Error, one sentence, where
// it is wrong.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/tflite/tflite_kernels.hpp"
#include "sw_model/error.hpp"
#include "tflite_generated.h"

namespace weft {

namespace schema = tflite_schema;

struct TfliteTensor {
  std::string name;
  std::vector<int> dims;   // each at least 1
  bool free_dims = false;  // the file says that some may change: they are 1 here
  schema::TensorType type = schema::TensorType::INT8;
  std::vector<float> scale;  // none, one or one for each index of `axis`
  bool symmetric = true;     // all zero points are 0
  int64_t zero_point = 0;    // the first one
  int axis = 0;
  std::string_view data;  // of a constant; empty: it is none

  [[nodiscard]] int64_t elements() const;
  [[nodiscard]] bool is_constant() const { return !data.empty(); }
  [[nodiscard]] std::string Describe() const;  // 'name' (int8, 1x8x8x3)
};

struct TfliteOperator {
  schema::BuiltinOperator code = schema::BuiltinOperator::ADD;
  std::string kind;         // CONV_2D, "custom operator X" or "operator 77"
  std::string label;        // CONV_2D 'the output's name'
  std::vector<int> inputs;  // indices into TfliteModel::tensors, -1: not there
  std::vector<int> outputs;
  const schema::Operator* table = nullptr;

  [[nodiscard]] bool HasInput(size_t i) const { return i < inputs.size() && inputs[i] >= 0; }
  // Its options, or those that the format has by default.
  template <typename Options>
  [[nodiscard]] const Options& options() const {
    const Options* options = table->builtin_options_as<Options>();
    if (options == nullptr) throw Error("its options are missing");
    return *options;
  }
};

class TfliteModel {
 public:
  explicit TfliteModel(std::string_view file_contents);

  std::vector<TfliteTensor> tensors;
  std::vector<TfliteOperator> operators;
  std::vector<int> inputs, outputs;
  std::string description;

 private:
  TfliteTensor ReadTensor(const schema::Tensor& table) const;
  TfliteOperator ReadOperator(const schema::Operator& table) const;

  std::vector<uint64_t> contents_;  // aligned as the format's numbers are
  const schema::Model* model_ = nullptr;
};

bool IsTflite(std::string_view file_contents);  // by its identifier

const char* TypeName(schema::TensorType type);  // "int8"
const char* WayOut(schema::TensorType type);    // what to do about a tensor of a type that is not supported

// Values of a constant of int32 or int64, of int8, and of int32 biases.
std::vector<int64_t> IntegerValues(const TfliteTensor& tensor);
std::vector<int8_t> CodeValues(const TfliteTensor& tensor);

// Scale and zero point of int8 codes, and of uint8 ones that are moved down by 128.
tflite_kernels::Quantisation QuantisationOf(const TfliteTensor& tensor);

// The codes that a fused activation leaves.
tflite_kernels::Clamp ActivationRange(schema::Activation activation, const tflite_kernels::Quantisation& out);

}  // namespace weft
