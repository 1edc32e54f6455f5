// Softmax attention of some query rows over ranges of keys, one range after another. In each, a row
// sees two ranges of its own.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "attnbench/variant.h"
#include "kernels/dense.h"
#include "kernels/divide.h"
#include "kernels/exp2.h"
#include "kernels/matrix.h"
#include "kernels/vectors.h"

namespace attnbench::kernels {

/// Two ranges of keys, the second behind the first; each may be empty.
struct TwoRanges {
  Range parts[2];
};

/// The online softmax of up to kMostRows consecutive rows of q. Construct it, add ranges of keys,
/// then finish().
class RowsOverRanges {
 public:
  static constexpr int64_t kMostRows = 96;

  /// How many floats of scratch it takes.
  static int64_t floats(int64_t head_dim) {
    return round_up(kMostRows * (kChunk + head_dim + 2), 16);
  }

  RowsOverRanges(const Problem& p, const float* q, float* out, int64_t rows, float* scratch)
      : p_(p),
        q_(q),
        out_(out),
        rows_(rows),
        scores_(scratch),
        products_(scores_ + kMostRows * kChunk),
        references_(products_ + kMostRows * p.head_dim),
        sums_(references_ + kMostRows) {
    std::fill_n(out_, rows_ * p_.head_dim, 0.0f);
    std::fill_n(references_, rows_, -INFINITY);
    std::fill_n(sums_, rows_, 0.0f);
  }

  /// Attends the keys from begin to end - 1. seen_of(row) says which keys a row sees, among these
  /// and others. A key's weight is 2^bias times as large as its score makes it.
  template <class SeenOf>
  void add(const float* k, const float* v, int64_t begin, int64_t end, float bias,
           const SeenOf& seen_of) {
    for (int64_t key = begin; key < end; key += kChunk) {
      const int64_t keys = std::min(kChunk, end - key);
      float factors[kMostRows];
      multiply_keys(q_, rows_, k + key * p_.head_dim, keys, p_.head_dim, scores_, kChunk);
      for (int64_t row = 0; row < rows_; ++row)
        factors[row] = weigh(row, cut(seen_of(row), key, keys), bias, keys);
      multiply_values(scores_, kChunk, rows_, v + key * p_.head_dim, keys, p_.head_dim, products_);
      for (int64_t row = 0; row < rows_; ++row) {
        float* const out = out_ + row * p_.head_dim;
        for_each_vector(p_.head_dim, [&](auto d, int64_t i) {
          const auto earlier = hn::Mul(hn::LoadU(d, out + i), hn::Set(d, factors[row]));
          hn::StoreU(hn::Add(earlier, hn::LoadU(d, products_ + row * p_.head_dim + i)), d, out + i);
        });
      }
    }
  }

  /// Divides by the sums of weights. Rows that saw no key hold zeros.
  void finish() {
    for (int64_t row = 0; row < rows_; ++row) {
      float* const out = out_ + row * p_.head_dim;
      for (int64_t i = 0; i < p_.head_dim && sums_[row] > 0; ++i) out[i] /= sums_[row];
    }
  }

 private:
  /// Keys that are multiplied at a time.
  static constexpr int64_t kChunk = 512;

  /// What lies within a chunk, counted from its first key.
  static TwoRanges cut(TwoRanges seen, int64_t key, int64_t keys) {
    int64_t from = 0;
    for (Range& part : seen.parts) {
      part.begin = std::clamp<int64_t>(part.begin - key, from, keys);
      part.end = std::clamp<int64_t>(part.end - key, part.begin, keys);
      from = part.end;
    }
    return seen;
  }

  /// Turns one row's products with a chunk into weights in the unit 2^reference, with zeros for
  /// what the row does not see. Returns the factor of earlier weights.
  float weigh(int64_t row, const TwoRanges& seen, float bias, int64_t keys) {
    float* const scores = scores_ + row * kChunk;
    RowSum sums[2]{};
    float top = references_[row];
    int64_t at = 0;
    for (int i = 0; i < 2; ++i) {
      const Range& part = seen.parts[i];
      std::fill(scores + at, scores + part.begin, 0.0f);
      at = part.end;
      if (part.begin == part.end) continue;
      sums[i] = weigh_row(modifiers_of(p_), 0, 0, part.end - part.begin, scores + part.begin);
      top = std::max(top, sums[i].top + bias);
    }
    std::fill(scores + at, scores + keys, 0.0f);
    if (top == -INFINITY) return 0;
    const float earlier = exp2_of(references_[row] - top);
    sums_[row] *= earlier;
    for (int i = 0; i < 2; ++i) {
      if (sums[i].sum == 0) continue;
      const float factor = exp2_of(sums[i].top + bias - top);
      sums_[row] += factor * sums[i].sum;
      for (int64_t j = seen.parts[i].begin; j < seen.parts[i].end; ++j) scores[j] *= factor;
    }
    references_[row] = top;
    return earlier;
  }

  const Problem& p_;
  const float* const q_;
  float* const out_;
  const int64_t rows_;
  float *const scores_, *const products_, *const references_, *const sums_;
};

}  // namespace attnbench::kernels
