// SPDX-License-Identifier: Apache-2.0
// Sums become outputs, several lanes at once: rtl/engine/requantize.sv and activation.sv, bit for bit.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "sw_model/list_format.hpp"

namespace weft {

// How a job's outputs are coded.
struct OutputCode {
  int zp, lo, hi;
  bool onnx;  // rounding of JOB_OUT_ROUNDING

  static OutputCode OfJob(const uint32_t* words) {
    return {int(kJobOutZp.Get(words)), int(kJobOutClampLo.Get(words)), int(kJobOutClampHi.Get(words)),
            kJobOutRounding.Get(words) != 0};
  }
  static OutputCode OfStore(const uint32_t* words) {
    return {int(kStoreAddZp.Get(words)), int(kStoreAddClampLo.Get(words)), int(kStoreAddClampHi.Get(words)),
            kStoreAddScaleRounding.Get(words) != 0};
  }
};

// Bias and scale of each lane.
class LaneScales {
 public:
  explicit LaneScales(size_t lanes = 0)
      : bias_(lanes), left_(lanes), right_(lanes), mult_(lanes), scale_(lanes) {}

  // `shift` has 6 bits, signed.
  void Set(size_t lane, uint32_t bias, int32_t mult, uint32_t shift) {
    shift &= 63;
    bias_[lane] = bias;
    mult_[lane] = mult;
    left_[lane] = shift < 32 ? shift : 0;
    right_[lane] = shift < 32 ? 0 : (64 - shift) & 31;
    scale_[lane] = std::ldexp(float(mult), int(left_[lane]) - int(right_[lane]) - 31);
  }
  // From place `at` of an entry of parameters: the biases of its `places`, then their multipliers, their
  // shifts.
  void Decode(size_t lane, const uint8_t* entry, size_t places, size_t at) {
    uint32_t bias = 0, mult = 0;
    std::memcpy(&bias, entry + 4 * at, 4);
    std::memcpy(&mult, entry + 4 * (places + at), 4);
    Set(lane, bias, int32_t(mult & 0x7fffffff), entry[8 * places + at]);
  }

  // Of kL lanes from `lane` on.
  template <int kL>
  void Requantize(const uint32_t* sums, size_t lane, const OutputCode& code, int8_t* out) const {
    if (code.onnx) Once<kL>(sums, &bias_[lane], &scale_[lane], code, out);
    else Twice<kL>(sums, &bias_[lane], &mult_[lane], &left_[lane], &right_[lane], code, out);
  }

 private:
  // y = sat8(round(acc * mult * 2^-shift) + zp) of rtl/engine/requantize.sv, then the clamp of activation.sv,
  // which compares with the lower bound first. In two loops, as sw_model/golden/golden_fast.cpp does.
  template <int kL>
  [[gnu::noinline]] static void Twice(const uint32_t* acc, const uint32_t* bias, const int32_t* mult,
                                      const uint32_t* left, const uint32_t* right, const OutputCode& code,
                                      int8_t* out) {
    const int most = 127 - code.zp, least = -128 - code.zp, lo = code.lo, hi = code.hi, zp = code.zp;
    int32_t y[kL];
    for (int l = 0; l < kL; l++) {
      const auto x = int32_t((acc[l] + bias[l]) << left[l]);
      y[l] = int32_t((int64_t{x} * mult[l] + (int64_t{1} << 30)) >> 31);
    }
    for (int l = 0; l < kL; l++) {
      const auto mask = int32_t((uint32_t{1} << right[l]) - 1);
      const int32_t threshold = (mask >> 1) + (y[l] < 0 ? 1 : 0);
      const int32_t rounded = (y[l] >> right[l]) + ((y[l] & mask) > threshold ? 1 : 0);
      const int32_t saturated = std::min(std::max(rounded, least), most) + zp;
      y[l] = saturated < lo ? lo : saturated > hi ? hi : saturated;
    }
    for (int l = 0; l < kL; l++) out[l] = int8_t(y[l]);
  }

  // The same for JOB_OUT_ROUNDING: float32, rounded half to even.
  template <int kL>
  [[gnu::noinline]] static void Once(const uint32_t* acc, const uint32_t* bias, const float* scale,
                                     const OutputCode& code, int8_t* out) {
    const auto most = float(127 - code.zp), least = float(-128 - code.zp);
    const int lo = code.lo, hi = code.hi, zp = code.zp;
    int32_t y[kL];
    for (int l = 0; l < kL; l++) {
      const float product = float(int32_t(acc[l] + bias[l])) * scale[l];
      const int32_t saturated = int32_t(std::nearbyint(std::min(std::max(product, least), most))) + zp;
      y[l] = saturated < lo ? lo : saturated > hi ? hi : saturated;
    }
    for (int l = 0; l < kL; l++) out[l] = int8_t(y[l]);
  }

  std::vector<uint32_t> bias_, left_, right_;
  std::vector<int32_t> mult_;
  std::vector<float> scale_;
};

}  // namespace weft
