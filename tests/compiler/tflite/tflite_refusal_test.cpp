// SPDX-License-Identifier: Apache-2.0
// What the reader refuses, and what it says then: one sentence that names the operator.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "compiler/model_reader.hpp"
#include "compiler/tflite/tflite_reader.hpp"
#include "sw_model/error.hpp"
#include "tests/compiler/tflite/tflite_builder.hpp"

namespace weft {
namespace {

using schema::BuiltinOperator;
using schema::TensorType;
using testing::HasSubstr;

std::string MessageOf(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "(accepted)";
}

// A sound network of a CONV_2D 'c' and a MAX_POOL_2D 'p' that a test spoils.
struct Sound : TfliteBuilder {
  Sound() {
    x = Input({1, 8, 8, 4}, 0.5F, 3);
    filters = Filters({4, 3, 3, 4}, {0.25F, 0.25F, 0.5F, 0.5F}, 0);
    bias = Integers({1, 2, 3, 4});
    schema::Conv2DOptionsT options;
    options.stride_h = options.stride_w = 1;
    c = Op(BuiltinOperator::CONV_2D, {x, filters, bias}, Tensor("c", {1, 8, 8, 4}, 2.0F, -7), options);
    schema::Pool2DOptionsT pool;
    pool.stride_h = pool.stride_w = pool.filter_h = pool.filter_w = 2;
    p = Op(BuiltinOperator::MAX_POOL_2D, {c}, Tensor("p", {1, 4, 4, 4}, 2.0F, -7), pool);
  }
  schema::OperatorT& conv() { return *graph().operators[0]; }
  schema::Conv2DOptionsT& conv_options() { return *conv().builtin_options.AsConv2DOptions(); }
  schema::Pool2DOptionsT& pool_options() { return *graph().operators[1]->builtin_options.AsPool2DOptions(); }
  int x, filters, bias, c, p;
};

struct Refusal {
  std::string name;
  std::function<void(Sound&)> spoil;
  std::string says;  // part of the sentence
};

void PrintTo(const Refusal& refusal, std::ostream* out) { *out << refusal.name; }

class TfliteRefusal : public testing::TestWithParam<Refusal> {};

TEST(TfliteRefusal, SoundNetworkIsAccepted) {
  EXPECT_EQ(ParseTflite(Sound().Bytes()).nodes.size(), 2U);
  EXPECT_EQ(ParseModel(Sound().Bytes()).nodes.size(), 1U);  // the pooling is fused
}

TEST_P(TfliteRefusal, IsOneSentence) {
  Sound net;
  GetParam().spoil(net);
  const std::string bytes = net.Bytes();
  const std::string message = MessageOf([&] { ParseTflite(bytes); });
  EXPECT_THAT(message, HasSubstr(GetParam().says));
  EXPECT_EQ(message.find('\n'), std::string::npos);
}

const Refusal kRefusals[] = {
    {"Version", [](Sound& n) { n.model.version = 2; }, "version 2 of the TensorFlow Lite format"},
    {"NoGraph", [](Sound& n) { n.model.subgraphs.clear(); }, "the model has no graph"},
    {"TwoGraphs", [](Sound& n) { n.model.subgraphs.push_back(std::make_unique<schema::SubGraphT>()); },
     "has 2 graphs"},
    {"NoInput", [](Sound& n) { n.graph().inputs.clear(); }, "the model has no input"},
    {"NoOutput", [](Sound& n) { n.graph().outputs.clear(); }, "the model has no output"},
    {"TwoInputs", [](Sound& n) { n.graph().inputs.push_back(n.c); }, "the model has 2 inputs instead of one"},
    {"InputOutside", [](Sound& n) { n.graph().inputs[0] = 99; }, "the model's input 99 is not in the file"},
    {"OutputOutside", [](Sound& n) { n.graph().outputs[0] = -1; },
     "the model's output -1 is not in the file"},
    {"OutputOfNobody",
     [](Sound& n) {
       n.graph().outputs[0] = n.Tensor("w", {1, 2});
     },
     "nothing computes the output 'w'"},
    {"NoOperators",
     [](Sound& n) {
       n.graph().operators.clear();
       n.graph().outputs = {n.c};
     },
     "nothing computes the output 'c'"},
    {"Batch", [](Sound& n) { n.tensor(n.x).shape[0] = 2; }, "the first of which is the batch of 1"},
    {"Float",
     [](Sound& n) {
       for (auto& t : n.graph().tensors) t->type = t->name == "constant" ? t->type : TensorType::FLOAT32;
       n.tensor(n.filters).buffer = 0;
     },
     "convert the model with full integer quantisation"},
    {"FloatInside", [](Sound& n) { n.tensor(n.c).type = TensorType::FLOAT32; },
     "CONV_2D 'c': its tensor 'c' (float32, 1x8x8x4) is not int8: convert"},
    {"Int16", [](Sound& n) { n.tensor(n.x).type = TensorType::INT16; }, "int8 instead of 16 bits"},
    {"Uint8",
     [](Sound& n) {
       n.tensor(n.x).type = TensorType::UINT8;
       n.tensor(n.x).quantization->zero_point = {131};
     },
     "CONV_2D 'c': its tensor 'x' (uint8, 1x8x8x4) is not int8"},
    {"UnknownType", [](Sound& n) { n.tensor(n.c).type = TensorType(77); }, "'c' (of an unknown type"},
    {"Int4Filters", [](Sound& n) { n.tensor(n.filters).type = TensorType::INT4; },
     "its filters 'filters' (int4"},
    {"DynamicFilters", [](Sound& n) { n.tensor(n.filters).buffer = 0; }, "are not a constant"},
    {"BufferOutside", [](Sound& n) { n.tensor(n.filters).buffer = 50; },
     "tensor 'filters': its buffer 50 is not in the file"},
    {"ShortBuffer", [](Sound& n) { n.model.buffers[n.tensor(n.filters).buffer]->data.pop_back(); },
     "it has 143 bytes instead of 144"},
    {"NoScale", [](Sound& n) { n.tensor(n.c).quantization->scale.clear(); },
     "'c' (int8, 1x8x8x4) has 0 scales"},
    {"NoQuantisation", [](Sound& n) { n.tensor(n.c).quantization.reset(); },
     "'c' (int8, 1x8x8x4) has 0 scales"},
    {"ZeroScale", [](Sound& n) { n.tensor(n.c).quantization->scale = {0.0F}; }, "one that is positive"},
    {"InfiniteScale", [](Sound& n) { n.tensor(n.c).quantization->scale = {INFINITY}; },
     "one of its scales is inf"},
    {"ZeroPoint", [](Sound& n) { n.tensor(n.c).quantization->zero_point = {128}; }, "zero point 128"},
    {"ZeroPoints",
     [](Sound& n) {
       n.tensor(n.c).quantization->zero_point = {1, 2};
     },
     "1 scales and 2 zero points"},
    {"ScaleAxis", [](Sound& n) { n.tensor(n.filters).quantization->quantized_dimension = 3; },
     "scales along dimension 3 instead of 0"},
    {"ScaleCount", [](Sound& n) { n.tensor(n.filters).quantization->scale.pop_back(); },
     "3 scales along dimension 0"},
    {"AsymmetricFilters",
     [](Sound& n) {
       n.tensor(n.filters).quantization->zero_point = {0, 0, 1, 0};
     },
     "the zero point 0"},
    {"Factor", [](Sound& n) { n.tensor(n.c).quantization->scale = {1e-20F}; },
     "CONV_2D 'c': the rescale factor"},
    {"EmptyDimension", [](Sound& n) { n.tensor(n.c).shape[1] = 0; }, "one of its dimensions is 0"},
    {"HugeDimension", [](Sound& n) { n.tensor(n.c).shape[1] = 1 << 30; },
     "one of its dimensions is 1073741824"},
    {"WrongOutput", [](Sound& n) { n.tensor(n.c).shape[1] = 7; },
     "CONV_2D 'c': its output is 8x8x4 and 7x8x4 in the file"},
    {"Variable", [](Sound& n) { n.tensor(n.c).is_variable = true; }, "it is a variable"},
    {"Sparse", [](Sound& n) { n.tensor(n.filters).sparsity = std::make_unique<schema::NotReadT>(); },
     "it is sparse"},
    {"Channels", [](Sound& n) { n.tensor(n.x).shape[3] = 6; }, "do not fit an input of 6 channels"},
    {"FiltersRank",
     [](Sound& n) {
       n.tensor(n.filters).shape = {4, 9, 4};
     },
     "must have 4 dimensions"},
    {"Bias",
     [](Sound& n) {
       n.tensor(n.bias).shape = {2, 2};
       n.tensor(n.bias).type = TensorType::FLOAT32;
     },
     "its bias 'constant' (float32, 2x2) must be 4 values of int32"},
    {"Stride", [](Sound& n) { n.conv_options().stride_w = 0; },
     "a size, stride or dilation of its window is 0"},
    {"PaddingKind", [](Sound& n) { n.conv_options().padding = schema::Padding(9); },
     "its padding 9 is not known"},
    {"Activation", [](Sound& n) { n.conv_options().activation = schema::Activation::TANH; },
     "its fused activation 4 is not supported"},
    {"NoOptions", [](Sound& n) { n.conv().builtin_options.Reset(); }, "CONV_2D 'c': its options are missing"},
    {"TensorOutside", [](Sound& n) { n.conv().inputs[1] = 99; }, "CONV_2D: its tensor 99 is not in the file"},
    {"NoFilters", [](Sound& n) { n.conv().inputs.resize(1); }, "CONV_2D 'c': its input 1 is missing"},
    {"AbsentInput", [](Sound& n) { n.conv().inputs[0] = -1; }, "CONV_2D 'c': its input 0 is missing"},
    {"CodeOutside", [](Sound& n) { n.conv().opcode_index = 9; }, "an operator's code 9 is not in the file"},
    {"ComputedTwice", [](Sound& n) { n.graph().operators[1]->outputs = {n.c}; },
     "its output 'c' is computed twice"},
    {"Order", [](Sound& n) { std::swap(n.graph().operators[0], n.graph().operators[1]); },
     "MAX_POOL_2D 'p': nothing computes its input 'c'"},
    {"PoolScale", [](Sound& n) { n.tensor(n.p).quantization->scale = {1.0F}; },
     "MAX_POOL_2D 'p': its input's scale"},
    {"PoolSize",
     [](Sound& n) {
       n.pool_options().filter_h = 9;
       n.pool_options().padding = schema::Padding::VALID;
     },
     "MAX_POOL_2D 'p': the filter 9 covers 9"},
    {"Unknown",
     [](Sound& n) {
       for (auto& code : n.model.operator_codes) code->builtin_code = BuiltinOperator(77 + 64);
       n.model.operator_codes[0]->builtin_code = BuiltinOperator(129);
     },
     "some operators are not supported: operator 129 'c', operator 141 'p'; leave them"},
    {"Custom",
     [](Sound& n) {
       n.model.operator_codes[1]->builtin_code = BuiltinOperator::CUSTOM;
       n.model.operator_codes[1]->custom_code = "Detect\n";
     },
     "an operator is not supported: custom operator Detect? 'p'; leave it"},
};

INSTANTIATE_TEST_SUITE_P(Each, TfliteRefusal, testing::ValuesIn(kRefusals),
                         [](const auto& info) { return info.param.name; });

TEST(TfliteRefusal, DamagedFiles) {
  const std::string bytes = Sound().Bytes();
  EXPECT_EQ(MessageOf([&] { ParseTflite(bytes.substr(0, bytes.size() / 2)); }),
            "the TensorFlow Lite model is damaged or cut short");
  EXPECT_EQ(MessageOf([&] { ParseTflite(bytes.substr(0, 8)); }),
            "the TensorFlow Lite model is damaged or cut short");
  EXPECT_EQ(MessageOf([&] { ParseTflite(bytes.substr(0, 7)); }), "not a TensorFlow Lite model");
}

TEST(TfliteRefusal, OnnxRounding) {
  EXPECT_THAT(MessageOf([] { ParseModel(Sound().Bytes(), {.rounding = Rounding::kOnnx}); }),
              HasSubstr("leave --rounding out"));
  EXPECT_EQ(MessageOf([] { ParseModel(Sound().Bytes(), {.rounding = Rounding::kTflite}); }), "(accepted)");
}

}  // namespace
}  // namespace weft
