// What a call needs in memory, and the largest length that fits.
#include "plan/footprint.h"

#include <algorithm>

#include "plan/saturate.h"
#include "record/format.h"

namespace attnbench::plan {
namespace {

constexpr auto kFloatBytes = static_cast<int64_t>(sizeof(float));
constexpr int64_t kLongest = int64_t{1} << 32;

}  // namespace

int64_t Footprint::total_bytes() const {
  return saturating_sum({input_bytes, output_bytes, workspace_bytes});
}

Footprint footprint(const Variant& variant, const Call& call) {
  const Problem& p = call.problem;
  const int64_t q = saturating_product({kFloatBytes, p.batch, p.heads, p.q_len, p.head_dim});
  const int64_t kv =
      saturating_product({2, kFloatBytes, p.batch, p.kv_heads, p.kv_len, p.head_dim});
  const uint64_t workspace = variant.workspace_bytes(call);
  return {saturating_sum({q, kv}), q,
          static_cast<int64_t>(std::min<uint64_t>(workspace, static_cast<uint64_t>(kSaturated)))};
}

std::string memory_reason(const Footprint& need, int64_t limit_bytes) {
  const int64_t total = need.total_bytes();
  if (total <= limit_bytes && total != kSaturated) return {};
  const auto text = [](int64_t bytes) {
    return bytes == kSaturated ? std::string("more than 2^63 bytes")
                               : record::format_bytes(static_cast<double>(bytes));
  };
  return "needs " + text(total) + ": inputs " + text(need.input_bytes) + " + output " +
         text(need.output_bytes) + " + workspace " + text(need.workspace_bytes) + "; limit " +
         text(limit_bytes);
}

int64_t largest_fit(const Variant& variant, Call call, bool q_len_follows, int64_t limit_bytes) {
  const auto fits = [&](int64_t length) {
    call.problem.kv_len = length;
    if (q_len_follows) call.problem.q_len = length;
    return variant.supports(call).ok() &&
           memory_reason(footprint(variant, call), limit_bytes).empty();
  };
  if (!fits(1)) return 0;
  int64_t good = 1;
  int64_t bad = 2;
  while (bad <= kLongest && fits(bad)) {
    good = bad;
    bad *= 2;
  }
  if (bad > kLongest) return kLongest;
  while (bad - good > 1) {
    const int64_t middle = good + (bad - good) / 2;
    (fits(middle) ? good : bad) = middle;
  }
  return good;
}

}  // namespace attnbench::plan
