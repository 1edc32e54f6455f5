// Rounds of a strip, and which keys of a round are left out because no row sees them.
#include "kernels/rounds.h"

#include <algorithm>
#include <cassert>
#include <limits>

namespace attnbench::kernels {
namespace {

/// Widens keys to the grid, but not beyond `end`.
void to_grid(int64_t end, KeySpan& keys) {
  keys.begin -= keys.begin % kKeyGrid;
  keys.end = std::min(round_up(keys.end, kKeyGrid), end);
}

/// From the first to the last of these keys that any of the lanes sees; empty if none sees any.
KeySpan hull_of(const Strip& strip, int64_t first_lane, int64_t last_lane, const KeySpan& keys) {
  int64_t from = keys.end;
  int64_t to = keys.begin;
  for (int64_t lane = first_lane; lane < last_lane; ++lane) {
    const int64_t begin = std::max(strip.lane_begin[lane], keys.begin);
    const int64_t end = std::min(strip.lane_end[lane], keys.end);
    from = std::min(from, begin < end ? begin : keys.end);
    to = std::max(to, begin < end ? end : keys.begin);
  }
  return {from, to};
}

/// The rows of a strip that is decoding count as one vector.
int vectors_of(const Strip& strip) {
  return std::max(strip.vectors, 1);
}

/// Counts the keys of the spans that it gets.
struct KeyCount final : KeySpans {
  void add(const KeySpan& span) noexcept override {
    keys += divide_up(span.end - span.begin, span.step);
  }
  int64_t keys = 0;
};

/// How many keys a query sees.
int64_t keys_of(const Exact& pattern, const Call& call, int64_t query) {
  KeyCount count;
  pattern.visible_keys(call, query, count);
  return count.keys;
}

}  // namespace

void start_walks(const Job& job, const Strip& strip, const KeySpan& chunk, SpanWalks& walks) {
  const int64_t places =
      job.place(strip.first_row + strip.rows - 1) - job.place(strip.first_row) + 1;
  walks.start(job.pattern, job.call, job.query(strip.first_row), job.cut.order.step(), places,
              chunk);
}

bool take_round(const Job& job, SpanWalks& walks, Strip& strip) {
  const int64_t kv_len = job.call.problem.kv_len;
  strip.keys = {kv_len, 0};
  strip.lattice = {};  // Not that of a task before, lest better_apart() depend on who did that.
  if (walks.done()) return false;

  const Lattice lattice = strip.lattice = walks.next_lattice();
  walks.look(lattice, strip.lane_begin, strip.lane_end);
  if (job.group > 1 || strip.rows < strip.lanes) {
    // The spans stand by query. Spread them to lanes, in place, beginning with the last lane: a
    // lane's query never stands beyond the lane.
    const int64_t first = job.place(strip.first_row);
    for (int64_t lane = strip.lanes - 1; lane >= 0; --lane) {
      const int64_t row = strip.first_row + std::min(lane, strip.rows - 1);
      strip.lane_begin[lane] = strip.lane_begin[job.place(row) - first];
      strip.lane_end[lane] = strip.lane_end[job.place(row) - first];
    }
  }
  const int64_t vector_lanes = strip.lanes / vectors_of(strip);
  strip.shared_keys = {0, kv_len};
  for (int v = 0; v < vectors_of(strip); ++v) {
    KeySpan all{kv_len, 0};
    KeySpan shared{0, kv_len};
    for (int64_t lane = v * vector_lanes; lane < (v + 1) * vector_lanes; ++lane) {
      all.begin = std::min(all.begin, strip.lane_begin[lane]);
      all.end = std::max(all.end, strip.lane_end[lane]);
      shared.begin = std::max(shared.begin, strip.lane_begin[lane]);
      shared.end = std::min(shared.end, strip.lane_end[lane]);
    }
    strip.vector_keys[v] = all;
    strip.vector_shared[v] = shared;
    strip.keys = {std::min(strip.keys.begin, all.begin), std::max(strip.keys.end, all.end)};
    strip.shared_keys = {std::max(strip.shared_keys.begin, shared.begin),
                         std::min(strip.shared_keys.end, shared.end)};
  }
  to_grid(lattice.keys_below(kv_len), strip.keys);
  walks.advance(lattice);
  return !walks.done();
}

int cut_to_parts(const Strip& strip, const KeySpan& keys, Part* parts) {
  assert(keys.begin % kKeyGrid == 0 && "A block of keys begins beside the grid");
  if (strip.shared_keys.begin <= keys.begin && keys.end <= strip.shared_keys.end) {
    parts[0] = {keys, {0, strip.vectors}, false};
    return 1;
  }
  const int vectors = vectors_of(strip);
  const int64_t lanes = strip.lanes / vectors;
  const KeySpan* const shared = strip.vector_shared;
  KeySpan seen[kMaxVectors];
  for (int v = 0; v < vectors; ++v) {
    // If there is a key that all lanes see, or their spans touch, there is no gap between the
    // spans.
    seen[v] = shared[v].begin <= shared[v].end
                  ? KeySpan{std::max(strip.vector_keys[v].begin, keys.begin),
                            std::min(strip.vector_keys[v].end, keys.end)}
                  : hull_of(strip, v * lanes, (v + 1) * lanes, keys);
    if (seen[v].begin < seen[v].end) to_grid(keys.end, seen[v]);
  }
  int count = 0;
  for (int64_t key = keys.begin; key < keys.end;) {
    // Where a vector next begins or ceases to see keys, and which vectors see the keys up to there.
    int64_t next = keys.end;
    VectorSpan see{vectors, 0};
    for (int v = 0; v < vectors; ++v) {
      if (seen[v].begin > key) next = std::min(next, seen[v].begin);
      if (seen[v].begin <= key && key < seen[v].end) {
        next = std::min(next, seen[v].end);
        see = {std::min(see.begin, v), v + 1};
      }
    }
    if (see.begin < see.end) {
      bool masked = false;
      for (int v = see.begin; v < see.end; ++v) {
        masked = masked || key < shared[v].begin || next > shared[v].end;
      }
      assert(count < kMostParts && "A block is cut into more parts than there is room for");
      parts[count++] = {{key, next}, see, masked};
    }
    key = next;
  }
  return count;
}

int64_t next_seen(const Strip* strips, int64_t count, int64_t key) {
  int64_t next = std::numeric_limits<int64_t>::max();
  for (int64_t i = 0; i < count; ++i) {
    if (strips[i].keys.begin >= strips[i].keys.end) continue;
    for (int64_t lane = 0; lane < strips[i].lanes; ++lane) {
      const int64_t first = std::max(strips[i].lane_begin[lane], key);
      if (first < strips[i].lane_end[lane]) next = std::min(next, first);
    }
  }
  return next / kKeyGrid * kKeyGrid;
}

bool better_apart(const Job& job, const Strip* strips, int64_t count) {
  KeySpan all{job.call.problem.kv_len, 0};
  int64_t longest = 0;
  for (int64_t i = 0; i < count; ++i) {
    if (strips[i].lattice != strips[0].lattice) return true;
    all.begin = std::min(all.begin, strips[i].keys.begin);
    all.end = std::max(all.end, strips[i].keys.end);
    longest = std::max(longest, strips[i].keys.end - strips[i].keys.begin);
  }
  return longest + job.cut.block_keys <= all.end - all.begin;
}

bool later_rows_see_more(const Exact& pattern, const Call& call) {
  const int64_t q_len = call.problem.q_len;
  return keys_of(pattern, call, q_len - 1) > keys_of(pattern, call, q_len / 2) * 5 / 4;
}

}  // namespace attnbench::kernels
