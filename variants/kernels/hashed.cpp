// Hashes and sorts rows, then attends tiles of queries and keys that share a bucket, round by
// round.
#include "kernels/hashed.h"

#include <cmath>
#include <utility>

#include "kernels/gathered.h"
#include "kernels/layout.h"
#include "kernels/tasks.h"

namespace attnbench::kernels {
namespace {

/// Rows of some heads that are hashed: `heads` heads from number `first` on, each of which reads
/// the directions of key head number / group.
struct Hashed {
  const float* x;
  int64_t rows, first, heads, group;
};

/// Everything that a call keeps in its workspace.
struct Scratch {
  float* threads;     ///< Each has room for its tile, or for its products with directions.
  int64_t thread;     ///< Floats of a thread.
  int32_t* shown;     ///< [threads, rounds, kMostKeys, ...]: see attend().
  int32_t* counters;  ///< [threads, buckets + 1]
  float *references, *sums;
  int32_t *starts, *key_order, *key_chunks, *query_order, *query_chunks;
  BucketTile* tiles;
  int64_t* tile_ends;  ///< [batch, heads]: tiles of all heads up to this one.

  static int64_t floats_of_thread(const HashedCall& s) {
    return std::max(GatheredRows::floats(s.p.head_dim), hash_floats(s.hash));
  }

  Scratch(const HashedCall& s, Layout& layout) : thread(floats_of_thread(s)) {
    const Problem& p = s.p;
    const Count keys = count(p.batch, p.kv_heads, s.rounds, p.kv_len);
    const Count queries = count(p.batch, p.heads, p.q_len);
    layout.take(threads, count(s.call.threads, thread));
    layout.take(shown, count(s.call.threads, s.rounds, GatheredRows::kMostKeys));
    layout.take(counters, count(s.call.threads, s.buckets + 1));
    layout.take(references, queries);
    layout.take(sums, queries);
    layout.take(starts, count(p.batch, p.kv_heads, s.rounds, s.buckets + 1));
    layout.take(key_order, keys);
    layout.take(key_chunks, keys);
    layout.take(query_order, queries);
    layout.take(query_chunks, queries * count(s.rounds));
    layout.take(tiles, queries);
    layout.take(tile_ends, count(p.batch, p.heads));
  }
};

/// Writes the buckets [heads, rounds, rows].
void hash(const HashedCall& s, const Inputs& in, const Hashed& hashed, const Scratch& scratch,
          int32_t* buckets) {
  const int64_t blocks = divide_up(hashed.rows, kHashedRows);
  for_each_task(s.call.threads, hashed.heads * s.rounds * blocks, [&](int64_t task, int thread) {
    const int64_t head = task / blocks / s.rounds, round = task / blocks % s.rounds;
    const int64_t first = task % blocks * kHashedRows;
    const int64_t key_head = (hashed.first + head) / hashed.group % s.p.kv_heads;
    hash_rows(s.hash, hashed.x + (head * hashed.rows + first) * s.p.head_dim,
              std::min(kHashedRows, hashed.rows - first), s.p.head_dim,
              in.extra[0].head(0, key_head * s.rounds + round),
              scratch.threads + thread * scratch.thread,
              buckets + (head * s.rounds + round) * hashed.rows + first);
  });
}

/// One round of one query head.
class Round {
 public:
  Round(const HashedCall& call, const Inputs& in, const Tensor<float>& out, const Scratch& scratch,
        int64_t round, int64_t head)
      : s_(call),
        scratch_(scratch),
        round_(round),
        key_head_(head / s_.group),
        q_(in.q.data + head * s_.p.q_len * s_.p.head_dim),
        k_(in.k.data + key_head_ * s_.p.kv_len * s_.p.head_dim),
        v_(in.v.data + key_head_ * s_.p.kv_len * s_.p.head_dim),
        online_{out.data + head * s_.p.q_len * s_.p.head_dim,
                scratch.references + head * s_.p.q_len, scratch.sums + head * s_.p.q_len},
        queries_{scratch.query_order + head * s_.p.q_len, query_chunks(head),
                 scratch.tiles + head * s_.p.q_len} {}

