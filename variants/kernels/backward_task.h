// One task of the backward pass: some rows of a key head, and the keys that they see.
#pragma once

#include <cstdint>
#include <span>

#include "kernels/attend_task.h"
#include "kernels/backward.h"
#include "kernels/backward_strip.h"
#include "kernels/rows.h"
#include "kernels/walks.h"

namespace attnbench::kernels {

/// One key head of one batch entry in one pass. The job's out is d_q.
struct BackwardJob {
  Job job;
  const Backward& task;
  std::span<const Pass> passes;
  Tile tile;

  bool is_first_pass() const { return &job.pattern == &passes.front().pattern; }
  bool is_last_pass() const { return &job.pattern == &passes.back().pattern; }
};

/// What tasks compute.
struct Sweep {
  bool queries;  ///< d_q of their rows. The chunk is then all keys.
  bool keys;     ///< What their rows add to d_k and d_v of the chunk's keys.
  KeySpan chunk;
};

/// What a thread has for its tasks.
struct BackwardWorker {
  Strip strips[kMaxStrips];
  StripGradients gradients[kMaxStrips];
  SpanWalks walks[kMaxStrips];
};

/// The floats of one thread's scratch.
int64_t backward_floats(const Problem& problem, const Tile& tile);

/// Does one task. `scratch` is the thread's own and backward_floats() long.
void backward_task(const BackwardJob& job, const RowSpan& rows, const Sweep& sweep, float* scratch,
                   BackwardWorker& worker);

}  // namespace attnbench::kernels
