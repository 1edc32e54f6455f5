// Memory facts from /proc, and malloc's settings.
#include "measure/memory.h"

#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>
#include <charconv>
#include <fstream>

#include "measure/machine_files.h"

namespace attnbench::measure {

void pin_malloc_thresholds() {
#ifdef __GLIBC__
  constexpr int kThreshold = 4 << 20;
  mallopt(M_MMAP_THRESHOLD, kThreshold);
  mallopt(M_TRIM_THRESHOLD, 2 * kThreshold);
  mallopt(M_TOP_PAD, 128 << 10);
#endif
}

std::optional<int64_t> parse_kib_field(std::string_view text, std::string_view field) {
  const std::string key = std::string(field) + ':';
  size_t at = text.find(key);
  while (at != std::string_view::npos && at != 0 && text[at - 1] != '\n')
    at = text.find(key, at + 1);
  if (at == std::string_view::npos) return {};
  const size_t digits = text.find_first_not_of(" \t", at + key.size());
  if (digits == std::string_view::npos) return {};
  int64_t kib = 0;
  const auto [end, error] = std::from_chars(text.data() + digits, text.data() + text.size(), kib);
  if (error != std::errc()) return {};
  return kib * 1024;
}

std::optional<int64_t> process_memory_bytes(std::string_view field) {
  return parse_kib_field(read_text("/proc/self/status"), field);
}

void reset_resident_peak() {
  std::ofstream("/proc/self/clear_refs") << "5\n";
}

void limit_address_space(int64_t bytes) {
#ifndef ATTNBENCH_SANITIZED
  const auto mapped = process_memory_bytes("VmSize");
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
