// Independent tasks over OpenMP threads.
#pragma once

#include <omp.h>

#include <cstdint>

namespace attnbench::kernels {

/// Calls body(task, thread) once for every task in [0, tasks), with thread in [0, threads).
/// One thread goes without OpenMP: libgomp allocates the team of a single thread anew each time.
template <class Body>
void for_each_task(int threads, int64_t tasks, const Body& body) noexcept {
  if (threads <= 1) {
    for (int64_t task = 0; task < tasks; ++task) body(task, 0);
    return;
  }
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
  for (int64_t task = 0; task < tasks; ++task) body(task, omp_get_thread_num());
}

}  // namespace attnbench::kernels
