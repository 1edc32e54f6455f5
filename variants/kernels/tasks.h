// Independent tasks over OpenMP threads.
#pragma once

#include <omp.h>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

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

/// Calls body(task, thread) once for every task in [0, tasks), with thread in [0, threads), and
/// no denormals. One thread goes without OpenMP: libgomp allocates the team of a single thread anew
/// each time.
template <class Body>
void for_each_task(int threads, int64_t tasks, const Body& body) noexcept {
  if (threads <= 1) {
    const NoDenormals scope;
    for (int64_t task = 0; task < tasks; ++task) body(task, 0);
    return;
  }
#pragma omp parallel num_threads(threads)
  {
    const NoDenormals scope;
#pragma omp for schedule(dynamic, 1) nowait
    for (int64_t task = 0; task < tasks; ++task) body(task, omp_get_thread_num());
  }
}

}  // namespace attnbench::kernels
