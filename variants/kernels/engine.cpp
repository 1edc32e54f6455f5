// The exact engine: cuts attention into tasks of a few strips, and feeds each strip the keys it
// sees. README.md in this folder explains the words.
//
// Why it is built this way:
//
// - SIMD lanes are queries. A strip's rows are transposed once; K and V of float32 are read in
//   place, and never packed (wide_block.h makes narrower ones ready). The maximum and the sum of a
//   row then need no operation across lanes. The scores of 4 keys for three vectors of rows, and
//   later the outputs of 4 dims, are twelve accumulators; with three operands and one broadcast
//   they fill 16 registers, and give as many FMAs a load as 16 registers allow. With the 32
//   registers of AVX-512 it is 8 keys and dims.
// - Keys come in blocks of 96, so that a strip's scores and the block's K and V stay in the nearest
//   caches while all strips of a task attend the block. Smaller blocks cost a few percent, and
//   larger ones gain nothing; only if one strip has all rows of a head, 64 are better.
// - The scale and log2(e) are folded into q, and exponentials are powers of two.
// - A task's rows are (query, head) pairs of a GQA group, heads running fastest: the group reads
//   each key once, and few queries of many heads still fill the lanes.
// - If even so a key head has few rows, memory sets the pace. Keys are then read as eight streams
//   at once (streams.h), up to four rows have dims for lanes (decode.h), and keys are cut into
//   chunks (cut.h) whose results are merged in their order.
// - A row's arithmetic depends on the shape of the problem alone, never on which thread does the
//   row or how many threads there are.
// - Patterns enter through Exact::visible_keys alone. A strip attends the spans that its rows see
//   in rounds, one span of each row at a time (rounds.h). In a round each block is cut into parts
//   where a vector of rows begins or ceases to see keys, and only the vectors that see a part
//   attend it; a part that all lanes see is not masked. Strips that see narrow spans in different
//   places are attended one after the other. Keys with a step are rows of K and V with a longer
//   stride. Rows that see keys of another residue wait for a round of their own, so
//   Tile::query_step should put rows that see the same residue into a strip.
#include "kernels/engine.h"

#include <algorithm>
#include <cassert>

#include "kernels/attend_task.h"
#include "kernels/rounds.h"
#include "kernels/rows.h"
#include "kernels/tasks.h"
#include "kernels/wide_block.h"

