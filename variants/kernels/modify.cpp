// Softcap and ALiBi, applied to a row of scores or to a strip's.
#include "kernels/modify.h"

// clang-format off: the order matters, because exp2.h sets Highway up.
#include "kernels/exp2.h"
#include "hwy/contrib/math/math-inl.h"
// clang-format on

namespace attnbench::kernels {
namespace {

template <class D>
HWY_INLINE hn::Vec<D> capped(D d, hn::Vec<D> x, float cap) {
  return hn::Mul(hn::Set(d, cap), hn::Tanh(d, x));
}

template <class D>
HWY_INLINE hn::Vec<D> biased(hn::Vec<D> x, hn::Vec<D> slope, hn::Vec<D> distance) {
  return hn::NegMulAdd(slope, hn::Abs(distance), x);
}

/// Modifies the scores of one query's keys from `first` to `end`, which are whole vectors.
template <class D>
void modify_part(D d, const Modifiers& m, float slope, int64_t ahead, int64_t step, int64_t first,
                 int64_t end, float* scores) {
  const auto steps = hn::Mul(hn::Iota(d, 0), hn::Set(d, static_cast<float>(step)));
  for (int64_t i = first; i < end; i += hn::Lanes(d)) {
    auto x = hn::LoadU(d, scores + i);
    if (m.cap != 0) x = capped(d, x, m.cap);
    if (m.alibi) {
      const auto to_first = hn::Set(d, static_cast<float>(ahead - step * i));
      x = biased<D>(x, hn::Set(d, slope), hn::Sub(to_first, steps));
    }
    hn::StoreU(x, d, scores + i);
  }
}

}  // namespace

Modifiers modifiers_of(const Problem& p) noexcept {
  const double log2e = kLog2E;
  if (p.softcap == 0) return {static_cast<float>(log2e * score_scale(p)), 0, p.alibi};
  return {static_cast<float>(score_scale(p) / p.softcap), static_cast<float>(log2e * p.softcap),
          p.alibi};
}

float slope_of(const Problem& p, int64_t head) noexcept {
  return p.alibi ? kLog2E * static_cast<float>(alibi_slope(p, head)) : 0;
}

void modify_row(const Modifiers& m, float slope, int64_t ahead, int64_t step, int64_t keys,
                float* scores) noexcept {
  const hn::ScalableTag<float> wide;
  const int64_t whole = keys - keys % static_cast<int64_t>(hn::Lanes(wide));
  modify_part(wide, m, slope, ahead, step, 0, whole, scores);
  modify_part(hn::CappedTag<float, 1>(), m, slope, ahead, step, whole, keys, scores);
}

void modify_lanes(const Modifiers& m, const float* slope, const float* ahead, int64_t step,
                  int64_t keys, int64_t lanes, float* scores) noexcept {
  const hn::ScalableTag<float> d;
  for (int64_t key = 0; key < keys; ++key) {
    const auto behind = hn::Set(d, static_cast<float>(step * key));
    for (int64_t lane = 0; lane < lanes; lane += hn::Lanes(d), scores += hn::Lanes(d)) {
      auto x = hn::Load(d, scores);
      if (m.cap != 0) x = capped(d, x, m.cap);
      if (m.alibi) {
        const auto distance = hn::Sub(hn::Load(d, ahead + lane), behind);
        x = biased<decltype(d)>(x, hn::Load(d, slope + lane), distance);
      }
      hn::Store(x, d, scores);
    }
  }
}

}  // namespace attnbench::kernels
