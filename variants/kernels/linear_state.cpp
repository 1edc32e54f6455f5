// Linear attention by a state: the sum over keys of features times values, and of features.
//
// - Without causal, the state of all keys comes first, then every query is multiplied by it. With
//   causal, keys come in chunks: a query takes the keys of earlier chunks from the state, and
//   weighs the keys of its own chunk one by one. A larger chunk needs fewer passes over the state,
//   and more products of pairs, which the definition does not need.
// - A segment's sum begins at zero, and the state before a segment is the sum of the earlier
//   segments' sums, in their order. So a key head can be done by one thread from end to end, or by
//   several, which first sum up the segments: the bits are the same. With causal the second way
//   adds the keys of segments that queries stand in twice, and is taken only if there are fewer key
//   heads than threads.
#include <algorithm>

#include "kernels/linear_worker.h"
#include "kernels/tasks.h"

namespace attnbench::kernels {
namespace {

/// Into so many slices states are cut to be added up.
constexpr int64_t kSlices = 8;

/// One thread does a key head from end to end.
void attend_head(const Problem& p, const LinearCut& cut, LinearWorker& worker) {
  float* const before = worker.state(0);  // The sum of the segments before this one.
  float* const sum = worker.state(1);
  float* const running = worker.state(2);
  clear_state(cut, before);
  const bool one = cut.segments.count == 1;
  for (int64_t s = 0; s < cut.segments.count; ++s) {
    clear_state(cut, sum);
    if (p.causal && s >= cut.first_attended()) {
      std::copy_n(before, cut.state(), running);
      worker.attend(s, running, one ? nullptr : sum);
    } else {
      worker.sum_up(s, sum);
    }
    add_state(cut, sum, before);
  }
  for (int64_t member = 0; !p.causal && member < p.heads / p.kv_heads; ++member)
    worker.attend_rows(member, 0, p.q_len, before);
}

/// Replaces the sums of a head's segments by the sums of all segments before each, or of all
/// segments in the first one's place if not causal. Does one slice of the numbers.
void add_up(const LinearCut& cut, bool causal, int64_t slice, float* states) {
  const Lanes d;
  const int64_t size = round_up(divide_up(cut.state(), kSlices), kLanes);
  for (int64_t i = slice * size; i < std::min((slice + 1) * size, cut.state()); i += kLanes) {
    Vec before = hn::Zero(d);
    for (int64_t s = 0; s < cut.segments.count; ++s) {
      float* const at = states + s * cut.state() + i;
      const Vec next = hn::Add(before, hn::Load(d, at));
      if (causal) hn::Store(before, d, at);
      before = next;
    }
    if (!causal) hn::Store(before, d, states + i);
  }
}

/// The same for a head whose states have peaks, all at once.
void add_up_with_peaks(const LinearCut& cut, bool causal, LinearWorker& worker, float* states) {
  float* const before = worker.state(0);
  float* const next = worker.state(1);
  clear_state(cut, before);
  for (int64_t s = 0; s < cut.segments.count; ++s) {
    std::copy_n(states + s * cut.state(), cut.state(), next);
    if (causal) std::copy_n(before, cut.state(), states + s * cut.state());
    add_state(cut, next, before);
  }
  if (!causal) std::copy_n(before, cut.state(), states);
}

}  // namespace

Count state_bytes(const FeatureMap& phi, const Call& call) noexcept {
  const LinearCut cut(phi, call);
  return cut.threads_bytes(call.threads) + (cut.by_head ? Count{} : cut.states_bytes());
}

void attend_by_state(const FeatureMap& phi, const Call& call, const Inputs& in,
                     const Tensor<float>& out, float* scratch, float* inverse) noexcept {
  const Problem& p = call.problem;
  const LinearCut cut(phi, call);
  const auto worker_of = [&](int64_t head, int thread) {
    return LinearWorker(phi, call, in, out, inverse, cut, head, scratch + thread * cut.thread());
  };
  if (cut.by_head) {
    for_each_task(call.threads, cut.heads, [&](int64_t head, int thread) {
      LinearWorker worker = worker_of(head, thread);
      worker.clear_blind_rows();
      attend_head(p, cut, worker);
    });
    return;
  }
  float* const states = scratch + call.threads * cut.thread();
  const int64_t segments = cut.segments.count;
  for_each_task(call.threads, cut.heads * segments, [&](int64_t task, int thread) {
    LinearWorker worker = worker_of(task / segments, thread);
    clear_state(cut, states + task * cut.state());
    const bool needed = !p.causal || task % segments + 1 < segments;
    if (needed) worker.sum_up(task % segments, states + task * cut.state());
    if (task % segments == 0) worker.clear_blind_rows();
  });
  const int64_t slices = cut.has_peaks ? 1 : kSlices;
  for_each_task(call.threads, cut.heads * slices, [&](int64_t task, int thread) {
    float* const of_head = states + task / slices * segments * cut.state();
    if (!cut.has_peaks) return add_up(cut, p.causal, task % slices, of_head);
    LinearWorker worker = worker_of(task, thread);
    add_up_with_peaks(cut, p.causal, worker, of_head);
  });
  if (p.causal) {
    const int64_t first = cut.first_attended(), attended = segments - first;
    for_each_task(call.threads, cut.heads * attended, [&](int64_t task, int thread) {
      const int64_t head = task / attended, segment = first + task % attended;
      worker_of(head, thread)
          .attend(segment, states + (head * segments + segment) * cut.state(), nullptr);
    });
    return;
  }
  const int64_t group = p.heads / p.kv_heads, blocks = divide_up(p.q_len, cut.block);
  for_each_task(call.threads, cut.heads * group * blocks, [&](int64_t task, int thread) {
    const int64_t head = task / blocks / group, first = task % blocks * cut.block;
    worker_of(head, thread)
        .attend_rows(task / blocks % group, first, std::min(cut.block, p.q_len - first),
                     states + head * segments * cut.state());
  });
}

}  // namespace attnbench::kernels
