// Promises about which keys and positions reach which output.
#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "conformance/attempts.h"
#include "measure/check_keys.h"
#include "measure/check_output.h"

namespace attnbench::conformance {
namespace {

bool same_bits(float a, float b) {
  return std::bit_cast<uint32_t>(a) == std::bit_cast<uint32_t>(b);
}

/// The rows of queries 0 to `last`, of all heads, in which an output is not `before`.
std::vector<int64_t> changed_rows(const Tensor<float>& out, const std::vector<float>& before,
                                  int64_t last) {
  std::vector<int64_t> rows;
  for (int64_t row = 0; row < out.size() / out.dim; ++row) {
    const auto first = before.begin() + row * out.dim;
    if (row % out.len <= last &&
        !std::equal(first, first + out.dim, out.data + row * out.dim, same_bits))
      rows.push_back(row);
  }
  return rows;
}

}  // namespace

std::vector<int64_t> unseen_keys(const registry::Entry& entry, const Trial& trial) {
  std::vector<bool> seen(static_cast<size_t>(trial.problem.kv_len));
  for (int64_t i = 0; i < trial.problem.q_len; ++i)
    for (const KeySpan& s : registry::visible_keys(*entry.variant->exact(), trial.call(), i))
      for (int64_t key = s.begin; key < s.end; key += s.step) seen[static_cast<size_t>(key)] = true;
  std::vector<int64_t> unseen;
  for (int64_t key = 0; key < trial.problem.kv_len; ++key)
    if (!seen[static_cast<size_t>(key)]) unseen.push_back(key);
  return unseen;
}

std::vector<int64_t> blind_queries(const registry::Entry& entry, const Trial& trial) {
  std::vector<int64_t> blind;
  for (int64_t i = 0; i < trial.problem.q_len; ++i)
    if (registry::visible_keys(*entry.variant->exact(), trial.call(), i).empty())
      blind.push_back(i);
  return blind;
}

void give_equal_weights(Trial& trial) {
  trial.style = measure::InputStyle::kEqualWeights;
}

Attempt sees_each_key_once(const registry::Entry& entry, const Trial& trial) {
  Stage stage(entry, trial);
  stage.forward();
  const int64_t rows = stage.out().batch * stage.out().heads * stage.out().len;
  const measure::Verdict verdict =
      measure::check_keys(*entry.variant, stage.call(), stage.inputs(), stage.out(), rows, 0);
  return verdict.ok ? held() : broken(verdict.reason);
}

/// Some queries then stand before the first key. Half of the problems are not made causal, for
/// variants that are causal by themselves, and refuse to be made so.
void put_queries_ahead(Trial& trial) {
  if (trial.seed / 2 % 2 == 0) trial.problem.causal = true;
  if (trial.problem.q_len < trial.problem.kv_len)
    std::swap(trial.problem.q_len, trial.problem.kv_len);
}

Attempt blind_queries_yield_zero(const registry::Entry& entry, const Trial& trial) {
  const std::vector<int64_t> blind = blind_queries(entry, trial);
  if (blind.empty()) return nothing_to_try("every query sees a key");
  Stage stage(entry, trial);
  stage.forward();
  const Tensor<float>& out = stage.out();
  for (int64_t b = 0; b < out.batch; ++b)
    for (int64_t h = 0; h < out.heads; ++h)
      for (const int64_t i : blind)
        for (const float* x = out.row(b, h, i); x < out.row(b, h, i) + out.dim; ++x)
          if (*x != 0)
            return broken(measure::place(out, x - out.data) + ": expected 0, got " +
                          std::to_string(*x));
  return held();
}

/// With few queries, most patterns that can leave keys unseen do so. A quarter of the problems keep
/// theirs, for variants that refuse to have fewer queries than keys.
void take_few_queries(Trial& trial) {
  if (trial.seed / 2 % 4 == 0) return;
  const int64_t most = std::min<int64_t>(64, trial.problem.kv_len);
  trial.problem.q_len = 1 + static_cast<int64_t>(trial.seed / 8 % static_cast<uint64_t>(most));
}

/// Other bits may be right, too: a kernel may treat values that are not finite another way.
Attempt ignores_unseen_keys(const registry::Entry& entry, const Trial& trial) {
  const std::vector<int64_t> unseen = unseen_keys(entry, trial);
  if (unseen.empty()) return nothing_to_try("each key is seen by some query");
  Stage stage(entry, trial);
  const auto clean = stage.forward();
  stage.spoil_keys(unseen);
  const auto spoilt = stage.forward();
  if (difference(stage, clean, "", spoilt, "").empty()) return held();
  const std::string wrong = judged(entry, stage).failure;
  if (wrong.empty()) return held();
  return broken("with NaN, infinity or 3.4e38 in the keys that no query sees, from key " +
                std::to_string(unseen.front()) + " on, " + wrong);
}

constexpr const char* kUnknownPositions =
    "it refuses all longer problems, which would show which of its inputs have positions";

/// Changes what lies behind one query's position. Bits of its output, or of an earlier one, may
/// change with it, as a kernel may treat neighbouring queries together. But the output must stay
/// what the definition says of the inputs as they were.
Attempt sees_no_future(const registry::Entry& entry, const Trial& trial) {
  const Problem& p = trial.problem;
  if (!p.causal || p.q_len < 2) return nothing_to_try("causal hides no later position");
  const auto query = static_cast<int64_t>(trial.seed / 2 % static_cast<uint64_t>(p.q_len - 1));
  Stage stage(entry, trial);
  const auto before = stage.forward();
  const bool all_changed = stage.change_behind(query);
  stage.forward();
  const Tensor<float>& out = stage.out();
  const std::vector<int64_t> rows = changed_rows(out, before, query);
  if (rows.empty()) return all_changed ? held() : untried(kUnknownPositions);
  measure::InputSet original(p, trial.seed, trial.style, record::Pages::kHuge,
                             registry::extra_inputs(*entry.variant, trial.call()));
  measure::NarrowInputs(p).take(original.writable(), false);
  const auto truths =
      truths_of(entry, trial.call(), original.view(), rows, measure::Bounds::kInDoubt);
  for (size_t i = 0; i < rows.size(); ++i) {
    if (!truths[i].judgeable) return untried(kNotJudgeable);
    if (const auto at = element_off(out, rows[i], truths[i]))
      return broken(measure::place(out, *at) + " changes from " +
                    std::to_string(before[static_cast<size_t>(*at)]) + " to " +
                    std::to_string(out.data[*at]) + " if positions behind query " +
                    std::to_string(query) + " change");
  }
  return all_changed ? held() : untried(kUnknownPositions);
}

}  // namespace attnbench::conformance
