// Counts the pairs and the distinct keys that a variant's visible_keys states, exactly.
#include <algorithm>
#include <limits>
#include <map>

#include "plan/plan.h"

namespace attnbench::plan {
namespace {

struct Interval {
  int64_t begin;
  int64_t end;
};

/// A union of half-open intervals. Neighbouring queries see neighbouring keys, so that most
/// additions extend the latest interval. The others are appended; once the intervals have doubled
/// in number, they are sorted and merged.
class IntervalSet {
 public:
  void add(Interval added) {
    if (!intervals_.empty()) {
      Interval& latest = intervals_.back();
      if (added.begin >= latest.begin && added.begin <= latest.end) {
        latest.end = std::max(latest.end, added.end);
        return;
      }
    }
    if (added.begin >= longest_.begin && added.end <= longest_.end) return;
    if (intervals_.size() >= next_merge_) merge();
    intervals_.push_back(added);
  }

  /// Disjoint and ascending.
  const std::vector<Interval>& merged() {
    merge();
    return intervals_;
  }

 private:
  void merge() {
    std::sort(intervals_.begin(), intervals_.end(),
              [](const Interval& a, const Interval& b) { return a.begin < b.begin; });
    size_t kept = 0;
    for (const Interval& next : intervals_) {
      if (kept > 0 && next.begin <= intervals_[kept - 1].end)
        intervals_[kept - 1].end = std::max(intervals_[kept - 1].end, next.end);
      else
        intervals_[kept++] = next;
    }
    intervals_.resize(kept);
    next_merge_ = std::max(kMergeAt, 2 * kept);
    for (const Interval& merged : intervals_)
      if (merged.end - merged.begin > longest_.end - longest_.begin) longest_ = merged;
  }

  static constexpr size_t kMergeAt = 1024;
  std::vector<Interval> intervals_;
  size_t next_merge_ = kMergeAt;
  Interval longest_{0, 0};  ///< After the latest merge. Random blocks soon fall into it.
};

/// Counts while queries state their spans. The keys of a span with a step share a residue modulo
/// the step, and are consecutive among the keys with this residue: spans of one step and residue
/// merge as contiguous ones do.
class WorkCounter final : public KeySpans {
 public:
  void add(const KeySpan& span) noexcept override {
    span.step == 1 ? add_contiguous(span.begin, span.end) : add_stepped(span);
  }

  Work work(int64_t kv_len) {
    flush();
    return {pairs_, distinct_keys(kv_len)};
  }

 private:
  int64_t distinct_keys(int64_t kv_len) {
    if (stepped_.empty()) {
      int64_t keys = 0;
      for (const Interval& interval : contiguous_.merged()) keys += interval.end - interval.begin;
      return keys;
    }
    std::vector<bool> seen(static_cast<size_t>(kv_len));
    const auto mark = [&](const Interval& interval, int64_t step, int64_t residue) {
      for (int64_t i = interval.begin; i < interval.end; ++i)
        seen[static_cast<size_t>(i * step + residue)] = true;
    };
    for (const Interval& interval : contiguous_.merged()) mark(interval, 1, 0);
    for (auto& [step_and_residue, intervals] : stepped_)
      for (const Interval& interval : intervals.merged())
        mark(interval, step_and_residue.first, step_and_residue.second);
    return std::count(seen.begin(), seen.end(), true);
  }

  void add_pairs(int64_t keys) {
    if (__builtin_add_overflow(pairs_, keys, &pairs_)) pairs_ = std::numeric_limits<int64_t>::max();
  }

  /// A plan makes hundreds of millions of these calls, nearly all for a span that overlaps the one
  /// before. The bounds are scalars that stand apart in memory: the caller stores the bounds of a
  /// span one by one, and one load of both would wait for these stores.
  void add_contiguous(int64_t begin, int64_t end) {
    if (begin >= end) return;
    add_pairs(end - begin);
    if (begin >= latest_begin_ && begin <= latest_end_) {
      if (end > latest_end_) latest_end_ = end;
      return;
    }
    flush();
    latest_begin_ = begin;
    latest_end_ = end;
  }

  [[gnu::noinline]] void flush() {
    if (latest_begin_ < latest_end_) contiguous_.add({latest_begin_, latest_end_});
    latest_begin_ = latest_end_ = 0;
  }

  [[gnu::noinline]] void add_stepped(const KeySpan& span) {
    const int64_t keys = registry::key_count(span);
    if (keys == 0) return;
    add_pairs(keys);
    const int64_t first = span.begin / span.step;
    stepped_[{span.step, span.begin % span.step}].add({first, first + keys});
  }

  int64_t latest_begin_ = 0;
  int64_t pairs_ = 0;
  int64_t latest_end_ = 0;
  IntervalSet contiguous_;
  std::map<std::pair<int64_t, int64_t>, IntervalSet> stepped_;
};

}  // namespace

Work count_work(const Exact& variant, const Call& call) {
  WorkCounter counter;
  for (int64_t query = 0; query < call.problem.q_len; ++query)
    variant.visible_keys(call, query, counter);
  return counter.work(call.problem.kv_len);
}

}  // namespace attnbench::plan
