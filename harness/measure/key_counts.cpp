// Compares means over spans of keys with sums of whole numbers.
#include "measure/key_counts.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "measure/check_output.h"
#include "measure/first_exception.h"
#include "measure/span_sums.h"
#include "registry/registry.h"

namespace attnbench::measure {
namespace {

/// How far a mean may be off, in units of what one key contributes.
constexpr double kTolerance_keys = 0.25;
/// How much more rounding may add, relative to the sum: by the division, and the reciprocal before
/// it.
constexpr double kRoundings = 8 * 0x1p-24;
/// Most bytes of one table of running sums; columns are taken in groups that fit.
constexpr int64_t kTableBytes = int64_t{64} << 20;

/// The element, of any head, that is farthest from its expected mean.
struct Farthest {
  double off_keys = 0;  ///< In units of what one key contributes.
  bool wrong = false;
  int64_t index = 0;  ///< Of the element in out.
  int64_t keys = 0;
  double mean = 0;
};

bool farther(const Farthest& a, const Farthest& b) {
  return std::pair(a.wrong, a.off_keys) > std::pair(b.wrong, b.off_keys);
}

class Counter {
 public:
  Counter(const Exact& variant, const Call& call, const Inputs& in, const Tensor<float>& out)
      : variant_(variant), call_(call), in_(in), out_(out) {}

  KeyCounts count() {
    if (!survey()) return {0, 0, {}, "a query sees too many keys to count them in float32"};
    const Problem& p = call_.problem;
    const auto tables = static_cast<int64_t>(steps_.size());
    const int64_t wide = std::clamp<int64_t>(
        kTableBytes / (4 * (p.kv_len + 1) * std::max<int64_t>(tables, 1)), 1, p.head_dim);
    for (int64_t b = 0; b < p.batch; ++b)
      for (int64_t g = 0; g < p.kv_heads; ++g)
        for (int64_t first = 0; first < p.head_dim; first += wide)
          judge_columns(b, g, first, std::min(wide, p.head_dim - first));
    return {p.batch * p.heads * p.q_len, worst_.off_keys, worst_.wrong ? describe_worst() : "", {}};
  }

 private:
  std::vector<KeySpan> spans_of(int64_t query) const {
    return registry::visible_keys(variant_, call_, query);
  }

  /// Finds the steps that spans have; false if a query sees too many keys.
  bool survey() {
    for (int64_t i = 0; i < call_.problem.q_len; ++i) {
      int64_t keys = 0;
      for (const KeySpan& span : spans_of(i)) {
        keys += registry::key_count(span);
        steps_.try_emplace(step_of(span));
      }
      if (keys > kMostCountedKeys) return false;
    }
    return true;
  }

  void judge_columns(int64_t b, int64_t g, int64_t first, int64_t count) {
    const Problem& p = call_.problem;
    const Columns columns{in_.v.head(b, g) + first, p.head_dim, count};
    for (auto& [step, sums] : steps_) sums = std::make_unique<RunningSums>(columns, p.kv_len, step);
    const int64_t group = p.heads / p.kv_heads;
    std::vector<Farthest> farthest(static_cast<size_t>(p.q_len));
    const auto judge_query = [&](int64_t i) {
      int64_t keys = 0;
      const std::vector<int32_t> sums = sums_of(i, count, keys);
      for (int64_t h = g * group; h < (g + 1) * group; ++h)
        judge_row(sums, keys, out_.row(b, h, i) + first, farthest[static_cast<size_t>(i)]);
    };
    FirstException failure;
#pragma omp parallel for schedule(dynamic, 64)
    for (int64_t i = 0; i < p.q_len; ++i) failure.keep([&] { judge_query(i); });
    failure.rethrow();
    for (const Farthest& f : farthest)
      if (farther(f, worst_)) worst_ = f;
  }

  std::vector<int32_t> sums_of(int64_t query, int64_t columns, int64_t& keys) const {
    std::vector<int32_t> sums(static_cast<size_t>(columns));
    for (const KeySpan& span : spans_of(query)) {
      const int64_t in_span = registry::key_count(span);
      steps_.at(step_of(span))->add_span(span, in_span, sums.data());
      keys += in_span;
    }
    return sums;
  }

  void judge_row(const std::vector<int32_t>& sums, int64_t keys, const float* row,
                 Farthest& farthest) const {
    const auto n = static_cast<double>(std::max<int64_t>(keys, 1));
    for (size_t c = 0; c < sums.size(); ++c) {
      const double mean = sums[c] / n;
      const double off_keys = std::abs(static_cast<double>(row[c]) - mean) * n;
      const bool wrong = !(off_keys <= kTolerance_keys + kRoundings * std::abs(sums[c]));
      const Farthest here{off_keys, wrong, row + c - out_.data, keys, mean};
      if (farther(here, farthest)) farthest = here;
    }
  }

  std::string describe_worst() const {
    char text[240];
    std::snprintf(text, sizeof text,
                  ": the mean of its %lld keys is %.9g, got %.9g, off by %.3g keys: "
                  "some key is left out, counted twice or not its own",
                  static_cast<long long>(worst_.keys), worst_.mean,
                  static_cast<double>(out_.data[worst_.index]), worst_.off_keys);
    return place(out_, worst_.index) + text;
  }

  const Exact& variant_;
  const Call& call_;
  const Inputs& in_;
  const Tensor<float>& out_;
  std::map<int64_t, std::unique_ptr<RunningSums>> steps_;
  Farthest worst_;
};

}  // namespace

KeyCounts count_keys(const Exact& variant, const Call& call, const Inputs& inputs,
                     const Tensor<float>& out) {
  return Counter(variant, call, inputs, out).count();
}

}  // namespace attnbench::measure
