// Reads the kernel's text files about this machine.
#include "machine/machine_files.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <vector>

namespace attnbench::machine {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr const char* kBlank = " \t\r\n\"";
  const size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

/// What stands behind the first `separator` of the first line that begins with `key`.
std::string_view value_of(std::string_view text, std::string_view key, char separator) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    const size_t at = line.find(separator);
    if (at != std::string_view::npos && trimmed(line.substr(0, at)) == key)
      return trimmed(line.substr(at + 1));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return {};
}

/// The number that a text begins with, times 1024 where a K follows.
std::optional<int64_t> number(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return {};
  const bool kib = end != text.data() + text.size() && *end == 'K';
  return kib ? value * 1024 : value;
}

/// Where one version of cgroups keeps its numbers.
struct CgroupFiles {
  const char* limit;
  const char* usage;
  const char* reclaimable;  ///< In memory.stat.
};
constexpr CgroupFiles kVersion1{"/memory.limit_in_bytes", "/memory.usage_in_bytes",
                                "total_inactive_file"};
constexpr CgroupFiles kVersion2{"/memory.max", "/memory.current", "inactive_file"};

std::optional<int64_t> available_in(const std::string& folder, const CgroupFiles& files) {
  const auto limit = number(read_text(folder + files.limit));
  const auto usage = number(read_text(folder + files.usage));
  if (!limit || !usage) return {};  // "max", or no such folder.
  const std::string stat = read_text(folder + "/memory.stat");
  const int64_t reclaimable = number(value_of(stat, files.reclaimable, ' ')).value_or(0);
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
/// path may be that of the host, which is not there; then the root is the container's own group.
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

/// Quota over period; nothing where there is no quota.
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
  const auto part = number(quota);
  const auto whole = number(period);
  if (!part || !whole || *part <= 0 || *whole <= 0) return {};
  return static_cast<double>(*part) / static_cast<double>(*whole);
}

template <class T>
void keep_least(std::optional<T>& least, const std::optional<T>& value) {
  if (value) least = std::min(*value, least.value_or(*value));
}

}  // namespace

std::string read_text(const std::string& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::string cpu_name(std::string_view cpuinfo) {
  return std::string(value_of(cpuinfo, "model name", ':'));
}

std::string status_field(std::string_view status, std::string_view field) {
  return std::string(value_of(status, field, ':'));
}

std::string os_name(std::string_view os_release) {
  return std::string(value_of(os_release, "PRETTY_NAME", '='));
}

int64_t cache_bytes(const std::string& folder, int level) {
  for (int index = 0; index < 8; ++index) {
    const std::string cache = folder + "/index" + std::to_string(index);
    if (trimmed(read_text(cache + "/type")) == "Instruction") continue;
    if (number(read_text(cache + "/level")) == level)
      return number(read_text(cache + "/size")).value_or(0);
  }
  return 0;
}

std::optional<int64_t> cgroup_available_bytes(const std::string& root, std::string_view cgroups) {
  std::optional<int64_t> least;
  for (const CgroupFolder& folder : cgroup_folders(root, cgroups, "memory"))
    keep_least(least, available_in(folder.path, folder.version2 ? kVersion2 : kVersion1));
  return least;
}

CgroupLimits cgroup_limits(const std::string& root, std::string_view cgroups) {
  constexpr int64_t kNoLimit = int64_t{1} << 60;  // Version 1 writes about 2^63 for none.
  CgroupLimits limits;
  for (const CgroupFolder& folder : cgroup_folders(root, cgroups, "cpu"))
    keep_least(limits.cpus, cpu_quota(folder));
  for (const CgroupFolder& folder : cgroup_folders(root, cgroups, "memory")) {
    const auto limit =
        number(read_text(folder.path + (folder.version2 ? kVersion2 : kVersion1).limit));
    if (limit && *limit < kNoLimit) keep_least(limits.memory_bytes, limit);
  }
  return limits;
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

}  // namespace attnbench::machine
