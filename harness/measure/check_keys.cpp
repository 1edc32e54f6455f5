// Chooses how the call with equal weights is judged.
#include "measure/check_keys.h"

#include "measure/key_counts.h"
#include "measure/narrow.h"

namespace attnbench::measure {
namespace {

constexpr char kInputs[] = "with equal weights and values of +-1, ";

/// Judges by the oracle, which knows the weights that ALiBi makes unequal, the keys that the data
/// decide, and how far types narrower than float32 round.
Verdict compared(const Variant& variant, const Call& call, const Inputs& inputs,
                 const Tensor<float>& out, int64_t max_rows, uint64_t seed) {
  Verdict verdict = check_output(variant, call, inputs, out, max_rows, seed);
  verdict.check = {.rows_counted = verdict.rows_showing_keys};
  if (!verdict.ok) verdict.reason = kInputs + verdict.reason;
  return verdict;
}

}  // namespace

Verdict check_keys(const Variant& variant, const Call& call, const Inputs& inputs,
                   const Tensor<float>& out, int64_t max_rows, uint64_t seed) {
  if (variant.exact() == nullptr || call.problem.alibi || has_narrow_types(call.problem))
    return compared(variant, call, inputs, out, max_rows, seed);
  Verdict verdict;
  verdict.reason = first_not_finite(out);
  if (verdict.reason.empty()) {
    const KeyCounts counts = count_keys(*variant.exact(), call, inputs, out);
    verdict.check.rows_counted = counts.rows;
    verdict.reason = counts.reason;
  }
  if (!verdict.reason.empty()) verdict.reason = kInputs + verdict.reason;
  verdict.ok = verdict.reason.empty();
  return verdict;
}

}  // namespace attnbench::measure
