// What recurrent layers declare: inputs, costs, and what training keeps.
#include <cmath>

#include "kernels/recurrence.h"
#include "kernels/recurrence_parts.h"
#include "kernels/tokens.h"

namespace attnbench::kernels {

void gated_inputs(const Call& call, int64_t gates, ExtraInputs& inputs) noexcept {
  const int64_t width = token_width(call.problem);
  const double scale = 1 / std::sqrt(static_cast<double>(width));
  inputs.add({"input_weights", 1, gates, width, width, Fill::kUniform, scale, 0, true});
  inputs.add({"recurrent_weights", 1, gates, width, width, Fill::kUniform, scale, 0, true});
  inputs.add({"bias", 1, gates, 1, width, Fill::kUniform, scale, 0, true});
}

Cost recurrent_cost(const Call& call, int64_t gates) noexcept {
  const Problem& p = call.problem;
  const int64_t width = token_width(p);
  const Count weights = count(2, gates, width, width);
  const Count floats = weights + count(gates, width) + count(p.batch, p.kv_len, width) +
                       count(p.batch, p.q_len, width);
  return {count(2, weights, p.batch, p.kv_len), floats * Count(sizeof(float)), Count(p.kv_len),
          Count(p.kv_len)};
}

Cost recurrent_backward_cost(const Call& call, int64_t gates) noexcept {
  const Problem& p = call.problem;
  const int64_t width = token_width(p);
  const Count weights = count(2, gates, width, width);
  const Count learned = weights + count(gates, width);
  return {count(4, weights, p.batch, p.kv_len), backward_traffic(p, p.kv_len, learned, learned),
          Count(p.kv_len), Count(p.kv_len)};
}

Count kept_bytes(const Call& call, const Cell& cell) noexcept {
  return KeptSteps<const float>(call.problem, cell, nullptr).bytes();
}

}  // namespace attnbench::kernels
