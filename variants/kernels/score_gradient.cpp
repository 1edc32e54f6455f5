// The gradients of one query's scores: p (d_out·v - d_out·out), times what the modifiers make of
// it.
#include "kernels/score_gradient.h"

#include "kernels/exp2.h"
#include "kernels/softcap.h"
#include "kernels/vectors.h"

namespace attnbench::kernels {

float QueryBackward::delta_of(const Backward& task, int64_t batch, int64_t head,
                              int64_t query) noexcept {
  return dot(task.d_out.row(batch, head, query), task.out.row(batch, head, query),
             task.call.problem.head_dim);
}

QueryBackward::QueryBackward(const Backward& task, int64_t batch, int64_t head, int64_t query,
                             float delta) noexcept
    : modifiers_(modifiers_of(task.call.problem)),
      scale_(static_cast<float>(score_scale(task.call.problem))),
      slope_(slope_of(task.call.problem, head)),
      log_sum_(
          task.log_sums == nullptr
              ? 0
              : task.log_sums[(batch * task.call.problem.heads + head) * task.call.problem.q_len +
                              query]),
      delta_(delta),
      position_(aligned_position(task.call.problem, query)) {}

float QueryBackward::cap(int64_t keys, float* products_k, float* products_v) const {
  if (modifiers_.cap == 0) return delta_;
  for (int64_t i = 0; i < keys; ++i) products_k[i] *= modifiers_.factor;
  modify_row({modifiers_.factor, modifiers_.cap, false}, 0, 0, 1, keys, products_k);
  const float inverse = 1 / modifiers_.cap;
  for_each_vector(keys, [&](auto d, int64_t i) {
    const auto slope = softcap_slope(d, hn::LoadU(d, products_k + i), hn::Set(d, inverse));
    const auto away = hn::Sub(hn::LoadU(d, products_v + i), hn::Set(d, delta_));
    hn::StoreU(hn::Mul(slope, away), d, products_v + i);
  });
  return 0;
}

void QueryBackward::pull(const float* weights, int64_t keys, float* products_k,
                         float* products_v) const noexcept {
  const float delta = cap(keys, products_k, products_v);
  for_each_vector(keys, [&](auto d, int64_t i) {
    const auto away = hn::Sub(hn::LoadU(d, products_v + i), hn::Set(d, delta));
    const auto weight = hn::Mul(hn::LoadU(d, weights + i), hn::Set(d, scale_));
    hn::StoreU(hn::Mul(weight, away), d, products_v + i);
  });
}

void QueryBackward::weigh(int64_t first_key, int64_t keys, float* products_k,
                          float* products_v) const noexcept {
  const float delta = cap(keys, products_k, products_v);
  float factor = modifiers_.cap == 0 ? modifiers_.factor : 1;
  if (modifiers_.alibi) {
    for (int64_t i = 0; i < keys; ++i) products_k[i] *= factor;
    modify_row({factor, 0, true}, slope_, position_ - first_key, 1, keys, products_k);
    factor = 1;
  }
  for_each_vector(keys, [&](auto d, int64_t i) {
    const auto x =
        hn::MulSub(hn::LoadU(d, products_k + i), hn::Set(d, factor), hn::Set(d, log_sum_));
    const auto weight = exp2(d, x);
    const auto away = hn::Sub(hn::LoadU(d, products_v + i), hn::Set(d, delta));
    hn::StoreU(weight, d, products_k + i);
    hn::StoreU(hn::Mul(hn::Mul(weight, hn::Set(d, scale_)), away), d, products_v + i);
  });
}

}  // namespace attnbench::kernels
