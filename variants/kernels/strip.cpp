// One strip and one block of keys: scores, online softmax in base 2, weighted values.
#include "kernels/strip.h"

#include <algorithm>

#include "kernels/exp2.h"

namespace attnbench::kernels {
namespace {

template <int kVectors>
void mask_edges(const Strip& strip, const KeyBlock& block, float* scores) {
  const Lanes d;
  const int64_t keys = block.rows.count;
  alignas(64) float first[kVectors * kLanes];
  alignas(64) float last[kVectors * kLanes];
  for (int64_t lane = 0; lane < kVectors * kLanes; ++lane) {
    const KeySpan& seen = strip.lane_keys[lane];
    first[lane] = static_cast<float>(std::clamp<int64_t>(seen.begin - block.begin, 0, keys));
    last[lane] = static_cast<float>(std::clamp<int64_t>(seen.end - block.begin, 0, keys));
  }
  const Vec hidden = hn::Set(d, kHidden);
  const auto mask = [&](int64_t from, int64_t to) {
    for (int64_t key = from; key < to; ++key) {
      const Vec position = hn::Set(d, static_cast<float>(key));
      for (int64_t lane = 0; lane < kVectors * kLanes; lane += kLanes) {
        float* score = scores + key * kVectors * kLanes + lane;
        const auto seen = hn::And(hn::Le(hn::Load(d, first + lane), position),
                                  hn::Lt(position, hn::Load(d, last + lane)));
        hn::Store(hn::IfThenElse(seen, hn::Load(d, score), hidden), d, score);
      }
    }
  };
  const int64_t shared = std::clamp<int64_t>(strip.shared_keys.begin - block.begin, 0, keys);
  mask(0, shared);
  mask(std::clamp<int64_t>(strip.shared_keys.end - block.begin, shared, keys), keys);
}

/// Moves the strip to higher reference maxima.
template <int kVectors>
void rescale(Strip& strip, int64_t head_dim, const Vec (&maxima)[kVectors]) {
  const Lanes d;
  Vec factor[kVectors];
  for (int v = 0; v < kVectors; ++v) {
    float* reference = strip.reference + v * kLanes;
    float* weight_sum = strip.weight_sum + v * kLanes;
    const Vec old = hn::Load(d, reference);
    const Vec raised = hn::Max(old, maxima[v]);
    factor[v] = exp2(d, hn::Sub(old, raised));
    hn::Store(raised, d, reference);
    hn::Store(hn::Mul(hn::Load(d, weight_sum), factor[v]), d, weight_sum);
  }
  float* out = strip.out;
  if constexpr (in_pairs(kVectors)) {
    for (int64_t dim = 0; dim < head_dim; dim += 2, out += 2 * kLanes) {
      hn::Store(hn::Mul(hn::Load(d, out), hn::DupEven(factor[0])), d, out);
      hn::Store(hn::Mul(hn::Load(d, out + kLanes), hn::DupOdd(factor[0])), d, out + kLanes);
    }
  } else {
    for (int64_t dim = 0; dim < head_dim; ++dim) {
      for (int v = 0; v < kVectors; ++v, out += kLanes) {
        hn::Store(hn::Mul(hn::Load(d, out), factor[v]), d, out);
      }
    }
  }
}

/// Turns scores into weights and returns where these are: in place or, in pairs, behind the scores,
/// each key's even queries' twice each and then the odd ones'.
template <int kVectors>
const float* weigh(Strip& strip, int64_t keys, int64_t head_dim, float* scores) {
  const Lanes d;
  // Unrolled, since the loop itself takes three to five instructions a turn.
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
    const Vec limit = hn::Add(hn::Load(d, strip.reference + v * kLanes), hn::Set(d, kHeadroom));
    exceeded = exceeded || !hn::AllFalse(d, hn::Gt(maxima[v], limit));
  }
  if (exceeded) rescale<kVectors>(strip, head_dim, maxima);