  /// Some queries have seen no key yet.
  void begin(int64_t first, int64_t count) const {
    std::fill_n(online_.out + first * s_.p.head_dim, count * s_.p.head_dim, 0.0f);
    std::fill_n(online_.references + first, count, -INFINITY);
    std::fill_n(online_.sums + first, count, 0.0f);
  }

  /// Sorts the queries; returns the number of tiles.
  int64_t sort(int32_t* counters) const {
    return queries_.sort(keys_of(round_), s_.buckets, s_.p.q_len, aligned_position(s_.p, 0),
                         static_cast<int32_t>(s_.chunk), GatheredRows::kMostRows, counters);
  }

  /// `shown` is [rounds, kMostKeys].
  void attend(int64_t number, float* floats, int32_t* shown) const {
    const BucketTile& tile = queries_.tiles[number];
    GatheredRows rows(s_.p, q_, k_, v_, online_, floats);
    const GatheredTile its{queries_.order + tile.first, tile.end - tile.first,
                           keys_of(round_).order + tile.first_key, tile.end_key - tile.first_key};
    if (round_ == 0) return rows.attend(its);
    int64_t gathered = -1;
    rows.attend(its, [&](int64_t row, int64_t key, int64_t count, float* weights) {
      if (std::exchange(gathered, key) != key)
        gather(its.keys + key, std::min(its.key_count - key, GatheredRows::kMostKeys), shown);
      return leave_out_seen(its.queries[row], count, shown, weights);
    });
  }

  /// Divides some queries' sums by their weights. A query that has seen no key gets the value at
  /// its position.
  void finish(int64_t first, int64_t count) const {
    for (int64_t i = first; i < first + count; ++i) {
      float* const out = online_.out + i * s_.p.head_dim;
      const int64_t position = aligned_position(s_.p, i);
      if (!(online_.sums[i] == 0)) {  // NaN has seen keys, too.
        const float inverse = 1 / online_.sums[i];
        for (int64_t d = 0; d < s_.p.head_dim; ++d) out[d] *= inverse;
      } else if (position >= 0) {
        std::copy_n(v_ + position * s_.p.head_dim, s_.p.head_dim, out);
      }
    }
  }

  SortedKeys keys_of(int64_t round) const {
    const int64_t number = key_head_ * s_.rounds + round;
    return {scratch_.starts + number * (s_.buckets + 1), scratch_.key_order + number * s_.p.kv_len,
            scratch_.key_chunks + number * s_.p.kv_len};
  }

 private:
  int32_t* query_chunks(int64_t head) const {
    return scratch_.query_chunks + (head * s_.rounds + round_) * s_.p.q_len;
  }

  /// Gathers in which chunks keys are in earlier rounds.
  void gather(const int32_t* keys, int64_t count, int32_t* shown) const {
    for (int64_t round = 0; round < round_; ++round, shown += GatheredRows::kMostKeys) {
      const int32_t* const chunks = keys_of(round).chunks;
      for (int64_t j = 0; j < count; ++j) shown[j] = chunks[keys[j]];
      std::fill(shown + count, shown + round_up(count, 16), -1);
    }
  }

  /// Sets the weights of keys to zero that an earlier round has shown the query: those of its chunk
  /// and of the one before. Returns the sum of the others.
  float leave_out_seen(int64_t query, int64_t count, const int32_t* shown, float* weights) const {
    const Lanes d;
    const hn::RebindToSigned<Lanes> di;
    auto sum = hn::Zero(d);
    for (int64_t j = 0; j < count; j += kLanes) {
      auto seen = hn::FirstN(di, 0);
      const int32_t* chunks = shown + j;
      const int32_t* its = queries_.chunks - round_ * s_.p.q_len + query;
      for (int64_t round = 0; round < round_;
           ++round, chunks += GatheredRows::kMostKeys, its += s_.p.q_len) {
        const auto ahead = hn::Sub(hn::Set(di, *its), hn::Load(di, chunks));
        seen = hn::Or(seen, hn::Or(hn::Eq(ahead, hn::Zero(di)), hn::Eq(ahead, hn::Set(di, 1))));
      }
      const auto left = hn::IfThenZeroElse(hn::RebindMask(d, seen), hn::Load(d, weights + j));
      hn::Store(left, d, weights + j);
      sum = hn::Add(sum, left);
    }
    return hn::GetLane(hn::SumOfLanes(d, sum));
  }

