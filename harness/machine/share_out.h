// Work that OpenMP threads share, each as much of it as it is fast.
#pragma once

#include <omp.h>

#include <atomic>
#include <vector>

namespace attnbench::machine {

/// Of each thread's part.
inline constexpr int kPieces = 32;

/// Calls visit(part, piece) once for each piece of as many parts as there are threads. A thread
/// begins with its own part and then takes what slower ones have left of theirs: cores may differ,
/// or be hardware threads of the same core without the system knowing, and the slowest would set
/// the pace of equal shares.
template <class Visit>
void share_out(int threads, const Visit& visit) {
  struct alignas(64) Taken {
    std::atomic<int> pieces = 0;
  };
  std::vector<Taken> taken(threads);
#pragma omp parallel num_threads(threads)
  for (int i = 0; i < threads; ++i) {
    const int part = (omp_get_thread_num() + i) % threads;
    std::atomic<int>& next = taken[part].pieces;
    for (int piece = next++; piece < kPieces; piece = next++) visit(part, piece);
  }
}

}  // namespace attnbench::machine
