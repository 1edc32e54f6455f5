// Layers over tokens, such as convolutions: token t of a sequence is row t of v of all heads, one
// head after the other, so that v is x [batch, kv_len, width] with width = kv_heads * head_dim. The
// layer's output has that width too, and is cut into heads again.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "attnbench/training.h"
#include "attnbench/variant.h"
#include "kernels/divide.h"
#include "kernels/tasks.h"

namespace attnbench::kernels {

inline int64_t token_width(const Problem& p) {
  return p.kv_heads * p.head_dim;
}

/// The first query that does not stand before the first token.
inline int64_t first_seeing(const Problem& p) {
  return std::max<int64_t>(0, p.q_len - p.kv_len);
}

/// A layer's output has the width of its input.
inline Support one_width(const Problem& p) {
  return {p.kv_heads == p.heads ? nullptr : "needs as many key heads as query heads"};
}

/// Copies token t of a sequence to x [width].
template <class Real>
void copy_token(const Tensor<const float>& v, int64_t batch, int64_t t, Real* x) {
  for (int64_t head = 0; head < v.heads; ++head, x += v.dim)
    std::copy_n(v.row(batch, head, t), v.dim, x);
}

/// A layer over tokens does not read q and k, so that the gradients with respect to them are 0.
inline void clear_unread(int threads, const Gradients& gradients) {
  const Tensor<float>&q = gradients.q, &k = gradients.k;
  const int64_t of_q = q.batch * q.heads;
  for_each_task(threads, of_q + k.batch * k.heads, [&](int64_t task, int) {
    const Tensor<float>& one = task < of_q ? q : k;
    std::fill_n(one.head(0, task < of_q ? task : task - of_q), one.len * one.dim, 0.0f);
  });
}

/// The least memory traffic of such a layer's backward pass. It reads d_out and what the gradients
/// depend on: `tokens_read` tokens of each sequence, and `read` numbers of learned inputs. (A
/// convolution's gradients do not depend on its bias, a recurrence's do.) It writes the gradients
/// of q, k and v, zeros included, and those of learned inputs, which are `written` numbers.
inline Count backward_traffic(const Problem& p, int64_t tokens_read, const Count& read,
                              const Count& written) {
  const Count tokens =
      count(p.batch, tokens_read) + count(2, p.batch, p.kv_len) + count(2, p.batch, p.q_len);
  return (tokens * Count(token_width(p)) + read + written) * Count(sizeof(float));
}

/// Calls visit(head, dim, begin, count) for the pieces, each within one head, that columns
/// [begin, end) of a token fall into.
template <class Visit>
void for_each_piece(int64_t begin, int64_t end, int64_t head_dim, const Visit& visit) {
  while (begin < end) {
    const int64_t dim = begin % head_dim, count = std::min(head_dim - dim, end - begin);
    visit(begin / head_dim, dim, begin, count);
    begin += count;
  }
}

/// sums[i] += sum over j of weights[i][j] * x[j], for a matrix [rows, n], in definitions. The sum
/// over a block of terms is complete before it is added. Rows take turns, so that no row's addition
/// waits for the last one.
template <class Real>
void add_weighed(const float* weights, int64_t rows, int64_t n, const Real* x, Real* sums) {
  constexpr int64_t kBlock = 128, kRows = 8;
  for (int64_t first = 0; first < rows; first += kRows) {
    const int64_t end = std::min(first + kRows, rows);
    for (int64_t begin = 0; begin < n; begin += kBlock) {
      Real block[kRows] = {};
      for (int64_t j = begin; j < std::min(begin + kBlock, n); ++j)
        for (int64_t i = first; i < end; ++i)
          block[i - first] += static_cast<Real>(weights[i * n + j]) * x[j];
      for (int64_t i = first; i < end; ++i) sums[i] += block[i - first];
    }
  }
}

/// sums[j] += sum over i of y[i] * weights[i][j], for a matrix [rows, n], in definitions. The sum
/// over a block of terms is complete before it is added.
template <class Real>
void add_weighed_rows(const float* weights, int64_t rows, int64_t n, const Real* y, Real* sums) {
  constexpr int64_t kBlock = 128;
  std::vector<Real> block(static_cast<size_t>(n));
  for (int64_t first = 0; first < rows; first += kBlock) {
    std::fill(block.begin(), block.end(), Real(0));
    for (int64_t i = first; i < std::min(first + kBlock, rows); ++i)
      for (int64_t j = 0; j < n; ++j)
        block[static_cast<size_t>(j)] += static_cast<Real>(weights[i * n + j]) * y[i];
    for (int64_t j = 0; j < n; ++j) sums[j] += block[static_cast<size_t>(j)];
  }
}

/// gradient[i][j] += sum over t of left[t][i] * right[t][j], for a matrix [rows, n], in
/// definitions. The sum over t is complete before it is added: call it with a few hundred steps at
/// most.
template <class Real>
void add_outer_products(const Real* left, int64_t rows, const Real* right, int64_t right_pitch,
                        int64_t n, int64_t steps, Real* gradient) {
  std::vector<Real> row(static_cast<size_t>(n));
  for (int64_t i = 0; i < rows; ++i) {
    std::fill(row.begin(), row.end(), Real(0));
    for (int64_t t = 0; t < steps; ++t)
      for (int64_t j = 0; j < n; ++j)
        row[static_cast<size_t>(j)] += left[t * rows + i] * right[t * right_pitch + j];
    for (int64_t j = 0; j < n; ++j) gradient[i * n + j] += row[static_cast<size_t>(j)];
  }
}

/// Adds x [width] to the gradient of token t of a sequence; `gradients` has the shape of v.
template <class Real>
void add_to_token(const Problem& p, int64_t batch, int64_t t, const Real* x, Real* gradients) {
  for (int64_t head = 0; head < p.kv_heads; ++head)
    for (int64_t i = 0; i < p.head_dim; ++i)
      gradients[((batch * p.kv_heads + head) * p.kv_len + t) * p.head_dim + i] +=
          x[head * p.head_dim + i];
}

/// Defines rows of a recurrence: calls step(x, state) for each token, in order, with the state
/// [size] that is zero before the first token and whose first `width` numbers are the token's
/// output.
template <class Real, class Step>
void define_by_steps(const Call& call, const Inputs& in, const Rows& rows, int64_t size, Real* out,
                     const Step& step) {
  const Problem& p = call.problem;
  const auto query_of = [&](int64_t place) { return rows.numbers[place] % p.q_len; };
  std::vector<Real> x(static_cast<size_t>(token_width(p))), state(static_cast<size_t>(size));
  std::fill_n(out, rows.count * p.head_dim, Real(0));  // Rows before the first token stay so.
  for (int64_t first = 0, end = 0; first < rows.count; first = end) {
    const int64_t batch = rows.numbers[first] / p.q_len / p.heads;
    std::vector<int64_t> places;  // Of this sequence, in the order of their queries.
    for (; end < rows.count && rows.numbers[end] / p.q_len / p.heads == batch; ++end)
      if (aligned_position(p, query_of(end)) >= 0) places.push_back(end);
    std::stable_sort(places.begin(), places.end(),
                     [&](int64_t a, int64_t b) { return query_of(a) < query_of(b); });
    std::fill(state.begin(), state.end(), Real(0));
    int64_t t = 0;
    for (const int64_t place : places) {
      for (; t <= aligned_position(p, query_of(place)); ++t) {
        copy_token(in.v, batch, t, x.data());
        step(x.data(), state.data());
      }
      const int64_t head = rows.numbers[place] / p.q_len % p.heads;
      std::copy_n(state.data() + head * p.head_dim, p.head_dim, out + place * p.head_dim);
    }
  }
}

}  // namespace attnbench::kernels
