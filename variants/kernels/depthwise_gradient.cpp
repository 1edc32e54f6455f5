// The gradients of a depthwise convolution, with channels for lanes.
#include "kernels/depthwise_gradient.h"

#include <algorithm>

#include "kernels/depthwise.h"
#include "kernels/simd.h"
#include "kernels/tasks.h"
#include "kernels/tokens.h"
#include "kernels/vectors.h"

namespace attnbench::kernels {
namespace {

/// Tokens whose sum is complete before it is added to others.
constexpr int64_t kBlockTokens = 128;
/// The most parts that all tokens are cut into, and the fewest blocks of a part.
constexpr int64_t kMostParts = 16, kFewestBlocks = 8;

/// to[i][:] = sum over t < count of d[t][:] * x[t - i][:], for kTaps taps i. Rows of all three are
/// head_dim long. Two vectors of channels at a time hide the latency of FMA; the last vectors of a
/// row overlap those before, if channels are no multiple of them.
template <int kTaps, class D>
HWY_INLINE void sum_taps(const D d, const float* grad, const float* x, int64_t count, int64_t dim,
                         float* to) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t at = 0; at < dim; at += 2 * lanes) {
    const int64_t channels[] = {std::min(at, dim - lanes), std::min(at + lanes, dim - lanes)};
    hn::Vec<D> sums[kTaps][2];
    for (auto& row : sums)
      for (auto& sum : row) sum = hn::Zero(d);
    for (int64_t t = 0; t < count; ++t) {
      const float* const row = grad + t * dim;
      const hn::Vec<D> factors[] = {hn::LoadU(d, row + channels[0]),
                                    hn::LoadU(d, row + channels[1])};
      for (int i = 0; i < kTaps; ++i)
        for (int v = 0; v < 2; ++v)
          sums[i][v] =
              hn::MulAdd(factors[v], hn::LoadU(d, x + (t - i) * dim + channels[v]), sums[i][v]);
    }
    for (int i = 0; i < kTaps; ++i)
      for (int v = 0; v < 2; ++v) hn::StoreU(sums[i][v], d, to + i * dim + channels[v]);
  }
}

/// The same by vectors of at most kMostLanes that are no longer than a row.
template <int kTaps, size_t kMostLanes = kLanes>
void sum_taps(const float* grad, const float* x, int64_t count, int64_t dim, float* to) {
  if constexpr (kMostLanes > 1)
    if (dim < static_cast<int64_t>(kMostLanes))
      return sum_taps<kTaps, kMostLanes / 2>(grad, x, count, dim, to);
  sum_taps<kTaps>(hn::CappedTag<float, kMostLanes>(), grad, x, count, dim, to);
}

constexpr int64_t kMostTaps = 4;
void sum_some_taps(int64_t taps, const float* grad, const float* x, int64_t count, int64_t dim,
                   float* to) {
  if (taps == 1) return sum_taps<1>(grad, x, count, dim, to);
  if (taps == 2) return sum_taps<2>(grad, x, count, dim, to);
  if (taps == 3) return sum_taps<3>(grad, x, count, dim, to);
  sum_taps<kMostTaps>(grad, x, count, dim, to);
}

/// The sums of a block of queries [first, end) of one head, to [kernel + 1, head_dim].
void sum_block(const Problem& p, const Taps& taps, const float* grad, const float* x, int64_t first,
               int64_t end, float* to) {
  const int64_t dim = p.head_dim, before = aligned_position(p, 0);
  for (int64_t tap = 0; tap < taps.kernel;) {
    const Range t = taps.positions(p, tap, first, end);
    // As many taps at a time as meet the same queries; of the taps between, all do.
    int64_t count = std::min(kMostTaps, taps.kernel - tap);
    const Range last = taps.positions(p, tap + count - 1, first, end);
    if (t.begin != last.begin || t.end != last.end) count = 1;
    if (t.begin < t.end)
      sum_some_taps(count, grad + (t.begin - before) * dim, x + (t.begin + taps.offset(tap)) * dim,
                    t.end - t.begin, dim, to + tap * dim);
    else
      std::fill_n(to + tap * dim, count * dim, 0.0f);
    tap += count;
  }
  float* const bias = to + taps.kernel * dim;
  std::fill_n(bias, dim, 0.0f);
  for (int64_t query = std::max(first, first_seeing(p)); query < end; ++query)
    add_scaled(1, grad + query * dim, dim, bias);
}

}  // namespace

void write_depthwise_token_gradients(const Call& call, const Taps& taps,
                                     const Tensor<const float>& d, const float* reversed,
                                     const Tensor<float>& to) noexcept {
  const Problem& p = call.problem;
  for_each_depthwise_task(call, p.kv_len,
                          [&](int64_t batch, int64_t head, int64_t first, int64_t end) {
                            convolve_depthwise_back(p, taps, d.head(batch, head),
                                                    reversed + head * taps.kernel * p.head_dim,
                                                    first, end, to.row(batch, head, first));
                          });
}

DepthwiseGradient::DepthwiseGradient(const Problem& p, const Taps& taps)
    : problem_(p),
      taps_(taps),
      blocks_(divide_up(p.q_len, kBlockTokens)),
      parts_(std::clamp<int64_t>(p.batch * blocks_ / kFewestBlocks, 1, kMostParts)) {}

void DepthwiseGradient::write(int threads, const Tensor<const float>& d,
                              const Tensor<const float>& x, float* weights, float* bias,
                              float* scratch) const noexcept {
  const Problem& p = problem_;
  float* const parts = scratch + threads * sums();
  for_each_task(threads, parts_ * p.heads, [&](int64_t task, int thread) {
    const int64_t head = task % p.heads;
    const Range blocks = Range::part(p.batch * blocks_, task / p.heads, parts_);
    float* const block = scratch + thread * sums();
    float* const to = parts + task * sums();
    std::fill_n(to, sums(), 0.0f);
    for (int64_t i = blocks.begin; i < blocks.end; ++i) {
      const int64_t batch = i / blocks_, first = i % blocks_ * kBlockTokens;
      sum_block(p, taps_, d.head(batch, head), x.head(batch, head), first,
                std::min(first + kBlockTokens, p.q_len), block);
      add_scaled(1, block, sums(), to);
    }
  });
  for_each_task(threads, p.heads, [&](int64_t head, int) {
    float* const total = parts + head * sums();  // That of the first part.
    for (int64_t part = 1; part < parts_; ++part)
      add_scaled(1, parts + (part * p.heads + head) * sums(), sums(), total);
    for (int64_t tap = 0; tap < taps_.kernel; ++tap)
      std::copy_n(total + tap * p.head_dim, p.head_dim,
                  weights + tap * token_width(p) + head * p.head_dim);
    if (bias != nullptr)
      std::copy_n(total + taps_.kernel * p.head_dim, p.head_dim, bias + head * p.head_dim);
  });
}

}  // namespace attnbench::kernels
