// What a call needs in memory, and the largest length that fits.
#include "plan/footprint.h"

#include <vector>

#include "record/format.h"
#include "registry/registry.h"

namespace attnbench::plan {
namespace {

Count declared_bytes(const Variant& variant, const Call& call) {
  return registry::bytes_of(registry::extra_inputs(variant, call));
}

/// The bytes of the gradients of learned inputs.
Count learned_bytes(const Variant& variant, const Call& call) {
  std::vector<ExtraInput> learned = registry::extra_inputs(variant, call);
  std::erase_if(learned, [](const ExtraInput& input) { return !input.learned; });
  return registry::bytes_of(learned);
}

bool fits(const Calls& calls, const Call& call, int64_t limit_bytes) {
  return refusal(calls, call).empty() && memory_reason(footprint(calls, call), limit_bytes).empty();
}

/// The largest number up to `most` for which `fits` is true; 0 if not even 1. Assumes that no
/// number above one that does not fit fits again.
template <class Fits>
int64_t largest(int64_t most, const Fits& fits) {
  if (!fits(1)) return 0;
  int64_t good = 1;
  int64_t bad = 2;
  while (bad <= most && fits(bad)) {
    good = bad;
    bad *= 2;
  }
  if (bad > most) return most;
  while (bad - good > 1) {
    const int64_t middle = good + (bad - good) / 2;
    (fits(middle) ? good : bad) = middle;
  }
  return good;
}

}  // namespace

std::string refusal(const Calls& calls, const Call& call) {
  const std::string reason = registry::refusal(calls.variant, call);
  if (!reason.empty() || !record::trains(calls.pass)) return reason;
  if (calls.projections != nullptr) return "the projections around it have no backward pass";
  return registry::training_refusal(calls.variant, call);
}

Footprint footprint(const Calls& calls, const Call& call) {
  const auto& [variant, projections, pass] = calls;
  const Problem& p = call.problem;
  const Count q = count(p.batch, p.heads, p.q_len, row_bytes(p.dtype, p.head_dim));
  const Count k = count(p.batch, p.kv_heads, p.kv_len, row_bytes(p.kv_dtype, p.head_dim));
  const Footprint forward{
      q + k + k + declared_bytes(variant, call), q, variant.workspace_bytes(call), {}};
  if (record::trains(pass)) {
    const Differentiable& trained = *variant.differentiable();
    return {forward.input_bytes + q, q + q + k + k + learned_bytes(variant, call),
            trained.training_workspace_bytes(call), trained.saved_bytes(call)};
  }
  if (projections == nullptr) return forward;
  // Their tokens are v, and their output is as large as that of attention.
  return {forward.input_bytes + declared_bytes(*projections, call),
          q + q,
          forward.workspace_bytes + projections->workspace_bytes(call),
          {}};
}

std::string memory_reason(const Footprint& need, int64_t limit_bytes) {
  const Count total = need.total_bytes();
  if (total.value() <= limit_bytes && !total.saturated()) return {};
  const auto text = [](Count bytes) {
    return record::format_bytes(static_cast<double>(bytes.value()));
  };
  return "needs " + text(total) + ": inputs " + text(need.input_bytes) + " + output " +
         text(need.output_bytes) + " + workspace " + text(need.workspace_bytes) +
         (need.saved_bytes == Count() ? "" : " + saved for backward " + text(need.saved_bytes)) +
         "; limit " + text(Count(limit_bytes));
}

int64_t largest_fit(const Calls& calls, Call call, bool q_len_follows, int64_t limit_bytes) {
  return largest(kMaxLength, [&](int64_t length) {
    call.problem.kv_len = length;
    if (q_len_follows) call.problem.q_len = length;
    return fits(calls, call, limit_bytes);
  });
}

int64_t largest_batch(const Calls& calls, Call call, int64_t limit_bytes) {
  return largest(kMaxBatch, [&](int64_t batch) {
    call.problem.batch = batch;
    return fits(calls, call, limit_bytes);
  });
}

}  // namespace attnbench::plan
