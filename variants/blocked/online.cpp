// online: one query at a time, one pass over its keys, with a running maximum and sum; no tiles.
#include "attnbench/register.h"
#include "kernels/lone_row.h"
#include "kernels/tasks.h"
#include "kernels/visible.h"

namespace attnbench {
namespace {

class Online final : public Exact {
 public:
  void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override {
    const KeySpan span = kernels::allowed_keys(call.problem, query);
    if (span.begin < span.end) keys.add(span);
  }

  Count workspace_bytes(const Call&) const noexcept override { return {}; }

  Theory theory(const Call&) const noexcept override { return {.time = {2}, .memory = {0}}; }

  void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
               const Workspace&) const noexcept override {
    const Problem& p = call.problem;
    kernels::for_each_task(call.threads, p.batch * p.heads * p.q_len, [&](int64_t task, int) {
      const int64_t query = task % p.q_len;
      const int64_t head = task / p.q_len % p.heads;
      const int64_t batch = task / p.q_len / p.heads;
      kernels::LoneRow row(call, in, out, batch, head, query);
      visible_keys(call, query, row);
      row.finish();
    });
  }
};

const Info kInfo{
    "online",     "one query at a time in one pass, with a running maximum and sum; no tiles",
    Kind::kExact, "Milakov & Gimelshein 2018, Online normalizer calculation for softmax",
    nullptr,      0};

}  // namespace
}  // namespace attnbench

ATTNBENCH_VARIANT(attnbench::Online, attnbench::kInfo)