namespace attnbench::kernels {
namespace {

/// The most rows whose state goes from pass to pass at a time. It takes half a mebibyte; but if out
/// is narrower than float32, a state has the row's sums too, and the rows are fewer.
int64_t state_rows(const Problem& p) {
  if (p.dtype == Type::kF32) return int64_t{1} << 16;
  constexpr int64_t kMost = int64_t{1} << 14;
  static_assert(kMost >= kMaxHeads, "One query of a group of heads has more rows");
  return std::min(kMost, count(p.batch, p.heads, p.q_len).value());
}

/// Does all tasks of `heads` key heads; job_of(head) is the job of one.
template <class JobOf>
void attend_heads(const Exact& pattern, const Call& call, const Tile& tile, const Cut& cut,
                  int64_t heads, const JobOf& job_of, float* first_thread) {
  const Problem& p = call.problem;
  assert(is_aligned(first_thread) && "Scratch of the engine is not aligned");
  assert(2 * p.head_dim * round_up(cut.task_rows, kStripRows) + cut.block_keys * kStripRows +
                 wide_block_floats(p, cut.block_keys) <=
             thread_floats(p, tile) &&
         "A task needs more scratch than a thread has");
  // If later rows see more keys, they come first: short tasks at the end let all threads end at
  // about the same time. Else rows come in their order, as their keys do.
  const bool last_first = cut.tasks_a_head > 1 && later_rows_see_more(pattern, call);
  const int64_t tasks_a_chunk = heads * cut.tasks_a_head;
  const int64_t tasks = tasks_a_chunk * cut.chunks;
  const auto head_of = [&](int64_t task) { return task % tasks_a_chunk / cut.tasks_a_head; };
  const auto rows_of = [&](int64_t task) {
    const int64_t place = task % cut.tasks_a_head;
    return cut.rows_of(last_first ? cut.tasks_a_head - 1 - place : place, group_size(p));
  };
  // Whether the rows of a task follow one another in q and out, and are prefetched. The rows of
  // narrower types are not: they are widened one after another.
  const bool consecutive = group_size(p) == 1 && cut.order.is_identity() && p.dtype == Type::kF32;
  for_each_task_with<Worker>(call.threads, tasks, [&](int64_t task, int thread, Worker& worker) {
    const Job job = job_of(head_of(task));
    const RowSpan rows = rows_of(task);
    const int64_t prefetched = consecutive && job.q_row(rows.begin) == worker.to_prefetch.q
                                   ? worker.to_prefetch.prefetched_rows
                                   : 0;
    worker.to_prefetch = {};
    if (const int64_t after = likely_next(call.threads, tasks, task); after < tasks) {
      const Job next = job_of(head_of(after));
      if (consecutive) {
        const RowSpan its = rows_of(after);
        worker.to_prefetch.q = next.q_row(its.begin);
        worker.to_prefetch.out = next.out_row(its.begin);
        worker.to_prefetch.rows = its.end - its.begin;
      }
      worker.to_prefetch.k = narrow_rows(job.inputs.k, next.batch, next.kv_head,
                                         after / tasks_a_chunk * cut.chunk_keys)
                                 .elements;
    }
    attend_task(job, rows, prefetched, task / tasks_a_chunk,
                first_thread + thread * thread_floats(p, tile), worker);
  });
}

}  // namespace

Count scratch_bytes(const Call& call, const Tile& tile) noexcept {
  const Cut cut = cut_of(call.problem, tile);
  const int64_t floats =
      call.threads * thread_floats(call.problem, tile) + all_partial_floats(call.problem, cut);
  return count(floats, sizeof(float));
}

Count scratch_bytes(const Call& call, const Tile& first, const Tile& second) noexcept {
  const int64_t floats = call.threads * std::max(thread_floats(call.problem, first),
                                                 thread_floats(call.problem, second)) +
                         round_up(state_rows(call.problem) * state_floats(call.problem), kLanes);
  return count(floats, sizeof(float));
}

void attend(const Exact& pattern, const Call& call, const Tile& tile, const Inputs& inputs,
            const Tensor<float>& out, std::byte* scratch, float* log_sums) noexcept {
  const Problem& p = call.problem;
  const Cut cut = cut_of(p, tile);
  float* const first_thread = reinterpret_cast<float*>(scratch);
  float* const partials = first_thread + call.threads * thread_floats(p, tile);
  const Modifiers modifiers = modifiers_of(p);
  const auto job_of = [&](int64_t head) {
    Job job{pattern,          call, inputs, out, cut, modifiers, partials, head / p.kv_heads,
            head % p.kv_heads};
    job.log_sums = log_sums;
    return job;
  };
  const int64_t heads = p.batch * p.kv_heads;
  attend_heads(pattern, call, tile, cut, heads, job_of, first_thread);
  if (cut.chunks == 1) return;
  const int64_t rows = group_rows(p);
  for_each_task(call.threads, heads * rows,
                [&](int64_t task, int) { merge_partials(job_of(task / rows), task % rows); });
}

void attend(const Pass& first, const Pass& second, const Call& call, const Inputs& inputs,
            const Tensor<float>& out, std::byte* scratch, float* log_sums) noexcept {
  const Problem& p = call.problem;
  float* const state = reinterpret_cast<float*>(scratch);
  const int64_t rows_at_once = state_rows(p);
  float* const first_thread = state + round_up(rows_at_once * state_floats(p), kLanes);
  const int64_t group = group_size(p);
  const int64_t heads = p.batch * p.kv_heads;
  const Modifiers modifiers = modifiers_of(p);
  // As many queries at a time as there is room for the state of, and as many heads of them. This
  // does not depend on the number of threads.
  const int64_t most = std::clamp<int64_t>(rows_at_once / group, 1, p.q_len);
  const int64_t heads_at_once = std::max<int64_t>(rows_at_once / (most * group), 1);
  Problem part = p;
  for (int64_t query = 0; query < p.q_len; query += most) {
    part.q_len = std::min(most, p.q_len - query);
    for (int64_t head = 0; head < heads; head += heads_at_once) {
      for (const Pass* pass : {&first, &second}) {
        const Cut cut = cut_rows(part, pass->tile);
        const auto job_of = [&](int64_t which) {
          const int64_t of = head + which;
          return Job{pass->pattern,
                     call,
                     inputs,
                     out,
                     cut,
                     modifiers,
                     nullptr,
                     of / p.kv_heads,
                     of % p.kv_heads,
                     query,
                     state + which * part.q_len * group * state_floats(p),
                     pass == &first,
                     pass == &first ? nullptr : &first.pattern,
                     log_sums};
        };
        attend_heads(pass->pattern, call, pass->tile, cut, std::min(heads_at_once, heads - head),
                     job_of, first_thread);
      }
    }
  }
}

}  // namespace attnbench::kernels
