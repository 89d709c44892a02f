// SPDX-License-Identifier: Apache-2.0
// Small ONNX models, made in memory: what a test wants the reader to see.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <string>
#include <vector>

namespace weft {

using Ints = std::vector<int64_t>;

class OnnxBuilder {
 public:
  OnnxBuilder();

  // 0 stands for a free dimension. `type` of an input: FLOAT, INT8 or UINT8.
  void Input(const std::string& name, const Ints& dims, int type = onnx::TensorProto::FLOAT);
  void Output(const std::string& name);

  // Constants; each returns its name.
  std::string Floats(const std::string& name, const Ints& dims, const std::vector<float>& values);
  std::string Integers(const std::string& name, int type, const Ints& dims, const std::vector<int>& values);
  std::string Shape(const std::string& name, const Ints& values);

  onnx::NodeProto* Op(const std::string& type, const std::vector<std::string>& inputs,
                      const std::string& output);

  // QuantizeLinear and DequantizeLinear of `in`; returns the name of the real value, `in`_dq.
  std::string Requantise(const std::string& in, float scale, int zero_point, bool is_unsigned = false);
  // int8 weights through DequantizeLinear: 0, 1, -1, 2, -2, ... ; returns the name of the real value.
  std::string Weights(const std::string& name, const Ints& dims, const std::vector<float>& scales,
                      int64_t axis = 0);
  std::string Int32Bias(const std::string& name, const std::vector<int>& values,
                        const std::vector<float>& scales);

  onnx::ModelProto& model() { return model_; }
  [[nodiscard]] std::string Bytes() const { return model_.SerializeAsString(); }

 private:
  onnx::TensorProto* Tensor(const std::string& name, int type, const Ints& dims);
  onnx::ModelProto model_;
};

void Set(onnx::NodeProto* node, const std::string& name, int64_t value);
void Set(onnx::NodeProto* node, const std::string& name, const Ints& values);
void Set(onnx::NodeProto* node, const std::string& name, float value);
void Set(onnx::NodeProto* node, const std::string& name, const std::string& value);

// The values that OnnxBuilder::Weights stores.
int8_t WeightValue(size_t i);

}  // namespace weft
