// full: textbook attention. The scores of all heads are stored, softmaxed and multiplied.
#include <algorithm>
#include <cmath>
#include <limits>

#include "attnbench/register.h"
#include "kernels/eigen.h"
#include "kernels/exp2.h"
#include "kernels/tasks.h"
#include "kernels/visible.h"

namespace attnbench {
namespace {

namespace hn = kernels::hn;
using kernels::ConstMatrix;
using kernels::MutableMatrix;

/// Query rows a task.
constexpr int64_t kPanelRows = 128;

/// Keys that one product covers, such that Eigen's packed operands fit on the stack.
int64_t keys_a_product(const Problem& p) {
  return std::min(kernels::kMaxOperandFloats / std::max(p.head_dim, kPanelRows), p.kv_len);
}

/// Some query rows of one head, and the heads they belong to.
struct Panel {
  int64_t batch, head, kv_head, first_row, rows;
};

int64_t panels_a_head(const Problem& p) {
  return (p.q_len + kPanelRows - 1) / kPanelRows;
}

Panel panel_of(const Problem& p, int64_t task) {
  const int64_t matrix = task / panels_a_head(p);
  const int64_t head = matrix % p.heads;
  const int64_t first_row = task % panels_a_head(p) * kPanelRows;
  return {matrix / p.heads, head, head / (p.heads / p.kv_heads), first_row,
          std::min(kPanelRows, p.q_len - first_row)};
}

/// scores = q k^T, unscaled.
void multiply_keys(const Problem& p, const Inputs& in, const Panel& panel, float* scores) {
  const ConstMatrix q(in.q.row(panel.batch, panel.head, panel.first_row), panel.rows, p.head_dim,
                      Eigen::OuterStride<>(p.head_dim));
  const int64_t step = keys_a_product(p);
  for (int64_t key = 0; key < p.kv_len; key += step) {
    const int64_t keys = std::min(step, p.kv_len - key);
    const ConstMatrix k(in.k.row(panel.batch, panel.kv_head, key), keys, p.head_dim,
                        Eigen::OuterStride<>(p.head_dim));
    MutableMatrix s(scores + key, panel.rows, keys, Eigen::OuterStride<>(p.kv_len));
    s.noalias() = q * k.transpose();
  }
}

/// out = weights v.
void multiply_values(const Problem& p, const Inputs& in, const Panel& panel, const float* weights,
                     const Tensor<float>& out) {
  MutableMatrix o(out.row(panel.batch, panel.head, panel.first_row), panel.rows, p.head_dim,
                  Eigen::OuterStride<>(p.head_dim));
  o.setZero();
  const int64_t step = keys_a_product(p);
  for (int64_t key = 0; key < p.kv_len; key += step) {
    const int64_t keys = std::min(step, p.kv_len - key);
    const ConstMatrix w(weights + key, panel.rows, keys, Eigen::OuterStride<>(p.kv_len));
    const ConstMatrix v(in.v.row(panel.batch, panel.kv_head, key), keys, p.head_dim,
                        Eigen::OuterStride<>(p.head_dim));
    o.noalias() += w * v;
  }
}

/// The largest of n values, n a multiple of the lanes of D; -infinity of none.
template <class D>
float largest(D d, const float* x, int64_t n) {
  auto top = hn::Set(d, -std::numeric_limits<float>::infinity());
  for (int64_t i = 0; i < n; i += hn::Lanes(d)) top = hn::Max(top, hn::LoadU(d, x + i));
  return hn::GetLane(hn::MaxOfLanes(d, top));
}

/// x = 2^((x - shift) * scale); returns the sum. n is a multiple of the lanes of D.
template <class D>
float exponentiate(D d, float* x, int64_t n, float shift, float scale) {
  auto sum = hn::Zero(d);
  for (int64_t i = 0; i < n; i += hn::Lanes(d)) {
    const auto centred = hn::Sub(hn::LoadU(d, x + i), hn::Set(d, shift));
    const auto weight = kernels::exp2(d, hn::Mul(centred, hn::Set(d, scale)));
    sum = hn::Add(sum, weight);
    hn::StoreU(weight, d, x + i);
  }
  return hn::GetLane(hn::SumOfLanes(d, sum));
}

/// Softmax of scale * row[0, seen), in place; weights of the masked rest are zero.
void softmax(float* row, int64_t seen, int64_t n, float scale) {
  const hn::ScalableTag<float> wide;
  const hn::CappedTag<float, 1> single;
  const int64_t whole = seen - seen % static_cast<int64_t>(hn::Lanes(wide));
  const float top = std::max(largest(wide, row, whole), largest(single, row + whole, seen - whole));
  const float sum = exponentiate(wide, row, whole, top, scale) +
                    exponentiate(single, row + whole, seen - whole, top, scale);
  const float inverse = 1 / sum;
  for (int64_t i = 0; i < seen; ++i) row[i] *= inverse;
  std::fill(row + seen, row + n, 0.0f);
}

class Full final : public Variant {
 public:
  void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override {
    const KeySpan span = kernels::allowed_keys(call.problem, query);
    if (span.begin < span.end) keys.add(span);
  }

  size_t workspace_bytes(const Call& call) const noexcept override {
    const Problem& p = call.problem;
    return static_cast<size_t>(p.batch * p.heads * p.q_len * p.kv_len) * sizeof(float);
  }

  Theory theory(const Call&) const noexcept override { return {.time = {2}, .memory = {2}}; }

  /// Three passes over the whole score tensor, as frameworks' math path makes them.
  void forward(const Call& call, const Inputs& inputs, const Tensor<float>& out,
               const Workspace& workspace) const noexcept override {
    const Problem& p = call.problem;
    const Tensor<float> scores{reinterpret_cast<float*>(workspace.data), p.batch, p.heads, p.q_len,
                               p.kv_len};
    const int64_t panels = p.batch * p.heads * panels_a_head(p);
    const float scale = kernels::kLog2E / std::sqrt(static_cast<float>(p.head_dim));
    kernels::for_each_task(call.threads, panels, [&](int64_t task, int) {
      const Panel panel = panel_of(p, task);
      multiply_keys(p, inputs, panel, scores.row(panel.batch, panel.head, panel.first_row));
    });
    kernels::for_each_task(call.threads, panels, [&](int64_t task, int) {
      const Panel panel = panel_of(p, task);
      for (int64_t i = panel.first_row; i < panel.first_row + panel.rows; ++i) {
        softmax(scores.row(panel.batch, panel.head, i), kernels::allowed_keys(p, i).end, p.kv_len,
                scale);
      }
    });
    kernels::for_each_task(call.threads, panels, [&](int64_t task, int) {
      const Panel panel = panel_of(p, task);
      multiply_values(p, inputs, panel, scores.row(panel.batch, panel.head, panel.first_row), out);
    });
  }
};

const Info kInfo{"full",       "the textbook: all scores are stored, softmaxed and multiplied",
                 Kind::kExact, "Vaswani et al. 2017, Attention Is All You Need",
                 nullptr,      0};

}  // namespace
}  // namespace attnbench

ATTNBENCH_VARIANT(attnbench::Full, attnbench::kInfo)
