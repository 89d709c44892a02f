// SPDX-License-Identifier: Apache-2.0
// A weft_top with SystemC signals, as SystemModel's pins see it: a clock edge comes between Put and Get.
#pragma once

#include "sim/harness/system_model.hpp"

namespace weft {

class PinModel {
 public:
  virtual ~PinModel() = default;
  virtual void Put(const SystemPins& pins) = 0;  // the inputs
  virtual void Clock(bool high) = 0;
  virtual void Get(SystemPins* pins) = 0;  // the outputs
};

}  // namespace weft
