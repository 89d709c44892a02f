// SPDX-License-Identifier: Apache-2.0
// Writes small TensorFlow Lite files for tests. Tensors are known by their index.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tflite_generated.h"

namespace weft {

namespace schema = tflite_schema;

class TfliteBuilder {
 public:
  using Dims = std::vector<int>;
  TfliteBuilder();

  int Tensor(const std::string& name, Dims dims, float scale = 0.5F, int zero_point = 0,
             schema::TensorType type = schema::TensorType::INT8);
  int Input(Dims dims, float scale = 0.5F, int zero_point = 0,
            schema::TensorType type = schema::TensorType::INT8);
  int Codes(Dims dims, const std::vector<int8_t>& values, float scale = 0.5F, int zero_point = 0);
  int Filters(Dims dims, std::vector<float> scales, int axis);  // values -3, -2, ..., 3, -3, ...
  int Integers(const std::vector<int32_t>& values);

  // An operator with one output, which the model gives.
  template <typename Options>
  int Op(schema::BuiltinOperator code, std::vector<int> inputs, int output, Options options) {
    schema::BuiltinOptionsUnion any;
    any.Set(std::move(options));
    return Add(code, std::move(inputs), output, std::move(any));
  }
  int Op(schema::BuiltinOperator code, std::vector<int> inputs, int output) {
    return Add(code, std::move(inputs), output, {});
  }

  schema::TensorT& tensor(int index) { return *graph().tensors[size_t(index)]; }
  schema::OperatorT& last() { return *graph().operators.back(); }
  schema::SubGraphT& graph() { return *model.subgraphs[0]; }
  [[nodiscard]] std::string Bytes() const;

  schema::ModelT model;

 private:
  int Add(schema::BuiltinOperator code, std::vector<int> inputs, int output,
          schema::BuiltinOptionsUnion options);
  int Constant(Dims dims, schema::TensorType type, const void* data, size_t bytes);
};

}  // namespace weft
