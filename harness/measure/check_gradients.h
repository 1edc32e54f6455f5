// Judges what a backward call wrote: every element finite, and sampled rows of each gradient.
#pragma once

#include <cstdint>
#include <string>

#include "attnbench/training.h"
#include "measure/check_output.h"

namespace attnbench::measure {

/// One finished backward call. `variant` is Exact, or a Defined with DifferentiableDefined.
struct BackwardCall {
  const Variant& variant;
  const Call& call;
  const Inputs& inputs;
  Tensor<const float> d_out;
  const Gradients& gradients;
};

/// Judges all gradients. The reason names one: "d_v: batch 0 head 1 key 7 dim 3: expected ...".
///
/// `max_rows` limits the work. Of a variant with a definition of its gradients, as many rows of
/// each gradient are compared. Of an exact variant, the same goes for d_q. Each row of its d_k and
/// d_v depends on all queries that see the key, but for those whose row of d_out is 0. So they are
/// judged if the first and the last key head have no more than `max_rows` rows of d_out together
/// that are not 0, and those of other key heads as far as they fit in, too. If not, "d_k" and "d_v"
/// are not_judged; keep_few_rows makes a d_out for which they are. Throws std::bad_alloc.
Verdict check_gradients(const BackwardCall& done, int64_t max_rows, uint64_t seed);

/// Fills d_out with numbers of mean 0 and variance 1.
void fill_d_out(const Tensor<float>& d_out, uint64_t seed);

/// Zeroes d_out but for `rows` rows, at least 2, which sample_rows chooses among those of all
/// heads; the very first and the very last are always kept. Then all gradients are cheap to know,
/// as they are linear in d_out: check_gradients with max_rows >= rows judges them.
void keep_few_rows(const Tensor<float>& d_out, int64_t rows, uint64_t seed);

/// Fills all gradients as an output is before a call.
void poison(const Gradients& gradients);

/// The digests of all gradients (check_output.h), one after another.
std::string digest(const Gradients& gradients);

}  // namespace attnbench::measure
