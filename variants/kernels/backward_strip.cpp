// The backward pass of one strip and one block of keys: two products for the scores and their
// gradients, the softmax and its derivative, and three products for d_v, d_k and d_q.
#include "kernels/backward_strip.h"

#include <algorithm>
#include <cassert>

#include "kernels/exp2.h"
#include "kernels/product.h"
#include "kernels/score_block.h"
#include "kernels/softcap.h"

namespace attnbench::kernels {
namespace {

/// Prefetches `ahead` floats after them, and adds to kRows rows of c: c[r][:] += sum over i < depth
/// of a[r][i] * tile[i][:].
template <int kRows, int kVectors>
HWY_NOINLINE void add_tile(const float* a, int64_t pitch, const float* tile, int64_t depth,
                           float* c, int64_t c_pitch, int64_t columns, int64_t ahead) {
  const Lanes d;
  for (int r = 0; ahead > 0 && r < kRows; ++r) {
    for (int64_t i = 0; i < kVectors * kLanes; i += kLineFloats)
      __builtin_prefetch(c + r * c_pitch + ahead + i, /* to be written */ 1);
  }
  Vec sums[kRows][kVectors];
  clear_sums(sums);
  sum_products<Operand::kKeys, kRows, kVectors, kVectors>(a, pitch, tile, depth, 0, nullptr, sums);
  if (columns >= kVectors * kLanes) {
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) {
        float* const to = c + r * c_pitch + v * kLanes;
        hn::StoreU(hn::Add(sums[r][v], hn::LoadU(d, to)), d, to);
      }
    return;
  }
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v)
      store_columns<true>(sums[r][v], columns - v * kLanes, c + r * c_pitch + v * kLanes);
}

/// Adds to the keys' rows of a gradient: gradient[key][:] += sum over rows of a[key][row] *
/// tiles[row][:].
void add_rows(const float* a, int64_t pitch, const float* tiles, int64_t rows,
              const ValueColumns& columns, const KeyRows& keys, float* gradient, bool prefetches) {
  const int64_t ahead = prefetches ? keys.count * keys.stride : 0;
  for (int64_t column = 0; column < columns.count;
       column += columns.tile(), tiles += kStripRows * columns.tile()) {
    with_value_vectors(columns, [&]<int kVectors>() {
      for_each_row_group<rows_in_registers(kVectors)>(keys.count, [&]<int kRows>(int64_t key) {
        add_tile<kRows, kVectors>(a + key * pitch, pitch, tiles, rows,
                                  gradient + key * keys.stride + column, keys.stride,
                                  columns.count - column, ahead);
      });
    });
  }
}

/// Applies the derivative of softcap to the gradients of scores, which are whole then but for their
/// weights.
template <int kVectors>
void apply_cap(float cap, const float* delta, int64_t keys, const float* scores, float* d_scores) {
  const Lanes d;
  const Vec inverse = hn::Set(d, 1 / cap);
  for (int64_t key = 0; key < keys; ++key) {
    for (int v = 0; v < kVectors; ++v, scores += kLanes, d_scores += kLanes) {
      const Vec slope = softcap_slope(d, hn::Load(d, scores), inverse);
      const Vec gradient = hn::Sub(hn::Load(d, d_scores), hn::Load(d, delta + v * kLanes));
      hn::Store(hn::Mul(gradient, slope), d, d_scores);
    }
  }
}

/// Turns scores into weights w, and the gradients d of the weights into those of the scores:
/// w (d - delta).
template <int kVectors>
void weigh(const float* log_sums, const float* delta, int64_t keys, float* scores,
           float* d_scores) {
  const Lanes d;
  constexpr int64_t kPitch = kVectors * kLanes;
  const auto weigh_some = [&]<int kCount>(Vec log_sum, Vec mean, int64_t at) HWY_ATTR {
    Vec x[kCount];
    for (int i = 0; i < kCount; ++i) x[i] = hn::Load(d, scores + at + i * kPitch);
    weights(d, log_sum, x);
    for (int i = 0; i < kCount; ++i) {
      float* const to = d_scores + at + i * kPitch;
      hn::Store(x[i], d, scores + at + i * kPitch);
      hn::Store(hn::Mul(x[i], hn::Sub(hn::Load(d, to), mean)), d, to);
    }
  };
  for (int64_t v = 0; v < kVectors; ++v) {
    const Vec log_sum = hn::Load(d, log_sums + v * kLanes);
    const Vec mean = hn::Load(d, delta + v * kLanes);
    int64_t key = 0;
    for (; key + 4 <= keys; key += 4)
      weigh_some.template operator()<4>(log_sum, mean, key * kPitch + v * kLanes);
    for (; key < keys; ++key)
      weigh_some.template operator()<1>(log_sum, mean, key * kPitch + v * kLanes);
  }
}

