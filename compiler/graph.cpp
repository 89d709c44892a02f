#include "compiler/graph.hpp"

namespace weft {

const char* OpName(Op op) {
  switch (op) {
    case Op::kConv:
      return "conv";
    case Op::kMaxPool:
      return "max_pool";
    case Op::kAveragePool:
      return "average_pool";
    case Op::kSoftmax:
      return "softmax";
  }
  return "unknown";
}

}  // namespace weft
