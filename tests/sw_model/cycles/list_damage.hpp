// SPDX-License-Identifier: Apache-2.0
// Ways to make a list that no compiler made out of one that is good.
#pragma once

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "tests/compiler/good_program.hpp"
#include "tests/random_layer.hpp"

namespace weft {

// The words of a list at the begin of a window.
struct ListWords {
  std::vector<uint8_t>* memory;
  [[nodiscard]] uint32_t Word(int64_t index) const {
    uint32_t word = 0;
    std::memcpy(&word, &memory->at(size_t(4 * index)), 4);
    return word;
  }
  void SetWord(int64_t index, uint32_t word) const { std::memcpy(&memory->at(size_t(4 * index)), &word, 4); }
  // All words add up to 0 again.
  void FixChecksum(const Program& program) const {
    SetWord(kHeaderChecksum, 0);
    uint32_t sum = 0;
    for (int64_t i = 0; i < program.list_bytes / 4; i++) sum += Word(i);
    SetWord(kHeaderChecksum, -sum);
  }
};

// Where each command of a good list begins.
inline std::vector<int64_t> CommandsAt(const Program& program) {
  std::vector<int64_t> at;
  int64_t word = kHeaderWords;
  for (const Command& command : program.commands) {
    at.push_back(word);
    word += command.size();
  }
  return at;
}
inline int64_t WordsOf(const Program& program) {
  return CommandsAt(program).back() + program.commands.back().size();
}

// Damages the list of a good program, which is in memory; says how, and whether the assertions of the engine
// are still to hold.
class ListDamage {
 public:
  ListDamage(const Program& program, const Config& config, ListWords list, Random* random)
      : program_(program), config_(config), list_(list), random_(*random), words_(WordsOf(program)) {}

  [[nodiscard]] const std::string& what() const { return what_; }
  [[nodiscard]] bool engine_is_safe() const { return engine_is_safe_; }
  [[nodiscard]] int64_t words() const { return words_; }
  void FixChecksum() {
    list_.FixChecksum(program_);
    what_ += " summed again";
  }

  void ChangeWord(int64_t index) {
    const uint32_t before = list_.Word(index);
    uint32_t after = before;
    while (after == before) {
      switch (random_.Int(0, 4)) {
        case 0:
          after = before ^ (1U << random_.Int(0, 31));
          break;
        case 1:
          after = before + uint32_t(random_.Int(-3, 3));
          break;
        case 2:
          after = uint32_t(random_.Int(0, 255));
          break;
        case 3:
          after = random_.Pick(std::array{0U, 1U, 0xffffU, 0x10000U, 0xffffffU, 0x80000000U, 0xffffffffU});
          break;
        default:
          after = uint32_t(random_.Int(0, UINT32_MAX));
          break;
      }
    }
    SetWord(index, after);
  }
  void SetWord(int64_t index, uint32_t word) {
    what_ += fmt::format(" word {} {:#x} -> {:#x},", index, list_.Word(index), word);
    engine_is_safe_ = engine_is_safe_ && EngineIsSafe(index);
    list_.SetWord(index, word);
  }
  // Words that the engine and the buffers' contents do not depend on: the header, where outputs go, where
  // reads of data begin.
  [[nodiscard]] bool EngineIsSafe(int64_t index) const {
    if (index < kHeaderWords) return true;
    const std::vector<Command>& commands = program_.commands;
    size_t i = 0;
    while (i + 1 < at_.size() && at_[i + 1] <= index) i++;
    const int64_t word = index - at_[i];
    if (commands[i].op == ListOp::kJob) {
      const bool adds = commands[i].adds;
      return word > kJobWords && word <= kJobWords + (adds ? kStoreCols : kStorePlainWords);
    }
    return commands[i].op == ListOp::kRead && commands[i].read != ReadKind::kList &&
           (word == kReadOffset || word == kReadPitch);
  }

