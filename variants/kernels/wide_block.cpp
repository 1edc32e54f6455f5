// Widens blocks of keys and values to float32.
#include "kernels/wide_block.h"

#include "kernels/narrow.h"

namespace attnbench::kernels {

KeyBlock WideBlock::keys(const Job& job, const Strip& strip, const KeySpan& block,
                         const KeySpan& keys) {
  const Lattice& lattice = strip.lattice;
  const int64_t head_dim = job.call.problem.head_dim;
  const int64_t count = block.end - block.begin;
  float* const k = floats_;
  float* const v = floats_ + count * head_dim;
  if (block.begin != held_.begin || block.end != held_.end || lattice != lattice_) {
    const int64_t first = lattice.base + lattice.step * block.begin;
    HeadRows(job.inputs.k, job.batch, job.kv_head).widen(first, lattice.step, count, k);
    HeadRows(job.inputs.v, job.batch, job.kv_head).widen(first, lattice.step, count, v);
    held_ = block;
    lattice_ = lattice;
  }
  const int64_t before = (keys.begin - block.begin) * head_dim;
  return {k + before,
          v + before,
          head_dim,
          {keys.end - keys.begin, head_dim, kOctet * head_dim},
          lattice.base + lattice.step * keys.begin,
          lattice.step,
          kOctet * lattice.step};
}

}  // namespace attnbench::kernels
