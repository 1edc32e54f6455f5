// What the control groups of this process grant it and have done to it. Roots are arguments for
// tests.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace attnbench::machine {

/// What the tightest memory limit leaves on the way from this process's cgroup to the root, page
/// cache that can be dropped included; nothing where none is set. `cgroups` is the text of
/// /proc/self/cgroup, `root` the folder /sys/fs/cgroup; versions 1 and 2.
std::optional<int64_t> cgroup_available_bytes(const std::string& root, std::string_view cgroups);

/// What a cgroup grants; empty where nothing is set.
struct CgroupLimits {
  std::optional<double> cpus;  ///< CPU quota over its period.
  std::optional<int64_t> memory_bytes;
};

/// The tightest limits on the same way.
CgroupLimits cgroup_limits(const std::string& root, std::string_view cgroups);

/// Threads that can run at once on so many cores under such a quota of CPUs: at least 1.
int threads_within(int cores, std::optional<double> cpus);

/// How many processes the kernel has killed for want of memory: on the whole machine by the text of
/// /proc/vmstat, and in each cgroup on the same way. One killing may count several times; only
/// whether the sum rises says something.
int64_t oom_kills(const std::string& root, std::string_view cgroups, std::string_view vmstat);

}  // namespace attnbench::machine
