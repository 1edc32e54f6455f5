// The backward pass of exact attention: which thread does which tasks.
//
// A thread takes a key head after another, if there are enough of them. It does the head's tasks in
// their order, and each task computes all that its rows and the keys they see have to do with one
// another: five products. Rows of d_k and d_v are added to in place; nobody else writes them.
//
// With fewer key heads than threads there are two sweeps. The first computes d_q, and its threads
// take tasks. The second computes d_k and d_v: a thread takes a chunk of a head's keys, and does
// all tasks of the head in the same order, but only over these keys. Both need the gradients of
// scores, and so compute two products each: seven instead of five. Two sweeps are chosen if that is
// less than what threads without a head would leave undone. Either way a number gets the same terms
// in the same order, and so the same bits.
#include "kernels/backward.h"

#include <algorithm>
#include <cassert>

#include "kernels/backward_task.h"
#include "kernels/tasks.h"

namespace attnbench::kernels {
namespace {

/// The second sweep has so many chunks a thread, since some may take less time than others,
constexpr int64_t kChunksAThread = 4;
/// but a chunk has at least so many keys, since each loads all rows that see its keys.
constexpr int64_t kFewestKeys = 192;

/// With larger blocks, scratch would not stay within 2 MiB a thread at head_dim 512.
Tile backward_tile(Tile tile) {
  tile.keys = std::min(tile.keys, kDefaultTile.keys);
  return tile;
}

int64_t floats_of(const Problem& p, std::span<const Pass> passes) {
  int64_t floats = 0;
  for (const Pass& pass : passes)
    floats = std::max(floats, backward_floats(p, backward_tile(pass.tile)));
  return floats;
}

/// All that the tasks of a call need.
struct Work {
  std::span<const Pass> passes;
  const Backward& task;
  float* scratch;
  int64_t floats_a_thread;

  const Problem& problem() const { return task.call.problem; }
  int64_t heads() const { return problem().batch * problem().kv_heads; }

  /// Calls body(job) with the job of a head in one pass.
  template <class Body>
  void with_job(const Pass& pass, int64_t head, const Body& body) const {
    const Problem& p = problem();
    const Tile tile = backward_tile(pass.tile);
    const Cut cut = cut_rows(p, tile);
    const Job job{pass.pattern,    task.call, task.inputs,       task.gradients.q, cut,
                  modifiers_of(p), nullptr,   head / p.kv_heads, head % p.kv_heads};
    body(BackwardJob{job, task, passes, tile});
  }

  void do_task(const BackwardJob& job, int64_t task_of_head, const Sweep& sweep, int thread,
               BackwardWorker& worker) const {
    backward_task(job, job.job.cut.rows_of(task_of_head, job.job.group), sweep,
                  scratch + thread * floats_a_thread, worker);
  }

  /// Does all tasks of a key head in their order.
  void do_head(int64_t head, const Sweep& sweep, int thread, BackwardWorker& worker) const {
    const Problem& p = problem();
    task.clear_keys(head / p.kv_heads, head % p.kv_heads, {sweep.chunk.begin, sweep.chunk.end});
    for (const Pass& pass : passes) {
      with_job(pass, head, [&](const BackwardJob& job) {
        for (int64_t i = 0; i < job.job.cut.tasks_a_head; ++i)
          do_task(job, i, sweep, thread, worker);
      });
    }
  }
};

void do_heads(const Work& work) {
  for_each_task_with<BackwardWorker>(
      work.task.call.threads, work.heads(), [&](int64_t head, int thread, BackwardWorker& worker) {
        work.do_head(head, {true, true, {0, work.problem().kv_len}}, thread, worker);
      });
}

void do_rows_and_keys(const Work& work) {
  const Problem& p = work.problem();
  const int threads = work.task.call.threads;
  for (const Pass& pass : work.passes) {
    const int64_t tasks = cut_rows(p, backward_tile(pass.tile)).tasks_a_head;
    for_each_task_with<BackwardWorker>(
        threads, work.heads() * tasks, [&](int64_t task, int thread, BackwardWorker& worker) {
          work.with_job(pass, task / tasks, [&](const BackwardJob& job) {
            work.do_task(job, task % tasks, {true, false, {0, p.kv_len}}, thread, worker);
          });
        });
  }
  const int64_t some = divide_up(p.kv_len, divide_up(kChunksAThread * threads, work.heads()));
  const int64_t keys = std::min(std::max(some, kFewestKeys), p.kv_len);
  const int64_t chunks = divide_up(p.kv_len, keys);
  for_each_task_with<BackwardWorker>(
      threads, work.heads() * chunks, [&](int64_t task, int thread, BackwardWorker& worker) {
        const int64_t begin = task % chunks * keys;
        work.do_head(task / chunks, {false, true, {begin, std::min(begin + keys, p.kv_len)}},
                     thread, worker);
      });
}

}  // namespace

Count backward_bytes(const Call& call, std::span<const Pass> passes) noexcept {
  return count(call.threads, floats_of(call.problem, passes), sizeof(float));
}

void attend_backward(std::span<const Pass> passes, const Backward& task,
                     std::byte* scratch) noexcept {
  assert(is_aligned(scratch) && "Scratch of the backward pass is not aligned");
  const Work work{passes, task, reinterpret_cast<float*>(scratch),
                  floats_of(task.call.problem, passes)};
  const int64_t heads = work.heads(), threads = task.call.threads;
  if (takes_whole_heads(threads, heads)) {
    do_heads(work);
  } else {
    do_rows_and_keys(work);
  }
}

}  // namespace attnbench::kernels
