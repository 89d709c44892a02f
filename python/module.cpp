// SPDX-License-Identifier: Apache-2.0
// The extension weft._native._weft: python/network.hpp and boards. python/weft/ makes the package's API of
// it.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "python/network.hpp"
#include "sim/backends/board.hpp"
#include "sim/cli/io.hpp"
#include "sim/cli/outputs.hpp"
#include "sim/cli/report.hpp"
#include "sw_model/error.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace weft::python {
namespace {

// ---- A board that Python reaches: an object with the functions of weft.Transport

class PythonTransport : public Transport {
 public:
  explicit PythonTransport(nb::object object) : object_(std::move(object)) {}
  ~PythonTransport() override {
    const nb::gil_scoped_acquire gil;
    object_.reset();
  }
  PythonTransport(const PythonTransport&) = delete;
  PythonTransport& operator=(const PythonTransport&) = delete;

  [[nodiscard]] uint64_t WindowAddress() const override { return Number<uint64_t>("window_address"); }
  [[nodiscard]] uint64_t WindowBytes() const override { return Number<uint64_t>("window_bytes"); }
  uint32_t ReadRegister(uint32_t offset) override { return Number<uint32_t>("read_register", offset); }
  void WriteRegister(uint32_t offset, uint32_t value) override { Call("write_register", offset, value); }
  void Wait() override {
    const nb::gil_scoped_acquire gil;
    if (PyErr_CheckSignals() != 0) throw nb::python_error();  // Ctrl-C
    object_.attr("wait")();
  }
  void WriteMemory(uint64_t offset, const std::vector<uint8_t>& bytes) override {
    const nb::gil_scoped_acquire gil;
    object_.attr("write_memory")(offset, nb::bytes(bytes.data(), bytes.size()));
  }
  std::vector<uint8_t> ReadMemory(uint64_t offset, size_t count) override {
    const nb::gil_scoped_acquire gil;
    const nb::bytes bytes(object_.attr("read_memory")(offset, count));
    const auto* begin = static_cast<const uint8_t*>(bytes.data());
    return {begin, begin + bytes.size()};
  }
  void ToDevice(uint64_t bytes) override { Call("to_device", bytes); }
  void ToHost(uint64_t bytes) override { Call("to_host", bytes); }

