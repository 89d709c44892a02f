// SPDX-License-Identifier: Apache-2.0
// Tensors that a run writes, as the model's own runtime has them: its types, its axes, all images.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "sim/backends/backend.hpp"
#include "sim/cli/npy.hpp"

namespace weft {

// A tensor of the graph as an array of the file's axes: int8 or uint8 codes, or real values, scale * (q -
// zero point) in float32. `reals` has those of a tensor that is real in the file, else it is nullptr.
NpyArray ToArray(const TensorI8& tensor, const TensorInfo& info, ElementType type,
                 const std::vector<float>* reals);

// The same of a tensor of a batch, behind those of the batches before it; there are `images` images then.
void AddBatch(const Graph& graph, const NetworkResult& batch, int tensor, ElementType type, int images,
              NpyArray* all);

// Names of files for names of tensors: what a file system cannot hold becomes %XX, long names are cut, all
// are different. Without the ending, which has at most 16 bytes.
std::vector<std::string> FileNames(const std::vector<std::string>& names);

std::string PortName(const Graph& graph, const Port& port);
const char* TypeName(ElementType type);      // "float32", "int8", "uint8"
ElementType TypeOf(const TensorInfo& info);  // in the file
int FileZeroPoint(const TensorInfo& info);   // of the file's codes
const char* OriginName(Origin origin);       // "input", "golden", "rtl", ...; "" of kNone

// The model's outputs, of all batches of a run.
class Outputs {
 public:
  // A name that ends in .npz holds them all; of several outputs a .npy has {name} in its name. Empty: none is
  // written, and they are kept only if `keep`. Throws Error for any other name, and for a folder that is not
  // there.
  Outputs(const Graph& graph, std::string path, bool keep = false);
  void Add(const NetworkResult& batch);
  void Write() const;

  struct Entry {
    std::string name, file;      // file: empty if none is written
    std::vector<int64_t> shape;  // with all images
    ElementType type = ElementType::kFloat32;
  };
  [[nodiscard]] std::vector<Entry> Entries(int images) const;
  [[nodiscard]] const std::vector<NpyArray>& arrays() const { return arrays_; }  // one an output

 private:
  [[nodiscard]] std::string FileOf(size_t output) const;
  const Graph& graph_;
  std::string path_;
  bool keep_;
  std::vector<std::string> names_;  // of the outputs
  std::vector<NpyArray> arrays_;    // one an output
  int images_ = 0;
};

// Every tensor of the graph, one .npy each, and tensors.json, which says what they are.
class Dump {
 public:
  Dump(const Graph& graph, std::filesystem::path folder, int images);  // makes the folder
  void Add(const NetworkResult& batch);
  void WriteManifest() const;

  [[nodiscard]] int count() const;   // tensors that were written
  [[nodiscard]] int inside() const;  // ... of them those that the RTL has not left in memory

 private:
  const Graph& graph_;
  std::filesystem::path folder_;
  int images_, batches_ = 0;
  std::vector<std::string> files_;            // one a tensor
  std::vector<std::vector<int64_t>> shapes_;  // as written; empty: not written
  std::vector<Origin> origins_;
};

}  // namespace weft
