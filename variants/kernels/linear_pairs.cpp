// Linear attention pair by pair, for few query rows: the weight of each key, times its value.
//
// The rows of all query heads of a key head are attended together. A key head's keys are cut into
// segments, which threads do apart; the segments' sums are then added up in their order.
#include <algorithm>

#include "kernels/linear_parts.h"
#include "kernels/matrix.h"
#include "kernels/tasks.h"
#include "kernels/vectors.h"

namespace attnbench::kernels {
namespace {

/// Keys that are mapped at a time. The sum over them is complete before it is added to others, so
/// that the roundings of equal terms do not add up along long chains.
constexpr int64_t kPairsBlock = 32;

/// How a call is cut, and where a thread's scratch holds what, in floats.
struct Cut {
  Segments segments;
  int64_t rows;   ///< Of q for one key head.
  int64_t slots;  ///< Sums of segments that there is room for.
  int64_t heads;  ///< Key heads that are done at a time.
  int64_t pitch, head_dim;

  Cut(const FeatureMap& phi, const Call& call)
      : segments(call.problem.kv_len),
        rows(call.problem.q_len * (call.problem.heads / call.problem.kv_heads)),
        slots(std::min(call.problem.batch * call.problem.kv_heads * Segments::kMost,
                       4 * call.threads + Segments::kMost)),
        heads(slots / segments.count),
        pitch(feature_pitch(phi.features(call.problem))),
        head_dim(call.problem.head_dim) {}

  int64_t queries() const { return kPairsBlock * pitch; }  ///< Behind the features of keys.
  int64_t weights() const { return queries() + rows * pitch; }
  int64_t products() const { return weights() + rows * kPairsBlock; }
  int64_t thread() const { return round_up(products() + rows * head_dim, 16); }
  /// A segment's weighted values of each row, and then its sum of weights of each row.
  int64_t sums() const { return rows * (head_dim + 1); }
};

/// Makes the weights of keys that query row `row` does not see zero, and returns the sum of the
/// others.
float mask_and_sum(const Problem& p, int64_t row, int64_t begin, int64_t keys, float* weights) {
  int64_t seen = keys;
  if (p.causal) seen = std::clamp<int64_t>(aligned_position(p, row % p.q_len) + 1 - begin, 0, keys);
  std::fill(weights + seen, weights + keys, 0.0f);
  float sum = 0;
  for (int64_t i = 0; i < seen; ++i) sum += weights[i];
  return sum;
}

void sum_up(const FeatureMap& phi, const Problem& p, const Inputs& in, const Cut& cut, int64_t head,
            int64_t segment, float* scratch, float* sums) {
  const int64_t batch = head / p.kv_heads, kv_head = head % p.kv_heads;
  float* const queries = scratch + cut.queries();
  float* const weights = scratch + cut.weights();
  float* const products = scratch + cut.products();
  for (int64_t member = 0; member < p.heads / p.kv_heads; ++member)
    phi.map(p,
            {in.q.head(batch, kv_head * (p.heads / p.kv_heads) + member), p.q_len, true, kv_head,
             aligned_position(p, 0), queries + member * p.q_len * cut.pitch, cut.pitch, nullptr});
  std::fill_n(sums, cut.sums(), 0.0f);
  const int64_t end = std::min((segment + 1) * cut.segments.keys, p.kv_len);
  for (int64_t key = segment * cut.segments.keys; key < end; key += kPairsBlock) {
    const int64_t keys = std::min(kPairsBlock, end - key);
    phi.map(
        p, {in.k.row(batch, kv_head, key), keys, false, kv_head, key, scratch, cut.pitch, nullptr});
    multiply_keys(queries, cut.rows, scratch, keys, cut.pitch, weights, kPairsBlock);
    for (int64_t row = 0; row < cut.rows; ++row)
      sums[cut.rows * cut.head_dim + row] +=
          mask_and_sum(p, row, key, keys, weights + row * kPairsBlock);
    multiply_values(weights, kPairsBlock, cut.rows, in.v.row(batch, kv_head, key), keys,
                    cut.head_dim, products);
    add_scaled(1, products, cut.rows * cut.head_dim, sums);
  }
}

/// Adds up the segments' sums of one row, and divides. Returns what it multiplied by.
float finish(const FeatureMap& phi, const Problem& p, const Cut& cut, int64_t row,
             const float* sums, float* out) {
  std::fill_n(out, cut.head_dim, 0.0f);
  float total = 0;
  for (int64_t s = 0; s < cut.segments.count; ++s, sums += cut.sums()) {
    add_scaled(1, sums + row * cut.head_dim, cut.head_dim, out);
    total += sums[cut.rows * cut.head_dim + row];
  }
  const bool blind = p.causal && aligned_position(p, row % p.q_len) < 0;
  const float divisor = phi.divisor(total);
  for (int64_t i = 0; i < cut.head_dim; ++i) out[i] = blind ? 0 : out[i] / divisor;
  return blind ? 0 : 1 / divisor;
}

}  // namespace

Count pairs_bytes(const FeatureMap& phi, const Call& call) noexcept {
  const Cut cut(phi, call);
  return count(call.threads, cut.thread(), sizeof(float)) +
         count(cut.slots, cut.sums(), sizeof(float));
}

void attend_by_pairs(const FeatureMap& phi, const Call& call, const Inputs& in,
                     const Tensor<float>& out, float* scratch, float* inverse) noexcept {
  const Problem& p = call.problem;
  const Cut cut(phi, call);
  const int64_t segments = cut.segments.count, all = p.batch * p.kv_heads;
  float* const sums = scratch + call.threads * cut.thread();
  for (int64_t first = 0; first < all; first += cut.heads) {
    const int64_t heads = std::min(cut.heads, all - first);
    for_each_task(call.threads, heads * segments, [&](int64_t task, int thread) {
      sum_up(phi, p, in, cut, first + task / segments, task % segments,
             scratch + thread * cut.thread(), sums + task * cut.sums());
    });
    for_each_task(call.threads, heads * cut.rows, [&](int64_t task, int) {
      const int64_t head = task / cut.rows, row = task % cut.rows;
      const int64_t of_all = (first + head) * cut.rows + row;
      const float factor = finish(phi, p, cut, row, sums + head * segments * cut.sums(),
                                  out.data + of_all * p.head_dim);
      if (inverse != nullptr) inverse[of_all] = factor;
    });
  }
}

}  // namespace attnbench::kernels
