// One strip and one block of keys: scores, online softmax in base 2, weighted values.
#include "kernels/strip.h"

#include <algorithm>
#include <cassert>
#include <type_traits>

#include "kernels/bf16.h"
#include "kernels/divide.h"
#include "kernels/exp2.h"
#include "kernels/product.h"
#include "kernels/score_block.h"

namespace attnbench::kernels {
namespace {

/// Raises each lane's reference to its new maximum, if that is higher, and scales its sums to it.
template <int kVectors, int kOf>
void rescale(Strip& strip, int64_t first_lane, int64_t head_dim, const Vec (&maxima)[kVectors]) {
  const Lanes d;
  Vec factor[kVectors];
  for (int v = 0; v < kVectors; ++v) {
    float* reference = strip.reference + first_lane + v * kLanes;
    float* weight_sum = strip.weight_sum + first_lane + v * kLanes;
    const Vec old = hn::Load(d, reference);
    const Vec raised = hn::Max(old, maxima[v]);
    factor[v] = exp2(d, hn::Sub(old, raised));
    hn::Store(raised, d, reference);
    hn::Store(hn::Mul(hn::Load(d, weight_sum), factor[v]), d, weight_sum);
  }
  float* out = strip.out + first_lane;
  if constexpr (in_pairs(kOf)) {
    for (int64_t dim = 0; dim < head_dim; dim += 2, out += 2 * kLanes) {
      hn::Store(hn::Mul(hn::Load(d, out), hn::DupEven(factor[0])), d, out);
      hn::Store(hn::Mul(hn::Load(d, out + kLanes), hn::DupOdd(factor[0])), d, out + kLanes);
    }
  } else {
    for (int64_t dim = 0; dim < head_dim; ++dim, out += kOf * kLanes) {
      for (int v = 0; v < kVectors; ++v) {
        hn::Store(hn::Mul(hn::Load(d, out + v * kLanes), factor[v]), d, out + v * kLanes);
      }
    }
  }
}

/// Turns scores into weights and returns where these are. They replace the scores; but in pairs
/// they stand behind the scores, and for each key the weights of the even queries come first, each
/// twice, then those of the odd ones. If Multiply is Bf16Pairs, those of two keys become a pair of
/// bf16; the sums of weights are those before they are rounded. If kClears, hidden keys get the
/// weight zero even if weights() gives them a little more.
template <int kVectors, int kOf, bool kClears, class Multiply>
const float* weigh(Strip& strip, int64_t first_lane, int64_t keys, int64_t head_dim,
                   float* scores) {
  const Lanes d;
  // Unrolled, since each iteration costs three to five instructions besides the maximum.
  Vec maxima[kVectors];
  for (int v = 0; v < kVectors; ++v) maxima[v] = hn::Load(d, scores + v * kLanes);
#pragma GCC unroll 4
  for (int64_t key = 1; key < keys; ++key) {
    for (int v = 0; v < kVectors; ++v) {
      maxima[v] = hn::Max(maxima[v], hn::Load(d, scores + (key * kVectors + v) * kLanes));
    }
  }
  bool exceeded = false;
  for (int v = 0; v < kVectors; ++v) {
    const Vec reference = hn::Load(d, strip.reference + first_lane + v * kLanes);
    const Vec limit = hn::Add(reference, hn::Set(d, kHeadroom));
    exceeded = exceeded || !hn::AllFalse(d, hn::Gt(maxima[v], limit));
  }
  if (exceeded) rescale<kVectors, kOf>(strip, first_lane, head_dim, maxima);

  constexpr int64_t kPitch = kVectors * kLanes;
  static_assert(!in_pairs(kOf) || kMaxVectors >= 3 * kVectors, "scratch holds scores and pairs");
  float* const pairs = scores + keys * kPitch;
  float* next_pair = pairs;
  constexpr bool kRounds = std::is_same_v<Multiply, Bf16Pairs>;
  static_assert(!kRounds || (!kClears && !in_pairs(kOf)));
  Vec first_of_pair = hn::Zero(d);
  bool is_second = false;
  const auto keep = [&](Vec weight, float* at) HWY_ATTR {
    if constexpr (kClears) {
      weight = hn::IfThenZeroElse(hn::Eq(hn::Load(d, at), hn::Set(d, kHidden)), weight);
    }
    if constexpr (in_pairs(kOf)) {
      hn::Store(hn::DupEven(weight), d, next_pair);
      hn::Store(hn::DupOdd(weight), d, next_pair + kLanes);
      next_pair += 2 * kLanes;
    } else if constexpr (kRounds) {
      // A pair takes the place of a score that was read before.
      if (is_second) {
        hn::Store(round_to_pairs(first_of_pair, weight), d, next_pair);
        next_pair += kPitch;
      }
      first_of_pair = weight;
      is_second = !is_second;
    } else {
      hn::Store(weight, d, at);
    }
  };
  // One vector of queries at a time: its sum, its reference and the constants fill the registers.
  for (int v = 0; v < kVectors; ++v) {
    const Vec reference = hn::Load(d, strip.reference + first_lane + v * kLanes);
    Vec sum = hn::Zero(d);
    float* score = scores + v * kLanes;
    if constexpr (kRounds) next_pair = score;
    int64_t key = 0;
    for (; key + 4 <= keys; key += 4) weigh_vectors<4>(d, reference, kPitch, score, sum, keep);
    for (; key < keys; ++key) weigh_vectors<1>(d, reference, kPitch, score, sum, keep);
    if (kRounds && is_second) keep(hn::Zero(d), score);
    float* weight_sum = strip.weight_sum + first_lane + v * kLanes;
    hn::Store(hn::Add(hn::Load(d, weight_sum), sum), d, weight_sum);
  }
  return in_pairs(kOf) ? pairs : scores;
}

template <int kVectors, int kOf, ReadOrder kReadOrder, class Multiply = Floats>
void attend(Strip& strip, int64_t first_lane, const KeyBlock& block, float* scores,
            const Multiply& multiply = {}) {
  const int64_t head_dim = block.head_dim;
  constexpr bool kPairs = std::is_same_v<Multiply, Bf16Pairs>;
  assert(is_aligned(scores) && is_aligned(strip.q + first_lane) &&
         is_aligned(strip.out + first_lane) && "Rows of a strip are read by aligned vectors");
  const int64_t elements = kPairs ? head_dim / 2 : head_dim;
  multiply_k<kVectors, kOf, kReadOrder>(block.k, block.rows, elements, strip.q + first_lane, scores,
                                        {block.prefetch_first, block.rows, elements}, multiply);
  if (strip.modifiers.any()) modify<kVectors>(strip.modifiers, strip, first_lane, block, scores);
  const bool masked = block.begin != KeyBlock::kSeenByAll;
  if (masked) mask_edges<kVectors>(strip, first_lane, block, kHidden, scores);
  const auto weigh_block = [&]<bool kClears>() {
    return weigh<kVectors, kOf, kClears, Multiply>(strip, first_lane, block.rows.count, head_dim,
                                                   scores);
  };
  const float* const weights = masked ? weigh_block.template operator()<!kHiddenWeighsNothing>()
                                      : weigh_block.template operator()<false>();
  if constexpr (kPairs) {
    const KeyRows pairs{divide_up(block.rows.count, 2), head_dim, kOctet * head_dim};
    multiply_v<kVectors, kOf, kReadOrder, Multiply>(block.v, pairs, head_dim, weights,
                                                    strip.out + first_lane,
                                                    {block.prefetch_second, pairs, head_dim});
  } else {
    multiply_v<kVectors, kOf, kReadOrder>(block.v, block.rows, head_dim, weights,
                                          strip.out + first_lane,
                                          {block.prefetch_second, block.rows, head_dim});
  }
}

/// The same by products of pairs of bf16.
template <int kOf>
void attend_pairs(Strip& strip, const VectorSpan& vectors, const KeyBlock& block, float* scores) {
  const auto by = [&]<int kVectors>() {
    attend<kVectors, kOf, ReadOrder::kConsecutive>(strip, vectors.begin * kLanes, block, scores,
                                                   Bf16Pairs{strip.modifiers.factor});
  };
  switch (vectors.end - vectors.begin) {
    case 1:
      return by.template operator()<1>();
    case 2:
      return by.template operator()<2>();
    default:
      return by.template operator()<kOf>();
  }
}

template <int kOf>
void attend(Strip& strip, const VectorSpan& vectors, const KeyBlock& block, float* scores) {
  if (!block.rows.consecutive()) {
    if constexpr (in_pairs(kOf)) {
      if (prefetches_by_line(block.rows.count / kOctet, block.head_dim)) {
        attend<kOf, kOf, ReadOrder::kStreams>(strip, 0, block, scores);
        return;
      }
    }
    attend<kOf, kOf, ReadOrder::kStreamsByRow>(strip, 0, block, scores);
    return;
  }
  const int64_t first_lane = vectors.begin * kLanes;
  switch (vectors.end - vectors.begin) {
    case 1:
      return attend<1, kOf, ReadOrder::kConsecutive>(strip, first_lane, block, scores);
    case 2:
      return attend<std::min(2, kOf), kOf, ReadOrder::kConsecutive>(strip, first_lane, block,
                                                                    scores);
    default:
      return attend<kOf, kOf, ReadOrder::kConsecutive>(strip, first_lane, block, scores);
  }
}

}  // namespace

void attend_block(Strip& strip, const VectorSpan& vectors, const KeyBlock& block,
                  float* scores) noexcept {
  static_assert(kMaxVectors == 3);
  assert(vectors.begin >= 0 && vectors.begin < vectors.end && vectors.end <= strip.vectors &&
         "A block is attended by vectors that the strip does not have");
  assert((block.rows.consecutive() || vectors.end - vectors.begin == strip.vectors) &&
         "Streams are attended by some vectors of a strip only");
  if constexpr (kHasBf16) {
    if (strip.has_pairs) {
      return strip.vectors == 2 ? attend_pairs<2>(strip, vectors, block, scores)
                                : attend_pairs<3>(strip, vectors, block, scores);
    }
  }
  switch (strip.vectors) {
    case 1:
      return attend<1>(strip, vectors, block, scores);
    case 2:
      return attend<2>(strip, vectors, block, scores);
    default:
      return attend<3>(strip, vectors, block, scores);
  }
}

}  // namespace attnbench::kernels
