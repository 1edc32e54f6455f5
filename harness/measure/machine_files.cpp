// Reads the kernel's text files about this machine.
#include "measure/machine_files.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>

namespace attnbench::measure {
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

/// The tightest of a group and all that it lies in. Inside a container the path may be that of the
/// host, which is not there; then the root is the container's own group.
std::optional<int64_t> tightest(const std::string& root, std::string path,
                                const CgroupFiles& files) {
  std::optional<int64_t> least;
  while (true) {
    const auto here = available_in(root + path, files);
    if (here) least = std::min(*here, least.value_or(*here));
    if (path.empty()) return least;
    path.resize(path.find_last_of('/') == std::string::npos ? 0 : path.find_last_of('/'));
  }
}

bool lists(std::string_view controllers, std::string_view name) {
  return (',' + std::string(controllers) + ',').find(',' + std::string(name) + ',') !=
         std::string::npos;
}

}  // namespace

std::string read_text(const std::string& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::string cpu_name(std::string_view cpuinfo) {
  return std::string(value_of(cpuinfo, "model name", ':'));
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
  while (!cgroups.empty()) {  // Lines of "number:controllers:path".
    const std::string_view line = cgroups.substr(0, cgroups.find('\n'));
    cgroups.remove_prefix(std::min(line.size() + 1, cgroups.size()));
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    std::string path(line.substr(second + 1));
    if (path == "/") path.clear();
    std::optional<int64_t> here;
    if (controllers.empty()) here = tightest(root, path, kVersion2);
    if (lists(controllers, "memory")) here = tightest(root + "/memory", path, kVersion1);
    if (here) least = std::min(*here, least.value_or(*here));
  }
  return least;
}

}  // namespace attnbench::measure
