// Promises about what a training step computes: the output, and the gradients of its definition.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "conformance/attempts.h"
#include "conformance/training_attempts.h"
#include "conformance/training_stage.h"
#include "conformance/true_gradients.h"
#include "measure/check_gradients.h"
#include "measure/check_pairs.h"

namespace attnbench::conformance {
namespace {

constexpr const char* kOneNumber =
    "with head_dim 1, few evaluations in float32 say too little of a gradient that cancels";

std::string listed(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
  return list;
}

/// What a verdict says of a promise. If nothing is wrong, but some gradients are not judged, the
/// promise is untried, and `why_not` says why.
Attempt told(const measure::Verdict& verdict, const std::string& why_not) {
  if (verdict.ok) return held();
  if (!verdict.reason.empty() || verdict.not_judged.empty()) return broken(verdict.reason);
  return untried(why_not);
}

/// The gradient that a verdict's reason begins with, as an index into TrainingStage::named().
size_t gradient_named_in(const std::string& reason, const TrainingStage& stage) {
  const auto found = std::ranges::find_if(stage.named(), [&](const measure::NamedGradient& g) {
    return reason.starts_with(g.name + ": ");
  });
  return static_cast<size_t>(found - stage.named().begin());
}

/// Compares every row of a step's gradients with what they should be. The bound of a definition is
/// pooled over each row. A row of one number has no others to pool with, and if the terms of this
/// number cancel, the definition in float32 may come close by luck, where a right kernel does not.
Attempt gradients_judged(const registry::Entry& entry, const TrainingStage& stage) {
  const Call call = stage.forward().call();
  const DifferentiableDefined* defined = entry.variant->differentiable()->defines_gradients();
  if (defined != nullptr && call.problem.head_dim == 1) return nothing_to_try(kOneNumber);
  const auto rows = static_cast<int64_t>(stage.values().size());  // No fewer than there are.
  const measure::Verdict verdict = measure::check_gradients(
      {*entry.variant, call, stage.forward().inputs(), stage.d_out(), stage.gradients()}, rows, 0);
  if (!verdict.ok && defined != nullptr &&
      !float32_can_evaluate(*defined, stage, gradient_named_in(verdict.reason, stage)))
    return untried(kNotJudgeable);
  if (!verdict.ok)
    return told(verdict, "nobody knows what " + listed(verdict.not_judged) + " should be");
  if (defined != nullptr && verdict.check.rows_sharp == 0) return untried(kNotSharp);
  return held();
}

/// Which element of some rows, of every head, is not 0; empty if all are. `gradient` is one of
/// TrainingStage::named().
std::string not_zero(const TrainingStage& stage, size_t gradient,
                     const std::vector<int64_t>& rows) {
  const Tensor<float>& t = stage.named()[gradient].tensor;
  for (int64_t head = 0; head < t.batch * t.heads; ++head)
    for (const int64_t row : rows)
      for (int64_t d = 0; d < t.dim; ++d) {
        const int64_t at = (head * t.len + row) * t.dim + d;
        if (t.data[at] != 0)
          return stage.named()[gradient].name + ": " +
                 measure::place(t, at, stage.named()[gradient].position) + ": expected 0, got " +
                 std::to_string(t.data[at]);
      }
  return {};
}

constexpr size_t kOfQueries = 0, kOfKeys = 1, kOfValues = 2;

}  // namespace

Attempt saves_as_it_forwards(const registry::Entry& entry, const Trial& trial) {
  TrainingStage stage(entry, trial);
  stage.save();
  return judged(entry, stage.forward());
}

Attempt agrees_with_its_gradients(const registry::Entry& entry, const Trial& trial) {
  TrainingStage stage(entry, trial);
  stage.step();
  return gradients_judged(entry, stage);
}

Attempt sums_each_pair_once(const registry::Entry& entry, const Trial& trial) {
  if (!measure::can_count_pairs(*entry.variant, trial.problem))
    return nothing_to_try("weights can't be made equal");
  TrainingStage stage(entry, trial);
  stage.fill_for_pairs(*entry.variant->exact(), trial.seed);
  stage.step();
  const Call call = stage.forward().call();
  const measure::Verdict verdict = measure::check_pairs(
      {*entry.variant, call, stage.forward().inputs(), stage.d_out(), stage.gradients()});
  return told(verdict, "pairs can't be counted in " + listed(verdict.not_judged));
}

/// The seed decides the lengths: there are more queries than keys, too. No head_dim is 1: of these,
/// gradients are not judged (kOneNumber).
void make_tiny(Trial& trial) {
  Problem& p = trial.problem;
  uint64_t digits = trial.seed / 2;
  const auto up_to = [&](uint64_t most) {
    const auto value = static_cast<int64_t>(1 + digits % most);
    digits /= most;
    return value;
  };
  const bool as_many = p.q_len == p.kv_len;
  p.batch = up_to(2);
  p.kv_heads = up_to(2);
  p.heads = p.kv_heads * up_to(2);
  p.head_dim = 1 + up_to(3);
  p.kv_len = up_to(7);
  p.q_len = as_many ? p.kv_len : up_to(5);
}

/// What a kernel's gradients are judged by is the variant's own analytic definition of them. Here
/// that is tried: differences know nothing but the definition of the output.
Attempt agrees_with_differences(const registry::Entry& entry, const Trial& trial) {
  TrainingStage stage(entry, trial);
  stage.step();
  Attempt attempt = gradients_judged(entry, stage);
  if (!attempt.failure.empty() || !attempt.untried.empty()) return attempt;
  return broken_if(fault_by_differences(*entry.variant, stage, trial.seed));
}

Attempt blind_queries_have_no_gradient(const registry::Entry& entry, const Trial& trial) {
  const std::vector<int64_t> blind = blind_queries(entry, trial);
  if (blind.empty()) return nothing_to_try("every query sees a key");
  TrainingStage stage(entry, trial);
  stage.step();
  return broken_if(not_zero(stage, kOfQueries, blind));
}

/// Other bits may be right, too, in the gradients of what is seen, as in the output.
Attempt unseen_keys_have_no_gradient(const registry::Entry& entry, const Trial& trial) {
  const std::vector<int64_t> unseen = unseen_keys(entry, trial);
  if (unseen.empty()) return nothing_to_try("each key is seen by some query");
  TrainingStage stage(entry, trial);
  const auto clean = stage.step();
  for (const size_t gradient : {kOfKeys, kOfValues})
    if (std::string wrong = not_zero(stage, gradient, unseen); !wrong.empty())
      return broken(std::move(wrong));
  stage.forward().spoil_keys(unseen);
  const auto spoilt = stage.step();
  if (difference(stage, clean, "", spoilt, "").empty()) return held();
  const Attempt attempt = gradients_judged(entry, stage);
  if (attempt.failure.empty()) return attempt;
  return broken("with NaN, infinity or 3.4e38 in the keys that no query sees, from key " +
                std::to_string(unseen.front()) + " on, " + attempt.failure);
}

}  // namespace attnbench::conformance
