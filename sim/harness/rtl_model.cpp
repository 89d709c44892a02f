// SPDX-License-Identifier: Apache-2.0
#include "sim/harness/rtl_model.hpp"

#include <dlfcn.h>

#include <cstdlib>

#include "sim/harness/system_model.hpp"
#include "sw_model/error.hpp"
#include "sw_model/folders.hpp"

namespace weft {

namespace {

// Loads the model whose file has this name, and gives its functions to make and delete one.
template <typename Model>
std::unique_ptr<Model, void (*)(Model*)> Load(const Config& config, const std::string& name,
                                              const char* make_name, const char* delete_name) {
  const char* other = std::getenv("WEFT_ENGINE_DIR");  // models of changed sources, for tests of the tests
  const std::filesystem::path folder = other != nullptr ? other : FindFolder(WEFT_ENGINE_DIRS);
  const std::string file = folder / name;
  if (!std::filesystem::exists(file))
    throw Error("the RTL model of configuration {} is not built yet: run `make engine CONFIG={}`",
                config.name, config.name);
  void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw Error("the RTL model {} does not load: {}", file, dlerror());
  auto make = reinterpret_cast<Model* (*)()>(dlsym(library, make_name));
  auto remove = reinterpret_cast<void (*)(Model*)>(dlsym(library, delete_name));
  if (make == nullptr || remove == nullptr)
    throw Error("the RTL model {} is not one of Weft's; build it again", file);
  return {make(), remove};
}

}  // namespace

RtlModelPtr LoadRtlModel(const Config& config, bool waves) {
  return Load<RtlModel>(config, "weft_engine_" + config.Key() + (waves ? "-waves.so" : ".so"),
                        "WeftMakeModel", "WeftDeleteModel");
}

SystemModelPtr LoadSystemModel(const Config& config) {
  return Load<SystemModel>(config, "weft_system_" + config.Key() + ".so", "WeftMakeSystem",
                           "WeftDeleteSystem");
}

}  // namespace weft
