// How much memory a call takes: malloc's peak, counted in this process, and resident pages.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace attnbench::measure {

struct HeapPeak {
  std::optional<int64_t> bytes;  ///< Most that was allocated at once, beyond what was before.
  std::string reason;            ///< Why bytes is null.
};

/// Runs `call` and counts what it takes from malloc and its kin, on all threads and in all images
/// but the OpenMP runtimes, whose teams `call` does not decide, and the loader, which serves them.
/// Not for two calls at a time.
HeapPeak heap_peak_of(const std::function<void()>& call);

/// Fixes malloc's thresholds, which otherwise adapt, so that only the first allocation pays. Then
/// blocks of 4 MiB and more come fresh from the kernel each time, as on a machine that runs one
/// call.
void pin_malloc_thresholds();

/// Caps the address space at `bytes` beyond what is mapped (0: no cap), so that a variant that
/// allocates without end fails alone. Does nothing in a build with sanitizers, which map terabytes
/// of shadow.
void limit_address_space(int64_t bytes);

/// Resets VmHWM to VmRSS, if the kernel can.
void reset_resident_peak();

}  // namespace attnbench::measure
