// The backward pass of linear attention: how sums of keys and of queries get to the chunks that
// need them, and which thread does what.
//
// - The gradient of a query needs the sum of the keys that it sees, and the gradients of a key and
//   its value need the sum of the queries that see it (see LinearBackwardChunk). With causal, a
//   walk through the keys carries the first sum from chunk to chunk, and a walk back carries the
//   second one; a chunk's own queries and keys meet pair by pair. Without causal, the sums are
//   complete before they are used.
// - As in linear_state.cpp a sequence is cut into segments whose sums begin at zero, so that a head
//   can be done by one thread from end to end, or by several: the bits are the same.
#include "kernels/linear_backward.h"

#include <algorithm>

#include "kernels/linear_backward_worker.h"
#include "kernels/tasks.h"
#include "kernels/visible.h"

namespace attnbench::kernels {
namespace {

/// Into so many slices states are cut to be added up.
constexpr int64_t kSlices = 8;

int64_t blocks_of_keys(const Problem& p) {
  return divide_up(p.kv_len, kLinearBlock);
}
int64_t blocks_of_queries(const Problem& p, const LinearBackwardCut& cut) {
  return cut.group * divide_up(p.q_len, kLinearBlock);
}

void add_state(const LinearBackwardCut& cut, const float* from, float* to) {
  add_scaled(1, from, cut.state(), to);
}

/// One thread does a key head from end to end.
void do_head_causally(const LinearBackwardCut& cut, const LinearBackwardWorker& worker) {
  const int64_t segments = cut.key_segments.count;
  for (const bool back : {false, true}) {
    float* const before = worker.cleared(0);
    for (int64_t i = 0; i < segments; ++i) {
      const int64_t segment = back ? segments - 1 - i : i;
      float* const sum = segments == 1 ? nullptr : worker.cleared(1);
      float* const running = worker.state(2);
      std::copy_n(before, cut.state(), running);
      if (back)
        worker.walk_back(segment, running, sum);
      else if (segment >= cut.first_attended())
        worker.walk_forward(segment, running, sum);
      else
        worker.sum_keys(segment, sum);
      if (sum != nullptr) add_state(cut, sum, before);
    }
  }
}

/// The same without causal.
void do_head(const Problem& p, const LinearBackwardCut& cut, const LinearBackwardWorker& worker) {
  float* const keys = worker.cleared(0);
  for (int64_t s = 0; s < cut.key_segments.count; ++s) {
    worker.sum_keys(s, worker.cleared(1));
    add_state(cut, worker.state(1), keys);
  }
  float* const queries = worker.cleared(2);
  for (int64_t s = 0; s < cut.query_segments.count; ++s) {
    worker.sum_queries(s, worker.cleared(1), keys);
    add_state(cut, worker.state(1), queries);
  }
  for (int64_t i = 0; i < blocks_of_keys(p); ++i) worker.write_keys(i, queries);
}

/// Replaces the sums of segments by the sums of those before each, or behind each if `back`;
/// without causal by the sum of all, in the first one's place. Does one slice of the numbers.
void add_up(const LinearBackwardCut& cut, bool causal, bool back, int64_t segments, int64_t slice,
            float* states) {
  const Lanes d;
  const int64_t size = round_up(divide_up(cut.state(), kSlices), kLanes);
  for (int64_t i = slice * size; i < std::min((slice + 1) * size, cut.state()); i += kLanes) {
    Vec before = hn::Zero(d);
    for (int64_t s = 0; s < segments; ++s) {
      float* const at = states + (back ? segments - 1 - s : s) * cut.state() + i;
      const Vec next = hn::Add(before, hn::Load(d, at));
      if (causal) hn::Store(before, d, at);
      before = next;
    }
    if (!causal) hn::Store(before, d, states + i);
  }
}

/// Several threads do a key head, all heads at once.
template <class WorkerOf>
void do_segments(const Call& call, const LinearBackwardCut& cut, float* states,
                 const WorkerOf& worker_of) {
  const Problem& p = call.problem;
  const int64_t keys = cut.key_segments.count, queries = cut.query_segments.count;
  const auto sums_of = [&](int64_t head, bool back) {
    return states + (2 * head + (back ? 1 : 0)) * Segments::kMost * cut.state();
  };
  for_each_task(call.threads, cut.heads * (keys + queries), [&](int64_t task, int thread) {
    const int64_t head = task / (keys + queries), at = task % (keys + queries);
    const bool back = at >= keys;
    const int64_t segment = back ? at - keys : at;
    const LinearBackwardWorker worker = worker_of(head, thread);
    float* const sum = sums_of(head, back) + segment * cut.state();
    std::fill_n(sum, cut.state(), 0.0f);
    const bool unused = p.causal && segment == (back ? 0 : keys - 1);
    if (!unused && back) worker.sum_queries(segment, sum);
    if (!unused && !back) worker.sum_keys(segment, sum);
    if (at == 0) worker.clear_blind_rows();
  });
  for_each_task(call.threads, cut.heads * 2 * kSlices, [&](int64_t task, int) {
    const bool back = task / kSlices % 2 == 1;
    add_up(cut, p.causal, p.causal && back, back ? queries : keys, task % kSlices,
           sums_of(task / kSlices / 2, back));
  });
  if (p.causal) {
    for_each_task(call.threads, cut.heads * 2 * keys, [&](int64_t task, int thread) {
      const int64_t head = task / keys / 2, segment = task % keys;
      const bool back = task / keys % 2 == 1;
      const LinearBackwardWorker worker = worker_of(head, thread);
      float* const running = sums_of(head, back) + segment * cut.state();
      if (back)
        worker.walk_back(segment, running, nullptr);
      else if (segment >= cut.first_attended())
        worker.walk_forward(segment, running, nullptr);
    });
    return;
  }
  const int64_t of_queries = blocks_of_queries(p, cut), blocks = of_queries + blocks_of_keys(p);
  for_each_task(call.threads, cut.heads * blocks, [&](int64_t task, int thread) {
    const int64_t head = task / blocks, block = task % blocks;
    const LinearBackwardWorker worker = worker_of(head, thread);
    if (block < of_queries)
      worker.write_queries(block, sums_of(head, false));
    else
      worker.write_keys(block - of_queries, sums_of(head, true));
  });
}

}  // namespace

Count linear_backward_bytes(const TrainableMap& phi, const Call& call) noexcept {
  const LinearBackwardCut cut(phi, call);
  return count(call.threads) * cut.thread_bytes() + (cut.by_head ? Count{} : cut.states_bytes());
}

void attend_linearly_backward(const TrainableMap& phi, const Call& call, const Inputs& in,
                              const LinearOutput& output, const Gradients& gradients,
                              std::byte* memory) noexcept {
  const Problem& p = call.problem;
  const LinearBackwardCut cut(phi, call);
  const int64_t thread_bytes = cut.thread_bytes().value();
  const auto worker_of = [&](int64_t head, int thread) {
    Layout layout(memory + thread * thread_bytes);
    const LinearBackwardScratch scratch(cut, layout);
    return LinearBackwardWorker(p, cut, {phi, p, in, output, gradients, cut, head, scratch},
                                scratch.states);
  };
  if (!cut.by_head)
    return do_segments(call, cut, reinterpret_cast<float*>(memory + call.threads * thread_bytes),
                       worker_of);
  for_each_task(call.threads, cut.heads, [&](int64_t head, int thread) {
    const LinearBackwardWorker worker = worker_of(head, thread);
    worker.clear_blind_rows();
    if (p.causal)
      do_head_causally(cut, worker);
    else
      do_head(p, cut, worker);
  });
}

Count linear_backward_flops(const Problem& p, int64_t features) noexcept {
  const int64_t d = p.head_dim, m = features, rows = seeing_queries(p);
  const Count keys = count(p.batch, p.kv_heads, p.kv_len, 6 * m * d + 2 * m);
  const Count queries = count(p.batch, p.heads, rows, 4 * m * (d + 1) + 3 * d);
  const Count by_pairs = allowed_pairs(p) * count(p.batch, p.heads, 6 * m + 4 * d + 1) +
                         count(p.batch, p.heads, rows, 3 * d);
  return std::min(keys + queries, by_pairs);
}

}  // namespace attnbench::kernels
