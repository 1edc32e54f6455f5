// Fence pages, and the fault handler that opens them.
#include "measure/fenced_block.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <new>
#include <stdexcept>

namespace attnbench::measure {
namespace {

constexpr std::byte kMarginByte{0xC5};

/// What the fault handler may use: plain atomics in static memory.
struct Slot {
  std::atomic<bool> taken{false};
  std::atomic<std::byte*> front_fence{nullptr};
  std::atomic<std::byte*> back_fence{nullptr};
  std::atomic<std::byte*> first_fault{nullptr};
};
static_assert(std::atomic<std::byte*>::is_always_lock_free);

std::array<Slot, FencedBlock::kMost> g_slots;
struct sigaction g_previous;

int take_slot() {
  for (size_t i = 0; i < g_slots.size(); ++i)
    if (!g_slots[i].taken.exchange(true)) return static_cast<int>(i);
  throw std::length_error("more than " + std::to_string(FencedBlock::kMost) +
                          " fenced blocks at a time");
}

bool open_fence(std::byte* fence, std::byte* address) {
  if (fence == nullptr || address < fence || address >= fence + FencedBlock::kFenceBytes)
    return false;
  return mprotect(fence, FencedBlock::kFenceBytes, PROT_READ | PROT_WRITE) == 0;
}

void on_fault(int, siginfo_t* info, void*) {
  auto* const address = static_cast<std::byte*>(info->si_addr);
  for (Slot& slot : g_slots) {
    if (open_fence(slot.front_fence, address) || open_fence(slot.back_fence, address)) {
      std::byte* none = nullptr;
      slot.first_fault.compare_exchange_strong(none, address);
      return;
    }
  }
  sigaction(SIGSEGV, &g_previous, nullptr);  // Not a fence: the previous handler gets the retry.
}

size_t round_up(size_t bytes, size_t multiple) {
  return (bytes + multiple - 1) / multiple * multiple;
}

size_t page_bytes() {
  return static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

/// A block that no huge page fits in would get one for itself and a fence, which the kernel clears
/// as a whole, then splits.
record::Pages pages_for(size_t bytes, record::Pages wanted) {
  return bytes < machine::kHugePageBytes ? record::Pages::kSmall : wanted;
}

}  // namespace

FencedBlock::FencedBlock(size_t bytes, size_t alignment, FencedEnd end, record::Pages pages)
    : mapping_(round_up(bytes, page_bytes()) + 2 * kFenceBytes, pages_for(bytes, pages)),
      bytes_(bytes) {
  std::byte* const front = mapping_.data();
  std::byte* const back = front + mapping_.size() - kFenceBytes;
  data_ = end == FencedEnd::kFront ? front + kFenceBytes : back - round_up(bytes, alignment);
  std::ranges::fill(margin_before(), kMarginByte);
  std::ranges::fill(margin_after(), kMarginByte);
  if (mprotect(front, kFenceBytes, PROT_NONE) != 0 || mprotect(back, kFenceBytes, PROT_NONE) != 0)
    throw std::bad_alloc();
  slot_ = take_slot();
  Slot& slot = g_slots[static_cast<size_t>(slot_)];
  slot.first_fault = nullptr;
  slot.front_fence = front;
  slot.back_fence = back;
}

FencedBlock::~FencedBlock() {
  Slot& slot = g_slots[static_cast<size_t>(slot_)];
  slot.front_fence = nullptr;
  slot.back_fence = nullptr;
  slot.taken = false;
}

std::span<std::byte> FencedBlock::margin_before() const {
  return {mapping_.data() + kFenceBytes, data_};
}

std::span<std::byte> FencedBlock::margin_after() const {
  return {data_ + bytes_, mapping_.data() + mapping_.size() - kFenceBytes};
}

std::string FencedBlock::place(const std::byte* address) const {
  return address < data_ ? std::to_string(data_ - address) + " bytes before its beginning"
                         : std::to_string(address - (data_ + bytes_)) + " bytes past its end";
}

std::string FencedBlock::trespass() const {
  for (const std::span<std::byte> margin : {margin_before(), margin_after()})
    for (const std::byte& b : margin)
      if (b != kMarginByte) return place(&b);
  const std::byte* const fault = g_slots[static_cast<size_t>(slot_)].first_fault;
  return fault == nullptr ? "" : place(fault);
}

FaultWatch::FaultWatch() {
  struct sigaction action {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  sigaction(SIGSEGV, &action, &g_previous);
}

FaultWatch::~FaultWatch() {
  sigaction(SIGSEGV, &g_previous, nullptr);
}

}  // namespace attnbench::measure
