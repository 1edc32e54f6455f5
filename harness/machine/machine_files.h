// Reads the kernel's text files about this machine. Root folders are arguments so that tests can
// give their own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace attnbench::machine {

/// A whole file; empty if it cannot be read.
std::string read_text(const std::string& path);

/// The text behind the first `separator` of the first line that begins with `key`; empty if there
/// is no such line.
std::string_view value_of(std::string_view text, std::string_view key, char separator);

/// The integer that a text begins with, times 1024 if a K follows; empty if it begins with none.
std::optional<int64_t> leading_integer(std::string_view text);

/// The processor's name in /proc/cpuinfo; empty if there is none (as on many ARM machines).
std::string cpu_name(std::string_view cpuinfo);

/// A field of /proc/self/status; empty if it is missing.
std::string status_field(std::string_view status, std::string_view field);

/// PRETTY_NAME of /etc/os-release; empty if there is none.
std::string os_name(std::string_view os_release);

/// Bytes of one data or unified cache of a level, from a folder like
/// /sys/devices/system/cpu/cpu0/cache; 0 if unknown.
int64_t cache_bytes(const std::string& folder, int level);

/// A field of /proc/self/status ("VmRSS", "VmHWM", "VmSize"), in bytes; empty if it is
/// missing.
std::optional<int64_t> process_memory_bytes(std::string_view field);

/// Bytes of this process on huge pages; empty if the kernel does not tell.
std::optional<int64_t> process_huge_page_bytes();

/// The value of a line "field:  123 kB", as /proc writes them, in bytes.
std::optional<int64_t> parse_kib_field(std::string_view text, std::string_view field);

}  // namespace attnbench::machine
