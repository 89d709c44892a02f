// SPDX-License-Identifier: Apache-2.0
#include "sim/systemc/list_runner.hpp"

#include "driver/weft_regs.h"

namespace weft {

ListRunner::End ListRunner::Run(const ListProgram& list, WindowMemory* memory) {
  list_ = &list;
  memory_ = memory;
  end_ = {WEFT_CODE_OK};
  reads_.clear();
  jobs_.clear();
  streams_.clear();
  run_.clear();
  first_stream_ = 0;
  stored_ = 0;
  jobs_runner_.Reset();
  for (const Command& c : list.program.commands) {
    end_.commands++;
    if (c.op == ListOp::kRead && c.read != ReadKind::kList) reads_.push_back(&c);
    if (c.op == ListOp::kJob) jobs_.push_back(c.job);
    if (!Pump()) return end_;
  }
  if (!reads_.empty() || !jobs_.empty()) end_.code = WEFT_CODE_WATCHDOG;  // they wait for each other
  return end_;
}

bool ListRunner::Pump() {
  while (true) {
    if (!jobs_.empty() && Ready()) {
      if (!RunJob()) return false;
    } else if (!reads_.empty() && reads_.front()->wait <= stored_) {
      if (!Read(*reads_.front())) {
        end_.code = WEFT_CODE_READ_ERROR;
        end_.offset = memory_->error_offset;
        return false;
      }
      reads_.pop_front();
    } else {
      return true;
    }
  }
}

bool ListRunner::Read(const Command& c) {
  const auto bus = size_t(config_.bus_bytes), bytes = (size_t{c.param_words} + c.words) * bus;
  if (c.read == ReadKind::kTables) {
    std::vector<uint8_t> tables(bytes);
    if (!memory_->Read(c.offset, tables.data(), bytes)) return false;
    jobs_runner_.LoadTables(tables);
    return true;
  }
  while (first_stream_ + int(streams_.size()) <= c.job) streams_.emplace_back();
  JobRunner::Streams& to = streams_[size_t(c.job - first_stream_)];
  std::vector<uint8_t>& lines = c.read == ReadKind::kLines ? to.lines : to.residual;
  uint32_t offset = c.offset;
  for (uint32_t i = 0; i < c.count; i++, offset += c.pitch) {
    uint8_t* at = nullptr;
    if (c.read == ReadKind::kGroups || c.read == ReadKind::kDepthwise) {
      at = (c.read == ReadKind::kGroups ? to.groups : to.depthwise).emplace_back(bytes).data();
    } else {
      lines.resize(lines.size() + bytes);
      at = &lines[lines.size() - bytes];
    }
    if (!memory_->Read(offset, at, bytes)) return false;
  }
  return true;
}

// All that is read for it; a residual's lines, tables included, come before those of the next job.
bool ListRunner::Ready() const {
  const int j = jobs_.front();
  const Job& job = list_->program.jobs[size_t(j)];
  const Store& store = list_->program.stores[size_t(j)];
  if (first_stream_ + int(streams_.size()) <= j) return false;
  const JobRunner::Streams& s = streams_[size_t(j - first_stream_)];
  const auto bus = size_t(config_.bus_bytes);
  size_t residual = 0;
  if (store.residual) {
    const StoreWordArray& words = list_->stores[size_t(j)];
    residual =
        size_t(job.lines.images) * (size_t(job.rows - 1) * words[kStoreResWords] +
                                    size_t(store.pool.kh) * (words[kStoreResWords] / words[kStoreResLines]));
  }
  return s.groups.size() == size_t(job.groups) &&
         s.depthwise.size() == (store.depthwise ? size_t(job.groups) : 0) &&
         s.lines.size() == size_t{job.words[kJobBusWords]} * bus && s.residual.size() == residual * bus;
}

bool ListRunner::RunJob() {
  const int j = jobs_.front();
  const Job& job = list_->program.jobs[size_t(j)];
  const bool stores = job.rows > 0;
  bool written = true;
  const bool in_step = jobs_runner_.Run(job, list_->stores[size_t(j)], stores, streams_.front(),
                                        [&](uint32_t offset, const int8_t* channels, int count) {
                                          written = written && Put(offset, channels, count);
                                        });
  if (!written || !Flush()) return false;
  if (!in_step) {
    end_.code = WEFT_CODE_BAD_JOB;
    end_.offset = jobs_runner_.error_offset();
    return false;
  }
  if (job.keeps_lines() && streams_.size() == 1) streams_.emplace_back();
  if (job.keeps_lines()) streams_[1].lines = std::move(streams_.front().lines);
  jobs_.pop_front();
  streams_.pop_front();
  first_stream_++;
  stored_ += MarksOf(job, list_->program.stores[size_t(j)]);
  return true;
}

bool ListRunner::Put(uint32_t offset, const int8_t* channels, int count) {
  if (uint64_t{offset} + uint64_t(count) > list_->program.window_bytes) {
    end_.code = WEFT_CODE_OUT_OF_WINDOW;
    end_.offset = offset;
    return false;
  }
  if (!run_.empty() && run_begin_ + uint32_t(run_.size()) != offset && !Flush()) return false;
  if (run_.empty()) run_begin_ = offset;
  run_.insert(run_.end(), channels, channels + count);
  return true;
}

bool ListRunner::Flush() {
  if (run_.empty()) return true;
  const bool ok = memory_->Write(run_begin_, run_.data(), run_.size());
  run_.clear();
  if (ok) return true;
  end_.code = WEFT_CODE_WRITE_ERROR;
  end_.offset = memory_->error_offset;
  return false;
}

}  // namespace weft
