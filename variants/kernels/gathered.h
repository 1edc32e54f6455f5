// Softmax attention of some query rows over some keys, which lie anywhere: their rows are gathered.
#pragma once

#include <algorithm>
#include <cstdint>

#include "attnbench/variant.h"
#include "kernels/dense.h"
#include "kernels/exp2.h"

namespace attnbench::kernels {

/// The online softmax of all queries of one head, between one tile and another. Of a query that has
/// seen no key, the three are zero, -infinity and zero.
struct OnlineRows {
  float* out;         ///< [q_len, head_dim]: sums of weighted values.
  float* references;  ///< [q_len]: the unit of weights is 2^reference.
  float* sums;        ///< [q_len]: sums of weights.
};

/// Some queries of a head, at most GatheredRows::kMostRows, and some of its keys. Both ascend.
struct GatheredTile {
  const int32_t* queries;
  int64_t rows;
  const int32_t* keys;
  int64_t key_count;
  /// The rows of the online softmax that the queries have; null if these are the queries' own.
  const int32_t* places = nullptr;

  int64_t place(int64_t row) const { return places == nullptr ? queries[row] : places[row]; }
};

/// Attends tiles of one head, each of which adds to the online softmax of its queries. If the
/// problem is causal, a query sees those of a tile's keys that are not behind its position.
class GatheredRows {
 public:
  static constexpr int64_t kMostRows = 96;
  static constexpr int64_t kMostKeys = 128;  ///< Keys that are multiplied at a time.

  /// How many floats of scratch it takes, a multiple of 16.
  static int64_t floats(int64_t head_dim);

  /// q, k and v are those of the head. scratch is aligned to whole vectors.
  GatheredRows(const Problem& p, const float* q, const float* k, const float* v,
               const OnlineRows& online, float* scratch);

  /// `sift(row, key, count, weights)` gets a row's weights of tile.keys[key], tile.keys[key + 1]
  /// and so on. It may set some to zero, and returns the sum of the others; or a negative number if
  /// it leaves all as they are. There are zeros behind the weights up to a whole vector.
  template <class Sift>
  void attend(const GatheredTile& tile, const Sift& sift) {
    gather(tile);
    for (int64_t key = 0; key < tile.key_count; key += kMostKeys) {
      const int64_t keys = std::min(kMostKeys, tile.key_count - key);
      const int32_t* const its = tile.keys + key;
      score(tile, its, keys);
      float factors[kMostRows];
      int64_t seen = p_.causal ? 0 : keys;
      for (int64_t row = 0; row < tile.rows; ++row) {
        const int64_t position = aligned_position(p_, tile.queries[row]);
        while (seen < keys && its[seen] <= position) ++seen;
        float* const weights = weights_ + row * kMostKeys;
        std::fill(weights + seen, weights + kMostKeys, 0.0f);
        factors[row] = seen == 0 ? 1 : weigh(tile.place(row), seen, weights, [&] {
          return sift(row, key, seen, weights);
        });
      }
      add_values(tile, its, keys, factors);
    }
  }

  /// The same without sifting.
  void attend(const GatheredTile& tile) {
    attend(tile, [](int64_t, int64_t, int64_t, float*) { return -1.0f; });
  }

 private:
  /// Turns a query's products with some keys into weights in the unit of its reference, which it
  /// may raise. Returns the factor of earlier weights.
  template <class Sift>
  float weigh(int64_t place, int64_t keys, float* weights, const Sift& sift) {
    RowSum part = weigh_row(modifiers_, 0, 0, keys, weights);
    if (const float sum = sift(); sum >= 0) part.sum = sum;
    const float before = online_.references[place];
    const float top = std::max(before, part.top);
    const float earlier = exp2_of(before - top), later = exp2_of(part.top - top);
    online_.references[place] = top;
    online_.sums[place] = earlier * online_.sums[place] + later * part.sum;
    for (int64_t i = 0; i < keys && part.top < top; ++i) weights[i] *= later;
    return earlier;
  }

  /// Copies the tile's rows of q.
  void gather(const GatheredTile& tile);
  /// Multiplies them by some keys.
  void score(const GatheredTile& tile, const int32_t* keys, int64_t count);
  /// Multiplies each row of out by its factor, and adds the weighted values of some keys.
  void add_values(const GatheredTile& tile, const int32_t* keys, int64_t count,
                  const float* factors);

  const Problem& p_;
  const float *const q_, *const k_, *const v_;
  const OnlineRows online_;
  const Modifiers modifiers_;
  float *const weights_, *const queries_, *const pack_;
};

}  // namespace attnbench::kernels
