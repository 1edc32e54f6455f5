// Independent tasks over OpenMP threads.
#pragma once

#include <omp.h>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

#include <algorithm>
#include <cstdint>

namespace attnbench::kernels {

/// As long as it lives, its thread flushes denormal results to zero (on x86). A weight that is all
/// but zero makes denormals of the values it multiplies, and those cost Intel's CPUs over a hundred
/// cycles an instruction: a window of 256 took five times as long there.
class NoDenormals {
 public:
  NoDenormals() noexcept {
#if defined(__x86_64__)
    _mm_setcsr(before_ | _MM_FLUSH_ZERO_ON);
#endif
  }
  NoDenormals(const NoDenormals&) = delete;
  NoDenormals& operator=(const NoDenormals&) = delete;
#if defined(__x86_64__)
  ~NoDenormals() {
    _mm_setcsr(before_);
  }

 private:
  const unsigned before_ = _mm_getcsr();
#endif
};

/// How many neighbouring tasks a thread takes at a time. Neighbours read the same keys, so that
/// more at a time are faster; but they must be few enough for all threads to end at about the same
/// time.
///
/// Compared with one task at a time, at most eight tasks and 32 turns a thread made 32 sequences of
/// 128 by two threads 1.05 to 1.08 times as fast, and long windows of 256 keys 1.03 to 1.04 times.
/// At most 24 tasks and 16 turns made the windows another 1.01 to 1.02 times as fast, and with 16
/// threads 1.03.
constexpr int64_t tasks_at_once(int threads, int64_t tasks) {
  return std::clamp<int64_t>(tasks / (16 * threads), 1, 24);
}

/// The task that a thread will most likely take after this one. It may be beyond the last task.
constexpr int64_t likely_next(int threads, int64_t tasks, int64_t task) {
  const int64_t at_once = tasks_at_once(threads, tasks);
  return task + 1 + ((task + 1) % at_once == 0 ? (threads - 1) * at_once : 0);
}

/// Calls body(task, thread, state) once for every task in [0, tasks). thread is in [0, threads),
/// and each thread has a state of its own, which is made anew by each call of this function.
/// Denormals are flushed to zero. A single thread goes without OpenMP, because libgomp allocates
/// memory each time it makes a team of one.
template <class State, class Body>
void for_each_task_with(int threads, int64_t tasks, const Body& body) noexcept {
  if (threads <= 1) {
    const NoDenormals scope;
    State state;
    for (int64_t task = 0; task < tasks; ++task) body(task, 0, state);
    return;
  }
#pragma omp parallel num_threads(threads)
  {
    const NoDenormals scope;
    State state;
#pragma omp for schedule(dynamic, tasks_at_once(threads, tasks)) nowait
    for (int64_t task = 0; task < tasks; ++task) body(task, omp_get_thread_num(), state);
  }
}

/// The same without a state: calls body(task, thread).
template <class Body>
void for_each_task(int threads, int64_t tasks, const Body& body) noexcept {
  struct Nothing {};
  for_each_task_with<Nothing>(threads, tasks,
                              [&](int64_t task, int thread, Nothing&) { body(task, thread); });
}

}  // namespace attnbench::kernels