template <int kVectors, int kOf>
void add(Strip& strip, const StripGradients& gradients, int64_t first_lane, const KeyBlock& block,
         const Wanted& wanted, const BlockScratch& scratch) {
  constexpr auto kOrder = ReadOrder::kConsecutive;
  constexpr int64_t kPitch = kVectors * kLanes;
  alignas(64) static constexpr float kZeros[kStripRows] = {};
  const auto& [scores, d_scores] = scratch;
  const int64_t head_dim = block.head_dim;
  multiply_k<kVectors, kOf, kOrder>(block.k, block.rows, head_dim, strip.q + first_lane, scores,
                                    {block.prefetch_first, block.rows, head_dim});
  multiply_k<kVectors, kOf, kOrder>(block.v, block.rows, head_dim, gradients.d_out + first_lane,
                                    d_scores, {block.prefetch_second, block.rows, head_dim});
  const float* delta = gradients.delta + first_lane;
  const auto& [factor, cap, alibi] = strip.modifiers;
  if (cap != 0) {
    modify<kVectors>({factor, cap, false}, strip, first_lane, block, scores);
    apply_cap<kVectors>(cap, delta, block.rows.count, scores, d_scores);
    delta = kZeros;
  }
  if (alibi) modify<kVectors>({factor, 0, true}, strip, first_lane, block, scores);
  weigh<kVectors>(strip.reference + first_lane, delta, block.rows.count, scores, d_scores);
  if (block.begin != KeyBlock::kSeenByAll) {
    mask_edges<kVectors>(strip, first_lane, block, 0, scores);
    mask_edges<kVectors>(strip, first_lane, block, 0, d_scores);
  }
  if (wanted.d_k != nullptr) {
    // Lanes beyond the last row are copies of it, which must not count.
    const int64_t rows = std::min(strip.rows - first_lane, kPitch);
    const int64_t at = first_lane * gradients.columns.tile();
    add_rows(scores, kPitch, gradients.d_out_rows + at, rows, gradients.columns, block.rows,
             wanted.d_v, wanted.prefetches);
    add_rows(d_scores, kPitch, gradients.q_rows + at, rows, gradients.columns, block.rows,
             wanted.d_k, wanted.prefetches);
  }
  if (wanted.d_q) {
    multiply_v<kVectors, kOf, kOrder>(block.k, block.rows, head_dim, d_scores,
                                      strip.out + first_lane, {nullptr, block.rows, head_dim});
  }
}

template <int kOf>
void add(Strip& strip, const StripGradients& gradients, const VectorSpan& vectors,
         const KeyBlock& block, const Wanted& wanted, const BlockScratch& scratch) {
  const int64_t first_lane = vectors.begin * kLanes;
  switch (vectors.end - vectors.begin) {
    case 1:
      return add<1, kOf>(strip, gradients, first_lane, block, wanted, scratch);
    case 2:
      return add<2, kOf>(strip, gradients, first_lane, block, wanted, scratch);
    default:
      return add<kOf, kOf>(strip, gradients, first_lane, block, wanted, scratch);
  }
}

}  // namespace

void add_gradients(Strip& strip, const StripGradients& gradients, const VectorSpan& vectors,
                   const KeyBlock& block, const Wanted& wanted,
                   const BlockScratch& scratch) noexcept {
  static_assert(kMaxVectors == 3);
  assert(vectors.begin >= 0 && vectors.begin < vectors.end && vectors.end <= strip.vectors &&
         strip.vectors >= 2 && "A block has vectors that the strip does not have");
  assert(block.rows.consecutive() && "The keys of a block are cut into streams");
  assert(is_aligned(scratch.scores) && is_aligned(scratch.d_scores) &&
         "Scores are read by aligned vectors");
  if (strip.vectors == 2) {
    add<2>(strip, gradients, vectors, block, wanted, scratch);
  } else {
    add<3>(strip, gradients, vectors, block, wanted, scratch);
  }
}

}  // namespace attnbench::kernels
