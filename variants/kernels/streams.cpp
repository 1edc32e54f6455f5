// Cuts keys into eight streams, and attends one key or a few of each stream at a time.
#include "kernels/streams.h"

#include <algorithm>
#include <cassert>

#include "kernels/decode.h"
#include "kernels/prefetch.h"

namespace attnbench::kernels {
namespace {

/// How many bytes each stream gives a block, if the rows are decoding; it is also the least that a
/// stream gives. Half of it, and double, cost up to a tenth of the time. (One Zen 3 core of a
/// shared machine read 17.5 GB/s in one loop, and 24.8 from eight streams that gave 256 bytes in
/// turn. Four streams gave 23.6, 16 gave 23.7, and eight that gave 2 KB in turn 23.3.)
constexpr int64_t kDecodeTurnBytes = 512;
/// How many floats each stream gives a block of more rows, if it can be prefetched by line. Half of
/// it costs eight rows 4 to 9 %, and double up to 12 %.
constexpr int64_t kTurnFloats = 256;

constexpr int64_t kShortestStream = 16;

/// How many keys each stream gives a block: at most `most`.
int64_t keys_of_turn(const Strip& strip, const KeyBlock& block, int64_t most) {
  const int64_t head_dim = block.head_dim;
  int64_t keys = strip.is_decoding() ? 0 : std::min(kTurnFloats / head_dim, most);
  while (keys > 0 && !prefetches_by_line(keys, head_dim)) --keys;
  return std::clamp<int64_t>(kDecodeTurnBytes / (head_dim * element_bytes(block.type)),
                             std::max<int64_t>(keys, 1), most);
}

/// Where a block's keys or values begin.
template <bool kNarrow>
const std::byte* first_row(const float* wide, const NarrowRows& narrow) {
  return kNarrow ? narrow.elements : reinterpret_cast<const std::byte*>(wide);
}

/// Sets what a block of `turn` keys of each stream, from `key` on, prefetches; a key's row has
/// `row` bytes. The product with K prefetches the block's values, the product with V the next
/// block's keys. Half a block ahead is far enough, and more would take other data out of the
/// caches: up to four rows of decoding would take up to 1.09 times as long. But eight rows keep a
/// core so busy that the products need their data earlier: `far`, they prefetch a block further,
/// which makes them 1.16 times as fast (Zen 5). Elements of one byte keep a core as busy.
template <bool kNarrow>
void prefetch_ahead(bool far, int64_t key, int64_t turn, int64_t length, int64_t row,
                    const void* next_k, KeyBlock& block) {
  const int64_t left = length - key - turn;  // Keys of each stream after this block.
  const int64_t further = far ? turn * row : 0;
  block.prefetch_first =
      !far || left >= turn ? first_row<kNarrow>(block.v, block.narrow_v) + further : nullptr;
  block.prefetch_second = next_k && left == 0 ? next_k
                          : !far || left >= 2 * turn
                              ? first_row<kNarrow>(block.k, block.narrow_k) + turn * row + further
                              : nullptr;
}

/// Moves a block of narrow elements on by so many neighbouring rows.
void skip_narrow_rows(int64_t rows, KeyBlock& block) {
  const int64_t bytes = rows * block.head_dim * element_bytes(block.type);
  const int64_t scales = rows * scales_of_row(block.type, block.head_dim);
  for (NarrowRows* narrow : {&block.narrow_k, &block.narrow_v}) {
    narrow->elements += bytes;
    if (narrow->scales != nullptr) narrow->scales += scales;
  }
}

}  // namespace

KeyBlock consecutive_keys(const Job& job, const Strip& strip, const KeySpan& keys) {
  const int64_t head_dim = job.call.problem.head_dim;
  const int64_t position = strip.lattice.base + strip.lattice.step * keys.begin;
  const int64_t stride = strip.lattice.step * head_dim;
  KeyBlock block{nullptr,
                 nullptr,
                 head_dim,
                 {keys.end - keys.begin, stride, kOctet * stride},
                 position,
                 strip.lattice.step,
                 kOctet * strip.lattice.step};
  if (const Inputs& in = job.inputs; in.k.type == Type::kF32) {
    block.k = in.k.row(job.batch, job.kv_head, position);
    block.v = in.v.row(job.batch, job.kv_head, position);
  } else {
    block.type = in.k.type;
    block.narrow_k = narrow_rows(in.k, job.batch, job.kv_head, position);
    block.narrow_v = narrow_rows(in.v, job.batch, job.kv_head, position);
  }
  return block;
}

void attend_keys(Strip& strip, const VectorSpan& vectors, const KeyBlock& block,
                 float* scores) noexcept {
  if (strip.is_decoding()) {
    attend_decode(strip, block, scores);
  } else {
    attend_block(strip, vectors, block, scores);
  }
}

namespace {

/// attend_streams() for float32, or for narrower types.
template <bool kNarrow>
KeySpan attend_streams_of(const Job& job, Strip* strips, int64_t count, const KeySpan& keys,
                          const void* next_k, float* scores) noexcept {
  const Strip& first = strips[0];
  KeySpan shared = keys;
  for (int64_t i = 0; i < count; ++i) {
    shared.begin = std::max({shared.begin, strips[i].shared_keys.begin, strips[i].keys.begin});
    shared.end = std::min({shared.end, strips[i].shared_keys.end, strips[i].keys.end});
  }
  const int64_t begin = round_up(shared.begin, kKeyGrid);
  const Problem& p = job.call.problem;
  const int64_t row = first.lattice.step * p.head_dim;
  const int64_t row_bytes = row * (kNarrow ? element_bytes(p.kv_dtype) : int64_t{sizeof(float)});
  const int64_t unit = stream_unit(row_bytes);
  const int64_t units = (shared.end - begin) / kOctet / unit;
  const int64_t length = (units % 2 == 0 ? units - 1 : units) * unit;
  if (length < kShortestStream) return {keys.end, keys.end};
  KeyBlock block = consecutive_keys(job, first, {begin, begin});
  const int64_t most = keys_of_turn(first, block, job.cut.block_keys / kOctet);
  const bool far =
      first.is_decoding() && (first.lanes > 4 || (kNarrow && element_bytes(block.type) == 1));
  block.rows = {0, length * row, row};
  block.step = length * first.lattice.step;
  block.octet_step = first.lattice.step;
  for (int64_t key = 0; key < length; key += most) {
    const int64_t turn = std::min(most, length - key);
    block.rows.count = kOctet * turn;
    assert(block.rows.count <= job.cut.block_keys && "A block has more keys than scratch");
    prefetch_ahead<kNarrow>(far, key, turn, length, row_bytes, next_k, block);
    for (int64_t i = 0; i < count; ++i) {
      attend_keys(strips[i], {0, strips[i].vectors}, block, scores);
      block.prefetch_first = block.prefetch_second = nullptr;
    }
    if constexpr (kNarrow) {
      skip_narrow_rows(turn * first.lattice.step, block);
    } else {
      block.k += turn * row;
      block.v += turn * row;
    }
    block.position += turn * first.lattice.step;
  }
  return {begin, begin + kOctet * length};
}

}  // namespace

KeySpan attend_streams(const Job& job, Strip* strips, int64_t count, const KeySpan& keys,
                       const void* next_k, float* scores) noexcept {
  return job.has_narrow_keys() ? attend_streams_of<true>(job, strips, count, keys, next_k, scores)
                               : attend_streams_of<false>(job, strips, count, keys, next_k, scores);
}

}  // namespace attnbench::kernels
