// chunked: keys in chunks of sqrt(n); each chunk is summarised, and the summaries are merged.
#include <algorithm>
#include <cmath>

#include "attnbench/register.h"
#include "kernels/dense.h"
#include "kernels/divide.h"
#include "kernels/exp2.h"
#include "kernels/lone_row.h"
#include "kernels/matrix.h"
#include "kernels/tasks.h"
#include "kernels/visible.h"

namespace attnbench {
namespace {

/// Query rows of a task. A thread holds the summaries of that many rows.
constexpr int64_t kTaskRows = 64;

/// How the keys are cut into chunks, and where a thread's scratch holds what: first the scores of
/// one chunk; then for each chunk the weighted values of all rows, and their RowSums.
struct Scratch {
  int64_t rows, keys, chunks, head_dim;

  explicit Scratch(const Problem& p)
      : rows(std::min(kTaskRows, p.q_len)),
        keys(static_cast<int64_t>(std::ceil(std::sqrt(static_cast<double>(p.kv_len))))),
        chunks(kernels::divide_up(p.kv_len, keys)),
        head_dim(p.head_dim) {}

  int64_t values(int64_t chunk) const { return rows * keys + chunk * rows * (head_dim + 2); }
  int64_t sums(int64_t chunk) const { return values(chunk) + rows * head_dim; }
  int64_t floats() const { return kernels::round_up(values(chunks), 16); }
};

class Chunked final : public Exact {
 public:
  void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override {
    const KeySpan span = kernels::allowed_keys(call.problem, query);
    if (span.begin < span.end) keys.add(span);
  }

  Count workspace_bytes(const Call& call) const noexcept override {
    return count(call.threads, Scratch(call.problem).floats(), sizeof(float));
  }

  Theory theory(const Call&) const noexcept override { return {.time = {2}, .memory = {0.5}}; }

  void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
               const Workspace& workspace) const noexcept override {
    const Problem& p = call.problem;
    const Scratch cut(p);
    const int64_t tasks_a_head = kernels::divide_up(p.q_len, cut.rows);
    kernels::for_each_task(
        call.threads, p.batch * p.heads * tasks_a_head, [&](int64_t task, int thread) {
          attend_rows(call, cut, in, out, task / tasks_a_head / p.heads,
                      task / tasks_a_head % p.heads, task % tasks_a_head * cut.rows,
                      reinterpret_cast<float*>(workspace.data) + thread * cut.floats());
        });
  }

 private:
  void attend_rows(const Call& call, const Scratch& cut, const Inputs& in, const Tensor<float>& out,
                   int64_t batch, int64_t head, int64_t first_row, float* scratch) const {
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
      merge(cut, scratch, chunks, i, out.row(batch, head, first_row + i));
      kernels::mend_row(call, in, out, batch, head, first_row + i, *this);
    }
  }

  static void merge(const Scratch& cut, const float* scratch, int64_t chunks, int64_t row,
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
  }
};

const Info kInfo{
    "chunked",    "full attention in key chunks of sqrt(n) that are summarised and merged",
    Kind::kExact, "Rabe & Staats 2021, Self-attention Does Not Need O(n^2) Memory",
    nullptr,      0};

}  // namespace
}  // namespace attnbench

ATTNBENCH_VARIANT(attnbench::Chunked, attnbench::kInfo)
