// Computes the weights of full attention.
#include "measure/full_weights.h"

#include <algorithm>
#include <cmath>

namespace attnbench::measure {
namespace {

/// The key head that a query head reads.
int64_t key_head(const Problem& p, int64_t head) {
  return head / (p.heads / p.kv_heads);
}

double dot(const float* a, const float* b, int64_t dim) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t d = 0; d < dim; ++d) sum += static_cast<double>(a[d]) * static_cast<double>(b[d]);
  return sum;
}

/// From scores to weights.
void softmax(std::vector<double>& row) {
  if (row.empty()) return;
  const double top = *std::ranges::max_element(row);
  double sum = 0;
  for (double& value : row) sum += value = std::exp(value - top);
  for (double& value : row) value /= sum;
}

}  // namespace

int64_t full_keys(const Problem& p, int64_t query) {
  return p.causal ? std::clamp<int64_t>(aligned_position(p, query) + 1, 0, p.kv_len) : p.kv_len;
}

std::vector<double> full_weights(const Problem& p, const Inputs& in, int64_t batch, int64_t head,
                                 int64_t query) {
  const float* const q = in.q.row(batch, head, query);
  const float* const k = in.k.head(batch, key_head(p, head));
  const double scale = score_scale(p);
  const double slope = p.alibi ? alibi_slope(p, head) : 0;
  const int64_t position = aligned_position(p, query);
  std::vector<double> row(static_cast<size_t>(full_keys(p, query)));
  for (int64_t j = 0; j < std::ssize(row); ++j) {
    double score = scale * dot(q, k + j * p.head_dim, p.head_dim);
    if (p.softcap != 0) score = p.softcap * std::tanh(score / p.softcap);
    row[static_cast<size_t>(j)] = score - slope * static_cast<double>(std::abs(position - j));
  }
  softmax(row);
  return row;
}

std::vector<double> weighted_values(const Problem& p, const Inputs& in, int64_t batch, int64_t head,
                                    std::span<const double> weights) {
  std::vector<double> out(static_cast<size_t>(p.head_dim));
  const float* v = in.v.head(batch, key_head(p, head));
  for (const double weight : weights) {
#pragma omp simd
    for (int64_t d = 0; d < p.head_dim; ++d)
      out[static_cast<size_t>(d)] += weight * static_cast<double>(v[d]);
    v += p.head_dim;
  }
  return out;
}

}  // namespace attnbench::measure
