// The backward pass of exact attention: its tasks, and which thread does them.
#include "kernels/backward.h"

#include <algorithm>
#include <cassert>
#include <limits>

#include "kernels/attend_task.h"
#include "kernels/backward_strip.h"
#include "kernels/lone_row.h"
#include "kernels/rounds.h"
#include "kernels/rows.h"
#include "kernels/streams.h"
#include "kernels/tasks.h"

namespace attnbench::kernels {
namespace {

/// Tasks are no larger than this, so that scratch stays within 2 MiB a thread at head_dim 512.
constexpr Tile kMostTile{96, 96};

Cut backward_cut(const Problem& p, Tile tile) {
  tile.queries = std::min(tile.queries, kMostTile.queries);
  tile.keys = std::min(tile.keys, kMostTile.keys);
  return cut_rows(p, tile);
}

int64_t thread_floats(const Problem& p, const Cut& cut) {
  return divide_up(cut.task_rows, kStripRows) * backward_strip_floats(p.head_dim) +
         cut.block_keys * kBackwardFloatsAKey;
}

/// What a thread keeps from task to task.
struct BackwardWorker {
  Strip strips[kMaxStrips];
  StripGradients gradients[kMaxStrips];
  SpanWalks walks[kMaxStrips];
};

/// All that the tasks of a call need.
struct Work {
  std::span<const Pass> passes;
  const Backward& task;
  std::byte* scratch;
  int64_t floats_a_thread;

