// SPDX-License-Identifier: Apache-2.0
// Sums in float, as sw_model/golden/golden_fast.cpp explains: a product of two int8 is at most 2^14, so a sum
// of 2^10 of them is exact in any order. Every 2^10 taps the sums move to uint32_t, which wraps as the array
// does.
#include "sim/systemc/job_runner.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "compiler/depthwise.hpp"
#include "compiler/schedule.hpp"
#include "sim/systemc/output_walk.hpp"

namespace weft {
namespace {

constexpr int kExactTaps = 1024;
constexpr size_t kSpare = 16;  // lanes beyond the last one, so that whole vectors can be computed

// kP pixels x kL lanes: each tap loads kL weights and multiplies them by one value of each pixel. Not
// inlined, so that all sums stay in registers.
template <int kP, int kL>
[[gnu::noinline]] void AddTaps(const float* patch, size_t patch_step, const float* weights,
                               size_t weight_step, int taps, uint32_t* sums, size_t sum_step) {
  float s[kP][kL] = {};
  for (int t = 0; t < taps; t++)
    for (int p = 0; p < kP; p++)
      for (int l = 0; l < kL; l++)
        s[p][l] += patch[size_t(p) * patch_step + size_t(t)] * weights[size_t(t) * weight_step + size_t(l)];
  for (int p = 0; p < kP; p++)
    for (int l = 0; l < kL; l++) sums[size_t(p) * sum_step + size_t(l)] += uint32_t(int32_t(s[p][l]));
}

template <int kP>
void AddLanes(int lanes, const float* patch, size_t patch_step, const float* weights, size_t weight_step,
              int taps, uint32_t* sums, size_t sum_step) {
  int l = 0;
  for (; l + 32 <= lanes; l += 32)
    AddTaps<kP, 32>(patch, patch_step, weights + l, weight_step, taps, sums + l, sum_step);
  for (; l + 16 <= lanes; l += 16)
    AddTaps<kP, 16>(patch, patch_step, weights + l, weight_step, taps, sums + l, sum_step);
  for (; l < lanes; l += 8)
    AddTaps<kP, 8>(patch, patch_step, weights + l, weight_step, taps, sums + l, sum_step);
}

// The same for one pixel where lane l has weights at the taps l, l + kL, ... only: a depthwise convolution,
// whose channels share a pass of the columns.
template <int kL>
void AddDiagonal(const float* patch, const float* weights, int taps, uint32_t* sums) {
  float s[kL] = {};
  for (int t = 0; t < taps; t += kL)
    for (int l = 0; l < kL; l++) s[l] += patch[t + l] * weights[t + l];
  for (int l = 0; l < kL; l++) sums[l] += uint32_t(int32_t(s[l]));
}
void AddDiagonal(int lanes, const float* patch, const float* weights, int taps, uint32_t* sums) {
  if (lanes == 16) AddDiagonal<16>(patch, weights, taps, sums);
  else AddDiagonal<8>(patch, weights, taps, sums);
}

// y = sat8(round(acc * mult * 2^-shift) + zp) of rtl/engine/requantize.sv, then the clamp of activation.sv,
// which compares with the lower bound first. In two loops, as sw_model/golden/golden_fast.cpp does.
struct Code {
  int zp, lo, hi;
};
template <int kL>
[[gnu::noinline]] void Requantize(const uint32_t* acc, const uint32_t* bias, const int32_t* mult,
                                  const uint32_t* left, const uint32_t* right, Code code, int8_t* out) {
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
[[gnu::noinline]] void RequantizeOnnx(const uint32_t* acc, const uint32_t* bias, const float* scale,
                                      Code code, int8_t* out) {
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

uint32_t Word(const uint8_t* bytes) {
  uint32_t word = 0;
  std::memcpy(&word, bytes, 4);
  return word;
}

// The engine's outputs for a depthwise convolution, and what that makes of them when all are there.
class InnerTensor {
 public:
  InnerTensor(const Config& config, const StoreWordArray& store, const JobRunner::Groups& groups)
      : config_(config),
        walk_(*DepthwiseWalk::Decode(store.data())),
        code_{int(kStoreAddZp.Get(store.data())), int(kStoreAddClampLo.Get(store.data())),
              int(kStoreAddClampHi.Get(store.data()))},
        onnx_(kStoreAddScaleRounding.Get(store.data()) != 0),
        groups_(groups),
        pixels_(size_t(walk_.images) * size_t(walk_.image_entries()) * size_t(config.cols)) {}

  // The next output of the engine. `put` gets those of the convolution: channels, how many, whether it is the
  // last; it says whether that is right.
  template <typename Put>
  bool Pixel(const int8_t* y, int count, bool final, const Put& put) {
    const int64_t all = int64_t{walk_.images} * walk_.rows * walk_.cols;
    const int64_t pass = std::min<int64_t>(config_.rows, all - pass_first_);
    std::copy_n(y, count, At(pass_first_ + in_pass_, group_));
    channels_ = count;
    if (++in_pass_ == pass) {
      in_pass_ = 0;
      if (++group_ == walk_.groups) group_ = 0, pass_first_ += pass;
    }
    return !final || Walk(put);
  }

 private:
  int8_t* At(int64_t pixel, int group) {
    return &pixels_[size_t(pixel * walk_.groups + group) * size_t(config_.cols)];
  }

  template <typename Put>
  bool Walk(const Put& put) {
    for (int g = 0; g < walk_.groups; g++) scales_.push_back(ScalesOf(g));
    for (int image = 0; image < walk_.images; image++)
      for (int row = 0; row < walk_.out_rows; row++)
        for (int g = 0; g < walk_.groups; g++)
          for (int col = 0; col < walk_.out_cols; col++) {
            std::array<int8_t, 64> out{};
            const int count = g + 1 == walk_.groups ? channels_ : config_.cols;
            Output(image, row, g, col, count, out.data());
            const bool last = image + 1 == walk_.images && row + 1 == walk_.out_rows &&
                              g + 1 == walk_.groups && col + 1 == walk_.out_cols;
            if (!put(out.data(), count, last)) return false;
          }
    return true;
  }

  // One pixel of a column group: its sums channel beside channel, then each requantised.
  void Output(int image, int row, int g, int col, int count, int8_t* out) {
    const auto cols = size_t(config_.cols), taps = size_t(config_.depthwise_taps);
    const uint8_t* weights = &groups_[size_t(g)][steps_ * param_bytes_];
    std::array<int8_t, 64> padding;
    padding.fill(int8_t(walk_.pad));
    std::array<int32_t, 64> sums{};
    for (int ky = 0; ky < walk_.kh; ky++)
      for (int kx = 0; kx < walk_.kw; kx++) {
        const int y = row * walk_.stride_y - walk_.top + ky, x = col * walk_.stride_x - walk_.left + kx;
        const bool inside = y >= 0 && y < walk_.rows && x >= 0 && x < walk_.cols;
        const int64_t pixel = (int64_t{image} * walk_.rows + y) * walk_.cols + x;
        const int8_t* values = inside ? At(pixel, g) : padding.data();
        const auto running = size_t(walk_.kw - 1 - kx);
        const size_t entry = size_t(ky * walk_.phases) + running / taps;
        const uint8_t* w = &weights[entry * weight_bytes_ + running % taps * cols];
        for (size_t c = 0; c < cols; c++) sums[c] += values[c] * int8_t(w[c]);
      }
    constexpr int kLanes = 8;
    const Scales& s = scales_[size_t(g)];
    for (size_t c = 0; c < size_t(count); c += kLanes) {
      const auto* sum = reinterpret_cast<const uint32_t*>(&sums[c]);
      if (onnx_) RequantizeOnnx<kLanes>(sum, &s.bias[c], &s.scale[c], code_, out + c);
      else Requantize<kLanes>(sum, &s.bias[c], &s.mult[c], &s.left[c], &s.right[c], code_, out + c);
    }
  }

  // How the sums of a column group's channels are requantised.
  struct Scales {
    std::array<uint32_t, 64> bias{}, left{}, right{};
    std::array<int32_t, 64> mult{};
    std::array<float, 64> scale{};
  };
  [[nodiscard]] Scales ScalesOf(int g) const {
    Scales s;
    for (size_t c = 0; c < size_t(config_.cols); c++) {
      const uint8_t* params = &groups_[size_t(g)][c / lanes_ * param_bytes_];
      const size_t lane = c % lanes_;
      const uint32_t shift = params[8 * lanes_ + lane] & 63;
      s.bias[c] = Word(params + 4 * lane);
      s.mult[c] = int32_t(Word(params + 4 * (lanes_ + lane)) & 0x7fffffff);
      s.left[c] = shift < 32 ? shift : 0;
      s.right[c] = shift < 32 ? 0 : (64 - shift) & 31;
      s.scale[c] = std::ldexp(float(s.mult[c]), int(s.left[c]) - int(s.right[c]) - 31);
    }
    return s;
  }

  const Config& config_;
  // A column group's parameters and weights: entries of parameters, channels of each; their bytes.
  const size_t steps_ = size_t(config_.AddSteps()), lanes_ = size_t(config_.AddLanes());
  const size_t param_bytes_ =
      size_t(DepthwiseParameterBusWords(config_)) / steps_ * size_t(config_.bus_bytes);
  const size_t weight_bytes_ =
      size_t(DepthwiseWeightBusWords({.kh = 1, .kw = config_.depthwise_taps, .pad = {}}, config_)) *
      size_t(config_.bus_bytes);
  DepthwiseWalk walk_;
  Code code_;
  bool onnx_;
  const JobRunner::Groups& groups_;
  std::vector<Scales> scales_;  // of each column group
  std::vector<int8_t> pixels_;  // entry after entry
  int64_t pass_first_ = 0, in_pass_ = 0;
  int group_ = 0, channels_ = 0;
};

}  // namespace

// The way of the outputs: the engine's max-pool, the addition and its max-pool, the walk in memory.
class JobRunner::Outputs {
 public:
  Outputs(JobRunner* runner, const Job& job, const StoreWordArray& store, bool stores, const Streams& streams,
          const Write& write)
      : r_(*runner),
        pool_(int(job.words[kJobPool])),
        adds_(kStoreAddKind.Get(store.data()) == 1 || kStoreAddKind.Get(store.data()) == 2),
        alone_(kStoreAddKind.Get(store.data()) == 2),
        stores_(stores),
        store_(store),
        residual_bytes_(streams.residual),
        write_(write),
        walk_(OutputWalk::OfOutputs(store)),
        residual_(OutputWalk::OfResidual(store)) {
    if (stores && kStoreAddKind.Get(store.data()) == kDepthwiseKind && r_.config_.depthwise_taps > 0)
      inner_.emplace(r_.config_, store, streams.depthwise);
  }

  // A pixel of the engine, `count` channels; false: an output that the store words do not announce.
  bool Pixel(const int8_t* y, int count, bool final) {
    if (pool_ > 1) {
      if (!Pool(&r_.pool_count_, pool_, &r_.pool_, y, count)) return true;
      y = r_.pool_.data();
    }
    if (!stores_) return true;
    if (inner_)
      return inner_->Pixel(y, count, final, [&](const int8_t* out, int channels, bool last) {
        return Put(out, channels, last);
      });
    if (adds_) {
      y = Add(y, count);
      const int window = int(store_[kStorePool]);
      if (window > 1) {
        if (!Pool(&r_.sum_pool_count_, window, &r_.sum_pool_, y, count)) return true;
        y = r_.sum_pool_.data();
      }
    }
    return Put(y, count, final);
  }
  bool Put(const int8_t* y, int count, bool final) {
    if (ended_ || walk_.job_end() != final) {
      r_.error_offset_ = walk_.offset();
      return false;
    }
    ended_ = final;
    write_(walk_.offset(), y, count);
    walk_.Next();
    return true;
  }
  [[nodiscard]] bool ended() const { return ended_ || !stores_; }

 private:
  static bool Pool(int* done, int window, std::vector<int8_t>* most, const int8_t* y, int count) {
    for (int c = 0; c < count; c++)
      (*most)[size_t(c)] = *done == 0 ? y[c] : std::max((*most)[size_t(c)], y[c]);
    *done = *done + 1 == window ? 0 : *done + 1;
    return *done == 0;
  }
  const int8_t* Add(const int8_t* y, int count) {
    const uint32_t at = residual_.offset(), shift = uint32_t(kStoreAddShift.Get(store_.data())) & 63;
    const uint32_t left = shift < 32 ? shift : 0, right = shift < 32 ? 0 : (64 - shift) & 31;
    const Code code = {int(kStoreAddZp.Get(store_.data())), int(kStoreAddClampLo.Get(store_.data())),
                       int(kStoreAddClampHi.Get(store_.data()))};
    const auto mult = int32_t(kStoreAddScaleMult.Get(store_.data()));
    const bool onnx = kStoreAddScaleRounding.Get(store_.data()) != 0;
    const float scale = std::ldexp(float(mult), (shift < 32 ? int(shift) : int(shift) - 64) - 31);
    const uint32_t none = 0;
    for (int c = 0; c < count; c++) {
      const size_t i = size_t{at} + size_t(c);
      const uint8_t residual = !alone_ && i < residual_bytes_.size() ? residual_bytes_[i] : 0;
      const uint32_t sum = uint32_t(r_.tables_[0][uint8_t(y[c])]) + uint32_t(r_.tables_[1][residual]);
      if (onnx) RequantizeOnnx<1>(&sum, &none, &scale, code, &sum_[size_t(c)]);
      else Requantize<1>(&sum, &none, &mult, &left, &right, code, &sum_[size_t(c)]);
    }
    residual_.Next();
    return sum_.data();
  }

  JobRunner& r_;
  int pool_;
  bool adds_, alone_, stores_, ended_ = false;
  const StoreWordArray& store_;
  const std::vector<uint8_t>& residual_bytes_;
  const Write& write_;
  OutputWalk walk_, residual_;
  std::array<int8_t, 64> sum_{};
  std::optional<InnerTensor> inner_;  // what they are, if they go through a depthwise convolution
};

JobRunner::JobRunner(const Config& config) : config_(config) { Reset(); }

void JobRunner::Reset() {
  array_.assign(size_t(config_.rows) * size_t(config_.cols), 0);
  pool_.assign(size_t(config_.cols), 0);
  sum_pool_ = pool_;
  pool_count_ = sum_pool_count_ = 0;
}

void JobRunner::LoadTables(std::span<const uint8_t> tables) {
  std::memcpy(tables_.data(), tables.data(), std::min(tables.size(), sizeof tables_));
}

// Lane of channel j of group g: g * cols + j.
void JobRunner::DecodeGroups(const Job& job, const Groups& groups) {
  const auto width = size_t(width_) + kSpare;
  params_.bias.assign(width, 0);
  params_.mult.assign(width, 0);
  params_.left.assign(width, 0);
  params_.right.assign(width, 0);
  params_.scale.assign(width, 0);
  if (!job.drains()) return;
  const size_t steps = size_t(config_.Steps()), lanes = size_t(config_.lanes),
               entry_bytes = size_t(config_.ParamBeats()) * size_t(config_.bus_bytes);
  for (size_t g = 0; g < groups.size(); g++)
    for (size_t j = 0; j < size_t(config_.cols); j++) {
      const uint8_t* entry = &groups[g][j % steps * entry_bytes];
      const size_t lane = j / steps, to = g * size_t(config_.cols) + j;
      const uint32_t shift = entry[8 * lanes + lane] & 63;  // of 6 bits, signed
      params_.bias[to] = Word(entry + 4 * lane);
      params_.mult[to] = int32_t(Word(entry + 4 * (lanes + lane)) & 0x7fffffff);
      params_.left[to] = shift < 32 ? shift : 0;
      params_.right[to] = shift < 32 ? 0 : (64 - shift) & 31;
      params_.scale[to] =
          std::ldexp(float(params_.mult[to]), int(params_.left[to]) - int(params_.right[to]) - 31);
    }
}

void JobRunner::MakeUnits(const Job& job, const Groups& groups) {
  units_.clear();
  const bool shared = job.word(kJobGroupAddr) == 0;
  const int cols = config_.cols;
  if (shared) units_.push_back({0, job.groups * cols, 0, 0});
  for (int g = 0; g < job.groups && !shared; g++) units_.push_back({g * cols, cols, 0, g});
  const size_t taps = size_t(job.reduction.length()), cpad = size_t(config_.Cpad());
  const size_t params =
      job.drains() ? size_t(ParameterBusWords(job, config_)) * size_t(config_.bus_bytes) : 0;
  for (Unit& unit : units_) {
    unit.padded = (unit.lanes + 7) / 8 * 8;
    unit.weights.assign(taps * size_t(unit.padded), 0);
    for (int l = 0; l < unit.lanes; l += cols) {
      const auto* from = reinterpret_cast<const int8_t*>(&groups[size_t(unit.group + l / cols)][params]);
      for (size_t t = 0; t < taps; t++)
        for (int j = 0; j < cols; j++)
          unit.weights[t * size_t(unit.padded) + size_t(l + j)] = float(from[t * cpad + size_t(j)]);
    }
    FindDiagonal(&unit, job);
  }
}

void JobRunner::FindDiagonal(Unit* unit, const Job& job) {
  const auto lanes = size_t(unit->lanes), taps = size_t(job.reduction.length());
  if ((lanes != 8 && lanes != 16) || size_t(job.reduction.c1) != lanes || taps > size_t{kExactTaps}) return;
  std::vector<float> diagonal(taps);
  for (size_t t = 0; t < taps; t++)
    for (size_t l = 0; l < lanes; l++) {
      const float weight = unit->weights[t * lanes + l];
      if (t % lanes == l) diagonal[t] = weight;
      else if (weight != 0) return;
    }
  unit->diagonal = std::move(diagonal);
}

// The bytes that a pixel's row of the array gets, one a tap.
void JobRunner::ReadPatch(const Job& job, const Pixel& pixel, int group, float* patch) const {
  const int64_t run = job.reduction.c1, x_lim = job.word(kJobXlim), y_lim = job.word(kJobYlim);
  const int64_t step = int64_t{group} * job.word(kJobGroupAddr);
  const auto padding = float(int8_t(job.words[kJobZpIn]));
  const auto size = int64_t(lines_.size());
  for (int ky = 0; ky < job.reduction.ky1; ky++) {
    const int64_t y = pixel.y + ky * job.word(kJobKyY);
    const bool inside = y >= 0 && y < y_lim;
    for (int kx = 0; kx < job.reduction.kx1; kx++, patch += run) {
      const int64_t x = pixel.x + kx * job.word(kJobKxAddr) + step;
      const int64_t addr = pixel.addr + ky * job.word(kJobKyAddr) + kx * job.word(kJobKxAddr) + step;
      int64_t begin = inside ? std::clamp<int64_t>(-x, 0, run) : run;
      const int64_t end = std::max(begin, inside ? std::clamp<int64_t>(x_lim - x, 0, run) : run);
      if (begin < end && (addr + begin < 0 || addr + end > size)) begin = end;  // no compiler's job
      std::fill_n(patch, begin, padding);
      if (begin < end)
        std::memcpy(patch + begin, &lines_[size_t(addr + begin)], size_t(end - begin) * sizeof(float));
      std::fill(patch + end, patch + run, padding);
    }
  }
}

void JobRunner::ComputeSums(const Job& job, std::span<const Pixel> pixels) {
  const auto taps = size_t(job.reduction.length()), width = size_t(width_);
  if (job.clears()) std::fill_n(sums_.begin(), pixels.size() * width, 0U);
  else std::copy_n(array_.begin(), std::min(pixels.size() * width, array_.size()), sums_.begin());
  patches_.resize(size_t(kPixels) * taps);
  for (size_t first = 0; first < pixels.size(); first += kPixels) {
    const size_t count = std::min<size_t>(kPixels, pixels.size() - first);
    for (const Unit& unit : units_) {
      for (size_t p = 0; p < count; p++) ReadPatch(job, pixels[first + p], unit.group, &patches_[p * taps]);
      for (size_t p = 0; p < count && !unit.diagonal.empty(); p++)
        AddDiagonal(unit.lanes, &patches_[p * taps], unit.diagonal.data(), int(taps),
                    &sums_[(first + p) * width + size_t(unit.first_lane)]);
      for (size_t t = 0; t < taps && unit.diagonal.empty(); t += kExactTaps) {
        const int some = int(std::min<size_t>(kExactTaps, taps - t));
        const float* weights = &unit.weights[t * size_t(unit.padded)];
        uint32_t* sums = &sums_[first * width + size_t(unit.first_lane)];
        if (count == kPixels) {
          AddLanes<kPixels>(unit.padded, &patches_[t], taps, weights, size_t(unit.padded), some, sums, width);
        } else {
          for (size_t p = 0; p < count; p++)
            AddLanes<1>(unit.padded, &patches_[p * taps + t], taps, weights, size_t(unit.padded), some,
                        sums + p * width, width);
        }
      }
    }
  }
}

void JobRunner::RequantizeSums(const Job& job, size_t pixels) {
  const auto width = size_t(width_);
  const Code code = {int(kJobOutZp.Get(job.words.data())), int(kJobOutClampLo.Get(job.words.data())),
                     int(kJobOutClampHi.Get(job.words.data()))};
  const bool onnx = kJobOutRounding.Get(job.words.data()) != 0;
  // The last lanes of a pixel are computed with the first ones of the next, which then come right.
  for (size_t p = 0; p < pixels; p++)
    for (size_t l = 0; l < width;) {
      const size_t i = p * width + l;
      const auto step = [&]<int kL>(std::integral_constant<int, kL> /*lanes*/) {
        if (onnx) {
          RequantizeOnnx<kL>(&sums_[i], &params_.bias[l], &params_.scale[l], code, &outputs_[i]);
        } else {
          Requantize<kL>(&sums_[i], &params_.bias[l], &params_.mult[l], &params_.left[l], &params_.right[l],
                         code, &outputs_[i]);
        }
        l += kL;
      };
      if (width - l > 8) step(std::integral_constant<int, 16>());
      else step(std::integral_constant<int, 8>());
    }
}

bool JobRunner::Run(const Job& job, const StoreWordArray& store, bool stores, const Streams& streams,
                    const Write& write) {
  const int rows = config_.rows, cols = config_.cols;
  width_ = job.groups * cols;
  lines_.resize(streams.lines.size());
  std::transform(streams.lines.begin(), streams.lines.end(), lines_.begin(),
                 [](uint8_t byte) { return float(int8_t(byte)); });
  DecodeGroups(job, streams.groups);
  MakeUnits(job, streams.groups);

  const size_t block = size_t(rows) * size_t(std::max(1, 64 / rows));
  sums_.assign(block * size_t(width_) + kSpare, 0);
  outputs_.resize(sums_.size());
  std::vector<Pixel> pixels;
  Outputs outputs(this, job, store, stores, streams, write);
  Pixel at{job.word(kJobAddr0), int(job.word(kJobX0)), int(job.word(kJobY0))};
  std::array<int64_t, kJobWalkTurns> turn{};
  for (int64_t done = 0; done < job.pixels;) {
    pixels.clear();
    while (pixels.size() < block && done + int64_t(pixels.size()) < job.pixels) {
      pixels.push_back(at);
      int loop = 0;
      while (loop < kJobWalkTurns && turn[size_t(loop)] == job.walk(loop, kJobWalkLast))
        turn[size_t(loop++)] = 0;
      if (loop == kJobWalkTurns) break;
      turn[size_t(loop)]++;
      at.addr += job.walk(loop, kJobWalkDAddr);
      at.x += int(job.walk(loop, kJobWalkDX));
      at.y += int(job.walk(loop, kJobWalkDY));
    }
    done += int64_t(pixels.size());
    ComputeSums(job, pixels);
    if (!job.drains()) {
      std::copy_n(sums_.begin(), array_.size(), array_.begin());  // one tile, one group: list_program.cpp
      continue;
    }
    RequantizeSums(job, pixels.size());
    for (size_t tile = 0; tile < pixels.size(); tile += size_t(rows))
      for (int g = 0; g < job.groups; g++)
        for (size_t p = tile; p < std::min(tile + size_t(rows), pixels.size()); p++) {
          const bool final = done == job.pixels && g + 1 == job.groups && p + 1 == pixels.size();
          if (!outputs.Pixel(&outputs_[p * size_t(width_) + size_t(g * cols)], job.ChannelsOf(g), final))
            return false;
        }
  }
  return outputs.ended();
}

}  // namespace weft
