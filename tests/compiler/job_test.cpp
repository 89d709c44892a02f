// SPDX-License-Identifier: Apache-2.0
// Jobs: what they walk, pack and give, against plain loops over the layer.
#include "compiler/job.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <functional>

#include "compiler/geometry.hpp"
#include "compiler/schedule.hpp"
#include "sw_model/error.hpp"
#include "tests/job_pixels.hpp"
#include "tests/random_layer.hpp"

namespace weft {
namespace {

// From buffers that hold every layer to ones that hold few.
const Config kConfigs[] = {
    {"8x8", 8, 8, 4, 65536, 131072, 8, 32}, {"2x2", 2, 2, 1, 4096, 8192, 4, 32},
    {"5x7", 5, 7, 1, 256, 512, 8, 32},      {"3x6", 3, 6, 3, 128, 4096, 4, 32},
    {"8x2", 8, 2, 1, 256, 256, 16, 32},
};

// Compiles random layers for every configuration; `look` gets each layer's jobs.
using Look = std::function<void(const Config&, const RandomLayer&, const std::vector<Job>&)>;
void ForRandomLayers(int count, const Look& look) {
  RandomLimits limits;
  limits.allow_pool_pad = false;
  limits.max_n = 3;
  for (const Config& config : kConfigs)
    for (int seed = 1; seed <= count && !testing::Test::HasFailure(); seed++) {
      config.Check();
      const RandomLayer r = MakeRandomLayer(uint64_t(seed), limits);
      SCOPED_TRACE(fmt::format("config {} seed {}, {}", config.name, seed, Describe(r.in, r.layer)));
      look(config, r, CompileConv(r.in, r.layer, config));
    }
}
bool IsWhole(const Job& job) { return job.clears() && job.drains() && !job.single_tile; }

// The hardware counts the outputs of a column group with 24 bits: more of them are several jobs.
TEST(Job, OutputsFitTheCounter) {
  for (const Shape& in : {Shape{1, 2048, 8193, 1}, Shape{70, 512, 512, 1}}) {
    ConvLayer layer;
    layer.filters.shape = {1, 1, 1, 1};
    layer.bias.assign(1, 0);
    layer.requant.multiplier.assign(1, 1 << 30);
    layer.requant.shift.assign(1, 0);
    for (const char* name : {"2x2", "8x8"}) {
      int64_t outputs = 0;
      for (const Job& job : CompileConv(in, layer, Config::Load(name))) {
        const int64_t of_job = int64_t{job.lines.images} * job.rows * job.cols;
        EXPECT_LT(of_job, 1 << 24) << name;
        outputs += of_job;
      }
      EXPECT_EQ(outputs, int64_t(in.size())) << name;
    }
  }
}

TEST(Job, OutputsComeExactlyOnce) {
  int64_t outputs = 0, pieces = 0, bands = 0, splits = 0;
  ForRandomLayers(400, [&](const Config& config, const RandomLayer& r, const std::vector<Job>& jobs) {
    Tensor<int> times(golden::OutputShape(r.in, r.layer));
    for (const Job& job : jobs) {
      int64_t of_tiles = 0;
      for (OutputCursor c(job, config); !c.done(); c.Next(), of_tiles++)
        for (int j = 0; j < job.ChannelsOf(c.group()); j++) {
          const int k = job.FirstChannel(c.group()) + j;
          ASSERT_TRUE(c.image() < times.shape.n && c.y() < times.shape.h && c.x() < times.shape.w &&
                      k < times.shape.c)
              << "n " << c.image() << " y " << c.y() << " x " << c.x() << " k " << k;
          times.at(c.image(), c.y(), c.x(), k)++;
        }
      pieces += IsWhole(job) ? 0 : 1;
      bands += IsWhole(job) && job.cols < times.shape.w ? 1 : 0;
      splits += IsWhole(job) && job.channels < times.shape.c ? 1 : 0;
    }
    ASSERT_EQ(FirstDifference(Tensor<int>(times.shape, 1), times), "") << "how often each output comes";
    outputs += int64_t(times.data.size());
  });
  EXPECT_GT(pieces, 100);
  EXPECT_GT(bands, 100);
  EXPECT_GT(splits, 100);
  fmt::print("  {} outputs, each once; {} jobs are pieces, {} bands, {} parts of the channels\n", outputs,
             pieces, bands, splits);
}

// Where the window of every pixel begins: the layer's geometry against the walk in the job's words.
TEST(Job, WalksTheWindowsOfItsOutputs) {
  int64_t pixels = 0;
  ForRandomLayers(200, [&](const Config&, const RandomLayer& r, const std::vector<Job>& jobs) {
    const Window &w = r.layer.window, pool = r.layer.max_pool.value_or(Window{});
    for (const Job& job : jobs) {
      if (!IsWhole(job)) continue;
      const std::vector<WalkedPixel> walked = PixelsOf(job);
      size_t i = 0;
      for (int n = 0; n < job.lines.images; n++)
        for (int oy = job.oy0; oy < job.oy0 + job.rows; oy++)
          for (int ox = job.ox0; ox < job.ox0 + job.cols; ox++)
            for (int py = 0; py < pool.kh; py++)
              for (int px = 0; px < pool.kw; px++, i++) {
                ASSERT_LT(i, walked.size());
                const int y = (oy * pool.stride_h + py) * w.stride_h - w.pad.top - job.lines.y0;
                const int x = ((ox * pool.stride_w + px) * w.stride_w - w.pad.left) * r.in.c + job.channel0 -
                              job.lines.offset;
                ASSERT_EQ(walked[i].y, y) << "pixel " << i;
                ASSERT_EQ(walked[i].x, x) << "pixel " << i;
              }
      ASSERT_EQ(i, walked.size());
      ASSERT_EQ(int64_t(i), job.pixels);
      pixels += job.pixels;
    }
  });
  fmt::print("  {} pixels\n", pixels);
}

// The addresses of the walk are those of the lines as they lie in the buffer.
TEST(Job, AddressesFollowFromPositions) {
  ForRandomLayers(100, [&](const Config& config, const RandomLayer&, const std::vector<Job>& jobs) {
    for (const Job& job : jobs) {
      const int64_t pitch = int64_t{job.words[kJobPitch]} * config.bus_bytes;
      const std::vector<WalkedPixel> walked = PixelsOf(job);
      const int64_t of_image = job.pixels / job.lines.images;
      for (size_t i = 0; i < walked.size(); i++) {
        const int64_t image = int64_t(i) / of_image;
        ASSERT_EQ(walked[i].address, (image * job.lines.count + walked[i].y) * pitch + walked[i].x)
            << "pixel " << i;
      }
      ASSERT_GE(pitch, job.lines.bytes);
      ASSERT_EQ(job.words[kJobXlim], uint32_t(job.lines.bytes));
      ASSERT_EQ(job.words[kJobYlim], uint32_t(job.lines.count));
    }
  });
}

// Chunks are at most a word, at least ROWS bytes where the run has as many, and add up to the reduction.
TEST(Job, ChunksAddUpToTheReduction) {
  ForRandomLayers(200, [&](const Config& config, const RandomLayer&, const std::vector<Job>& jobs) {
    for (const Job& job : jobs) {
      const int64_t chunks = job.words[kJobChunkLast] + 1,
                    runs = int64_t{job.words[kJobKyLast] + 1} * (job.words[kJobKxLast] + 1);
      const int64_t length = job.words[kJobChunkLen], rem = job.words[kJobChunkRem],
                    run = chunks * length + rem;
      ASSERT_EQ(runs * run, job.reduction.length());
      ASSERT_LT(rem, chunks);
      ASSERT_LE(length + (rem > 0 ? 1 : 0), config.Word());
      ASSERT_GE(length, std::min<int64_t>(config.rows, run));
      // All of a job's weights fit, but a single tile frees them as it reads them.
      ASSERT_LE(GroupWeightWords(job, config) * (job.tiles(config) > 1 ? job.groups : 1),
                config.WeightWords());
    }
  });
}

// Every weight goes to the beat at which its input channel comes and to the column of its output channel.
TEST(Job, PacksWeights) {
  int64_t weights = 0;
  ForRandomLayers(200, [&](const Config& config, const RandomLayer& r, const std::vector<Job>& jobs) {
    const Shape& f = r.layer.filters.shape;
    Tensor<int> used(f);
    for (const Job& job : jobs)
      for (int group = 0; group < job.groups; group++) {
        const Job::Reduction& red = job.reduction;
        std::vector<uint8_t> want(size_t(WeightBusWords(job, config) * config.bus_bytes));
        for (int j = 0; j < job.ChannelsOf(group); j++) {
          const int k = job.FirstChannel(group) + j,
                    first = k / (f.n / r.layer.groups) * f.c;  // k's first input channel
          for (int ky = red.ky0; ky < red.ky1; ky++)
            for (int kx = red.kx0; kx < red.kx1; kx++)
              for (int own = 0; own < f.c; own++) {
                const int c = first + own - job.channel0 - group * job.channel_step;
                if (c < red.c0 || c >= red.c1) continue;
                const int beat =
                    ((ky - red.ky0) * (red.kx1 - red.kx0) + kx - red.kx0) * (red.c1 - red.c0) + c - red.c0;
                want[size_t(beat * config.Cpad() + j)] = uint8_t(r.layer.filters.at(k, ky, kx, own));
                used.at(k, ky, kx, own)++;
                weights++;
              }
        }
        ASSERT_EQ(PackWeights(job, group, r.layer, config), want) << "group " << group;
      }
    for (const int times : used.data) ASSERT_GT(times, 0) << "a weight is never sent";
  });
  fmt::print("  {} weights\n", weights);
}

TEST(Job, PacksParameters) {
  int64_t channels = 0;
  ForRandomLayers(200, [&](const Config& config, const RandomLayer& r, const std::vector<Job>& jobs) {
    const Shape& f = r.layer.filters.shape;
    for (const Job& job : jobs)
      for (int group = 0; group < job.groups; group++) {
        const std::vector<uint8_t> bytes = PackParameters(job, group, r.layer, config);
        ASSERT_EQ(int64_t(bytes.size()), ParameterBusWords(job, config) * config.bus_bytes);
        if (!job.drains()) continue;
        const size_t entry = bytes.size() / size_t(config.Steps());
        for (int step = 0; step < config.Steps(); step++)
          for (int lane = 0; lane < config.lanes; lane++) {
            const int column = lane * config.Steps() + step;
            if (column >= job.ChannelsOf(group)) continue;
            const auto k = size_t(job.FirstChannel(group) + column);
            const auto word = [&](int index) {
              int32_t value = 0;
              std::memcpy(&value, &bytes[size_t(step) * entry + 4 * size_t(index)], 4);
              return value;
            };
            int64_t sum = 0;
            for (int ky = 0; ky < f.h; ky++)
              for (int kx = 0; kx < f.w; kx++)
                for (int c = 0; c < f.c; c++) sum += r.layer.filters.at(int(k), ky, kx, c);
            ASSERT_EQ(word(lane), int32_t(uint32_t(r.layer.bias[k] - r.layer.input_zp * sum))) << "k " << k;
            ASSERT_EQ(word(config.lanes + lane), r.layer.requant.multiplier[k]) << "k " << k;
            ASSERT_EQ(int8_t(bytes[size_t(step) * entry + size_t(8 * config.lanes + lane)]),
                      r.layer.requant.shift[k])
                << "k " << k;
            channels++;
          }
      }
  });
  fmt::print("  {} channels\n", channels);
}

TEST(Schedule, StreamsEverythingOnce) {
  ForRandomLayers(100, [&](const Config& config, const RandomLayer&, const std::vector<Job>& jobs) {
    std::vector<int> groups(jobs.size()), lines(jobs.size());
    int last = 0;
    for (const Transfer& t : MakeSchedule(jobs, config)) {
      const auto j = size_t(t.job);
      ASSERT_GE(t.job, last) << "jobs come in order";
      last = t.job;
      auto& next = t.kind == Transfer::Kind::kGroups ? groups : lines;
      ASSERT_EQ(t.first, next[j]);
      next[j] += t.count;
    }
    for (size_t j = 0; j < jobs.size(); j++) {
      ASSERT_EQ(groups[j], jobs[j].groups);
      ASSERT_EQ(lines[j], jobs[j].streamed_lines());
    }
  });
}

ConvLayer Layer(int k, int kh, int kw, int c) {
  ConvLayer layer;
  layer.name = "test";
  layer.filters.shape = {k, kh, kw, c};  // a shape is enough
  layer.window.kh = kh;
  layer.window.kw = kw;
  layer.bias.assign(size_t(k), 0);
  layer.requant.multiplier.assign(size_t(k), 0);
  layer.requant.shift.assign(size_t(k), 0);
  return layer;
}

// Who reads the lines of the job before has the same ones, and that job keeps them; no other does.
TEST(Job, KeepsLinesForTheNextOne) {
  int kept = 0;
  ForRandomLayers(100, [&](const Config& config, const RandomLayer&, const std::vector<Job>& jobs) {
    for (size_t j = 0; j < jobs.size(); j++) {
      const bool next = j + 1 < jobs.size() && jobs[j + 1].lines_there;
      ASSERT_EQ(jobs[j].keeps_lines(), next) << "job " << j;
      if (!next) continue;
      ASSERT_EQ(jobs[j].lines, jobs[j + 1].lines) << "job " << j;
      for (const int word : {kJobYlim, kJobPitch, kJobLines, kJobBusWords})
        ASSERT_EQ(jobs[j].word(word), jobs[j + 1].word(word)) << "job " << j;
      ASSERT_LE(jobs[j].word(kJobBusWords) * config.bus_bytes, config.line_buffer_bytes) << "job " << j;
      kept++;
    }
  });
  EXPECT_GT(kept, 100);
}

// A layer whose input fits the line buffer, and whose weights are several times the weight buffer, reads both
// once; where the input does not fit, every job reads it.
TEST(Job, ReadsAnInputThatFitsOnce) {
  const Config& config = kConfigs[0];
  for (const auto& [height, times] : {std::pair{8, 1}, std::pair{9, 8}}) {  // 64 KiB and more
    const std::vector<Job> jobs = CompileConv({1, height, 8, 1024}, Layer(1024, 1, 1, 1024), config);
    EXPECT_EQ(jobs.size(), 8);
    int64_t lines = 0;
    for (const Job& job : jobs) lines += job.line_bus_words() * config.bus_bytes;
    EXPECT_EQ(lines, int64_t{times} * height * 8 * 1024);
  }
}

// ---- refusals
// -----------------------------------------------------------------------------------------------

void ExpectRefusal(const Shape& in, const ConvLayer& layer, const Config& config, const std::string& says) {
  try {
    CompileConv(in, layer, config);
    ADD_FAILURE() << "accepted; wanted: " << says;
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find(says), std::string::npos)
        << error.what() << "\nwanted: " << says;
  }
}

TEST(Job, SizesBeyondTheCountersAreRefused) {
  const Config& config = kConfigs[0];
  ExpectRefusal({1, 65536, 1, 1}, Layer(1, 1, 1, 1), config, "the engine counts to 65535");
  ExpectRefusal({1, 1, 8192, 64}, Layer(1, 1, 1, 64), config, "the engine counts to 524287");
  ConvLayer pooled = Layer(1, 1, 1, 1);
  pooled.max_pool = Window{256, 256, 256, 256, 1, 1, {}, false};
  ExpectRefusal({1, 256, 256, 1}, pooled, config, "pooling windows of 65536 pixels");
  ConvLayer padded = Layer(1, 1, 1, 1);
  padded.max_pool = Window{2, 2, 2, 2, 1, 1, {1, 1, 1, 1}, true};
  ExpectRefusal({1, 4, 4, 1}, padded, config, "a fused max-pool has no padding");
}

TEST(Job, SumsBeyondTheAccumulatorAreRefused) {
  Config narrow = kConfigs[0];
  narrow.acc_bits = 20;
  EXPECT_NO_THROW(CompileConv({1, 1, 1, 31}, Layer(1, 1, 1, 31), narrow));
  ExpectRefusal({1, 1, 1, 32}, Layer(1, 1, 1, 32), narrow, "acc_bits = 20");  // 32 * 2^14 = 2^19
  ConvLayer known = Layer(1, 1, 1, 64);
  known.filters.data.assign(64, 63);  // 128 * 64 * 63 < 2^19
  EXPECT_NO_THROW(CompileConv({1, 1, 1, 64}, known, narrow));
  known.filters.data.assign(64, -64);
  ExpectRefusal({1, 1, 1, 64}, known, narrow, "sums reach 524288");
}

}  // namespace
}  // namespace weft
