// Reads load, switches, steal, pressure and the clock.
#include "machine/noise.h"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <string>

#include "machine/machine_files.h"

namespace attnbench::machine {
namespace {

std::optional<double> leading_number(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t:"), text.size()));
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() ? std::optional(value) : std::nullopt;
}

int64_t involuntary_switches() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_nivcsw;
}

std::optional<double> steal_now() {
  return steal_seconds(read_text("/proc/stat"), static_cast<double>(sysconf(_SC_CLK_TCK)));
}

std::optional<double> pressure_now() {
  return pressure_seconds(read_text("/proc/pressure/cpu"));
}

std::optional<double> mhz_now() {
  const std::string file =
      "/sys/devices/system/cpu/cpu" + std::to_string(sched_getcpu()) + "/cpufreq/scaling_cur_freq";
  if (const auto khz = leading_number(read_text(file))) return *khz / 1000;
  return highest_mhz(read_text("/proc/cpuinfo"));
}

std::optional<double> since(std::optional<double> before, std::optional<double> now) {
  if (!before || !now) return {};
  return std::max(*now - *before, 0.0);
}

}  // namespace

NoiseWatch::NoiseWatch()
    : load_1min_(leading_number(read_text("/proc/loadavg"))),
      involuntary_switches_(involuntary_switches()),
      steal_s_(steal_now()),
      cpu_pressure_s_(pressure_now()) {}

record::Noise NoiseWatch::so_far() const {
  return {load_1min_, involuntary_switches() - involuntary_switches_, since(steal_s_, steal_now()),
          since(cpu_pressure_s_, pressure_now()), mhz_now()};
}

std::optional<double> steal_seconds(std::string_view stat, double ticks) {
  constexpr int kFieldsBefore = 7;  // user nice system idle iowait irq softirq
  if (!stat.starts_with("cpu ")) return {};
  stat = stat.substr(0, stat.find('\n'));
  for (int field = 0; field <= kFieldsBefore; ++field) {
    stat.remove_prefix(std::min(stat.find(' '), stat.size()));
    stat.remove_prefix(std::min(stat.find_first_not_of(' '), stat.size()));
  }
  const auto value = leading_number(stat);
  return value ? std::optional(*value / ticks) : std::nullopt;
}

std::optional<double> pressure_seconds(std::string_view pressure) {
  const std::string_view some = pressure.substr(0, pressure.find('\n'));
  constexpr std::string_view kTotal = "total=";
  const size_t at = some.find(kTotal);
  if (!some.starts_with("some") || at == std::string_view::npos) return {};
  const auto microseconds = leading_number(some.substr(at + kTotal.size()));
  return microseconds ? std::optional(*microseconds / 1e6) : std::nullopt;
}

std::optional<double> highest_mhz(std::string_view cpuinfo) {
  constexpr std::string_view kKey = "cpu MHz";
  std::optional<double> highest;
  for (size_t at = cpuinfo.find(kKey); at != std::string_view::npos;
       at = cpuinfo.find(kKey, at + 1)) {
    const auto mhz = leading_number(cpuinfo.substr(at + kKey.size()));
    if (mhz) highest = std::max(*mhz, highest.value_or(*mhz));
  }
  return highest;
}

}  // namespace attnbench::machine
