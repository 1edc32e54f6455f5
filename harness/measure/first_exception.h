// Takes an exception out of a parallel loop, which it may not leave by itself.
#pragma once

#include <exception>
#include <mutex>

namespace attnbench::measure {

/// Of the bodies of a parallel loop, keeps the first exception:
///   FirstException failure;
///   #pragma omp parallel for
///   for (...) failure.keep([&] { ... });
///   failure.rethrow();
class FirstException {
 public:
  template <class Body>
  void keep(const Body& body) noexcept {
    try {
      body();
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!first_) first_ = std::current_exception();
    }
  }
  /// To be called after the loop. Throws what was kept, if anything was.
  void rethrow() const {
    if (first_) std::rethrow_exception(first_);
  }

 private:
  std::mutex mutex_;
  std::exception_ptr first_;
};

}  // namespace attnbench::measure
