// SPDX-License-Identifier: Apache-2.0
// `make systemc`: whole networks in one platform on the loosely timed model (lt) and on weft_top (rtl), and
// on the plain harness beside them. The last line sums up. The exit status is 1 if a byte of a window or a
// cycle differs, if lt is not 100 times as fast as rtl, or if rtl has less than 0.8 of the harness's speed.
// Times are of one image from the start to the interrupt, in processor time; of lt they are those of a list
// that it has seen before.
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <iterator>
#include <limits>
#include <random>

#include "compiler/network_file.hpp"
#include "examples/platform/bus.hpp"
#include "examples/platform/cpu.hpp"
#include "examples/platform/memory.hpp"
#include "sim/harness/system.hpp"
#include "sim/systemc/weft_tlm.hpp"
#include "sw_model/error.hpp"

namespace {

using platform::Device;

constexpr uint64_t kRam = 0x80000000, kRegisters = 0x10000000, kWindow = 64 << 20;
constexpr int kLatency = 40;

double Now() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return double(t.tv_sec) * 1e3 + double(t.tv_nsec) * 1e-6;
}

// An image's run: milliseconds, cycles, and what it leaves.
struct Measured {
  double ms = 0;
  uint64_t cycles = 0;
  std::vector<uint8_t> window;  // all of it: program, inputs, every tensor
};

struct Inputs {
  const weft::SegmentProgram::Input* in;
  weft::TensorI8 tensor;
};

Measured RunDevice(platform::Cpu* cpu, Device* device, const weft::SegmentProgram& p,
                   const std::vector<Inputs>& inputs) {
  const std::vector<uint8_t> unwritten(p.program.window_bytes, 0xa5);  // as the harness fills its window
  cpu->Write(device->window(), unwritten.data(), unwritten.size());
  device->Load(p.program);
  for (const Inputs& i : inputs) device->Put(i.in->place, i.tensor);
  Measured m;
  const double begin = Now();
  const int code = device->Run(p.program, 100'000'000);
  m.ms = Now() - begin;
  if (code != int(WEFT_CODE_OK)) throw weft::Error("the run ends with {}", weft_code_name(code));
  weft_counters counters{};
  weft_read_counters(&device->bus, &counters);
  m.cycles = counters.cycles;
  m.window.resize(unwritten.size());
  cpu->Read(device->window(), m.window.data(), m.window.size());
  return m;
}

Measured RunHarness(weft::System* system, const weft::SegmentProgram& p, const std::vector<Inputs>& inputs) {
  system->Load(p.program);
  for (const Inputs& i : inputs) system->Write(i.in->place, i.tensor);
  Measured m;
  const double begin = Now();
  m.cycles = uint64_t(system->Run(p.program).cycles);
  m.ms = Now() - begin;
  m.window = system->memory().bytes;
  return m;
}

class Table {
 public:
  Table(weft::Config config, platform::Cpu* cpu, Device* lt, Device* rtl)
      : config_(std::move(config)),
        cpu_(*cpu),
        lt_(*lt),
        rtl_(*rtl),
        harness_(config_, {{config_.bus_bytes, kLatency}, 0, 1}) {}

  void Run(const std::string& model) {
    std::ifstream file(model, std::ios::binary);
    if (!file) throw weft::Error("cannot read {}", model);
    const weft::CompiledNetwork network =
        weft::CompileModel({std::istreambuf_iterator<char>(file), {}}, 1, config_);
    const std::string name = model.substr(model.rfind('/') + 1);
    for (size_t s = 0; s < network.segments.size(); s++)
      if (!network.segments[s].on_host()) RunSegment(name, network.programs[s]);
  }
  // The last line, and whether all is as it should be.
  [[nodiscard]] bool Summarise() const {
    const bool fast = lt_faster_ >= kLtFaster && rtl_speed_ >= kRtlSpeed;
    const bool ok = starts_ > 0 && different_ == 0 && fast;
    fmt::print("{}: {} starts on lt, rtl and harness, {} cycles and {} bytes compared, {} starts differ; ",
               ok ? "pass" : "FAIL", starts_, cycles_, bytes_, different_);
    fmt::print("lt at least {:.0f} times as fast as rtl (needs {:.0f}), rtl at least {:.2f} of the harness",
               lt_faster_, kLtFaster, rtl_speed_);
    fmt::print(" (needs {:.2f})\n", kRtlSpeed);
    return ok;
  }

 private:
  static constexpr double kLtFaster = 100, kRtlSpeed = 0.8;

