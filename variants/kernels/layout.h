// Cuts a call's scratch into arrays.
#pragma once

#include <cstddef>

#include "attnbench/count.h"

namespace attnbench::kernels {

/// Hands out arrays one after another, each aligned to 64 bytes. Without memory it only counts
/// their bytes, so that one function lays scratch out and says how much it needs.
class Layout {
 public:
  /// `memory` is aligned to 64 bytes, or null.
  explicit Layout(std::byte* memory) : memory_(memory) {}

  template <class T>
  void take(T*& array, Count number) {
    array = memory_ == nullptr ? nullptr : reinterpret_cast<T*>(memory_ + bytes_.value());
    const Count bytes = number * count(sizeof(T)) + count(63);
    bytes_ = bytes_ + (bytes.saturated() ? bytes : Count(bytes.value() / 64 * 64));
  }

  Count bytes() const { return bytes_; }

 private:
  std::byte* memory_;
  Count bytes_;
};

}  // namespace attnbench::kernels
