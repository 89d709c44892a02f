// SPDX-License-Identifier: Apache-2.0
// A virtual platform: processor, bus, memory, and Weft behind it, loosely timed (lt), as the Verilated RTL
// (rtl) or as the RTL with SystemC signals (pins). The processor runs the driver on a network from a file. A
// second Weft, of another configuration, can run another network at the same time.
#include <fmt/format.h>
#include <zlib.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <random>

#include "Vweft_top_sc.h"
#include "compiler/network_file.hpp"
#include "examples/platform/bus.hpp"
#include "examples/platform/cpu.hpp"
#include "examples/platform/memory.hpp"
#include "sim/backends/backend.hpp"
#include "sim/systemc/weft_pins.hpp"
#include "sim/systemc/weft_tlm.hpp"
#include "sw_model/error.hpp"

namespace {

constexpr uint64_t kRam = 0x80000000, kWindow = 64 << 20, kRegisters = 0x10000000, kRegistersEach = 0x1000;
constexpr const char* kPinsConfig = PLATFORM_PINS_CONFIG;
constexpr int kPinsBusBytes = PLATFORM_PINS_BUS_BYTES;
using Pins = weft::WeftPins<Vweft_top_sc, kPinsBusBytes>;
using InsideKind = weft::WeftTlmOptions::Inside;

struct Options {
  std::string network, second, inside = "lt", second_inside = "lt", input, trace, log;
  int latency = 40;
};

// A network and the Weft that runs it.
class Accelerator {
 public:
  Accelerator(const std::string& name, const std::string& file, const std::string& inside, int index,
              platform::Cpu* cpu, platform::Bus* bus)
      : name_(name),
        irq((name + "_irq").c_str()),
        device(cpu, kRegisters + uint64_t(index) * kRegistersEach, kRam + uint64_t(index) * kWindow, &irq) {
    auto read = weft::ReadNetworkFile(file);
    if (!read)
      throw weft::Error("{} is no compiled network: `weft compile MODEL.onnx -o NET.weft` makes one", file);
    network = std::move(*read);
    weft::WeftTlmOptions options;
    options.config = network.config;
    options.inside = inside == "lt"    ? InsideKind::kLooselyTimed
                     : inside == "rtl" ? InsideKind::kCycleAccurate
                                       : InsideKind::kPins;
    if (options.inside == InsideKind::kPins) {
      if (network.config.Key() != weft::Config::Load(kPinsConfig).Key())
        throw weft::Error("the RTL with pins is built for configuration {}, the network for {}", kPinsConfig,
                          network.config.name);
      pins = std::make_unique<Pins>((name + "_pins").c_str());
      options.pins = pins.get();
    }
    weft = std::make_unique<weft::WeftTlm>(name.c_str(), options);
    weft->irq(irq);
    bus->AddInitiator(name, &weft->memory);
    bus->AddTarget(kRegisters + uint64_t(index) * kRegistersEach, kRegistersEach, &weft->registers);
    result.tensors.resize(network.graph.tensors.size());
    result.nodes.resize(network.graph.nodes.size());
  }

  void SetInput(const std::string& file) {
    weft::Shape shape = network.graph.tensors[size_t(network.graph.input)].shape;
    shape.n = network.batch;
    weft::TensorI8& input = result.tensors[size_t(network.graph.input)] = weft::TensorI8(shape);
    if (file.empty()) {
      std::mt19937 random(1);
      for (int8_t& x : input.data) x = int8_t(random());
      return;
    }
    std::ifstream in(file, std::ios::binary);
    if (!in.read(reinterpret_cast<char*>(input.data.data()), std::streamsize(input.data.size())))
      throw weft::Error("{} does not hold {} bytes", file, input.data.size());
  }

