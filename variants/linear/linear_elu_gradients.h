// The definition of linear_elu's gradients, and of its feature map.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "attnbench/training.h"

namespace attnbench::linear_elu {

/// What the authors' code (fast-transformers) adds to the sum of weights, lest it be zero.
inline constexpr double kEpsilon = 1e-6;

/// elu(x) + 1.
template <class Real>
std::vector<Real> phi_of(const float* x, int64_t n) {
  std::vector<Real> phi(static_cast<size_t>(n));
  for (size_t i = 0; i < phi.size(); ++i) phi[i] = x[i] > 0 ? Real(x[i]) + 1 : std::exp(Real(x[i]));
  return phi;
}

/// A sum of x y^T over pairs of a column x and a row y. A block of terms is summed up before it is
/// added to the others.
template <class Real>
class SumOfProducts {
 public:
  SumOfProducts(size_t rows, size_t columns)
      : rows_(rows), columns_(columns), total_(rows * columns), block_(rows * columns) {}

  void add(const std::vector<Real>& x, const std::vector<Real>& y) {
    for (size_t i = 0; i < rows_; ++i)
      for (size_t j = 0; j < columns_; ++j) block_[i * columns_ + j] += x[i] * y[j];
    if (++terms_ % 256 != 0) return;
    for (size_t i = 0; i < total_.size(); ++i) total_[i] += std::exchange(block_[i], Real(0));
  }

  /// The row x^T times the sum.
  std::vector<Real> times_row(const std::vector<Real>& x) const {
    std::vector<Real> product(columns_);
    for (size_t i = 0; i < rows_; ++i)
      for (size_t j = 0; j < columns_; ++j) product[j] += x[i] * at(i, j);
    return product;
  }
  /// The sum times the column y.
  std::vector<Real> times_column(const std::vector<Real>& y) const {
    std::vector<Real> product(rows_);
    for (size_t i = 0; i < rows_; ++i)
      for (size_t j = 0; j < columns_; ++j) product[i] += at(i, j) * y[j];
    return product;
  }

 private:
  Real at(size_t i, size_t j) const { return total_[i * columns_ + j] + block_[i * columns_ + j]; }

  size_t rows_, columns_, terms_ = 0;
  std::vector<Real> total_, block_;
};

/// The gradients of one key head and of the query heads that share it, by equations 13 to 15 of
/// Katharopoulos et al. 2020 and their algorithm 1. With s the sum of phi(k_j) v_j^T over the keys
/// that query i sees, the gradient of phi(q_i) is s times the gradient of the numerator of out_i.
/// With r the sum of phi(q_i) times that gradient, over the queries that see key j, the gradient of
/// phi(k_j) is r v_j, and that of v_j is r^T phi(k_j). The denominator is one more element of the
/// numerator, for which every value is 1.
template <class Real>
class HeadGradients {
 public:
  HeadGradients(const Problem& p, const Inputs& in, const Tensor<const float>& d_out, int64_t head)
      : p_(p),
        k_(in.k.data + head * p.kv_len * p.head_dim),
        v_(in.v.data + head * p.kv_len * p.head_dim),
        rows_(p.heads / p.kv_heads * p.q_len),
        q_(in.q.data + head * rows_ * p.head_dim),
        d_out_(d_out.data + head * rows_ * p.head_dim),
        head_(head),
        d_numerators_(static_cast<size_t>(rows_)) {}

  void define(const DefinedGradients<Real>& to) {
    const int64_t d = p_.head_dim, n = p_.kv_len;
    Real* const d_q = to.q + head_ * rows_ * d;
    SumOfProducts<Real> keys(dim(), dim() + 1), queries(dim(), dim() + 1);
    for (int64_t key = 0; key < n; ++key) {
      keys.add(phi_of<Real>(k_ + key * d, d), value(key));
      for_each_row_at(key, [&](int64_t row, std::vector<Real>& d_numerator) {
        d_numerator = differentiate(row, keys);
        write(q_ + row * d, keys.times_column(d_numerator), d_q + row * d);
      });
    }
    for (int64_t key = n - 1; key >= 0; --key) {
      for_each_row_at(key, [&](int64_t row, const std::vector<Real>& d_numerator) {
        queries.add(phi_of<Real>(q_ + row * d, d), d_numerator);
      });
      write(k_ + key * d, queries.times_column(value(key)), to.k + (head_ * n + key) * d);
      const std::vector<Real> d_value = queries.times_row(phi_of<Real>(k_ + key * d, d));
      std::copy_n(d_value.begin(), d, to.v + (head_ * n + key) * d);
    }
  }

 private:
  size_t dim() const { return static_cast<size_t>(p_.head_dim); }

  /// Calls visit(row, d_numerator) for the rows of q that see this key and none behind it.
  template <class Visit>
  void for_each_row_at(int64_t key, const Visit& visit) {
    for (int64_t first = 0; first < rows_; first += p_.q_len) {
      const int64_t query =
          key - aligned_position(p_, 0);  // Of this query the key is the last one.
      const int64_t begin = p_.causal ? query : (key == p_.kv_len - 1 ? 0 : p_.q_len);
      const int64_t end = p_.causal ? query + 1 : p_.q_len;
      for (int64_t i = std::max<int64_t>(begin, 0); i < std::min(end, p_.q_len); ++i)
        visit(first + i, d_numerators_[static_cast<size_t>(first + i)]);
    }
  }

  std::vector<Real> value(int64_t key) const {
    std::vector<Real> row(v_ + key * p_.head_dim, v_ + (key + 1) * p_.head_dim);
    row.push_back(1);
    return row;
  }

  /// The gradient of a row's numerator, and, as its last element, of the denominator.
  std::vector<Real> differentiate(int64_t row, const SumOfProducts<Real>& keys) const {
    std::vector<Real> sums = keys.times_row(phi_of<Real>(q_ + row * p_.head_dim, p_.head_dim));
    const Real denominator = sums.back() + Real(kEpsilon);
    Real product = 0;
    for (size_t i = 0; i < dim(); ++i) {
      const Real d_out = Real(d_out_[static_cast<size_t>(row) * dim() + i]);
      product += d_out * (sums[i] / denominator);
      sums[i] = d_out / denominator;
    }
    sums.back() = -product / denominator;
    return sums;
  }

  /// Writes the gradient of a row of q or k, given that of its features. The derivative of phi is 1
  /// if x > 0, and else exp(x).
  void write(const float* x, const std::vector<Real>& d_features, Real* to) const {
    for (size_t i = 0; i < dim(); ++i)
      to[i] = d_features[i] * (x[i] > 0 ? Real(1) : std::exp(Real(x[i])));
  }

  const Problem& p_;
  const float *const k_, *const v_;
  const int64_t rows_;  ///< Of q, of all query heads that share the key head.
  const float *const q_, *const d_out_;
  const int64_t head_;
  std::vector<std::vector<Real>> d_numerators_;  ///< Of each row; the denominator's is the last.
};

}  // namespace attnbench::linear_elu
