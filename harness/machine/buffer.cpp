// Maps and unmaps page-aligned memory.
#include "machine/buffer.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <new>
#include <utility>

namespace attnbench::machine {
namespace {

std::byte* map(size_t bytes) {
  void* pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) throw std::bad_alloc();
  return static_cast<std::byte*>(pages);
}

/// A mapping that begins at a multiple of kHugePageBytes.
std::byte* map_aligned(size_t bytes) {
  std::byte* const all = map(bytes + kHugePageBytes);
  const size_t past = reinterpret_cast<uintptr_t>(all) % kHugePageBytes;
  const size_t before = past == 0 ? 0 : kHugePageBytes - past;
  if (before > 0) munmap(all, before);
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const size_t used = (before + bytes + page - 1) / page * page;
  if (used < bytes + kHugePageBytes) munmap(all + used, bytes + kHugePageBytes - used);
  return all + before;
}

}  // namespace

Buffer::Buffer(size_t bytes, record::Pages pages) : bytes_(bytes) {
  if (bytes == 0) return;
  const bool huge = pages == record::Pages::kHuge && bytes >= kHugePageBytes;
  data_ = huge ? map_aligned(bytes) : map(bytes);
  // A kernel that knows no huge pages refuses; then the pages stay small.
  madvise(data_, bytes, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
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

}  // namespace attnbench::machine
