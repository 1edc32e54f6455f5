// online: one query at a time, one pass over its keys, with a running maximum and sum; no tiles.
#include "attnbench/register.h"
#include "kernels/engine.h"
#include "kernels/lone_gradient.h"
#include "kernels/lone_row.h"
#include "kernels/tasks.h"
#include "kernels/visible.h"

namespace attnbench {
namespace {

class Online final : public Exact, public Differentiable {
 public:
  void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override {
    const KeySpan span = kernels::allowed_keys(call.problem, query);
    if (span.begin < span.end) keys.add(span);
  }

  uint32_t takes() const noexcept override { return kernels::kEngineTakes; }

  Count workspace_bytes(const Call&) const noexcept override { return {}; }

  Theory theory(const Call&) const noexcept override { return {.time = {2}, .memory = {0}}; }

  void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
               const Workspace&) const noexcept override {
    attend(call, in, out, nullptr);
  }

  const Differentiable* differentiable() const noexcept override { return this; }

  /// The logarithm of each query's sum.
  Count saved_bytes(const Call& call) const noexcept override {
    return kernels::log_sum_bytes(call);
  }
  Count training_workspace_bytes(const Call&) const noexcept override { return {}; }
  Theory training_theory(const Call&) const noexcept override {
    return {.time = {2}, .memory = {1}};
  }

  void forward_saving(const Call& call, const Inputs& in, const Tensor<float>& out,
                      const Workspace& saved, const Workspace&) const noexcept override {
    attend(call, in, out, reinterpret_cast<float*>(saved.data));
  }

  void backward(const Call& call, const Inputs& in, const Tensor<const float>& out,
                const Saved& saved, const Tensor<const float>& d_out, const Gradients& gradients,
                const Workspace&) const noexcept override {
    const kernels::Backward task{call,  in,       out, reinterpret_cast<const float*>(saved.data),
                                 d_out, gradients};
    kernels::for_rows_then_keys(
        task, 1, kTaskKeys,
        [&](int64_t batch, int64_t head, int64_t query, const kernels::WantedGradients& wanted,
            int) { pull(task, batch, head, query, wanted); });
  }

 private:
  /// Keys of a task that computes the gradients of keys.
  static constexpr int64_t kTaskKeys = 64;

  void attend(const Call& call, const Inputs& in, const Tensor<float>& out, float* log_sums) const {
    const Problem& p = call.problem;
    kernels::for_each_task(call.threads, p.batch * p.heads * p.q_len, [&](int64_t task, int) {
      const int64_t query = task % p.q_len;
      const int64_t head = task / p.q_len % p.heads;
      const int64_t batch = task / p.q_len / p.heads;
      const bool is_narrow = out.type != Type::kF32;
      float room[kMaxHeadDim];
      float* const sums = is_narrow ? room : out.row(batch, head, query);
      kernels::LoneRow row(call, in, sums, batch, head, query);
      visible_keys(call, query, row);
      const float log_sum = row.finish();
      if (is_narrow) kernels::round_row(sums, out, batch, head, query);
      if (log_sums != nullptr) log_sums[task] = log_sum;
    });
  }

  /// Computes the gradients that one query's work is wanted for.
  void pull(const kernels::Backward& task, int64_t batch, int64_t head, int64_t query,
            const kernels::WantedGradients& wanted) const {
    kernels::LoneGradient row(task, batch, head, query, wanted);
    visible_keys(task.call, query, row);
  }
};

const Info kInfo{
    "online",     "one query at a time in one pass, with a running maximum and sum; no tiles",
    Kind::kExact, "Milakov & Gimelshein 2018, Online normalizer calculation for softmax",
    nullptr,      0};

}  // namespace
}  // namespace attnbench

ATTNBENCH_VARIANT(attnbench::Online, attnbench::kInfo)
