// SPDX-License-Identifier: Apache-2.0
// Makes nodes of a Graph from expressions: what of them the accelerator can do, with the bits of ONNX
// Runtime's kernels or of TensorFlow Lite's, and the rest as work of the host.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/graph/graph.hpp"
#include "compiler/onnx/onnx_expr.hpp"

namespace weft {

class OnnxEmitter {
 public:
  OnnxEmitter(Graph* graph, Rounding rounding) : graph_(*graph), rounding_(rounding) {}

  // A tensor of the Graph that holds such a value of the file.
  onnx_expr::Quantised AddTensor(const std::string& name, const onnx_expr::Dims& dims,
                                 const onnx_expr::Codes& codes);

  // The expression in codes, by QuantizeLinear: a tensor named `output`, or one that exists already.
  onnx_expr::Quantised Quantise(const onnx_expr::ExprPtr& expr, const onnx_expr::Codes& codes,
                                const std::string& output, const onnx_expr::ClampOp& clamp = {});

  // The expression in codes that lose nothing, if it has such: a tensor, or a selection of one.
  std::optional<onnx_expr::Quantised> Lossless(const onnx_expr::ExprPtr& expr, bool with_clamps);

  // The expression as float32, by the host; of a softmax that ends a network its probabilities.
  int Real(const onnx_expr::ExprPtr& expr);

  // The same value in a tensor whose order in memory is that of its dims.
  onnx_expr::Quantised Proper(const onnx_expr::Quantised& value, const std::string& name);
  onnx_expr::Quantised Select(const onnx_expr::Quantised& in, const onnx_expr::MoveOp& move,
                              const onnx_expr::Dims& dims, const std::string& name,
                              const std::string& output);
  // Gives the graph's input its scale; throws Error if it has another one.
  void GiveScale(const onnx_expr::Codes& codes);
  // How a user sees an output: writes the axes of its tensor, or makes a tensor that can tell them.
  int Output(const onnx_expr::Quantised& value, const std::string& name);

 private:
  using Expr = onnx_expr::Expr;
  using ExprPtr = onnx_expr::ExprPtr;
  using Quantised = onnx_expr::Quantised;
  using Codes = onnx_expr::Codes;
  using Clamp = onnx_expr::ClampOp;
  // What is to be made: the expression, its codes and clamp, and the tensor's name.
  struct Order {
    ExprPtr expr;
    Codes codes;
    Clamp clamp;
    std::string output;
    [[nodiscard]] int Lowest() const { return golden::Quantise(clamp.lo, codes); }
    [[nodiscard]] int Highest() const { return golden::Quantise(clamp.hi, codes); }
    [[nodiscard]] bool ClampIsVoid() const;  // it bounds nothing that the codes do not bound
  };

  const TensorInfo& Info(int tensor) const { return graph_.tensors[size_t(tensor)]; }
  Quantised Emit(Node node, const onnx_expr::Dims& dims, const Codes& codes, const std::string& output);
  // The same for a node whose output lies in memory as `in` does.
  Quantised EmitLike(Node node, const Quantised& in, const Codes& codes, const std::string& output);
  Quantised Selection(const Quantised& in, const std::vector<int32_t>& from, const onnx_expr::Dims& dims,
                      int fill, const std::string& name, const std::string& output);

  std::optional<Quantised> Sum(const Order& order);  // Conv, Gemm, MatMul
  std::optional<Quantised> Transposed(const Order& order);
  std::optional<Quantised> Average(const Order& order);
  Quantised Join(const Order& order);
  Quantised Pooled(const Quantised& in, const Expr& pool, const std::string& output);
  TableI8 RescaleTable(const Order& order, const Codes& from) const;
  Quantised Rescaled(const Order& order, const Quantised& in);
  std::optional<Quantised> Table(const Order& order);
  std::optional<Quantised> Softmax(const Order& order);
  Quantised OnHost(const Order& order);

  // What the host computes in float32, from the tensors that it begins with.
  struct Island {
    struct Leaf {
      const Expr* expr;
      Quantised value;
      std::vector<int32_t> offsets;
    };
    std::vector<Leaf> leaves;
    std::vector<int> inputs;           // the tensor of each
    const Expr* real_input = nullptr;  // instead of tensors: the graph's input before its QuantizeLinear
    [[nodiscard]] onnx_expr::FloatArray Run(const Expr& root, const std::vector<const TensorI8*>& tensors,
                                            size_t image) const;
  };
  Island MakeIsland(const Expr& root);
  Quantised OfRealInput(const Order& order, const Expr& real_input);

  std::optional<Quantised> Operand(const ExprPtr& expr) { return Lossless(expr, false); }
  bool Operands(const ExprPtr& expr, std::vector<std::pair<ExprPtr, Quantised>>* found);
  TableI8 OneTable(const Order& order, const Expr* in, const Codes& codes);
  std::optional<Quantised> PairOf(const Order& order, std::vector<std::pair<ExprPtr, Quantised>> operands);
  bool IsFused(const Order& order) const;
  ConvLayer Layer(const Order& order, const Quantised& in, TensorI8 filters,
                  const std::vector<float>& scales);
  Quantised Repeated(const Quantised& in, int times, const std::string& name);
  std::optional<std::vector<int32_t>> Bias(const Expr& expr, const Quantised& in,
                                           const std::vector<float>& scales);

  Graph& graph_;
  Rounding rounding_;
  bool input_has_scale_ = false;
  std::optional<Order> of_real_input_;  // whose codes Graph::input has then
};

Shape PhysicalShape(const onnx_expr::Dims& dims);
std::vector<int32_t> Offsets(const onnx_expr::Quantised& value, const Shape& shape);

}  // namespace weft
