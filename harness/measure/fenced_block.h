// Memory between fences: whatever is touched beyond it is found, named and survived.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "machine/buffer.h"

namespace attnbench::measure {

/// Which end of a block lies at its inaccessible fence: an access one byte beyond that end is
/// found; beyond the other end only writes into the rest of the page are, and accesses further on.
enum class FencedEnd { kFront, kBack };

/// `bytes` bytes between two fences of kFenceBytes. While a FaultWatch lives, the first access to a
/// fence is noted and the fence opened, so that whoever went too far goes on; without one it is a
/// segmentation fault. Throws std::bad_alloc.
class FencedBlock {
 public:
  static constexpr size_t kFenceBytes = size_t{1} << 20;

  /// The data begins at a multiple of `alignment` (a power of two, at most a page).
  FencedBlock(size_t bytes, size_t alignment, FencedEnd end);
  ~FencedBlock();
  FencedBlock(const FencedBlock&) = delete;
  FencedBlock& operator=(const FencedBlock&) = delete;

  std::byte* data() const { return data_; }
  size_t size() const { return bytes_; }
  std::span<float> floats() const {
    return {reinterpret_cast<float*>(data_), bytes_ / sizeof(float)};
  }

  /// Empty where nothing beyond the block was touched, else where: "4 bytes past its end".
  std::string trespass() const;

 private:
  std::span<std::byte> margin_before() const;
  std::span<std::byte> margin_after() const;
  std::string place(const std::byte* address) const;

  machine::Buffer mapping_;
  std::byte* data_ = nullptr;
  size_t bytes_ = 0;
  int slot_ = 0;
};

/// Handles segmentation faults in fences for as long as it lives; all others go to whoever handled
/// them before. One at a time.
class FaultWatch {
 public:
  FaultWatch();
  ~FaultWatch();
  FaultWatch(const FaultWatch&) = delete;
  FaultWatch& operator=(const FaultWatch&) = delete;
};

}  // namespace attnbench::measure
