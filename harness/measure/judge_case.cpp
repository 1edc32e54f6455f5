// Judges the calls of one case and reports what it finds.
#include "measure/judge_case.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "measure/check_gradients.h"
#include "measure/check_keys.h"
#include "measure/check_output.h"
#include "measure/check_pairs.h"
#include "measure/gradient_verdicts.h"

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
  return {prepared.variant(), prepared.call(), inputs, read_only(prepared.training()->d_out()),
          prepared.training()->gradients()};
}

/// Judges the gradients that the last call wrote, and reports that.
Verdict judge_gradients(const Prepared& prepared, const Task& task, uint64_t seed, Facts& facts) {
  const Inputs inputs = prepared.view();
  Verdict verdict =
      check_gradients(done_by(prepared, inputs), rows_to_check(task, prepared.variant()), seed);
  facts.write("check", to_json(verdict.check));
  return verdict;
}

/// Reports the verdict on the output of the last call, and judges what the call wrote beside it.
/// The verdict returned says what is wrong with any of it, and which gradients were not judged.
Verdict judge_results(const Prepared& prepared, const Task& task, Verdict verdict, uint64_t seed,
                      Facts& facts) {
  facts.write("check", to_json(verdict.check));
  if (!verdict.reason.empty()) return verdict;
  if (prepared.projections() != nullptr)
    verdict.reason = fault_of_projections(prepared, task, seed);
  else if (prepared.training() != nullptr)
    return judge_gradients(prepared, task, seed, facts);
  return verdict;
}

/// Which of the gradients named has, by the digests of its results, other bits than in an earlier
/// call; empty if none has.
std::string first_changed(const Prepared& prepared, const std::vector<std::string>& names,
                          const std::string& before, const std::string& now) {
  if (names.empty()) return {};
  const Inputs inputs = prepared.view();
  const std::vector<NamedGradient> gradients = named_gradients(done_by(prepared, inputs));
  const size_t size = kDigestDigits * gradients.size();  // They come last.
  for (size_t i = 0; i < gradients.size(); ++i) {
    const size_t at = now.size() - size + kDigestDigits * i;
    const bool same = before.size() == now.size() &&
                      before.compare(at, kDigestDigits, now, at, kDigestDigits) == 0;
    if (!same && std::ranges::find(names, gradients[i].name) != names.end())
      return gradients[i].name;
  }
  return {};
}

/// Judges the results of a call on the case's own inputs, whose digest is not that of a call judged
/// before. Returns what is wrong; empty if nothing is. A gradient that nobody can judge in time is
/// right only if it has the bits that it had before.
std::string fault_of_new_bits(const Prepared& prepared, const Task& task, const std::string& judged,
                              const std::string& bits, Facts& facts) {
  const uint64_t seed = task.seed + 0x9E3779B97F4A7C15u * static_cast<uint64_t>(task.round + 1);
  Verdict output = check_output(prepared.variant(), prepared.call(), prepared.view(),
                                prepared.out(), rows_to_check(task, prepared.variant()), seed);
  output.check.output_digest = bits;
  output.check.differing_outputs = judged.empty() ? 0 : 1;
  const Verdict all = judge_results(prepared, task, std::move(output), seed, facts);
  if (judged.empty()) return all.reason;
  if (!all.reason.empty())
    return "a call with the same inputs was right before, this one is not: " + all.reason;
  const std::string changed = first_changed(prepared, all.not_judged, judged, bits);
  if (changed.empty()) return {};
  return "its " + changed +
         " has other bits than in a call with the same inputs, and nobody can tell in time whether "
         "they are right";
}

constexpr char kOtherInputs[] = "with other inputs than before, ";

/// Judges the output for other normal inputs than those of the case.
Verdict check_other_inputs(const Prepared& prepared, int64_t max_rows, uint64_t seed) {
  Verdict verdict = check_output(prepared.variant(), prepared.call(), prepared.view(),
                                 prepared.out(), max_rows, seed);
  if (!verdict.ok) verdict.reason = kOtherInputs + verdict.reason;
  return verdict;
}

/// What the calls so far have written where nothing may be written; empty if nothing.
std::string trespass_of(const Prepared& prepared) {
  std::string past = prepared.trespass();
  if (!past.empty()) return past;
  const std::string changed = prepared.changed_input();
  return changed.empty() ? changed : "changed " + changed;
}

/// Makes a call on inputs and a d_out that were just changed.
void run_anew(Prepared& prepared) {
  prepared.note_inputs();
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
  const Verdict verdict = judge_gradients(prepared, task, seed, facts);
  std::string wrong = verdict.reason;
  if (wrong.empty() && !verdict.not_judged.empty())
    wrong = "nobody can tell in time whether its " + verdict.not_judged.front() + " is right";
  return wrong.empty() ? wrong : "with a d_out that is 0 but for a few rows, " + wrong;
}

/// Whether only few rows of d_out make all gradients cheap to know. A definition of gradients knows
/// them all anyhow, so that the calls before have been judged whole.
bool needs_few_rows(const Prepared& prepared) {
  return prepared.training() != nullptr &&
         prepared.variant().differentiable()->defines_gradients() == nullptr;
}

/// A training step that shows whether gradients are summed over all pairs of query and key. Returns
/// what is wrong with it; empty if nothing is, or if pairs can't be counted. Reports counted rows
/// only if all pairs were.
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
  if (bits != judged) wrong = fault_of_new_bits(prepared, task, judged, bits, facts);
  if (const std::string past = trespass_of(prepared); !past.empty()) wrong = past;
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
  Verdict output = weighs_keys ? check_keys(variant, prepared.call(), prepared.view(),
                                            prepared.out(), rows, seed)
                               : check_other_inputs(prepared, rows, seed);
  // Of a training step, rows are counted if those of its gradients are, too: by fault_of_pairs.
  if (prepared.training() != nullptr) output.check.rows_counted = 0;
  const bool right_output = output.reason.empty();
  std::string wrong = judge_results(prepared, task, std::move(output), seed, facts).reason;
  if (!wrong.empty() && right_output) wrong = kOtherInputs + wrong;
  if (wrong.empty() && needs_few_rows(prepared)) wrong = fault_of_few_rows(prepared, task, facts);
  if (wrong.empty() && prepared.training() != nullptr)
    wrong = fault_of_pairs(prepared, task, facts);
  if (const std::string past = trespass_of(prepared); !past.empty()) wrong = past;
  if (!wrong.empty()) facts.write_reason("invalid", wrong);
  return wrong.empty();
}

}  // namespace attnbench::measure
