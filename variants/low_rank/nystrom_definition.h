// The definition of nystrom, by plain loops.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "attnbench/problem.h"

namespace attnbench {

/// One head: softmax(q k~^T) Z softmax(q~ k^T) v, with landmarks q~ and k~ and all scores scaled by
/// 1 / sqrt(d) if nothing else is asked for. Z approximates the pseudo-inverse of softmax(q~ k~^T),
/// as in the paper's algorithm 1. A matrix is a vector of its rows, one after the other.
///
/// In float32 it is the measure of what rounding does to right kernels, and is written to be one:
/// power() and landmark_weights() round less well, and in other ways, than the plainest code would.
/// In double that makes no difference that counts.
template <class Real>
class HeadDefinition {
 public:
  HeadDefinition(const Problem& p, int64_t landmarks, int64_t iterations, const float* q,
                 const float* k, const float* v)
      : dim_(p.head_dim),
        m_(landmarks),
        scale_(static_cast<Real>(score_scale(p))),
        keys_(transposed(means(k, p.kv_len).data(), landmarks)) {
    const std::vector<Real> queries = means(q, p.q_len);
    const std::vector<Real> all_keys = transposed(k, p.kv_len);
    std::vector<Real> scores, values;
    for (int64_t i = 0; i < m_; ++i) {
      const Real* const query = queries.data() + i * dim_;
      append(landmark_weights(query), scores);
      append(weighed(weights(query, all_keys), v), values);
    }
    values_ = product(pseudo_inverse(scores, iterations), values, dim_);
  }

  /// The output of one query.
  void define(const float* q, Real* out) const {
    const std::vector<Real> row = weighed(weights(q, keys_), values_.data());
    std::copy(row.begin(), row.end(), out);
  }

 private:
  /// Sums of more terms than this are made of sums of so many.
  static constexpr int64_t kBlock = 256;
  static constexpr Real kLog2E = Real(1.4426950408889634);

  static void append(const std::vector<Real>& row, std::vector<Real>& matrix) {
    matrix.insert(matrix.end(), row.begin(), row.end());
  }

  std::vector<Real> means(const float* x, int64_t n) const {
    std::vector<Real> all;
    for (int64_t segment = 0; segment < m_; ++segment) {
      const int64_t begin = segment * n / m_, end = (segment + 1) * n / m_;
      const std::vector<Real> ones(static_cast<size_t>(end - begin), Real(1));
      for (const Real sum : weighed(ones, x + begin * dim_))
        all.push_back(sum / static_cast<Real>(end - begin));
    }
    return all;
  }

  /// 2^x as the fourth power of a root, which in float32 is within a few units in the last place,
  /// as those of fast kernels are, and not within one, as the library's: the pseudo-inverse
  /// enlarges the difference. For the same reason it is zero if it is close to the smallest normal
  /// number: kernels flush denormals to zero, after scaling them in their own ways.
  static Real power(Real x) {
    const Real root = std::exp2(x / 4);
    const Real y = (root * root) * (root * root);
    return y < std::numeric_limits<Real>::min() * Real(0x1p18) ? Real(0) : y;
  }

  /// The softmax of a query's scores with keys [dim, n].
  template <class Query>
  std::vector<Real> weights(const Query* q, const std::vector<Real>& keys) const {
    std::vector<Real> row(keys.size() / static_cast<size_t>(dim_), Real(0));
    for (int64_t i = 0; i < dim_; ++i)
      for (size_t j = 0; j < row.size(); ++j)
        row[j] += Real(q[i]) * keys[static_cast<size_t>(i) * row.size() + j];
    for (Real& score : row) score *= scale_ * kLog2E;
    const Real top = *std::max_element(row.begin(), row.end());
    Real sum = 0;
    for (auto first = row.begin(); first != row.end();) {
      const auto end = first + std::min<ptrdiff_t>(kBlock, row.end() - first);
      Real some = 0;
      for (; first != end; ++first) some += * first = power(*first - top);
      sum += some;
    }
    for (Real& weight : row) weight /= sum;
    return row;
  }