  // Commands change places, or one is left out or comes twice; those that read the list stay.
  void MoveCommands() {
    std::vector<std::vector<uint32_t>> commands = Commands();
    std::vector<size_t> free;
    for (size_t c = 0; c + 1 < commands.size(); c++)
      if (program_.commands[c].op == ListOp::kJob || program_.commands[c].read != ReadKind::kList)
        free.push_back(c);
    const auto pick = [&] { return free[size_t(random_.Int(0, int64_t(free.size()) - 1))]; };
    const size_t a = pick(), b = random_.Chance(2) ? pick() : free[size_t(random_.Int(0, 3)) % free.size()];
    switch (random_.Int(0, 3)) {
      case 0:
        what_ += fmt::format(" command {} left out,", a);
        commands.erase(commands.begin() + std::ptrdiff_t(a));
        break;
      case 1:
        what_ += fmt::format(" command {} before {} too,", a, b);
        commands.insert(commands.begin() + std::ptrdiff_t(b), std::vector<uint32_t>(commands[a]));
        break;
      default:
        what_ += fmt::format(" commands {} and {} swapped,", a, b);
        std::swap(commands[a], commands[b]);
        break;
    }
    engine_is_safe_ = false;
    Replace(commands);
  }

  // It ends early, with an END or without.
  void Truncate() {
    const int64_t from = random_.Int(1, words_ - 1);
    const auto filling = uint32_t(random_.Chance(2) ? random_.Int(0, 255) : 3);
    what_ += fmt::format(" {:#x} from word {} on,", filling, from);
    for (int64_t w = from; w < words_; w++) list_.SetWord(w, filling);
    engine_is_safe_ = false;
  }

  // Commands that are well formed one by one: reads of all kinds in and around the window, jobs that were
  // good once. As many as are read without being asked for.
  void RandomCommands() {
    std::vector<std::vector<uint32_t>> jobs;
    const std::vector<std::vector<uint32_t>> commands = Commands();
    for (size_t c = 0; c < commands.size(); c++)
      if (program_.commands[c].op == ListOp::kJob) jobs.push_back(commands[c]);
    const int64_t limit = kListFirstWords;
    int64_t word = kHeaderWords;
    const auto bus = uint32_t(config_.bus_bytes);
    while (word < limit - 1 && !(word > 60 && random_.Chance(12))) {
      std::vector<uint32_t> command;
      if (random_.Chance(5)) {
        command = jobs[size_t(random_.Int(0, int64_t(jobs.size()) - 1))];
        for (int64_t n = random_.Int(0, 2); n > 0; n--)
          command[size_t(random_.Int(1, int64_t(command.size()) - 1))] = uint32_t(random_.Int(0, 40));
      } else {
        const auto window = int64_t(program_.window_bytes);
        const auto kind = uint32_t(random_.Chance(30) ? random_.Int(5, 7) : random_.Int(0, 4));
        command = {1U | kind << 8,
                   uint32_t(random_.Chance(40) ? random_.Int(0, UINT32_MAX)
                                               : random_.Int(0, window / bus - 1) * bus),
                   uint32_t(random_.Chance(2) ? 0 : random_.Int(0, 12)),
                   uint32_t(random_.Chance(20) ? random_.Int(0, 0xffffff) : random_.Int(1, 20)),
                   uint32_t(random_.Int(0, 5)),
                   uint32_t(random_.Int(0, 16)) * bus,
                   uint32_t(random_.Chance(8) ? random_.Int(1, 3) : 0),
                   0};
      }
      for (const uint32_t w : command)
        if (word < limit - 1) list_.SetWord(word++, w);
    }
    list_.SetWord(word++, 3);
    words_ = word;
    while (word < limit) list_.SetWord(word++, 0);
    what_ += fmt::format(" {} random words,", words_);
    engine_is_safe_ = false;
  }

 private:
  [[nodiscard]] std::vector<std::vector<uint32_t>> Commands() const {
    std::vector<std::vector<uint32_t>> commands;
    for (size_t c = 0; c < at_.size(); c++) {
      commands.emplace_back();
      for (int64_t w = 0; w < program_.commands[c].size(); w++)
        commands.back().push_back(list_.Word(at_[c] + w));
    }
    return commands;
  }
  // As far as they fit the list's place.
  void Replace(const std::vector<std::vector<uint32_t>>& commands) {
    const int64_t limit = program_.list_bytes / 4;
    words_ = kHeaderWords;
    for (const std::vector<uint32_t>& command : commands)
      for (const uint32_t w : command)
        if (words_ < limit) list_.SetWord(words_++, w);
  }

  const Program& program_;
  const Config& config_;
  ListWords list_;
  Random& random_;
  std::vector<int64_t> at_ = CommandsAt(program_);
  int64_t words_;
  std::string what_;
  bool engine_is_safe_ = true;
};

}  // namespace weft
