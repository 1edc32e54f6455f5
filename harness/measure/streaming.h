// What memory gives a number of threads.
#pragma once

#include <cstdint>

#include "measure/buffer.h"

namespace attnbench::measure {

/// The last-level cache, as far as the kernel tells, at least 16 MiB.
int64_t largest_cache_bytes();

/// Triads over three arrays beyond the caches, by `threads` OpenMP threads.
class Streaming {
 public:
  /// Makes bytes() resident. Throws std::bad_alloc.
  explicit Streaming(int threads);

  /// 1e9 bytes a second, the best of so many passes. The three arrays count once each; the line
  /// that a store reads first does not.
  double best_gbs(int passes) const;

  /// Of the arrays together: four times the largest cache, but at most 1 GiB and a quarter of the
  /// memory that is available now.
  static int64_t bytes();

 private:
  void pass() const;

  int threads_;
  Buffer a_, b_, c_;
};

}  // namespace attnbench::measure