  /// The softmax of a landmark's scores with the landmarks of keys, rounded in another way than
  /// weights() rounds: a kernel may do so, too, and the pseudo-inverse enlarges the difference. If
  /// both were rounded alike, the error of a query that is its own landmark would cancel out here,
  /// but not in a right kernel.
  std::vector<Real> landmark_weights(const Real* q) const {
    std::vector<Real> row(static_cast<size_t>(m_), Real(0));
    for (int64_t j = 0; j < m_; ++j)
      for (int64_t i = 0; i < dim_; ++i)
        row[static_cast<size_t>(j)] += scale_ * q[i] * keys_[static_cast<size_t>(i * m_ + j)];
    const Real top = *std::max_element(row.begin(), row.end());
    Real sum = 0;
    for (const Real score : row) sum += power((score - top) * kLog2E);
    for (Real& score : row) score = power((score - top - std::log(sum)) * kLog2E);
    return row;
  }

  /// The transpose of a matrix [n, dim].
  template <class Key>
  std::vector<Real> transposed(const Key* x, int64_t n) const {
    std::vector<Real> columns(static_cast<size_t>(n * dim_));
    for (int64_t j = 0; j < n; ++j)
      for (int64_t i = 0; i < dim_; ++i)
        columns[static_cast<size_t>(i * n + j)] = Real(x[j * dim_ + i]);
    return columns;
  }

  /// A row times a matrix of as many rows [.., dim].
  template <class Value>
  static std::vector<Real> weighed(const Real* row, int64_t n, const Value* x, int64_t dim) {
    std::vector<Real> sums(static_cast<size_t>(dim)), some(sums);
    for (int64_t first = 0; first < n; first += kBlock) {
      std::fill(some.begin(), some.end(), Real(0));
      for (int64_t j = first; j < std::min(first + kBlock, n); ++j)
        for (size_t i = 0; i < some.size(); ++i)
          some[i] += row[j] * Real(x[static_cast<size_t>(j * dim) + i]);
      for (size_t i = 0; i < some.size(); ++i) sums[i] += some[i];
    }
    return sums;
  }
  template <class Value>
  std::vector<Real> weighed(const std::vector<Real>& row, const Value* x) const {
    return weighed(row.data(), std::ssize(row), x, dim_);
  }

  /// The product of a matrix [landmarks, landmarks] and one [landmarks, dim].
  std::vector<Real> product(const std::vector<Real>& a, const std::vector<Real>& b,
                            int64_t dim) const {
    std::vector<Real> all;
    for (int64_t i = 0; i < m_; ++i) append(weighed(a.data() + i * m_, m_, b.data(), dim), all);
    return all;
  }

  /// Equation 11, from Z_0 = A^T / (||A||_1 ||A||_inf).
  std::vector<Real> pseudo_inverse(const std::vector<Real>& a, int64_t iterations) const {
    const auto m = static_cast<size_t>(m_);
    Real largest_column = 0, largest_row = 0;
    std::vector<Real> z(m * m);
    for (size_t i = 0; i < m; ++i) {
      Real column = 0, row = 0;
      for (size_t j = 0; j < m; ++j) {
        column += a[j * m + i];
        row += a[i * m + j];
        z[i * m + j] = a[j * m + i];
      }
      largest_column = std::max(largest_column, column);
      largest_row = std::max(largest_row, row);
    }
    for (Real& x : z) x /= largest_column * largest_row;
    const auto less = [&](Real diagonal, std::vector<Real> x) {
      for (size_t i = 0; i < x.size(); ++i) x[i] = (i % (m + 1) == 0 ? diagonal : Real(0)) - x[i];
      return x;
    };
    for (int64_t j = 0; j < iterations; ++j) {
      const std::vector<Real> az = product(a, z, m_);
      std::vector<Real> factor = less(15, product(az, less(7, az), m_));
      factor = less(13, product(az, factor, m_));
      z = product(z, factor, m_);
      for (Real& x : z) x /= 4;
    }
    return z;
  }

  const int64_t dim_, m_;
  const Real scale_;
  std::vector<Real> keys_, values_;
};

}  // namespace attnbench
