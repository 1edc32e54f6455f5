// eigen_textbook: attention by the products of Eigen, a library of matrices: what a careful student
// writes in C++.

// GCC 12 takes the deliberately undefined operand of the compiler's own AVX-512 functions, inlined
// into the code below, for a variable that was forgotten.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

// The harness includes Eigen, too, compiled for any CPU and not for this one. Under one name the
// linker would mix the two.
#define Eigen EigenOfVariants
#define EIGEN_DONT_PARALLELIZE  // The tasks below are what the threads share.
#include <Eigen/Core>
#include <algorithm>

#include "attnbench/register.h"
#include "kernels/tasks.h"
#include "kernels/visible.h"

namespace attnbench {
namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Reads = Eigen::Map<const Matrix>;
using Writes = Eigen::Map<Matrix>;

/// The queries of a head whose scores are stored at a time. More would leave the cache, fewer make
/// Eigen's products slower; and the keys that causal hides from all of them are skipped.
constexpr int64_t kQueries = 128;

/// Softmax over the first `seen` scores of a row. The others get no weight.
template <class Row>
void softmax(Row row, int64_t seen) {
  row.tail(row.size() - seen).setZero();
  if (seen == 0) return;
  auto scores = row.head(seen).array();
  scores = (scores - scores.maxCoeff()).exp();
  scores *= 1 / scores.sum();
}

class EigenTextbook final : public Exact {
 public:
  uint32_t takes() const noexcept override { return take::kScale; }

  Count workspace_bytes(const Call& call) const noexcept override {
    return count(call.threads, scratch_floats(call.problem), sizeof(float));
  }

  Theory theory(const Call&) const noexcept override { return {.time = {2}, .memory = {1}}; }

  void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override {
    const KeySpan span = kernels::allowed_keys(call.problem, query);
    if (span.begin < span.end) keys.add(span);
  }

  void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
               const Workspace& workspace) const noexcept override {
    const Problem& p = call.problem;
    const int64_t blocks = (p.q_len + kQueries - 1) / kQueries;
    const int64_t stride = scratch_floats(p).value();
    auto* const scratch = reinterpret_cast<float*>(workspace.data);
    kernels::for_each_task(call.threads, p.batch * p.heads * blocks, [&](int64_t task, int thread) {
      const int64_t head = task / blocks;
      attend(p, in, out, head / p.heads, head % p.heads, task % blocks * kQueries,
             scratch + thread * stride);
    });
  }

 private:
  /// A thread's scratch. It begins at a multiple of 64 bytes for every thread, because Eigen adds
  /// in another order if vectors begin elsewhere.
  static Count scratch_floats(const Problem& p) {
    constexpr int64_t kVector = 16;
    return count(std::min(kQueries, p.q_len), (p.kv_len + kVector - 1) / kVector, kVector);
  }

  /// Up to kQueries queries of one head, from `first` on.
  static void attend(const Problem& p, const Inputs& in, const Tensor<float>& out, int64_t b,
                     int64_t h, int64_t first, float* scratch) {
    const int64_t queries = std::min(kQueries, p.q_len - first);
    const int64_t keys = kernels::allowed_keys(p, first + queries - 1).end;
    const int64_t kv_head = h / (p.heads / p.kv_heads);
    const Reads q(in.q.row(b, h, first), queries, p.head_dim);
    const Reads k(in.k.head(b, kv_head), keys, p.head_dim);
    const Reads v(in.v.head(b, kv_head), keys, p.head_dim);
    Writes scores(scratch, queries, keys);
    scores.noalias() = static_cast<float>(score_scale(p)) * q * k.transpose();
    for (int64_t i = 0; i < queries; ++i)
      softmax(scores.row(i), kernels::allowed_keys(p, first + i).end);
    Writes(out.row(b, h, first), queries, p.head_dim).noalias() = scores * v;
  }
};

const Info kInfo{
    "eigen_textbook",  "the textbook by Eigen's products, 128 queries at a time",
    Kind::kExact,      "none: what a careful student writes with a library of matrices",
    nullptr,           0,
    nullptr,
    /*allocates=*/true};  // Eigen's products pack what they read.

}  // namespace
}  // namespace attnbench

ATTNBENCH_VARIANT(attnbench::EigenTextbook, attnbench::kInfo)
