// Threads that work in step: one parallel region, and a barrier that takes a fraction of a
// microsecond.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>

#include "kernels/simd.h"
#include "kernels/tasks.h"

namespace attnbench::kernels {

/// Calls body(thread, threads) once on each thread, with denormals flushed to zero. OpenMP may give
/// fewer threads than asked for. A single thread goes without OpenMP, as in for_each_task_with().
template <class Body>
void on_each_thread(int threads, const Body& body) noexcept {
  if (threads <= 1) {
    const NoDenormals scope;
    body(0, 1);
    return;
  }
#pragma omp parallel num_threads(threads)
  {
    const NoDenormals scope;
    body(omp_get_thread_num(), omp_get_num_threads());
  }
}

/// Waits for all threads of on_each_thread().
inline void meet_all() noexcept {
#pragma omp barrier
}

/// A barrier for threads that meet every few microseconds. Each thread counts its arrivals in a
/// cache line of its own, which the others watch for a while. If a thread still has not arrived, it
/// has no CPU, and they sleep until it has: on a busy machine they would only take CPUs from it.
class StepBarrier {
 public:
  static constexpr int64_t kLine = 64;  ///< Bytes for each member, in memory that all share.

  /// Each member makes one over the same `members` lines; all must have done so (meet_all()) before
  /// the first wait(). All count their arrivals from `count` on.
  StepBarrier(std::byte* lines, int64_t members, int64_t member, uint32_t count = 0) noexcept
      : lines_(lines), members_(members), member_(member), count_(count) {
    new (lines + member * kLine) std::atomic<uint32_t>(count);
  }

  /// Returns once every member has called it as often as this one.
  void wait() noexcept {
    if (members_ == 1) return;
    // Sequentially consistent, not just a release: libstdc++ 12's notify_all() looks whether
    // anybody sleeps by a load that could otherwise pass the store. A member that goes to sleep in
    // between has seen the old count, and would not be woken.
    arrivals(member_).store(++count_, std::memory_order_seq_cst);
    arrivals(member_).notify_all();
    for (int64_t member = 0; member < members_; ++member) wait_for(arrivals(member));
  }

 private:
  static constexpr int kSpins = 1000;

  /// Counts may wrap around, but no member is more than one ahead.
  void wait_for(const std::atomic<uint32_t>& other) const noexcept {
    for (int spins = 0;; ++spins) {
      const uint32_t count = other.load(std::memory_order_acquire);
      if (static_cast<int32_t>(count - count_) >= 0) return;
      if (spins < kSpins)
        hwy::Pause();
      else
        other.wait(count, std::memory_order_acquire);
    }
  }

  std::atomic<uint32_t>& arrivals(int64_t member) const noexcept {
    return *std::launder(reinterpret_cast<std::atomic<uint32_t>*>(lines_ + member * kLine));
  }

  std::byte* lines_;
  int64_t members_, member_;
  uint32_t count_;
};

}  // namespace attnbench::kernels
