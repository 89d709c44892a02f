// SPDX-License-Identifier: Apache-2.0
#include "sim/golden_waves/system_reads.hpp"

#include <algorithm>
#include <cstring>

#include "sim/golden_waves/system_signals.hpp"

namespace weft {
namespace {

SystemEvent StreamOf(ReadKind kind) {
  switch (kind) {
    case ReadKind::kLines:
      return SystemEvent::kLines;
    case ReadKind::kGroups:
      return SystemEvent::kWeights;
    case ReadKind::kTables:
      return SystemEvent::kTables;
    case ReadKind::kResidual:
      return SystemEvent::kResidual;
    case ReadKind::kDepthwise:
      return SystemEvent::kDepthwise;
    case ReadKind::kList:
      break;
  }
  return SystemEvent::kList;
}

int LayerOf(const Program& program, int job) {
  int layer = 0;
  while (layer + 1 < int(program.layers.size()) && program.layers[size_t(layer) + 1].first_job <= job)
    layer++;
  return layer;
}

}  // namespace

SystemCommands::SystemCommands(const Program& program, ListOp op)
    : program_(program), op_(op), word_(kHeaderWords) {}

bool SystemCommands::Next(SystemCommand* command) {
  while (next_ < program_.commands.size()) {
    const Command& c = program_.commands[next_++];
    const size_t at = word_ * 4, words = size_t(c.size());
    word_ += words;
    if (c.op != op_) continue;
    command->command = c;
    command->words.resize(words);
    std::memcpy(command->words.data(), &program_.image[at], words * 4);
    return true;
  }
  return false;
}

SystemCommand FirstRead(const Program& program, const Config& config) {
  SystemCommand first;
  first.command.op = ListOp::kRead;
  first.command.read = ReadKind::kList;
  first.command.words = std::min<uint32_t>(program.list_bytes, kListFirstBytes) / uint32_t(config.bus_bytes);
  first.words.resize(kReadWords);  // without an opcode
  kCommandKind.Set(first.words.data(), int64_t(ReadKind::kList));
  first.words[kReadBusWords] = first.command.words;
  return first;
}

SystemRequests::SystemRequests(const SystemCase& c)
    : case_(c), commands_(c.program(), ListOp::kRead), command_(FirstRead(c.program(), c.config).command) {}

bool SystemRequests::Next(SystemRequest* request) {
  if (index_ == command_.count) {
    SystemCommand next;
    if (!commands_.Next(&next)) return false;
    command_ = next.command;
    index_ = 0;
  }
  wait_ = std::max(wait_, command_.wait);
  *request = {};
  request->kind = command_.read;
  request->offset = command_.offset + index_ * command_.pitch;
  request->param_words = command_.param_words;
  request->words = command_.words;
  request->wait = wait_;
  if (command_.job >= 0) {
    request->place.job = command_.job;
    request->place.layer = LayerOf(case_.program(), command_.job);
    const int at = command_.first + int(index_);
    if (command_.read == ReadKind::kGroups) request->place.group = at;
    if (command_.read == ReadKind::kLines || command_.read == ReadKind::kResidual) request->place.line = at;
  }
  index_++;
  return true;
}

bool SystemBursts::Next(SystemBurst* burst) {
  const auto bus = uint64_t(config_.bus_bytes), most = uint64_t(SystemMaxBeats(config_));
  if (left_ == 0) {
    if (!requests_.Next(&request_)) return false;
    word_ = (base_ + request_.offset) / bus;
    left_ = request_.all_words();
  }
  const uint64_t beats = std::min(left_, most - word_ % most);
  burst->place = request_.place;
  burst->address = word_ * bus;
  burst->len = int(beats) - 1;
  word_ += beats;
  left_ -= beats;
  return true;
}

void SystemWords::Store(uint32_t marks) {
  SystemOutput output;
  while (stored_ < marks && outputs_.Next(&output)) {
    const std::vector<int8_t> bytes = values_.Output(output);
    std::memcpy(&window_[values_.Offset(output)], bytes.data(), bytes.size());
    stored_ += output.mark ? 1 : 0;
  }
}

void SystemWords::Take(const SystemRequest& request) {
  Store(request.wait);
  const auto bus = size_t(case_.config.bus_bytes);
  for (uint32_t i = 0; i < request.all_words(); i++) {
    const bool param = i < request.param_words;
    SystemWord word;
    word.place = request.place;
    std::memcpy(word.data.data(), &window_[request.offset + i * bus], bus);
    word.last = i + 1 == request.param_words || i + 1 == request.all_words();
    const bool group_param = param && request.kind == ReadKind::kGroups;
    waiting_[size_t(group_param ? SystemEvent::kParams : StreamOf(request.kind))].push_back(word);
  }
}

bool SystemWords::Next(SystemEvent stream, SystemWord* word) {
  std::deque<SystemWord>& waiting = waiting_[size_t(stream)];
  SystemRequest request;
  while (waiting.empty()) {
    if (!requests_.Next(&request)) return false;
    Take(request);
  }
  *word = waiting.front();
  waiting.pop_front();
  return true;
}

const std::vector<uint8_t>& SystemWords::Final() {
  Store(UINT32_MAX);
  return window_;
}

}  // namespace weft