  constexpr int64_t kPitch = kVectors * kLanes;
  static_assert(!in_pairs(kVectors) || kMaxVectors >= 3 * kVectors,
                "scratch holds scores and pairs");
  float* const pairs = scores + keys * kPitch;
  float* next_pair = pairs;
  const auto keep = [&](Vec weight, float* at) HWY_ATTR {
    if constexpr (in_pairs(kVectors)) {
      hn::Store(hn::DupEven(weight), d, next_pair);
      hn::Store(hn::DupOdd(weight), d, next_pair + kLanes);
      next_pair += 2 * kLanes;
    } else {
      hn::Store(weight, d, at);
    }
  };
  // A vector of queries at a time: one sum, one reference and the constants fill the registers.
  for (int v = 0; v < kVectors; ++v) {
    const Vec reference = hn::Load(d, strip.reference + v * kLanes);
    Vec sum = hn::Zero(d);
    float* score = scores + v * kLanes;
    int64_t key = 0;
    for (; key + 4 <= keys; key += 4) weigh_vectors<4>(d, reference, kPitch, score, sum, keep);
    for (; key < keys; ++key) weigh_vectors<1>(d, reference, kPitch, score, sum, keep);
    float* weight_sum = strip.weight_sum + v * kLanes;
    hn::Store(hn::Add(hn::Load(d, weight_sum), sum), d, weight_sum);
  }
  return in_pairs(kVectors) ? pairs : scores;
}

template <int kVectors>
void modify(const Strip& strip, const KeyBlock& block, float* scores) {
  alignas(64) float ahead[kVectors * kLanes] = {};
  const int64_t run = block.rows.consecutive() ? block.rows.count : kOctet;
  int64_t position = block.position;
  for (int64_t key = 0; key < block.rows.count; key += run, position += block.octet_step()) {
    for (int64_t lane = 0; strip.modifiers.alibi && lane < kVectors * kLanes; ++lane) {
      ahead[lane] = static_cast<float>(strip.position[lane] - position);
    }
    modify_lanes(strip.modifiers, strip.slope, ahead, block.step(), run, kVectors * kLanes,
                 scores + key * kVectors * kLanes);
  }
}

template <int kVectors, Layout kLayout>
void attend(Strip& strip, const KeyBlock& block, float* scores) {
  const int64_t head_dim = block.head_dim;
  multiply_k<kVectors, kLayout>(block.k, block.rows, head_dim, strip.q, scores,
                                {block.first_ahead, block.rows, head_dim});
  if (strip.modifiers.any()) modify<kVectors>(strip, block, scores);
  if (block.begin != KeyBlock::kSeenByAll) mask_edges<kVectors>(strip, block, scores);
  const float* const weights = weigh<kVectors>(strip, block.rows.count, head_dim, scores);
  multiply_v<kVectors, kLayout>(block.v, block.rows, head_dim, weights, strip.out,
                                {block.then_ahead, block.rows, head_dim});
}

template <int kVectors>
void attend(Strip& strip, const KeyBlock& block, float* scores) {
  if (block.rows.consecutive()) {
    attend<kVectors, Layout::kConsecutive>(strip, block, scores);
    return;
  }
  if constexpr (in_pairs(kVectors)) {
    if (asks_by_line(block.rows.count / kOctet, block.head_dim)) {
      attend<kVectors, Layout::kStreams>(strip, block, scores);
      return;
    }
  }
  attend<kVectors, Layout::kOddStreams>(strip, block, scores);
}

}  // namespace

void attend_block(Strip& strip, const KeyBlock& block, float* scores) noexcept {
  static_assert(kMaxVectors == 3);
  switch (strip.vectors) {
    case 1:
      return attend<1>(strip, block, scores);
    case 2:
      return attend<2>(strip, block, scores);
    default:
      return attend<3>(strip, block, scores);
  }
}

}  // namespace attnbench::kernels
