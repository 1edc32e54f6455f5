// One output row as a problem of its own: its query, and the keys and values that it sees.
#pragma once

#include <cstdint>
#include <vector>

#include "attnbench/variant.h"

namespace attnbench::measure {

struct QueryRow {
  const Problem& problem;
  const float* q;             ///< [head_dim]
  const float* k;             ///< [kv_len, head_dim]
  const float* v;             ///< [kv_len, head_dim]
  int64_t position;           ///< The query's, among the keys.
  double slope;               ///< ALiBi's; 0 without ALiBi.
  int64_t terms;              ///< Elements of q that are not 0.
  std::vector<int64_t> keys;  ///< Keys that the query sees, ascending.

  int64_t dim() const { return problem.head_dim; }
  const float* key(size_t i) const { return k + keys[i] * problem.head_dim; }
  const float* value(size_t i) const { return v + keys[i] * problem.head_dim; }
  /// Distance of key i from the query; ALiBi subtracts slope times that from the key's score.
  double distance(size_t i) const {
    return static_cast<double>(position < keys[i] ? keys[i] - position : position - keys[i]);
  }
};

/// The row points into `problem` and `inputs`. The query sees the keys of `spans`.
QueryRow query_row(const Problem& problem, const Inputs& inputs, int64_t batch, int64_t head,
                   int64_t query, const std::vector<KeySpan>& spans);

/// The same with the keys that an exact variant states.
QueryRow query_row(const Exact& variant, const Call& call, const Inputs& inputs, int64_t batch,
                   int64_t head, int64_t query);

}  // namespace attnbench::measure
