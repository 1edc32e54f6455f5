// The depthwise convolution, with channels for lanes.
#include "kernels/depthwise.h"

#include <algorithm>

#include "kernels/simd.h"
#include "kernels/tokens.h"

namespace attnbench::kernels {
namespace {

/// What all blocks of a call share.
struct Head {
  const float* x;  ///< [rows, head_dim]
  int64_t rows;
  DepthwiseWeights by;
  int64_t head_dim;
};

/// Outputs of kCount neighbouring tokens, of whom the first meets row `x` of tap `first`. All of
/// them have taps [first, end). Lanes are as many neighbouring channels as `D` has; the last lanes
/// of a row overlap those before, if channels are no multiple of them. Several tokens prefetch as
/// many tokens after them: with many taps a core does not look as far ahead itself.
template <int64_t kCount, class D>
HWY_INLINE void convolve_block(const D d, const Head& head, const float* x, int64_t first,
                               int64_t end, float* out) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t at = 0; at < head.head_dim; at += lanes) {
    const int64_t channel = std::min(at, head.head_dim - lanes);
    const float* from = x + channel;
    const float* weight = head.by.weights + first * head.head_dim + channel;
    const auto bias = head.by.bias == nullptr ? hn::Zero(d) : hn::LoadU(d, head.by.bias + channel);
    if constexpr (kCount > 1)
      for (int64_t i = kCount; i < 2 * kCount; ++i) hwy::Prefetch(from + i * head.head_dim);
    hn::Vec<D> sums[kCount];
    for (auto& sum : sums) sum = bias;
    for (int64_t tap = first; tap < end; ++tap) {
      const auto factor = hn::LoadU(d, weight);
      for (int64_t i = 0; i < kCount; ++i)
        sums[i] = hn::MulAdd(factor, hn::LoadU(d, from + i * head.head_dim), sums[i]);
      from -= head.head_dim;
      weight += head.head_dim;
    }
    float* to = out + channel;
    for (int64_t i = 0; i < kCount; ++i, to += head.head_dim) hn::StoreU(sums[i], d, to);
  }
}

/// The tokens [begin, end), whose outputs begin at `out`, by vectors of at most kMostLanes that are
/// no longer than a row.
template <size_t kMostLanes>
void convolve(const Taps& taps, const Head& head, int64_t begin, int64_t end, float* out) {
  if constexpr (kMostLanes > 1)
    if (head.head_dim < static_cast<int64_t>(kMostLanes))
      return convolve<kMostLanes / 2>(taps, head, begin, end, out);
  const hn::CappedTag<float, kMostLanes> d;
  // Tokens from `inner` on, and before `outer`, meet a token with each tap.
  const int64_t inner = taps.left(), outer = head.rows - taps.right;
  for (int64_t t = begin; t < end;) {
    const int64_t first = std::max<int64_t>(0, t + taps.right - (head.rows - 1));
    const int64_t last = std::min(taps.kernel, t + taps.right + 1);
    const float* const x = head.x + (t + taps.offset(first)) * head.head_dim;
    if (t >= inner && t + kDepthwiseTokens <= std::min(end, outer)) {
      convolve_block<kDepthwiseTokens>(d, head, x, first, last, out);
      t += kDepthwiseTokens;
      out += kDepthwiseTokens * head.head_dim;
    } else {
      convolve_block<1>(d, head, x, first, last, out);
      t += 1;
      out += head.head_dim;
    }
  }
}

}  // namespace

void pack_depthwise(const Problem& p, const Taps& taps, const float* weights, float* to,
                    bool reversed) noexcept {
  for (int64_t head = 0; head < p.kv_heads; ++head)
    for (int64_t tap = 0; tap < taps.kernel; ++tap, to += p.head_dim) {
      const int64_t from = reversed ? taps.kernel - 1 - tap : tap;
      std::copy_n(weights + from * token_width(p) + head * p.head_dim, p.head_dim, to);
    }
}

void convolve_depthwise(const Problem& p, const Taps& taps, const float* x,
                        const DepthwiseWeights& weights, int64_t first, int64_t end,
                        float* out) noexcept {
  const int64_t begin = aligned_position(p, first);
  const int64_t missing = std::min(std::max<int64_t>(0, -begin), end - first);
  for (int64_t i = 0; i < missing; ++i) std::fill_n(out + i * p.head_dim, p.head_dim, 0.0f);
  convolve<kLanes>(taps, {x, p.kv_len, weights, p.head_dim}, begin + missing,
                   aligned_position(p, end), out + missing * p.head_dim);
}

void convolve_depthwise_back(const Problem& p, const Taps& taps, const float* d,
                             const float* reversed, int64_t first, int64_t end,
                             float* to) noexcept {
  Taps back = taps;
  back.right = taps.left();
  // Outputs before the first token read nothing. Of the others, the first one has position 0 here.
  const int64_t outputs = std::min(p.q_len, p.kv_len), shift = p.kv_len - outputs;
  const int64_t unread = std::clamp<int64_t>(shift - back.right - first, 0, end - first);
  std::fill_n(to, unread * p.head_dim, 0.0f);
  convolve<kLanes>(back,
                   {d + (p.q_len - outputs) * p.head_dim, outputs, {reversed, nullptr}, p.head_dim},
                   first + unread - shift, end - shift, to + unread * p.head_dim);
}

void convolve_depthwise(const Call& call, const Taps& taps, const Tensor<const float>& x,
                        const DepthwiseWeights& all, const Tensor<float>& out) noexcept {
  const Problem& p = call.problem;
  for_each_depthwise_task(call, p.q_len,
                          [&](int64_t batch, int64_t head, int64_t first, int64_t end) {
                            const int64_t channel = head * p.head_dim;
                            convolve_depthwise(p, taps, x.head(batch, head),
                                               {all.weights + channel * taps.kernel,
                                                all.bias == nullptr ? nullptr : all.bias + channel},
                                               first, end, out.row(batch, head, first));
                          });
}

}  // namespace attnbench::kernels
