// Gathers what one output row is computed from.
#include "measure/query_row.h"

#include <algorithm>

#include "registry/registry.h"

namespace attnbench::measure {

QueryRow query_row(const Problem& p, const Inputs& in, int64_t batch, int64_t head, int64_t query,
                   const std::vector<KeySpan>& spans) {
  const int64_t group = head / (p.heads / p.kv_heads);
  QueryRow row{p,
               in.q.row(batch, head, query),
               in.k.head(batch, group),
               in.v.head(batch, group),
               aligned_position(p, query),
               p.alibi ? alibi_slope(p, head) : 0,
               0,
               {}};
  row.terms = row.dim() - std::count(row.q, row.q + row.dim(), 0.0f);
  for (const KeySpan& span : spans)
    for (int64_t j = span.begin; j < span.end; j += span.step) row.keys.push_back(j);
  return row;
}

QueryRow query_row(const Exact& variant, const Call& call, const Inputs& in, int64_t batch,
                   int64_t head, int64_t query) {
  return query_row(call.problem, in, batch, head, query,
                   registry::visible_keys(variant, call, query));
}

}  // namespace attnbench::measure
