// Copies the narrow tensors of a call to float32, and rounds its output.
#include "kernels/widened.h"

#include <algorithm>

#include "kernels/divide.h"
#include "kernels/layout.h"
#include "kernels/narrow.h"
#include "kernels/tasks.h"

namespace attnbench::kernels {
namespace {

/// Rows that a task copies.
constexpr int64_t kRows = 64;

/// Where the copies are; null for a tensor that is float32.
struct Copies {
  float *q = nullptr, *k = nullptr, *v = nullptr, *out = nullptr;
  std::byte* own = nullptr;
};

/// Lays scratch out; returns how many bytes that takes.
Count lay_out(const Problem& p, Count own, std::byte* scratch, Copies& copies) {
  Layout layout(scratch);
  const Count queries = count(p.batch, p.heads, p.q_len, p.head_dim),
              keys = count(p.batch, p.kv_heads, p.kv_len, p.head_dim);
  if (p.dtype != Type::kF32) layout.take(copies.q, queries), layout.take(copies.out, queries);
  if (p.kv_dtype != Type::kF32) layout.take(copies.k, keys), layout.take(copies.v, keys);
  layout.take(copies.own, own);
  return layout.bytes();
}

/// Calls body(batch, head, first row, rows) for pieces of all heads of a tensor, on all threads.
template <class T, class Body>
void for_each_piece(int threads, const Tensor<T>& t, const Body& body) {
  const int64_t pieces = divide_up(t.len, kRows);
  for_each_task(threads, t.batch * t.heads * pieces, [&](int64_t task, int) {
    const int64_t head = task / pieces, first = task % pieces * kRows;
    body(head / t.heads, head % t.heads, first, std::min(kRows, t.len - first));
  });
}

Tensor<const float> widened(int threads, const Tensor<const float>& t, float* copy) {
  if (copy == nullptr) return t;
  const Tensor<float> wide{copy, t.batch, t.heads, t.len, t.dim};
  for_each_piece(threads, t, [&](int64_t b, int64_t h, int64_t first, int64_t rows) {
    HeadRows(t, b, h).widen(first, 1, rows, wide.row(b, h, first));
  });
  return {copy, t.batch, t.heads, t.len, t.dim};
}

}  // namespace

Count Widened::bytes(const Call& call, Count own) noexcept {
  if (!has_narrow_types(call.problem)) return own;
  Copies copies;
  return lay_out(call.problem, own, nullptr, copies);
}

Widened::Widened(const Call& call, const Inputs& in, const Tensor<float>& out,
                 std::byte* scratch) noexcept
    : call_(call), narrow_out_(out), inputs_(in), out_(out), own_(scratch) {
  if (!has_narrow_types(call.problem)) return;
  Copies copies;
  lay_out(call.problem, Count(), scratch, copies);
  inputs_.q = widened(call.threads, in.q, copies.q);
  inputs_.k = widened(call.threads, in.k, copies.k);
  inputs_.v = widened(call.threads, in.v, copies.v);
  if (copies.out != nullptr) out_ = {copies.out, out.batch, out.heads, out.len, out.dim};
  own_ = copies.own;
}

void Widened::round_out() const noexcept {
  if (narrow_out_.type == Type::kF32) return;
  for_each_piece(call_.threads, out_, [&](int64_t b, int64_t h, int64_t first, int64_t rows) {
    for (int64_t i = first; i < first + rows; ++i)
      round_row(out_.row(b, h, i), narrow_out_, b, h, i);
  });
}

}  // namespace attnbench::kernels
