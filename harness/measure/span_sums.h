// Sums over the keys of spans, and over the spans of keys, for the cost of reading each span once.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

#include "attnbench/variant.h"

namespace attnbench::measure {

/// The step of a span. A span of one key may have any step, so it counts as contiguous.
int64_t step_of(const KeySpan& span);

/// The order 0, s, 2s, ..., 1, s + 1, ... of keys for one step s, in which every span with that
/// step is contiguous.
struct StepOrder {
  int64_t kv_len, step;

  int64_t place(int64_t key) const {
    const int64_t residue = key % step;
    return residue * (kv_len / step) + std::min(residue, kv_len % step) + key / step;
  }
};

/// Some neighbouring columns of whole numbers, of which there is a row for each key.
struct Columns {
  const float* v;  ///< The first column, in the first key's row.
  int64_t stride;  ///< From one key's row to the next.
  int64_t count;
};

/// Sums over the keys of spans with one step, by running sums.
class RunningSums {
 public:
  RunningSums(const Columns& columns, int64_t kv_len, int64_t step);

  /// `keys` is the number of the span's keys. Adds to `sums`, which has one for each column.
  void add_span(const KeySpan& span, int64_t keys, int32_t* sums) const {
    const int32_t* const before = sums_.data() + order_.place(span.begin) * columns_;
    const int32_t* const after = before + keys * columns_;
    for (int64_t c = 0; c < columns_; ++c) sums[c] += after[c] - before[c];
  }

 private:
  int64_t columns_;
  StepOrder order_;
  std::vector<int32_t> sums_;
};

/// The other way round: of each key, sums of what the spans that have it are worth.
class KeyTotals {
 public:
  KeyTotals(int64_t kv_len, int64_t columns) : kv_len_(kv_len), columns_(columns) {}

  /// Each key of the span is given `values`, one for each column.
  void add_span(const KeySpan& span, const double* values);
  /// The totals of all keys: [kv_len, columns]. Nothing can be added after that.
  std::vector<double> take();

 private:
  int64_t kv_len_, columns_;
  /// By step and in its order: by how much a key's totals exceed those of the key before.
  std::map<int64_t, std::vector<double>> rises_;
};

}  // namespace attnbench::measure
