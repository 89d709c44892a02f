// SPDX-License-Identifier: Apache-2.0
// The cycle model's view of weft_core around the engine: command_reader, read_dma and write_dma on an AXI
// memory.
//
// The memory answers reads in order: the first word of a burst `latency` cycles after its address at the
// earliest, then a word in ReadCycles; it takes a write beat in ReadCycles and confirms a burst `latency`
// cycles after its last beat.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <queue>
#include <vector>

#include "compiler/program.hpp"
#include "compiler/residual.hpp"
#include "sw_model/cycles/depthwise_model.hpp"
#include "sw_model/cycles/latency.hpp"
#include "sw_model/cycles/read_model.hpp"
#include "sw_model/cycles/store_model.hpp"
#include "sw_model/cycles/system_observer.hpp"
#include "sw_model/memory.hpp"

namespace weft {

class ListModel;

// rtl/system/residual_add.sv and rtl/system/write_dma.sv.
class WriteModel : public StoreModel {
 public:
  WriteModel(const Program& program, const Config& config, const Memory& memory,
             SystemObserver* observer = nullptr);
  // The next job with outputs is offered from a cycle on; the one in which the last of both modules takes it.
  int64_t Load(int job, int64_t offered);
  // Cycle from which the read DMA sees so many marks.
  [[nodiscard]] int64_t MarkSeen(size_t marks) const;
  [[nodiscard]] int64_t done() const override { return confirmed_; }

  ListModel* reads = nullptr;  // where residual lines come from
  RingModel residual;          // their buffer, in bus words
  DepthwiseModel depthwise;
  int64_t inner_end =
      0;  // from then on no pixel of an inner tensor comes that holds back the residual's lines

 private:
  int64_t Take(int64_t valid, int job, int channels) override;
  // The cycles in which the engine's queue lets go of the pixel.
  int64_t TakePlain(int64_t valid, int channels);
  int64_t TakeAdded(int64_t valid, int channels);
  int64_t TakeInner(int64_t valid);
  int64_t AddResidual(int64_t valid, bool window_end);  // the cycle in which the adder takes the pixel
  int64_t WritePixel(int64_t valid, int channels);      // ... in which write_dma does
  int64_t WriteDepthwise(const DepthwiseModel::Output& output, int64_t valid);
  // An output; `mark`: behind it is one.
  int64_t WriteBytes(int64_t valid, int64_t offset, int channels, bool mark);
  int64_t CloseBeat(int64_t time, bool last);  // the cycle in which the open beat is handed over

  void Tell(SystemEvent event, int64_t time, int64_t offered) const {
    if (observer_ != nullptr) observer_->Happens(event, time, offered);
  }
  void Tell(SystemEvent event, int64_t time) const { Tell(event, time, time); }

