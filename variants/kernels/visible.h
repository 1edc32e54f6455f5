// What patterns are made of: the keys that the problem allows a query to see, windows, and blocks.
#pragma once

#include <algorithm>

#include "attnbench/variant.h"

namespace attnbench::kernels {

/// The keys that the problem allows a query to see: every key, or if it is causal those up to the
/// query's aligned position. The span may be empty.
inline KeySpan allowed_keys(const Problem& p, int64_t query) {
  if (!p.causal) return {0, p.kv_len};
  return {0, std::clamp<int64_t>(aligned_position(p, query) + 1, 0, p.kv_len)};
}

/// How many queries of a head see a key.
inline int64_t seeing_queries(const Problem& p) {
  return p.causal ? std::min(p.q_len, p.kv_len) : p.q_len;
}

/// How many keys the first one of them sees. Each query after it sees one more if it is causal.
inline int64_t fewest_keys(const Problem& p) {
  return p.causal ? p.kv_len - seeing_queries(p) + 1 : p.kv_len;
}

/// Pairs of a query of a head and a key that it may see.
inline Count allowed_pairs(const Problem& p) {
  const Count twice = count(seeing_queries(p), fewest_keys(p) + p.kv_len);
  return twice.saturated() ? twice : Count(twice.value() / 2);
}

/// The value of a window's side that has no limit.
inline constexpr int64_t kUnlimited = -1;
inline constexpr int64_t kWidest = int64_t{1} << 40;

/// The sides of a window, as variants that have one declare them.
inline constexpr Param kLeft{"left", 256, kUnlimited, kWidest,
                             "keys before the query's position that it sees; -1: all"};
inline constexpr Param kRight{"right", 0, kUnlimited, kWidest,
                              "keys after the query's position that it sees; -1: all"};

/// The allowed keys from `left` positions before the query's position to `right` positions after
/// it. The span may be empty, and then it may begin beyond its end.
inline KeySpan window_keys(const Problem& p, int64_t query, int64_t left, int64_t right) {
  const int64_t position = aligned_position(p, query);
  KeySpan span = allowed_keys(p, query);
  if (left != kUnlimited) span.begin = std::max(span.begin, position - left);
  if (right != kUnlimited) span.end = std::min(span.end, position + right + 1);
  return span;
}

/// How a window's time grows with n = q_len = kv_len. If one side has no limit, the keys of the
/// other side add n times its width to the n^2 / 2 pairs of a triangle.
inline Growth window_growth(const Problem& p, int64_t left, int64_t right) {
  const bool all_before = left == kUnlimited;
  const bool all_after = right == kUnlimited && !p.causal;
  if (!all_before && !all_after) return {1};
  const int64_t width = all_before ? (p.causal ? 0 : right) : left;
  if ((all_before && all_after) || width == 0) return {2};
  return {{2, 0, 0.5, all_before ? "keys before the query" : "keys after the query"},
          {1, 0, static_cast<double>(width), "keys on the other side"}};
}

/// States spans to `keys`. Each is cut to what lies within `allowed` and was in no earlier span.
class SpansWithin {
 public:
  SpansWithin(const KeySpan& allowed, KeySpans& keys) : allowed_(allowed), keys_(keys) {}

  /// States the keys from begin to end. They must not begin before those of the last call do.
  void add(int64_t begin, int64_t end) {
    begin = std::max(begin, allowed_.begin);
    end = std::min(end, allowed_.end);
    if (begin >= end) return;
    allowed_.begin = end;
    keys_.add({begin, end});
  }

 private:
  KeySpan allowed_;
  KeySpans& keys_;
};

/// The block of keys that a position falls into. It is below 0 for positions before the first key.
constexpr int64_t block_of(int64_t position, int64_t block) {
  return position >= 0 ? position / block : -1 - (-1 - position) / block;
}

}  // namespace attnbench::kernels
