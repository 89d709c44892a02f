// SPDX-License-Identifier: Apache-2.0
#include "sim/harness/machine.hpp"

#include "sw_model/error.hpp"

namespace weft {

weft_place DriverPlace(const Place& place) {
  return {place.offset,
          place.row_pitch,
          uint32_t(place.shape.n),
          uint32_t(place.shape.h),
          uint32_t(place.shape.w),
          uint32_t(place.shape.c)};
}

CycleResult ReadCounters(const weft_bus& bus, int code) {
  if (code < 0) throw Error("{}", weft_code_name(code));
  if (code != WEFT_CODE_OK)
    throw Error("the hardware stopped with {} at command {}, address {:#x}", weft_code_name(code),
                bus.read(bus.context, WEFT_ERROR_COMMAND), bus.read(bus.context, WEFT_ERROR_ADDR_LO));
  weft_counters c{};
  weft_read_counters(&bus, &c);
  CycleResult result;
  result.cycles = int64_t(c.cycles);
  for (size_t i = 0; i < kCauses; i++) result.counts[i] = int64_t(c.count[i]);
  result.bytes_read = int64_t(c.bytes_read);
  result.bytes_written = int64_t(c.bytes_written);
  return result;
}

}  // namespace weft
