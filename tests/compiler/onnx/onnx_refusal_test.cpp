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
    {"BroadcastAdd", [](Sound& n) { n.Then("Add", "a", {"x_dq"}); },
     "Add 'a': its inputs are 1 x 4 x 5 x 5 and 1 x 4 x 8 x 8: these do not fit"},
    {"AddOfFloat", [](Sound& n) { n.Then("Add", "a", {"x"}); },
     "Add 'a': its inputs are 1 x 4 x 5 x 5 and 1 x 4 x 8 x 8: these do not fit"},
    {"ConcatOfOtherShapes", [](Sound& n) { Set(n.Then("Concat", "j", {"x_dq"}), "axis", int64_t{1}); },
     "Concat 'j': its inputs are 1 x 4 x 5 x 5 and 1 x 4 x 8 x 8: these do not fit"},
    {"ConcatOfAConstant",
     [](Sound& n) { Set(n.Then("Concat", "j", {n.Floats("k", {1}, {1})}), "axis", int64_t{1}); },
     "Concat 'j': its inputs are 1 x 4 x 5 x 5 and 1: these do not fit"},
    {"ConcatOfMapAndFlat",
     [](Sound& n) {
       n.Op("Flatten", {"p"}, "f");
       Set(n.Then("Concat", "j", {"f"}), "axis", int64_t{1});
     },
     "Concat 'j': its inputs are 1 x 4 x 5 x 5 and 1 x 100: these do not fit"},
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
    {"PadOfInfinity",
     [](Sound& n) {
       n.Then("Pad", "b", {n.Shape("pads", {0, 0, 1, 1, 0, 0, 1, 1}), n.Floats("v", {}, {INFINITY})});
     },
     "Pad 'b': its value is inf"},
    {"HugeResize",
     [](Sound& n) {
       n.Then("Resize", "u", {"", n.Floats("s", {4}, {1, 1, 60000, 60000})});
     },
     "Resize 'u': a tensor of 1 x 4 x 300000 x 300000 values has none, or more than 268435456"},
    {"UpsampleWithoutScales", [](Sound& n) { n.Then("Upsample", "u"); }, "Upsample 'u': it has no scales"},
    {"ConvOnFloat", [](Sound& n) { n.conv->set_input(0, "x"); },
     "Conv 'c': the float32 input 'x' has codes in two places: put one QuantizeLinear behind it"},
    {"PoolOfALateRelu",
     [](Sound& n) {
       n.Op("Relu", {"p"}, "r");
       n.Then("MaxPool", "m")->set_input(0, "r");
     },
     "MaxPool 'm': kernel_shape has 0 numbers instead of 2"},
    {"NoOutputName", [](Sound& n) { n.conv->clear_output(); }, "it has no output"},
    // references
    {"MissingInitializer", [](Sound& n) { n.Initializer("w")->set_name("gone"); }, "provides 'w'"},
    {"Cycle", [](Sound& n) { n.conv->set_input(0, "p"); },
     "Conv 'c': no operator or initializer before it provides 'p'"},
    {"MissingInput", [](Sound& n) { n.conv->clear_input(); }, "Conv 'c': input 0 is missing"},
    {"DoubleDefinition", [](Sound& n) { n.Op("Identity", {"x_dq"}, "c"); }, "its output 'c' exists already"},
    {"NoSuchOutput", [](Sound& n) { n.model().mutable_graph()->mutable_output(0)->set_name("q"); },
     "output 'q'"},
    {"TwoInputs",
     [](Sound& n) {
       n.Input("y", {1, 1});
     },
     "more than one input"},
    {"NoInput", [](Sound& n) { n.model().mutable_graph()->clear_input(); }, "no input"},
    // shapes
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
     "Conv 'c': its weights have 4 dimensions instead of 3"},
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
    {"FlattenOfWeights", [](Sound& n) { n.Then("Flatten", "f")->set_input(0, "w_dq"); },
     "the output 'f' is not quantised (QuantizeLinear is missing before it)"},
    {"SqueezeOfAMap",
     [](Sound& n) {
       n.Then("Squeeze", "s", {n.Shape("axes", {2, 3})});
     },
     "Squeeze 's'"},
    // attributes
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
    {"OneDimension", [](Sound& n) { Set(n.conv, "strides", Ints{1}); },
     "Conv 'c': strides has 1 numbers instead of 2"},
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
    {"FloatWeights",
     [](Sound& n) {
       n.conv->set_input(1, n.Floats("f", {4, 4, 3, 3}, {}));
     },
     "Conv 'c': tensor 'f' should hold 144 values and holds 0"},
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
    // forms of quantisation
    {"Float",
     [](Sound& n) {
       for (NodeProto& node : *n.model().mutable_graph()->mutable_node()) node.set_op_type("Identity");
     },
     "the model is not quantised"},
    {"QLinear", [](Sound& n) { n.Then("QLinearConv", "q"); }, "QLinearConv 'q': input 1 is missing"},
    {"NoLayer",
     [](Sound& n) {
       n.model().mutable_graph()->mutable_node()->DeleteSubrange(3, 4);
       n.model().mutable_graph()->mutable_output(0)->set_name("x_dq");
     },
     "no layer"},
    {"EveryOneIsNamed",
     [](Sound& n) {
       n.Op("NonMaxSuppression", {"p"}, "s");
       n.Then("LRN", "l");
     },
     "2 operators are not supported: NonMaxSuppression 's': this operator is not supported: cut the model "
     "before it, or exclude it; LRN 'l'"},
    {"DynamicQuantisation", [](Sound& n) { n.Then("DynamicQuantizeLinear", "d"); },
     "DynamicQuantizeLinear 'd': its scales are chosen at run time"},
    {"OutsideOfItsFolder",
     [](Sound& n) {
       n.Initializer("w")->set_data_location(TensorProto::EXTERNAL);
       auto* entry = n.Initializer("w")->add_external_data();
       entry->set_key("location");
       entry->set_value("../w.bin");
     },
     "tensor 'w' is kept in"},
};

