// Cuts a call into tasks, by its shape alone.
#include "kernels/cut.h"

#include <algorithm>

#include "kernels/keys.h"
#include "kernels/strip.h"
#include "kernels/wide_block.h"

namespace attnbench::kernels {
namespace {

/// Few queries of few heads make too few tasks to keep many threads busy. Their keys are then cut
/// into chunks until there are this many tasks, as far as the chunks' results and the scratch of
/// one thread fit into a mebibyte. More tasks would cost more: a chunk takes one to three
/// microseconds besides its work, and with two threads 256 tasks take 1.04 times as long as 64 for
/// four rows over 131072 keys.
constexpr int64_t kEnoughTasks = 64;
constexpr int64_t kMebibyteFloats = int64_t{1} << 18;
constexpr int64_t kMinChunkKeys = 512;
constexpr int64_t kMinKeysAQuery = 64;

/// Keys of a block if one strip has all rows of a key head: no other strip then reads the block
/// again.
constexpr int64_t kKeysOfOneStrip = 64;

/// The largest number of rows, up to `most`, that divides a block of rows into equal tasks. If only
/// numbers below kStripRows do, `most`.
int64_t rows_within_block(int64_t block_rows, int64_t most) {
  for (int64_t rows = most; rows >= kStripRows; --rows) {
    if (block_rows % rows == 0) return rows;
  }
  return most;
}

/// A thread's scratch without a block of keys and values. The number of chunks depends on this
/// alone, so that it is the same for all types.
int64_t floats_of_strips(const Problem& p, const Tile& tile) {
  const int64_t q_and_out = 2 * p.head_dim * most_rows(p, tile);
  return round_up(q_and_out + round_up(tile.keys, kKeyGrid) * kStripRows, 16);
}

}  // namespace

int64_t most_rows(const Problem& p, const Tile& tile) {
  const int64_t tasks = p.batch * p.kv_heads >= kEnoughTasks && tile.query_step == 1 ? 2 : 1;
  return round_up(std::min(tasks * tile.queries, kLargestTile.queries), kStripRows);
}

Cut cut_rows(const Problem& p, const Tile& tile) {
  const QueryOrder order(p.q_len, std::clamp<int64_t>(tile.query_step, 1, p.q_len));
  const int64_t residue_rows = divide_up(p.q_len, order.step()) * group_size(p);
  const int64_t strips = divide_up(tile.queries, kStripRows);
  const int64_t task_residues =
      std::clamp<int64_t>(strips / divide_up(residue_rows, kStripRows), 1, order.step());
  int64_t task_rows = strips * kStripRows;
  if (order.step() == 1 && tile.query_block > 0 && tile.query_block < p.q_len) {
    task_rows = rows_within_block(tile.query_block * group_size(p), task_rows);
  } else if (order.step() == 1 && group_rows(p) <= most_rows(p, tile)) {
    task_rows = most_rows(p, tile);
  }
  const int64_t block_keys =
      group_rows(p) <= kStripRows ? std::min(tile.keys, kKeysOfOneStrip) : tile.keys;
  return {order,
          task_rows,
          task_residues,
          divide_up(order.step(), task_residues) * divide_up(residue_rows, task_rows),
          round_up(block_keys, kKeyGrid),
          1,
          p.kv_len};
}

Cut cut_of(const Problem& p, const Tile& tile) {
  Cut cut = cut_rows(p, tile);
  const int64_t rows = group_rows(p);
  const int64_t heads = p.batch * p.kv_heads;
  if (p.kv_len < kMinKeysAQuery * p.q_len) return cut;
  const int64_t chunks =
      std::min({(kMebibyteFloats - floats_of_strips(p, tile)) /
                    count(heads, rows, partial_floats(p)).value(),
                divide_up(kEnoughTasks, heads * cut.tasks_a_head), p.kv_len / kMinChunkKeys});
  if (chunks < 2) return cut;
  // A chunk is whole streams of keys, with no keys left over.
  const int64_t unit = kOctet * stream_unit(p.head_dim * element_bytes(p.kv_dtype));
  cut.chunk_keys = (divide_up(p.kv_len, chunks * unit) | 1) * unit;
  cut.chunks = divide_up(p.kv_len, cut.chunk_keys);
  return cut;
}

int64_t thread_floats(const Problem& p, const Tile& tile) {
  return floats_of_strips(p, tile) + wide_block_floats(p, round_up(tile.keys, kKeyGrid));
}

int64_t all_partial_floats(const Problem& p, const Cut& cut) {
  if (cut.chunks == 1) return 0;
  return round_up(p.batch * p.kv_heads * group_rows(p) * cut.chunks * partial_floats(p), 16);
}

}  // namespace attnbench::kernels
