// The limits that the control groups of this process set, and the processes that they killed. Root
// folders are arguments so that tests can give their own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace attnbench::machine {

/// The bytes that the tightest memory limit still leaves, over all cgroups from this process's own
/// to the root. Page cache that the kernel can drop counts as free. Empty if no limit is set.
/// `cgroups` is the text of /proc/self/cgroup, `root` the folder /sys/fs/cgroup; versions 1 and 2.
std::optional<int64_t> cgroup_available_bytes(const std::string& root, std::string_view cgroups);

/// The limits of a cgroup; empty if none is set.
struct CgroupLimits {
  std::optional<double> cpus;  ///< CPU quota divided by its period.
  std::optional<int64_t> memory_bytes;
};

/// The tightest limits over the same cgroups.
CgroupLimits cgroup_limits(const std::string& root, std::string_view cgroups);

/// How many threads can run at once on `cores` cores under a quota of `cpus`; at least 1.
int threads_within(int cores, std::optional<double> cpus);

/// How many processes the kernel killed because memory ran out: on the whole machine (`vmstat` is
/// the text of /proc/vmstat) plus in each of the same cgroups. One kill may count several times, so
/// only an increase of the sum means something.
int64_t oom_kills(const std::string& root, std::string_view cgroups, std::string_view vmstat);

}  // namespace attnbench::machine
