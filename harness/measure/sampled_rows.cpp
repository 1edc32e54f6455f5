// Spreads sampled rows over queries and heads.
#include "measure/sampled_rows.h"

#include <algorithm>
#include <numeric>
#include <random>
#include <set>

namespace attnbench::measure {

std::vector<int64_t> sample_rows(int64_t heads, int64_t len, int64_t most, uint64_t seed) {
  const int64_t rows = heads * len;
  if (rows <= most) {
    std::vector<int64_t> all(static_cast<size_t>(rows));
    std::iota(all.begin(), all.end(), int64_t{0});
    return all;
  }
  // Queries in a stretch. Their number is doubled, so that edges of tiles stay edges.
  int64_t length = kRowStretch;
  while ((len + length - 1) / length > std::max<int64_t>(most - 2, 1)) length *= 2;
  const int64_t stretches = (len + length - 1) / length;
  std::mt19937_64 random(seed);
  const auto first_head = static_cast<int64_t>(random() % static_cast<uint64_t>(heads));
  std::set<int64_t> sampled{0, rows - 1};
  for (int64_t i = 0; std::ssize(sampled) < most; ++i) {
    // Every turn takes one row of each stretch, from another head than the turn before.
    const int64_t stretch = i % stretches, turn = i / stretches;
    const int64_t head = (first_head + stretch + turn) % heads;
    const int64_t begin = stretch * length;
    const int64_t end = std::min(begin + length, len);
    const auto anywhere =
        begin + static_cast<int64_t>(random() % static_cast<uint64_t>(end - begin));
    const bool edges_done = turn >= 3 * heads;
    const int64_t kind = edges_done ? 2 : (turn % heads + turn / heads + 2 * stretch) % 3;
    sampled.insert(head * len + (kind == 0 ? begin : kind == 1 ? end - 1 : anywhere));
  }
  return {sampled.begin(), sampled.end()};
}

}  // namespace attnbench::measure
