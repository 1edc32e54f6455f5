// One task of the engine: some rows of a key head attend a chunk of its keys.
#pragma once

#include <cstdint>

#include "kernels/engine.h"
#include "kernels/rows.h"
#include "kernels/walks.h"

namespace attnbench::kernels {

/// The most strips of a task.
inline constexpr int64_t kMaxStrips = divide_up(kLargestTile.queries, kStripRows);

/// What a task's products should prefetch, and how far they have come.
struct ToPrefetch {
  // The beginning of the thread's next task; null: it is not known.
  const float* q = nullptr;
  const float* out = nullptr;
  int64_t rows = 0;  ///< How many rows of q and out that task has.
  const void* k = nullptr;
  int64_t prefetched_rows = 0;  ///< How many of these rows were prefetched, from the first on.
  int64_t prefetched_keys = 0;  ///< This task's keys below this position were prefetched.
};

/// What a thread keeps from task to task.
struct Worker {
  Strip strips[kMaxStrips];
  SpanWalks walks[kMaxStrips];
  // The rows and the chunk of the last task. If the next task has the same rows of another head, it
  // sees the same keys, and the strips still say which, provided that these took one round.
  RowSpan rows = {0, 0};
  int64_t chunk = 0;
  bool one_round = false;
  ToPrefetch to_prefetch;
};

/// Does one task: attends one chunk of keys by some rows, the first `prefetched` of which were
/// prefetched. `scratch` is the thread's own and thread_floats() long.
void attend_task(const Job& job, const RowSpan& rows, int64_t prefetched, int64_t chunk,
                 float* scratch, Worker& worker);

}  // namespace attnbench::kernels