INSTANTIATE_TEST_SUITE_P(Each, OnnxRefusal, testing::ValuesIn(kRefusals),
                         [](const auto& info) { return info.param.name; });

// What looks odd and is read nevertheless.
const std::vector<Refusal> kTaken = {
    {"UnknownOperator", [](Sound& n) { n.Then("LeakyRelu", "l"); }, "(accepted)"},
    {"AddOfAConstant", [](Sound& n) { n.Then("Add", "a", {n.Floats("k", {1}, {1})}); }, "(accepted)"},
    {"AddOfWeights",
     [](Sound& n) {
       n.Then("Add", "a", {n.Weights("k", {1, 4, 5, 5}, {1})});
     },
     "(accepted)"},
    {"AddOfAnUnquantisedSum",
     [](Sound& n) {
       n.Op("Conv", {"p", n.Weights("v", {4, 4, 1, 1}, {1})}, "d");
       n.Then("Add", "a", {"d"});
     },
     "(accepted)"},
    {"AddToATinyScale",
     [](Sound& n) {
       n.Then("Add", "a", {"p"});
       n.Requantise("a", 1e-7F, 0);
     },
     "(accepted)"},
    {"AddWithoutQuantizeLinear", [](Sound& n) { n.Then("Add", "a", {"p"}); }, "(accepted)"},
    {"ConcatOfHeights", [](Sound& n) { Set(n.Then("Concat", "j", {"p"}), "axis", int64_t{2}); },
     "(accepted)"},
    {"ReflectingPad",
     [](Sound& n) {
       Set(n.Then("Pad", "b", {n.Shape("pads", {0, 0, 1, 1, 0, 0, 1, 1})}), "mode", std::string("reflect"));
     },
     "(accepted)"},
    {"PadOfChannels",
     [](Sound& n) {
       n.Then("Pad", "b", {n.Shape("pads", {0, 1, 0, 0, 0, 0, 0, 0})});
     },
     "(accepted)"},
    {"CroppingPad",
     [](Sound& n) {
       n.Then("Pad", "b", {n.Shape("pads", {0, 0, 0, 0, 0, 0, -1, 0})});
     },
     "(accepted)"},
    {"PadAxes",
     [](Sound& n) {
       n.Then("Pad", "b", {n.Shape("pads", {1, 1, 1, 1}), "", n.Shape("axes", {2, 3})});
     },
     "(accepted)"},
    {"LinearResize",
     [](Sound& n) {
       Set(n.Then("Resize", "u", {"", n.Floats("s", {4}, {1, 1, 2, 2})}), "mode", std::string("linear"));
     },
     "(accepted)"},
    {"HalfAFactor",
     [](Sound& n) {
       n.Then("Resize", "u", {"", n.Floats("s", {4}, {1, 1, 1.5F, 2})});
     },
     "(accepted)"},
    {"ShrinkingResize",
     [](Sound& n) {
       n.Then("Resize", "u", {"", n.Floats("s", {4}, {1, 1, 0.5F, 2})});
     },
     "(accepted)"},
    {"ResizeToOtherSizes",
     [](Sound& n) {
       n.Then("Resize", "u", {"", "", n.Shape("z", {1, 4, 10, 7})});
     },
     "(accepted)"},
    {"ResizeOfChannels",
     [](Sound& n) {
       n.Then("Resize", "u", {"", n.Floats("s", {4}, {1, 2, 1, 1})});
     },
     "(accepted)"},
    {"ResizeModes",
     [](Sound& n) {
       NodeProto* node = n.Then("Resize", "u", {"", n.Floats("s", {4}, {1, 1, 2, 2})});
       Set(node, "coordinate_transformation_mode", std::string("align_corners"));
     },
     "(accepted)"},
    {"HalfPixelFloor",
     [](Sound& n) {
       Set(n.Then("Resize", "u", {"", n.Floats("s", {4}, {1, 1, 2, 2})}), "nearest_mode",
           std::string("floor"));
     },
     "(accepted)"},
    {"LateRelu", [](Sound& n) { n.Then("Relu", "r"); }, "(accepted)"},
    {"EarlySoftmax",
     [](Sound& n) {
       n.Op("GlobalAveragePool", {"p"}, "g");
       n.Op("Softmax", {n.Requantise("g", 1, 0)}, "s");
     },
     "(accepted)"},
    {"TwoOutputs", [](Sound& n) { n.Output("c_q"); }, "(accepted)"},
    {"FloatOutput", [](Sound& n) { n.model().mutable_graph()->mutable_output(0)->set_name("c"); },
     "(accepted)"},
    {"FixedBatch",
     [](Sound& n) {
       n.model().mutable_graph()->clear_input();
       n.Input("x", {7, 4, 8, 8});
     },
     "(accepted)"},
    {"ReshapeToAnotherMap",
     [](Sound& n) {
       n.Then("Reshape", "r", {n.Shape("s", {1, 10, 10})});
     },
     "(accepted)"},
    {"ReshapeBeforeQuantizeLinear",
     [](Sound& n) {
       n.Op("GlobalAveragePool", {"p"}, "g");
       n.Then("Reshape", "r", {n.Shape("s", {1, 4})})->set_input(0, "g");
     },
     "(accepted)"},
    {"FlattenOfAnotherAxis", [](Sound& n) { Set(n.Then("Flatten", "f"), "axis", int64_t{2}); }, "(accepted)"},
    {"CeilMode",
     [](Sound& n) {
       Set(n.pool, "strides", Ints{3, 3});
       Set(n.pool, "ceil_mode", int64_t{1});
     },
     "(accepted)"},
    {"PoolDilation",
     [](Sound& n) {
       Set(n.pool, "dilations", Ints{2, 2});
     },
     "(accepted)"},
    {"UnsignedWeights", [](Sound& n) { n.Initializer("w")->set_data_type(TensorProto::UINT8); },
     "(accepted)"},
    {"AsymmetricWeights", [](Sound& n) { n.Initializer("w_zp")->set_int32_data(0, 5); }, "(accepted)"},
    {"DequantisedDifferently",
     [](Sound& n) {
       n.Then("DequantizeLinear", "d", {n.Floats("s", {}, {0.125F}), "c_zp"})->set_input(0, "c_q");
     },
     "(accepted)"},
};

INSTANTIATE_TEST_SUITE_P(Taken, OnnxRefusal, testing::ValuesIn(kTaken),
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
