// Facts of this machine, gathered from the kernel and the C library.
#include "machine/machine.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>

#include "machine/affinity.h"
#include "machine/cgroups.h"
#include "machine/machine_files.h"

namespace attnbench::machine {
namespace {

/// The size of one cache by sysfs, or by the C library if sysfs is not mounted.
int64_t cache_bytes_of(int level, int sysconf_name) {
  const int64_t bytes = cache_bytes("/sys/devices/system/cpu/cpu0/cache", level);
  return bytes > 0 ? bytes : std::max<int64_t>(sysconf(sysconf_name), 0);
}

int usable_cores() {
  if (const int cpus = CPU_COUNT(&initial_cpus()); cpus > 0) return cpus;
  return static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
}

std::string or_unknown(const std::string& text) {
  return text.empty() ? "unknown" : text;
}

}  // namespace

record::Machine read_machine() {
  utsname system{};
  uname(&system);
  const std::string name = cpu_name(read_text("/proc/cpuinfo"));
  record::Machine machine;
  machine.cpu = name.empty() ? system.machine : name;
  machine.cores = usable_cores();
  machine.memory_bytes = parse_kib_field(read_text("/proc/meminfo"), "MemTotal").value_or(0);
  machine.l1d_bytes = cache_bytes_of(1, _SC_LEVEL1_DCACHE_SIZE);
  machine.l2_bytes = cache_bytes_of(2, _SC_LEVEL2_CACHE_SIZE);
  machine.l3_bytes = cache_bytes_of(3, _SC_LEVEL3_CACHE_SIZE);
  machine.os = or_unknown(os_name(read_text("/etc/os-release")));
  machine.kernel = std::string(system.sysname) + ' ' + system.release;
  machine.hostname = system.nodename;
  return machine;
}

int64_t available_memory_bytes() {
  const std::string meminfo = read_text("/proc/meminfo");
  const int64_t machine = parse_kib_field(meminfo, "MemAvailable").value_or(0);
  const auto group = cgroup_available_bytes("/sys/fs/cgroup", read_text("/proc/self/cgroup"));
  return group ? std::min(machine, *group) : machine;
}

int64_t oom_kills_so_far() {
  return oom_kills("/sys/fs/cgroup", read_text("/proc/self/cgroup"), read_text("/proc/vmstat"));
}

int default_threads() {
  const CgroupLimits limits = cgroup_limits("/sys/fs/cgroup", read_text("/proc/self/cgroup"));
  return threads_within(usable_cores(), limits.cpus);
}

}  // namespace attnbench::machine
