// Shares work among OpenMP threads so that a faster thread does more of it.
#pragma once

#include <omp.h>

#include <atomic>
#include <vector>

namespace attnbench::machine {

/// The number of pieces into which each thread's part is cut.
inline constexpr int kPieces = 32;

/// Calls visit(part, piece) once for each piece of each part; there are as many parts as threads. A
/// thread begins with its own part and then takes what slower threads have left of theirs. With
/// equal shares the slowest thread would set the pace, and threads differ: cores may be unlike, or
/// two of them may be hardware threads of one core without the system knowing.
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
