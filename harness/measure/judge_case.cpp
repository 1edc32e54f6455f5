// Judges the calls of one case and reports what it finds.
#include "measure/judge_case.h"

#include <algorithm>

#include "measure/check_gradients.h"
#include "measure/check_keys.h"
#include "measure/check_output.h"
#include "measure/check_pairs.h"

namespace attnbench::measure {
namespace {

/// All rows if the task says so, else as many as the oracle computes in about 0.2 s. A row of a
/// variant that is not exact takes as long as one that sees all keys, for all that is known.
int64_t rows_to_check(const Task& task, const Variant& variant) {
  constexpr int64_t kProducts = int64_t{1} << 26, kFewest = 2, kMost = 4096;
  const Problem& p = task.plan.problem;
  const int64_t rows = p.batch * p.heads * p.q_len;
  const int64_t keys_a_row =
      variant.exact() != nullptr ? std::max<int64_t>(task.plan.pairs / rows, 1) : p.kv_len;
  if (task.all_rows) return rows;
  return std::clamp<int64_t>(kProducts / (keys_a_row * p.head_dim), kFewest, kMost);
}

/// What is wrong with what the last call's projections wrote; empty if nothing is.
std::string fault_of_projections(const Prepared& prepared, const Task& task, uint64_t seed) {
  constexpr int64_t kMostRows = 256;  // A row multiplies a whole token by four matrices.
  const Writes& projections = *prepared.projections();
  const std::string wrong =
      check_output(projections.variant, projections.call, prepared.view_of_projections(),
                   projections.out(), std::min(rows_to_check(task, projections.variant), kMostRows),
                   seed)
          .reason;
  return wrong.empty() ? wrong : "its projections: " + wrong;
}

BackwardCall done_by(const Prepared& prepared, const Inputs& inputs) {
  const Tensor<float>& d_out = prepared.training()->d_out();
  return {prepared.variant(),
          prepared.call(),
          inputs,
          {d_out.data, d_out.batch, d_out.heads, d_out.len, d_out.dim},
          prepared.training()->gradients()};
}

/// What is wrong with the gradients that the last call wrote; empty if nothing is. If `whole`, all
/// of them must have been judged.
std::string fault_of_gradients(const Prepared& prepared, const Task& task, bool whole,
                               uint64_t seed, Facts& facts) {
  const Inputs inputs = prepared.view();
  const Verdict verdict =
      check_gradients(done_by(prepared, inputs), rows_to_check(task, prepared.variant()), seed);
  facts.write("check", to_json(verdict.check));
  if (verdict.reason.empty() && whole && !verdict.not_judged.empty())
    return "nobody can tell in time whether its " + verdict.not_judged.front() + " is right";
  return verdict.reason;
}

/// Reports the verdict on the output of the last call. Returns what is wrong with that, or with
/// what the call wrote beside it; empty if nothing is.
std::string fault_of_results(const Prepared& prepared, const Task& task, const Verdict& verdict,
                             uint64_t seed, Facts& facts) {
  facts.write("check", to_json(verdict.check));
  if (!verdict.reason.empty()) return verdict.reason;
  if (prepared.projections() != nullptr) return fault_of_projections(prepared, task, seed);
  if (prepared.training() != nullptr) return fault_of_gradients(prepared, task, false, seed, facts);
  return {};
}

constexpr char kOtherInputs[] = "with other inputs than before, ";

/// Judges the output for other normal inputs than those of the case.
Verdict check_other_inputs(const Prepared& prepared, int64_t max_rows, uint64_t seed) {
  Verdict verdict = check_output(prepared.variant(), prepared.call(), prepared.view(),
                                 prepared.out(), max_rows, seed);
  if (!verdict.ok) verdict.reason = kOtherInputs + verdict.reason;
  return verdict;
}

/// Makes a call on inputs and a d_out that were just changed.
void run_anew(const Prepared& prepared) {
  prepared.poison_results();
  prepared.keep();
  prepared.run();
}

/// A training step with a d_out that is 0 but for as few rows as there is time to judge. Returns
/// what is wrong with it.
std::string fault_of_few_rows(Prepared& prepared, const Task& task, Facts& facts) {
  const uint64_t seed = task.seed + 2;
  const int64_t rows = rows_to_check(task, prepared.variant());
  prepared.inputs().fill(seed, InputStyle::kNormal);
  fill_d_out(prepared.training()->d_out(), seed);
  keep_few_rows(prepared.training()->d_out(), rows, seed);
  run_anew(prepared);
  const Verdict output = check_other_inputs(prepared, rows, seed);
  facts.write("check", to_json(output.check));
  if (!output.reason.empty()) return output.reason;
  const std::string wrong = fault_of_gradients(prepared, task, true, seed, facts);
  return wrong.empty() ? wrong : "with a d_out that is 0 but for a few rows, " + wrong;
}

/// Whether only few rows of d_out make all gradients cheap to know. A definition of gradients knows
/// them all anyhow, so that the calls before have been judged whole.
bool needs_few_rows(const Prepared& prepared) {
  return prepared.training() != nullptr &&
         prepared.variant().differentiable()->defines_gradients() == nullptr;
}

/// A training step that shows whether gradients are summed over all pairs of query and key. Returns
/// what is wrong with it; empty if nothing is, or if pairs can't be counted.
std::string fault_of_pairs(Prepared& prepared, const Task& task, Facts& facts) {
  if (!can_count_pairs(prepared.variant(), prepared.call().problem)) return {};
  fill_for_pairs(*prepared.variant().exact(), prepared.call(), prepared.inputs().writable(),
                 prepared.training()->d_out(), task.seed + 3);
  run_anew(prepared);
  const Inputs inputs = prepared.view();
  const Verdict verdict = check_pairs(done_by(prepared, inputs));
  facts.write("check", to_json(verdict.check));
  if (verdict.reason.empty()) return {};
  return "with weights that are all equal, " + verdict.reason;
}

}  // namespace

bool stands(const Prepared& prepared, const Task& task, std::string& judged, Facts& facts) {
  std::string bits = prepared.digest_of_results();
  std::string wrong;
  if (bits != judged) {
    const uint64_t seed = task.seed + 0x9E3779B97F4A7C15u * static_cast<uint64_t>(task.round + 1);
    Verdict verdict = check_output(prepared.variant(), prepared.call(), prepared.view(),
                                   prepared.out(), rows_to_check(task, prepared.variant()), seed);
    verdict.check.output_digest = bits;
    verdict.check.differing_outputs = judged.empty() ? 0 : 1;
    wrong = fault_of_results(prepared, task, verdict, seed, facts);
    if (!wrong.empty() && !judged.empty())
      wrong = "a call with the same inputs was right before, this one is not: " + wrong;
  }
  if (const std::string past = prepared.trespass(); !past.empty()) wrong = past;
  if (!wrong.empty()) facts.write_reason("invalid", wrong);
  judged = std::move(bits);
  return wrong.empty();
}

bool stands_on_other_inputs(Prepared& prepared, const Task& task, Facts& facts) {
  const Variant& variant = prepared.variant();
  const bool weighs_keys = variant.exact() != nullptr || variant.selective() != nullptr;
  const int64_t rows = rows_to_check(task, variant);
  const uint64_t seed = weighs_keys ? task.seed : task.seed + 1;
  prepared.inputs().fill(seed, weighs_keys ? InputStyle::kEqualWeights : InputStyle::kNormal);
  run_anew(prepared);
  const Verdict verdict = weighs_keys ? check_keys(variant, prepared.call(), prepared.view(),
                                                   prepared.out(), rows, seed)
                                      : check_other_inputs(prepared, rows, seed);
  std::string wrong = fault_of_results(prepared, task, verdict, seed, facts);
  if (!wrong.empty() && verdict.reason.empty()) wrong = kOtherInputs + wrong;
  if (wrong.empty() && needs_few_rows(prepared)) wrong = fault_of_few_rows(prepared, task, facts);
  if (wrong.empty() && prepared.training() != nullptr)
    wrong = fault_of_pairs(prepared, task, facts);
  if (const std::string past = prepared.trespass(); !past.empty()) wrong = past;
  if (!wrong.empty()) facts.write_reason("invalid", wrong);
  return wrong.empty();
}

}  // namespace attnbench::measure
