// SPDX-License-Identifier: Apache-2.0
#include "compiler/program.hpp"

#include "compiler/geometry.hpp"
#include "sw_model/error.hpp"

namespace weft {

int Command::size() const {
  if (op == ListOp::kRead) return kReadWords;
  if (op == ListOp::kEnd) return kListAlign;
  return int(RoundUp(1 + kJobWords + (adds ? kStoreWords : kStorePlainWords), kListAlign));
}

std::optional<Command> Command::OfFirstWord(uint32_t word) {
  const auto op = ListOp(kCommandOpcode.Get(&word));
  if (op == ListOp::kEnd) return Command{};
  if (op == ListOp::kRead) return Command{.op = op, .read = ReadKind(kCommandKind.Get(&word))};
  if (op != ListOp::kJob) return {};
  return Command{.op = op, .stores = kCommandStores.Get(&word) != 0, .adds = kCommandAdds.Get(&word) != 0};
}

uint32_t AlignInWindow(uint64_t offset) {
  const uint64_t aligned = (offset + kWindowAlign - 1) / kWindowAlign * kWindowAlign;
  if (aligned > UINT32_MAX)
    throw Error("the program needs more than 4 GiB of memory; run fewer images at once");
  return uint32_t(aligned);
}

}  // namespace weft