 private:
  template <typename T, typename... Args>
  T Number(const char* name, Args... args) const {
    const nb::gil_scoped_acquire gil;
    return nb::cast<T>(object_.attr(name)(args...));
  }
  template <typename... Args>
  void Call(const char* name, Args... args) const {
    const nb::gil_scoped_acquire gil;
    object_.attr(name)(args...);
  }
  nb::object object_;
};

// ---- What a run gives

template <typename T>
nb::object Viewed(std::vector<uint8_t>* bytes, const std::vector<size_t>& shape, const nb::capsule& owner) {
  return nb::cast(
      nb::ndarray<nb::numpy, T>(reinterpret_cast<T*>(bytes->data()), shape.size(), shape.data(), owner));
}

nb::object ToNumpy(NpyArray&& array) {
  auto* bytes = new std::vector<uint8_t>(std::move(array.bytes));
  const nb::capsule owner(bytes, [](void* p) noexcept { delete static_cast<std::vector<uint8_t>*>(p); });
  const std::vector<size_t> shape(array.shape.begin(), array.shape.end());
  if (array.dtype == "|i1") return Viewed<int8_t>(bytes, shape, owner);
  if (array.dtype == "|u1") return Viewed<uint8_t>(bytes, shape, owner);
  return Viewed<float>(bytes, shape, owner);
}

std::string FiguresOf(const Run& run) {
  cli::Json json = {{"engine", run.engine}, {"images", run.images}, {"starts", run.starts}};
  json["total"] = cli::StatsJson(run.total, run.has_cycles);
  json["layers"] = cli::Json::array();
  for (const LayerOfRun& layer : run.layers) {
    cli::Json entry = {{"name", layer.name}, {"op", layer.op}};
    entry.update(cli::StatsJson(layer.stats, run.has_layer_cycles));
    json["layers"].push_back(std::move(entry));
  }
  return json.dump(-1, ' ', false, cli::Json::error_handler_t::replace);
}

using Result =
    nb::typed<nb::tuple, nb::str, nb::typed<nb::list, nb::typed<nb::tuple, nb::str, nb::any>>,
              nb::typed<nb::list, nb::typed<nb::tuple, nb::any, nb::ellipsis>>, nb::typed<nb::list, nb::str>>;

Result ToPython(Run&& run) {
  nb::list outputs, tensors, sentences;
  for (auto& [name, array] : run.outputs) outputs.append(nb::make_tuple(name, ToNumpy(std::move(array))));
  for (TensorOfRun& t : run.tensors)
    tensors.append(
        nb::make_tuple(t.name, ToNumpy(std::move(t.array)), t.axes, t.scale, t.zero_point, t.source));
  for (const std::string& sentence : run.warnings) sentences.append(sentence);
  return Result(nb::make_tuple(FiguresOf(run), outputs, tensors, sentences));
}

// ---- Networks

std::string OrEmpty(const std::optional<std::string>& text) { return text.value_or(""); }

Network Compile(const std::string& model, const std::string& config, int batch,
                const std::optional<std::string>& memory, const std::optional<std::string>& rounding,
                const std::optional<std::string>& size) {
  const nb::gil_scoped_release free;
  return {model, {config, OrEmpty(memory), batch, {OrEmpty(rounding), OrEmpty(size)}}};
}

Network Load(const std::string& path, const std::optional<std::string>& memory) {
  const nb::gil_scoped_release free;
  return Network::Load(path, OrEmpty(memory));
}

void EndOnSignal() {  // Ctrl-C ends a long run after a batch
  const nb::gil_scoped_acquire gil;
  if (PyErr_CheckSignals() != 0) throw nb::python_error();
}

// `images` is a .npy file: an array is read as the command line reads it. None: a batch of the engine cycles.
Result Execute(const Network& network, const std::optional<nb::bytes>& images, const std::string& engine,
               Board* board, bool tensors, bool check, double stalls, uint64_t seed,
               const std::optional<std::string>& layout, std::optional<float> scale,
               const std::optional<std::string>& mean, const std::optional<std::string>& std) {
  Request request;
  request.backend.options.engine = engine;
  request.backend.options.check = check;
  request.backend.options.stalls = stalls;
  request.backend.options.seed = seed;
  request.board = board;
  request.input.layout = OrEmpty(layout);
  request.input.scale = scale;
  request.input.mean = OrEmpty(mean);
  request.input.std = OrEmpty(std);
  request.tensors = tensors;
  request.between = EndOnSignal;
  Run run;
  {
    const uint8_t* const begin = images ? static_cast<const uint8_t*>(images->data()) : nullptr;
    const size_t size = images ? images->size() : 0;
    const nb::gil_scoped_release free;
    run = images ? network.RunImages(ParseNpy({begin, begin + size}, "images"), request)
                 : network.CountCycles(request);
  }
  return ToPython(std::move(run));
}

// What does not change with a run: outputs and layers.
std::string Describe(const Network& network) {
  const Graph& graph = network.compiled().graph;
  const InputFormat input = FormatOf(graph);
  cli::Json json = {{"input_shape", {input.shape.h, input.shape.w, input.shape.c}},
                    {"input_scale", input.scale},
                    {"input_zero_point", input.zero_point},
                    {"outputs", cli::Json::array()},
                    {"layers", cli::Json::array()}};
  for (const Port& port : graph.outputs) json["outputs"].push_back(PortName(graph, port));
  for (const Node& node : graph.nodes)
    json["layers"].push_back({{"name", node.name}, {"op", OpName(node.op)}});
  return json.dump(-1, ' ', false, cli::Json::error_handler_t::replace);
}

std::unique_ptr<Board> OpenUio(const std::string& registers, const std::string& buffer,
                               const std::string& buffer_class, uint32_t watchdog) {
  return std::make_unique<Board>(std::make_unique<UioTransport>(registers, buffer, buffer_class), watchdog);
}

std::unique_ptr<Board> AttachUio(int registers, int interrupt, int buffer, const std::string& buffer_class,
                                 uint32_t watchdog) {
  return std::make_unique<Board>(std::make_unique<UioTransport>(registers, interrupt, buffer, buffer_class),
                                 watchdog);
}

std::unique_ptr<Board> OpenTransport(const nb::object& transport, uint32_t watchdog) {
  return std::make_unique<Board>(std::make_unique<PythonTransport>(transport), watchdog);
}

}  // namespace

NB_MODULE(_weft, m) {
  const nb::exception<Error> error(m, "Error");
  nb::class_<Network>(m, "Network")
      .def("save", &Network::Save, "path"_a, nb::call_guard<nb::gil_scoped_release>())
      .def("execute", &Execute, "images"_a.none(), "engine"_a, "board"_a.none(), "tensors"_a, "check"_a,
           "stalls"_a, "seed"_a, "layout"_a.none(), "scale"_a.none(), "mean"_a.none(), "std"_a.none())
      .def("describe", &Describe)
      .def_prop_ro("path", &Network::path)
      .def_prop_ro("memory", &Network::memory)
      .def_prop_ro("config", [](const Network& n) { return n.compiled().config.name; })
      .def_prop_ro("batch", [](const Network& n) { return n.compiled().batch; });
  m.def("compile", &Compile, "model"_a, "config"_a, "batch"_a, "memory"_a.none(), "rounding"_a.none(),
        "size"_a.none());
  m.def("load", &Load, "path"_a, "memory"_a.none());
  const nb::class_<Board> board(m, "Board");
  m.def("open_uio", &OpenUio, "registers"_a, "buffer"_a, "buffer_class"_a, "watchdog"_a);
  m.def("attach_uio", &AttachUio, "registers"_a, "interrupt"_a, "buffer"_a, "buffer_class"_a, "watchdog"_a);
  m.def("open_transport", &OpenTransport, "transport"_a, "watchdog"_a);
}

}  // namespace weft::python
