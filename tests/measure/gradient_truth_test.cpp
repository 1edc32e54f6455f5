// Tests of how much memory telling gradients takes.
#include "measure/gradient_truth.h"

#include <omp.h>

#include <numeric>
#include <vector>

#include "catch.h"
#include "measure/inputs.h"
#include "measure/memory.h"
#include "trained_variants.h"

#ifndef ATTNBENCH_SANITIZED  // Else nobody counts what comes from malloc.

namespace attnbench::measure {
namespace {

/// Rows of queries that see all keys, of a head_dim of 1, with d_out.
class LongRows {
 public:
  LongRows(int64_t rows, int64_t keys)
      : call_{{1, 1, 1, rows, keys, 1, false}, nullptr, 1},
        inputs_(call_.problem, 3, InputStyle::kNormal),
        d_out_(static_cast<size_t>(rows), 1.0f),
        rows_(static_cast<size_t>(rows)) {
    std::iota(rows_.begin(), rows_.end(), 0);
  }

  int64_t peak_of_d_q() const {
    return heap_peak_of([&] {
             tell_query_gradients(variant_, call_, inputs_.view(), d_out(), rows_,
                                  [](size_t, const RowTruth&) {});
           })
        .bytes.value();
  }
  /// The memory to tell d_k and d_v of all keys from some of the rows.
  int64_t peak_of_d_k(size_t rows) const {
    std::vector<int64_t> keys(static_cast<size_t>(call_.problem.kv_len));
    std::iota(keys.begin(), keys.end(), 0);
    return heap_peak_of([&] {
             tell_key_gradients(variant_, call_, inputs_.view(), d_out(),
                                std::span(rows_).first(rows), keys,
                                [](size_t, const RowTruth&, const RowTruth&) {});
           })
        .bytes.value();
  }

 private:
  Tensor<const float> d_out() const { return {d_out_.data(), 1, 1, call_.problem.q_len, 1}; }

  test::Trained variant_;
  Call call_;
  InputSet inputs_;
  std::vector<float> d_out_;
  std::vector<int64_t> rows_;
};

/// Sets how many threads OpenMP may start while it lives.
class Threads {
 public:
  explicit Threads(int threads) { omp_set_num_threads(threads); }
  ~Threads() { omp_set_num_threads(before_); }

 private:
  int before_ = omp_get_max_threads();
};

TEST_CASE("Telling gradients of long rows on many threads takes no more than it may") {
  constexpr int64_t kKeys = int64_t{1} << 20;
  {
    const Threads one(1);
    CHECK(LongRows(1, kKeys).peak_of_d_q() <= kGradientBytesAKey * kKeys);
  }
  const Threads many(8);
  CHECK(LongRows(8, kKeys).peak_of_d_q() <= kGradientBytesAKey * kKeys + kSpareGradientBytes);
}

TEST_CASE("What many queries add to many keys takes no more memory than it may") {
  constexpr int64_t kKeys = int64_t{1} << 18;
  const LongRows rows(32, kKeys);
  const int64_t of_sums = rows.peak_of_d_k(0);
  CHECK(rows.peak_of_d_k(32) - of_sums <= kGradientBytesAKey * kKeys + kSpareGradientBytes);
}

}  // namespace
}  // namespace attnbench::measure

#endif
