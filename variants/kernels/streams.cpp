// Cuts keys into eight streams and attends one key of each, or a few, at a time.
#include "kernels/streams.h"

#include <algorithm>

#include "kernels/few.h"

namespace attnbench::kernels {
namespace {

/// What each stream gives a block of few rows, and at least what it gives one of more. Half and
/// double of it cost up to a tenth. (One Zen 3 core of a shared machine: one read loop got 17.5
/// GB/s where eight streams of 256 bytes in turn got 24.8; four got 23.6, 16 got 23.7, and eight in
/// turns of 2 KB 23.3.)
constexpr int64_t kFewTurnFloats = 128;
/// And one of more rows where it can be asked for by line: half of it costs eight rows 4 to 9 %,
/// double up to 12.
constexpr int64_t kTurnFloats = 256;

constexpr int64_t kShortestStream = 16;

/// Keys that each stream gives a block, `most` at most.
int64_t keys_of_turn(const Strip& strip, int64_t head_dim, int64_t most) {
  int64_t keys = strip.vectors == 0 ? 0 : std::min(kTurnFloats / head_dim, most);
  while (keys > 0 && !asks_by_line(keys, head_dim)) --keys;
  return std::clamp<int64_t>(kFewTurnFloats / head_dim, std::max<int64_t>(keys, 1), most);
}

}  // namespace

KeyBlock consecutive_keys(const Job& job, const Strip& strip, const KeySpan& keys) {
  const int64_t head_dim = job.call.problem.head_dim;
  const int64_t position = strip.lattice.base + strip.lattice.step * keys.begin;
  const int64_t stride = strip.lattice.step * head_dim;
  return {job.inputs.k.head(job.batch, job.kv_head) + position * head_dim,
          job.inputs.v.head(job.batch, job.kv_head) + position * head_dim,
          head_dim,
          {keys.end - keys.begin, stride, kOctet * stride},
          position};
}

void attend_keys(Strip& strip, const VectorSpan& vectors, const KeyBlock& block,
                 float* scores) noexcept {
  if (strip.vectors == 0) {
    attend_few(strip, block, scores);
  } else {
    attend_block(strip, vectors, block, scores);
  }
}

KeySpan attend_streams(const Job& job, Strip* strips, int64_t count, const KeySpan& keys,
                       const float* next_k, float* scores) noexcept {
  const Strip& first = strips[0];
  KeySpan shared = keys;
  for (int64_t i = 0; i < count; ++i) {
    shared.begin = std::max({shared.begin, strips[i].shared_keys.begin, strips[i].keys.begin});
    shared.end = std::min({shared.end, strips[i].shared_keys.end, strips[i].keys.end});
  }
  const int64_t begin = round_up(shared.begin, kKeyGrid);
  const int64_t row = first.lattice.step * job.call.problem.head_dim;
  const int64_t unit = stream_unit(row);
  const int64_t units = (shared.end - begin) / kOctet / unit;
  const int64_t length = (units % 2 == 0 ? units - 1 : units) * unit;
  if (length < kShortestStream) return {keys.end, keys.end};
  KeyBlock block = consecutive_keys(job, first, {begin, begin});
  const int64_t most = keys_of_turn(first, block.head_dim, job.cut.block_keys / kOctet);
  block.rows = {0, length * row, row};
  for (int64_t key = 0; key < length; key += most) {
    const int64_t turn = std::min(most, length - key);
    block.rows.count = kOctet * turn;
    // Half a block ahead is far enough, and leaves the caches alone.
    block.first_ahead = block.v;
    block.then_ahead = next_k && key + turn == length ? next_k : block.k + turn * row;
    for (int64_t i = 0; i < count; ++i) {
      attend_keys(strips[i], {0, strips[i].vectors}, block, scores);
      block.first_ahead = block.then_ahead = nullptr;
    }
    block.k += turn * row;
    block.v += turn * row;
    block.position += turn * first.lattice.step;
  }
  return {begin, begin + kOctet * length};
}

}  // namespace attnbench::kernels
