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

}  // namespace

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

std::optional<int64_t> leading_integer(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return {};
  const bool kib = end != text.data() + text.size() && *end == 'K';
  return kib ? value * 1024 : value;
}

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
    if (leading_integer(read_text(cache + "/level")) == level)
      return leading_integer(read_text(cache + "/size")).value_or(0);
  }
  return 0;
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

std::optional<int64_t> process_huge_page_bytes() {
  return parse_kib_field(read_text("/proc/self/smaps_rollup"), "AnonHugePages");
}

}  // namespace attnbench::machine