  // Segment s: a start, or what the host computes. False: there is none.
  bool Begin(size_t s) {
    if (s >= network.segments.size()) return false;
    const weft::Segment& segment = network.segments[s];
    if (segment.on_host()) {
      for (int n = segment.first; n < segment.first + segment.count; n++) {
        const weft::Node& node = network.graph.nodes[size_t(n)];
        result.tensors[size_t(node.output)] = weft::RunOnHost(network.graph, node, result.tensors, &result);
      }
      return true;
    }
    const weft::SegmentProgram& p = network.programs[s];
    device.Load(p.program);
    for (const weft::SegmentProgram::Input& in : p.inputs) {
      const weft::TensorI8& tensor = result.tensors[size_t(in.tensor)];
      device.Put(in.place, in.interleaved
                               ? weft::InterleaveInput(segment.layers[size_t(in.layer)].conv, tensor)
                               : tensor);
    }
    const int error = device.Start(p.program, 2'000'000);
    if (error != WEFT_OK) throw weft::Error("{}: {}", name_, weft_code_name(error));
    return true;
  }
  void End(size_t s) {
    if (s >= network.segments.size() || network.segments[s].on_host()) return;
    const int code = weft_wait(&device.bus);
    if (code != int(WEFT_CODE_OK)) throw weft::Error("{} ends with {}", name_, weft_code_name(code));
    weft_counters counters{};
    weft_read_counters(&device.bus, &counters);
    fmt::print("{}: start {}: {} cycles at the interrupt, {} bytes read, {} written\n", name_, s,
               counters.cycles, counters.bytes_read, counters.bytes_written);
    const weft::SegmentProgram& p = network.programs[s];
    for (size_t t = 0; t < p.outputs.size(); t++)
      if (p.outputs[t]) result.tensors[t] = device.Get(*p.outputs[t]);
  }
  void PrintOutput() {
    weft::FinishNetwork(network.graph, &result);
    const auto& data = result.output.data;
    const auto sum = crc32(0, reinterpret_cast<const Bytef*>(data.data()), uInt(data.size()));
    const auto best = std::max_element(result.scores.begin(), result.scores.end()) - result.scores.begin();
    fmt::print("{}: {} outputs, CRC-32 {:08x}, the largest of {} scores is number {}\n", name_, data.size(),
               sum, result.scores.size(), best);
  }

 private:
  std::string name_;

 public:
  sc_core::sc_signal<bool> irq;
  platform::Device device;
  std::unique_ptr<Pins> pins;
  std::unique_ptr<weft::WeftTlm> weft;
  weft::CompiledNetwork network;
  weft::NetworkResult result;
};

void RunPlatform(const Options& options) {
  platform::Memory ram("ram", 2 * kWindow, options.latency * sc_core::sc_time(10, sc_core::SC_NS));
  platform::Bus bus("bus");
  platform::Cpu cpu("cpu");
  bus.AddInitiator("cpu", &cpu.socket);
  bus.AddTarget(kRam, 2 * kWindow, &ram.socket);
  std::vector<std::unique_ptr<Accelerator>> all;
  all.push_back(std::make_unique<Accelerator>("weft0", options.network, options.inside, 0, &cpu, &bus));
  if (!options.second.empty())
    all.push_back(
        std::make_unique<Accelerator>("weft1", options.second, options.second_inside, 1, &cpu, &bus));

  std::ofstream log(options.log);
  if (!options.log.empty()) bus.log = &log;
  sc_core::sc_trace_file* trace = nullptr;
  if (!options.trace.empty()) {
    trace = sc_core::sc_create_vcd_trace_file(options.trace.c_str());
    trace->set_time_unit(1, sc_core::SC_NS);
    bus.Trace(trace);
    for (const auto& a : all) sc_core::sc_trace(trace, a->irq, a->irq.basename());
  }
  std::string failed;
  cpu.program = [&](platform::Cpu&) {
    try {
      for (const auto& a : all) a->SetInput(options.input);
      bool more = true;
      for (size_t s = 0; more; s++) {
        more = false;
        for (const auto& a : all) more = a->Begin(s) || more;  // both run at once
        for (const auto& a : all) a->End(s);
      }
      for (const auto& a : all) a->PrintOutput();
    } catch (const std::exception& error) {  // which SystemC would report in its own words
      failed = error.what();
    }
  };
  sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);  // of its end
  sc_core::sc_start();
  if (trace != nullptr) sc_core::sc_close_vcd_trace_file(trace);
  if (!failed.empty()) throw weft::Error("{}", failed);
}

}  // namespace

int sc_main(int argc, char** argv) {
  CLI::App app("Weft in a virtual platform");
  Options options;
  const CLI::IsMember insides({"lt", "rtl", "pins"});
  app.add_option("network", options.network, "compiled network (NET.weft)")->required();
  app.add_option("--inside", options.inside, "lt, rtl or pins")->check(insides);
  app.add_option("--second", options.second, "compiled network for a second Weft on the same bus");
  app.add_option("--second-inside", options.second_inside, "lt or rtl")->check(CLI::IsMember({"lt", "rtl"}));
  app.add_option("--input", options.input,
                 "raw int8 images, NHWC; without it they are random, always the same");
  app.add_option("--latency", options.latency, "of the memory, in cycles")->check(CLI::Range(1, 100000));
  app.add_option("--trace", options.trace,
                 "FILE for the bus and the interrupts as VCD (its name ends with .vcd)");
  app.add_option("--log", options.log, "FILE for a line of text for each transaction");
  CLI11_PARSE(app, argc, argv);
  try {
    const std::string end = ".vcd";  // SystemC adds it
    if (options.trace.size() > end.size() && options.trace.ends_with(end))
      options.trace.resize(options.trace.size() - end.size());
    RunPlatform(options);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "platform: {}\n", error.what());
    return 2;
  }
}
