// SPDX-License-Identifier: Apache-2.0
// The coverage counts of Verilated models (make coverage), each a line of Verilator's coverage files. A
// model's counts die with the model: KeepCoverage, called before that, keeps of each the largest that one
// model had, because two edges in one model are a rise and a fall, and in two models may be the same edge
// twice. The process leaves them in a file of its own in $WEFT_COVERAGE_DIR.
#pragma once

#include <verilated.h>

#if VM_COVERAGE
#include <fmt/format.h>
#include <unistd.h>
#include <verilated_cov.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

namespace weft {

class CoverageFile {
 public:
  ~CoverageFile() {
    if (counts_.empty()) return;
    std::ofstream out(Name());
    out << "# SystemC::Coverage-3\n";
    for (const auto& [point, count] : counts_) out << point << count << '\n';
  }

  void Keep(VerilatedContext* context) {
    if (std::getenv("WEFT_COVERAGE_DIR") == nullptr) return;
    context->coveragep()->forcePerInstance(true);
    context->coveragep()->write(Name().c_str());  // only Verilator's own writer knows the points
    std::ifstream in(Name());
    for (std::string line; std::getline(in, line);) {
      const size_t end = line.rfind(' ') + 1;
      if (line[0] != 'C') continue;
      uint64_t& count = counts_[line.substr(0, end)];
      count = std::max<uint64_t>(count, std::stoull(line.substr(end)));
    }
  }

 private:
  // One of a process and a library: `this` tells libraries apart.
  std::string Name() const {
    return fmt::format("{}/{}-{}.dat", std::getenv("WEFT_COVERAGE_DIR"), getpid(), fmt::ptr(this));
  }
  std::map<std::string, uint64_t> counts_;
};

inline void KeepCoverage(VerilatedContext* context) {
  static CoverageFile file;
  file.Keep(context);
}

}  // namespace weft
#else
namespace weft {
inline void KeepCoverage(VerilatedContext*) {}
}  // namespace weft
#endif
