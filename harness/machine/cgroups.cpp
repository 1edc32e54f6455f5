// Reads the files of cgroups, versions 1 and 2.
#include "machine/cgroups.h"

#include <algorithm>
#include <vector>

#include "machine/machine_files.h"

namespace attnbench::machine {
namespace {

/// The names of the files in which one version of cgroups keeps its numbers.
struct CgroupFiles {
  const char* limit;
  const char* usage;
  const char* reclaimable;  ///< In memory.stat.
};
constexpr CgroupFiles kVersion1{"/memory.limit_in_bytes", "/memory.usage_in_bytes",
                                "total_inactive_file"};
constexpr CgroupFiles kVersion2{"/memory.max", "/memory.current", "inactive_file"};

std::optional<int64_t> available_in(const std::string& folder, const CgroupFiles& files) {
  const auto limit = leading_integer(read_text(folder + files.limit));
  const auto usage = leading_integer(read_text(folder + files.usage));
  if (!limit || !usage) return {};  // "max", or no such folder.
  const std::string stat = read_text(folder + "/memory.stat");
  const int64_t reclaimable = leading_integer(value_of(stat, files.reclaimable, ' ')).value_or(0);
  return std::max<int64_t>(*limit - *usage + reclaimable, 0);
}

bool lists(std::string_view controllers, std::string_view name) {
  return (',' + std::string(controllers) + ',').find(',' + std::string(name) + ',') !=
         std::string::npos;
}

struct CgroupFolder {
  std::string path;
  bool version2;
};

/// The folders of one controller from this process's cgroup up to the root. Inside a container the
/// path may be the host's and then does not exist; then the root is the container's own group.
std::vector<CgroupFolder> cgroup_folders(const std::string& root, std::string_view cgroups,
                                         const std::string& controller) {
  std::vector<CgroupFolder> folders;
  while (!cgroups.empty()) {  // Lines of "number:controllers:path".
    const std::string_view line = cgroups.substr(0, cgroups.find('\n'));
    cgroups.remove_prefix(std::min(line.size() + 1, cgroups.size()));
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    const bool version2 = controllers.empty();
    if (!version2 && !lists(controllers, controller)) continue;
    const std::string base = version2 ? root : root + '/' + controller;
    std::string path(line.substr(second + 1));
    if (path == "/") path.clear();
    while (true) {
      folders.push_back({base + path, version2});
      if (path.empty()) break;
      path.resize(path.find_last_of('/') == std::string::npos ? 0 : path.find_last_of('/'));
    }
  }
  return folders;
}

/// Quota divided by period; empty if there is no quota.
std::optional<double> cpu_quota(const CgroupFolder& folder) {
  std::string quota, period;
  if (folder.version2) {
    const std::string text = read_text(folder.path + "/cpu.max");
    quota = text.substr(0, text.find(' '));
    if (text.find(' ') != std::string::npos) period = text.substr(text.find(' ') + 1);
  } else {
    quota = read_text(folder.path + "/cpu.cfs_quota_us");
    period = read_text(folder.path + "/cpu.cfs_period_us");
  }
  const auto part = leading_integer(quota);
  const auto whole = leading_integer(period);
  if (!part || !whole || *part <= 0 || *whole <= 0) return {};
  return static_cast<double>(*part) / static_cast<double>(*whole);
}

template <class T>
void keep_least(std::optional<T>& least, const std::optional<T>& value) {
  if (value) least = std::min(*value, least.value_or(*value));
}

}  // namespace

std::optional<int64_t> cgroup_available_bytes(const std::string& root, std::string_view cgroups) {
  std::optional<int64_t> least;
  for (const CgroupFolder& folder : cgroup_folders(root, cgroups, "memory"))
    keep_least(least, available_in(folder.path, folder.version2 ? kVersion2 : kVersion1));
  return least;
}

CgroupLimits cgroup_limits(const std::string& root, std::string_view cgroups) {
  constexpr int64_t kNoLimit = int64_t{1}
                               << 60;  // Version 1 writes about 2^63 if there is no limit.
  CgroupLimits limits;
  for (const CgroupFolder& folder : cgroup_folders(root, cgroups, "cpu"))
    keep_least(limits.cpus, cpu_quota(folder));
  for (const CgroupFolder& folder : cgroup_folders(root, cgroups, "memory")) {
    const auto limit =
        leading_integer(read_text(folder.path + (folder.version2 ? kVersion2 : kVersion1).limit));
    if (limit && *limit < kNoLimit) keep_least(limits.memory_bytes, limit);
  }
  return limits;
}

int threads_within(int cores, std::optional<double> cpus) {
  if (!cpus || *cpus >= cores) return cores;
  return std::max(1, static_cast<int>(*cpus));
}

int64_t oom_kills(const std::string& root, std::string_view cgroups, std::string_view vmstat) {
  const auto count = [](std::string_view text) {
    return leading_integer(value_of(text, "oom_kill", ' ')).value_or(0);
  };
  int64_t sum = count(vmstat);
  for (const CgroupFolder& folder : cgroup_folders(root, cgroups, "memory"))
    sum += count(
        read_text(folder.path + (folder.version2 ? "/memory.events" : "/memory.oom_control")));
  return sum;
}

}  // namespace attnbench::machine