  const HashedCall& s_;
  const Scratch& scratch_;
  const int64_t round_, key_head_;
  const float *const q_, *const k_, *const v_;
  const OnlineRows online_;
  const SortedQueries queries_;
};

}  // namespace

Count hashed_bytes(const HashedCall& call) noexcept {
  Layout layout(nullptr);
  Scratch(call, layout);
  return layout.bytes();
}

Growth hashed_growth(const HashedCall& s) noexcept {
  const Count threads =
      count(s.call.threads, sizeof(float)) *
      (count(Scratch::floats_of_thread(s)) + count(s.rounds, GatheredRows::kMostKeys));
  const auto fixed = static_cast<double>(threads.value());
  const auto all = static_cast<double>(hashed_bytes(s).value());
  return {{1, 0, (all - fixed) / static_cast<double>(s.p.kv_len), "order of rows"},
          {0, 0, fixed, "scratch of threads"}};
}

void attend_hashed(const HashedCall& s, const Inputs& in, const Tensor<float>& out,
                   std::byte* memory) noexcept {
  const Problem& p = s.p;
  Layout layout(memory);
  const Scratch scratch(s, layout);
  const int64_t heads = p.batch * p.heads;
  hash(s, in, {in.q.data, p.q_len, 0, heads, s.group}, scratch, scratch.query_chunks);
  hash(s, in, {in.k.data, p.kv_len, 0, p.batch * p.kv_heads, 1}, scratch, scratch.key_chunks);
  const auto round_of = [&](int64_t round, int64_t head) {
    return Round(s, in, out, scratch, round, head);
  };
  const auto for_some_queries = [&](const auto& body) {
    constexpr int64_t kSome = 256;
    const int64_t blocks = divide_up(p.q_len, kSome);
    for_each_task(s.call.threads, heads * blocks, [&](int64_t task, int) {
      const int64_t first = task % blocks * kSome;
      body(task / blocks, first, std::min(kSome, p.q_len - first));
    });
  };
  for_some_queries(
      [&](int64_t head, int64_t first, int64_t some) { round_of(0, head).begin(first, some); });
  for_each_task(s.call.threads, p.batch * p.kv_heads * s.rounds, [&](int64_t task, int) {
    round_of(task % s.rounds, task / s.rounds * s.group)
        .keys_of(task % s.rounds)
        .sort(s.buckets, p.kv_len, static_cast<int32_t>(s.chunk));
  });
  for (int64_t round = 0; round < s.rounds; ++round) {
    for_each_task(s.call.threads, heads, [&](int64_t head, int thread) {
      scratch.tile_ends[head] =
          round_of(round, head).sort(scratch.counters + thread * (s.buckets + 1));
    });
    for (int64_t head = 1; head < heads; ++head)
      scratch.tile_ends[head] += scratch.tile_ends[head - 1];
    for_each_task(s.call.threads, scratch.tile_ends[heads - 1], [&](int64_t tile, int thread) {
      const int64_t* const ends = scratch.tile_ends;
      const int64_t head = std::upper_bound(ends, ends + heads, tile) - ends;
      round_of(round, head)
          .attend(tile - (head == 0 ? 0 : ends[head - 1]),
                  scratch.threads + thread * scratch.thread,
                  scratch.shown + thread * s.rounds * GatheredRows::kMostKeys);
    });
  }
  for_some_queries(
      [&](int64_t head, int64_t first, int64_t some) { round_of(0, head).finish(first, some); });
}

void decide_hashed(const HashedCall& s, const Inputs& in, int64_t batch, int64_t head,
                   int32_t* buckets, std::byte* memory) noexcept {
  Layout layout(memory);
  const Scratch scratch(s, layout);
  const int64_t key_head = head / s.group;
  hash(s, in, {in.q.head(batch, head), s.p.q_len, head, 1, s.group}, scratch, buckets);
  hash(s, in, {in.k.head(batch, key_head), s.p.kv_len, key_head, 1, 1}, scratch,
       buckets + s.rounds * s.p.q_len);
}

}  // namespace attnbench::kernels
