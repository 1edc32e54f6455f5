// What a call needs in memory, and the largest length that fits.
#include "plan/footprint.h"

#include "record/format.h"
#include "registry/registry.h"

namespace attnbench::plan {

namespace {

Count declared_bytes(const Variant& variant, const Call& call) {
  return registry::bytes_of(registry::extra_inputs(variant, call));
}

}  // namespace

Footprint footprint(const Variant& variant, const Variant* projections, const Call& call) {
  const Problem& p = call.problem;
  const Count q = count(p.batch, p.heads, p.q_len, p.head_dim, sizeof(float));
  const Count k = count(p.batch, p.kv_heads, p.kv_len, p.head_dim, sizeof(float));
  const Footprint alone{q + k + k + declared_bytes(variant, call), q,
                        variant.workspace_bytes(call)};
  if (projections == nullptr) return alone;
  // Their tokens are v, and their output is as large as that of attention.
  return {alone.input_bytes + declared_bytes(*projections, call), q + q,
          alone.workspace_bytes + projections->workspace_bytes(call)};
}

std::string memory_reason(const Footprint& need, int64_t limit_bytes) {
  const Count total = need.total_bytes();
  if (total.value() <= limit_bytes && !total.saturated()) return {};
  const auto text = [](Count bytes) {
    return record::format_bytes(static_cast<double>(bytes.value()));
  };
  return "needs " + text(total) + ": inputs " + text(need.input_bytes) + " + output " +
         text(need.output_bytes) + " + workspace " + text(need.workspace_bytes) + "; limit " +
         text(Count(limit_bytes));
}

int64_t largest_fit(const Variant& variant, const Variant* projections, Call call,
                    bool q_len_follows, int64_t limit_bytes) {
  const auto fits = [&](int64_t length) {
    call.problem.kv_len = length;
    if (q_len_follows) call.problem.q_len = length;
    return registry::refusal(variant, call).empty() &&
           memory_reason(footprint(variant, projections, call), limit_bytes).empty();
  };
  if (!fits(1)) return 0;
  int64_t good = 1;
  int64_t bad = 2;
  while (bad <= kMaxLength && fits(bad)) {
    good = bad;
    bad *= 2;
  }
  if (bad > kMaxLength) return kMaxLength;
  while (bad - good > 1) {
    const int64_t middle = good + (bad - good) / 2;
    (fits(middle) ? good : bad) = middle;
  }
  return good;
}

}  // namespace attnbench::plan
