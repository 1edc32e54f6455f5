// What a variant's definition says of output rows, in double, and how far float32 may stray from
// it.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "attnbench/variant.h"
#include "measure/query_row.h"

namespace attnbench::measure {

/// One row of an output.
struct RowTruth {
  std::vector<double> out;    ///< [head_dim]
  std::vector<double> bound;  ///< How far each element may be off; empty if none was asked for.
  /// The query with the keys that it sees; null if the variant is no softmax over keys.
  const QueryRow* query = nullptr;
  /// The smallest weight of any key that the query sees; 0 without keys.
  double least_weight = 0;
  /// Why the output is wrong whatever it holds, as a key was selected that should not be, or why it
  /// can't be judged; mostly empty.
  std::string objection = {};
  /// Whether float32 can evaluate the definition. If not, even a right kernel has no chance.
  bool judgeable = true;
};

/// Called for each row, by its place among those asked for, from several threads at a time.
using TakeTruth = std::function<void(size_t place, const RowTruth& truth)>;

enum class Bounds {
  kWanted,
  kInDoubt,  ///< By more evaluations of a definition in float32, as an output is beyond its bound.
  kUnwanted,
};

/// Says of each of `rows` (ascending, numbered as in Rows) what the variant's output should be for
/// these inputs: by the keys that it sees if it is a softmax over keys, else by its definition. Of
/// a variant in which the data decide, asks for its decisions and judges them first. Throws
/// std::bad_alloc.
void tell_truth(const Variant& variant, const Call& call, const Inputs& inputs,
                std::span<const int64_t> rows, Bounds bounds, const TakeTruth& take);

/// The truths of rows of a definition [rows, dim] whose bounds are estimated together, from the
/// mean squared errors of float32 (see replicas.h). If `squares` is empty, there are no bounds.
std::vector<RowTruth> replicated_truths(std::span<const double> out,
                                        std::span<const double> squares, int64_t dim);

}  // namespace attnbench::measure
