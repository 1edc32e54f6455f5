// Reads how this machine is set up for measuring: clocks, CPUs, pages, limits.
#include <algorithm>
#include <set>

#include "machine/cgroups.h"
#include "machine/counters.h"
#include "machine/machine.h"
#include "machine/machine_files.h"

namespace attnbench::machine {
namespace {

constexpr const char* kCpus = "/sys/devices/system/cpu";

std::string first_line(const std::string& path) {
  const std::string text = read_text(path);
  return text.substr(0, text.find('\n'));
}

/// The different governors of all CPUs.
std::string governors() {
  std::set<std::string> names;
  for (int cpu = 0;; ++cpu) {
    const std::string name =
        first_line(std::string(kCpus) + "/cpu" + std::to_string(cpu) + "/cpufreq/scaling_governor");
    if (name.empty()) break;
    names.insert(name);
  }
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
  return all.empty() ? "unknown" : all;
}

std::string turbo() {
  const std::string no_turbo = first_line(std::string(kCpus) + "/intel_pstate/no_turbo");
  if (!no_turbo.empty()) return no_turbo == "0" ? "on" : "off";
  const std::string boost = first_line(std::string(kCpus) + "/cpufreq/boost");
  if (!boost.empty()) return boost == "1" ? "on" : "off";
  return "unknown";
}

/// The word in brackets, which is the setting in use: "always [madvise] never".
std::string chosen(const std::string& text) {
  const size_t begin = text.find('[');
  const size_t end = text.find(']', begin);
  if (begin == std::string::npos || end == std::string::npos) return "unknown";
  return text.substr(begin + 1, end - begin - 1);
}

std::string affinity() {
  const std::string list = status_field(read_text("/proc/self/status"), "Cpus_allowed_list");
  return list.empty() ? "unknown" : list;
}

}  // namespace

record::Conditions read_conditions() {
  record::Conditions conditions;
  conditions.governor = governors();
  conditions.turbo = turbo();
  conditions.affinity = affinity();
  conditions.transparent_huge_pages =
      chosen(first_line("/sys/kernel/mm/transparent_hugepage/enabled"));
  const CgroupLimits limits = cgroup_limits("/sys/fs/cgroup", read_text("/proc/self/cgroup"));
  conditions.cgroup_cpus = limits.cpus;
  conditions.cgroup_memory_bytes = limits.memory_bytes;
  conditions.counters = HardwareCounters().status();
  return conditions;
}

}  // namespace attnbench::machine
