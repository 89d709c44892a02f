// SPDX-License-Identifier: Apache-2.0
// Networks as benchmarks: their tables hold what is published, layers back to back take the same cycles in
// the RTL and in the model, and `weft bench` prints what it promises.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "compiler/chain.hpp"
#include "compiler/networks.hpp"
#include "sim/harness/harness.hpp"
#include "sw_model/cycles/cycle_model.hpp"
#include "sw_model/error.hpp"
#include "sw_model/golden/golden.hpp"
#include "sw_model/golden/golden_fast.hpp"
#include "tests/random_count.hpp"
#include "tests/random_layer.hpp"

namespace weft {
namespace {

// Convolutions of a network, fully connected layers among them, and their MACs an image.
int64_t ConvsOf(const Network& network) {
  return std::ranges::count(network.graph.nodes, Op::kConv, &Node::op);
}

int64_t TotalMacs(const std::string& name, NetworkScope scope) {
  const Graph graph = MakeNetwork(name, scope).graph;
  int64_t macs = 0;
  for (const Node& node : graph.nodes)
    if (node.op == Op::kConv) macs += golden::Macs(graph.tensors[node.inputs[0]].shape, node.conv);
  return macs;
}

TEST(Networks, MacsAreThePublishedOnes) {
  using enum NetworkScope;
  EXPECT_EQ(TotalMacs("vgg16", kUsual), 15'346'630'656);
  EXPECT_EQ(TotalMacs("vgg16", kFullyConnected), 15'470'264'320);
  EXPECT_EQ(TotalMacs("resnet50", kUsual), 4'087'136'256);
  EXPECT_EQ(TotalMacs("resnet50", kFullyConnected), 4'089'184'256);
  EXPECT_EQ(TotalMacs("mobilenetv1", kFullyConnected), 568'740'352);
  EXPECT_EQ(TotalMacs("mobilenetv2", kFullyConnected), 300'774'272);
  EXPECT_EQ(TotalMacs("resnet8", kUsual), 12'501'632);
  EXPECT_EQ(TotalMacs("efficientnet_lite0", kWhole), 385'187'552);  // its authors' table says 407M
  EXPECT_EQ(TotalMacs("squeezenet", kUsual) / 1'000'000, 349);
  EXPECT_EQ(TotalMacs("vww", kUsual), 7'489'664);
  EXPECT_EQ(TotalMacs("kws", kUsual), 2'656'768);
  EXPECT_EQ(TotalMacs("lenet5", kUsual), 416'520);
  EXPECT_EQ(TotalMacs("convnetjs-cifar", kUsual), 3'920'000);
  for (const std::string& name : NetworkNames())
    EXPECT_EQ(TotalMacs(name, kWhole), TotalMacs(name, kFullyConnected)) << name;
}

// Of filters, and as many biases a filter as the published count has: of a batch normalisation it counts two.
int64_t Parameters(const std::string& name, int biases, int fc_biases) {
  const Graph graph = MakeNetwork(name, NetworkScope::kWhole).graph;
  int64_t parameters = 0;
  for (const Node& node : graph.nodes) {
    if (node.op != Op::kConv) continue;
    const Shape& filters = node.conv.filters.shape;
    parameters += int64_t(filters.size()) + int64_t{filters.n} * (node.name == "fc" ? fc_biases : biases);
  }
  return parameters;
}

TEST(Networks, ParametersAreThePublishedOnes) {
  EXPECT_EQ(Parameters("resnet50", 2, 1), 25'557'032);           // torchvision
  EXPECT_EQ(Parameters("mobilenetv2", 2, 1), 3'504'872);         // torchvision
  EXPECT_EQ(Parameters("efficientnet_lite0", 2, 1), 4'652'008);  // Keras Hub; "4.7M" of its authors
  EXPECT_EQ(Parameters("squeezenet", 1, 1), 1'235'496);          // torchvision
}

TEST(Networks, LayersAreCounted) {
  EXPECT_EQ(ConvsOf(MakeNetwork("vgg16")), 13);
  EXPECT_EQ(ConvsOf(MakeNetwork("resnet50")), 53);
  EXPECT_EQ(ConvsOf(MakeNetwork("mobilenetv1")), 27);
  EXPECT_EQ(ConvsOf(MakeNetwork("mobilenetv2")), 52);
  EXPECT_EQ(ConvsOf(MakeNetwork("resnet8")), 10);
  EXPECT_EQ(ConvsOf(MakeNetwork("efficientnet_lite0")), 49);
  EXPECT_EQ(ConvsOf(MakeNetwork("squeezenet")), 26);
  EXPECT_EQ(ConvsOf(MakeNetwork("vww")), 28);
  EXPECT_EQ(ConvsOf(MakeNetwork("kws")), 10);
  EXPECT_THROW(MakeNetwork("alexnet"), Error);
}

// Every tensor that a node reads is there: the input, given, or written before. What is whole needs no given
// one and leaves nothing out, and its shapes are those of its operators.
TEST(Networks, GraphsAreComplete) {
  for (const std::string& name : NetworkNames())
    for (const auto scope : {NetworkScope::kUsual, NetworkScope::kFullyConnected, NetworkScope::kWhole}) {
      const Network network = MakeNetwork(name, scope);
      const Graph& graph = network.graph;
      if (scope == NetworkScope::kWhole) {
        EXPECT_TRUE(network.given.empty() && network.left_out.empty()) << name;
      }
      std::vector<int> there = network.given;
      there.push_back(graph.input);
      for (const Node& node : graph.nodes) {
        for (const int input : node.inputs)
          EXPECT_EQ(std::ranges::count(there, input), 1) << name << node.name;
        EXPECT_EQ(OutputShape(graph, node), graph.tensors[node.output].shape) << name << node.name;
        there.push_back(node.output);
      }
    }
}

// Counts the taps inside the map one by one.
TEST(Networks, UsefulMacsLeaveOutThePadding) {
  RandomLimits limits;
  limits.allow_pool = false;
  for (uint64_t seed = 1; seed <= 200; seed++) {
    RandomLayer r = MakeRandomLayer(seed, limits);
    std::fill(r.input.data.begin(), r.input.data.end(),
              int8_t{1});  // a tap inside the map adds 1, one outside 0
    std::fill(r.layer.filters.data.begin(), r.layer.filters.data.end(), int8_t{1});
    std::fill(r.layer.bias.begin(), r.layer.bias.end(), 0);
    r.layer.input_zp = 0;
    int64_t taps = 0;
    for (const int32_t sum : golden::Accumulate(r.input, r.layer).data) taps += sum;
    EXPECT_EQ(UsefulMacs(r.in, r.layer), taps) << Describe(r.in, r.layer);
  }
}

// ---- Layers back to back

struct RandomChain {
  std::vector<RandomLayer> layers;
  std::vector<PreparedLayer> prepared;
  std::deque<TensorI8> inputs;
  std::vector<ChainPart> parts;
  Chain chain;
};

RandomChain MakeRandomChain(uint64_t seed, const Config& config) {
  Random random(seed);
  RandomChain c;
  const auto count = size_t(random.Int(2, 5));
  RandomLimits limits;
  limits.max_h = limits.max_w = int(random.Pick(std::array{4, 9, 16}));
  limits.max_c = limits.max_k = int(random.Pick(std::array{4, 12, 24, 60}));
  limits.allow_pool_pad = false;
  while (c.layers.size() < count)
    c.layers.push_back(MakeRandomLayer(seed * 100 + uint64_t(random.Int(0, 99)), limits));
  for (const RandomLayer& r : c.layers) {
    c.prepared.push_back(PrepareLayer(r.layer, r.in, config));
    c.chain.Add(c.prepared.back().jobs);
    c.inputs.push_back(c.prepared.back().interleaved ? InterleaveInput(r.layer, r.input) : r.input);
  }
  for (size_t i = 0; i < count; i++)
    c.parts.push_back({&c.prepared[i].layer, &c.inputs[i],
                       golden::OutputShape(c.layers[i].in, c.layers[i].layer), &c.prepared[i].jobs});
  return c;
}

void ExpectEqualCounts(const CauseCounts& model, const CauseCounts& rtl, const std::string& where,
                       bool edges) {
  for (size_t i = 0; i < kCauses; i++) {
    if (i == kEdge && !edges) continue;
    EXPECT_EQ(model[i], rtl[i]) << where << ": " << kCauseNames[i];
  }
}

class ChainOn : public testing::TestWithParam<const char*> {};

TEST_P(ChainOn, RandomLayersTakeTheSameCyclesInRtlAndModel) {
  const Config config = Config::Load(GetParam());
  const RandomCases cases = ShardOf(RandomCount(60));
  if (cases.count() == 0) GTEST_SKIP() << cases.Text();
  for (int64_t i = cases.first; i < cases.end; i++) {
    const uint64_t seed = uint64_t(i) + 1;
    Random random(seed + 7777);
    HarnessOptions options;
    options.memory = {int(random.Int(1, config.bus_bytes)), int(random.Pick(std::array{1, 5, 40, 200}))};
    const RandomChain c = MakeRandomChain(seed, config);
    const ChainResult rtl = Harness(config, options).RunChain(c.parts);
    const CycleResult model = CountCycles(c.chain.jobs, config, options.memory, c.chain.layer_starts);

    std::string where = fmt::format("{} seed {} memory {}:{}", GetParam(), seed, options.memory.width,
                                    options.memory.latency);
    for (const RandomLayer& r : c.layers) where += "\n  " + Describe(r.in, r.layer);
    ASSERT_EQ(model.cycles, rtl.cycles.cycles) << where;
    ExpectEqualCounts(model.counts, rtl.cycles.counts, where, true);
    EXPECT_EQ(model.bytes_read, rtl.cycles.bytes_read) << where;
    EXPECT_EQ(model.bytes_written, rtl.cycles.bytes_written) << where;
    ASSERT_EQ(rtl.cycles.layers.size(), c.layers.size());
    ASSERT_EQ(model.layers.size(), c.layers.size());
    Traffic traffic;
    for (size_t i = 0; i < c.layers.size(); i++) {
      const std::string layer = fmt::format("layer {} of {}", i, where);
      EXPECT_EQ(model.layers[i].end, rtl.cycles.layers[i].end) << layer;
      ExpectEqualCounts(model.layers[i].counts, rtl.cycles.layers[i].counts, layer, false);
      EXPECT_EQ(FirstDifference(ConvFast(c.layers[i].input, c.layers[i].layer), rtl.outputs[i]), "") << layer;
      const Traffic own = CountTraffic(c.prepared[i].jobs, config);
      traffic.read += own.read;
      traffic.written += own.written;
    }
    EXPECT_EQ(traffic.read, model.bytes_read) << where;
    EXPECT_EQ(traffic.written, model.bytes_written) << where;
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Configurations, ChainOn, testing::Values("2x2", "4x4", "5x7", "8x8", "8x16"),
                         [](const auto& name) { return fmt::format("c{}", name.param); });

// A layer begins when the one before is written: never earlier than the two alone would take, less the
// weights' loading.
TEST(Chain, WaitsForTheStores) {
  const Config config = Config::Load("8x8");
  const Memory memory{8, 500};
  const RandomChain c = MakeRandomChain(3, config);
  const CycleResult chained = CountCycles(c.chain.jobs, config, memory, c.chain.layer_starts);
  const CycleResult free = CountCycles(c.chain.jobs, config, memory);
  EXPECT_GE(chained.cycles, free.cycles + 500 * int64_t(c.layers.size() - 1));
  int64_t alone = 0;
  for (const PreparedLayer& p : c.prepared) alone += CountCycles(p.jobs, config, memory).cycles;
  EXPECT_LE(chained.cycles, alone);
}

// ---- The program

nlohmann::json Bench(const std::string& arguments, int* status) {
  const std::string file =
      std::filesystem::temp_directory_path() / fmt::format("weft_bench_{}.json", getpid());
  *status = std::system((WEFT_BINARY " bench " + arguments + " --json " + file + " > /dev/null").c_str());
  nlohmann::json json;
  std::ifstream(file) >> json;
  std::filesystem::remove(file);
  return json;
}

void ExpectConsistent(const nlohmann::json& json) {
  int64_t macs = 0, cycles = 0, useful = 0, read = 0, written = 0;
  int64_t array = 0,
          array_useful = 0;  // without those of fused depthwise convolutions, whose cycles are another's
  for (const auto& layer : json.at("layers")) {
    macs += layer.at("macs").get<int64_t>();
    useful += layer.at("useful_macs").get<int64_t>();
    if (layer.at("cycles").get<int64_t>() > 0) {
      array += layer.at("macs").get<int64_t>();
      array_useful += layer.at("useful_macs").get<int64_t>();
    }
    cycles += layer.at("cycles").get<int64_t>();
    read += layer.at("bytes_read").get<int64_t>();
    written += layer.at("bytes_written").get<int64_t>();
    double accounted = layer.at("utilisation").get<double>() * layer.at("cycles").get<double>();
    for (const auto& [cause, n] : layer.at("stalls").items()) accounted += n.get<double>();
    EXPECT_NEAR(accounted, layer.at("cycles").get<double>(), 1e-3) << layer.at("name");
  }
  EXPECT_EQ(json.at("macs"), macs);
  EXPECT_EQ(json.at("useful_macs"), useful);
  EXPECT_EQ(json.at("cycles"), cycles);
  EXPECT_NEAR(json.at("utilisation"), double(array) / (double(cycles) * 64), 1e-9);
  EXPECT_NEAR(json.at("useful_utilisation"), double(array_useful) / (double(cycles) * 64), 1e-9);
  EXPECT_NEAR(json.at("bytes_per_mac"), double(read + written) / double(macs), 1e-9);
}

TEST(Bench, JsonOfTheCycleModel) {
  for (const std::string& name : NetworkNames()) {
    int status = -1;
    const nlohmann::json json = Bench(name + " --engine cycles --with-fc --memory 8:40", &status);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(json.at("network"), name);
    EXPECT_EQ(json.at("layers").size(), MakeNetwork(name, NetworkScope::kFullyConnected).graph.nodes.size());
    ExpectConsistent(json);
  }
}

TEST(Bench, RtlComputesTheNetworkInThePredictedCycles) {
  int status = -1;
  const nlohmann::json json = Bench("resnet8 --engine rtl", &status);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(json.at("mismatches"), 0);
  EXPECT_EQ(json.at("cycles"), json.at("predicted_cycles"));
  for (const auto& layer : json.at("layers"))
    EXPECT_EQ(layer.at("cycles"), layer.at("predicted_cycles")) << layer.at("name");
  ExpectConsistent(json);
  const nlohmann::json model = Bench("resnet8 --engine cycles", &status);
  for (size_t i = 0; i < model.at("layers").size(); i++)
    EXPECT_EQ(json.at("layers")[i].at("stalls"), model.at("layers")[i].at("stalls"))
        << model.at("layers")[i].at("name");
}

TEST(Bench, Targets) {
  int status = -1;
  EXPECT_GE(Bench("vgg16 --engine cycles --memory 8:40", &status).at("utilisation"), 0.99);
  EXPECT_GE(Bench("resnet50 --engine cycles --memory 8:40", &status).at("utilisation"), 0.96);
  EXPECT_GE(Bench("resnet8 --engine cycles --memory 8:40", &status).at("utilisation"), 0.95);
  const double small = Bench("resnet50 --engine cycles --memory 8:40", &status).at("cycles");
  const double large = Bench("resnet50 --engine cycles --config 32x32 --memory 32:40", &status).at("cycles");
  EXPECT_GE(small / large, 14);
  EXPECT_LE(Bench("vgg16 --engine cycles --memory 8:40", &status).at("bytes_per_mac"), 0.0056);
  EXPECT_LE(Bench("resnet50 --engine cycles --memory 8:40", &status).at("bytes_per_mac"), 0.0165);
  EXPECT_GE(Bench("resnet50 --engine cycles --config 7x8 --memory 8:40", &status).at("utilisation"), 0.998);
  EXPECT_GE(Bench("resnet50 --engine cycles --config 14x16", &status).at("utilisation"), 0.97);
  EXPECT_GE(Bench("resnet50 --engine cycles --config 28x32", &status).at("utilisation"), 0.965);
}

// For a slow memory, jobs may take fewer column groups, although that moves more bytes.
TEST(Bench, JobsFollowTheMemory) {
  int status = -1;
  const auto bytes = [&](const std::string& memory) {
    return Bench("squeezenet --engine cycles --memory " + memory, &status).at("bytes_per_mac").get<double>();
  };
  EXPECT_GT(bytes("1:40"), bytes("8:40"));
}

// A layer moves at least what is compulsory.
TEST(Bench, NothingIsBelowTheCompulsoryBytes) {
  for (const std::string& name : NetworkNames()) {
    int status = -1;
    for (const auto& layer : Bench(name + " --engine cycles --whole", &status).at("layers"))
      EXPECT_GE(layer.at("bytes_read").get<int64_t>() + layer.at("bytes_written").get<int64_t>(),
                layer.at("compulsory_bytes"))
          << name << " " << layer.at("name");
  }
}

// ---- weft tune

TEST(Tune, ProposalsFitThePartAndAreBest) {
  const std::string base = std::filesystem::temp_directory_path() / fmt::format("weft_tune_{}", getpid());
  ASSERT_EQ(std::system((WEFT_BINARY " tune kws --part GW2AR-18 --memory 8:40 -o " + base +
                         ".config.json --json " + base + ".json > /dev/null")
                            .c_str()),
            0);
  nlohmann::json json;
  std::ifstream(base + ".json") >> json;
  const auto& proposals = json.at("configurations");
  ASSERT_FALSE(proposals.empty());
  const auto as_good = [](const nlohmann::json& a, const nlohmann::json& b) {
    return a.at("cycles") <= b.at("cycles") && a.at("bytes") <= b.at("bytes") &&
           a.at("multipliers") <= b.at("multipliers") && a.at("ram_bits") <= b.at("ram_bits");
  };
  for (size_t i = 0; i < proposals.size(); i++) {
    EXPECT_LE(proposals[i].at("multipliers"), 48);
    EXPECT_LE(proposals[i].at("ram_blocks"), 46);
    for (size_t k = 0; k < proposals.size(); k++)
      EXPECT_TRUE(i == k || !as_good(proposals[k], proposals[i])) << i << " " << k;
  }
  int status = -1;  // the first one, which is the fastest, runs as it says
  EXPECT_EQ(Bench("kws --whole --engine cycles --memory 8:40 --config " + base + ".config.json", &status)
                .at("cycles"),
            proposals[0].at("cycles"));
  std::filesystem::remove(base + ".json");
  std::filesystem::remove(base + ".config.json");
}

}  // namespace
}  // namespace weft