  const Problem& problem() const { return task.call.problem; }
  int64_t heads() const { return problem().batch * problem().kv_heads; }
  float* scratch_of(int thread) const {
    return reinterpret_cast<float*>(scratch) + thread * floats_a_thread;
  }
  Job job_of(const Pass& pass, const Cut& cut, int64_t head) const {
    const Problem& p = problem();
    return {pass.pattern,    task.call, task.inputs,       task.gradients.q, cut,
            modifiers_of(p), nullptr,   head / p.kv_heads, head % p.kv_heads};
  }
};

/// Which gradients a task adds to: its rows' d_q, or d_k and d_v of keys within `keys`.
struct Share {
  bool d_q;
  KeySpan keys;
};

/// The keys, as indices on the strips' lattice, that strips [first, last) see and that are within
/// `keys`, if neighbours.
KeySpan keys_of_round(const Strip* strips, int64_t first, int64_t last, const KeySpan& keys) {
  KeySpan all{std::numeric_limits<int64_t>::max(), 0};
  for (int64_t i = first; i < last; ++i) {
    all.begin = std::min(all.begin, strips[i].keys.begin);
    all.end = std::max(all.end, strips[i].keys.end);
  }
  if (strips[first].lattice.step > 1) return all;
  return {std::max(all.begin, keys.begin), std::min(all.end, keys.end)};
}

/// Adds what some rows of a key head contribute, over all keys that they see in one pass.
void do_task(const Work& work, const Job& job, const RowSpan& rows, const Share& share,
             float* scratch, BackwardWorker& worker) {
  const Problem& p = work.problem();
  const auto scale = static_cast<float>(score_scale(p));
  const Gradients& to = work.task.gradients;
  const bool goes_on = &job.pattern != &work.passes.front().pattern;
  const bool wants_keys = share.keys.begin < share.keys.end;
  float* const block_scratch =
      scratch + divide_up(job.cut.task_rows, kStripRows) * backward_strip_floats(p.head_dim);
  int64_t count = 0;
  for (int64_t first = rows.begin; first < rows.end; ++count) {
    assert((count + 1) * kStripRows <= round_up(job.cut.task_rows, kStripRows) &&
           "A task has more strips than scratch for them");
    const int64_t some = std::min({kStripRows, rows.end - first, job.residue_end(first) - first});
    load_backward(job, work.task, first, some, goes_on,
                  scratch + count * backward_strip_floats(p.head_dim), worker.strips[count],
                  worker.gradients[count]);
    start_walks(job, worker.strips[count], {0, p.kv_len}, worker.walks[count]);
    first += some;
  }
  for (bool more = true; more;) {
    more = false;
    for (int64_t i = 0; i < count; ++i)
      more = take_round(job, worker.walks[i], worker.strips[i]) || more;
    const int64_t together = better_apart(job, worker.strips, count) ? 1 : count;
    for (int64_t i = 0; i < count; i += together) {
      const KeySpan keys = keys_of_round(worker.strips, i, i + together,
                                         share.d_q ? KeySpan{0, p.kv_len} : share.keys);
      if (keys.begin >= keys.end) continue;
      for_each_part(job.cut.block_keys, worker.strips, i, i + together, keys,
                    [&](int64_t which, const Part& part) {
                      Strip& strip = worker.strips[which];
                      KeyBlock block = consecutive_keys(job, strip, part.keys);
                      if (part.masked) block.begin = part.keys.begin;
                      const int64_t row = block.k - job.inputs.k.data;
                      add_gradients(strip, worker.gradients[which], part.vectors, block, scale,
                                    {share.d_q, wants_keys ? to.k.data + row : nullptr,
                                     wants_keys ? to.v.data + row : nullptr},
                                    block_scratch);
                    });
    }
  }
  if (!share.d_q) return;
  for (int64_t i = 0; i < count; ++i) store_d_q(job, worker.strips[i]);
  if (&job.pattern != &work.passes.back().pattern) return;
  for (int64_t row = rows.begin; row < rows.end; ++row)
    if (!all_finite(job.out_row(row), p.head_dim)) mend_d_q(job, work.task, work.passes, row);
}

/// Does all tasks of a key head in their order, so that what they add to its keys' gradients has
/// the same bits whoever does it.
void do_head(const Work& work, int64_t head, const Share& share, int thread,
             BackwardWorker& worker) {
  const Problem& p = work.problem();
  const int64_t begin = head * p.kv_len + share.keys.begin;
  const int64_t floats = (share.keys.end - share.keys.begin) * p.head_dim;
  std::fill_n(work.task.gradients.k.data + begin * p.head_dim, floats, 0.0f);
  std::fill_n(work.task.gradients.v.data + begin * p.head_dim, floats, 0.0f);
  for (const Pass& pass : work.passes) {
    const Cut cut = backward_cut(p, pass.tile);
    const Job job = work.job_of(pass, cut, head);
    for (int64_t task = 0; task < cut.tasks_a_head; ++task)
      do_task(work, job, cut.rows_of(task, group_size(p)), share, work.scratch_of(thread), worker);
  }
}

/// Finds a span with a step.
struct Steps final : KeySpans {
  void add(const KeySpan& span) noexcept override { found = found || span.step > 1; }
  bool found = false;
};

/// How many keys of a head a task has whose share is keys. Keys on lattices of several steps can't
/// be shared out among threads: the blocks of each lattice begin elsewhere.
int64_t keys_of_share(const Work& work) {
  const Problem& p = work.problem();
  Steps steps;
  for (const Pass& pass : work.passes)
    for (int64_t query = 0; query < p.q_len && !steps.found; ++query)
      pass.pattern.visible_keys(work.task.call, query, steps);
  if (steps.found) return p.kv_len;
  constexpr int64_t kFewestKeys = 192, kTasksAThread = 4;
  const int64_t tasks = divide_up(kTasksAThread * work.task.call.threads, work.heads());
  return std::min(std::max(round_up(divide_up(p.kv_len, tasks), kKeyGrid), kFewestKeys), p.kv_len);
}

void do_heads(const Work& work) {
  const Share all{true, {0, work.problem().kv_len}};
  for_each_task_with<BackwardWorker>(work.task.call.threads, work.heads(),
                                     [&](int64_t head, int thread, BackwardWorker& worker) {
                                       do_head(work, head, all, thread, worker);
                                     });
}

/// d_q by rows, then d_k and d_v by keys.
void do_rows_and_keys(const Work& work) {
  const Problem& p = work.problem();
  const int threads = work.task.call.threads;
  for (const Pass& pass : work.passes) {
    const Cut cut = backward_cut(p, pass.tile);
    for_each_task_with<BackwardWorker>(
        threads, work.heads() * cut.tasks_a_head,
        [&](int64_t task, int thread, BackwardWorker& worker) {
          const Job job = work.job_of(pass, cut, task / cut.tasks_a_head);
          do_task(work, job, cut.rows_of(task % cut.tasks_a_head, group_size(p)), {true, {0, 0}},
                  work.scratch_of(thread), worker);
        });
  }
  const int64_t keys = keys_of_share(work), shares = divide_up(p.kv_len, keys);
  for_each_task_with<BackwardWorker>(
      threads, work.heads() * shares, [&](int64_t task, int thread, BackwardWorker& worker) {
        const int64_t begin = task % shares * keys;
        do_head(work, task / shares, {false, {begin, std::min(begin + keys, p.kv_len)}}, thread,
                worker);
      });
}

}  // namespace

Count log_sum_bytes(const Call& call) noexcept {
  const Problem& p = call.problem;
  return count(p.batch, p.heads, p.q_len, sizeof(float));
}

Count backward_bytes(const Call& call, const Tile& tile) noexcept {
  return count(call.threads, thread_floats(call.problem, backward_cut(call.problem, tile)),
               sizeof(float));
}

void attend_backward(std::span<const Pass> passes, const Backward& task,
                     std::byte* scratch) noexcept {
  Work work{passes, task, scratch, 0};
  for (const Pass& pass : passes)
    work.floats_a_thread =
        std::max(work.floats_a_thread,
                 thread_floats(work.problem(), backward_cut(work.problem(), pass.tile)));
  const int64_t threads = task.call.threads, heads = work.heads();
  // In the time that one head takes a thread.
  const int64_t rounds = divide_up(heads, threads);
  const bool heads_are_faster = 5 * rounds * threads <= 7 * heads;
  if (threads == 1 || heads_are_faster)
    do_heads(work);
  else
    do_rows_and_keys(work);
}

}  // namespace attnbench::kernels
