// SPDX-License-Identifier: Apache-2.0
// What the reader refuses, and what it says then: one sentence that names the operator.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>

#include "compiler/onnx/onnx_reader.hpp"
#include "sw_model/error.hpp"
#include "tests/compiler/onnx/onnx_builder.hpp"

namespace weft {
namespace {

using onnx::NodeProto;
using onnx::TensorProto;

std::string MessageOf(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "(accepted)";
}

// A sound network of a Conv `c` and a MaxPool `p` that a test spoils.
struct Sound : OnnxBuilder {
  Sound() {
    Input("x", {0, 4, 8, 8});
    conv = Op("Conv", {Requantise("x", 0.5F, 3), Weights("w", {4, 4, 3, 3}, {0.25F})}, "c");
    const std::string c = Requantise("c", 2.0F, -7);
    pool = Op("MaxPool", {c}, "p");
    Set(pool, "kernel_shape", Ints{2, 2});
    Output("p");
  }
  // Continues after the pooling, with output `name`.
  NodeProto* Then(const std::string& op, const std::string& name, std::vector<std::string> more = {}) {
    more.insert(more.begin(), "p");
    model().mutable_graph()->mutable_output(0)->set_name(name);
    return Op(op, more, name);
  }
  TensorProto* Initializer(const std::string& name) {
    for (TensorProto& tensor : *model().mutable_graph()->mutable_initializer())
      if (tensor.name() == name) return &tensor;
    return nullptr;
  }
  NodeProto* conv;
  NodeProto* pool;
};

struct Refusal {
  std::string name;
  std::function<void(Sound&)> spoil;
  std::string says;  // part of the sentence
};

void PrintTo(const Refusal& refusal, std::ostream* os) { *os << refusal.name; }

class OnnxRefusal : public testing::TestWithParam<Refusal> {};

TEST_P(OnnxRefusal, IsOneSentence) {
  Sound net;
  GetParam().spoil(net);
  const std::string message = MessageOf([&] { ParseOnnx(net.Bytes()); });
  EXPECT_NE(message.find(GetParam().says), std::string::npos) << message;
  EXPECT_EQ(message.find('\n'), std::string::npos) << message;
}

const std::vector<Refusal> kRefusals = {
    {"Nothing", [](Sound&) {}, "(accepted)"},
    // operators
    {"UnknownOperator", [](Sound& n) { n.Then("LeakyRelu", "l"); },
     "LeakyRelu 'l': this operator is not supported"},
    {"BroadcastAdd", [](Sound& n) { n.Then("Add", "a", {"x_dq"}); },
     "Add 'a': its inputs are 4 x 5 x 5 and 4 x 8 x 8 (C x H x W): expand the smaller"},
    {"AddOfAConstant", [](Sound& n) { n.Then("Add", "a", {n.Floats("k", {1}, {1})}); },
     "Add 'a': the constant 'k' can be added only to a MatMul or Gemm"},
    {"AddOfWeights",
     [](Sound& n) {
       n.Then("Add", "a", {n.Weights("k", {1, 4, 5, 5}, {1})});
     },
     "Add 'a': the constant 'k_dq'"},
    {"AddOfAnUnquantisedSum",
     [](Sound& n) {
       n.Op("Conv", {"p", n.Weights("v", {4, 4, 1, 1}, {1})}, "d");
       n.Then("Add", "a", {"d"});
     },
     "Add 'a': it adds to a sum that has its bias already: put QuantizeLinear"},
    {"AddOfFloat", [](Sound& n) { n.Then("Add", "a", {"x"}); }, "its input 'x' must come from"},
    {"AddToATinyScale",
     [](Sound& n) {
       n.Then("Add", "a", {"p"});
       n.Requantise("a", 1e-7F, 0);
     },
     "QuantizeLinear 'a_q': the output factor is"},
    {"AddWithoutQuantizeLinear", [](Sound& n) { n.Then("Add", "a", {"p"}); }, "output 'a' is not quantised"},
    {"ConcatOfHeights", [](Sound& n) { Set(n.Then("Concat", "j", {"p"}), "axis", int64_t{2}); },
     "Concat 'j': it joins along axis 2: only the channels"},
    {"ConcatOfOtherShapes", [](Sound& n) { Set(n.Then("Concat", "j", {"x_dq"}), "axis", int64_t{1}); },
     "Concat 'j': the shapes 1x5x5x4 and 1x8x8x4 differ"},
    {"ConcatOfAConstant",
     [](Sound& n) { Set(n.Then("Concat", "j", {n.Floats("k", {1}, {1})}), "axis", int64_t{1}); },
     "Concat 'j': its input 'k' must come from"},
    {"ConcatOfMapAndFlat",
     [](Sound& n) {
       n.Op("Flatten", {"p"}, "f");
       Set(n.Then("Concat", "j", {"f"}), "axis", int64_t{1});
     },
     "Concat 'j': some of its inputs are flat"},
    {"ReflectingPad",
     [](Sound& n) {
       Set(n.Then("Pad", "b", {n.Shape("pads", {0, 0, 1, 1, 0, 0, 1, 1})}), "mode", std::string("reflect"));
     },
     "Pad 'b': its mode is 'reflect': only constant"},
    {"PadOfChannels",
     [](Sound& n) {
       n.Then("Pad", "b", {n.Shape("pads", {0, 1, 0, 0, 0, 0, 0, 0})});
     },
     "Pad 'b': it pads images or channels"},
    {"CroppingPad",
     [](Sound& n) {
       n.Then("Pad", "b", {n.Shape("pads", {0, 0, 0, 0, 0, 0, -1, 0})});
     },
     "pad -1 is not in 0..65535"},
    {"HugePad",
     [](Sound& n) {
       n.Then("Pad", "b", {n.Shape("pads", {0, 0, 65535, 0, 0, 0, 65535, 0})});
     },
     "the output is 1x131075x5x4"},
    {"PadOfTwo",
     [](Sound& n) {
       n.Then("Pad", "b", {n.Shape("pads", {1, 1})});
     },
     "pads has 2 numbers"},
    {"PadAxes",
     [](Sound& n) {
       n.Then("Pad", "b", {n.Shape("pads", {1, 1, 1, 1}), "", n.Shape("axes", {2, 3})});
     },
     "Pad 'b': it has an input of axes"},
    {"PadOfInfinity",
     [](Sound& n) {
       n.Then("Pad", "b", {n.Shape("pads", {0, 0, 1, 1, 0, 0, 1, 1}), n.Floats("v", {}, {INFINITY})});
     },
     "Pad 'b': its value is inf"},
    {"LinearResize",
     [](Sound& n) {
       Set(n.Then("Resize", "u", {"", n.Floats("s", {4}, {1, 1, 2, 2})}), "mode", std::string("linear"));
     },
     "Resize 'u': its mode is 'linear': only nearest"},
    {"HalfAFactor",
     [](Sound& n) {
       n.Then("Resize", "u", {"", n.Floats("s", {4}, {1, 1, 1.5F, 2})});
     },
     "Resize 'u': it scales by 1.5: only whole factors"},
    {"ShrinkingResize",
     [](Sound& n) {
       n.Then("Resize", "u", {"", n.Floats("s", {4}, {1, 1, 0.5F, 2})});
     },
     "it scales by 0.5"},
    {"ResizeToOtherSizes",
     [](Sound& n) {
       n.Then("Resize", "u", {"", "", n.Shape("z", {1, 4, 10, 7})});
     },
     "it scales by 1.4"},
    {"ResizeOfChannels",
     [](Sound& n) {
       n.Then("Resize", "u", {"", n.Floats("s", {4}, {1, 2, 1, 1})});
     },
     "it scales images or channels"},
    {"ResizeModes",
     [](Sound& n) {
       NodeProto* node = n.Then("Resize", "u", {"", n.Floats("s", {4}, {1, 1, 2, 2})});
       Set(node, "coordinate_transformation_mode", std::string("align_corners"));
     },
     "Resize 'u': its modes are 'align_corners' and 'round_prefer_floor': use asymmetric and floor"},
    {"HalfPixelFloor",
     [](Sound& n) {
       Set(n.Then("Resize", "u", {"", n.Floats("s", {4}, {1, 1, 2, 2})}), "nearest_mode",
           std::string("floor"));
     },
     "its modes are 'half_pixel' and 'floor'"},
    {"HugeResize",
     [](Sound& n) {
       n.Then("Resize", "u", {"", n.Floats("s", {4}, {1, 1, 60000, 60000})});
     },
     "the output is 1x300000x300000x4"},
    {"UpsampleWithoutScales", [](Sound& n) { n.Then("Upsample", "u"); }, "Upsample 'u': it has no scales"},
    {"ConvOnFloat", [](Sound& n) { n.conv->set_input(0, "x"); },
     "Conv 'c': its input 'x' must come from QuantizeLinear"},
    {"LateRelu", [](Sound& n) { n.Then("Relu", "r"); }, "output 'r' is not quantised"},
    {"PoolOfALateRelu",
     [](Sound& n) {
       n.Op("Relu", {"p"}, "r");
       n.Then("MaxPool", "m")->set_input(0, "r");
     },
     "MaxPool 'm': its input 'r' must come from QuantizeLinear"},
    {"EarlySoftmax",
     [](Sound& n) {
       n.Op("GlobalAveragePool", {"p"}, "g");
       n.Op("Softmax", {n.Requantise("g", 1, 0)}, "s");
     },
     "Softmax 's'"},
    {"NoOutputName", [](Sound& n) { n.conv->clear_output(); }, "it has no output"},
    // references
    {"MissingInitializer", [](Sound& n) { n.Initializer("w")->set_name("gone"); }, "provides 'w'"},
    {"Cycle", [](Sound& n) { n.conv->set_input(0, "p"); },
     "Conv 'c': no operator or initializer before it provides 'p'"},
    {"MissingInput", [](Sound& n) { n.conv->clear_input(); }, "Conv 'c': input 0 is missing"},
    {"DoubleDefinition", [](Sound& n) { n.Op("Identity", {"x_dq"}, "c"); }, "its output 'c' exists already"},
    {"NoSuchOutput", [](Sound& n) { n.model().mutable_graph()->mutable_output(0)->set_name("q"); },
     "output 'q'"},
    {"TwoOutputs", [](Sound& n) { n.Output("c_q"); }, "2 outputs"},
    {"TwoInputs",
     [](Sound& n) {
       n.Input("y", {1, 1});
     },
     "more than one input"},
    {"NoInput", [](Sound& n) { n.model().mutable_graph()->clear_input(); }, "no input"},
    {"FloatOutput", [](Sound& n) { n.model().mutable_graph()->mutable_output(0)->set_name("c"); },
     "output 'c' is not quantised"},
    // shapes
    {"FixedBatch",
     [](Sound& n) {
       n.model().mutable_graph()->clear_input();
       n.Input("x", {7, 4, 8, 8});
     },
     "fixed batch of 7"},
    {"FreeHeight",
     [](Sound& n) {
       n.model().mutable_graph()->clear_input();
       n.Input("x", {1, 4, 0, 8});
     },
     "dimension 2 of input 'x'"},
    {"ThreeDimensions",
     [](Sound& n) {
       n.model().mutable_graph()->clear_input();
       n.Input("x", {1, 4, 8});
     },
     "3 dimensions"},
    {"FloatWithIntegerInput",
     [](Sound& n) {
       n.model().mutable_graph()->clear_input();
       n.Input("x", {1, 4, 8, 8}, TensorProto::INT32);
     },
     "neither float, int8 nor uint8"},
    {"WrongChannels",
     [](Sound& n) {
       n.model().mutable_graph()->clear_input();
       n.Input("x", {1, 5, 8, 8});
     },
     "Conv 'c': 1 groups of 4 input channels"},
    {"WindowLargerThanMap",
     [](Sound& n) {
       n.model().mutable_graph()->clear_input();
       n.Input("x", {1, 4, 2, 8});
     },
     "Conv 'c': the filter 3 covers 3"},
    {"GemmOnAMap",
     [](Sound& n) {
       n.Then("Gemm", "g", {n.Weights("v", {2, 4}, {1})});
     },
     "4 dimensions instead of 2"},
    {"GemmOfOtherSize",
     [](Sound& n) {
       n.Then("Flatten", "f");
       n.Op("Gemm", {"f", n.Weights("v", {4, 2}, {1})}, "g");
     },
     "Gemm 'g': its weights take 4 values and its input has 100"},
    {"ReshapeToAnotherMap",
     [](Sound& n) {
       n.Then("Reshape", "r", {n.Shape("s", {1, 10, 10})});
     },
     "Reshape 'r'"},
    {"ReshapeBeforeQuantizeLinear",
     [](Sound& n) {
       n.Op("GlobalAveragePool", {"p"}, "g");
       n.Then("Reshape", "r", {n.Shape("s", {1, 4})})->set_input(0, "g");
     },
     "Reshape 'r': its input 'g' is not quantised: put QuantizeLinear"},
    {"FlattenOfWeights", [](Sound& n) { n.Then("Flatten", "f")->set_input(0, "w_dq"); },
     "Flatten 'f': its input 'w_dq' must be quantised"},
    {"FlattenOfAnotherAxis", [](Sound& n) { Set(n.Then("Flatten", "f"), "axis", int64_t{2}); },
     "only axis 1"},
    {"SqueezeOfAMap",
     [](Sound& n) {
       n.Then("Squeeze", "s", {n.Shape("axes", {2, 3})});
     },
     "Squeeze 's'"},
    // attributes
    {"CeilMode",
     [](Sound& n) {
       Set(n.pool, "strides", Ints{3, 3});
       Set(n.pool, "ceil_mode", int64_t{1});
     },
     "MaxPool 'p': ceil_mode"},
    {"PoolDilation",
     [](Sound& n) {
       Set(n.pool, "dilations", Ints{2, 2});
     },
     "MaxPool 'p': dilation"},
    {"PoolPadding",
     [](Sound& n) {
       Set(n.pool, "pads", Ints{2, 0, 0, 0});
     },
     "padding is as large"},
    {"PoolIndices", [](Sound& n) { n.pool->add_output("indices"); }, "indices"},
    {"ZeroStride",
     [](Sound& n) {
       Set(n.conv, "strides", Ints{0, 1});
     },
     "strides 0"},
    {"HugeStride",
     [](Sound& n) {
       Set(n.conv, "strides", Ints{INT64_MAX, 1});
     },
     "strides 9223372036854775807"},
    {"NegativePad",
     [](Sound& n) {
       Set(n.conv, "pads", Ints{-1, 0, 0, 0});
     },
     "pad -1"},
    {"ThreePads",
     [](Sound& n) {
       Set(n.conv, "pads", Ints{1, 1, 1});
     },
     "3 numbers"},
    {"OneDimension", [](Sound& n) { Set(n.conv, "strides", Ints{1}); }, "two-dimensional"},
    {"WrongKernelShape",
     [](Sound& n) {
       Set(n.conv, "kernel_shape", Ints{5, 5});
     },
     "kernel_shape differs"},
    {"WrongGroups", [](Sound& n) { Set(n.conv, "group", int64_t{3}); }, "3 groups"},
    {"AttributeType", [](Sound& n) { Set(n.conv, "group", 2.0F); }, "attribute 'group' has the wrong type"},
    {"AutoPad", [](Sound& n) { Set(n.conv, "auto_pad", std::string("MOST")); }, "auto_pad 'MOST'"},
    {"GemmAlpha",
     [](Sound& n) {
       n.Then("Flatten", "f");
       Set(n.Op("Gemm", {"f", n.Weights("v", {2, 100}, {1})}, "g"), "alpha", 2.0F);
     },
     "alpha 1"},
    // constants
    {"UnsignedWeights", [](Sound& n) { n.Initializer("w")->set_data_type(TensorProto::UINT8); },
     "must be int8"},
    {"FloatWeights",
     [](Sound& n) {
       n.conv->set_input(1, n.Floats("f", {4, 4, 3, 3}, {}));
     },
     "its weights 'f' must be int8"},
    {"AsymmetricWeights", [](Sound& n) { n.Initializer("w_zp")->set_int32_data(0, 5); },
     "zero point that is not 0"},
    {"ShortWeights", [](Sound& n) { n.Initializer("w")->mutable_raw_data()->pop_back(); },
     "should hold 144 values and holds 143"},
    {"NegativeSize", [](Sound& n) { n.Initializer("w")->set_dims(0, -4); }, "zero, negative or too large"},
    {"HugeSize", [](Sound& n) { n.Initializer("w")->set_dims(0, INT64_MAX); }, "zero, negative or too large"},
    {"ExternalData", [](Sound& n) { n.Initializer("w")->set_data_location(TensorProto::EXTERNAL); },
     "another file"},
    {"ZeroScale", [](Sound& n) { n.Initializer("c_scale")->set_float_data(0, 0); }, "scale 0"},
    {"NanScale", [](Sound& n) { n.Initializer("w_scale")->set_float_data(0, NAN); }, "not a positive number"},
    {"ScaleTooLarge", [](Sound& n) { n.Initializer("w_scale")->set_float_data(0, 1e30F); }, "rescale factor"},
    {"WideZeroPoint", [](Sound& n) { n.Initializer("c_zp")->set_data_type(TensorProto::INT32); },
     "only int8 and uint8"},
    {"WrongAxis",
     [](Sound& n) {
       TensorProto* scale = n.Initializer("w_scale");
       scale->add_dims(4);
       for (int i = 0; i < 3; ++i) scale->add_float_data(1);
       n.model().mutable_graph()->mutable_node(2)->mutable_attribute(0)->set_i(1);  // w's DequantizeLinear
     },
     "4 scales along axis 1"},
    {"BiasSize",
     [](Sound& n) {
       n.conv->add_input(n.Floats("b", {3}, {1, 2, 3}));
     },
     "3 values for 4 output channels"},
    {"BiasRange",
     [](Sound& n) {
       n.conv->add_input(n.Floats("b", {4}, {1, 2, 3, 1e30F}));
     },
     "does not fit 32 bits"},
    {"DequantisedDifferently",
     [](Sound& n) {
       n.Then("DequantizeLinear", "d", {n.Floats("s", {}, {0.125F}), "c_zp"})->set_input(0, "c_q");
     },
     "DequantizeLinear 'd': its scale and zero point are not those that 'c_q' was quantised with"},
    // forms of quantisation
    {"Float",
     [](Sound& n) {
       for (NodeProto& node : *n.model().mutable_graph()->mutable_node()) node.set_op_type("Identity");
     },
     "the model is not quantised"},
    {"QLinear", [](Sound& n) { n.Then("QLinearConv", "q"); }, "in the QDQ format instead"},
    {"NoLayer",
     [](Sound& n) {
       n.model().mutable_graph()->mutable_node()->DeleteSubrange(3, 4);
       n.model().mutable_graph()->mutable_output(0)->set_name("x_dq");
     },
     "no layer"},
};

INSTANTIATE_TEST_SUITE_P(Each, OnnxRefusal, testing::ValuesIn(kRefusals),
                         [](const auto& info) { return info.param.name; });

// ---- files

class OnnxFile : public testing::Test {
 protected:
  std::string Write(const std::string& contents) {
    std::ofstream(path_, std::ios::binary) << contents;
    return path_.string();
  }
  void TearDown() override { std::filesystem::remove(path_); }
  std::filesystem::path path_ =
      std::filesystem::temp_directory_path() / fmt::format("weft_onnx_{}.onnx", getpid());
};

TEST_F(OnnxFile, IsReadFromDisk) { EXPECT_EQ(ReadOnnx(Write(Sound().Bytes())).nodes.size(), 1U); }

TEST_F(OnnxFile, ErrorsNameTheFile) {
  EXPECT_EQ(MessageOf([] { ReadOnnx("/nowhere/x.onnx"); }), "/nowhere/x.onnx: no such file");
  EXPECT_EQ(MessageOf([] { ReadOnnx("/tmp"); }), "/tmp: no such file");
  EXPECT_EQ(MessageOf([&] { ReadOnnx(Write("")); }), path_.string() + ": the file is empty");
  EXPECT_EQ(MessageOf([&] { ReadOnnx(Write("# Weft\n\nAn open accelerator\n")); }),
            path_.string() + ": not an ONNX model, or damaged");
}

}  // namespace
}  // namespace weft
