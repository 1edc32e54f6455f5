// Rounds of a strip, and what is left out of the union that a round visits.
#include "kernels/rounds.h"

#include <algorithm>
#include <new>

namespace attnbench::kernels {
namespace {

/// Widens keys of a lattice to the grid.
void to_grid(const Lattice& lattice, int64_t kv_len, KeySpan& keys) {
  keys.begin -= keys.begin % kKeyGrid;
  keys.end = std::min(round_up(keys.end, kKeyGrid), lattice.keys_below(kv_len));
}

/// How far one round may go such that, of the lattice, no query has more than one span within it.
int64_t end_of_round(const Lattice& lattice, const SpanWalk* walks, int64_t queries) {
  int64_t seen = 0;
  int64_t limit = std::numeric_limits<int64_t>::max();
  for (int64_t i = 0; i < queries; ++i) {
    if (walks[i].done() || lattice_of(walks[i].now()) != lattice) continue;
    seen = std::max(seen, walks[i].now().end);
    limit = std::min(limit, walks[i].next_begin());
  }
  return std::min(seen, limit);
}

/// How many keys a query sees.
int64_t keys_of(const Variant& pattern, const Call& call, int64_t query) {
  int64_t keys = 0;
  SpanWalk walk(pattern, call, query, {0, call.problem.kv_len});
  for (; !walk.done(); walk.pass(walk.now().end)) {
    keys += divide_up(walk.now().end - walk.now().begin, walk.now().step);
  }
  return keys;
}

}  // namespace

void start_walks(const Job& job, const Strip& strip, const KeySpan& chunk, SpanWalk* walks) {
  const int64_t first = job.query(strip.first_row);
  const int64_t last = job.query(strip.first_row + strip.rows - 1);
  for (int64_t query = first; query <= last; ++query) {
    new (walks + query - first) SpanWalk(job.pattern, job.call, query, chunk);
  }
}

bool take_round(const Job& job, SpanWalk* walks, Strip& strip) {
  const int64_t kv_len = job.call.problem.kv_len;
  const int64_t first_query = job.query(strip.first_row);
  const int64_t queries = job.query(strip.first_row + strip.rows - 1) - first_query + 1;
  strip.keys = {kv_len, 0};
  const SpanWalk* leader = nullptr;
  for (int64_t i = 0; i < queries; ++i) {
    if (walks[i].done()) continue;
    if (leader == nullptr || walks[i].now().begin < leader->now().begin) leader = walks + i;
  }
  if (leader == nullptr) return false;

  const Lattice lattice = strip.lattice = lattice_of(leader->now());
  const int64_t end = end_of_round(lattice, walks, queries);
  KeySpan keys = strip.keys;
  KeySpan shared{0, kv_len};
  for (int64_t lane = 0; lane < strip.lanes; ++lane) {
    const int64_t row = strip.first_row + std::min(lane, strip.rows - 1);
    const SpanWalk& walk = walks[job.query(row) - first_query];
    KeySpan seen{0, 0};
    if (!walk.done() && lattice_of(walk.now()) == lattice) {
      seen = {lattice.keys_below(walk.now().begin),
              lattice.keys_below(std::min(walk.now().end, end))};
    }
    strip.lane_keys[lane] = seen;
    shared.begin = std::max(shared.begin, seen.begin);
    shared.end = std::min(shared.end, seen.end);
    if (seen.begin >= seen.end) continue;
    keys.begin = std::min(keys.begin, seen.begin);
    keys.end = std::max(keys.end, seen.end);
  }
  strip.shared_keys = shared;
  strip.keys = keys;
  to_grid(lattice, kv_len, strip.keys);

  bool more = false;
  for (int64_t i = 0; i < queries; ++i) {
    if (!walks[i].done() && lattice_of(walks[i].now()) == lattice) walks[i].pass(end);
    more = more || !walks[i].done();
  }
  return more;
}

KeySpan seen_within(const Job& job, const Strip& strip, const KeySpan& keys) {
  KeySpan seen{keys.end, keys.begin};
  for (int64_t lane = 0; lane < strip.lanes; ++lane) {
    const int64_t begin = std::max(strip.lane_keys[lane].begin, keys.begin);
    const int64_t end = std::min(strip.lane_keys[lane].end, keys.end);
    if (begin >= end) continue;
    seen.begin = std::min(seen.begin, begin);
    seen.end = std::max(seen.end, end);
  }
  if (seen.begin < seen.end) to_grid(strip.lattice, job.call.problem.kv_len, seen);
  return seen;
}

int64_t next_seen(const Strip* strips, int64_t count, int64_t key) {
  int64_t next = std::numeric_limits<int64_t>::max();
  for (int64_t i = 0; i < count; ++i) {
    if (strips[i].keys.begin >= strips[i].keys.end) continue;
    for (int64_t lane = 0; lane < strips[i].lanes; ++lane) {
      const KeySpan& seen = strips[i].lane_keys[lane];
      if (std::max(seen.begin, key) < seen.end) next = std::min(next, std::max(seen.begin, key));
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

bool later_rows_see_more(const Variant& pattern, const Call& call) {
  const int64_t q_len = call.problem.q_len;
  return keys_of(pattern, call, q_len - 1) > keys_of(pattern, call, q_len / 2) * 5 / 4;
}

}  // namespace attnbench::kernels
