// chunked: keys in chunks of sqrt(n); each chunk is summarised, and the summaries are merged.
#include <algorithm>
#include <cmath>

#include "attnbench/register.h"
#include "blocked/chunked_backward.h"
#include "kernels/dense.h"
#include "kernels/divide.h"
#include "kernels/exp2.h"
#include "kernels/lone_row.h"
#include "kernels/matrix.h"
#include "kernels/tasks.h"
#include "kernels/visible.h"

namespace attnbench {
namespace {

chunked::Cut cut_of(const Problem& p) {
  return {std::min(chunked::kTaskRows, p.q_len),
          static_cast<int64_t>(std::ceil(std::sqrt(static_cast<double>(p.kv_len))))};
}

/// Where a thread's scratch holds what: first the scores of one chunk; then for each chunk the
/// weighted values of all rows, and their RowSums.
struct Scratch : chunked::Cut {
  int64_t chunks, head_dim;

  explicit Scratch(const Problem& p)
      : Cut(cut_of(p)), chunks(kernels::divide_up(p.kv_len, keys)), head_dim(p.head_dim) {}

  int64_t values(int64_t chunk) const { return rows * keys + chunk * rows * (head_dim + 2); }
  int64_t sums(int64_t chunk) const { return values(chunk) + rows * head_dim; }
  int64_t floats() const { return kernels::round_up(values(chunks), 16); }
};

class Chunked final : public Exact, public Differentiable {
 public:
  void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override {
    const KeySpan span = kernels::allowed_keys(call.problem, query);
    if (span.begin < span.end) keys.add(span);
  }

  uint32_t takes() const noexcept override { return kernels::kEngineTakes; }

  /// Of types narrower than float32 it makes copies.
  Count workspace_bytes(const Call& call) const noexcept override {
    return kernels::Widened::bytes(
        call, count(call.threads, Scratch(call.problem).floats(), sizeof(float)));
  }

  Theory theory(const Call& call) const noexcept override {
    return {.time = {2}, .memory = {kernels::has_narrow_types(call.problem) ? 1.0 : 0.5}};
  }

  void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
               const Workspace& workspace) const noexcept override {
    const kernels::Widened wide(call, in, out, workspace.data);
    attend(call, wide.inputs(), wide.out(), wide.own(), nullptr);
    wide.round_out();
  }

  const Differentiable* differentiable() const noexcept override { return this; }

  /// The logarithm of each query's sum.
  Count saved_bytes(const Call& call) const noexcept override {
    return kernels::log_sum_bytes(call);
  }
  Count training_workspace_bytes(const Call& call) const noexcept override {
    return std::max(workspace_bytes(call), chunked::backward_bytes(call, cut_of(call.problem)));
  }
  Theory training_theory(const Call&) const noexcept override {
    return {.time = {2}, .memory = {1}};
  }

  void forward_saving(const Call& call, const Inputs& in, const Tensor<float>& out,
                      const Workspace& saved, const Workspace& workspace) const noexcept override {
    attend(call, in, out, workspace.data, reinterpret_cast<float*>(saved.data));
  }

  void backward(const Call& call, const Inputs& in, const Tensor<const float>& out,
                const Saved& saved, const Tensor<const float>& d_out, const Gradients& gradients,
                const Workspace& workspace) const noexcept override {
    const auto* const log_sums = reinterpret_cast<const float*>(saved.data);
    const kernels::Backward task{call, in, out, log_sums, d_out, gradients};
    chunked::Backward(*this, task, cut_of(call.problem), reinterpret_cast<float*>(workspace.data))
        .run();
  }

 private:
  void attend(const Call& call, const Inputs& in, const Tensor<float>& out, std::byte* scratch,
              float* log_sums) const {
    const Problem& p = call.problem;
    const Scratch cut(p);
    const int64_t tasks_a_head = kernels::divide_up(p.q_len, cut.rows);
    kernels::for_each_task(call.threads, p.batch * p.heads * tasks_a_head,
                           [&](int64_t task, int thread) {
                             const int64_t head = task / tasks_a_head;
                             attend_rows(call, cut, in, out, head / p.heads, head % p.heads,
                                         task % tasks_a_head * cut.rows,
                                         reinterpret_cast<float*>(scratch) + thread * cut.floats(),
                                         log_sums == nullptr ? nullptr : log_sums + head * p.q_len);
                           });
  }

