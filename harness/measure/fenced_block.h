// Memory between fences: an access beyond it is found, located and survived.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "attnbench/variant.h"
#include "machine/buffer.h"

namespace attnbench::measure {

/// Which end of a block lies at an inaccessible fence. An access one byte beyond that end is found.
/// Beyond the other end, only writes into the rest of the page and accesses further on are.
enum class FencedEnd { kFront, kBack };

/// `bytes` bytes between two fences of kFenceBytes. While a FaultWatch lives, the first access to a
/// fence is noted and the fence opened, so that the program goes on; without a FaultWatch the
/// access is a segmentation fault. Throws std::bad_alloc, and std::length_error if kMost live.
class FencedBlock {
 public:
  /// The blocks that may live at a time: those of a training step in the conformance suite, which
  /// are q, k, v, out, d_out, decisions, what is saved, two scratches, three gradients, and each
  /// extra input with its gradient; the decisions and the scratch of the check that judges it; and
  /// q, k, v and out in a narrower type, each with its scales.
  static constexpr size_t kMost = 12 + 2 * kMostExtraInputs + 2 + 8;
  static constexpr size_t kFenceBytes = machine::kHugePageBytes;

  /// The data begins at a multiple of `alignment` (a power of two, at most a page).
  FencedBlock(size_t bytes, size_t alignment, FencedEnd end,
              record::Pages pages = record::Pages::kHuge);
  ~FencedBlock();
  FencedBlock(const FencedBlock&) = delete;
  FencedBlock& operator=(const FencedBlock&) = delete;

  std::byte* data() const { return data_; }
  size_t size() const { return bytes_; }
  std::span<float> floats() const {
    return {reinterpret_cast<float*>(data_), bytes_ / sizeof(float)};
  }

  /// Where memory beyond the block was touched: "4 bytes past its end"; empty if nowhere.
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

/// Handles segmentation faults in fences for as long as it lives; the previous handler gets all
/// others. Only one may live at a time.
class FaultWatch {
 public:
  FaultWatch();
  ~FaultWatch();
  FaultWatch(const FaultWatch&) = delete;
  FaultWatch& operator=(const FaultWatch&) = delete;
};

}  // namespace attnbench::measure
