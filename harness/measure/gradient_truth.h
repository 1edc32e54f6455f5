// What the gradients of softmax over visible keys should be, in double, and how far float32 may
// stray from them.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "attnbench/training.h"
#include "measure/truth.h"

namespace attnbench::measure {

/// What a thread needs for each key of a query whose gradients it tells.
inline constexpr int64_t kGradientBytesAKey = 256;
/// What more than one thread's memory may be taken, for more threads and for what queries add to
/// keys.
inline constexpr int64_t kSpareGradientBytes = int64_t{512} << 20;

/// Says of each of `rows` (numbered as in Rows) what its row of d_q should be, given d_out. Calls
/// `take` from several threads at a time, with the row's place among `rows`. Throws std::bad_alloc.
void tell_query_gradients(const Exact& variant, const Call& call, const Inputs& inputs,
                          const Tensor<const float>& d_out, std::span<const int64_t> rows,
                          const TakeTruth& take);

/// Called for each key, by its place among those asked for, from several threads at a time.
using TakeKeyTruth = std::function<void(size_t place, const RowTruth& d_k, const RowTruth& d_v)>;

/// The same of d_k and d_v, for some keys of one key head, ascending. `rows` (ascending)
/// are all rows of the key head's query heads in which d_out is not all 0.
void tell_key_gradients(const Exact& variant, const Call& call, const Inputs& inputs,
                        const Tensor<const float>& d_out, std::span<const int64_t> rows,
                        std::span<const int64_t> keys, const TakeKeyTruth& take);

}  // namespace attnbench::measure
