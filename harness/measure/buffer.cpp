// Page-aligned memory straight from the kernel.
#include "measure/buffer.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <new>
#include <utility>

namespace attnbench::measure {
namespace {

constexpr std::byte kCanary{0xC5};

}  // namespace

Buffer::Buffer(size_t bytes) : bytes_(bytes) {
  if (bytes == 0) return;
  void* pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) throw std::bad_alloc();
  data_ = static_cast<std::byte*>(pages);
}

Buffer::~Buffer() {
  if (data_ != nullptr) munmap(data_, bytes_);
}

Buffer::Buffer(Buffer&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

GuardedBuffer::GuardedBuffer(size_t bytes)
    : pages_(bytes > SIZE_MAX - 2 * kGuardBytes ? throw std::bad_alloc() : bytes + 2 * kGuardBytes),
      bytes_(bytes) {
  std::fill_n(pages_.data(), kGuardBytes, kCanary);
  std::fill_n(data() + bytes_, kGuardBytes, kCanary);
}

bool GuardedBuffer::intact() const {
  const auto whole = [](const std::byte* guard) {
    return std::all_of(guard, guard + kGuardBytes, [](std::byte b) { return b == kCanary; });
  };
  return whole(pages_.data()) && whole(data() + bytes_);
}

void GuardedBuffer::touch() const {
  for (size_t at = 0; at < bytes_; at += kGuardBytes) {
    volatile std::byte* const page = data() + at;
    *page = *page;
  }
}

}  // namespace attnbench::measure
