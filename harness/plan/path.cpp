// Breadth-first search from one query over the keys that it sees, the keys that these see, and so
// on. Each position is expanded once.
#include "plan/path.h"

#include <algorithm>
#include <map>
#include <new>
#include <numeric>
#include <vector>

#include "record/record.h"

namespace attnbench::plan {
namespace {

constexpr int64_t kMostPositions = int64_t{1} << 24;
constexpr int64_t kMostWork = int64_t{1} << 26;
constexpr size_t kMostSteps = 4;
/// Of all tables of pointers together: 128 MiB.
constexpr int64_t kMostPointers = int64_t{1} << 25;

/// The positions that no layer has reached yet. Receives the keys of one query after another and
/// gathers those that are new.
class Unreached final : public KeySpans {
 public:
  /// All but `source`, which is the first or the last position. Throws std::bad_alloc.
  Unreached(int64_t positions, int64_t source)
      : positions_(positions),
        low_(source == 0 ? 1 : 0),
        high_(source == 0 ? positions : positions - 1),
        count_(positions - 1),
        next_(to_themselves()) {
    ++next_[static_cast<size_t>(source)];
    reached_.reserve(static_cast<size_t>(positions));
    reached_.push_back(static_cast<uint32_t>(source));
  }

  /// Nearly all calls are for keys that were reached before: these end here.
  void add(const KeySpan& span) noexcept override {
    if (count_ == 0 || span.end <= low_ || span.begin >= high_ || span.begin >= span.end) return;
    span.step == 1 ? add_contiguous(span) : add_stepped(span);
  }

  bool empty() const { return count_ == 0; }
  /// The first unreached position, if there is one.
  int64_t first() const { return low_; }
  bool gave_up() const { return work_ > kMostWork; }
  /// The positions reached so far, one layer after another. It never moves.
  std::vector<uint32_t>& reached() { return reached_; }

 private:
  /// For each position one that is as far or further along and that no position between the two is
  /// unreached. A position that points to itself is unreached.
  using Pointers = std::vector<uint32_t>;

  bool is_unreached(int64_t at) const { return next_[static_cast<size_t>(at)] == at; }

  void add_contiguous(const KeySpan& span) {
    if (span.begin <= low_ && span.end >= high_) {
      count_ = 0;
      return;
    }
    const int64_t end = std::min(span.end, high_);
    for (int64_t at = next_unreached(std::max(span.begin, low_)); at < end && !gave_up();
         at = next_unreached(at + 1))
      reach(at);
    shrink();
  }

  void add_stepped(const KeySpan& span) {
    if (span.step < 1 || span.begin < 0) return;  // The conformance suite reports such a span.
    const int64_t below = std::max<int64_t>(0, low_ - span.begin);
    int64_t at = span.begin + (below + span.step - 1) / span.step * span.step;
    const int64_t end = std::min(span.end, high_);
    Pointers* const jumps = jumps_of(span.step);
    while ((at = next_of_class(jumps, at, span.step, end)) < end && !gave_up()) {
      reach(at);
      at += span.step;
    }
    shrink();
  }

  /// The first unreached position from `at` on.
  int64_t next_unreached(int64_t at) {
    auto i = static_cast<size_t>(at);
    while (next_[i] != i) {
      ++work_;
      i = next_[i] = next_[next_[i]];
    }
    return static_cast<int64_t>(i);
  }

  /// The first unreached one of the positions at, at + step, ... below end; else end or beyond.
  int64_t next_of_class(Pointers* jumps, int64_t at, int64_t step, int64_t end) {
    while (at < end && !is_unreached(at)) {
      ++work_;
      if (jumps == nullptr) {
        at += step;
        continue;
      }
      uint32_t& jump = (*jumps)[static_cast<size_t>(at)];
      if (jump == at)
        jump = static_cast<uint32_t>(std::min(at + step, positions_));
      else if (jump < positions_)
        jump = std::max(jump, (*jumps)[jump]);
      at = jump;
    }
    return at;
  }

  /// Null if there are too many different steps, or positions, to keep pointers for each step: then
  /// the search is slower, and may take too long.
  Pointers* jumps_of(int64_t step) {
    const auto known = jumps_.find(step);
    if (known != jumps_.end()) return &known->second;
    const auto tables = static_cast<int64_t>(jumps_.size()) + 2;  // With next_ and the new one.
    if (jumps_.size() >= kMostSteps || tables * positions_ > kMostPointers) return nullptr;
    try {
      return &jumps_.try_emplace(step, to_themselves()).first->second;
    } catch (const std::bad_alloc&) {  // add() must not throw.
      return nullptr;
    }
  }

  Pointers to_themselves() const {
    Pointers pointers(static_cast<size_t>(positions_) + 1);
    std::iota(pointers.begin(), pointers.end(), uint32_t{0});
    return pointers;
  }

  void reach(int64_t at) {
    next_[static_cast<size_t>(at)] = static_cast<uint32_t>(at + 1);
    reached_.push_back(static_cast<uint32_t>(at));
    --count_;
    ++work_;
  }

  void shrink() {
    if (count_ == 0) return;
    low_ = next_unreached(low_);
    while (!is_unreached(high_ - 1)) --high_;
  }

  const int64_t positions_;
  int64_t low_;   ///< The first unreached position, if there is one.
  int64_t high_;  ///< Behind the last unreached position.
  int64_t count_;
  int64_t work_ = 0;
  Pointers next_;
  std::vector<uint32_t> reached_;      ///< Has room for all, since add() must not throw.
  std::map<int64_t, Pointers> jumps_;  ///< For each step, within the positions that it connects.
};

/// How many layers bring every position to the query `source`.
Path path_to(const Exact& variant, const Call& call, int64_t source) {
  Unreached unreached(call.problem.kv_len, source);
  std::vector<uint32_t>& reached = unreached.reached();
  int64_t layers = 0;
  size_t next = 0;
  while (!unreached.empty() && next < reached.size()) {
    ++layers;
    // The farthest positions first: what the others see then needs no look at the rest.
    if (source == 0) std::reverse(reached.begin() + static_cast<ptrdiff_t>(next), reached.end());
    for (const size_t end = reached.size(); next < end; ++next) {
      variant.visible_keys(call, reached[next], unreached);
      if (unreached.gave_up()) return {{}, "it takes too long to count"};
      if (unreached.empty()) return {layers, {}};
    }
  }
  if (unreached.empty()) return {layers, {}};
  return {{},
          record::kNever,
          "position " + std::to_string(unreached.first()) + " does not reach the " +
              (source == 0 ? "first" : "last") + " query"};
}

}  // namespace

Path longest_path(const Exact& variant, const Call& call) {
  const Problem& p = call.problem;
  if (p.q_len != p.kv_len) return {{}, "it is counted for q_len = seq_len only"};
  if (p.kv_len > kMostPositions) return {{}, "it is counted for up to 2^24 positions only"};
  const Path last = path_to(variant, call, p.kv_len - 1);
  if (p.causal || !last.layers) return last;
  const Path first = path_to(variant, call, 0);
  if (!first.layers) return first;
  return {std::max(*first.layers, *last.layers), {}};
}

}  // namespace attnbench::plan
