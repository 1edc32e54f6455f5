// A case whose inputs a probe may change between calls of forward.
#pragma once

#include <stdexcept>
#include <vector>

#include "attnbench/variant.h"
#include "machine/buffer.h"
#include "measure/inputs.h"

namespace attnbench::measure {

/// The last query's output rows of all heads: [batch, heads, head_dim].
using LastRows = std::vector<float>;

/// A call gave nothing that a probe can use; the message says what.
class NoProbe : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class ProbeBench {
 public:
  ProbeBench(const Variant& variant, const Call& call, uint64_t seed);

  /// Draws all of q, k and v anew.
  void draw(uint64_t seed);
  /// Exchanges one token's rows of q (if it has a query), k and v with those of `others`.
  void swap_token(InputSet& others, int64_t position);
  /// Permutes the rows of k and v of the `count` tokens before the last one, in all heads alike.
  void shuffle_tokens(int64_t count, uint64_t seed);
  /// Calls forward. Throws NoProbe if an element of the output is not finite or was not written.
  LastRows last_rows();

  const Problem& problem() const { return call_.problem; }
  /// For writing.
  float* q_row(int64_t batch, int64_t head, int64_t query);
  float* k_row(int64_t batch, int64_t kv_head, int64_t position);
  float* v_row(int64_t batch, int64_t kv_head, int64_t position);

 private:
  const Variant& variant_;
  const Call& call_;
  InputSet inputs_;
  machine::Buffer out_, workspace_;
};

}  // namespace attnbench::measure
