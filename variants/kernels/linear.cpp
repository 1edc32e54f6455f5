// Linear attention: which of its two forms a call takes, and what it needs.
#include "kernels/linear.h"

#include <algorithm>

#include "kernels/linear_parts.h"
#include "kernels/visible.h"

namespace attnbench::kernels {

Count linear_bytes(const FeatureMap& phi, const Call& call) noexcept {
  return weighs_pairs(phi, call.problem) ? pairs_bytes(phi, call) : state_bytes(phi, call);
}

void attend_linearly(const FeatureMap& phi, const Call& call, const Inputs& inputs,
                     const Tensor<float>& out, std::byte* scratch, float* inverse) noexcept {
  float* const floats = reinterpret_cast<float*>(scratch);
  if (weighs_pairs(phi, call.problem))
    attend_by_pairs(phi, call, inputs, out, floats, inverse);
  else
    attend_by_state(phi, call, inputs, out, floats, inverse);
}

Count linear_flops(const Problem& p, int64_t features, int64_t weight_flops,
                   int64_t map_flops) noexcept {
  const int64_t d = p.head_dim, m = features, seeing = seeing_queries(p);
  const Count keys = count(p.batch, p.kv_heads, p.kv_len, m * (2 * d + 1) + map_flops);
  const Count queries = count(p.batch, p.heads, seeing, 2 * m * (d + 1) + d + map_flops);
  const Count by_pairs = allowed_pairs(p) * count(p.batch, p.heads, weight_flops + 2 * d + 1) +
                         count(p.batch, p.heads, seeing, d);
  return std::min(keys + queries, by_pairs);
}

}  // namespace attnbench::kernels
