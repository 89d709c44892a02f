// SPDX-License-Identifier: Apache-2.0
#include "sim/backends/inner_tensors.hpp"

#include <cstring>
#include <vector>

#include "sw_model/error.hpp"

namespace weft {

InnerTensors::InnerTensors(const CompiledNetwork& network, const SegmentProgram& p, const SystemModel& model)
    : network_(network), program_(p) {
  valid_ = model.Find("weft_top.u_core.u_engine", "out_valid_o");
  if (valid_ == nullptr) return;
  const auto find = [&](const char* name) {
    const uint8_t* signal = model.Find("weft_top.u_core.u_engine", name);
    if (signal == nullptr) throw Error("the RTL model has no signal {} of the engine", name);
    return signal;
  };
  ready_ = find("out_ready_i");
  final_ = find("out_final_o");
  data_ = find("out_data_o");
  for (size_t l = 0; l < p.layer_depthwise.size() && !p.program.jobs.empty(); l++) {
    if (p.layer_depthwise[l] < 0) continue;
    const int tensor = network.graph.nodes[size_t(p.layer_node[l])].output;
    Shape shape = network.graph.tensors[size_t(tensor)].shape;
    shape.n = network.batch;
    if (p.program.jobs[size_t(p.program.layers[l].first_job)].rows < shape.h) continue;  // it is not whole
    tensors_.emplace(tensor, shape);
    for (int j = 0; j < p.program.layers[l].jobs; j++)
      tensor_of_job_[p.program.layers[l].first_job + j] = tensor;
  }
  NextJob();
}

void InnerTensors::Cycle(int64_t /*cycle*/) {
  if (tensors_.empty() || *valid_ == 0 || *ready_ == 0) return;
  if (cursor_) {
    const Job& job = program_.program.jobs[size_t(job_)];
    TensorI8& tensor = tensors_.at(tensor_of_job_.at(job_));
    int8_t* to = &tensor.at(cursor_->image(), cursor_->y(), cursor_->x(), job.FirstChannel(cursor_->group()));
    std::memcpy(to, data_, size_t(job.ChannelsOf(cursor_->group())));
    cursor_->Next();
  }
  if (*final_ != 0) NextJob();
}

void InnerTensors::NextJob() {
  const std::vector<Job>& jobs = program_.program.jobs;
  do job_++;
  while (job_ < int(jobs.size()) && jobs[size_t(job_)].rows == 0);
  cursor_.reset();
  if (tensor_of_job_.contains(job_)) cursor_.emplace(jobs[size_t(job_)], network_.config);
}

}  // namespace weft
