// One task of the engine: makes strips of its rows, and attends the keys that they see round by
// round, block by block and part by part.
#include "kernels/attend_task.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "kernels/rounds.h"
#include "kernels/streams.h"
#include "kernels/wide_block.h"

namespace attnbench::kernels {
namespace {

/// What a task has beside its strips.
struct TaskScratch {
  float* scores;
  WideBlock wide;
};

/// Whether a strip reads keys and values where they are. If not, they are widened first.
bool reads_in_place(const Job& job, const Strip& strip) {
  return strip.is_decoding() || !job.has_narrow_keys();
}

/// Attends one part of a block by a strip. If lanes are queries, each product prefetches as many
/// rows as it reads: the keys that come next, or, if another strip has prefetched those, the rows
/// of the next task. Narrow keys are not prefetched: a whole block of them is widened in their
/// order, which the CPU foresees. Only strips that are decoding read them where they are.
void attend_part(const Job& job, Strip& strip, const Part& part, const KeySpan& of,
                 ToPrefetch& to_prefetch, TaskScratch& scratch) {
  KeyBlock block = reads_in_place(job, strip) ? consecutive_keys(job, strip, part.keys)
                                              : scratch.wide.keys(job, strip, of, part.keys);
  if (part.masked) block.begin = part.keys.begin;
  if (!strip.is_decoding()) {
    const auto& [count, stride, octet_stride] = block.rows;
    const int64_t positions = count * strip.lattice.step;
    const int64_t left = to_prefetch.rows - to_prefetch.prefetched_rows;
    if (!job.has_narrow_keys() && to_prefetch.prefetched_keys <= block.position + positions) {
      block.prefetch_first = block.k + count * stride;
      block.prefetch_second = block.v + count * stride;
      to_prefetch.prefetched_keys = block.position + 2 * positions;
    } else if (strip.lattice.step == 1 && left > 0 && 8 * left >= count) {
      // Not if few rows are left: the product would prefetch much beyond them.
      block.prefetch_first = to_prefetch.q + to_prefetch.prefetched_rows * stride;
      block.prefetch_second = to_prefetch.out + to_prefetch.prefetched_rows * stride;
      to_prefetch.prefetched_rows += count;
    }
  }
  attend_keys(strip, part.vectors, block, scratch.scores);
}

/// Attends these keys, a block at a time, by strips [first, last) of a task, which are on one
/// lattice.
void attend_span(const Job& job, Strip* strips, int64_t first, int64_t last, const KeySpan& keys,
                 ToPrefetch& to_prefetch, TaskScratch& scratch) {
  for_each_part(job.cut.block_keys, strips, first, last, keys,
                [&](int64_t i, const Part& part, const KeySpan& block) {
                  attend_part(job, strips[i], part, block, to_prefetch, scratch);
                });
}

/// Attends all keys of the strips' round, those that all see as streams if the rows are few. Keys
/// that are widened are read in their order: streams would have to be widened one key after
/// another.
void attend_round(const Job& job, Strip* strips, int64_t first, int64_t last,
                  ToPrefetch& to_prefetch, TaskScratch& scratch) {
  KeySpan all{job.call.problem.kv_len, 0};
  bool in_place = true;
  for (int64_t i = first; i < last; ++i) {
    all.begin = std::min(all.begin, strips[i].keys.begin);
    all.end = std::max(all.end, strips[i].keys.end);
    in_place = in_place && reads_in_place(job, strips[i]);
  }
  KeySpan streamed{all.end, all.end};
  if (group_rows(job.call.problem) <= kStreamedRows && in_place) {
    streamed = attend_streams(job, strips + first, last - first, all,
                              std::exchange(to_prefetch.k, nullptr), scratch.scores);
  }
  attend_span(job, strips, first, last, {all.begin, streamed.begin}, to_prefetch, scratch);
  attend_span(job, strips, first, last, {streamed.end, all.end}, to_prefetch, scratch);
}

}  // namespace

void attend_task(const Job& job, const RowSpan& rows, int64_t prefetched, int64_t chunk,
                 float* scratch, Worker& worker) {
  auto& [strips, walks, last_rows, last_chunk, one_round, to_prefetch] = worker;
  const bool known = one_round && rows == last_rows && chunk == last_chunk;
  const Problem& p = job.call.problem;
  float* scores = scratch + 2 * p.head_dim * kStripRows * divide_up(job.cut.task_rows, kStripRows);
  TaskScratch blocks{scores, WideBlock(scores + job.cut.block_keys * kStripRows)};
  const int64_t first_key = chunk * job.cut.chunk_keys;
  const KeySpan keys{first_key, std::min(first_key + job.cut.chunk_keys, p.kv_len)};
  int64_t count = 0;
  for (int64_t first = rows.begin; first < rows.end; ++count) {
    assert((count + 1) * kStripRows <= round_up(job.cut.task_rows, kStripRows) &&
           "A task has more strips than scratch for them");
    const int64_t some = next_strip_rows(job, std::min(rows.end, job.residue_end(first)) - first);
    load_strip(job, first, some, std::max(first, rows.begin + prefetched),
               scratch + 2 * p.head_dim * count * kStripRows, strips[count]);
    if (!known) start_walks(job, strips[count], keys, walks[count]);
    first += some;
  }
  int64_t rounds = 0;
  for (bool more = true; more; ++rounds) {
    more = false;
    for (int64_t i = 0; !known && i < count; ++i) {
      more = take_round(job, walks[i], strips[i]) || more;
    }
    const int64_t together = better_apart(job, strips, count) ? 1 : count;
    for (int64_t i = 0; i < count; i += together) {
      attend_round(job, strips, i, i + together, to_prefetch, blocks);
    }
  }
  for (int64_t i = 0; i < count; ++i) {
    if (job.cut.chunks == 1) {
      store_strip(job, strips[i]);
    } else {
      store_partials(job, strips[i], chunk);
    }
  }
  last_rows = rows;
  last_chunk = chunk;
  one_round = rounds == 1;
}

}  // namespace attnbench::kernels
