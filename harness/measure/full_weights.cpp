// Full attention as rows of the oracle.
#include "measure/full_weights.h"

#include <algorithm>

#include "measure/oracle.h"

namespace attnbench::measure {

int64_t full_keys(const Problem& p, int64_t query) {
  return p.causal ? std::clamp<int64_t>(aligned_position(p, query) + 1, 0, p.kv_len) : p.kv_len;
}

QueryRow full_row(const Problem& p, const Inputs& in, int64_t batch, int64_t head, int64_t query) {
  return query_row(p, in, batch, head, query, {{0, full_keys(p, query)}});
}

std::vector<double> full_weights(const Problem& p, const Inputs& in, int64_t batch, int64_t head,
                                 int64_t query) {
  return oracle_weights(full_row(p, in, batch, head, query));
}

}  // namespace attnbench::measure