  void RunSegment(const std::string& name, const weft::SegmentProgram& p) {
    std::mt19937 random(1);
    std::vector<Inputs> inputs;
    for (const weft::SegmentProgram::Input& in : p.inputs) {
      Inputs i{&in, weft::TensorI8(in.place.shape)};
      for (int8_t& x : i.tensor.data) x = int8_t(random());
      inputs.push_back(std::move(i));
    }
    const Measured first = RunDevice(&cpu_, &lt_, p, inputs);
    Measured lt = first, rtl, harness;
    rtl.ms = harness.ms = 1e9;
    for (int i = 0; i < 10; i++) Keep(RunDevice(&cpu_, &lt_, p, inputs), &lt);
    for (int i = 0; i < 3; i++) {
      Keep(RunDevice(&cpu_, &rtl_, p, inputs), &rtl);
      Keep(RunHarness(&harness_, p, inputs), &harness);
    }
    const bool equal = lt.window == rtl.window && rtl.window == harness.window && lt.cycles == rtl.cycles &&
                       rtl.cycles == harness.cycles;
    const double faster = rtl.ms / lt.ms, speed = harness.ms / rtl.ms;
    fmt::print("{:22} {:>10} {:>10} {:>8} {:>9.3f} {:>9.3f} {:>9.1f} {:>9.1f} {:>8.0f} {:>12.2f}\n", name,
               lt.cycles, rtl.cycles, equal ? fmt::format("{}", lt.window.size()) : "DIFFER", first.ms, lt.ms,
               rtl.ms, harness.ms, faster, speed);
    starts_++;
    different_ += equal ? 0 : 1;
    cycles_ += rtl.cycles;
    bytes_ += rtl.window.size();
    lt_faster_ = std::min(lt_faster_, faster);
    rtl_speed_ = std::min(rtl_speed_, speed);
  }
  static void Keep(Measured m, Measured* best) {
    m.ms = std::min(m.ms, best->ms);
    *best = std::move(m);
  }

  weft::Config config_;
  platform::Cpu& cpu_;
  Device &lt_, &rtl_;
  weft::System harness_;
  int starts_ = 0, different_ = 0;
  uint64_t cycles_ = 0, bytes_ = 0;
  double lt_faster_ = std::numeric_limits<double>::max(), rtl_speed_ = lt_faster_;  // the least of all starts
};

}  // namespace

int sc_main(int argc, char** argv) try {
  if (argc < 3) throw weft::Error("usage: platform_table CONFIG MODEL.onnx...");
  weft::WeftTlmOptions options;
  options.config = weft::Config::Load(argv[1]);
  platform::Memory ram("ram", 2 * kWindow, kLatency * options.period);
  platform::Bus bus("bus");
  platform::Cpu cpu("cpu");
  bus.AddInitiator("cpu", &cpu.socket);
  bus.AddTarget(kRam, 2 * kWindow, &ram.socket);
  weft::WeftTlm lt("lt", options);
  options.inside = weft::WeftTlmOptions::Inside::kCycleAccurate;
  weft::WeftTlm rtl("rtl", options);
  sc_core::sc_signal<bool> lt_irq("lt_irq"), rtl_irq("rtl_irq");
  lt.irq(lt_irq);
  rtl.irq(rtl_irq);
  bus.AddInitiator("lt", &lt.memory);
  bus.AddInitiator("rtl", &rtl.memory);
  bus.AddTarget(kRegisters, 0x1000, &lt.registers);
  bus.AddTarget(kRegisters + 0x1000, 0x1000, &rtl.registers);
  Device lt_device(&cpu, kRegisters, kRam, &lt_irq),
      rtl_device(&cpu, kRegisters + 0x1000, kRam + kWindow, &rtl_irq);
  Table table(options.config, &cpu, &lt_device, &rtl_device);
  fmt::print("{}, memory {}:{}, batch 1, processor time of one image in ms\n", argv[1],
             options.config.bus_bytes, kLatency);
  fmt::print("{:22} {:>10} {:>10} {:>8} {:>9} {:>9} {:>9} {:>9} {:>8} {:>12}\n", "network", "lt cycles",
             "rtl cycles", "bytes =", "lt, first", "lt", "rtl", "harness", "rtl / lt", "harness / rtl");
  std::string failed;
  cpu.program = [&](platform::Cpu&) {
    try {
      for (int i = 2; i < argc; i++) table.Run(argv[i]);
    } catch (const std::exception& error) {  // which SystemC would report in its own words
      failed = error.what();
    }
  };
  sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);  // of its end
  sc_core::sc_start();
  if (!failed.empty()) throw weft::Error("{}", failed);
  return table.Summarise() ? 0 : 1;
} catch (const std::exception& error) {
  fmt::print(stderr, "platform_table: {}\n", error.what());
  return 2;
}