  const Program& program_;
  const Config& config_;
  SystemObserver* observer_;
  int64_t latency_, beat_cycles_;
  std::vector<int64_t> marks_;         // when each is seen
  std::vector<OutputCursor> cursors_;  // the current job's
  int job_ = -1;
  int64_t walk_ = 0;                     // the walk stands at the next pixel from here on
  int64_t walk_end_ = -1;                // the last take of the job before
  int64_t add_load_ = 0, add_end_ = -1;  // the adder has the job's numbers; its last take of the job before
  int64_t add_take_ = latency::kNever;   // its last pixel with a residual
  // Of the pixels in the adder: when each leaves it, as an output or inside a pooling window.
  std::priority_queue<int64_t, std::vector<int64_t>, std::greater<>> add_returns_;
  int64_t add_output_ = -1;                          // when its last output left it
  bool inner_ = false;                               // the current job's pixels are an inner tensor
  int window_pixel_ = 0;                             // pixels of the pooling window before the next one
  ResidualBox residual_box_{};                       // of the current job, if it adds
  int64_t residual_lines_ = 0, residual_freed_ = 0;  // lines of the jobs before; bus words that are free
  std::array<int64_t, 4> pixel_leaves_;              // ring: write_dma's pixels leave its queue
  size_t pixels_ = 0;
  int64_t walked_ = -1;                            // the last pixel leaves S0
  int64_t s2_free_ = 0;                            // cycle in which S2 can be loaded again
  int64_t move_ = -1;                              // the last fragment leaves S2
  bool open_ = false;                              // ... and its beat can still become more
  int64_t word_ = 0;                               // ... of this bus word
  int64_t final_ = -1;                             // the last final beat is handed over
  int64_t issue_ = -1, taken_ = latency::kNever;   // the last burst's address; the memory takes the last beat
  std::vector<int64_t> beat_loads_, retirements_;  // rings: beats leave the queue, bursts their slots
  size_t beats_ = 0, beats_sent_ = 0, bursts_ = 0;
  int64_t confirmed_ = 0;
};

// rtl/system/command_reader.sv and rtl/system/read_dma.sv.
class ListModel : public Supply {
 public:
  ListModel(const Program& program, const Config& config, const Memory& memory, WriteModel* store,
            SystemObserver* observer = nullptr);
  int64_t Accept(int job, int64_t room) override;
  int64_t Loaded(int job);              // the cycle in which the last of the store's modules takes a job
  int64_t ResidualSeen(int64_t lines);  // cycle from which the adder sees so many residual lines
  int64_t DepthwiseSeen(int job);  // ... a job's weights and parameters of a depthwise convolution are seen
  void Stored(int /*job*/, int64_t /*time*/) override {}
  int64_t Finish(int64_t stored) override;

 private:
  int64_t Gone();       // the cycle in which the last job goes: the engine and the store have taken it
  int64_t TakePiece();  // the next piece of the list
  void TakePieces(int64_t words);
  bool ParseCommand();  // false at the end of the list
  bool Step() override;
  void Request(const Command& c, int64_t earliest);
  void BeginSegment(int64_t push, SystemEvent words);
  int64_t Beat(int64_t room);
  void ReadWeights(Group* group, int64_t words);
  void ReadEntries(int64_t words, int64_t entries, int64_t* count, RingModel* ring);
  void Tell(SystemEvent event, int64_t time, int64_t offered) const {
    if (observer_ != nullptr) observer_->Happens(event, time, offered);
  }
  void Tell(SystemEvent event, int64_t time) const { Tell(event, time, time); }

  const Program& program_;
  WriteModel& store_;
  SystemObserver* observer_;
  int64_t latency_, max_beats_;

  // command_reader
  size_t next_command_ = 0;
  int piece_words_;                                   // words of a piece
  int64_t piece_ = 0;                                 // of the list
  int64_t piece_time_ = -1;                           // the last piece taken
  std::vector<int64_t> list_times_;                   // when each bus word of the list came
  std::vector<int64_t> offered_, accepted_, loaded_;  // each job so far: to all, by the engine, by the store
  int64_t end_ = 0;

  // read_dma
  std::vector<Command> queue_;           // the reads so far, with the hardware's first one
  std::vector<int64_t> pushes_, loads_;  // of each: into the queue, out of it
  uint32_t repeat_ = 0;                  // requests of the current read that are done
  int64_t request_ = -1;                 // the last request; of the read before, its end
  int64_t burst_ = -1;                   // the splitter's last burst
  size_t bursts_ = 0, segments_ = 0;
  std::vector<int64_t> burst_done_, segment_load_;  // rings
  // the request that is being read
  int64_t offset_ = 0, words_left_ = 0, beats_left_ = 0, available_ = 0, segment_from_ = 0;
  // The last word comes from the bus, goes to its stream.
  int64_t read_ = latency::kNever, beat_ = latency::kNever;
  SystemEvent segment_words_ = SystemEvent::kList;

  std::vector<int64_t> residual_times_;  // when each residual line was complete
  int64_t residual_words_ = 0, table_free_ = 0;
  // Entries of depthwise convolutions so far; when the last bus word came for each job that is complete.
  int64_t depthwise_params_ = 0, depthwise_weights_ = 0;
  std::map<int, int64_t> depthwise_times_;
};

}  // namespace weft
