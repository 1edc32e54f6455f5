// Page-aligned memory directly from the kernel. It takes no physical pages until it is used, and
// malloc's statistics do not count it.
#pragma once

#include <cstddef>
#include <span>

#include "record/record.h"

namespace attnbench::machine {

/// The size of a huge page, and the alignment of a Buffer that may hold one.
inline constexpr size_t kHugePageBytes = size_t{2} << 20;

/// Zeroed pages by mmap, unmapped on destruction. Throws std::bad_alloc.
class Buffer {
 public:
  Buffer() = default;
  /// Huge pages are only asked for: the kernel grants them for each aligned 2 MiB that lie whole in
  /// the buffer, unless it is set to never do so or has no free ones.
  explicit Buffer(size_t bytes, record::Pages pages = record::Pages::kHuge);
  ~Buffer();
  Buffer(Buffer&& other) noexcept;
  Buffer& operator=(Buffer&& other) noexcept;

  std::byte* data() const { return data_; }
  size_t size() const { return bytes_; }
  std::span<float> floats() const {
    return {reinterpret_cast<float*>(data_), bytes_ / sizeof(float)};
  }

 private:
  std::byte* data_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace attnbench::machine
