// Locality-sensitive hashing of rows by random rotations, and the order of keys and queries by
// their buckets.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "kernels/counting_sort.h"
#include "kernels/divide.h"
#include "kernels/matrix.h"

namespace attnbench::kernels {

/// How rows are hashed. A hash of h directions has 2 h values: which direction, and on which side
/// of it, a row leans to most. A bucket is the pair of the values of two hashes, or the value of
/// one.
struct Hash {
  int64_t first = 1;   ///< Directions of the first hash,
  int64_t second = 0;  ///< and of the second.

  /// At least so many buckets, and few more.
  static Hash with_buckets(int64_t wanted) {
    Hash hash;
    while (4 * hash.first * hash.first < wanted) ++hash.first;
    if (wanted > 2 * hash.first) hash.second = divide_up(wanted, 4 * hash.first);
    return hash;
  }

  int64_t directions() const { return first + second; }
  int64_t buckets() const { return 2 * first * std::max<int64_t>(2 * second, 1); }
};

/// Rows that are hashed at a time. The result depends on which rows these are, by rounding.
inline constexpr int64_t kHashedRows = 128;
inline int64_t hash_floats(const Hash& hash) {
  return round_up(kHashedRows * hash.directions(), 16);
}

/// The number of the direction that a row leans to most, plus `directions` if it leans against it.
inline int32_t hash_value(const float* products, int64_t directions) {
  int64_t best = 0;
  for (int64_t i = 1; i < directions; ++i)
    if (std::abs(products[i]) > std::abs(products[best])) best = i;
  return static_cast<int32_t>(products[best] < 0 ? best + directions : best);
}

/// Writes the buckets of up to kHashedRows rows. `rotation` is [head_dim, directions]: those of the
/// first hash, then those of the second. `scratch` holds hash_floats().
inline void hash_rows(const Hash& hash, const float* x, int64_t rows, int64_t head_dim,
                      const float* rotation, float* scratch, int32_t* buckets) {
  multiply_values(x, head_dim, rows, rotation, head_dim, hash.directions(), scratch);
  for (int64_t row = 0; row < rows; ++row, scratch += hash.directions()) {
    buckets[row] = hash_value(scratch, hash.first);
    if (hash.second == 0) continue;
    buckets[row] = buckets[row] * static_cast<int32_t>(2 * hash.second) +
                   hash_value(scratch + hash.first, hash.second);
  }
}

/// The keys of one head in the order of their buckets, those of a bucket ascending. Each bucket is
/// cut into chunks. Chunks are numbered so that neighbours in a bucket have consecutive numbers,
/// and no chunk has the number before that of a bucket's first chunk.
struct SortedKeys {
  int32_t* starts;  ///< [buckets + 1]: where in the order each bucket begins.
  int32_t* order;   ///< [kv_len]: keys.
  int32_t* chunks;  ///< [kv_len]: of each key its chunk; before sort() its bucket.

  void sort(int64_t buckets, int64_t keys, int32_t chunk) const {
    sort_by_group(chunks, keys, buckets, starts, order);
    for (int64_t b = 0; b < buckets; ++b)
      for (int32_t i = starts[b]; i < starts[b + 1]; ++i)
        chunks[order[i]] = first_chunk(b, chunk) + (i - starts[b]) / chunk;
  }

  int32_t first_chunk(int64_t bucket, int32_t chunk) const {
    return starts[bucket] / chunk + 2 * static_cast<int32_t>(bucket);
  }
};

/// Queries of one bucket and chunk, places in the order of queries, and the keys that they see,
/// places in the order of keys.
struct BucketTile {
  int32_t first, end, first_key, end_key;
};

/// The queries of one head in the order of their buckets, cut into tiles.
struct SortedQueries {
  int32_t* order;     ///< [q_len]
  int32_t* chunks;    ///< [q_len]: of each query its chunk; before sort() its bucket.
  BucketTile* tiles;  ///< Room for q_len.

  /// Sorts queries by bucket, gives each the chunk of the last key of its bucket that is not behind
  /// its position (if there is none, the first chunk), and returns the number of tiles, each of at
  /// most `most` queries. They see the keys of their chunk and of the one before. `starts` has room
  /// for buckets + 1.
  int64_t sort(const SortedKeys& keys, int64_t buckets, int64_t queries, int64_t position_of_first,
               int32_t chunk, int64_t most, int32_t* starts) const {
    sort_by_group(chunks, queries, buckets, starts, order);
    int64_t tile = -1;
    for (int64_t b = 0, at = 0; b < buckets; ++b) {
      const int32_t start = keys.starts[b], end = keys.starts[b + 1];
      int32_t rank = start;
      int32_t before = -1;
      for (; at < starts[b + 1]; ++at) {
        while (rank < end && keys.order[rank] <= position_of_first + order[at]) ++rank;
        const int32_t number = std::max(rank - start - 1, 0) / chunk;
        chunks[order[at]] = keys.first_chunk(b, chunk) + number;
        if (start == end) continue;
        if (number != before || at - tiles[tile].first == most) {
          const int64_t from = start + std::max<int64_t>(number - 1, 0) * chunk;
          const int64_t to = std::min<int64_t>(start + (number + int64_t{1}) * chunk, end);
          tiles[++tile] = {static_cast<int32_t>(at), 0, static_cast<int32_t>(from),
                           static_cast<int32_t>(to)};
        }
        before = number;
        tiles[tile].end = static_cast<int32_t>(at + 1);
      }
    }
    return tile + 1;
  }
};

}  // namespace attnbench::kernels
