// Widens blocks of keys and values to float32, and pairs the values of neighbouring keys.
#include "kernels/wide_block.h"

#include <cassert>

#include "kernels/narrow.h"
#include "kernels/vectors.h"

namespace attnbench::kernels {
namespace {

/// to[i] is the pair of a[i] and b[i]: a[i] in the lower half.
void pair_rows(const uint16_t* a, const uint16_t* b, int64_t dim, float* to) {
  for_each_vector(dim, [&](auto d, int64_t i) {
    const hn::RebindToUnsigned<decltype(d)> pair;
    const hn::Rebind<uint16_t, decltype(d)> half;
    const auto lower = hn::PromoteTo(pair, hn::LoadU(half, a + i));
    const auto upper = hn::PromoteTo(pair, hn::LoadU(half, b + i));
    hn::StoreU(hn::BitCast(d, hn::Or(lower, hn::ShiftLeft<16>(upper))), d, to + i);
  });
}

/// Writes [count / 2, dim] of pairs of keys. The last key is paired with zero if count is odd.
void pair_keys(const Tensor<const float>& v, int64_t batch, int64_t head, int64_t first,
               int64_t step, int64_t count, float* to) {
  static constexpr uint16_t kZeros[kMaxHeadDim] = {};
  for (int64_t i = 0; i < count; i += 2, to += v.dim) {
    const uint16_t* const row = v.row_as<uint16_t>(batch, head, first + i * step);
    pair_rows(row, i + 1 < count ? row + step * v.dim : kZeros, v.dim, to);
  }
}

}  // namespace

KeyBlock WideBlock::keys(const Job& job, const Strip& strip, const KeySpan& block,
                         const KeySpan& keys) {
  const Lattice& lattice = strip.lattice;
  const auto& [q, k, v, extra, extra_count] = job.inputs;
  const int64_t head_dim = job.call.problem.head_dim;
  const int64_t count = block.end - block.begin, before = keys.begin - block.begin;
  const int64_t position = lattice.base + lattice.step * keys.begin;
  float* const values = strip.has_pairs ? floats_ : floats_ + count * head_dim;
  if (block.begin != held_.begin || block.end != held_.end || lattice != lattice_) {
    const int64_t first = lattice.base + lattice.step * block.begin;
    if (strip.has_pairs) {
      pair_keys(v, job.batch, job.kv_head, first, lattice.step, count, values);
    } else {
      HeadRows(k, job.batch, job.kv_head).widen(first, lattice.step, count, floats_);
      HeadRows(v, job.batch, job.kv_head).widen(first, lattice.step, count, values);
    }
    held_ = block;
    lattice_ = lattice;
  }
  KeyBlock some{floats_ + before * head_dim,
                values + before * head_dim,
                head_dim,
                {keys.end - keys.begin, head_dim, kOctet * head_dim},
                position,
                lattice.step,
                kOctet * lattice.step};
  if (strip.has_pairs) {
    assert(before % 2 == 0 && "Keys of a block begin within a pair");
    some.k = reinterpret_cast<const float*>(k.row_as<uint16_t>(job.batch, job.kv_head, position));
    some.v = values + before / 2 * head_dim;
    some.rows.stride = lattice.step * head_dim / 2;
    some.rows.octet_stride = kOctet * some.rows.stride;
  }
  return some;
}

}  // namespace attnbench::kernels
