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

int OutputRows(const Job& job, const Store& store) {
  return store.depthwise ? store.depthwise->out_rows : job.rows;
}

uint32_t MarksOfRows(int64_t rows, int64_t all_rows, int mark_rows) {
  if (rows >= all_rows) return mark_rows == 0 ? 1 : uint32_t(CeilDiv(all_rows, mark_rows));
  return mark_rows == 0 ? 0 : uint32_t(rows / mark_rows);
}

uint32_t MarksOf(const Job& job, const Store& store) {
  const int64_t rows = int64_t{job.lines.images} * OutputRows(job, store);
  return job.rows == 0 ? 0 : MarksOfRows(rows, rows, store.mark_rows);
}

bool EndsWithMark(const Job& job, const Store& store, int64_t row) {
  const int64_t rows = int64_t{job.lines.images} * OutputRows(job, store);
  return MarksOfRows(row + 1, rows, store.mark_rows) > MarksOfRows(row, rows, store.mark_rows);
}

uint32_t AlignInWindow(uint64_t offset) {
  const uint64_t aligned = (offset + kWindowAlign - 1) / kWindowAlign * kWindowAlign;
  if (aligned > UINT32_MAX)
    throw Error("the program needs more than 4 GiB of memory; run fewer images at once");
  return uint32_t(aligned);
}

}  // namespace weft
