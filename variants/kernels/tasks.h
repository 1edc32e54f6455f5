// Independent tasks over OpenMP threads.
#pragma once

#include <omp.h>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

#include <algorithm>
#include <cstdint>

namespace attnbench::kernels {

/// While it lives, its thread makes zeros where denormals would come out (on x86). A weight that is
/// as good as zero makes denormals of what it multiplies, and those cost Intel's CPUs over a
/// hundred cycles an instruction: there a window of 256 took five times as long.
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

/// How many neighbouring tasks a thread takes at a time: those of a head read the same keys. Few
/// enough for the threads to end at about the same time. (Up to eight, and 32 turns a thread, made
/// 32 sequences of 128 by two threads 1.05 to 1.08 times as fast as one by one, and long windows of
/// 256 keys 1.03 to 1.04; up to 24, and 16 turns, the windows 1.01 to 1.02 again, by 16 threads
/// 1.03.)
constexpr int64_t tasks_at_once(int threads, int64_t tasks) {
  return std::clamp<int64_t>(tasks / (16 * threads), 1, 24);
}

/// The task that a thread is most likely to take after this one; maybe beyond the last.
constexpr int64_t likely_next(int threads, int64_t tasks, int64_t task) {
  const int64_t at_once = tasks_at_once(threads, tasks);
  return task + 1 + ((task + 1) % at_once == 0 ? (threads - 1) * at_once : 0);
}

/// Calls body(task, thread, state) once for every task in [0, tasks), with thread in [0, threads),
/// a State that begins anew with the call and is the thread's own, and no denormals. One thread
/// goes without OpenMP: libgomp allocates the team of a single thread anew each time.
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

/// The same where tasks have nothing in common: calls body(task, thread).
template <class Body>
void for_each_task(int threads, int64_t tasks, const Body& body) noexcept {
  struct Nothing {};
  for_each_task_with<Nothing>(threads, tasks,
                              [&](int64_t task, int thread, Nothing&) { body(task, thread); });
}

}  // namespace attnbench::kernels
