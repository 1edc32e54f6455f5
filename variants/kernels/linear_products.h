// Products of linear attention: a state of features times columns of V, that keys are added to and
// queries are multiplied by. Lanes are columns of V.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/divide.h"
#include "kernels/tile_product.h"

namespace attnbench::kernels {

/// The columns of V, cut into tiles of so many vectors that a microkernel keeps its sums of a tile
/// in registers. Columns beyond the last one hold zeros.
struct ValueColumns {
  int64_t count;
  int vectors;  ///< Of a tile: 2 to kMostValueVectors.
  int64_t tiles;

  int64_t tile() const { return vectors * kLanes; }
  int64_t padded() const { return tiles * tile(); }
};
inline constexpr int kMostValueVectors = kHasAvx512 ? 4 : 3;

/// Tiles with the fewest columns of zeros; of those that have as few, the widest.
inline ValueColumns value_columns_of(int64_t count) {
  const int64_t vectors = divide_up(count, kLanes);
  ValueColumns best{};
  for (int width = kMostValueVectors; width >= 2; --width) {
    const ValueColumns columns{count, width, divide_up(vectors, width)};
    if (best.count == 0 || columns.padded() < best.padded()) best = columns;
  }
  return best;
}

/// Calls body.operator()<vectors of a tile>().
template <class Body>
HWY_INLINE void with_value_vectors(const ValueColumns& columns, const Body& body) {
  if (columns.vectors == 2) return body.template operator()<2>();
  if (columns.vectors == 3 || kMostValueVectors == 3) return body.template operator()<3>();
  return body.template operator()<kMostValueVectors>();
}

/// Keys whose sum is complete before it is added to others. If terms are equal, as those of equal
/// keys, all roundings of a long chain of additions may go the same way.
inline constexpr int64_t kShortSum = 16;

/// Adds to kRows features' rows of a state, and of a second one if that is not null:
/// state[r][:] += sum over keys of features[key][r] * v[key][:].
template <int kRows, int kVectors>
void add_keys_to_tile(const float* features, int64_t pitch, const float* v, int64_t keys,
                      float* state, float* second) {
  const Lanes d;
  constexpr int64_t kFloats = kRows * kVectors * kLanes;
  alignas(64) float totals[kFloats];
  for (int64_t key = 0; key < keys; key += kShortSum)
    multiply_tile<Operand::kValues, kRows, kVectors, kVectors>(
        features + key * pitch, pitch, v + key * kVectors * kLanes, std::min(kShortSum, keys - key),
        key == 0 ? nullptr : totals, totals, kVectors * kLanes);
  for (float* const to : {state, second})
    for (int64_t i = 0; to != nullptr && i < kFloats; i += kLanes)
      hn::Store(hn::Add(hn::Load(d, to + i), hn::Load(d, totals + i)), d, to + i);
}

/// Features whose sum is complete before it is added to others, for the same reason.
inline constexpr int64_t kFeatureSum = 256;

/// c[r][:] = sum over i of rows[r][i] * columns[i][:], which are kVectors of kOf vectors.
template <int kRows, int kVectors, int kOf>
void multiply_features(const float* rows, int64_t pitch, const float* columns, int64_t features,
                       float* c, int64_t c_pitch) {
  for (int64_t first = 0; first < features; first += kFeatureSum)
    multiply_tile<Operand::kKeys, kRows, kVectors, kOf>(
        rows + first, pitch, columns + first * kOf * kLanes,
        std::min(kFeatureSum, features - first), first == 0 ? nullptr : c, c, c_pitch);
}

/// What a query's output is made of: its features times the state and, if it is causal, its weights
/// of the keys of its own chunk times their values. The result is multiplied by `inverse`.
struct QueryRows {
  const float* features;  ///< [rows, pitch]
  int64_t pitch;
  int64_t feature_count;
  const float* weights;  ///< [rows, weight_pitch]; not read if no key of the chunk is seen.
  int64_t weight_pitch;
  const float* inverse;  ///< [rows]
  float* out;            ///< [rows, out_pitch]
  int64_t out_pitch;
};

/// Computes `columns` columns of kRows rows of out, from a tile of the state [features, kVectors]
/// and of the values [keys, kVectors] of which the rows see the first `keys`.
template <int kRows, int kVectors>
void multiply_query_tile(const QueryRows& rows, int64_t first, const float* state, const float* v,
                         int64_t keys, int64_t column, int64_t columns) {
  const Lanes d;
  constexpr int64_t kPitch = kVectors * kLanes;
  alignas(64) float sums[kRows * kPitch];
  multiply_features<kRows, kVectors, kVectors>(rows.features + first * rows.pitch, rows.pitch,
                                               state, rows.feature_count, sums, kPitch);
  if (keys > 0)
    multiply_tile<Operand::kKeys, kRows, kVectors, kVectors>(
        rows.weights + first * rows.weight_pitch, rows.weight_pitch, v, keys, sums, sums, kPitch);
  for (int r = 0; r < kRows; ++r) {
    float* const out = rows.out + (first + r) * rows.out_pitch + column;
    const Vec inverse = hn::Set(d, rows.inverse[first + r]);
    for (int v_at = 0; v_at < kVectors; ++v_at) {
      const Vec result = hn::Mul(hn::Load(d, sums + r * kPitch + v_at * kLanes), inverse);
      store_columns<false>(result, columns - v_at * kLanes, out + v_at * kLanes);
    }
  }
}

/// Scores of kRows queries and two vectors of keys of a chunk of kVectors vectors:
/// scores[r][:] = sum over i of queries[r][i] * keys[i][:].
template <int kRows, int kVectors>
void score_tile(const float* queries, int64_t pitch, const float* keys, int64_t features,
                float* scores) {
  multiply_features<kRows, 2, kVectors>(queries, pitch, keys, features, scores, kVectors * kLanes);
}

/// Copies rows of head_dim values into tiles [tile, capacity, tile columns].
inline void pack_value_columns(const float* from, int64_t rows, const ValueColumns& columns,
                               int64_t capacity, float* to) {
  for (int64_t t = 0; t < columns.tiles; ++t, to += capacity * columns.tile()) {
    const int64_t column = t * columns.tile();
    pack_rows(from + column, columns.count, rows, std::min(columns.tile(), columns.count - column),
              columns.tile(), to, columns.tile());
  }
}

}  // namespace attnbench::kernels
