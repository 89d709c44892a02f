// SPDX-License-Identifier: Apache-2.0
// Sums in float, as sw_model/golden/golden_fast.cpp explains: a product of two int8 is at most 2^14, so a sum
// of 2^10 of them is exact in any order. Every 2^10 taps the sums move to uint32_t, which wraps as the array
// does.
#include "sim/systemc/job_runner.hpp"

#include <algorithm>
#include <cstring>

#include "compiler/schedule.hpp"
#include "sim/systemc/inner_tensor.hpp"
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

}  // namespace

// The way of the outputs: the engine's max-pool, the addition and its max-pool, the walk in memory.
class JobRunner::Outputs {
 public:
  Outputs(JobRunner* runner, const Job& job, const StoreWordArray& store, bool stores, const Streams& streams,
          const Write& write)
      : r_(*runner),
        pool_(int(job.words[kJobPool])),
        kind_(AddKindOf(store.data())),
        stores_(stores),
        store_(store),
        residual_bytes_(streams.residual),
        write_(write),
        walk_(OutputWalk::OfOutputs(store)),
        residual_(OutputWalk::OfResidual(store)),
        code_(OutputCode::OfStore(store.data())) {
    scale_.Set(0, 0, int32_t(kStoreAddScaleMult.Get(store.data())),
               uint32_t(kStoreAddShift.Get(store.data())));
    if (stores && kind_ == AddKind::kDepthwise && r_.config_.depthwise_taps > 0)
      inner_.emplace(r_.config_, store.data(), streams.depthwise);
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
    if (IsSum(kind_, r_.config_)) {
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
    for (int c = 0; c < count; c++) {
      const size_t i = size_t{residual_.offset()} + size_t(c);
      const uint8_t residual =
          kind_ == AddKind::kResidual && i < residual_bytes_.size() ? residual_bytes_[i] : 0;
      const uint32_t sum = uint32_t(r_.tables_[0][uint8_t(y[c])]) + uint32_t(r_.tables_[1][residual]);
      scale_.Requantize<1>(&sum, 0, code_, &sum_[size_t(c)]);
    }
    residual_.Next();
    return sum_.data();
  }

  JobRunner& r_;
  int pool_;
  AddKind kind_;
  bool stores_, ended_ = false;
  const StoreWordArray& store_;
  const std::vector<uint8_t>& residual_bytes_;
  const Write& write_;
  OutputWalk walk_, residual_;
  OutputCode code_;  // of sums, and their scale
  LaneScales scale_ = LaneScales(1);
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
  scales_ = LaneScales(size_t(width_) + kSpare);
  if (!job.drains()) return;
  const size_t steps = size_t(config_.Steps()), lanes = size_t(config_.lanes),
               entry_bytes = size_t(config_.ParamBeats()) * size_t(config_.bus_bytes);
  for (size_t g = 0; g < groups.size(); g++)
    for (size_t j = 0; j < size_t(config_.cols); j++)
      scales_.Decode(g * size_t(config_.cols) + j, &groups[g][j % steps * entry_bytes], lanes, j / steps);
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
  const OutputCode code = OutputCode::OfJob(job.words.data());
  // The last lanes of a pixel are computed with the first ones of the next, which then come right.
  for (size_t p = 0; p < pixels; p++)
    for (size_t l = 0; l < width;) {
      const size_t i = p * width + l;
      const auto step = [&]<int kL>(std::integral_constant<int, kL> /*lanes*/) {
        scales_.Requantize<kL>(&sums_[i], l, code, &outputs_[i]);
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
