// One task of the backward pass: goes round by round, block by block and part by part as the
// forward pass does.
#include "kernels/backward_task.h"

#include <algorithm>
#include <cassert>

#include "kernels/backward_rows.h"
#include "kernels/rounds.h"
#include "kernels/streams.h"

namespace attnbench::kernels {
namespace {

int64_t block_floats(int64_t keys) {
  return round_up(keys, kKeyGrid) * kStripRows;
}

/// The rows of the next strip: all strips of a task get about as many vectors.
int64_t next_rows(int64_t left) {
  const int64_t strips = divide_up(left, kStripRows);
  return std::min(divide_up(divide_up(left, kLanes), strips) * kLanes, left);
}

struct Task {
  const BackwardJob& job;
  const Sweep& sweep;
  BackwardWorker& worker;
  BlockScratch scratch;
  int64_t prefetched = 0;  ///< Keys below this position were prefetched in this round.

  /// The sweep's keys, as indices on a lattice.
  KeySpan chunk_on(const Lattice& lattice) const {
    return {lattice.keys_below(sweep.chunk.begin), lattice.keys_below(sweep.chunk.end)};
  }

  void do_part(int64_t i, const Part& part, const KeySpan& chunk) {
    const Job& its = job.job;
    Strip& strip = worker.strips[i];
    StripGradients& gradients = worker.gradients[i];
    // A block begins on the grid, even if the chunk does not.
    const KeySpan keys{std::max(part.keys.begin, chunk.begin), std::min(part.keys.end, chunk.end)};
    // Vectors beyond the last row hold copies of it, which nobody needs.
    const auto vectors = static_cast<int>(divide_up(strip.rows, kLanes));
    const VectorSpan see{part.vectors.begin, std::min(part.vectors.end, vectors)};
    if (keys.begin >= keys.end || see.begin >= see.end) return;
    if (!gradients.loaded) load_backward(job, strip, gradients);
    KeyBlock block = consecutive_keys(its, strip, keys);
    if (part.masked) block.begin = keys.begin;
    const int64_t positions = block.rows.count * strip.lattice.step;
    const bool prefetches = prefetched <= block.position + positions;
    if (prefetches) {
      block.prefetch_first = block.k + block.rows.count * block.rows.stride;
      block.prefetch_second = block.v + block.rows.count * block.rows.stride;
      prefetched = block.position + 2 * positions;
    }
    const auto first_row = [&](const Tensor<float>& of) {
      return sweep.keys ? of.row(its.batch, its.kv_head, block.position) : nullptr;
    };
    add_gradients(strip, gradients, see, block,
                  {sweep.queries, first_row(job.task.gradients.k), first_row(job.task.gradients.v),
                   prefetches},
                  scratch);
  }

  /// Does all keys that strips [first, last) see in their round.
  void do_round(int64_t first, int64_t last) {
    prefetched = 0;
    KeySpan all{job.job.call.problem.kv_len, 0};
    for (int64_t i = first; i < last; ++i) {
      all.begin = std::min(all.begin, worker.strips[i].keys.begin);
      all.end = std::max(all.end, worker.strips[i].keys.end);
    }
    const KeySpan chunk = chunk_on(worker.strips[first].lattice);
    all.begin = std::max(all.begin, chunk.begin / kKeyGrid * kKeyGrid);
    all.end = std::min(all.end, chunk.end);
    for_each_part(job.job.cut.block_keys, worker.strips, first, last, all,
                  [&](int64_t i, const Part& part, const KeySpan&) { do_part(i, part, chunk); });
  }
};

}  // namespace

int64_t backward_floats(const Problem& p, const Tile& tile) {
  const int64_t strips = divide_up(most_rows(p, tile), kStripRows);
  return round_up(strips * backward_strip_floats(p.head_dim) + 2 * block_floats(tile.keys), 16);
}

void backward_task(const BackwardJob& job, const RowSpan& rows, const Sweep& sweep, float* scratch,
                   BackwardWorker& worker) {
  const Problem& p = job.job.call.problem;
  const int64_t floats = backward_strip_floats(p.head_dim);
  float* const strips = scratch + 2 * block_floats(job.tile.keys);
  int64_t count = 0;
  for (int64_t first = rows.begin; first < rows.end; ++count) {
    assert((count + 1) * kStripRows <= most_rows(p, job.tile) &&
           "A task has more strips than scratch for them");
    const int64_t some = next_rows(std::min(rows.end, job.job.residue_end(first)) - first);
    place_backward(job, first, some, strips + count * floats, worker.strips[count],
                   worker.gradients[count]);
    start_walks(job.job, worker.strips[count], {0, p.kv_len}, worker.walks[count]);
    first += some;
  }
  Task task{job, sweep, worker, {scratch, scratch + block_floats(job.tile.keys)}};
  for (bool more = true; more;) {
    more = false;
    for (int64_t i = 0; i < count; ++i)
      more = take_round(job.job, worker.walks[i], worker.strips[i]) || more;
    const int64_t together = better_apart(job.job, worker.strips, count) ? 1 : count;
    for (int64_t i = 0; i < count; i += together) task.do_round(i, i + together);
  }
  for (int64_t i = 0; sweep.queries && i < count; ++i)
    store_d_q(job, worker.strips[i], worker.gradients[i]);
}

}  // namespace attnbench::kernels