  /// `log_sums` are the head's; null if they are not wanted.
  void attend_rows(const Call& call, const Scratch& cut, const Inputs& in, const Tensor<float>& out,
                   int64_t batch, int64_t head, int64_t first_row, float* scratch,
                   float* log_sums) const {
    const Problem& p = call.problem;
    const int64_t kv_head = head / (p.heads / p.kv_heads);
    const int64_t rows = std::min(cut.rows, p.q_len - first_row);
    const int64_t seen = kernels::allowed_keys(p, first_row + rows - 1).end;
    int64_t chunks = 0;
    for (int64_t key = 0; key < seen; key += cut.keys, ++chunks) {
      const int64_t keys = std::min(cut.keys, p.kv_len - key);
      kernels::multiply_keys(in.q.row(batch, head, first_row), rows, in.k.row(batch, kv_head, key),
                             keys, p.head_dim, scratch, cut.keys);
      for (int64_t i = 0; i < rows; ++i) {
        const int64_t end = kernels::allowed_keys(p, first_row + i).end;
        const int64_t count = std::clamp<int64_t>(end - key, 0, keys);
        float* row = scratch + i * cut.keys;
        const kernels::RowSum sum =
            kernels::weigh_row(kernels::modifiers_of(p), kernels::slope_of(p, head),
                               aligned_position(p, first_row + i) - key, count, row);
        std::fill(row + count, row + keys, 0.0f);
        scratch[cut.sums(chunks) + 2 * i] = sum.top;
        scratch[cut.sums(chunks) + 2 * i + 1] = sum.sum;
      }
      kernels::multiply_values(scratch, cut.keys, rows, in.v.row(batch, kv_head, key), keys,
                               p.head_dim, scratch + cut.values(chunks));
    }
    for (int64_t i = 0; i < rows; ++i) {
      float* const row = out.row(batch, head, first_row + i);
      const float log_sum = merge(cut, scratch, chunks, i, row);
      if (log_sums != nullptr) log_sums[first_row + i] = log_sum;
      kernels::mend_row(call, in, row, batch, head, first_row + i, *this);
    }
  }

  /// Returns the logarithm of the query's sum.
  static float merge(const Scratch& cut, const float* scratch, int64_t chunks, int64_t row,
                     float* out) {
    const auto sum_of = [&](int64_t chunk) {
      const float* sums = scratch + cut.sums(chunk) + 2 * row;
      return kernels::RowSum{sums[0], sums[1]};
    };
    std::fill_n(out, cut.head_dim, 0.0f);
    float top = 0, total = 0;
    for (int64_t c = 0; c < chunks; ++c) {
      if (sum_of(c).sum > 0) top = c == 0 ? sum_of(c).top : std::max(top, sum_of(c).top);
    }
    for (int64_t c = 0; c < chunks; ++c) {
      if (sum_of(c).sum == 0) continue;
      const float weight = kernels::exp2_of(sum_of(c).top - top);
      const float* values = scratch + cut.values(c) + row * cut.head_dim;
      total += weight * sum_of(c).sum;
      for (int64_t i = 0; i < cut.head_dim; ++i) out[i] += weight * values[i];
    }
    for (int64_t i = 0; i < cut.head_dim && total > 0; ++i) out[i] /= total;
    return kernels::RowSum{top, total}.log_sum();
  }
};

const Info kInfo{
    "chunked",    "full attention in key chunks of sqrt(n) that are summarised and merged",
    Kind::kExact, "Rabe & Staats 2021, Self-attention Does Not Need O(n^2) Memory",
    nullptr,      0};

}  // namespace
}  // namespace attnbench

ATTNBENCH_VARIANT(attnbench::Chunked, attnbench::kInfo)
