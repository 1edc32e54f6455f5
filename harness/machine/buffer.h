// Page-aligned memory directly from the kernel. It takes no physical pages until it is used, and
// malloc's statistics do not count it.
#pragma once

#include <cstddef>
#include <span>

namespace attnbench::machine {

/// Zeroed pages by mmap, unmapped on destruction. Throws std::bad_alloc.
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(size_t bytes);
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
