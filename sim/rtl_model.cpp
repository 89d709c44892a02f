#include "sim/rtl_model.hpp"

#include <dlfcn.h>

#include <cstdlib>

#include "sw_model/error.hpp"

namespace weft {

RtlModelPtr LoadRtlModel(const Config& config, bool waves) {
  const char* other = std::getenv("WEFT_ENGINE_DIR");  // models of changed sources, for tests of the tests
  const std::string file = std::string(other != nullptr ? other : WEFT_ENGINE_DIR) + "/weft_engine_" +
                           config.Key() + (waves ? "-waves.so" : ".so");
  if (!std::filesystem::exists(file))
    throw Error("the RTL model of configuration {} is not built yet: run `make engine CONFIG={}`",
                config.name, config.name);
  void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw Error("the RTL model {} does not load: {}", file, dlerror());
  auto make = reinterpret_cast<RtlModel* (*)()>(dlsym(library, "WeftMakeModel"));
  auto remove = reinterpret_cast<void (*)(RtlModel*)>(dlsym(library, "WeftDeleteModel"));
  if (make == nullptr || remove == nullptr)
    throw Error("the RTL model {} is not one of Weft's; build it again", file);
  return {make(), remove};
}

}  // namespace weft
