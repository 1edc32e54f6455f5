// Memory facts from /proc, and malloc's settings.
#include "measure/memory.h"

#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>
#include <fstream>

#include "machine/machine_files.h"

namespace attnbench::measure {

void pin_malloc_thresholds() {
#ifdef __GLIBC__
  constexpr int kThreshold = 4 << 20;
  mallopt(M_MMAP_THRESHOLD, kThreshold);
  mallopt(M_TRIM_THRESHOLD, 2 * kThreshold);
  mallopt(M_TOP_PAD, 128 << 10);
#endif
}

void reset_resident_peak() {
  std::ofstream("/proc/self/clear_refs") << "5\n";
}

void limit_address_space(int64_t bytes) {
#ifndef ATTNBENCH_SANITIZED
  const auto mapped = machine::process_memory_bytes("VmSize");
  if (bytes <= 0 || !mapped) return;
  rlimit limit{};
  getrlimit(RLIMIT_AS, &limit);
  limit.rlim_cur = std::min(limit.rlim_max, static_cast<rlim_t>(*mapped + bytes));
  setrlimit(RLIMIT_AS, &limit);
#else
  static_cast<void>(bytes);
#endif
}

}  // namespace attnbench::measure
