// SPDX-License-Identifier: Apache-2.0
#include "compiler/tflite/tflite_reader.hpp"

#include <set>

#include "compiler/tflite/tflite_access.hpp"
#include "compiler/tflite/tflite_translator.hpp"
#include "sw_model/error.hpp"

namespace weft {
namespace {

// All operators that are not supported at once, so that nobody finds them one after the other.
void CheckOperators(const TfliteModel& model) {
  std::set<std::string> unknown;
  for (const TfliteOperator& op : model.operators)
    if (!TfliteTranslator::Supports(op.code)) unknown.insert(op.label);
  if (unknown.empty()) return;
  throw Error("{} not supported: {}; leave {} to the program that uses the model",
              unknown.size() == 1 ? "an operator is" : "some operators are", fmt::join(unknown, ", "),
              unknown.size() == 1 ? "it" : "them");
}

}  // namespace

Graph ParseTflite(std::string_view file_contents) {
  const TfliteModel model(file_contents);
  CheckOperators(model);
  Graph graph;
  TfliteTranslator translator(model, &graph);
  for (const TfliteOperator& op : model.operators) translator.Read(op);
  translator.Finish();
  if (graph.nodes.empty()) throw Error("the model has no layer");
  if (!model.description.empty()) graph.metadata["description"] = model.description;
  return graph;
}

std::vector<OperatorRow> TfliteOperatorRows() { return TfliteTranslator::Operators(); }

}  // namespace weft
